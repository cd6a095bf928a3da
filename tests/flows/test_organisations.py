"""One Jira that two organisations registered: neither acts, hears or changes anything for the other."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from tests.flows.estate import (
    Estate,
    Jira,
    Registrations,
    SetUpStack,
    enter_token,
    estate_of,
    open_dialog,
    operated,
    stack_in,
)
from tests.flows.estate import organisation as home
from tests.flows.visitor import ABROAD, Visitor

from bridge.demo.environment import Addresses
from bridge.demo.jira_side import JiraSide
from devstack.connector.settings import ConnectorSettings
from devstack.connector.world import World

SHARED = {"product": "jira", "authMode": "pat", "alias": "shared", "version": "10.3.0"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SetUpStack, Addresses, Registrations]]:
    """Processes of their own, in which both organisations registered the same Jira."""
    world = World(ConnectorSettings())
    registrars = ",".join(world.person(name).aad_object_id for name in ("ada", "barbara"))
    stack = stack_in(tmp_path_factory.mktemp("organisations"), operated(REGISTRARS=registrars))

    async def start() -> tuple[Addresses, Registrations]:
        at = await stack.start()
        async with estate_of(stack, at, {}) as estate:
            await estate.teams.do("limits", enforced=False)
            await estate.teams.install("ada")
            codes = {home(): await estate.registration_code(), ABROAD: await Visitor(estate).registration_code()}
            await stack.add_jira("shared")
            side = JiraSide(estate.http, stack.jiras["shared"], at.registry)
            made = {one: await estate.register_jira(side.jira_url, code, **SHARED) for one, code in codes.items()}
            for registration in made.values():
                await side.check(registration)
        return at, made

    try:
        yield stack, *asyncio.run(start())
    finally:
        asyncio.run(stack.stop())


@pytest.fixture
async def estate(shared: tuple[SetUpStack, Addresses, Registrations]) -> AsyncIterator[Estate]:
    async with estate_of(*shared) as estate:
        yield estate


@pytest.fixture
def jira(estate: Estate) -> Jira:
    """The one Jira, as our own organisation registered it."""
    return estate.jira_called(home())


async def test_each_organisation_has_a_registration_of_its_own(estate: Estate) -> None:
    ours, theirs = estate.registrations[home()], estate.registrations[ABROAD]

    assert ours["baseUrl"] == theirs["baseUrl"]
    for secret in ("tenantId", "registrationToken", "webhookSecret", "webhookUrl"):
        assert ours[secret] != theirs[secret]
    for own, other in ((ours, theirs), (theirs, ours)):
        token = {"Authorization": f"Bearer {own['registrationToken']}"}
        assert (await estate.http.get(own["tenantUrl"], headers=token)).json()["state"] == "active"
        assert (await estate.http.get(other["tenantUrl"], headers=token)).status_code in (401, 403, 404)


async def test_people_of_both_act_there_in_their_own_names_and_what_one_ends_stays_with_the_other(
    estate: Estate, jira: Jira
) -> None:
    visitor = Visitor(estate)
    await jira.control("PUT", "/users/barbara", displayName="Barbara Liskov")
    for user, asked, invoke in (
        ("ada", await estate.ask("ada", "connect", "personal access token"), estate.invoke),
        ("barbara", await visitor.ask("connect", "personal access token"), visitor.invoke),
    ):
        await enter_token(asked, await jira.new_pat(user), user, invoke)
        await estate.chat.hear(user, "Connected to")

    await estate.ask("ada", "comment OPS-1 from home", "Comment added")
    await visitor.ask("comment OPS-1 from abroad", "Comment added")
    await estate.ask("ada", "disconnect", "Disconnected")
    await visitor.ask("comment OPS-1 still from abroad", "Comment added")

    assert await jira.comments("from home") == ["ada"]
    assert await jira.comments("from abroad") == await jira.comments("still from abroad") == ["barbara"]


async def test_a_card_of_ours_is_of_no_use_in_the_other_organisation(estate: Estate) -> None:
    card = await estate.ask("ada", "connect", "personal access token")

    answer = await open_dialog(card, "barbara", Visitor(estate).invoke)

    assert "not yours" in answer["task"]["value"]


async def test_suspended_for_one_it_still_serves_the_other(estate: Estate) -> None:
    path = f"/v1/tenants/{estate.registrations[home()]['tenantId']}"
    await estate.operator("POST", f"{path}/suspension")
    await asyncio.sleep(1)

    await estate.ask("ada", "comment OPS-2 suspended", "is suspended")
    await Visitor(estate).ask("OPS-2", "OPS-2")
