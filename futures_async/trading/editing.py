"""Edits of orders: one at a time for each, judged by what the order reads as afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import count

import msgspec

from futures_async.trading.cancelling import ordered
from futures_async.trading.closing import before_sending
from futures_async.trading.desk import READ_BACK_PAUSES_S
from futures_async.trading.planning import check_request, one_id
from futures_async.trading.trading import Trading
from futures_async.transport.channel import apart
from futures_async.transport.endpoint import Kind
from futures_async.unified.convert import Number, to_decimal
from futures_async.unified.enums import Intent, OrderType
from futures_async.unified.errors import (
    BadResponse,
    ExchangeError,
    FuturesAsyncError,
    InvalidOrder,
    OrderNotFound,
    OrderOutcomeUnknown,
    OutcomeUnknown,
    ResponseMismatch,
    SettingNotApplied,
)
from futures_async.unified.exchange import Capability
from futures_async.unified.models import Order, OrderRequest


class Editing(Trading):
    """The edits of every adapter."""

    async def edit_order(
        self,
        symbol: str,
        *,
        order_id: str | None = None,
        client_order_id: str | None = None,
        price: Number | None = None,
        quantity: Number | None = None,
    ) -> Order:
        self._require(Capability.EDIT_ORDER)
        self._active("edit_order")
        order_id, client_order_id = self._current_ids(*one_id(order_id, client_order_id))
        if price is None and quantity is None:
            raise InvalidOrder("edit_order needs a price or a quantity")

        async def deed() -> Order:
            return await self._edit(symbol, order_id, client_order_id, price, quantity)

        return await self._channel.deeds.see_through(deed, Kind.ORDER)

    async def _edit(
        self,
        symbol: str,
        order_id: str | None,
        client_order_id: str | None,
        price: Number | None,
        quantity: Number | None,
    ) -> Order:
        venue_symbol = self.venue_symbol(symbol)
        with before_sending(client_order_id), ordered():
            current = await self.fetch_order(symbol, order_id=order_id, client_order_id=client_order_id)
            contract = await self._rules_of(venue_symbol)
        kept = current.quantity
        if contract is not None and contract.contract_value is not None and price is not None and current.price:
            # As many contracts at another price are another size.
            contracts = contract.exact_contracts(kept, current.price)
            kept = contract.quantity_of(contracts, to_decimal(price, "price"))
        wanted = check_request(
            OrderRequest(
                symbol=symbol,
                side=current.side,
                type=OrderType.LIMIT,
                quantity=kept if quantity is None else to_decimal(quantity, "quantity"),
                price=current.price if price is None else to_decimal(price, "price"),
                intent=Intent.CLOSE if current.reduce_only else Intent.OPEN,
            )
        )
        with before_sending(client_order_id), ordered():
            await self._check_bounds(wanted, venue_symbol)
            await self._check_rules(wanted, venue_symbol)
        amendment = self._amendment(
            current, None if price is None else wanted.price, None if quantity is None else wanted.quantity
        )

        async def read(by_order: str | None, by_client: str | None) -> Order:
            if by_order is None and by_client is None:
                by_order = current.order_id
            with ordered():
                return await self.fetch_order(
                    symbol, order_id=by_order, client_order_id=None if by_order is not None else by_client
                )

        async def what_stands() -> Order:
            """Where the answer is lost: what has taken the order's place, or the order as long as it is open."""
            try:
                return await read(*amendment.lost_ids)
            except OrderNotFound:
                if amendment.lost_ids == (None, None):
                    raise
                former = await read(None, None)
                if former.status.is_final:
                    raise
                return former

        async def change() -> Order:
            unknown: OutcomeUnknown | None = None
            try:
                result = await self._call(amendment.endpoint, body=amendment.body)
                try:
                    edited = await self._read_edited(current, wanted, amendment.read_ids(result), read)
                except BadResponse as problem:
                    raise self._channel.unknown(amendment.endpoint, [], problem) from problem
                if edited is not None:
                    return edited
            except OrderOutcomeUnknown as error:
                unknown = error
                unknown.symbol, unknown.client_order_id = current.symbol, current.client_order_id
            except ExchangeError as error:
                if error.code not in amendment.unchanged:
                    raise
                return await read(None, None)
            return await self._settings.judge(
                ("edit_order", current.order_id),
                f"{wanted.quantity} at {wanted.price}",
                what_stands,
                stands=lambda order: order.price == wanted.price and order.quantity == wanted.quantity,
                unknown=unknown,
            )

        edited = await self._settings.once(("edit_order", current.order_id), change, lambda: read(None, None))
        if edited.order_id == current.order_id:
            return edited
        self._succeeds(edited, current)
        return msgspec.structs.replace(edited, replaces=current.order_id)

    async def _read_edited(
        self,
        current: Order,
        wanted: OrderRequest,
        ids: tuple[str | None, str | None],
        read: Callable[[str | None, str | None], Awaitable[Order]],
    ) -> Order | None:
        """An edited order, or what was sent where reading fails: an accepted edit never fails because a read did.

        None where it has an id that nobody has told yet: the old one would be another order. Some venues answer before
        the edit takes effect, or is refused: what reads as it was before is read again.

        Raises:
            BadResponse: The answer names another order.
            SettingNotApplied: It stands as before.
        """
        runtime, traits = self._channel.transport.runtime(), self._channel.dialect.traits
        until = runtime.now() + max(traits.visibility_lag_s, sum(READ_BACK_PAUSES_S))
        before = (current.order_id, current.price, current.quantity)
        hoped = (wanted.price, to_decimal(wanted.quantity, "quantity"))
        for step in count():
            await runtime.sleep(READ_BACK_PAUSES_S[min(step, len(READ_BACK_PAUSES_S) - 1)])
            late = runtime.now() >= until
            try:
                with apart(late):
                    edited = await read(*ids)
                if edited.order_id != current.order_id and (edited.side, edited.price) != (wanted.side, wanted.price):
                    raise ResponseMismatch(
                        f"{self.id}: the edited order {current.order_id} is called {edited.order_id}"
                    )
            except OrderNotFound:
                if step + 1 < len(READ_BACK_PAUSES_S):
                    continue  # an order that was replaced may not be visible yet
                break
            except ResponseMismatch:
                raise
            except FuturesAsyncError:
                break
            stands = (edited.order_id, edited.price, edited.quantity)
            if stands[1:] == hoped or stands != before or edited.status.is_final:
                return edited
            if late:
                raise SettingNotApplied(
                    f"{self.id}: the venue has taken the edit of order {current.order_id} of {current.symbol}, and it "
                    "stands as before"
                )
        order_id, client_order_id = ids
        if order_id is None and client_order_id is not None:
            return None
        return msgspec.structs.replace(
            current.read(),
            order_id=order_id or current.order_id,
            client_order_id=client_order_id or current.client_order_id,
            price=wanted.price,
            quantity=to_decimal(wanted.quantity, "quantity"),
            remaining_quantity=None,
            raw=None,
        )
