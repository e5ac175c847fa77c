"""What is Binance's own way, by `Binance` on the simulated exchange."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from decimal import Decimal as D
from typing import Any
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from futures_async.adapters.binance import Binance
from futures_async.manager.fills import PositionBook
from futures_async.manager.tracking import Tracker
from futures_async.simulator.accounts import ApiKey
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import Request, Response, Route, VenueRefusal
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.loopback import Loopback, Running, loopback, running
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.unified import errors
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import (
    Intent,
    LedgerType,
    MarginMode,
    OrderKind,
    OrderStatus,
    OrderType,
    Outcome,
    PositionMode,
    PositionSide,
    PriceSource,
    Role,
    Side,
    TimeInForce,
)
from futures_async.unified.models import Order, OrderRequest
from tests.adapters.binance.test_dialect import RSA, keyed

pytestmark = pytest.mark.anyio

SPEC = VenueSpec(factory=Binance, raw_call=RawCall("/fapi/v1/accountConfig", {}))
MODES = pytest.mark.parametrize("mode", list(PositionMode))
ED25519 = keyed(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
OTHER = "LINK/USDT:USDT"
DAY_MS = 86_400_000


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with loopback() as found:
        yield found


def exchange_of(on: Running) -> Binance:
    assert isinstance(on.exchange, Binance)
    return on.exchange


def waiting(on: Running, side: Side, fraction: str | None, **more: Any) -> OrderRequest:
    return OrderRequest(
        symbol=SPEC.symbol,
        side=side,
        type=OrderType.TRIGGER,
        quantity=SPEC.quantity,
        trigger_price=None if fraction is None else on.price(fraction),
        **more,
    )


def recorded(on: Running, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """The forms that reach the exchange from now on."""
    dialect = on.inside.venues["binance"].dialect
    check, forms = dialect.check, list[dict[str, str]]()

    def checking(request: Request, needs: Any) -> None:
        if request.method != "GET":
            forms.append(dict(parse_qsl(request.query)) | dict(parse_qsl(request.body.decode())))
        check(request, needs)

    monkeypatch.setattr(dialect, "check", checking)
    return forms


# Keys


@pytest.mark.parametrize("keys", [RSA, ED25519], ids=["rsa", "ed25519"])
async def test_private_keys_sign_what_the_exchange_takes(
    server: Loopback, keys: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(SPEC, server) as on:
        found = ApiKey(key=keys.key.reveal(), secret=keys.secret.reveal())

        def find_key(family: str, key: str) -> Any:
            return on.account, found

        monkeypatch.setattr(on.inside.engine, "find_key", find_key)
        async with on.connect(keys, private_key=True) as exchange:
            assert (await exchange.create_order(on.request())).status is OrderStatus.NEW
        async with on.connect(keys) as exchange:  # taken for an HMAC secret
            with pytest.raises(errors.AuthenticationError):
                await exchange.fetch_account()


# Orders


@MODES
async def test_what_closes_is_said_in_one_way_alone(
    server: Loopback, mode: PositionMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(SPEC, server, mode) as on:
        forms = recorded(on, monkeypatch)
        await on.trade(Side.BUY)
        closed = await on.trade(Side.SELL, Intent.CLOSE)
        assert (closed.reduce_only, closed.status) == (True, OrderStatus.FILLED)
        opening, closing = (form for form in forms if "newClientOrderId" in form)
        hedge = mode is PositionMode.HEDGE
        assert [form.get("positionSide") for form in (opening, closing)] == (["LONG"] * 2 if hedge else [None] * 2)
        assert [form.get("reduceOnly") for form in (opening, closing)] == [None, None if hedge else "true"]
        assert (opening["newOrderRespType"], opening["selfTradePreventionMode"]) == ("RESULT", "EXPIRE_MAKER")


async def test_what_is_unknown_to_the_venue_is_not_found(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        for call in (on.exchange.fetch_order, on.exchange.cancel_order):
            for ids in ({"order_id": "77"}, {"client_order_id": "nobodys"}, {"order_id": "algo:77"}):
                with pytest.raises(errors.OrderNotFound) as caught:
                    await call(SPEC.symbol, **ids)
                assert caught.value.code in ("-2011", "-2013")


async def test_a_position_that_went_meanwhile_is_closed(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(SPEC, server) as on:
        await on.trade(Side.BUY)
        [held] = await on.exchange.fetch_positions()
        await on.exchange.close_position(SPEC.symbol)
        left = [[held]]
        fetch = on.exchange.fetch_positions

        async def once_more(symbol: str | None = None) -> Any:
            return left.pop() if left else await fetch(symbol)

        monkeypatch.setattr(on.exchange, "fetch_positions", once_more)
        assert await on.exchange.close_position(SPEC.symbol) is None


async def test_an_unchanged_order_is_a_success(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        order = await on.exchange.create_order(on.request())
        again = await on.exchange.edit_order(SPEC.symbol, order_id=order.order_id, price=order.price)
        assert (again.order_id, again.price, again.status) == (order.order_id, order.price, OrderStatus.NEW)


async def test_an_edit_takes_the_guard_against_trades_with_oneself_away(server: Loopback) -> None:
    # "Does Modify order support STP? No." developers.binance.com/docs/derivatives/usds-margined-futures/faq/stp-faq
    async with running(SPEC, server) as on:
        order = await on.exchange.create_order(on.request())
        assert (await on.exchange.fetch_order(SPEC.symbol, order_id=order.order_id)).raw.self_trade_prevention_mode == (
            "EXPIRE_MAKER"
        )
        edited = await on.exchange.edit_order(SPEC.symbol, order_id=order.order_id, price=on.price("0.89"))
        assert edited.raw.self_trade_prevention_mode == "NONE"


async def test_an_edit_that_comes_to_what_has_filled_meanwhile_is_no_success(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    # .../usds-margined-futures/trade/rest-api/Modify-Order: cancelled where the new quantity <= executedQty.
    async with running(SPEC, server) as on:
        order = await on.exchange.create_order(on.request(quantity=SPEC.quantity * 4))
        engine, inside, amendment = on.inside.engine, on.account.orders[int(order.order_id)], on.exchange._amendment  # pyright: ignore[reportPrivateUsage] - after its order was read

        def meanwhile(*asked: Any) -> Any:
            with engine.arithmetic():
                engine.matching._fill(on.account, inside, SPEC.quantity * 2, on.price("0.9"), Role.MAKER)  # pyright: ignore[reportPrivateUsage] - a part of it
            return amendment(*asked)

        monkeypatch.setattr(on.exchange, "_amendment", meanwhile)
        with pytest.raises(errors.SettingNotApplied, match=r"it ended as canceled \(nothing of it is left to edit"):
            await on.exchange.edit_order(SPEC.symbol, order_id=order.order_id, quantity=SPEC.quantity * 2)
        ended = await on.exchange.fetch_order(SPEC.symbol, order_id=order.order_id)
        assert (ended.quantity, ended.filled_quantity) == (SPEC.quantity * 4, SPEC.quantity * 2)
        assert await on.exchange.fetch_open_orders(SPEC.symbol) == []


async def test_an_edit_of_a_post_only_order_that_would_take_is_no_success(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        order = await on.exchange.create_order(on.request(time_in_force=TimeInForce.POST_ONLY))
        with pytest.raises(errors.SettingNotApplied, match=r"it ended as (canceled|expired) "):
            await on.exchange.edit_order(SPEC.symbol, order_id=order.order_id, price=on.price("1.02"))
        assert on.exchange.unresolved() == []
        assert await on.exchange.fetch_positions() == []


@MODES
async def test_only_what_closes_in_one_way_mode_is_edited_below_the_least_value(
    server: Loopback, mode: PositionMode
) -> None:
    async with running(SPEC, server, mode) as on:
        await on.trade(Side.BUY)
        opening = await on.exchange.create_order(on.request())
        closing = await on.exchange.create_order(on.request(Side.SELL, price=on.price("1.1"), intent=Intent.CLOSE))
        contracts = on.inside.engine.world.contracts
        contracts[SPEC.symbol] = replace(contracts[SPEC.symbol], min_notional=D(10**9))
        kept = [opening.order_id] if mode is PositionMode.ONE_WAY else [opening.order_id, closing.order_id]
        for order_id in kept:
            with pytest.raises(errors.OrderRejected, match="notional") as caught:
                await on.exchange.edit_order(SPEC.symbol, order_id=order_id, quantity=SPEC.quantity * 2)
            assert caught.value.code == "-5029"
        if mode is PositionMode.ONE_WAY:
            edited = await on.exchange.edit_order(SPEC.symbol, order_id=closing.order_id, price=on.price("1.2"))
            assert edited.price == on.price("1.2")


async def test_an_account_that_may_not_trade_sends_nothing(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        on.account.extra["canTrade"] = "no"
        with pytest.raises(errors.PermissionDenied, match="canTrade"):
            await on.exchange.create_order(on.request())
        assert on.writes == []


@MODES
async def test_orders_are_cancelled_by_ids_of_all_sorts(server: Loopback, mode: PositionMode) -> None:
    async with running(SPEC, server, mode) as on:
        first = await on.exchange.create_order(on.request())
        named = await on.exchange.create_order(on.request(client_order_id="named-1"))
        waits = await exchange_of(on).create_trigger_order(waiting(on, Side.BUY, "1.05"))
        results = await on.exchange.cancel_orders(
            SPEC.symbol, order_ids=[first.order_id, waits.order_id, "99"], client_order_ids=["named-1"]
        )
        assert [type(result.error) for result in results] == [type(None), type(None), errors.OrderNotFound, type(None)]
        assert await on.exchange.fetch_open_orders() == []
        assert named.client_order_id == "named-1"
        several = [(await on.exchange.create_order(on.request())).order_id for _ in range(12)]
        results = await on.exchange.cancel_orders(SPEC.symbol, order_ids=[*several, "98"])
        assert [result.error is None for result in results] == [True] * 12 + [False]
        assert on.arrived.count("DELETE /fapi/v1/batchOrders") == 2  # with a conditional order among them one by one


async def test_a_batch_is_judged_order_by_order(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        wanted = [on.request() for _ in range(6)]
        wanted[2] = on.request(quantity=D(10**6))
        placed = await on.exchange.create_orders(wanted)
        assert [result.error is None for result in placed] == [True, True, False, True, True, True]
        assert len(await on.exchange.fetch_open_orders()) == 5
        assert on.arrived.count("POST /fapi/v1/batchOrders") == 2 - (on.arrived.count("POST /fapi/v1/order"))


async def test_a_countdown_cancels_unless_it_is_told_again(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        for wrong in ((1, None), (-1, SPEC.symbol), (True, SPEC.symbol)):
            with pytest.raises(errors.InvalidRequest):
                await on.exchange.arm_cancel_all(*wrong)
        await on.exchange.create_order(on.request())
        await on.exchange.arm_cancel_all(10, SPEC.symbol)
        on.advance(9_000)
        await on.exchange.arm_cancel_all(10, SPEC.symbol)
        on.advance(9_000)
        assert len(await on.exchange.fetch_open_orders()) == 1
        on.advance(2_000)
        assert await on.exchange.fetch_open_orders() == []
        await on.exchange.create_order(on.request())
        await on.exchange.arm_cancel_all(10, SPEC.symbol)
        await on.exchange.arm_cancel_all(0, SPEC.symbol)
        on.advance(20_000)
        assert len(await on.exchange.fetch_open_orders()) == 1


async def test_a_fill_that_cost_no_fee_is_found_without_its_contract(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(SPEC, server) as on:
        dialect: Any = on.inside.venues["binance"].dialect
        told = dialect._income

        def without_fees(entry: Any) -> list[Any]:
            return [row for row in told(entry) if row["incomeType"] != "COMMISSION"]

        monkeypatch.setattr(dialect, "_income", without_fees)
        order = await on.exchange.create_order(on.request(price=on.price("0.99")))
        on.advance(3_600_000)
        on.move(on.price("0.98"))
        since = on.inside.now_ms() - 60_000
        async with on.connect(on.credentials) as later:  # its clock has not been an hour behind
            await later.fetch_time()
            assert [fill.order_id for fill in await later.fetch_fills(since_ms=since)] == [order.order_id]


# Conditional orders


@MODES
async def test_conditional_orders_have_lists_and_ids_of_their_own(server: Loopback, mode: PositionMode) -> None:
    async with running(SPEC, server, mode) as on:
        exchange = exchange_of(on)
        stop = await exchange.create_trigger_order(waiting(on, Side.BUY, "1.03", client_order_id="stop-1"))
        dip = await exchange.create_trigger_order(
            waiting(on, Side.BUY, "0.97", price=on.price("0.96"), trigger_by=PriceSource.MARK)
        )
        assert [order.raw.order_type for order in (stop, dip)] == ["STOP_MARKET", "TAKE_PROFIT"]
        assert (stop.kind, stop.type, dip.price, dip.trigger_by) == (
            OrderKind.TRIGGER, OrderType.TRIGGER, on.price("0.96"), PriceSource.MARK,
        )  # fmt: skip
        assert stop.order_id.startswith("algo:")
        assert await exchange.fetch_open_orders() == []
        assert {order.order_id for order in await exchange.fetch_trigger_orders(SPEC.symbol)} == {
            stop.order_id, dip.order_id,
        }  # fmt: skip
        assert (await exchange.fetch_order(SPEC.symbol, client_order_id="stop-1")).order_id == stop.order_id
        assert (await exchange.fetch_order(SPEC.symbol, order_id=dip.order_id)).trigger_price == on.price("0.97")
        with pytest.raises(errors.ResponseMismatch):
            await exchange.fetch_order(OTHER, order_id=dip.order_id)
        with pytest.raises(errors.InvalidOrder):
            await exchange.edit_order(SPEC.symbol, order_id=stop.order_id, price=on.price("0.9"))
        on.move(on.price("1.031"))
        [held] = await exchange.fetch_positions()
        assert (held.side, held.quantity) == (PositionSide.LONG, SPEC.quantity)
        gone = await exchange.fetch_order(SPEC.symbol, order_id=stop.order_id)
        assert gone.status in (OrderStatus.FILLED, OrderStatus.NEW)
        with pytest.raises(errors.OrderNotFound):
            await exchange.cancel_trigger_order(SPEC.symbol, order_id=stop.order_id)
        await exchange.cancel_order(SPEC.symbol, order_id=dip.order_id)
        assert await exchange.fetch_trigger_orders() == []
        assert (await exchange.fetch_order(SPEC.symbol, order_id=dip.order_id)).status is OrderStatus.CANCELED


@pytest.mark.parametrize("by", ["order_id", "client_order_id"])
@pytest.mark.parametrize("went_off", [False, True], ids=["waits", "went off"])
@pytest.mark.parametrize("own", [True, False], ids=["placed here", "placed elsewhere"])
async def test_a_conditional_order_is_cancelled_by_either_id_whatever_it_is_by_now(
    server: Loopback, by: str, went_off: bool, own: bool
) -> None:
    async with running(SPEC, server) as on:
        placed = await exchange_of(on).create_trigger_order(
            waiting(on, Side.BUY, "1.03", price=on.price("0.9"), client_order_id="stop-1")
        )
        if went_off:
            on.move(on.price("1.031"))
        async with on.connect(on.credentials) as elsewhere:
            exchange = exchange_of(on) if own else elsewhere
            ended = await exchange.cancel_order(SPEC.symbol, **{by: getattr(placed, by)})
            assert ended.status is OrderStatus.CANCELED
            assert (ended.order_id == placed.order_id) is not went_off
            assert exchange.unresolved() == []
        assert await exchange_of(on).fetch_open_orders() == []
        assert await exchange_of(on).fetch_trigger_orders() == []


def gone_off(play: Callable[[Inside, FaultPlan, Order], Awaitable[None]]) -> None:
    """Play with a conditional order that has gone off into a regular one, which rests."""

    async def main() -> None:
        plan = FaultPlan()
        on = Inside(SPEC, plan=plan)
        async with on.exchange:
            placed = await exchange_of(on).create_trigger_order(
                waiting(on, Side.BUY, "1.03", price=on.price("0.9"), client_order_id="stop-1")
            )
            on.move(on.price("1.031"))
            await play(on, plan, placed)

    run(main())


@pytest.mark.parametrize("by", ["order_id", "client_order_id"])
def test_a_lost_cancel_of_a_conditional_order_that_went_off_is_resolved(by: str) -> None:
    async def play(on: Inside, plan: FaultPlan, placed: Order) -> None:
        exchange = exchange_of(on)
        plan.add("dropped", kinds=["cancel"], applied=False)
        with pytest.raises(errors.CancelOutcomeUnknown) as caught:
            await exchange.cancel_order(SPEC.symbol, **{by: getattr(placed, by)})
        plan.rules.clear()
        ended = await caught.value.resolve()
        # Past its fence it is known not to have been carried out; the next one is.
        assert isinstance(ended, Order)
        assert (ended.status, exchange.unresolved()) == (OrderStatus.NEW, [])
        ended = await exchange.cancel_order(SPEC.symbol, **{by: getattr(placed, by)})
        assert (ended.status, exchange.unresolved()) == (OrderStatus.CANCELED, [])

    gone_off(play)


def test_a_cancel_goes_on_to_what_a_conditional_order_has_become_after_a_lost_answer() -> None:
    async def play(on: Inside, plan: FaultPlan, placed: Order) -> None:
        exchange = exchange_of(on)
        plan.add("dropped", kinds=["cancel"], paths=["*/algoOrder"], applied=False)
        ended = await exchange.cancel_order(SPEC.symbol, client_order_id="stop-1")
        assert (ended.status, exchange.unresolved()) == (OrderStatus.CANCELED, [])
        assert not on.account.open_orders

    gone_off(play)


@pytest.mark.parametrize("by", ["order_id", "client_order_id"])
def test_a_later_cancel_answers_what_one_by_the_former_id_has_left_open(by: str) -> None:
    async def play(on: Inside, plan: FaultPlan, placed: Order) -> None:
        exchange, ids = exchange_of(on), {by: getattr(placed, by)}
        plan.add("dropped", kinds=["cancel", "read"], applied=False)
        with pytest.raises(errors.CancelOutcomeUnknown):
            await exchange.cancel_order(SPEC.symbol, **ids)
        plan.rules.clear()
        await exchange.fetch_order(SPEC.symbol, **ids)  # tells what it has become
        await exchange.cancel_order(SPEC.symbol, **ids)
        assert exchange.unresolved() == []

    gone_off(play)


async def test_a_cancel_of_a_conditional_order_that_was_placed_here_goes_to_its_own_system_at_once(
    server: Loopback,
) -> None:
    async with running(SPEC, server) as on:
        await exchange_of(on).create_trigger_order(waiting(on, Side.BUY, "1.03", client_order_id="stop-1"))
        called: list[str] = []
        exchange_of(on).observe(lambda event: called.append(event.endpoint))
        await exchange_of(on).cancel_order(SPEC.symbol, client_order_id="stop-1")
        assert [name for name in called if name.startswith("DELETE")] == ["DELETE /fapi/v1/algoOrder"]


async def test_a_batch_of_cancels_reaches_conditional_orders_by_client_ids(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        await exchange_of(on).create_trigger_order(waiting(on, Side.BUY, "1.03", client_order_id="stop-1"))
        resting = await exchange_of(on).create_order(on.request())
        async with on.connect(on.credentials) as elsewhere:
            names = ["stop-1", str(resting.client_order_id)]
            ended = await elsewhere.cancel_orders(SPEC.symbol, client_order_ids=names)
        assert [one.order.status for one in ended if one.order is not None] == [OrderStatus.CANCELED] * 2


async def test_a_conditional_order_is_followed_into_the_one_that_comes_of_it(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        exchange = exchange_of(on)
        tracker = Tracker(exchange, PositionBook(), None)
        request = waiting(on, Side.BUY, "1.03", price=on.price("1.02"), client_order_id="stop-1")
        stop = await exchange.create_trigger_order(request)
        tracker.add("stop-1", stop)
        on.move(on.price("1.031"))
        rested = await exchange.fetch_order(SPEC.symbol, order_id=stop.order_id)
        assert (rested.status, rested.parent_order_id) == (OrderStatus.NEW, stop.order_id)
        assert not rested.order_id.startswith("algo:")
        on.move(on.price("1.01"))
        updates = [update async for update in tracker.updates(interval_s=0.01)]
        assert (updates[-1].order.status, updates[-1].order.order_id) == (OrderStatus.FILLED, rested.order_id)
        assert sum(effect.fill.quantity for update in updates for effect in update.fills) == SPEC.quantity


async def test_conditional_orders_are_remembered_and_cancelled_apart_from_others(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        exchange = exchange_of(on)
        resting = await exchange.create_order(on.request())
        first = await exchange.create_trigger_order(waiting(on, Side.BUY, "1.03"))
        on.advance(1000)
        second = await exchange.create_trigger_order(waiting(on, Side.BUY, "1.04"))
        await exchange.cancel_all_trigger_orders(SPEC.symbol)
        assert await exchange.fetch_trigger_orders() == []
        assert [order.order_id for order in await exchange.fetch_open_orders()] == [resting.order_id]
        past = await exchange.fetch_trigger_history(SPEC.symbol)
        assert [(order.order_id, order.status) for order in past] == [
            (second.order_id, OrderStatus.CANCELED), (first.order_id, OrderStatus.CANCELED),
        ]  # fmt: skip
        assert await exchange.fetch_trigger_history(SPEC.symbol, limit=1) == past[:1]
        assert await exchange.fetch_trigger_history(OTHER) == []
        with pytest.raises(errors.IncompletePage):
            await exchange.fetch_trigger_history(SPEC.symbol, since_ms=1)


async def test_what_became_of_an_order_for_the_whole_position_is_told_by_the_regular_one(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        exchange = exchange_of(on)
        await on.trade(Side.BUY)
        form = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET"}
        price = {"closePosition": "true", "triggerPrice": str(on.price("0.97"))}
        await exchange.request("POST", "/fapi/v1/algoOrder", params={**form, **price})
        on.move(on.price("0.96"))
        [past] = await exchange.fetch_trigger_history(SPEC.symbol)
        assert (past.status, past.filled_quantity) == (OrderStatus.FILLED, SPEC.quantity)
        ended = await exchange.fetch_order(SPEC.symbol, order_id=past.order_id)
        assert (ended.status, ended.parent_order_id) == (OrderStatus.FILLED, past.order_id)
        # No other call tells how much it was for: trades tell what was executed of it, not what was left.
        on.account.order_log[-1].updated_ms -= 91 * DAY_MS
        [past] = await exchange.fetch_trigger_history(SPEC.symbol)
        assert past.status is OrderStatus.UNKNOWN


async def test_a_trigger_at_the_price_of_now_is_refused_before_it_is_sent(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        exchange = exchange_of(on)
        now = (await exchange.fetch_ticker(SPEC.symbol)).last_price
        request = OrderRequest(
            symbol=SPEC.symbol, side=Side.BUY, type=OrderType.TRIGGER, quantity=SPEC.quantity, trigger_price=now
        )
        with pytest.raises(errors.InvalidOrder, match="price of now"):
            await exchange.create_trigger_order(request)
        with pytest.raises(errors.InvalidOrder, match="time_in_force"):
            await exchange.create_trigger_order(waiting(on, Side.BUY, "1.05", time_in_force=TimeInForce.IOC))
        assert on.writes == []


def always(row: dict[str, Any]) -> Callable[[ContractSpec], dict[str, Any]]:
    return lambda _: row


@pytest.mark.parametrize("source", [PriceSource.LAST, PriceSource.MARK])
async def test_no_trigger_is_judged_by_another_contracts_price(
    server: Loopback, source: PriceSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(SPEC, server) as on:
        dialect: Any = on.inside.venues["binance"].dialect
        other = on.inside.engine.world.contract(OTHER)
        for name in ("day_row", "premium_row"):
            monkeypatch.setattr(dialect, name, always(getattr(dialect, name)(other)))
        with pytest.raises(errors.ResponseMismatch):
            await on.exchange.create_trigger_order(waiting(on, Side.BUY, "1.05", trigger_by=source))
        assert on.writes == []


async def test_without_a_price_no_trigger_is_placed(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(SPEC, server) as on:
        dialect: Any = on.inside.venues["binance"].dialect
        monkeypatch.setattr(dialect, "day_row", always({"symbol": "BTCUSDT", "lastPrice": ""}))
        with pytest.raises(errors.DecodeError):
            await on.exchange.create_trigger_order(waiting(on, Side.BUY, "1.05"))
        assert on.writes == []


@MODES
async def test_a_trailing_order_follows_the_price_and_closes(server: Loopback, mode: PositionMode) -> None:
    async with running(SPEC, server, mode) as on:
        exchange = exchange_of(on)
        await on.trade(Side.BUY)
        order = await exchange.create_trailing_order(waiting(on, Side.SELL, "1.02", intent=Intent.CLOSE), "0.01")
        assert (order.kind, order.raw.callback_rate) == (OrderKind.TRAILING, "1")
        for fraction in ("1.02", "1.05", "1.045"):
            on.move(on.price(fraction))
            assert len(await exchange.fetch_positions()) == 1
        on.move(on.price("1.039"))
        assert await exchange.fetch_positions() == []
        for rate, request in (
            ("0.5", waiting(on, Side.SELL, "1.02")),
            ("0.01", waiting(on, Side.SELL, "1.02", price=on.price("1"))),
        ):
            with pytest.raises(errors.InvalidOrder):
                await exchange.create_trailing_order(request, rate)


# Modes and leverage


async def test_what_stands_already_is_a_success(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        exchange = exchange_of(on)
        for mode in (MarginMode.ISOLATED, MarginMode.ISOLATED, MarginMode.CROSS):
            await exchange.set_margin_mode(mode, symbol=SPEC.symbol)
            assert (await exchange.fetch_leverage(SPEC.symbol)).margin_mode is mode
        for held in (PositionMode.ONE_WAY, PositionMode.HEDGE, PositionMode.HEDGE):
            assert await exchange.set_position_mode(held) is held
        assert (await exchange.set_leverage(SPEC.symbol, 7)).leverage == 7
        with pytest.raises(errors.InvalidRequest):
            await exchange.set_margin_mode(MarginMode.CROSS)
        with pytest.raises(errors.NotSupported):
            await exchange.set_leverage(SPEC.symbol, 7, side=PositionSide.LONG)
        with pytest.raises(errors.InvalidRequest):
            await exchange.set_leverage(SPEC.symbol, "2.5")


@pytest.mark.parametrize("stands", [True, False])
async def test_a_word_about_orders_that_are_not_there_is_no_refusal_of_a_margin_mode_that_stands(
    server: Loopback, stands: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The venue answered so where it says "no need to change" otherwise; where orders are there, it is a refusal."""

    async with running(SPEC, server) as on:
        exchange = exchange_of(on)
        dialect: Any = on.inside.venues["binance"].dialect
        contract = dialect.contract
        await exchange.set_margin_mode(MarginMode.CROSS, symbol=SPEC.symbol)

        def refuse(fields: dict[str, str]) -> ContractSpec:
            if "marginType" in fields:
                raise VenueRefusal("-4067", "Position side cannot be changed if there exists open orders.")
            found: ContractSpec = contract(fields)
            return found

        monkeypatch.setattr(dialect, "contract", refuse)
        if stands:
            await exchange.set_margin_mode(MarginMode.CROSS, symbol=SPEC.symbol)
        else:
            with pytest.raises(errors.PositionModeConflict):
                await exchange.set_margin_mode(MarginMode.ISOLATED, symbol=SPEC.symbol)


