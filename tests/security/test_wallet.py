"""S2 to S5, S22 where a request is signed in its body, by a wallet: what goes wrong shows neither key nor signature."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from futures_async.adapters.hyperliquid import signing, wire
from futures_async.transport.events import CallEvent
from futures_async.unified.enums import OrderType, Side
from futures_async.unified.errors import FuturesAsyncError
from futures_async.unified.models import Contract, OrderRequest
from tests.loopback import Answer, Exchange, Loopback, cut, message, reply
from tests.security.canary import leaks, renderings
from tests.security.cases import WALLET
from tests.security.test_secrets import anyio_backend, logged

__all__ = ["anyio_backend", "logged"]

pytestmark = pytest.mark.anyio

SYMBOL = "BTC/USDC:USDC"
KEYS = WALLET.credentials
SECRET = KEYS.secret.reveal()
RESTING = b'{"status":"ok","response":{"type":"order","data":{"statuses":[{"resting":{"oid":7}}]}}}'
each_library = pytest.mark.parametrize("library", ["httpx", "fast"])


def opened(url: str, library: str, **options: Any) -> Any:
    """An exchange that knows who signs, and the contract: the next request is the order itself."""
    exchange: Any = WALLET.open(url, http=library, **options)
    contract = Contract(
        venue=exchange.id,
        raw=wire.WireContract(name="BTC", asset=0),
        symbol=SYMBOL,
        venue_symbol="BTC",
        base="BTC",
        quote="USDC",
        settle="USDC",
        contract_size=Decimal(1),
        quantity_step=Decimal("0.001"),
        price_tick=Decimal("0.1"),
        price_figures=5,
    )
    exchange._remember_contracts([contract])
    exchange._role, exchange._signs = wire.WireRole(role="user"), True
    exchange._budget_at_ms = 1 << 60
    exchange._channel.transport.clock.wants_sample = False
    return exchange


async def read(exchange: Any) -> None:
    await exchange.fetch_open_orders(SYMBOL)


async def place(exchange: Any) -> None:
    request = OrderRequest(
        symbol=SYMBOL, side=Side.BUY, type=OrderType.LIMIT, quantity=Decimal("0.010"), price=Decimal(50_000)
    )
    await exchange.create_order(request, on_unknown="raise")


async def cancel(exchange: Any) -> None:
    await exchange.cancel_order(SYMBOL, order_id="123456")


def echoing(shape: Callable[[str], bytes], status: int = 200) -> Answer:
    """A chatty venue, which repeats what it was told, and the key that it was not."""

    async def answer(exchange: Exchange) -> None:
        await exchange.send(message(shape(f"{SECRET} {exchange.seen.body.decode()}"), status=status))

    return answer


def verdict(text: str) -> bytes:
    data = {"statuses": [{"error": text}]}
    return json.dumps({"status": "ok", "response": {"type": "order", "data": data}}).encode()


FAULTS: dict[str, Answer] = {
    "the wallet is refused": echoing(lambda text: json.dumps({"status": "err", "response": f"User {text}"}).encode()),
    "the order is refused": echoing(verdict),
    "it does not deserialize": echoing(str.encode, 422),
    "500 with a page": echoing(lambda text: f"<html>{text}</html>".encode(), 500),
    "half of the JSON": echoing(lambda text: json.dumps({"status": text}).encode()[:-10]),
    "another kind of data": echoing(lambda text: json.dumps([text, {"status": text}]).encode()),
    "closed": cut(),
}


def signatures(venue: Loopback) -> list[str]:
    """Those that came, part by part."""
    bodies = [json.loads(seen.body) for seen in venue.requests]
    return [body["signature"][part] for body in bodies if "signature" in body for part in "rs"]


async def error_of(call: Callable[[Any], Any], exchange: Any) -> BaseException:
    """A frame of its own: tracebacks show its locals."""
    try:
        await call(exchange)
    except FuturesAsyncError as error:
        return error
    raise AssertionError("it did not fail")


async def close(exchange: Any) -> BaseException | None:
    try:
        await exchange.aclose(0)
    except FuturesAsyncError as error:
        return error
    return None


@each_library
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", [read, place, cancel], ids=lambda call: call.__name__)
async def test_no_bad_answer_shows_the_wallet_or_what_it_signed(
    call: Callable[[Any], Any], fault: str, library: str, logged: list[str]
) -> None:
    events: list[CallEvent] = []
    with Loopback(default=FAULTS[fault]) as venue:
        exchange = opened(venue.url, library, on_event=events.append)
        caught = await error_of(call, exchange)
        told = [*renderings(caught), repr(exchange), *map(repr, exchange.unresolved()), *logged, *map(repr, events)]
        hidden = [SECRET, SECRET.removeprefix("0x"), *signatures(venue)]
        assert leaks(told, hidden) == []
        assert venue.requests
        assert events
        closing = await close(exchange)
        assert closing is None or leaks(renderings(closing), hidden) == []


@each_library
async def test_what_is_signed_is_what_is_sent(library: str) -> None:
    with Loopback(default=reply(RESTING)) as venue:
        exchange = opened(venue.url, library)
        for call in (place, place, cancel):
            with suppress(FuturesAsyncError):  # the answer is to an order, whatever is asked
                await call(exchange)
        await close(exchange)
        actions = [json.loads(seen.body) for seen in venue.requests if seen.path == "/exchange"]
    assert [body["action"]["type"] for body in actions] == ["order", "order", "cancel"]
    assert len({body["nonce"] for body in actions}) == 3
    for body in actions:
        packed = msgspec.msgpack.encode(body["action"])
        connection = signing.connection_id(packed, body["nonce"], body["vaultAddress"], body["expiresAfter"])
        signature = signing.Signature(**body["signature"])
        assert signing.recovered(signing.action_digest(connection, "a"), signature) == signing.signer_of(KEYS)
