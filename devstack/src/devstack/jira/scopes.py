"""The scopes of OAuth 2.0 in Jira: each includes those before it, and none gives more than the person may do."""

SCOPES = ("READ", "WRITE", "ADMIN", "SYSTEM_ADMIN")


def known(scope: str) -> bool:
    """Whether this is one scope, or some with spaces between them."""
    names = scope.split()
    return bool(names) and set(names) <= set(SCOPES)


def includes(granted: str | None, wanted: str) -> bool:
    """Whether what was granted covers all that is wanted; nothing limits a caller who came without a scope."""
    return granted is None or _rank(wanted) <= _rank(granted)


def _rank(scope: str) -> int:
    return max(SCOPES.index(name) for name in scope.split())
