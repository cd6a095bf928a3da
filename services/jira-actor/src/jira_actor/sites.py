"""Which of an organisation's Jiras is meant. Pure."""

from collections.abc import Sequence

from contracts.registry import Tenant
from jira_actor.decide import No, named, shortened


def meant(registered: Sequence[Tenant], alias: str | None) -> Tenant:
    """Give the Jira of this alias; without one the default, or else the only one that is active. Raises `No`."""
    if not registered:
        raise No(
            "not_registered",
            "No Jira is registered for your organisation yet.",
            "An administrator can begin: register",
        )
    return usable(_of_alias(registered, alias) if alias is not None else _without_alias(registered))


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


def _of_alias(registered: Sequence[Tenant], alias: str) -> Tenant:
    for tenant in registered:
        if tenant.alias == alias.lower():
            return tenant
    advice = f"There is: {_aliases(registered)}." if _aliases(registered) else "Leave out “on …”: there is only one."
    raise No("not_found", f"Your organisation has no Jira that is called “{shortened(alias)}”.", advice)


def _without_alias(registered: Sequence[Tenant]) -> Tenant:
    for choice in (
        [tenant for tenant in registered if tenant.is_default],
        [tenant for tenant in registered if tenant.state == "active"],
        registered,
    ):
        if len(choice) == 1:
            return choice[0]
    raise No(
        "ambiguous",
        "Your organisation has several Jiras, and none of them is the default.",
        f"Begin with on and the one you mean, as in “on {_aliases(registered).partition(',')[0]} …”. "
        f"There is: {_aliases(registered)}.",
    )


def _aliases(registered: Sequence[Tenant]) -> str:
    return named(sorted(tenant.alias or "" for tenant in registered if tenant.state == "active"))
