"""`python -m chaos`: break things while people work, and see whether anything is lost, doubled or out of order."""

import argparse
import asyncio
import json
import random
import sys
from pathlib import Path

from rich.console import Console

from chaos.forms import BY_NAME, LONG, NEIGHBOURS, NORMAL, SHORT
from chaos.report import Requirement, show
from chaos.run import Asked, run

DIRECTORY = Path("build/chaos")
"""For data and logs of the processes; emptied first."""


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--short", action="store_const", dest="form", const=SHORT, help="in three minutes, for CI")
    form.add_argument("--long", action="store_const", dest="form", const=LONG, help="10,000 commands, 200 kills")
    parser.set_defaults(form=NORMAL)
    names = [*BY_NAME, NEIGHBOURS]
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=names, default=[], help=", ".join(names))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000), help="to repeat a run")
    parser.add_argument("--output", type=Path, default=Path("build/chaos.json"))
    return parser.parse_args()


def main() -> int:
    """Run, write the report, and fail where something required is not so."""
    given = arguments()
    console = Console()
    console.print(f"{given.form.name} form, seed {given.seed}; logs in {DIRECTORY}")
    told = asyncio.run(run(Asked(given.form, given.seed, given.only, DIRECTORY), console))
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    show(console, [Requirement(**one) for one in told["requirements"]], told)
    console.print(f"Written to {given.output}")
    return 0 if told["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
