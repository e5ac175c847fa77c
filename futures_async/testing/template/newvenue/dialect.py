"""How NewVenue signs, wraps and refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from futures_async.adapter import (
    Code,
    Credentials,
    Dialect,
    Endpoint,
    Refusal,
    SealedHeaders,
    Unsigned,
    VenueTraits,
    ambiguous,
    errors,
    passing,
    refused,
)
from futures_async.testing.template.newvenue.wire import Envelope


class NewVenueDialect(Dialect):
    """See the module."""

    venue = "newvenue"
    base_url = "https://api.newvenue.example"
    envelope: ClassVar[Any] = Envelope
    # What order safety may rely on: the defaults are the worst case, and promise nothing.
    traits: ClassVar[VenueTraits] = VenueTraits()
    codes: ClassVar[Mapping[str, Code]] = {
        **refused(errors.AuthenticationError, "bad-key", "bad-signature"),
        **refused(errors.ParameterRejected, "bad-request"),
        **passing(errors.RateLimited, "too-many"),
        **passing(errors.ClockSkew, "too-late"),
        **ambiguous(errors.VenueUnavailable, "unavailable", transient=True),
    }

    def standing_headers(self, credentials: Credentials) -> Sequence[tuple[str, str]]:
        return (("x-key", credentials.key.reveal()),)

    def headers(
        self, request: Unsigned, endpoint: Endpoint[Any], credentials: Credentials, now_ms: int
    ) -> SealedHeaders:
        # Over the very bytes that are sent.
        text = f"{now_ms}{request.method}{request.path}?{request.query}".encode() + request.body
        return SealedHeaders((("x-time", str(now_ms)), ("x-signature", credentials.hmac_sha256(text).hexdigest())))

    def refusal(self, envelope: Envelope[Any]) -> Refusal | None:
        return None if envelope.code == "ok" else Refusal(envelope.code, envelope.message)

    def server_ms(self, envelope: Envelope[Any]) -> int | None:
        return envelope.time or None
