"""Do two versions understand each other's events? Each reads the other's samples with its own models."""

from dataclasses import dataclass

from chaos.upgrade_versions import Version

SAMPLES = "contracts/samples"
READ = """
import json, sys
from pathlib import Path
from pydantic import ValidationError
from contracts.catalogue import BY_TYPE

unknown, refused = [], {}
for sample in sorted(Path(sys.argv[1]).glob("*.json")):
    try:
        BY_TYPE[sample.stem].model_validate_json(sample.read_text())
    except KeyError:
        unknown.append(sample.stem)
    except ValidationError as error:
        refused[sample.stem] = [".".join(map(str, one["loc"])) + ": " + one["type"] for one in error.errors()]
print(json.dumps({"unknown": unknown, "refused": refused}))
"""


READERS = """
import json, sys
from contracts.catalogue import BY_TYPE
from contracts.topics import TOPICS

readers = {topic.name: topic.readers for topic in TOPICS}
print(json.dumps({name: readers[BY_TYPE[name].topic] for name in sys.argv[1:]}))
"""


@dataclass(frozen=True)
class Understood:
    """What one version makes of the other's samples; types by name."""

    reader: str
    unknown: dict[str, list[str]]
    """Not known to the reader: a dead letter in each of these services of its version, which read the topic."""
    refused: dict[str, list[str]]
    """Known, but not read: field and what is wrong."""


def read(reader: Version, writer: Version) -> Understood:
    """Read every sample of `writer` with the models of `reader`; raises NoSuchVersion."""
    found = reader.run_python(READ, str(writer.tree / SAMPLES))
    return Understood(reader.name, writer.run_python(READERS, *found["unknown"]), found["refused"])
