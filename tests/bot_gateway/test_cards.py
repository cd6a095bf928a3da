import inspect
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.bot_gateway.fakes import CODES, NOW, TICKETS, issue, origin, words

from bot_gateway import account_cards, outcome_cards
from bot_gateway.card_model import AdaptiveCard
from bot_gateway.commands import DidYouMean, Help, Unknown, Usage
from bot_gateway.decide import ConfirmDeletion, NoAccount, Welcome
from bot_gateway.foreign_text import paragraphs, shown
from bot_gateway.grammar import parse
from bot_gateway.links import issue_link, link_below, web_link
from bot_gateway.notice_cards import notice_card
from bot_gateway.outcome_cards import Reply
from bot_gateway.talk_cards import talk_card
from contracts import outcomes as came
from contracts.outcomes import OUTCOMES, Outcome, Person
from contracts.registry import AuthMode, Notice


def reply(outcome: Outcome) -> Reply:
    """Build the reply as this bot does."""
    return outcome_cards.reply(outcome, CODES, TICKETS)


MARKUP = (
    "**b**",
    "_i_",
    "[x](https://evil.example)",
    "# h",
    "- l",
    "<at>Boss</at>",
    "{{DATE(2017-02-14T06:08:00Z)}}",
    "\u202e",
)
HOSTILE = st.lists(
    st.sampled_from([*MARKUP, "{", "\n", "\\", "\u0000", "🔥", "א", "x" * 5000]) | st.text(max_size=20), max_size=8
)
FOREIGN = HOSTILE.map("".join)
LINKS = FOREIGN | st.sampled_from(["javascript:alert(1)", "https://evil.example", "data:text/html,x"])
DATES = r"(\w+ )+\{\{DATE\([0-9T:Z-]+, SHORT\)\}\} \{\{TIME\([0-9T:Z-]+\)\}\}"


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    """Draw any outcome, with hostile text in every field that others fill in."""

    def text() -> str:
        return draw(FOREIGN)

    def link() -> str:
        return draw(LINKS)

    def one_issue() -> came.Issue:
        return issue(
            key=text(), url=link(), summary=text(), issue_type=text(), status=text(), status_category=text(),
            priority=text(), assignee=text(), reporter=text(), description=text(),
            transitions=tuple(draw(st.lists(FOREIGN, max_size=5))),
        )  # fmt: skip

    def site() -> came.SiteSeen:
        return came.SiteSeen(alias=text(), site=text(), state=text(), is_default=True, connected=False)

    def about() -> came.DataAbout:
        return came.DataAbout(what=text(), count=3, details=tuple(text() for _ in range(draw(st.integers(0, 25)))))

    person, whose = Person(name=text(), display_name=text()), origin()
    kinds: list[Outcome] = [
        came.Refused(origin=whose, code="x", why=text(), advice=text()),
        came.Delayed(origin=whose, why=text(), until=NOW),
        came.AuthorizationOffered(origin=whose, url=link(), site=text(), expires_at=NOW, resumes=True),
        came.RegistrationCodeIssued(origin=whose, expires_at=NOW, registration_url=text()),
        came.Linked(origin=whose, site=text(), jira_user=person),
        came.Unlinked(origin=whose, site=text(), tokens_url=link(), ways=("oauth1", "oauth2", "pat")),
        came.TokenWanted(origin=whose, tenant_id="t1", site=text(), tokens_url=link(), resumes=True),
        came.SitesListed(origin=whose, sites=(site(),) * draw(st.integers(0, 30))),
        came.MyDataShown(origin=whose, data=(about(),) * draw(st.integers(0, 9))),
        came.MyDataDeleted(origin=whose, receipt=text(), deleted=(about(),)),
        came.WebhookReady(origin=whose, site=text()),
        came.IssueShown(origin=whose, issue=one_issue()),
        came.IssueCreated(origin=whose, issue=one_issue()),
        came.CommentAdded(origin=whose, issue=one_issue(), comment_id="1", comment_url=link(), text=text()),
        came.IssueAssigned(origin=whose, issue=one_issue(), assignee=person),
        came.IssueTransitioned(origin=whose, issue=one_issue(), was=text(), now=text()),
        came.IssuesFound(origin=whose, query=text(), issues=(one_issue(),) * 3, total=99, url=link()),
        came.Subscribed(origin=whose, project=text(), project_name=text()),
        came.Unsubscribed(origin=whose, project=text()),
    ]
    return draw(st.sampled_from(kinds))


