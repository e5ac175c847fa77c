"""How Bybit signs, wraps and refuses. Every verdict of the venue's is HTTP 200; what is not, a gate before it has said.

https://bybit-exchange.github.io/docs/v5/guide and https://bybit-exchange.github.io/docs/v5/error
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, Literal, TypeVar, cast

import msgspec

from futures_async.adapter import (
    AccountInLiquidation,
    AccountModeMismatch,
    AuthenticationError,
    Banned,
    ClockSkew,
    Code,
    Credentials,
    Dialect,
    DuplicateOrder,
    Endpoint,
    InsufficientMargin,
    KeySigner,
    MarginModeConflict,
    OrderNotFound,
    OrderRejected,
    ParameterRejected,
    PermissionDenied,
    PositionModeConflict,
    RateLimit,
    RateLimited,
    Refusal,
    RiskLimitExceeded,
    SealedHeaders,
    SymbolNotFound,
    Unsigned,
    VenueTraits,
    VenueUnavailable,
    ambiguous,
    passing,
    refused,
)
from futures_async.adapters.bybit.wire import Timed, WireAside, WireReasons

T = TypeVar("T")

Site = Literal["global", "nl", "tr", "kz", "ge", "ae", "eu", "id", "jp", "testnet"]
SITES: Mapping[Site, str] = {
    "global": "https://api.bybit.com",
    "nl": "https://api.bybit.nl",
    "tr": "https://api.bybit.tr",
    "kz": "https://api.bybit.kz",
    "ge": "https://api.bybitgeorgia.ge",
    "ae": "https://api.bybit.ae",
    "eu": "https://api.bybit.eu",
    "id": "https://api.bybit.id",
    "jp": "https://api.manepa.jp",
    "testnet": "https://api-testnet.bybit.com",
}
"""Where an account was registered: its key works there alone."""

WINDOW_MS = 5000
"""A request is refused so long after its timestamp. It is sent with every request: what is signed is what is sent."""
GUARD_MS = 400
"""A timestamp a second ahead of the venue's clock is refused, however wide the window: so it is set back a little."""
BAN_S = 600.0
UNCHANGED = frozenset({"110025", "110026", "110027", "110043", "34036", "34040"})
"""It is so already."""
MARGIN_MODE = "3400045"
LATE = frozenset({"110001", "110008", "110010", "170139", "170142", "170143", "170213"})
"""There is no such open order; the code does not tell whether there ever was one."""


def _span(first: int, last: int) -> tuple[int, ...]:
    return tuple(range(first, last + 1))


_ACCESS = (
    refused(AuthenticationError, 10003, 10004, 10007, 33004, -2015)
    | passing(ClockSkew, 10002, -1)
    | refused(PermissionDenied, 10005, 10008, 10024, 10027, 110066, 110124, 10009, 110132, 10010)
    # Symbols that the key may not trade, terms that were not accepted; limits of institutional loans.
    | refused(PermissionDenied, 10029, 110123, 110125, 110136)
    | refused(PermissionDenied, 110080, 110087, *_span(110104, 110107), 110131, *_span(30133, 30136))
    | refused(AccountModeMismatch, 10028, 100028, 110067, 110068, 110088, 3100197)
    | passing(RateLimited, 10006, 10018)
    # An overload is said to take nothing, which nobody has proved.
    | ambiguous(RateLimited, 429, 10429, 10403, 20003, 170005, 170222, transient=True)
    | passing(Banned, "403")
    | refused(ParameterRejected, 10001, 10017, "404", 20006, 10404, 10032, *UNCHANGED)
)

_ORDERS = (
    refused(OrderNotFound, *LATE)
    | refused(DuplicateOrder, 110072, 110030, 12141, 170141)
    # Price outside the band; nothing to reduce; too small.
    | refused(OrderRejected, 110003, 110120, 110121, 30208, 30209, *_span(170192, 170194), 170132, 170133)
    | refused(OrderRejected, 110017, 110094)
    # The contract: closing only, being delisted or delivered, settling, not open yet, in its call auction.
    | refused(OrderRejected, 110022, 110023, 110042, 30228, 110103, 110137, 110063, 110074, 110095, 110098, 110099)
    # Triggers and TP/SL; changes; ids, prices and kinds of orders.
    | refused(OrderRejected, 110092, 110093, *_span(110057, 110060), 110049, 110064, 170313)
    | refused(OrderRejected, 110032, 110018, 110019, 110118, 110119, 110033, 110034)
)

