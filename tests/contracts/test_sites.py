"""Which of several Jiras is meant, and how one says so."""

from dataclasses import dataclass

import pytest

from contracts.sites import NoSite, aliases, how_to_name, meant, written_for


@dataclass(frozen=True)
class Jira:
    alias: str | None
    state: str = "active"
    is_default: bool = False


EU, US, ASIA = Jira("eu"), Jira("us"), Jira("asia")
DEFAULT = Jira("main", is_default=True)
NAMELESS = Jira(None)
ASLEEP, PENDING, FAILED = Jira("asleep", "suspended"), Jira("new", "pending"), Jira("broken", "failed")
DEFAULT_ASLEEP = Jira("main", "suspended", is_default=True)


@pytest.mark.parametrize(
    ("registered", "alias", "found"),
    [
        ([], None, NoSite.NONE_REGISTERED),
        ([], "eu", NoSite.NONE_REGISTERED),
        ([EU], None, EU),
        ([NAMELESS], None, NAMELESS),
        ([PENDING], None, PENDING),
        ([ASLEEP], None, ASLEEP),
        ([DEFAULT, EU], None, DEFAULT),
        ([EU, US, DEFAULT], None, DEFAULT),
        ([DEFAULT_ASLEEP, EU], None, DEFAULT_ASLEEP),
        ([EU, US], None, NoSite.AMBIGUOUS),  # the default was erased
        ([EU, US, ASLEEP], None, NoSite.AMBIGUOUS),
        ([EU, ASLEEP], None, EU),  # the default was erased, and one is left that can be used
        ([EU, PENDING, FAILED], None, EU),
        ([ASLEEP, PENDING], None, NoSite.AMBIGUOUS),
        ([DEFAULT, EU], "eu", EU),
        ([DEFAULT, EU], "EU", EU),
        ([DEFAULT, EU], "main", DEFAULT),
        ([EU, ASLEEP], "asleep", ASLEEP),
        ([EU, US], "asia", NoSite.NO_SUCH_ALIAS),
        ([NAMELESS], "eu", NoSite.NO_SUCH_ALIAS),
        ([EU], "", NoSite.NO_SUCH_ALIAS),
    ],
)
def test_the_jira_that_is_meant(registered: list[Jira], alias: str | None, found: Jira | NoSite) -> None:
    assert meant(registered, alias) == found
    assert meant(registered[::-1], alias) == found, "their order makes no difference"


def test_only_those_that_can_be_used_are_offered_by_name() -> None:
    assert aliases([US, ASLEEP, NAMELESS, EU, PENDING, FAILED]) == ["eu", "us"]
    assert "“on eu …”. There is: eu, us." in how_to_name([US, EU, ASLEEP])
    assert "on …" in how_to_name([NAMELESS])


@pytest.mark.parametrize(("one", "written"), [(EU, "on eu connect"), (DEFAULT, "connect"), (NAMELESS, "connect")])
def test_a_command_is_written_for_one_jira(one: Jira, written: str) -> None:
    assert written_for(one, "connect") == written
