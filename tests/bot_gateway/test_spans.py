import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler

from bot_gateway.spans import Spanned


class Traces:
    """A tracer, and what it recorded."""

    def __init__(self, sampler: Sampler = ALWAYS_ON) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(sampler=sampler)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = provider.get_tracer("tests")

    def recorded(self) -> list[tuple[str, str]]:
        return [(span.name, span.status.status_code.name) for span in self._exporter.get_finished_spans()]


def test_within_the_block_the_span_is_the_current_one_and_afterwards_no_more() -> None:
    traces = Traces()
    with Spanned(traces.tracer, "outer"):
        outer = trace.get_current_span().get_span_context()
        with Spanned(traces.tracer, "inner"):
            inner = trace.get_current_span().get_span_context()
        assert trace.get_current_span().get_span_context() == outer

    assert inner.trace_id == outer.trace_id
    assert not trace.get_current_span().get_span_context().is_valid
    assert traces.recorded() == [("inner", "UNSET"), ("outer", "UNSET")]


def test_an_error_is_recorded_and_goes_on() -> None:
    traces = Traces()
    with pytest.raises(KeyError), Spanned(traces.tracer, "hear message"):
        raise KeyError

    assert traces.recorded() == [("hear message", "ERROR")]


def test_what_is_not_sampled_has_a_trace_id_all_the_same() -> None:
    traces = Traces(ALWAYS_OFF)
    with Spanned(traces.tracer, "hear message"):
        assert trace.get_current_span().get_span_context().is_valid

    assert traces.recorded() == []
