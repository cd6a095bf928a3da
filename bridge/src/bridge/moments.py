"""Points in time as people write them: `2h` ago, or a date."""

import re
from datetime import UTC, datetime, timedelta

AGO = re.compile(r"(\d{1,6})([smhdw])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str, now: datetime) -> datetime:
    """Read `2h`, `30m`, `7d` (that long before `now`) or an ISO 8601 time, in UTC where it names no zone.

    Raises ValueError.
    """
    if ago := AGO.fullmatch(text.strip()):
        return now - timedelta(**{UNITS[ago[2]]: int(ago[1])})
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is no time: write 30m, 2h, 7d, or 2026-11-21T09:30 (UTC).") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def of_milliseconds(milliseconds: int) -> datetime:
    """Turn Kafka's time of a message into ours."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def shown(at: datetime) -> str:
    """Write a time for people, to the second, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