_FUNDS = (
    refused(InsufficientMargin, 110004, 110006, 110007, 110012, 110014, 110044, 110045, *_span(110051, 110053))
    | refused(InsufficientMargin, 170131, 170033, 110011, 110039, 110040, 110046, 110101, 170346, 110078)
    | refused(RiskLimitExceeded, 110009, 110020, 170810, 110061)
    | refused(RiskLimitExceeded, 110013, 110086, 110090, 110089, 110048, 110085, 3400139, 110021)
    | refused(AccountInLiquidation, 110035, 110005)
)

_MODES = (
    refused(PositionModeConflict, 110024, 110028, 110029)
    | refused(MarginModeConflict, 110015, 110036, 110038, 110073, 110076, 110077, 3200403, MARGIN_MODE)
)  # fmt: skip

_VENUE = (
    ambiguous(VenueUnavailable, 10000, 10016, 170001, 170007, 170032, 170146, 170147, 170234, 3400214, transient=True)
    # The same request twice; the order is just being processed, or was changed meanwhile: only a reading tells.
    | ambiguous(VenueUnavailable, 10014, 110079, 40004, transient=True)
    | passing(VenueUnavailable, 10019)
)

_HINTS = {
    "10003": "a key works at the site that it was made at: see the options site and demo",
    "10028": "the account is no unified trading account, which is the only kind that this adapter knows",
    "110088": "the account is no unified trading account, which is the only kind that this adapter knows",
    "404": "no such path; the venue's demo trading lacks some",
}

# 10001 is said of every parameter: its text decides.
_TEXTS: tuple[tuple[str, Code], ...] = (
    ("position idx not match", Code(PositionModeConflict, definitive=True)),
    ("symbol params err", Code(SymbolNotFound, definitive=True)),
    ("symbol invalid", Code(SymbolNotFound, definitive=True)),
    ("zero position", Code(OrderRejected, definitive=True)),
    ("exceeds maximum limit", Code(OrderRejected, definitive=True)),
)


class Envelope(msgspec.Struct, Generic[T], frozen=True, gc=False, rename="camel"):
    """What surrounds every payload. A code may come as text; a payload that is empty may be missing."""

    ret_code: int | str
    ret_msg: str | None = None
    data: T = msgspec.field(default=cast("T", None), name="result")
    ret_ext_info: WireAside | None = None
    time: int | str | None = None


