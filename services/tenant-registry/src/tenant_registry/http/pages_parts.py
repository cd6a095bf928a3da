"""Pieces that several pages have: fields of forms, what to copy, what is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tenant_registry.http.pages_html import NOTHING, Html, inner, tag

STEPS = ("Register", "Enter in Jira", "Check the connection")
LONG = 60


@dataclass(frozen=True)
class Field:
    """One field of a form."""

    name: str
    label: str
    hint: str | Html = ""
    kind: Literal["text", "url", "password", "lines"] = "text"
    optional: bool = True

    @property
    def shown(self) -> str:
        """Give the label as people see it."""
        return f"{self.label} (optional)" if self.optional else self.label


@dataclass(frozen=True)
class Said:
    """What a form's fields hold, and what is wrong with them, by their names; "" is the whole form."""

    texts: Mapping[str, str]
    problems: Mapping[str, str]


def control(field: Field, said: Said) -> Html:
    """Give a field with its label, its hint, and what is wrong with it."""
    problem = said.problems.get(field.name)
    described = " ".join(
        part for part, there in ((f"{field.name}-hint", field.hint), (f"{field.name}-wrong", problem)) if there
    )
    facts: dict[str, str | bool | None] = {
        "id": field.name,
        "name": field.name,
        "aria_describedby": described or None,
        "aria_invalid": "true" if problem else None,
        "required": not field.optional,
        "autocomplete": "off",
        "autocapitalize": "none",
        "spellcheck": "false",
    }
    text = said.texts.get(field.name, "")
    if field.kind == "lines":
        entry = tag("textarea", f"\n{text}", rows="3", **facts)
    else:
        entry = tag("input", type=field.kind, value=None if field.kind == "password" else text, **facts)
    return tag(
        "div",
        tag("label", field.shown, for_=field.name),
        tag("p", field.hint, id=f"{field.name}-hint", class_="hint") if field.hint else NOTHING,
        wrong(field.name, said),
        entry,
        class_="field wrong" if problem else "field",
    )


def wrong(name: str, said: Said) -> Html:
    """Give what is wrong with a field, next to it."""
    problem = said.problems.get(name)
    return tag("p", problem, id=f"{name}-wrong", class_="problem") if problem else NOTHING


def summary(said: Said, fields: Sequence[str]) -> Html:
    """Give all that is wrong, each with a link to its field; it has the focus, so that it is read out first."""
    if not said.problems:
        return NOTHING
    items = [tag("li", tag("a", said.problems[name], href=f"#{name}")) for name in fields if name in said.problems]
    general = [tag("p", said.problems[""])] if "" in said.problems else []
    return tag(
        "div",
        tag("h2", "Something is not right yet", id="wrong-title"),
        *general,
        tag("ul", *items) if items else NOTHING,
        class_="summary",
        id="wrong",
        role="alert",
        tabindex="-1",
        autofocus=True,
        aria_labelledby="wrong-title",
    )


def steps(now: int) -> Html:
    """Give the three steps; `now` counts from 0."""
    items = []
    for number, name in enumerate(STEPS):
        state = "done" if number < now else "now" if number == now else "later"
        spoken = tag("span", " (done)", class_="spoken") if state == "done" else NOTHING
        items.append(tag("li", name, spoken, class_=state, aria_current="step" if state == "now" else None))
    return tag("ol", *items, class_="steps", aria_label="Steps")


def copyable(name: str, value: str, *, secret: bool = False) -> Html:
    """Give a value to copy: one click selects it; with scripts it gets a button."""
    many = "\n" in value or len(value) > LONG
    shown = tag(
        "pre" if many else "code",
        value,
        class_="value",
        tabindex="0",
        role="textbox",
        aria_readonly="true",
        aria_multiline="true" if many else None,
        aria_label=name,
    )
    return tag("div", shown, class_="copy", data_copy=name, data_secret="yes" if secret else None)


def away(url: str, text: str) -> Html:
    """Give a link into Jira, which opens beside this page."""
    spoken = tag("span", " (opens in a new tab)", class_="spoken")
    return tag("a", text, spoken, href=url, target="_blank", rel="noopener noreferrer")


def paragraphs(*texts: str) -> Html:
    """Give paragraphs."""
    return inner(*(tag("p", text) for text in texts))
