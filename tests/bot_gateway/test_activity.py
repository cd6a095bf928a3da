import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.bot_gateway.fakes import message

from bot_gateway.activity import Activity, spoken_text

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def read(activity: dict[str, Any]) -> Activity:
    return Activity.model_validate_json(json.dumps(activity))


def test_only_the_type_is_required() -> None:
    assert read({"type": "message"}).text is None
    for body in ("{}", '{"type":""}', '{"type":7}', "[]", "null", "", "{", '{"type":"message","text":"\\ud800"}'):
        with pytest.raises(ValidationError):
            Activity.model_validate_json(body)


@given(st.sampled_from(sorted(message())), ANY_JSON)
def test_a_field_of_the_wrong_shape_counts_as_absent(field: str, value: Any) -> None:
    if field != "type":
        read({**message(), field: value})


def test_a_strange_entity_does_not_hide_the_mention() -> None:
    activity = message("help", kind="channel")
    activity["entities"] = [7, None, {"type": 5}, *activity["entities"]]

    assert read(activity).mentions_bot
    assert spoken_text(read(activity)).strip() == "help"


def test_only_mentions_of_the_bot_itself_are_taken_out() -> None:
    dana = {"type": "mention", "mentioned": {"id": "29:x", "name": "Dana"}, "text": "<at>Dana Muster</at>"}
    activity = message("assign OPS-7 to <at>Dana Muster</at>", kind="channel")
    activity["entities"].append(dana)

    assert spoken_text(read(activity)).strip() == "assign OPS-7 to Dana Muster"


def test_text_that_only_looks_like_a_mention_stays() -> None:
    assert spoken_text(read(message("comment OPS-7 <at>Bridge</at>"))) == "comment OPS-7 <at>Bridge</at>"


def test_a_bot_of_another_name_is_no_mention_of_this_one() -> None:
    activity = message("help", kind="channel")
    activity["entities"] = [{"type": "mention", "mentioned": {"id": "28:other"}, "text": "<at>Bridge</at>"}]

    assert not read(activity).mentions_bot
