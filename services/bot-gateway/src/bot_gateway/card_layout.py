"""What the cards about what came of an intent are made with."""

from bot_gateway.card_model import Action, AdaptiveCard, Element, TextBlock
from bot_gateway.foreign_text import shown


def said(text: str) -> TextBlock:
    """Say something in our own words."""
    return TextBlock(text=text, spacing="Small")


def card(summary: str, *body: Element, actions: tuple[Action, ...] = ()) -> AdaptiveCard:
    """Build a card; its summary is what notifications show."""
    return AdaptiveCard(fallback_text=shown(summary, 200) or "Jira", body=body, actions=actions)