@st.composite
def notices(draw: st.DrawFn) -> Notice:
    """Draw any notice."""

    def text() -> str:
        return draw(FOREIGN)

    return Notice(
        kind=text(), site=text(), issue_key=text(), url=draw(LINKS), summary=text(), status=text(), actor=text(),
        changes=tuple((text(), text(), text()) for _ in range(draw(st.integers(0, 9)))), comment=text(), at=NOW,
    )  # fmt: skip


def parts(part: Any) -> Iterator[Mapping[str, Any]]:
    """Walk through all objects of a card."""
    if isinstance(part, Mapping):
        yield part
        for value in part.values():
            yield from parts(value)
    elif isinstance(part, list):
        for one in part:
            yield from parts(one)


def own_words() -> set[str]:
    """Collect the text blocks of cards about a harmless issue: they are the bot's own words."""
    offered = came.AuthorizationOffered(
        origin=origin(), url="https://b.example", site="s", expires_at=NOW, resumes=True
    )
    issued = came.RegistrationCodeIssued(origin=origin(), expires_at=NOW, registration_url="u")
    delayed = came.Delayed(origin=origin(), why="x", until=NOW)
    ways: tuple[AuthMode, ...] = ("oauth1", "oauth2", "pat")
    gone = came.Unlinked(origin=origin(), site="s", tokens_url="https://s.example", ways=ways)
    wanted = came.TokenWanted(origin=origin(), tenant_id="t1", site="s", tokens_url="https://s.example", resumes=True)
    site = came.SiteSeen(alias="s", site="s", state="active", is_default=True, connected=True)
    listed = came.SitesListed(origin=origin(), sites=(site, site))
    much = came.MyDataShown(origin=origin(), data=(came.DataAbout(what="x", count=1, details=("x",) * 99),))
    links = came.DataAbout(what="account links", count=1)
    deleted = came.MyDataDeleted(origin=origin(), receipt="x", deleted=(links,))
    ready = came.WebhookReady(origin=origin(), site="s")
    told = (offered, issued, delayed, gone, wanted, listed, much, deleted, ready)
    cards = [reply(one).card for one in told]
    return {part["text"] for card in cards for part in parts(card.wire()) if part.get("type") == "TextBlock"}


def assert_harmless(card: AdaptiveCard) -> None:
    wire = card.wire()
    for part in parts(wire):
        if part.get("type") == "TextBlock":  # the only element whose text is interpreted
            assert part["text"] in own_words() or re.fullmatch(DATES, part["text"])
        if part.get("type") == "TextRun":
            assert not re.search(r"\{\{|[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", part["text"])
            assert "\n" not in part["text"]
        if part.get("type") == "Action.OpenUrl":
            assert re.match(r"https?://[^\s@\\]+$", part["url"])
        assert "entities" not in part, "a mention needs an entity"
    assert size(card) <= 28_000


