"""The examples of "Metrics and tracing" in the README: what they export of real calls, and of calls that fail."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from prometheus_client import CollectorRegistry, generate_latest

import futures_async as fa
from futures_async.adapters.bitget.endpoints import ALL_POSITIONS
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.server import serve
from tests.examples.metrics import calls_histogram, observe
from tests.examples.tracing import Telemetry

pytestmark = pytest.mark.anyio
POSITIONS = f"GET {ALL_POSITIONS.path}"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def first_fails() -> FaultPlan:
    plan = FaultPlan()
    plan.add("html-502", paths=[ALL_POSITIONS.path], most=1)
    return plan


async def test_each_attempt_is_a_span_under_the_callers_and_a_value_of_the_histograms() -> None:
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers, meters = TracerProvider(), MeterProvider(metric_readers=[reader])
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    tracer = tracers.get_tracer("a bot")
    with serve(only=["bitget"], faults=first_fails()) as running:
        keys = running.credentials("bitget")
        hook = Telemetry(tracers, meters)
        async with fa.connect("bitget", keys, base_url=running.base_url, on_event=hook) as exchange:
            with tracer.start_as_current_span("look"):
                await exchange.fetch_positions()
    failed, good, look = spans.get_finished_spans()
    assert look.name == "look"
    assert (failed.status.status_code, failed.status.description) == (StatusCode.ERROR, "VenueUnavailable")
    assert good.status.status_code is StatusCode.UNSET
    for number, span in enumerate((failed, good), 1):
        assert (span.name, span.kind) == (f"bitget {POSITIONS}", SpanKind.CLIENT)
        assert span.attributes is not None
        assert (span.attributes["attempt"], span.attributes["status"]) == (number, 502 if number == 1 else 200)
        assert span.parent is not None
        assert look.context is not None
        assert span.parent.span_id == look.context.span_id
        assert span.start_time is not None
        assert span.end_time is not None
        [sent] = span.events
        assert span.start_time <= sent.timestamp <= span.end_time
    values = measured(reader)
    assert values["futures_async.network", "ok"] == values["futures_async.queue", "ok"] == 1
    assert values["futures_async.network", "VenueUnavailable"] == 1
    meters.shutdown()
    tracers.shutdown()


def measured(reader: InMemoryMetricReader) -> dict[tuple[str, Any], int]:
    """How many values each histogram holds, by outcome."""
    data = reader.get_metrics_data()
    assert data is not None
    return {
        (metric.name, point.attributes["outcome"]): point.count  # type: ignore[index, union-attr] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportOptionalSubscript] - they are histograms
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    }


async def test_prometheus_gets_a_histogram_by_endpoint_and_outcome() -> None:
    registry = CollectorRegistry()
    hook = observe(calls_histogram(registry))
    with serve(only=["bitget"], faults=first_fails()) as running:
        keys = running.credentials("bitget")
        async with fa.connect("bitget", keys, base_url=running.base_url, on_event=hook) as exchange:
            await exchange.fetch_positions()
            await exchange.fetch_positions()

    def counted(outcome: str, part: str) -> float | None:
        labels = {"venue": "bitget", "endpoint": POSITIONS, "outcome": outcome, "part": part}
        return registry.get_sample_value("futures_async_call_seconds_count", labels)

    assert (counted("ok", "network"), counted("ok", "queue")) == (2, 2)
    assert counted("VenueUnavailable", "network") == 1
    page = generate_latest(registry).decode()
    assert 'futures_async_call_seconds_bucket{endpoint="GET /api/v2/mix/position/all-position"' in page
