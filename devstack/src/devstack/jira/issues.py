"""REST: one issue, its assignee, transitions and entity properties."""

from starlette.responses import JSONResponse, Response

from devstack.jira.call import Call, JiraError
from devstack.jira.catalogue import BY_TRANSITION, FIELDS
from devstack.jira.operations import add_comment, assign, checked_comment, entity_properties, move

NO_CONTENT = 204


def wanted_fields(names: set[str], default: str) -> set[str]:
    """Resolve `fields`: names, `*all`, `*navigable`, and `-name` to leave one out."""
    groups = {"*all": set(FIELDS), "*navigable": {field.id for field in FIELDS.values() if field.navigable}}
    added = {name for name in names if not name.startswith("-")} or {default}
    left_out = {name[1:] for name in names if name.startswith("-")}
    resolved: set[str] = set()
    for name in added:
        resolved |= groups.get(name, {name})
    return resolved - left_out


async def show_issue(call: Call) -> Response:
    issue = call.issue()
    drawn = call.shapes.issue(issue, wanted_fields(call.names("fields"), "*all"), call.names("expand"))
    if asked := call.names("properties"):
        every = "*all" in asked
        drawn["properties"] = {key: value for key, value in issue.properties.items() if every or key in asked}
    return JSONResponse(drawn)


async def put_assignee(call: Call) -> Response:
    issue, sent = call.issue(), await call.body()
    name = sent.get("name")
    if name is not None and not isinstance(name, str):
        raise JiraError(400, assignee="The name must be a string.")
    automatic = call.state.world.projects[issue.project].lead
    assign(call, issue, automatic if name == "-1" else name or None)
    return Response(status_code=NO_CONTENT)


async def list_transitions(call: Call) -> Response:
    transitions = call.shapes.transitions(call.issue())
    if wanted := call.request.query_params.get("transitionId"):
        transitions = [transition for transition in transitions if transition["id"] == wanted]
    return JSONResponse({"expand": "transitions", "transitions": transitions})


async def do_transition(call: Call) -> Response:
    issue, sent = call.issue(), await call.body()
    transition = sent.get("transition")
    if not isinstance(transition, dict) or "id" not in transition:
        raise JiraError(400, "Missing 'transition' identifier")
    target = BY_TRANSITION.get(str(transition["id"]))
    if target is None or target.id == issue.status_id:
        raise JiraError(400, f"Transition id '{transition['id']}' is not valid for this issue.")
    bodies = [checked_comment(body) for body in _added_comments(sent.get("update"))]
    properties = entity_properties(sent.get("properties"))
    move(call, issue, target)
    issue.properties |= properties
    for body in bodies:
        add_comment(call, issue, body, {})
    return Response(status_code=NO_CONTENT)


def _added_comments(update: object) -> list[object]:
    """The bodies in `{"comment": [{"add": {"body": ...}}]}`; this Jira knows no other update on a transition."""
    if not update:
        return []
    try:
        return [operation["add"]["body"] for operation in update["comment"]]  # type: ignore[index]
    except (TypeError, KeyError) as error:
        raise JiraError(400, "Can not deserialize 'update': only added comments are understood.") from error


async def list_properties(call: Call) -> Response:
    issue = call.issue()
    keys = [{"self": _property_link(call, issue.id, key), "key": key} for key in issue.properties]
    return JSONResponse({"keys": keys})


async def show_property(call: Call) -> Response:
    issue, key = call.issue(), call.request.path_params["property"]
    if key not in issue.properties:
        raise JiraError(404, f"The property with key '{key}' does not exist.")
    return JSONResponse({"key": key, "value": issue.properties[key]})


async def put_property(call: Call) -> Response:
    issue, key = call.issue(), call.request.path_params["property"]
    value = await call.value()
    is_new = key not in issue.properties
    issue.properties |= entity_properties([{"key": key, "value": value}])
    return Response(status_code=201 if is_new else 200)


async def delete_property(call: Call) -> Response:
    issue, key = call.issue(), call.request.path_params["property"]
    if issue.properties.pop(key, None) is None:
        raise JiraError(404, f"The property with key '{key}' does not exist.")
    return Response(status_code=NO_CONTENT)


def _property_link(call: Call, issue_id: str, key: str) -> str:
    return call.shapes.rest(f"/issue/{issue_id}/properties/{key}")
