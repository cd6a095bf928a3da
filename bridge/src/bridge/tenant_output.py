"""How tenants, checks, rotations, receipts and the audit are printed."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge.dlq_output import plain
from bridge.moments import shown

Json = dict[str, Any]
COLOURS = {
    **dict.fromkeys(("ok", "active", "done"), "green"),
    **dict.fromkeys(("skipped", "pending", "suspended", "waiting", "rewrapping", "settling"), "yellow"),
    **dict.fromkeys(("failed",), "red"),
}
NAMES = {"dns": "name", "tcp": "port", "tls": "certificate", "server_info": "Jira", "authentication": "sign-in"}


def print_registered(answer: Json, saved: str | None) -> None:
    """What to enter in Jira, and what to keep."""
    console = Console(soft_wrap=True)
    for screen, fields in groupby(answer["paste"], key=lambda one: one["screen"]):
        console.print(Text(f"In Jira, at {plain(screen)}", "bold"))
        for one in fields:
            _field(console, one["field"], one["value"])
        console.print()
    console.print(Text("Keep", "bold"))
    _field(console, "Tenant", answer["tenantId"])
    token = f"in {saved}" if saved else f"{answer['registrationToken']}  (a secret, shown only now)"
    _field(console, "Registration token", token)
    console.print(f"\nThen: bridge tenant check {plain(answer['tenantId'])}")


def print_tenants(tenants: Iterable[Json]) -> None:
    """All in one table."""
    table = _table("tenant", "alias", "Jira", "by", "state", "version", "Teams organisation", "checked (UTC)")
    for one in tenants:
        alias = f"{one['alias'] or ''}{' *' if one['default'] else ''}"
        table.add_row(
            plain(one["tenantId"]),
            plain(alias),
            plain(one["baseUrl"]),
            one["authMode"],
            state(one["state"]),
            plain(one["jiraVersion"] or ""),
            plain(one["teamsTenant"]),
            _when(one["checkedAt"]),
        )
    Console().print(table if table.row_count else "No tenants.")


def print_tenant(tenant: Json) -> None:
    """One whole."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_row("tenant", plain(tenant["tenantId"]))
    table.add_row("state", state(tenant["state"]))
    table.add_row("Jira", plain(f"{tenant['baseUrl']} {tenant['jiraVersion'] or ''}"))
    if tenant["signingBaseUrl"] not in (None, tenant["baseUrl"]):
        table.add_row("knows itself as", plain(tenant["signingBaseUrl"]))
    table.add_row("alias", plain(f"{tenant['alias'] or ''}{' (the default)' if tenant['default'] else ''}"))
    table.add_row("people by", tenant["authMode"])
    ways = [name for name, key in (("signed", "signedWebhooks"), ("by address", "unsignedWebhooks")) if tenant[key]]
    table.add_row("webhooks", ", ".join(ways) or "none")
    table.add_row("calls from", plain(", ".join(tenant["sourceNetworks"])) or "anywhere")
    table.add_row("calls to", plain(", ".join(tenant["destinations"])) or "what the operator allows")
    table.add_row("organisation", plain(tenant["teamsTenant"]))
    with_what = f" with {plain(tenant['connectorVersion'])}" if tenant["connectorVersion"] else ""
    table.add_row("registered", f"{_when(tenant['registeredAt'])} UTC by {plain(tenant['registeredBy'])}{with_what}")
    Console().print(table)
    print_checks(tenant)


def print_checks(tenant: Json) -> None:
    """What the checks said, and what to do."""
    if not tenant["checks"]:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for one in tenant["checks"]:
        says = Text(plain(one["said"]))
        if one["advice"]:
            says.append(f"\n→ {plain(one['advice'])}", "bold")
        table.add_row(state(one["status"]), NAMES.get(one["name"], plain(one["name"])), says)
    console = Console()
    console.print(f"\nchecked {_when(tenant['checkedAt'])} UTC")
    console.print(table)


def print_rotation(one: Json) -> None:
    """How far it is."""
    console = Console(soft_wrap=True)
    console.print(state(one["state"]), f"{one['done']} of {one['of']}. {plain(one['said'])}")
    if one["unreadable"]:
        console.print(Text(f"{one['unreadable']} could not be opened with any version of the keys.", "red"))
    if one["advice"]:
        console.print(Text(f"→ {plain(one['advice'])}", "bold"))


def print_tokens(report: Json) -> None:
    """How old they are."""
    table = _table("up to", "connections")
    for one in report["ages"]:
        table.add_row("older" if one["upToDays"] is None else f"{one['upToDays']} days", str(one["links"]))
    console = Console()
    console.print(f"{report['links']} connections, {report['expired']} of them expired.")
    console.print(table)
    versions = ", ".join(f"{links} by version {version}" for version, links in report["byKeyVersion"].items())
    console.print(f"Protected: {versions or 'none'}.")


def print_receipt(receipt: Json) -> None:
    """What says that it was erased."""
    console = Console(soft_wrap=True)
    console.print(Text(f"Erased on {_when(receipt['at'])} UTC.", "green"))
    _field(console, "Receipt", receipt["receiptUrl"])
    for name, count in (receipt["statement"].get("counts") or {}).items():
        _field(console, name, str(count))
    _field(console, "Signed (JWS)", receipt["jws"])


def print_entries(entries: Iterable[Json]) -> None:
    """The audit, in one table."""
    table = _table("no.", "when (UTC)", "what", "who", "tenant", "details")
    for one in entries:
        details = ", ".join(f"{name}: {value}" for name, value in (one["details"] or {}).items())
        who = "(deleted)" if one["deleted"] else one["user"]
        table.add_row(
            str(one["seq"]),
            _when(one["at"]),
            plain(one["what"]),
            plain(who),
            plain(one["tenantId"] or ""),
            plain(details),
        )
    Console().print(table if table.row_count else "No entries.")


def state(word: str) -> Text:
    """Give a state in its colour."""
    return Text(plain(word), COLOURS.get(word, ""))


def _field(console: Console, name: str, value: str) -> None:
    lines = [plain(line) for line in value.strip().split("\n")]
    console.print(Text.assemble((f"  {plain(name)}: ", "cyan"), lines[0] if len(lines) == 1 else ""))
    if len(lines) > 1:
        console.print(Text("\n".join(lines)))


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _when(text: str | None) -> str:
    return shown(datetime.fromisoformat(text)) if text else ""
