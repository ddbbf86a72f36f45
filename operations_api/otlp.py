"""Traces to an OpenTelemetry collector, over OTLP/HTTP.

On where the standard variables name a collector: ``OTEL_EXPORTER_OTLP_ENDPOINT`` or
``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT``. The other ``OTEL_*`` variables hold too: ``OTEL_SERVICE_NAME``,
``OTEL_TRACES_SAMPLER``, ``OTEL_SDK_DISABLED`` and so on.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from operations_api.domain.errors import SettingsError
from operations_api.tracer import UNTRACED, Span, Tracer

if TYPE_CHECKING:
    from opentelemetry import trace

FAREWELL_SECONDS: Final = 2.0
"""A supervisor waits no longer than five seconds more than the drain; the last spans are worth less than that."""

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def tracer_of_environment(service_name: str) -> Tracer:
    """The tracer that the environment asks for. Raises ``SettingsError`` when what it needs is not installed."""
    named = next((name for name in ENDPOINTS if os.environ.get(name)), None)
    if named is None:
        return UNTRACED
    try:
        return OtlpTracer(service_name)
    except ImportError as error:
        raise SettingsError(
            f"{named}: nothing can be traced without {error.name or error}; install operations-api with its extra "
            "otel: pip install 'operations-api[otel]'."
        ) from None


class OtlpTracer(Tracer):
    """Sends spans in batches from a thread of its own. A collector that is away costs those spans and nothing else."""

    def __init__(self, service_name: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        name = os.environ.get("OTEL_SERVICE_NAME") or service_name
        self._provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("operations-api")
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def span(self, name: str, parent: str | None, **attributes: str | int) -> Iterator[Span]:
        context = self._propagator.extract({} if parent is None else {"traceparent": parent})
        with self._tracer.start_as_current_span(
            name,
            context,
            attributes=_named(attributes),
            record_exception=False,  # its message may be of what a client sent
            set_status_on_exception=False,
        ) as span:
            carrier: dict[str, str] = {}
            self._propagator.inject(carrier)
            yield _OtlpSpan(carrier.get("traceparent", parent), span)

    def close(self) -> None:
        # a thread that nobody waits for at the end: a collector that is away would keep the process from stopping
        sending = threading.Thread(target=self._provider.shutdown, name="last spans", daemon=True)
        sending.start()
        sending.join(FAREWELL_SECONDS)


class _OtlpSpan(Span):
    def __init__(self, traceparent: str | None, span: trace.Span) -> None:
        super().__init__(traceparent)
        self._span = span

    def end_with(self, outcome: str, *, is_error: bool = False, **attributes: str | int) -> None:
        from opentelemetry.trace import StatusCode

        self._span.set_attributes(_named({"outcome": outcome, **attributes}))
        if is_error:
            self._span.set_status(StatusCode.ERROR)


def _named(attributes: Mapping[str, str | int]) -> dict[str, str | int]:
    return {f"operations.{word}": value for word, value in attributes.items()}
