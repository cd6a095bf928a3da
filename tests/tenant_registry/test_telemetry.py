"""The HTTP framework's own telemetry stays off: its spans would hold whole addresses, with codes and tokens in them."""

import subprocess
import sys

import pytest

SCRIPT = """
import asyncio, sys
import httpx
from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tenant_registry.http.edge import edge
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.settings import Settings

spans, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
url = "https://bridge.example"
ours = edge(Surroundings(None, None, None, url, False, 1024), Settings(registry_public_url=url))

async def ask(app):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=url) as http:
        await http.get("/oauth/callback?oauth_token=&oauth_verifier=canary")
        await http.get("/nowhere?code=canary")

asyncio.run(ask(ours if sys.argv[1] == "ours" else FastAPI()))
sys.stdout.write(f"{len(spans.get_finished_spans())} spans")
"""


@pytest.mark.parametrize(("app", "said"), [("ours", "0 spans"), ("the framework's default", "2 spans")])
def test_requests_leave_no_spans_of_the_framework(app: str, said: str) -> None:
    """The second case shows that the first could fail."""
    run = subprocess.run([sys.executable, "-c", SCRIPT, app], capture_output=True, text=True, check=False, timeout=60)

    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == said
