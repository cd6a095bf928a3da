"""REST: the comments of an issue."""

from starlette.responses import JSONResponse, Response

from devstack.jira.call import Call, JiraError
from devstack.jira.operations import add_comment, checked_comment, entity_properties

MANY = 1_048_576


async def list_comments(call: Call) -> Response:
    """All comments unless a page is asked for; `orderBy=-created` turns them round."""
    issue = call.issue()
    start, size = call.number("startAt", 0), call.number("maxResults", MANY)
    newest_first = call.request.query_params.get("orderBy", "").startswith("-")
    ordered = issue.comments[::-1] if newest_first else issue.comments
    with_properties = "properties" in call.names("expand")
    drawn = [call.shapes.comment(issue, comment, with_properties=with_properties) for comment in ordered]
    page = drawn[start : start + size]
    return JSONResponse({"startAt": start, "maxResults": size, "total": len(drawn), "comments": page})


async def show_comment(call: Call) -> Response:
    issue = call.issue()
    for comment in issue.comments:
        if comment.id == call.request.path_params["comment"]:
            with_properties = "properties" in call.names("expand")
            return JSONResponse(call.shapes.comment(issue, comment, with_properties=with_properties))
    raise JiraError(404, f"Can not find a comment for the id: {call.request.path_params['comment']}.")


async def create_comment(call: Call) -> Response:
    issue, sent = call.issue(), await call.body()
    body, properties = checked_comment(sent.get("body")), entity_properties(sent.get("properties"))
    comment = add_comment(call, issue, body, properties)
    with_properties = "properties" in call.names("expand")
    return JSONResponse(call.shapes.comment(issue, comment, with_properties=with_properties), 201)
