"""An organisation's Jiras: what each is called. Pure."""

import re
from collections.abc import Collection
from itertools import count

ALIAS = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
LONGEST = 32
NAMELESS = "jira"


def alias_for(site: str, taken: Collection[str | None]) -> str:
    """Name a Jira by the first label of its host; made unique with a number."""
    host = site.partition("/")[0].partition(":")[0].lower()
    label = "" if host.startswith("[") or re.fullmatch(r"[0-9.]+", host) else host.partition(".")[0]
    name = label[:LONGEST].strip("-") if re.fullmatch(r"[a-z0-9-]+", label) else NAMELESS
    for number in count(2):
        if name not in taken:
            break
        name = f"{label[: LONGEST - 8].strip('-') or NAMELESS}-{number}"
    return name
