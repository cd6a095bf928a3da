"""gateway_rps: authenticated messages per second of one process, and the same for Microsoft's own libraries."""

from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from bench import rivals_venv
from bench.figures import Check, Figure, percentile
from bench.load import WARM_UP, Load, drive
from bench.machine import cpu_seconds
from bench.rivals_venv import PYTHON, script
from bench.system import System, system
from devstack.engines.server import free_port, listening
from devstack.process import Process

CLIENTS = 32
TARGET = 4.0
OURS = "bot-gateway"
RIVALS = {
    "botbuilder-integration-aiohttp (CloudAdapter)": ("botbuilder_bot.py", "cloud"),
    "botbuilder-integration-aiohttp (BotFrameworkAdapter)": ("botbuilder_bot.py", "classic"),
    "microsoft-teams-apps": ("teams_bot.py",),
}


async def measure(directory: Path, *, short: bool) -> Figure:
    """Measure all in turn, on the same machine with the same load."""
    await rivals_venv.prepare()
    seconds = 3.0 if short else 12.0
    async with system(directory, people=64) as bridge:
        async with bridge.running(OURS) as pids:
            ours = await _loaded(bridge, bridge.at.gateway_port, pids[OURS], seconds)
        beside = {name: await _rival(bridge, argv, seconds) for name, argv in RIVALS.items()}
        kafka = bridge.engines.kafka_name
    best = max(numbers["per_second"] for numbers in beside.values())
    return Figure(
        name="gateway_rps",
        unit=f"messages/s of one process, {CLIENTS} at a time",
        bridge=ours,
        beside=beside,
        checks=(Check("times the best of them", ours["per_second"] / best, ">=", TARGET),),
        notes=(
            f"Bridge publishes each message to {kafka} with acks=all before it answers; the others only accept it.",
            "All check the token against the same key set; Bridge remembers a good token until it expires.",
        ),
        details={"versions": rivals_venv.versions("botbuilder-integration-aiohttp", "microsoft-teams-apps")},
    )


async def _rival(bridge: System, argv: tuple[str, ...], seconds: float) -> dict[str, float]:
    port, bot = free_port(), bridge.bot
    command = [str(PYTHON), script(argv[0]), *argv[1:], str(port), bridge.outside.url, bot.app_id, bot.app_secret]
    process = Process(argv[0], [*command, bot.tenant], None, bridge.directory / f"{'-'.join(argv)}.log")
    process.start()
    try:
        process.wait_ready(lambda: listening(port), timedelta(seconds=20))
        return await _loaded(bridge, port, process.pid or 0, seconds)
    finally:
        process.stop()


async def _loaded(bridge: System, port: int, pid: int, seconds: float) -> dict[str, float]:
    numbers, people = count(), bridge.outside.people

    def request() -> bytes:
        number = next(numbers)
        return people.message(number % len(people.persons), f"comment OPS-{number + 1} deployed", port)[1]

    before = cpu_seconds(pid)
    load = await drive(port, CLIENTS, seconds, request)
    return _numbers(load, (cpu_seconds(pid) - before) / (seconds + WARM_UP))


def _numbers(load: Load, cores: float) -> dict[str, Any]:
    refused = sum(number for status, number in load.statuses.items() if not 200 <= status < 300)
    if refused:
        raise rivals_venv.Failed(f"{refused} messages were not accepted: {dict(load.statuses)}")
    return {
        "per_second": load.per_second,
        "p50_ms": percentile(load.took, 0.5) * 1000,
        "p99_ms": percentile(load.took, 0.99) * 1000,
        "cores": cores,
        "cpu_us_per_message": cores / load.per_second * 1e6,
    }
