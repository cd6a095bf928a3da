"""Users, projects and the catalogue in the JSON shapes of Jira's REST v2 (measured on 8.20.7)."""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import md5

from devstack.jira.catalogue import (
    ALWAYS_REQUIRED,
    FIELDS,
    ISSUE_TYPES,
    PRIORITIES,
    Field,
    IssueType,
    Priority,
    Status,
)
from devstack.jira.model import Json, Project, User
from devstack.jira.state import State

GRAVATAR = "https://www.gravatar.com/avatar"
SIZES = {"48x48": "", "24x24": "size=small&", "16x16": "size=xsmall&", "32x32": "size=medium&"}


def instant(moment: datetime) -> str:
    """Jira's form: milliseconds and an offset without colon, `2026-08-14T11:32:11.358+0000`."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"


class Shapes:
    """Draws JSON for one Jira; every `self` link carries its base URL."""

    def __init__(self, state: State) -> None:
        self._state = state

    def link(self, path: str) -> str:
        return f"{self._state.base_url}{path}"

    def rest(self, path: str) -> str:
        return self.link(f"/rest/api/2{path}")

    def user(self, name: str) -> Json:
        """A user as it stands in issues and comments."""
        user = self._state.world.users[name]
        picture = md5(user.email.encode(), usedforsecurity=False).hexdigest()
        return {
            "self": self.rest(f"/user?username={user.name}"),
            "name": user.name,
            "key": user.key,
            "emailAddress": user.email,
            "avatarUrls": {size: f"{GRAVATAR}/{picture}?d=mm&s={size.split('x')[0]}" for size in SIZES},
            "displayName": user.display_name,
            "active": user.active,
            "timeZone": "Etc/UTC",
        }

    def found_user(self, user: User) -> Json:
        """A user as searches answer it."""
        return self.user(user.name) | {"deleted": False, "locale": "en_US"}

    def myself(self, user: User) -> Json:
        return self.found_user(user) | {
            "groups": {"size": 1, "items": []},
            "applicationRoles": {"size": 1, "items": []},
            "expand": "groups,applicationRoles",
        }

    def server_info(self) -> Json:
        return {
            "baseUrl": self._state.base_url,
            "version": self._state.version,
            "versionNumbers": self._state.version_numbers,
            "deploymentType": "Server",
            "buildNumber": self._state.build_number,
            "buildDate": "2022-03-16T00:00:00.000+0000",
            "databaseBuildNumber": self._state.build_number,
            "serverTime": instant(self._state.now()),
            "scmInfo": "0" * 40,
            "serverTitle": "Simulated Jira",
        }

    def project(self, project: Project) -> Json:
        """A project as it stands in an issue."""
        avatar = self.link("/secure/projectavatar")
        return {
            "self": self.rest(f"/project/{project.id}"),
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": "software",
            "avatarUrls": {size: f"{avatar}?{part}avatarId=10324" for size, part in SIZES.items()},
        }

    def listed_project(self, project: Project) -> Json:
        return self.project(project) | {"expand": "description,lead,url,projectKeys", "archived": False}

    def project_detail(self, project: Project) -> Json:
        lead = self.user(project.lead)
        return self.listed_project(project) | {
            "description": "",
            "lead": {name: lead[name] for name in ("self", "key", "name", "avatarUrls", "displayName", "active")},
            "components": [],
            "issueTypes": [self.issue_type(kind) for kind in ISSUE_TYPES.values()],
            "assigneeType": "UNASSIGNED",
            "versions": [],
            "roles": {"Administrators": self.rest(f"/project/{project.id}/role/10002")},
        }

    def issue_type(self, kind: IssueType) -> Json:
        return {
            "self": self.rest(f"/issuetype/{kind.id}"),
            "id": kind.id,
            "description": kind.description,
            "iconUrl": self.link(f"/secure/viewavatar?size=xsmall&avatarId={kind.avatar_id}&avatarType=issuetype"),
            "name": kind.name,
            "subtask": kind.subtask,
            "avatarId": kind.avatar_id,
        }

    def status(self, status: Status) -> Json:
        return {
            "self": self.rest(f"/status/{status.id}"),
            "description": status.description,
            "iconUrl": self.link(status.icon),
            "name": status.name,
            "id": status.id,
            "statusCategory": {
                "self": self.rest(f"/statuscategory/{status.category_id}"),
                "id": status.category_id,
                "key": status.category_key,
                "colorName": status.category_colour,
                "name": status.category_name,
            },
        }

    def transition(self, status: Status) -> Json:
        return {"id": status.transition_id, "name": status.name, "to": self.status(status)}

    def priority(self, priority: Priority) -> Json:
        return {
            "self": self.rest(f"/priority/{priority.id}"),
            "iconUrl": self.link(priority.icon),
            "name": priority.name,
            "id": priority.id,
        }

    def field(self, field: Field) -> Json:
        return {
            "id": field.id,
            "name": field.name,
            "custom": False,
            "orderable": field.settable,
            "navigable": field.navigable,
            "searchable": bool(field.clauses),
            "clauseNames": list(field.clauses),
            "schema": schema(field),
        }

    def create_field(self, field: Field, project: Project, kind: IssueType) -> Json:
        """A field as the create screen of one project and issue type knows it."""
        meta: Json = {
            "required": field.id in ALWAYS_REQUIRED or field.id in project.required_fields,
            "schema": schema(field),
            "name": field.name,
            "fieldId": field.id,
            "hasDefaultValue": field.id == "priority",
            "operations": ["add", "set", "remove"] if field.items else ["set"],
        }
        allowed: dict[str, Callable[[], list[Json]]] = {
            "issuetype": lambda: [self.issue_type(kind)],
            "project": lambda: [self.project(project)],
            "priority": lambda: [self.priority(priority) for priority in PRIORITIES.values()],
        }
        if field.id in allowed:
            meta["allowedValues"] = allowed[field.id]()
        if field.id == "priority":
            meta["defaultValue"] = self.priority(PRIORITIES["3"])
        return meta

    def create_fields(self, project: Project, kind: IssueType) -> list[Json]:
        return [self.create_field(field, project, kind) for field in FIELDS.values() if field.settable]


def schema(field: Field) -> Json:
    items = {"items": field.items} if field.items else {}
    return {"type": field.schema, **items, "system": field.id}
