"""Attempts to reach what belongs to another person or organisation: refused, counted and audited, each of them.

Those of a person are noted with who it was, those of somebody whom nobody knows with how often they were made. After
each of them all that is stored for the victims is compared with what was there before.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.tenant_registry.conftest import PUBLIC_URL, visiting
from tests.tenant_registry.fakes import ANNA, BEN, NOON, Clock, FakeKeyVault, changed, waiting_comment
from tests.tenant_registry.oauth2_steps import held, not_given, prepared2
from tests.tenant_registry.two_organisations import HOOK, JIRA_USER, MALLORY, OWN_HOOK, OWN_TOKEN, SOON, Scene

from contracts.jira import LinkGranted, LinkLost, LinkRefreshed, SubscriptionAllowed
from contracts.outcomes import Issue, IssueCreated, MyDataDeleted, MyDataShown, Refused, SitesListed
from contracts.registry import CommandResumed
from contracts.teams import (
    ConversationLeft,
    ConversationSeen,
    DisconnectAsked,
    MyDataAsked,
    MyDataDeletionAsked,
    SitesAsked,
    UnsubscribeAsked,
    VerifyAsked,
    WebhookAsked,
)
from devstack.engines import Engines
from tenant_registry.handlers import acts, grants, linking, my_data, notifying, sites, turned_away, unlinking, webhooks
from tenant_registry.http.surroundings import Policy, Surroundings
from tenant_registry.mongo.audit_batches import AuditBatches
from tenant_registry.mongo.database import connect
from tenant_registry.owners import Owners
from tenant_registry.registry import Registry
from tenant_registry.rows import OPERATOR, UNKNOWN
from tenant_registry.settings import Settings

Try = Callable[[Scene], Awaitable[Any]]


@dataclass(frozen=True)
class Attempt:
    """What is tried, and what it leaves behind."""

    tries: Try
    counted: str
    noted: str
    """Whose attempt the audit holds; where nobody knows that: in whose audit it stands."""
    code: str | None = None
    """What the answer says to programs; None: there is no answer."""
    ends: str | None = None
    """The collection where something ends by design, for the victim's safety."""


ATTEMPTS: dict[str, Attempt] = {}
ASKED: dict[str, Try] = {}
"""Requests that can only be about one's own: no attempts, but they must tell and change nothing of others either."""
VICTIMS, OWN = "the victims' audit", "the audit of Mallory's organisation"


def attempt(name: str, **more: Any) -> Callable[[Try], Try]:
    """Enter an attempt into the table."""

    def enter(tries: Try) -> Try:
        ATTEMPTS[name] = Attempt(tries, **more)
        return tries

    return enter


def asked(name: str) -> Callable[[Try], Try]:
    """Enter a request into the other table."""

    def enter(tries: Try) -> Try:
        ASKED[name] = tries
        return tries

    return enter


# By the HTTP edge, with what Mallory's own tenant has.
BY_HTTP = {
    "see": ("GET", "", None),
    "check": ("POST", "/checks", None),
    "change": ("PATCH", "", {"alias": "stolen"}),
    "move": ("PATCH", "", {"baseUrl": "https://mallory.example/x", "code": "made-up"}),
    "suspend": ("POST", "/suspension", None),
    "resume": ("DELETE", "/suspension", None),
    "take the webhook of": ("POST", "/webhook", {"signed": False}),
    "rotate the keys of": ("POST", "/rotation", {}),
    "see the rotation of": ("GET", "/rotation", None),
    "export": ("GET", "/export", None),
    "see the tokens of": ("GET", "/tokens", None),
    "see the audit of": ("GET", "/audit", None),
    "erase": ("DELETE", "", None),
}


def by_http(method: str, path: str, body: Any) -> Try:
    async def tries(scene: Scene) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {OWN_TOKEN}"}
        return await scene.web.request(method, f"/v1/tenants/{scene.tenant.id}{path}", json=body, headers=bearer)

    return tries


for name, (method, path, body) in BY_HTTP.items():
    ours = path == "/suspension"
    ATTEMPTS[f"to {name} another tenant with the token of one's own"] = Attempt(
        by_http(method, path, body),
        "operator_token" if ours else "registration_token",
        OPERATOR if ours else VICTIMS,
        "operators-only" if ours else "unknown-tenant",
    )


