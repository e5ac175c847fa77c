"""How OKX v5 signs, wraps and refuses. Its codes are in `codes.py`.

An answer to an order has two verdicts: `code` for the whole, where 1 and 2 only say that all or some rows failed, and
`sCode` in each row, which says why.

https://www.okx.com/docs-v5/en/#overview-rest-authentication
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar, Generic, Literal, NamedTuple, TypeVar, cast

import msgspec

import futures_async.adapter as fa
from futures_async.adapters.okx.codes import CODES, FAILED, HINTS, SUCCESS
from futures_async.adapters.okx.endpoints import ORDERS_EXPIRE, PLACE, PLACE_ALGO, PLACE_BATCH
from futures_async.adapters.okx.wire import WireAck, WireVerdict

T = TypeVar("T")


class Hosts(NamedTuple):
    """Of one region."""

    rest: str
    stream: str
    demo_stream: str


HOSTS = {
    "global": Hosts("https://openapi.okx.com", "wss://ws.okx.com", "wss://wspap.okx.com"),
    "eea": Hosts("https://eea.okx.com", "wss://wseea.okx.com", "wss://wseeapap.okx.com"),
    "us": Hosts("https://us.okx.com", "wss://wsus.okx.com", "wss://wsuspap.okx.com"),
}
"""https://www.okx.com/docs-v5/en/#overview-production-trading-services"""

OLDER_HOST = "https://www.okx.com"
"""Of the global site, still in use."""

DEMO_HEADER = ("x-simulated-trading", "1")
# "Parameter posSide  error": the order is written for the other position mode.
_POSITION_SIDE = re.compile(r"\bposSide\b")
_WRONG_MODE = fa.Code(fa.PositionModeConflict, definitive=True)
# Ids of new orders are held to the venue's pattern before anything is sent: what is wrong with one is that it is taken.
_PLACING = frozenset(endpoint.name for endpoint in (PLACE, PLACE_BATCH, PLACE_ALGO))
_CLIENT_ID = re.compile(r"\b(?:algoC|c)lOrdId\b")
_TAKEN = fa.Code(fa.DuplicateOrder, definitive=False)


