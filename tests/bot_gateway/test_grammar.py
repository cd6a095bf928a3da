import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot_gateway.commands import (
    Assign,
    Comment,
    Connect,
    Create,
    DeleteMyData,
    DidYouMean,
    Disconnect,
    Help,
    InJira,
    MyData,
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
from bot_gateway.grammar import parse
from bot_gateway.verbs import VERBS, issue_key

UNDERSTOOD = {
    "help": Help(),
    "?": Help(),
    "help me please": Help(),
    "Hello": Help(),
    "": Help(),
    " \n\u200b": Help(),
    "register": Register(),
    "CONNECT": Connect(),
    "/connect": Connect(),
    "disconnect.": DidYouMean("disconnect"),
    "connect me to the printer": Usage("connect"),
    "connect me": Usage("connect"),
    "connect eu": DidYouMean("on eu connect"),
    "Disconnect EU-2": DidYouMean("on EU-2 disconnect"),
    "webhook eu": DidYouMean("on eu webhook"),
    "webhook e_u": Usage("webhook"),
    "connect eu us": Usage("connect"),
    "on eu connect us": Usage("connect"),
    "register eu": Usage("register"),
    "jiras eu": Usage("jiras"),
    "comment eu": Usage("comment"),
    "verify 12345678": Verify("12345678"),
    "verify 1234 5678": Verify("12345678"),
    "verify ١٢٣٤٥٦٧٨": Usage("verify"),
    "verify １２３４ ５６７８": Verify("12345678"),
    "verify": Usage("verify"),
    "OPS-7": Show("OPS-7"),
    "ops-7": Show("OPS-7"),
    "A_1-12\n": Show("A_1-12"),
    "show ops-7": Show("OPS-7"),
    "OPS-0": Unknown(),
    "OPS-7.": Unknown(),
    "OPS-٧": Unknown(),
    "OPS-7 please": Unknown(),
    "https://jira.example.com/browse/OPS-7": Show("OPS-7"),
    "https://jira.example.com:8443/jira/browse/ops-7?focusedCommentId=1#c": Show("OPS-7"),
    "https://jira.example.com/projects/OPS/issues/OPS-7": Show("OPS-7"),
    "comment https://jira.example.com/browse/OPS-7 done": Comment("OPS-7", "done"),
    "javascript://jira.example.com/browse/OPS-7": Unknown(),
    "create OPS printer on fire": Create("OPS", "printer on fire"),
    "create ops/Bug printer on fire": Create("OPS", "printer on fire", issue_type="Bug"),
    "create OPS/“New Feature” a b": Create("OPS", "a b", issue_type="New Feature"),
    "create OPS bug: on fire": Create("OPS", "bug: on fire"),
    "create OPS on fire\r\n\r\nIt smokes.\nA lot.": Create("OPS", "on fire", "It smokes.\nA lot."),
    "create OPS": Usage("create"),
    "create OPS/ fire": Usage("create"),
    "create": Usage("create"),
    "comment OPS-7 deployed to staging": Comment("OPS-7", "deployed to staging"),
    "comment\u00a0ops-7\u200b\u00a0 one\n two \n": Comment("OPS-7", "one\n two"),
    "comment OPS-7\nfirst\nsecond": Comment("OPS-7", "first\nsecond"),
    "comment OPS-7 *bold* {code}x{code} <b>“hi”</b> 👩‍👩‍👧 שלום": Comment(
        "OPS-7", "*bold* {code}x{code} <b>“hi”</b> 👩‍👩‍👧 שלום"
    ),
    "comment OPS-7": Usage("comment"),
    "comment this": Usage("comment"),
    "assign OPS-7 to me": Assign("OPS-7", "me"),
    "assign OPS-7 ME": Assign("OPS-7", "me"),
    "assign OPS-7 to @Dana Muster": Assign("OPS-7", "Dana Muster"),
    "assign OPS-7 to “Dana”": Assign("OPS-7", "Dana"),
    "assign OPS-7 to": Assign("OPS-7", "to"),
    "assign OPS-7": Usage("assign"),
    "transition OPS-7 to In Progress": Transition("OPS-7", "In Progress"),
    "move OPS-7 Done": Transition("OPS-7", "Done"),
    "transition OPS-7": Usage("transition"),
    "search printer fire": Search("printer fire"),
    "search jql project = OPS AND summary ~ “fire”": Search('project = OPS AND summary ~ "fire"', jql=True),
    "search jql": Usage("search"),
    "search": Usage("search"),
    "subscribe OPS": Subscribe("OPS"),
    "subscribe to ops": Subscribe("OPS"),
    "unsubscribe from OPS": Unsubscribe("OPS"),
    "subscribe OPS-7": Usage("subscribe"),
    "disconnect": Disconnect(),
    "<p>help</p>": Help(),
    "&nbsp;<div>comment OPS-7 <i>kept</i></div>": Comment("OPS-7", "<i>kept</i>"),
    "comment OPS-7 <p>kept</p>": Comment("OPS-7", "<p>kept</p>"),
    "coment OPS-7 hello": DidYouMean("comment OPS-7 hello"),
    "coment OPS-7\ndeployed\nto staging": DidYouMean("comment OPS-7 deployed to staging"),
    "craete OPS on fire\nIt smokes.": DidYouMean("create OPS on fire"),
    "coment OPS-7 " + "x" * 90: DidYouMean("comment OPS-7 " + "x" * 74 + "…"),
    f"coment https://jira.example.com/{'x' * 90}/browse/OPS-7 hello": Unknown(),
    "asign ops-7 me": DidYouMean("assign ops-7 me"),
    "serach fire": DidYouMean("search fire"),
    "hepl": DidYouMean("help"),
    "jiras": Sites(),
    "jira": DidYouMean("jiras"),
    "webhook": Webhook(),
    "webhook please": Usage("webhook"),
    "My  data": MyData(),
    "my\u00a0data": MyData(),
    "mydata": DidYouMean("my data"),
    "my printer": Unknown(),
    "my": Unknown(),
    "delete my data": DeleteMyData(),
    "delete my data yes": DeleteMyData(confirmed=True),
    "delete my data please": DidYouMean("delete my data"),
    "delete my data yes please": Unknown(),
    "delet my data": DidYouMean("delete my data"),
    "delete OPS-7": Unknown(),
    "delete": Unknown(),
    "on EU comment OPS-7 hi": InJira("eu", Comment("OPS-7", "hi")),
    "on eu OPS-7": InJira("eu", Show("OPS-7")),
    "on eu-2\nconnect": InJira("eu-2", Connect()),
    "On eu disconnect": InJira("eu", Disconnect()),
    "on eu subscribe OPS": InJira("eu", Subscribe("OPS")),
    "on eu webhook": InJira("eu", Webhook()),
    "on eu create OPS a\nb": InJira("eu", Create("OPS", "a", "b")),
    "on eu comment OPS-7": Usage("comment"),
    "on eu coment OPS-7 hi": DidYouMean("on eu comment OPS-7 hi"),
    "on eu": Usage("on"),
    "on": Usage("on"),
    "on eu on us OPS-7": Usage("on"),
    "on e_u OPS-7": Usage("on"),
    "on -eu OPS-7": Usage("on"),
    "on " + "e" * 33 + " OPS-7": Usage("on"),
    "on eu my data": Usage("on"),
    "on eu delete my data yes": Usage("on"),
    "on eu delet my data": Usage("on"),
    "on eu register": Usage("on"),
    "on eu help": Usage("on"),
    "on my way home": Unknown(),
    "commented on the printer": Unknown(),
    "connecting people": Unknown(),
    "what is going on": Unknown(),
    "🔥": Unknown(),
}


@pytest.mark.parametrize(("said", "meant"), UNDERSTOOD.items(), ids=[repr(said) for said in UNDERSTOOD])
def test_a_command_means_what_it_says(said: str, meant: object) -> None:
    assert parse(said) == meant


@given(st.text(max_size=300))
def test_whatever_is_typed_is_read_without_an_error(text: str) -> None:
    parse(text)


@given(
    st.sampled_from([*VERBS, "move", "coment", ""]),
    st.sampled_from([" ", "\u00a0", "&nbsp;", "\u200b ", "\n"]),
    st.text(max_size=100),
)
def test_whatever_follows_a_verb_is_read_without_an_error(verb: str, space: str, rest: str) -> None:
    parse(f"{verb}{space}{rest}")


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9_]{1,9}-[1-9][0-9]{0,6}", fullmatch=True))
def test_every_issue_key_is_recognised_in_any_case(key: str) -> None:
    assert parse(key) == Show(key.upper())
    assert parse(f"comment {key} x") == Comment(key.upper(), "x")


