"""What came of an intent, as a card."""

from dataclasses import dataclass

from bot_gateway import account_cards
from bot_gateway.card_layout import card, said
from bot_gateway.card_model import AdaptiveCard, Element, OpenUrl, RichTextBlock, Submit, TextRun
from bot_gateway.foreign_text import paragraphs, run, shown
from bot_gateway.issue_parts import heading, issue_actions, issue_details, issue_lines, moment
from bot_gateway.links import issue_link, link_below, web_link
from bot_gateway.registration_codes import RegistrationCodes
from bot_gateway.tickets import Tickets
from contracts import outcomes as came
from contracts.outcomes import Issue, Outcome

MOST_FOUND = 10
CONNECT_ALONE = "That needs your own Jira account: I sent you how to connect it in our chat."
CODE_ALONE = "I sent you the code in our chat."
DATA_ALONE = "I told you in our chat what I store about you."
DELETED_ALONE = "What I stored about you is deleted. I sent you the receipt in our chat."


@dataclass(frozen=True)
class Reply:
    """What to post; where `instead` is set, the card is for the person alone and this is said in front of others."""

    card: AdaptiveCard
    instead: str | None = None


def reply(outcome: Outcome, codes: RegistrationCodes, tickets: Tickets) -> Reply:
    """Build the reply to whoever asked."""
    match outcome:
        case came.Refused():
            return Reply(_refused(outcome))
        case came.Delayed():
            return Reply(_delayed(outcome))
        case came.AuthorizationOffered():
            return Reply(_authorization(outcome), CONNECT_ALONE)
        case came.RegistrationCodeIssued():
            return Reply(_registration(outcome, codes.code(outcome.origin.intent_id)), CODE_ALONE)
        case came.TokenWanted():
            return Reply(account_cards.token_wanted(outcome, tickets), CONNECT_ALONE)
        case came.MyDataShown():
            return Reply(account_cards.my_data_shown(outcome), DATA_ALONE)
        case came.MyDataDeleted():
            return Reply(account_cards.my_data_deleted(outcome), DELETED_ALONE)
        case came.IssuesFound():
            return Reply(_found(outcome))
        case came.CommentAdded():
            return Reply(_commented(outcome))
        case came.IssueShown(issue=issue):
            return Reply(_issue_card((), issue, details=True))
        case came.IssueCreated(issue=issue):
            return Reply(_issue_card((heading("Created"),), issue))
        case came.IssueAssigned(issue=issue, assignee=assignee):
            return Reply(_issue_card((heading("Assigned to ", run(assignee.display_name)),), issue))
        case came.IssueTransitioned(issue=issue):
            return Reply(_issue_card((_moved(outcome),), issue))
        case _:
            return Reply(_short(outcome))


def _short(outcome: Outcome) -> AdaptiveCard:
    """Build the cards of one sentence."""
    match outcome:
        case came.Linked(site=site, jira_user=user):
            return card(
                f"Connected to {site}",
                heading("Connected to ", run(site), TextRun(text=" as "), run(user.display_name)),
            )
        case came.Unlinked():
            return account_cards.unlinked(outcome)
        case came.WebhookReady():
            return account_cards.webhook_ready(outcome)
        case came.SitesListed():
            return account_cards.sites_listed(outcome)
        case came.Subscribed(project=project, project_name=name, already=already):
            words = f"This conversation {'already' if already else 'now'} hears of "
            return card(
                f"Subscribed to {project}",
                heading(words, run(name), TextRun(text=" ("), run(project), TextRun(text=")")),
            )
        case came.Unsubscribed(project=project, was=was):
            words = "no longer hears of " if was == "subscribed" else "did not hear of "
            return card(f"Unsubscribed from {project}", heading(f"This conversation {words}", run(project)))
        case _:
            return card("Done", heading("Done"))


