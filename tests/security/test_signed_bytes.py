"""S22 to S24: what is signed is what is sent, numbers are plain digits, ids come from the system's randomness."""

from __future__ import annotations

import decimal
import hashlib
import hmac
import json
import os
import random
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec
import pytest

from futures_async.trading.planning import make_client_order_id
from futures_async.unified.errors import FuturesAsyncError
from tests.loopback import Loopback, Seen, reply
from tests.security.canary import PLANTED
from tests.security.cases import CASES, TRADING, Case, cancel, order, place, prepare, read

pytestmark = pytest.mark.anyio

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
each_trading = pytest.mark.parametrize("case", TRADING, ids=lambda case: case.id)
each_library = pytest.mark.parametrize("library", ["httpx", "fast"])


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def expected(case: Case, seen: Seen) -> tuple[str | None, str | None]:
    """The signature that belongs to the bytes on the wire, by the venue's rule, and the one that came with them."""
    secret = PLANTED["secret"].encode()
    if case.id == "bitmart":
        if seen.method == "GET":
            return None, seen.header("x-bm-sign")
        text = f"{seen.header('x-bm-timestamp')}#{PLANTED['memo']}#".encode() + seen.body
        return hmac.new(secret, text, hashlib.sha256).hexdigest(), seen.header("x-bm-sign")
    if case.id == "binance":
        sent, _, came = (seen.target.partition("?")[2] + seen.body.decode()).rpartition("&signature=")
        return hmac.new(secret, sent.encode(), hashlib.sha256).hexdigest(), came
    if case.id == "bittap":
        if seen.method == "POST":
            pairs = [(name, str(value)) for name, value in json.loads(seen.body or b"{}").items()]
        else:
            pairs = [(a, b) for a, _, b in (part.partition("=") for part in seen.target.partition("?")[2].split("&"))]
        joined = "&".join(f"{name}={value}" for name, value in sorted(pairs) if value.strip())
        tail = f"timestamp={seen.header('x-bt-ts')}&nonce={seen.header('x-bt-nonce')}"
        whole = tail if seen.method == "POST" and not joined else f"{joined}&{tail}"
        return hmac.new(secret, whole.encode(), hashlib.sha256).hexdigest(), seen.header("x-bt-sign")
    if case.id == "okx":
        text = f"{seen.header('ok-access-timestamp')}{seen.method}{seen.target}".encode() + seen.body
        return b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode(), seen.header("ok-access-sign")
    if case.id == "bybit":
        text = "".join(seen.header(f"x-bapi-{name}") or "" for name in ("timestamp", "api-key", "recv-window")).encode()
        signed = text + seen.target.partition("?")[2].encode() + seen.body
        return hmac.new(secret, signed, hashlib.sha256).hexdigest(), seen.header("x-bapi-sign")
    # The venue decodes the query before it looks at the signature.
    path, mark, query = seen.target.partition("?")
    prehash = f"{seen.header('access-timestamp')}{seen.method}{path}{mark}{unquote(query)}".encode() + seen.body
    return b64encode(hmac.new(secret, prehash, hashlib.sha256).digest()).decode(), seen.header("access-sign")


ALPHABET = "aZ09 +%&=?#/\\\"'<>{}[]ü漢😀\t-_.~:,;@!$*()|^`"


def parameters(count: int) -> Iterator[dict[str, Any]]:
    draw = random.Random(23)
    for _ in range(count):
        yield {
            f"k{index}": draw.choice(["", str(draw.getrandbits(70)), "".join(draw.choices(ALPHABET, k=12))])
            for index in range(draw.randint(1, 5))
        }


@each_library
@each_case
async def test_the_signature_is_over_the_bytes_on_the_wire(
    case: Case, library: str, request: pytest.FixtureRequest
) -> None:
    count = 10_000 if request.config.getoption("--long") else 60
    with Loopback(default=reply(case.answer(case.fine))) as venue:
        async with case.open(venue.url, http=library) as exchange:
            prepare(exchange)
            for given in parameters(count):
                await exchange.request("GET", case.account, params=given)
                await exchange.request("POST", "/any/thing", body=given)
        assert len(venue.requests) == 2 * count
        for seen in venue.requests:
            wanted, came = expected(case, seen)
            assert came == wanted, seen
            if seen.method == "POST":
                assert int(seen.header("content-length") or -1) == len(seen.body)


