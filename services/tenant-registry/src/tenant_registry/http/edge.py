"""The HTTP edge as one ASGI application."""

from fastapi import FastAPI
from fastapi.middleware import Middleware

from tenant_registry.http import connect, hooks, problem, registrations, tenants
from tenant_registry.http.limits import Bounds, Limits, RateLimit
from tenant_registry.http.request_log import RequestLog
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.settings import Settings

DESCRIPTION = "Registers Jira sites for Teams organisations, connects people, takes Jira's webhooks."


def edge(around: Surroundings, settings: Settings) -> FastAPI:
    """Build it."""
    usual = Bounds(RateLimit(settings.requests_per_minute), settings.body_limit)
    webhooks = Bounds(RateLimit(settings.hooks_per_minute), settings.hook_body_limit)
    app = FastAPI(
        title="Bridge tenant registry",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        middleware=[
            Middleware(RequestLog),
            Middleware(Limits, usual=usual, hooks=webhooks, patience=settings.body_patience),
        ],
    )
    problem.explain(app)
    for routes in (registrations.routes, tenants.routes, connect.routes, hooks.routes):
        app.include_router(routes(around))
    return app
