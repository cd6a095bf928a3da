"""The registry's HTTP API by its own OpenAPI document: schemathesis with all its checks, as four different callers."""

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import Request, ScenarioRecorder

from fuzz.by_design import by_design, waits
from fuzz.found import Found
from fuzz.town import Town
from fuzz.trying import Amount

PATIENCE = 10
NAME = "registry's API (schemathesis)"
STATEFUL_STEPS = 6
THOROUGH_FROM = 10
"""Examples of an operation from which on a run is thorough in the rest too."""
A_TENANT = "a tenant"


@dataclass(frozen=True)
class Caller:
    """Somebody who calls, and what is changed in the configuration for them."""

    name: str
    token: str | None
    changes: Mapping[str, Any]


def fuzz(town: Town, amount: Amount) -> Found:
    """Call everything as everybody; `amount` is for each operation and caller."""
    found = Found(NAME, tell=amount.tell)
    with found.timed():
        for caller in _callers(town):
            before = found.cases
            _call(town, caller, amount, found)
            found.details[f"cases_{caller.name.replace(' ', '_')}"] = found.cases - before
    return found


def _callers(town: Town) -> tuple[Caller, ...]:
    own = {"parameters": {"path.tenant_id": town.registration["tenantId"]}}
    keeping = {
        "operations": [{"include-path": "/v1/tenants/{tenant_id}", "include-method": "DELETE", "enabled": False}]
    }
    return (
        Caller("nobody", None, {}),
        Caller("a stranger", "no-token-of-anybody", own),
        Caller(A_TENANT, town.registration["registrationToken"], {**own, **keeping}),
        Caller("the operator", town.operator_token, {}),
    )


def _call(town: Town, caller: Caller, amount: Amount, found: Found) -> None:
    config: dict[str, Any] = {
        "seed": amount.seed,
        "workers": 1,
        "request-timeout": PATIENCE,
        "continue-on-failure": True,
        "generation": {"max-examples": amount.cases, "no-shrink": True, "database": "none"},
        "phases": _phases(caller, thorough=amount.cases >= THOROUGH_FROM),
        **caller.changes,
    }
    if caller.token:
        config["headers"] = {"Authorization": f"Bearer {caller.token}"}
    schema = schemathesis.openapi.from_url(
        f"{town.at.registry}/openapi.json", config=SchemathesisConfig.from_dict(config)
    )
    for event in from_schema(schema).execute():
        match event:
            case events.ScenarioFinished(recorder=recorder):
                _look(recorder, caller, found)
            case events.NonFatalError(label=label, value=value):
                found.fail(f"{label}: {type(value).__name__}", str(value))
            case events.FatalError(exception=error):
                found.fail(f"schemathesis itself: {type(error).__name__}", str(error))


def _phases(caller: Caller, *, thorough: bool) -> dict[str, Any]:
    """The values at the borders of every schema are some hundred cases for each caller: in short, for one alone."""
    stateful = {"enabled": thorough, "max-steps": STATEFUL_STEPS}
    return {"coverage": {"enabled": thorough or caller.name == A_TENANT}, "stateful": stateful}


def _look(recorder: ScenarioRecorder, caller: Caller, found: Found) -> None:
    for id_, interaction in recorder.interactions.items():
        called = f"{interaction.request.method} {interaction.request.uri}"
        if interaction.response is None:
            found.fail("no answer", f"{called} by {caller.name}")
            continue
        route = urlsplit(interaction.request.uri).path
        found.took(interaction.response.elapsed - waits(route), called, partial(_again, interaction.request, route))
        if interaction.response.status_code >= 500:
            found.fail(f"HTTP {interaction.response.status_code}", f"{called} by {caller.name}")
        for check in recorder.checks.get(id_, ()):
            if check.failure_info is None:
                continue
            operation, title = recorder.cases[id_].value.operation.label, check.failure_info.failure.title
            if why := by_design(
                check.name, operation, interaction.response.status_code, check.failure_info.failure.message
            ):
                excused = found.details.setdefault("by_design", {})
                excused[why] = excused.get(why, 0) + 1
            else:
                said = f"{check.failure_info.failure.message}\nas {caller.name}: {check.failure_info.code_sample}"
                found.fail(f"{operation}: {title}", said)


def _again(request: Request, route: str) -> float:
    """Make a call once more; gives the seconds that it took, without end where it cannot be made."""
    body = base64.b64decode(request.body) if request.body else b""
    headers = [(name, value) for name, values in request.headers.items() for value in values]
    began = time.perf_counter()
    try:
        httpx.request(request.method, request.uri, content=body, headers=headers, timeout=PATIENCE, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL):
        return float("inf")
    return time.perf_counter() - began - waits(route)
