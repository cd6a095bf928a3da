"""What every Jira has from the start: issue types, statuses with their transitions, priorities, fields."""

from dataclasses import dataclass


@dataclass(frozen=True)
class IssueType:
    id: str
    name: str
    description: str
    avatar_id: int
    subtask: bool = False


@dataclass(frozen=True)
class Status:
    id: str
    name: str
    transition_id: str
    description: str
    icon: str
    category_id: int
    category_key: str
    category_name: str
    category_colour: str


@dataclass(frozen=True)
class Priority:
    id: str
    name: str

    @property
    def icon(self) -> str:
        return f"/images/icons/priorities/{self.name.lower()}.svg"


@dataclass(frozen=True)
class Field:
    """A system field: `schema` is Jira's type, `items` that of an array's elements, `settable`: create takes it."""

    id: str
    name: str
    schema: str
    items: str | None = None
    settable: bool = False
    navigable: bool = True
    clauses: tuple[str, ...] = ()


TASK = IssueType("10002", "Task", "A task that needs to be done.", 10318)
STORY = IssueType("10001", "Story", "A user story.", 10315)
BUG = IssueType("10004", "Bug", "A problem which impairs or prevents the functions of the product.", 10303)
SUBTASK = IssueType("10003", "Sub-task", "The sub-task of the issue", 10316, subtask=True)
ISSUE_TYPES = {kind.id: kind for kind in (TASK, STORY, BUG, SUBTASK)}

TO_DO = Status("10000", "To Do", "11", "", "/", 2, "new", "To Do", "blue-gray")
IN_PROGRESS = Status(
    "3",
    "In Progress",
    "21",
    "This issue is being actively worked on at the moment by the assignee.",
    "/images/icons/statuses/inprogress.png",
    4,
    "indeterminate",
    "In Progress",
    "yellow",
)
DONE = Status("10001", "Done", "31", "", "/", 3, "done", "Done", "green")
STATUSES = {status.id: status for status in (TO_DO, IN_PROGRESS, DONE)}
BY_TRANSITION = {status.transition_id: status for status in STATUSES.values()}

PRIORITIES = {
    str(rank): Priority(str(rank), name)
    for rank, name in enumerate(("Highest", "High", "Medium", "Low", "Lowest"), start=1)
}

FIELDS = {
    field.id: field
    for field in (
        Field("issuetype", "Issue Type", "issuetype", settable=True, clauses=("issuetype", "type")),
        Field("timespent", "Time Spent", "number"),
        Field("project", "Project", "project", settable=True, clauses=("project",)),
        Field("fixVersions", "Fix Version/s", "array", items="version"),
        Field("aggregatetimespent", "Σ Time Spent", "number"),
        Field("resolution", "Resolution", "resolution", clauses=("resolution",)),
        Field("resolutiondate", "Resolved", "datetime", clauses=("resolved", "resolutiondate")),
        Field("workratio", "Work Ratio", "number"),
        Field("lastViewed", "Last Viewed", "datetime"),
        Field("watches", "Watchers", "watches"),
        Field("created", "Created", "datetime", clauses=("created", "createdDate")),
        Field("priority", "Priority", "priority", settable=True, clauses=("priority",)),
        Field("labels", "Labels", "array", items="string", settable=True, clauses=("labels",)),
        Field("timeestimate", "Remaining Estimate", "number"),
        Field("aggregatetimeoriginalestimate", "Σ Original Estimate", "number"),
        Field("versions", "Affects Version/s", "array", items="version"),
        Field("issuelinks", "Linked Issues", "array", items="issuelinks"),
        Field("assignee", "Assignee", "user", settable=True, clauses=("assignee",)),
        Field("updated", "Updated", "datetime", clauses=("updated", "updatedDate")),
        Field("status", "Status", "status", clauses=("status",)),
        Field("components", "Component/s", "array", items="component"),
        Field("timeoriginalestimate", "Original Estimate", "number"),
        Field("description", "Description", "string", settable=True, clauses=("description",)),
        Field("timetracking", "Time Tracking", "timetracking", navigable=False),
        Field("archiveddate", "Archived", "datetime", navigable=False),
        Field("attachment", "Attachment", "array", items="attachment", navigable=False),
        Field("aggregatetimeestimate", "Σ Remaining Estimate", "number"),
        Field("summary", "Summary", "string", settable=True, clauses=("summary",)),
        Field("creator", "Creator", "user", clauses=("creator",)),
        Field("subtasks", "Sub-Tasks", "array", items="issuelinks"),
        Field("reporter", "Reporter", "user", settable=True, clauses=("reporter",)),
        Field("aggregateprogress", "Σ Progress", "progress"),
        Field("environment", "Environment", "string", settable=True, clauses=("environment",)),
        Field("duedate", "Due Date", "date", settable=True, clauses=("due", "duedate")),
        Field("progress", "Progress", "progress"),
        Field("comment", "Comment", "comments-page", navigable=False, clauses=("comment",)),
        Field("votes", "Votes", "votes"),
        Field("worklog", "Log Work", "array", items="worklog", navigable=False),
        Field("archivedby", "Archiver", "user", navigable=False),
    )
}
ALWAYS_REQUIRED = ("project", "issuetype", "summary")