@attempt(
    "to list all tenants with the token of one's own",
    code="operators-only",
    counted="operator_token",
    noted=OPERATOR,
)
async def _(scene: Scene) -> Any:
    return await scene.web.get("/v1/tenants", headers={"Authorization": f"Bearer {OWN_TOKEN}"})


@attempt(
    "to send another tenant a webhook with the address token of one's own",
    code="unknown-hook",
    counted="hook_address",
    noted=VICTIMS,
)
async def _(scene: Scene) -> Any:
    return await scene.web.post(f"{HOOK}/{scene.tenant.id}/{OWN_HOOK}", json={"issue": {"id": "1"}})


@attempt(
    "to send a webhook for another tenant without a signature",
    code="bad-signature",
    counted="hook_signature",
    noted=VICTIMS,
)
async def _(scene: Scene) -> Any:
    return await scene.web.post(f"{HOOK}/{scene.tenant.id}", json={"issue": {"id": "1"}})


@attempt("to register a Jira with a made-up code", code="bad-code", counted="registration_code", noted=OPERATOR)
async def _(scene: Scene) -> Any:
    call = {"code": "made-up", "baseUrl": scene.tenant.base_url, "product": "jira"}
    return await scene.web.post("/v1/registrations", json=call)


# By a browser.
@attempt("to be shown a code by a made-up state", counted="connect_link", noted=OPERATOR)
async def _(scene: Scene) -> Any:
    return await page(scene, code="x", state=uuid4().hex)


@attempt("to be shown a code by what the database knows of a state", counted="connect_link", noted=OPERATOR)
async def _(scene: Scene) -> Any:
    return await page(scene, code="x", state=scene.waits.lookup)


@attempt("to bring a state as the token of the other protocol", counted="connect_link", noted=VICTIMS)
async def _(scene: Scene) -> Any:
    return await page(scene, oauth_token=scene.state, oauth_verifier="x")


@attempt("to be shown a code for what another allowed", counted="second_jira_code", noted=VICTIMS, ends="pending_links")
async def _(scene: Scene) -> Any:
    await scene.annas_code()
    return await page(scene, code="made-up", state=scene.state)


async def page(scene: Scene, **query: str) -> None:
    shown = await scene.web.get("/oauth/callback", params=query)
    assert shown.status_code == 404
    assert 'id="code"' not in shown.text


# By what jira-actor would say, were it led astray.
@attempt("to begin a connection to another organisation's Jira", counted="foreign_tenant", noted=MALLORY)
async def _(scene: Scene) -> Any:
    fact = prepared2(scene.tenant, state=uuid4().hex, origin=scene.mallory())
    await linking.authorization_prepared(fact, scene.registry, scene.clock, scene.counted.append)


@attempt("to lead a person to an Allow page elsewhere", counted="foreign_address", noted=ANNA)
async def _(scene: Scene) -> Any:
    fact = prepared2(scene.tenant, state=uuid4().hex, origin=scene.anna(), authorize_url="https://evil.example/?a=b")
    await linking.authorization_prepared(fact, scene.registry, scene.clock, scene.counted.append)


@attempt("to begin a connection under another's state", counted="foreign_state", noted=BEN)
async def _(scene: Scene) -> Any:
    fact = prepared2(scene.tenant, state=scene.state, origin=scene.ben())
    await linking.authorization_prepared(fact, scene.registry, scene.clock, scene.counted.append)


def granted(scene: Scene, **more: Any) -> LinkGranted:
    facts: dict[str, Any] = {
        "origin": scene.mallory(),
        "tenant_id": scene.mine.id,
        "link_id": f"{scene.mine.id}:{MALLORY}",
        "jira_user": JIRA_USER,
        "access_token": "vault:v1:stolen",
        "token_secret": "vault:v1:stolen",
    }
    return LinkGranted.model_validate({**facts, **more})


async def grant(scene: Scene, **more: Any) -> Any:
    answers = await linking.link_granted(granted(scene, **more), scene.registry, scene.clock, scene.counted.append)
    assert not any(isinstance(one, CommandResumed) for one in answers)
    return answers[0]


@attempt("to be linked to another organisation's Jira", code="not_registered", counted="foreign_tenant", noted=MALLORY)
async def _(scene: Scene) -> Any:
    return await grant(scene, tenant_id=scene.tenant.id, link_id=f"{scene.tenant.id}:{MALLORY}")


@attempt("to be linked by another organisation's link id", code="link_failed", counted="foreign_link", noted=MALLORY)
async def _(scene: Scene) -> Any:
    return await grant(scene, link_id=scene.link.id)


