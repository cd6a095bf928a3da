"""The HTTP edge as one ASGI application."""

from fastapi import FastAPI
from fastapi.middleware import Middleware

from tenant_registry.http import (
    audit_log,
    connect,
    erasure,
    exports,
    hooks,
    operators,
    problem,
    register_page,
    registrations,
    rotation,
    tenants,
    webhooks,
)
from tenant_registry.http.limits import Bounds, Limits, RateLimit
from tenant_registry.http.request_log import logged
from tenant_registry.http.source import Sources
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.settings import Settings

DESCRIPTION = "Registers Jira sites for Teams organisations, connects people, takes Jira's webhooks."


def edge(around: Surroundings, settings: Settings) -> FastAPI:
    """Build it."""
    usual = Bounds(RateLimit(settings.requests_per_minute), settings.body_limit)
    from_jira = Bounds(RateLimit(settings.hooks_per_minute), settings.hook_body_limit)
    app = FastAPI(
        title="Bridge tenant registry",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        # its spans would hold whole addresses: codes, verifiers, and the tokens of webhooks
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        middleware=[
            Middleware(logged),
            Middleware(Sources, trusted=settings.proxies),
            Middleware(Limits, usual=usual, hooks=from_jira, patience=settings.body_patience),
        ],
    )
    problem.explain(app)
    kept = (rotation, erasure, exports, audit_log)
    for part in (registrations, operators, tenants, webhooks, *kept, register_page, connect, hooks):
        app.include_router(part.routes(around))
    return app
