"""`/metrics`: Prometheus, made of what is known now; asking reads no more than a snapshot does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from futures_async.portfolio.portfolio import Portfolio
from futures_async.portfolio.snapshot import Snapshot
from futures_async.risk import distance_to_liquidation
from futures_async.web.picture import Picture

STATES = ("ok", "stale", "failed")
STREAMS = ("connecting", "syncing", "live", "stale", "closed")


async def metrics(request: Request) -> Response:
    """The figures of every account."""
    portfolio: Portfolio = request.app.state.portfolio
    picture: Picture = request.app.state.picture
    registry = CollectorRegistry()
    registry.register(_Figures(portfolio, await portfolio.snapshot(), picture))
    return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


class _Figures:
    def __init__(self, portfolio: Portfolio, snapshot: Snapshot, picture: Picture) -> None:
        self._portfolio = portfolio
        self._snapshot = snapshot
        self._picture = picture

    def collect(self) -> Iterator[Metric]:
        yield from self._accounts()
        yield from self._balances()
        yield from self._positions()
        unresolved = _gauge("unresolved_orders", "Writes whose outcome is not known", "account")
        pool = _gauge("rate_limit_closed_seconds", "The rate limiter lets nothing through for so long", "account")
        for name, exchange in self._portfolio.exchanges.items():
            unresolved.add_metric([name], len(exchange.unresolved()))
            pool.add_metric([name], exchange.closed_for_s())
        yield from (unresolved, pool)
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
        labels = ("account", "symbol", "side")
        quantity = _gauge("position_quantity", "In base coin", *labels)
        pnl = _gauge("position_unrealized_pnl", "In the margin coin", *labels)
        distance = _gauge("distance_to_liquidation", "Adverse move as a fraction of the mark price", *labels)
        for name, one in self._snapshot.each_position():
            left = distance_to_liquidation(one.side, one.mark_price, one.liquidation_price)
            for gauge, value in ((quantity, one.quantity), (pnl, one.unrealized_pnl), (distance, left)):
                if value is not None:
                    gauge.add_metric([name, one.symbol, one.side.value], float(value))
        return quantity, pnl, distance


def _gauge(name: str, says: str, *labels: str) -> GaugeMetricFamily:
    # Prometheus knows floats alone: figures to look at, not to reckon with.
    return GaugeMetricFamily(f"futures_async_{name}", says, labels=labels)
