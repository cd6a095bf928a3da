"""Strange values: texts, JSON of any shape, bytes, and good JSON with something wrong in it."""

import copy
from typing import Any

from hypothesis import strategies as st

MARKUP = ("<at>Bridge</at>", "[x](https://evil.example)", "**b**", "{{DATE(2017-02-14T06:08:00Z)}}", "${7*7}", "&nbsp;")
ODD = (
    "\ud800",
    "\u202e",
    "\u0000",
    "\ufeff",
    "\u200b",
    "e\u0301" * 50,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "ﷺ",
    "٣",
    "İ",
)
HUGE = ("x" * 50_000, "🔥" * 20_000, "[" * 10_000, "a b " * 10_000, "-1" * 10_000)
NUMBERS = (0, -1, 2**31, 2**63, 2**64, 10**30, -(10**400), 1e308, 5e-324)
WORDS = (
    "true",
    "null",
    "OPS-7",
    "comment OPS-7 x",
    "id",
    "type",
    "https://[",
    "../../etc/passwd",
    "1970-01-01T00:00:00Z",
)
PIECES = st.sampled_from([*MARKUP, *ODD, *WORDS, "\n", " "])
TEXT = st.one_of(st.text(max_size=20), PIECES, st.tuples(PIECES, st.text(max_size=8), PIECES).map("".join))
TEXT_OR_HUGE = st.one_of(*[TEXT] * 9, st.sampled_from(HUGE))
SCALAR = (
    st.none() | st.booleans() | st.integers() | st.sampled_from(NUMBERS) | st.floats(allow_nan=False) | TEXT_OR_HUGE
)
JSON = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=8
)
DEEP = st.integers(10, 400).map(lambda depth: _nested(depth))
ANYTHING = st.one_of(JSON, JSON, JSON, DEEP)
RAW = st.binary(max_size=200) | st.sampled_from(
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a":' * 20_000,
        b"NaN",
        b"null",
        b'"\\ud800"',
        b"{}",
        b"\x00" * 5000,
    ]
)


@st.composite
def mutated(draw: st.DrawFn, good: Any, most: int = 3) -> Any:
    """Draw `good` JSON with up to `most` of its parts replaced, taken out, doubled or joined by others."""
    changed = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, most))):
        _change(draw, changed)
    return changed


def _change(draw: st.DrawFn, whole: Any) -> None:
    """Walk to a random place and change it."""
    inside = whole
    while True:
        names = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        if not names:
            return
        name = draw(st.sampled_from(names))
        below = inside[name]
        if not (isinstance(below, dict | list) and below and draw(st.integers(0, 3))):
            break
        inside = below
    match draw(st.integers(0, 5)):
        case 0:
            del inside[name]
        case 1 if isinstance(inside, dict):
            inside[draw(TEXT)] = draw(ANYTHING)
        case 2:
            inside[name] = [below, below]
        case 3:
            inside[name] = {"value": below}
        case _:
            inside[name] = draw(ANYTHING)


def _nested(depth: int) -> Any:
    inner: Any = 1
    for level in range(depth):
        inner = [inner] if level % 2 else {"a": inner}
    return inner