@given(st.text(alphabet="Aa1-_ .\n0٣é", max_size=12))
def test_what_is_no_issue_key_is_not_taken_for_one(text: str) -> None:
    assert (issue_key(text) is not None) == bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]+-[1-9][0-9]*", text, re.ASCII))


@given(st.text(min_size=1, max_size=200).filter(lambda text: text.isprintable() and text == text.strip()))
def test_a_comment_is_passed_on_untouched(text: str) -> None:
    said = parse(f"comment OPS-7 {text}")

    if isinstance(said, Comment) and not re.search(r"[\u00ad\u061c\u180e]|&nbsp;", text):
        assert said.text == text


@pytest.mark.parametrize(
    "piece",
    [
        " ",
        "&nbsp;",
        "<p>",
        "</p>",
        "\u200b",
        "a",
        "OPS-7 ",
        "on a ",
        "delete my ",
        "/",
        "https://",
        "https://a/browse/",
        "-",
        "“",
        "<br",
    ],
)
@pytest.mark.parametrize(
    "before", ["", "comment OPS-7 ", "create OPS ", "create OPS/", "on eu ", "my ", "transition OPS-7 "]
)
def test_long_texts_take_no_long_time(before: str, piece: str) -> None:
    text = before + piece * (200_000 // len(piece))
    start = time.process_time()

    parse(text)

    assert time.process_time() - start < 1


def test_every_usage_line_is_itself_a_command() -> None:
    for name, verb in VERBS.items():
        written = verb.usage.replace("CODE", "12345678").split(" or ")[0]
        assert not isinstance(parse(written), Usage | DidYouMean | Unknown), name
