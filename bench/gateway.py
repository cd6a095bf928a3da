"""gateway_rps: authenticated messages per second of one process, and the same for Microsoft's own libraries."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

from bench import rivals_venv
from bench.figures import Check, Figure, percentile
from bench.load import WARM_UP, Load, drive
from bench.machine import cpu_seconds
from bench.rivals_venv import PYTHON, script
from bench.system import System, system
from devstack.engines.server import free_port, listening
from devstack.process import Process

CLIENTS = 32
BETWEEN = 0.2
"""Seconds of warm-up from the second round on."""
UNTIL_AT_SPEED = 45.0
"""Seconds under load until Kafka is as fast as in production."""
TARGET = 4.0
OURS = "bot-gateway"
RIVALS = {
    "botbuilder-integration-aiohttp (CloudAdapter)": ("botbuilder_bot.py", "cloud"),
    "botbuilder-integration-aiohttp (BotFrameworkAdapter)": ("botbuilder_bot.py", "classic"),
    "microsoft-teams-apps": ("teams_bot.py",),
}


@dataclass
class Bot:
    """A process that takes messages, and how it did in each round."""

    port: int
    pid: int
    loads: list[Load] = field(default_factory=list)
    cores: list[float] = field(default_factory=list)


async def measure(directory: Path, *, short: bool) -> Figure:
    """Measure all in turns, on the same machine with the same load: what disturbs one round, disturbs all alike."""
    await rivals_venv.prepare()
    rounds, seconds = (3, 1.0) if short else (5, 2.4)
    async with (
        system(directory, people=64, lasting=not short) as bridge,
        bridge.running(OURS) as pids,
        _rivals(bridge) as rivals,
    ):
        bots = {OURS: Bot(bridge.at.gateway_port, pids[OURS]), **rivals}
        if not short:
            await _loaded(bridge, Bot(bridge.at.gateway_port, pids[OURS]), UNTIL_AT_SPEED, WARM_UP)
        for number in range(rounds):
            for bot in bots.values():
                await _loaded(bridge, bot, seconds, BETWEEN if number else WARM_UP)
        kafka = bridge.engines.kafka_name
    numbers = {name: _numbers(bot) for name, bot in bots.items()}
    ours = numbers.pop(OURS)
    best = max(rival["per_second"] for rival in numbers.values())
    return Figure(
        name="gateway_rps",
        unit=f"messages/s of one process, {CLIENTS} at a time",
        bridge=ours,
        beside=numbers,
        checks=(Check("times the best of them", ours["per_second"] / best, ">=", TARGET),),
        notes=(
            f"Bridge publishes each message to {kafka} with acks=all before it answers; the others only accept it.",
            "All check the token against the same key set; Bridge remembers a good token until it expires.",
            f"Rates are the medians of {rounds} rounds of {seconds} s, in which each has its turn.",
        ),
        details={
            "versions": rivals_venv.versions("botbuilder-integration-aiohttp", "microsoft-teams-apps"),
            "per_second": {name: [round(load.per_second) for load in bot.loads] for name, bot in bots.items()},
        },
    )


@asynccontextmanager
async def _rivals(bridge: System) -> AsyncIterator[dict[str, Bot]]:
    """Start them all; each idles while it is not its turn."""
    processes = {name: _process(bridge, argv, free_port()) for name, argv in RIVALS.items()}
    try:
        for process, _ in processes.values():
            process.start()
        for process, port in processes.values():
            await asyncio.to_thread(process.wait_ready, partial(listening, port), timedelta(seconds=20))
        yield {name: Bot(port, process.pid or 0) for name, (process, port) in processes.items()}
    finally:
        await asyncio.gather(*(asyncio.to_thread(process.stop) for process, _ in processes.values()))


def _process(bridge: System, argv: tuple[str, ...], port: int) -> tuple[Process, int]:
    bot = bridge.bot
    command = [str(PYTHON), script(argv[0]), *argv[1:], str(port), bridge.outside.url, bot.app_id, bot.app_secret]
    return Process(argv[0], [*command, bot.tenant], None, bridge.directory / f"{'-'.join(argv)}.log"), port


async def _loaded(bridge: System, bot: Bot, seconds: float, warm_up: float) -> None:
    numbers, people = count(), bridge.outside.people

    def request() -> bytes:
        number = next(numbers)
        return people.message(number % len(people.persons), f"comment OPS-{number + 1} deployed", bot.port)[1]

    before = cpu_seconds(bot.pid)
    bot.loads.append(await drive(bot.port, CLIENTS, seconds, request, warm_up))
    bot.cores.append((cpu_seconds(bot.pid) - before) / (seconds + warm_up))


def _numbers(bot: Bot) -> dict[str, float]:
    statuses = sum((load.statuses for load in bot.loads), Counter[int]())
    refused = sum(number for status, number in statuses.items() if not 200 <= status < 300)
    if refused:
        raise rivals_venv.Failed(f"{refused} messages were not accepted: {dict(statuses)}")
    per_second, cores = median(load.per_second for load in bot.loads), median(bot.cores)
    took = [seconds for load in bot.loads for seconds in load.took]
    return {
        "per_second": per_second,
        "p50_ms": percentile(took, 0.5) * 1000,
        "p99_ms": percentile(took, 0.99) * 1000,
        "cores": cores,
        "cpu_us_per_message": cores / per_second * 1e6,
    }
