"""What came of a run, for people and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from chaos.drill import Outcome
from chaos.judge import Verdict
from chaos.ledger import Command, Effect

RECOVERY_LIMIT = 60.0
P99_LIMIT = 1.25


@dataclass(frozen=True)
class Requirement:
    """One thing that must be so."""

    name: str
    value: float | int
    limit: str
    met: bool


def requirements(verdict: Verdict, outcomes: Sequence[Outcome], more: Mapping[str, Any]) -> list[Requirement]:
    """What is required, and whether it was so."""
    wrong = {
        **verdict.wrong,
        "good messages in dead letters": more["dead_letters_of_good_messages"],
        "other failures": [failure for outcome in outcomes for failure in outcome.failures],
    }
    found = [Requirement(name, len(numbers), "0", not numbers) for name, numbers in wrong.items()]
    if outcomes:
        slowest = max(outcome.recovery for outcome in outcomes)
        met = slowest < RECOVERY_LIMIT and all(outcome.recovered for outcome in outcomes)
        found.append(Requirement("slowest recovery in s", round(slowest, 1), f"< {RECOVERY_LIMIT:g}", met))
    if neighbours := more.get("neighbours"):
        ratio = neighbours["p99_ratio"]
        found.append(Requirement("others' p99, with ÷ without", ratio, f"≤ {P99_LIMIT}", ratio <= P99_LIMIT))
    return found


def by_fault(
    verdict: Verdict, outcomes: Sequence[Outcome], done: Mapping[int, Sequence[Effect]], sent: Mapping[int, Command]
) -> list[dict[str, Any]]:
    """Each fault with what went wrong from its beginning up to that of the next one."""
    told = []
    for number, outcome in enumerate(outcomes):
        until = outcomes[number + 1].began if number + 1 < len(outcomes) else float("inf")

        def in_time(moment: float, since: float = outcome.began, until: float = until) -> bool:
            return since <= moment < until

        told.append(
            {
                "name": outcome.name,
                "what": outcome.what,
                "seconds": round(outcome.ended - outcome.began, 1),
                "sent": outcome.sent,
                "lost": [n for n in verdict.lost if in_time(sent[n].sent_at)],
                "doubled": [n for n in verdict.doubled if in_time(done[n][1].at)],
                "out_of_order": [[n, m] for n, m in verdict.out_of_order if in_time(done[n][0].at)],
                "wrong_author": [n for n in verdict.wrong_author if in_time(done[n][0].at)],
                "recovery_seconds": round(outcome.recovery, 2),
                "recovered": outcome.recovered,
                "failures": outcome.failures,
                **outcome.notes,
            }
        )
    return told


def totals(verdict: Verdict, commands: Mapping[int, Command], seconds: float) -> dict[str, Any]:
    """The run as a whole."""
    heard = [command for command in commands.values() if command.heard_at is not None]
    return {
        "sent": verdict.sent,
        "not_taken": len(commands) - len(heard),
        "deliveries": sum(command.deliveries for command in heard),
        "seconds": round(seconds, 1),
        **{name: len(numbers) for name, numbers in asdict(verdict).items() if name != "sent"},
    }


def table_of(found: Sequence[Requirement]) -> Table:
    """What was required and what was found, for the console."""
    table = Table(title="What was required", title_justify="left", box=None)
    for column in ("", "", "found", "required"):
        table.add_column(column)
    for one in found:
        table.add_row("[green]✓[/]" if one.met else "[red]✗[/]", one.name, f"{one.value:g}", one.limit)
    return table


def show(console: Console, found: Sequence[Requirement], told: Mapping[str, Any]) -> None:
    """The end of a run, on the console."""
    console.print(table_of(found))
    total = told["total"]
    kills = sum(told["kills"].values())
    console.print(
        f"{total['sent']} commands ({total['deliveries']} deliveries), {len(told['faults'])} faults, "
        f"{kills} kills, {total['seconds']:g} s, seed {told['seed']}"
    )
