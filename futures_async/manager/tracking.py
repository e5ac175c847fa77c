"""Orders followed until they are closed, and their fills counted once."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from futures_async.manager.fills import FillEffect, PositionBook
from futures_async.manager.listening import Listening
from futures_async.manager.tracked import Tracked, succeeds, unlisted_fill
from futures_async.trading.hooks import current_id, is_closed, may_be_replaced, placement, undecided
from futures_async.unified.callbacks import called, failure_of
from futures_async.unified.enums import OrderStatus, Outcome
from futures_async.unified.errors import DecodeError, FuturesAsyncError, InvalidRequest, OrderNotFound, unread_rows
from futures_async.unified.exact import ZERO, add, multiply, subtract
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


class Tracker:
    """The orders of one manager.

    Args:
        exchange: The account's.
        book: What fills are counted into.
        on_fill: Called with each fill.
        placing: The ids of what is just being placed; it changes.
    """

    def __init__(
        self,
        exchange: FuturesExchange,
        book: PositionBook,
        on_fill: Callable[[FillEffect], object] | None,
        placing: Collection[str] = (),
    ) -> None:
        self.book = book
        self._exchange = exchange
        self._on_fill = on_fill
        self._placing = placing
        self._tracked: dict[str, Tracked] = {}
        self._by_id: dict[str, Tracked] = {}
        self._listening: set[Listening] = set()
        self._expected: dict[str, object] = {}
        """By client order id what was placed, or may have been, when nobody waited for it any more: the placement that
        the exchange object knew by this id before, which is another one's."""

    @property
    def orders(self) -> dict[str, Order]:
        """As last seen, by client order id."""
        self._take_up()
        return {name: tracked.order for name, tracked in self._tracked.items()}

    def expect(self, client_order_id: str) -> None:
        """An order is about to be placed: it is followed once it stands, also where its caller has gone by then."""
        self._expected[client_order_id] = placement(self._exchange, client_order_id)
        if len(self._expected) > REMEMBERED:
            del self._expected[next(iter(self._expected))]

    def expect_no_more(self, client_order_id: str) -> None:
        """It does not stand."""
        self._expected.pop(client_order_id, None)

    def _take_up(self) -> None:
        """Follow what has come to stand by itself, as the exchange object knows."""
        for name, before in tuple(self._expected.items()):
            if placement(self._exchange, name) is before:
                continue
            known = self._exchange.outcome(name)
            if isinstance(known, Order):
                self.add(name, known)
            elif known is not None and known.outcome in (Outcome.NOT_SENT, Outcome.REJECTED):
                self.expect_no_more(name)

    def _open_questions(self) -> list[str]:
        """Whose placement is under way by itself, or may have come to stand."""
        return [
            name
            for name, before in self._expected.items()
            if placement(self._exchange, name) is not before and undecided(self._exchange, name)
        ]

    def add(self, client_order_id: str, order: Order) -> None:
        """Follow an order."""
        self.expect_no_more(client_order_id)
        if (known := self._tracked.get(client_order_id)) is not None:
            self.see(order, known.order_id)
            return
        tracked = Tracked(client_order_id, order)
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
        if tracked.edited or succeeds(known, order):
            tracked.take(order)

    def _rename(self, tracked: Tracked, order_id: str) -> None:
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
            until_closed: End when no order is open any more, none is being placed or of unknown fate, and all fills are
                in; else go on until the loop is left. Either way it ends when the exchange object is closed.
        """
        if not 0 < interval_s < float("inf"):
            raise InvalidRequest("interval_s must be seconds, more than 0")
        listening = Listening(self._exchange, self._by_id.__contains__)
        self._listening.add(listening)
        listening.start()
        caught_up, quiet, back_off, asked = False, False, 1, False

        def untold(one: Tracked) -> bool:
            """The stream says nothing of it: forgotten by the venue, pushed to nobody, or fills that it never tells."""
            waits = not listening.tells_fills and one.owed > 0
            return one.edited or waits or (quiet and not listening.open(one.order_id))

        try:
            while True:
                failed, live, closed = False, listening.live, is_closed(self._exchange)
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
                if closed:  # what is not known by now is not learned here any more
                    return
                if until_closed and not self._followed() and not self._placing:
                    if not (questions := self._open_questions()):
                        return
                    if not asked:
                        asked = True
                        logger.info("followed until their fate is known, see recover(): %s", ", ".join(questions))
                back_off = min(2 * back_off, LONGEST_BACK_OFF) if failed else 1
                quiet = not await listening.wait(interval_s * back_off)
        finally:
            self._listening.discard(listening)
            listening.stop()

    def _followed(self) -> list[Tracked]:
        return [tracked for tracked in self._tracked.values() if tracked.followed or self._may_go_on(tracked)]

    def _may_go_on(self, tracked: Tracked) -> bool:
        """It has ended while it is edited: another may take its place, of which no answer has told yet."""
        return tracked.order.status.is_final and may_be_replaced(self._exchange, tracked.order_id)

    async def _hear(self, listening: Listening) -> None:
        """Take in what was pushed."""
        for item in listening.take():
            if isinstance(item, Order):
                self.see(item)
            elif (tracked := self._by_id.get(item.order_id)) is not None:  # forgotten since: it was over
                await self._take(tracked, item)

    def _news(self, tracked: Tracked) -> OrderUpdate | None:
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

    async def _look(self, followed: list[Tracked]) -> bool:
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

    async def _read_orders(self, symbol: str, mine: list[Tracked]) -> DecodeError | None:
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

    async def _read_one(self, tracked: Tracked) -> Order | None:
        try:
            order = await self._exchange.fetch_order(tracked.order.venue_symbol, order_id=tracked.order_id)
        except OrderNotFound:
            self._in_vain(tracked, "the venue does not know it")
            return None
        if order.status is OrderStatus.UNKNOWN:
            self._in_vain(tracked, "the venue says a status that is not known")
        return order

    def _in_vain(self, tracked: Tracked, why: str) -> None:
        tracked.looks_in_vain += 1
        if tracked.looks_in_vain >= PATIENCE:
            tracked.let_go = True
            logger.warning("order %s is not followed any more: %s", tracked.client_order_id, why)

    async def _read_fills(self, symbol: str, owed: list[Tracked]) -> None:
        if not owed:
            return
        if self._exchange.supports(Capability.FETCH_FILLS):
            fills: Sequence[Fill] = await self._list_fills(symbol, owed)
        else:
            fills = [fill for tracked in owed if (fill := unlisted_fill(tracked)) is not None]
        for fill in sorted(fills, key=lambda fill: fill.created_ms or 0):
            tracked = self._by_id.get(fill.order_id)
            if tracked is not None:
                await self._take(tracked, fill)
        for tracked in owed:
            if tracked.owed > 0 and tracked.order.status.is_final:
                self._in_vain(tracked, "its fills are not listed")

    async def _list_fills(self, symbol: str, owed: list[Tracked]) -> Sequence[Fill]:
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

    async def _take(self, tracked: Tracked, fill: Fill) -> None:
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
