"""A write-ahead journal of orders: the intent before the first byte leaves, the verdict after.

An intent without a verdict *is* an order of unknown fate, so nothing has to be written at a crash. What stands in
a journal are ids, sizes and times; never a key. One journal serves any number of venues and accounts; it belongs
to one event loop, and to one process at a time for each account.
"""

from __future__ import annotations

import logging
import secrets
from abc import ABC, abstractmethod
from collections.abc import Hashable
from decimal import Decimal
from enum import StrEnum
from types import TracebackType
from typing import Self

import msgspec

from futures_async.unified.callbacks import failure_of
from futures_async.unified.enums import Intent, OrderType, Outcome, Side
from futures_async.unified.errors import InvalidRequest, NotSent

logger = logging.getLogger("futures_async.journal")


class JournalFailed(NotSent):
    """The journal cannot be opened, read or written. An order whose intent cannot be written is not sent."""

    advice = "see that it can be read and written here, then try again"


class Verdict(StrEnum):
    """What became of an intent for certain. The words of `Outcome`, and PLACED; UNKNOWN is no verdict."""

    PLACED = "placed"
    NOT_SENT = "not_sent"
    REJECTED = "rejected"
    NOT_PLACED = "not_placed"


class IntentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One order that is about to be sent."""

    venue: str
    """Id of the adapter."""
    account: str
    """What names the account (`FuturesExchange.account_id`), never a key; "" without credentials."""
    client_order_id: str
    """The id that it is sent under, or a local one where the venue has no field for it."""
    symbol: str
    """Unified symbol."""
    venue_symbol: str
    """The venue's own id of the contract."""
    side: Side
    """What the market will see."""
    type: OrderType
    """How it is priced."""
    quantity: Decimal
    """In base coin."""
    price: Decimal | None = None
    """Limit price, in quote coin."""
    intent: Intent = Intent.OPEN
    """Whether it opens or closes."""
    signed_ms: int | None = None
    """Venue time at which it was signed last, Unix milliseconds, where known."""
    fence_ms: int | None = None
    """Venue time after which it can no longer land, Unix milliseconds, where known."""
    created_ms: int
    """When the intent was made, Unix milliseconds."""
    group: str | None = None
    """What slices of one large order have in common."""
    attempt: str = msgspec.field(default_factory=lambda: secrets.token_hex(8))
    """A random word of the one placement that writes this; "" in what earlier versions wrote."""


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An intent and what is known of it."""

    record: IntentRecord
    """The order."""
    verdict: Verdict | None = None
    """None while its fate is not certain."""
    order_id: str | None = None
    """The venue's id, where it was placed and named one."""


class Journal(ABC):
    """Where intents and verdicts are kept. Use it as `async with`, or call `aclose()`."""

    @abstractmethod
    async def intent(self, record: IntentRecord) -> None:
        """Write an intent so that it survives a crash; returns when it does.

        The same attempt may be written again (with a better fence, or a group) while it has no verdict: later times
        win. An id under which nothing stands at the venue for certain may be used again, by another attempt.

        Raises:
            InvalidRequest: The id is taken: by an order that was placed, or by an attempt whose fate is open; or this
                very attempt was called absent meanwhile; or a text is none that can be written. Do not send the order.
            JournalFailed: It could not be written: do not send the order.
        """

    @abstractmethod
    async def verdict(
        self,
        client_order_id: str,
        outcome: Outcome | None,
        order_id: str | None = None,
        *,
        venue: str,
        account: str,
        attempt: str | None = None,
    ) -> None:
        """Write what became of an intent. Never raises for a failing disk: the intent then stays open, and is logged.

        Args:
            client_order_id: The id of the intent; one that is not in the journal is ignored.
            outcome: None: it was placed, which no later verdict takes back. `Outcome.UNKNOWN` leaves it open.
            order_id: The venue's id, where it was placed.
            venue: Id of the adapter. An id names an order of one account only: others may have sent the same signal.
            account: As in the intent.
            attempt: Only if the intent is still this attempt's; None: whoever's it is.
        """

    @abstractmethod
    async def open_intents(self, venue: str, account: str) -> list[IntentRecord]:
        """Return the intents without a verdict of one account, oldest first."""

    @abstractmethod
    async def group(self, venue: str, account: str, group: str) -> list[JournalEntry]:
        """Return all intents of a group, oldest first, with their verdicts."""

    @abstractmethod
    async def prune(self, before_ms: int) -> int:
        """Drop what has its verdict and was created before `before_ms`; how many. Open intents always stay.

        So do groups of which an intent is open, or newer: what is missing of an order in slices is told by all of
        them. A group that is to be taken up later must not be older than this.
        """

    @property
    def place(self) -> Hashable:
        """Where it is kept: equal for objects that write into the same one."""
        return id(self)

    async def open(self) -> None:  # noqa: B027 - a journal in memory has nothing to open
        """Open it now, so that what is wrong with it is said here and not at the first order; `async with` does.

        Raises:
            JournalFailed: It cannot be used.
        """

    async def aclose(self) -> None:  # noqa: B027 - a journal in memory holds nothing
        """Close files. Nothing is lost without it."""

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        await self.aclose()


