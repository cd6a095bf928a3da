"""The control API under /_control: a test or the demo plays Teams' users and looks at what the bot did."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.connector.faults import Fault
from devstack.connector.state import State
from devstack.connector.teams import BotUnreachable, Teams
from devstack.connector.world import UnknownName

Endpoint = Callable[[Request], Awaitable[Response]]


class Control:
    """Each POST takes the arguments of the like-named method of `Teams` as a JSON object."""

    def __init__(self, state: State, teams: Teams) -> None:
        self._state = state
        self._teams = teams

    def routes(self) -> list[Route]:
        """All of them, below /_control."""
        does: dict[str, Callable[..., Awaitable[Any]]] = {
            "say": self._teams.say,
            "submit": self._teams.submit,
            "invoke": self._teams.invoke,
            "verify_state": self._teams.verify_state,
            "install": self._teams.install,
            "uninstall": self._teams.uninstall,
            "react": self._teams.react,
            "redeliver": self._teams.redeliver,
            "send": self._teams.send,
            "faults": self._add_fault,
            "limits": self._limits,
            "keys": self._rotate,
            "tokens": self._tokens,
        }
        return [
            *(Route(f"/{name}", _endpoint(act), methods=["POST"]) for name, act in does.items()),
            Route("/faults", self._clear_faults, methods=["DELETE"]),
            Route("/posts", self._posts),
            Route("/world", self._world),
        ]

    async def _posts(self, request: Request) -> Response:
        """GET ?conversation=&since=SEQ&wait=SECONDS: what the bot did after SEQ, waiting for it if asked to."""
        asked = request.query_params
        try:
            thread = self._state.world.conversation(asked["conversation"]).id if "conversation" in asked else None
            since, wait = int(asked.get("since", 0)), float(asked.get("wait", 0))
        except (UnknownName, ValueError) as error:
            return JSONResponse({"error": str(error)}, 404 if isinstance(error, UnknownName) else 400)
        posts = self._state.posts
        found = await posts.wait(since, thread, seconds=wait) if wait else posts.since(since, thread)
        return JSONResponse({"posts": [post.as_json() for post in found]})

    async def _world(self, _: Request) -> Response:
        world = self._state.world
        people = {person.key: {**person.account(), "upn": person.upn} for person in world.people.values()}
        chats = {
            key: {"id": chat.id, "kind": chat.kind, "name": chat.name} for key, chat in world.conversations.items()
        }
        settings = self._state.settings
        bot = {**world.bot, "app_id": settings.app_id, "url": settings.bot_url}
        here = {"service_url": settings.service_url, "openid_metadata_url": settings.openid_metadata_url}
        return JSONResponse({"tenant": world.tenant, "bot": bot, "people": people, "conversations": chats, **here})

    async def _add_fault(self, **fault: Any) -> dict[str, object]:
        if fault.get("conversation"):
            fault["conversation"] = self._state.world.conversation(fault["conversation"]).id
        self._state.faults.add(Fault(**fault))
        return {}

    async def _clear_faults(self, _: Request) -> Response:
        self._state.faults.clear()
        return Response(status_code=204)

    async def _limits(self, *, enforced: bool) -> dict[str, object]:
        self._state.limits.enforced = enforced
        return {"enforced": enforced}

    async def _rotate(self, *, forget: bool = False) -> dict[str, object]:
        return {"kid": self._state.keys.rotate(forget=forget)}

    async def _tokens(self, *, life: int | None = None, revoke: bool = False) -> dict[str, object]:
        """Set the life in seconds of the bot's next access tokens, or revoke those it has."""
        if life is not None:
            self._state.tokens.life = life
        if revoke:
            self._state.tokens.revoke_all()
        return {"life": self._state.tokens.life}


def _endpoint(act: Callable[..., Awaitable[Any]]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            arguments = json.loads(await request.body() or b"{}")
            answer = await act(**arguments)
        except (TypeError, json.JSONDecodeError) as error:
            return JSONResponse({"error": f"Wrong arguments: {error}"}, 400)
        except LookupError as error:
            return JSONResponse({"error": str(error)}, 404)
        except BotUnreachable as error:
            return JSONResponse({"error": str(error)}, 502)
        return JSONResponse(_plain(answer))

    return endpoint


def _plain(answer: Any) -> Any:
    if isinstance(answer, list):
        return [_plain(one) for one in answer]
    return answer.as_json() if hasattr(answer, "as_json") else answer
