"""What a request asks for is on the wire, or it is refused before anything is signed: every field.

Each field is asked for with several values. Those that an adapter takes must each make another wire; the rest must end
in `InvalidOrder` with nothing sent.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from futures_async.testing.base import Contract
from futures_async.testing.faulted import Faulted
from futures_async.testing.virtual_time import run
from futures_async.transport.http.backend import HttpRequest
from futures_async.unified import errors
from futures_async.unified.enums import Intent, OrderType, PositionMode, PositionSide, PriceSource, Side, TimeInForce
from futures_async.unified.enums import MarginMode as Margin
from futures_async.unified.exchange import Capability as Can
from futures_async.unified.models import Order, OrderRequest, Stop

D = Decimal
OWN_ID = re.compile(rb"fa[0-9a-f]{24}")


def stops(name: str, price: Decimal) -> dict[str, list[Any]]:
    """What can be asked of one that is attached, or of a position's."""
    return {
        f"{name}": [price, price + 10],
        f"{name}.trigger_by": [Stop(price, source) for source in PriceSource],
        f"{name}.limit_price": [Stop(price, None, price + 1), Stop(price, None, price + 2)],
    }


def asks(on: Faulted, kind: OrderType) -> dict[str, list[Any]]:
    """By field: values, of which no two mean the same."""
    found: dict[str, list[Any]] = {
        "margin_mode": list(Margin),
        "leverage": [D(3), D(4)],
        # Good till cancelled is what an order is that says nothing; a market order takes what there is, and no more.
        "time_in_force": [
            force
            for force in TimeInForce
            if force is not TimeInForce.GTC and (force is TimeInForce.FOK or kind is not OrderType.MARKET)
        ],
        "client_order_id": ["one1", "two2"],
        **stops("take_profit", on.price("1.2") // 1),
        **stops("stop_loss", on.price("0.6") // 1),
    }
    if kind is OrderType.TRIGGER:
        found["trigger_by"] = list(PriceSource)
        found["price"] = [on.price("1.05"), on.price("1.06")]
    return found


FIELDS = (
    "margin_mode", "leverage", "time_in_force", "client_order_id", "trigger_by", "price",
    *(f"{name}{part}" for name in ("take_profit", "stop_loss") for part in ("", ".trigger_by", ".limit_price")),
)  # fmt: skip
DEEDS = ("limit", "market", "trigger", "several")
STOP_CALLS = ("create_stop_order", "set_position_stops", "set_order_stops")


@asynccontextmanager
async def closed(on: Faulted) -> AsyncGenerator[None]:
    """Close the client at the end; what the simulated venue left open does not matter here."""
    try:
        yield
    finally:
        with suppress(errors.UnresolvedOrders):
            await on.exchange.aclose(grace_s=0)


class Tap:
    """What was sent to change something."""

    def __init__(self, on: Faulted) -> None:
        self.sent: list[bytes] = []
        send = on.backend.send

        async def tapped(request: HttpRequest) -> Any:
            if request.method != "GET":
                path, said = request.url.split("/", 3)[3].encode(), on.spec.said(request.body)
                if said is not None:
                    self.sent.append(path + b" " + OWN_ID.sub(b"", said))
            return await send(request)

        on.backend.send = tapped  # type: ignore[method-assign]

    def take(self) -> tuple[bytes, ...]:
        """Since the last time."""
        taken, self.sent = tuple(self.sent), []
        return taken


async def placed(on: Faulted, deed: str, request: OrderRequest) -> Order | None:
    """The order, None where the simulated venue has refused it; a refusal of ours is raised."""
    exchange = on.exchange
    try:
        if deed == "trigger":
            return await exchange.create_trigger_order(request)
        if deed != "several":
            return await exchange.create_order(request)
        given = request.client_order_id
        twin = msgspec.structs.replace(request, client_order_id=None if given is None else f"{given}b")
        _, result = await exchange.create_orders([twin, request])
        if result.error is not None:
            raise result.error
        return result.order
    except errors.ParameterRejected:
        raise
    except (errors.ExchangeError, errors.OutcomeUnknown):
        return None


async def distinct(tap: Tap, values: list[Any], call: Callable[[Any], Awaitable[Any]], plain: set[Any]) -> int:
    """How many of the values are taken; each of those makes a wire of its own, the others make none."""
    wires, taken = set(plain), 0
    for value in values:
        try:
            await call(value)
        except errors.InvalidRequest:
            assert tap.take() == (), value
            continue
        wire = tap.take()
        assert wire, value
        taken += 1
        wires.add(wire)
    assert len(wires) == len(plain) + taken, f"{values}: some of them was dropped"
    return taken


class Carried(Contract):
    """See the module."""

    @pytest.mark.parametrize("field", FIELDS)
    @pytest.mark.parametrize("intent", list(Intent))
    @pytest.mark.parametrize("mode", list(PositionMode))
    @pytest.mark.parametrize("deed", DEEDS)
    def test_what_an_order_asks_for_is_sent_or_refused(
        self, deed: str, mode: PositionMode, intent: Intent, field: str
    ) -> None:
        self.needs(Can.CREATE_ORDER)
        spec = self.spec
        if mode not in spec.modes:
            pytest.skip(f"{spec.id} has no {mode.value} mode")
        kind = OrderType.LIMIT if deed == "several" else OrderType(deed)
        if deed == "trigger":
            self.needs(Can.CREATE_TRIGGER_ORDER)
        if deed == "several":
            self.needs(Can.CREATE_ORDERS)

        async def main() -> None:
            on = Faulted(spec)
            on.account.default_mode = mode
            values = asks(on, kind).get(field)
            if not values:
                return
            for _ in range(30 if intent is Intent.CLOSE else 0):
                on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
            async with closed(on):
                tap = Tap(on)
                side = Side.BUY if intent is Intent.OPEN else Side.SELL
                fields: dict[str, Any] = {"type": kind, "intent": intent}
                if kind is OrderType.TRIGGER:
                    fields["trigger_price"] = on.price("1.1")
                if field == "time_in_force" and kind is OrderType.TRIGGER:
                    fields["price"] = on.price("1.05")

                async def call(value: Any) -> None:
                    order = await placed(on, deed, on.request(side, **{**fields, field.partition(".")[0]: value}))
                    if intent is Intent.OPEN and order is not None and field in ("leverage", "margin_mode"):
                        assert getattr(order, field) in (None, value)
                        if field == "leverage" and deed != "trigger":
                            assert on.account.settings(spec.symbol).cross_leverage == value

                plain: set[Any] = set()
                # An order that does not say these may be one of those that do.
                words = field.endswith(("margin_mode", "leverage", "trigger_by"))
                if not words:
                    await placed(on, deed, on.request(side, **fields))
                    plain = {tap.take()}
                taken = await distinct(tap, values, call, plain)
                held = field in on.exchange.order_fields.standing
                assert held or not (words and taken == 1), "whether it is sent at all is not shown"

        run(main())

    @pytest.mark.parametrize("field", ["price", "quantity"])
    def test_what_an_edit_asks_for_is_sent_or_refused(self, field: str) -> None:
        self.needs(Can.CREATE_ORDER, Can.EDIT_ORDER)

        async def main() -> None:
            on = Faulted(self.spec)
            values = (
                [on.price("0.85"), on.price("0.86")]
                if field == "price"
                else [2 * on.spec.quantity, 3 * on.spec.quantity]
            )
            async with on.exchange:
                tap = Tap(on)

                async def call(value: Any) -> None:
                    order = await on.exchange.create_order(on.request())
                    tap.take()
                    edited = await on.exchange.edit_order(on.spec.symbol, order_id=order.order_id, **{field: value})
                    tap.sent = [sent.replace(order.order_id.encode(), b"") for sent in tap.sent]
                    assert getattr(edited, field) == value

                assert await distinct(tap, values, call, set()) == 2

        run(main())

    @pytest.mark.parametrize("field", FIELDS[6:])
    @pytest.mark.parametrize("mode", list(PositionMode))
    @pytest.mark.parametrize("name", STOP_CALLS)
    def test_what_a_stop_asks_for_is_sent_or_refused(self, name: str, mode: PositionMode, field: str) -> None:
        self.needs(Can.CREATE_ORDER)
        spec = self.spec
        if not hasattr(spec.factory, name):
            pytest.skip(f"{spec.id} has no {name}")

        async def main() -> None:
            on = Faulted(spec)
            on.account.default_mode = mode
            on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
            word = field.partition(".")[0]
            values = stops(word, on.price("1.2" if word == "take_profit" else "0.6") // 1)[field]
            async with on.exchange:
                tap = Tap(on)
                order = await on.exchange.create_order(on.request())
                named: dict[str, list[Any]] = {
                    "create_stop_order": [PositionSide.LONG, spec.quantity / 2],
                    "set_position_stops": [PositionSide.LONG],
                    "set_order_stops": [order.order_id],
                }
                about = named[name]
                tap.take()

                async def call(value: Any) -> None:
                    await getattr(on.exchange, name)(spec.symbol, *about, **{word: value})

                taken = await distinct(tap, values, call, set())
                assert taken == len(values) or "." in field

        run(main())
