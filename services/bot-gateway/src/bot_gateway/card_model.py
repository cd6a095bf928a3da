"""The part of Adaptive Cards 1.4 that this bot speaks, and for a dialog of 1.5."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

CARD_TYPE = "application/vnd.microsoft.card.adaptive"


class Part(BaseModel):
    """A part of a card: camel case on the wire, absent rather than null."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class OpenUrl(Part):
    """A button or link that opens a page."""

    type: Literal["Action.OpenUrl"] = "Action.OpenUrl"
    title: str | None = None
    url: str


class Submit(Part):
    """A button that sends its data as a message."""

    type: Literal["Action.Submit"] = "Action.Submit"
    title: str
    data: Mapping[str, Any]


class Execute(Part):
    """A button that sends its data as an invoke, whose answer becomes the card."""

    type: Literal["Action.Execute"] = "Action.Execute"
    title: str
    verb: str
    data: Mapping[str, Any]
    fallback: Submit


Action = Annotated[OpenUrl | Submit | Execute, Field(discriminator="type")]


class Style(TypedDict, total=False):
    """How a text run looks."""

    weight: Literal["Lighter", "Bolder"] | None
    size: Literal["Small", "Medium", "Large"] | None
    color: Literal["Good", "Warning", "Attention", "Accent"] | None
    font_type: Literal["Monospace"] | None
    is_subtle: bool | None


class TextRun(Part):
    """Text that is shown as it is: no Markdown, no links. The only element that foreign text may go into."""

    type: Literal["TextRun"] = "TextRun"
    text: str
    weight: Literal["Lighter", "Bolder"] | None = None
    size: Literal["Small", "Medium", "Large"] | None = None
    color: Literal["Good", "Warning", "Attention", "Accent"] | None = None
    font_type: Literal["Monospace"] | None = None
    is_subtle: bool | None = None
    select_action: OpenUrl | None = None


class RichTextBlock(Part):
    """A line of text runs."""

    type: Literal["RichTextBlock"] = "RichTextBlock"
    inlines: tuple[TextRun, ...]
    spacing: Literal["None", "Small", "Medium"] | None = None
    separator: bool | None = None


class TextBlock(Part):
    """Text in which Markdown and dates are interpreted: for our own words only."""

    type: Literal["TextBlock"] = "TextBlock"
    text: str
    wrap: bool = True
    size: Literal["Small", "Medium", "Large"] | None = None
    weight: Literal["Lighter", "Bolder"] | None = None
    is_subtle: bool | None = None
    spacing: Literal["None", "Small", "Medium"] | None = None


class TextInput(Part):
    """A field for something that must not be read by who looks over the shoulder."""

    type: Literal["Input.Text"] = "Input.Text"
    id: str
    label: str
    style: Literal["Password"] = "Password"
    """Adaptive Cards 1.5."""
    is_required: Literal[True] = True
    error_message: str
    max_length: int


Element = Annotated[RichTextBlock | TextBlock | TextInput, Field(discriminator="type")]


class AdaptiveCard(Part):
    """A card."""

    type: Literal["AdaptiveCard"] = "AdaptiveCard"
    schema_url: str = Field(default="http://adaptivecards.io/schemas/adaptive-card.json", alias="$schema")
    version: Literal["1.4", "1.5"] = "1.4"
    fallback_text: str
    body: tuple[Element, ...]
    actions: tuple[Action, ...] = ()

    def wire(self) -> dict[str, Any]:
        """Give the card as JSON."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def message(self) -> dict[str, Any]:
        """Give the activity that posts this card; its summary is what notifications show."""
        attachment = {"contentType": CARD_TYPE, "content": self.wire()}
        return {"type": "message", "summary": self.fallback_text, "attachments": [attachment]}


def text_message(text: str) -> dict[str, Any]:
    """Give the activity that posts a text without any formatting."""
    return {"type": "message", "text": text, "textFormat": "plain"}
