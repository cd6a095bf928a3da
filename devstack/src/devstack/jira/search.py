"""REST: search with JQL, as GET and as POST."""

from dataclasses import dataclass, field

from starlette.responses import JSONResponse, Response

from devstack.jira.call import Call, JiraError
from devstack.jira.issues import wanted_fields
from devstack.jira.jql import JqlError, parse
from devstack.jira.jql_fields import FieldMeanings
from devstack.jira.model import Json

MOST_RESULTS = 1_000


@dataclass(frozen=True)
class Search:
    jql: str = ""
    start: int = 0
    size: int = 50
    fields: set[str] = field(default_factory=set)
    expand: set[str] = field(default_factory=set)


async def search_by_query(call: Call) -> Response:
    return _answer(
        call,
        Search(
            jql=call.request.query_params.get("jql", ""),
            start=call.number("startAt", 0),
            size=call.number("maxResults", 50),
            fields=call.names("fields"),
            expand=call.names("expand"),
        ),
    )


async def search_by_body(call: Call) -> Response:
    sent = await call.body()
    try:
        search = Search(
            jql=str(sent.get("jql") or ""),
            start=max(0, int(sent.get("startAt", 0))),
            size=max(0, int(sent.get("maxResults", 50))),
            fields=_names(sent.get("fields")),
            expand=_names(sent.get("expand")),
        )
    except (TypeError, ValueError) as error:
        raise JiraError(400, f"Can not deserialize the search request: {error}") from error
    return _answer(call, search)


def _names(given: object) -> set[str]:
    if given is None:
        return set()
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise TypeError("a list of names was expected")
    return set(given)


def _answer(call: Call, search: Search) -> Response:
    visible = call.visible_projects()
    meaning = FieldMeanings(call.state.world, visible, call.user.name, call.state.now())
    try:
        query = parse(search.jql, meaning)
    except JqlError as error:
        raise JiraError(400, str(error)) from error
    keys = {project.key for project in visible}
    newest_first = [issue for issue in call.state.world.issues.values() if issue.project in keys][::-1]
    found = query.select(newest_first)
    size = min(search.size, MOST_RESULTS)
    fields = wanted_fields(search.fields, "*navigable")
    issues = [call.shapes.issue(issue, fields, search.expand) for issue in found[search.start : search.start + size]]
    body: Json = {"expand": "schema,names", "startAt": search.start, "maxResults": size, "total": len(found)}
    return JSONResponse(body | {"issues": issues})
