"""Orders that wait, end to end: what is sent is as documented, and what the venue does not say is not guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal as D
from typing import Any

import anyio
import pytest

from futures_async.adapters.bitget.simulated.stream_gate import NOT_THERE, Rejected
from futures_async.adapters.bitget_uta import BitgetUTA
from futures_async.adapters.bitget_uta.simulated.streams import Streams
from futures_async.simulator.demo import Setup
from futures_async.simulator.server import serve
from futures_async.trading.acceptance import READ_BACK_PAUSES_S
from futures_async.transport.limits.none import NoLimiter
from futures_async.unified.enums import (
    Intent,
    MarginMode,
    OrderKind,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    PriceSource,
    Side,
)
from futures_async.unified.errors import (
    CancelOutcomeUnknown,
    ClientClosed,
    DecodeError,
    InvalidOrder,
    InvalidRequest,
    NotSupported,
    OrderNotFound,
    OrderOutcomeUnknown,
    OrderRejected,
    ParameterRejected,
    PositionModeConflict,
    UnreadRows,
)
from futures_async.unified.models import OrderRequest, Stop
from tests.adapters.bitget_uta.conftest import Rig
from tests.rig.support import order_of

pytestmark = pytest.mark.anyio

BTC = "BTC/USDT:USDT"
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
HEDGE, ONE_WAY = PositionMode.HEDGE, PositionMode.ONE_WAY
PLACE, OPEN, CANCEL = (
    "/trade/place-strategy-order",
    "/trade/unfilled-strategy-orders",
    "/trade/cancel-strategy-order",
)
MODIFY = "/trade/modify-strategy-order"
PAST = "/trade/history-strategy-orders"
MakeRig = Callable[..., Rig]


@pytest.fixture(autouse=True)
def read_back_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not seen is looked for as often as ever, and not for 1.4 s of real time."""
    monkeypatch.setattr("futures_async.trading.waiting.READ_BACK_PAUSES_S", (0.0,) * len(READ_BACK_PAUSES_S))


def waiting(**fields: Any) -> OrderRequest:
    given: dict[str, Any] = {
        "symbol": BTC,
        "side": Side.BUY,
        "type": OrderType.TRIGGER,
        "quantity": "0.01",
        "trigger_price": 95_000,
    }
    return OrderRequest(**given | fields)


def held(rig: Rig, side: str = "buy", *, hedge: bool = False) -> None:
    """Open 0.1 BTC."""
    rig.venue.order(side, "0.1", **({"posSide": "long" if side == "buy" else "short"} if hedge else {}))


def goes_to(rig: Rig, price: int) -> None:
    """Let the market stand there for a step of the exchange."""
    engine = rig.venue.exchange.engine
    engine.marks.pin(BTC, D(price))
    engine.settle(rig.venue.account, rig.venue.account.settled_ms + 1000)


def foreign(rig: Rig, **fields: Any) -> str:
    """A trigger that somebody else has placed: its order id."""
    body = {
        "category": "USDT-FUTURES", "symbol": "BTCUSDT", "type": "trigger", "qty": "0.02", "side": "sell",
        "triggerPrice": "80000",
    }  # fmt: skip
    return str(rig.venue.post(PLACE, body | fields)["orderId"])


def once(rig: Rig, path: str, code: str) -> None:
    """Refuse the next call alone."""
    rig.wire.refuses(path, code)
    name = f"/api/v3{path}"
    answer = rig.wire.answers[name]
    assert not callable(answer)

    def give() -> tuple[int, bytes]:
        del rig.wire.answers[name]
        return answer

    rig.wire.answers[name] = give


