"""What an answer means: judge the HTTP status and the envelope, decode the payload, or name the error.

Pure but for a few counters: no waiting, no sending. The envelope's code decides, not the HTTP status alone.
"""

from __future__ import annotations

import math
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import msgspec

from futures_async.transport.clock import VenueClock
from futures_async.transport.dialect import Code, Dialect, Refusal, advised
from futures_async.transport.endpoint import Endpoint
from futures_async.transport.http.backend import HttpFailure, HttpResponse, Phase
from futures_async.transport.limits.retry_after import http_date_s, retry_after_s
from futures_async.transport.retry import DamagedAnswer
from futures_async.unified.convert import UNREADABLE
from futures_async.unified.credentials import Credentials
from futures_async.unified.errors import (
    AuthenticationError,
    Banned,
    BodyTooLarge,
    ClockSkew,
    ConnectFailed,
    DeadlineExpired,
    DecodeError,
    ExchangeError,
    FuturesAsyncError,
    NotSent,
    OrderNotFound,
    PermissionDenied,
    RateLimited,
    RequestTimeout,
    ResponseMismatch,
    UnexpectedRedirect,
    VenueUnavailable,
    printable,
)

E = TypeVar("E", bound=ExchangeError)

BAN_S = 60.0
LONGEST_BAN_S = 900.0
LONGEST_PAUSE_S = 30.0

_CONNECT = {
    "dns": "its name cannot be resolved",
    "refused": "the connection was refused",
    "unreachable": "the network is unreachable",
    "connect-timeout": "no connection in time",
    "tls": "its certificate is not trusted",
    "no-tls": "it speaks no TLS that is good here",
    "tls-handshake": "the TLS handshake broke off",
    "proxy": "the proxy could not be reached, or refused",
    "forbidden": "a test may not reach a live venue",
}
_CONNECT_ADVICE = {
    "tls": "check this computer's clock; where a network looks into TLS, its root goes into ca_file=",
    "no-tls": "check base_url= and its port: plain HTTP begins with http://",
    "proxy": "see proxy=, and what the proxy says",
    "forbidden": "a test that may is marked futures_async_live: see docs/testing.md",
}
_HUNG_UP = ("disconnected", "read", "write")
_CONNECT_KIND = {"connect-timeout": "timeout", "no-tls": "tls", "tls-handshake": "unreachable"}


def failure_error(failure: HttpFailure, where: str, host: str, *, late: bool = False) -> FuturesAsyncError:
    """The library's error for a request without usable answer; `late`: its deadline has passed."""
    if failure.kind == "fault":
        return _fault_error(failure, where, host)
    if failure.kind in _CONNECT and not failure.sent:
        return ConnectFailed(
            f"{where}: cannot connect to {host}: {_CONNECT[failure.kind]}; nothing was sent",
            kind=_CONNECT_KIND.get(failure.kind, failure.kind),
            advice=_CONNECT_ADVICE.get(failure.kind),
        )
    if failure.kind == "pool-timeout" and late:
        return DeadlineExpired(f"{where}: no connection was free before its time was up; nothing was sent")
    if not failure.sent:
        return NotSent(f"{where}: {failure}; nothing was sent")
    if failure.kind == "body-too-large":
        return BodyTooLarge(f"{where}: the answer is over the size cap")
    if failure.kind == "encoding":
        return DecodeError(f"{where}: the answer has an encoding that was not asked for")
    if failure.kind == "protocol":
        return DamagedAnswer(where, "the answer is not proper HTTP, or was cut short")
    error = RequestTimeout(
        f"{where}: no answer in time"
        if failure.kind in ("read-timeout", "write-timeout")
        else f"{where}: the connection was lost before the answer ({failure})"
    )
    # What the venue had closed for being idle. Nothing is overloaded.
    error.stale = failure.reused and failure.phase < Phase.ANSWERING and failure.kind in _HUNG_UP
    return error


