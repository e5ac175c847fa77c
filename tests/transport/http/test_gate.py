"""The gate that a run of tests shuts: which hosts pass it, and what a call says that does not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

import futures_async as fa
from futures_async.adapters import BitMart
from futures_async.transport.http import gate
from futures_async.transport.http.backend import HttpFailure, Phase

pytestmark = pytest.mark.anyio


def test_only_loopback_and_demo_hosts_pass_and_only_while_it_is_shut() -> None:
    BitMart(fa.Credentials("k", "s", memo="m", uid="1"), demo=True)
    with gate.shut(), gate.shut():
        for host in ("127.0.0.1", "::1", "localhost", "demo-api-cloud-v2.bitmart.com"):
            gate.admit(host)
        for host in ("api-cloud-v2.bitmart.com", "127.0.0.1.example", "10.0.0.1", ""):
            with pytest.raises(HttpFailure, match="forbidden") as caught:
                gate.admit(host)
            assert (caught.value.sent, caught.value.phase) == (False, Phase.CONNECTING)
    gate.admit("api-cloud-v2.bitmart.com")


async def place(exchange: fa.FuturesExchange) -> object:
    return await exchange.create_order(
        fa.OrderRequest(
            symbol="BTC/USDT:USDT",
            side=fa.Side.BUY,
            type=fa.OrderType.LIMIT,
            quantity=Decimal("0.01"),
            price=Decimal(1),
        )
    )


async def read(exchange: fa.FuturesExchange) -> object:
    return await exchange.fetch_positions()


@pytest.mark.parametrize("http", [None, "httpx", "client"])
@pytest.mark.parametrize("call", [place, read])
async def test_a_call_that_does_not_pass_is_proved_not_sent_and_says_what_to_do(
    anyio_backend: str, http: str | None, call: Callable[[fa.FuturesExchange], Awaitable[object]]
) -> None:
    events: list[Any] = []
    given: Any = httpx.AsyncClient() if http == "client" else http
    credentials = fa.Credentials("k", "s", passphrase="p", uid="gate")
    with gate.shut():
        async with fa.connect("bitget", credentials, http=given, on_event=events.append) as exchange:
            with pytest.raises(fa.NotSent, match="futures_async_live") as caught:
                await call(exchange)
    assert isinstance(caught.value, fa.ConnectFailed)
    assert (caught.value.kind, caught.value.outcome) == ("forbidden", fa.Outcome.NOT_SENT)
    assert len(events) == 1, "it is not tried again"
    if http == "client":
        await given.aclose()
