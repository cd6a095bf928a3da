"""`bridge trace`: one message's story, from its headers."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from tests.bridge.fakes import StoredRecord
from tests.bridge.terminal import Bridge
from tests.chassis.cluster import Cluster, asked, until

from bridge.timeline import Kin, milliseconds_between, names, timeline, trace_of
from chassis.errors import Poison
from contracts.outcomes import CommentAdded, Issue
from contracts.teams import CommentAsked

TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


def stored(topic: str, at: int, **headers: str) -> StoredRecord:
    told = {"ce_type": "bridge.comment-asked.v1", "ce_source": "/bridge/bot-gateway", "ce_id": "1", **headers}
    return StoredRecord(topic, 0, at, b"k", b"{}", [(name, value.encode()) for name, value in told.items()], at)


def test_a_story_is_told_in_its_order_with_the_time_between_its_steps() -> None:
    steps = timeline(
        [
            stored("jira.outcomes.v1", 5_900, ce_source="/bridge/jira-actor", ce_id="2"),
            stored("teams.intents.v1", 5_000, replayed_from="0-5"),
            stored("dead-letters.v1", 3_000, dlq_reason="invalid", dlq_detail="no", dlq_attempts="3", dlq_service="x"),
            stored("jira-actor.retry.v1", 1_012, retry_due="12:00", retry_attempts="1"),
            stored("teams.intents.v1", 1_000),
            stored("teams.intents.v1", 1_001),
        ]
    )

    assert [(step.service, step.what, step.note) for step in steps] == [
        ("bot-gateway", "published", ""),
        ("bot-gateway", "published again", ""),
        ("jira-actor", "parked", "until 12:00 after 1 attempt"),
        ("x", "dead letter", "invalid after 3 attempts: no"),
        ("bridge", "replayed", "from dead letter 0-5"),
        ("jira-actor", "published", ""),
    ]
    assert milliseconds_between(steps) == [0, 1, 11, 1_988, 2_000, 900]


def test_a_question_to_key_vault_belongs_to_the_story_in_whose_trace_it_was_asked() -> None:
    kin = Kin()
    kin.begin(StoredRecord("teams.intents.v1", 0, 0, b"k", b"", [("correlation_id", b"i"), ("traceparent", TRACE)]))

    assert kin.has(StoredRecord("keys.requests.v1", 0, 0, b"k", b"", [("traceparent", TRACE[:36] + TRACE[36:])]))
    assert kin.has(StoredRecord("jira.outcomes.v1", 0, 0, b"k", b"", [("correlation_id", b"i")]))
    assert not kin.has(StoredRecord("jira.outcomes.v1", 0, 0, b"k", b"", [("correlation_id", b"j")]))
    assert not Kin().has(StoredRecord("jira.outcomes.v1", 0, 0, b"k", b"", []))


def test_a_question_that_several_stories_share_belongs_to_each_of_them_with_its_answer_and_to_no_other() -> None:
    def record(topic: str, *headers: tuple[str, bytes]) -> StoredRecord:
        return StoredRecord(topic, 0, 0, b"k", b"", list(headers))

    question = record("keys.requests.v1", ("shared_by", b"i"), ("shared_by", b"j"), ("correlation_id", b"q"))
    answer = record("keys.replies.v1", ("correlation_id", b"q"))
    for story in (b"i", b"j"):
        kin = Kin()
        kin.begin(record("teams.intents.v1", ("correlation_id", story)))
        assert kin.has(question)
        assert not kin.has(answer), "nothing tells yet that it is"
        assert kin.learn(question)
        assert kin.has(answer)
        assert not kin.learn(question), "there is nothing more to learn"
        assert not kin.has(record("jira.outcomes.v1", ("correlation_id", b"k")))
    other = Kin(correlation_ids={b"k"})
    assert not other.has(question)
    assert not other.learn(question)
    assert not other.has(answer)


def test_a_message_without_a_correlation_id_is_found_with_its_dead_letter_by_the_id_of_its_event() -> None:
    kin = Kin()
    kin.begin(StoredRecord("teams.intents.v1", 0, 0, b"k", b"", [("ce_id", b"1")]))

    letter = [("ce_id", b"1"), ("correlation_id", b"teams.intents.v1/0/0")]
    assert kin.has(StoredRecord("dead-letters.v1", 0, 0, b"k", b"", letter))


@pytest.mark.parametrize("wrong", [None, b"", b"00-short-b7ad6b7169203331-00", b"\xff"])
def test_what_is_no_trace_context_names_no_trace(wrong: bytes | None) -> None:
    assert trace_of(wrong) is None


def test_a_message_is_named_by_the_ids_of_its_event_and_its_story_and_by_its_place_as_a_dead_letter() -> None:
    headers = [("ce_id", b"1"), ("correlation_id", b"2"), ("ce_subject", b"3")]
    record = StoredRecord("dead-letters.v1", 4, 5, b"k", b"", headers)

    assert [wanted for wanted in (b"1", b"2", b"3", b"4-5") if names(record, wanted)] == [b"1", b"2", b"4-5"]


async def test_a_story_is_found_by_any_of_its_ids_and_no_value_is_told(cluster: Cluster, bridge: Bridge) -> None:
    wish = asked("ada", "words of a person")
    wish = wish.model_copy(update={"origin": wish.origin.model_copy(update={"activity_id": "1732181234567"})})
    intent_id = wish.origin.intent_id
    comments: list[str] = []

    async def handler(event: CommentAsked) -> CommentAdded:
        comments.append(event.text)
        if len(comments) == 1:
            raise Poison("invalid", "as if")
        issue = Issue(key="OPS-1", url="https://jira.example.com/browse/OPS-1", summary="", project="OPS")
        return CommentAdded(origin=event.origin, issue=issue, comment_id="7", comment_url="", text=event.text)

    await cluster.replica(handler)
    kafka = await cluster.kafka("bot-gateway")
    failing = asked("grace", "another story")
    await kafka.publish(failing)
    await cluster.records("dead-letters.v1", 1)
    await bridge("dlq", "replay", "--all", "--yes")
    await kafka.publish(wish, event_id="e" * 32)
    await until(lambda: len(comments) == 3)
    await cluster.records("jira.outcomes.v1", 2)

    stories = [
        await bridge.json("trace", wanted)
        for wanted in (intent_id, "e" * 32, "1732181234567", failing.origin.intent_id)
    ]
    printed = await bridge("trace", intent_id, "--since", "1h")

    assert [[_said(step) for step in story["steps"]] for story in stories] == [
        *[["bot-gateway published comment-asked", "jira-actor published comment-added"]] * 3,
        [
            "bot-gateway published comment-asked",
            "jira-actor dead letter comment-asked",
            "bridge replayed comment-asked",
            "jira-actor published comment-added",
        ],
    ]
    assert "2 steps in" in printed.stdout
    assert "words of a person" not in str(stories) + printed.stdout


async def test_what_is_not_there_is_said_with_how_far_back_the_topics_reach(cluster: Cluster, bridge: Bridge) -> None:
    empty = await bridge("trace", "c0ffee")
    await (await cluster.kafka()).publish(asked("ada", "something"))
    other = await bridge("trace", "c0ffee")

    assert (empty.exit_code, empty.stderr.strip()) == (1, "Nothing of c0ffee is in Kafka. The topics are empty.")
    assert (other.exit_code, "They reach back to (UTC): teams.intents.v1 20" in other.stderr) == (1, True)


def test_an_activity_and_its_conversation_name_an_intent_as_bot_gateway_does() -> None:
    from bridge.trace import _meant

    assert list(_meant("a:1|17321")) == ["a:1|17321", uuid5(NAMESPACE_URL, "a:1|17321").hex]


def _said(step: dict[str, Any]) -> str:
    kind = step["event_type"].removeprefix("bridge.").removesuffix(".v1")
    return f"{step['service']} {step['what']} {kind}"
