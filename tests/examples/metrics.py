"""A Prometheus histogram of all calls: `fa.connect("bitget", keys, on_event=observe(calls_histogram()))`."""

from collections.abc import Callable

from prometheus_client import REGISTRY, CollectorRegistry, Histogram

import futures_async as fa


def calls_histogram(registry: CollectorRegistry = REGISTRY) -> Histogram:
    """Seconds in the queue of the rate limit and on the network, by endpoint and outcome."""
    return Histogram(
        "futures_async_call_seconds",
        "Attempts at calls",
        ["venue", "endpoint", "outcome", "part"],
        buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        registry=registry,
    )


def observe(histogram: Histogram) -> Callable[[fa.CallEvent], None]:
    def on_event(event: fa.CallEvent) -> None:
        where = (event.venue, event.endpoint, event.outcome)
        histogram.labels(*where, "network").observe(event.network_s)
        histogram.labels(*where, "queue").observe(event.queue_s)

    return on_event
