"""The commands people type: text in, command out. Verbs are whole words in any case; nothing here ever raises."""

import difflib
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
    DidYouMean,
    Disconnect,
    Help,
    InJira,
    MyData,
    OfOneJira,
    Register,
    Search,
    Show,
    Sites,
    Subscribe,
    Transition,
    Unknown,
    Unsubscribe,
    Usage,
    Verify,
    Webhook,
)

_SPACE = r"(?:\s|&nbsp;|[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff])"
"""What counts as white space between words: also no-break spaces, zero-width characters and direction marks."""
_TAG = r"</?(?:p|div|br|span)\s{0,3}/?>"
_PROJECT = r"[A-Za-z][A-Za-z0-9_]{1,79}"
_ISSUE = rf"{_PROJECT}-[1-9][0-9]{{0,17}}"

_LEADING = re.compile(rf"(?:{_SPACE}|{_TAG})*/?")
_SPACES_BEFORE = re.compile(rf"{_SPACE}*")
_SPACES_ANYWHERE = re.compile(rf"{_SPACE}+")
_SPACE_CHARACTER = re.compile(rf"{_SPACE}")
_CLOSING_TAGS = re.compile(r"(?:</(?:p|div|span)>){1,3}\Z")
_ISSUE_KEY = re.compile(rf"{_ISSUE}\Z")
_PROJECT_KEY = re.compile(rf"{_PROJECT}\Z")
_PROJECT_AND_TYPE = re.compile(rf'({_PROJECT})(?:/(?:"([^"\n]{{1,60}})"|(\w[\w-]{{0,59}})))?(?={_SPACE}|\Z)')
_BROWSE_URL = re.compile(
    rf"https?://[^\s/?#]{{1,255}}(?:/[^\s?#]{{0,1000}})?/(?:browse|issues)/({_ISSUE})/?(?:[?#]\S{{0,2000}})?\Z"
)
_ALIAS = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?\Z")
_CODE = re.compile(r"[0-9]{6,10}\Z")
_QUOTES = str.maketrans("“”„‟«»‘’‚‛", '""""""' + "''''")


@dataclass(frozen=True)
class Verb:
    """A verb: how it is written, what it does, and how what follows it is read."""

    usage: str
    does: str
    read: Callable[[str], Command | None]


def parse(text: str) -> Command | Usage | DidYouMean | Unknown:
    """Read what a person typed; an empty text asks for help."""
    start = _end(_LEADING, text)
    said = _trimmed(text[start:])
    if "<" in text[:start]:
        said = _trimmed(_CLOSING_TAGS.sub("", said))
    return _read(said) if said else Help()


def _read(said: str) -> Command | Usage | DidYouMean | Unknown:
    key = issue_key(said)
    if key:
        return Show(key)
    word, rest = _split(said)
    if word.lower() == ELSEWHERE:
        return _elsewhere(rest)
    verb = ALIASES.get(word.lower(), word.lower())
    if verb in VERBS:
        return VERBS[verb].read(rest) or Usage(verb)
    return _phrase(said) or _meant(word, rest) or Unknown()


def issue_key(text: str) -> str | None:
    """Give the key that a text is, or that a link to an issue names, in capitals."""
    found = _BROWSE_URL.match(text)
    if found:
        return found[1].upper()
    return text.upper() if _ISSUE_KEY.match(text) else None


def _elsewhere(rest: str) -> Command | Usage | DidYouMean | Unknown:
    """Read a command for another Jira than the default: its name, then the command."""
    alias, line = _split(rest)
    if not _ALIAS.match(alias) or not line or _split(line)[0].lower() == ELSEWHERE:
        return Usage(ELSEWHERE)
    meant = _read(line)
    if isinstance(meant, OfOneJira):
        return InJira(alias.lower(), meant)
    if isinstance(meant, DidYouMean) and isinstance(_read(meant.line), OfOneJira):
        return DidYouMean(f"{ELSEWHERE} {alias} {meant.line}")
    return meant if isinstance(meant, Usage | Unknown) else Usage(ELSEWHERE)