async def note_verdict(
    journal: Journal, record: IntentRecord, outcome: Outcome | None, order_id: str | None = None
) -> None:
    """`Journal.verdict` of a journal that may be somebody else's: an order's end reaches its caller whatever it raises.

    Args:
        journal: Where the intent stands.
        record: The intent.
        outcome: As there.
        order_id: As there.
    """
    writing = journal.verdict(
        record.client_order_id,
        outcome,
        order_id,
        venue=record.venue,
        account=record.account,
        attempt=record.attempt,
    )
    error = await failure_of(writing)
    if error is not None:
        logger.error(
            "the verdict on %s could not be written, its intent stays open", record.client_order_id, exc_info=error
        )


def check_texts(record: IntentRecord) -> None:
    """Refuse what no database can write: there it would end what others write in the same transaction.

    Raises:
        InvalidRequest: It does not write `record`.
    """
    for name in ("venue", "account", "client_order_id", "symbol", "venue_symbol", "group"):
        text: object = getattr(record, name)
        if text is None:
            continue
        if not isinstance(text, str) or "\0" in text or text.encode(errors="replace").decode() != text:
            raise InvalidRequest(f"{name} must be text that can be written down, not {text!r:.60}")


def again(old: JournalEntry, new: IntentRecord) -> JournalEntry:
    """What stands in a journal after `new` was written over `old`.

    Raises:
        InvalidRequest: The id is taken: by an order that was placed, or by an attempt whose fate is open; or `new` is
            the attempt that has its verdict.
    """
    if old.verdict is Verdict.PLACED:
        raise InvalidRequest(f"client_order_id {new.client_order_id} stands in the journal as an order that was placed")
    if old.verdict is not None:
        if old.record.attempt == new.attempt:
            # Whoever proved it may have placed it anew: were it sent now, both would stand.
            raise InvalidRequest(
                f"client_order_id {new.client_order_id} was judged meanwhile: the journal says {old.verdict.value} of "
                "this very attempt, by another process or an earlier call; nothing was sent now"
            )
        return JournalEntry(record=new)  # proved that nothing stands under it: the id is free
    if old.record.attempt != new.attempt:
        # Venues refuse an id that is used twice among open orders at most: had the first one filled, both would.
        raise InvalidRequest(
            f"client_order_id {new.client_order_id} stands in the journal as an order whose fate is open: it may stand "
            "at the venue, and nothing was sent now; OrderManager.recover() finds out what became of it"
        )
    record = msgspec.structs.replace(
        old.record,
        signed_ms=_later(old.record.signed_ms, new.signed_ms),
        fence_ms=_later(old.record.fence_ms, new.fence_ms),
        group=old.record.group or new.group,
    )
    return JournalEntry(record=record, order_id=old.order_id)


def decided(old: JournalEntry, outcome: Outcome | None, order_id: str | None, attempt: str | None) -> JournalEntry:
    """What stands in a journal after a verdict: placed is final; unknown, or another attempt's end, changes nothing."""
    if old.verdict is Verdict.PLACED or outcome is Outcome.UNKNOWN or attempt not in (None, old.record.attempt):
        return old
    verdict = Verdict.PLACED if outcome is None else Verdict(outcome.value)
    return JournalEntry(record=old.record, verdict=verdict, order_id=order_id or old.order_id)


def _later(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


class MemoryJournal(Journal):
    """A journal that ends with the process: for tests, and to see open questions in one place."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str, str], JournalEntry] = {}

    async def intent(self, record: IntentRecord) -> None:
        check_texts(record)
        key = (record.venue, record.account, record.client_order_id)
        old = self._entries.get(key)
        self._entries[key] = JournalEntry(record=record) if old is None else again(old, record)

    async def verdict(
        self,
        client_order_id: str,
        outcome: Outcome | None,
        order_id: str | None = None,
        *,
        venue: str,
        account: str,
        attempt: str | None = None,
    ) -> None:
        key = (venue, account, client_order_id)
        if key in self._entries:
            self._entries[key] = decided(self._entries[key], outcome, order_id, attempt)

    async def open_intents(self, venue: str, account: str) -> list[IntentRecord]:
        return [
            entry.record
            for key, entry in self._entries.items()
            if key[:2] == (venue, account) and entry.verdict is None
        ]

    async def group(self, venue: str, account: str, group: str) -> list[JournalEntry]:
        return [
            entry for key, entry in self._entries.items() if key[:2] == (venue, account) and entry.record.group == group
        ]

    async def prune(self, before_ms: int) -> int:
        fresh = {
            key for key, entry in self._entries.items() if entry.verdict is None or entry.record.created_ms >= before_ms
        }
        kept = {(*key[:2], self._entries[key].record.group) for key in fresh}
        old = [
            key
            for key, entry in self._entries.items()
            if key not in fresh and (entry.record.group is None or (*key[:2], entry.record.group) not in kept)
        ]
        for key in old:
            del self._entries[key]
        return len(old)
