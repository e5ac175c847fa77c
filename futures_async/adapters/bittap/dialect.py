"""How BitTap signs, wraps and refuses."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import ambiguous, passing, refused

T = TypeVar("T")

Pairs = Sequence[tuple[str, str]]


class SignatureRefused(fa.AuthenticationError, fa.ClockSkew):
    """Signature, timestamp or nonce was not accepted: the venue has one code for all of them.

    As it may be the clock, it is set anew and the call made once more before this is raised.
    """

    advice = "check key and secret, that the key is of this site, and this computer's clock"


CODES: Mapping[str, fa.Code] = (
    ambiguous(fa.VenueUnavailable, 500, transient=True)
    | refused(fa.ParameterRejected, 10001, 100011)
    | refused(fa.AuthenticationError, 410001)
    | passing(SignatureRefused, 410002)
    | refused(fa.PermissionDenied, 410006)
)


class Envelope(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """What surrounds every payload; `data` is absent on failure, `code` is text (a number on the stream)."""

    code: str | int | None = None
    msg: str | None = None
    success: bool | int | str | None = None
    timestamp: int | None = None
    data: T = cast("T", None)


class BitTapSigner(Protocol):
    """Makes the authentication headers of one request. Pass one as `signer=` to sign in another way."""

    def sign(
        self, method: str, path: str, query: Pairs, body: Mapping[str, Any] | None, now_ms: int
    ) -> Mapping[str, str]:
        """The headers, made anew for each attempt.

        Args:
            method: HTTP method, upper case.
            path: Path as sent.
            query: Keys and values as sent (not unescaped), in the order sent.
            body: The JSON object sent, or None; fractions in it are text.
            now_ms: Time to sign with, Unix milliseconds by the venue's clock.
        """
        ...


def new_nonce() -> str:
    """32 random hex digits: unique like the UUID that the venue recommends."""
    return secrets.token_hex(16)


class BitTapHmacSigner:
    """HMAC-SHA256 by the venue's documentation. Not verified against the live server: no official vector exists.

    Args:
        credentials: Key and secret.
        nonce: Where nonces come from; each must be new.
        clock: Unix milliseconds to sign with; None takes the time that the exchange object passes in.
    """

    def __init__(
        self,
        credentials: fa.Credentials,
        *,
        nonce: Callable[[], str] = new_nonce,
        clock: Callable[[], int] | None = None,
    ) -> None:
        self._credentials = credentials
        self._nonce = nonce
        self._clock = clock

    def sign(
        self, method: str, path: str, query: Pairs, body: Mapping[str, Any] | None, now_ms: int
    ) -> Mapping[str, str]:
        """See `BitTapSigner.sign`."""
        timestamp = str(now_ms if self._clock is None else self._clock())
        nonce = self._nonce()
        message = string_to_sign(method, query, body, timestamp, nonce)
        return {
            "X-BT-APIKEY": self._credentials.key.reveal(),
            "X-BT-SIGN": self._credentials.hmac_sha256(message.encode()).hexdigest(),
            "X-BT-TS": timestamp,
            "X-BT-NONCE": nonce,
        }

    def login(self, now_ms: int) -> list[str]:
        """Parameters of the stream's LOGIN: key, time as text, HMAC of that text."""
        timestamp = str(now_ms)
        return [
            self._credentials.key.reveal(),
            timestamp,
            self._credentials.hmac_sha256(timestamp.encode()).hexdigest(),
        ]


def string_to_sign(method: str, query: Pairs, body: Mapping[str, Any] | None, timestamp: str, nonce: str) -> str:
    """The documented text: a body's fields for POST and PUT, else the query's, then time and nonce.

    Sorted by key, equal keys by value; nulls, empty lists and blank values are left out. With an empty query the
    joining `&` stays, with an empty body it does not.
    """
    with_body = method in ("POST", "PUT")
    pairs = flatten(body or {}) if with_body else ((key, value) for key, value in query if value)
    joined = "&".join(f"{key}={value}" for key, value in sorted(pairs))
    tail = f"timestamp={timestamp}&nonce={nonce}"
    return tail if with_body and not joined else f"{joined}&{tail}"


def flatten(value: Any, name: str = "") -> Iterable[tuple[str, str]]:
    """A JSON value as pairs: nested keys joined by dots, list items as `key[index]`."""
    if value is None:
        return
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[str, Any]", value).items():
            yield from flatten(item, f"{name}.{key}" if name else key)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(cast("Sequence[Any]", value)):
            yield from flatten(item, f"{name}[{index}]")
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif (text := str(value)).strip():
        yield name, text


# Numbers as they were sent: signed text and sent text are the same.
_BODY: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=str)


class BitTapDialect(fa.Dialect):
    """BitTap ftapi v1.

    Args:
        signer: Signs every private call; None is `BitTapHmacSigner` over the call's credentials.
    """

    venue = "bittap"
    base_url = "https://openapi.bittap.com"
    # Reads only: nothing here places orders, so the worst case of every trait is the truth.
    traits: ClassVar[fa.VenueTraits] = fa.VenueTraits()
    envelope: ClassVar[Any] = Envelope
    codes: ClassVar[Mapping[str, fa.Code]] = CODES
    # Whether they count per key or per address is not stated: so everything from here counts together.
    wide_limits = (fa.RateLimit(10, 1.0, scope="ip"), fa.RateLimit(600, 60.0, scope="ip"))

    def __init__(self, signer: BitTapSigner | None = None) -> None:
        self._signer = signer

    def headers(
        self, request: fa.Unsigned, endpoint: fa.Endpoint[Any], credentials: fa.Credentials, now_ms: int
    ) -> fa.SealedHeaders:
        """The four documented headers, and the content type where there is a body."""
        signer = BitTapHmacSigner(credentials) if self._signer is None else self._signer
        pairs = [(key, value) for key, _, value in (part.partition("=") for part in request.query.split("&"))]
        body: Any = _BODY.decode(request.body) if request.body else None
        if body is not None and not isinstance(body, dict):
            raise fa.InvalidRequest("bittap: only JSON objects can be signed")
        content = [("Content-Type", "application/json")] if request.body else []
        return fa.SealedHeaders(
            [
                *signer.sign(request.method, request.path, pairs, cast("dict[str, Any] | None", body), now_ms).items(),
                *content,
            ],
        )

    def refusal(self, envelope: Envelope[Any]) -> fa.Refusal | None:
        """Code 0 is success unless `success` says otherwise; a missing `success` says nothing."""
        code = "" if envelope.code is None else str(envelope.code)
        if code == "0" and (envelope.success is None or _true(envelope.success)):
            return None
        return self.said(code, envelope.msg)

    def server_ms(self, envelope: Envelope[Any]) -> int | None:
        """`timestamp`, which one documented envelope shows."""
        return envelope.timestamp or None


def _true(value: bool | int | str) -> bool:
    return value in (True, 1, "true", "True")
