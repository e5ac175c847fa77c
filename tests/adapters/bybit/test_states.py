"""Rarer states of an account: old ledgers, other products beside contracts, requests that end otherwise than said."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from decimal import Decimal as D
from typing import Any

import anyio
import msgspec
import pytest

from futures_async.adapters.bybit import Bybit, endpoints, mapping, wire
from futures_async.adapters.bybit.dialect import BybitDialect
from futures_async.adapters.bybit.simulated.account import BONUS
from futures_async.adapters.bybit.streams import BybitStreamDialect
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.streams.inprocess import InProcessStreams
from futures_async.simulator.world import Options
from futures_async.streams.dialect import Data
from futures_async.testing.inside import Inside
from futures_async.testing.virtual_time import run
from futures_async.transport.http.backend import HttpRequest
from futures_async.unified import errors
from futures_async.unified.enums import LedgerType, MarginMode, OrderStatus, OrderType, PositionMode, PositionSide, Side
from futures_async.unified.models import Account, Order, OrderRequest, Position
from tests.adapters.bybit.samples import plain, row
from tests.adapters.bybit.test_contract import TestBybit as Suite
from tests.adapters.bybit.test_streams import pushed, read
from tests.adapters.bybit.test_traps import changed

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
OPTION = "BTC-27MAR26-70000-C-USDT"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def played(
    play: Callable[[Inside, Bybit], Awaitable[None]],
    *,
    plan: FaultPlan | None = None,
    options: Options | None = None,
    mode: PositionMode = PositionMode.ONE_WAY,
) -> None:
    """Run a play with a client, and its streams, on an exchange of its own."""

    async def main() -> None:
        on = Inside(Suite.spec, mode, plan=plan, options=options)
        on.exchange = exchange = on.connect(on.credentials, streams=InProcessStreams(on.inside))
        assert isinstance(exchange, Bybit)
        async with exchange:
            await play(on, exchange)

    run(main())


# The ledger


def test_the_ledger_of_a_week_has_the_days_that_are_gone_since() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        now = on.inside.now_ms()
        hours = (156, 48, 1)
        for number, hour in enumerate(hours):
            on.trade_inside(Side.SELL if number % 2 else Side.BUY, at_ms=now - hour * HOUR_MS, closing=bool(number % 2))
        await exchange.fetch_time()
        ago = [(now - entry.created_ms) // HOUR_MS for entry in await exchange.fetch_ledger(type="trade")]
        assert ago == sorted(hours)
        walked = exchange.iter_ledger(since_ms=now - 7 * DAY_MS, type="trade")
        assert [(now - entry.created_ms) // HOUR_MS async for entry in walked] == sorted(hours)

    played(play)


def test_what_happens_while_the_ledger_is_asked_for_is_in_it() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await exchange.fetch_time()
        on.trade_inside(Side.BUY, at_ms=on.inside.now_ms() + 30_000)
        assert len(await exchange.fetch_ledger(type="trade")) == 1

    played(play)


def test_what_spot_has_cost_is_of_no_contract_and_no_trade_of_one() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(Side.BUY)
        await exchange.fetch_time()
        rows = [entry for entry in await exchange.fetch_ledger() if entry.type is not LedgerType.TRANSFER]
        assert [(entry.symbol, entry.type, entry.description) for entry in rows] == [
            (BTC, LedgerType.TRADE, None),
            (None, LedgerType.OTHER, "spot BTCUSDT"),
        ]
        assert [entry.symbol for entry in await exchange.fetch_ledger(symbol=BTC)] == [BTC]

    played(play, options=Options(other_products=True))


@pytest.mark.parametrize("category", ["linear", "inverse", "", None])
def test_a_row_of_the_ledger_that_is_of_contracts_or_does_not_say_names_its_contract(category: str | None) -> None:
    record = row(endpoints.RECORDS, "transaction_log", type="TRADE", category=category, symbol="BTCUSDT")
    entry = mapping.ledger_entries().one(record)
    assert (entry.symbol, entry.venue_symbol, entry.type) == (BTC, "BTCUSDT", LedgerType.TRADE)


# Spot and options in the streams


@pytest.mark.parametrize("name", ["ws_order", "ws_execution", "ws_position"])
@pytest.mark.parametrize(
    ("category", "symbol"), [("spot", "BTCUSDT"), ("option", OPTION), ("spread", "BTCUSDT_x"), ("event", "x")]
)
def test_rows_of_other_products_are_none_of_ours(name: str, category: str, symbol: str) -> None:
    data = pushed(name, category=category, symbol=symbol)
    assert data.whole
    assert all(not push.items for _, push in data.pushes)


def test_a_row_of_an_unknown_category_is_left_to_the_next_read() -> None:
    data = pushed("ws_order", category="futures-on-spot")
    assert not data.whole
    assert all(not push.items for _, push in data.pushes)


def test_a_row_that_says_no_category_is_read() -> None:
    frame = plain("ws_order")
    for one in frame["data"]:
        del one["category"]
    data = read(frame)
    assert isinstance(data, Data)
    assert all(push.items for _, push in data.pushes)


def test_an_option_keeps_its_own_name() -> None:
    exchange = Bybit()
    assert exchange.unified_symbol(OPTION) == OPTION


def test_who_trades_spot_and_options_beside_sees_the_contracts_alone() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        orders, fills, held = set[str](), set[str](), set[tuple[str, D]]()

        async def watch_orders() -> None:
            async for change in exchange.watch_orders():
                orders.add(change.item.order_id)

        async def watch_fills() -> None:
            async for change in exchange.watch_fills():
                fills.add(change.item.fill_id)

        async def watch_positions() -> None:
            async for change in exchange.watch_positions():
                held.add((change.item.symbol, change.item.quantity))

        async with anyio.create_task_group() as group:
            for watch in (watch_orders, watch_fills, watch_positions):
                group.start_soon(watch)
            await anyio.sleep(5)
            await on.trade(Side.BUY)
            await anyio.sleep(5)
            group.cancel_scope.cancel()
        assert orders == {str(order.id) for order in on.account.order_log}
        assert fills == {str(fill.id) for fill in on.account.fills}
        assert held == {(BTC, D("0.01"))}

    played(play, options=Options(other_products=True))


# Hosts


@pytest.mark.parametrize(
    ("base_url", "private", "demo", "host"),
    [
        ("https://api.bybit.kz/", True, False, "wss://stream.bybit.kz"),
        ("https://api.bybit.eu", True, False, "wss://stream.bybit.eu"),
        # For these the venue names no host of streams.
        ("https://api.bytick.com", True, False, "wss://stream.bybit.com"),
        ("https://api.bybit.nl/", True, False, "wss://stream.bybit.com"),
        ("https://api.bybit.ae", False, False, "wss://stream.bybit.com"),
        ("https://api-testnet.bybit.com", False, False, "wss://stream-testnet.bybit.com"),
        ("https://api-demo.bybit.com", True, True, "wss://stream-demo.bybit.com"),
        ("https://api-demo.bybit.com", False, True, "wss://stream.bybit.com"),
        ("https://proxy.example", True, True, "wss://proxy.example"),
        (None, True, False, "wss://stream.bybit.com"),
        (None, True, True, "wss://stream-demo.bybit.com"),
        (None, False, True, "wss://stream.bybit.com"),
    ],
)
def test_the_venues_own_hosts_have_their_streams_elsewhere(
    base_url: str | None, private: bool, demo: bool, host: str
) -> None:
    dialect = BybitStreamDialect(BybitDialect())
    part = "private" if private else "public/"
    assert dialect.url(base_url, private=private, demo=demo) == f"{host}/v5/{part}"


# A bonus


@pytest.mark.parametrize("mode", list(MarginMode))
def test_a_push_has_as_much_available_as_a_read(mode: MarginMode) -> None:
    frame = plain("ws_wallet")
    for wallet in frame["data"]:
        for coin in wallet["coin"]:
            coin["bonus"] = "1000"
    dialect = BybitStreamDialect(BybitDialect(), margin_mode=lambda: mode)
    data = dialect.read(msgspec.json.encode(frame), binary=False)
    assert isinstance(data, Data)
    [(_, push)] = data.pushes
    whole = msgspec.convert(frame["data"][0], wire.WireWallet, strict=False)
    read = mapping.accounts(mode).each(whole.coin, lambda _: whole).rows
    pushed = [account for account in push.items if isinstance(account, Account)]
    assert [account.available for account in pushed] == [account.available for account in read]


def test_the_mode_that_was_read_counts_for_pushes() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        on.account.extra[BONUS] = "1000"
        await exchange.set_margin_mode("isolated")
        watch = exchange.watch_accounts(audit_s=3600)

        async def follow() -> None:
            async for _ in watch:
                pass

        async with anyio.create_task_group() as group:
            group.start_soon(follow)
            await anyio.sleep(5)
            await exchange.create_order(on.request())
            await anyio.sleep(5)
            shown = {account.margin_coin: account.available for account in watch.current.values()}
            assert shown["USDT"] == (await exchange.fetch_account("USDT")).available
            group.cancel_scope.cancel()

    played(play)


# Edits


@pytest.mark.parametrize("quantity", [None, D("0.02")])
def test_an_edit_that_takes_effect_after_its_answer_is_waited_for(quantity: D | None) -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        order = await exchange.create_order(on.request())
        wanted = on.price("0.91")
        edited = await exchange.edit_order(BTC, order_id=order.order_id, price=wanted, quantity=quantity)
        assert (edited.price, edited.quantity) == (wanted, quantity or order.quantity)

    played(play, options=Options(change_lag_ms=700))


def test_an_edit_that_the_venue_takes_and_refuses_later_is_no_success() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        order = await exchange.create_order(on.request())
        with pytest.raises(errors.SettingNotApplied):
            await exchange.edit_order(BTC, order_id=order.order_id, quantity=D(100))  # for which there is no margin
        assert (await exchange.fetch_order(BTC, order_id=order.order_id)).quantity == order.quantity

    played(play, options=Options(change_lag_ms=50))


def test_an_edit_of_an_order_that_fills_meanwhile_tells_of_its_fill() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        order = await exchange.create_order(on.request())

        async def sink() -> None:
            await anyio.sleep(0.2)
            on.move(on.price("0.8"))

        async with anyio.create_task_group() as group:
            group.start_soon(sink)
            edited = await exchange.edit_order(BTC, order_id=order.order_id, price=on.price("0.91"))
            assert edited.status is OrderStatus.FILLED

    played(play, options=Options(change_lag_ms=5000))


def test_a_price_that_is_moved_into_the_band_is_an_edit_all_the_same() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        order = await exchange.create_order(on.request(Side.SELL, price=on.price("1.1")))
        edited = await exchange.edit_order(BTC, order_id=order.order_id, price=on.price("20"))
        assert edited.price == on.price("10")

    played(play, options=Options(change_lag_ms=300))


# Cancels of what waits


def test_a_stop_that_went_off_is_not_told_as_cancelled() -> None:
    plan = FaultPlan()
    plan.add("dropped", paths=["/v5/order/cancel"])

    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(Side.BUY)
        stop = await exchange.create_stop_order(BTC, "long", on.spec.quantity, stop_loss=on.price("0.95"))
        on.move(on.price("0.94"))
        with pytest.raises(errors.OrderNotFound, match="filled"):
            await exchange.cancel_trigger_order(BTC, order_id=stop.order_id)

    played(play, plan=plan)


def test_a_cancel_of_a_stop_that_is_taken_and_comes_too_late_is_not_told_as_done() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(Side.BUY)
        stop = await exchange.create_stop_order(BTC, "long", on.spec.quantity, stop_loss=on.price("0.95"))

        async def sink() -> None:
            await anyio.sleep(0.2)
            on.move(on.price("0.94"))

        async with anyio.create_task_group() as group:
            group.start_soon(sink)
            with pytest.raises(errors.OrderNotFound, match="filled"):
                await exchange.cancel_trigger_order(BTC, order_id=stop.order_id)

    played(play, options=Options(change_lag_ms=1500))


def test_a_cancel_of_a_stop_is_waited_for() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(Side.BUY)
        stop = await exchange.create_stop_order(BTC, "long", on.spec.quantity, stop_loss=on.price("0.95"))
        await exchange.cancel_trigger_order(BTC, order_id=stop.order_id)
        assert not on.account.live_triggers

    played(play, options=Options(change_lag_ms=700))


@pytest.mark.parametrize("times", [1, None])
def test_a_cancel_of_a_stop_that_was_carried_out_without_an_answer_is_a_success(times: int | None) -> None:
    plan = FaultPlan()
    plan.add("answer-lost", paths=["/v5/order/cancel"], most=times)

    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(Side.BUY)
        stop = await exchange.create_stop_order(BTC, "long", on.spec.quantity, stop_loss=on.price("0.95"))
        await exchange.cancel_trigger_order(BTC, order_id=stop.order_id)
        assert not on.account.live_triggers
        if times is not None:
            with pytest.raises(errors.OrderNotFound):
                await exchange.cancel_trigger_order(BTC, order_id=stop.order_id)

    played(play, plan=plan)


# Position modes


@pytest.mark.parametrize("held", [False, True])
def test_a_position_mode_of_all_contracts_that_never_arrived_is_not_set(held: bool) -> None:
    plan = FaultPlan()

    async def play(on: Inside, exchange: Bybit) -> None:
        if held:  # in the mode that is asked for, which says nothing of the others
            await exchange.set_position_mode("hedge", symbol=ETH)
            await exchange.create_order(on.request(symbol=ETH, type=OrderType.MARKET))
        plan.add("dropped", paths=["/v5/position/switch-mode"])
        with pytest.raises((errors.SettingNotApplied, errors.SettingOutcomeUnknown)):
            await exchange.set_position_mode("hedge")
        assert await exchange.fetch_position_mode(BTC) is PositionMode.ONE_WAY

    played(play, plan=plan)


@pytest.mark.parametrize("held", [False, True])
def test_a_position_mode_of_all_contracts_is_read_back_from_one_that_is_flat(held: bool) -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        if held:
            await exchange.set_position_mode("hedge", symbol=ETH)
            await exchange.create_order(on.request(symbol=ETH, type=OrderType.MARKET))
        assert await exchange.set_position_mode("hedge") is PositionMode.HEDGE
        assert await exchange.fetch_position_mode(BTC) is PositionMode.HEDGE

    played(play)


def test_a_contract_with_an_order_alone_shows_no_position_mode_of_all_contracts() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await exchange.create_order(on.request(price=on.price("0.9")))
        assert await exchange.set_position_mode("hedge") is PositionMode.HEDGE
        assert await exchange.fetch_position_mode(BTC) is PositionMode.ONE_WAY
        assert await exchange.fetch_position_mode(ETH) is PositionMode.HEDGE

    played(play)


# Closes


def refused_after(on: Inside, placed: int) -> None:
    """Orders beyond so many are refused, and do nothing: others reduce the position already."""
    count = 0
    send = on.backend.send

    async def sent(request: HttpRequest) -> Any:
        nonlocal count
        if request.url.endswith("/v5/order/create"):
            count += 1
            if count > placed:
                text = "orderQty will be truncated to zero"
                body: dict[str, Any] = {
                    "retCode": 110017,
                    "retMsg": text,
                    "result": {},
                    "retExtInfo": {},
                    "time": on.inside.now_ms(),
                }
                answer = await send(msgspec.structs.replace(request, body=b"{}"))
                return msgspec.structs.replace(answer, body=msgspec.json.encode(body))
        return await send(request)

    on.backend.send = sent  # type: ignore[method-assign]


def in_parts(on: Inside, part: D) -> None:
    contracts = on.inside.engine.world.contracts
    contracts[BTC] = dataclasses.replace(contracts[BTC], max_quantity=part * 5)


def test_a_close_that_other_orders_leave_nothing_for_is_no_close() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(Side.BUY)
        refused_after(on, 0)
        with pytest.raises(errors.OrderRejected) as caught:
            await exchange.close_position(BTC)
        assert caught.value.code == "110017"
        assert [position.quantity for position in on.account.positions_of()] == [on.spec.quantity]

    played(play)


def test_a_close_in_parts_of_which_a_later_one_is_refused_is_no_close() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(Side.BUY)
        in_parts(on, D("0.004"))
        await exchange.fetch_contract(BTC)
        refused_after(on, 1)
        with pytest.raises(errors.OrderRejected):
            await exchange.close_position(BTC)
        assert [position.quantity for position in on.account.positions_of()] == [D("0.006")]

    played(play)


def test_a_close_in_parts_of_which_the_last_finds_nothing_ends_with_the_last_order() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(Side.BUY)
        in_parts(on, D("0.004"))
        await exchange.fetch_contract(BTC)
        refused_after(on, 1)
        create = exchange.create_order

        async def and_all_else(request: OrderRequest, **more: Any) -> Order:
            order = await create(request, **more)
            on.inside.engine.orders.close_position(on.account, BTC, PositionSide.LONG)
            return order

        exchange.create_order = and_all_else  # type: ignore[method-assign]
        closed = await exchange.close_position(BTC)
        assert closed is not None
        assert closed.quantity == D("0.004")

    played(play)


def test_a_position_that_cannot_be_read_is_not_called_closed_by_a_refusal() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(Side.BUY)

        def odd(answer: Any) -> Any:
            for one in answer["result"]["list"]:
                one["size"] = "many"
            return answer

        changed(on, "/v5/position/list", odd)
        refused_after(on, 0)
        with pytest.raises(errors.OrderRejected, match="still held could not be read"):
            await exchange.close_position(BTC)

    played(play)


# The margin mode


@pytest.mark.parametrize("mode", list(MarginMode))
def test_a_push_of_a_position_has_the_margin_that_a_read_has(mode: MarginMode) -> None:
    frame = plain("ws_position")
    dialect = BybitStreamDialect(BybitDialect(), margin_mode=lambda: mode)
    data = dialect.read(msgspec.json.encode(frame), binary=False)
    assert isinstance(data, Data)
    [(_, push)] = data.pushes
    whole = msgspec.convert(frame["data"][0], wire.WirePosition, strict=False)
    [read] = mapping.positions(mode).each([whole]).rows
    pushed = next(position for position in push.items if isinstance(position, Position) and position.quantity)
    assert (pushed.margin_mode, pushed.margin) == (mode, read.margin)
    assert pushed.margin == D("23.7")  # `positionBalance` is 0


def modes_read(on: Inside) -> int:
    return sum(one.path == endpoints.INFO.path for one in on.inside.arrivals)


def test_reads_that_begin_together_read_the_mode_once_and_not_one_of_before_it_was_set() -> None:
    plan = FaultPlan()

    async def play(on: Inside, exchange: Bybit) -> None:
        await exchange.fetch_time()
        async with anyio.create_task_group() as group:
            group.start_soon(exchange.fetch_positions)
            group.start_soon(exchange.fetch_accounts)
        assert modes_read(on) == 1
        plan.add("slow", paths=[endpoints.INFO.path], most=1, delay_s=3.0)
        async with anyio.create_task_group() as group:
            group.start_soon(exchange.fetch_accounts)
            await anyio.sleep(0.2)
            await exchange.set_margin_mode("isolated")
            assert {account.margin_mode for account in await exchange.fetch_accounts()} == {MarginMode.ISOLATED}
        # What was asked before that, and came late, is not taken for what holds now.
        assert exchange._mode_read is MarginMode.ISOLATED  # pyright: ignore[reportPrivateUsage]

    played(play, plan=plan)


def test_a_mode_that_was_changed_elsewhere_is_shown_of_balances_as_soon_as_of_positions() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        async with exchange.watch_accounts(audit_s=3600) as accounts, exchange.watch_positions(audit_s=20) as positions:
            await accounts.live()
            await positions.live()
            on.inside.engine.settings.set_margin_mode(on.account, None, MarginMode.ISOLATED)
            await anyio.sleep(30)
            assert {account.margin_mode for account in accounts.current.values()} == {MarginMode.ISOLATED}

    played(play)
