"""Bridge's webhook in Jira, created as the administrator who asked, in both generations of Jira's API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.jira_actor.fakes import ADA, LINK, ORIGIN, TEAMS_TENANT, TENANT_ID, Office

from contracts.event import Event
from contracts.jira import AuthorizationPrepared, LinkLost, WebhookCreated
from contracts.outcomes import Refused
from contracts.registry import AccountLink, WebhookCreationAsked
from devstack.jira.faults import Fault
from devstack.jira.model import AccessToken, Webhook
from jira_actor import handlers
from jira_actor.errors import JiraUnavailable

URL = f"https://bridge.example.com/v1/hooks/{TENANT_ID}"
SECRET = "canary-of-the-webhook"
EVENTS = {
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
}
VERSIONS = pytest.mark.parametrize("version", ["8.20.7", "9.12.0", "10.3.0", "11.0.0"])


def signed(version: str) -> bool:
    return int(version.partition(".")[0]) >= 10


async def create(desk: Office) -> list[Event]:
    secret = desk.protected(TENANT_ID, "webhook_secret", SECRET)
    asked = WebhookCreationAsked(origin=ORIGIN, tenant_id=TENANT_ID, url=URL, secret=secret)
    answers = await handlers.create_webhook(asked, desk.means)
    assert all(SECRET not in answer.model_dump_json() for answer in answers)
    return answers


@pytest.fixture
async def admin(desk: Office) -> Office:
    """An office where Ada is connected as Jira's administrator."""
    desk.connect("admin")
    return desk


@VERSIONS
async def test_the_webhook_stands_as_each_jira_takes_it(admin: Office, version: str) -> None:
    admin.state.version = version

    [created] = await create(admin)

    [(key, hook)] = admin.state.world.webhooks.items()
    assert isinstance(created, WebhookCreated)
    assert (created.webhook_id, created.tenant_id, created.site) == (key, TENANT_ID, "jira.example.com")
    assert set(hook.events) == EVENTS
    assert (hook.name, hook.active, hook.exclude_body) == ("Bridge", True, False)
    assert (hook.url, hook.secret) == ((URL, SECRET) if signed(version) else (f"{URL}/{SECRET}", None))


@VERSIONS
async def test_one_that_is_there_is_brought_up_to_date_and_others_are_left_alone(admin: Office, version: str) -> None:
    admin.state.version = version
    old = Webhook(URL if signed(version) else f"{URL}/old-token", ["jira:issue_created"], "old", "Bridge", active=False)
    others = {"1": Webhook("https://elsewhere.example.com/"), "3": Webhook(f"{URL}x"), "4": Webhook(f"{URL}x/y")}
    admin.state.world.webhooks = {**others, "2": old}

    for _ in range(2):
        [created] = await create(admin)

        assert isinstance(created, WebhookCreated)
        assert created.webhook_id == "2"
    hooks = admin.state.world.webhooks
    assert {key: hook for key, hook in hooks.items() if key != "2"} == others
    assert set(hooks["2"].events) == EVENTS
    assert hooks["2"].active
    assert hooks["2"].url == (URL if signed(version) else f"{URL}/{SECRET}")
    assert not signed(version) or hooks["2"].secret == SECRET


@VERSIONS
@pytest.mark.parametrize("status", [401, 403])
async def test_who_is_no_administrator_hears_what_one_enters_where(linked: Office, version: str, status: int) -> None:
    linked.state.version = version
    if status == 401:
        linked.state.faults.append(Fault("webhook", "status", status=401))

    [refused] = await create(linked)

    assert isinstance(refused, Refused)
    assert (refused.code, refused.tenant_id) == ("not_admin", TENANT_ID)
    assert f"{linked.address}/plugins/servlet/webhooks" in (refused.advice or "")
    assert (URL in (refused.advice or "")) == signed(version)
    assert linked.state.world.webhooks == {}


async def test_who_is_not_connected_is_offered_to_connect(desk: Office) -> None:
    prepared, _ = await create(desk)

    assert isinstance(prepared, AuthorizationPrepared)
    assert prepared.resume is None


async def test_a_lost_link_is_told(admin: Office) -> None:
    admin.links.put(link("oauth1"))
    admin.state.world.access_tokens.clear()

    lost, *_ = await create(admin)

    assert isinstance(lost, LinkLost)


async def test_a_jira_that_is_down_is_asked_again_and_nothing_stands_twice(admin: Office) -> None:
    admin.state.version = "10.3.0"
    admin.state.faults.append(Fault("/webhooks$", "lost_answer", method="POST"))
    with pytest.raises(JiraUnavailable):
        await create(admin)

    [created] = await create(admin)

    assert isinstance(created, WebhookCreated)
    assert len(admin.state.world.webhooks) == 1


async def test_what_jira_repeats_of_the_address_is_not_repeated(admin: Office) -> None:
    said: dict[str, Any] = {"errorMessages": [f"{URL}/{SECRET} is not reachable"], "errors": {}}
    admin.state.faults.append(Fault("/webhook$", "status", method="POST", status=400, body=said))

    [refused] = await create(admin)

    assert isinstance(refused, Refused)
    assert "is not reachable" in refused.why


async def test_the_person_acts_not_bridge(admin: Office) -> None:
    admin.state.world.access_tokens["access"] = AccessToken("access", "bridge-consumer", "admin", datetime.now(UTC))
    admin.state.version = "10.3.0"

    await create(admin)

    [hook] = admin.state.world.webhooks.values()
    assert hook.updated_by == "admin"


def link(mode: str, access_token: str = "ciphertext") -> AccountLink:
    return AccountLink.model_validate(
        {
            "link_id": LINK,
            "tenant_id": TENANT_ID,
            "teams_tenant": TEAMS_TENANT,
            "user": ADA,
            "jira_user": "admin",
            "auth_mode": mode,
            "access_token": access_token,
            "linked_at": datetime.now(UTC) - timedelta(days=1),
        }
    )
