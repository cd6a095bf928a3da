"""The Connector REST: what a bot may do in conversations."""

import json
import math
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.connector.faults import BLOCKED, answer
from devstack.connector.posts import Post
from devstack.connector.shape import BadActivity, check
from devstack.connector.state import State
from devstack.connector.world import Conversation, UnknownName

Endpoint = Callable[[Request], Awaitable[Response]]
Act = Callable[[], Awaitable[Response]]


class Refusal(Exception):
    """The Connector answers with this and does nothing."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class ConnectorRest:
    """The routes below a service URL."""

    def __init__(self, state: State) -> None:
        self._state = state

    def routes(self) -> list[Route]:
        """All of them, relative to the service URL."""
        here = "/v3/conversations/{conversation}"
        return [
            Route("/v3/conversations", self._create, methods=["POST"]),
            Route(f"{here}/activities", self._send, methods=["POST"]),
            Route(f"{here}/activities/{{activity}}", self._send, methods=["POST"]),
            Route(f"{here}/activities/{{activity}}", self._update, methods=["PUT"]),
            Route(f"{here}/activities/{{activity}}", self._delete, methods=["DELETE"]),
            Route(f"{here}/members", self._members),
            Route(f"{here}/members/{{member}}", self._member),
            Route(f"{here}/pagedmembers", self._paged_members),
            Route("/v3/teams/{team}", self._team),
            Route("/v3/teams/{team}/conversations", self._channels),
        ]

    async def _send(self, request: Request) -> Response:
        conversation = request.path_params["conversation"]

        async def act() -> Response:
            activity = check(await _json(request))
            reply_to = request.path_params.get("activity") or activity.get("replyToId")
            post = await self._state.posts.add(conversation, activity, reply_to)
            return JSONResponse({"id": post.id}, 201)

        return await self._guarded(request, "send", act)

    async def _update(self, request: Request) -> Response:
        async def act() -> Response:
            activity = check(await _json(request))
            post = await self._state.posts.update(self._own_post(request), activity)
            return JSONResponse({"id": post.id})

        return await self._guarded(request, "update", act)

    async def _delete(self, request: Request) -> Response:
        async def act() -> Response:
            await self._state.posts.delete(self._own_post(request))
            return Response()

        return await self._guarded(request, "delete", act)

    def _own_post(self, request: Request) -> Post:
        post = self._state.posts.find(request.path_params["activity"])
        if post is None or post.thread != request.path_params["conversation"].partition(";")[0]:
            raise BadActivity("Activity not found in the conversation", "ActivityNotFoundInConversation", 404)
        return post

    async def _create(self, request: Request) -> Response:
        async def act() -> Response:
            asked = await _json(request)
            if not isinstance(asked, dict) or asked.get("tenantId") != self._state.world.tenant:
                raise BadActivity("Incorrect conversation creation parameters")
            return await (self._create_thread(asked) if asked.get("isGroup") else self._create_chat(asked))

        return await self._guarded(request, "create", act)

    async def _create_chat(self, asked: dict[str, Any]) -> Response:
        """A personal chat: the same member always gives the same chat."""
        members = asked.get("members")
        if not isinstance(members, list) or len(members) != 1:
            raise BadActivity("Incorrect conversation creation parameters")
        mri = str(members[0].get("id", ""))
        if not mri.startswith("29:"):
            raise BadActivity("Failed to decrypt pairwise id", "BadArgument")
        chat = self._state.world.conversation(self._state.world.person(mri).key)
        self._admit("create", chat.id)
        if asked.get("activity"):
            await self._state.posts.add(chat.id, check(asked["activity"]))
        return JSONResponse({"id": chat.id}, 201)

    async def _create_thread(self, asked: dict[str, Any]) -> Response:
        """A new thread in a channel; group chats cannot be created by a bot."""
        channel = str(((asked.get("channelData") or {}).get("channel") or {}).get("id", ""))
        if not channel or not asked.get("activity"):
            raise BadActivity("Incorrect conversation creation parameters")
        chat = self._state.world.conversation(channel)
        self._admit("create", chat.id)
        post = await self._state.posts.add(chat.id, check(asked["activity"]))
        return JSONResponse({"id": post.conversation, "activityId": post.id}, 201)

    async def _members(self, request: Request) -> Response:
        async def act() -> Response:
            return JSONResponse(self._listed(request))

        return await self._guarded(request, "members", act)

    async def _paged_members(self, request: Request) -> Response:
        async def act() -> Response:
            return JSONResponse({"members": self._listed(request)})

        return await self._guarded(request, "members", act)

    def _listed(self, request: Request) -> list[dict[str, object]]:
        return [person.member(self._state.world.tenant) for person in self._chat(request).members]

    async def _member(self, request: Request) -> Response:
        async def act() -> Response:
            person = self._state.world.person(request.path_params["member"])
            if person not in self._chat(request).members:
                raise UnknownName("Member not found in conversation.")
            return JSONResponse(person.member(self._state.world.tenant))

        return await self._guarded(request, "members", act)

    async def _team(self, request: Request) -> Response:
        async def act() -> Response:
            team = next(chat.team for chat in self._channels_of(request) if chat.team)
            return JSONResponse({"id": team.id, "name": team.name, "aadGroupId": team.aad_group_id})

        return await self._guarded(request, "team", act)

    async def _channels(self, request: Request) -> Response:
        async def act() -> Response:
            found = self._channels_of(request)
            return JSONResponse({"conversations": [{"id": chat.id, "name": chat.name} for chat in found]})

        return await self._guarded(request, "team", act)

    def _channels_of(self, request: Request) -> list[Conversation]:
        wanted = request.path_params["team"]
        found = [chat for chat in self._state.world.conversations.values() if chat.team and chat.team.id == wanted]
        if not found:
            raise UnknownName("The team is not known.")
        return found

    def _chat(self, request: Request) -> Conversation:
        return self._state.world.conversation(request.path_params["conversation"])

    async def _guarded(self, request: Request, operation: str, act: Act) -> Response:
        """Check the token, let faults and limits strike, then act; every answer carries Microsoft's MS-CV."""
        try:
            self._authorize(request)
            if "conversation" in request.path_params:
                self._admit(operation, self._chat(request).id)
            response = await self._act(operation, request, act)
        except Refusal as refusal:
            response = refusal.response
        except UnknownName as error:
            response = _error(404, "ConversationNotFound", str(error))
        except BadActivity as error:
            response = _error(error.status, error.code, str(error))
        response.headers["MS-CV"] = uuid.uuid4().hex[:22]
        return response

    def _authorize(self, request: Request) -> None:
        if not self._state.tokens.accepts(request.headers.get("authorization")):
            raise Refusal(JSONResponse({"message": "Authorization has been denied for this request."}, 401))

    def _admit(self, operation: str, thread: str) -> None:
        """Refuse where the bot was removed, or too often in one chat or channel."""
        if thread in self._state.blocked:
            raise Refusal(JSONResponse(BLOCKED, 403))
        if (wait := self._state.limits.wait(operation, thread)) > 0:
            refusal = _error(429, "Throttled", "Too many requests.")
            refusal.headers["Retry-After"] = str(math.ceil(wait))
            raise Refusal(refusal)

    async def _act(self, operation: str, request: Request, act: Act) -> Response:
        thread = request.path_params.get("conversation", "").partition(";")[0]
        fault = await self._state.faults.take(operation, thread)
        if fault is None:
            return await act()
        if fault.late:
            await act()
        return answer(fault)


async def _json(request: Request) -> Any:
    try:
        return await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadActivity("The body is not JSON") from error


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status)
