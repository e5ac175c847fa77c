"""How Binance signs, wraps and refuses: time and signature in the query or the form, payloads bare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, Literal, TypeVar, cast
from urllib.parse import quote

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import join_query
from futures_async.adapters.binance.codes import (
    BANNED,
    CODES,
    MARGIN_NOT_MOVED,
    NO_PERMISSION,
    NOT_EXECUTED,
    OVERLOADED,
    TOO_MANY,
)
from futures_async.adapters.binance.wire import WireTime

T = TypeVar("T")

RECV_WINDOW_MS = 5000
WEIGHT = fa.RateLimit(2400, 60.0, scope="ip")
DEMO_WEIGHT = fa.RateLimit(6000, 60.0, scope="ip")
# Over REST and WebSocket API together, of USD-M and COIN-M together.
ORDERS_10S = fa.RateLimit(300, 10.0, pool="orders")
ORDERS_1M = fa.RateLimit(1200, 60.0, pool="orders")
COUNTED = {"x-mbx-order-count-10s": ORDERS_10S, "x-mbx-order-count-1m": ORDERS_1M}
SUCCESS = frozenset({"200", "0"})
FAILED = "Service Unavailable."
_BANNED_UNTIL = re.compile(r"banned until (\d{10,16})")


class Answer(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """A refusal, where it is one; else nothing but the payload."""

    code: Any = None
    msg: Any = None
    data: T = cast("T", None)


class BinanceDialect(fa.Dialect):
    """Binance USD-M.

    Args:
        private_key: Secrets are private keys, RSA or Ed25519.
    """

    venue = "binance"
    base_url = "https://fapi.binance.com"
    demo_support: ClassVar[Literal["none", "host", "header"]] = "host"
    demo_url: ClassVar[str | None] = "https://demo-fapi.binance.com"
    envelope: ClassVar[Any] = Answer
    bare = True
    codes: ClassVar[Mapping[str, fa.Code]] = CODES
    account_limit = None
    wide_limits: ClassVar[tuple[fa.RateLimit, ...]] = (WEIGHT,)
    traits: ClassVar[fa.VenueTraits] = fa.VenueTraits(
        client_id=True,
        client_id_pattern=r"[.A-Z:/a-z0-9_-]{1,36}",
        echoes_client_id=True,
        acks_in_book=True,
        lookup_by_client_id=True,
        # After a fill or a cancel the same id is taken again.
        dedup="open",
        # Two clocks look at it, the gateway's and the matching engine's.
        window_s=RECV_WINDOW_MS / 1000,
        recv_window_param="recvWindow",
        visibility_lag_s=2.0,
        rate_429_is_gateway=True,
    )

    def __init__(self, *, private_key: bool = False) -> None:
        self._signer = fa.KeySigner() if private_key else None

    # Signing

    def body(self, body: Any) -> bytes:
        """A form; lists in it are JSON."""
        return join_query((name, _text(value)) for name, value in body.items()).encode()

    def standing_headers(self, credentials: fa.Credentials) -> Sequence[tuple[str, str]]:
        """The key; all that calls of user streams carry."""
        return (("X-MBX-APIKEY", credentials.key.reveal()),)

    def seal(
        self, request: fa.Unsigned, endpoint: fa.Endpoint[Any], credentials: fa.Credentials, now_ms: int
    ) -> fa.Unsigned:
        """Time, window and signature: at the end of the form of POST and PUT, else of the query."""
        if not endpoint.signed:
            return request
        more = f"recvWindow={RECV_WINDOW_MS}&timestamp={now_ms}"
        if request.method in ("POST", "PUT"):
            form = f"{request.body.decode()}&{more}" if request.body else more
            # Query and form are joined without an ampersand.
            form += f"&signature={self.signature(request.query + form, credentials)}"
            return msgspec.structs.replace(request, body=form.encode())
        query = f"{request.query}&{more}" if request.query else more
        signature = self.signature(query + request.body.decode(), credentials)
        return msgspec.structs.replace(request, query=f"{query}&signature={signature}")

    def signature(self, text: str, credentials: fa.Credentials) -> str:
        """Of a text as it is sent, escaped where it must be."""
        if self._signer is None:
            return credentials.hmac_sha256(text.encode()).hexdigest()
        return quote(self._signer(text.encode(), credentials), safe="")

    def headers(
        self, request: fa.Unsigned, endpoint: fa.Endpoint[Any], credentials: fa.Credentials, now_ms: int
    ) -> fa.SealedHeaders:
        """What a form is; the signature is in the request."""
        return _FORM if request.body else _NOTHING

    # Answers

    def refusal(self, envelope: Answer[Any]) -> fa.Refusal | None:
        """A success has no code, or 200, as a number or as text."""
        code = "" if envelope.code is None else str(envelope.code)
        if not code or code in SUCCESS:
            return None
        return self.said(code, envelope.msg)

    def rule(self, refusal: fa.Refusal, endpoint: fa.Endpoint[Any]) -> fa.Code | None:
        """What only the text tells: bans, cross positions, and which failures prove that nothing was executed."""
        if refusal.message.startswith(FAILED):
            return NOT_EXECUTED
        if refusal.code == TOO_MANY and _BANNED_UNTIL.search(refusal.message):
            return BANNED
        if refusal.code == MARGIN_NOT_MOVED and "only support for isolated" in refusal.message:
            return fa.Code(fa.MarginModeConflict, definitive=True)
        if refusal.code == NO_PERMISSION and endpoint.kind is not fa.Kind.READ:
            # Key, address or permission: who came as far as a write has read with this key before.
            return fa.Code(fa.PermissionDenied, definitive=True)
        return self.codes.get(refusal.code)

    def bare_refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> fa.Refusal | None:
        """The one text without a code that proves something: "the request failed"; pages of edges have others."""
        message = _message(body) if status == 503 else ""
        return fa.Refusal(OVERLOADED, message) if message.startswith(FAILED) else None

    def server_ms(self, envelope: Answer[Any]) -> int | None:
        """The venue's clock, where that was asked for; the one of `exchangeInfo` may be days old."""
        return envelope.data.server_time if isinstance(envelope.data, WireTime) else None

    # Limits

    def counts(self, headers: Mapping[str, str]) -> Iterable[tuple[fa.RateLimit, int]]:
        """What is left of the address's weight and of the account's orders, by the venue's own count."""
        found: list[tuple[fa.RateLimit, int]] = []
        for name, limit in (("x-mbx-used-weight-1m", self.wide_limits[0]), *COUNTED.items()):
            used = fa.number_in(headers, name)
            if used is not None:
                found.append((limit, max(0, limit.count - used)))
        return found

    def retry_after_s(self, headers: Mapping[str, str], now_ms: int) -> float | None:
        """To the end of the window that is full, by the counts of the same answer."""
        full = [limit for limit, left in self.counts(headers) if not left]
        window_ms = int(max((limit.per_s for limit in full), default=0.0) * 1000)
        return (window_ms - now_ms % window_ms) / 1000 if window_ms else None

    def ban_s(self, refusal: fa.Refusal, now_ms: int) -> float | None:
        """Until the moment that the words name."""
        found = _BANNED_UNTIL.search(refusal.message)
        return None if found is None else max(0.0, (int(found[1]) - now_ms) / 1000)


class BinanceDemoDialect(BinanceDialect):
    """The demo venue has another budget."""

    wide_limits: ClassVar[tuple[fa.RateLimit, ...]] = (DEMO_WEIGHT,)


_FORM = fa.SealedHeaders((("Content-Type", "application/x-www-form-urlencoded"),))
_NOTHING = fa.SealedHeaders(())


def _text(value: Any) -> str | None:
    """A form's value: lists as JSON, flags as the venue writes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return msgspec.json.encode(value).decode()
    return None if value is None else str(value)


def _message(body: bytes) -> str:
    """The text of an answer without a code: of its `msg`, or all of it."""
    try:
        found = msgspec.json.decode(body, type=Answer[Any])
    except fa.UNREADABLE:
        return body[:200].decode(errors="replace")
    return str(found.msg or "")
