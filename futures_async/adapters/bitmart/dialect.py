"""How BitMart's futures v2 interface signs, wraps and refuses.

https://developer-pro.bitmart.com/en/futuresv2/#signed and #error-code
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import ambiguous, passing, refused
from futures_async.adapters.bitmart.wire import WireTime

T = TypeVar("T")

SUCCESS = "1000"
WINDOW_S = 2.0
LONGEST_WINDOW_S = 60.0

CODES: dict[str, fa.Code] = {
    # The gateway: judged before the call reaches the trading system.
    **refused(fa.AuthenticationError, 30001, 30002, 30003, 30004, 30005, 30011),
    **passing(fa.ClockSkew, 30006, 30007, 30008, 40008),
    **refused(fa.PermissionDenied, 30010, 30012, 30019),
    **passing(fa.RateLimited, 30013),
    **refused(fa.Banned, 30017),
    **ambiguous(fa.VenueUnavailable, 30014, 30016, 25601, transient=True),
    **refused(fa.ParameterRejected, 30000, 30018, 30030, 30031),
    # The contract system.
    **refused(fa.ParameterRejected, 40001, 40002, 40004, 40005, 40007, 40009, 40010, 40011, 40030, 40038, 49998),
    **refused(fa.PermissionDenied, 40006, 40046, 40047),
    **refused(fa.SymbolNotFound, 40034),
    **refused(fa.OrderRejected, 40014, 40017, 40018, 40020, 40021, 40031, 40032, 40033),
    **refused(fa.OrderRejected, 40041, 40042, 40043, 40044, 40048, 40049),
    **refused(fa.DuplicateOrder, 40003, 40050),
    **refused(fa.AccountInLiquidation, 40016, 40019, 40023, 40024, 40026),
    **refused(fa.InsufficientMargin, 40025, 40027, 42000),
    **refused(fa.RiskLimitExceeded, 40028, 40029),
    **refused(fa.MarginModeConflict, 40022, 40040, 40045),
    **refused(fa.PositionModeConflict, 40059),
    **refused(fa.OrderNotFound, 40035, 40037),
    **ambiguous(fa.VenueUnavailable, 40015, transient=True),
    # One code for several things: see `BitMartDialect.rule`, which splits these by message or call.
    **ambiguous(fa.VenueUnavailable, 40012),
    **passing(fa.RateLimited, 40013),
    **refused(fa.OrderNotFound, 40036),
    **passing(fa.ClockSkew, 40039),
    # Transfers and sub-accounts.
    **refused(fa.ParameterRejected, 60000, 60001, 60002, 60005, 60006, 60030, 60031, 61003),
    **refused(fa.InsufficientMargin, 60008, 61001),
    **refused(fa.PermissionDenied, 60026, 60027, 60028, 60029, 61005, 61006, 61008),
    **ambiguous(fa.VenueUnavailable, 60050, 60051, 60052),
    **ambiguous(fa.VenueUnavailable, 70003, transient=True),
    **refused(fa.DuplicateOrder, 61004),
}
"""Every documented code; an unlisted one proves nothing."""

_SYMBOL_NOT_FOUND = fa.Code(fa.SymbolNotFound, definitive=True)
_NO_BALANCE = fa.Code(fa.InsufficientMargin, definitive=True)
_MARGIN_MODE = fa.Code(fa.MarginModeConflict, definitive=True)
_CLOCK = fa.Code(fa.ClockSkew, definitive=True, transient=True)
_FINISHED = fa.Code(fa.OrderRejected, definitive=True)
_BAD_TIME = fa.Code(fa.ParameterRejected, definitive=True)

_TRACE = " (trace "

CANCELS_ONE = frozenset(
    {
        "/contract/private/cancel-order",
        "/contract/private/cancel-plan-order",
        "/contract/private/cancel-trail-order",
    }
)
"""Calls that, sent without an id, cancel everything (documented for the first, assumed for the others)."""

_ORDER_ID = re.compile(r"[0-9]{1,40}")
_CLIENT_ID = re.compile(r"[A-Za-z0-9_]{1,64}")


class Envelope(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """What surrounds every payload. `code` is a number, on some endpoints text; failures may say `msg`."""

    code: int | str
    message: str | None = None
    msg: str | None = None
    trace: str | None = None
    data: T = cast("T", None)


class BitMartDialect(fa.Dialect):
    """Keyed reads, signed writes."""

    venue = "bitmart"
    base_url = "https://api-cloud-v2.bitmart.com"
    demo_support = "host"
    demo_url = "https://demo-api-cloud-v2.bitmart.com"
    traits = fa.VenueTraits(
        client_id=True,
        client_id_pattern=r"[A-Za-z0-9]{1,32}",
        # The answer to a placement holds the venue's id and a price, nothing else.
        echoes_client_id=False,
        # Not by a call of its own: in complete lists of open and past orders.
        lookup_by_client_id=True,
        # Code 40050 exists; among which orders it looks is not documented.
        dedup="none",
        # Code 30007: the timestamp is more than a minute from the server's clock. `recvWindow` is documented
        # for transfers only.
        window_s=60.0,
        visibility_lag_s=5.0,
        rate_429_is_gateway=False,
    )
    envelope = Envelope
    codes = CODES
    credentials_needed = ("memo",)

    def standing_headers(self, credentials: fa.Credentials) -> Sequence[tuple[str, str]]:
        """The key."""
        return (("X-BM-KEY", credentials.key.reveal()),)

    def headers(
        self, request: fa.Unsigned, endpoint: fa.Endpoint[Any], credentials: fa.Credentials, now_ms: int
    ) -> fa.SealedHeaders:
        """Nothing on reads; signature and timestamp (milliseconds) on every POST.

        Raises:
            InvalidRequest: A cancel without an id, which the venue would take for "cancel everything".
        """
        if request.path in CANCELS_ONE:
            require_id(request.body)
        if request.method == "GET":
            return fa.SealedHeaders(())
        timestamp = str(now_ms)
        return fa.SealedHeaders(
            (
                ("X-BM-SIGN", sign(timestamp, request.body, credentials)),
                ("X-BM-TIMESTAMP", timestamp),
                ("Content-Type", "application/json"),
            )
        )

    def refusal(self, envelope: Envelope[Any]) -> fa.Refusal | None:
        """The code decides, whatever the HTTP status: exactly 1000 is success, as a number or as text."""
        code = str(envelope.code)
        if code == SUCCESS:
            return None
        message = envelope.message or envelope.msg or "refused without a message"
        return fa.Refusal(code, f"{message}{_TRACE}{envelope.trace})" if envelope.trace else message)

    def rule(self, refusal: fa.Refusal, endpoint: fa.Endpoint[Any]) -> fa.Code | None:
        """What a code means; five of them mean different things by message or by call."""
        code = refusal.code
        if code == "40012":
            return self._catch_all(refusal.message.partition(_TRACE)[0].lower())
        if code == "40013" and "time" in refusal.message.partition(_TRACE)[0].lower():
            return _CLOCK
        if code == "40036" and endpoint.kind not in (fa.Kind.READ, fa.Kind.CANCEL):
            # "The status does not allow it": a cancel or a read finds it gone, an edit is refused.
            return _FINISHED
        if code == "40039" and not endpoint.signed:
            # An unsigned call has no timestamp of its own: the times in its query are meant.
            return _BAD_TIME
        return self.codes.get(code)

    def _catch_all(self, message: str) -> fa.Code:
        """40012, nominally "system error"."""
        if "symbol_not_exist" in message:
            return _SYMBOL_NOT_FOUND
        if "balance not enough" in message:
            return _NO_BALANCE
        if any(word in message for word in ("leverage", "open type", "open_type", "position")):
            return _MARGIN_MODE
        return self.codes["40012"]

    def server_ms(self, envelope: Envelope[Any]) -> int | None:
        """Only the answer to `/system/time` tells the clock, in its payload."""
        return envelope.data.server_time if isinstance(envelope.data, WireTime) else None

    def remaining(self, headers: Mapping[str, str]) -> int | None:
        """Calls left in the endpoint's window. The venue's "Remaining" counts upwards: it is the number used."""
        used, limit = (fa.number_in(headers, f"x-bm-ratelimit-{name}") for name in ("remaining", "limit"))
        return None if used is None or limit is None else max(0, limit - used)

    def retry_after_s(self, headers: Mapping[str, str], now_ms: int) -> float:
        """A whole window: the header "Reset" is its length, 2 s where it is missing. Going on would end in a ban."""
        return min(fa.number_in(headers, "x-bm-ratelimit-reset") or WINDOW_S, LONGEST_WINDOW_S)


def sign(timestamp: str, body: bytes, credentials: fa.Credentials) -> str:
    """Lower-case hex of HMAC-SHA256 over `timestamp#memo#body`; the memo itself is never sent."""
    memo = credentials.memo or b""  # stays sealed: tracebacks show the locals of their frames
    return credentials.hmac_sha256(timestamp.encode() + b"#", memo, b"#" + body).hexdigest()


class _Ids(msgspec.Struct):
    """The two fields that name an order to cancel."""

    order_id: int | str | None = None
    client_order_id: str | None = None


def require_id(body: bytes) -> None:
    """Look at the very bytes that would be sent.

    Raises:
        InvalidRequest: They name no order.
    """
    try:
        ids = msgspec.json.decode(body, type=_Ids) if body else _Ids()
    except fa.UNREADABLE:
        ids = _Ids()
    if not (names_order(ids.order_id) or names_client(ids.client_order_id)):
        raise fa.InvalidRequest(
            "a BitMart cancel needs an order id or a client order id: without one the venue cancels every order "
            "of the contract (cancel_all_orders does that on purpose)"
        )


def names_order(order_id: int | str | None) -> bool:
    """True for digits that are not zero."""
    text = "" if order_id is None else str(order_id)
    return _ORDER_ID.fullmatch(text) is not None and text.strip("0") != ""


def names_client(client_order_id: str | None) -> bool:
    """True for what can be a client order id; `PLAN_…`, which the venue makes itself, has an underscore."""
    return client_order_id is not None and _CLIENT_ID.fullmatch(client_order_id) is not None
