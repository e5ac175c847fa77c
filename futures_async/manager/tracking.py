"""Orders followed until they are closed, and their fills counted once."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from futures_async.manager.fills import FillEffect, PositionBook
from futures_async.manager.listening import Listening
from futures_async.streams.orders import advances
from futures_async.trading.hooks import current_id, may_be_replaced
from futures_async.unified.callbacks import called, failure_of
from futures_async.unified.enums import OrderStatus, Outcome
from futures_async.unified.errors import DecodeError, FuturesAsyncError, InvalidRequest, OrderNotFound, unread_rows
from futures_async.unified.exact import ZERO, add, divide, multiply, subtract, total
from futures_async.unified.exchange import Capability, FuturesExchange
from futures_async.unified.models import Fill, Order
from futures_async.unified.rows import readable

logger = logging.getLogger("futures_async.orders")

REMEMBERED = 10_000
PATIENCE = 10
"""Looks in vain, one after the other, at an order that the venue does not know, or whose fills it does not list, before
it is let go."""
LONGEST_BACK_OFF = 32
MOST_FILLS = 10_000
"""Read in one look, over as many pages as that takes."""
FILLS_BEFORE_MS = 1_000
"""Fills are asked for from this long before the order's own time: the two clocks need not agree."""


class OrderUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """An order that changed since the last update about it."""

    client_order_id: str
    """Our id, or the local one where the venue has none."""
    order: Order
    """As it stands."""
    previous: Order | None
    """As it stood at the last update; None in the first one."""
    filled: Decimal
    """Newly filled since then, in base coin."""
    fills: tuple[FillEffect, ...]
    """The new executions and what they did, oldest first; they may come an update later than `filled`."""


class _Part:
    """What came of an order under one id."""

    def __init__(self) -> None:
        self.filled = ZERO
        """As the order says."""
        self.listed = ZERO
        """Quantity of its fills so far."""
        self.spent = ZERO
        """Quantity × price of its fills so far."""
        self.created_ms: int | None = None

    @property
    def owed(self) -> Decimal:
        """Filled, as far as the order says, and not listed as fills yet."""
        return max(subtract(self.filled, self.listed), ZERO)


class _Tracked:
    def __init__(self, client_order_id: str, order: Order) -> None:
        self.client_order_id = client_order_id
        self.order = order
        """As last seen."""
        self.order_id = order.order_id
        """The id that it has now: after an edit the order of it may not have been seen yet."""
        self.parts: dict[str, _Part] = {}
        """By each id that it has had."""
        self.told: Order | None = None
        self.told_filled = ZERO
        self.new_fills: list[FillEffect] = []
        self.looks_in_vain = 0
        self.let_go = False
        self.take(order)

    def take(self, order: Order) -> None:
        """It stands so."""
        part = self.part(order.order_id)
        part.filled, part.created_ms = max(part.filled, order.filled_quantity or ZERO), order.created_ms
        known = order.filled_quantity is not None or not part.filled
        self.order = order if known else msgspec.structs.replace(order, filled_quantity=part.filled)

    def part(self, order_id: str) -> _Part:
        return self.parts.setdefault(order_id, _Part())

    @property
    def edited(self) -> bool:
        """It is another order by now, which was not seen yet."""
        return self.order.order_id != self.order_id

    @property
    def filled(self) -> Decimal:
        return total(part.filled for part in self.parts.values())

    @property
    def owed(self) -> Decimal:
        return total(part.owed for part in self.parts.values())

    @property
    def is_open(self) -> bool:
        return self.edited or not self.order.status.is_final

    @property
    def followed(self) -> bool:
        return not self.let_go and (self.is_open or self.owed > 0)


