"""The small markdown of Teams' messages and cards, as styled terminal text."""

import html
import re
from datetime import datetime

from rich.style import Style
from rich.text import Text

UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
"""Control characters: they would let what people write in Jira or Teams steer the terminal."""
INSTANT = re.compile(r"\{\{(?P<part>DATE|TIME)\((?P<at>[^,)]+)(?:,\s*\w+)?\)\}\}")
TOKEN = re.compile(
    r"""\\(?P<escaped>[\\`*_{}\[\]()#+.!~>|<&-])
      | \[(?P<label>(?:\\.|[^\]\\])*)\]\((?P<url>[^)\s]*)\)
      | \*\*(?P<bold>.+?)\*\*
      | `(?P<code>[^`]+)`
      | (?<!\w)(?P<mark>[*_])(?P<italic>[^*_]+?)(?P=mark)(?!\w)
      | <at>(?P<mention>.*?)</at>
    """,
    re.VERBOSE | re.DOTALL,
)


def raw(source: object) -> str:
    """Text that is no markdown, without what could steer the terminal."""
    return UNSEEN.sub("", str(source))


def styled(source: object) -> Text:
    """Bold, italic, code, links and mentions; backslash escapes and entities resolved; all else as it stands."""
    lines = INSTANT.sub(_instant, raw(source)).replace("\n\n", "\n").split("\n")
    text = Text("\n").join(_inline(re.sub(r"^\s*[-*] ", "• ", line)) for line in lines)
    text.rstrip()
    return text


def _instant(match: re.Match[str]) -> str:
    """A date or time of a card, in the time zone of this machine."""
    try:
        at = datetime.fromisoformat(match["at"]).astimezone()
    except ValueError:
        return match[0]
    return at.strftime("%Y-%m-%d" if match["part"] == "DATE" else "%H:%M")


def _inline(source: str) -> Text:
    text, end = Text(), 0
    for match in TOKEN.finditer(source):
        text.append(html.unescape(source[end : match.start()]))
        text.append_text(_token(match))
        end = match.end()
    text.append(html.unescape(source[end:]))
    return text


def _token(match: re.Match[str]) -> Text:
    found = match.groupdict()
    if found["escaped"] is not None:
        return Text(found["escaped"])
    if found["label"] is not None:
        label = _inline(found["label"])
        label.stylize(Style(underline=True, color="cyan"))
        return label
    for name, style in (("bold", "bold"), ("italic", "italic"), ("mention", "bold cyan")):
        if found[name] is not None:
            inner = _inline(found[name])
            inner.stylize(style)
            return inner
    return Text(found["code"], "bold")
