"""The version that people run today and this one read each other's events; `deploy/previous` names it."""

import json
from pathlib import Path

import pytest
from chaos.upgrade_versions import ROOT, exported, recorded, resolved
from jsonschema import Draft202012Validator

from contracts.catalogue import BY_TYPE

SAMPLES = ROOT / "contracts/samples"

pytestmark = pytest.mark.skipif(
    not (ROOT / ".git").exists() or (ROOT / ".git/shallow").exists(), reason="needs Git's whole history"
)


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contracts as they were."""
    tree = tmp_path_factory.mktemp("previous") / "tree"
    exported(resolved(recorded()), tree, "contracts")
    return tree / "contracts"


def test_the_models_of_today_read_the_samples_as_they_were(previous: Path) -> None:
    samples = sorted((previous / "samples").glob("*.json"))

    assert samples
    for sample in samples:
        BY_TYPE[sample.stem].model_validate_json(sample.read_text())


def test_what_the_models_of_today_write_fits_the_schemas_as_they_were(previous: Path) -> None:
    schemas = sorted((previous / "schemas").glob("*.json"))

    assert schemas
    for schema in schemas:
        event = BY_TYPE[schema.stem].model_validate_json((SAMPLES / schema.name).read_text())
        Draft202012Validator(json.loads(schema.read_text())).validate(json.loads(event.model_dump_json()))