def size(card: AdaptiveCard) -> int:
    """Give the larger of the sizes by which Teams may count, in bytes: the wire's, or half of UTF-16's allowance."""
    text = json.dumps(card.message(), ensure_ascii=False)
    return max(len(text.encode()), len(text.encode("utf-16-le")) * 28 // 40)


@given(outcomes())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_no_foreign_text_is_interpreted_in_an_outcome_card(outcome: Outcome) -> None:
    assert_harmless(reply(outcome).card)


@given(notices())
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
def test_no_foreign_text_is_interpreted_in_a_notice_card(notice: Notice) -> None:
    assert_harmless(notice_card(notice))


def test_a_key_beyond_all_measure_makes_no_buttons_and_no_card_that_teams_refuses() -> None:
    outcome = came.IssueShown(origin=origin(), issue=issue(key="X" * 9000 + "-1", transitions=("Done",) * 5))

    card = reply(outcome).card

    assert_harmless(card)
    assert not [action for action in card.wire().get("actions", []) if action["type"] == "Action.Execute"]


@given(FOREIGN)
def test_no_typed_text_is_interpreted_in_a_guess(text: str) -> None:
    card = talk_card(DidYouMean(text))

    assert {part["text"] for part in parts(card.wire()) if part.get("type") == "TextBlock"} == {
        part["text"] for part in parts(talk_card(DidYouMean("help")).wire()) if part.get("type") == "TextBlock"
    }


def test_the_largest_cards_fit_into_a_message() -> None:
    big = "🔥" * 40_000
    url = "https://jira.example.com/" + "x" * 360 + "/browse/OPS-7"
    largest = issue(
        summary=big, description=big, url=url, assignee=big, reporter=big, status=big, transitions=("x" * 999,) * 20
    )
    found = came.IssuesFound(origin=origin(), query=big, issues=(largest,) * 50, total=50, url=url)
    commented = came.CommentAdded(origin=origin(), issue=largest, comment_id="1", comment_url=url, text=f"{big}\n" * 9)
    change = (big, big, big)
    notice = Notice(
        kind="updated", site="s", issue_key="OPS-7", url=url, summary=big, changes=(change,) * 50, comment=big, at=NOW
    )
    cards = [
        reply(found).card,
        reply(commented).card,
        notice_card(notice),
        talk_card(Help()),
    ]
    cards.append(reply(came.IssueShown(origin=origin(), issue=largest)).card)
    about = came.DataAbout(what=big, count=99, details=(big,) * 99)
    site = came.SiteSeen(alias=big, site=big, state="failed", is_default=True, connected=True)
    cards.append(reply(came.MyDataShown(origin=origin(), data=(about,) * 9)).card)
    cards.append(reply(came.MyDataDeleted(origin=origin(), receipt="x" * 40_000, deleted=(about,) * 9)).card)
    cards.append(reply(came.SitesListed(origin=origin(), sites=(site,) * 99)).card)
    cards.append(reply(came.TokenWanted(origin=origin(), tenant_id="t1", site=big, tokens_url=url)).card)

    assert max(size(card) for card in cards) <= 28_000


def test_an_issue_card_shows_the_issue_and_what_can_be_done() -> None:
    card = reply(came.IssueShown(origin=origin(), issue=issue())).card
    wire = card.wire()
    text = words(wire)

    for part in ("OPS-7", "Printer on fire", "Status: To Do", "Priority: High", "It smokes.", "Since Monday."):
        assert part in text
    assert wire["version"] == "1.4"
    assert wire["fallbackText"] == card.message()["summary"] == "OPS-7 Printer on fire"
    opening, assign, *moves = wire["actions"]
    assert (opening["type"], opening["url"]) == ("Action.OpenUrl", "https://jira.example.com/browse/OPS-7")
    assert (assign["type"], assign["verb"], assign["fallback"]["type"]) == (
        "Action.Execute",
        "command",
        "Action.Submit",
    )
    assert assign["data"] == assign["fallback"]["data"] == {"bridgeCommand": "assign OPS-7 to me"}
    assert [move["title"] for move in moves] == ["→ In Progress", "→ Done"]


@given(st.lists(FOREIGN | st.sampled_from(["Done", "To Do", "“Q”"]), max_size=4))
def test_a_button_moves_exactly_where_it_says_or_is_not_there(names: list[str]) -> None:
    card = reply(came.IssueShown(origin=origin(), issue=issue(transitions=tuple(names)))).card
    commands = [part["data"]["bridgeCommand"] for part in card.wire()["actions"] if "data" in part]

    for command in commands[1:]:
        assert getattr(parse(command), "to", None) in names


def test_the_connect_button_opens_teams_sign_in_window() -> None:
    url = "https://bridge.example.com/connect?oauth_token=abc"
    offered = came.AuthorizationOffered(origin=origin(), url=url, site="jira.example.com", expires_at=NOW)
    said = reply(offered)
    (button,) = said.card.wire()["actions"]

    assert (button["type"], button["data"]) == ("Action.Submit", {"msteams": {"type": "signin", "value": url}})
    assert url not in said.card.fallback_text
    assert said.instead


def test_a_registration_code_is_for_one_persons_eyes() -> None:
    issued = came.RegistrationCodeIssued(origin=origin(), expires_at=NOW, registration_url="https://b/v1")
    said = reply(issued)
    code = CODES.code(issued.origin.intent_id)

    assert code in words(said.card.wire())
    assert code not in said.card.fallback_text + (said.instead or code)


def test_the_card_that_wants_a_token_leads_to_jira_and_to_a_dialog() -> None:
    page = "https://jira.example.com/secure/ViewProfile.jspa"
    said = reply(came.TokenWanted(origin=origin(), tenant_id="t1", site="jira.example.com", tokens_url=page))
    making, entering = said.card.wire()["actions"]

    assert making["url"] == page
    assert (entering["type"], entering["data"]["msteams"]) == ("Action.Submit", {"type": "task/fetch"})
    ticket = TICKETS.read(entering["data"]["bridgeTicket"])
    assert ticket is not None
    assert (ticket.person, ticket.tenant_id, ticket.resumes) == (origin().person, "t1", False)
    assert said.instead


def test_the_jiras_are_listed_with_their_names_and_where_the_person_is_connected() -> None:
    eu = came.SiteSeen(alias="eu", site="eu.example", state="active", is_default=True, connected=True)
    us = came.SiteSeen(alias="us", site="us.example", state="suspended", is_default=False, connected=False)
    text = words(reply(came.SitesListed(origin=origin(), sites=(eu, us))).card.wire())

    assert "eu  eu.example  (default, connected)\nus  us.example  (not connected, suspended)" in text
    assert "begin with on" in text


def test_what_is_stored_and_what_is_deleted_is_for_one_persons_eyes() -> None:
    data = (came.DataAbout(what="account links", count=1, details=("jira.example.com as dana",)),)
    shown = reply(came.MyDataShown(origin=origin(), data=data))
    deleted = reply(came.MyDataDeleted(origin=origin(), receipt="aaa.bbb.ccc", deleted=data))

    assert "1  account links\njira.example.com as dana" in words(shown.card.wire())
    assert "aaa.bbb.ccc" in words(deleted.card.wire())
    for said in (shown, deleted):
        assert said.instead
        assert "dana" not in said.instead + said.card.fallback_text
    assert "nothing" in words(reply(came.MyDataShown(origin=origin(), data=())).card.wire())


def test_who_disconnected_is_shown_the_way_to_jiras_own_page() -> None:
    page = "https://jira.example.com/plugins/servlet/oauth/users/access-tokens"
    gone = reply(came.Unlinked(origin=origin(), site="jira.example.com", tokens_url=page)).card.wire()

    assert gone["actions"][0]["url"] == page
    assert reply(came.Unlinked(origin=origin(), site="")).card.wire()["actions"] == []


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("oauth1", "stays until you take it away there"),
        ("oauth2", "I make worthless there too. Your permission stays listed"),
        ("pat", "I delete in Jira too. Where I cannot, I tell you."),
    ],
)
def test_who_disconnected_hears_what_becomes_of_it_in_jira(way: AuthMode, said: str) -> None:
    others = {"oauth1", "oauth2", "pat"} - {way}
    gone = came.Unlinked(origin=origin(), site="jira.example.com", ways=(way,))

    told = words(reply(gone).card.wire())

    assert said in told
    assert not any(account_cards.IN_JIRA[other] in told for other in others)


