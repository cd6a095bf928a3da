"""A change in Jira, as a card for a conversation that subscribed to it."""

from bot_gateway.card_model import AdaptiveCard, RichTextBlock, TextRun
from bot_gateway.foreign_text import paragraphs, run, shown
from bot_gateway.issue_parts import fields, label, moment
from bot_gateway.links import issue_link
from contracts.registry import Notice

MOST_CHANGES = 6
WORDS = {
    "created": "created",
    "updated": "updated",
    "assigned": "assigned",
    "transitioned": "moved",
    "commented": "commented on",
    "comment_edited": "edited a comment on",
    "comment_deleted": "deleted a comment on",
    "deleted": "deleted",
}


def notice_card(notice: Notice) -> AdaptiveCard:
    """Build the card."""
    did = WORDS.get(notice.kind, "changed")
    opening = issue_link("Open in Jira", notice.issue_key, notice.url)
    key = run(notice.issue_key, 80, issue_link(None, notice.issue_key, notice.url))
    summary = run(notice.summary, 255, size="Medium")
    return AdaptiveCard(
        fallback_text=shown(f"{notice.actor or 'Somebody'} {did} {notice.issue_key} {notice.summary}", 200),
        body=(
            RichTextBlock(inlines=(run(notice.actor or "Somebody"), TextRun(text=f" {did} ", is_subtle=True), key)),
            RichTextBlock(inlines=(summary,), spacing="Small"),
            *(_change(*change) for change in notice.changes[:MOST_CHANGES]),
            *paragraphs(notice.comment or ""),
            *fields(
                ("Type", notice.issue_type, None),
                ("Status", notice.status, None),
                ("Priority", notice.priority, None),
                ("Assignee", notice.assignee, None),
            ),
            *moment("At", notice.at),
        ),
        actions=(opening,) if opening else (),
    )


def _change(field: str, was: str | None, now: str | None) -> RichTextBlock:
    before = (run(was, 120), TextRun(text=" → ")) if was else ()
    return RichTextBlock(inlines=(label(shown(field, 60)), *before, run(now or "–", 120)), spacing="Small")