@attempt("to be linked by a colleague's link id", code="link_failed", counted="foreign_link", noted=BEN)
async def _(scene: Scene) -> Any:
    return await grant(scene, origin=scene.ben(), tenant_id=scene.tenant.id, link_id=scene.link.id)


@attempt("to be linked by OAuth 2.0 without bringing a code", code="link_failed", counted="unasked_grant", noted=BEN)
async def _(scene: Scene) -> Any:
    more = {"tenant_id": scene.tenant.id, "link_id": f"{scene.tenant.id}:{BEN}", "auth_mode": "oauth2"}
    return await grant(scene, origin=scene.ben(), **more)


@attempt(
    "to be linked in a way that the Jira was not registered for",
    code="link_failed",
    counted="unasked_grant",
    noted=MALLORY,
)
async def _(scene: Scene) -> Any:
    return await grant(scene, auth_mode="pat")


@attempt("to have another's command carried out", counted="foreign_command", noted=MALLORY)
async def _(scene: Scene) -> Any:
    await grant(scene, resume=waiting_comment(ANNA))


async def hold(scene: Scene, **more: Any) -> None:
    await grants.grant_held(held(scene.waits, **more), scene.registry, scene.clock, scene.counted.append)


@attempt("to put a grant into another organisation's connection", counted="foreign_grant", noted=MALLORY)
async def _(scene: Scene) -> Any:
    await hold(scene, origin=scene.mallory())


@attempt("to put a grant into a colleague's connection", counted="foreign_grant", noted=BEN)
async def _(scene: Scene) -> Any:
    await hold(scene, origin=scene.ben(), link_id=f"{scene.tenant.id}:{BEN}")


@attempt("to put another Jira's grant into a connection", counted="foreign_grant", noted=ANNA)
async def _(scene: Scene) -> Any:
    await hold(scene, tenant_id=scene.mine.id, link_id=f"{scene.mine.id}:{ANNA}")


@attempt("to put a grant into a connection that no browser came back for", counted="foreign_grant", noted=ANNA)
async def _(scene: Scene) -> Any:
    await hold(scene)


@attempt("to end another organisation's connection", counted="foreign_grant", noted=MALLORY)
async def _(scene: Scene) -> Any:
    fact = not_given(scene.waits, origin=scene.mallory())
    await grants.grant_refused(fact, scene.registry, scene.clock, scene.counted.append)


@attempt("to end a colleague's connection", counted="foreign_grant", noted=BEN)
async def _(scene: Scene) -> Any:
    fact = not_given(scene.waits, origin=scene.ben())
    await grants.grant_refused(fact, scene.registry, scene.clock, scene.counted.append)


def of_link(scene: Scene, **more: Any) -> dict[str, Any]:
    return {"tenant_id": scene.tenant.id, "link_id": scene.link.id, "generation": 8, **more}


async def refresh(scene: Scene, **more: Any) -> None:
    tokens = {"access_token": "vault:v1:stolen", "refresh_token": "vault:v1:stolen", "expires_at": SOON}
    fact = LinkRefreshed.model_validate(of_link(scene, **tokens, **more))
    await grants.link_refreshed(fact, scene.registry, scene.clock, scene.counted.append)


async def lose(scene: Scene, **more: Any) -> None:
    fact = LinkLost.model_validate(of_link(scene, why="revoked", **more))
    await grants.link_lost(fact, scene.registry, scene.clock, scene.counted.append)


@attempt("to put tokens into another organisation's link", counted="foreign_link", noted=MALLORY)
async def _(scene: Scene) -> Any:
    await refresh(scene, origin=scene.mallory())


@attempt("to put tokens into a colleague's link", counted="foreign_link", noted=BEN)
async def _(scene: Scene) -> Any:
    await refresh(scene, origin=scene.ben())


@attempt("to put tokens into a link as its person of another organisation", counted="foreign_link", noted=ANNA)
async def _(scene: Scene) -> Any:
    await refresh(scene, origin=scene.anna(teams_tenant=scene.own))


@attempt("to put tokens into a link as if it were another Jira's", counted="foreign_link", noted=ANNA)
async def _(scene: Scene) -> Any:
    await refresh(scene, origin=scene.anna(), tenant_id=scene.mine.id)


@attempt("to lose another organisation's link", counted="foreign_link", noted=MALLORY)
async def _(scene: Scene) -> Any:
    await lose(scene, origin=scene.mallory())


