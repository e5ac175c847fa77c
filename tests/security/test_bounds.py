"""S28: local bounds on orders, and the kill switch: nothing beyond them is ever sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

import futures_async as fa
from futures_async.simulator.demo import Setup
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.inprocess import InProcessBackend
from futures_async.testing.virtual_time import run
from futures_async.transport.limits.none import NoLimiter
from tests.loopback import Loopback
from tests.security.cases import TRADING, Case, order, prepare

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
MARK = {BTC: Decimal(90_000), ETH: Decimal(3_000)}
BOUNDS = fa.OrderBounds(symbols={BTC}, max_quantity={BTC: Decimal("0.02")}, max_notional=Decimal(1_500))
EPOCH_MS = 1_768_195_413_808


@contextmanager
def inside() -> Generator[SimulatedExchange]:
    exchange = SimulatedExchange(
        only=["bitget"],
        setup=Setup(empty=True),
        now_ms=lambda: EPOCH_MS + int(asyncio.get_running_loop().time() * 1000),
        uid_limit=None,
        endpoint_limits=False,
    )
    for symbol, price in MARK.items():
        exchange.engine.marks.pin(symbol, price)
    yield exchange


def connect(exchange: SimulatedExchange, bounds: fa.OrderBounds | None) -> fa.FuturesExchange:
    key = exchange.venues["bitget"].key
    return fa.connect(
        "bitget",
        fa.Credentials(key.key, key.secret, key.passphrase),
        base_url="http://127.0.0.1:1",
        http=InProcessBackend(exchange),
        limiter=NoLimiter(),
        bounds=bounds,
    )


def made(**fields: Any) -> fa.OrderRequest:
    given: dict[str, Any] = {
        "symbol": BTC,
        "side": fa.Side.BUY,
        "type": fa.OrderType.LIMIT,
        "quantity": Decimal("0.01"),
        "price": Decimal(80_000),
    }
    return fa.OrderRequest(**{**given, **fields})


def drawn(symbol: str, side: fa.Side, at_market: bool, lots: int, percent: int) -> fa.OrderRequest:
    return made(
        symbol=symbol,
        side=side,
        type=fa.OrderType.MARKET if at_market else fa.OrderType.LIMIT,
        quantity=Decimal(lots) / 100,
        price=None if at_market else MARK[symbol] * percent // 100,
    )


requests = st.builds(
    drawn,
    symbol=st.sampled_from([BTC, ETH]),
    side=st.sampled_from(fa.Side),
    at_market=st.booleans(),
    lots=st.integers(1, 5),
    percent=st.integers(80, 120),
)


@settings(max_examples=40)
@given(st.lists(requests, min_size=1, max_size=6), st.booleans())
def test_no_order_beyond_the_bounds_reaches_the_venue(wanted: list[fa.OrderRequest], together: bool) -> None:
    async def main() -> None:
        with inside() as exchange:
            async with connect(exchange, BOUNDS) as client:
                await client.fetch_time()
                if together:
                    await client.create_orders(wanted)
                else:
                    for request in wanted:
                        with suppress(fa.InvalidOrder, fa.ExchangeError):
                            await client.create_order(request)
            for held in exchange.venues["bitget"].account.orders.values():
                assert held.symbol == BTC
                assert held.quantity <= Decimal("0.02")
                # A sell far below the market is filled at the market: it counts for what it fetches.
                price = max(held.price or 0, 0 if held.side is fa.Side.BUY and held.price else MARK[BTC])
                assert held.quantity * price <= 1_500

    run(main())


@pytest.mark.parametrize(
    "fields",
    [
        {"symbol": ETH, "price": Decimal(2_900)},
        {"quantity": Decimal("0.03")},
        {"quantity": Decimal("0.02")},  # 1,600 USDT
        {"side": fa.Side.SELL, "quantity": Decimal("0.017"), "price": Decimal(81_000)},  # fetches 90,000
        {"type": fa.OrderType.MARKET, "price": None, "quantity": Decimal("0.017")},
    ],
    ids=str,
)
def test_what_is_out_of_bounds_is_refused_and_says_so(fields: dict[str, Any]) -> None:
    async def main() -> None:
        with inside() as exchange:
            async with connect(exchange, BOUNDS) as client:
                with pytest.raises(fa.InvalidOrder, match="bound") as caught:
                    await client.create_order(made(**fields))
                assert caught.value.outcome is fa.Outcome.NOT_SENT
                assert not exchange.venues["bitget"].account.orders
            async with connect(exchange, None) as client:
                await client.create_order(made(**fields))

    run(main())


def test_an_edit_is_held_to_the_bounds_and_a_close_is_not() -> None:
    async def main() -> None:
        with inside() as exchange:
            account = exchange.venues["bitget"].account
            async with connect(exchange, None) as free:
                await free.create_order(made(type=fa.OrderType.MARKET, price=None, quantity=Decimal("0.5")))
            async with connect(exchange, BOUNDS) as client:
                resting = await client.create_order(made())
                for change in ({"quantity": "0.03"}, {"price": "155000"}):
                    with pytest.raises(fa.InvalidOrder, match="bound"):
                        await client.edit_order(BTC, order_id=resting.order_id, **change)
                [held] = account.open_orders.values()
                assert (held.price, held.quantity) == (Decimal(80_000), Decimal("0.01"))
                closed = await client.close_position(BTC)
                assert closed is not None
                assert not list(account.positions_of())

    run(main())


def test_further_accounts_of_an_exchange_are_held_to_the_same_bounds() -> None:
    async def main() -> None:
        with inside() as exchange:
            async with connect(exchange, BOUNDS) as client:
                twin = client.with_credentials(fa.Credentials("other", "secret", "passphrase"))
                async with twin:
                    with pytest.raises(fa.InvalidOrder, match="bound"):
                        await twin.create_order(made(quantity=Decimal("0.03")))

    run(main())


@pytest.mark.parametrize(
    "wrong",
    [
        {"symbols": BTC},
        {"symbols": ["BTCUSDT"]},
        {"max_quantity": {"BTCUSDT": Decimal(1)}},
        {"max_quantity": {BTC: Decimal(0)}},
        {"max_notional": Decimal(-1)},
        {"max_notional": Decimal("NaN")},
    ],
    ids=str,
)
def test_bounds_that_would_bound_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(fa.InvalidRequest):
        fa.OrderBounds(**wrong)


def test_a_bound_given_as_text_counts_like_a_number_and_a_float_is_refused() -> None:
    bounds: Any = fa.OrderBounds
    with pytest.raises(fa.InvalidOrder, match="bound"):
        bounds(max_quantity={BTC: "0.001"}).check(made(), BTC)
    with pytest.raises(TypeError):
        bounds(max_notional=0.5)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("case", TRADING, ids=lambda case: case.id)
async def test_bounds_and_the_kill_switch_hold_at_every_venue(case: Case) -> None:
    """After `halt()` nothing leaves that could open or change a position; cancels and reads do."""
    with Loopback() as venue:
        async with case.open(venue.url, http="httpx", bounds=fa.OrderBounds(symbols=[ETH])) as exchange:
            prepare(exchange)
            with pytest.raises(fa.InvalidOrder, match="bound"):
                await exchange.create_order(order(case))
        async with case.open(venue.url, http="httpx") as exchange:
            prepare(exchange)
            exchange.halt()
            attempts: list[Callable[[], Awaitable[object]]] = [
                lambda: exchange.create_order(order(case)),
                lambda: exchange.create_orders([order(case)]),
                lambda: exchange.edit_order(BTC, order_id="1", price=5),
                lambda: exchange.close_position(BTC),
                lambda: exchange.set_leverage(BTC, 5),
                lambda: exchange.adjust_margin(BTC, 5),
                lambda: exchange.request("POST", "/any/thing"),
            ]
            for attempt in attempts:
                with pytest.raises(fa.FuturesAsyncError):  # some read first, and this venue answers nonsense
                    await attempt()
            assert {seen.method for seen in venue.requests} <= {"GET"}
            with suppress(fa.FuturesAsyncError):
                await exchange.cancel_order(BTC, order_id="1")
        assert [seen.method for seen in venue.requests if seen.method != "GET"] == ["DELETE" if case.forms else "POST"]
