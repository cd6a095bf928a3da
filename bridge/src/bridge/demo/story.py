"""The story: one administrator, one colleague, one issue, from registering a Jira to disconnecting from it."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from bridge import cards
from bridge.demo.browser import Browser
from bridge.demo.chat import Chat
from bridge.demo.failure import StepFailed
from bridge.demo.jira_side import JiraSide
from bridge.demo.transcript import Transcript

ADA, CHANNEL, PROJECT = "ada", "alerts", "OPS"
SUMMARY = "Printer on fire"
COMMENT = "It burns on the second floor, too"
MARKS = {"ok": "✓", "skipped": "–"}
CODE = re.compile(r"code ([\w-]{20,})")
KEY = re.compile(rf"\b({PROJECT}-\d+)\b")


@dataclass
class Story:
    """Plays the steps in order; `issue` is the one that Ada makes on the way."""

    chat: Chat
    jira: JiraSide
    transcript: Transcript
    issue: str = ""

    async def play(self) -> None:
        """All steps; raises StepFailed at the first that does not happen."""
        for name, step in self._steps():
            async with self.transcript.step(name):
                await step()

    def _steps(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        return [
            ("install", self._install),
            ("register", self._register),
            ("connect", self._connect),
            ("create", self._create),
            ("show", self._show),
            ("comment", self._comment),
            ("assign", self._assign),
            ("transition", self._transition),
            ("subscribe", self._subscribe),
            ("webhook", self._webhook),
            ("disconnect", self._disconnect),
        ]

    async def _install(self) -> None:
        self.transcript.tell("Ada adds Bridge to her Teams, and to the channel #alerts of team Operations.")
        for conversation in (ADA, CHANNEL):
            await self.chat.install(ADA, conversation)
            await self.chat.hear(conversation, "Hello", culprit="bot-gateway")

    async def _register(self) -> None:
        await self.chat.say(ADA, "register")
        card = await self.chat.hear(ADA, "registration code", culprit="tenant-registry")
        found = CODE.search(cards.text_of(card.activity))
        if found is None:
            raise StepFailed("The card with the registration code shows no code.", "bot-gateway")
        registration = await self.jira.register(found[1])
        self.transcript.tell(f"Jira's administrator makes the registration call: {registration['state']}.")
        await self.jira.link_application(registration)
        await self.jira.add_webhook(registration)
        self.transcript.tell("In Jira: an application link with Bridge's public key, and a webhook to Bridge.")
        tenant = await self.jira.check(registration)
        for check in tenant["checks"]:
            self.transcript.tell(f"{MARKS.get(check['status'], '✗')} {check['name']}: {check['said']}")
        self.transcript.tell(f"This Jira is {tenant['state']}.")

    async def _connect(self) -> None:
        await self.chat.say(ADA, "connect")
        card = await self.chat.hear(ADA, "Connect your account")
        url = next(iter(cards.open_urls(card.activity).values()), None)
        if url is None:
            raise StepFailed("The connect card has no button that opens a page.", "bot-gateway")
        self.transcript.tell("The button opens Jira in a window: Ada logs in and presses Allow.")
        async with httpx.AsyncClient(follow_redirects=True, timeout=15, trust_env=False) as http:
            code = await Browser("Ada Lovelace", http).allow(url)
        self.transcript.tell("The window hands its code to Teams, and Teams to Bridge.")
        await self.chat.verify(ADA, code)
        await self.chat.hear(ADA, "Connected to", "Ada Lovelace", culprit="tenant-registry")

    async def _create(self) -> None:
        await self.chat.say(ADA, f"create {PROJECT} {SUMMARY}")
        card = await self.chat.hear(ADA, "Created", SUMMARY)
        found = KEY.search(cards.text_of(card.activity))
        if found is None:
            raise StepFailed("The card of the new issue shows no key.", "bot-gateway")
        self.issue = found[1]

    async def _show(self) -> None:
        await self.chat.say(ADA, self.issue)
        await self.chat.hear(ADA, self.issue, SUMMARY)

    async def _comment(self) -> None:
        await self.chat.say(ADA, f"comment {self.issue} {COMMENT}")
        await self.chat.hear(ADA, "Comment added", self.issue, COMMENT)

    async def _assign(self) -> None:
        await self.chat.say(ADA, f"assign {self.issue} to me")
        await self.chat.hear(ADA, "Assigned to", "Ada Lovelace")

    async def _transition(self) -> None:
        await self.chat.say(ADA, f"transition {self.issue} to In Progress")
        await self.chat.hear(ADA, "Moved", "In Progress")

    async def _subscribe(self) -> None:
        await self.chat.say(ADA, f"subscribe {PROJECT}", CHANNEL)
        await self.chat.hear(CHANNEL, "now hears of", PROJECT, culprit="tenant-registry")

    async def _webhook(self) -> None:
        said = "The fire brigade is on its way"
        self.transcript.tell(f"Grace comments on {self.issue} in Jira itself; Jira calls Bridge's webhook.")
        await self.jira.comment_as("grace", self.issue, said)
        await self.chat.hear(CHANNEL, "Grace Hopper", self.issue, said, culprit="tenant-registry")

    async def _disconnect(self) -> None:
        await self.chat.say(ADA, "disconnect")
        await self.chat.hear(ADA, "Disconnected", culprit="tenant-registry")

    async def ending(self) -> dict[str, Any]:
        """What Jira now holds, once all is told."""
        return await self.jira.issue(self.issue)