def _fault_error(failure: HttpFailure, where: str, host: str) -> FuturesAsyncError:
    """The library's error for what an HTTP library has raised against its documentation."""
    fault = failure.__cause__
    first: Any = fault
    while isinstance(first, BaseExceptionGroup):  # of the addresses that were tried side by side
        first = cast("BaseExceptionGroup[BaseException]", first).exceptions[0]
    error: FuturesAsyncError
    if failure.sent:
        error = RequestTimeout(f"{where}: the HTTP library failed before the answer ({type(fault).__name__})")
    elif isinstance(
        first, (OSError, RuntimeError)
    ):  # so do guards of sockets end a connection (pytest-socket), and uvloop
        error = ConnectFailed(
            f"{where}: cannot connect to {host}: {type(first).__name__}; nothing was sent", kind="unreachable"
        )
    else:
        error = NotSent(f"{where}: the HTTP library failed ({type(fault).__name__}); nothing was sent")
    error.__cause__ = fault
    return error


def _host_of(location: str) -> str:
    try:
        return urlsplit(location).netloc or "the same host"
    except ValueError:
        return "an address that is none"


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


class Timing(msgspec.Struct, frozen=True, gc=False):
    """When a request was signed (venue time, Unix ms), sent and answered (the loop's clock, seconds)."""

    signed_ms: int
    sent_at: float
    answered_at: float
    by_venue_clock: bool = False
    """The stamp was by the venue's clock, not by this computer's for want of a better one."""


