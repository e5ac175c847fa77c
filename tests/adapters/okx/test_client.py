"""What `OKX` sends, and what it makes of the venue's traps."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import anyio
import pytest
from msgspec import structs

import futures_async as fa
from futures_async import (
    Intent,
    MarginMode,
    OrderRequest,
    OrderType,
    Position,
    PositionMode,
    PositionSide,
    Side,
    Stop,
    TimeInForce,
)
from futures_async.adapter import ToClose
from futures_async.adapters.okx import OKX, endpoints
from futures_async.adapters.okx.simulated.base import CODES, OKXSide
from futures_async.portfolio.acts import closings
from futures_async.simulator.accounts import Account
from futures_async.simulator.dialect import VenueRefusal
from futures_async.simulator.errors import DuplicateClientId, InsufficientPosition
from futures_async.simulator.orders import Placed
from futures_async.simulator.records import Ticket
from futures_async.transport.endpoint import weight_of
from futures_async.unified import errors
from futures_async.unified.enums import OrderKind, OrderStatus, Outcome, PriceSource
from tests.adapters.okx.conftest import Rig
from tests.adapters.okx.samples import plain
from tests.adapters.scripted import Seen
from tests.rig.support import order_of

pytestmark = pytest.mark.anyio

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
TRADE, ACCOUNT = "/api/v5/trade", "/api/v5/account"


def limit(**fields: Any) -> OrderRequest:
    given: dict[str, Any] = {
        "symbol": BTC, "side": Side.BUY, "type": OrderType.LIMIT, "quantity": D("0.012"), "price": D(60_000),
    }  # fmt: skip
    return OrderRequest(**{**given, **fields})


def listing(*rows: Any) -> dict[str, Any]:
    return {"code": "0", "msg": "", "data": list(rows)}


def market(side: Side = Side.BUY, **fields: Any) -> OrderRequest:
    return limit(side=side, type=OrderType.MARKET, price=None, **fields)


def body(rig: Rig, path: str = f"{TRADE}/order") -> Any:
    return rig.wire.posts(path)[-1].json()


# Orders as they are sent


async def test_an_order_is_sent_in_contracts_with_its_time_in_force_as_its_type(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(limit(client_order_id="fx1"))
    # 0.012 BTC are 12 contracts of 0.001 at the simulated venue.
    assert body(rig) == {
        "instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "ordType": "limit", "px": "60000", "sz": "12",
        "clOrdId": "fx1",
    }  # fmt: skip
    for force, word in ((TimeInForce.IOC, "ioc"), (TimeInForce.FOK, "fok"), (TimeInForce.POST_ONLY, "post_only")):
        await client.create_order(limit(time_in_force=force))
        assert body(rig)["ordType"] == word
    await client.create_order(market())
    assert (body(rig)["ordType"], "px" in body(rig)) == ("market", False)


async def test_a_part_of_a_contract_is_sent_where_the_lot_allows_it_and_nothing_is_rounded(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(limit(quantity=D("0.0123")))
    assert body(rig)["sz"] == "12.3"
    with pytest.raises(errors.InvalidOrder, match="off the step"):
        await client.create_order(limit(quantity=D("0.01235")))
    assert len(rig.wire.posts(f"{TRADE}/order")) == 1


@pytest.mark.parametrize(
    ("mode", "side", "intent", "said"),
    [
        (PositionMode.ONE_WAY, Side.BUY, Intent.OPEN, {}),
        (PositionMode.ONE_WAY, Side.SELL, Intent.CLOSE, {"reduceOnly": True}),
        (PositionMode.HEDGE, Side.BUY, Intent.OPEN, {"posSide": "long"}),
        (PositionMode.HEDGE, Side.SELL, Intent.CLOSE, {"posSide": "long"}),
        (PositionMode.HEDGE, Side.SELL, Intent.OPEN, {"posSide": "short"}),
        (PositionMode.HEDGE, Side.BUY, Intent.CLOSE, {"posSide": "short"}),
    ],
)
async def test_what_closes_is_said_as_the_position_mode_has_it(
    make_rig: Callable[..., Rig], mode: PositionMode, side: Side, intent: Intent, said: dict[str, Any]
) -> None:
    rig = make_rig(mode)
    client = rig.client()
    if intent is Intent.CLOSE:
        await client.create_order(market(Side.SELL if side is Side.BUY else Side.BUY))
    await client.create_order(market(side, intent=intent))
    sent = body(rig)
    assert {name: sent[name] for name in ("posSide", "reduceOnly") if name in sent} == said


async def test_the_margin_mode_is_the_orders_or_the_options(rig: Rig) -> None:
    await rig.client().create_order(limit(margin_mode=MarginMode.ISOLATED))
    assert body(rig)["tdMode"] == "isolated"
    rig.account.open_orders.clear()
    await rig.client(margin_mode="isolated").create_order(limit(client_order_id="second"))
    assert body(rig)["tdMode"] == "isolated"


async def test_a_close_says_the_margin_mode_of_the_position(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(market(margin_mode=MarginMode.ISOLATED))
    order = await client.close_position(BTC)
    assert order is not None
    assert body(rig) | {"clOrdId": ""} == {
        "instId": "BTC-USDT-SWAP", "tdMode": "isolated", "side": "sell", "ordType": "market", "sz": "12",
        "reduceOnly": True, "clOrdId": "",
    }  # fmt: skip
    assert rig.account.positions == {}


async def with_a_cross_twin(rig: Rig) -> Any:
    """A client that holds an isolated position, and is told of a cross one beside it."""
    client: Any = rig.client()
    await client.create_order(market(margin_mode=MarginMode.ISOLATED))
    [isolated] = await client.fetch_positions()
    cross = structs.replace(isolated, margin_mode=MarginMode.CROSS, quantity=2 * isolated.quantity)

    async def both(symbol: str | None = None) -> list[Position]:
        return [cross, isolated]

    client.fetch_positions = both
    return client


async def test_of_a_cross_and_an_isolated_position_one_is_named_and_closed(rig: Rig) -> None:
    client = await with_a_cross_twin(rig)
    for call in (client.fetch_position, client.close_position):
        with pytest.raises(errors.InvalidRequest, match="a cross and an isolated position: name the margin mode"):
            await call(BTC, side=PositionSide.LONG)
    found = await client.fetch_position(BTC, margin_mode="isolated")
    assert found.margin_mode is MarginMode.ISOLATED
    assert await client.close_position(BTC, margin_mode=MarginMode.ISOLATED) is not None
    assert (body(rig)["tdMode"], body(rig)["sz"]) == ("isolated", "12")
    assert rig.account.positions == {}


async def test_all_that_is_held_is_closed_also_where_one_contract_has_two(rig: Rig) -> None:
    client = await with_a_cross_twin(rig)
    cross, isolated = await closings(client, None, None)
    assert "cross long" in cross.says
    assert "isolated long" in isolated.says
    assert [cross.margin_mode, isolated.margin_mode] == [MarginMode.CROSS, MarginMode.ISOLATED]
    assert [one.says for one in await closings(client, None, None, MarginMode.ISOLATED)] == [isolated.says]
    done = await isolated.do()
    assert done is not None
    assert done.result == "done"
    assert body(rig)["tdMode"] == "isolated"


async def test_the_venues_own_close_leaves_a_position_of_the_other_margin_mode_alone(rig: Rig) -> None:
    client: Any = rig.client()
    await client.create_order(market(margin_mode=MarginMode.ISOLATED))
    with pytest.raises(errors.OrderRejected):
        await client._close_unread(ToClose("BTC-USDT-SWAP", None, None, MarginMode.CROSS))
    assert len(rig.account.positions) == 1
    assert await client._close_unread(ToClose("BTC-USDT-SWAP", None, None, MarginMode.ISOLATED)) is not None
    assert rig.account.positions == {}


async def test_a_close_in_the_other_margin_mode_finds_no_position_and_opens_none(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(market(margin_mode=MarginMode.ISOLATED))
    with pytest.raises(errors.OrderRejected) as caught:
        await client.create_order(market(Side.SELL, intent=Intent.CLOSE))
    assert caught.value.code == "51169"
    assert len(rig.account.positions) == 1


async def test_what_an_order_brings_along_is_one_object_of_both(rig: Rig) -> None:
    client = rig.client()
    order = await client.create_order(
        limit(take_profit=Stop(D(70_000), PriceSource.MARK), stop_loss=Stop(D(50_000), limit_price=D(49_000)))
    )
    assert body(rig)["attachAlgoOrds"] == [
        {
            "tpTriggerPx": "70000", "tpOrdPx": "-1", "tpTriggerPxType": "mark",
            "slTriggerPx": "50000", "slOrdPx": "49000",
        }
    ]  # fmt: skip
    assert (order.take_profit, order.stop_loss) == (D(70_000), D(50_000))


async def test_an_order_expires_at_the_venue_and_is_then_certainly_not_placed(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(limit())
    [seen] = rig.wire.posts(f"{TRADE}/order")
    left_ms = int(seen.headers["exptime"]) - time.time() * 1000
    assert 3000 < left_ms <= 6500, "by what this side knows of the venue's clock"
    rig.exchange.skew_ms = 6000  # the venue's clock runs ahead, and this side does not know it yet
    client = rig.client(retry=None)
    client._contracts, client._position_mode = rig.clients[0]._contracts, PositionMode.ONE_WAY  # pyright: ignore[reportPrivateUsage] - so that the order goes first
    client._channel.transport.clock.wants_sample = False  # pyright: ignore[reportPrivateUsage]
    await client.create_order(limit(client_order_id="late"))
    first, second = rig.wire.posts(f"{TRADE}/order")[1:]
    assert int(first.headers["exptime"]) < int(second.headers["exptime"]) - 4000, "refused, and signed anew"
    assert len(rig.account.open_orders) == 2


async def test_the_fence_of_an_order_is_its_own_expiry_and_that_of_a_cancel_the_venues_window(rig: Rig) -> None:
    client = rig.client()
    order = await client.create_order(limit())
    for path in (f"{TRADE}/order", f"{TRADE}/cancel-order"):
        rig.wire.answer(path, b"<html>bad gateway</html>", status=502)
    with pytest.raises(errors.OrderOutcomeUnknown) as placed:
        await client.create_order(limit(client_order_id="open"), on_unknown="raise")
    now_ms = time.time() * 1000
    assert placed.value.fence_until_ms is not None
    assert 9_000 < placed.value.fence_until_ms - now_ms < 12_000
    with pytest.raises(errors.CancelOutcomeUnknown) as cancelled:
        await client.cancel_order(BTC, order_id=order.order_id)
    assert cancelled.value.fence_until_ms is not None
    assert cancelled.value.fence_until_ms - now_ms > 30_000


# Verdicts


async def test_a_refusal_in_the_row_is_told_with_its_code_and_words(rig: Rig) -> None:
    client = rig.client()
    rig.wire.answer(f"{TRADE}/order", plain("order_placed.refused") | {"outTime": ""})
    with pytest.raises(errors.InsufficientMargin, match="Insufficient USDT margin") as caught:
        await client.create_order(limit(client_order_id="fx20260112000003"))
    assert (caught.value.code, caught.value.outcome) == ("51008", Outcome.REJECTED)


async def test_each_order_of_a_batch_has_its_own_verdict_whatever_their_order(rig: Rig) -> None:
    client = rig.client()
    answer = plain("batch_orders") | {"outTime": ""}
    answer["data"].reverse()
    rig.wire.answer(f"{TRADE}/batch-orders", answer)
    rig.wire.answer(f"{TRADE}/order", plain("order"))
    names = ("fx20260112000004", "fx20260112000005")
    good, bad = await client.create_orders(
        [limit(client_order_id=name, quantity=D("0.001"), price=D(59_000)) for name in names]
    )
    assert good.order is not None
    assert good.order.order_id == "680800019749904385"
    assert isinstance(bad.error, errors.OrderRejected)
    assert bad.error.code == "51121"
    sent = body(rig, f"{TRADE}/batch-orders")
    assert [item["clOrdId"] for item in sent] == list(names)


async def test_an_order_that_a_batch_does_not_answer_is_looked_for(rig: Rig) -> None:
    client = rig.client()
    answer = plain("batch_orders") | {"outTime": ""}
    answer["data"][1]["clOrdId"] = "another"
    rig.wire.answer(f"{TRADE}/batch-orders", answer)

    def found(seen: Seen) -> bytes:
        named = {name: seen.params[name] for name in ("ordId", "clOrdId") if name in seen.params}
        return json.dumps(listing(plain("order")["data"][0] | named)).encode()

    rig.wire.answer(f"{TRADE}/order", found)
    names = ("fx20260112000004", "fx20260112000005")
    first, second = await client.create_orders(
        [limit(client_order_id=name, quantity=D("0.001"), price=D(59_000)) for name in names]
    )
    assert first.order is not None
    assert second.order is not None
    assert (first.order.recovered, second.order.recovered) == (False, True)


async def test_a_whole_batch_that_is_refused_is_refused_for_each(rig: Rig) -> None:
    client = rig.client()
    rig.wire.answer(f"{TRADE}/batch-orders", {"code": "50030", "msg": "no permission", "data": []})
    results = await client.create_orders([limit(), limit()])
    assert all(isinstance(result.error, errors.PermissionDenied) for result in results)


async def test_a_duplicate_id_is_never_a_second_order(rig: Rig) -> None:
    await rig.client().create_order(limit(client_order_id="same"))
    order = await rig.client().create_order(limit(client_order_id="same"))
    assert (order.recovered, len(rig.account.open_orders)) == (True, 1)


async def test_an_id_that_is_called_wrong_because_it_is_taken_is_looked_up(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CODES, DuplicateClientId, ("51000", "Parameter clOrdId  error"))
    await rig.client().create_order(limit(client_order_id="same"))
    order = await rig.client().create_order(limit(client_order_id="same"))
    assert (order.recovered, len(rig.account.open_orders)) == (True, 1)


@pytest.mark.parametrize("name", ["with-dash", "under_score", "x" * 33, "é"])
async def test_client_ids_are_letters_and_digits_only(rig: Rig, name: str) -> None:
    with pytest.raises(errors.InvalidOrder):
        await rig.client().create_order(limit(client_order_id=name))
    assert rig.wire.to(f"{TRADE}/order") == []


async def test_an_order_may_be_worth_next_to_nothing(rig: Rig) -> None:
    placed = await rig.client().create_order(limit(quantity=D("0.0001"), price=D(48_000)))
    assert placed.status is OrderStatus.NEW, "sizes have a minimum, values have none"


async def test_the_position_mode_is_read_anew_once_an_order_was_written_for_the_other_one(rig: Rig) -> None:
    client = rig.client()
    assert await client.fetch_position_mode() is PositionMode.ONE_WAY
    await client.create_order(limit())
    await client.cancel_all_orders(BTC)
    rig.account.default_mode = PositionMode.HEDGE
    with pytest.raises(errors.PositionModeConflict):
        await client.create_order(limit())
    order = await client.create_order(limit())
    assert order.position_side is PositionSide.LONG


# Cancels


async def test_everything_is_cancelled_in_batches_by_what_is_listed(rig: Rig) -> None:
    client = rig.client()
    await client.create_orders([limit(quantity=D("0.001")) for _ in range(45)])
    other = await client.create_order(limit(symbol=ETH, price=D(2000), quantity=D("0.1")))
    assert len(await client.cancel_all_orders(BTC)) == 45
    assert [str(number) for number in rig.account.open_orders] == [other.order_id]
    sizes = [len(seen.json()) for seen in rig.wire.to(f"{TRADE}/cancel-batch-orders")]
    assert sizes == [20, 20, 5]


async def test_more_than_a_page_of_orders_is_cancelled_too_and_without_reading_them(rig: Rig) -> None:
    client = rig.client()
    await client.create_orders([limit(quantity=D("0.001")) for _ in range(103)])
    rig.wire.answer("/api/v5/public/instruments", {"code": "0", "msg": "", "data": []})
    client._contracts.known.clear()  # pyright: ignore[reportPrivateUsage] - no order can be read without them
    client._contracts.read_at = None  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(errors.UnreadRows):
        await client.fetch_open_orders(BTC)
    assert len(await client.cancel_all_orders(BTC, triggers=False)) == 103
    assert rig.account.open_orders == {}


async def test_orders_that_are_gone_meanwhile_do_not_stop_a_cancel_of_all_and_other_refusals_do(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = rig.client()
    await client.create_order(limit())
    judge = OKXSide.verdicts

    def refusing(code: str) -> None:
        def verdicts(self: OKXSide, request: Any, call: Any, most: int = 20) -> Any:
            def refuse(item: Any) -> Any:
                if request.path.endswith("cancel-batch-orders"):
                    call(item)
                    raise VenueRefusal(code, "no")
                return call(item)

            return judge(self, request, refuse, most)

        monkeypatch.setattr(OKXSide, "verdicts", verdicts)

    refusing("51400")
    assert len(await client.cancel_all_orders(BTC)) == 1
    await client.create_order(limit())
    refusing("50030")
    with pytest.raises(errors.PermissionDenied):
        await client.cancel_all_orders(BTC)


@pytest.mark.parametrize("code", ["51404", "54048"])
async def test_what_may_not_be_cancelled_now_is_told_and_keeps_none_of_the_others(rig: Rig, code: str) -> None:
    client = rig.client()
    orders = [await client.create_order(limit()) for _ in range(22)]
    mine = f"{TRADE}/cancel-batch-orders"
    said = "Order cancellation unavailable during the second phase of call auction."
    stands = {"ordId": orders[-1].order_id, "clOrdId": "", "sCode": code, "sMsg": said}
    gone = [{"ordId": order.order_id, "clOrdId": "", "sCode": "0", "sMsg": ""} for order in orders]
    first = [stands, *gone[2:-1]]
    assert len(first) == endpoints.BATCH
    rig.wire.answer(mine, listing(*first) | {"code": "2"}, listing(*gone[:2]))
    with pytest.raises(errors.OrderRejected, match=said) as caught:
        await client.cancel_all_orders(BTC, triggers=False)
    assert (caught.value.code, len(rig.wire.posts(mine))) == (code, 2), "the second batch was sent all the same"
    assert caught.value.cancelled == tuple(row["ordId"] for row in [*first[1:], *gone[:2]])
    assert str(caught.value).endswith(
        "(others are cancelled, what was refused is not: cancel again once the reason is gone)"
    )


@pytest.mark.parametrize("codes", [("51404", "51412"), ("51412", "51404")])
async def test_what_is_not_certain_goes_before_a_certain_refusal_and_what_is_seen_to_stand_is_not_called_gone(
    rig: Rig, codes: tuple[str, str]
) -> None:
    client = rig.client()
    orders = [await client.create_order(limit()) for _ in range(4)]
    said = ["0", *codes, "0"]
    rows = [
        {"ordId": order.order_id, "clOrdId": "", "sCode": code, "sMsg": "no"}
        for order, code in zip(orders, said, strict=True)
    ]
    gone = orders.pop()
    rig.wire.answer(f"{TRADE}/cancel-batch-orders", listing(*rows) | {"code": "2"})
    listed = client.fetch_open_orders
    seen: list[int] = []

    async def without(symbol: str | None = None) -> list[fa.Order]:
        seen.append(1)
        return [order for order in await listed(symbol) if len(seen) == 1 or order.order_id != gone.order_id]

    client.fetch_open_orders = without  # type: ignore[method-assign]
    with pytest.raises(errors.CancelOutcomeUnknown) as caught:
        await client.cancel_all_orders(BTC, triggers=False)
    assert caught.value.refusal is not None
    assert (caught.value.refusal.code, caught.value.outcome) == ("51412", Outcome.UNKNOWN)
    assert caught.value.cancelled == (gone.order_id,)
    assert len(seen) > 1


async def test_a_batch_that_is_refused_as_a_whole_names_what_the_batches_before_it_cancelled(rig: Rig) -> None:
    client = rig.client()
    orders = [await client.create_order(limit()) for _ in range(22)]
    rows = [{"ordId": order.order_id, "clOrdId": "", "sCode": "0", "sMsg": ""} for order in orders]
    no = listing() | {"code": "50030", "msg": "no"}
    rig.wire.answer(f"{TRADE}/cancel-batch-orders", listing(*rows[2:]), no)
    with pytest.raises(errors.PermissionDenied) as caught:
        await client.cancel_all_orders(BTC, triggers=False)
    assert set(caught.value.cancelled) == {order.order_id for order in orders[2:]}


async def test_a_word_that_leaves_a_cancel_open_survives_where_the_order_stands(rig: Rig) -> None:
    client = rig.client()
    order = await client.create_order(limit())
    row = {"ordId": order.order_id, "clOrdId": "", "sCode": "51412", "sMsg": "Cancellation timed out"}
    rig.wire.answer(f"{TRADE}/cancel-batch-orders", listing(row) | {"code": "1"})
    with pytest.raises(errors.CancelOutcomeUnknown) as caught:
        await client.cancel_all_orders(BTC, triggers=False)
    assert caught.value.refusal is not None
    assert (caught.value.refusal.code, "Cancellation timed out" in str(caught.value)) == ("51412", True)


async def test_a_refused_cancel_does_not_speak_of_placing(rig: Rig) -> None:
    client = rig.client()
    order = await client.create_order(limit())
    row = {"ordId": order.order_id, "clOrdId": "", "sCode": "51404", "sMsg": "not now"}
    rig.wire.answer(f"{TRADE}/cancel-order", listing(row) | {"code": "1"})
    with pytest.raises(errors.OrderRejected, match="cancel again once the reason is gone") as caught:
        await client.cancel_order(BTC, order_id=order.order_id)
    assert (caught.value.code, caught.value.outcome) == ("51404", Outcome.REJECTED)
    assert "cancel again" in str(copy.copy(caught.value))
    refused = listing({"ordId": "", "clOrdId": "", "sCode": "51006", "sMsg": "no"}) | {"code": "1"}
    rig.wire.answer(f"{TRADE}/order", refused)
    with pytest.raises(errors.OrderRejected, match="place it anew"):
        await client.create_order(limit())


async def test_a_cancel_of_what_is_filled_reads_the_order(rig: Rig) -> None:
    client = rig.client()
    order = await client.create_order(market())
    assert (await client.cancel_order(BTC, order_id=order.order_id)).filled_quantity == D("0.012")


@pytest.mark.parametrize("seconds", [5, 9, 121, 30.5, -1])
async def test_the_switch_takes_ten_to_120_seconds_of_the_whole_account(rig: Rig, seconds: Any) -> None:
    client = rig.client()
    with pytest.raises(errors.InvalidRequest):
        await client.arm_cancel_all(seconds)
    with pytest.raises(errors.NotSupported):
        await client.arm_cancel_all(30, BTC)
    await client.arm_cancel_all(0)
    assert body(rig, f"{TRADE}/cancel-all-after") == {"timeOut": "0"}


# Closing


async def test_a_refusal_that_is_said_of_no_position_is_believed_once_there_is_none(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(market())
    refusal = {"code": "1", "msg": "", "data": [{"ordId": "", "clOrdId": "", "sCode": "51169", "sMsg": "no position"}]}
    rig.wire.answer(f"{TRADE}/order", refusal)
    with pytest.raises(errors.OrderRejected):
        await client.close_position(BTC)  # there still is one: it was more than there is
    positions = plain("positions")
    positions["data"][0]["pos"] = "1"
    rig.wire.answer(f"{ACCOUNT}/positions", positions, {"code": "0", "msg": "", "data": []})
    assert await client.close_position(BTC) is None


async def test_a_close_that_other_orders_hold_up_is_tried_again_without_them(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.account.default_mode = PositionMode.HEDGE
    client, engine = rig.client(), rig.exchange.engine.orders
    await client.create_order(market())
    waiting = await client.create_order(limit(side=Side.SELL, price=D(96_000), intent=Intent.CLOSE))
    place = engine.place

    def held_up(account: Account, ticket: Ticket) -> Placed:
        if account.closing_quantity(ticket.symbol, PositionSide.LONG):
            raise InsufficientPosition("by an order")
        return place(account, ticket)

    monkeypatch.setattr(engine, "place", held_up)
    order = await client.close_position(BTC)
    assert order is not None
    assert order.status is OrderStatus.FILLED
    assert (await client.fetch_order(BTC, order_id=waiting.order_id)).status is OrderStatus.CANCELED


@pytest.mark.parametrize("mode", PositionMode)
async def test_what_would_close_more_than_there_is_is_cut_where_its_price_is_worst(
    rig: Rig, mode: PositionMode
) -> None:
    rig.account.default_mode = mode
    client = rig.client()
    held = await client.create_order(market())
    far = await client.create_order(limit(side=Side.SELL, price=D(96_000), intent=Intent.CLOSE))
    near = await client.create_order(limit(side=Side.SELL, price=D(95_000), quantity=D("0.03"), intent=Intent.CLOSE))
    assert near.order_id is not None
    [stands] = await client.fetch_open_orders(BTC)
    assert (stands.order_id, stands.quantity) == (near.order_id, held.quantity)
    assert (await client.fetch_order(BTC, order_id=far.order_id)).status is OrderStatus.CANCELED
    assert await client.close_position(BTC) is not None
    assert (await client.fetch_positions(), await client.fetch_open_orders(BTC)) == ([], [])


async def test_the_row_of_a_position_that_is_gone_is_none(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(market())
    await client.close_position(BTC)
    assert rig.wire.to(f"{ACCOUNT}/positions")
    assert await client.fetch_positions(BTC) == []
    assert await client.close_position(BTC) is None


async def test_pending_closing_orders_block_the_venues_own_close_with_a_429_that_is_no_limit(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(market())
    await client.create_order(limit(side=Side.SELL, price=D(200_000), intent=Intent.CLOSE))
    close = {"instId": "BTC-USDT-SWAP", "mgnMode": "cross"}
    with pytest.raises(errors.OrderRejected) as caught:
        await client.request("POST", f"{TRADE}/close-position", body=close)
    assert (caught.value.code, caught.value.http_status) == ("51115", 429)
    await client.request("POST", f"{TRADE}/close-position", body={**close, "autoCxl": True})
    assert rig.account.positions == {}


# Settings


async def test_a_position_mode_that_stands_already_is_no_conflict(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(limit())
    assert await client.set_position_mode(PositionMode.ONE_WAY) is PositionMode.ONE_WAY
    with pytest.raises(errors.PositionModeConflict):
        await client.set_position_mode(PositionMode.HEDGE)


async def test_isolated_leverage_in_hedge_mode_is_set_side_by_side(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(PositionMode.HEDGE)
    client = rig.client()
    found = await client.set_leverage(BTC, 7, margin_mode=MarginMode.ISOLATED)
    assert (found.long_leverage, found.short_leverage, found.leverage) == (D(7), D(7), D(7))
    found = await client.set_leverage(BTC, 5, margin_mode=MarginMode.ISOLATED, side=PositionSide.SHORT)
    assert (found.long_leverage, found.short_leverage, found.leverage) == (D(7), D(5), None)
    sides = [seen.json()["posSide"] for seen in rig.wire.to(f"{ACCOUNT}/set-leverage")]
    assert sides == ["long", "short", "short"]
    with pytest.raises(errors.InvalidRequest, match="leave the side out"):
        await client.set_leverage(BTC, 5, margin_mode=MarginMode.CROSS, side=PositionSide.LONG)


async def test_margin_of_an_isolated_position_goes_by_its_side(make_rig: Callable[..., Rig]) -> None:
    for mode, word in ((PositionMode.ONE_WAY, "net"), (PositionMode.HEDGE, "long")):
        rig = make_rig(mode)
        client = rig.client()
        await client.create_order(market(margin_mode=MarginMode.ISOLATED))
        await client.adjust_margin(BTC, D("10.5"))
        sent = body(rig, f"{ACCOUNT}/position/margin-balance")
        assert sent == {"instId": "BTC-USDT-SWAP", "posSide": word, "type": "add", "amt": "10.5"}
    with pytest.raises(errors.InvalidRequest, match="no isolated position"):
        await client.adjust_margin(ETH, 1)
    with pytest.raises(errors.InvalidRequest, match="must not be 0"):
        await client.adjust_margin(BTC, 0)


async def test_margin_of_two_isolated_positions_wants_a_side(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(PositionMode.HEDGE)
    client = rig.client()
    for side in Side:
        await client.create_order(market(side, margin_mode=MarginMode.ISOLATED))
    with pytest.raises(errors.InvalidRequest, match="name the side"):
        await client.adjust_margin(BTC, 1)
    await client.adjust_margin(BTC, 1, side=PositionSide.SHORT)
    assert body(rig, f"{ACCOUNT}/position/margin-balance")["posSide"] == "short"


# Environments


async def test_demo_keys_need_demo_trading_and_live_keys_must_not_have_it(rig: Rig) -> None:
    assert await rig.client(demo_key=True, demo=True).fetch_positions() == []
    assert rig.wire.seen[-1].headers["x-simulated-trading"] == "1"
    with pytest.raises(errors.AuthenticationError, match="demo trading"):
        await rig.client(demo_key=True).fetch_positions()
    with pytest.raises(errors.AuthenticationError, match="demo trading"):
        await rig.client(demo=True).fetch_positions()


async def test_whose_key_it_is_can_be_asked(rig: Rig) -> None:
    config = await rig.client().fetch_account_config()
    assert (config.uid, config.acct_lv, config.pos_mode) == ("80001001", "2", "net_mode")


# Reads


async def test_an_order_that_the_look_up_does_not_find_is_found_in_the_lists(rig: Rig) -> None:
    client = rig.client()
    placed = await client.create_order(limit(client_order_id="there"))
    rig.wire.answer(f"{TRADE}/order", {"code": "51603", "msg": "Order does not exist", "data": []})
    found = await client._find_order("BTC-USDT-SWAP", "there")  # pyright: ignore[reportPrivateUsage] - all witnesses
    assert found is not None
    assert found.order_id == placed.order_id
    rig.wire.answer(f"{TRADE}/orders-pending", {"code": "0", "msg": "", "data": []})
    history = plain("orders_history")
    history["data"][0] |= {"clOrdId": "there", "state": "filled"}
    rig.wire.answer(f"{TRADE}/orders-history", history)
    found = await client._find_order("BTC-USDT-SWAP", "there")  # pyright: ignore[reportPrivateUsage]
    assert found is not None
    assert found.order_id == "680800019749904385"
    assert await client._find_order("BTC-USDT-SWAP", "nowhere") is None  # pyright: ignore[reportPrivateUsage]


async def test_an_order_of_another_contract_is_not_the_one_that_was_asked_for(rig: Rig) -> None:
    client = rig.client()
    rig.wire.answer(f"{TRADE}/order", plain("order"))
    with pytest.raises(errors.ResponseMismatch):
        await client.fetch_order(ETH, order_id="680800019749904385")
    with pytest.raises(errors.ResponseMismatch):
        await client.fetch_order(BTC, order_id="1")


async def test_the_recent_list_and_its_archive_are_one_history(rig: Rig) -> None:
    client = rig.client()
    both = plain("orders_history")["data"][0] | {"state": "filled", "accFillSz": "1"}
    fresh = both | {"ordId": "680800019749904399", "cTime": "1768195499999"}
    old = both | {"ordId": "600000000000000000", "cTime": "1767000000000"}
    rig.exchange.skew_ms = 1768195500000 - int(time.time() * 1000)
    await client.fetch_time()
    rig.wire.answer(f"{TRADE}/orders-history", {"code": "0", "msg": "", "data": [fresh, both]})
    rig.wire.answer(f"{TRADE}/orders-history-archive", {"code": "0", "msg": "", "data": [both, old]})
    found = [order.order_id async for order in client.iter_orders(BTC)]
    assert found == ["680800019749904399", "680800019749904385", "600000000000000000"]
    params = rig.wire.to(f"{TRADE}/orders-history-archive")[0].params
    assert (params["instType"], params["instId"], params["limit"]) == ("SWAP", "BTC-USDT-SWAP", "100")


async def test_a_full_page_goes_on_after_its_last_id_and_a_short_one_is_the_last(rig: Rig) -> None:
    client = rig.client()
    await client.create_orders([limit(quantity=D("0.001")) for _ in range(101)])
    rig.wire.seen.clear()
    found = await client.fetch_open_orders(BTC)
    assert len(found) == 101
    first, second = rig.wire.to(f"{TRADE}/orders-pending")
    assert "after" not in first.params
    assert second.params["after"] == found[99].order_id


async def test_positions_history_goes_by_the_time_of_the_last_change(rig: Rig) -> None:
    client = rig.client()
    row = plain("positions_history")["data"][0]
    pages = [[row | {"uTime": str(1768190000000 - n), "posId": str(n)} for n in range(first, last)]
             for first, last in ((0, 100), (100, 130))]  # fmt: skip
    rig.wire.answer(f"{ACCOUNT}/positions-history", *({"code": "0", "msg": "", "data": page} for page in pages))
    found = await client.fetch_position_history(BTC, limit=1000)
    assert len(found) == 130
    first, second = rig.wire.to(f"{ACCOUNT}/positions-history")
    assert ("after" in first.params, second.params["after"]) == (False, str(1768190000000 - 99))
    late = await client.fetch_position_history(BTC, since_ms=1768190000000 - 110, limit=1000)
    assert [row.position_id for row in late] == [str(number) for number in range(100, 111)]


async def test_a_ticker_is_four_questions_and_fails_as_one(rig: Rig) -> None:
    client = rig.client()
    ticker = await client.fetch_ticker(BTC)
    assert None not in (ticker.mark_price, ticker.index_price, ticker.funding_rate)
    refusal = listing() | {"code": "50011", "msg": "Too Many Requests"}
    rig.wire.answer("/api/v5/market/index-tickers", refusal, status=429)
    with pytest.raises(errors.RateLimited):
        await client.fetch_ticker(BTC)


@pytest.mark.parametrize("path", ["market/index-tickers", "public/mark-price", "public/funding-rate"])
async def test_what_of_a_ticker_a_contract_has_not_got_is_none(rig: Rig, path: str) -> None:
    client = rig.client()
    rig.wire.answer(f"/api/v5/{path}", listing())
    ticker = await client.fetch_ticker(BTC)
    said = (ticker.index_price, ticker.mark_price, ticker.funding_rate)
    assert [value is None for value in said].count(True) == 1
    assert ticker.last_price > 0


async def test_a_contract_that_is_not_there_has_no_ticker(rig: Rig) -> None:
    client = rig.client()
    rig.wire.answer("/api/v5/market/ticker", listing())
    with pytest.raises(errors.SymbolNotFound):
        await client.fetch_ticker(BTC)


async def test_the_index_of_a_contract_margined_in_usd_is_its_underlyings(rig: Rig) -> None:
    client, name = rig.client(), "BTC-USD_UM-SWAP"
    files = {"market/ticker": "market_ticker", "public/mark-price": "mark_price", "public/funding-rate": "funding_rate"}
    for path, file in files.items():
        rig.wire.answer(f"/api/v5/{path}", listing(plain(file)["data"][0] | {"instId": name}))
    rig.wire.answer("/api/v5/market/index-tickers", listing(plain("index_tickers")["data"][0] | {"instId": "BTC-USD"}))
    assert (await client.fetch_ticker(name)).index_price is not None
    [asked] = rig.wire.to("/api/v5/market/index-tickers")
    assert asked.params["instId"] == "BTC-USD"


@pytest.mark.parametrize("waiting", [False, True])
async def test_a_list_of_another_contracts_orders_is_asked_for_once_more_and_not_taken(rig: Rig, waiting: bool) -> None:
    path, name = ("orders-algo-pending", "orders_algo_pending") if waiting else ("orders-pending", "orders_pending")
    client = rig.client()
    rig.wire.answer(f"{TRADE}/{path}", plain(name))
    with pytest.raises(errors.ResponseMismatch):
        await (client.fetch_trigger_orders if waiting else client.fetch_open_orders)(ETH)
    assert len(rig.wire.to(f"{TRADE}/{path}")) == 2


async def test_tiers_are_those_of_the_family_in_the_margin_mode(rig: Rig) -> None:
    client = rig.client(margin_mode="isolated")
    await client.fetch_risk_limits(BTC)
    asked = rig.wire.to("/api/v5/public/position-tiers")[-1].params
    assert asked == {"instType": "SWAP", "tdMode": "isolated", "instFamily": "BTC-USDT"}
    await client.fetch_risk_limits(BTC, margin_mode="cross")
    assert rig.wire.to("/api/v5/public/position-tiers")[-1].params["tdMode"] == "cross"
    rig.wire.answer("/api/v5/public/position-tiers", plain("position_tiers"))
    with pytest.raises(errors.ResponseMismatch):
        await client.fetch_risk_limits(ETH)


async def test_the_totals_of_the_account_and_a_coin_without_money(rig: Rig) -> None:
    client = rig.client()
    assert (await client.fetch_account("usd")).margin_coin == "USD"
    nothing = await client.fetch_account("DOGE")
    assert (nothing.equity, nothing.available, nothing.locked) == (D(0), D(0), D(0))
    balance = plain("balance")
    balance["data"][0]["details"][0]["ccy"] = None
    rig.wire.answer(f"{ACCOUNT}/balance", balance)
    with pytest.raises(errors.UnreadRows):
        await client.fetch_account("USDT")


async def test_an_answer_without_its_one_row_is_an_error(rig: Rig) -> None:
    client = rig.client()
    rig.wire.answer(f"{ACCOUNT}/config", {"code": "0", "msg": "", "data": []})
    with pytest.raises(errors.DecodeError, match="no row"):
        await client.fetch_position_mode()


# Orders that wait for a price


def waiting(limit_price: D | None = None, **fields: Any) -> OrderRequest:
    return limit(type=OrderType.TRIGGER, price=limit_price, trigger_price=D(95_000), **fields)


async def test_a_trigger_order_is_sent_as_one_and_read_back(rig: Rig) -> None:
    client = rig.client()
    order = await client.create_trigger_order(waiting(trigger_by=PriceSource.MARK, client_order_id="fx7"))
    assert body(rig, f"{TRADE}/order-algo") == {
        "instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "sz": "12", "ordType": "trigger",
        "triggerPx": "95000", "triggerPxType": "mark", "orderPx": "-1", "algoClOrdId": "fx7",
    }  # fmt: skip
    assert (order.kind, order.trigger_price, order.trigger_by) == (OrderKind.TRIGGER, D(95_000), PriceSource.MARK)
    assert (order.price, order.client_order_id, order.quantity) == (None, "fx7", D("0.012"))
    await client.create_trigger_order(waiting(limit_price=D(94_000)))
    sent = body(rig, f"{TRADE}/order-algo")
    assert (sent["orderPx"], sent["triggerPxType"]) == ("94000", "last")
    await client.cancel_trigger_order(BTC, client_order_id="fx7")
    assert len(await client.fetch_trigger_orders(BTC)) == 1


async def test_a_refused_trigger_order_has_a_good_word_around_it(rig: Rig) -> None:
    client = rig.client()
    placed = await client.create_trigger_order(waiting(client_order_id="twice"))
    again = await rig.client().create_trigger_order(waiting(client_order_id="twice"))
    assert again.order_id == placed.order_id  # looked for under its id: the refusal may be of a repeat of our own
    refused = plain("order_algo")
    refused["data"][0] |= {"algoId": "", "algoClOrdId": "", "sCode": "51277", "sMsg": "TP trigger price"}
    rig.wire.answer(f"{TRADE}/order-algo", refused)
    with pytest.raises(errors.OrderRejected, match="TP trigger price"):
        await client.create_trigger_order(waiting())


async def test_a_trigger_order_whose_answer_was_lost_is_looked_for_and_absence_proves_nothing(rig: Rig) -> None:
    client = rig.client()
    rig.wire.answer(f"{TRADE}/order-algo", b"<html></html>", status=502)
    with pytest.raises(errors.OrderOutcomeUnknown) as caught:
        await client.create_trigger_order(waiting(client_order_id="lost"))
    with pytest.raises(errors.OrderOutcomeUnknown):
        await caught.value.resolve()
    row = {"instId": "BTC-USDT-SWAP", "algoId": "5", "algoClOrdId": "lost", "side": "buy", "posSide": "net", "sz": "12",
           "ordType": "trigger", "state": "live", "triggerPx": "95000", "ordPx": "-1"}  # fmt: skip
    rig.wire.answer(f"{TRADE}/orders-algo-pending", {"code": "0", "msg": "", "data": [row]})
    found = await order_of(caught.value)
    assert found.order_id == "5"


async def test_stops_that_the_venue_lists_are_told_by_their_kind(rig: Rig) -> None:
    client = rig.client()
    row = {"instId": "BTC-USDT-SWAP", "algoId": "5", "side": "sell", "posSide": "long", "sz": "", "state": "pause",
           "ordType": "oco", "tpTriggerPx": "99000", "tpOrdPx": "-1", "slTriggerPx": "80000", "slOrdPx": "79000",
           "triggerPx": "", "ordPx": "", "closeFraction": "1"}  # fmt: skip
    stop = row | {"algoId": "6", "ordType": "conditional", "tpTriggerPx": "", "tpOrdPx": ""}
    trail = row | {"algoId": "7", "ordType": "move_order_stop", "sz": "3", "tpTriggerPx": "", "slTriggerPx": ""}
    rig.wire.answer(f"{TRADE}/orders-algo-pending", listing(), listing(row, stop), listing(trail))
    pair, single, trailing = await client.fetch_trigger_orders()
    assert (pair.kind, pair.trigger_price) == (OrderKind.TAKE_PROFIT, D(99_000))
    assert (pair.take_profit, pair.stop_loss) == (D(99_000), D(80_000))
    assert (pair.quantity, pair.price, pair.reduce_only) == (D(0), None, True), "0: the whole position"
    assert (single.kind, single.trigger_price, single.price) == (OrderKind.STOP_LOSS, D(80_000), D(79_000))
    assert (trailing.kind, trailing.quantity) == (OrderKind.TRAILING, D("0.003"))
    assert [seen.params["ordType"] for seen in rig.wire.to(f"{TRADE}/orders-algo-pending")] == [
        "trigger", "conditional%2Coco", "move_order_stop",
    ]  # fmt: skip


async def test_a_trigger_order_that_went_meanwhile_is_not_told_as_cancelled(rig: Rig) -> None:
    client = rig.client()
    order = await client.create_trigger_order(waiting())
    gone = listing({"algoId": order.order_id, "sCode": "51400", "sMsg": "gone"})
    for state in ("effective", "order_failed", "canceled"):
        rig.wire.answer(f"{TRADE}/cancel-algos", gone)
        rig.wire.answer(f"{TRADE}/order-algo", listing({"algoId": order.order_id, "state": state, "uTime": "1"}))
        with pytest.raises(errors.OrderNotFound):
            await client.cancel_trigger_order(BTC, order_id=order.order_id)


async def test_all_waiting_orders_are_cancelled_with_the_others(rig: Rig) -> None:
    client = rig.client()
    waits = await client.create_trigger_order(waiting())
    order = await client.create_order(limit())
    assert set(await client.cancel_all_orders(BTC)) == {waits.order_id, order.order_id}
    assert rig.account.live_triggers == {}


# Edits


async def test_an_edit_says_the_new_total_and_keeps_the_ids(rig: Rig) -> None:
    client = rig.client()
    order = await client.create_order(limit(client_order_id="kept"))
    edited = await client.edit_order(BTC, order_id=order.order_id, price=D(61_000), quantity=D("0.0205"))
    assert body(rig, f"{TRADE}/amend-order") == {
        "instId": "BTC-USDT-SWAP", "ordId": order.order_id, "newSz": "20.5", "newPx": "61000",
    }  # fmt: skip
    assert (edited.order_id, edited.client_order_id, edited.price) == (order.order_id, "kept", D(61_000))
    assert edited.replaces is None


def test_limits_count_orders_by_contract_and_over_the_account() -> None:
    single, whole = (*endpoints.PLACE.limits,)
    assert (single.count, single.per_s, single.by) == (60, 2.0, "instId")
    batch, again = (*endpoints.PLACE_BATCH.limits,)
    assert (batch.count, batch.by) == (300, "instId")
    assert whole.pool == again.pool == "orders"
    bodies: list[Any] = [["one", "two", "three"], "one"]
    assert [weight_of(whole.weight, {}, each) for each in bodies] == [3, 1]
    assert OKX().account_id == ""


async def test_a_rule_reduces_an_isolated_position(rig: Rig) -> None:
    """An order without a margin mode is about the cross position, of which there is none."""
    client = rig.client()
    await client.create_order(
        OrderRequest(
            symbol=BTC, side=Side.BUY, type=OrderType.MARKET, quantity=D("0.12"), margin_mode=MarginMode.ISOLATED
        )
    )
    rule = fa.Rule(name="any", metric=fa.Metric.MARGIN_RATIO, above=D(0), action=fa.Reduce(fraction=D("0.5")))
    manager = fa.OrderManager(client, journal=fa.MemoryJournal())
    async with fa.Portfolio({"okx": client}) as portfolio:

        async def end_when_reduced() -> None:
            for _ in range(500):
                held = await client.fetch_position(BTC)
                if held is not None and held.quantity == D("0.06"):
                    break
            await portfolio.aclose()

        with anyio.fail_after(60):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(fa.RiskMonitor(portfolio, [rule], managers={"okx": manager}, interval_s=0.1).run)
                tasks.start_soon(end_when_reduced)
    left = await client.fetch_position(BTC)
    assert left is not None
    assert (left.quantity, left.margin_mode) == (D("0.06"), MarginMode.ISOLATED)


@pytest.mark.parametrize(
    ("side", "factor", "named"),
    [
        (Side.SELL, "0.9", ("slTriggerPx", "slOrdPx", OrderKind.STOP_LOSS)),
        (Side.SELL, "1.1", ("tpTriggerPx", "tpOrdPx", OrderKind.TAKE_PROFIT)),
        (Side.BUY, "1.1", ("slTriggerPx", "slOrdPx", OrderKind.STOP_LOSS)),
        (Side.BUY, "0.9", ("tpTriggerPx", "tpOrdPx", OrderKind.TAKE_PROFIT)),
    ],
)
async def test_what_waits_to_close_in_one_way_mode_is_a_stop_as_triggers_reduce_nothing(
    rig: Rig, side: Side, factor: str, named: tuple[str, str, OrderKind]
) -> None:
    client = rig.client()
    await client.create_order(market(side=Side.BUY if side is Side.SELL else Side.SELL))
    at = (await client.fetch_contract(BTC)).round_price((await client.fetch_ticker(BTC)).last_price * D(factor))
    request = limit(side=side, type=OrderType.TRIGGER, price=None, trigger_price=at, intent=Intent.CLOSE)
    order = await client.create_trigger_order(request)
    sent = body(rig, f"{TRADE}/order-algo")
    trigger, price, kind = named
    assert (sent["ordType"], sent["reduceOnly"], sent[trigger], sent[price]) == ("conditional", True, str(at), "-1")
    assert sent[f"{trigger}Type"] == "last"
    assert (order.kind, order.trigger_price, order.side, order.reduce_only) == (kind, at, side, True)
    await client.cancel_trigger_order(BTC, client_order_id=order.client_order_id)
    assert await client.fetch_trigger_orders(BTC) == []


async def test_a_trigger_order_that_reduces_is_refused_by_the_venue(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(market())
    trigger: dict[str, Any] = {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "sell", "sz": "1"}
    trigger |= {"ordType": "trigger", "triggerPx": "50000", "orderPx": "-1", "reduceOnly": True}
    with pytest.raises(errors.OrderRejected, match="Reduce Only is not available"):
        await client.request("POST", f"{TRADE}/order-algo", body=trigger)


@pytest.mark.parametrize("loss", [False, True])
async def test_a_part_of_a_position_has_a_stop_of_its_own(rig: Rig, loss: bool) -> None:
    client = rig.client()
    await client.create_order(market())
    contract, last = await client.fetch_contract(BTC), (await client.fetch_ticker(BTC)).last_price
    at, limit_price = contract.round_price(last * D("0.8")), contract.round_price(last * D("0.79"))
    if loss:
        stop = Stop(at, PriceSource.MARK, limit_price)
        order = await client.create_stop_order(BTC, "long", "0.005", stop_loss=stop)
        sent = body(rig, f"{TRADE}/order-algo")
        assert (sent["slTriggerPx"], sent["slTriggerPxType"], sent["slOrdPx"]) == (str(at), "mark", str(limit_price))
        assert (order.kind, order.price) == (OrderKind.STOP_LOSS, limit_price)
    else:
        order = await client.create_stop_order(BTC, "long", "0.005", take_profit=contract.round_price(last * D("1.2")))
        assert (order.kind, order.price) == (OrderKind.TAKE_PROFIT, None)
    assert (order.quantity, order.reduce_only) == (D("0.005"), True)


async def test_a_close_goes_on_to_the_other_margin_mode_where_there_is_no_isolated_position(rig: Rig) -> None:
    client = rig.client(margin_mode="isolated")
    closed = {"instId": "BTC-USDT-SWAP", "posSide": "net", "clOrdId": "x", "tag": ""}
    gone = listing() | {"code": "51043", "msg": "This isolated position doesn't exist."}
    rig.wire.answer(f"{TRADE}/close-position", gone, listing(closed))
    await client._close_unread(ToClose("BTC-USDT-SWAP", None, None, None))  # pyright: ignore[reportPrivateUsage] - what an emergency does
    assert [json.loads(seen.body)["mgnMode"] for seen in rig.wire.to(f"{TRADE}/close-position")] == [
        "isolated",
        "cross",
    ]
