"""view_1m_links: what a million account links cost the process that looks at them."""

import asyncio
import sys
from pathlib import Path

from bench import links
from bench.figures import Check, Figure
from bench.rivals_venv import measured
from bench.system import system
from contracts.registry import AccountLink
from contracts.topics import TOPICS

MILLION = 1_000_000
RESIDENT_MB, SECONDS, LOOK_UP_US = 150.0, 30.0, 20.0
PARTITIONS = next(topic.partitions for topic in TOPICS if topic.name == AccountLink.topic)


async def measure(directory: Path, *, short: bool) -> Figure:
    """Fill the topic, then have a fresh process build its view of it."""
    count = MILLION // 10 if short else MILLION
    async with system(directory) as bridge:
        size = await links.publish(bridge.engines.kafka_bootstrap, count, PARTITIONS)
        argv = [sys.executable, "-m", "bench.view_process", bridge.engines.kafka_bootstrap]
        found = await measured([*argv, str(directory / "links.sqlite"), str(count), str(bridge.fetch_wait_ms)])
        kafka = bridge.engines.kafka_name
    await asyncio.to_thread((directory / "links.sqlite").unlink)
    seconds = SECONDS * count / MILLION
    return Figure(
        name="view_1m_links",
        unit=f"{count:,} links of {size} bytes from Kafka into a view",
        bridge=found,
        beside={},
        checks=(
            Check("resident MB", found["resident_mb"], "<=", RESIDENT_MB),
            Check("seconds to ready", found["seconds_to_ready"], "<=", seconds),
            Check("µs per look-up", found["us_per_look_up"], "<=", LOOK_UP_US),
        ),
        notes=(f"Kafka is {kafka}; the look-ups are at random and give validated models.",),
        details={"links": count, "bytes": size},
    )
