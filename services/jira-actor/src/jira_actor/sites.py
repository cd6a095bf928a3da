"""Which of an organisation's Jiras is meant, and whether it can be used. Pure."""

from collections.abc import Sequence

from contracts import sites
from contracts.outcomes import UNKNOWN_ALIAS
from contracts.registry import Tenant
from contracts.sites import NoSite, how_to_name
from jira_actor.decide import No, shortened


def meant(registered: Sequence[Tenant], alias: str | None) -> Tenant:
    """Give the Jira that is meant, if it may be used now; raises `No`."""
    found = sites.meant(registered, alias)
    if isinstance(found, NoSite):
        raise _none(found, registered, alias)
    return usable(found)


def usable(tenant: Tenant) -> Tenant:
    """Let a Jira pass that may be used now; raises `No`."""
    if tenant.state == "active":
        return tenant
    if tenant.state == "suspended":
        advice = "Whoever runs Bridge for you can say why, and resume it."
        raise No("suspended", f"{tenant.site} is suspended: Bridge does nothing there for now.", advice)
    raise No(
        "not_active",
        f"{tenant.site} is registered, but has not passed its checks yet.",
        "Your Jira administrator can see what is wrong and check again.",
    )


def _none(why: NoSite, registered: Sequence[Tenant], alias: str | None) -> No:
    if why is NoSite.NONE_REGISTERED:
        said = "No Jira is registered for your organisation yet."
        return No("not_registered", said, "An administrator can begin: register")
    if why is NoSite.NO_SUCH_ALIAS:
        said = f"Your organisation has no Jira that is called “{shortened(alias or '')}”."
        return No(UNKNOWN_ALIAS, said, how_to_name(registered))
    said = "Your organisation has several Jiras, and none of them is the default."
    return No("ambiguous", said, how_to_name(registered))
