"""What the fields, values and functions of JQL mean in this Jira, to the user who searches."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from devstack.jira.catalogue import ISSUE_TYPES, PRIORITIES, STATUSES
from devstack.jira.jql import Clause, JqlError, Matches
from devstack.jira.model import Issue, Project, World

ALIASES = {"issuekey": "key", "id": "key", "issue": "key", "type": "issuetype", "createddate": "created"}
ALIASES |= {"updateddate": "updated", "resolutiondate": "resolved"}
TEXTS: dict[str, Callable[[Issue], list[str | None]]] = {
    "summary": lambda issue: [issue.summary],
    "description": lambda issue: [issue.description],
    "environment": lambda issue: [issue.environment],
    "comment": lambda issue: [comment.body for comment in issue.comments],
    "text": lambda issue: [issue.summary, issue.description, issue.environment, *(c.body for c in issue.comments)],
}
DATES: dict[str, Callable[[Issue], datetime | None]] = {
    "created": lambda issue: issue.created,
    "updated": lambda issue: issue.updated,
    "resolved": lambda issue: issue.resolved,
}
CHOICES: dict[str, Callable[[Issue], str | None]] = {
    "project": lambda issue: issue.project,
    "key": lambda issue: issue.key,
    "assignee": lambda issue: issue.assignee,
    "reporter": lambda issue: issue.reporter,
    "creator": lambda issue: issue.creator,
    "status": lambda issue: STATUSES[issue.status_id].name,
    "statuscategory": lambda issue: STATUSES[issue.status_id].category_name,
    "issuetype": lambda issue: ISSUE_TYPES[issue.type_id].name,
    "priority": lambda issue: PRIORITIES[issue.priority_id].name,
    "resolution": lambda issue: "Done" if issue.resolved else None,
}
NAMED: dict[str, set[str]] = {
    "status": {status.name for status in STATUSES.values()},
    "statuscategory": {status.category_name for status in STATUSES.values()},
    "issuetype": {kind.name for kind in ISSUE_TYPES.values()},
    "priority": {priority.name for priority in PRIORITIES.values()},
    "resolution": {"Done"},
}
AGO = re.compile(r"(?P<sign>[+-]?)(?P<count>\d+)(?P<unit>[mhdw])")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
DATE_FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y/%m/%d %H:%M", "%Y/%m/%d")
COMPARE: dict[str, Callable[[datetime, datetime], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "=": lambda left, right: left == right,
}


@dataclass(frozen=True)
class FieldMeanings:
    """The `Meaning` of JQL for one user at one moment."""

    world: World
    visible: list[Project]
    user: str
    now: datetime

    def clause(self, clause: Clause) -> Matches:
        field = _known(clause.field)
        if field in TEXTS:
            return _text(clause, TEXTS[field])
        if field in DATES:
            return self._date(clause, DATES[field])
        return self._choice(clause, field)

    def sort_key(self, field: str) -> Callable[[Issue], str]:
        name = _known(field)
        if name in DATES:
            read_date = DATES[name]
            return lambda issue: moment.isoformat() if (moment := read_date(issue)) else ""
        if name == "key":
            return lambda issue: f"{issue.project} {issue.key.rpartition('-')[2]:>9}"
        if name == "priority":
            return lambda issue: str(9 - int(issue.priority_id))
        if name in CHOICES:
            read = CHOICES[name]
            return lambda issue: read(issue) or ""
        if name == "summary":
            return lambda issue: issue.summary
        raise JqlError(f"Not able to sort using field '{field}'.")

    def _choice(self, clause: Clause, field: str) -> Matches:
        read = CHOICES[field]
        if clause.operator not in ("=", "!=", "in", "not in", "is", "is not"):
            raise JqlError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")
        wanted = {self._resolve(field, value) for value in clause.values}
        if clause.operator in ("=", "in", "is"):
            return lambda issue: read(issue) in wanted
        if None in wanted:
            return lambda issue: read(issue) not in wanted
        return lambda issue: read(issue) is not None and read(issue) not in wanted

    def _resolve(self, field: str, value: str) -> str | None:
        """The value as the issue holds it; None for `EMPTY`."""
        if value.lower() in ("empty", "null") or (field == "resolution" and value.lower() == "unresolved"):
            return None
        if value.endswith("()"):
            return self._function(value)
        for known in self._known_values(field):
            if value.lower() in known:
                return known[value.lower()]
        if field == "key":
            raise JqlError(f"An issue with key '{value}' does not exist for field '{field}'.")
        raise JqlError(f"The value '{value}' does not exist for the field '{field}'.")

    def _function(self, value: str) -> str:
        if value.lower() != "currentuser()":
            raise JqlError(f"Unable to find JQL function '{value}'.")
        return self.user

    def _known_values(self, field: str) -> list[dict[str, str]]:
        """What a value may be called, each mapping lower-case names to what the issue holds."""
        if field == "project":
            return [{called.lower(): p.key for called in (p.key, p.name, p.id)} for p in self.visible]
        if field == "key":
            visible = {project.key for project in self.visible}
            issues = [issue for issue in self.world.issues.values() if issue.project in visible]
            return [{called.lower(): issue.key for called in (issue.key, issue.id)} for issue in issues]
        if field in NAMED:
            return [{name.lower(): name for name in NAMED[field]}]
        return [{called.lower(): user.name for called in (user.name, user.key)} for user in self.world.users.values()]

    def _date(self, clause: Clause, read: Callable[[Issue], datetime | None]) -> Matches:
        if clause.operator not in COMPARE:
            raise JqlError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")
        compare, limit = COMPARE[clause.operator], self._moment(clause)
        return lambda issue: (moment := read(issue)) is not None and compare(moment, limit)

    def _moment(self, clause: Clause) -> datetime:
        value = clause.values[0]
        if relative := AGO.fullmatch(value):
            distance = timedelta(**{UNITS[relative["unit"]]: int(relative["count"])})
            return self.now - distance if relative["sign"] == "-" else self.now + distance
        if value.lower() == "now()":
            return self.now
        for form in DATE_FORMATS:
            try:
                return datetime.strptime(value, form).replace(tzinfo=UTC)
            except ValueError:
                continue
        raise JqlError(
            f"Date value '{value}' for field '{clause.field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
            "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
        )


def _known(field: str) -> str:
    name = ALIASES.get(field.lower(), field.lower())
    if name not in TEXTS and name not in DATES and name not in CHOICES:
        raise JqlError(f"Field '{field}' does not exist or you do not have permission to view it.")
    return name


def _text(clause: Clause, read: Callable[[Issue], list[str | None]]) -> Matches:
    """Every word must occur, in any order; `word*` matches a beginning."""
    if clause.operator not in ("~", "!~"):
        raise JqlError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")
    value = clause.values[0]
    _check_lucene(value, clause.field)
    wanted = re.findall(r"\w+\*?", value.lower())
    found = clause.operator == "~"

    def matches(issue: Issue) -> bool:
        words = set(re.findall(r"\w+", " ".join(text or "" for text in read(issue)).lower()))
        return found == (bool(wanted) and all(_occurs(word, words) for word in wanted))

    return matches


def _check_lucene(value: str, field: str) -> None:
    """Jira hands the text to Lucene, which has its own syntax; a backslash takes a character's meaning away."""
    plain = re.sub(r"\\.", "", value)
    if not value.strip():
        raise JqlError(f"The field '{field}' does not support searching for an empty string.")
    if plain.startswith(("*", "?")):
        raise JqlError(
            f"The text query '{value}' for field '{field}' is not allowed to start with character '{plain[0]}'."
        )
    if (
        plain.count('"') % 2
        or any(plain.count(o) != plain.count(c) for o, c in ("()", "[]", "{}"))
        or "!" in plain[-1:]
    ):
        raise JqlError(f"Unable to parse the text '{value}' for field '{field}'.")


def _occurs(word: str, words: set[str]) -> bool:
    if word.endswith("*"):
        return any(candidate.startswith(word[:-1]) for candidate in words)
    return word in words
