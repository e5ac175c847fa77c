"""A refusal by a code ends a call of Bitget's at once where it says enough; its code and words survive either way."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from futures_async.testing.faulted import Faulted
from futures_async.testing.virtual_time import run
from futures_async.transport.clock import loop_time
from futures_async.transport.http.backend import HttpRequest, HttpResponse
from futures_async.unified import errors
from futures_async.unified.enums import Outcome, PositionMode
from tests.contract.venues import specs

VENUES = ("bitget", "bitget-uta")
SPECS = {venue: spec for venue, spec in specs().items() if venue in VENUES}
PLACE = {"bitget": "/api/v2/mix/order/place-order", "bitget-uta": "/api/v3/trade/place-order"}
LISTED = ("40108", "40201", "40302", "40403", "40500", "41117", "50020", "22046", "41118", "40896", "45133")
VAGUE = ("41100", "45124", "40735", "40742")
"""Their words prove nothing ("error {0}"), or no table of the venue has any."""
WORDS = "size checkBDScale error value=2.577 checkScale=2"


class Refusing(Faulted):
    """Refuses what is posted to one path."""

    def __init__(self, venue: str, path: str, code: str, words: str) -> None:
        super().__init__(SPECS[venue])
        self.posts = 0
        self.requests = 0
        send = self.backend.send

        async def refusing(request: HttpRequest) -> Any:
            self.requests += 1
            if request.method != "POST" or path not in request.url:
                return await send(request)
            self.posts += 1
            body = {"code": code, "msg": words, "requestTime": self.inside.now_ms(), "data": None}
            return HttpResponse(status=400, headers={}, body=json.dumps(body).encode())

        self.backend.send = refusing  # type: ignore[method-assign]


def judge(venue: str, path: str, code: str, words: str, deed: str) -> tuple[Refusing, Any, float]:
    """Make one call that is refused."""
    held: list[Any] = []

    async def main() -> None:
        on = Refusing(venue, path, code, words)
        calls: dict[str, Callable[[], Awaitable[object]]] = {
            "order": lambda: on.exchange.create_order(on.request()),
            "leverage": lambda: on.exchange.set_leverage(on.spec.symbol, 7, margin_mode="cross"),
            "position mode": lambda: on.exchange.set_position_mode(PositionMode.HEDGE, symbol=on.spec.symbol),
        }
        started = loop_time()
        try:
            with pytest.raises(errors.FuturesAsyncError) as caught:
                await calls[deed]()
            held.extend((on, caught.value, loop_time() - started))
        finally:
            with suppress(errors.UnresolvedOrders):
                await on.exchange.aclose(0)

    run(main())
    return held[0], held[1], held[2]


@pytest.mark.parametrize("code", LISTED)
@pytest.mark.parametrize("venue", VENUES)
def test_an_order_refused_by_a_code_of_the_table_ends_at_once(venue: str, code: str) -> None:
    on, error, took_s = judge(venue, PLACE[venue], code, "no", "order")
    assert isinstance(error, (errors.ParameterRejected, errors.OrderRejected))
    assert (error.code, error.outcome, error.http_status) == (code, Outcome.REJECTED, 400)
    assert "no" in str(error)
    assert (on.posts, took_s < 1) == (1, True)


@pytest.mark.parametrize("venue", VENUES)
def test_a_parameter_that_is_named_ends_it_at_once(venue: str) -> None:
    words = f"Parameter verification exception {WORDS}"
    on, error, took_s = judge(venue, PLACE[venue], "40808", words, "order")
    assert isinstance(error, errors.ParameterRejected)
    assert (error.code, WORDS in str(error)) == ("40808", True)
    assert (on.posts, took_s < 1) == (1, True)


@pytest.mark.parametrize("code", ["12001", *VAGUE])
@pytest.mark.parametrize("venue", VENUES)
def test_an_order_refused_by_a_code_that_proves_nothing_is_looked_up_and_keeps_it(venue: str, code: str) -> None:
    on, error, _ = judge(venue, PLACE[venue], code, "some new words", "order")
    assert isinstance(error, errors.OrderNotPlaced)
    assert error.refusal is not None
    assert (error.refusal.code, error.refusal.message) == (code, "some new words")
    assert f"[{code}]" in str(error)
    assert "some new words" in str(error)
    assert on.posts == 1
    assert on.requests <= 16


@pytest.mark.parametrize("deed", ["leverage", "position mode"])
@pytest.mark.parametrize("code", ["12001", "40731"])
@pytest.mark.parametrize("venue", VENUES)
def test_a_setting_refused_by_a_code_is_sent_once_and_keeps_it(venue: str, code: str, deed: str) -> None:
    path = "set-leverage" if deed == "leverage" else "set-hold-mode" if venue == "bitget-uta" else "set-position-mode"
    on, error, took_s = judge(venue, path, code, "because of this", deed)
    said = error if isinstance(error, errors.ExchangeError) else error.refusal
    assert said is not None
    assert (said.code, said.message) == (code, "because of this")
    for words in (code, "because of this"):
        assert words in str(error)
    assert (on.posts, took_s < 10) == (1, True)


@pytest.mark.parametrize(("venue", "longest"), [("bitget", 36), ("bitget-uta", 32)])
def test_a_client_id_may_be_as_long_as_the_venue_takes_it(venue: str, longest: int) -> None:
    async def main() -> None:
        on = Faulted(SPECS[venue])
        async with on.exchange as exchange:
            order = await exchange.create_order(on.request(client_order_id="c" * longest))
            assert order.client_order_id == "c" * longest
            read = await exchange.fetch_order(on.spec.symbol, client_order_id="c" * longest)
            assert read.order_id == order.order_id
            with pytest.raises(errors.InvalidOrder, match="client_order_id"):
                await exchange.create_order(on.request(client_order_id="c" * (longest + 1)))

    run(main())