class Answers:
    """Judges the answers to one account's calls."""

    def __init__(self, dialect: Dialect, credentials: Credentials | None, clock: VenueClock) -> None:
        self._dialect = dialect
        self._clock = clock
        self._credentials = credentials
        self._pauses = 0
        self._paused_at = -math.inf
        # Any, not Raw: in a field of `T | None`, msgspec takes Raw for null alone.
        self._head = msgspec.json.Decoder(dialect.envelope[Any], strict=False)

    def read(self, response: HttpResponse, endpoint: Endpoint[Any], timing: Timing, sent: bytes = b"") -> Any:
        """The payload of a good answer; `sent` is the body that it is an answer to.

        Raises:
            ExchangeError: The venue refused.
            BadResponse: The answer cannot be used.
        """
        found = self._look(response, endpoint, timing, sent)
        if isinstance(found, FuturesAsyncError):
            raise found
        return found

    def _look(self, response: HttpResponse, endpoint: Endpoint[Any], timing: Timing, sent: bytes) -> Any:
        """The payload, or the error to raise.

        Nothing is raised from here, nor from what is called here: these frames, and msgspec's errors, hold what
        the venue said, and it may have repeated what it was sent.
        """
        dialect = self._dialect
        status = response.status
        misfit: FuturesAsyncError | None = None
        if not response.body.isascii() and not _is_text(response.body):
            # msgspec looks only at the strings that it keeps: a damaged field name would be a missing field.
            return self._by_status(response, endpoint)
        try:
            if dialect.bare:
                envelope = self._opened(endpoint, response.body)
            else:
                envelope = endpoint.decoder(dialect.envelope).decode(response.body)
        except UNREADABLE as problem:
            # The typed document did not fit: some odd rows, the envelope of a refusal, or an error.
            envelope = None
            if isinstance(problem, msgspec.ValidationError):
                envelope = self._row_by_row(response.body, endpoint)
            if envelope is None:
                envelope, misfit = self._envelope(response.body, problem), self._misfit(problem, endpoint)
            if envelope is None:
                return self._by_status(response, endpoint)
        refusal, server_ms = dialect.refusal(envelope), dialect.server_ms(envelope)
        error = None if refusal is None else self._refused(refusal, response, endpoint)
        if misfit is None or error is not None:
            self._tell_time(response, server_ms, timing)
        if isinstance(error, ClockSkew):
            self._clock.resync()  # this very answer tells the right time: it is believed at once
        elif (
            error is not None
            and (not endpoint.reads or isinstance(error, OrderNotFound))
            and self._is_stray(server_ms, timing)
        ):
            return self._stray(endpoint)  # the refusal of another request says nothing of this write or this order
        if error is not None:
            if not endpoint.reads and self._is_of_another(envelope, sent):
                return ResponseMismatch(f"{self._where(endpoint)}: the refusal names another order")
            return error
        if not 200 <= status < 300:
            return self._by_status(response, endpoint)
        if misfit is not None:
            return misfit
        if self._is_stray(server_ms, timing):
            return self._stray(endpoint)
        data = dialect.payload(envelope)
        if data is None and not endpoint.nullable:
            return DecodeError(f"{self._where(endpoint)}: the answer holds no data", path="$.data")
        return data

    def _is_stray(self, server_ms: int | None, timing: Timing) -> bool:
        """The venue made this answer before the request: it is the late one to another."""
        return (
            server_ms is not None
            and timing.by_venue_clock
            and server_ms < timing.signed_ms - 1000 - self._clock.error_ms
        )

    def _is_of_another(self, envelope: Any, sent: bytes) -> bool:
        """A refusal names an order, and the request did not."""
        named = [msgspec.json.encode(name) for name in self._dialect.named(envelope)]
        return bool(named) and not any(name in sent for name in named)

    def _stray(self, endpoint: Endpoint[Any]) -> ResponseMismatch:
        return ResponseMismatch(f"{self._where(endpoint)}: the answer is older than the request")

    def _where(self, endpoint: Endpoint[Any]) -> str:
        return f"{self._dialect.venue} {endpoint.name}"

    def _opened(self, endpoint: Endpoint[Any], body: bytes) -> Any:
        """The payload that a venue sends bare, in an envelope; a refusal instead where it is one.

        Raises:
            msgspec.MsgspecError: It does not fit.
        """
        said = self._said(body)
        if self._dialect.refusal(said) is not None:
            return said
        return msgspec.structs.replace(said, data=endpoint.decoder(None).decode(body))

    def _said(self, body: bytes) -> Any:
        """What a bare answer says of a refusal: only an object can say one."""
        return self._head.decode(body) if body.lstrip()[:1] == b"{" else self._dialect.envelope()

    def _envelope(self, body: bytes, problem: BaseException) -> Any:
        """The envelope with its payload left alone; None where there is none."""
        try:
            if self._dialect.bare and isinstance(problem, msgspec.ValidationError):
                return self._said(body)
            return self._head.decode(body)
        except UNREADABLE:
            return None

    def _row_by_row(self, body: bytes, endpoint: Endpoint[Any]) -> Any:
        """The answer with what can be read of its rows; None where these are not what does not fit."""
        try:
            if self._dialect.bare:
                return msgspec.structs.replace(self._said(body), data=endpoint.row_by_row(None, body))
            return endpoint.row_by_row(self._dialect.envelope, body)
        except (*UNREADABLE, TypeError):
            return None

    def _misfit(self, problem: BaseException, endpoint: Endpoint[Any]) -> FuturesAsyncError:
        """What to say of an answer that is not what the venue documents."""
        if not isinstance(problem, msgspec.ValidationError):
            return DamagedAnswer(self._where(endpoint), "the answer is not readable JSON")
        text = str(problem)
        path = text.rsplit(" - at ", 1)[-1].strip("`") if " - at " in text else "$"
        return DecodeError(f"{self._where(endpoint)}: the answer does not fit its documentation at {path}", path=path)

    def _by_status(self, response: HttpResponse, endpoint: Endpoint[Any]) -> FuturesAsyncError:
        """No envelope of the venue's: an edge, a proxy or a broken answer spoke."""
        status, where = response.status, self._where(endpoint)
        refusal = self._dialect.bare_refusal(status, response.headers, response.body)
        if refusal is not None:
            return self._refused(refusal, response, endpoint)
        if 300 <= status < 400:
            host = _host_of(response.headers.get("location", ""))
            return UnexpectedRedirect(
                f"{where} [HTTP {status}]: a redirect to {printable(self._scrub(host))} was not followed"
            )
        if status == 429:
            return self._limited(RateLimited, "too many requests", response, endpoint)
        if status in (403, 418):
            return self._limited(Banned, "refused at the edge: address or key is shut out", response, endpoint)
        if status == 408:  # an edge closes what was idle: it may say so just as a request leaves
            return RequestTimeout(f"{where} [HTTP 408]: the request did not come in time, says the venue or its edge")
        if status == 451:
            return self._error(
                PermissionDenied, "refused for legal reasons, by where this comes from", response, endpoint
            )
        if status == 401:
            return self._error(AuthenticationError, "the key was not accepted", response, endpoint)
        if status >= 500:
            return self._error(VenueUnavailable, "the venue or its edge failed", response, endpoint)
        if status >= 400:
            return self._error(ExchangeError, "the venue answered without its envelope", response, endpoint)
        return DamagedAnswer(f"{where} [HTTP {status}]", "the answer is not the venue's JSON, or was cut short")

    def _refused(self, refusal: Refusal, response: HttpResponse, endpoint: Endpoint[Any]) -> FuturesAsyncError:
        rule = self._dialect.rule(refusal, endpoint)
        status = response.status
        if rule is None and status == 429:
            return self._limited(RateLimited, refusal.message, response, endpoint, refusal)
        if rule is None and status >= 500:
            rule = Code(VenueUnavailable, definitive=False, transient=True)
        if rule is not None and issubclass(rule.error, RateLimited):
            limited = self._limited(rule.error, refusal.message, response, endpoint, refusal)
            limited.definitive = rule.definitive
            return limited
        if rule is None:
            return self._error(ExchangeError, refusal.message, response, endpoint, refusal.code)
        error = self._error(rule.error, refusal.message, response, endpoint, refusal.code)
        error.retryable = rule.transient
        error.definitive = rule.definitive and (status < 500 or rule.any_status)
        return advised(error, endpoint)

    def _limited(
        self,
        kind: type[RateLimited],
        message: str,
        response: HttpResponse,
        endpoint: Endpoint[Any],
        refusal: Refusal | None = None,
    ) -> RateLimited:
        error = self._error(kind, message, response, endpoint, refusal.code if refusal else "")
        error.retryable = True
        now_s = http_date_s(response.headers.get("date")) or self._clock.now_ms() / 1000
        error.retry_after_s = retry_after_s(response.headers.get("retry-after"), now_s)
        if error.retry_after_s is None and not isinstance(error, Banned):
            error.retry_after_s = self._dialect.retry_after_s(response.headers, int(now_s * 1000))
        if error.retry_after_s is None and refusal is not None:
            error.retry_after_s = self._dialect.ban_s(refusal, int(now_s * 1000))
        # A page of HTML may come from an edge that had passed the request on; the venue's own word is final.
        error.definitive = refusal is not None or response.status in (418, 429)
        return error

    def _error(
        self,
        kind: type[E],
        message: str,
        response: HttpResponse,
        endpoint: Endpoint[Any],
        code: str = "",
    ) -> E:
        message, code = self._scrub(message), self._scrub(code)
        error = kind(message, venue=self._dialect.venue, code=code, endpoint=endpoint.name, http_status=response.status)
        error.definitive = kind is AuthenticationError and response.status == 401
        return error

    def _scrub(self, text: str) -> str:
        """A venue's text without what it repeats of our credentials."""
        return text if self._credentials is None else self._credentials.scrub(text)

    def definitive(self, error: ExchangeError) -> bool:
        """On a first attempt at a write, this refusal proves that nothing happened."""
        if isinstance(error, ClockSkew):
            return True
        if isinstance(error, RateLimited) and not isinstance(error, Banned):
            return error.definitive and self._dialect.traits.limited_first(error)
        return error.definitive

    def _tell_time(self, response: HttpResponse, server_ms: int | None, timing: Timing) -> None:
        """Take the venue's clock from an answer: its envelope or a header, else the Date header (a second coarse)."""
        server_ms = server_ms or self._dialect.header_ms(response.headers)
        if server_ms is not None:
            self._clock.sample(server_ms, timing.sent_at, timing.answered_at)
        elif (date_s := http_date_s(response.headers.get("date"))) is not None:
            self._clock.sample(int(date_s * 1000), timing.sent_at, timing.answered_at, coarse=True)

    def pause_s(self, error: RateLimited, draw: float, timing: Timing) -> float:
        """How long to stay away: what the venue said, else 1, 2, 4 … 30 s and some jitter (bans: 60 s … 15 min).

        Calls that had left before the last pause began are refused with whatever began it: that is no next step.
        """
        if timing.sent_at > self._paused_at:
            self._pauses += 1
            self._paused_at = timing.answered_at
        if error.retry_after_s is not None:
            return error.retry_after_s
        steps = min(max(0, self._pauses - 1), 16)
        if isinstance(error, Banned):
            return min(LONGEST_BAN_S, BAN_S * 2.0**steps)
        return min(LONGEST_PAUSE_S, 2.0**steps) + 0.25 * draw

    def calm(self) -> None:
        """A call went through: the next pause starts small again."""
        self._pauses = 0
