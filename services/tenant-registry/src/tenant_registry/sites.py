"""An organisation's Jiras: what each is called, and which of them is meant. Pure."""

import re
from collections.abc import Collection, Sequence
from enum import Enum
from itertools import count

from tenant_registry.rows import TenantRow

ALIAS = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
LONGEST = 32
NAMELESS = "jira"


class NoSite(Enum):
    """Why no Jira is meant."""

    NONE_REGISTERED = "none_registered"
    NO_SUCH_ALIAS = "no_such_alias"
    AMBIGUOUS = "ambiguous"


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


def meant(tenants: Sequence[TenantRow], alias: str | None) -> TenantRow | NoSite:
    """Give the Jira of this name; without one the default, or the only one that is active."""
    if not tenants:
        return NoSite.NONE_REGISTERED
    if alias is not None:
        named = [tenant for tenant in tenants if tenant.alias == alias.lower()]
        return named[0] if named else NoSite.NO_SUCH_ALIAS
    for choice in (
        [tenant for tenant in tenants if tenant.is_default],
        [tenant for tenant in tenants if tenant.state == "active"],
        tenants,
    ):
        if len(choice) == 1:
            return choice[0]
    return NoSite.AMBIGUOUS