@attempt("to lose a colleague's link", counted="foreign_link", noted=BEN)
async def _(scene: Scene) -> Any:
    await lose(scene, origin=scene.ben())


# By commands in Teams.
async def verify(scene: Scene, asked: VerifyAsked) -> Any:
    return await linking.verify_asked(asked, scene.registry, scene.clock, scene.counted.append)


@attempt(
    "to bring a colleague's code",
    code="code_of_somebody_else",
    counted="code_of_somebody_else",
    noted=BEN,
    ends="pending_links",
)
async def _(scene: Scene) -> Any:
    return await verify(scene, VerifyAsked(origin=scene.ben(), code=await scene.annas_code()))


@attempt(
    "to bring another organisation's code",
    code="nothing_waits",
    counted="nothing_waits",
    noted=MALLORY,
    ends="pending_links",
)
async def _(scene: Scene) -> Any:
    return await verify(scene, VerifyAsked(origin=scene.mallory(), code=await scene.annas_code()))


@attempt(
    "to bring another's code as one's own",
    code="code_wrong",
    counted="code_wrong",
    noted=MALLORY,
    ends="pending_links",
)
async def _(scene: Scene) -> Any:
    code, waits = await scene.annas_code(), await scene.own_waits(scene.mallory(), scene.mine)
    await scene.registry.database["pending_links"].update_one(
        {"lookup": waits.lookup}, {"$set": {"code_hash": "0" * 64, "verifier": "jwe"}}
    )
    return await verify(scene, VerifyAsked(origin=scene.mallory(), code=code))


@attempt(
    "to have another's message handled again as one's own",
    code="nothing_waits",
    counted="nothing_waits",
    noted=MALLORY,
    ends="pending_links",
)
async def _(scene: Scene) -> Any:
    asked = scene.anna()
    code = await scene.annas_code()
    return await verify(scene, VerifyAsked(origin=scene.mallory(intent_id=asked.intent_id), code=code))


async def heard_of(scene: Scene, answer: Any) -> Any:
    """Let the registry hear, over Kafka, of what a service has refused."""
    if isinstance(answer, Refused):
        await turned_away.command_refused(answer, scene.registry, scene.clock, scene.counted.append)
    return answer


async def disconnect(scene: Scene, asked: DisconnectAsked) -> Any:
    return await heard_of(scene, await unlinking.disconnect_asked(asked, scene.registry, scene.clock))


@attempt("to disconnect by another organisation's alias", code="unknown_alias", counted="unknown_alias", noted=MALLORY)
async def _(scene: Scene) -> Any:
    return await disconnect(scene, DisconnectAsked(origin=scene.mallory(), site="theirs"))


@asked("to disconnect, by a colleague")
async def _(scene: Scene) -> Any:
    answer = await disconnect(scene, DisconnectAsked(origin=scene.ben()))
    assert isinstance(answer, Refused)
    assert answer.code == "not_linked"


@asked("to disconnect, by a person of the same id in another organisation")
async def _(scene: Scene) -> Any:
    answer = await disconnect(scene, DisconnectAsked(origin=scene.anna(teams_tenant=scene.own)))
    assert isinstance(answer, Refused)
    assert answer.code == "not_linked"


async def subscribe(scene: Scene, tenant_id: str, **more: Any) -> Any:
    fact = SubscriptionAllowed(
        origin=scene.mallory(**more), tenant_id=tenant_id, project="OPS", project_name="Operations"
    )
    return await notifying.subscription_allowed(fact, scene.registry, scene.clock, scene.counted.append)


@attempt("to hear of another organisation's project", code="not_registered", counted="foreign_tenant", noted=MALLORY)
async def _(scene: Scene) -> Any:
    return await subscribe(scene, scene.tenant.id)


@attempt("to post into another's channel", code="forbidden", counted="foreign_conversation", noted=MALLORY)
async def _(scene: Scene) -> Any:
    return await subscribe(scene, scene.mine.id, conversation=scene.channel)


@attempt("to post into another's channel as one's own", code="forbidden", counted="foreign_conversation", noted=MALLORY)
async def _(scene: Scene) -> Any:
    return await subscribe(scene, scene.mine.id, conversation=claimed(scene))


def claimed(scene: Scene) -> Any:
    """The victims' channel, said to be Mallory's and to be reached by Mallory's server."""
    return scene.channel.model_copy(update={"teams_tenant": scene.own, "service_url": "https://evil.example/"})


