"""What Jira's administrator enters where. Pure."""

from pydantic import Field

from contracts.hooks import SCREEN, events_in_words
from tenant_registry.http.camel import Camel

LINKS_SCREEN = "/plugins/servlet/applinks/listApplicationLinks"
SCOPE = "WRITE"
"""Of OAuth 2.0. No more is asked for, so creating webhooks, which takes ADMIN, is left to Jira's administrator."""
CONSUMER_NAME = "Bridge"


class Paste(Camel):
    """One field of one of Jira's screens."""

    screen: str = Field(description="The screen's address.")
    field: str = Field(description="The field as Jira calls it.")
    value: str


def application_link(base_url: str, public_url: str, consumer_key: str, public_key: str) -> list[Paste]:
    """Give the fields of an OAuth 1.0a application link: Create link, Atlassian product or external, Incoming."""
    fields = {
        "Consumer Key": consumer_key,
        "Consumer Name": CONSUMER_NAME,
        "Public Key": public_key,
        "Consumer Callback URL": f"{public_url}/oauth/callback",
    }
    return _on(base_url + LINKS_SCREEN, fields)


def incoming_link(base_url: str, public_url: str) -> list[Paste]:
    """Give the fields of an OAuth 2.0 link: Create link, External application, Incoming."""
    fields = {"Name": CONSUMER_NAME, "Redirect URL": f"{public_url}/oauth/callback", "Permission": SCOPE.capitalize()}
    return _on(base_url + LINKS_SCREEN, fields)


def webhook(base_url: str, url: str, secret: str | None) -> list[Paste]:
    """Give the fields of the webhook."""
    fields = {"Name": CONSUMER_NAME, "URL": url, **({"Secret": secret} if secret else {}), "Events": events_in_words()}
    return _on(base_url + SCREEN, fields)


def _on(screen: str, fields: dict[str, str]) -> list[Paste]:
    return [Paste(screen=screen, field=name, value=value) for name, value in fields.items()]
