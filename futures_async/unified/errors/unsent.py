"""Nothing has left: refused here, or proved that the venue cannot have acted."""

from __future__ import annotations

from futures_async.unified.enums import Outcome
from futures_async.unified.errors.base import FuturesAsyncError


class NotSupported(FuturesAsyncError):
    """The venue, or this adapter, cannot do it; raised before any I/O."""

    advice = ""
    outcome = Outcome.NOT_SENT


class InvalidRequest(FuturesAsyncError, ValueError):
    """Refused here, before anything was signed or sent."""

    advice = ""
    outcome = Outcome.NOT_SENT


class InvalidOrder(InvalidRequest):
    """The order request cannot be right: no price on a limit order, a quantity off the step, …"""


class SymbolNeeded(InvalidRequest):
    """The venue answers this call for one contract at a time; without a symbol nothing was asked."""


class NotCarried(InvalidOrder, NotSupported):
    """The request asks for something that this adapter's orders of that kind do not carry; it is never dropped."""


class NotSent(FuturesAsyncError):
    """Proved that the venue cannot have acted: the request did not reach it."""

    advice = "nothing stands in the way of another try"
    outcome = Outcome.NOT_SENT


class ConnectFailed(NotSent):
    """No connection to the venue; `kind` is dns, refused, unreachable, timeout, tls, proxy, or (in tests) forbidden."""

    advice = "check the network, proxy= and base_url=, then try again"

    def __init__(self, message: str, *, kind: str, advice: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        if advice is not None:
            self.advice = advice


class QueueFull(NotSent):
    """Too many calls already wait for this account's rate limit."""

    advice = "call less often, or raise the limiter's max_queue"


class DeadlineExpired(NotSent):
    """The deadline passed while the call still waited here; it was not sent late."""

    advice = "it may be sent again, with more time"


class ClientClosed(NotSent):
    """The exchange object was closed, or halted for this kind of call."""

    advice = "make a new exchange object"