class Envelope(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """What surrounds every payload; `data` is a list. Answers to orders tell when they left the gateway, in
    microseconds."""

    code: str | int
    msg: str | None = None
    outTime: str | int | None = None
    data: T = cast("T", None)


class OKXDialect(fa.Dialect):
    """OKX v5 at one region's hosts.

    Args:
        region: See `OKXOptions`.
    """

    venue = "okx"
    # The same host: a header makes the difference.
    demo_support: ClassVar[Literal["none", "host", "header"]] = "header"
    traits = fa.VenueTraits(
        client_id=True,
        # "A combination of case-sensitive alphanumerics, all numbers, or all letters of up to 32 characters."
        client_id_pattern=r"[0-9A-Za-z]{1,32}",
        echoes_client_id=True,
        lookup_by_client_id=True,
        # Unique among pending orders only: a finished order frees its id.
        dedup="open",
        # 50102: "The timestamp differs from the server's by more than 30 seconds". Orders expire sooner.
        window_s=30.0,
        visibility_lag_s=5.0,
        rate_429_is_gateway=True,
    )
    envelope: ClassVar[Any] = Envelope
    codes: ClassVar[Mapping[str, fa.Code]] = CODES
    hints: ClassVar[Mapping[str, str]] = HINTS
    # "Rate limits of private endpoints are by user id" and endpoint: there is none over all of them.
    account_limit = None
    credentials_needed = ("passphrase",)

    def __init__(self, region: str = "global") -> None:
        self.hosts = HOSTS[region]
        self.base_url = self.hosts.rest

    def public_headers(self) -> Sequence[tuple[str, str]]:
        """Demo trading, where asked for."""
        return (DEMO_HEADER,) if self.in_demo else ()

    def standing_headers(self, credentials: fa.Credentials) -> Sequence[tuple[str, str]]:
        """Key, passphrase and content type."""
        passphrase = credentials.passphrase
        return (
            ("OK-ACCESS-KEY", credentials.key.reveal()),
            ("OK-ACCESS-PASSPHRASE", "" if passphrase is None else passphrase.reveal()),
            ("Content-Type", "application/json"),
        )

    def headers(
        self, request: fa.Unsigned, endpoint: fa.Endpoint[Any], credentials: fa.Credentials, now_ms: int
    ) -> fa.SealedHeaders:
        """Signature and timestamp; with what places or edits an order, until when it may be executed."""
        timestamp = iso(now_ms)
        target = f"{request.path}?{request.query}" if request.query else request.path
        message = f"{timestamp}{request.method}{target}".encode() + request.body
        own = [("OK-ACCESS-SIGN", self.signature(message, credentials)), ("OK-ACCESS-TIMESTAMP", timestamp)]
        if endpoint.window_s is not None:
            own.append(("expTime", str(now_ms + ORDERS_EXPIRE * 1000)))
        return fa.SealedHeaders(own)

    def signature(self, message: bytes, credentials: fa.Credentials) -> str:
        """Of a request or of a stream's login."""
        return b64encode(credentials.hmac_sha256(message).digest()).decode()

    def refusal(self, envelope: Envelope[Any]) -> fa.Refusal | None:
        """Of a single order the row decides, whatever stands around it; rows of a batch are judged one by one.

        Rows of `request()`, of whatever call, are a refusal where all of them are.
        """
        code, row = str(envelope.code), _first(envelope.data)
        if row is not None:
            if row.code not in SUCCESS:
                return self.said(row.code, row.s_msg)
            if code in SUCCESS:
                return None
        elif code in SUCCESS or (code in FAILED and _rows(envelope.data)):
            return None
        return self.said(code, envelope.msg)

    def rule(self, refusal: fa.Refusal, endpoint: fa.Endpoint[Any]) -> fa.Code | None:
        """51000 names the parameter that it does not like: `posSide` is about the account's position mode, `clOrdId`
        of a new order about another one that has the id: it was held to the venue's pattern before."""
        if refusal.code == "51000" and _POSITION_SIDE.search(refusal.message):
            return _WRONG_MODE
        if refusal.code == "51000" and endpoint.name in _PLACING and _CLIENT_ID.search(refusal.message):
            return _TAKEN
        return super().rule(refusal, endpoint)

    def named(self, envelope: Envelope[Any]) -> Iterable[str]:
        """Those of the row that judges it."""
        row = _first(envelope.data)
        ids = () if row is None else (row.ord_id, row.cl_ord_id, row.algo_id, row.algo_cl_ord_id)
        return [str(one) for one in ids if one]

    def server_ms(self, envelope: Envelope[Any]) -> int | None:
        """When the answer left the gateway; answers to orders say it."""
        text = str(envelope.outTime or "")
        return int(text) // 1000 if text.isascii() and text.isdigit() and len(text) == 16 else None


def _rows(data: Any) -> list[object]:
    return cast("list[object]", data if isinstance(data, list) else [])


def _first(data: Any) -> WireAck | None:
    """The row that judges an answer: the one about a single order, or the first of raw ones that are all refused."""
    rows = _rows(data)
    row = rows[0] if rows else None
    if isinstance(row, dict):
        verdicts = [_raw(each) for each in rows if isinstance(each, dict)]  # pyright: ignore[reportUnknownArgumentType] - JSON
        return verdicts[0] if all(verdict.code not in SUCCESS for verdict in verdicts) else None
    return row if isinstance(row, WireAck) and not isinstance(row, WireVerdict) else None


def _raw(row: dict[str, Any]) -> WireAck:
    return WireAck(s_code=str(row.get("sCode") or ""), s_msg=str(row.get("sMsg") or ""))


@lru_cache(maxsize=8)
def _second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def iso(now_ms: int) -> str:
    """`2026-01-12T05:23:33.808Z`."""
    return f"{_second(now_ms // 1000)}.{now_ms % 1000:03d}Z"
