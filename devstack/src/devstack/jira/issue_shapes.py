"""Issues, comments and change logs in the JSON shapes of Jira's REST v2 (measured on 8.20.7)."""

from html import escape

from devstack.jira.catalogue import FIELDS, ISSUE_TYPES, PRIORITIES, STATUSES
from devstack.jira.model import Change, ChangeItem, Comment, Issue, Json
from devstack.jira.shapes import Shapes, instant

EXPANDABLE = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"
RENDERED = ("description", "environment")


class IssueShapes(Shapes):
    """Draws issues and what belongs to them."""

    def issue(self, issue: Issue, fields: set[str], expand: set[str]) -> Json:
        """An issue with the named fields and expansions."""
        drawn: Json = {
            "expand": EXPANDABLE,
            "id": issue.id,
            "self": self.rest(f"/issue/{issue.id}"),
            "key": issue.key,
            "fields": {name: value for name, value in self.fields(issue).items() if name in fields},
        }
        if "renderedFields" in expand:
            drawn["renderedFields"] = self.rendered(issue, fields)
        if "names" in expand:
            drawn["names"] = {name: FIELDS[name].name for name in sorted(fields & FIELDS.keys())}
        if "transitions" in expand:
            drawn["transitions"] = self.transitions(issue)
        if "changelog" in expand:
            histories = [self.change(change) for change in issue.changes]
            drawn["changelog"] = page("histories", histories)
        return drawn

    def fields(self, issue: Issue) -> Json:
        """Every field, as the answer to `fields=*all`."""
        world = self._state.world
        drawn: Json = {name: [] if field.schema == "array" else None for name, field in FIELDS.items()}
        drawn |= {
            "issuetype": self.issue_type(ISSUE_TYPES[issue.type_id]),
            "project": self.project(world.projects[issue.project]),
            "workratio": -1,
            "watches": self._own(issue, "watchers") | {"watchCount": 0, "isWatching": False},
            "created": instant(issue.created),
            "updated": instant(issue.updated),
            "priority": self.priority(PRIORITIES[issue.priority_id]),
            "labels": issue.labels,
            "assignee": self.user(issue.assignee) if issue.assignee else None,
            "reporter": self.user(issue.reporter),
            "creator": self.user(issue.creator),
            "status": self.status(STATUSES[issue.status_id]),
            "description": issue.description,
            "environment": issue.environment,
            "duedate": issue.due_date,
            "summary": issue.summary,
            "timetracking": {},
            "aggregateprogress": {"progress": 0, "total": 0},
            "progress": {"progress": 0, "total": 0},
            "votes": self._own(issue, "votes") | {"votes": 0, "hasVoted": False},
            "comment": page("comments", [self.comment(issue, comment) for comment in issue.comments]),
            "worklog": page("worklogs", []) | {"maxResults": 20},
        }
        if issue.resolved:
            drawn["resolution"] = {"self": self.rest("/resolution/10000"), "id": "10000", "description": ""}
            drawn["resolution"]["name"] = "Done"
            drawn["resolutiondate"] = instant(issue.resolved)
        return drawn

    def rendered(self, issue: Issue, fields: set[str]) -> Json:
        """Fields as HTML; this Jira knows no wiki markup and only escapes."""
        texts = self.fields(issue)
        return {
            name: f"<p>{escape(texts[name] or '')}</p>" if name in RENDERED and texts[name] else None
            for name in sorted(fields & FIELDS.keys())
        }

    def transitions(self, issue: Issue) -> list[Json]:
        return [self.transition(status) for status in STATUSES.values() if status.id != issue.status_id]

    def comment(self, issue: Issue, comment: Comment, *, with_properties: bool = False) -> Json:
        drawn: Json = {
            "self": self.rest(f"/issue/{issue.id}/comment/{comment.id}"),
            "id": comment.id,
            "author": self.user(comment.author),
            "body": comment.body,
            "updateAuthor": self.user(comment.author),
            "created": instant(comment.created),
            "updated": instant(comment.created),
        }
        if with_properties:
            drawn["properties"] = [{"key": key, "value": value} for key, value in comment.properties.items()]
        return drawn

    def change(self, change: Change) -> Json:
        return {
            "id": change.id,
            "author": self.user(change.author),
            "created": instant(change.created),
            "items": [change_item(item) for item in change.items],
        }

    def _own(self, issue: Issue, part: str) -> Json:
        return {"self": self.rest(f"/issue/{issue.key}/{part}")}


def change_item(item: ChangeItem) -> Json:
    return {
        "field": item.field,
        "fieldtype": "jira",
        "from": item.old,
        "fromString": item.old_text,
        "to": item.new,
        "toString": item.new_text,
    }


def page(name: str, items: list[Json]) -> Json:
    """All of a list in the shape in which Jira embeds lists in an issue."""
    return {name: items, "maxResults": len(items), "total": len(items), "startAt": 0}
