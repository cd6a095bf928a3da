"""Two companies that use one Bridge: each registers its Jira, and its people connect to it."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from bridge.demo.browser import Browser
from bridge.demo.environment import Addresses
from bridge.demo.jira_side import JiraSide, Json
from chaos.jiras import Jira
from chaos.teams import Person, Teams

CODE = re.compile(r"code ([\w-]{20,})")
REGISTRARS = ("ada", "grace")
PATIENCE = 60.0


@dataclass
class Companies:
    """The people by tenant, and the issues that they comment on, by tenant."""

    teams: Teams
    jiras: Sequence[Jira]
    people: list[Person] = field(default_factory=list)
    issues: list[list[str]] = field(default_factory=list)

    def registrar(self, tenant: int) -> Person:
        """Who may register that tenant's Jira."""
        key = REGISTRARS[tenant]
        return Person(key, self.teams.world.person(key).name, tenant)

    async def settle(self, at: Addresses, http: httpx.AsyncClient, people: int, issues: int) -> None:
        """Register every Jira, connect so many people of every tenant, make issues to comment on."""
        for jira in self.jiras:
            await self._register(JiraSide(http, jira.url, at.registry), jira.index)
            self.issues.append(await jira.add_issues(issues))
        tenants = len(self.jiras)
        names = [f"person{number}" for number in range(1, people * tenants + 1)]
        found = [self.teams.world.person(name) for name in names]
        self.people = [Person(one.key, one.name, number % tenants) for number, one in enumerate(found)]
        for start in range(0, len(self.people), 4):
            await asyncio.gather(*(self.connect(person) for person in self.people[start : start + 4]))

    async def ask_for_code(self, tenant: int, patience: float = PATIENCE) -> str:
        """Have the registrar ask for a registration code; gives what the bot says."""
        registrar = self.registrar(tenant)
        since = await self.teams.last_post(registrar)
        await self.teams.deliver_until_heard(self.teams.message(registrar, "register"), patience)
        return await self.teams.hear(registrar, lambda text: bool(CODE.search(text)), since, patience)

    async def connect(self, person: Person) -> None:
        """Take a person through connecting, up to the bot's word that it is done."""
        await self.jiras[person.tenant].add_user(person.key, person.name)
        await self.teams.deliver_until_heard(self.teams.message(person, "connect"), PATIENCE)
        url = await self.teams.button(person)
        async with httpx.AsyncClient(follow_redirects=True, timeout=15, trust_env=False) as http:
            code = await Browser(person.name, http).allow(url)
        await self.teams.deliver_until_heard(self.teams.verification(person, code), PATIENCE)
        await self.teams.hear(person, lambda text: "Connected to" in text)

    async def _register(self, side: JiraSide, tenant: int) -> Json:
        found = CODE.search(await self.ask_for_code(tenant))
        assert found is not None
        registration = await side.register(found[1])
        await side.link_application(registration)
        await side.check(registration)
        return registration
