"""Teams as the demo uses it: say something, and wait until the bot has said the right thing."""

import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from bridge import cards
from bridge.demo.failure import StepFailed
from bridge.demo.transcript import Transcript
from devstack.connector.posts import Post
from devstack.connector.remote import ControlRefused, RemoteTeams
from devstack.connector.teams import BotAnswer
from devstack.connector.world import World

DEADLINE = timedelta(seconds=20)
HTTP_OK = range(200, 300)


@dataclass
class Chat:
    """One demo's conversations; remembers per conversation how far it has read."""

    teams: RemoteTeams
    world: World
    transcript: Transcript
    deadline: timedelta = DEADLINE
    _read: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def install(self, user: str, conversation: str) -> None:
        """Add the bot to a conversation."""
        with _naming("bot-gateway"):
            for answer in await self.teams.install(user, conversation):
                self._check(answer)

    async def say(self, user: str, text: str, conversation: str | None = None) -> None:
        """Type a message, in the person's own chat with the bot if no other conversation is named."""
        where = {"conversation": conversation} if conversation else {}
        self.transcript.said(self.world.person(user).name, text, conversation or "")
        with _naming("bot-gateway"):
            self._check(await self.teams.say(user, text, **where))

    async def verify(self, user: str, code: str) -> None:
        """Bring the code as Teams does when its sign-in window closes."""
        with _naming("bot-gateway"):
            self._check(await self.teams.verify_state(user, code))

    async def hear(self, conversation: str, *words: str, culprit: str = "jira-actor") -> Post:
        """Show what the bot posts there until a post holds all the words; the log of `culprit` says why none does."""
        ends = time.monotonic() + self.deadline.total_seconds()
        heard = "nothing"
        while (left := ends - time.monotonic()) > 0:
            with _naming("connector"):
                posts = await self.teams.posts(conversation, since=self._read[conversation], wait=left)
            for post in posts:
                self._read[conversation] = post.seq
                self.show(post)
                heard = cards.text_of(post.activity)
                if all(word.lower() in heard.lower() for word in words):
                    return post
        wanted = " and ".join(f'"{word}"' for word in words)
        limit = f"{self.deadline.total_seconds():g} s"
        raise StepFailed(f"The bot should have posted {wanted} within {limit}. Last heard: {heard}.", culprit)

    async def everything(self) -> AsyncIterator[Post]:
        """Give what the bot posts anywhere from now on, for ever."""
        with _naming("connector"):
            latest = max((post.seq for post in await self.teams.posts()), default=0)
            while True:
                for post in await self.teams.posts(since=latest, wait=20):
                    latest = post.seq
                    yield post

    def show(self, post: Post) -> None:
        """Draw a message of the bot."""
        if post.activity.get("type") == "message":
            chat = self.world.conversation(post.conversation)
            self.transcript.posted(post.activity, "" if chat.kind == "personal" else chat.key)

    def _check(self, answer: BotAnswer) -> None:
        if answer.status not in HTTP_OK:
            raise StepFailed(f"The bot answered Teams with HTTP {answer.status}.", "bot-gateway")


@contextmanager
def _naming(process: str) -> Iterator[None]:
    """Turn a failure of the stand-in into one of the step, and name the process to look at."""
    try:
        yield
    except ControlRefused as error:
        raise StepFailed(str(error), process) from error
