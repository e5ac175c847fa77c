"""What Bitget's v2, v3 and v1 interfaces share: signature, headers, envelope, codes.

https://www.bitget.com/api-doc/common/signature
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar, Generic, Literal, NamedTuple, Protocol, TypeVar, cast
from urllib.parse import unquote

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import join_query, symbols
from futures_async.adapters._bitget_codes import CODES, SUCCESS

T = TypeVar("T")

ProductType = Literal["USDT-FUTURES", "COIN-FUTURES", "USDC-FUTURES"]
PRODUCT_TYPES: tuple[ProductType, ...] = ("USDT-FUTURES", "COIN-FUTURES", "USDC-FUTURES")

TRAITS = fa.VenueTraits(
    client_id=True,
    # The venue allows more; this is what needs no escaping in a signed query.
    # Recorded orders have ids of 36 characters; the limit by the code table (40304) is 50.
    client_id_pattern=r"[0-9A-Za-z_-]{1,36}",
    echoes_client_id=True,
    lookup_by_client_id=True,
    # A finished order frees its id, so a repeated one proves nothing.
    dedup="open",
    # Error 40008: the timestamp is more than 30 s from the server's time.
    window_s=30.0,
    visibility_lag_s=5.0,
    rate_429_is_gateway=True,
    # "Either orderId or clientOid is required": a cancel without ids is refused.
)
"""What order safety may rely on, for the interfaces with client order ids (v2, v3)."""

_HINTS = {
    "40084": "the account is classic: use the adapter bitget (Bitget)",
    "25245": "the account is classic: use the adapter bitget (Bitget)",
    "40085": "the account is unified: use the adapter bitget-uta (BitgetUTA)",
    "40099": "live keys do not work in demo trading, nor demo keys outside it",
}

# 40034 says "Parameter BTCUSDTX does not exist" of contracts and of parameters, whose names have small letters.
_UNKNOWN_CONTRACT = re.compile(r"Parameter [^a-z\s]+ does not exist")
# 40808 with a detail ("… size checkBDScale error value=2.577 checkScale=2") is a verdict; without one it also comes
# spuriously while Bitget releases.
_PARAMETER_NAMED = re.compile(r"Parameter verification exception\W+(?!null\b)\w")
_PARAMETER_REJECTED = fa.Code(fa.ParameterRejected, definitive=True)
_SYMBOL_NOT_FOUND = fa.Code(fa.SymbolNotFound, definitive=True)


class Envelope(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """What surrounds every payload. Errors may lack `data`; a `data` of null is the row's result type to allow."""

    code: str | int
    msg: str | None = None
    requestTime: int | None = None
    data: T = cast("T", None)


