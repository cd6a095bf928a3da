"""`python -m fuzz`: feed every way in with what nobody expects, and see whether anything breaks."""

import argparse
import asyncio
import json
import random
import sys
from pathlib import Path

from rich.console import Console

from fuzz.forms import FULL, SHORT
from fuzz.run import NAMES, Asked, run

DIRECTORY = Path("build/fuzz")
"""For data and logs of the processes; emptied first."""


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a few hundred cases of everything, for CI")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=NAMES, default=[], help=", ".join(NAMES))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000), help="to repeat a run")
    parser.add_argument("--output", type=Path, default=Path("build/fuzz.json"))
    return parser.parse_args()


def main() -> int:
    """Run, write the report, and fail where anything was found."""
    given = arguments()
    console = Console(highlight=False)
    form = SHORT if given.short else FULL
    console.print(f"{form.name} form, seed {given.seed}; logs in {DIRECTORY}")
    told = asyncio.run(run(Asked(form, given.seed, given.only, DIRECTORY), console))
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(told, indent=2, ensure_ascii=True) + "\n")
    console.print(f"{told['cases']:,} cases in {told['seconds']:g} s, seed {given.seed}; written to {given.output}")
    return 0 if told["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
