"""How an issue looks on a card, and what can be done with it from there."""

from datetime import UTC, datetime
from typing import Literal

from bot_gateway.card_model import Action, Element, Execute, RichTextBlock, Submit, TextBlock, TextRun
from bot_gateway.commands import Transition
from bot_gateway.decide import COMMAND, LONGEST_COMMAND, VERB
from bot_gateway.foreign_text import paragraphs, run, shown
from bot_gateway.grammar import parse
from bot_gateway.links import issue_link
from contracts.outcomes import Issue

MOST_TRANSITIONS = 3
Colour = Literal["Good", "Warning", "Attention", "Accent"]
STATUS_COLOURS: dict[str, Colour] = {"done": "Good", "indeterminate": "Accent"}


def label(text: str) -> TextRun:
    """Give our own words before somebody's value."""
    return TextRun(text=f"{text}: ", is_subtle=True)


def heading(text: str, *more: TextRun) -> RichTextBlock:
    """Give the first line of a card: our own words, then other people's."""
    return RichTextBlock(inlines=(TextRun(text=text, weight="Bolder"), *more))


def issue_lines(issue: Issue) -> tuple[Element, ...]:
    """Show key, summary and the fields that are known."""
    key = run(issue.key, 80, issue_link(None, issue.key, issue.url), weight="Bolder")
    summary = run(issue.summary, 255, size="Medium")
    return (
        RichTextBlock(inlines=(key, TextRun(text="  "), summary), spacing="Small"),
        *fields(
            ("Type", issue.issue_type, None),
            ("Status", issue.status, STATUS_COLOURS.get(issue.status_category or "")),
            ("Priority", issue.priority, None),
            ("Assignee", issue.assignee, None),
            ("Reporter", issue.reporter, None),
        ),
    )


def fields(*named: tuple[str, str | None, Colour | None]) -> tuple[RichTextBlock, ...]:
    """Show the fields that have a value in one line, since cards are narrow and long."""
    runs: list[TextRun] = []
    for name, value, colour in named:
        if value:
            runs += [TextRun(text="   ")] if runs else []
            runs += [label(name), run(value, 80, color=colour)]
    return (RichTextBlock(inlines=tuple(runs), spacing="Small"),) if runs else ()


def issue_details(issue: Issue) -> tuple[Element, ...]:
    """Show the description, and when the issue changed."""
    return (*paragraphs(issue.description), *moment("Updated", issue.updated_at))


def moment(word: str, at: datetime | None) -> tuple[TextBlock, ...]:
    """Show an instant in the reader's own time zone and language."""
    if at is None:
        return ()
    utc = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = f"{word} {{{{DATE({utc}, SHORT)}}}} {{{{TIME({utc})}}}}"
    return (TextBlock(text=text, is_subtle=True, size="Small", spacing="Small"),)


def issue_actions(issue: Issue) -> tuple[Action, ...]:
    """Offer what can be done next."""
    opening = issue_link("Open in Jira", issue.key, issue.url)
    assign = f"assign {issue.key} to me"
    moves = [
        button(f"→ {shown(name, 40)}", command)
        for name in issue.transitions
        if len(command := f"transition {issue.key} to {name}") <= LONGEST_COMMAND
        and parse(command) == Transition(issue.key, name)
    ]
    offered = [button("Assign to me", assign)] if len(assign) <= LONGEST_COMMAND else []
    return (*([opening] if opening else []), *offered, *moves[:MOST_TRANSITIONS])


def button(title: str, command: str) -> Execute:
    """Make a button of a command; older clients send it as a message."""
    data = {COMMAND: command}
    return Execute(title=title, verb=VERB, data=data, fallback=Submit(title=title, data=data))
