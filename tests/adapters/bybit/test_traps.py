"""What the venue does otherwise than one would guess: the client lives with it, on the simulated exchange."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Iterable
from decimal import Decimal as D
from typing import Any

import anyio
import msgspec
import pytest

from futures_async.adapters.bybit import Bybit, client
from futures_async.adapters.bybit.dialect import SITE_HEADERS, Site
from futures_async.adapters.bybit.simulated import SimulatedBybit
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.records import ZERO, LedgerKind
from futures_async.simulator.streams.inprocess import InProcessStreams
from futures_async.streams.backend import Receiver, StreamConnection, StreamRequest
from futures_async.testing.inside import Inside
from futures_async.testing.virtual_time import run
from futures_async.transport.endpoint import RateLimit
from futures_async.transport.http.backend import HttpRequest, HttpResponse
from futures_async.unified import errors
from futures_async.unified.enums import (
    Intent,
    MarginMode,
    OrderKind,
    OrderStatus,
    OrderType,
    Outcome,
    PositionMode,
    PositionSide,
    PriceSource,
    Side,
)
from futures_async.unified.models import OrderRequest, Stop
from futures_async.unified.rows import unread_of
from tests.adapters.bybit.samples import plain
from tests.adapters.bybit.test_contract import TestBybit as Suite

BTC, USDC, ETH = "BTC/USDT:USDT", "BTC/USDC:USDC", "ETH/USDT:USDT"
DAY_MS = 86_400_000
HEDGE, ONE_WAY = PositionMode.HEDGE, PositionMode.ONE_WAY


def played(
    play: Callable[[Inside, Bybit], Awaitable[None]], mode: PositionMode = ONE_WAY, plan: FaultPlan | None = None
) -> None:
    """Run a play with a client on an exchange of its own."""

    async def main() -> None:
        on = Inside(Suite.spec, mode, plan=plan)
        exchange = on.exchange
        assert isinstance(exchange, Bybit)
        async with exchange:
            await play(on, exchange)

    run(main())


def changed(on: Inside, path: str, change: Callable[[Any], Any]) -> None:
    """Change the answers of one path on their way."""
    send = on.backend.send

    async def sent(request: HttpRequest) -> Any:
        response = await send(request)
        if path not in request.url:
            return response
        return msgspec.structs.replace(response, body=msgspec.json.encode(change(msgspec.json.decode(response.body))))

    on.backend.send = sent  # type: ignore[method-assign]


# Orders


def test_an_address_that_asks_too_much_is_shut_out_by_a_page_that_is_no_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SimulatedBybit, "ip_limits", (RateLimit(3, 5.0, scope="ip"),))

    async def play(on: Inside, exchange: Bybit) -> None:
        await exchange.fetch_time()
        await exchange.fetch_ticker(BTC)
        await exchange.fetch_ticker(BTC)
        with pytest.raises(errors.Banned) as caught:
            await exchange.fetch_ticker(BTC)
        assert caught.value.http_status == 403

    played(play)


def test_a_refusal_is_http_200_and_a_refusal_all_the_same() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        with pytest.raises(errors.InsufficientMargin) as caught:
            await exchange.create_order(on.request(quantity=D(100)))
        assert (caught.value.code, caught.value.http_status) == ("110007", 200)
        assert {arrival.status for arrival in on.inside.arrivals} == {200}

    played(play)


def test_a_price_outside_the_band_is_moved_in_silence_until_that_is_switched_off() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        far = on.price("20")
        moved = await exchange.create_order(on.request(Side.SELL, price=far))
        assert moved.price == on.price("10") < far, "what is returned is what the venue did"
        band = await exchange.fetch_price_band(BTC)
        assert D(str(band.buy_lmt)) == moved.price
        await exchange.refuse_prices_outside_band()
        with pytest.raises(errors.OrderRejected) as caught:
            await exchange.create_order(on.request(Side.SELL, price=far))
        assert caught.value.code == "110003"
        await exchange.refuse_prices_outside_band(refuse=False)
        assert (await exchange.create_order(on.request(Side.SELL, price=far))).price == on.price("10")

    played(play)


def test_an_order_that_was_cancelled_without_a_fill_is_forgotten_after_a_day() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        order = await exchange.create_order(on.request())
        await exchange.cancel_order(BTC, order_id=order.order_id)
        filled = await on.trade(Side.BUY)
        on.advance(DAY_MS - 10_000)
        assert (await exchange.fetch_order(BTC, order_id=order.order_id)).status is OrderStatus.CANCELED
        assert {row.order_id for row in await exchange.fetch_order_history(BTC)} == {order.order_id, filled.order_id}
        on.account.order_log[:] = [row for row in on.account.order_log if row.filled]  # the cache was emptied too
        on.advance(20_000)
        with pytest.raises(errors.OrderNotFound):
            await exchange.fetch_order(BTC, order_id=order.order_id)
        assert [row.order_id for row in await exchange.fetch_order_history(BTC)] == [filled.order_id]

    played(play)


def test_110001_is_unknown_or_too_late_and_the_order_itself_tells_which() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        filled = await on.trade(Side.BUY)
        assert (await exchange.cancel_order(BTC, order_id=filled.order_id)).status is OrderStatus.FILLED
        with pytest.raises(errors.OrderNotFound) as caught:
            await exchange.cancel_order(BTC, client_order_id="never-was")
        assert caught.value.code == "110001"

    played(play)


@pytest.mark.parametrize("lost", ["verdicts", "one verdict", "one row"])
def test_a_batch_without_a_verdict_for_each_item_is_looked_up(lost: str) -> None:
    def change(answer: Any) -> Any:
        if lost == "verdicts":
            answer["retExtInfo"] = {}
        elif lost == "one verdict":
            answer["retExtInfo"]["list"].pop()
        else:
            answer["result"]["list"].pop()
        return answer

    async def play(on: Inside, exchange: Bybit) -> None:
        changed(on, "/v5/order/create-batch", change)
        requests = [on.request(), on.request(quantity=D(100)), on.request(Side.SELL)]
        results = await exchange.create_orders(requests)
        assert [result.order is not None for result in results] == [True, False, True]
        assert all(result.order is None or result.order.recovered for result in results)
        assert isinstance(results[1].error, errors.OrderNotPlaced)
        assert len(on.account.orders) == 2

    played(play)


def test_verdicts_on_cancels_are_known_by_their_place() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        orders = [await exchange.create_order(on.request()) for _ in range(2)]
        names = [orders[0].order_id, "123456789", orders[1].order_id]
        results = await exchange.cancel_orders(BTC, order_ids=names)
        assert [result.order is not None for result in results] == [True, False, True]
        assert isinstance(results[1].error, errors.OrderNotFound)
        assert on.arrived.count("POST /v5/order/cancel-batch") == 1

    played(play)


def test_an_edit_that_changes_nothing_is_no_error() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        order = await exchange.create_order(on.request())
        same = await exchange.edit_order(BTC, order_id=order.order_id, price=order.price)
        assert (same.order_id, same.price) == (order.order_id, order.price)
        with pytest.raises(errors.ParameterRejected):
            await exchange.request("POST", "/v5/order/amend", body={"category": "linear", "symbol": "BTCUSDT"})

    played(play)


def test_an_order_with_fills_that_is_in_no_list_yet_is_not_taken_for_absent() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        order = await on.trade(Side.BUY)
        for path in ("/v5/order/realtime", "/v5/order/history"):
            changed(on, path, lambda answer: answer | {"result": answer["result"] | {"list": []}})
        assert order.client_order_id is not None
        find = exchange._find_order  # pyright: ignore[reportPrivateUsage]
        with pytest.raises(errors.VenueUnavailable, match="has fills and is in no list"):
            await find("BTCUSDT", order.client_order_id)
        assert await find("BTCUSDT", "never-was") is None

    played(play)


def test_a_flat_account_has_nothing_to_close_and_a_position_that_just_went_neither() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(Side.BUY)
        before, fetch = [await exchange.fetch_positions(BTC)], exchange.fetch_positions

        async def as_before(symbol: str | None = None) -> Any:
            return before.pop() if before else await fetch(symbol)

        await exchange.close_position(BTC)
        exchange.fetch_positions = as_before  # type: ignore[method-assign]
        assert await exchange.close_position(BTC) is None  # 110017

    played(play)


def unreadable(on: Inside, *, most: D) -> None:
    """The size of a position cannot be read, and a market order takes no more than `most`."""
    contracts = on.inside.engine.world.contracts
    contracts[BTC] = dataclasses.replace(contracts[BTC], max_quantity=most * 5)

    def change(answer: Any) -> Any:
        for row in answer["result"]["list"]:
            row["size"] = "?" if D(row["size"]) else row["size"]
        return answer

    changed(on, "/v5/position/list", change)


def closes(on: Inside) -> list[Any]:
    """The bodies of the orders that are sent from now on."""
    send, bodies = on.backend.send, list[Any]()

    async def sent(request: HttpRequest) -> Any:
        if request.url.endswith("/v5/order/create"):
            bodies.append(msgspec.json.decode(request.body or b""))
        return await send(request)

    on.backend.send = sent  # type: ignore[method-assign]
    return bodies


@pytest.mark.parametrize("mode", list(PositionMode))
@pytest.mark.parametrize("side", list(Side))
def test_a_position_of_unreadable_size_is_closed_by_as_many_orders_as_it_takes(mode: PositionMode, side: Side) -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(side)
        unreadable(on, most=D("0.004"))
        bodies = closes(on)
        order = await exchange.close_position(BTC)
        assert list(on.account.positions_of()) == []
        assert order is not None
        accepted = on.account.order_log[-3:]
        assert [one.quantity for one in accepted] == [D("0.004"), D("0.004"), D("0.002")]
        assert order.order_id == str(accepted[0].id), "the first: later ones may have found nothing"
        assert len({body["orderLinkId"] for body in bodies}) == len(bodies)
        assert {(body["qty"], body["reduceOnly"], body["closeOnTrigger"]) for body in bodies} == {("0", True, True)}

    played(play, mode)


def test_a_refusal_of_a_later_part_of_a_close_is_told() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(Side.BUY)
        unreadable(on, most=D("0.004"))
        answers = list[int]()

        def change(answer: Any) -> Any:
            answers.append(answer["retCode"])
            return answer if len(answers) == 1 else answer | {"retCode": 110023, "retMsg": "reduce only", "result": {}}

        changed(on, "/v5/order/create", change)
        with pytest.raises(errors.OrderRejected) as caught:
            await exchange.close_position(BTC)
        assert (caught.value.code, len(answers)) == ("110023", 2)

    played(play)


def test_a_close_without_an_end_is_an_open_question_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MOST_CLOSES", 2)

    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(Side.BUY)
        unreadable(on, most=D("0.004"))
        bodies = closes(on)
        with pytest.raises(errors.OrderOutcomeUnknown, match="read the position, and close what is left") as caught:
            await exchange.close_position(BTC)
        assert (caught.value.symbol, len(bodies)) == (BTC, 2)
        [left] = on.account.positions_of()
        assert left.quantity == D("0.002")

    played(play)


def test_a_key_is_refused_where_it_was_not_made() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        with pytest.raises(errors.AuthenticationError, match="site and demo") as caught:
            async with on.connect(errors_key()) as stranger:
                await stranger.fetch_positions()
        assert caught.value.code == "10003"

    played(play)


def errors_key() -> Any:
    from futures_async.unified.credentials import Credentials

    return Credentials("another", "sites-key")


@pytest.mark.parametrize("site", [*SITE_HEADERS, "eu"])
def test_a_site_that_its_host_does_not_tell_is_named_in_every_call_and_where_a_stream_is_opened(site: Site) -> None:
    said: list[set[str]] = []

    class Streams(InProcessStreams):
        async def connect(self, request: StreamRequest, receiver: Receiver) -> StreamConnection:
            said.append(names(request.headers))
            return await super().connect(request, receiver)

    def names(headers: Iterable[tuple[str, str]]) -> set[str]:
        return {f"{name}: {value}" for name, value in headers if "site" in name}

    async def play(on: Inside, exchange: Bybit) -> None:
        send = on.backend.send

        async def sent(request: HttpRequest) -> Any:
            said.append(names(request.headers.open()))
            return await send(request)

        on.backend.send = sent  # type: ignore[method-assign]
        streams = Streams(on.inside, latency_s=0.01)
        async with on.connect(on.credentials, site=site, streams=streams) as there, there.watch_orders() as watch:
            await watch.live()
            await there.fetch_time()

    played(play)
    told = {"br": {"x-site-id: BRA_BTL"}, "ar": {"x-site-id: ARG_BTL"}, "hk": {"x-refer-site-id: HKG"}}
    assert said
    assert all(each == told.get(site, set()) for each in said)


# Modes


def test_the_margin_mode_is_the_whole_accounts() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        with pytest.raises(errors.NotSupported, match="leave the symbol out"):
            await exchange.set_margin_mode(MarginMode.ISOLATED, symbol=BTC)
        with pytest.raises(errors.InvalidOrder, match="margin_mode"):
            await exchange.create_order(on.request(margin_mode=MarginMode.ISOLATED))
        assert not [call for call in on.arrived if call.startswith("POST")]
        await exchange.set_margin_mode("isolated")
        await on.trade(Side.BUY)
        await exchange.create_order(on.request(symbol=USDC, type=OrderType.MARKET))
        assert {position.margin_mode for position in await exchange.fetch_positions()} == {MarginMode.ISOLATED}
        with pytest.raises(errors.MarginModeConflict):
            await exchange.set_margin_mode("cross")
        with pytest.raises(errors.NotSupported, match="no totals"):
            await exchange.fetch_account("USD")

    played(play)


def test_totals_are_of_a_cross_account() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        totals = await exchange.fetch_account("USD")
        assert totals.equity is not None
        assert totals.equity > 25_000
        assert (await exchange.fetch_account("DOGE")).available == 0

    played(play)


def test_isolated_in_hedge_mode_each_side_has_its_leverage() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await exchange.set_margin_mode("isolated")
        found = await exchange.set_leverage(BTC, 20, side=PositionSide.LONG)
        assert (found.long_leverage, found.short_leverage, found.leverage) == (D(20), D(10), None)
        found = await exchange.set_leverage(BTC, 5)
        assert (found.long_leverage, found.short_leverage) == (D(5), D(5))
        with pytest.raises(errors.InvalidRequest, match="isolated margin: set_margin_mode"):
            await exchange.set_leverage(BTC, 5, margin_mode="cross")

    played(play, HEDGE)


def test_one_way_both_sides_have_one_leverage() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        with pytest.raises(errors.InvalidRequest, match="both sides have one leverage"):
            await exchange.set_leverage(BTC, 5, side="long")
        nothing = await exchange.fetch_leverage(BTC, "isolated")
        assert (nothing.leverage, nothing.margin_mode) == (None, MarginMode.ISOLATED)

    played(play)


def test_the_position_mode_is_each_contracts_own_and_has_no_read_but_its_rows() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        with pytest.raises(errors.InvalidRequest, match="of its own"):
            await exchange.fetch_position_mode()
        assert await exchange.set_position_mode("hedge", symbol=BTC) is HEDGE
        assert await exchange.fetch_position_mode(BTC) is HEDGE
        assert await exchange.fetch_position_mode(ETH) is ONE_WAY
        # USDC and inverse contracts are one-way for ever, which needs no asking.
        before = len(on.arrived)
        assert await exchange.fetch_position_mode(USDC) is ONE_WAY
        assert await exchange.set_position_mode("one_way", symbol=USDC) is ONE_WAY
        with pytest.raises(errors.NotSupported, match="settle in USDT"):
            await exchange.set_position_mode("hedge", symbol="BTC/USD:BTC")
        assert len(on.arrived) == before
        long = await exchange.create_order(on.request(type=OrderType.MARKET))
        short = await exchange.create_order(on.request(Side.SELL, type=OrderType.MARKET))
        assert [long.position_side, short.position_side] == [PositionSide.LONG, PositionSide.SHORT]
        eth = await exchange.create_order(on.request(symbol=ETH, type=OrderType.MARKET))
        assert eth.position_side is None

    played(play)


def test_of_all_contracts_those_with_positions_keep_their_mode_which_is_told() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        assert await exchange.set_position_mode("hedge") is HEDGE
        assert await exchange.fetch_position_mode(ETH) is HEDGE
        await on.trade(Side.BUY)
        with pytest.raises(errors.SettingNotApplied):
            await exchange.set_position_mode("one_way")
        assert await exchange.fetch_position_mode(BTC) is HEDGE
        assert await exchange.fetch_position_mode(ETH) is ONE_WAY

    played(play)


def test_a_mode_that_was_switched_elsewhere_is_a_conflict_and_then_known() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await exchange.create_order(on.request(client_order_id="first"))
        await exchange.cancel_order(BTC, client_order_id="first")
        on.account.modes[BTC] = HEDGE
        with pytest.raises(errors.PositionModeConflict):
            await exchange.create_order(on.request())
        assert (await exchange.create_order(on.request())).position_side is PositionSide.LONG

    played(play)


# Lists


def test_funding_stands_among_the_executions_and_is_no_fill() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(Side.BUY)
        on.advance(9 * 3_600_000)
        assert [row for row in on.account.ledger if row.kind is LedgerKind.FUNDING]
        rows = await exchange.request("GET", "/v5/execution/list", params={"category": "linear"})
        assert {row["execType"] for row in rows["list"]} == {"Trade", "Funding"}
        [fill] = await exchange.fetch_fills(BTC)
        assert fill.fill_id == str(on.account.fills[0].id)
        paid = next(row["execFee"] for row in rows["list"] if row["execType"] == "Funding")
        [funding] = list(await exchange.fetch_ledger(type="funding"))
        assert funding.amount == -D(paid), "received is positive in the ledger, paid is positive there"

    played(play)


def test_a_page_of_funding_alone_does_not_end_the_walk() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(Side.BUY)
        engine = on.inside.engine
        for _ in range(120):
            engine.world.add_ledger(on.account, LedgerKind.FUNDING, "USDT", ZERO, symbol=BTC)
        assert len([fill async for fill in exchange.iter_fills(BTC, since_ms=on.inside.now_ms() - 60_000)]) == 1

    played(play)


def test_the_cursor_is_encoded_once_whatever_it_holds() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        on.trades_inside(60)
        first = await exchange.request("GET", "/v5/order/history", params={"category": "linear", "limit": 50})
        cursor = first["nextPageCursor"]
        assert "%3A" in cursor
        with pytest.raises(errors.ParameterRejected, match="cursor"):  # encoded twice
            await exchange.request("GET", "/v5/order/history", params={"category": "linear", "cursor": cursor})
        since = on.inside.now_ms() - 3_600_000
        assert len([order async for order in exchange.iter_orders(BTC, since_ms=since)]) == 60

    played(play)


def test_an_empty_page_of_the_log_may_be_followed_by_others() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        on.trades_inside(4)
        await exchange.fetch_time()
        seen: list[str] = []

        def blank(answer: Any) -> Any:
            if "first" not in seen:
                seen.append("first")
                last = answer["result"]["list"][0]
                cursor = f"{int(last['id']) + 1}%3A0%2C{int(last['id']) + 1}%3A0"
                return answer | {"result": answer["result"] | {"list": [], "nextPageCursor": cursor}}
            return answer

        changed(on, "/v5/account/transaction-log", blank)
        since = on.inside.now_ms() - 60_000
        rows = [row async for row in exchange.iter_ledger(since_ms=since, symbol=BTC)]
        assert len(rows) == 4

    played(play)


def test_all_kinds_of_contracts_are_read_at_once_or_those_that_are_wanted() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(Side.BUY)
        await exchange.create_order(on.request(symbol=USDC, type=OrderType.MARKET))
        assert {position.symbol for position in await exchange.fetch_positions()} == {BTC, USDC}
        async with on.connect(on.credentials, markets=["USDC"]) as other:
            await other.fetch_time()
            before = len(on.arrived)
            assert [position.symbol for position in await other.fetch_positions()] == [USDC]
            assert on.arrived[before:].count("GET /v5/position/list") == 2, "one page, and the empty one behind it"
            assert {contract.settle for contract in await other.fetch_contracts()} == {"USDT", "USDC"}

    played(play)


def test_inverse_contracts_can_be_read() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        engine = on.inside.engine
        from futures_async.simulator.records import Ticket

        with engine.arithmetic():
            engine.orders.place(
                on.account, Ticket(symbol="BTC/1USD:BTC", side=Side.BUY, type=OrderType.MARKET, quantity=D(900))
            )
        [held] = await exchange.fetch_positions("BTC/USD:BTC")
        mark = engine.world.mark("BTC/1USD:BTC")
        assert (held.contracts, held.margin_coin, held.contract_value) == (D(900), "BTC", D(1))
        assert abs(held.quantity - D(900) / mark) < D("1e-20")
        [fill] = await exchange.fetch_fills("BTC/USD:BTC")
        assert (fill.fee_coin, fill.fee) == ("BTC", on.account.fills[0].fee)
        contract = await exchange.fetch_contract("BTC/USD:BTC")
        assert contract.contracts_of(contract.quantity_of(D(900), mark), mark) == 900
        tiers = await exchange.fetch_risk_limits("BTC/USD:BTC")
        assert tiers[0].maintenance_margin_rate == D("0.004"), "percent on the wire"

    played(play)


# Waiting orders


def test_a_waiting_order_keeps_its_id_when_it_goes_off() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        waiting = await exchange.create_trigger_order(
            on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.05"), client_order_id="wait-1")
        )
        assert (waiting.kind, waiting.trigger_by, waiting.client_order_id) == (
            OrderKind.TRIGGER,
            PriceSource.LAST,
            "wait-1",
        )
        assert await exchange.fetch_open_orders() == []
        on.move(on.price("1.06"))
        gone_off = await exchange.fetch_order(BTC, client_order_id="wait-1")
        assert (gone_off.order_id, gone_off.status) == (waiting.order_id, OrderStatus.FILLED)
        assert await exchange.fetch_trigger_orders() == []

    played(play)


@pytest.mark.parametrize(("fraction", "direction"), [("1.05", 1), ("0.95", 2)])
def test_the_direction_follows_from_where_the_price_is(fraction: str, direction: int) -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        order = await exchange.create_trigger_order(
            on.request(type=OrderType.TRIGGER, trigger_price=on.price(fraction), trigger_by=PriceSource.MARK)
        )
        assert order.raw.trigger_direction == direction

    played(play)


def test_a_waiting_order_is_changed_and_keeps_what_is_not_named() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        limit = on.price("1.04")
        order = await exchange.create_trigger_order(
            on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.05"), price=limit)
        )
        moved = await exchange.edit_trigger_order(BTC, order_id=order.order_id, trigger_price=on.price("1.06"))
        assert (moved.order_id, moved.trigger_price, moved.price) == (order.order_id, on.price("1.06"), limit)
        assert moved.quantity == order.quantity
        same = await exchange.edit_trigger_order(BTC, order_id=order.order_id, trigger_price=on.price("1.06"))
        assert same == moved, "what stands already is no error"
        changed = await exchange.edit_trigger_order(
            BTC, client_order_id=order.client_order_id, price=on.price("1.03"), quantity=2 * order.quantity
        )
        assert (changed.price, changed.quantity) == (on.price("1.03"), 2 * order.quantity)
        await exchange.cancel_trigger_order(BTC, order_id=order.order_id)
        with pytest.raises(errors.OrderNotFound, match="does not wait"):
            await exchange.edit_trigger_order(BTC, order_id=order.order_id, quantity=order.quantity)
        market = await exchange.create_trigger_order(
            on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.05"), price=None)
        )
        with pytest.raises(errors.InvalidOrder, match="no price to change"):
            await exchange.edit_trigger_order(BTC, order_id=market.order_id, price=limit)

    played(play)


def test_a_change_of_a_waiting_order_whose_answer_is_lost_is_read_back() -> None:
    plan = FaultPlan(seed=1)
    plan.add("answer-lost", paths=["/v5/order/amend"], most=1)

    async def play(on: Inside, exchange: Bybit) -> None:
        order = await exchange.create_trigger_order(on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.05")))
        moved = await exchange.edit_trigger_order(BTC, order_id=order.order_id, trigger_price=on.price("1.06"))
        assert moved.trigger_price == on.price("1.06")

    played(play, plan=plan)


def test_a_lost_trigger_order_is_found_by_its_id() -> None:
    plan = FaultPlan(seed=1)
    plan.add("answer-lost", paths=["/v5/order/create"], most=1)

    async def play(on: Inside, exchange: Bybit) -> None:
        order = await exchange.create_trigger_order(on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.05")))
        assert order.recovered
        assert len(on.account.live_triggers) == 1

    played(play, plan=plan)


def test_a_waiting_order_whose_cancel_is_lost_is_read() -> None:
    plan = FaultPlan(seed=1)
    plan.add("answer-lost", paths=["/v5/order/cancel"])

    async def play(on: Inside, exchange: Bybit) -> None:
        order = await exchange.create_trigger_order(on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.05")))
        await exchange.cancel_trigger_order(BTC, order_id=order.order_id)
        assert on.account.live_triggers == {}

    played(play, plan=plan)


def test_an_order_at_market_that_waits_takes_what_there_is() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        with pytest.raises(errors.InvalidOrder, match="at market"):
            await exchange.create_trigger_order(
                OrderRequest(
                    symbol=BTC, side="buy", type="trigger", quantity="0.01", trigger_price=on.price("1.05"),
                    time_in_force="fok",
                )
            )  # fmt: skip
        assert not [call for call in on.arrived if call.startswith("POST")]

    played(play)


@pytest.mark.parametrize("mode", list(PositionMode))
def test_stops_of_a_position_are_set_replaced_and_told(mode: PositionMode) -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(Side.BUY)
        await exchange.set_position_stops(BTC, "long", stop_loss=on.price("0.9"))
        await exchange.set_position_stops(
            BTC, PositionSide.LONG, take_profit=Stop(on.price("1.2"), PriceSource.MARK), stop_loss=on.price("0.8")
        )
        [held] = await exchange.fetch_positions(BTC)
        assert (held.take_profit, held.stop_loss) == (on.price("1.2"), on.price("0.8"))
        # Nothing changed: that is no error.
        await exchange.set_position_stops(BTC, "long", stop_loss=on.price("0.8"))
        kinds = {order.kind for order in await exchange.fetch_trigger_orders(BTC)}
        assert kinds == {OrderKind.TAKE_PROFIT, OrderKind.STOP_LOSS}
        await exchange.close_position(BTC)
        with pytest.raises(errors.OrderRejected):  # 10001, "zero position"
            await exchange.set_position_stops(BTC, "long", stop_loss=on.price("0.8"))

    played(play, mode)


def test_what_an_order_brings_along_is_changed_and_the_other_leg_stays() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        profit = Stop(on.price("1.3"))
        order = await exchange.create_order(on.request(take_profit=profit, stop_loss=Stop(on.price("0.5"))))
        changed = await exchange.set_order_stops(BTC, order.order_id, stop_loss=on.price("0.4"))
        assert (changed.order_id, changed.take_profit, changed.stop_loss) == (
            order.order_id,
            on.price("1.3"),
            on.price("0.4"),
        )
        with pytest.raises(errors.ParameterRejected, match="StopLoss set for Buy"):
            await exchange.set_order_stops(BTC, order.order_id, stop_loss=on.price("1.2"))
        await exchange.cancel_order(BTC, order_id=order.order_id)
        with pytest.raises(errors.OrderNotFound):
            await exchange.set_order_stops(BTC, order.order_id, stop_loss=on.price("0.3"))

    played(play)


def test_a_change_of_a_waiting_order_against_the_rules_is_refused_before_it_is_sent() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        contract = await exchange.fetch_contract(BTC)
        order = await exchange.create_trigger_order(
            on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.05"), price=on.price("1.04"))
        )
        step, tick = contract.quantity_step, contract.price_tick
        assert contract.max_quantity is not None
        changes: list[tuple[dict[str, Any], str]] = [
            ({"quantity": order.quantity + step / 2}, "off the step"),
            ({"quantity": contract.max_quantity + step}, "the largest"),
            ({"price": on.price("1.03") + tick / 2}, "price .* is off the tick"),
            ({"trigger_price": on.price("1.06") + tick / 2}, "trigger_price .* is off the tick"),
        ]
        for change, said in changes:
            with pytest.raises(errors.InvalidOrder, match=said):
                await exchange.edit_trigger_order(BTC, order_id=order.order_id, **change)
        assert "POST /v5/order/amend" not in on.arrived

    played(play)


def test_a_waiting_order_is_not_made_smaller_than_the_least_unless_it_closes() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        def change(answer: Any) -> Any:
            for row in answer["result"]["list"]:
                row["lotSizeFilter"]["minOrderQty"] = "0.005"
            return answer

        changed(on, "/v5/market/instruments-info", change)
        await exchange.fetch_contract(BTC)
        opening = await exchange.create_trigger_order(
            on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.05"))
        )
        with pytest.raises(errors.InvalidOrder, match="under the minimum"):
            await exchange.edit_trigger_order(BTC, order_id=opening.order_id, quantity="0.004")
        await on.trade(Side.BUY)
        closing = await exchange.create_stop_order(BTC, "long", "0.01", stop_loss=on.price("0.9"))
        smaller = await exchange.edit_trigger_order(BTC, order_id=closing.order_id, quantity="0.004")
        assert smaller.quantity == D("0.004")

    played(play)


@pytest.mark.parametrize("price", ["", None])
def test_a_trigger_order_waits_from_no_other_price_and_was_not_sent_without_its_own(price: str | None) -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        def change(answer: Any) -> Any:
            for row in answer["result"]["list"]:
                row["lastPrice" if price is None else "markPrice"] = price
            return answer

        changed(on, "/v5/market/tickers", change)
        source = PriceSource.LAST if price is None else PriceSource.MARK
        with pytest.raises((errors.InvalidOrder, errors.DecodeError)) as caught:
            await exchange.create_trigger_order(
                on.request(
                    type=OrderType.TRIGGER, trigger_price=on.price("1.05"), trigger_by=source, client_order_id="mine"
                )
            )
        assert (caught.value.outcome, caught.value.client_order_id) == (Outcome.NOT_SENT, "mine")
        with pytest.raises(errors.NotCarried, match="margin_mode"):
            await exchange.create_stop_order(BTC, "long", "0.01", stop_loss=on.price("0.9"), margin_mode="cross")

    played(play)


@pytest.mark.parametrize("mode", list(PositionMode))
def test_the_stop_of_a_whole_position_is_moved_and_has_no_size(mode: PositionMode) -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        contract = await exchange.fetch_contract(BTC)
        await on.trade(Side.BUY)
        await exchange.set_position_stops(BTC, "long", stop_loss=on.price("0.9"))
        [stop] = await exchange.fetch_trigger_orders(BTC)
        assert stop.raw.qty == "0"
        moved = await exchange.edit_trigger_order(BTC, order_id=stop.order_id, trigger_price=on.price("0.8"))
        assert moved.trigger_price == on.price("0.8")
        with pytest.raises(errors.InvalidOrder, match="off the tick"):
            await exchange.edit_trigger_order(
                BTC, order_id=stop.order_id, trigger_price=on.price("0.8") + contract.price_tick / 2
            )
        with pytest.raises(errors.InvalidOrder, match="it has no quantity"):
            await exchange.edit_trigger_order(BTC, order_id=stop.order_id, quantity="0.01")

    played(play, mode)


@pytest.mark.parametrize("order_id", ["", "0", None])
def test_stops_of_no_order_in_particular_are_refused_before_they_are_sent(order_id: Any) -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        with pytest.raises(errors.InvalidRequest, match="order_id"):
            await exchange.set_order_stops(BTC, order_id, stop_loss=on.price("0.9"))
        assert not on.arrived

    played(play)


@pytest.mark.parametrize("word", ["take_profit", "stop_loss"])
def test_a_stop_at_the_same_price_of_another_source_is_another(word: str) -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        at = on.price("1.3" if word == "take_profit" else "0.5")
        first: dict[str, Any] = {word: Stop(at)}
        order = await exchange.create_order(on.request(**first))
        for source, said in ((PriceSource.INDEX, "IndexPrice"), (PriceSource.MARK, "MarkPrice")):
            other: dict[str, Any] = {word: Stop(at, source)}
            found = await exchange.set_order_stops(BTC, order.order_id, **other)
            assert (found.raw.tp_trigger_by, found.raw.sl_trigger_by) == (
                (said, "") if word == "take_profit" else ("", said)
            )
        of_the_last: dict[str, Any] = {word: at}  # as it is when nothing is said
        send = on.backend.send

        async def ignored(request: HttpRequest) -> Any:
            if request.url.endswith("/v5/order/amend"):  # it is answered, and nothing is changed
                request = msgspec.structs.replace(request, target=request.target.replace("amend", "pre-check"))
                answer = {
                    "retCode": 0,
                    "retMsg": "OK",
                    "result": {"orderId": order.order_id},
                    "time": on.inside.now_ms(),
                }
                return msgspec.structs.replace(await send(request), status=200, body=msgspec.json.encode(answer))
            return await send(request)

        on.backend.send = ignored  # type: ignore[method-assign]
        with pytest.raises(errors.SettingNotApplied):
            await exchange.set_order_stops(BTC, order.order_id, **of_the_last)

    played(play)


def test_all_orders_of_a_contract_go_the_waiting_ones_too() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        order = await exchange.create_order(on.request())
        waiting = await exchange.create_trigger_order(
            on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.05"))
        )
        assert await exchange.cancel_all_orders(BTC, triggers=False) == [order.order_id]
        assert len(on.account.live_triggers) == 1
        assert await exchange.cancel_all_orders(BTC) == [waiting.order_id]

    played(play)


# What only this venue has


def test_rows_of_the_venues_own() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        assert (await exchange.fetch_key()).user_id == int(on.account.uid)
        [rates] = await exchange.fetch_fee_rate(BTC)
        assert (rates.maker_fee_rate, rates.taker_fee_rate) == ("0.0002", "0.0006")
        assert len(await exchange.fetch_funding_history(BTC)) == 200
        await exchange.set_margin_mode("isolated")
        await on.trade(Side.BUY, Intent.OPEN)
        await exchange.set_auto_margin(BTC, on=True)
        [held] = await exchange.fetch_positions(BTC)
        assert held.auto_margin

    played(play)


def test_the_protection_against_disconnection_is_for_contracts_and_not_for_options_as_it_would_be_unsaid() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        send, bodies = on.backend.send, list[Any]()

        async def sent(request: HttpRequest) -> Any:
            bodies.append(request.body)
            return await send(request)

        on.backend.send = sent  # type: ignore[method-assign]
        await exchange.set_disconnect_window(40)
        assert msgspec.json.decode(bodies[-1]) == plain("dcp_set.request")

    played(play)


@pytest.mark.parametrize("amount", ["0", "0.00001"])
def test_margin_moves_by_ten_thousandths(amount: str) -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        with pytest.raises(errors.InvalidRequest, match=r"must be a multiple of 0\.0001|must not be 0"):
            await exchange.adjust_margin(BTC, amount)
        with pytest.raises(errors.InvalidRequest, match="no isolated position"):
            await exchange.adjust_margin(BTC, 1)
        assert not [call for call in on.arrived if call.startswith("POST")]

    played(play)


def test_a_cross_position_has_no_margin_to_move() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(Side.BUY)
        with pytest.raises(errors.InvalidRequest, match="no isolated position"):
            await exchange.adjust_margin(BTC, 1)
        body = {"category": "linear", "symbol": "BTCUSDT", "margin": "1", "positionIdx": 0}
        with pytest.raises(errors.MarginModeConflict):  # whoever sends it all the same
            await exchange.request("POST", "/v5/position/add-margin", body=body)

    played(play)


def test_a_contract_that_trades_before_its_listing_has_its_rules_and_its_leverage() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        asked: list[str] = []
        send = on.backend.send

        async def sent(request: HttpRequest) -> Any:
            response = await send(request)
            if "/v5/market/instruments-info" not in request.url:
                return response
            asked.append(request.url.partition("?")[2])
            answer = msgspec.json.decode(response.body)
            rows, early = answer["result"]["list"], "status=PreLaunch" in request.url
            # As the venue lists them: those that wait for their listing only where they are asked for.
            if early:
                rows.append(
                    plain("instruments_info")["result"]["list"][0] | {"symbol": "ETHUSDT", "status": "PreLaunch"}
                )
            else:
                rows[:] = [row for row in rows if row["symbol"] != "ETHUSDT"]
            return msgspec.structs.replace(response, body=msgspec.json.encode(answer))

        on.backend.send = sent  # type: ignore[method-assign]
        assert (await exchange.fetch_contract(ETH)).status == "PreLaunch"
        assert (await exchange.fetch_leverage(ETH)).leverage is not None
        assert [query for query in asked if "PreLaunch" in query] == ["category=linear&status=PreLaunch&limit=1000"]

    played(play)


def test_contracts_are_read_without_those_before_their_listing() -> None:
    """These are a list of their own, which nothing else needs."""

    async def play(on: Inside, exchange: Bybit) -> None:
        down = True
        send = on.backend.send

        async def sent(request: HttpRequest) -> Any:
            early = "status=PreLaunch" in request.url
            if early and down:
                return HttpResponse(
                    status=200, headers={}, body=b'{"retCode":10016,"retMsg":"Internal system error","result":{}}'
                )
            response = await send(request)
            if "/v5/market/instruments-info" not in request.url:
                return response
            answer = msgspec.json.decode(response.body)
            rows = answer["result"]["list"]
            if early:
                rows.append(
                    plain("instruments_info")["result"]["list"][0] | {"symbol": "ETHUSDT", "status": "PreLaunch"}
                )
            else:
                rows[:] = [row for row in rows if row["symbol"] != "ETHUSDT"]
            return msgspec.structs.replace(response, body=msgspec.json.encode(answer))

        on.backend.send = sent  # type: ignore[method-assign]
        found = await exchange.fetch_contracts()
        assert {BTC, USDC} <= {contract.symbol for contract in found}
        [lost] = unread_of(found)
        assert "before their listing: " in lost.problem
        assert "10016" in lost.problem
        assert lost.endpoint == "GET /v5/market/instruments-info"
        with pytest.raises(errors.VenueUnavailable, match="10016"):
            await exchange.fetch_contract(ETH)
        assert (await exchange.fetch_contract(BTC)).status == "Trading"
        down = False
        await anyio.sleep(61)
        assert (await exchange.fetch_contract(ETH)).status == "PreLaunch"
        with pytest.raises(errors.SymbolNotFound):
            await exchange.fetch_contract("NONE/USDT:USDT")
        down = True
        again = await exchange.fetch_contracts()
        assert [contract.status for contract in again if contract.symbol == ETH] == ["PreLaunch"], "as it was last"
        down = False
        assert unread_of(await exchange.fetch_contracts()) == ()
        await anyio.sleep(3601)
        with pytest.raises(errors.SymbolNotFound):
            await exchange.fetch_contract("NONE/USDT:USDT")

    played(play)


def test_a_hedged_account_is_one_way_in_what_does_not_settle_in_usdt() -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        for symbol in ("BTC/USD:BTC", USDC):
            contract, ticker = await exchange.fetch_contract(symbol), await exchange.fetch_ticker(symbol)
            at = contract.round_price(ticker.last_price * D("1.01"))
            size = contract.quantity_of(D(100), at) if contract.contract_value is not None else D("0.01")
            await exchange.create_order(
                OrderRequest(symbol=symbol, side=Side.BUY, type=OrderType.LIMIT, quantity=size, price=at)
            )
            [held] = await exchange.fetch_positions(symbol)
            assert (held.position_mode, held.side) == (ONE_WAY, PositionSide.LONG)
        assert await exchange.fetch_position_mode(BTC) is HEDGE

    played(play, HEDGE)


@pytest.mark.parametrize(("mode", "side"), [(ONE_WAY, None), (HEDGE, PositionSide.LONG)])
def test_the_stop_of_a_position_names_its_side_in_hedge_mode_alone(
    mode: PositionMode, side: PositionSide | None
) -> None:
    async def play(on: Inside, exchange: Bybit) -> None:
        await on.trade(Side.BUY)
        await exchange.set_position_stops(BTC, "long", stop_loss=on.price("0.9"))
        [stop] = await exchange.fetch_trigger_orders(BTC)
        assert stop.position_side is side

    played(play, mode)
