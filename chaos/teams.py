"""The people of several Teams tenants, who speak to one bot through the one Bot Connector, as in the real service.

The simulated Connector has one tenant of its own; here each activity names the tenant of its person, and the Connector
signs and delivers it. What the bot does not get is delivered again: same activity, same id, until it says 200.
"""

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

import httpx

from bridge import cards
from devstack.connector.activities import Activities, Activity, Place
from devstack.connector.remote import RemoteTeams
from devstack.connector.settings import ConnectorSettings
from devstack.connector.world import World

AGAIN_AFTER = 0.3
OK = 200


@dataclass(frozen=True)
class Person:
    """One of the people; `tenant` counts from 0 and is also the number of their Jira."""

    key: str
    name: str
    tenant: int


class NotHeard(Exception):
    """The bot did not take an activity, or did not say what it should."""


class Teams:
    """What people do in Teams."""

    def __init__(self, connector: str, settings: ConnectorSettings, http: httpx.AsyncClient) -> None:
        self.world = World(settings)
        self.tenants = (settings.tenant, "7f6c8a10-2b1d-4d3e-9c55-000000000002")
        self._remote = RemoteTeams(connector, http)
        self._send = f"{connector}/_control/send"
        self._http = http
        self._activities = Activities(settings, self.world)
        self._ids = itertools.count(int(time.time() * 1000))

    def user_id(self, key: str) -> str:
        """The person's Entra object id."""
        return self.world.person(key).aad_object_id

    def message(self, person: Person, text: str) -> Activity:
        """Something typed in the person's own chat with the bot."""
        activity = self._activities.message(self._chat(person), text, str(next(self._ids)), mention=False)
        return self._from_tenant(activity, person)

    def verification(self, person: Person, code: str) -> Activity:
        """What Teams sends when the sign-in window closes."""
        activity = self._activities.invoke(self._chat(person), "signin/verifyState", {"state": code})
        return self._from_tenant(activity, person)

    async def deliver(self, activity: Activity) -> int | None:
        """Deliver once; gives the bot's status, None where it did not answer."""
        try:
            answer = await self._http.post(self._send, json={"activity": activity}, timeout=40)
        except httpx.TransportError:
            return None
        return int(answer.json()["status"]) if answer.status_code == OK else None

    async def deliver_until_heard(self, activity: Activity, patience: float) -> int:
        """Deliver until the bot answers 200; gives how many deliveries that took."""
        ends = time.monotonic() + patience
        for count in itertools.count(1):
            if await self.deliver(activity) == OK:
                return count
            if time.monotonic() > ends:
                break
            await asyncio.sleep(AGAIN_AFTER)
        raise NotHeard(f"The bot did not take an activity within {patience:g} s.")

    async def hear(self, person: Person, fits: Callable[[str], bool], since: int = 0, patience: float = 60) -> str:
        """Wait until the bot has posted a fitting text in the person's chat after post `since`."""
        ends = time.monotonic() + patience
        while (left := ends - time.monotonic()) > 0:
            for post in await self._remote.posts(person.key, since=since, wait=min(left, 5)):
                since = max(since, post.seq)
                if fits(cards.text_of(post.activity)):
                    return cards.text_of(post.activity)
        raise NotHeard(f"The bot did not say what {person.key} waits for within {patience:g} s.")

    async def button(self, person: Person, patience: float = 60) -> str:
        """Wait for a card with a button that opens a page; give the page's address."""
        ends, since = time.monotonic() + patience, 0
        while (left := ends - time.monotonic()) > 0:
            for post in await self._remote.posts(person.key, since=since, wait=min(left, 5)):
                since = max(since, post.seq)
                if urls := cards.open_urls(post.activity):
                    return next(iter(urls.values()))
        raise NotHeard(f"The bot did not give {person.key} a button to connect with within {patience:g} s.")

    async def last_post(self, person: Person) -> int:
        """The number of the newest post in the person's chat."""
        return max((post.seq for post in await self._remote.posts(person.key)), default=0)

    def _chat(self, person: Person) -> Place:
        return Place(self.world.person(person.key), self.world.conversation(person.key))

    def _from_tenant(self, activity: Activity, person: Person) -> Activity:
        tenant = self.tenants[person.tenant]
        activity["conversation"]["tenantId"] = tenant
        activity["channelData"]["tenant"] = {"id": tenant}
        return activity


def intent_id(activity: Activity) -> str:
    """The id that every delivery of this activity has in Bridge."""
    return uuid5(NAMESPACE_URL, f"{activity['conversation']['id']}|{activity['id']}").hex
