"""Edits: the venue cancels and places anew, without what the order had brought along, and by what is left to fill."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from futures_async.adapter import InvalidOrder, OrderType, Side, TimeInForce
from futures_async.simulator.dialect import Request, Response
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.virtual_time import run
from futures_async.unified.enums import Intent, OrderStatus, Role
from futures_async.unified.errors import OrderRejected, SettingNotApplied
from tests.adapters.hyperliquid.test_contract import SPEC

QUANTITY = SPEC.quantity


class Stage(Inside):
    """Keeps the changes that arrived, and fills orders in part."""

    def __init__(self, plan: FaultPlan | None = None) -> None:
        super().__init__(SPEC, plan=plan)
        self.changes: list[dict[str, Any]] = []
        handle = self.inside.handle

        def watched(request: Request) -> Response:
            if request.path.startswith("/exchange"):
                self.changes += msgspec.json.decode(request.body)["action"].get("modifies", [])
            return handle(request)

        self.inside.handle = watched  # type: ignore[method-assign]

    def fill(self, order_id: str, quantity: Decimal) -> None:
        engine, order = self.inside.engine, self.account.orders[int(order_id)]
        engine.world.now_ms = self.inside.now_ms()
        with engine.arithmetic():
            assert order.price is not None
            engine.matching._fill(self.account, order, quantity, order.price, Role.MAKER)  # pyright: ignore[reportPrivateUsage] - a part of it


def played(play: Callable[[Stage], Awaitable[None]], plan: FaultPlan | None = None) -> None:
    async def staged() -> None:
        on = Stage(plan)
        async with on.exchange:
            await play(on)

    run(staged())


def test_an_edit_never_drops_the_stops_that_an_order_brings() -> None:
    async def play(on: Stage) -> None:
        order = await on.exchange.create_order(on.request(stop_loss=on.price("0.7")))
        with pytest.raises(InvalidOrder, match="would drop its take-profit and stop-loss"):
            await on.exchange.edit_order(SPEC.symbol, order_id=order.order_id, price=on.price("0.89"))
        assert on.changes == []

    played(play)


@pytest.mark.parametrize("limit", ["0.69", None])
def test_a_stop_never_becomes_a_plain_order_by_an_edit(limit: str | None) -> None:
    async def play(on: Stage) -> None:
        await on.trade(Side.BUY, quantity=2 * QUANTITY)
        resting = None if limit is None else on.price(limit)
        stop = await on.exchange.create_trigger_order(
            on.request(
                Side.SELL, type=OrderType.TRIGGER, intent=Intent.CLOSE, price=resting, trigger_price=on.price("0.7")
            )
        )
        with pytest.raises(InvalidOrder, match="is no limit order"):
            await on.exchange.edit_order(SPEC.symbol, order_id=stop.order_id, price=on.price("0.98"))
        assert on.changes == []

    played(play)


@pytest.mark.parametrize("unknown", [b'"tif":"Later"', b'"tif":null'])
def test_a_time_in_force_that_cannot_be_read_is_not_left_out_of_an_edit(unknown: bytes) -> None:
    async def play(on: Stage) -> None:
        await on.trade(Side.BUY, quantity=5 * QUANTITY)
        order = await on.exchange.create_order(
            on.request(Side.SELL, intent=Intent.CLOSE, time_in_force=TimeInForce.POST_ONLY, price=on.price("1.1"))
        )
        handle = on.inside.handle

        def blurred(request: Request) -> Response:
            answer = handle(request)
            return answer._replace(body=answer.body.replace(b'"tif":"Alo"', unknown))

        on.inside.handle = blurred  # type: ignore[method-assign]
        with pytest.raises(InvalidOrder, match="cannot be read"):
            await on.exchange.edit_order(SPEC.symbol, order_id=order.order_id, price=on.price("1.09"))
        assert on.changes == []
        on.inside.handle = handle  # type: ignore[method-assign]
        await on.exchange.edit_order(SPEC.symbol, order_id=order.order_id, price=on.price("1.09"))
        assert (on.changes[-1]["order"]["r"], on.changes[-1]["order"]["t"]) == (True, {"limit": {"tif": "Alo"}})

    played(play)


def test_a_partly_filled_closing_order_is_edited_by_what_is_left_of_it() -> None:
    async def play(on: Stage) -> None:
        await on.trade(Side.BUY, quantity=5 * QUANTITY)
        order = await on.exchange.create_order(on.request(Side.SELL, quantity=2 * QUANTITY, intent=Intent.CLOSE))
        on.fill(order.order_id, QUANTITY)
        edited = await on.exchange.edit_order(SPEC.symbol, order_id=order.order_id, price=on.price("1.09"))
        assert Decimal(on.changes[-1]["order"]["s"]) == QUANTITY
        assert edited.quantity == QUANTITY

    played(play)


def test_an_edit_to_what_is_filled_already_is_refused_before_it_is_sent() -> None:
    async def play(on: Stage) -> None:
        order = await on.exchange.create_order(on.request(quantity=2 * QUANTITY))
        on.fill(order.order_id, QUANTITY)
        with pytest.raises(InvalidOrder, match="is filled already"):
            await on.exchange.edit_order(SPEC.symbol, order_id=order.order_id, quantity=QUANTITY)
        assert on.changes == []

    played(play)


@pytest.mark.parametrize("quantity", [None, 5 * QUANTITY])
def test_a_lost_edit_of_a_partly_filled_order_is_known_by_what_was_left(quantity: Decimal | None) -> None:
    plan = FaultPlan()

    async def play(on: Stage) -> None:
        order = await on.exchange.create_order(on.request(quantity=4 * QUANTITY))
        on.fill(order.order_id, QUANTITY)
        plan.add("answer-lost", kinds=["order"], most=1, applied=True)
        edited = await on.exchange.edit_order(
            SPEC.symbol, order_id=order.order_id, price=on.price("0.8"), quantity=quantity
        )
        assert (edited.price, edited.quantity) == (on.price("0.8"), (quantity or 4 * QUANTITY) - QUANTITY)
        assert edited.replaces == order.order_id
        cancelled = await on.exchange.cancel_order(SPEC.symbol, order_id=order.order_id)
        assert cancelled.order_id == edited.order_id

    played(play, plan)


@pytest.mark.parametrize("force", [TimeInForce.GTC, TimeInForce.POST_ONLY])
def test_an_edit_that_would_fill_at_once_leaves_neither_order(force: TimeInForce) -> None:
    async def play(on: Stage) -> None:
        order = await on.exchange.create_order(on.request(time_in_force=force))
        with pytest.raises(SettingNotApplied, match=r"to take its place ended as rejected .*during modify: Post"):
            await on.exchange.edit_order(SPEC.symbol, order_id=order.order_id, price=on.price("1.02"))
        assert await on.exchange.fetch_open_orders(SPEC.symbol) == []
        assert await on.exchange.fetch_positions() == []
        assert (await on.exchange.fetch_order(SPEC.symbol, order_id=order.order_id)).status is OrderStatus.CANCELED

    played(play)


def answering(on: Stage, text: str) -> None:
    """Let the venue refuse edits in these words, and do nothing."""
    handle = on.inside.handle

    def refused(request: Request) -> Response:
        if b'"batchModify"' not in request.body:
            return handle(request)
        said = {"status": "ok", "response": {"type": "order", "data": {"statuses": [{"error": text}]}}}
        return Response(200, msgspec.json.encode(said))

    on.inside.handle = refused  # type: ignore[method-assign]


def test_an_edit_that_was_refused_before_anything_was_cancelled_leaves_the_order() -> None:
    async def play(on: Stage) -> None:
        order = await on.exchange.create_order(on.request())
        answering(on, "Order price cannot be more than 95% away from the reference price")
        with pytest.raises(OrderRejected, match="95%") as caught:
            await on.exchange.edit_order(SPEC.symbol, order_id=order.order_id, price=on.price("0.89"))
        assert (caught.value.definitive, caught.value.advice) == (True, "edit it again")
        assert [one.order_id for one in await on.exchange.fetch_open_orders(SPEC.symbol)] == [order.order_id]

    played(play)


def test_what_an_edit_places_is_told_as_the_post_only_order_that_the_venue_makes_of_it() -> None:
    async def play(on: Stage) -> None:
        order = await on.exchange.create_order(on.request())
        edited = await on.exchange.edit_order(SPEC.symbol, order_id=order.order_id, price=on.price("0.8"))
        assert (order.time_in_force, edited.time_in_force) == (TimeInForce.GTC, TimeInForce.POST_ONLY)

    played(play)
