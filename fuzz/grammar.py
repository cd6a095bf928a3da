"""What people type: read without an error, quickly, and to the same meaning however often it is read."""

from hypothesis import strategies as st

from bot_gateway.commands import Comment, DidYouMean, Show, Subscribe, Unknown, Unsubscribe, Usage, Verify
from bot_gateway.grammar import parse
from bot_gateway.verbs import VERBS
from fuzz.found import Found
from fuzz.strange import HUGE, TEXT, TEXT_OR_HUGE
from fuzz.trying import Amount, hold

SPACES = st.sampled_from([" ", "\u00a0", "&nbsp;", "\u200b ", "\n", "  ", "<br>", "</p><p>"])
SUBJECTS = st.sampled_from(
    ["OPS-7", "ops-7", "OPS", "me", "https://jira.example/browse/OPS-7", "on", "to", "“", '"', ""]
)
STARTS = st.sampled_from(
    [*VERBS, "move", "coment", "on acme", "on acme comment", "<p>help", "my data", "delte my data"]
)
LINES = st.one_of(
    TEXT_OR_HUGE,
    st.tuples(STARTS, SPACES, SUBJECTS, SPACES, TEXT_OR_HUGE).map("".join),
    st.tuples(STARTS, SPACES, TEXT, st.sampled_from(HUGE)).map("".join),
)


def fuzz(amount: Amount) -> Found:
    """Let lines be read."""
    found = Found("grammar", tell=amount.tell)
    hold(found, amount, LINES, read)
    return found


def read(line: str) -> None:
    """Read a line; raises where the grammar contradicts itself."""
    meant = parse(line)
    assert parse(line) == meant, "read twice, it means two things"
    assert parse(f"  {line}\n") == meant, "spaces around a line change its meaning"
    match meant:
        case DidYouMean(suggested):
            again = parse(suggested)
            assert not isinstance(again, DidYouMean | Unknown | Usage), "what is suggested is no command itself"
        case Comment(issue, text):
            assert parse(f"comment {issue} {text}") == meant, "written out, a comment is another one"
        case Show(issue):
            assert parse(issue) == parse(f"show {issue}") == meant, "written out, a key is another one"
        case Subscribe(project):
            assert parse(f"subscribe {project}") == meant, "written out, a project is another one"
        case Unsubscribe(project):
            assert parse(f"unsubscribe {project}") == meant, "written out, a project is another one"
        case Verify(code):
            assert parse(f"verify {code}") == meant, "written out, a code is another one"
