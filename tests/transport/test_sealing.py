"""Venues that sign in the query or the body: each attempt is sealed anew, and headers are made of what is sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from futures_async.transport.dialect import Dialect, SealedHeaders, Unsigned
from futures_async.transport.endpoint import Endpoint
from futures_async.unified.credentials import Credentials
from tests.rig.support import BTC, Scripted, toy, virtual
from tests.rig.toy import Toy, ToyDialect


class Sealing(ToyDialect):
    """Puts the time into the query, and signs all of it."""

    def seal(self, request: Unsigned, endpoint: Endpoint[Any], credentials: Credentials, now_ms: int) -> Unsigned:
        return msgspec.structs.replace(request, query=f"{request.query}&at={now_ms}")

    def headers(
        self, request: Unsigned, endpoint: Endpoint[Any], credentials: Credentials, now_ms: int
    ) -> SealedHeaders:
        return SealedHeaders((("X-SIGN", credentials.hmac_sha256(request.query.encode()).hexdigest()),))


class SealingToy(Toy):
    def make_dialect(self) -> Dialect:
        return Sealing()


@virtual
async def test_each_attempt_is_sealed_anew_and_signed_as_it_is_sent() -> None:
    venue = Scripted()
    async with toy(venue, SealingToy) as exchange:
        venue.plan["/leverage"] = [venue.says("500", 500)]
        await exchange.fetch_leverage(BTC)
        await exchange.fetch_time()
    first, second, public = venue.requests
    times: list[str] = []
    for request in (first, second):
        query = urlsplit(request.url).query
        times.append(dict(parse_qsl(query))["at"])
        signature = Credentials("key-1", "secret-1").hmac_sha256(query.encode()).hexdigest()
        assert dict(request.headers.open())["X-SIGN"] == signature
    assert times[0] < times[1]
    assert "at=" not in public.url