def _refused(outcome: came.Refused) -> AdaptiveCard:
    why = TextRun(text=shown(outcome.why, 600) or "That was not done.", color="Attention")
    advice = paragraphs(outcome.advice or "", 400, 4)
    return card(outcome.why, RichTextBlock(inlines=(why,)), *advice)


def _delayed(outcome: came.Delayed) -> AdaptiveCard:
    why = TextRun(text=shown(outcome.why, 600) or "This takes longer than usual.")
    return card(
        "This takes longer than usual",
        RichTextBlock(inlines=(why,)),
        said("I go on trying by myself; what you ask meanwhile comes after it."),
        *moment("I try until", outcome.until),
    )


def _authorization(offered: came.AuthorizationOffered) -> AdaptiveCard:
    then = (said("Then I carry out what you asked."),) if offered.resumes else ()
    signing_in = {"msteams": {"type": "signin", "value": offered.url}}
    button = Submit(title="Connect to Jira", data=signing_in)
    return card(
        "Connect your Jira account",
        heading("Connect your account on ", run(offered.site)),
        said("So that I act there in your name, and only with your permission."),
        *then,
        *moment("The button works until", offered.expires_at),
        actions=(button,) if web_link(None, offered.url) else (),
    )


def _registration(issued: came.RegistrationCodeIssued, code: str) -> AdaptiveCard:
    page = web_link("Register a Jira", issued.registration_url)
    return card(
        "Your registration code",
        heading("Your registration code"),
        RichTextBlock(inlines=(TextRun(text=code, font_type="Monospace", size="Large"),)),
        said("It registers one Jira, once, on this page:"),
        RichTextBlock(inlines=(run(issued.registration_url, 400, font_type="Monospace"),)),
        *moment("Valid until", issued.expires_at),
        actions=(page,) if page else (),
    )


def _commented(outcome: came.CommentAdded) -> AdaptiveCard:
    issue = outcome.issue
    opening = link_below("Open the comment", outcome.comment_url, issue.key, issue.url)
    key = run(issue.key, 80, issue_link(None, issue.key, issue.url))
    return card(
        f"Comment added to {issue.key}",
        heading("Comment added to ", key, TextRun(text="  "), run(issue.summary, 255)),
        *paragraphs(outcome.text),
        actions=(opening,) if opening else (),
    )


def _moved(outcome: came.IssueTransitioned) -> RichTextBlock:
    was = (run(outcome.was, 80), TextRun(text=" → ")) if outcome.was else ()
    return heading("Moved ", *was, run(outcome.now, 80))


def _found(outcome: came.IssuesFound) -> AdaptiveCard:
    first = outcome.issues[:MOST_FOUND]
    more = f" Here are the first {len(first)}." if outcome.total > len(first) > 0 else ""
    words = f"{outcome.total} found." if outcome.total else "Nothing found."
    opening = _search_link(outcome)
    return card(
        f"{words} {outcome.query}",
        RichTextBlock(inlines=(TextRun(text=f"{words}{more} ", weight="Bolder"), run(outcome.query, 200))),
        *(_row(issue) for issue in first),
        actions=(opening,) if opening and outcome.total else (),
    )


def _search_link(outcome: came.IssuesFound) -> OpenUrl | None:
    if not outcome.issues:
        return web_link("Open in Jira", outcome.url)
    return link_below("Open in Jira", outcome.url, outcome.issues[0].key, outcome.issues[0].url)


def _row(issue: Issue) -> RichTextBlock:
    key = run(issue.key, 80, issue_link(None, issue.key, issue.url), weight="Bolder")
    status = (TextRun(text="  "), run(issue.status, 40, is_subtle=True)) if issue.status else ()
    return RichTextBlock(inlines=(key, TextRun(text="  "), run(issue.summary, 120), *status), spacing="Small")


def _issue_card(above: tuple[Element, ...], issue: Issue, details: bool = False) -> AdaptiveCard:
    more = issue_details(issue) if details else ()
    summary = f"{issue.key} {issue.summary}"
    return card(summary, *above, *issue_lines(issue), *more, actions=issue_actions(issue))
