"""A span and two histograms for each attempt at a call: `fa.connect("bitget", keys, on_event=Telemetry())`."""

import time

from opentelemetry import metrics, trace

import futures_async as fa


class Telemetry:
    """Feeds OpenTelemetry; providers are the global ones unless given."""

    def __init__(
        self, tracers: trace.TracerProvider | None = None, meters: metrics.MeterProvider | None = None
    ) -> None:
        self.tracer = (tracers or trace.get_tracer_provider()).get_tracer("futures_async")
        meter = (meters or metrics.get_meter_provider()).get_meter("futures_async")
        self.network = meter.create_histogram("futures_async.network", "s", "From the request to its answer")
        self.queue = meter.create_histogram("futures_async.queue", "s", "Wait for the rate limit")

    def __call__(self, event: fa.CallEvent) -> None:
        ended_ns = time.time_ns()
        sent_ns = ended_ns - int(event.network_s * 1e9)
        names = {"venue": event.venue, "endpoint": event.endpoint, "outcome": event.outcome}
        # The caller's span is the parent: the hook runs in the caller's context.
        span = self.tracer.start_span(
            f"{event.venue} {event.endpoint}",
            kind=trace.SpanKind.CLIENT,
            start_time=sent_ns - int(event.queue_s * 1e9),
            attributes={**names, "attempt": event.attempt, "status": event.status or 0, "code": event.code},
        )
        span.add_event("sent", timestamp=sent_ns)
        if event.outcome != "ok":
            span.set_status(trace.StatusCode.ERROR, event.outcome)
        span.end(ended_ns)
        self.network.record(event.network_s, names)
        self.queue.record(event.queue_s, names)
