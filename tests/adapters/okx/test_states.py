"""Rarer states of an account: positions that turn round, sizes that change, cancels and edits that take effect late."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from decimal import Decimal as D
from typing import Any

import anyio
import msgspec
import pytest

from futures_async.adapters.okx import OKX
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.streams.inprocess import InProcessStreams
from futures_async.simulator.world import Options
from futures_async.streams.dialect import What
from futures_async.testing.inside import Inside
from futures_async.testing.virtual_time import run
from futures_async.transport.http.backend import HttpRequest
from futures_async.unified import errors
from futures_async.unified.enums import Intent, OrderStatus, OrderType, PositionMode, PositionSide, Side
from futures_async.unified.models import OrderRequest
from tests.adapters.okx.test_contract import TestOKX as Suite
from tests.adapters.okx.test_streams import DIALECT, changed, pushed

BTC = "BTC/USDT:USDT"
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


def played(
    play: Callable[[Inside, OKX], Awaitable[None]],
    *,
    plan: FaultPlan | None = None,
    options: Options | None = None,
    mode: PositionMode = PositionMode.ONE_WAY,
    limits: bool = False,
) -> None:
    """Run a play with a client, and its streams, on an exchange of its own."""

    async def main() -> None:
        on = Inside(Suite.spec, mode, plan=plan, options=options, limits=limits)
        on.exchange = exchange = on.connect(on.credentials, streams=InProcessStreams(on.inside))
        assert isinstance(exchange, OKX)
        async with exchange:
            await play(on, exchange)

    run(main())


# Positions that turn round


@pytest.mark.parametrize(("pos", "held", "gone"), [("1", LONG, SHORT), ("-1", SHORT, LONG)])
def test_a_row_of_net_mode_tells_that_the_other_side_is_not_held(pos: str, held: Any, gone: Any) -> None:
    told, data = pushed(changed("ws_positions", posSide="net", pos=pos))
    assert data.whole
    assert [(row.side, bool(row.quantity)) for row in told[What.POSITIONS]] == [(held, True), (gone, False)]


def test_a_row_of_a_hedge_tells_of_its_own_side_alone() -> None:
    told, _ = pushed(changed("ws_positions", posSide="long", pos="1"))
    assert [row.side for row in told[What.POSITIONS]] == [LONG]


def test_an_order_that_turns_a_position_round_leaves_nothing_of_the_other_side() -> None:
    async def play(on: Inside, exchange: OKX) -> None:
        await exchange.fetch_time()
        watch = exchange.watch_positions()

        async def follow() -> None:
            async for _ in watch:
                pass

        async with anyio.create_task_group() as group:
            group.start_soon(follow)
            await anyio.sleep(5)
            await on.trade(Side.BUY)
            await anyio.sleep(5)
            double = on.request(Side.SELL, type=OrderType.MARKET, quantity=on.spec.quantity * 2, intent=Intent.OPEN)
            await exchange.create_order(double)
            await anyio.sleep(5)
            assert [side for _, side in on.account.positions] == [SHORT]
            assert {row.side for row in watch.current.values()} == {SHORT}
            group.cancel_scope.cancel()

    played(play, options=Options(joined_pushes=True))


# Money that is free


def test_what_is_free_of_an_account_is_not_all_of_its_equity() -> None:
    async def play(on: Inside, exchange: OKX) -> None:
        await on.trade(Side.BUY)
        totals = await exchange.fetch_account("USD")
        assert totals.equity is not None
        assert totals.equity > 0
        assert totals.available is None, "in futures mode each coin has its own"

    played(play)


# Hosts


@pytest.mark.parametrize(
    ("base_url", "demo", "host"),
    [
        ("https://www.okx.com", False, "wss://ws.okx.com"),
        ("https://www.okx.com", True, "wss://wspap.okx.com"),
        ("https://openapi.okx.com/", False, "wss://ws.okx.com"),
        ("https://eea.okx.com", False, "wss://wseea.okx.com"),
        ("https://us.okx.com", True, "wss://wsuspap.okx.com"),
        ("https://proxy.example", False, "wss://proxy.example"),
    ],
)
def test_the_venues_own_hosts_have_their_streams_elsewhere(base_url: str, demo: bool, host: str) -> None:
    assert DIALECT.url(base_url, private=True, demo=demo) == f"{host}/ws/v5/private"


# Cancels


def test_all_orders_of_a_busy_contract_are_cancelled_while_some_are_still_listed() -> None:
    async def play(on: Inside, exchange: OKX) -> None:
        far = on.price("0.9")
        await exchange.create_orders([on.request(price=far - number) for number in range(250)])
        assert len(on.account.open_orders) == 250
        assert len(await exchange.cancel_all_orders(BTC)) == 250
        assert not on.account.open_orders

    played(play, options=Options(change_lag_ms=90))


def test_a_cancel_beside_another_one_tells_what_became_of_the_order() -> None:
    async def play(on: Inside, exchange: OKX) -> None:
        order = await exchange.create_order(on.request())
        body = {"instId": order.venue_symbol, "ordId": order.order_id}
        await exchange.request("POST", "/api/v5/trade/cancel-order", body=body)
        assert (await exchange.cancel_order(BTC, order_id=order.order_id)).status is OrderStatus.CANCELED
        other = await exchange.create_order(on.request())
        await exchange.request("POST", "/api/v5/trade/cancel-order", body=body | {"ordId": other.order_id})
        [result] = await exchange.cancel_orders(BTC, order_ids=[other.order_id])
        assert result.order is not None
        assert result.order.status is OrderStatus.CANCELED

    played(play, options=Options(change_lag_ms=700))


def waiting(on: Inside, above: D) -> OrderRequest:
    return OrderRequest(
        symbol=BTC,
        side=Side.BUY,
        type=OrderType.TRIGGER,
        quantity=on.spec.quantity,
        trigger_price=on.price("1.2") + above,
    )


def test_many_stops_are_cancelled_without_looking_for_each() -> None:
    async def play(on: Inside, exchange: OKX) -> None:
        for number in range(30):
            await exchange.create_trigger_order(waiting(on, D(number)))
        before = len(on.arrived)
        assert len(await exchange.cancel_all_orders(BTC)) == 30
        assert not on.account.live_triggers
        assert sum("orders-algo-pending" in call for call in on.arrived[before:]) == 3, "one list of each type"

    played(play)


def test_a_trigger_order_that_does_not_wait_is_not_found() -> None:
    async def play(on: Inside, exchange: OKX) -> None:
        order = await exchange.create_trigger_order(waiting(on, D(0)))
        await exchange.cancel_trigger_order(BTC, client_order_id=order.client_order_id)
        for ids in ({"order_id": order.order_id}, {"client_order_id": order.client_order_id}):
            with pytest.raises(errors.OrderNotFound):
                await exchange.cancel_trigger_order(BTC, **ids)

    played(play)


def test_a_trigger_order_that_went_off_is_not_told_as_cancelled_where_the_answer_is_lost() -> None:
    plan = FaultPlan()
    plan.add("dropped", paths=["/api/v5/trade/cancel-algos"])

    async def play(on: Inside, exchange: OKX) -> None:
        order = await exchange.create_trigger_order(waiting(on, D(0)))
        on.move(on.price("1.3"))
        with pytest.raises(errors.OrderNotFound):
            await exchange.cancel_trigger_order(BTC, order_id=order.order_id)
        still = await exchange.create_trigger_order(waiting(on, D(20_000)))
        with pytest.raises(errors.CancelOutcomeUnknown):
            await exchange.cancel_trigger_order(BTC, order_id=still.order_id)

    played(play, plan=plan)


@pytest.mark.parametrize("times", [1, None])
def test_a_cancel_that_was_carried_out_without_an_answer_is_a_success(times: int | None) -> None:
    plan = FaultPlan()
    plan.add("answer-lost", paths=["/api/v5/trade/cancel-algos"], most=times)

    async def play(on: Inside, exchange: OKX) -> None:
        order = await exchange.create_trigger_order(waiting(on, D(0)))
        await exchange.cancel_trigger_order(BTC, order_id=order.order_id)
        assert not on.account.live_triggers

    played(play, plan=plan)


# Sizes of contracts


def resized(on: Inside) -> None:
    """A contract becomes ten times as large: rows count a tenth of what they did."""
    send = on.backend.send

    async def sent(request: HttpRequest) -> Any:
        answer = await send(request)
        tree = msgspec.json.decode(answer.body)
        for one in tree["data"]:
            if "/public/instruments" in request.url and one["instId"] == "BTC-USDT-SWAP":
                one["ctVal"] = str(D(one["ctVal"]) * 10)
            elif "/account/positions?" in request.url:
                one["pos"] = str(D(one["pos"]) / 10)
        return msgspec.structs.replace(answer, body=msgspec.json.encode(tree))

    on.backend.send = sent  # type: ignore[method-assign]


def test_the_size_of_a_contract_is_read_again_by_who_only_looks() -> None:
    async def play(on: Inside, exchange: OKX) -> None:
        await on.trade(Side.BUY)
        [before] = await exchange.fetch_positions()
        resized(on)
        await anyio.sleep(2 * 3600)
        [after] = await exchange.fetch_positions()
        assert after.quantity == before.quantity
        asked = len(on.arrived)
        await exchange.fetch_positions()
        assert not [call for call in on.arrived[asked:] if "instruments" in call], "once in an hour"

    played(play)


def test_what_is_pushed_counts_by_the_size_of_now() -> None:
    async def play(on: Inside, exchange: OKX) -> None:
        watch = exchange.watch_positions()

        async def follow() -> None:
            async for _ in watch:
                pass

        async with anyio.create_task_group() as group:
            group.start_soon(follow)
            await anyio.sleep(5)
            contracts = on.inside.engine.world.contracts
            contracts[BTC] = dataclasses.replace(contracts[BTC], contract_size=contracts[BTC].contract_size * 10)
            await anyio.sleep(2 * 3600)
            on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
            await anyio.sleep(5)
            assert [row.quantity for row in watch.current.values()] == [on.spec.quantity]
            group.cancel_scope.cancel()

    played(play)


def test_positions_can_be_read_while_the_list_of_contracts_cannot() -> None:
    plan = FaultPlan()

    async def play(on: Inside, exchange: OKX) -> None:
        await on.trade(Side.BUY)
        await anyio.sleep(2 * 3600)
        plan.add("no-answer", paths=["/api/v5/public/instruments"])
        began = anyio.current_time()
        [held] = await exchange.fetch_positions()
        assert held.quantity == on.spec.quantity
        assert anyio.current_time() - began < 3

    played(play, plan=plan)
