"""The end of the demo: how long each step took, and what Jira now holds."""

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bridge.demo.transcript import Step


def steps_table(steps: Sequence[Step]) -> RenderableType:
    """One line per step with its time."""
    table = Table(title="How long it took", title_justify="left", title_style="bold", box=None)
    table.add_column("step")
    table.add_column("seconds", justify="right")
    for step in steps:
        table.add_row(step.name, f"{step.seconds:.2f}" if step.done else Text("failed", "red"))
    table.add_row(Text("all", "bold"), Text(f"{sum(step.seconds for step in steps):.2f}", "bold"))
    return Padding(table, (1, 0))


def issue_table(issue: dict[str, Any]) -> RenderableType:
    """The issue as Jira holds it, with the author of everything."""
    table = Table(title="What Jira now holds", title_justify="left", title_style="bold", box=None, show_header=False)
    table.add_row("issue", f"{issue['key']}  {issue['summary']}")
    table.add_row("status", issue["status"])
    table.add_row("reporter", issue["reporter"])
    table.add_row("assignee", issue["assignee"] or "nobody")
    for comment in issue["comments"]:
        table.add_row("comment", Text.assemble((comment["author"], "bold"), f": {comment['body']}"))
    return Group(table, Text("Every comment stands under the name of who wrote it, in Teams or in Jira.", "dim"))