class Tracker:
    """The orders of one manager."""

    def __init__(
        self,
        exchange: FuturesExchange,
        book: PositionBook,
        on_fill: Callable[[FillEffect], object] | None,
    ) -> None:
        self.book = book
        self._exchange = exchange
        self._on_fill = on_fill
        self._tracked: dict[str, _Tracked] = {}
        self._by_id: dict[str, _Tracked] = {}
        self._listening: set[Listening] = set()
        self._expected: dict[str, None] = {}
        """Client order ids of what was placed, or may have been, when nobody waited for it any more."""

    @property
    def orders(self) -> dict[str, Order]:
        """As last seen, by client order id."""
        self._take_up()
        return {name: tracked.order for name, tracked in self._tracked.items()}

    def expect(self, client_order_id: str) -> None:
        """An order is about to be placed: it is followed once it stands, also where its caller has gone by then."""
        self._expected[client_order_id] = None
        if len(self._expected) > REMEMBERED:
            del self._expected[next(iter(self._expected))]

    def expect_no_more(self, client_order_id: str) -> None:
        """It does not stand."""
        self._expected.pop(client_order_id, None)

    def _take_up(self) -> None:
        """Follow what has come to stand by itself, as the exchange object knows."""
        for name in tuple(self._expected):
            known = self._exchange.outcome(name)
            if isinstance(known, Order):
                self.add(name, known)
            elif known is not None and known.outcome in (Outcome.NOT_SENT, Outcome.REJECTED):
                self.expect_no_more(name)

    def add(self, client_order_id: str, order: Order) -> None:
        """Follow an order."""
        self.expect_no_more(client_order_id)
        if (known := self._tracked.get(client_order_id)) is not None:
            self.see(order, known.order_id)
            return
        tracked = _Tracked(client_order_id, order)
        self._tracked[client_order_id] = self._by_id[order.order_id] = tracked
        for listening in self._listening:
            listening.recall(order.order_id)
        if len(self._tracked) > REMEMBERED:
            oldest = next((one for one in self._tracked.values() if not one.followed), None)
            if oldest is not None:
                del self._tracked[oldest.client_order_id]
                for order_id in oldest.parts:
                    self._by_id.pop(order_id, None)

    def see(self, order: Order, asked: str | None = None) -> None:
        """Take a reading in, unless it is older than what is known: readings overtake one another.

        Args:
            order: As read.
            asked: The id that it was asked for by: where an edit makes a new order, the old id gives that one.
        """
        tracked = self._by_id.get(order.order_id)
        if tracked is None:
            former = [self._by_id[name] for name in (asked, order.replaces) if name is not None and name in self._by_id]
            if not former:
                return
            tracked = former[0]
            self._rename(tracked, order.order_id)
        known = tracked.order
        if order.order_id != tracked.order_id:
            return  # what it was before it was edited
        if tracked.edited or _advances(known, order):
            tracked.take(order)

    def _rename(self, tracked: _Tracked, order_id: str) -> None:
        tracked.order_id = order_id
        tracked.part(order_id)
        self._by_id[order_id] = tracked  # fills come by the old id too
        for listening in self._listening:
            listening.recall(order_id)

    def _follow_edits(self) -> None:
        """Know orders by the ids that edits have given them."""
        for tracked in list(self._tracked.values()):
            order_id = current_id(self._exchange, tracked.order_id)
            if order_id != tracked.order_id:
                self._rename(tracked, order_id)

    async def updates(self, interval_s: float = 1.0, *, until_closed: bool = True) -> AsyncGenerator[OrderUpdate, None]:
        """Iterate over changes: as they are pushed where the venue streams them, else, and while the stream does not
        stand, by looking every `interval_s` seconds; more rarely while the venue cannot be read.

        Args:
            interval_s: Seconds.
            until_closed: End when no order is open any more and all fills are in; else go on until the loop is left.
        """
        if not 0 < interval_s < float("inf"):
            raise InvalidRequest("interval_s must be seconds, more than 0")
        listening = Listening(self._exchange, self._by_id.__contains__)
        self._listening.add(listening)
        listening.start()
        caught_up, quiet, back_off = False, False, 1

        def untold(one: _Tracked) -> bool:
            """The stream says nothing of it: forgotten by the venue, pushed to nobody, or fills that it never tells."""
            waits = not listening.tells_fills and one.owed > 0
            return one.edited or waits or (quiet and not listening.open(one.order_id))

        try:
            while True:
                failed, live = False, listening.live
                self._take_up()
                self._follow_edits()
                await self._hear(listening)
                if not live or not caught_up:
                    failed = await self._look(self._followed())
                else:
                    failed = await self._look([one for one in self._followed() if untold(one)])
                caught_up = live and not failed
                for tracked in list(self._tracked.values()):
                    update = self._news(tracked)
                    if update is not None:
                        yield update
                if until_closed and not self._followed():
                    return
                back_off = min(2 * back_off, LONGEST_BACK_OFF) if failed else 1
                quiet = not await listening.wait(interval_s * back_off)
        finally:
            self._listening.discard(listening)
            listening.stop()

    def _followed(self) -> list[_Tracked]:
        return [tracked for tracked in self._tracked.values() if tracked.followed or self._may_go_on(tracked)]

    def _may_go_on(self, tracked: _Tracked) -> bool:
        """It has ended while it is edited: another may take its place, of which no answer has told yet."""
        return tracked.order.status.is_final and may_be_replaced(self._exchange, tracked.order_id)

    async def _hear(self, listening: Listening) -> None:
        """Take in what was pushed."""
        for item in listening.take():
            if isinstance(item, Order):
                self.see(item)
            else:
                await self._take(self._by_id[item.order_id], item)

    def _news(self, tracked: _Tracked) -> OrderUpdate | None:
        told, order = tracked.told, tracked.order
        # What an edit has put in its place may not be readable yet; the end of the former order is none of the order's.
        replaced = tracked.edited and order.status.is_final and not tracked.let_go
        if (told == order and not tracked.new_fills) or replaced or self._may_go_on(tracked):
            return None
        filled = tracked.filled
        update = OrderUpdate(
            client_order_id=tracked.client_order_id,
            order=order,
            previous=told,
            filled=subtract(filled, tracked.told_filled),
            fills=tuple(tracked.new_fills),
        )
        tracked.told, tracked.told_filled, tracked.new_fills = order, filled, []
        return update

    async def _look(self, followed: list[_Tracked]) -> bool:
        """Read these once; True when the venue could not be read."""
        failed = False
        for symbol in dict.fromkeys(tracked.order.venue_symbol for tracked in followed):
            mine = [tracked for tracked in followed if tracked.order.venue_symbol == symbol]
            try:
                odd = await self._read_orders(symbol, [one for one in mine if one.is_open])
                await self._read_fills(symbol, [one for one in mine if one.owed > 0])
                if odd is not None:
                    raise odd
            except FuturesAsyncError as error:
                failed = True
                logger.warning("%s: orders of %s could not be followed: %s", self._exchange.id, symbol, error)
        return failed

    async def _read_orders(self, symbol: str, mine: list[_Tracked]) -> DecodeError | None:
        """Read them; what is wrong with one that cannot be read, which keeps no other from it."""
        if not mine:
            return None
        odd: DecodeError | None = None
        # What cannot be read of the list, if it is one of these, is asked for by its id.
        listed, _ = await readable(self._exchange.fetch_open_orders(symbol))
        open_now = {order.order_id: order for order in listed}
        for tracked in mine:
            asked = tracked.order_id
            order = open_now.get(asked)
            try:
                if order is None:
                    order = await self._read_one(tracked)
            except DecodeError as error:
                odd = error
            if order is not None:
                if order.status is not OrderStatus.UNKNOWN:
                    tracked.looks_in_vain = 0
                self.see(order, asked)
        return odd

    async def _read_one(self, tracked: _Tracked) -> Order | None:
        try:
            order = await self._exchange.fetch_order(tracked.order.venue_symbol, order_id=tracked.order_id)
        except OrderNotFound:
            self._in_vain(tracked, "the venue does not know it")
            return None
        if order.status is OrderStatus.UNKNOWN:
            self._in_vain(tracked, "the venue says a status that is not known")
        return order

    def _in_vain(self, tracked: _Tracked, why: str) -> None:
        tracked.looks_in_vain += 1
        if tracked.looks_in_vain >= PATIENCE:
            tracked.let_go = True
            logger.warning("order %s is not followed any more: %s", tracked.client_order_id, why)

    async def _read_fills(self, symbol: str, owed: list[_Tracked]) -> None:
        if not owed:
            return
        if self._exchange.supports(Capability.FETCH_FILLS):
            fills: Sequence[Fill] = await self._list_fills(symbol, owed)
        else:
            fills = [fill for tracked in owed if (fill := _fill_of(tracked)) is not None]
        for fill in sorted(fills, key=lambda fill: fill.created_ms or 0):
            tracked = self._by_id.get(fill.order_id)
            if tracked is not None:
                await self._take(tracked, fill)
        for tracked in owed:
            if tracked.owed > 0 and tracked.order.status.is_final:
                self._in_vain(tracked, "its fills are not listed")

    async def _list_fills(self, symbol: str, owed: list[_Tracked]) -> Sequence[Fill]:
        parts = {order_id: part for one in owed for order_id, part in one.parts.items() if part.owed > 0}
        made = [part.created_ms for part in parts.values()]
        since_ms = min(at for at in made if at is not None) - FILLS_BEFORE_MS if None not in made else None
        fills = await self._readable_fills(symbol, since_ms=since_ms)
        listed: dict[str, Decimal] = {}
        for fill in fills:
            listed[fill.order_id] = add(listed.get(fill.order_id, ZERO), fill.quantity)
        short = any(listed.get(order_id, ZERO) < part.filled for order_id, part in parts.items())
        if fills and short and since_ms is not None:
            # A large order has more executions than a page has rows, and so have others beside it.
            return await self._readable_fills(symbol, since_ms=since_ms, limit=MOST_FILLS)
        return fills

    async def _readable_fills(self, symbol: str, **bounds: Any) -> Sequence[Fill]:
        fills, unread = await readable(self._exchange.fetch_fills(symbol, **bounds))
        if unread:
            logger.warning("fills of %s: %s", symbol, unread_rows(unread, fills).text)
        return fills

    async def _take(self, tracked: _Tracked, fill: Fill) -> None:
        try:
            if not self.book.knows(fill) and self._exchange.supports(Capability.FETCH_CONTRACT):
                self.book.learn(await self._exchange.fetch_contract(fill.venue_symbol))
            effect = self.book.apply(fill, tracked.order.position_side)
        except FuturesAsyncError as unknown:  # it stays owed: the next look finds it again
            logger.warning("%s: a fill of %s cannot be counted yet: %s", fill.venue, fill.symbol, unknown)
            return
        if effect is None:
            return
        part = tracked.part(fill.order_id)
        part.listed = add(part.listed, fill.quantity)
        part.spent = add(part.spent, multiply(fill.quantity, fill.price))
        tracked.looks_in_vain = 0
        tracked.new_fills.append(effect)
        if self._on_fill is not None:
            error = await failure_of(called(self._on_fill, effect))
            if error is not None:
                logger.error("on_fill failed for fill %s", fill.fill_id, exc_info=error)


def _advances(known: Order, order: Order) -> bool:
    """Whether a reading tells what came later; what has ended stands no more."""
    if not known.status.is_final:
        return advances(known, order)
    return order.status.is_final and (order.filled_quantity or ZERO) >= (known.filled_quantity or ZERO)


def _fill_of(tracked: _Tracked) -> Fill | None:
    """One execution for what is filled since the last look, at a venue that lists none; None without a price."""
    order, part = tracked.order, tracked.part(tracked.order.order_id)
    price, quantity = order.average_price or order.price, part.owed
    if price is None or quantity <= 0:
        return None
    value = subtract(multiply(part.filled, price), part.spent)
    return Fill(
        venue=order.venue,
        fill_id=f"{order.order_id}:{part.filled}",
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        venue_symbol=order.venue_symbol,
        side=order.side,
        price=divide(value, quantity),
        quantity=quantity,
        created_ms=order.updated_ms or order.created_ms or 0,
    )
