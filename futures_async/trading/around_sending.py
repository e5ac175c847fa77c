"""Before an order is sent, and after: what an error says of the order by when it comes."""

from __future__ import annotations

import copy
from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType

from futures_async.unified.enums import Outcome
from futures_async.unified.errors import ExchangeError, FuturesAsyncError, OrderOutcomeUnknown, OutcomeUnknown
from futures_async.unified.models import Order

PARTLY_CLOSED = "read the position, and close what is left of it"
"""The advice where something of a position is closed, and not all."""


class before_sending:
    """Reads that a write cannot do without: whatever they end with, it was not sent.

    Args:
        client_order_id: The order's.
        unsent: What was not done, in a few words.
    """

    def __init__(self, client_order_id: str | None = None, unsent: str = "the order was not sent") -> None:
        self._client_order_id = client_order_id
        self._unsent = unsent

    def __enter__(self) -> None: ...

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        if error is None:
            return
        if isinstance(error, OutcomeUnknown):
            # A setting's: it stays the open question that it is, and the order is none.
            unsent = copy.copy(error)
            unsent.outcome, unsent.client_order_id = Outcome.NOT_SENT, self._client_order_id
            raise unsent from error.__cause__
        if isinstance(error, FuturesAsyncError):
            if error.outcome is None and error.advice:  # a read's: its words are of that read, not of the write
                error.advice = f"{self._unsent}; {error.advice}"
            error.outcome = Outcome.NOT_SENT
            error.client_order_id = self._client_order_id


@contextmanager
def after_sending(order: Order) -> Generator[None]:
    """What comes after an order that was taken: whatever ends it, that order has gone."""
    try:
        yield
    except OutcomeUnknown:
        raise
    except FuturesAsyncError as problem:
        unknown = OrderOutcomeUnknown(
            f"{order.venue}: order {order.order_id} of {order.symbol} was taken, and whether all is closed could not "
            f"be told ({problem.text})",
            venue=order.venue,
            symbol=order.symbol,
            client_order_id=order.client_order_id,
        )
        unknown.advice = PARTLY_CLOSED
        unknown.refusal = problem if isinstance(problem, ExchangeError) else None
        raise unknown from problem
