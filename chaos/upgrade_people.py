"""What people see during a roll-out: newcomers connect, and those who subscribed get one card per change."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge import cards
from bridge.demo.jira_side import JiraSide, Json
from chaos.company import Companies
from chaos.jiras import MARKED, PROJECT
from chaos.ledger import Command
from chaos.teams import Person
from devstack.connector.remote import RemoteTeams


@dataclass(frozen=True)
class Told:
    """Commands whose change in Jira was told to the subscriber never, or more than once."""

    cards: int
    untold: tuple[int, ...]
    twice: tuple[int, ...]


@dataclass
class Subscribers(Companies):
    """Companies whose Jira tells Bridge what changes, where one person subscribes to it."""

    chats: RemoteTeams = field(kw_only=True)
    subscribers: list[Person] = field(default_factory=list)
    _come: int = 0
    """How many came after the first people."""

    async def subscribe(self) -> None:
        """Connect one more person of each tenant, whose own chat hears of every change in the project."""
        self.subscribers = [self._newcomer(tenant) for tenant in range(len(self.jiras))]
        for person in self.subscribers:
            await self.connect(person)
            await self.teams.deliver_until_heard(self.teams.message(person, f"subscribe {PROJECT}"), 30)
            await self.teams.hear(person, lambda text: "now hears of" in text)

    async def connect_newcomer(self) -> None:
        """One more person goes all the way through connecting."""
        await self.connect(self._newcomer(self._come % len(self.jiras)))

    async def heard(self) -> Counter[int]:
        """How many cards about each command's change the subscribers got."""
        chats = [await self.chats.posts(person.key) for person in self.subscribers]
        texts = [cards.text_of(post.activity) for posts in chats for post in posts if post.what == "posted"]
        return Counter(int(mark[1]) for text in texts if (mark := MARKED.search(text)))

    def _newcomer(self, tenant: int) -> Person:
        self._come += 1
        person = self.teams.world.person(f"person{len(self.people) + self._come}")
        return Person(person.key, person.name, tenant)

    async def _register(self, side: JiraSide, tenant: int) -> Json:
        registration = await super()._register(side, tenant)
        await side.add_webhook(registration)
        return registration


def told(commands: Mapping[int, Command], heard: Mapping[int, int]) -> Told:
    """Compare what was accepted with what the subscribers heard."""
    accepted = [command.number for command in commands.values() if command.heard_at is not None]
    untold = tuple(number for number in accepted if not heard.get(number))
    return Told(sum(heard.values()), untold, tuple(sorted(number for number, times in heard.items() if times > 1)))