@pytest.mark.parametrize("mode", list(PositionMode))
async def test_a_trigger_lives_and_is_known_by_what_we_asked_for(make_rig: MakeRig, mode: PositionMode) -> None:
    rig = make_rig(mode)
    held(rig, hedge=mode is HEDGE)
    client = rig.client()
    opening = await client.create_trigger_order(waiting(price=95_100, trigger_by="last"))
    closing = await client.create_trigger_order(waiting(side=Side.SELL, intent=Intent.CLOSE, trigger_price=85_000))
    assert (opening.kind, opening.trigger_price, opening.trigger_by, opening.price) == (
        OrderKind.TRIGGER, D(95_000), PriceSource.LAST, D(95_100),
    )  # fmt: skip
    assert (opening.side, opening.reduce_only, closing.side, closing.reduce_only) == (Side.BUY, False, Side.SELL, True)
    found = {order.order_id: order for order in await client.fetch_trigger_orders(BTC)}
    assert found == {opening.order_id: opening, closing.order_id: closing}
    assert "side" not in rig.venue.get(OPEN, category="USDT-FUTURES", type="trigger")[0]
    # Their client order ids are not kept by the venue.
    assert closing.client_order_id == closing.order_id
    edited = await client.edit_trigger_order(BTC, order_id=closing.order_id, trigger_price=84_000, quantity="0.02")
    assert (edited.order_id, edited.trigger_price, edited.quantity, edited.replaces) == (
        closing.order_id, D(84_000), D("0.02"), None,
    )  # fmt: skip
    assert rig.wire.bodies(MODIFY)[0]["triggerBy"] == "mark"
    await client.cancel_trigger_order(BTC, order_id=closing.order_id)
    with pytest.raises(OrderNotFound):
        await client.cancel_trigger_order(BTC, order_id=closing.order_id)
    [gone] = await client.fetch_trigger_history(BTC)
    assert (gone.order_id, gone.status, gone.side) == (closing.order_id, OrderStatus.CANCELED, Side.SELL)
    assert await client.cancel_all_orders(BTC) == [opening.order_id]


async def test_a_trigger_is_named_by_our_id_as_long_as_we_know_it(rig: Rig) -> None:
    client = rig.client()
    await client.create_trigger_order(waiting(client_order_id="mine"))
    edited = await client.edit_trigger_order(BTC, client_order_id="mine", trigger_price=96_000)
    assert edited.trigger_price == 96_000
    with pytest.raises(OrderNotFound):
        await rig.client().cancel_trigger_order(BTC, client_order_id="mine")
    await client.cancel_trigger_order(BTC, client_order_id="mine")
    assert rig.venue.account.live_triggers == {}


async def test_a_foreign_trigger_is_shown_unread_and_can_be_cancelled(rig: Rig) -> None:
    client = rig.client()
    own = await client.create_trigger_order(waiting())
    other = foreign(rig)
    with pytest.raises(UnreadRows) as caught:
        await client.fetch_trigger_orders(BTC)
    assert caught.value.rows == [own]
    [unread] = caught.value.unread
    assert (unread.path, unread.facts["order_id"], unread.facts["venue_symbol"]) == ("side", other, "BTCUSDT")
    assert "side" not in unread.facts
    with pytest.raises(DecodeError):
        await client.edit_trigger_order(BTC, order_id=other, trigger_price=81_000)
    assert rig.wire.bodies(MODIFY) == []
    assert sorted(await client.cancel_all_orders(BTC)) == sorted([own.order_id, other])
    other = foreign(rig)
    await client.cancel_trigger_order(BTC, order_id=other)
    assert rig.venue.account.live_triggers == {}


async def test_lists_are_sorted_out_here_by_contract(rig: Rig) -> None:
    client = rig.client()
    own = await client.create_trigger_order(waiting())
    foreign(rig, symbol="ETHUSDT", qty="0.1", triggerPrice="1000")
    assert await client.fetch_trigger_orders(BTC) == [own]


@pytest.mark.parametrize("mode", list(PositionMode))
@pytest.mark.parametrize("side", list(PositionSide))
async def test_a_stop_of_a_part_closes_that_part(make_rig: MakeRig, side: PositionSide, mode: PositionMode) -> None:
    rig = make_rig(mode)
    held(rig, "buy" if side is LONG else "sell", hedge=mode is HEDGE)
    bad, good = (D(85_000), D(95_000)) if side is LONG else (D(95_000), D(85_000))
    client = rig.client()
    stop = await client.create_stop_order(BTC, side, "0.04", stop_loss=Stop(bad, PriceSource.LAST))
    profit = await client.create_stop_order(BTC, side, "0.02", take_profit=good, price=good, client_order_id="tp-1")
    assert (stop.kind, stop.trigger_price, stop.trigger_by, stop.price) == (
        OrderKind.STOP_LOSS, bad, PriceSource.LAST, None,
    )  # fmt: skip
    assert (profit.kind, profit.price, profit.client_order_id) == (OrderKind.TAKE_PROFIT, good, "tp-1")
    assert {stop.side, profit.side} == {Side.SELL if side is LONG else Side.BUY}
    assert (stop.position_side, stop.reduce_only) == (side, True)
    bodies = rig.wire.bodies(PLACE)
    assert [(body["type"], body["tpslMode"], body["posSide"]) for body in bodies] == [("tpsl", "partial", side)] * 2
    # Anybody can read those: they say which position they close.
    assert [order.order_id for order in await rig.client().fetch_trigger_orders()] == [stop.order_id, profit.order_id]
    goes_to(rig, int(bad))
    assert rig.venue.positions() == [(side.value, "0.06")]
    [fired] = await client.fetch_trigger_history(BTC)
    assert (fired.order_id, fired.status) == (stop.order_id, OrderStatus.UNKNOWN)
    [became] = await client.fetch_triggered(stop.order_id)
    assert (became.symbol, became.qty, became.status) == ("BTCUSDT", "0.04", "filled")


