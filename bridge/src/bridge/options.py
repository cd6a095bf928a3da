"""What all commands take and say alike."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from bridge.moments import moment
from bridge.output import Output, print_error
from bridge.settings import BridgeSettings, S, WrongSettings, read_settings

EXIT_CODES = "Exit codes: 0 all is well · 1 a check or a step failed · 2 the command was not used as it can be."

OutputOption = Annotated[Output, typer.Option("--output", "-o", help="For people or for programs.")]


def settings() -> BridgeSettings:
    """Read the environment; what cannot be used ends the command."""
    return settings_of(BridgeSettings)


def settings_of(kind: type[S]) -> S:
    """Read these settings; what cannot be used of them ends the command."""
    try:
        return read_settings(kind)
    except WrongSettings as error:
        print_error(str(error))
        raise typer.Exit(2) from None


def point_in_time(text: str) -> datetime:
    """Read `2h` or an ISO time from the command line."""
    try:
        return moment(text, datetime.now(UTC))
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(str(error)) from None


SinceOption = Annotated[
    datetime | None,
    typer.Option(parser=point_in_time, metavar="2h|TIME", help="Not older than this: 30m, 2h, 7d, or a time in UTC."),
]
UntilOption = Annotated[datetime | None, typer.Option(parser=point_in_time, metavar="2h|TIME", help="Older than this.")]
