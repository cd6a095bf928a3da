"""`bridge topics apply`: what is missing is created, what differs is named and left alone."""

from dataclasses import replace

from tests.bridge.fakes import FakeKafka

from bridge.topics import apply, compare
from contracts.topics import TOPICS, Topic

INTENTS = Topic("intents", ("a",), ("b",), "what was asked")
TENANTS = Topic("tenants", ("a",), ("b",), "state", partitions=1, compacted=True)
BOTH = (INTENTS, TENANTS)


async def test_missing_topics_are_created_and_then_they_are_there() -> None:
    kafka = FakeKafka(INTENTS)

    first = await apply(kafka, 2, BOTH)
    second = await apply(kafka, 2, BOTH)

    assert [report.state for report in first] == ["there", "created"]
    assert [report.state for report in second] == ["there", "there"]
    assert kafka.replicas == [2]
    assert [report.says for report in first] == ["6 partitions, kept 7 d", "1 partition, compacted"]


async def test_comparing_changes_nothing() -> None:
    kafka = FakeKafka()

    reports = await compare(kafka, BOTH)

    assert [report.state for report in reports] == ["missing", "missing"]
    assert kafka.there == {}


async def test_a_difference_is_named_and_left_alone() -> None:
    kafka = FakeKafka(replace(INTENTS, partitions=4), replace(TENANTS, compacted=False))

    reports = await apply(kafka, declared=BOTH)

    assert reports[0].says == "has 4 partitions instead of 6"
    assert "cleanup.policy is delete instead of compact" in reports[1].says
    assert not any(report.fine for report in reports)
    assert kafka.there["intents"].partitions == 4


async def test_a_topic_that_kafka_refuses_does_not_keep_the_others_from_being_created() -> None:
    kafka = FakeKafka(refused="intents")

    reports = await apply(kafka, declared=BOTH)

    assert [report.state for report in reports] == ["failed", "created"]


async def test_all_declared_topics_can_be_created() -> None:
    reports = await apply(FakeKafka())

    assert len(reports) == len(TOPICS)
    assert all(report.fine for report in reports)
