"""An install that is pinned to one organisation serves that one, and no other."""

import hashlib
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from tests.flows.estate import Estate, organisation
from tests.flows.visitor import ABROAD, Visitor

from tenant_registry.mongo.database import connect
from tenant_registry.registry import Registry
from tenant_registry.rows import CodeRow


@pytest.fixture
async def code_of_others(estate: Estate) -> str:
    """A code that the other organisation got before the install was pinned."""
    code, at = uuid.uuid4().hex, datetime.now(UTC)
    row = CodeRow(
        id=hashlib.sha256(code.encode()).hexdigest(),
        teams_tenant=ABROAD,
        user="somebody",
        expires_at=at + timedelta(hours=1),
        purge_at=at + timedelta(hours=2),
    )
    registry = Registry(connect(estate.at.engines.mongo_url), "bridge")
    await registry.codes.add(row)
    await registry.close()
    return code


async def test_the_bot_refuses_people_of_another_organisation_and_serves_its_own(estate: Estate) -> None:
    before = len(await estate.teams.posts())

    answer = await Visitor(estate).say("help")

    assert answer["status"] == 403
    assert len(await estate.teams.posts()) == before
    own = await Visitor(estate, organisation()).say("help")
    assert own["status"] == 200
    await estate.chat.hear("barbara", "What you can ask")


async def test_a_registration_for_another_organisation_is_refused(estate: Estate, code_of_others: str) -> None:
    call = {"code": code_of_others, "baseUrl": "http://127.0.0.1:1", "product": "jira", "authMode": "pat"}

    answer = await estate.http.post(f"{estate.at.registry}/v1/registrations", json=call)

    assert answer.status_code == 403
    assert (await estate.operator("GET", f"/v1/tenants?teamsTenant={ABROAD}"))["tenants"] == []
