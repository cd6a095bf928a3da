"""REST: who, where and what there is: users, projects, createmeta, fields, priorities, permissions."""

from starlette.responses import JSONResponse, Response

from devstack.jira.call import Call, JiraError
from devstack.jira.catalogue import FIELDS, ISSUE_TYPES, PRIORITIES, STATUSES
from devstack.jira.model import Json, User

PERMISSIONS = {
    "BROWSE_PROJECTS": "Browse Projects",
    "CREATE_ISSUES": "Create Issues",
    "EDIT_ISSUES": "Edit Issues",
    "ASSIGN_ISSUES": "Assign Issues",
    "ASSIGNABLE_USER": "Assignable User",
    "TRANSITION_ISSUES": "Transition Issues",
    "ADD_COMMENTS": "Add Comments",
}
CREATEMETA_REMOVED_IN = 9


async def show_myself(call: Call) -> Response:
    return JSONResponse(call.shapes.myself(call.user))


async def list_projects(call: Call) -> Response:
    return JSONResponse([call.shapes.listed_project(project) for project in call.visible_projects()])


async def show_project(call: Call) -> Response:
    return JSONResponse(call.shapes.project_detail(call.project(call.request.path_params["project"])))


async def list_create_types(call: Call) -> Response:
    call.project(call.request.path_params["project"])
    return JSONResponse(call.page([call.shapes.issue_type(kind) for kind in ISSUE_TYPES.values()]))


async def list_create_fields(call: Call) -> Response:
    project = call.project(call.request.path_params["project"])
    kind = ISSUE_TYPES.get(call.request.path_params["type"])
    if kind is None:
        raise JiraError(404, "Issue type with given id does not exist.")
    return JSONResponse(call.page(call.shapes.create_fields(project, kind)))


async def show_old_createmeta(call: Call) -> Response:
    """All projects with all types at once; from 9.0 on `createmeta` is only an issue key that nobody has."""
    if call.state.version_numbers[0] >= CREATEMETA_REMOVED_IN:
        raise JiraError(404, "Issue Does Not Exist")
    keys, expand = call.names("projectKeys"), call.names("expand")
    projects = []
    for project in call.visible_projects():
        if keys and project.key not in keys:
            continue
        types: list[Json] = [call.shapes.issue_type(kind) for kind in ISSUE_TYPES.values()]
        for drawn in types:
            del drawn["avatarId"]  # this oldest of answers never learned it
        if "projects.issuetypes.fields" in expand:
            for kind, drawn in zip(ISSUE_TYPES.values(), types, strict=True):
                fields = call.shapes.create_fields(project, kind)
                drawn |= {"expand": "fields", "fields": {field["fieldId"]: field for field in fields}}
        named = call.shapes.project(project)
        del named["projectTypeKey"]  # nor this
        projects.append({"expand": "issuetypes", **named, "issuetypes": types})
    return JSONResponse({"expand": "projects", "projects": projects})


async def search_users(call: Call) -> Response:
    if "username" not in call.request.query_params:
        raise JiraError(400, "The username query parameter was not provided")
    return _page_of_users(call, list(call.state.world.users.values()))


async def search_assignable_users(call: Call) -> Response:
    """Those who may see the project; a project or an issue must be named."""
    query = call.request.query_params
    if "issueKey" in query:
        project = call.state.world.projects[call.issue(query["issueKey"]).project]
    elif "project" in query:
        project = call.project(query["project"])
    else:
        raise JiraError(400, "Either the 'project' or the 'issueKey' query parameter must be provided.")
    return _page_of_users(call, [user for user in call.state.world.users.values() if project.visible_to(user.name)])


def _page_of_users(call: Call, users: list[User]) -> Response:
    needle = call.request.query_params.get("username", "").lower()
    found = [
        user for user in users if user.active and needle in f"{user.name} {user.display_name} {user.email}".lower()
    ]
    start, size = call.number("startAt", 0), call.number("maxResults", 50)
    return JSONResponse([call.shapes.found_user(user) for user in found[start : start + size]])


async def list_priorities(call: Call) -> Response:
    return JSONResponse([call.shapes.priority(priority) for priority in PRIORITIES.values()])


async def list_statuses(call: Call) -> Response:
    return JSONResponse([call.shapes.status(status) for status in STATUSES.values()])


async def list_fields(call: Call) -> Response:
    return JSONResponse([call.shapes.field(field) for field in FIELDS.values()])


async def show_permissions(call: Call) -> Response:
    """All or nothing: in this Jira who may see a project may do everything in it; few administer Jira."""
    query = call.request.query_params
    if issue := query.get("issueKey") or query.get("issueId"):
        call.issue(issue)
    elif project := query.get("projectKey") or query.get("projectId"):
        call.project(project)
    permissions: dict[str, Json] = {
        key: {
            "id": str(number),
            "key": key,
            "name": name,
            "type": "PROJECT",
            "description": f"{name}.",
            "havePermission": True,
        }
        for number, (key, name) in enumerate(PERMISSIONS.items(), start=10)
    }
    permissions["ADMINISTER"] = {
        "id": "0",
        "key": "ADMINISTER",
        "name": "Administer Jira",
        "type": "GLOBAL",
        "description": "Ability to perform most administration functions.",
        "havePermission": call.may_administer,
    }
    return JSONResponse({"permissions": permissions})
