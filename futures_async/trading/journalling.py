"""Writes to a journal, which may be somebody else's, and may hang: nobody waits for one for ever.

A write that is given up goes on by itself, since a disk, or a database, cannot be told to leave it: what it comes to is
undone.
"""

from __future__ import annotations

from futures_async.journal.journal import IntentRecord, Journal, logger, note_verdict
from futures_async.transport.runtime import Runtime, TooLate, Work
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import DeadlineExpired

VERDICT_WITHIN_S = 5.0
"""An order's end reaches its caller so long after it was known, whatever the journal does."""


async def write_intent(runtime: Runtime, journal: Journal, record: IntentRecord, due: float) -> None:
    """Write an intent by `due`, on the runtime's clock.

    Raises:
        DeadlineExpired: It is not known to stand then. Wherever it may: as one of which nothing was sent.
        InvalidRequest: As `Journal.intent`, and JournalFailed.
    """
    given_up = False

    async def write() -> None:
        await journal.intent(record)
        if given_up:
            await note_verdict(journal, record, Outcome.NOT_SENT)

    work = runtime.start(write())
    try:
        await runtime.by(due, _end_of(work))
    except BaseException as error:
        if not work.done:
            given_up = True
            runtime.start(note_verdict(journal, record, Outcome.NOT_SENT))  # it may stand before its write returns
        if isinstance(error, TooLate):
            raise DeadlineExpired(
                f"{record.venue} order {record.client_order_id}: the journal did not write it down in time; "
                "nothing was sent"
            ) from None
        raise


async def write_verdict(
    runtime: Runtime, journal: Journal, record: IntentRecord, outcome: Outcome | None, order_id: str | None = None
) -> None:
    """`note_verdict`, waited for no longer than `VERDICT_WITHIN_S`; till it is written the intent stays open."""
    work = runtime.start(note_verdict(journal, record, outcome, order_id))
    try:
        await runtime.by(runtime.now() + VERDICT_WITHIN_S, _end_of(work))
    except TooLate:
        logger.error("the verdict on %s is not written yet, its intent stays open", record.client_order_id)


async def _end_of(work: Work[None]) -> None:
    await work.wait()