async def test_a_margin_mode_that_cannot_be_read_back_leaves_the_refusal(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(SPEC, server) as on:
        exchange, handle = exchange_of(on), on.inside.handle
        await exchange.fetch_leverage(SPEC.symbol)

        def handled(request: Request) -> Response:
            if "/marginType" in request.path:
                return Response(
                    400, b'{"code":-4067,"msg":"Position side cannot be changed if there exists open orders."}'
                )
            if "/symbolConfig" in request.path:
                return Response(400, b'{"code":-1099,"msg":"Not found, authenticated, or authorized."}')
            return handle(request)

        monkeypatch.setattr(on.inside, "handle", handled)
        with pytest.raises(errors.PositionModeConflict, match="open orders"):
            await exchange.set_margin_mode(MarginMode.CROSS, symbol=SPEC.symbol)


async def test_a_contract_with_a_delivery_date_has_no_funding(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(SPEC, server) as on:
        dialect: Any = on.inside.venues["binance"].dialect
        dated = dialect.premium_row(on.inside.engine.world.contract(SPEC.symbol)) | {
            "lastFundingRate": "", "interestRate": "", "nextFundingTime": 0,
        }  # fmt: skip
        monkeypatch.setattr(dialect, "premium_row", always(dated))
        with pytest.raises(errors.InvalidRequest, match="delivery date"):
            await on.exchange.fetch_funding_rate(SPEC.symbol)
        assert (await on.exchange.fetch_ticker(SPEC.symbol)).funding_rate is None


@MODES
async def test_isolated_margin_is_moved(server: Loopback, mode: PositionMode) -> None:
    async with running(SPEC, server, mode) as on:
        exchange = exchange_of(on)
        with pytest.raises(errors.InvalidRequest, match="no isolated position"):
            await exchange.adjust_margin(SPEC.symbol, 1)
        await exchange.set_margin_mode(MarginMode.ISOLATED, symbol=SPEC.symbol)
        await on.trade(Side.BUY)
        [before] = await exchange.fetch_positions()
        await exchange.adjust_margin(SPEC.symbol, "1.5", side=PositionSide.LONG)
        await exchange.adjust_margin(SPEC.symbol, "-0.5")
        [after] = await exchange.fetch_positions()
        assert (after.margin or 0) - (before.margin or 0) == 1
        with pytest.raises(errors.InvalidRequest):
            await exchange.adjust_margin(SPEC.symbol, 0)


async def test_a_portfolio_margin_account_is_no_account_of_this_adapter(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        assert await exchange_of(on).identify_account() == "binance"
        on.account.kind = "portfolio-margin"
        with pytest.raises(errors.AccountModeMismatch, match=r"papi\.binance\.com"):
            await exchange_of(on).identify_account()


Asked = Callable[[Binance, Running], Awaitable[Any]]


ASKED: list[Asked] = [
    lambda exchange, on: exchange.fetch_positions(),
    lambda exchange, on: exchange.fetch_accounts(),
    lambda exchange, on: exchange.fetch_account(),
    lambda exchange, on: exchange.fetch_open_orders(SPEC.symbol),
    lambda exchange, on: exchange.fetch_trigger_orders(),
    lambda exchange, on: exchange.fetch_fills(SPEC.symbol),
    lambda exchange, on: exchange.fetch_ledger(),
    lambda exchange, on: exchange.fetch_order(SPEC.symbol, order_id="77"),
    lambda exchange, on: exchange.cancel_order(SPEC.symbol, order_id="77"),
    lambda exchange, on: exchange.close_position(SPEC.symbol),
    lambda exchange, on: exchange.create_order(on.request()),
    lambda exchange, on: exchange.set_leverage(SPEC.symbol, 3),
    lambda exchange, on: exchange.set_margin_mode("isolated", symbol=SPEC.symbol),
    lambda exchange, on: exchange.set_position_mode("hedge"),
]


@pytest.mark.parametrize("ask", ASKED)
async def test_calls_of_a_portfolio_margin_account_end_in_an_error_that_says_so(server: Loopback, ask: Asked) -> None:
    async with running(SPEC, server) as on:
        on.account.kind = "portfolio-margin"
        on.account.balances.clear()
        on.account.ledger.clear()
        for _ in range(2):
            with pytest.raises(errors.AccountModeMismatch, match="sub-account without it"):
                await ask(exchange_of(on), on)
        assert on.account.order_log == []


async def test_an_account_that_is_empty_is_asked_once_whether_it_is_one_of_portfolio_margin(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        called: list[str] = []
        exchange_of(on).observe(lambda event: called.append(event.endpoint))
        for _ in range(3):
            assert await exchange_of(on).fetch_open_orders() == []
        assert called.count("GET /fapi/v1/pmAccountInfo") == 1


@pytest.mark.parametrize(
    ("odd", "kind"), [("-2015", "portfolio-margin"), ("[]", "classic"), ("page", "portfolio-margin")]
)
def test_an_answer_that_leaves_it_open_whose_an_account_is_is_no_proof(odd: str, kind: str) -> None:
    probes = [0]

    async def ask() -> None:
        on = Inside(SPEC)
        on.exchange = on.connect(on.credentials)
        async with on.exchange:
            on.account.kind = kind
            dialect = on.inside.venues["binance"].dialect
            real = dialect.serve

            def serve(request: Request, route: Route) -> Any:
                if not request.path.endswith("pmAccountInfo"):
                    return real(request, route)
                probes[0] += 1
                if probes[0] > 1:
                    return real(request, route)
                if odd == "-2015":
                    raise VenueRefusal(odd, "Invalid API-key, IP, or permissions for action")
                if odd == "page":
                    raise VenueRefusal("", status=404, page=b"<html>")
                return []

            dialect.serve = serve  # type: ignore[method-assign]
            exchange = exchange_of(on)
            for _ in range(5):
                assert await exchange.fetch_open_orders() == []
            assert probes == [1]
            await asyncio.sleep(6)
            for _ in range(3):
                if kind == "classic":
                    assert await exchange.fetch_open_orders() == []
                else:
                    with pytest.raises(errors.AccountModeMismatch):
                        await exchange.fetch_open_orders()
            assert probes == [2]

    run(ask())


async def test_a_cancel_of_a_portfolio_margin_account_that_was_sent_is_not_called_unsent(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        on.account.kind = "portfolio-margin"
        with pytest.raises(errors.AccountModeMismatch) as caught:
            await exchange_of(on).cancel_order(SPEC.symbol, order_id="77")
        assert caught.value.outcome is not Outcome.NOT_SENT


async def test_an_account_that_holds_something_is_not_asked(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        called: list[str] = []
        exchange_of(on).observe(lambda event: called.append(event.endpoint))
        assert await exchange_of(on).fetch_accounts() != []
        assert await exchange_of(on).fetch_open_orders() == []
        assert "GET /fapi/v1/pmAccountInfo" not in called


# The past


async def test_fills_of_all_contracts_are_found_by_fees_and_orders(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        await on.trade(Side.BUY)
        await on.trade(Side.SELL, Intent.CLOSE)
        await on.trade(Side.BUY, symbol=OTHER, quantity=10)
        found = [fill async for fill in on.exchange.iter_fills()]
        assert {fill.symbol for fill in found} == {SPEC.symbol, OTHER}
        assert len({fill.fill_id for fill in found}) == len(found) >= 3
        assert all(fill.fee and fill.fee > 0 for fill in found)
        entries = [entry async for entry in on.exchange.iter_ledger()]
        assert {entry.type for entry in entries} >= {LedgerType.FEE, LedgerType.TRANSFER}


async def test_what_the_venue_forgot_is_said(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        now = on.inside.now_ms()
        with pytest.raises(errors.IncompletePage, match="90 days"):
            await on.exchange.fetch_fills(SPEC.symbol, until_ms=now - 91 * DAY_MS)
        with pytest.raises(errors.IncompletePage, match="90 days"):
            async for _ in on.exchange.iter_fills(SPEC.symbol, since_ms=now - 100 * DAY_MS):
                pass


# The venue's own reads


async def test_the_venues_own_reads_are_served(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        exchange = exchange_of(on)
        assert (await exchange.fetch_fee_rate(SPEC.symbol)).symbol == "BTCUSDT"
        assert (await exchange.fetch_funding_rate(SPEC.symbol)).interval_s == 28_800
        tiers = await exchange.fetch_risk_limits(SPEC.symbol)
        assert [tier.tier for tier in tiers] == sorted(tier.tier or 0 for tier in tiers)
        with pytest.raises(errors.InvalidRequest, match="no margin coin"):
            await exchange.fetch_account("DOGE")
        await exchange.set_margin_mode(MarginMode.ISOLATED, symbol=SPEC.symbol)
        await on.trade(Side.BUY)
        await exchange.adjust_margin(SPEC.symbol, 1)
        assert [row.amount for row in await exchange.fetch_margin_moves(SPEC.symbol)] == [1]
        assert await exchange.fetch_forced_orders() == []
        assert await exchange.fetch_funding_history(SPEC.symbol)
        await exchange.test_order(on.request())
        with pytest.raises(errors.SymbolNotFound):
            await exchange.test_order(on.request(symbol="NONE/USDT:USDT"))
        assert await exchange.fetch_open_orders() == []
