"""What a user can do to an issue: the change itself, its entry in the history, and the webhook."""

from devstack.jira.call import Call, JiraError
from devstack.jira.catalogue import DONE, STATUSES, Status
from devstack.jira.model import Change, ChangeItem, Comment, Issue, Json
from devstack.jira.webhooks import Happened

LONGEST_TEXT = 32_767
LONGEST_PROPERTY_KEY = 255
TOO_LONG = "The entered text is too long. It exceeds the allowed limit of 32,767 characters."


def record(call: Call, issue: Issue, items: list[ChangeItem]) -> Change:
    """Write a change into the issue's history."""
    issue.updated = call.state.now()
    change = Change(call.state.world.next_id("change"), call.user.name, issue.updated, items)
    issue.changes.append(change)
    return change


def happened(call: Call, issue: Issue) -> Happened:
    return Happened(call.user, issue, call.state.now())


def checked_comment(body: object) -> str:
    if not isinstance(body, str) or not body.strip():
        raise JiraError(400, comment="Comment body can not be empty!")
    if len(body) > LONGEST_TEXT:
        raise JiraError(400, comment=TOO_LONG)
    return body


def add_comment(call: Call, issue: Issue, body: str, properties: Json) -> Comment:
    now = call.state.now()
    comment = Comment(call.state.world.next_id("comment"), call.user.name, body, now, properties)
    issue.comments.append(comment)
    issue.updated = now
    call.webhooks.commented(happened(call, issue), comment)
    return comment


def assign(call: Call, issue: Issue, name: str | None) -> None:
    """Give the issue to this user, or to nobody; as in Jira, no change makes no history and no webhook."""
    check_assignable(call, issue.project, name)
    if name == issue.assignee:
        return
    item = ChangeItem("assignee", *_key_and_name(call, issue.assignee), *_key_and_name(call, name))
    issue.assignee = name
    call.webhooks.issue_updated(happened(call, issue), "issue_assigned", record(call, issue, [item]))


def _key_and_name(call: Call, name: str | None) -> tuple[str | None, str | None]:
    if name is None:
        return None, None
    user = call.state.world.users[name]
    return user.key, user.display_name


def check_assignable(call: Call, project: str, name: str | None) -> None:
    if name is None:
        return
    user = call.state.world.users.get(name)
    if user is None:
        raise JiraError(400, assignee=f"User '{name}' does not exist.")
    if not user.active or not call.state.world.projects[project].visible_to(name):
        raise JiraError(400, assignee=f"User '{name}' cannot be assigned issues.")


def move(call: Call, issue: Issue, target: Status) -> None:
    """Change the status; entering Done resolves, leaving it unresolves."""
    source = STATUSES[issue.status_id]
    items = [ChangeItem("status", source.id, source.name, target.id, target.name)]
    if target is DONE:
        items.insert(0, ChangeItem("resolution", None, None, "10000", "Done"))
    elif source is DONE:
        items.insert(0, ChangeItem("resolution", "10000", "Done", None, None))
    issue.status_id = target.id
    issue.resolved = call.state.now() if target is DONE else None
    call.webhooks.issue_updated(happened(call, issue), "issue_generic", record(call, issue, items))


def entity_properties(given: object) -> Json:
    """The `properties` of a create request, `[{"key": ..., "value": ...}]`, as a mapping."""
    if given is None:
        return {}
    if not isinstance(given, list):
        raise JiraError(400, "Can not deserialize instance of java.util.ArrayList: 'properties' must be a list.")
    properties: Json = {}
    for entry in given:
        if not isinstance(entry, dict) or not isinstance(entry.get("key"), str) or "value" not in entry:
            raise JiraError(400, "Every property must have a 'key' and a 'value'.")
        if not 0 < len(entry["key"]) <= LONGEST_PROPERTY_KEY:
            raise JiraError(400, "The length of the property key must be between 1 and 255 characters.")
        properties[entry["key"]] = entry["value"]
    return properties