async def unsubscribe(scene: Scene, asked: UnsubscribeAsked) -> Any:
    counted = scene.counted.append
    return await heard_of(scene, await notifying.unsubscribe_asked(asked, scene.registry, scene.clock, counted))


@attempt("to silence another's channel", code="forbidden", counted="foreign_conversation", noted=MALLORY)
async def _(scene: Scene) -> Any:
    return await unsubscribe(scene, UnsubscribeAsked(origin=scene.mallory(conversation=scene.channel), project="OPS"))


@attempt("to silence another's channel as one's own", code="forbidden", counted="foreign_conversation", noted=MALLORY)
async def _(scene: Scene) -> Any:
    return await unsubscribe(scene, UnsubscribeAsked(origin=scene.mallory(conversation=claimed(scene)), project="OPS"))


@attempt("to unsubscribe by another organisation's alias", code="unknown_alias", counted="unknown_alias", noted=MALLORY)
async def _(scene: Scene) -> Any:
    return await unsubscribe(scene, UnsubscribeAsked(origin=scene.mallory(), project="OPS", site="theirs"))


@attempt(
    "to have a webhook created by another organisation's alias",
    code="unknown_alias",
    counted="unknown_alias",
    noted=MALLORY,
)
async def _(scene: Scene) -> Any:
    rules = webhooks.WebhookRules(frozenset({MALLORY}), PUBLIC_URL)
    means = webhooks.Means(scene.registry, scene.keys, rules, scene.clock)
    asked = WebhookAsked(origin=scene.mallory(), site="theirs")
    return await heard_of(scene, await webhooks.webhook_asked(asked, means))


@attempt(
    "to act in a Jira by another organisation's alias", counted="unknown_alias", noted=MALLORY, code="unknown_alias"
)
async def _(scene: Scene) -> Any:
    return await heard_of(scene, Refused(origin=scene.mallory(), code="unknown_alias", why="jira-actor says so"))


@attempt("to take over the address of another's channel", counted="foreign_conversation", noted=OWN)
async def _(scene: Scene) -> Any:
    seen = ConversationSeen(conversation=claimed(scene), at=SOON)
    await notifying.conversation_seen(seen, scene.registry, scene.refused)


@attempt("to say that the bot left another's channel", counted="foreign_conversation", noted=OWN)
async def _(scene: Scene) -> Any:
    left = ConversationLeft(conversation=claimed(scene), at=SOON)
    await notifying.conversation_left(left, scene.registry, scene.refused)


async def forge_subscription(scene: Scene, tenant_id: str, conversation_id: str) -> None:
    await scene.registry.database["subscriptions"].insert_one(
        {
            "_id": uuid4().hex,
            "tenant_id": tenant_id,
            "project": "OPS",
            "project_name": "Operations",
            "conversation_id": conversation_id,
            "teams_tenant": scene.own,
            "subscribed_by": MALLORY,
            "subscribed_at": NOON,
        }
    )


@attempt("to tell another's channel of a change in one's own Jira", counted="foreign_subscription", noted=OWN)
async def _(scene: Scene) -> Any:
    await forge_subscription(scene, scene.mine.id, scene.channel.conversation_id)
    assert await notifying.issue_changed(changed(scene.mine), scene.registry, scene.clock, scene.refused) == ()


@attempt(
    "to hear of another's changes through a subscription that was forged",
    counted="foreign_subscription",
    noted=VICTIMS,
)
async def _(scene: Scene) -> Any:
    await forge_subscription(scene, scene.tenant.id, "19:mallory@thread.tacv2")
    own = claimed(scene).model_copy(update={"conversation_id": "19:mallory@thread.tacv2"})
    await scene.registry.conversations.seen(own, NOON)
    told = await notifying.issue_changed(changed(scene.tenant), scene.registry, scene.clock, scene.refused)
    assert [one.conversation.conversation_id for one in told] == [scene.channel.conversation_id]


@asked("to see all Jiras, by another organisation")
async def _(scene: Scene) -> Any:
    listed = await sites.sites_asked(SitesAsked(origin=scene.mallory()), scene.registry)
    assert isinstance(listed, SitesListed)
    assert [one.site for one in listed.sites] == ["mallory.example"]


