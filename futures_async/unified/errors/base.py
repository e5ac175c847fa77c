"""The two that all others come from, and that name each other: an error of this library, and a venue's refusal."""

from __future__ import annotations

from typing import Any

from futures_async.unified.enums import Outcome
from futures_async.unified.errors.portable import Portable, printable


class FuturesAsyncError(Portable):
    """Base of all errors of this library."""

    advice: str = "it should not happen: report it"
    """What to do next; `str(error)` ends in it. Empty where the text itself says what is right."""
    outcome: Outcome | None = None
    """For writes: what is known of the effect at the venue. None for reads."""
    client_order_id: str | None = None
    """For orders: the id under which the order can be found."""
    refusal: ExchangeError | None = None
    """For writes that end as something else than their refusal: what the venue said, with code, message and status."""

    cancelled: tuple[str, ...] = ()
    """Of `cancel_all_orders`: the ids of what it has cancelled all the same."""

    def __str__(self) -> str:
        return f"{self.text} ({self.advice})" if self.advice else self.text

    @property
    def text(self) -> str:
        """What happened, without the advice: for a text that this one is part of, and that has an advice of its own."""
        return super().__str__()


class ExchangeError(FuturesAsyncError):
    """The venue refused. `code` is the venue's own, as text."""

    advice = "the venue's list of codes says what it wants"

    def __init__(
        self,
        message: str,
        *,
        venue: str = "",
        code: str = "",
        endpoint: str = "",
        http_status: int | None = None,
        retryable: bool = False,
        outcome: Outcome | None = None,
        raw: Any = None,
        definitive: bool = False,
    ) -> None:
        where = " ".join(part for part in (venue, endpoint) if part)
        tag = f" [{code}]" if code else f" [HTTP {http_status}]" if http_status else ""
        super().__init__(f"{where}{tag}: {printable(message)}" if where else printable(message) + tag)
        self.message = printable(message)
        self.venue = venue
        self.code = code
        self.endpoint = endpoint
        self.http_status = http_status
        self.retryable = retryable
        self.outcome = outcome
        self.raw = raw
        self.definitive = definitive
        """For a first attempt at a write: this refusal proves that nothing happened at the venue."""
