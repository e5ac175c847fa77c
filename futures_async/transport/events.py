"""What `on_event` gets: one record for each attempt at a call."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import msgspec

from futures_async.unified.inner import outside

logger = logging.getLogger("futures_async.calls")


class CallEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt, after it has ended. Holds no query, header or body."""

    venue: str
    """Id of the adapter."""
    endpoint: str
    """Method and path template, `GET /api/…`."""
    attempt: int
    """1 for the first."""
    outcome: str
    """"ok", or the name of the error class."""
    status: int | None = None
    """HTTP status, where an answer came."""
    code: str = ""
    """The venue's code, where it refused."""
    queue_s: float = 0.0
    """Seconds spent waiting for the rate limit."""
    network_s: float = 0.0
    """Seconds from handing the request to the HTTP backend to its answer."""


class Observer:
    """Hands attempts to the hook and to the log; costs one attribute look-up when neither listens."""

    __slots__ = ("hook",)

    def __init__(self, hook: Callable[[CallEvent], object] | None) -> None:
        self.hook = hook

    @property
    def active(self) -> bool:
        """Somebody listens."""
        return self.hook is not None or logger.isEnabledFor(logging.DEBUG)

    def also(self, hook: Callable[[Any], object]) -> None:
        """Tell this one too, after those that are told already."""
        before = self.hook

        def both(event: Any) -> None:
            call_hook(before, event)
            call_hook(hook, event)

        self.hook = both

    def tell(self, event: object) -> None:
        """Pass on what is no attempt."""
        call_hook(self.hook, event)

    def attempt(self, event: CallEvent) -> None:
        """Pass one attempt on. A hook that fails is logged: it must not cost an order its outcome."""
        logger.debug(
            "%s %s attempt %d: %s status=%s code=%s queue=%.4fs network=%.4fs",
            event.venue,
            event.endpoint,
            event.attempt,
            event.outcome,
            event.status,
            event.code,
            event.queue_s,
            event.network_s,
        )
        call_hook(self.hook, event)


def call_hook(hook: Callable[..., object] | None, *arguments: object) -> None:
    """Call a user's function; what it raises is logged and goes no further.

    Calls that it makes or starts are no part of the one that it is told of.
    """
    if hook is None:
        return
    try:
        with outside():
            hook(*arguments)
    except Exception:  # the user's own code: anything may come, and nothing of it may stop a call
        logger.exception("a hook failed")