def _phrase(said: str) -> Command | DidYouMean | None:
    """Read the commands that are ordinary words, of which each has to be there."""
    if len(said) > LONGEST_PHRASE:
        return None
    line = _SPACES_ANYWHERE.sub(" ", said).lower()
    near = difflib.get_close_matches(line, SUGGESTED, n=1, cutoff=0.8)
    return PHRASES.get(line) or (DidYouMean(near[0]) if near else None)


def _meant(word: str, rest: str) -> DidYouMean | None:
    """Guess only a verb that is one slip away, and only where the whole line would then be a command."""
    if not 3 <= len(word) <= 14:
        return None
    for verb in difflib.get_close_matches(word.lower(), VERBS, n=2, cutoff=0.75):
        read = VERBS[verb].read
        if read(rest) and (line := next(filter(read, _shortened(rest)), None)) is not None:
            return DidYouMean(f"{verb} {line}".strip())
    return None


def _shortened(rest: str) -> tuple[str, ...]:
    """Give what fits into a line: the first one, and the whole, for where the first one alone says too little."""
    lines = (rest.partition("\n")[0], _SPACES_ANYWHERE.sub(" ", rest))
    return tuple(f"{line[:80]}…" if len(line) > 80 else line for line in lines)


def _alone(command: Command) -> Callable[[str], Command | None]:
    """Read a verb that takes nothing: with more words it was a sentence, not a command."""
    return lambda rest: None if rest else command


def _verify(rest: str) -> Command | None:
    code = _SPACES_ANYWHERE.sub("", rest)
    return Verify(code) if _CODE.match(code) else None


def _show(rest: str) -> Command | None:
    key = issue_key(rest)
    return Show(key) if key else None


def _create(rest: str) -> Command | None:
    first, _, description = rest.partition("\n")
    found = _PROJECT_AND_TYPE.match(first.translate(_QUOTES))
    summary = _trimmed(first[found.end() :]) if found else ""
    if not found or not summary:
        return None
    return Create(found[1].upper(), summary, _trimmed(description), found[2] or found[3])


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
    word, query = _split(rest)
    if word.lower() != "jql":
        return Search(rest) if rest else None
    return Search(query.translate(_QUOTES), jql=True) if query else None


def _project(command: type[Subscribe] | type[Unsubscribe]) -> Callable[[str], Command | None]:
    def read(rest: str) -> Command | None:
        project = _without_to(rest)
        return command(project.upper()) if _PROJECT_KEY.match(project) else None

    return read


def _key_and_rest(text: str) -> tuple[str | None, str]:
    word, rest = _split(text)
    return issue_key(word), rest


def _without_to(text: str) -> str:
    word, rest = _split(text)
    return rest if word.lower() in ("to", "from") and rest else text


def _unquoted(text: str) -> str:
    plain = text.translate(_QUOTES)
    quoted = len(plain) > 2 and plain[0] == plain[-1] and plain[0] in "\"'"
    return _trimmed(text[1:-1]) if quoted else text


def _split(text: str) -> tuple[str, str]:
    """Split at the first white space."""
    found = _SPACES_ANYWHERE.search(text)
    return (text, "") if found is None else (text[: found.start()], _trimmed(text[found.end() :]))


def _trimmed(text: str) -> str:
    """Cut white space, also the invisible kind, from both ends."""
    if text[:1].isalnum() and text[-1:].isalnum():
        return text.replace("\r\n", "\n")
    start, end = _end(_SPACES_BEFORE, text), len(text)
    while end > start:
        width = 6 if text.endswith("&nbsp;", start, end) else 1
        if not _SPACE_CHARACTER.fullmatch(text, end - width, end):
            break
        end -= width
    return text[start:end].replace("\r\n", "\n")


def _end(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.match(text)
    return found.end() if found else 0


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
ELSEWHERE = "on"
PHRASES: dict[str, Command] = {
    "my data": MyData(),
    "delete my data": DeleteMyData(),
    "delete my data yes": DeleteMyData(confirmed=True),
}
SUGGESTED = ("my data", "delete my data")
LONGEST_PHRASE = 40
ALIASES = {"move": "transition", "find": "search", "?": "help", "hi": "help", "hello": "help"}