class BitgetFamily(fa.Dialect):
    """Base of the three dialects.

    Args:
        demo: Send the header of Bitget's demo (paper) trading; such keys work nowhere else.
        rsa: The secret is an RSA private key (PKCS#8, base64 of its DER form: the PEM file's lines without the
            first and last, joined); needs the `cryptography` package.

    Raises:
        NotSupported: `rsa` without that package.
    """

    base_url = "https://api.bitget.com"
    # The same host: the header `paptrading` makes the difference.
    demo_support: ClassVar[Literal["none", "host", "header"]] = "header"
    traits: ClassVar[fa.VenueTraits] = TRAITS
    envelope: ClassVar[Any] = Envelope
    codes: ClassVar[Mapping[str, fa.Code]] = CODES
    hints: ClassVar[Mapping[str, str]] = _HINTS
    # "The overall rate limit: 6000/IP/Min"; once over it, five minutes of refusals follow.
    wide_limits = (fa.RateLimit(6000, 60.0, scope="ip"),)
    credentials_needed = ("passphrase",)

    def __init__(self, *, demo: bool = False, rsa: bool = False) -> None:
        self._rsa = fa.KeySigner() if rsa else None
        self.in_demo = demo

    def query(self, params: fa.Params) -> str:
        """Sorted by key, as all of the vendor's samples are; whether the server sorts too is not documented."""
        return join_query(sorted(params.items()))

    def public_headers(self) -> Sequence[tuple[str, str]]:
        """The language of messages, and demo trading where asked for."""
        return (("locale", "en-US"), ("paptrading", "1")) if self.in_demo else (("locale", "en-US"),)

    def standing_headers(self, credentials: fa.Credentials) -> Sequence[tuple[str, str]]:
        """Key, passphrase and content type."""
        passphrase = credentials.passphrase
        return (
            ("ACCESS-KEY", credentials.key.reveal()),
            ("ACCESS-PASSPHRASE", "" if passphrase is None else passphrase.reveal()),
            ("Content-Type", "application/json"),
        )

    def headers(
        self, request: fa.Unsigned, endpoint: fa.Endpoint[Any], credentials: fa.Credentials, now_ms: int
    ) -> fa.SealedHeaders:
        """Signature and timestamp."""
        timestamp = str(now_ms)
        message = prehash(timestamp, request)
        return fa.SealedHeaders(
            (
                ("ACCESS-SIGN", self.signature(message, credentials)),
                ("ACCESS-TIMESTAMP", timestamp),
            )
        )

    def signature(self, message: bytes, credentials: fa.Credentials) -> str:
        """Of a request or of a stream's login, by HMAC or by the RSA key."""
        return sign(message, credentials) if self._rsa is None else self._rsa(message, credentials)

    def refusal(self, envelope: Envelope[Any]) -> fa.Refusal | None:
        """The code decides, whatever the HTTP status: 00000 is success, all else is not."""
        if envelope.code == SUCCESS:
            return None
        return self.said(envelope.code, envelope.msg)

    def rule(self, refusal: fa.Refusal, endpoint: fa.Endpoint[Any]) -> fa.Code | None:
        """Two codes mean different things by their message.

        40034 is an unknown contract or an unknown parameter; 40808 names a parameter, or says nothing.
        """
        if refusal.code == "40808" and _PARAMETER_NAMED.match(refusal.message):
            return _PARAMETER_REJECTED
        if refusal.code == "40034" and _UNKNOWN_CONTRACT.match(refusal.message):
            return _SYMBOL_NOT_FOUND
        return super().rule(refusal, endpoint)

    def server_ms(self, envelope: Envelope[Any]) -> int | None:
        """`requestTime` is the server's time of the answer."""
        return envelope.requestTime or None

    def remaining(self, headers: Mapping[str, str]) -> int | None:
        """Despite its name the header counts down: what is left in this second for this endpoint."""
        return fa.number_in(headers, "x-mbx-used-remain-limit")


@lru_cache(maxsize=4096)
def unified_symbol(venue_symbol: str, product_type: ProductType, margin_coin: str | None = None) -> str:
    """The unified form of a contract's id; an id that can't be parsed (delivery contracts) as it is.

    Args:
        venue_symbol: `BTCUSDT`, `BTCUSD`, `BTCPERP`; some of the venue's samples show lower case.
        product_type: The same text may exist in several.
        margin_coin: What a COIN-FUTURES contract settles in; None is its base coin.
    """
    pair = venue_symbol.upper()
    if product_type == "USDT-FUTURES":
        parts = symbols.guess_parts(pair, ("USDT",))
        return symbols.join(parts[0], "USDT", "USDT") if parts else pair
    if product_type == "USDC-FUTURES":
        # USDC contracts are named <base>PERP.
        parts = symbols.guess_parts(pair, ("PERP", "USDC"))
        return symbols.join(parts[0], "USDC", "USDC") if parts else pair
    parts = symbols.guess_parts(pair, ("USD",))
    return symbols.join(parts[0], "USD", margin_coin or parts[0]) if parts else pair


@lru_cache(maxsize=4096)
def settle_of(venue_symbol: str) -> ProductType:
    """The product type that a unified account's contract belongs to, by its id: `BTCUSDT`, `BTCPERP`, `BTCUSD_CM`."""
    name = venue_symbol.upper()
    if name.endswith("USDT"):
        return "USDT-FUTURES"
    return "USDC-FUTURES" if name.endswith(("PERP", "USDC")) else "COIN-FUTURES"


