"""Venues where the same signed bytes take effect once: a write whose answer was lost is sent again as it was."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from futures_async import DuplicateOrder, InsufficientMargin, OrderNotPlaced, OrderOutcomeUnknown, SettingNotApplied
from futures_async.transport.dialect import Dialect, SealedHeaders, Unsigned
from futures_async.transport.endpoint import Endpoint
from futures_async.transport.http.backend import HttpRequest, HttpResponse
from futures_async.transport.retry import RetryPolicy
from futures_async.unified.credentials import Credentials
from tests.rig.support import BTC, Scripted, failure, limit_order, toy, virtual
from tests.rig.toy import TIME, WINDOW_S, Toy, ToyDialect

PLACE, LEVERAGE, MOVE = "/order/place", "/leverage/set", "/margin/move"


class Numbered(ToyDialect):
    traits = msgspec.structs.replace(ToyDialect.traits, replay=True)

    def series(self, endpoint: Endpoint[Any], credentials: Credentials) -> str | None:
        return None if endpoint is TIME else "test_replay"

    def headers(
        self, request: Unsigned, endpoint: Endpoint[Any], credentials: Credentials, now_ms: int
    ) -> SealedHeaders:
        signed = super().headers(request, endpoint, credentials, now_ms)
        return SealedHeaders((*signed.open(), ("X-NONCE", str(request.serial))))


class NumberedToy(Toy):
    def make_dialect(self) -> Dialect:
        return Numbered()


def nonce_of(request: HttpRequest) -> int:
    return int(dict(request.headers.open())["X-NONCE"])


class OnceOnly(Scripted):
    """Acts on each nonce once."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[int] = set()

    def act(self, request: HttpRequest, path: str) -> tuple[int, dict[str, Any]]:
        if path != "/time":
            nonce = nonce_of(request)
            if nonce in self.seen:
                return 400, {"code": "409", "msg": "duplicate nonce"}
            self.seen.add(nonce)
        return super().act(request, path)

    def nonces(self, path: str) -> list[int]:
        return [nonce_of(request) for request in self.requests if request.url.partition("?")[0].endswith(path)]


@virtual
async def test_an_order_that_never_arrived_is_sent_again_as_it_was() -> None:
    venue = OnceOnly()
    async with toy(venue, NumberedToy) as exchange:
        venue.plan[PLACE] = ["read-timeout-lost", failure("disconnected", sent=True)]
        order = await exchange.create_order(limit_order())
        assert not order.recovered
    sent = [request for request in venue.requests if PLACE in request.url]
    assert len(sent) == 3
    assert len({(request.body, request.headers.open()) for request in sent}) == 1
    assert len(venue.orders) == 1


@virtual
async def test_a_duplicate_says_that_an_earlier_copy_was_read() -> None:
    venue = OnceOnly()
    async with toy(venue, NumberedToy) as exchange:
        venue.plan[PLACE] = ["disconnected-applied"]
        order = await exchange.create_order(limit_order())
        assert order.recovered
        venue.plan[PLACE] = ["disconnected-applied"]
        with pytest.raises(OrderOutcomeUnknown) as caught:
            await exchange.create_order(limit_order(), on_unknown="raise")
        assert isinstance(caught.value.refusal, DuplicateOrder)
        found = await caught.value.resolve()
        assert found is not None
    assert len(venue.orders) == 2
    first, again, second, once_more = venue.nonces(PLACE)
    assert first == again < second == once_more


@virtual
async def test_a_copy_that_is_refused_leaves_the_first_one_open_until_the_fence() -> None:
    """Refusals may be judged before the number is looked at."""
    venue = OnceOnly()
    async with toy(venue, NumberedToy) as exchange:
        venue.plan[PLACE] = ["read-timeout-lost", venue.says("510")]
        with pytest.raises(OrderNotPlaced) as caught:
            await exchange.create_order(limit_order())
        assert isinstance(caught.value.refusal, InsufficientMargin)
        venue.plan[PLACE] = ["read-timeout-lost", venue.says("408")]
        with pytest.raises(OrderNotPlaced):
            await exchange.create_order(limit_order())
    first, again, second, once_more = venue.nonces(PLACE)
    assert (first, second) == (again, once_more)
    assert not venue.orders


@virtual
async def test_nothing_is_sent_again_once_its_signature_is_dead() -> None:
    venue, sent_at = OnceOnly(), list[float]()

    def lost(request: HttpRequest) -> str | None:
        if PLACE not in request.url:
            return ""
        sent_at.append(venue.now())
        return "read-timeout-lost"

    venue.force = lost
    async with toy(venue, NumberedToy, retry=RetryPolicy(attempts=1000)) as exchange:
        with pytest.raises(OrderNotPlaced):
            await exchange.create_order(limit_order())
    assert len(sent_at) > 3
    assert len(set(venue.nonces(PLACE))) == 1
    assert sent_at[-1] < sent_at[0] + WINDOW_S


@virtual
async def test_settings_are_set_again_under_a_new_number() -> None:
    venue = OnceOnly()
    async with toy(venue, NumberedToy) as exchange:
        venue.plan[LEVERAGE] = ["disconnected-applied"]
        assert (await exchange.set_leverage(BTC, 7)).leverage == 7
    first, again = venue.nonces(LEVERAGE)
    assert first < again


@virtual
async def test_what_was_surely_not_sent_is_numbered_anew() -> None:
    venue = OnceOnly()
    async with toy(venue, NumberedToy) as exchange:
        venue.plan[PLACE] = [failure("refused", sent=False), failure("read", sent=True)]
        await exchange.create_order(limit_order())
    first, second, *again = venue.nonces(PLACE)
    assert first < second
    assert set(again) == {second}


@virtual
async def test_an_amount_is_moved_once() -> None:
    class Moving(OnceOnly):
        held = Decimal(10)

        async def send(self, request: HttpRequest) -> HttpResponse:
            if "/positions" in request.url:
                row = {"symbol": "BTCUSDT", "side": "long", "size": "1", "margin": str(self.held)}
                return self.json(200, {"code": "0", "data": [row]})
            return await super().send(request)

        def on_margin_move(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
            self.held += Decimal(body["amount"])
            return 200, {"code": "0", "data": "done"}

    venue = Moving()
    async with toy(venue, NumberedToy) as exchange:
        for fault in ("read-timeout-lost", "disconnected-applied"):
            venue.plan[MOVE] = [fault]
            await exchange.adjust_margin(BTC, 5)
        assert venue.held == 20
        venue.plan[MOVE] = ["read-timeout-lost", venue.says("510")]
        with pytest.raises(SettingNotApplied):
            await exchange.adjust_margin(BTC, 5)
    assert [json.loads(request.body)["amount"] for request in venue.requests if MOVE in request.url] == ["5"] * 6
