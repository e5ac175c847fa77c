"""Orders that survive a crash: written down before they are sent, followed until they are closed."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import AsyncGenerator, Callable, Hashable
from types import TracebackType
from typing import Literal, Self

import anyio
import msgspec

from futures_async.journal.journal import IntentRecord, Journal
from futures_async.journal.opening import Place, default_journal, open_journal
from futures_async.manager.fills import FillEffect, PositionBook
from futures_async.manager.slicing import SlicedResult, Slicer
from futures_async.manager.tracking import OrderUpdate, Tracker
from futures_async.trading.books import BY_HAND, QUEUE_S
from futures_async.trading.handing import Handed, handing_on
from futures_async.trading.hooks import proves_absence, signed_by_ms
from futures_async.trading.journalling import write_intent, write_verdict
from futures_async.trading.planning import check_request, make_client_order_id
from futures_async.trading.recovering import resolve_intent
from futures_async.transport import asleep
from futures_async.transport.running import current_runtime
from futures_async.unified.convert import Number, to_decimal
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import (
    ConnectFailed,
    DeadlineExpired,
    FuturesAsyncError,
    InvalidOrder,
    InvalidRequest,
    OrderNotPlaced,
    OutcomeUnknown,
    QueueFull,
)
from futures_async.unified.exchange import SEND_WITHIN_S, FuturesExchange
from futures_async.unified.given import check_call, check_kind, wrong
from futures_async.unified.models import Order, OrderRequest

logger = logging.getLogger("futures_async.orders")

FIRST_PAUSE_S = 0.5
"""Before an order is placed again; doubled each time."""
RESOLVING_AT_ONCE = 64
"""Most of them wait for their fence, not for the venue."""

_slicing: set[Hashable] = set()
"""Groups that are being placed in this process, whichever manager it is that does."""


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """What `OrderManager.recover` found out about each open intent."""

    placed: tuple[Order, ...]
    """Found at the venue."""
    not_placed: tuple[IntentRecord, ...]
    """Proved absent: they may be placed again, under new ids."""
    unknown: tuple[tuple[IntentRecord, FuturesAsyncError], ...]
    """Still open, and why; they stay in the journal for the next `recover`."""


class _Bound:
    """Until when an order may be signed: who proves later that it does not stand may place it anew."""

    ms: int | None = None
    """Venue time; None: not known."""

    def __init__(self) -> None:
        self._asleep_s = asleep.asleep_s()

    async def passed(self, exchange: FuturesExchange, error: FuturesAsyncError, pause_s: float = 0.0) -> bool:
        """It is later by now, at the venue, or this computer has slept since this was made.

        Args:
            exchange: Where the order was to be placed.
            error: What it ended with.
            pause_s: Seconds that were waited since then.
        """
        if asleep.asleep_s() - self._asleep_s > asleep.SLEPT_S:
            return True
        if self.ms is None or isinstance(error, OrderNotPlaced):  # to prove that takes until its fence, awake too
            return False
        bound_ms = await signed_by_ms(exchange)
        return bound_ms is not None and bound_ms - self.ms > (QUEUE_S + pause_s) * 1000


class OrderManager:
    """Places, cancels, slices and follows the orders of one account.

    Give the exchange object the same journal: it then also notes until when each order can still land, which makes
    `recover` wait no longer than it must, and verdicts that come after a caller was cancelled.

    Args:
        exchange: An open exchange with credentials; it stays its owner's. Its account is known in the journal by the
            uid of its credentials, or by a digest of the key: give a uid always or never, or intents are not found.
            Demo and simulated venues, and vaults, are accounts of their own.
        journal: A journal, the path of an SQLite file, or `postgresql://…` (see `PostgresJournal`); None is one file
            for all in the user's state folder.
            A journal given as object stays its owner's.
        on_fill: Called with each fill of an order that this manager placed, once, while `track` runs; awaited where it
            is async.
        book: What fills are counted into; None begins flat.
        now_ms: Clock for the journal's `created_ms`, Unix milliseconds.

    Raises:
        InvalidRequest: One of these is no such thing.
    """

    def __init__(
        self,
        exchange: FuturesExchange,
        *,
        journal: Journal | Place | None = None,
        on_fill: Callable[[FillEffect], object] | None = None,
        book: PositionBook | None = None,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self.exchange = exchange
        self._owns_journal = not isinstance(journal, Journal)
        try:
            if journal is None:
                journal = default_journal()
            self.journal = journal if isinstance(journal, Journal) else open_journal(journal)
        finally:
            del journal  # A traceback that shows locals shows those of this frame, and a URL may hold a password.
        if not hasattr(exchange, "create_order"):
            raise wrong("exchange", "an exchange object, such as fa.connect() makes", exchange)
        check_call("now_ms", now_ms)
        if on_fill is not None:
            check_call("on_fill", on_fill)
        if book is not None:
            check_kind("book", book, PositionBook, "a PositionBook")
        self._now_ms = now_ms
        self._busy: set[str] = set()
        self._tracker = Tracker(exchange, PositionBook() if book is None else book, on_fill, self._busy)

    @property
    def book(self) -> PositionBook:
        """Positions and realized profit, as the fills made them."""
        return self._tracker.book

    @property
    def orders(self) -> dict[str, Order]:
        """Orders of this manager as last seen, by client order id (the local one where the venue has none)."""
        return self._tracker.orders

    async def aclose(self) -> None:
        """Close the journal, where it was opened here. Orders stay as they are."""
        if self._owns_journal:
            await self.journal.aclose()

    async def __aenter__(self) -> Self:
        await self.journal.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        await self.aclose()

    # Placing and cancelling

    async def submit(
        self,
        request: OrderRequest,
        *,
        on_unknown: Literal["resolve", "raise"] = "resolve",
        attempts: int = 1,
        group: str | None = None,
    ) -> Order:
        """Write the order down, place it, write down what became of it.

        An order is placed again only when it is proved that it does not stand: never sent, or absent after its
        fence. (The seeds' `place_order_with_retry` tries again after any exception: 219 of 1,000 orders twice.)

        Args:
            request: What to place.
            on_unknown: As in `create_order`.
            attempts: Place it so often at most; each further time under a new client id. No further time where this
                computer slept meanwhile: the account may have another owner by then.
            group: Names what belongs together in the journal, such as the parts of one large order. `Journal.prune`
                drops a group as a whole, and only when it is over: name none that never ends, such as a strategy.

        Raises:
            InvalidOrder: The request cannot be right.
            InvalidRequest: Its id stands in the journal as an order that was placed, or whose fate is open: `recover`
                first. Or another process called it absent just now. Nothing was sent, and what stands there is left as
                it is.
            DeadlineExpired: It was too late to send it by the time that its intent stood there, or this computer slept
                meanwhile; nothing was sent.
            JournalFailed: It could not be written down, so it was not sent.
            OrderOutcomeUnknown: Its intent stays open: see `recover`.
            FuturesAsyncError: As `create_order`.
        """
        if attempts < 1:
            raise InvalidRequest("attempts must be 1 or more")
        for attempt in range(1, attempts):
            bound = _Bound()
            try:
                return await self._submit(request, on_unknown, group, bound)
            except (ConnectFailed, DeadlineExpired, QueueFull, OrderNotPlaced) as error:
                if await bound.passed(self.exchange, error):
                    raise
                logger.warning("%s: attempt %d of %d: %s", self.exchange.id, attempt, attempts, error)
                pause_s = FIRST_PAUSE_S * 2 ** (attempt - 1)
                await anyio.sleep(pause_s)
                if await bound.passed(self.exchange, error, pause_s):
                    raise
            request = msgspec.structs.replace(request, client_order_id=None)
        return await self._submit(request, on_unknown, group, _Bound())

    async def _submit(
        self, request: OrderRequest, on_unknown: Literal["resolve", "raise"], group: str | None, bound: _Bound
    ) -> Order:
        request = check_request(request)
        client_order_id = request.client_order_id or make_client_order_id()
        record = self._record(request, client_order_id, group)
        sent_as = client_order_id if self.exchange.takes_client_order_id else None
        if client_order_id in self._busy:
            raise InvalidOrder(f"client_order_id {client_order_id} is just being placed: every order needs its own")
        self._busy.add(client_order_id)
        try:
            began = anyio.current_time()
            bound.ms = await signed_by_ms(self.exchange)
            runtime = current_runtime()
            await write_intent(runtime, self.journal, record, began + SEND_WITHIN_S)
            if sent_as is not None:
                self._tracker.expect(client_order_id)
            try:
                with handing_on(Handed(record, bound.ms, named=sent_as is not None)):
                    # From the row on: who finds it without a fence, here or elsewhere, allows it no more than that.
                    # This clock stands still while the computer sleeps: the venue's bounds it too.
                    order = await self.exchange.create_order(
                        msgspec.structs.replace(request, client_order_id=sent_as),
                        on_unknown=on_unknown,
                        send_within_s=SEND_WITHIN_S - (anyio.current_time() - began),
                    )
            except FuturesAsyncError as error:
                # No outcome means that nothing is proved: the intent stays open.
                if error.outcome is not None and error.outcome is not Outcome.UNKNOWN:
                    if error.outcome is not Outcome.NOT_PLACED:  # one that was proved absent may still come late
                        self._tracker.expect_no_more(client_order_id)
                    await write_verdict(runtime, self.journal, record, error.outcome)
                raise
            self._tracker.add(client_order_id, order)
            await write_verdict(runtime, self.journal, record, None, order.order_id)
        finally:
            self._busy.discard(client_order_id)
        return order

    async def cancel(self, order: Order | str) -> Order:
        """Cancel an order and return it as read afterwards: it may have filled before.

        Args:
            order: The order, or the client order id of one of this manager's.

        Raises:
            InvalidRequest: No order of this manager has that id.
            FuturesAsyncError: As `cancel_order`.
        """
        if isinstance(order, str):
            known = self.orders.get(order)
            if known is None:
                raise InvalidRequest(f"no order of this manager has the client order id {order!r}")
            order = known
        if not isinstance(order, Order):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without types
            raise InvalidRequest(f"cancel takes an Order or a client order id, not a {type(order).__name__}")
        after = await self.exchange.cancel_order(order.symbol, order_id=order.order_id)
        self._tracker.see(after, order.order_id)
        return after

    async def recover(self) -> Recovery:
        """Find out what became of every intent of this account that has no verdict. Call it at each start.

        Waits until the fence of those that are not found has passed (seconds to about a minute, for all together).
        Orders that this manager is just placing are left alone. Nothing is ever sent again.
        """
        placed: list[Order] = []
        not_placed: list[IntentRecord] = []
        unknown: list[tuple[IntentRecord, FuturesAsyncError]] = []
        at_once = anyio.CapacityLimiter(RESOLVING_AT_ONCE)

        async def resolve(record: IntentRecord) -> None:
            async with at_once:
                try:
                    order = await self.resolve(record)
                except FuturesAsyncError as error:
                    unknown.append((record, error))
                    return
            if order is None:
                not_placed.append(record)
            else:
                placed.append(order)

        records = await self.journal.open_intents(self.exchange.id, self.exchange.account_id)
        async with anyio.create_task_group() as tasks:
            for record in records:
                if record.client_order_id not in self._busy:
                    tasks.start_soon(resolve, record)
        return Recovery(placed=tuple(placed), not_placed=tuple(not_placed), unknown=tuple(unknown))

    async def resolve(self, record: IntentRecord) -> Order | None:
        """Find out what became of one intent, and write it down; None when it is proved absent.

        Raises:
            OrderOutcomeUnknown: It cannot be told; the intent stays open.
            ResponseMismatch: Another order stands under its id; the intent stays open.
            FuturesAsyncError: The venue could not be asked.
        """
        if not self.exchange.takes_client_order_id:
            unknown = OutcomeUnknown(
                f"{record.venue}: it is not known what became of order {record.client_order_id} of {record.symbol}",
                venue=record.venue,
                symbol=record.symbol,
                client_order_id=record.client_order_id,
                fence_until_ms=record.fence_ms,
            )
            unknown.advice = BY_HAND
            raise unknown
        order = await resolve_intent(self.exchange, record)
        if order is not None:
            await write_verdict(current_runtime(), self.journal, record, None, order.order_id)
            if proves_absence(self.exchange, record.type):  # else the calls of other orders cannot follow it
                self._tracker.add(record.client_order_id, order)
        else:
            await write_verdict(current_runtime(), self.journal, record, Outcome.NOT_PLACED)
        return order

    # Following

    def track(self, *, interval_s: float = 1.0, until_closed: bool = True) -> AsyncGenerator[OrderUpdate, None]:
        """Iterate over changes of this manager's orders; `on_fill` is awaited for each of their fills.

        Where the venue streams orders, changes come as they are pushed, and nothing is read while the stream stands;
        elsewhere the venue is read, less often when it cannot be read for a while, which ends nothing. What was placed
        before, or found by `recover`, is included. Leave the loop early under `contextlib.aclosing`.

        Args:
            interval_s: Seconds between looks, where, or while, nothing is streamed.
            until_closed: End when no order is open any more, none is being placed or of unknown fate (`recover` and
                `resolve` settle that), and all fills are in; else only when the loop is left. Either way it ends when
                the exchange object is closed.
        """
        return self._tracker.updates(interval_s, until_closed=until_closed)

    async def submit_sliced(
        self,
        request: OrderRequest,
        *,
        max_quantity: Number,
        pause: tuple[float, float] = (0.1, 0.3),
        group: str | None = None,
        rng: random.Random | None = None,
    ) -> SlicedResult:
        """Place a large order in parts of at most `max_quantity`, with random pauses; never more than the total.

        Each part is a whole number of steps, and under no minimum of the venue's: neither its quantity nor, unless
        the order closes, its value (a market order's at the last price). It stops at the first part that was refused,
        or whose fate is not known, and says so in the result. To go on, also after a crash, call it again with the
        same request and the group of the result (or one of your own from the start): what was placed before is found
        in the journal and counted. Of contracts that are worth a fixed amount of quote coin (`Contract.contract_value`)
        whole numbers of them are placed, which are what is counted: only limit orders have them.

        Args:
            request: The whole order; without a client order id, each part gets its own.
            max_quantity: Largest part, in base coin.
            pause: Shortest and longest pause between parts, seconds.
            group: Names the parts in the journal; None makes a new one.
            rng: Where pauses come from.

        Raises:
            InvalidOrder: The quantity cannot be cut so; nothing was sent.
            InvalidRequest: The group belongs to another order, has placed more than this one asks for, or is under
                way by another call.
        """
        request = check_request(request)
        slicer = Slicer(self, request, request.quantity, to_decimal(max_quantity, "max_quantity"), group)
        group_there = (self.journal.place, self.exchange.id, self.exchange.account_id, slicer.group)
        if group_there in _slicing:  # two at once would each place what is still missing
            raise InvalidRequest(f"{slicer.group} is being placed by another call: wait for its end")
        _slicing.add(group_there)
        try:
            return await slicer.run(pause, rng or random.SystemRandom())
        finally:
            _slicing.discard(group_there)

    # Inside

    def _record(self, request: OrderRequest, client_order_id: str, group: str | None) -> IntentRecord:
        venue_symbol = self.exchange.venue_symbol(request.symbol)
        return IntentRecord(
            venue=self.exchange.id,
            account=self.exchange.account_id,
            client_order_id=client_order_id,
            symbol=self.exchange.unified_symbol(venue_symbol),
            venue_symbol=venue_symbol,
            side=request.side,
            type=request.type,
            quantity=request.quantity,
            price=request.price,
            intent=request.intent,
            created_ms=self._now_ms(),
            group=group,
        )