def test_who_had_everything_deleted_hears_of_jira_only_where_there_was_a_link() -> None:
    links = came.DataAbout(what="account links", count=1)
    for deleted, expected in (((links,), True), ((), False)):
        gone = came.MyDataDeleted(origin=origin(), receipt="x", deleted=deleted)
        assert (account_cards.TAKEN_BACK in words(reply(gone).card.wire())) is expected


@pytest.mark.parametrize("by_button", [True, False])
def test_deleting_everything_is_confirmed_by_a_button_or_by_words(by_button: bool) -> None:
    card = talk_card(ConfirmDeletion(by_button)).wire()

    assert [action["data"] for action in card["actions"]] == [{"bridgeCommand": "delete my data yes"}] * by_button
    assert ("delete my data yes" in words(card)) is not by_button


def test_every_outcome_has_a_card_of_its_own() -> None:
    source = inspect.getsource(outcome_cards)

    assert [kind for kind in OUTCOMES if f"case came.{kind.__name__}(" not in source] == []


def test_a_refusal_says_why_and_what_to_do() -> None:
    refused = came.Refused(origin=origin(), code="forbidden", why="You may not comment on OPS-7.", advice="Ask Rob.")

    assert words(reply(refused).card.wire()) == "You may not comment on OPS-7.\nAsk Rob."


