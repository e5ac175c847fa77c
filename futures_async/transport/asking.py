"""When a write was asked for, and until when it may be signed; said by whoever asks, to the calls inside."""

from __future__ import annotations

from contextvars import ContextVar

import msgspec

from futures_async.transport import asleep
from futures_async.unified.inner import Within, inner


class Asking(msgspec.Struct, frozen=True, gc=False):
    """When a write was asked for, and until when it may be signed.

    A process that was stopped together with its computer goes on as if no time had passed, and is refused for an old
    timestamp: by then somebody else may have proved that nothing was placed, and placed it anew.
    """

    asleep_s: float | None = None
    """Seconds that this computer had slept by then: what it sleeps from then on is time that the write has no more.
    None: from when it is called."""
    signed_by_ms: int | None = None
    """Venue time, Unix milliseconds: it is not signed after that, not even where our clock has stood still."""


ASKED: ContextVar[Asking] = inner("asked_at", Asking())


def asked_at(asking: Asking) -> Within[Asking]:
    """Holds for the writes inside."""
    return Within(ASKED, asking)


def asked_when() -> float:
    """How long this computer had slept when what is under way was asked for; see `asked_at`."""
    asleep_s = ASKED.get().asleep_s
    return asleep.asleep_s() if asleep_s is None else asleep_s