async def test_in_one_way_mode_the_other_spelling_is_sent_once_and_remembered(rig: Rig) -> None:
    held(rig)
    client = rig.client()
    once(rig, PLACE, "40019")
    await client.create_stop_order(BTC, LONG, "0.04", stop_loss=85_000)
    await client.create_stop_order(BTC, LONG, "0.02", stop_loss=84_000)
    by_position, by_side, again = rig.wire.bodies(PLACE)
    assert by_position["posSide"] == "long"
    assert "side" not in by_position
    assert by_position["clientOid"] == by_side["clientOid"]
    for body in (by_side, again):
        assert (body["side"], body["reduceOnly"], body.get("posSide")) == ("sell", "yes", None)
    assert len(rig.venue.account.live_triggers) == 2


async def test_what_both_spellings_are_refused_with_is_the_first_reason(rig: Rig) -> None:
    held(rig)
    rig.wire.refuses(PLACE, "40020")
    with pytest.raises(ParameterRejected) as caught:
        await rig.client().create_stop_order(BTC, LONG, "0.04", stop_loss=85_000)
    assert caught.value.code == "40020"
    assert len(rig.wire.bodies(PLACE)) == 2


@pytest.mark.parametrize("code", ["25579", "25601", "25203"])
async def test_any_other_refusal_is_one_send(rig: Rig, code: str) -> None:
    rig.wire.refuses(PLACE, code)
    with pytest.raises(OrderRejected) as caught:
        await rig.client().create_stop_order(BTC, LONG, "0.04", stop_loss=85_000, client_order_id="mine")
    assert (caught.value.code, caught.value.client_order_id) == (code, "mine")
    assert len(rig.wire.bodies(PLACE)) == 1


async def test_in_hedge_mode_nothing_is_spelled_twice_and_a_wrong_mode_is_read_anew(make_rig: MakeRig) -> None:
    rig = make_rig(HEDGE)
    client = rig.client()
    rig.wire.refuses(PLACE, "25237")
    with pytest.raises(PositionModeConflict):
        await client.create_stop_order(BTC, LONG, "0.04", stop_loss=85_000)
    assert len(rig.wire.bodies(PLACE)) == 1
    rig.wire.answers.clear()
    before = len(rig.wire.queries("/account/settings"))
    held(rig, hedge=True)
    await client.create_stop_order(BTC, LONG, "0.04", stop_loss=85_000)
    assert len(rig.wire.queries("/account/settings")) == before + 1


@pytest.mark.parametrize("mode", list(PositionMode))
async def test_stops_of_a_position_are_one_order_that_is_changed_and_never_doubled(
    make_rig: MakeRig, mode: PositionMode
) -> None:
    rig = make_rig(mode)
    held(rig, hedge=mode is HEDGE)
    client = rig.client()
    [both] = await client.set_position_stops(BTC, LONG, take_profit=95_000, stop_loss=Stop(D(85_000), "last"))
    assert (both.kind, both.trigger_price, both.take_profit, both.stop_loss, both.quantity) == (
        OrderKind.STOP_LOSS, D(85_000), D(95_000), D(85_000), D(0),
    )  # fmt: skip
    # Another object, that has placed nothing, changes one leg: the other one stays.
    [changed] = await rig.client().set_position_stops(BTC, LONG, take_profit=Stop(D(96_000), limit_price=95_900))
    assert (changed.order_id, changed.take_profit, changed.stop_loss) == (both.order_id, D(96_000), D(85_000))
    assert rig.wire.bodies(MODIFY)[-1] == {
        "orderId": both.order_id,
        "takeProfit": "96000", "tpTriggerBy": "mark", "tpOrderType": "limit", "tpLimitPrice": "95900",
        "stopLoss": "85000", "slTriggerBy": "market", "slOrderType": "market",
    }  # fmt: skip
    assert len(rig.wire.bodies(PLACE)) == 1
    edited = await client.edit_trigger_order(BTC, order_id=both.order_id, trigger_price=84_000)
    assert (edited.take_profit, edited.stop_loss) == (D(96_000), D(84_000))
    with pytest.raises(InvalidOrder, match="whole position"):
        await client.edit_trigger_order(BTC, order_id=both.order_id, quantity="0.01")
    with pytest.raises(InvalidOrder, match="at market"):
        await client.edit_trigger_order(BTC, order_id=both.order_id, price=84_000)
    goes_to(rig, 97_000)
    assert rig.venue.positions() == []
    assert rig.venue.account.live_triggers == {}


