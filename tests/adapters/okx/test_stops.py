"""Orders of OKX that wait to close: of which position, as which of the two, and how long."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest

from futures_async import Intent, MarginMode, OrderRequest, OrderType, PositionMode, PriceSource, Side, Stop
from futures_async.adapters.okx import OKX
from futures_async.simulator.marks import STEP_MS
from futures_async.unified import errors
from futures_async.unified.enums import OrderKind, Outcome
from tests.adapters.okx.conftest import Rig

pytestmark = pytest.mark.anyio
BTC, NAME = "BTC/USDT:USDT", "BTC-USDT-SWAP"
ALGO, WAITING = "/api/v5/trade/order-algo", "/api/v5/trade/orders-algo-pending"
POSITIONS, TICKER = "/api/v5/account/positions", "/api/v5/market/ticker"
MARK, INDEX = "/api/v5/public/mark-price", "/api/v5/market/index-tickers"
FUNDING = "/api/v5/public/funding-rate"
HIGH, FAR, LOW = D(60_000), D(57_000), D(56_900)
"""Where the price is, where what waits is set off, and below that: no position is liquidated on the way."""


@pytest.fixture
def make_rig(make_rig: Callable[..., Rig]) -> Callable[..., Rig]:
    def make(*args: Any) -> Rig:
        rig = make_rig(*args)
        rig.exchange.engine.world.marks.pin(BTC, HIGH)
        return rig

    return make


def sent(rig: Rig) -> Any:
    return rig.wire.posts(ALGO)[-1].json()


def listing(*rows: Any) -> dict[str, Any]:
    return {"code": "0", "msg": "", "data": list(rows)}


async def held(client: OKX, mode: MarginMode = MarginMode.CROSS) -> None:
    await client.create_order(
        OrderRequest(symbol=BTC, side=Side.BUY, type=OrderType.MARKET, quantity=D("0.01"), margin_mode=mode)
    )


def closing(**more: Any) -> OrderRequest:
    fields: dict[str, Any] = {
        "side": Side.SELL,
        "quantity": D("0.005"),
        "trigger_price": FAR,
        "intent": Intent.CLOSE,
        **more,
    }
    return OrderRequest(symbol=BTC, type=OrderType.TRIGGER, **fields)


async def both_modes(rig: Rig, client: OKX) -> None:
    """A cross position of the venue, and an isolated one beside it."""
    await held(client)
    [row] = await client.request("GET", POSITIONS, params={"instType": "SWAP"})
    other = {**row, "mgnMode": "isolated", "margin": "10", "imr": "", "posId": "2"}
    rig.wire.answer(POSITIONS, listing(row, other))


def fall(rig: Rig) -> None:
    """The price falls below what all of these wait for."""
    rig.exchange.engine.world.marks.pin(BTC, LOW)
    for account in rig.exchange.engine.accounts.values():
        rig.exchange.engine.settle(account, account.settled_ms + STEP_MS)


# Of which position


@pytest.mark.parametrize("hedge", list(PositionMode))
@pytest.mark.parametrize("mode", list(MarginMode))
@pytest.mark.parametrize("trigger", [False, True])
async def test_what_waits_to_close_is_of_the_margin_mode_of_its_position(
    make_rig: Callable[..., Rig], hedge: PositionMode, mode: MarginMode, trigger: bool
) -> None:
    rig = make_rig(hedge)
    client = rig.client()
    await held(client, mode)
    order = await (
        client.create_trigger_order(closing())
        if trigger
        else client.create_stop_order(BTC, "long", "0.005", stop_loss=FAR)
    )
    assert (sent(rig)["tdMode"], order.margin_mode) == (mode.value, mode)
    fall(rig)
    [left] = rig.account.positions_of()
    assert left.quantity == D("0.005")


async def test_which_of_two_positions_a_stop_is_of_must_be_said(rig: Rig) -> None:
    client = rig.client()
    await both_modes(rig, client)
    for call in (
        client.create_stop_order(BTC, "long", "0.005", stop_loss=FAR, client_order_id="mine"),
        client.create_trigger_order(closing(client_order_id="mine")),
    ):
        with pytest.raises(errors.InvalidRequest, match="name the margin mode") as caught:
            await call
        assert (caught.value.outcome, caught.value.client_order_id) == (Outcome.NOT_SENT, "mine")
    assert rig.wire.posts(ALGO) == []
    await client.create_stop_order(BTC, "long", "0.005", stop_loss=FAR, margin_mode="cross")
    assert sent(rig)["tdMode"] == "cross"
    await client.create_trigger_order(closing(margin_mode=MarginMode.CROSS))
    assert sent(rig)["tdMode"] == "cross"


async def test_a_stop_of_the_other_margin_mode_finds_no_position(rig: Rig) -> None:
    client = rig.client()
    await held(client, MarginMode.ISOLATED)
    with pytest.raises(errors.OrderRejected) as caught:
        await client.create_stop_order(BTC, "long", "0.005", stop_loss=FAR, margin_mode="cross")
    assert (caught.value.code, caught.value.outcome) == ("51169", Outcome.REJECTED)


async def test_a_position_whose_margin_mode_cannot_be_read_has_to_be_named(rig: Rig) -> None:
    client = rig.client()
    await held(client)
    [row] = await client.request("GET", POSITIONS, params={"instType": "SWAP"})
    rig.wire.answer(POSITIONS, listing({**row, "mgnMode": "newly"}))
    with pytest.raises(errors.InvalidRequest, match="name the margin mode"):
        await client.create_stop_order(BTC, "long", "0.005", stop_loss=FAR)


async def test_without_a_position_a_stop_is_what_orders_are_that_say_no_mode(rig: Rig) -> None:
    client = rig.client(margin_mode="isolated")
    with pytest.raises(errors.OrderRejected):
        await client.create_stop_order(BTC, "long", "0.005", stop_loss=FAR)
    assert sent(rig)["tdMode"] == "isolated"


# As which of the two


@pytest.mark.parametrize(
    ("source", "read", "unread"),
    [
        (None, TICKER, (MARK, INDEX, FUNDING)),
        (PriceSource.LAST, TICKER, (MARK, INDEX, FUNDING)),
        (PriceSource.MARK, MARK, (TICKER, INDEX, FUNDING)),
        (PriceSource.INDEX, INDEX, (TICKER, MARK, FUNDING)),
    ],
)
async def test_only_the_price_that_sets_it_off_is_read(
    rig: Rig, source: PriceSource | None, read: str, unread: tuple[str, ...]
) -> None:
    client = rig.client()
    await held(client)
    for path in unread:
        rig.wire.answer(path, b"", status=503)
    order = await client.create_trigger_order(closing(trigger_by=source))
    assert order.kind is OrderKind.STOP_LOSS
    assert (len(rig.wire.to(read)), [rig.wire.to(path) for path in unread]) == (1, [[], [], []])


async def test_a_price_that_cannot_be_read_leaves_an_order_that_was_not_sent(rig: Rig) -> None:
    client = rig.client()
    await held(client)
    rig.wire.answer(TICKER, b"", status=503)
    with pytest.raises(errors.VenueUnavailable) as caught:
        await client.create_trigger_order(closing(client_order_id="mine"))
    assert (caught.value.outcome, caught.value.client_order_id) == (Outcome.NOT_SENT, "mine")
    with pytest.raises(errors.VenueUnavailable) as caught:
        await client.create_trigger_order(closing())
    assert caught.value.client_order_id is not None, "the id that it was given"
    assert rig.wire.posts(ALGO) == []


@pytest.mark.parametrize("rows", [[], [{"instId": NAME, "instType": "SWAP", "markPx": "", "ts": "1"}]])
async def test_no_other_price_stands_in_for_the_one_that_sets_it_off(rig: Rig, rows: list[Any]) -> None:
    client = rig.client()
    await held(client)
    rig.wire.answer(MARK, listing(*rows))
    with pytest.raises(errors.InvalidOrder, match="no mark price now") as caught:
        await client.create_trigger_order(closing(trigger_by=PriceSource.MARK))
    assert (caught.value.outcome, rig.wire.posts(ALGO)) == (Outcome.NOT_SENT, [])
    stop = Stop(FAR, PriceSource.MARK)
    assert (await client.create_stop_order(BTC, "long", "0.005", stop_loss=stop)).kind is OrderKind.STOP_LOSS


async def test_a_price_that_passes_meanwhile_is_a_refusal_and_nothing_is_placed_in_its_stead(rig: Rig) -> None:
    client = rig.client()
    await held(client)
    last = (await client.fetch_ticker(BTC)).last_price
    rig.wire.answer(TICKER, listing({"instId": NAME, "last": str(last * 2)}))
    at = (await client.fetch_contract(BTC)).round_price(last * D("1.5"))
    with pytest.raises(errors.OrderRejected, match="SL trigger price cannot be higher") as caught:
        await client.create_trigger_order(closing(trigger_price=at))
    assert (caught.value.code, caught.value.outcome) == ("51280", Outcome.REJECTED)
    assert [post.json()["slTriggerPx"] for post in rig.wire.posts(ALGO)] == [str(at)]


@pytest.mark.parametrize(("at", "kind"), [(FAR, OrderKind.STOP_LOSS), (D(200_000), OrderKind.TAKE_PROFIT)])
async def test_what_was_sent_is_told_where_it_cannot_be_read_back(rig: Rig, at: D, kind: OrderKind) -> None:
    client = rig.client()
    await held(client)
    rig.wire.answer(WAITING, b"", status=503)
    order = await client.create_trigger_order(closing(trigger_price=at))
    assert (order.kind, order.margin_mode) == (kind, MarginMode.CROSS)


# How long


async def test_a_stop_waits_on_when_its_position_is_gone_and_closes_none_of_the_other_mode(rig: Rig) -> None:
    client = rig.client()
    await held(client, MarginMode.ISOLATED)
    order = await client.create_stop_order(BTC, "long", "0.005", stop_loss=FAR)
    await client.close_position(BTC)
    assert [one.order_id for one in await client.fetch_trigger_orders(BTC)] == [order.order_id]
    await held(client)
    fall(rig)
    [left] = rig.account.positions_of()
    assert left.quantity == D("0.01")
    [row] = await client.request("GET", ALGO, params={"algoId": order.order_id})
    assert row["state"] == "order_failed"


async def test_what_an_order_brings_along_waits_as_one_and_on_without_its_position(rig: Rig) -> None:
    client = rig.client()
    top = D(70_000)
    await client.create_order(
        OrderRequest(
            symbol=BTC, side=Side.BUY, type=OrderType.MARKET, quantity=D("0.01"), take_profit=top, stop_loss=FAR
        )
    )
    [row] = await client.request("GET", WAITING, params={"ordType": "conditional,oco"})
    assert (row["ordType"], row["tpOrdPx"], row["slOrdPx"], row["slTriggerPxType"]) == ("oco", "-1", "-1", "last")
    await client.close_position(BTC)
    [waiting] = await client.fetch_trigger_orders(BTC)
    assert (waiting.kind, waiting.quantity, waiting.reduce_only) == (OrderKind.TAKE_PROFIT, D("0.01"), True)
    assert (waiting.take_profit, waiting.stop_loss) == (top, FAR)
    await held(client)
    fall(rig)
    assert list(rig.account.positions_of()) == []
    assert await client.fetch_trigger_orders(BTC) == []


async def test_a_stop_that_is_tied_to_its_position_ends_with_it(rig: Rig) -> None:
    client = rig.client()
    await held(client)
    body = {"instId": NAME, "tdMode": "cross", "side": "sell", "ordType": "conditional", "sz": "5"}
    body |= {"slTriggerPx": str(FAR), "slOrdPx": "-1"}
    await client.request("POST", ALGO, body={**body, "reduceOnly": True, "cxlOnClosePos": True})
    await client.close_position(BTC)
    assert await client.fetch_trigger_orders(BTC) == []


async def test_without_reduce_only_a_stop_of_the_venue_is_an_order_that_opens(rig: Rig) -> None:
    client = rig.client()
    body = {"instId": NAME, "tdMode": "isolated", "side": "sell", "ordType": "conditional", "sz": "5"}
    body |= {"slTriggerPx": str(FAR), "slOrdPx": "-1"}
    await client.request("POST", ALGO, body=body)
    [waiting] = await client.fetch_trigger_orders(BTC)
    assert (waiting.kind, waiting.reduce_only, waiting.margin_mode) == (
        OrderKind.STOP_LOSS,
        False,
        MarginMode.ISOLATED,
    )
    with pytest.raises(errors.OrderRejected, match="closeFraction"):
        await client.request("POST", ALGO, body={**body, "closeFraction": "1"})
    fall(rig)
    [opened] = rig.account.positions_of()
    assert (opened.side, opened.quantity) == ("short", D("0.005"))
