"""`BitMart` on the simulated exchange: whole stories, in process, on a clock of their own."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal as D
from typing import Any

import httpx
import pytest

from futures_async.adapters.bitmart import BitMart
from futures_async.adapters.bitmart.simulated import Simulated
from futures_async.simulator.app import SimulatorApp
from futures_async.simulator.demo import Setup
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.testing.virtual_time import run, run_trio
from futures_async.transport.http.backend import HttpBackend, HttpFailure, HttpRequest, HttpResponse, Phase
from futures_async.transport.http.choose import select
from futures_async.transport.limits.none import NoLimiter
from futures_async.transport.retry import RetryPolicy
from futures_async.unified import errors
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import (
    Intent,
    LedgerType,
    MarginMode,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    Side,
)
from futures_async.unified.models import OrderRequest

pytestmark = pytest.mark.anyio

BTC = "BTC/USDT:USDT"
NOON = 1_768_190_400_000


class Lossy(HttpBackend):
    """Passes requests on, and loses the answers to those whose path holds `lose`."""

    name = "lossy"

    def __init__(self, inner: HttpBackend) -> None:
        super().__init__()
        self.inner = inner
        self.lose = ""
        self.lost = 0

    async def send(self, request: HttpRequest) -> HttpResponse:
        answer = await self.inner.send(request)
        if self.lose and self.lose in request.url:
            self.lost += 1
            raise HttpFailure("read-timeout", Phase.ANSWERING, sent=True)
        return answer

    async def aclose(self) -> None:
        await self.inner.aclose()


class Scene:
    """One exchange, one client, one clock."""

    def __init__(self, mode: PositionMode) -> None:
        self.now = NOON
        self.venue = SimulatedExchange(
            dialects=[Simulated],
            setup=Setup(position_mode=mode, empty=True),
            now_ms=lambda: self.now,
            uid_limit=None,
            endpoint_limits=False,
        )
        self.move(90_000)
        self.wire = Lossy(select(httpx.ASGITransport(SimulatorApp(self.venue)))[0])
        key = self.venue.venues["bitmart"].key
        self.exchange = BitMart(
            Credentials(key.key, key.secret, memo=key.memo),
            base_url="http://127.0.0.1:1",
            http=self.wire,
            limiter=NoLimiter(),
            retry=RetryPolicy(base_s=0.0),
        )

    def move(self, price: int) -> None:
        self.venue.engine.marks.pin(BTC, D(price))
        self.now += 500

    async def order(self, side: Side, quantity: str = "0.01", price: str | None = None, **more: Any) -> Any:
        return await self.exchange.create_order(
            OrderRequest(
                symbol=BTC,
                side=side,
                type=OrderType.MARKET if price is None else OrderType.LIMIT,
                quantity=D(quantity),
                price=None if price is None else D(price),
                **more,
            )
        )


@asynccontextmanager
async def scene(mode: PositionMode = PositionMode.ONE_WAY) -> AsyncGenerator[Scene]:
    found = Scene(mode)
    async with found.exchange:
        await found.exchange.fetch_time()
        yield found


async def test_fills_orders_and_ledger_are_walked_whole_while_rows_arrive() -> None:
    async with scene() as on:
        for _ in range(510):
            await on.order(Side.BUY)
            await on.order(Side.SELL, intent=Intent.CLOSE)
            on.now += 60
        until_ms = on.now
        on.now += 3000
        since_ms = NOON
        fills: list[Any] = []
        async for fill in on.exchange.iter_fills(BTC, since_ms=since_ms, until_ms=until_ms):
            fills.append(fill)
            if len(fills) in (1, 400):
                await on.order(Side.BUY)
                await on.order(Side.SELL, intent=Intent.CLOSE)
        orders = [order async for order in on.exchange.iter_orders(BTC, since_ms=since_ms, until_ms=until_ms)]
        entries = [entry async for entry in on.exchange.iter_ledger(since_ms=since_ms, until_ms=until_ms)]
        account = on.venue.venues["bitmart"].account
        assert [fill.fill_id for fill in fills] == [str(f.id) for f in reversed(account.fills[:1020])]
        assert [order.order_id for order in orders] == [str(o.id) for o in reversed(account.order_log[:1020])]
        assert sum(entry.amount for entry in entries if entry.type is not LedgerType.TRANSFER) == sum(
            row.amount - row.fee for row in account.ledger[:-4] if row.kind != "transfer"
        )
        assert len({entry.entry_id for entry in entries}) == len(entries) > 1020


async def test_an_order_whose_answer_is_lost_is_found_by_its_id() -> None:
    async with scene() as on:
        on.wire.lose = "submit-order"
        order = await on.order(Side.BUY, price="80000")
        assert order.recovered
        assert order.status is OrderStatus.NEW
        assert len(await on.exchange.fetch_open_orders(BTC)) == 1
        assert on.wire.lost == 1


@pytest.mark.parametrize("mode", list(PositionMode))
async def test_a_position_is_opened_protected_and_closed(mode: PositionMode) -> None:
    async with scene(mode) as on:
        exchange = on.exchange
        await exchange.set_leverage(BTC, 5, margin_mode=MarginMode.ISOLATED)
        await on.order(Side.SELL, "0.05")
        (position,) = await exchange.fetch_positions(BTC)
        assert (position.side, position.quantity, position.leverage) == (PositionSide.SHORT, D("0.05"), D(5))
        assert (position.position_mode, position.margin_mode) == (mode, MarginMode.ISOLATED)
        stop = await exchange.create_trigger_order(
            OrderRequest(
                symbol=BTC,
                side=Side.BUY,
                type=OrderType.TRIGGER,
                quantity=D("0.02"),
                trigger_price=D(95000),
                intent=Intent.CLOSE,
            )
        )
        (waiting,) = await exchange.fetch_trigger_orders(BTC)
        assert (waiting.order_id, waiting.client_order_id) == (stop.order_id, stop.client_order_id)
        on.move(95_500)
        assert await exchange.fetch_trigger_orders() == []
        left = await exchange.fetch_position(BTC)
        assert left is not None
        assert left.quantity == D("0.03")
        closed = await exchange.close_position(BTC)
        assert closed is not None
        assert closed.status is OrderStatus.FILLED
        assert await exchange.fetch_positions() == []
        assert await exchange.close_position(BTC) is None


async def test_both_sides_of_a_hedge_are_told_apart() -> None:
    async with scene(PositionMode.HEDGE) as on:
        await on.order(Side.BUY, "0.02")
        await on.order(Side.SELL, "0.01")
        assert {p.side: p.quantity for p in await on.exchange.fetch_positions()} == {
            PositionSide.LONG: D("0.02"),
            PositionSide.SHORT: D("0.01"),
        }
        with pytest.raises(errors.InvalidRequest, match="side"):
            await on.exchange.close_position(BTC)
        await on.exchange.close_position(BTC, side=PositionSide.SHORT)
        (left,) = await on.exchange.fetch_position_risk(BTC)
        assert left.side is PositionSide.LONG


async def test_leverage_that_another_client_changed_is_taken_over_after_the_conflict() -> None:
    async with scene() as on:
        await on.order(Side.BUY)
        other = on.exchange.with_credentials(on.exchange._channel.credentials)  # type: ignore[arg-type] # pyright: ignore[reportPrivateUsage, reportArgumentType] - the same account
        await other.set_leverage(BTC, 7)
        with pytest.raises(errors.MarginModeConflict):
            await on.order(Side.BUY)
        await on.order(Side.BUY)
        (position,) = await on.exchange.fetch_positions()
        assert (position.quantity, position.leverage) == (D("0.02"), D(7))


async def test_more_open_orders_than_shown_are_no_proof_of_anything() -> None:
    async with scene() as on:
        for _ in range(100):
            await on.order(Side.BUY, "0.001", "80000")
        with pytest.raises(errors.IncompletePage):
            await on.exchange.fetch_open_orders(BTC)
        with pytest.raises(errors.IncompletePage):
            await on.exchange.fetch_order(BTC, client_order_id="unknown")


def waiting(side: Side, trigger: int, **more: Any) -> OrderRequest:
    return OrderRequest(
        symbol=BTC, side=side, type=OrderType.TRIGGER, quantity=D("0.01"), trigger_price=D(trigger), **more
    )


@pytest.mark.parametrize("mode", list(PositionMode))
async def test_a_trailing_order_follows_the_price_and_closes(mode: PositionMode) -> None:
    async with scene(mode) as at:
        await at.order(Side.BUY)
        order = await at.exchange.create_trailing_order(waiting(Side.SELL, 91_000, intent=Intent.CLOSE), "0.01")
        (listed,) = await at.exchange.fetch_trailing_orders(BTC)
        assert (listed.order_id, listed.side, listed.quantity) == (order.order_id, Side.SELL, D("0.01"))
        assert (listed.raw.callback_rate, listed.raw.activation_price) == ("1", "91000")
        assert await at.exchange.fetch_open_orders(BTC) == []
        assert await at.exchange.fetch_trigger_orders(BTC) == []
        # Reached, then a percent back from the highest price.
        for price in (91_000, 95_000, 94_100):
            at.move(price)
            assert len(await at.exchange.fetch_positions()) == 1
        at.move(94_000)
        assert await at.exchange.fetch_positions() == []
        assert await at.exchange.fetch_trailing_orders() == []
        closed = (await at.exchange.fetch_order_history(BTC))[0]
        assert (closed.type, closed.status, closed.reduce_only) == (OrderType.TRIGGER, OrderStatus.FILLED, True)


async def test_a_trailing_order_is_cancelled_by_its_own_call() -> None:
    async with scene() as at:
        order = await at.exchange.create_trailing_order(waiting(Side.BUY, 89_000), "0.005")
        with pytest.raises(errors.OrderNotFound):
            await at.exchange.cancel_trigger_order(BTC, order_id=order.order_id)
        await at.exchange.cancel_trailing_order(BTC, order.order_id)
        assert await at.exchange.fetch_trailing_orders(BTC) == []
        with pytest.raises(errors.OrderNotFound):
            await at.exchange.cancel_trailing_order(BTC, order.order_id)


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_a_waiting_order_whose_answer_was_lost_is_a_question_that_stays(loop: str) -> None:
    if loop == "trio":
        run_trio(_a_question_that_stays)
    else:
        run(_a_question_that_stays())


async def _a_question_that_stays() -> None:
    at = Scene(PositionMode.ONE_WAY)
    await at.exchange.fetch_time()
    await at.exchange.create_trigger_order(waiting(Side.BUY, 94_000))
    at.wire.lose = "submit-"
    with pytest.raises(errors.OrderOutcomeUnknown) as plan:
        await at.exchange.create_trigger_order(waiting(Side.BUY, 95_000))
    with pytest.raises(errors.OrderOutcomeUnknown) as trailing:
        await at.exchange.create_trailing_order(waiting(Side.BUY, 89_000), "0.01")
    assert at.wire.lost == 2
    at.wire.lose = ""
    (_, mine) = sorted(await at.exchange.fetch_trigger_orders(BTC), key=lambda order: order.order_id)
    (follows,) = await at.exchange.fetch_trailing_orders(BTC)
    for question, order in ((plan.value, mine), (trailing.value, follows)):
        with pytest.raises(errors.OrderOutcomeUnknown) as again:
            await question.resolve()
        assert again.value is question
        # The venue keeps no id of ours: which one it is, is for the caller to say.
        assert question.lookups[-1] == f"waiting on the same terms, under no id of ours: {order.order_id}"
    assert at.exchange.unresolved() == [plan.value, trailing.value]
    with pytest.raises(errors.UnresolvedOrders):
        await at.exchange.aclose()


async def test_a_stop_whose_answer_was_lost_is_found_by_its_id() -> None:
    async with scene() as at:
        await at.order(Side.BUY)
        at.wire.lose = "submit-tp-sl-order"
        request = waiting(Side.SELL, 85_000, intent=Intent.CLOSE, client_order_id="mystop")
        stop = await at.exchange.create_trigger_order(request)
        assert (stop.recovered, stop.trigger_price) == (True, D(85_000))
        assert at.exchange.unresolved() == []
        with pytest.raises(errors.InvalidOrder, match="already used"):
            await at.exchange.create_trigger_order(request)


async def test_waiting_orders_are_changed_in_place() -> None:
    async with scene() as at:
        plan = await at.exchange.create_trigger_order(waiting(Side.BUY, 85_000, price=D(84_900)))
        changed = await at.exchange.edit_trigger_order(BTC, order_id=plan.order_id, trigger_price=84_000)
        assert (changed.order_id, changed.trigger_price, changed.price) == (plan.order_id, D(84_000), D(84_900))
        changed = await at.exchange.edit_trigger_order(BTC, order_id=plan.order_id, price="83900")
        assert (changed.trigger_price, changed.price) == (D(84_000), D(83_900))
        await at.order(Side.BUY)
        stop = await at.exchange.create_trigger_order(
            waiting(Side.SELL, 88_000, intent=Intent.CLOSE, client_order_id="mystop")
        )
        changed = await at.exchange.edit_trigger_order(BTC, client_order_id="mystop", trigger_price=87_000)
        assert (changed.order_id, changed.trigger_price, changed.price) == (stop.order_id, D(87_000), None)
        with pytest.raises(errors.ExchangeError):  # on the wrong side of the price
            await at.exchange.edit_trigger_order(BTC, client_order_id="mystop", trigger_price=99_000)
        at.wire.lose = "modify-tp-sl-order"
        changed = await at.exchange.edit_trigger_order(BTC, client_order_id="mystop", trigger_price=86_000)
        assert changed.trigger_price == D(86_000)
        assert at.wire.lost > 1  # said again: the same values change nothing


@pytest.mark.parametrize("mode", list(PositionMode))
async def test_a_position_is_closed_whole_by_its_stop(mode: PositionMode) -> None:
    async with scene(mode) as at:
        await at.order(Side.BUY)
        found = await at.exchange.set_position_stops(BTC, PositionSide.LONG, take_profit=99_000, stop_loss=85_000)
        assert sorted((row.raw.type, row.trigger_price) for row in found) == [
            ("stop_loss", D(85_000)),
            ("take_profit", D(99_000)),
        ]
        (again,) = await at.exchange.set_position_stops(BTC, PositionSide.LONG, stop_loss=86_000)
        assert again.trigger_price == D(86_000)
        assert len(await at.exchange.fetch_trigger_orders(BTC)) == 2
        await at.order(Side.BUY)
        at.move(85_900)
        assert await at.exchange.fetch_positions() == []


async def test_the_stops_that_an_order_brings_along_are_changed() -> None:
    async with scene() as at:
        order = await at.order(Side.BUY, price="85000", stop_loss=D(80_000))
        changed = await at.exchange.set_order_stops(BTC, order.order_id, take_profit=95_000, stop_loss=81_000)
        assert (changed.raw.preset_take_profit_price, changed.raw.preset_stop_loss_price) == ("95000", "81000")
        at.move(84_990)
        stops = await at.exchange.fetch_trigger_orders(BTC)
        assert {row.trigger_price for row in stops} == {D(81_000), D(95_000)}
