"""What the bot says of itself: help, welcome, and what it did not understand."""

from bot_gateway.card_model import Action, AdaptiveCard, Element, RichTextBlock, TextBlock, TextRun
from bot_gateway.commands import DidYouMean, Help, Unknown, Usage
from bot_gateway.decide import ConfirmDeletion, NoAccount, Say, Welcome
from bot_gateway.foreign_text import run
from bot_gateway.issue_parts import button
from bot_gateway.verbs import VERBS


def talk_card(say: Say) -> AdaptiveCard:
    """Build the card."""
    match say:
        case Help():
            return _card("What you can ask", *_verbs(), _small(MARKUP))
        case Welcome():
            return _card(
                "Hello! I bring Jira into this conversation", TextBlock(text=WELCOME), *_verbs("connect", "help")
            )
        case Usage(verb):
            return _card("Nearly", *_verbs(verb), _small("Write help for everything I understand."))
        case DidYouMean(line):
            return _card("Did you mean this?", RichTextBlock(inlines=(_typed(line),)), _small(TYPE_IT))
        case Unknown():
            return _card("I did not understand that", _small("Write help for everything I understand."))
        case ConfirmDeletion(by_button):
            pressed = (button("Delete my data", DELETION),) if by_button else ()
            typed = () if by_button else (RichTextBlock(inlines=(TextRun(text="To go on, write: "), _typed(DELETION))),)
            return _card("Delete all that I store about you?", _small(WHAT_GOES), *typed, actions=pressed)
        case NoAccount():
            return _card(
                "I cannot tell who you are",
                _small("Teams did not say which account is asking. Guests without one cannot use me."),
            )


WELCOME = (
    "Write an issue's key to see it, comment on it, assign it or move it on: all of it in your own name. "
    "In a channel or group, mention me first."
)
MARKUP = "Comments and descriptions may hold Jira's markup. Instead of a key, a link to the issue does."
DELETION = "delete my data yes"
WHAT_GOES = (
    "Your connections to Jira, the subscriptions you made, your registration codes, and your name in the audit. "
    "I can then no longer act for you. What you did in Jira stays there, and nothing of this can be undone."
)
TYPE_IT = "If so, write it like this. I did nothing yet."


def _card(title: str, *body: Element, actions: tuple[Action, ...] = ()) -> AdaptiveCard:
    heading = TextBlock(text=title, weight="Bolder", size="Medium")
    return AdaptiveCard(fallback_text=title, body=(heading, *body), actions=actions)


def _small(text: str) -> TextBlock:
    return TextBlock(text=text, is_subtle=True, size="Small")


def _verbs(*names: str) -> tuple[RichTextBlock, ...]:
    return tuple(
        RichTextBlock(inlines=(_typed(verb.usage), TextRun(text=f" {verb.does}")), spacing="Small")
        for name, verb in VERBS.items()
        if not names or name in names
    )


def _typed(text: str) -> TextRun:
    return run(text, font_type="Monospace", weight="Bolder")
