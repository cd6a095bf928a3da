"""The gateway and the simulated Connector in one process: two readings of one protocol, written apart."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from tests.bot_gateway.fakes import CODES, ISSUER, NOW, TICKETS, Counted, KeyVault, Log, issue, words

from bot_gateway import handlers
from bot_gateway.connector import BotAccount, Patience, Teams
from bot_gateway.handlers import Desk
from bot_gateway.hearing import Hearing
from bot_gateway.http import Http
from bot_gateway.http_edge import Door, messages_app
from bot_gateway.service_urls import ServiceUrls
from bot_gateway.signing_keys import KeysPolicy, SigningKeys
from bot_gateway.token_validation import Admission, Expected, TokenValidation
from bot_gateway.waiting import Waiting
from chassis.key_vault_seal import KeyVaultSeal
from contracts import outcomes as came
from contracts.outcomes import Person
from contracts.registry import Notice, NoticeDue
from contracts.teams import CommentAsked, ConversationLeft, ConversationSeen, Intent, TokenBrought
from devstack.connector import Connector, ConnectorSettings

SETTINGS = ConnectorSettings()


class Company:
    """A simulated company with this bot installed."""

    def __init__(self, connector: Connector, teams: Teams, log: Log) -> None:
        self.connector, self.log = connector, log
        self.people = connector.teams
        self.waiting, self.vault = Waiting(), KeyVault()
        self.desk = Desk(teams, self.waiting, CODES, TICKETS, now=lambda: NOW)
        self.hearing = Hearing(log, teams, self.waiting, KeyVaultSeal(self.vault).seal, Counted().refusals)

    def posts(self) -> list[Any]:
        return self.connector.state.posts.since()

    def last_intent(self) -> Intent:
        intent = self.log.of(Intent)[-1]
        assert isinstance(intent, Intent)
        return intent


@pytest.fixture
async def company() -> AsyncIterator[Company]:
    account = BotAccount(
        app_id=SETTINGS.app_id,
        secret=SecretStr(SETTINGS.app_secret),
        token_url=SETTINGS.token_url,
        scope="https://api.botframework.com/.default",
        issuer=ISSUER,
        openid_metadata_url=SETTINGS.openid_metadata_url,
    )
    urls = ServiceUrls(("smba.trafficmanager.net",), loopback_http=True)

    async def bot(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(bot)) as to_bot:
        connector = Connector(SETTINGS, to_bot)
        to_connector = Http(httpx.ASGITransport(connector.app))
        teams = Teams(account, urls, to_connector, Patience(first=timedelta(milliseconds=2)))
        keys = SigningKeys(teams, KeysPolicy(), time.monotonic)
        tokens = TokenValidation(Expected(ISSUER, SETTINGS.app_id), keys, time.time)
        company = Company(connector, teams, Log())
        app = messages_app(Door(tokens, Admission(urls), CODES, TICKETS, Counted().refusals), company.hearing.hear)
        yield company


async def test_a_bot_that_is_installed_says_hello_once(company: Company) -> None:
    answers = await company.people.install("ada")

    assert [answer.status for answer in answers] == [200, 200]
    assert [type(event) for event in company.log.events] == [ConversationSeen, ConversationSeen]
    assert len(company.posts()) == 1


async def test_a_comment_asked_for_in_a_channel_is_heard_without_the_mention(company: Company) -> None:
    answer = await company.people.say("grace", "comment OPS-7 deployed\nto *staging* 🔥", conversation="alerts")

    intent = company.last_intent()
    assert answer.status == 200
    assert isinstance(intent, CommentAsked)
    assert (intent.issue, intent.text) == ("OPS-7", "deployed\nto *staging* 🔥")
    assert intent.origin.user_name == "Grace Hopper"


async def test_every_outcome_can_be_posted_wherever_it_was_asked_for(company: Company) -> None:
    company.connector.state.limits.enforced = False
    person = Person(name="ada", display_name="Ada")
    for place in ("ada", "group", "alerts"):
        await company.people.say("ada", "OPS-7", conversation=place)
        whose = company.last_intent().origin
        for outcome in (
            came.Refused(origin=whose, code="forbidden", why="No.", advice="Ask."),
            came.Delayed(origin=whose, why="Jira does not answer.", until=NOW),
            came.AuthorizationOffered(origin=whose, url="https://b.example/connect", site="jira", expires_at=NOW),
            came.RegistrationCodeIssued(origin=whose, expires_at=NOW, registration_url="https://b.example"),
            came.Linked(origin=whose, site="jira", jira_user=person),
            came.Unlinked(origin=whose, site="jira", tokens_url="https://jira.example.com/x"),
            came.TokenWanted(origin=whose, tenant_id="t1", site="jira", tokens_url="https://jira.example.com/x"),
            came.SitesListed(origin=whose, sites=()),
            came.MyDataShown(origin=whose, data=()),
            came.MyDataDeleted(origin=whose, receipt="a.b.c", deleted=()),
            came.WebhookReady(origin=whose, site="jira"),
            came.IssueShown(origin=whose, issue=issue(description="🔥" * 40_000)),
            came.IssueCreated(origin=whose, issue=issue()),
            came.CommentAdded(origin=whose, issue=issue(), comment_id="1", comment_url="x", text="x" * 40_000),
            came.IssueAssigned(origin=whose, issue=issue(), assignee=person),
            came.IssueTransitioned(origin=whose, issue=issue(), was="To Do", now="Done"),
            came.IssuesFound(
                origin=whose, query="q", issues=(issue(),) * 20, total=20, url="https://jira.example.com/"
            ),
            came.Subscribed(origin=whose, project="OPS", project_name="Operations"),
            came.Unsubscribed(origin=whose, project="OPS"),
        ):
            before = len(company.posts())
            assert await handlers.outcome(outcome, company.desk) is None
            sent = company.posts()[before:]
            assert sent[-1].reply_to == whose.activity_id
            assert len(sent) == (1 if place == "ada" or not isinstance(outcome, PRIVATE) else 2), outcome


PRIVATE = (
    came.AuthorizationOffered,
    came.RegistrationCodeIssued,
    came.TokenWanted,
    came.MyDataShown,
    came.MyDataDeleted,
)


async def test_a_token_goes_from_the_dialog_to_key_vault_and_to_nobody_else(company: Company) -> None:
    await company.people.say("ada", "connect")
    origin = company.last_intent().origin
    wanted = came.TokenWanted(
        origin=origin, site="jira", tokens_url="https://jira.example.com/x", tenant_id="t1", resumes=True
    )
    await handlers.outcome(wanted, company.desk)
    post = company.posts()[-1]
    data = post.activity["attachments"][0]["content"]["actions"][-1]["data"]

    opened = await company.people.invoke("ada", "task/fetch", {"data": data}, on=post.id)
    dialog = opened.body["task"]["value"]["card"]["content"]
    entered = {**dialog["actions"][0]["data"], "bridgeToken": " MDM0NTY3ODkwMTIzOlNlY3JldA== "}
    closed = await company.people.invoke("ada", "task/submit", {"data": entered}, on=post.id)

    assert (opened.status, closed.status) == (200, 200)
    assert closed.body["task"]["type"] == "message"
    brought = company.last_intent()
    assert isinstance(brought, TokenBrought)
    assert brought.resume == origin.intent_id
    assert brought.origin.person == origin.person
    header, token = company.vault.opened(brought.token)
    assert (header["tenant"], header["purpose"], token) == ("t1", "secret", "MDM0NTY3ODkwMTIzOlNlY3JldA==")


async def test_a_notice_opens_a_thread_in_its_channel(company: Company) -> None:
    await company.people.say("ada", "subscribe OPS", conversation="alerts")
    channel = company.log.of(ConversationSeen)[0]
    assert isinstance(channel, ConversationSeen)
    url = "https://jira.example.com/browse/OPS-7"
    notice = Notice(kind="created", site="jira", issue_key="OPS-7", url=url, summary="Printer on fire", at=NOW)

    await handlers.notice(NoticeDue(notice_id="n", conversation=channel.conversation, notice=notice), company.desk)

    (post,) = company.posts()
    assert post.thread == channel.conversation.conversation_id
    assert post.conversation.endswith(f";messageid={post.id}")
    assert "Printer on fire" in words(post.activity)


async def test_a_person_who_removed_the_bot_is_left_in_peace(company: Company) -> None:
    await company.people.say("alan", "OPS-7")
    origin = company.last_intent().origin
    await company.people.uninstall("alan")

    left = await handlers.outcome(came.Unlinked(origin=origin, site="jira"), company.desk)

    assert isinstance(left, ConversationLeft)
    assert company.posts() == []


async def test_an_activity_delivered_twice_is_published_once(company: Company) -> None:
    first = await company.people.say("ada", "OPS-7")
    again = await company.people.redeliver(first.activity_id)

    assert again.status == 200
    assert len(company.log.of(Intent)) == 1


async def test_a_token_that_was_taken_back_is_replaced(company: Company) -> None:
    await company.people.say("ada", "help")
    company.connector.state.tokens.revoke_all()
    await company.people.say("ada", "help")

    assert len(company.posts()) == 2
