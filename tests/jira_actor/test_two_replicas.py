"""Two replicas of jira-actor that serve one person for a moment, as while Kafka moves partitions between them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from tests.jira_actor.fakes import LINK, ORIGIN, REACH, REGISTRY, TLS, LinksInMemory, Office
from tests.jira_actor.test_oauth2 import TOKEN, expire, linked, stored

from chassis.errors import Unavailable
from contracts.event import Event
from contracts.jira import LinkRefreshed
from contracts.outcomes import IssueShown
from contracts.teams import ShowAsked
from jira_actor import handlers
from jira_actor.bearers import Bearers
from jira_actor.means import Means, callback
from jira_actor.open_cards import OpenCards
from jira_actor.refreshing import RefreshTokens

LATE = timedelta(milliseconds=300)
"""From a fact's being stored in Kafka to its being in everybody's view: the registry, its relay, and the way back."""


@dataclass
class Replica:
    """A process with a view, bearer values and cards of its own; Jira, key-vault and the registry it shares."""

    office: Office
    number: int
    links: LinksInMemory = field(default_factory=LinksInMemory)
    means: Means = field(init=False)

    def __post_init__(self) -> None:
        desk = self.office
        refreshing = RefreshTokens(desk.keys, desk.http, callback(REGISTRY), desk.publish)
        bearers, cards = Bearers(self.links, desk.keys, refreshing), OpenCards(self.links)
        self.links.changed[:] = [bearers.link_changed, cards.link_changed]
        self.means = replace(desk.means, links=self.links, bearers=bearers, cards=cards, reach=REACH, tls=TLS)

    async def show(self) -> list[Event]:
        """Handle a command as the delivery does: what is unavailable is tried again."""
        origin = ORIGIN.model_copy(update={"intent_id": f"intent-of-{self.number}"})
        for _ in range(20):
            try:
                return await handlers.command(ShowAsked(origin=origin, issue="OPS-1"), self.means)
            except Unavailable:
                await asyncio.sleep(0.1)
        raise AssertionError("it never became available")


@pytest.fixture
async def pair(desk: Office) -> AsyncIterator[tuple[Replica, Replica]]:
    """Two replicas, and a registry that tells both of what was refreshed, a moment later."""
    desk.authenticate_by("oauth2")
    link = expire(desk, await linked(desk))
    replicas = Replica(desk, 1), Replica(desk, 2)
    for one in replicas:
        one.links.put(link)

    async def registry() -> None:
        told = 0
        while True:
            if told < len(desk.published):
                await asyncio.sleep(LATE.total_seconds())
                fresh = stored(desk.published[told], link)
                for view in (desk.links, *(one.links for one in replicas)):
                    view.put(fresh)
                told += 1
            await asyncio.sleep(0.01)

    telling = asyncio.create_task(registry())
    yield replicas
    telling.cancel()


async def test_two_replicas_at_one_time_refresh_once_and_both_commands_are_done(
    desk: Office, pair: tuple[Replica, Replica]
) -> None:
    one, other = pair
    asked_before = len(desk.sent("POST", TOKEN))

    answers = await asyncio.gather(one.show(), other.show())

    assert [[type(answer) for answer in answered] for answered in answers] == [[IssueShown], [IssueShown]]
    assert [(fact.generation, fact.link_id) for fact in desk.published if isinstance(fact, LinkRefreshed)] == [
        (1_001, LINK)
    ]
    assert len(desk.published) == 1, "no link was given up"
    asked = desk.sent("POST", TOKEN)[asked_before:]
    assert [one["status"] for one in asked].count(200) == 1, "Jira gave tokens once: nobody has any that are not stored"


async def test_the_replica_that_takes_over_uses_what_the_first_one_got(
    desk: Office, pair: tuple[Replica, Replica]
) -> None:
    one, other = pair
    await one.show()
    asked_before = len(desk.sent("POST", TOKEN))
    await asyncio.sleep(2 * LATE.total_seconds())

    [shown] = await other.show()
    [again] = await one.show()

    assert isinstance(shown, IssueShown)
    assert isinstance(again, IssueShown)
    assert len(desk.sent("POST", TOKEN)) == asked_before, "nobody asked Jira for tokens again"
    assert len(desk.published) == 1
