"""How Bybit signs, wraps and refuses. Every verdict of the venue's is HTTP 200; what is not, a gate before it has said.

https://bybit-exchange.github.io/docs/v5/guide and https://bybit-exchange.github.io/docs/v5/error
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, Literal, TypeVar, cast

import msgspec

import futures_async.adapter as fa
from futures_async.adapters.bybit.codes import CODES, HINTS, MARGIN_MODE, TEXTS
from futures_async.adapters.bybit.wire import Timed, WireAside, WireReasons

T = TypeVar("T")

Site = Literal["global", "br", "ar", "hk", "nl", "tr", "kz", "ge", "ae", "eu", "id", "jp", "testnet"]
SITES: Mapping[Site, str] = {
    "global": "https://api.bybit.com",
    "br": "https://api.bybit.com",
    "ar": "https://api.bybit.com",
    "hk": "https://api.spark-fintech.com",
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
SITE_HEADERS: Mapping[Site, tuple[str, str]] = {
    "br": ("x-site-id", "BRA_BTL"),
    "ar": ("x-site-id", "ARG_BTL"),
    "hk": ("x-refer-site-id", "HKG"),
}
"""What every call, and the opening of a stream, says of a site beside its host: without it a key is an unknown one."""
DEMO_URL = "https://api-demo.bybit.com"
BYTICK_URL = "https://api.bytick.com"
"""Another name of the global site's."""
HOSTS = (*SITES.values(), BYTICK_URL, "https://api-testnet.manepa.jp", "https://api-testnet.spark-fintech.com")
"""Where calls of real money and of the testnets go."""

WINDOW_MS = 5000
"""A request is refused so long after its timestamp. It is sent with every request: what is signed is what is sent."""
GUARD_MS = 400
"""A timestamp a second ahead of the venue's clock is refused, however wide the window: so it is set back a little."""
BAN_S = 600.0


class Envelope(msgspec.Struct, Generic[T], frozen=True, gc=False, rename="camel"):
    """What surrounds every payload. A code may come as text; a payload that is empty may be missing."""

    ret_code: int | str
    ret_msg: str | None = None
    data: T = msgspec.field(default=cast("T", None), name="result")
    ret_ext_info: WireAside | None = None
    time: int | str | None = None


class BybitDialect(fa.Dialect):
    """Bybit v5.

    Args:
        site: Where the account was registered.
        rsa: The secret is an RSA private key: base64 of its DER form, in one line.

    Raises:
        NotSupported: `rsa` without the package `cryptography`.
    """

    venue = "bybit"
    demo_support: ClassVar[Literal["none", "host", "header"]] = "host"
    demo_url: ClassVar[str | None] = DEMO_URL
    traits: ClassVar[fa.VenueTraits] = fa.VenueTraits(
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
    )
    envelope: ClassVar[Any] = Envelope
    codes: ClassVar[Mapping[str, fa.Code]] = CODES
    hints: ClassVar[Mapping[str, str]] = HINTS
    # Each endpoint has a limit of its own, and there is none over all of them.
    account_limit: ClassVar[fa.RateLimit | None] = None
    wide_limits = (fa.RateLimit(600, 5.0, scope="ip"),)

    def __init__(self, *, site: Site = "global", rsa: bool = False) -> None:
        self.base_url = SITES[site]
        self.site_headers = (SITE_HEADERS[site],) if site in SITE_HEADERS else ()
        self._signer = fa.KeySigner() if rsa else None

    def public_headers(self) -> Sequence[tuple[str, str]]:
        """Which site it is, where the host does not say it."""
        return self.site_headers

    def standing_headers(self, credentials: fa.Credentials) -> Sequence[tuple[str, str]]:
        """Key, window and content type."""
        return (
            ("X-BAPI-API-KEY", credentials.key.reveal()),
            ("X-BAPI-RECV-WINDOW", str(WINDOW_MS)),
            ("Content-Type", "application/json"),
        )

    def headers(
        self, request: fa.Unsigned, endpoint: fa.Endpoint[Any], credentials: fa.Credentials, now_ms: int
    ) -> fa.SealedHeaders:
        """Timestamp and signature."""
        timestamp = str(now_ms - GUARD_MS)
        return fa.SealedHeaders(
            (
                ("X-BAPI-TIMESTAMP", timestamp),
                ("X-BAPI-SIGN", self.sign(request, credentials, timestamp)),
            )
        )

    def sign(self, request: fa.Unsigned, credentials: fa.Credentials, timestamp: str) -> str:
        """Over `timestamp + key + window + query or body`, exactly as they are sent."""
        payload = request.body if request.method == "POST" else request.query.encode()
        return self.signature(credentials, timestamp.encode(), credentials.key, str(WINDOW_MS).encode() + payload)

    def signature(self, credentials: fa.Credentials, *parts: Any) -> str:
        """Hex of an HMAC, or base64 under an RSA key; of requests and of the streams' login."""
        if self._signer is None:
            return credentials.hmac_sha256(*parts).hexdigest()
        text = b"".join(part if isinstance(part, bytes) else part.reveal().encode() for part in parts)
        return self._signer(text, credentials)

    def refusal(self, envelope: Envelope[Any]) -> fa.Refusal | None:
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
        return self.said(code, message)

    def payload(self, envelope: Envelope[Any]) -> Any:
        """With the time, and in batches with the verdicts that stand beside the rows."""
        data = envelope.data
        if not isinstance(data, Timed):
            return data
        verdicts = None if envelope.ret_ext_info is None else envelope.ret_ext_info.verdicts
        return msgspec.structs.replace(data, time=envelope.time, verdicts=None if verdicts is None else tuple(verdicts))

    def bare_refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> fa.Refusal | None:
        """A ban says so; a region's page speaks of countries; a path that is not there has a page of its own."""
        text = body[:2000].lower()
        if status == 403 and b"too frequent" in text:
            return fa.Refusal("403", "this address has sent too much: access too frequent")
        if status == 403 and (b"country" in text or b"region" in text):
            return fa.Refusal("10009", "requests from this country are refused")
        if status == 404:
            return fa.Refusal("404", HINTS["404"])
        return None

    def rule(self, refusal: fa.Refusal, endpoint: fa.Endpoint[Any]) -> fa.Code | None:
        """10001 by its text."""
        if refusal.code == "10001":
            text = refusal.message.lower()
            found = next((code for words, code in TEXTS if words in text), None)
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
        return fa.number_in(headers, "x-bapi-limit-status")

    def retry_after_s(self, headers: Mapping[str, str], now_ms: int) -> float | None:
        """Until the moment at which the pool is free again."""
        reset_ms = fa.number_in(headers, "x-bapi-limit-reset-timestamp", 16) or 0
        return min((reset_ms - now_ms) / 1000, 60.0) if reset_ms > now_ms else None

    def ban_s(self, refusal: fa.Refusal, now_ms: int) -> float | None:
        """After a ban at least ten minutes without any request."""
        return BAN_S if refusal.code == "403" else None
