"""Several orders in one call: every entry is judged alone, and a lost answer is unknown for each of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

import anyio

from futures_async.trading.books import Due, Record
from futures_async.trading.desk import OrderDesk
from futures_async.trading.ordering import Ack, BatchPlacement, PlannedOrder
from futures_async.trading.relying import Hold
from futures_async.transport.channel import Channel
from futures_async.transport.deeds import outcome
from futures_async.transport.dialect import Dialect, Refusal
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import (
    BadResponse,
    ClientClosed,
    ExchangeError,
    FuturesAsyncError,
    InvalidOrder,
    OrderOutcomeUnknown,
    OutcomeUnknown,
    ResponseMismatch,
)
from futures_async.unified.models import Order, OrderResult

T = TypeVar("T")


async def together(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Run calls side by side; the results in their order. The calls handle their own errors.

    Raises:
        Exception: What else one of them ended with, by itself and not in a group; the others were cancelled.
    """
    results: dict[int, T] = {}

    async def run(index: int, call: Callable[[], Awaitable[T]]) -> None:
        results[index] = await call()

    try:
        async with anyio.create_task_group() as group:
            for index, call in enumerate(calls):
                group.start_soon(run, index, call)
    except ExceptionGroup as several:
        raise several.exceptions[0] from None
    return [results[index] for index in range(len(calls))]


async def place_batch(
    desk: OrderDesk,
    channel: Channel,
    plans: Sequence[PlannedOrder],
    placement: BatchPlacement,
    send_within_s: float,
    holds: Mapping[str, Hold] = MappingProxyType({}),
) -> list[OrderResult]:
    """Place `plans` in one call. Goes on, and records every fate, when the caller is cancelled meanwhile.

    `holds` are on what they rely on, by our ids.

    Raises:
        InvalidOrder: A client order id was used before; nothing is sent then.
    """
    records: list[Record] = []
    try:
        for plan in plans:
            records.append(desk.open(plan, holds.get(plan.local_id)))  # noqa: PERF401 - those before a refused one are taken back
    except InvalidOrder:
        for record in records:
            desk.forget(record)
        raise
    work = desk.begin(records, lambda: _flow(desk, channel, records, placement, send_within_s))
    try:
        return await outcome(work, records[0].abort)
    except (OutcomeUnknown, ClientClosed):  # closed meanwhile: each entry has its own verdict, or question
        return [_so_far(record) for record in records]


def _so_far(record: Record) -> OrderResult:
    request, result = record.plan.request, record.result
    if isinstance(result, Order):
        return OrderResult(request=request, order=result)
    return OrderResult(request=request, error=result or record.error)


async def _flow(
    desk: OrderDesk,
    channel: Channel,
    records: Sequence[Record],
    placement: BatchPlacement,
    send_within_s: float,
) -> list[OrderResult]:
    due = await _note_intents(desk, records, send_within_s)
    answers: Sequence[Ack | ExchangeError | None]
    doubt: OutcomeUnknown | None = None
    try:
        with desk.foreseeing(placement.endpoint, records[0].abort):
            result = await desk.send(placement.endpoint, placement.body, due)
            answers = _matched(placement, result, len(records), channel.dialect)
    except BadResponse as problem:
        doubt = desk.doubt(placement.endpoint, problem)
        answers = [None] * len(records)
    except OutcomeUnknown as unknown:
        doubt = unknown
        answers = [None] * len(records)
    except FuturesAsyncError as error:
        # Refused or never sent as a whole: that holds for each entry.
        for record in records:
            await desk.verdict(record, error)
        return [OrderResult(request=record.plan.request, error=error) for record in records]

    def judge(record: Record, answer: Ack | ExchangeError | None) -> Callable[[], Awaitable[OrderResult]]:
        async def run() -> OrderResult:
            return await _entry(desk, channel, record, answer, placement, doubt)

        return run

    return await together([judge(record, answer) for record, answer in zip(records, answers, strict=True)])


async def _note_intents(desk: OrderDesk, records: Sequence[Record], send_within_s: float) -> Due:
    """Write all intents down, side by side so that they share a flush to the disk; or none stays there as open."""

    def note(record: Record) -> Callable[[], Awaitable[Due | FuturesAsyncError]]:
        async def run() -> Due | FuturesAsyncError:
            try:
                return await desk.note_intent(record, send_within_s)
            except FuturesAsyncError as error:
                return error

        return run

    try:
        noted = await together([note(record) for record in records])
        problem = next((one for one in noted if isinstance(one, FuturesAsyncError)), None)
        if problem is not None:
            for record, own in zip(records, noted, strict=True):
                if not isinstance(own, FuturesAsyncError):
                    await desk.verdict(record, problem)
            raise problem
        dues = [one for one in noted if not isinstance(one, FuturesAsyncError)]
        signed_by_ms = [one.signed_by_ms for one in dues if one.signed_by_ms is not None]
        asleep_s = min(one.asleep_s for one in dues)
        return Due(min(one.by for one in dues), asleep_s, min(signed_by_ms, default=None))
    except BaseException:
        for record in records:
            desk.forget(record)
        raise


def _matched(placement: BatchPlacement, result: Any, count: int, dialect: Dialect) -> list[Ack | ExchangeError]:
    answers = placement.read_acks(result)
    if len(answers) != count:
        raise ResponseMismatch(f"the batch of {count} was answered with {len(answers)} entries")
    return [dialect.judged(answer, placement.endpoint) if isinstance(answer, Refusal) else answer for answer in answers]


async def _entry(
    desk: OrderDesk,
    channel: Channel,
    record: Record,
    answer: Ack | ExchangeError | None,
    placement: BatchPlacement,
    doubt: OutcomeUnknown | None,
) -> OrderResult:
    request = record.plan.request
    try:
        if isinstance(answer, ExchangeError) and answer.definitive:
            answer.client_order_id = record.plan.local_id
            answer.outcome = Outcome.REJECTED
            await desk.verdict(record, answer)
            return OrderResult(request=request, error=answer)
        if isinstance(answer, Ack):
            with desk.foreseeing(placement.endpoint, record.abort):
                order = await desk.accepted(record, answer, placement.endpoint)
            await desk.verdict(record, order)
            return OrderResult(request=request, order=order)
        raise _own(doubt, desk, placement, answer)
    except OutcomeUnknown as unknown:
        desk.mark_unknown(record, unknown)
    try:
        order = await desk.settle(record, None)
    except FuturesAsyncError as error:
        return OrderResult(request=request, error=error)
    return OrderResult(request=request, order=order)


def _own(
    doubt: OutcomeUnknown | None, desk: OrderDesk, placement: BatchPlacement, answer: Ack | ExchangeError | None
) -> OutcomeUnknown:
    """An error object of the entry's own: it will carry the entry's id."""
    if doubt is None:
        problem = answer if isinstance(answer, ExchangeError) else ResponseMismatch("the entry was not answered")
        return desk.doubt(placement.endpoint, problem)
    own = OrderOutcomeUnknown(
        doubt.text, venue=doubt.venue, attempts=doubt.attempts, fence_until_ms=doubt.fence_until_ms
    )
    own.__cause__, own.refusal = doubt.__cause__, doubt.refusal
    return own
