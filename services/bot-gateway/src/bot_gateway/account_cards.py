"""Cards about a person's account: how to give a token, which Jiras there are, what is stored, what is gone."""

from itertools import islice

from bot_gateway.card_layout import card, said
from bot_gateway.card_model import AdaptiveCard, Element, RichTextBlock, Submit, TextRun
from bot_gateway.foreign_text import run
from bot_gateway.issue_parts import heading
from bot_gateway.links import web_link
from bot_gateway.tickets import Ticket, Tickets
from bot_gateway.token_dialog import TICKET
from contracts import outcomes as came
from contracts.outcomes import DataAbout, SiteSeen

MOST_SITES = 15
MOST_LINES = 30
"""Of what is stored: a card must not outgrow what Teams takes."""
ERASED = "I can no longer act for you there, and what I held for that is erased."
IN_JIRA = {
    "oauth1": "In Jira your permission stays until you take it away there too.",
    "oauth2": "The tokens that Jira gave me I make worthless there too. Your permission stays listed in Jira until you"
    " remove it.",
    "pat": "The token that you gave me I delete in Jira too. Where I cannot, I tell you.",
}
TAKEN_BACK = (
    "I also take back in Jira what I can. As I keep nothing that leads to you, I cannot tell you what comes of that:"
    " look at your profile in Jira."
)
STATES = {"pending": "not checked yet", "failed": "its checks failed", "suspended": "suspended"}


def token_wanted(wanted: came.TokenWanted, tickets: Tickets) -> AdaptiveCard:
    """Ask for a token; the button opens a dialog for this person alone."""
    ticket = Ticket(
        person=wanted.origin.person,
        intent_id=wanted.origin.intent_id,
        site=wanted.site[:200],
        tenant_id=wanted.tenant_id[:100],
        alias=wanted.alias[:100] if wanted.alias else None,
        resumes=wanted.resumes,
    )
    data = {"msteams": {"type": "task/fetch"}, TICKET: tickets.issue(ticket)}
    making = web_link("Make one in Jira", wanted.tokens_url)
    then = (said("Then I carry out what you asked."),) if wanted.resumes else ()
    return card(
        "Connect your Jira account",
        heading("Connect your account on ", run(wanted.site)),
        said("Make a personal access token in Jira, then enter it here. I act there in your name with it."),
        said("Do not write it into the chat: only the dialog keeps it from other eyes."),
        *then,
        actions=(*([making] if making else []), Submit(title="Enter a token", data=data)),
    )


def sites_listed(listed: came.SitesListed) -> AdaptiveCard:
    """List the Jiras of the person's organisation."""
    several = (said("To speak of another than the default, begin with on and its name."),)
    return card(
        "Your organisation's Jiras",
        heading("Your organisation's Jiras" if listed.sites else "There is no Jira yet"),
        *(_site(one) for one in listed.sites[:MOST_SITES]),
        *(several if len(listed.sites) > 1 else ()),
    )


def my_data_shown(shown: came.MyDataShown) -> AdaptiveCard:
    """Tell what is stored about the person."""
    if not shown.data:
        return card("Your data", heading("I store nothing about you"))
    return card(
        "Your data",
        heading("What I store about you"),
        *_lines(shown.data),
        said("To have all of it deleted, write: delete my data"),
    )


def my_data_deleted(deleted: came.MyDataDeleted) -> AdaptiveCard:
    """Tell what is gone, with the receipt."""
    return card(
        "Your data is deleted",
        heading("What I stored about you is deleted"),
        *_lines(deleted.deleted),
        *([said(TAKEN_BACK)] if any(about.what == "account links" for about in deleted.deleted) else []),
        said("This receipt is signed (JWS). Keep it if you need to prove what was deleted, and when:"),
        RichTextBlock(inlines=(run(deleted.receipt, 3000, font_type="Monospace", size="Small"),), spacing="Small"),
    )


def unlinked(gone: came.Unlinked) -> AdaptiveCard:
    """Say that Bridge acts no more for the person, and where to see that in Jira."""
    page = web_link("Look at it in Jira", gone.tokens_url) if gone.tokens_url else None
    in_jira = [IN_JIRA[way] for way in gone.ways if way in IN_JIRA]
    look = ["In Jira the page behind this button lists what you allowed."] if page else []
    return card(
        f"Disconnected from {gone.site}" if gone.site else "Disconnected",
        heading("Disconnected from ", run(gone.site)) if gone.site else heading("Disconnected"),
        said(ERASED),
        *(said(sentence) for sentence in [*in_jira, *look]),
        actions=(page,) if page else (),
    )


def webhook_ready(ready: came.WebhookReady) -> AdaptiveCard:
    """Say that changes come from now on."""
    return card(
        f"{ready.site} tells me of changes",
        heading("Ready: ", run(ready.site), TextRun(text=" tells me of changes from now on")),
        said("With subscribe and a project's key, a conversation hears of them."),
    )


def _site(one: SiteSeen) -> RichTextBlock:
    name = (run(one.alias, 60, weight="Bolder"), TextRun(text="  ")) if one.alias else ()
    notes = [
        *(["default"] if one.is_default else []),
        "connected" if one.connected else "not connected",
        *([STATES[one.state]] if one.state in STATES else []),
    ]
    told = TextRun(text=f"  ({', '.join(notes)})", is_subtle=True)
    return RichTextBlock(inlines=(*name, run(one.site, 200), told), spacing="Small")


def _lines(data: tuple[DataAbout, ...]) -> tuple[Element, ...]:
    lines = (line for about in data for line in _about(about))
    kept = tuple(islice(lines, MOST_LINES))
    return (*kept, said("And more.")) if next(lines, None) else kept


def _about(about: DataAbout) -> tuple[RichTextBlock, ...]:
    count = TextRun(text=f"{about.count}  ", weight="Bolder")
    details = (RichTextBlock(inlines=(run(one, 120, is_subtle=True),), spacing="None") for one in about.details)
    return (RichTextBlock(inlines=(count, run(about.what, 80, weight="Bolder")), spacing="Small"), *details)
