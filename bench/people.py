"""People at Teams: what they write, as whole HTTP requests."""

import itertools
import json

from bench import web
from devstack.connector.activities import Activities, Place
from devstack.connector.keys import SigningKeys
from devstack.connector.settings import ConnectorSettings
from devstack.connector.world import Person, World

TEXT, ACTIVITY_ID = "@@text@@", "@@activity-id@@"


class People:
    """A company whose people write to the bot, each in a chat of his or her own; tokens are signed here."""

    def __init__(self, settings: ConnectorSettings) -> None:
        self.settings = settings
        self.keys = SigningKeys()
        world = World(settings)
        self.persons: list[Person] = list(world.people.values())
        activities = Activities(settings, world)
        self._bodies = [
            json.dumps(activities.message(place, TEXT, ACTIVITY_ID, mention=False)).encode()
            for place in (Place(person, world.conversation(person.key)) for person in self.persons)
        ]
        self._authorization = f"Bearer {self.keys.bot_token(settings.app_id, settings.service_url)}"
        self._ids = itertools.count(1_700_000_000_000)

    def message(self, person: int, text: str, port: int) -> tuple[str, bytes]:
        """A new message of this person: the activity's id and the whole request to the bot on that port."""
        activity_id = str(next(self._ids))
        body = self._bodies[person].replace(TEXT.encode(), text.encode())
        body = body.replace(ACTIVITY_ID.encode(), activity_id.encode())
        return activity_id, web.post("/api/messages", port, body, self._authorization)