async def test_stops_that_stand_already_are_no_refusal(rig: Rig) -> None:
    held(rig)
    client = rig.client()
    stops: dict[str, Any] = {"take_profit": 95_000, "stop_loss": Stop(D(85_000), "last", D(84_900))}
    [first] = await client.set_position_stops(BTC, LONG, **stops)
    # "No changes made to the TP/SL order; please modify before submitting": 25600.
    [again] = await client.set_position_stops(BTC, LONG, **stops)
    assert (again.order_id, again.take_profit, again.stop_loss) == (first.order_id, D(95_000), D(85_000))
    assert len(rig.wire.bodies(MODIFY)) == 1


async def test_a_stop_of_a_part_is_not_taken_for_the_positions(rig: Rig) -> None:
    held(rig)
    client = rig.client()
    part = await client.create_stop_order(BTC, LONG, "0.04", stop_loss=86_000)
    [whole] = await client.set_position_stops(BTC, LONG, stop_loss=85_000)
    assert part.order_id != whole.order_id
    assert sorted(await client.cancel_all_orders(BTC)) == sorted([part.order_id, whole.order_id])


async def test_a_trailing_order_follows_the_price(rig: Rig) -> None:
    held(rig)
    client = rig.client()
    order = await client.create_trailing_order(
        waiting(side=Side.SELL, intent=Intent.CLOSE, quantity="0.1", trigger_price=92_000), "0.01"
    )
    assert (order.kind, order.trigger_price, order.trigger_by) == (OrderKind.TRAILING, D(92_000), PriceSource.MARK)
    assert rig.wire.bodies(PLACE)[0]["trailingStopParams"][0]["trailVariance"] == "1"
    with pytest.raises(InvalidOrder, match="cancel it, and place it anew"):
        await client.edit_trigger_order(BTC, order_id=order.order_id, trigger_price=93_000)
    for price in (92_000, 95_000, 94_000):
        goes_to(rig, price)
    assert rig.venue.positions() == []


@pytest.mark.parametrize("rate", ["0", "0.0009", "0.11"])
async def test_a_rate_that_the_venue_does_not_take_is_refused_here(rig: Rig, rate: str) -> None:
    with pytest.raises(InvalidOrder, match="callback_rate"):
        await rig.client().create_trailing_order(waiting(), rate)
    assert rig.wire.sent == []


async def test_nothing_tells_the_venue_of_isolated_margin_so_what_would_need_it_is_refused(make_rig: MakeRig) -> None:
    rig = make_rig(HEDGE)
    client = rig.client(margin_mode=MarginMode.ISOLATED)
    with pytest.raises(InvalidOrder, match="cross margin"):
        await client.create_trigger_order(waiting())
    with pytest.raises(InvalidOrder, match="cross margin"):
        await client.create_trailing_order(waiting(), "0.01")
    with pytest.raises(InvalidOrder, match="margin_mode"):
        await rig.client().create_trigger_order(waiting(margin_mode=MarginMode.ISOLATED))
    assert rig.wire.bodies(PLACE) == []


async def test_a_halted_client_places_and_changes_nothing_and_still_cancels(rig: Rig) -> None:
    client = rig.client()
    order = await client.create_trigger_order(waiting())
    client.halt()
    for call in (
        client.create_trigger_order(waiting()),
        client.create_trailing_order(waiting(), "0.01"),
        client.create_stop_order(BTC, LONG, 1, stop_loss=1),
        client.set_position_stops(BTC, LONG, stop_loss=1),
        client.edit_trigger_order(BTC, order_id=order.order_id, trigger_price=1),
    ):
        with pytest.raises(ClientClosed):
            await call
    await client.cancel_trigger_order(BTC, order_id=order.order_id)


