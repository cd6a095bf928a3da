"""Who writes to the bot: everybody in turn, in places of their own.

Of one person alone the pace that Teams allows in one chat would be measured: with 7 messages in a second, the next
answer waits for its turn.
"""

from dataclasses import astuple, dataclass, replace
from itertools import cycle

from devstack.connector.activities import Place
from devstack.connector.world import Person, World


@dataclass(frozen=True)
class Marks:
    """By what an activity of one person differs from the same of another."""

    mri: str
    object_id: str
    chat: str
    channel: str
    group: str


SOMEBODY = Marks("29:somebody", "5f0e0000-0000-4000-8000-000000000000", "a:some", "19:some@tacv2", "19:some@v2")


class Crowd:
    """Gives what `SOMEBODY` writes to one after the other."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._turns = cycle([_marks(world, *one) for one in enumerate(world.people.values())])

    def places(self) -> tuple[Place, Place, Place]:
        """Where somebody writes: alone with the bot, in a channel, in a group chat."""
        anybody = next(iter(self._world.people.values()))
        somebody = replace(anybody, mri=SOMEBODY.mri, aad_object_id=SOMEBODY.object_id)
        ids = {anybody.key: SOMEBODY.chat, "general": SOMEBODY.channel, "group": SOMEBODY.group}
        alone, channel, group = (replace(self._world.conversation(name), id=id_) for name, id_ in ids.items())
        return Place(somebody, alone), Place(somebody, channel), Place(somebody, group)

    def of_the_next(self, body: bytes) -> bytes:
        """Let the next one write what somebody wrote."""
        for some, own in zip(astuple(SOMEBODY), astuple(next(self._turns)), strict=True):
            body = body.replace(some.encode(), own.encode())
        return body


def _marks(world: World, number: int, person: Person) -> Marks:
    """Give a person's own; all but the first write in channels and group chats that Teams no longer has."""
    channel, group = (world.conversation(name).id.replace("@", f"{number or ''}@") for name in ("general", "group"))
    return Marks(person.mri, person.aad_object_id, world.conversation(person.key).id, channel, group)
