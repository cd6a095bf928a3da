"""`python -m chaos.upgrade`: roll the present version out beside the previous one while people work, and back."""

import argparse
import asyncio
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from chaos import report
from chaos.report import Requirement
from chaos.run import TENANTS
from chaos.upgrade_contracts import Understood, read
from chaos.upgrade_plan import ORDER, SHORT, WHOLE, Plan, only
from chaos.upgrade_run import Played, Rollout
from chaos.upgrade_stack import MixedStack
from chaos.upgrade_versions import ROOT, NoSuchVersion, Version, present, previous

DIRECTORY = Path("build/upgrade")
"""`run` holds data and logs of the processes and is emptied first; `versions` holds previous versions, made once."""


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m chaos.upgrade", description=__doc__)
    parser.add_argument("--short", action="store_const", dest="plan", const=SHORT, default=WHOLE, help="in two minutes")
    parser.add_argument("--only", nargs="+", metavar="SERVICE", choices=ORDER, help="there, back and there again")
    parser.add_argument("--previous", metavar="REVISION", help="instead of what deploy/previous names")
    parser.add_argument("--new", metavar="TREE", type=Path, default=ROOT, help="a tree with a .venv, by default this")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000), help="to repeat a run")
    parser.add_argument("--output", type=Path, default=Path("build/upgrade.json"))
    return parser.parse_args()


async def upgrade(plan: Plan, versions: dict[str, Version], seed: int, console: Console) -> Played:
    """Start everything, roll out, stop everything."""
    people = (plan.form.people + 1) * TENANTS + len(plan.steps)
    stack = MixedStack(DIRECTORY / "run", people, settings=dict(plan.form.settings), old=versions["old"])
    chance = random.Random(seed)  # noqa: S311 - a repeatable run, no secret
    try:
        async with httpx.AsyncClient(timeout=60, trust_env=False, limits=httpx.Limits(max_connections=200)) as http:
            return await Rollout(plan, versions, stack, http, chance, console).play()
    finally:
        with console.status("Stopping"):
            await stack.stop()


def requirements(played: Played, understood: Sequence[Understood]) -> list[Requirement]:
    """What is required, and whether it was so."""
    wrong: dict[str, Sequence[Any]] = {
        **played.verdict.wrong,
        "dead letters": played.letters,
        "changes that no subscriber heard of": played.told.untold,
        "changes told twice": played.told.twice,
        "processes that ended by themselves": list(played.more["ended_alone"]),
        "processes that did not drain": played.more["unclean_ends"],
        "steps that failed": [failure for stage in played.stages for failure in stage.failures],
        "events that one version cannot read": [name for one in understood for name in one.refused],
    }
    return [Requirement(name, len(found), "0", not found) for name, found in wrong.items()]


def as_json(played: Played, understood: Sequence[Understood]) -> dict[str, Any]:
    """What came of the run, as the report holds it."""
    required = requirements(played, understood)
    return {
        "passed": all(one.met for one in required),
        "requirements": [asdict(one) for one in required],
        "total": report.totals(played.verdict, played.commands, played.more["seconds"]),
        "cards": asdict(played.told),
        "steps": [asdict(stage) for stage in played.stages],
        "contracts": [asdict(one) for one in understood],
        "verdict": asdict(played.verdict),
        "dead_letters": [asdict(letter) for letter in played.letters],
        **played.more,
    }


def show(console: Console, required: Sequence[Requirement], total: dict[str, Any]) -> None:
    """The end of a run, on the console."""
    console.print(report.table_of(required))
    console.print(f"{total['sent']} commands ({total['deliveries']} deliveries), {total['seconds']:g} s")


def main() -> int:
    """Run, write the report, and fail where something required is not so."""
    given = arguments()
    console = Console()
    try:
        with console.status("Making the previous version ready (its virtual environment is made once)"):
            versions = {"old": previous(given.previous, DIRECTORY / "versions"), "new": present(given.new)}
            understood = [read(versions["new"], versions["old"]), read(versions["old"], versions["new"])]
    except NoSuchVersion as error:
        console.print(f"[red]{error}[/]")
        return 2
    names = {name: version.revision for name, version in versions.items()}
    console.print(f"{given.plan.form.name} form, seed {given.seed}; logs in {DIRECTORY}")
    for one in understood:
        for event, readers in one.unknown.items():
            console.print(f"[yellow]{event}[/] is not known to the {one.reader} version of {', '.join(readers)}")
    console.print("\n".join(f"{name}: {revision}" for name, revision in names.items()), highlight=False)
    plan = only(given.plan, given.only) if given.only else given.plan
    played = asyncio.run(upgrade(plan, versions, given.seed, console))
    told = {"form": given.plan.form.name, "seed": given.seed, "versions": names, **as_json(played, understood)}
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    show(console, [Requirement(**one) for one in told["requirements"]], told["total"])
    console.print(f"Written to {given.output}")
    return 0 if told["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
