"""`/metrics`: Prometheus, made of what is known now; asking reads no more than a snapshot does.

Calls and streams are counted from the moment that the app was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from futures_async.portfolio.portfolio import Portfolio
from futures_async.portfolio.snapshot import Snapshot
from futures_async.risk import position_distance
from futures_async.streams.events import StreamEvent
from futures_async.transport.events import CallEvent
from futures_async.web.picture import Picture

STATES = ("ok", "stale", "failed")
STREAMS = ("connecting", "syncing", "live", "stale", "closed")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
TOO_MANY = 429
MOST_ENDPOINTS = 1000
"""`request()` makes endpoints without end; those beyond so many are counted as `other`."""


async def metrics(request: Request) -> Response:
    """The figures of every account."""
    portfolio: Portfolio = request.app.state.portfolio
    picture: Picture = request.app.state.picture
    tally: Tally = request.app.state.tally
    registry = CollectorRegistry()
    registry.register(_Figures(portfolio, await portfolio.snapshot(), picture))
    text = generate_latest(tally.registry) + generate_latest(registry)
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


class Tally:
    """Counts what the accounts of a portfolio do: each attempt at a call, each happening on a stream."""

    def __init__(self, portfolio: Portfolio) -> None:
        self.registry = CollectorRegistry()
        whose = ("account", "venue")
        count = partial(Counter, namespace="futures_async", registry=self.registry)
        seconds = partial(
            Histogram, labelnames=whose, namespace="futures_async", registry=self.registry, buckets=SECONDS
        )
        self._calls = count(
            "calls", "Attempts at calls; outcome is ok, or the error's class", (*whose, "endpoint", "outcome")
        )
        self._queue = seconds("call_queue_seconds", "Waiting for the rate limit")
        self._network = seconds("call_network_seconds", "From handing the request over to its answer")
        self._too_many = count(
            "too_many_requests", "Answers that calls come too fast, by the status 429 or the venue's code", whose
        )
        self._streams = count(
            "stream_events", "Connections made, lost, replaced; pictures resynced", (*whose, "stream", "happening")
        )
        self._drift = count(
            "stream_drift", "Rows that a read found otherwise than the stream had them", (*whose, "stream")
        )
        self._endpoints: set[str] = set()
        for name, exchange in portfolio.exchanges.items():
            self._too_many.labels(name, exchange.id)
            exchange.observe(partial(self._happened, name))

    def _happened(self, name: str, event: CallEvent | StreamEvent) -> None:
        whose = name, event.venue
        if isinstance(event, StreamEvent):
            self._streams.labels(*whose, event.stream, event.happening).inc()
            if event.happening == "drift":
                self._drift.labels(*whose, event.stream).inc(event.count)
            return
        if len(self._endpoints) < MOST_ENDPOINTS:
            self._endpoints.add(event.endpoint)
        endpoint = event.endpoint if event.endpoint in self._endpoints else "other"
        self._calls.labels(*whose, endpoint, event.outcome).inc()
        self._queue.labels(*whose).observe(event.queue_s)
        self._network.labels(*whose).observe(event.network_s)
        # Not every venue says it by the status alone.
        if event.status == TOO_MANY or event.outcome == "RateLimited":
            self._too_many.labels(*whose).inc()


class _Figures:
    def __init__(self, portfolio: Portfolio, snapshot: Snapshot, picture: Picture) -> None:
        self._portfolio = portfolio
        self._snapshot = snapshot
        self._picture = picture

    def collect(self) -> Iterator[Metric]:
        yield from self._accounts()
        yield from self._balances()
        yield from self._positions()
        yield from self._limits()
        unresolved = _gauge("unresolved_orders", "Writes whose outcome is not known", "account")
        for name, exchange in self._portfolio.exchanges.items():
            unresolved.add_metric([name], len(exchange.unresolved()))
        yield unresolved
        yield GaugeMetricFamily("futures_async_readers", "Readers of /events", value=self._picture.readers)

    def _accounts(self) -> Iterable[Metric]:
        state = _gauge("account_state", "1 for the state that the account is in", "account", "venue", "state")
        stream = _gauge("stream_state", "1 for the state of the account's streams", "account", "venue", "state")
        age = _gauge("account_age_seconds", "Since the oldest part was asked for", "account", "venue")
        for name, seen in self._snapshot.venues.items():
            for word in STATES:
                state.add_metric([name, seen.venue, word], word == seen.status)
            for word in STREAMS if seen.stream is not None else ():
                stream.add_metric([name, seen.venue, word], word == seen.stream)
            if seen.age_s is not None:
                age.add_metric([name, seen.venue], seen.age_s)
        return state, stream, age

    def _balances(self) -> Iterable[Metric]:
        equity = _gauge("equity", "In the margin coin", "account", "coin")
        ratio = _gauge("margin_ratio", "Maintenance margin over equity; liquidation at 1", "account", "coin")
        for name, account in self._snapshot.each_account():
            for gauge, value in ((equity, account.equity), (ratio, account.margin_ratio)):
                if value is not None:
                    gauge.add_metric([name, account.margin_coin], float(value))
        return equity, ratio

    def _positions(self) -> Iterable[Metric]:
        # A contract may have a cross and an isolated position of one side.
        labels = ("account", "symbol", "side", "margin_mode")
        quantity = _gauge("position_quantity", "In base coin", *labels)
        pnl = _gauge("position_unrealized_pnl", "In the margin coin", *labels)
        distance = _gauge("distance_to_liquidation", "From mark price to liquidation, a fraction of the mark", *labels)
        nearest = _gauge("nearest_liquidation", "The least of these distances of the account", "account")
        least: dict[str, float] = {}
        for name, one in self._snapshot.each_position():
            left = position_distance(one)
            for gauge, value in ((quantity, one.quantity), (pnl, one.unrealized_pnl), (distance, left)):
                if value is not None:
                    gauge.add_metric([name, one.symbol, one.side.value, one.margin_mode or ""], float(value))
            if left is not None:
                least[name] = min(float(left), least.get(name, float("inf")))
        for name, left_there in least.items():
            nearest.add_metric([name], left_there)
        return quantity, pnl, distance, nearest

    def _limits(self) -> Iterable[Metric]:
        labels = ("account", "pool")
        closed = _gauge("rate_limit_closed_seconds", "The rate limiter lets nothing through for so long", "account")
        taken = _gauge("rate_limit_taken", "Calls that count against a limit now", *labels)
        most = _gauge("rate_limit", "So many may", *labels)
        for name, exchange in self._portfolio.exchanges.items():
            closed.add_metric([name], exchange.closed_for_s())
            for pool, (used, limit) in exchange.slots_taken().items():
                taken.add_metric([name, pool], used)
                most.add_metric([name, pool], limit)
        return closed, taken, most


def _gauge(name: str, says: str, *labels: str) -> GaugeMetricFamily:
    # Prometheus knows floats alone: figures to look at, not to reckon with.
    return GaugeMetricFamily(f"futures_async_{name}", says, labels=labels)