@asked("to see one's data, by a person of the same id in another organisation")
async def _(scene: Scene) -> Any:
    asked = MyDataAsked(origin=scene.anna(teams_tenant=scene.own))
    assert await my_data.my_data_asked(asked, scene.registry) == MyDataShown(origin=asked.origin, data=())


@asked("to delete one's data, by a person of the same id in another organisation")
async def _(scene: Scene) -> Any:
    asked = MyDataDeletionAsked(origin=scene.anna(teams_tenant=scene.own, conversation=scene.channel))
    done = await my_data.my_data_deletion_asked(asked, my_data.Means(scene.registry, scene.keys, scene.clock))
    [deleted] = done
    assert isinstance(deleted, MyDataDeleted)
    assert deleted.deleted == ()


@attempt("to write into another organisation's audit", counted="foreign_tenant", noted=MALLORY)
async def _(scene: Scene) -> Any:
    issue = Issue(key="OPS-7", url=f"{scene.tenant.base_url}/browse/OPS-7", summary="x", project="OPS")
    act = IssueCreated(origin=scene.mallory(), tenant_id=scene.tenant.id, issue=issue)
    owners = Owners(scene.registry.tenants)
    await acts.act_done(act, acts.Means(AuditBatches(scene.registry), owners, scene.clock, scene.counted.append))
    await scene.registry.chain.extend()
    rows = scene.registry.database["audit"]
    assert await rows.find_one({"what": "issue_created", "teams_tenant": {"$in": [scene.victims, scene.own]}}) is None


@pytest.fixture(scope="module")
def prepared_database() -> list[str]:
    """Once it is prepared, the name of the database that all attempts share: each brings its own organisations."""
    return []


@pytest.fixture
async def scene(
    engines: Engines, prepared_database: list[str], keys: FakeKeyVault, clock: Clock, settings: Settings
) -> AsyncIterator[Scene]:
    registry = Registry(connect(engines.mongo_url), (prepared_database or [f"t{uuid4().hex}"])[0])
    if not prepared_database:
        await registry.prepare()
        prepared_database.append(registry.database.name)
    there = Scene(registry, keys, clock)
    policy, refused = Policy(operator_token_hash="f" * 64), there.refused
    around = Surroundings(registry, keys, clock, PUBLIC_URL, False, 1024 * 1024, policy=policy, refused=refused)
    async with visiting(around, settings) as there.web:
        await there.build()
        yield there
    await registry.close()


def test_there_are_enough_of_them() -> None:
    assert len(ATTEMPTS) >= 40
    assert [name for name, one in ATTEMPTS.items() if not (one.counted and one.noted)] == []


@pytest.mark.parametrize("name", ATTEMPTS)
async def test_an_attempt(name: str, scene: Scene) -> None:
    tried, before = ATTEMPTS[name], await scene.belongings()

    answer = await tried.tries(scene)

    if isinstance(answer, httpx.Response):
        assert 400 <= answer.status_code < 500
        assert answer.json()["type"] == f"urn:bridge:problem:{tried.code}"
        assert scene.tenant.id not in answer.text
    elif tried.code is not None:
        assert isinstance(answer, Refused)
        assert answer.code == tried.code
    after = await scene.belongings()
    if tried.ends is not None:
        assert [one["_id"] for one in after[tried.ends]] == [one["_id"] for one in before[tried.ends]]
        for dump in (before, after):
            del dump[tried.ends], dump["told"]
    assert after == before, "something of the victims has changed"
    assert scene.counted == [tried.counted]
    [row] = await scene.noted()
    if tried.noted in (VICTIMS, OWN, OPERATOR):
        jira = {VICTIMS: scene.tenant.id, OWN: scene.mine.id}.get(tried.noted)
        where = {VICTIMS: scene.victims, OWN: scene.own}.get(tried.noted, OPERATOR)
        assert (row.teams_tenant, row.user) == (where, UNKNOWN)
        assert row.tenant_id == (None if tried.counted == "foreign_conversation" else jira)
        at = NOON.isoformat()
        assert row.details == {"why": tried.counted, "count": "1", "since": at, "until": at}
    else:
        assert row.user == tried.noted
        assert row.what == "link_refused" or row.details["why"] == tried.counted


@pytest.mark.parametrize("name", ASKED)
async def test_what_is_asked_about_oneself_tells_and_changes_nothing_of_others(name: str, scene: Scene) -> None:
    before = await scene.belongings()

    await ASKED[name](scene)

    assert await scene.belongings() == before
    assert (scene.counted, await scene.noted()) == ([], [])
