"""The images, built once by `make images`' own script."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from deploy.image_tests.engine import Image, engine_here

from contracts.topics import SERVICES

ROOT = Path(__file__).parents[2]
COMPONENTS = (*SERVICES, "cli")
REPOSITORY, TAG = "bridge-test", "test"
BUILT = pytest.StashKey[list[Image]]()
MISSING = "neither docker nor podman answers here, so no image was built and nothing of them was tried"


def pytest_configure(config: pytest.Config) -> None:
    config.stash[BUILT] = []


@pytest.fixture(scope="session")
def images(pytestconfig: pytest.Config) -> Mapping[str, Image]:
    """All images by component; the environment may name a BASE and BUILD_OPTIONS, as for `make images`."""
    engine = engine_here()
    if engine is None:
        pytest.skip(MISSING)
    env = {**os.environ, "ENGINE": engine, "REPOSITORY": REPOSITORY, "TAG": TAG}
    built = subprocess.run(  # noqa: S603 - our own script
        [ROOT / "deploy/images.sh"], env=env, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-4000:]
    found = {component: Image(engine, component, f"{REPOSITORY}/{component}:{TAG}") for component in COMPONENTS}
    pytestconfig.stash[BUILT] += found.values()
    return found


@pytest.fixture(params=COMPONENTS)
def image(request: pytest.FixtureRequest, images: Mapping[str, Image]) -> Image:
    """Each image in turn."""
    return images[request.param]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.section("images")
    for image in config.stash[BUILT]:
        terminalreporter.line(f"{image.name:36} {image.size / 1e6:6.0f} MB")
    if not config.stash[BUILT]:
        terminalreporter.line(f"NOTHING WAS TESTED: {MISSING}", red=True)