def test_a_search_shows_the_first_ten_and_the_way_to_the_rest() -> None:
    issues = tuple(issue(key=f"OPS-{n}", url=f"https://jira.example.com/browse/OPS-{n}") for n in range(1, 16))
    url = "https://jira.example.com/issues/?jql=x"
    card = reply(came.IssuesFound(origin=origin(), query="fire", issues=issues, total=99, url=url)).card.wire()

    assert "99 found. Here are the first 10." in words(card)
    assert len(card["body"]) == 11
    assert card["actions"][0]["url"] == url
    nothing = reply(came.IssuesFound(origin=origin(), query="fire", issues=(), total=0, url=url)).card.wire()
    assert "Nothing found." in words(nothing)
    assert nothing["actions"] == []


def test_a_notice_says_who_did_what() -> None:
    notice = Notice(
        kind="transitioned", site="jira.example.com", issue_key="OPS-7", url="https://jira.example.com/browse/OPS-7",
        summary="Printer on fire", actor="Rob", changes=(("status", "To Do", "Done"), ("labels", None, "hot")), at=NOW,
    )  # fmt: skip
    card = notice_card(notice)

    assert card.fallback_text == "Rob moved OPS-7 Printer on fire"
    assert "status: To Do → Done\nlabels: hot" in words(card.wire())


@pytest.mark.parametrize(
    "say",
    [Help(), Welcome(), Usage("create"), DidYouMean("help"), Unknown(), NoAccount(), ConfirmDeletion(by_button=True)],
)
def test_everything_the_bot_says_of_itself_is_a_card(say: Any) -> None:
    assert words(talk_card(say).wire())


def test_help_names_every_verb() -> None:
    text = words(talk_card(Help()).wire())

    for usage in (
        "connect",
        "create OPS",
        "comment OPS-7",
        "assign OPS-7",
        "transition OPS-7",
        "search",
        "subscribe OPS",
    ):
        assert usage in text


def test_instants_are_shown_as_utc_for_the_readers_clock() -> None:
    at = datetime(2026, 3, 1, 14, 30, tzinfo=timezone(timedelta(hours=2)))
    card = reply(came.IssueShown(origin=origin(), issue=issue(updated_at=at))).card

    assert "{{DATE(2026-03-01T12:30:00Z, SHORT)}}" in words(card.wire())


@given(FOREIGN, st.integers(1, 300))
def test_shown_text_is_one_line_within_its_limit(text: str, limit: int) -> None:
    line = shown(text, limit)

    assert len(line) <= limit
    assert "\n" not in line


@given(st.text(alphabet="abאé 🔥", max_size=80))
def test_harmless_text_is_shown_as_it_is(text: str) -> None:
    assert shown(text, 100) == " ".join(text.split())


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert shown("x" * 50, 10) == "x" * 9 + "…"
    lines = paragraphs("\n".join(str(n) for n in range(100)), most=3)
    assert [words(line.model_dump(mode="json")) for line in lines] == ["0", "1", "2 …"]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)//browse/OPS-7",
        "file:///browse/OPS-7",
        "https://user@jira.example.com/browse/OPS-7",
        "https:///browse/OPS-7",
        "https://jira.example.com/browse/OPS-8",
        "https://jira.example.com/ x/browse/OPS-7",
        "https://jira.example.com\\@evil.example/browse/OPS-7",
        "/browse/OPS-7",
        "https://[/browse/OPS-7",
    ],
)
def test_an_address_that_does_not_lead_to_the_issue_makes_no_link(url: str) -> None:
    assert issue_link("Open", "OPS-7", url) is None


def test_links_stay_on_the_issues_site() -> None:
    home = "https://jira.example.com/ctx/browse/OPS-7"

    assert link_below("Open", "https://jira.example.com/ctx/browse/OPS-7?focusedCommentId=1", "OPS-7", home)
    assert link_below("Open", "https://evil.example/ctx/browse/OPS-7", "OPS-7", home) is None
    assert link_below("Open", "https://jira.example.com/ctxevil/x", "OPS-7", home) is None
    assert link_below("Open", "https://jira.example.com.evil.example/ctx/", "OPS-7", home) is None
    assert web_link("Open", "https://" + "x" * 3000) is None
