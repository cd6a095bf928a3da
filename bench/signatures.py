"""signatures_per_s: key-vault from Kafka to Kafka, beside raw Vault and beside the libraries that people use."""

import asyncio
import base64
import os
import time
from collections.abc import Awaitable, Mapping
from pathlib import Path

import hvac
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench import rivals_venv
from bench.figures import Check, Figure
from bench.linked import asking, connect_all
from bench.machine import Usage
from bench.questions import Questions
from bench.rivals_venv import PYTHON, measured, script
from bench.system import System, system

AT_ONCE = 128
TENANTS = 4
BATCH = 64
TARGET = 0.8
UNTIL_AT_SPEED = 30.0
"""Seconds under load, twice, until Kafka is as fast as in production."""
SERVICE = "key-vault"


async def measure(directory: Path, *, short: bool) -> Figure:
    """Vault's own rate and key-vault's with several busy tenants take turns; then one busy tenant."""
    await rivals_venv.prepare()
    rounds, seconds, warm_up = (3, 1.5, 2.0) if short else (5, 4.0, UNTIL_AT_SPEED)
    async with (
        system(directory, people=16, lasting=not short) as bridge,
        bridge.running(SERVICE) as pids,
        asking(bridge) as (kafka, keys),
    ):
        tenants = [(await connect_all(bridge, kafka, keys))[0] for _ in range(TENANTS)]
        users = [person.aad_object_id for person in bridge.outside.people.persons]
        one, several = (
            Questions(keys, [(tenant, f"{tenant}:{user}") for user in users for tenant in among])
            for among in (tenants[:1], tenants)
        )
        processes = {SERVICE: pids[SERVICE], **bridge.engine_pids(), "asker (this process)": os.getpid()}
        raw, of_several, of_one = Rate(processes), Rate(processes), Rate(processes)
        for questions in (one, several):
            await questions.ask_for(warm_up, AT_ONCE)
        for _ in range(rounds):
            await raw.add(_raw(bridge, tenants, seconds))
            await of_several.add(several.ask_for(seconds, AT_ONCE))
        await of_one.add(one.ask_for(seconds, AT_ONCE))
    return Figure(
        name="signatures_per_s",
        unit="RSA-2048 signatures/s, two per command, Kafka in, Kafka out, sealed",
        bridge={**of_several.numbers(), "one_tenant": of_one.per_second},
        beside={"raw Vault, batches of 64": raw.numbers(), **await _libraries(seconds)},
        checks=(Check("times raw Vault", of_several.per_second / raw.per_second, ">=", TARGET),),
        notes=(
            f"{TENANTS} busy tenants, {AT_ONCE} commands under way, which share questions as in jira-actor.",
            "Raw Vault, in turns with it: hvac, two batches at a time.",
            f"By processor time, of all processes together: {raw.cpu_us / of_several.cpu_us:.2f} times raw Vault.",
            "The libraries hold the private key in their process and load its PEM for each signature.",
        ),
        details={
            "cores": of_several.cores(),
            "cores_raw": raw.cores(),
            "vault": bridge.engines.vault_name,
            "kafka": bridge.engines.kafka_name,
        },
    )


class Rate:
    """Signatures per second and what they cost, over several stretches of the same length."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        self._usage = Usage(processes)
        self._rates: list[float] = []
        self._cores: list[dict[str, float]] = []

    async def add(self, signing: Awaitable[float]) -> None:
        """Measure one stretch; `signing` gives its signatures per second."""
        self._usage.start()
        self._rates.append(await signing)
        self._cores.append(self._usage.stop())

    @property
    def per_second(self) -> float:
        """Over all stretches."""
        return sum(self._rates) / len(self._rates)

    @property
    def cpu_us(self) -> float:
        """Processor time per signature, of all processes together, in microseconds."""
        return sum(self.cores().values()) / self.per_second * 1e6

    def cores(self) -> dict[str, float]:
        """Cores used by each process."""
        return {name: round(sum(one[name] for one in self._cores) / len(self._cores), 3) for name in self._cores[0]}

    def numbers(self) -> dict[str, float]:
        """Both, as they are reported."""
        return {"per_second": self.per_second, "cpu_us_per_signature": self.cpu_us}


async def _raw(bridge: System, tenants: list[str], seconds: float) -> float:
    """Sign batches with nothing in between."""
    batch = [{"input": base64.b64encode(b"x" * 400).decode()}] * BATCH
    body = {"batch_input": batch, "hash_algorithm": "sha1", "signature_algorithm": "pkcs1v15"}
    began = time.perf_counter()

    def sign(tenant_id: str) -> float:
        vault = hvac.Client(bridge.engines.vault_url, bridge.engines.vault_token)
        done = 0
        while time.perf_counter() - began < seconds:
            # sign_data of hvac knows no SHA-1, which OAuth 1.0a demands.
            vault.write_data(f"transit/sign/{tenant_id}-sign", data=body)
            done += BATCH
        return done / (time.perf_counter() - began)

    return sum(await asyncio.gather(*(asyncio.to_thread(sign, tenant) for tenant in tenants[:2])))


async def _libraries(seconds: float) -> dict[str, dict[str, float]]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        f"{name}, one process": await measured([str(PYTHON), script("sign.py"), name, str(seconds)], pem)
        for name in ("authlib", "jira")
    }
