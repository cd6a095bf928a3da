"""What the bot did in the conversations, in order, and waiting for it."""

import asyncio
import time
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal


@dataclass(frozen=True)
class Post:
    """One thing the bot did; `seq` counts from 1 over all conversations, `thread` has no `;messageid=`."""

    seq: int
    what: Literal["posted", "updated", "deleted"]
    id: str
    conversation: str
    activity: dict[str, Any]
    reply_to: str | None = None
    at: float = field(default_factory=time.time)

    @property
    def thread(self) -> str:
        """The chat or channel in which it happened."""
        return self.conversation.partition(";")[0]

    def as_json(self) -> dict[str, Any]:
        """The post as the control API shows it."""
        return asdict(self)


class Posts:
    """The record; nothing is ever taken out of it."""

    def __init__(self, ids: "MessageIds") -> None:
        self._ids = ids
        self._all: list[Post] = []
        self._grown = asyncio.Condition()

    async def add(self, conversation: str, activity: dict[str, Any], reply_to: str | None = None) -> Post:
        """Record a new message; posted to a channel as such, it opens a thread of its own."""
        post_id = self._ids.next()
        if conversation.endswith("@thread.tacv2"):
            conversation = f"{conversation};messageid={post_id}"
        return await self._record(Post(len(self._all) + 1, "posted", post_id, conversation, activity, reply_to))

    async def update(self, post: Post, activity: dict[str, Any]) -> Post:
        """Record that the bot replaced its message."""
        return await self._record(replace(post, seq=len(self._all) + 1, what="updated", activity=activity))

    async def delete(self, post: Post) -> Post:
        """Record that the bot took its message away."""
        return await self._record(replace(post, seq=len(self._all) + 1, what="deleted", activity={}))

    async def _record(self, post: Post) -> Post:
        self._all.append(post)
        async with self._grown:
            self._grown.notify_all()
        return post

    def find(self, post_id: str) -> Post | None:
        """The latest state of a message, if it was posted and not deleted."""
        latest = next((post for post in reversed(self._all) if post.id == post_id), None)
        return latest if latest and latest.what != "deleted" else None

    def since(self, seq: int = 0, thread: str | None = None) -> list[Post]:
        """What came after `seq`, in one chat or channel or in all."""
        return [post for post in self._all[seq:] if thread in (None, post.thread)]

    async def wait(self, seq: int = 0, thread: str | None = None, *, seconds: float = 10.0) -> list[Post]:
        """Like `since`, but wait until there is something; empty when the time is over."""
        async with self._grown:
            try:
                async with asyncio.timeout(seconds):
                    await self._grown.wait_for(lambda: self.since(seq, thread))
            except TimeoutError:
                return []
        return self.since(seq, thread)


class MessageIds:
    """Ids as Teams gives to messages: milliseconds since 1970 as text, never the same twice."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        """A new one."""
        self._last = max(self._last + 1, int(time.time() * 1000))
        return str(self._last)
