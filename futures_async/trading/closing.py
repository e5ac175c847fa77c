"""Closing what is held: whole, whatever its size is, and whatever cannot be read of it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal

from futures_async.trading.acceptance import READ_BACK_PAUSES_S
from futures_async.trading.around_sending import PARTLY_CLOSED, after_sending, before_sending
from futures_async.trading.cancelling import AFTER_CANCEL_PAUSES_S, urgent
from futures_async.trading.cancelling_all import CancellingAll
from futures_async.trading.closing_orders import closes_by, closing_request, counted, exactly, parts_of
from futures_async.trading.ordering import Ack, ToClose
from futures_async.transport.channel import apart
from futures_async.transport.endpoint import Kind
from futures_async.unified.convert import chosen_or_none, is_multiple, to_text
from futures_async.unified.enums import MarginMode, MarginModeLike, Outcome, PositionSide, PositionSideLike
from futures_async.unified.errors import (
    ExchangeError,
    FuturesAsyncError,
    InvalidOrder,
    InvalidRequest,
    NotCarried,
    NotSupported,
    OrderOutcomeUnknown,
    OrderRejected,
    OutcomeUnknown,
    ParameterRejected,
    SettingNotApplied,
    UnreadRow,
    UnreadRows,
)
from futures_async.unified.exchange import Capability
from futures_async.unified.models import Order, Position
from futures_async.unified.rows import readable


def is_named(position: Position, side: PositionSide | None, mode: MarginMode | None) -> bool:
    """Whether a position is one that these name; a margin mode that its row does not tell may be any."""
    return side in (None, position.side) and (mode is None or position.margin_mode in (None, mode))


def may_be_position(row: UnreadRow, venue_symbol: str, side: PositionSide | None) -> bool:
    """Whether a position that cannot be read may be this one, by what can be read of it."""
    named, held = row.facts.get("venue_symbol", venue_symbol), row.facts.get("side", side)
    return named == venue_symbol and (side is None or held is side)


class Closing(CancellingAll):
    """The closes of every adapter."""

    async def close_position(
        self, symbol: str, *, side: PositionSideLike | None = None, margin_mode: MarginModeLike | None = None
    ) -> Order | None:
        self._require(Capability.CLOSE_POSITION)
        self._active("close_position")
        with urgent():
            try:
                return await self._close_what_is_held(symbol, side, margin_mode)
            except OrderRejected as error:
                if not await self._held_yet_free(error, symbol, side, margin_mode):
                    return None
            try:
                return await self._close_what_is_held(symbol, side, margin_mode)
            except OrderRejected as error:
                if error.code not in self.nothing_to_close or await self._left(error, symbol, side, margin_mode):
                    raise
                return None

    async def _held_yet_free(
        self, refusal: OrderRejected, symbol: str, side: PositionSideLike | None, margin_mode: MarginModeLike | None
    ) -> bool:
        """Whether what the venue has refused to close is held; then no other order is to close it any more.

        Some venues refuse a close beside orders that would close as much without it. Without a position those would
        mean nothing.

        Raises:
            OrderRejected: The refusal, where no other order explains it, or that could not be made sure of.
        """
        if refusal.code not in self.nothing_to_close:
            raise refusal from refusal.__cause__
        left = await self._left(refusal, symbol, side, margin_mode)
        if left is None:
            return False
        try:
            freed = await self._cancel_closing(left)
        except FuturesAsyncError as problem:
            own = copy.copy(refusal)  # others may have been told the same one
            own.args = (
                f"{refusal.text}; the orders that are to close {symbol} could not be cancelled ({problem.text})",
            )
            own.advice = "cancel the orders that are to close the position, and close it again"
            raise own from problem
        if not freed:
            raise refusal from refusal.__cause__
        return True

    async def _left(
        self, refusal: OrderRejected, symbol: str, side: PositionSideLike | None, margin_mode: MarginModeLike | None
    ) -> Position | None:
        """What is held of a position whose close was refused: it may have gone meanwhile.

        Raises:
            OrderRejected: The refusal, where it cannot be read.
        """
        try:
            with apart():
                return await self.fetch_position(symbol, side, margin_mode=margin_mode)
        except FuturesAsyncError as problem:
            unread = copy.copy(refusal)  # others may have been told the same one
            unread.args = (f"{refusal.text}; whether {symbol} is still held could not be read ({problem.text})",)
            unread.advice = "read the position: where it is held still, close it again"
            raise unread from problem

    async def _cancel_closing(self, position: Position) -> bool:
        """Cancel the orders that are to close a position, or a part of it; whether there were any."""
        side, modes = closes_by(position), (None, position.margin_mode)
        listed = await self.fetch_open_orders(position.venue_symbol)
        holding = [one for one in listed if one.reduce_only and one.side is side and one.margin_mode in modes]
        for one in holding:
            await self.cancel_order(position.venue_symbol, order_id=one.order_id)
        return bool(holding)

    async def _close_what_is_held(
        self, symbol: str, side: PositionSideLike | None, margin_mode: MarginModeLike | None
    ) -> Order | None:
        try:
            position = await self._held_before(symbol, side, margin_mode)
        except UnreadRows as odd:
            return await self._close_whatever_is_held(symbol, side, odd, margin_mode)
        return None if position is None else await self._close_whole(position)

    async def _held_before(
        self, symbol: str, side: PositionSideLike | None, margin_mode: MarginModeLike | None
    ) -> Position | None:
        """The position that is to be closed; that there is none is believed from a connection made for it alone."""
        with before_sending():
            position = await self.fetch_position(symbol, side, margin_mode=margin_mode)
            if position is None:
                with apart():
                    position = await self.fetch_position(symbol, side, margin_mode=margin_mode)
        return position

    async def _close_whole(self, position: Position) -> Order | None:
        """Close a position, also what waiting orders of its own hold.

        Some venues cut a close down to what no other closing order holds, and call that filled. Without a position
        those orders would mean nothing: they are cancelled, and the rest is closed.

        Raises:
            OrderRejected: Something else keeps the rest from being closed.
        """
        order = await self._close_held(position)
        if order is None or not self._was_cut(position, order):
            return order
        with after_sending(order):
            with apart():
                left = await self.fetch_position(position.venue_symbol, position.side, margin_mode=position.margin_mode)
            if left is None:
                return order
            freed = await self._cancel_closing(left)
        if not freed:
            held = OrderRejected(
                f"{self.id}: order {order.order_id} has closed {to_text(order.quantity)} of {position.symbol}, and "
                f"{to_text(left.quantity)} is still held: what keeps it is not among the open orders",
                venue=self.id,
            )
            held.advice = "look at the venue what holds it, and close it again"
            raise held
        with after_sending(order):
            try:
                return await self._close_held(left)
            except OrderRejected as error:
                named = (left.venue_symbol, left.side, left.margin_mode)
                if error.code not in self.nothing_to_close or await self._is_held(*named):
                    raise
                return order  # one of them has closed it meanwhile

    def _was_cut(self, position: Position, order: Order) -> bool:
        """Whether an order that was to close a position is smaller than it was sent."""
        if position.contract_value is not None:
            return False  # in base coin its size follows the price
        return order.quantity < self._parts_of(position)[-1]

    async def _close_held(self, position: Position) -> Order | None:
        """Close a position of which all is known, by orders."""
        parts = self._parts_of(position)
        try:
            if len(parts) > 1:
                return await self._close_parts(position, parts)
            return await self._close_part(position, parts[0])
        except NotCarried:
            raise
        except NotSupported as cannot:
            # No order may be written for it here: the venue's own call names no size.
            try:
                return await self._close_by_own_call(position.venue_symbol, position.side, None, position.margin_mode)
            except NotSupported:
                raise cannot from None
        except (InvalidOrder, OrderRejected, ParameterRejected) as refusal:
            if len(parts) > 1:
                raise
            # It may be too large for one order: only now is it worth to read how large one may be.
            plain = type(refusal) in (InvalidOrder, OrderRejected, ParameterRejected)
            if plain and self.supports(Capability.FETCH_CONTRACT):
                # Where they cannot be read, the refusal says more.
                with before_sending(), suppress(FuturesAsyncError):
                    await self.fetch_contract(position.venue_symbol)
                parts = self._parts_of(position)
            if len(parts) == 1:
                if plain and self._is_off_step(position):
                    return await self._close_off_step(position, refusal)
                raise refusal from refusal.__cause__
        return await self._close_parts(position, parts)

    async def _close_whatever_is_held(
        self,
        symbol: str,
        side: PositionSideLike | None,
        odd: UnreadRows,
        margin_mode: MarginModeLike | None = None,
    ) -> Order | None:
        """Close what cannot be read, where the venue has a call that takes what can be read of it.

        Raises:
            InvalidRequest: It cannot be told which row is the position.
            UnreadRows: The venue has no such call.
        """
        name, wanted = self.venue_symbol(symbol), chosen_or_none(PositionSide, side, "side")
        mode = chosen_or_none(MarginMode, margin_mode, "margin_mode")
        held = [one for one in odd.rows if one.venue_symbol == name and is_named(one, wanted, mode)]
        rows = [row for row in odd.unread if may_be_position(row, name, wanted)]
        if wanted is not None:
            # A row that says what it is comes before one that may be anything, of which the size must not be sent.
            sure = [row for row in rows if (row.facts.get("venue_symbol"), row.facts.get("side")) == (name, wanted)]
            if len(held) == 1 and (not sure or (mode is not None and held[0].margin_mode is mode)):
                return await self._close_held(held[0])
            rows = sure or rows
        if len(held) + len(rows) > 1:
            if wanted is None:
                what = f"{symbol} may have a long and a short position: name the side"
            else:
                what = f"which row is the {wanted} position of {symbol} cannot be read: close it at the venue"
            raise InvalidRequest(f"{self.id}: {what}") from odd
        there = wanted or rows[0].facts.get("side")
        try:
            return await self._close_by_own_call(name, there, rows[0], mode)
        except NotSupported as none:
            unread = UnreadRows(
                f"{odd.text}. {none}: close it by an order of the size that you know, or at the venue",
                rows=odd.rows,
                unread=odd.unread,
            )
            unread.outcome = Outcome.NOT_SENT
            raise unread from odd

    async def _close_off_step(self, position: Position, refusal: InvalidOrder | ExchangeError) -> Order | None:
        """Close what no order may have the size of, since the step has changed.

        Raises:
            InvalidOrder: The venue has no call for it.
        """
        try:
            return await self._close_by_own_call(position.venue_symbol, position.side, None, position.margin_mode)
        except NotSupported as none:
            if isinstance(refusal, ExchangeError):
                raise refusal from refusal.__cause__
            raise InvalidOrder(
                f"{refusal.text}. {none}: close what is on the step by an order, the rest at the venue"
            ) from (refusal)

    def _is_off_step(self, position: Position) -> bool:
        contract = self._known_contract(position.venue_symbol)
        return contract is not None and not is_multiple(counted(position), contract.quantity_step)

    async def _close_by_own_call(
        self, venue_symbol: str, side: PositionSide | None, row: UnreadRow | None, margin_mode: MarginMode | None
    ) -> Order | None:
        async def deed() -> Ack | None:
            return await self._close_unread(ToClose(venue_symbol, side, row, margin_mode))

        try:
            ack = await self._channel.deeds.see_through(deed, Kind.ORDER)
        except OutcomeUnknown as unknown:
            self._close_asked(unknown, venue_symbol, side, margin_mode)
            raise
        if ack is None or (ack.order_id is None and ack.client_order_id is None):
            return None
        by_client = ack.client_order_id if ack.order_id is None else None
        problem: FuturesAsyncError | None = None
        for pause_s in READ_BACK_PAUSES_S:
            await self._channel.transport.runtime().sleep(pause_s)
            try:
                return await self.fetch_order(venue_symbol, order_id=ack.order_id, client_order_id=by_client)
            except FuturesAsyncError as error:
                problem = error
        unread = OrderOutcomeUnknown(
            f"{self.id}: the venue has taken the close of {venue_symbol}, and its order cannot be read: read the "
            "position",
            venue=self.id,
            client_order_id=ack.client_order_id,
            fence_until_ms=self._channel.now_ms() + int(self._channel.dialect.traits.visibility_lag_s * 1000),
        )
        self._close_asked(unread, venue_symbol, side, margin_mode, ack.order_id)
        raise unread from problem

    def _close_asked(
        self,
        question: OutcomeUnknown,
        venue_symbol: str,
        side: PositionSide | None,
        margin_mode: MarginMode | None,
        order_id: str | None = None,
    ) -> None:
        """Have a close by the venue's own call told by what is held, or by its order, where that has an id."""
        question.symbol = self.unified_symbol(venue_symbol)
        named = (venue_symbol, side, margin_mode)
        question.bind(lambda within_s: self._closed_by_now(question, *named, order_id, within_s))

    async def _closed_by_now(
        self,
        question: OutcomeUnknown,
        venue_symbol: str,
        side: PositionSide | None,
        margin_mode: MarginMode | None,
        order_id: str | None,
        within_s: float | None,
    ) -> Order | None:
        """The closing order, where it has an id that is known; None where nothing is held.

        Raises:
            SettingNotApplied: It is held, and the close can take effect no more.
            OutcomeUnknown: It is held, or that cannot be read, and the close may be on its way.
        """
        fence_ms = question.fence_until_ms
        until = None if within_s is None else self._channel.transport.runtime().now() + within_s
        pauses = iter(AFTER_CANCEL_PAUSES_S)
        problem: FuturesAsyncError | None = None
        while True:
            over = self._channel.past(fence_ms)
            try:
                with urgent(), apart():
                    if order_id is not None:
                        return await self.fetch_order(venue_symbol, order_id=order_id)
                    held = await self._is_held(venue_symbol, side, margin_mode)
            except FuturesAsyncError as error:
                problem = error
            else:
                if not held:
                    return None
                if over:
                    raise SettingNotApplied(
                        f"{self.id}: {question.symbol} is still held, and the close can take effect no more: close it "
                        "again"
                    ) from question
            if over:
                raise question from problem
            await self._until_next_look(question, pauses, until, problem)

    async def _close_parts(self, position: Position, parts: Sequence[Decimal]) -> Order:
        """One after the other; the last one that there was something left for.

        Raises:
            ExchangeError: One was refused, and those before it have gone.
            OrderOutcomeUnknown: One was not sent, and those before it have gone; or it is not known whether it was.
        """
        last = await self._close_part(position, parts[0])
        for number, quantity in enumerate(parts[1:], 1):
            refusal: OrderRejected | None = None
            with after_sending(last):
                try:
                    last = await self._close_part(position, quantity)
                except OrderRejected as error:
                    refusal = error
                    named = (position.venue_symbol, position.side, position.margin_mode)
                    if refusal.code in self.nothing_to_close and not await self._is_held(*named):
                        break
            if refusal is not None:
                own = copy.copy(refusal)  # others may have been told the same one
                own.args = (f"{refusal.text}; {number} of {len(parts)} orders that close all of it have gone before",)
                own.advice = PARTLY_CLOSED
                raise own from refusal.__cause__
        return last

    async def _is_held(self, name: str, side: PositionSide | None, mode: MarginMode | None) -> bool:
        """Whether a position stands still, or may."""
        with apart():
            found, unread = await readable(self.fetch_positions(name))
        same = (one for one in found if one.venue_symbol == name and is_named(one, side, mode))
        return any(same) or any(may_be_position(row, name, side) for row in unread)

    async def _close_part(self, position: Position, part: Decimal) -> Order:
        with exactly(position, part):
            return await self.create_order(closing_request(self, position, part))

    def _parts_of(self, position: Position) -> list[Decimal]:
        return parts_of(counted(position), self._known_contract(position.venue_symbol))
