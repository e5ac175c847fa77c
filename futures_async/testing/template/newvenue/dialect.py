"""How NewVenue signs, wraps and refuses."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import futures_async.adapter as fa
from futures_async.adapter import errors
from futures_async.testing.template.newvenue.wire import Envelope


class NewVenueDialect(fa.Dialect):
    venue = "newvenue"
    base_url = "https://api.newvenue.example"
    envelope: ClassVar[Any] = Envelope
    # What order safety may rely on: the defaults are the worst case, and promise nothing.
    traits: ClassVar[fa.VenueTraits] = fa.VenueTraits()
    codes: ClassVar[Mapping[str, fa.Code]] = {
        **fa.refused(errors.AuthenticationError, "bad-key", "bad-signature"),
        **fa.refused(errors.ParameterRejected, "bad-request"),
        **fa.passing(errors.RateLimited, "too-many"),
        **fa.passing(errors.ClockSkew, "too-late"),
        **fa.ambiguous(errors.VenueUnavailable, "unavailable", transient=True),
    }

    def standing_headers(self, credentials: fa.Credentials) -> Sequence[tuple[str, str]]:
        return (("x-key", credentials.key.reveal()),)

    def headers(
        self, request: fa.Unsigned, endpoint: fa.Endpoint[Any], credentials: fa.Credentials, now_ms: int
    ) -> fa.SealedHeaders:
        # Over the very bytes that are sent.
        text = f"{now_ms}{request.method}{request.path}?{request.query}".encode() + request.body
        return fa.SealedHeaders((("x-time", str(now_ms)), ("x-signature", credentials.hmac_sha256(text).hexdigest())))

    def refusal(self, envelope: Envelope[Any]) -> fa.Refusal | None:
        return None if envelope.code == "ok" else fa.Refusal(envelope.code, envelope.message)

    def server_ms(self, envelope: Envelope[Any]) -> int | None:
        return envelope.time or None
