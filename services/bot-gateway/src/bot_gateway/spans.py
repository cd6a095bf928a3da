"""Spans around a block."""

from types import TracebackType

from opentelemetry import context, trace
from opentelemetry.trace import StatusCode, Tracer


class Spanned:
    """What `start_as_current_span` does, for half of the time: each message pays for it, sampled or not."""

    def __init__(self, tracer: Tracer, name: str) -> None:
        self._span = tracer.start_span(name)

    def __enter__(self) -> None:
        self._before = context.attach(trace.set_span_in_context(self._span))

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        context.detach(self._before)
        if isinstance(error, Exception) and self._span.is_recording():
            self._span.record_exception(error)
            self._span.set_status(StatusCode.ERROR, type(error).__name__)
        self._span.end()
