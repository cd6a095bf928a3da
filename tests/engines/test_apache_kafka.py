import subprocess
import sys
from pathlib import Path

import pytest
from tests.engines.topics import Topics

from devstack.engines.apache_kafka import ApacheKafka

pytestmark = pytest.mark.apache_kafka


async def test_what_was_acknowledged_survives_a_crash_of_the_broker(apache_kafka: ApacheKafka, name: str) -> None:
    topics = Topics(apache_kafka.url, embedded=False)
    await topics.create(name)
    async with topics.producer() as producer:
        for number in range(20):
            await producer.send_and_wait(name, str(number).encode())

    apache_kafka.kill()
    apache_kafka.start()

    async with topics.consumer(name) as consumer:
        read = [(await consumer.getone()).value for _ in range(20)]
    assert read == [str(number).encode() for number in range(20)]


async def test_an_idempotent_producer_goes_on_over_a_crash_of_the_broker(apache_kafka: ApacheKafka, name: str) -> None:
    topics = Topics(apache_kafka.url, embedded=False)
    await topics.create(name)
    async with topics.producer() as producer:
        before = await producer.send_and_wait(name, b"before")
        apache_kafka.kill()
        apache_kafka.start()
        after = await producer.send_and_wait(name, b"after")

    assert (before.offset, after.offset) == (0, 1)


async def test_asking_about_a_topic_does_not_create_it(apache_kafka: ApacheKafka, name: str) -> None:
    topics = Topics(apache_kafka.url, embedded=False)
    async with topics.admin() as admin:
        await admin.describe_topics([name])

        assert name not in await admin.list_topics()


def test_without_java_the_reason_is_told(tmp_path: Path) -> None:
    assert _why_not(PATH=str(tmp_path)) == "there is no Java"


def test_without_maven_and_jars_the_reason_is_told(tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"21.0.1\" 2023-10-17' >&2\n")
    java.chmod(0o755)

    assert _why_not(PATH=str(tmp_path), BRIDGE_KAFKA_JARS=str(tmp_path)) == "there is no Maven to fetch the jars with"


def _why_not(**env: str) -> str:
    code = "from devstack.engines.kafka_jars import why_not; print(why_not())"
    asked = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    return asked.stdout.strip()
