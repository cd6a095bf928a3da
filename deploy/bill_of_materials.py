"""Add what the base image brings to a bill of materials of Python packages: Debian's packages, and Python itself.

The Dockerfile runs it: `dpkg-query --show … | python bill_of_materials.py FILE`, with a package, its version and its
architecture on each line, separated by tabs.
"""

import json
import platform
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL


def main(bill_path: Path, installed: Iterable[str]) -> None:
    """Write the bill anew; exits with what is wrong when CycloneDX's schema does not allow it."""
    bill = json.loads(bill_path.read_text())
    system = platform.freedesktop_os_release()
    bill["components"] += [debian(line, system) for line in installed]
    bill["components"].append(_component("platform", "cpython", platform.python_version()))
    bill["components"].append(_component("operating-system", system["ID"], system["VERSION_ID"]))
    text = json.dumps(bill, indent=1, sort_keys=True)
    if wrong := JsonStrictValidator(SchemaVersion.from_version(bill["specVersion"])).validate_str(text):
        sys.exit(f"The bill of materials is not CycloneDX: {wrong}")
    bill_path.write_text(text)


def debian(line: str, system: dict[str, str]) -> dict[str, Any]:
    """Give one of Debian's packages as a component, by its package URL."""
    name, version, architecture = line.rstrip("\n").split("\t")
    distro = f"{system['ID']}-{system['VERSION_ID']}"
    purl = PackageURL("deb", system["ID"], name, version, {"arch": architecture, "distro": distro}).to_string()
    return _component("library", name, version) | {"bom-ref": purl, "purl": purl}


def _component(kind: str, name: str, version: str) -> dict[str, Any]:
    return {"type": kind, "name": name, "version": version, "bom-ref": f"{kind}:{name}"}


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.stdin)
