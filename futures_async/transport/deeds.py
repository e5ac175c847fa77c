"""Writes under way: each goes on to its verdict whatever becomes of its caller, and closing waits for them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Hashable, Sequence
from contextvars import ContextVar
from typing import Any, TypeVar

import msgspec

from futures_async.transport.endpoint import Kind
from futures_async.transport.http.backend import Abort
from futures_async.transport.runtime import Runtime, Work
from futures_async.unified.errors import (
    CancelOutcomeUnknown,
    ClientClosed,
    FuturesAsyncError,
    OrderOutcomeUnknown,
    OutcomeUnknown,
    SettingOutcomeUnknown,
)
from futures_async.unified.inner import inner

logger = logging.getLogger("futures_async.orders")

T = TypeVar("T")

# The write that a call is part of: its flag stops what has not left yet when the write's caller is cancelled.
DEED: ContextVar[Abort | None] = inner("deed", None)

UNKNOWN: dict[Kind, type[OutcomeUnknown]] = {
    Kind.READ: OutcomeUnknown,
    Kind.ORDER: OrderOutcomeUnknown,
    Kind.CANCEL: CancelOutcomeUnknown,
    Kind.SETTING: SettingOutcomeUnknown,
    Kind.DELTA: SettingOutcomeUnknown,
}
"""What a write of each kind ends as when nobody can tell whether it took effect."""

DRAIN_STEP_S = 0.02
MOST_QUESTIONS = 1_000


async def outcome(work: Work[T], abort: Abort) -> T:
    """The end of what was begun; a caller who is cancelled stops what has not left by then."""
    finished = False
    try:
        result = await work.wait()
        finished = True
    except FuturesAsyncError:
        finished = True
        raise
    finally:
        if not finished:
            abort.raised = True
    return result


class Questions:
    """Writes that ended, and nobody knows whether they took effect: beside orders, whose desk keeps account of them."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open: Sequence[tuple[OutcomeUnknown, Hashable]] = ()

    def ask(self, question: OutcomeUnknown, about: Hashable = None) -> None:
        """Enter one, once.

        Args:
            question: What the write ended as.
            about: What a later write of the same kind answers it by.
        """
        kept = [one for one in self._open if not one[0].settled]
        if all(one is not question for one, _ in kept):
            kept.append((question, about))
        self._open = kept[-MOST_QUESTIONS:]

    def answered(self, *abouts: Hashable, past_ms: int | None = None) -> None:
        """What was asked of these is known now; with a time, only of what can take effect no more since then."""
        for question, about in self._open:
            fence_ms = question.fence_until_ms
            if about in abouts and (past_ms is None or (fence_ms is not None and fence_ms < past_ms)):
                question.settled = True

    def open(self) -> list[OutcomeUnknown]:
        """Those that nobody has settled."""
        return [question for question, _ in self._open if not question.settled]


class Deed(msgspec.Struct, frozen=True):
    """A write under way."""

    work: Work[Any]
    kind: Kind
    cancels: bool
    """It only takes orders away: a halt lets it go on."""


