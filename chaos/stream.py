"""The steady stream: every person sends one command after another, each until the bot has taken it."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from chaos.company import Companies
from chaos.jiras import PROJECT, marked
from chaos.ledger import Command, Ledger
from chaos.teams import NotHeard, Person, intent_id

CREATES = 0.3
PATIENCE = 150.0
LONGEST_PAUSE = 1.0


@dataclass
class Stream:
    """Sends at `rates` commands per second, by tenant, shared evenly by its people, until it is stopped.

    Nobody waits for what comes of a command, but nobody speaks again before the bot has heard the last one: the order
    in which one person's commands were taken is known.
    """

    companies: Companies
    ledger: Ledger
    chance: random.Random
    rates: list[float]
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> None:
        for person in self.companies.people:
            own = random.Random(self.chance.random())  # noqa: S311 - a repeatable run, no secret
            self._tasks.append(asyncio.create_task(self._speak(person, own)))

    async def stop(self) -> None:
        """Send no more, once what is being sent has been taken."""
        self._stopping.set()
        await asyncio.gather(*self._tasks)

    async def reach(self, count: int) -> None:
        """Go on until so many commands were taken."""
        while len(self.ledger.heard) < count:
            for task in self._tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(0.5)

    async def _speak(self, person: Person, chance: random.Random) -> None:
        """Speak at random moments; a pause beyond a second is drawn anew after it, which leaves the rate as it is."""
        while not self._stopping.is_set():
            pace = self.rates[person.tenant] / self._colleagues(person)
            pause = chance.expovariate(pace) if pace > 0 else 2 * LONGEST_PAUSE
            try:
                async with asyncio.timeout(min(pause, LONGEST_PAUSE)):
                    await self._stopping.wait()
            except TimeoutError:
                if pause <= LONGEST_PAUSE:
                    await self._send(person, chance)

    async def _send(self, person: Person, chance: random.Random) -> None:
        number = len(self.ledger.commands) + 1
        if chance.random() < CREATES:
            kind, target, text = "create", PROJECT, f"create {PROJECT} {marked(number)}"
        else:
            kind, target = "comment", chance.choice(self._issues(person))
            text = f"comment {target} {marked(number)}"
        activity = self.companies.teams.message(person, text)
        command = Command(number, person.key, person.key, person.tenant, kind, target, intent_id(activity), time.time())
        self.ledger.note(command)
        try:
            command.deliveries = await self.companies.teams.deliver_until_heard(activity, PATIENCE)
        except NotHeard:
            return  # not taken, so nothing was promised
        command.heard_at = time.time()

    def _colleagues(self, person: Person) -> int:
        return sum(1 for other in self.companies.people if other.tenant == person.tenant)

    def _issues(self, person: Person) -> Sequence[str]:
        return self.companies.issues[person.tenant]
