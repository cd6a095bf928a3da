"""The verbs: how each is written, what it does, and how what follows it is read."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot_gateway.commands import (
    Assign,
    Command,
    Comment,
    Connect,
    Create,
    DeleteMyData,
    Disconnect,
    Help,
    MyData,
    Register,
    Search,
    Show,
    Sites,
    Subscribe,
    Transition,
    Unsubscribe,
    Verify,
    Webhook,
)
from bot_gateway.typed_text import SPACE, SPACES, split, trimmed

_PROJECT = r"[A-Za-z][A-Za-z0-9_]{1,79}"
_ISSUE = rf"{_PROJECT}-[1-9][0-9]{{0,17}}"
_ISSUE_KEY = re.compile(rf"{_ISSUE}\Z")
_PROJECT_KEY = re.compile(rf"{_PROJECT}\Z")
_PROJECT_AND_TYPE = re.compile(rf'({_PROJECT})(?:/(?:"([^"\n]{{1,60}})"|(\w[\w-]{{0,59}})))?(?={SPACE}|\Z)')
_BROWSE_URL = re.compile(
    rf"https?://[^\s/?#]{{1,255}}(?:/[^\s?#]{{0,1000}})?/(?:browse|issues)/({_ISSUE})/?(?:[?#]\S{{0,2000}})?\Z"
)
_CODE = re.compile(r"[0-9]{6,10}\Z")
_QUOTES = str.maketrans("“”„‟«»‘’‚‛", '""""""' + "''''")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")


@dataclass(frozen=True)
class Verb:
    """A verb: how it is written, what it does, and how what follows it is read."""

    usage: str
    does: str
    read: Callable[[str], Command | None]


def issue_key(text: str) -> str | None:
    """Give the key that a text is, or that a link to an issue names, in capitals."""
    found = _BROWSE_URL.match(text)
    if found:
        return found[1].upper()
    return text.upper() if _ISSUE_KEY.match(text) else None


def _alone(command: Command) -> Callable[[str], Command | None]:
    """Read a verb that takes nothing: with more words it was a sentence, not a command."""
    return lambda rest: None if rest else command


def _verify(rest: str) -> Command | None:
    code = SPACES.sub("", rest).translate(_FULL_WIDTH)
    return Verify(code) if _CODE.match(code) else None


def _show(rest: str) -> Command | None:
    key = issue_key(rest)
    return Show(key) if key else None


def _create(rest: str) -> Command | None:
    first, _, description = rest.partition("\n")
    found = _PROJECT_AND_TYPE.match(first.translate(_QUOTES))
    summary = trimmed(first[found.end() :]) if found else ""
    if not found or not summary:
        return None
    return Create(found[1].upper(), summary, trimmed(description), found[2] or found[3])


def _comment(rest: str) -> Command | None:
    key, text = _key_and_rest(rest)
    return Comment(key, text) if key and text else None


def _assign(rest: str) -> Command | None:
    key, who = _key_and_rest(rest)
    name = _unquoted(_without_to(who)).removeprefix("@").strip()
    if not key or not name or "\n" in name:
        return None
    return Assign(key, "me" if name.lower() in ("me", "myself") else name)


def _transition(rest: str) -> Command | None:
    key, status = _key_and_rest(rest)
    name = _unquoted(_without_to(status))
    return Transition(key, name) if key and name and "\n" not in name else None


def _search(rest: str) -> Command | None:
    word, query = split(rest)
    if word.lower() != "jql":
        return Search(rest) if rest else None
    return Search(query.translate(_QUOTES), jql=True) if query else None


def _project(command: type[Subscribe] | type[Unsubscribe]) -> Callable[[str], Command | None]:
    def read(rest: str) -> Command | None:
        project = _without_to(rest)
        return command(project.upper()) if _PROJECT_KEY.match(project) else None

    return read


def _key_and_rest(text: str) -> tuple[str | None, str]:
    word, rest = split(text)
    return issue_key(word), rest


def _without_to(text: str) -> str:
    word, rest = split(text)
    return rest if word.lower() in ("to", "from") and rest else text


def _unquoted(text: str) -> str:
    plain = text.translate(_QUOTES)
    quoted = len(plain) > 2 and plain[0] == plain[-1] and plain[0] in "\"'"
    return trimmed(text[1:-1]) if quoted else text


VERBS: dict[str, Verb] = {
    "help": Verb("help", "what you can ask", lambda rest: Help() if len(rest) <= 20 else None),
    "connect": Verb("connect", "let me act in Jira as you", _alone(Connect())),
    "verify": Verb("verify CODE", "the code that your browser showed after connecting", _verify),
    "disconnect": Verb("disconnect", "take that back; what I hold is erased", _alone(Disconnect())),
    "show": Verb("show OPS-7", "an issue; its key or link alone does the same", _show),
    "create": Verb(
        "create OPS printer on fire",
        "a new issue; “create OPS/Bug …” names its type, further lines describe it",
        _create,
    ),
    "comment": Verb("comment OPS-7 text", "a comment, over as many lines as you like", _comment),
    "assign": Verb("assign OPS-7 to me", "or to somebody else's name", _assign),
    "transition": Verb("transition OPS-7 to Done", "another status; “move” means the same", _transition),
    "search": Verb("search printer fire", "issues with these words; after “search jql”, a JQL query", _search),
    "subscribe": Verb("subscribe OPS", "this conversation hears of changes in the project", _project(Subscribe)),
    "unsubscribe": Verb("unsubscribe OPS", "and no more", _project(Unsubscribe)),
    "jiras": Verb("jiras", "which Jiras there are, and where you are connected", _alone(Sites())),
    "on": Verb(
        "on eu comment OPS-7 text", "a command for the Jira that is called “eu”, not for the default", lambda _: None
    ),
    "my data": Verb("my data", "what I store about you", _alone(MyData())),
    "delete my data": Verb("delete my data", "all of that; I ask once more before I do it", _alone(DeleteMyData())),
    "webhook": Verb("webhook", "have Jira tell me of changes (administrators)", _alone(Webhook())),
    "register": Verb("register", "a code to register a Jira (administrators)", _alone(Register())),
}