class Deeds:
    """The writes of one account that have begun and not ended.

    Args:
        venue: For messages.
        runtime: The event loop in use.
    """

    __slots__ = ("_runtime", "_under_way", "_venue", "closing", "questions")

    def __init__(self, venue: str, runtime: Callable[[], Runtime]) -> None:
        self._venue = venue
        self._runtime = runtime
        self._under_way: dict[Abort, Deed] = {}
        self.questions = Questions()
        self.closing = False
        """Nothing new begins any more."""

    def __len__(self) -> int:
        return len(self._under_way)

    def begin(
        self,
        deed: Callable[[], Coroutine[Any, Any, T]],
        kind: Kind,
        abort: Abort,
        *,
        cancels: bool = False,
        ended: Callable[[], object] | None = None,
    ) -> Work[T]:
        """Start a write that goes on to its verdict whatever becomes of its caller.

        Args:
            deed: The write.
            kind: Of it.
            abort: Stops what has not left yet.
            cancels: It only takes orders away, by whatever calls: a halt lets it go on.
            ended: Called at its end, whatever that is.

        Raises:
            ClientClosed: Nothing new starts any more.
        """
        if self.closing:
            raise ClientClosed(f"{self._venue}: this exchange object is closed; nothing was sent")

        async def run() -> T:
            DEED.set(abort)  # in a context of its own, which ends with it
            try:
                return await deed()
            finally:
                self._under_way.pop(abort, None)
                if ended is not None:
                    ended()

        work = self._runtime().start(run())  # which takes its first step later
        self._under_way[abort] = Deed(work, kind, cancels or kind is Kind.CANCEL)
        return work

    async def see_through(self, deed: Callable[[], Coroutine[Any, Any, T]], kind: Kind, *, cancels: bool = False) -> T:
        """Do a write, and go on to its verdict although the caller may be cancelled; within a write, just do it.

        Arguments as in `begin`.
        """
        if DEED.get() is not None:
            return await deed()

        async def kept() -> T:
            try:
                return await deed()
            except OutcomeUnknown as question:
                self.questions.ask(question)  # also where nobody waits for it any more
                raise

        abort = Abort()
        return await outcome(self.begin(kept, kind, abort, cancels=cancels), abort)

    @property
    def in_vain(self) -> bool:
        """Nobody waits for the write that this call is part of any more: nothing more of it leaves."""
        abort = DEED.get()
        return abort is not None and abort.raised

    @property
    def cancelling(self) -> bool:
        """The write that this call is part of only takes orders away."""
        abort = DEED.get()
        deed = None if abort is None else self._under_way.get(abort)
        return deed is not None and deed.cancels

    def announce(self, until: float, open_questions: Sequence[OutcomeUnknown]) -> None:
        """Say at once what closing waits for: whoever has pressed Ctrl-C sees nothing else happen.

        Args:
            until: When the wait ends at the latest, by the loop's clock.
            open_questions: The writes of which it is known that their fate is open.
        """
        if not self._under_way or until <= (now := self._runtime().now()):
            return
        named = [f"order {one.client_order_id} of {one.symbol}" for one in open_questions if one.client_order_id]
        rest = len(self._under_way) - len(named)
        named += [f"{rest} write{'' if rest == 1 else 's'} under way"] if rest > 0 else []
        logger.warning(
            "%s: closing waits up to %.0f s to learn what became of %s", self._venue, until - now, ", ".join(named)
        )

    async def drain(self, until: float) -> None:
        """Let writes come to their verdict; returns at `until` (the loop's clock) at the latest."""
        runtime = self._runtime()
        while self._under_way and runtime.now() < until:
            await runtime.sleep(DRAIN_STEP_S)

    def stop(self, work: Work[Any], error: FuturesAsyncError) -> None:
        """End a write that took too long: its callers get `error`."""
        self.drop(work)
        work.abandon(error)
        work.cancel()

    def drop(self, work: Work[Any]) -> None:
        """Somebody else keeps account of this one from now on."""
        self._under_way = {abort: held for abort, held in self._under_way.items() if held.work is not work}

    def forsake(self) -> None:
        """The event loop has ended, and what was under way with it: what may have left becomes an open question."""
        for abort, deed in self._under_way.items():
            if not abort.harmless:
                self.questions.ask(self._unknown(deed.kind))
        self._under_way = {}

    def _unknown(self, kind: Kind) -> OutcomeUnknown:
        return UNKNOWN[kind](f"{self._venue}: the exchange object was closed during this write", venue=self._venue)

    def stop_all(self) -> None:
        """End what is left: what may have left this computer ends as unknown, anything else as not sent."""
        for abort, deed in tuple(self._under_way.items()):
            abort.raised = True
            if abort.harmless:
                self.stop(deed.work, ClientClosed(f"{self._venue}: the exchange object was closed during this write"))
                continue
            question = self._unknown(deed.kind)
            self.questions.ask(question)
            self.stop(deed.work, question)
