"""Somebody who uses the same bot in another organisation's Teams."""

import uuid
from dataclasses import dataclass, replace
from typing import Any

from tests.flows.estate import Estate

from bridge import cards
from bridge.demo.story import CODE
from devstack.connector.activities import Activities, Activity, Place
from devstack.connector.posts import Post
from devstack.connector.settings import ConnectorSettings
from devstack.connector.world import World

ABROAD = "7c1f6f2e-0d8b-4b52-8f4e-9a3c5d2e1b00"
"""The other organisation's Entra tenant."""


@dataclass
class Visitor:
    """Barbara, who works there."""

    estate: Estate
    organisation: str = ABROAD

    async def say(self, text: str) -> dict[str, Any]:
        """Type a message; gives the bot's HTTP answer."""
        activities, place = self._at_home()
        return await self._send(activities.message(place, text, uuid.uuid4().hex, mention=False))

    async def ask(self, text: str, *words: str) -> Post:
        """Type a message and wait for the answer with these words."""
        assert (await self.say(text))["status"] == 200
        return await self.estate.chat.hear("barbara", *words)

    async def invoke(self, _user: str, name: str, value: dict[str, Any]) -> dict[str, Any]:
        """Send an invoke; gives the body of the answer."""
        activities, place = self._at_home()
        answer = await self._send(activities.invoke(place, name, value))
        return dict(answer["body"] or {})

    async def registration_code(self) -> str:
        """Ask for a code."""
        found = CODE.search(cards.text_of((await self.ask("register", "registration code")).activity))
        assert found is not None
        return found[1]

    def _at_home(self) -> tuple[Activities, Place]:
        settings = replace(ConnectorSettings(), public_url=self.estate.at.connector)
        world = World(settings)
        return Activities(settings, world), Place(world.person("barbara"), world.conversation("barbara"))

    async def _send(self, activity: Activity) -> dict[str, Any]:
        activity["conversation"]["tenantId"] = self.organisation
        activity["channelData"]["tenant"]["id"] = self.organisation
        return dict(await self.estate.teams.do("send", activity=activity))
