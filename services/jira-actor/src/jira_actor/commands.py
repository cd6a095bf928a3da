"""What people ask for, carried out in Jira in their name: intent in, outcome out."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from chassis.attempt import perhaps_done
from chassis.errors import Unavailable
from contracts.event import Event, Origin
from contracts.jira import SubscriptionAllowed
from contracts.outcomes import (
    CommentAdded,
    Issue,
    IssueAssigned,
    IssueCreated,
    IssuesFound,
    IssueShown,
    IssueTransitioned,
)
from contracts.teams import (
    AssignAsked,
    CommentAsked,
    CreateAsked,
    Intent,
    SearchAsked,
    ShowAsked,
    SubscribeAsked,
    TransitionAsked,
)
from jira_actor import decide, requests
from jira_actor.errors import JiraError
from jira_actor.http import Request
from jira_actor.jira import Jira, NewIssue
from jira_actor.readings import comment_url, issue_url, search_url

CLOCKS_DIFFER = timedelta(minutes=15)
"""How far Jira's clock may be behind when we look for what an earlier attempt did."""
CLOCKS_AGREE = timedelta(minutes=1)
"""The same where no marker tells our own doing from what the person did before."""
FOUND = 10


async def show(asked: ShowAsked, jira: Jira) -> IssueShown:
    """Show an issue."""
    return IssueShown(origin=asked.origin, issue=(await jira.issue(decide.issue_key(asked.issue))).issue)


async def create(asked: CreateAsked, jira: Jira) -> IssueCreated:
    """Make an issue, once."""
    key, summary = decide.project_key(asked.project), decide.summary_text(asked.summary)
    await jira.sign_ahead(requests.project(key), *_before(requests.search("", 0)), requests.create({}, ""))
    project = await jira.project(key)
    kind = decide.issue_type(project.issue_types, asked.issue_type)
    made = await _made_before(jira, project.key, summary, asked.origin) if perhaps_done.get() else None
    if made is None:
        new = NewIssue(asked.origin.intent_id, project.key, kind.id, summary, asked.description)
        made = await _fresh(jira, _as_asked(new, kind.name, await jira.create(new), jira.site.url))
    return IssueCreated(origin=asked.origin, issue=made)


async def comment(asked: CommentAsked, jira: Jira) -> CommentAdded:
    """Write a comment, once."""
    key, text, intent_id = decide.issue_key(asked.issue), decide.comment_text(asked.text), asked.origin.intent_id
    looks = _before(requests.comments(key))
    await jira.sign_ahead(requests.issue(key), *looks, requests.comment(key, text, intent_id))
    issue = (await jira.issue(key)).issue
    since = asked.origin.asked_at - CLOCKS_DIFFER
    before = await jira.comment_of(key, intent_id, since) if perhaps_done.get() else None
    comment_id = before or await jira.comment(key, text, intent_id)
    url = comment_url(jira.site.url, issue.key, comment_id)
    return CommentAdded(origin=asked.origin, issue=issue, comment_id=comment_id, comment_url=url, text=text)


async def assign(asked: AssignAsked, jira: Jira) -> IssueAssigned:
    """Give an issue to a person, unless that person has it."""
    key, name = decide.issue_key(asked.issue), asked.assignee.strip()
    whom = requests.myself() if decide.same("me", name) else requests.assignable(key, name)
    await jira.sign_ahead(requests.issue(key), whom, requests.assign(key, name))
    now = await jira.issue(key)
    person = (
        await jira.myself() if decide.same("me", name) else decide.one_person(await jira.assignable(key, name), name)
    )
    if now.assignee != person.name:
        await jira.assign(key, person.name)
    issue = now.issue.model_copy(update={"assignee": person.display_name})
    return IssueAssigned(origin=asked.origin, issue=issue, assignee=person)


async def transition(asked: TransitionAsked, jira: Jira) -> IssueTransitioned:
    """Move an issue, unless it is there, or an earlier attempt moved it."""
    key = decide.issue_key(asked.issue)
    looks = _before(requests.myself(), requests.history(key))
    await jira.sign_ahead(requests.issue(key), *looks, requests.transition(key, ""), requests.issue(key))
    before = await jira.issue(key)
    was = before.issue.status
    if decide.same(was, asked.to):
        return IssueTransitioned(origin=asked.origin, issue=before.issue, was=was, now=was or asked.to)
    if perhaps_done.get() and await jira.moved_since(key, asked.origin.asked_at - CLOCKS_AGREE):
        return IssueTransitioned(origin=asked.origin, issue=before.issue, was=None, now=was or asked.to)
    step = decide.step_to(before.transitions, asked.to)
    await jira.transition(key, step.id)
    issue = await _fresh(jira, before.issue.model_copy(update={"status": step.to, "transitions": ()}))
    return IssueTransitioned(origin=asked.origin, issue=issue, was=was, now=issue.status or step.to)


async def search(asked: SearchAsked, jira: Jira) -> IssuesFound:
    """Search with words or JQL."""
    jql = decide.jql(asked.query) if asked.jql else decide.text_search(asked.query)
    issues, total = await jira.search(jql, FOUND)
    url = search_url(jira.site.url, jql)
    return IssuesFound(origin=asked.origin, query=asked.query, issues=issues, total=total, url=url)


async def subscribe(asked: SubscribeAsked, jira: Jira) -> SubscriptionAllowed:
    """Let a conversation hear of a project that the person may see."""
    project = await jira.project(decide.project_key(asked.project))
    return SubscriptionAllowed(
        origin=asked.origin, tenant_id=jira.site.tenant_id, project=project.key, project_name=project.name
    )


COMMANDS: dict[type[Intent], Callable[[Any, Jira], Awaitable[Event]]] = {
    ShowAsked: show,
    CreateAsked: create,
    CommentAsked: comment,
    AssignAsked: assign,
    TransitionAsked: transition,
    SearchAsked: search,
    SubscribeAsked: subscribe,
}


def _before(*looks: Request) -> tuple[Request, ...]:
    """Give the requests that look for what an earlier attempt did; none where there was none."""
    return looks if perhaps_done.get() else ()


async def _made_before(jira: Jira, project: str, summary: str, origin: Origin) -> Issue | None:
    """Find the issue that an earlier attempt at the same intent made."""
    for key in await jira.created_since(project, summary, origin.asked_at - CLOCKS_DIFFER):
        found = await jira.issue(key)
        if found.intent_id == origin.intent_id:
            return found.issue
    return None


def _as_asked(new: NewIssue, issue_type: str | None, key: str, base_url: str) -> Issue:
    return Issue(
        key=key,
        url=issue_url(base_url, key),
        summary=new.summary,
        project=new.project,
        issue_type=issue_type,
        description=new.description,
    )


async def _fresh(jira: Jira, known: Issue) -> Issue:
    """Read an issue after a change; the change is done, so a failure to read it leaves what we know."""
    try:
        return (await jira.issue(known.key)).issue
    except (JiraError, Unavailable):
        return known
