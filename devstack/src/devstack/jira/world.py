"""The small default world: four people, three projects, a few issues."""

from datetime import datetime, timedelta

from devstack.jira.catalogue import BUG, STORY, TASK
from devstack.jira.model import Issue, Project, User, World

PEOPLE = (("ada", "Ada Lovelace"), ("grace", "Grace Hopper"), ("linus", "Linus Torvalds"))
ISSUES = (
    ("OPS", TASK, "Renew the wildcard certificate", "It runs out at the end of the month.", "ada"),
    ("OPS", BUG, "Nightly backup fails on node 3", "h2. Log\n{noformat}disk quota exceeded{noformat}", "grace"),
    ("OPS", TASK, "Raise the file descriptor limit", None, None),
    ("OPS", TASK, "Rotate the deploy keys", "See [the runbook|https://wiki.example.com/keys].", "linus"),
    ("OPS", BUG, "Alert mails show <b>markup</b> & *stars*", "Literal {code}<script>{code} in the subject.", None),
    ("OPS", TASK, "בדיקת התראות בעברית 🚀", "Right-to-left text and an emoji.", "ada"),
    ("OPS", STORY, "Deploy to staging without downtime", "As an operator I want to sleep at night.", "ada"),
    ("WEB", STORY, "New landing page", None, "grace"),
    ("WEB", BUG, "Search box overlaps the logo", "Only below 320 px.", None),
    ("SECRET", TASK, "Acquisition plan", "Nobody outside this project may read this.", "grace"),
)


def default_world(now: datetime) -> World:
    """Build the world as it is on an ordinary day: all of it was made yesterday by admin."""
    world = World()
    add_user(world, "admin", "Jira Administrator").administrator = True
    world.last_ids["user"] = 10_099
    for name, display_name in PEOPLE:
        add_user(world, name, display_name)
    add_project(world, "OPS", "Operations", lead="ada")
    add_project(world, "WEB", "Website", lead="grace")
    add_project(world, "SECRET", "Secret", lead="admin")
    world.projects["SECRET"].members = ["admin", "grace"]
    for project, kind, summary, description, assignee in ISSUES:
        issue = new_issue(world, project, "admin", now - timedelta(days=1))
        issue.type_id, issue.summary, issue.description, issue.assignee = kind.id, summary, description, assignee
    return world


def add_user(world: World, name: str, display_name: str) -> User:
    key = f"JIRAUSER{world.next_id('user')}"
    world.users[name] = User(name, key, display_name, f"{name}@example.com")
    return world.users[name]


def add_project(world: World, key: str, name: str, lead: str) -> Project:
    world.projects[key] = Project(world.next_id("project"), key, name, lead)
    return world.projects[key]


def new_issue(world: World, project: str, creator: str, now: datetime) -> Issue:
    """Store an issue with the project's next number; the caller fills in the rest."""
    number = 1 + sum(1 for issue in world.issues.values() if issue.project == project)
    issue = Issue(
        id=world.next_id("issue"),
        key=f"{project}-{number}",
        project=project,
        type_id=TASK.id,
        summary="",
        creator=creator,
        created=now,
        updated=now,
        reporter=creator,
    )
    world.issues[issue.key] = issue
    return issue