@pytest.mark.parametrize("changes", [{}, {"price": 0}, {"trigger_price": -1}])
async def test_a_change_of_nothing_is_refused_before_anything_is_sent(rig: Rig, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        await rig.client().edit_trigger_order(BTC, order_id="1", **changes)
    assert rig.wire.sent == []


# Lost answers


async def test_a_lost_answer_leaves_a_question_that_the_order_itself_answers(rig: Rig) -> None:
    held(rig)
    client = rig.client()
    rig.wire.answers[f"/api/v3{PLACE}"] = (502, b"<html>")
    with pytest.raises(OrderOutcomeUnknown) as caught:
        await client.create_stop_order(BTC, LONG, "0.04", stop_loss=85_000, client_order_id="mine")
    question = caught.value
    assert (question.symbol, question.client_order_id) == (BTC, "mine")
    assert client.unresolved() == [question]
    assert len(rig.wire.bodies(PLACE)) == 1
    with pytest.raises(OrderOutcomeUnknown):
        await question.resolve()
    rig.venue.post(PLACE, rig.wire.bodies(PLACE)[0])  # it was under way, and lands now
    order = await order_of(question)
    assert (order.client_order_id, order.recovered) == ("mine", True)
    assert client.unresolved() == []


async def test_one_that_landed_is_found_at_once_also_when_it_has_gone_off(rig: Rig) -> None:
    rig.venue.now = rig.venue.exchange.now_ms()
    held(rig)
    client = rig.client()
    path = f"/api/v3{PLACE}"

    def land() -> tuple[int, bytes]:
        rig.venue.post(PLACE, rig.wire.bodies(PLACE)[-1])
        return 502, b"<html>"

    rig.wire.answers[path] = land
    order = await client.create_stop_order(BTC, LONG, "0.04", stop_loss=85_000)
    assert order.recovered

    def land_and_fire() -> tuple[int, bytes]:
        land()
        goes_to(rig, 80_000)
        return 502, b"<html>"

    rig.wire.answers[path] = land_and_fire
    order = await client.create_stop_order(BTC, LONG, "0.04", stop_loss=84_000)
    assert (order.recovered, order.status) == (True, OrderStatus.UNKNOWN)


async def test_a_trigger_whose_id_the_venue_forgets_is_not_claimed_but_pointed_at(rig: Rig) -> None:
    client = rig.client()

    def land() -> tuple[int, bytes]:
        rig.venue.post(PLACE, rig.wire.bodies(PLACE)[-1])
        return 502, b"<html>"

    rig.wire.answers[f"/api/v3{PLACE}"] = land
    with pytest.raises(OrderOutcomeUnknown) as caught:
        await client.create_trigger_order(waiting())
    [live] = rig.venue.account.live_triggers
    assert f"waiting on the same terms, under no id of ours: {live}" in caught.value.lookups


@pytest.mark.parametrize("ids", [{"orderId": None, "clientOid": "mine"}, {"orderId": "7", "clientOid": "other"}])
async def test_an_answer_about_another_order_is_no_answer(rig: Rig, ids: dict[str, Any]) -> None:
    rig.wire.gives(PLACE, {"code": "00000", "msg": "success", "data": ids})
    with pytest.raises(OrderOutcomeUnknown):
        await rig.client().create_trigger_order(waiting(client_order_id="mine"))


async def test_a_lost_cancel_is_judged_by_what_still_waits(rig: Rig) -> None:
    client = rig.client()
    order = await client.create_trigger_order(waiting())
    path = f"/api/v3{CANCEL}"
    rig.wire.answers[path] = (502, b"<html>")
    with pytest.raises(CancelOutcomeUnknown) as caught:
        await client.cancel_trigger_order(BTC, order_id=order.order_id)
    assert caught.value.symbol == BTC

    def land() -> tuple[int, bytes]:
        rig.venue.post(CANCEL, {"orderId": order.order_id})
        return 502, b"<html>"

    rig.wire.answers[path] = land
    await client.cancel_trigger_order(BTC, order_id=order.order_id)


async def test_a_lost_cancel_is_no_success_where_the_list_cannot_be_read(rig: Rig) -> None:
    client = rig.client()
    order = await client.create_trigger_order(waiting())
    rig.wire.answers[f"/api/v3{CANCEL}"] = (502, b"<html>")
    rig.wire.gives(OPEN, {"code": "00000", "msg": "success", "data": ["odd"]})
    with pytest.raises(CancelOutcomeUnknown):
        await client.cancel_trigger_order(BTC, order_id=order.order_id)


async def test_a_lost_cancel_is_judged_by_what_waits_where_another_kind_cannot_be_read(rig: Rig) -> None:
    client = rig.client()
    order = await client.create_trigger_order(waiting(client_order_id="mine"))
    rig.wire.answers[f"/api/v3{CANCEL}"] = (502, b"<html>")
    waits = {
        "orderId": order.order_id,
        "clientOid": "mine",
        "symbol": "BTCUSDT",
        "qty": "0.01",
        "triggerPrice": "95000",
    }

    def by_kind() -> tuple[int, bytes]:
        [*_, asked] = rig.wire.queries(OPEN)
        rows = {"tpsl": ["odd"], "trigger": [waits]}.get(asked["type"], [])
        rig.wire.gives(OPEN, {"code": "00000", "msg": "success", "data": rows})
        answer = rig.wire.answers[f"/api/v3{OPEN}"]
        rig.wire.answers[f"/api/v3{OPEN}"] = by_kind
        assert not callable(answer)
        return answer

    rig.wire.answers[f"/api/v3{OPEN}"] = by_kind
    with pytest.raises(CancelOutcomeUnknown) as caught:
        await client.cancel_trigger_order(BTC, order_id=order.order_id)
    caught.value.fence_until_ms = 0
    assert (await order_of(caught.value)).kind is OrderKind.TRIGGER


@pytest.mark.parametrize(
    ("row", "end"),
    [
        ({"status": "success"}, OrderNotFound),
        ({"status": "FAILED"}, OrderNotFound),
        ({"status": "Cancelled"}, None),
        ({"status": "odd"}, CancelOutcomeUnknown),
        ({"status": "pending"}, CancelOutcomeUnknown),
        ({}, CancelOutcomeUnknown),
        ({"orderId": "7", "status": "cancelled"}, CancelOutcomeUnknown),
        ("odd", CancelOutcomeUnknown),
        (None, CancelOutcomeUnknown),
    ],
)
async def test_what_is_not_seen_to_wait_was_cancelled_where_the_past_says_so(
    rig: Rig, row: dict[str, Any] | str | None, end: type[Exception] | None
) -> None:
    rig.wire.answers[f"/api/v3{CANCEL}"] = (502, b"<html>")
    ended: dict[str, Any] = {"orderId": "5", "symbol": "BTCUSDT", "qty": "0.01", "triggerPrice": "95000"}
    rows = [] if row is None else [ended | row if isinstance(row, dict) else row]
    rig.wire.gives(PAST, {"code": "00000", "msg": "success", "data": {"list": rows, "cursor": None}})
    client = rig.client()
    if end is None:
        await client.cancel_trigger_order(BTC, order_id="5")
        return
    with pytest.raises(end) as caught:
        await client.cancel_trigger_order(BTC, order_id="5")
    if isinstance(caught.value, CancelOutcomeUnknown):
        caught.value.fence_until_ms = 0
        with pytest.raises(OrderNotFound):
            await caught.value.resolve()
    assert client.unresolved() == []


@pytest.mark.parametrize("code", ["25204", "25597", "43025", "43020", "40109"])
async def test_what_waits_no_more_is_not_found_by_any_of_its_codes(rig: Rig, code: str) -> None:
    rig.wire.refuses(CANCEL, code)
    with pytest.raises(OrderNotFound):
        await rig.client().cancel_trigger_order(BTC, order_id="1331000000000000101")


async def test_a_stop_on_the_wrong_side_of_the_market_is_refused_by_the_venue(rig: Rig) -> None:
    held(rig)
    client = rig.client()
    wrong: list[dict[str, Any]] = [{"stop_loss": 95_000}, {"take_profit": 85_000}]
    for stops in wrong:
        with pytest.raises(OrderRejected) as caught:
            await client.create_stop_order(BTC, LONG, "0.04", **stops)
        assert caught.value.code == "25579"
        with pytest.raises(OrderRejected):
            await client.set_position_stops(BTC, LONG, **stops)
    assert rig.venue.account.live_triggers == {}


# Older builds


def knows_stops_alone(rig: Rig, code: str, path: str = OPEN) -> None:
    """An older build of the venue: it refuses the newer words."""
    name, inner = f"/api/v3{path}", rig.wire

    def give() -> tuple[int, bytes]:
        asked = inner.queries(path)[-1]["type"]
        if asked == "tpsl":
            data = rig.venue.get(path, category="USDT-FUTURES", type="tpsl")
            inner.gives(path, {"code": "00000", "msg": "success", "data": data})
        else:
            inner.refuses(path, code)
        answer = inner.answers[name]
        inner.answers[name] = give
        assert not callable(answer)
        return answer

    rig.wire.answers[name] = give


async def test_a_venue_that_does_not_know_the_newer_words_has_no_such_orders(rig: Rig) -> None:
    held(rig)
    client = rig.client()
    stop = await client.create_stop_order(BTC, LONG, "0.04", stop_loss=85_000)
    knows_stops_alone(rig, "40020")
    assert [order.order_id for order in await client.fetch_trigger_orders()] == [stop.order_id]
    history = "/trade/history-strategy-orders"
    knows_stops_alone(rig, "40020", history)
    assert await client.fetch_trigger_history() == []


@pytest.mark.parametrize("code", ["40808", "25203"])
async def test_any_other_refusal_of_a_list_is_not_taken_for_an_empty_one(rig: Rig, code: str) -> None:
    knows_stops_alone(rig, code)
    with pytest.raises((ParameterRejected, OrderRejected)):
        await rig.client().fetch_trigger_orders()


@pytest.mark.parametrize("data", [None, [], {"list": None}, {"list": [], "cursor": ""}])
async def test_an_empty_list_has_many_spellings(rig: Rig, data: Any) -> None:
    rig.wire.gives(OPEN, {"code": "00000", "msg": "success", "data": data})
    assert await rig.client().fetch_trigger_orders() == []


async def test_coin_margined_triggers_need_to_know_the_unit_too() -> None:
    async with BitgetUTA(product_type="COIN-FUTURES") as client:
        with pytest.raises(NotSupported):
            await client.create_trigger_order(waiting(symbol="BTC/USD:BTC"))


# Pushes


@pytest.mark.parametrize("known", [True, False], ids=["known", "older build"])
async def test_a_push_tells_the_side_of_a_trigger_that_was_placed_elsewhere(
    known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not known:
        find = Streams.find

        def refuse(self: Streams, row: Mapping[str, Any], line: Any) -> Any:
            if row.get("topic") == "strategy-order":
                raise Rejected(NOT_THERE)
            return find(self, row, line)

        monkeypatch.setattr(Streams, "find", refuse)
    with serve(only=["bitget-uta"], setup=Setup(empty=True), uid_limit=None, endpoint_limits=False) as running:
        given: dict[str, Any] = {"base_url": running.base_url, "limiter": NoLimiter()}
        credentials = running.credentials("bitget-uta")
        async with BitgetUTA(credentials, **given) as here, BitgetUTA(credentials, **given) as elsewhere:
            ticker = await here.fetch_ticker(BTC)
            away = (ticker.last_price * D("1.5")).quantize(D(1))
            async with here.watch_orders() as watch:
                order = OrderRequest(symbol=BTC, side=Side.BUY, type=OrderType.LIMIT, quantity="0.01", price=60_000)
                seen: set[str] = set()
                told = False
                with anyio.fail_after(10):
                    # What is not watched is subscribed after what is; an order tells that all has come before it.
                    for _ in range(40 if known else 3):
                        placed = await elsewhere.create_trigger_order(waiting(side=Side.SELL, trigger_price=away))
                        last = await elsewhere.create_order(order)
                        while last.order_id not in seen:
                            seen.add((await anext(watch)).item.order_id)
                        assert placed.order_id not in watch.current
                        told = placed.order_id not in await unread_ids(here)
                        if told:
                            break
                assert told is known


async def unread_ids(client: BitgetUTA) -> set[str]:
    """Of triggers whose side is not known."""
    try:
        await client.fetch_trigger_orders(BTC)
    except UnreadRows as odd:
        return {row.facts["order_id"] for row in odd.unread}
    return set()
