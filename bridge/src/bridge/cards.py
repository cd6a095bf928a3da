"""Draws what the bot posts (text and Adaptive Cards 1.4/1.5) in a terminal."""

from collections.abc import Callable
from typing import Any

from rich import box
from rich.align import Align
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.style import Style
from rich.table import Table
from rich.text import Text

from bridge.markup import raw, styled

Element = dict[str, Any]

ADAPTIVE_CARD = "application/vnd.microsoft.card.adaptive"
COLOURS = {"accent": "cyan", "good": "green", "warning": "yellow", "attention": "red", "light": "white"}
SAID = ("title", "text", "value", "altText")
INSIDE = ("body", "items", "columns", "facts", "actions")
CONTAINERS = {"emphasis": "grey50", "good": "green", "attention": "red", "warning": "yellow", "accent": "cyan"}


def activity(posted: Element) -> RenderableType:
    """A bot's activity: its text, then its cards; an unknown attachment shows as its type."""
    parts: list[RenderableType] = []
    if posted.get("text"):
        parts.append(styled(posted["text"]))
    for attachment in posted.get("attachments") or []:
        if attachment.get("contentType") == ADAPTIVE_CARD:
            parts.append(card(attachment.get("content") or {}))
        else:
            parts.append(Text(f"[{attachment.get('contentType', 'attachment')}]", "dim"))
    return Group(*parts)


def card(content: Element) -> RenderableType:
    """An Adaptive Card; what this subset does not know is shown by its fallback or left out."""
    parts = _elements(content.get("body"))
    if content.get("actions"):
        parts.append(buttons(content["actions"]))
    return Panel(Group(*parts), box=box.ROUNDED, border_style="grey50", expand=False)


def buttons(actions: list[Element]) -> RenderableType:
    """The actions as buttons, side by side as long as they fit."""
    styles = {"positive": "bold white on green", "destructive": "bold white on red"}
    titles = [
        Text(
            _unbroken(f"[ {styled(action.get('title', ''))} ]"),
            styles.get(str(action.get("style")), "bold cyan"),
        )
        for action in actions
        if action.get("mode") != "secondary"
    ]
    return Padding(Text("  ").join(titles), (1, 0, 0, 0))


def _unbroken(text: str) -> str:
    return text.replace(" ", "\u00a0")


def bubble(who: str, said: RenderableType, *, where: str | None = None, own: bool = False) -> RenderableType:
    """One chat message: people's own stand on the right, the bot's on the left."""
    title = Text.assemble((who, "bold magenta" if own else "bold blue"), (f"  #{where}" if where else "", "dim"))
    inside = Table.grid()
    inside.add_column(min_width=len(title) + 2)
    inside.add_row(said)
    style = "magenta" if own else "blue"
    panel = Panel(inside, title=title, title_align="left", border_style=style, box=box.ROUNDED, expand=False)
    return Padding(Align.right(panel), (0, 0, 0, 8)) if own else Padding(panel, (0, 8, 0, 0))


def text_of(posted: Element) -> str:
    """The words of an activity and its cards, without drawing: for JSON output and for looking for them."""
    cards = [_words(attachment.get("content")) for attachment in posted.get("attachments") or []]
    return " ".join(" ".join((styled(posted.get("text") or "").plain, *cards)).split())


def _words(element: Any) -> str:
    if isinstance(element, list):
        return " ".join(_words(one) for one in element)
    if not isinstance(element, dict):
        return ""
    if element.get("type") == "RichTextBlock":
        return str(_rich_text_block(element))
    said = [styled(element[name]).plain for name in SAID if isinstance(element.get(name), str)]
    inside = [_words(element.get(name)) for name in INSIDE]
    return " ".join(word for word in (*said, *inside) if word)


def open_urls(posted: Element) -> dict[str, str]:
    """The title and address of each button of the activity that opens a page."""
    found: dict[str, str] = {}
    for attachment in posted.get("attachments") or []:
        for action in _actions(attachment.get("content") or {}):
            if action.get("type") == "Action.OpenUrl":
                found[str(action.get("title", ""))] = str(action.get("url", ""))
            elif (pressed := (action.get("data") or {}).get("msteams", {})).get("type") == "signin":
                found[str(action.get("title", ""))] = str(pressed.get("value", ""))
    return found


def _actions(element: Any) -> list[Element]:
    """All actions in an element, wherever they stand."""
    if isinstance(element, list):
        return [action for one in element for action in _actions(one)]
    if not isinstance(element, dict):
        return []
    here = [element] if str(element.get("type", "")).startswith("Action.") else []
    return here + [action for value in element.values() for action in _actions(value)]


def _elements(elements: Any) -> list[RenderableType]:
    drawn: list[RenderableType] = []
    for element in elements or []:
        if element.get("isVisible", True):
            part = _element(element)
            drawn.append(Padding(part, (1, 0, 0, 0)) if element.get("separator") and drawn else part)
    return drawn


def _element(element: Element) -> RenderableType:
    draw = DRAWINGS.get(str(element.get("type")))
    if draw:
        return draw(element)
    fallback = element.get("fallback")
    return _element(fallback) if isinstance(fallback, dict) else Text("")


def _text_block(element: Element) -> RenderableType:
    drawn = styled(element.get("text", ""))
    drawn.stylize_before(_style(element))
    return drawn


def _rich_text_block(element: Element) -> RenderableType:
    """Text runs: shown as they are, for no markdown is read in them."""
    runs = (run if isinstance(run, dict) else {"text": run} for run in element.get("inlines") or [])
    return Text.assemble(*((raw(run.get("text", "")), _style(run)) for run in runs))


def _style(element: Element) -> Style:
    strong = element.get("weight") == "Bolder" or element.get("size") in ("Large", "ExtraLarge")
    return Style(
        bold=strong or None,
        dim=element.get("isSubtle") or None,
        underline="selectAction" in element or None,
        color=COLOURS.get(str(element.get("color", "")).lower()),
    )


def _fact_set(element: Element) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for fact in element.get("facts") or []:
        table.add_row(styled(fact.get("title", "")), styled(fact.get("value", "")))
    return table


def _column_set(element: Element) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    columns = element.get("columns") or []
    for column in columns:
        table.add_column(ratio=1 if column.get("width") == "stretch" else None)
    table.add_row(*(Group(*_elements(column.get("items"))) for column in columns))
    return table


def _container(element: Element) -> RenderableType:
    inside = Group(*_elements(element.get("items")))
    colour = CONTAINERS.get(str(element.get("style", "")).lower())
    return Panel(inside, box=box.SIMPLE, style=colour, padding=0, expand=False) if colour else inside


def _image(element: Element) -> RenderableType:
    return Text(f"({styled(element.get('altText') or 'image')})", "dim italic")


DRAWINGS: dict[str, Callable[[Element], RenderableType]] = {
    "TextBlock": _text_block,
    "RichTextBlock": _rich_text_block,
    "FactSet": _fact_set,
    "ColumnSet": _column_set,
    "Container": _container,
    "Image": _image,
    "ActionSet": lambda element: buttons(element.get("actions") or []),
}
