"""One process with a view of account links: `python -m bench.view_process BOOTSTRAP FILE LINKS WAIT_MS`."""

import asyncio
import json
import random
import sys
import time
from datetime import timedelta
from pathlib import Path

from bench.links import link_id
from bench.machine import memory_mb
from chassis.kafka import Kafka
from chassis.metrics import Metrics
from chassis.settings import ServiceSettings
from chassis.views import View
from contracts.registry import AccountLink

LOOK_UPS, ROUNDS = 20_000, 5
"""So many look-ups at random in each round; the middle round counts."""


def look_up(view: View[AccountLink], links: int) -> tuple[float, float]:
    """Look up links at random; give the seconds it took, and those of the processor."""
    keys = [link_id(random.randrange(links)) for _ in range(LOOK_UPS)]  # noqa: S311 - only spreads
    cpu, began = time.process_time(), time.perf_counter()
    for key in keys:
        assert view.get(key)
    return time.perf_counter() - began, time.process_time() - cpu


async def measure(bootstrap: str, file: Path, links: int, wait_ms: int) -> dict[str, float]:
    """Build the view, then look up links at random."""
    settings = ServiceSettings(
        kafka_bootstrap=bootstrap, kafka_idempotence=False, kafka_fetch_max_wait=timedelta(milliseconds=wait_ms)
    )
    before, _ = memory_mb()
    cpu, began = time.process_time(), time.perf_counter()
    kafka = Kafka("bench", settings, Metrics())
    await kafka.start()
    view = View(AccountLink, file=file)
    await view.start(kafka)
    reading = asyncio.create_task(view.run())
    await view.ready.wait()
    ready, cpu = time.perf_counter() - began, time.process_time() - cpu
    assert len(view) == links
    rounds = sorted(look_up(view, links) for _ in range(ROUNDS))
    looked, cpu_looked = rounds[ROUNDS // 2]
    resident, most = memory_mb()
    reading.cancel()
    await view.stop()
    await kafka.stop()
    return {
        "resident_mb": resident,
        "most_resident_mb": most,
        "resident_mb_before": before,
        "seconds_to_ready": ready,
        "cpu_seconds_to_ready": cpu,
        "us_per_look_up": looked / LOOK_UPS * 1e6,
        "cpu_us_per_look_up": cpu_looked / LOOK_UPS * 1e6,
        "file_mb": file.stat().st_size / 2**20,  # noqa: ASYNC240 - the measuring is over
    }


if __name__ == "__main__":
    where, path, count, wait = sys.argv[1:]
    sys.stdout.write(json.dumps(asyncio.run(measure(where, Path(path), int(count), int(wait)))) + "\n")
