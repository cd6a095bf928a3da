"""What came of an intent, as a card."""

from dataclasses import dataclass

from bot_gateway.card_model import Action, AdaptiveCard, Element, OpenUrl, RichTextBlock, Submit, TextBlock, TextRun
from bot_gateway.foreign_text import paragraphs, run, shown
from bot_gateway.issue_parts import heading, issue_actions, issue_details, issue_lines, moment
from bot_gateway.links import issue_link, link_below, web_link
from bot_gateway.registration_codes import RegistrationCodes
from contracts import outcomes as came
from contracts.outcomes import Issue, Outcome

MOST_FOUND = 10
ERASED = "I can no longer act for you there, and what I held for that is erased."
CONNECT_ALONE = "That needs your own Jira account: I sent you how to connect it in our chat."
CODE_ALONE = "I sent you the code in our chat."


@dataclass(frozen=True)
class Reply:
    """What to post; where `instead` is set, the card is for the person alone and this is said in front of others."""

    card: AdaptiveCard
    instead: str | None = None


def reply(outcome: Outcome, codes: RegistrationCodes) -> Reply:
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
            return _card(
                f"Connected to {site}",
                heading("Connected to ", run(site), TextRun(text=" as "), run(user.display_name)),
            )
        case came.Unlinked(site=site):
            return _card(f"Disconnected from {site}", heading("Disconnected from ", run(site)), _said(ERASED))
        case came.Subscribed(project=project, project_name=name, already=already):
            words = f"This conversation {'already' if already else 'now'} hears of "
            return _card(
                f"Subscribed to {project}",
                heading(words, run(name), TextRun(text=" ("), run(project), TextRun(text=")")),
            )
        case came.Unsubscribed(project=project, was=was):
            words = "no longer hears of " if was == "subscribed" else "did not hear of "
            return _card(f"Unsubscribed from {project}", heading(f"This conversation {words}", run(project)))
        case _:
            return _card("Done", heading("Done"))


def _refused(outcome: came.Refused) -> AdaptiveCard:
    why = TextRun(text=shown(outcome.why, 600) or "That was not done.", color="Attention")
    advice = paragraphs(outcome.advice or "", 400, 4)
    return _card(outcome.why, RichTextBlock(inlines=(why,)), *advice)


def _delayed(outcome: came.Delayed) -> AdaptiveCard:
    why = TextRun(text=shown(outcome.why, 600) or "This takes longer than usual.")
    return _card(
        "This takes longer than usual",
        RichTextBlock(inlines=(why,)),
        _said("I go on trying by myself; what you ask meanwhile comes after it."),
        *moment("I try until", outcome.until),
    )


def _authorization(offered: came.AuthorizationOffered) -> AdaptiveCard:
    then = (_said("Then I carry out what you asked."),) if offered.resumes else ()
    signing_in = {"msteams": {"type": "signin", "value": offered.url}}
    button = Submit(title="Connect to Jira", data=signing_in)
    return _card(
        "Connect your Jira account",
        heading("Connect your account on ", run(offered.site)),
        _said("So that I act there in your name, and only with your permission."),
        *then,
        *moment("The button works until", offered.expires_at),
        actions=(button,) if web_link(None, offered.url) else (),
    )


def _registration(issued: came.RegistrationCodeIssued, code: str) -> AdaptiveCard:
    return _card(
        "Your registration code",
        heading("Your registration code"),
        RichTextBlock(inlines=(TextRun(text=code, font_type="Monospace", size="Large"),)),
        _said("Jira's registration call brings it once, to:"),
        RichTextBlock(inlines=(run(issued.registration_url, 400, font_type="Monospace"),)),
        *moment("Valid until", issued.expires_at),
    )


def _commented(outcome: came.CommentAdded) -> AdaptiveCard:
    issue = outcome.issue
    opening = link_below("Open the comment", outcome.comment_url, issue.key, issue.url)
    key = run(issue.key, 80, issue_link(None, issue.key, issue.url))
    return _card(
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
    return _card(
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
    return _card(summary, *above, *issue_lines(issue), *more, actions=issue_actions(issue))


def _said(text: str) -> TextBlock:
    return TextBlock(text=text, spacing="Small")


def _card(summary: str, *body: Element, actions: tuple[Action, ...] = ()) -> AdaptiveCard:
    return AdaptiveCard(fallback_text=shown(summary, 200) or "Jira", body=body, actions=actions)
