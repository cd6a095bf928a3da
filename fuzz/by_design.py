"""What schemathesis finds and we mean: each with the reason."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Meant:
    """A check's finding that is by design; no operations named: for all."""

    check: str
    why: str
    operations: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    said: str = ""
    """Part of what the check says."""


MEANT: tuple[Meant, ...] = (
    Meant(
        "positive_data_acceptance",
        "which fields go with which way to authenticate, and that a base URL is one, is more than a schema can say",
        ("POST /v1/registrations", "PATCH /v1/tenants/{tenant_id}"),
        (400, 422),
    ),
    Meant(
        "positive_data_acceptance",
        "a page for a browser: what does not lead on is told there with 400, however well it is formed",
        ("GET /oauth/callback",),
        (400,),
    ),
    Meant(
        "missing_required_header",
        "a token is needed only to register a base URL that is known already; a one-time code lets everybody else in",
        ("POST /v1/registrations",),
    ),
    Meant(
        "ignored_auth",
        "a token is needed only to register a base URL that is known already; a one-time code lets everybody else in",
        ("POST /v1/registrations",),
    ),
    Meant(
        "ignored_auth",
        "with a wrong token a tenant is answered like one that does not exist, so that nobody can ask which exist",
        said="got `404 Not Found`",
    ),
    Meant(
        "allow_header_conformance",
        "with 405 the framework names the methods of the first route of that path; no client of ours asks OPTIONS",
    ),
)


def by_design(check: str, operation: str, status: int, said: str = "") -> str | None:
    """Give the reason why a finding is none; `said` is what the check says."""
    for one in MEANT:
        fits = one.check == check and (not one.operations or operation in one.operations)
        if fits and one.said in said and (not one.statuses or status in one.statuses):
            return f"{check}: {one.why}"
    return None


def waits(route: str) -> float:
    """Give the seconds that a route may wait for something else before it answers.

    A person who opens `/connect` at once may be faster than the event of it: it looks again for two seconds.
    """
    return 2.0 if route == "/connect" else 0.0
