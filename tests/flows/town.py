"""All of Bridge as processes, with people who talk to it: the demo's stack, for tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from rich.console import Console

from bridge import cards
from bridge.demo.browser import Browser
from bridge.demo.chat import Chat
from bridge.demo.environment import Addresses
from bridge.demo.jira_side import JiraSide
from bridge.demo.stack import Stack
from bridge.demo.story import CODE, Story
from bridge.demo.transcript import Transcript
from devstack.connector.posts import Post
from devstack.connector.remote import RemoteTeams
from devstack.connector.settings import ConnectorSettings
from devstack.connector.world import World

NAMES = {"ada": "Ada Lovelace", "grace": "Grace Hopper", "alan": "Alan Turing", "barbara": "Barbara Liskov"}


@dataclass
class Town:
    """One run of all processes and a client for its people; a test makes one on the shared processes."""

    stack: Stack
    at: Addresses
    http: httpx.AsyncClient

    def __post_init__(self) -> None:
        transcript = Transcript(Console(quiet=True))
        self.teams = RemoteTeams(self.at.connector, self.http)
        self.chat = Chat(self.teams, World(ConnectorSettings()), transcript)
        self.jira = JiraSide(self.http, self.at.jira, self.at.registry)
        self.story = Story(self.chat, self.jira, transcript)

    async def move_in(self) -> None:
        """Add the bot to Ada's chat and to a channel, register and set up Jira, connect Ada."""
        await self.teams.do("limits", enforced=False)
        await self.teams.install("ada")
        await self.teams.install("ada", "alerts")
        await self.register()
        await self.connect("ada")

    async def catch_up(self) -> None:
        """Read past what was posted before."""
        for post in await self.teams.posts():
            for conversation in (*NAMES, "alerts", "general", "group"):
                self.chat._read[conversation] = post.seq

    async def ask(self, user: str, text: str, *words: str, conversation: str | None = None) -> Post:
        """Say something and wait for the answer with these words."""
        await self.chat.say(user, text, conversation)
        return await self.chat.hear(conversation or user, *words)

    async def offered_anew(self, user: str, command: str) -> Post:
        """Say something until it is answered with a new connect card: the old one closes a moment after its end."""
        async with asyncio.timeout(20):
            while True:
                card = await self.ask(user, command, "connect")
                if "Connect your account" in cards.text_of(card.activity):
                    return card

    async def registration_code(self) -> str:
        """Have the administrator ask for a code."""
        card = await self.ask("ada", "register", "registration code")
        found = CODE.search(cards.text_of(card.activity))
        assert found is not None
        return found[1]

    async def register(self) -> dict[str, Any]:
        """Register the simulated Jira and set it up, as its administrator would."""
        registration = await self.jira.register(await self.registration_code())
        await self.jira.link_application(registration)
        await self.jira.add_webhook(registration)
        await self.jira.check(registration)
        return registration

    async def connect_button(self, user: str) -> str:
        """Ask to connect; give the address of the card's button."""
        card = await self.ask(user, "connect", "Connect your account")
        return next(iter(cards.open_urls(card.activity).values()))

    async def allow(self, user: str, url: str) -> str:
        """Open an address in this person's browser and press Allow there; give the code that is shown."""
        async with httpx.AsyncClient(follow_redirects=True, timeout=15, trust_env=False) as browser:
            return await Browser(NAMES[user], browser).allow(url)

    async def connect(self, user: str) -> None:
        """Connect a person who has an account in Jira."""
        await self.chat.verify(user, await self.allow(user, await self.connect_button(user)))
        await self.chat.hear(user, "Connected to", NAMES[user])

    async def disconnect(self, user: str) -> None:
        """Forget a person."""
        await self.ask(user, "disconnect", "Disconnected")

    async def state(self) -> dict[str, Any]:
        """Look into Jira."""
        return dict((await self.http.get(f"{self.at.jira}/_control/state")).json())


@asynccontextmanager
async def town_of(stack: Stack, at: Addresses) -> AsyncIterator[Town]:
    """Give the processes as they are from now on."""
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        town = Town(stack, at, http)
        await town.catch_up()
        yield town
