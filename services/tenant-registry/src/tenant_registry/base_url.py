"""A Jira's base URL as it is stored, and as people say it. Pure."""

from contracts.base_url import taken_apart


def canonical(text: str, *, allow_http: bool) -> str:
    """Give the one form of what somebody typed or pasted. Raises BadBaseUrl."""
    return taken_apart(text.strip(), allow_http=allow_http).url


def site(base_url: str) -> str:
    """Give what people call it: host, port if unusual, and context path."""
    return base_url.split("://", 1)[1]
