"""What all pages of one registration have in common."""

from dataclasses import dataclass

from tenant_registry.http.pages_guard import FORM_FIELD
from tenant_registry.http.pages_html import Html, tag


@dataclass(frozen=True)
class Desk:
    """What all pages of a registration need: the path of the service, its address, and the form's token."""

    root: str
    public_url: str
    form_token: str

    def at(self, tenant_id: str, *more: str) -> str:
        """Give the address of a page."""
        return "/".join((f"{self.root}/register/{tenant_id}", *more))

    def button(self, text: str, action: str, *, look: str = "main") -> Html:
        """Give a form that is a button."""
        token = tag("input", type="hidden", name=FORM_FIELD, value=self.form_token)
        return tag("form", token, tag("button", text, type="submit", class_=look), method="post", action=action)

    def check(self, tenant_id: str, text: str, look: str = "main") -> Html:
        """Give the button that has the checks run."""
        return tag("div", self.button(text, self.at(tenant_id, "checks"), look=look), class_="buttons")
