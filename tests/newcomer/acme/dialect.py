"""How Acme signs, wraps and refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import futures_async.adapter as fa
from futures_async.adapter import ambiguous, errors, passing, refused
from tests.newcomer.acme.wire import Envelope


class AcmeDialect(fa.Dialect):
    venue = "acme"
    base_url = "https://api.acme.example"
    envelope: ClassVar[Any] = Envelope
    traits: ClassVar[fa.VenueTraits] = fa.VenueTraits(
        client_id=True,
        client_id_pattern=r"[A-Za-z0-9-]{1,40}",
        echoes_client_id=True,
        lookup_by_client_id=True,
        dedup="open",
        window_s=10.0,
        rate_429_is_gateway=True,
    )
    codes: ClassVar[Mapping[str, fa.Code]] = {
        **refused(errors.AuthenticationError, "bad-key", "bad-sign"),
        **refused(errors.SymbolNotFound, "no-contract"),
        **refused(errors.OrderNotFound, "no-order"),
        **refused(errors.OrderRejected, "refused", "no-position", "same"),
        **refused(errors.InsufficientMargin, "no-margin"),
        **refused(errors.PositionModeConflict, "other-book"),
        **refused(errors.ParameterRejected, "bad-field", "bad-leverage", "locked"),
        **refused(errors.DuplicateOrder, "tag-used"),
        **ambiguous(errors.VenueUnavailable, "broken", transient=True),
        **passing(errors.RateLimited, "slow-down"),
        **passing(errors.ClockSkew, "too-late"),
    }

    def standing_headers(self, credentials: fa.Credentials) -> Sequence[tuple[str, str]]:
        return (("acme-key", credentials.key.reveal()),)

    def headers(
        self, request: fa.Unsigned, endpoint: fa.Endpoint[Any], credentials: fa.Credentials, now_ms: int
    ) -> fa.SealedHeaders:
        text = f"{now_ms}{request.method}{request.path}?{request.query}".encode() + request.body
        return fa.SealedHeaders((("acme-time", str(now_ms)), ("acme-sign", credentials.hmac_sha256(text).hexdigest())))

    def refusal(self, envelope: Envelope[Any]) -> fa.Refusal | None:
        return None if envelope.code == "ok" else fa.Refusal(envelope.code, envelope.text)

    def server_ms(self, envelope: Envelope[Any]) -> int | None:
        return envelope.at or None
