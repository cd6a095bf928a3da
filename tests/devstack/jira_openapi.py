"""Atlassian's own OpenAPI document of Jira 10.3 as a judge of answers, with its known defects mended."""

import json
from functools import cache
from typing import Any

from openapi_schema_validator import OAS30Validator
from tests.devstack.jira_fakes import reference

DOCUMENT = "jira-openapi/jira-software-dc-10.3-openapi.json"
ANYTHING: dict[str, Any] = {}
LISTS = (  # these operations declare the element instead of the list
    "/api/2/project",
    "/api/2/field",
    "/api/2/priority",
    "/api/2/status",
    "/api/2/user/search",
    "/api/2/user/assignable/search",
)
PAGES = (  # and these the element instead of the page
    "/api/2/issue/createmeta/{projectIdOrKey}/issuetypes",
    "/api/2/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}",
)


@cache
def document() -> Any:
    loaded = json.loads(reference(DOCUMENT).read_text())
    schemas = loaded["components"]["schemas"]
    schemas["IssueBean"]["properties"]["fields"]["additionalProperties"] = ANYTHING
    schemas["IssueBean"]["properties"]["renderedFields"]["additionalProperties"] = ANYTHING
    schemas["IssueBean"]["properties"]["properties"] = {"type": "object"}
    schemas["EntityPropertyBean"]["properties"]["value"] = ANYTHING
    for name in ("from", "fromString", "to", "toString"):
        schemas["ChangeItemBean"]["properties"][name] = {"type": "string", "nullable": True}
    return loaded


def check(method: str, path: str, status: int, body: Any) -> None:
    """Raise if the document does not allow this answer to this operation."""
    content = document()["paths"][path][method.lower()]["responses"][str(status)].get("content")
    assert content, f"{method} {path} declares no body for {status}"
    schema = content["application/json"]["schema"]
    if path in LISTS:
        schema = {"type": "array", "items": schema}
    if path in PAGES:
        schema = {
            "type": "object",
            "required": ["values"],
            "properties": {"values": {"type": "array", "items": schema}},
        }
    OAS30Validator({**schema, "components": document()["components"]}).validate(body)


def check_empty(method: str, path: str, status: int) -> None:
    """Raise if the document does not know this operation to answer so without a body."""
    answer = document()["paths"][path][method.lower()]["responses"][str(status)]
    assert "content" not in answer
