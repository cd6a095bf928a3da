"""signatures_per_s: key-vault from Kafka to Kafka, beside raw Vault and beside the libraries that people use."""

import asyncio
import base64
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import hvac
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench import rivals_venv
from bench.figures import Check, Figure
from bench.linked import asking, connect_all
from bench.machine import Usage, keep_to
from bench.questions import Questions
from bench.rivals_venv import PYTHON, measured, script
from bench.system import System, system

AT_ONCE = 64
TENANTS = 4
BATCH = 64
TARGET = 0.8
SERVICE = "key-vault"


async def measure(directory: Path, *, short: bool) -> Figure:
    """Vault's own rate first, then key-vault with one busy tenant and with several."""
    await rivals_venv.prepare()
    seconds = 3.0 if short else 12.0
    async with system(directory, people=16) as bridge, bridge.running(SERVICE) as pids:
        async with asking(bridge) as (kafka, keys):
            tenants = [(await connect_all(bridge, kafka, keys))[0] for _ in range(TENANTS)]
        users = [person.aad_object_id for person in bridge.outside.people.persons]
        one, several = (
            Questions(bridge, [(tenant, f"{tenant}:{user}") for user in users for tenant in among])
            for among in (tenants[:1], tenants)
        )
        raw = await _raw(bridge, tenants, seconds)
        for questions in (one, several):
            await questions.ask_for(2.0, AT_ONCE)
        of_one = await one.ask_for(seconds, AT_ONCE)
        processes = {SERVICE: pids[SERVICE], **bridge.engine_pids(), "asker (this process)": os.getpid()}
        usage = Usage(processes)
        usage.start()
        of_several = await several.ask_for(seconds, AT_ONCE)
        cores = usage.stop()
        with _vault_apart(processes):
            raw_apart = await _raw(bridge, tenants, seconds)
            of_several_apart = await several.ask_for(seconds, AT_ONCE)
    return Figure(
        name="signatures_per_s",
        unit="RSA-2048 signatures/s, two per question, Kafka in, Kafka out, sealed",
        bridge={"per_second": of_several, "vault_apart": of_several_apart, "one_tenant": of_one},
        beside={"raw Vault, batches of 64": {"per_second": raw, "vault_apart": raw_apart}, **await _libraries(seconds)},
        checks=(Check("times raw Vault", of_several / raw, ">=", TARGET),),
        notes=(
            f"{TENANTS} busy tenants, {AT_ONCE} questions under way; raw Vault: hvac, two batches at one time.",
            f"vault apart: Vault has a core of its own: {of_several_apart / raw_apart:.2f} times.",
            "The libraries hold the private key in their process and load its PEM for each signature.",
        ),
        details={"cores": cores, "vault": bridge.engines.vault_name, "kafka": bridge.engines.kafka_name},
    )


@contextmanager
def _vault_apart(processes: Mapping[str, int]) -> Iterator[None]:
    """Give Vault the first core and the others the rest, as if it were on another machine."""
    all_cores = os.sched_getaffinity(0)
    first, *rest = sorted(all_cores)
    for name, pid in processes.items():
        keep_to(pid, {first} if name == "vault" or not rest else set(rest))
    try:
        yield
    finally:
        for pid in processes.values():
            keep_to(pid, all_cores)


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
        f"{name}, one process": await measured([str(PYTHON), script("sign.py"), name, str(seconds / 2)], pem)
        for name in ("authlib", "jira")
    }
