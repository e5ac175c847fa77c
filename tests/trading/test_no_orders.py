"""What is given in the place of an order, to every call that takes one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from futures_async.adapter import Adapter
from futures_async.adapters import OKX, Binance, Bitget, BitgetUTA, BitgetV1, BitMart, Bybit, Hyperliquid
from futures_async.journal.journal import MemoryJournal
from futures_async.manager.manager import OrderManager
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.unified.enums import OrderType
from futures_async.unified.errors import InvalidOrder, InvalidRequest
from futures_async.unified.exchange import Capability

VENUES = (Binance, Bitget, BitgetUTA, BitgetV1, BitMart, Bybit, Hyperliquid, OKX)
CALLS: dict[str, Callable[[Any, Any], Awaitable[Any]]] = {
    "create_order": lambda exchange, given: exchange.create_order(given),
    "create_orders": lambda exchange, given: exchange.create_orders([given]),
    "create_trigger_order": lambda exchange, given: exchange.create_trigger_order(given),
    "create_trailing_order": lambda exchange, given: exchange.create_trailing_order(given, "0.01"),
    "submit": lambda exchange, given: manager(exchange).submit(given),
    "submit_sliced": lambda exchange, given: manager(exchange).submit_sliced(given, max_quantity=1),
}


def manager(exchange: Adapter) -> OrderManager:
    return OrderManager(exchange, journal=MemoryJournal())


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", VENUES, ids=lambda kind: kind.id)
def test_a_dict_is_refused_with_what_to_pass(kind: type[Adapter], call: str) -> None:
    async def main() -> None:
        on = Inside(VenueSpec(factory=kind, raw_call=RawCall("/", {})))
        async with on.exchange as exchange:
            capability = next((one for one in Capability if one.value == call), None)
            own = hasattr(OrderManager, call) or hasattr(exchange, call)
            if not (own if capability is None else exchange.supports(capability)):
                pytest.skip("the venue has no such call")
            given = {"symbol": on.spec.symbol, "side": "buy", "type": OrderType.MARKET, "quantity": 1}
            with pytest.raises(InvalidOrder, match=r"OrderRequest\(\*\*order\), not as a dict"):
                await CALLS[call](exchange, given)

    run(main())


def test_one_order_is_no_list_of_them() -> None:
    async def main() -> None:
        on = Inside(VenueSpec(factory=OKX, raw_call=RawCall("/", {})))
        async with on.exchange as exchange:
            for given in (on.request(), {"symbol": on.spec.symbol}, on.spec.symbol):
                with pytest.raises(InvalidRequest, match="several orders, in a list"):
                    await exchange.create_orders(given)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - on purpose
            with pytest.raises(InvalidRequest, match="cancel takes an Order or a client order id, not a dict"):
                await manager(exchange).cancel({"order_id": "1"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - on purpose

    run(main())
