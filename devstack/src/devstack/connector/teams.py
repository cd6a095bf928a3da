"""The Teams client: does what people do, hands it to the bot, and gives back the bot's answer."""

import time
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from devstack.connector.activities import Activities, Activity, Place
from devstack.connector.state import State

BOT_SERVICE_PATIENCE = 15.0


class BotUnreachable(ConnectionError):
    """The bot did not answer in the time that the Bot Service gives it, or not at all."""


@dataclass(frozen=True)
class BotAnswer:
    """The bot's HTTP answer to one activity."""

    activity_id: str
    status: int
    body: Any
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """The answer as the control API shows it."""
        return asdict(self)


class Teams:
    """People at their Teams; names of people and conversations as in `World`.

    Where no conversation is named, it is the person's own chat with the bot.
    """

    def __init__(self, state: State, http: httpx.AsyncClient) -> None:
        self._state = state
        self._http = http
        self._activities = Activities(state.settings, state.world)
        self._sent: dict[str, Activity] = {}

    async def say(
        self,
        user: str,
        text: str,
        *,
        conversation: str | None = None,
        mention: bool | None = None,
        root: str | None = None,
    ) -> BotAnswer:
        """Type a message; outside a personal chat the bot is mentioned unless `mention` says otherwise.

        `root` is the message whose channel thread is answered in; without it, a channel message opens a thread.
        """
        message_id = self._state.ids.next()
        place = self._place(user, conversation, root or message_id)
        if mention is None:
            mention = place.chat.kind != "personal"
        return await self.send(self._activities.message(place, text, message_id, mention=mention))

    async def submit(self, user: str, data: object, *, on: str, conversation: str | None = None) -> BotAnswer:
        """Press an Action.Submit of the card in the message `on`."""
        place = self._place(user, conversation, self._root(on))
        return await self.send({**self._activities.submit(place, data, self._state.ids.next()), "replyToId": on})

    async def invoke(
        self, user: str, name: str, value: object, *, on: str | None = None, conversation: str | None = None
    ) -> BotAnswer:
        """Send an invoke; `on` is the message whose card it came from."""
        activity = self._activities.invoke(self._place(user, conversation, on and self._root(on)), name, value)
        return await self.send({**activity, "replyToId": on} if on else activity)

    async def verify_state(self, user: str, state: str) -> BotAnswer:
        """What Teams does when a sign-in window calls `notifySuccess(state)`."""
        return await self.invoke(user, "signin/verifyState", {"state": state})

    async def install(self, user: str, conversation: str | None = None) -> list[BotAnswer]:
        """Add the bot to a conversation: Teams tells it twice."""
        place = self._place(user, conversation)
        self._state.blocked.discard(place.chat.id)
        return [
            await self.send(self._activities.installation(place, added=True)),
            await self.send(self._activities.membership(place, added=True)),
        ]

    async def uninstall(self, user: str, conversation: str | None = None) -> list[BotAnswer]:
        """Take the bot out of a conversation; what it posts there afterwards is refused."""
        place = self._place(user, conversation)
        self._state.blocked.add(place.chat.id)
        return [
            await self.send(self._activities.installation(place, added=False)),
            await self.send(self._activities.membership(place, added=False)),
        ]

    async def react(self, user: str, kind: str, *, on: str, conversation: str | None = None) -> BotAnswer:
        """Put a reaction on the bot's message `on`."""
        return await self.send(self._activities.reaction(self._place(user, conversation, self._root(on)), kind, on))

    async def redeliver(self, activity_id: str) -> BotAnswer:
        """Send an activity again, as the Bot Service does after a time-out."""
        return await self.send(self._sent[activity_id])

    async def send(self, activity: Activity, *, token: str | None = None) -> BotAnswer:
        """Send any activity as it is, with the Connector's token or with the given one."""
        activity_id = str(activity.get("id", ""))
        self._sent[activity_id] = activity
        started = time.perf_counter()
        response = await self._post(activity, token or self._token(activity))
        return BotAnswer(activity_id, response.status_code, _body(response), round(time.perf_counter() - started, 4))

    async def _post(self, activity: Activity, token: str) -> httpx.Response:
        try:
            return await self._http.post(
                self._state.settings.bot_url,
                json=activity,
                headers={"Authorization": f"Bearer {token}"},
                timeout=BOT_SERVICE_PATIENCE,
            )
        except httpx.TransportError as error:
            raise BotUnreachable(f"The bot did not answer at {self._state.settings.bot_url}: {error!r}") from error

    def _token(self, activity: Activity) -> str:
        service_url = str(activity.get("serviceUrl", self._state.settings.service_url))
        return self._state.keys.bot_token(self._state.settings.app_id, service_url)

    def _place(self, user: str, conversation: str | None, root: str | None = None) -> Place:
        person = self._state.world.person(user)
        return Place(person, self._state.world.conversation(conversation or person.key), root)

    def _root(self, post_id: str) -> str:
        post = self._state.posts.find(post_id)
        _, _, root = (post.conversation if post else "").partition(";messageid=")
        return root or post_id


def _body(response: httpx.Response) -> Any:
    if "json" in response.headers.get("content-type", "") and response.content:
        return response.json()
    return response.text or None
