"""All of Bridge as processes, with one registered Jira: what the parts are let loose on."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from bench import web
from bench.machine import memory_mb
from chaos.company import CODE, Companies
from chaos.jiras import Jira
from chaos.stack import Stack
from chaos.teams import Teams

from bridge.demo.environment import Addresses
from bridge.demo.jira_side import JiraSide
from devstack.connector.settings import ConnectorSettings
from devstack.engines.server import HOST, free_port
from fuzz.keys import Keys

WITHOUT_LIMITS = {"REQUESTS_PER_MINUTE": "1000000000", "HOOKS_PER_MINUTE": "1000000000"}
SOON_GIVEN_UP = {"PARK_AFTER": "PT2S", "RETRY_BUDGET": "PT20S"}
"""So that what waits for a Jira that is not there comes to its end within the run."""
PEOPLE = 100
"""Who write to the bot: see `crowd.py`."""
LOGGED_BUGS = ("handler_failed", "Traceback (most recent call last)", "Task exception was never retrieved")


@dataclass(frozen=True)
class Town:
    """Where everything is, and the credentials of this run."""

    stack: Stack
    at: Addresses
    keys: Keys
    companies: Companies
    operator_token: str
    registration: dict[str, str]

    @property
    def bot(self) -> ConnectorSettings:
        """What the gateway knows of the bot."""
        return ConnectorSettings(public_url=self.at.connector, bot_url=self.at.bot, extra_people=PEOPLE)

    def memory(self) -> dict[str, float]:
        """Resident memory of the services, in MB."""
        pids = {name: service.process.pid for name, service in self.stack.services.items()}
        return {name: round(memory_mb(pid)[0], 1) for name, pid in pids.items() if pid is not None}

    async def alive(self) -> None:
        """Have somebody ask for a registration code, which takes three services; raises NotHeard."""
        await self.companies.ask_for_code(0)

    def bugs(self) -> dict[str, str]:
        """What the services' logs hold of errors that nobody expected, by service and kind."""
        found: dict[str, str] = {}
        for name in self.stack.services:
            log = self.stack.directory / f"{name}.log"
            for line in log.read_text(errors="replace").splitlines():
                if '"reason": "handler_failed"' in line:
                    continue  # told once, with its traceback
                if bug := next((one for one in LOGGED_BUGS if one in line), None):
                    found.setdefault(f"{name} logged: {_cause(line, bug)}", line)
        return found


def _cause(line: str, bug: str) -> str:
    """The last line of the traceback, by which bugs are told apart."""
    try:
        told = json.loads(line)
    except ValueError:
        return bug
    last = str(told.get("exception") or told.get("exc_info") or "").strip().splitlines()[-1:]
    return f"{told.get('event')} {''.join(last)}"[:200]


@asynccontextmanager
async def town(directory: Path) -> AsyncIterator[Town]:
    """Start everything and register a Jira; stop it at the end."""
    keys = Keys(f"http://{HOST}:{free_port()}")
    server = await web.serve(keys.respond, int(keys.url.rpartition(":")[2]))
    operator_token = secrets.token_urlsafe(32)
    own = {
        "OPENID_METADATA_URL": keys.metadata_url,
        "OPERATOR_TOKEN_HASH": hashlib.sha256(operator_token.encode()).hexdigest(),
    }
    stack = Stack(directory, people=PEOPLE, settings={**WITHOUT_LIMITS, **SOON_GIVEN_UP, **own})
    try:
        at = await stack.start(tenants=1)
        keys.connector = at.connector
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            teams = Teams(at.connector, ConnectorSettings(public_url=at.connector, extra_people=PEOPLE), http)
            jira = Jira(0, stack.jiras[0].url, http)
            companies = Companies(teams, [jira])
            side = JiraSide(http, jira.url, at.registry)
            found = CODE.search(await companies.ask_for_code(0))
            assert found is not None
            registration = await side.register(found[1])
            await side.link_application(registration)
            await side.check(registration)
            yield Town(stack, at, keys, companies, operator_token, registration)
    finally:
        await asyncio.shield(stack.stop())
        server.close()