@each_library
@each_trading
async def test_orders_and_cancels_are_signed_as_sent(case: Case, library: str) -> None:
    with Loopback(default=reply(b"{}", status=500)) as venue:
        exchange = case.open(venue.url, http=library)
        for call in (read, place, cancel):
            with pytest.raises(FuturesAsyncError):
                await call(exchange, case)
        with pytest.raises(FuturesAsyncError):
            await exchange.aclose(0)
        cancels = "DELETE" if case.forms else "POST"
        assert [seen.method for seen in venue.requests][:3] == ["GET", "POST", cancels]
        for seen in venue.requests:
            wanted, came = expected(case, seen)
            assert came == wanted, seen


# S22


async def body_of(case: Case, **changes: Any) -> dict[str, Any]:
    """What goes out for an order."""
    wanted = msgspec.structs.replace(order(case), **changes)
    with Loopback(default=reply(b"{}", status=500)) as venue:
        exchange = case.open(venue.url, http="httpx")
        prepare(exchange)
        with pytest.raises(FuturesAsyncError):
            await exchange.create_order(wanted, on_unknown="raise")
        with pytest.raises(FuturesAsyncError):
            await exchange.aclose(0)
        [seen] = venue.requests
    found: dict[str, Any] = dict(parse_qsl(seen.body.decode())) if case.forms else json.loads(seen.body)
    unlike = ("client", "clord", "orderlinkid", "timestamp", "signature")
    return {name: value for name, value in found.items() if not any(word in name.lower() for word in unlike)}


@each_trading
async def test_numbers_go_out_as_digits_whatever_the_decimal_context(case: Case) -> None:
    numbers = {"price": Decimal("123456.7"), "quantity": Decimal("1234567.891")}
    usual = await body_of(case, **numbers)
    assert "123456.7" in map(str, usual.values())
    assert {"1234567.891", "1234567891"} & set(map(str, usual.values()))  # contracts of 0.001 at one venue
    for rounding in (decimal.ROUND_UP, decimal.ROUND_FLOOR, decimal.ROUND_HALF_EVEN, decimal.ROUND_05UP):
        for precision in (1, 5, 50):
            with decimal.localcontext(decimal.Context(prec=precision, rounding=rounding)):
                assert await body_of(case, **numbers) == usual
    small = await body_of(case, price=Decimal("1E+3"), quantity=Decimal("1E-3"))
    assert not [value for value in small.values() if re.search(r"\dE[+-]?\d", str(value))]
    assert "1000" in map(str, small.values())


@each_trading
@pytest.mark.parametrize("field", ["price", "quantity"])
async def test_a_float_never_leaves(case: Case, field: str) -> None:
    with Loopback() as venue:
        async with case.open(venue.url, http="httpx") as exchange:
            prepare(exchange)
            with pytest.raises(TypeError, match="float"):
                await exchange.create_order(msgspec.structs.replace(order(case), **{field: 1.5}))
        assert venue.requests == []


# S24

MAKE_IDS = """
import random, sys
from futures_async.trading.planning import make_client_order_id
random.seed(0)
print("\\n".join(make_client_order_id() for _ in range(int(sys.argv[1]))))
"""


def test_ids_of_orders_are_unique_across_processes_and_owe_nothing_to_the_seed(
    request: pytest.FixtureRequest,
) -> None:
    count = 250_000 if request.config.getoption("--long") else 20_000
    started = [
        subprocess.Popen([sys.executable, "-c", MAKE_IDS, str(count)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    ids = [line for process in started for line in process.communicate(timeout=120)[0].split()]
    assert len(set(ids)) == len(ids) == 4 * count


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_ids_differ_after_a_fork() -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, make_client_order_id().encode())
        os._exit(0)
    os.close(writer)
    other = os.read(reader, 100).decode()
    os.close(reader)
    os.waitpid(child, 0)
    assert len(other) == len(make_client_order_id())
    assert other != make_client_order_id()


@each_trading
async def test_made_ids_are_legal_at_the_venue(case: Case) -> None:
    traits = case.make(None, base_url="http://127.0.0.1:1")._dialect.traits  # pyright: ignore[reportPrivateUsage]
    for _ in range(100):
        made = make_client_order_id()
        assert re.fullmatch(traits.client_id_pattern, made)
        assert re.fullmatch(r"fa[0-9a-f]{24}", made)
