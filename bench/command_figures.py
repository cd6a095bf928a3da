"""command_overhead_ms and commands_per_s: Bridge and the floor in turn, on the same engines."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench import signed
from bench.commands import Commands, Latency
from bench.figures import Check, Figure, percentile
from bench.floor import TOPICS
from bench.floor_processes import floor
from bench.linked import asking, connect_all
from bench.machine import Usage
from bench.system import System, system
from contracts.topics import SERVICES

PEOPLE = 600
FIRST_MESSAGES = 40
"""People whose first message is measured, one at a time; the others write theirs all at once."""
AT_ONCE = 64
P50, P99, RATE = 1.6, 3.0, 0.6
HOPS = (
    "The floor is bench/floor.py: three processes by hand with the same hops, calls to Jira (read, write), signatures "
    "and broker; no framework, no checks, no sealing, no order, no retries, no logs."
)
READY = "Jira and the Connector are one server with ready answers of the simulated ones, in the measuring process."

STEADY = "Steady state (BRIDGE_RECHECK=PT0S): in the minute after a start a write costs one more look at Jira."
KNOWN = "Everybody has written before; a first message, which also announces the conversation, is in the details."


@dataclass(frozen=True)
class Rounds:
    """How much is measured: Bridge and the floor take turns."""

    turns: int
    commands: int
    seconds: float
    warm_up: float
    """Seconds of each under load before, until Kafka is as fast as in production."""


@dataclass(frozen=True)
class Side:
    """Bridge or the floor."""

    name: str
    commands: Commands
    pids: Mapping[str, int]
    first: Latency = field(default_factory=Latency)
    """Of the first message of some people."""


async def measure(directory: Path, *, short: bool) -> list[Figure]:
    """Both figures, from one set of processes."""
    rounds = Rounds(2, 50, 4.0, 0.0) if short else Rounds(5, 100, 10.0, 30.0)
    async with (
        system(directory, people=PEOPLE, more_topics=TOPICS, lasting=not short) as bridge,
        bridge.running(*SERVICES) as pids,
    ):
        async with asking(bridge) as (kafka, keys):
            tenant_id, public_key = await connect_all(bridge, kafka, keys)
        async with floor(bridge, tenant_id) as (port, floor_pids):
            ours = Side("Bridge", Commands(bridge, bridge.at.gateway_port), pids)
            least = Side("floor", Commands(bridge, port), floor_pids)
            for side in (ours, least):
                await side.commands.one_by_one(1, Latency())  # connects all of them
                await side.commands.one_by_one(FIRST_MESSAGES, side.first)
                await side.commands.everybody(AT_ONCE)
                await side.commands.many(AT_ONCE, rounds.warm_up)
                write = bridge.outside.last_write
                assert write is not None
                signed.check(write, bridge.outside.url, public_key)
            return [await _overhead(ours, least, rounds, bridge), await _rate(ours, least, rounds, bridge)]


async def _overhead(ours: Side, least: Side, rounds: Rounds, bridge: System) -> Figure:
    found = {ours.name: Latency(), least.name: Latency()}
    for _ in range(rounds.turns):
        for side in (ours, least):
            await side.commands.one_by_one(rounds.commands, found[side.name])
    numbers = {name: _milliseconds(latency) for name, latency in found.items()}
    mine, theirs = numbers[ours.name], numbers[least.name]
    return Figure(
        name="command_overhead_ms",
        unit="ms from the POST of a message to Jira's receipt of the write, one command at a time",
        bridge=mine,
        beside={"floor": theirs},
        checks=(
            Check("p50, times the floor", mine["p50"] / theirs["p50"], "<=", P50),
            Check("p99, times the floor", mine["p99"] / theirs["p99"], "<=", P99),
        ),
        notes=(HOPS, READY, STEADY, KNOWN, f"Kafka is {bridge.engines.kafka_name}."),
        details={
            "commands_each": rounds.turns * rounds.commands,
            "first_message_of_a_person": {side.name: _milliseconds(side.first) for side in (ours, least)},
            "kafka": bridge.engines.kafka_name,
        },
    )


def _milliseconds(latency: Latency) -> dict[str, float]:
    return {
        "p50": percentile(latency.to_write, 0.5),
        "p99": percentile(latency.to_write, 0.99),
        "p50_to_first_call": percentile(latency.to_call, 0.5),
        "p99_to_first_call": percentile(latency.to_call, 0.99),
    }


async def _rate(ours: Side, least: Side, rounds: Rounds, bridge: System) -> Figure:
    rates: dict[str, list[float]] = {ours.name: [], least.name: []}
    cores: dict[str, dict[str, float]] = {}
    for _ in range(max(1, rounds.turns // 2)):
        for side in (ours, least):
            shared = {**bridge.engine_pids(), "outside (this process)": os.getpid()}
            usage = Usage({**side.pids, **shared})
            usage.start()
            rates[side.name].append(await side.commands.many(AT_ONCE, rounds.seconds))
            cores[side.name] = usage.stop()
    mine, theirs = (sum(rates[side.name]) / len(rates[side.name]) for side in (ours, least))
    busiest = next(iter(cores[ours.name]))
    return Figure(
        name="commands_per_s",
        unit=f"commands/s from the POST to the answer in Teams, {AT_ONCE} under way",
        bridge=_used(mine, cores[ours.name]),
        beside={"floor": _used(theirs, cores[least.name])},
        checks=(Check("times the floor", mine / theirs, ">=", RATE),),
        notes=(
            HOPS,
            STEADY,
            f"Busiest of Bridge's processes: {busiest}, {cores[ours.name][busiest]:.2f} of a core.",
            f"All together used {sum(cores[ours.name].values()):.2f} of {os.cpu_count()} cores.",
        ),
        details={"cores_bridge": cores[ours.name], "cores_floor": cores[least.name], "rates": rates},
    )


def _used(rate: float, cores: Mapping[str, float]) -> dict[str, float]:
    """The rate, and what it took of the machine; the latter changes little when others use the machine too."""
    used = sum(cores.values())
    return {"per_second": rate, "cores": used, "cpu_ms_per_command": used / rate * 1000}
