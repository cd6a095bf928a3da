"""Puts the simulated Connector together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from devstack.connector.control import Control
from devstack.connector.faults import answer
from devstack.connector.keys import ISSUER
from devstack.connector.rest import ConnectorRest
from devstack.connector.settings import ConnectorSettings
from devstack.connector.state import State
from devstack.connector.teams import Teams


class Connector:
    """One simulated Connector: `app` for a server or an in-process test, `teams` to act, `state` to look.

    `http` is the client that reaches the bot; a test may give one with an ASGI transport to a bot in the same process.
    """

    def __init__(self, settings: ConnectorSettings | None = None, http: httpx.AsyncClient | None = None) -> None:
        self.state = State.fresh(settings or ConnectorSettings())
        self._http = http or httpx.AsyncClient(limits=httpx.Limits(max_connections=200), trust_env=False)
        self.teams = Teams(self.state, self._http)
        rest = ConnectorRest(self.state).routes()
        self.app = Starlette(
            routes=[
                Route("/v1/.well-known/openidconfiguration", self._openid),
                Route("/v1/.well-known/keys", self._keys),
                Route("/{tenant}/oauth2/v2.0/token", self._token, methods=["POST"]),
                Mount("/_control", routes=Control(self.state, self.teams).routes()),
                Mount(f"/amer/{self.state.settings.tenant}", routes=rest),
                Mount("/amer", routes=rest),
                Route("/healthz", _healthy),
            ],
            lifespan=self._lifespan,
        )

    async def close(self) -> None:
        """Let go of the connections to the bot."""
        await self._http.aclose()

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        yield
        await self.close()

    async def _openid(self, _: Request) -> Response:
        if fault := await self.state.faults.take("openid"):
            return answer(fault)
        return JSONResponse(
            {
                "issuer": ISSUER,
                "authorization_endpoint": "https://invalid.botframework.com",
                "jwks_uri": f"{self.state.settings.public_url}/v1/.well-known/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            }
        )

    async def _keys(self, _: Request) -> Response:
        if fault := await self.state.faults.take("keys"):
            return answer(fault)
        return JSONResponse(self.state.keys.jwks())

    async def _token(self, request: Request) -> Response:
        if fault := await self.state.faults.take("token"):
            return answer(fault)
        return await self.state.tokens.endpoint(request)


async def _healthy(_: Request) -> Response:
    return JSONResponse({"status": "ok"})