QUARTERS = {3: "H", 6: "M", 9: "U", 12: "Z"}
"""Letters of the months in which quarterly contracts are delivered."""


def venue_symbol(symbol: str, product_type: ProductType) -> str:
    """The venue's id of a unified symbol; a venue's own id in upper case.

    A quarterly contract has no unified symbol of its own, and is answered under the venue's id (`BTCUSDH25`); it may be
    named as ccxt does, with its date: `BTC/USD:BTC-250328`.

    Raises:
        InvalidRequest: It is no symbol, or belongs to another product type.
    """
    dated = symbols.split_dated(symbol) if isinstance(symbol, str) else None  # pyright: ignore[reportUnnecessaryIsInstance] - callers without types
    parts = symbols.split(symbols.check_symbol(symbol)) if dated is None else dated.parts
    if parts is None:
        return symbol.upper()
    if dated is not None:
        quarter = QUARTERS.get(dated.month)
        if product_type == "COIN-FUTURES" and parts.quote == "USD" and parts.settle == parts.base and quarter:
            return f"{parts.base}USD{quarter}{dated.year:02}"
        raise fa.InvalidRequest(f"{symbol} is no quarterly contract of {product_type}: write the venue's own id")
    if product_type == "USDT-FUTURES" and parts.quote == parts.settle == "USDT":
        return f"{parts.base}USDT"
    if product_type == "USDC-FUTURES" and parts.quote == parts.settle == "USDC":
        return f"{parts.base}PERP"
    if product_type == "COIN-FUTURES" and parts.quote == "USD" and parts.settle not in ("USD", "USDT", "USDC"):
        return f"{parts.base}USD"
    raise fa.InvalidRequest(f"{symbol} is no contract of {product_type}: set product_type, or write the venue's own id")


def named(order_id: str | None, client_order_id: str | None) -> dict[str, str]:
    """An order of a batch by either id."""
    return {"orderId": order_id} if order_id is not None else {"clientOid": client_order_id or ""}


def prehash(timestamp: str, request: fa.Unsigned) -> bytes:
    """The text that is signed: `timestamp + METHOD + path[?query] + body`; the venue looks at the query decoded."""
    query = unquote(request.query) if "%" in request.query else request.query
    target = f"{request.path}?{query}" if query else request.path
    return f"{timestamp}{request.method.upper()}{target}".encode() + request.body


def sign(message: bytes, credentials: fa.Credentials) -> str:
    """Base64 of HMAC-SHA256 under the secret."""
    return b64encode(credentials.hmac_sha256(message).digest()).decode()


class Charged(Protocol):
    """One line of a list of fees."""

    @property
    def fee_coin(self) -> str | None:
        """The coin that it was charged in."""
        ...


D = TypeVar("D", bound=Charged)


class Cost(NamedTuple):
    """What a fill or an order cost: paid is positive."""

    fee: Decimal | None
    coin: str | None


def cost_of(came: object, kind: type[D], paid: Callable[[D], Decimal | None]) -> Cost:
    """The fee and its coin, of a row's `feeDetail`.

    Raises:
        DecodeError: It is no list of fees, or they were paid in several coins, which one number cannot say.
    """
    details = cast("list[object]", came if isinstance(came, list) else [] if came is None else [came])
    parts: dict[str, Decimal] = {}
    for detail in details:
        coin: object = detail.fee_coin or "" if isinstance(detail, kind) else None
        if not isinstance(detail, kind) or not isinstance(coin, str):
            raise fa.DecodeError("feeDetail is no list of fees", path="feeDetail")
        fee = paid(detail)
        if fee is not None:
            parts[coin] = fa.EXACT.add(parts.get(coin, Decimal(0)), fee)
    if len(parts) > 1:
        raise fa.DecodeError(f"feeDetail names several coins: {', '.join(map(repr, parts))}", path="feeDetail")
    return next((Cost(fee, coin or None) for coin, fee in parts.items()), Cost(None, None))
