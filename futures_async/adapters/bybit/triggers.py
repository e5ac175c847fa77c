"""Orders that wait for a price, in the same lists and under the same ids as the others; take-profits, stop-losses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import futures_async.adapter as fa
from futures_async.adapter import decimal_or_none, one_id, to_text
from futures_async.adapters.bybit import endpoints
from futures_async.adapters.bybit.codes import UNCHANGED
from futures_async.adapters.bybit.lists import of_contract
from futures_async.adapters.bybit.mapping import INDEX
from futures_async.adapters.bybit.orders import TRIGGER_BY, is_waiting, order_body, read_ack, stop_fields, stop_source
from futures_async.adapters.bybit.own import OwnCalls
from futures_async.adapters.bybit.symbols import is_inverse

WAITING = {"orderFilter": "StopOrder"}
RISES, FALLS = 1, 2
CHANGED = {"trigger_price": "triggerPrice", "price": "price", "quantity": "qty"}


class TriggerCalls(fa.TriggerEdits, fa.PartStops, fa.PositionStops[None], OwnCalls):
    """Orders that wait, TP/SL of positions and of orders."""

    async def _listed(self, symbol: str | None, asked: dict[str, str]) -> list[fa.Order]:
        raise NotImplementedError

    def _needs_contract(self, venue_symbol: str) -> bool:
        """Inverse contracts are sized in dollars, which the contract's metadata says."""
        return is_inverse(venue_symbol)

    def _sized(self, order: fa.Order, quantity: Decimal, at: Decimal | None) -> str:
        """A new size of an order as the venue counts it; of inverse contracts it hangs on the price."""
        if self._needs_contract(order.venue_symbol):
            contract = self._known_contract(order.venue_symbol)
            if contract is None or at is None:
                raise fa.InvalidOrder(f"{self.id}: {to_text(quantity)} of {order.symbol} is dollars at no known price")
            quantity = contract.exact_contracts(quantity, at)
        return to_text(quantity)

    async def create_trigger_order(self, request: fa.OrderRequest) -> fa.Order:
        """Place an order that waits for `request.trigger_price`, of the last price unless `trigger_by` says another.

        It has a client order id like any other, and is as safe. No margin is held while it waits.
        """
        self._active("create_trigger_order")
        plan = await self._plan_waiting(request, fa.OrderKind.TRIGGER)
        if plan.request.price is None and plan.request.time_in_force not in (
            None,
            fa.TimeInForce.GTC,
            fa.TimeInForce.IOC,
        ):
            raise fa.InvalidOrder(f"{self.id}: an order at market takes what there is: it has no other time_in_force")
        return await self._place_waiting(plan, {"triggerDirection": await self._direction(plan)})

    async def _place_stop(self, plan: fa.PlannedOrder) -> fa.Order:
        """By the last price unless a `Stop` says another. It is an order that waits, and reads back as such: the
        venue's stops of a part of a position have no id of ours."""
        rises = (plan.position_side is fa.PositionSide.LONG) is (plan.kind is fa.OrderKind.TAKE_PROFIT)
        return await self._place_waiting(plan, {"triggerDirection": RISES if rises else FALLS, "closeOnTrigger": True})

    async def _place_waiting(self, plan: fa.PlannedOrder, more: dict[str, Any]) -> fa.Order:
        body = order_body(plan) | more
        body |= {
            "triggerPrice": to_text(plan.trigger_price),
            "triggerBy": TRIGGER_BY[plan.request.trigger_by or fa.PriceSource.LAST],
        }
        return await self._place_as_order(plan, fa.Placement(endpoints.CREATE, body, read_ack))

    async def _direction(self, plan: fa.PlannedOrder) -> int:
        """Whether the price has to rise or to fall: the venue wants to be told, and refuses what has passed already."""
        source = plan.request.trigger_by or fa.PriceSource.LAST
        with self._before_placing(plan):
            ticker = await self.fetch_ticker(plan.venue_symbol)
            prices = {fa.PriceSource.MARK: ticker.mark_price, fa.PriceSource.INDEX: ticker.index_price}
            now = prices.get(source, ticker.last_price)
            if now is None:
                raise fa.InvalidOrder(f"{self.id}: {plan.venue_symbol} has no {source.value} price now to wait from")
        return RISES if plan.trigger_price >= now else FALLS

    async def fetch_trigger_orders(self, symbol: str | None = None) -> list[fa.Order]:
        """Read what waits for a price: trigger orders, and take-profits and stop-losses of positions."""
        return await self._listed(symbol, WAITING)

    async def _waiting_now(self, name: str, ids: tuple[str | None, str | None]) -> tuple[fa.Order, fa.WaitingValues]:
        order = await self.fetch_order(name, order_id=ids[0], client_order_id=ids[1])
        if not is_waiting(order.raw) or order.status.is_final:
            raise fa.OrderNotFound("it does not wait any more", venue=self.id, endpoint=endpoints.OPEN.name)
        size = decimal_or_none(order.raw.qty, "qty") or None  # 0 is a whole position
        return order, {"trigger_price": order.trigger_price, "price": order.price, "quantity": size}

    def _waiting_change(self, order: fa.Order, now: fa.WaitingValues, new: dict[str, Decimal]) -> fa.WaitingChange:
        wanted = now | new
        if "quantity" in new:
            sized = self._sized(order, new["quantity"], wanted["price"] or wanted["trigger_price"])
            new = new | {"quantity": Decimal(sized)}
        body = {**of_contract(order.venue_symbol).params, "orderId": order.order_id}
        body |= {CHANGED[name]: to_text(value) for name, value in new.items()}
        return fa.WaitingChange(fa.Call(endpoints.AMEND_WAITING, body), {**wanted, **new}, UNCHANGED)

    async def cancel_trigger_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> None:
        """Cancel an order that waits; one that was set off meanwhile has the same id, and is cancelled too.

        The answer says that the request was taken: the order is read.

        Raises:
            OrderNotFound: It is not open any more, or never was: it may have been set off, and filled.
            CancelOutcomeUnknown: It is still open, or could not be read.
        """
        await self._cancel_as_order(self.venue_symbol(symbol), one_id(order_id, client_order_id))

    async def _put_position_stops(self, venue_symbol: str, side: fa.PositionSide, stops: dict[str, fa.Stop]) -> None:
        """At market, by the last price unless a `Stop` says another.

        There is one of each for a position; setting it again replaces it. That it is set is judged by the prices of the
        position's row, which tells neither who set them nor which price sets them off: after a lost answer, one at the
        same price by another source counts as set. `fetch_trigger_orders` tells `trigger_by`.

        https://bybit-exchange.github.io/docs/v5/position/trading-stop
        """
        hedged = await self._known_position_mode(venue_symbol) is fa.PositionMode.HEDGE
        body: dict[str, Any] = {**of_contract(venue_symbol).params, "tpslMode": "Full"}
        body["positionIdx"] = INDEX[side] if hedged else 0
        body |= stop_fields(stops, fa.PriceSource.LAST)
        wanted = {word: stop.price for word, stop in stops.items()}

        async def read() -> dict[str, Decimal | None]:
            held = [position for position in await self.fetch_positions(venue_symbol) if position.side is side]
            return {word: getattr(held[0], word) if held else None for word in wanted}

        await self._apply(
            ("set_position_stops", venue_symbol, side.value),
            tuple(wanted.items()),
            send=lambda: self._call(endpoints.TRADING_STOP, body=body),
            read=read,
            stands=lambda found: found == wanted,
            unchanged=UNCHANGED,
        )

    async def set_order_stops(
        self,
        symbol: str,
        order_id: str,
        *,
        take_profit: fa.Number | fa.Stop | None = None,
        stop_loss: fa.Number | fa.Stop | None = None,
    ) -> fa.Order:
        """Change the take profit and stop loss that an open order brings along; read it back.

        By the last price unless a `Stop` says otherwise; they execute at market, and what is not named stays.

        https://bybit-exchange.github.io/docs/v5/order/amend-order
        """
        named, _ = one_id(order_id, None)
        stops = self._stops("set_order_stops", take_profit=take_profit, stop_loss=stop_loss)
        params = of_contract(self.venue_symbol(symbol)).params
        body = {**params, "orderId": named, **stop_fields(stops, fa.PriceSource.LAST)}
        return await self._apply(
            ("set_order_stops", order_id),
            tuple(f"{word} {stop}" for word, stop in sorted(stops.items())),
            send=lambda: self._call(endpoints.AMEND_WAITING, body=body),
            read=lambda: self.fetch_order(symbol, order_id=named),
            stands=lambda order: all(
                getattr(order, word) == stop.price
                and stop_source(order.raw, word) is (stop.trigger_by or fa.PriceSource.LAST)
                for word, stop in stops.items()
            ),
            unchanged=UNCHANGED,
        )
