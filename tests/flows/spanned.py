"""Run a service that also writes its spans: `spanned.py MODULE FILE`. Services themselves export none."""

import runpy
import sys
from pathlib import Path

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

if __name__ == "__main__":
    module, file = sys.argv[1:]
    with Path(file).open("a", buffering=1) as out:
        provider = TracerProvider()  # the first one stays, so that of the service, which comes later, is not taken
        provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(out=out)))
        trace.set_tracer_provider(provider)
        runpy.run_module(module, run_name="__main__", alter_sys=True)
