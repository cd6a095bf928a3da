"""The jars of a real Apache Kafka, fetched once by Maven as kafka-pom.xml says, and the Java that runs them."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

POM = Path(__file__).with_name("kafka-pom.xml")
REPOSITORY = Path(__file__).parents[4]
OLDEST_JAVA = 17


def why_not() -> str | None:
    """Why a real Kafka cannot run here, in words for people; None when it can."""
    java = java_version()
    if java is None:
        return "there is no Java"
    if int(java.split(".")[0]) < OLDEST_JAVA:
        return f"Java {OLDEST_JAVA} or newer is needed and this is {java}"
    if not _directory().is_dir() and shutil.which("mvn") is None:
        return "there is no Maven to fetch the jars with"
    return None


def java_version() -> str | None:
    if shutil.which("java") is None:
        return None
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "([0-9.]+)', said)
    return found[1] if found else None


def kafka_jars() -> Path:
    """The directory of the jars; Maven fills it when it is not there."""
    jars = _directory()
    if not jars.is_dir():
        _fetch(jars)
    return jars


def kafka_version(jars: Path) -> str:
    return next(jars.glob("kafka_2.13-*.jar")).stem.removeprefix("kafka_2.13-")


def _directory() -> Path:
    """One directory per content of the pom, so that a new version never meets old jars."""
    cache = Path(os.environ.get("BRIDGE_KAFKA_JARS") or REPOSITORY / "build" / "kafka-jars")
    return cache / hashlib.sha256(POM.read_bytes()).hexdigest()[:12]


def _fetch(jars: Path) -> None:
    """Fetch beside and rename: a directory that is there is whole, also when two fetch at once."""
    unfinished = jars.with_name(f"{jars.name}.{os.getpid()}")
    copy = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={unfinished}"]
    fetched = subprocess.run(
        ["mvn", "--quiet", "--batch-mode", "--file", str(POM), *copy], capture_output=True, text=True, check=False
    )
    if fetched.returncode != 0:
        raise RuntimeError(f"Maven could not fetch the jars of Apache Kafka.\n{fetched.stdout[-2000:]}")
    try:
        unfinished.rename(jars)
    except OSError:
        if not jars.is_dir():
            raise
        shutil.rmtree(unfinished)
