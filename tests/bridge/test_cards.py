"""What the bot posts, drawn in a terminal."""

from datetime import UTC, datetime
from typing import Any

from rich.console import Console, RenderableType

from bridge import cards
from bridge.markup import styled

CARD: dict[str, Any] = {
    "type": "AdaptiveCard",
    "version": "1.4",
    "body": [
        {"type": "TextBlock", "text": "OPS-7 Deploy **fails**", "size": "Large", "weight": "Bolder"},
        {
            "type": "ColumnSet",
            "columns": [
                {"type": "Column", "width": "auto", "items": [{"type": "Image", "url": "x", "altText": "Bug"}]},
                {"type": "Column", "width": "stretch", "items": [{"type": "TextBlock", "text": "In Progress"}]},
            ],
        },
        {"type": "FactSet", "facts": [{"title": "Assignee", "value": "Ada Lovelace"}]},
        {"type": "Container", "style": "emphasis", "items": [{"type": "TextBlock", "text": "It stops at night"}]},
        {"type": "ActionSet", "actions": [{"type": "Action.Submit", "title": "Refresh", "data": {}}]},
        {"type": "TextBlock", "text": "hidden", "isVisible": False},
    ],
    "actions": [
        {"type": "Action.OpenUrl", "title": "Connect", "url": "https://bridge.example/connect?oauth_token=t"},
        {
            "type": "Action.Submit",
            "title": "Sign in",
            "data": {"msteams": {"type": "signin", "value": "https://b.example"}},
        },
    ],
}
POSTED = {
    "type": "message",
    "text": "Here it is",
    "attachments": [{"contentType": cards.ADAPTIVE_CARD, "content": CARD}],
}


def drawn(renderable: RenderableType, width: int = 60) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def test_all_parts_of_a_card_are_drawn_and_hidden_ones_are_not() -> None:
    lines = drawn(cards.activity(POSTED))

    for part in (
        "Here it is",
        "OPS-7 Deploy fails",
        "(Bug)  In Progress",
        "Assignee  Ada Lovelace",
        "It stops at night",
    ):
        assert part in lines
    assert "[ Connect ]  [ Sign in ]" in lines.replace("\u00a0", " ")
    assert "[\u00a0Refresh\u00a0]" in lines
    assert "hidden" not in lines


def test_an_element_of_another_version_is_drawn_by_its_fallback_or_not_at_all() -> None:
    fallback = {"type": "TextBlock", "text": "a chart"}
    body = [{"type": "Chart.Donut", "fallback": fallback}, {"type": "Chart.Line"}]

    lines = drawn(cards.card({"type": "AdaptiveCard", "body": body}))

    assert "a chart" in lines


def test_people_stand_on_the_right_and_the_bot_on_the_left() -> None:
    own = drawn(cards.bubble("Ada", cards.activity({"text": "help"}), own=True))
    bots = drawn(cards.bubble("Bridge", cards.activity({"text": "help"})))

    assert own.splitlines()[0].rstrip().endswith("╮")
    assert own.startswith(" " * 8)
    assert bots.startswith("╭")


def test_the_words_of_an_activity_can_be_looked_through() -> None:
    assert cards.text_of(POSTED) == (
        "Here it is OPS-7 Deploy fails Bug In Progress Assignee Ada Lovelace It stops at night "
        "Refresh hidden Connect Sign in"
    )


def test_the_pages_that_buttons_open_are_found_by_their_titles() -> None:
    assert cards.open_urls(POSTED) == {
        "Connect": "https://bridge.example/connect?oauth_token=t",
        "Sign in": "https://b.example",
    }


def test_markdown_is_styled_and_what_is_escaped_is_shown_as_it_was_written() -> None:
    text = styled(
        r"**bold** _soft_ `code` [label](https://x.example) \*no\* \[no\]\(no\) 2*3*4 snake_case_name &lt;b&gt;"
    )

    assert text.plain == "bold soft code label *no* [no](no) 2*3*4 snake_case_name <b>"
    assert [str(span.style) for span in text.spans][:3] == ["bold", "italic", "bold"]


def test_text_runs_are_shown_as_they_are() -> None:
    runs = [{"type": "TextRun", "text": "*OPS-7*", "weight": "Bolder"}, {"type": "TextRun", "text": "  &amp; [x](y)"}]
    card = {"type": "AdaptiveCard", "body": [{"type": "RichTextBlock", "inlines": runs}]}
    posted = {"attachments": [{"contentType": cards.ADAPTIVE_CARD, "content": card}]}

    assert "*OPS-7*  &amp; [x](y)" in drawn(cards.activity(posted))
    assert cards.text_of(posted) == "*OPS-7* &amp; [x](y)"


def test_instants_are_shown_in_the_readers_time_zone() -> None:
    at = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)

    text = styled("Until {{DATE(2026-03-01T12:30:00Z, SHORT)}} {{TIME(2026-03-01T12:30:00Z)}}, not {{DATE(soon)}}")

    assert text.plain == f"Until {at.astimezone():%Y-%m-%d %H:%M}, not {{{{DATE(soon)}}}}"


def test_lists_get_bullets_and_terminal_control_characters_of_others_do_no_harm() -> None:
    assert styled("- one\n- two").plain == "• one\n• two"
    assert "\x1b" not in drawn(styled("a\x1b[31mred"))