class BybitDialect(Dialect):
    """Bybit v5.

    Args:
        site: Where the account was registered.
        rsa: The secret is an RSA private key: base64 of its DER form, in one line.

    Raises:
        NotSupported: `rsa` without the package `cryptography`.
    """

    venue = "bybit"
    demo_support: ClassVar[Literal["none", "host", "header"]] = "host"
    demo_url: ClassVar[str | None] = "https://api-demo.bybit.com"
    traits: ClassVar[VenueTraits] = VenueTraits(
        client_id=True,
        client_id_pattern=r"[0-9A-Za-z_-]{1,36}",
        echoes_client_id=True,
        lookup_by_client_id=True,
        # "Always unique", for how long is not said.
        dedup="all",
        window_s=WINDOW_MS / 1000,
        # The gateway checks the window, and the engine acts a little later; lists follow within seconds.
        visibility_lag_s=5.0,
        rate_429_is_gateway=False,
        # 10006 is judged per endpoint and account, before the order.
        rate_code_is_gateway=True,
        # A price beyond the band becomes its edge, until `refuse_prices_outside_band` ends that.
        moves_prices=True,
        cancel_empty_id_cancels_all=False,
    )
    envelope: ClassVar[Any] = Envelope
    codes: ClassVar[Mapping[str, Code]] = {**_ACCESS, **_ORDERS, **_FUNDS, **_MODES, **_VENUE}
    # Each endpoint has a limit of its own, and there is none over all of them.
    account_limit: ClassVar[RateLimit | None] = None
    wide_limits = (RateLimit(600, 5.0, scope="ip"),)

    def __init__(self, *, site: Site = "global", rsa: bool = False) -> None:
        self.base_url = SITES[site]
        self._signer = KeySigner() if rsa else None

    def standing_headers(self, credentials: Credentials) -> Sequence[tuple[str, str]]:
        """Key, window and content type."""
        return (
            ("X-BAPI-API-KEY", credentials.key.reveal()),
            ("X-BAPI-RECV-WINDOW", str(WINDOW_MS)),
            ("Content-Type", "application/json"),
        )

    def headers(
        self, request: Unsigned, endpoint: Endpoint[Any], credentials: Credentials, now_ms: int
    ) -> SealedHeaders:
        """Timestamp and signature."""
        timestamp = str(now_ms - GUARD_MS)
        return SealedHeaders(
            (
                ("X-BAPI-TIMESTAMP", timestamp),
                ("X-BAPI-SIGN", self.sign(request, credentials, timestamp)),
            )
        )

    def sign(self, request: Unsigned, credentials: Credentials, timestamp: str) -> str:
        """Over `timestamp + key + window + query or body`, exactly as they are sent."""
        payload = request.body if request.method == "POST" else request.query.encode()
        return self.signature(credentials, timestamp.encode(), credentials.key, str(WINDOW_MS).encode() + payload)

    def signature(self, credentials: Credentials, *parts: Any) -> str:
        """Hex of an HMAC, or base64 under an RSA key; of requests and of the streams' login."""
        if self._signer is None:
            return credentials.hmac_sha256(*parts).hexdigest()
        text = b"".join(part if isinstance(part, bytes) else part.reveal().encode() for part in parts)
        return self._signer(text, credentials)

    def refusal(self, envelope: Envelope[Any]) -> Refusal | None:
        """`retCode` alone decides: the message of a success is anything."""
        code = str(envelope.ret_code)
        if code == "0":
            return None
        message = envelope.ret_msg or "refused without a message"
        if code == "10001" and "not modified" in message.lower():
            # The number that other calls have for it; of amended orders the text alone says so.
            code = "34040"
        if code == MARGIN_MODE and isinstance(envelope.data, WireReasons):
            reasons = [str(reason.get("reasonMsg")) for reason in envelope.data.reasons or ()]
            message = f"{message}: {'; '.join(reasons)}" if reasons else message
        hint = _HINTS.get(code)
        return Refusal(code, f"{message} ({hint})" if hint else message)

    def payload(self, envelope: Envelope[Any]) -> Any:
        """With the time, and in batches with the verdicts that stand beside the rows."""
        data = envelope.data
        if not isinstance(data, Timed):
            return data
        verdicts = None if envelope.ret_ext_info is None else envelope.ret_ext_info.verdicts
        return msgspec.structs.replace(data, time=envelope.time, verdicts=None if verdicts is None else tuple(verdicts))

    def bare_refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> Refusal | None:
        """A ban says so; a region's page speaks of countries; a path that is not there has a page of its own."""
        text = body[:2000].lower()
        if status == 403 and b"too frequent" in text:
            return Refusal("403", "this address has sent too much: access too frequent")
        if status == 403 and (b"country" in text or b"region" in text):
            return Refusal("10009", "requests from this country are refused")
        if status == 404:
            return Refusal("404", _HINTS["404"])
        return None

    def rule(self, refusal: Refusal, endpoint: Endpoint[Any]) -> Code | None:
        """10001 by its text."""
        if refusal.code == "10001":
            text = refusal.message.lower()
            found = next((code for words, code in _TEXTS if words in text), None)
            if found is not None:
                return found
        return super().rule(refusal, endpoint)

    def server_ms(self, envelope: Envelope[Any]) -> int | None:
        """`time`, when the answer was made."""
        time = envelope.time
        if isinstance(time, str):
            return int(time) if time.isascii() and time.isdigit() and len(time) < 17 else None
        return time or None

    def remaining(self, headers: Mapping[str, str]) -> int | None:
        """What is left of the endpoint's own pool in this second."""
        left = headers.get("x-bapi-limit-status", "")
        return int(left) if left.isascii() and left.isdigit() and len(left) < 10 else None

    def retry_after_s(self, headers: Mapping[str, str], now_ms: int) -> float | None:
        """Until the moment at which the pool is free again."""
        reset = headers.get("x-bapi-limit-reset-timestamp", "")
        if not (reset.isascii() and reset.isdigit() and len(reset) < 17):
            return None
        ahead_s = (int(reset) - now_ms) / 1000
        return min(ahead_s, 60.0) if ahead_s > 0 else None

    def ban_s(self, refusal: Refusal, now_ms: int) -> float | None:
        """After a ban at least ten minutes without any request."""
        return BAN_S if refusal.code == "403" else None
