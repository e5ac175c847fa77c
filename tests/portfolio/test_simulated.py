"""Portfolio, dashboard, order manager and monitor on the simulated exchange, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import anyio
import pytest

import futures_async as fa
from futures_async import risk
from futures_async.manager.tracking import OrderUpdate
from futures_async.portfolio.monitor import Alert
from futures_async.simulator.demo import Setup
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.server import RunningExchange, serve

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore::futures_async.LifecycleWarning")]

D = Decimal
BTC = "BTC/USDT:USDT"


@pytest.fixture(scope="module")
def market() -> Iterator[RunningExchange]:
    with serve(SimulatedExchange(seed=5, setup=Setup())) as running:
        yield running


@pytest.fixture
def fresh() -> Iterator[RunningExchange]:
    with serve(SimulatedExchange(seed=5, only=["bitget"], setup=Setup(empty=True))) as running:
        yield running


def opened(market: RunningExchange, venue: str, **options: Any) -> fa.FuturesExchange:
    return fa.connect(venue, market.credentials(venue), base_url=market.base_url, http="httpx", **options)


async def test_every_venue_is_seen_and_one_that_is_down_hides_none(market: RunningExchange) -> None:
    async with contexts(market) as exchanges:
        exchanges["down"] = fa.connect(
            "bitget", market.credentials("bitget"), base_url="http://127.0.0.1:9", http="httpx"
        )
        async with fa.Portfolio(exchanges) as portfolio:
            snapshot = await portfolio.snapshot(deadline_s=5)
            states = {name: state.status for name, state in snapshot.venues.items()}
            assert states.pop("down") == "failed"
            assert set(states.values()) == {"ok"}
            assert len(states) >= 2
            assert snapshot.totals()["USDT"].equity > 0
            assert all(row.symbol and row.quantity > 0 for row in snapshot.positions)
            assert len(snapshot.risks()) == len(snapshot.positions) > len(states)


class contexts:
    """All venues of the market, opened and closed together."""

    def __init__(self, market: RunningExchange) -> None:
        self._market = market
        self._exchanges: dict[str, fa.FuturesExchange] = {}

    async def __aenter__(self) -> dict[str, fa.FuturesExchange]:
        self._exchanges = {venue: opened(self._market, venue) for venue in self._market.exchange.venues}
        return self._exchanges

    async def __aexit__(self, *error: object) -> None:
        for exchange in self._exchanges.values():
            await exchange.aclose()


@pytest.mark.parametrize("venue", ["bitget", "bitmart"])
async def test_the_dashboard_is_one_call(market: RunningExchange, venue: str) -> None:
    async with opened(market, venue) as exchange:
        shown = await risk.dashboard(exchange)
    assert shown.venue == venue
    assert shown.mode is fa.PositionMode.ONE_WAY
    assert shown.rows
    for row in shown.rows:
        assert (row.risk.symbol, row.risk.side) == (row.position.symbol, row.position.side)
        assert row.risk.mark_price is not None
        if row.risk.liquidation_price is not None:
            assert row.risk.distance_to_liquidation is not None
            assert row.risk.distance_to_liquidation > 0


async def test_an_order_is_submitted_followed_and_counted(fresh: RunningExchange) -> None:
    journal = fa.MemoryJournal()
    async with opened(fresh, "bitget", journal=journal) as exchange:
        manager = fa.OrderManager(exchange, journal=journal)
        bought = await manager.submit(market_order(fa.Side.BUY, "0.01"))
        updates: list[OrderUpdate] = [update async for update in manager.track(interval_s=0.05)]
        assert updates[-1].order.status is fa.OrderStatus.FILLED
        leg = manager.book.leg(BTC)
        assert (leg.quantity, leg.fees > 0) == (D("0.01"), True)
        held = await exchange.fetch_position(BTC)
        assert held is not None
        assert (held.quantity, held.entry_price) == (leg.quantity, leg.average_price)
        await manager.submit(market_order(fa.Side.SELL, "0.01", fa.Intent.CLOSE))
        async for _ in manager.track(interval_s=0.05):
            pass
        assert manager.book.leg(BTC).quantity == 0
        assert await journal.open_intents("bitget", exchange.account_id) == []
        assert bought.client_order_id in manager.orders
        assert (await manager.recover()).placed == ()


async def test_slices_of_a_large_order_stand_at_the_venue_and_add_up(fresh: RunningExchange) -> None:
    async with opened(fresh, "bitget") as exchange:
        manager = fa.OrderManager(exchange, journal=fa.MemoryJournal())
        result = await manager.submit_sliced(market_order(fa.Side.BUY, "0.1"), max_quantity="0.03", pause=(0.0, 0.001))
        assert result.error is None
        assert [order.quantity for order in result.orders] == [D("0.03"), D("0.03"), D("0.03"), D("0.01")]
        held = await exchange.fetch_position(BTC)
        assert held is not None
        assert held.quantity == D("0.1")


async def test_the_monitor_reduces_a_position_through_the_order_manager(fresh: RunningExchange) -> None:
    alerts: list[Alert] = []

    async def hear(alert: Alert) -> None:
        alerts.append(alert)

    async with opened(fresh, "bitget") as exchange, fa.Portfolio([exchange]) as portfolio:
        manager = fa.OrderManager(exchange, journal=fa.MemoryJournal())
        await manager.submit(market_order(fa.Side.BUY, "0.1"))
        rule = fa.Rule(name="any risk", metric=fa.Metric.MARGIN_RATIO, above=D(0), action=fa.Reduce())
        monitor = fa.RiskMonitor(portfolio, [rule], hear, interval_s=0.2, managers={"bitget": manager})
        with anyio.move_on_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(monitor.run)
                while (await exchange.fetch_positions(BTC))[0].quantity == D("0.1"):  # noqa: ASYNC110 - asks the venue
                    await anyio.sleep(0.2)
                tasks.cancel_scope.cancel()
        assert [position.quantity for position in await exchange.fetch_positions(BTC)] == [D("0.05")]
        assert [alert.raised for alert in alerts] == [True]


def market_order(side: fa.Side, quantity: str, intent: fa.Intent = fa.Intent.OPEN) -> fa.OrderRequest:
    return fa.OrderRequest(symbol=BTC, side=side, type=fa.OrderType.MARKET, quantity=D(quantity), intent=intent)
