"""A6: every read of every adapter, fed with recorded answers in which something is wrong."""

from __future__ import annotations

import difflib
import inspect
import json
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

import msgspec
import pytest

from futures_async.adapter import Adapter
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.transport.http.backend import HttpBackend, HttpRequest, HttpResponse
from futures_async.unified.enums import MarginMode, OrderType, PositionSide, Side
from futures_async.unified.errors import FuturesAsyncError
from futures_async.unified.exchange import Capability
from futures_async.unified.models import OrderRequest
from tests.fuzz.mutations import mutated
from tests.security.cases import CASES, Case

pytestmark = pytest.mark.anyio

DATA = Path(__file__).parents[1] / "data"
SEED = 6
INPUTS, LONG = 20_000, 1_000_000
STAMP = 1700000000123456
"""Stands where the time of an answer goes."""
SLOW_S = 1.0
"""No input may take so much of the processor: a healthy one takes a third of a millisecond of it."""
MOST_REQUESTS = 60
SYMBOLS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
STATUSES = (200,) * 60 + (201, 204, 301, 400, 401, 403, 404, 418, 429, 500, 502, 503)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Fixtures:
    """A venue's recorded answers, by the path that they answer."""

    def __init__(self, case: Case, exchange: Adapter) -> None:
        dialect = exchange._channel.dialect  # pyright: ignore[reportPrivateUsage] - decoders are per envelope
        envelope = None if dialect.bare else dialect.envelope
        folder = DATA / case.id.replace("-", "_")
        self.documents: dict[str, Any] = {}
        self._texts: dict[str, tuple[bytes, bytes]] = {}
        for path in sorted(folder.glob("*.json")):
            document = json.loads(path.read_bytes())
            if self._is_answer(path.stem, document, bare=dialect.bare):
                self.documents[path.stem] = document
        module = import_module(f"futures_async.adapters.{case.id.replace('-', '_')}.endpoints")
        rows = cast("list[Endpoint[Any]]", [row for row in vars(module).values() if isinstance(row, Endpoint)])
        self.by_path: dict[str, list[str]] = {}
        for row in rows:
            if row.kind is Kind.READ:  # of one contract and of all, a path may have two
                told = self.by_path.setdefault(row.path, [])
                told += [name for name in self._fitting(row, envelope) if name not in told]
        self.order_ids = sorted(
            {str(value) for value in _values(list(self.documents.values()), "orderId", "order_id", "ordId", "id")}
        )

    @staticmethod
    def _is_answer(name: str, document: object, *, bare: bool) -> bool:
        if name.startswith(("ws_", "codes", "refusals")):
            return False
        return bare or (
            isinstance(document, dict) and bool({"code", "retCode"} & set(cast("dict[str, Any]", document)))
        )

    def now(self, name: str) -> bytes:
        """A document as it would be answered now."""
        if name not in self._texts:
            document = self.documents[name]
            if isinstance(document, dict) and "requestTime" in document:
                document = {**cast("dict[str, Any]", document), "requestTime": STAMP}
            if "retCode" in document:
                document = {**document, "time": STAMP}
            before, _, after = json.dumps(document).encode().partition(str(STAMP).encode())
            self._texts[name] = before, after
        before, after = self._texts[name]
        return before + str(int(time.time() * 1000)).encode() + after if after else before

    def _fitting(self, endpoint: Endpoint[Any], envelope: Any) -> list[str]:
        """Those that decode as this endpoint's answer, the one with the most similar name first."""
        found: list[str] = []
        for name, document in self.documents.items():
            try:
                decoded = endpoint.decoder(envelope).decode(json.dumps(document).encode())
            except msgspec.MsgspecError:
                continue
            if (decoded if envelope is None else decoded.data) is not None:
                found.append(name)
        tail = endpoint.path.rsplit("/", 2)
        wanted = "".join(char for part in tail[1:] for char in part if char.isalnum())
        return sorted(found, key=lambda name: -difflib.SequenceMatcher(None, name.replace("_", ""), wanted).ratio())


def _values(value: object, *names: str) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, item in cast("dict[str, Any]", value).items():
            if name in names and isinstance(item, (str, int)):
                yield item
            yield from _values(item, *names)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _values(item, *names)


class Hostile(HttpBackend):
    """Answers each path with a recorded answer, changed by `draw`; without it, as it is."""

    name = "hostile"

    def __init__(self) -> None:
        super().__init__()
        self.fixtures: Fixtures | None = None
        self.draw: random.Random | None = None
        self.rank = 0
        """Which of the fitting answers is given, when they are given as they are."""
        self.sent: list[bytes] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        assert self.fixtures is not None
        assert len(self.sent) < MOST_REQUESTS, "it does not end"
        path, draw = urlsplit(request.url).path, self.draw
        names = self.fixtures.by_path.get(path) or list(self.fixtures.documents)
        if draw is None:
            body = self.fixtures.now(names[self.rank % len(names)])
            self.sent.append(body)
            return HttpResponse(status=200, headers={}, body=body)
        if draw.random() < 0.03:
            names = list(self.fixtures.documents)
        name = names[0] if draw.random() < 0.7 else draw.choice(names)
        body = mutated(self.fixtures.now(name), draw)
        self.sent.append(body)
        headers = {} if draw.random() < 0.9 else {"date": draw.choice(("x", "Thu, 01 Jan 1970 00:00:00 GMT", ""))}
        return HttpResponse(status=draw.choice(STATUSES), headers=headers, body=body)

    async def aclose(self) -> None: ...


Call = Callable[[], Awaitable[Any]]


class Reading(NamedTuple):
    """One call that works on the recorded answers as they are."""

    name: str
    call: Call


PLAIN = (
    Capability.FETCH_TIME, Capability.FETCH_CONTRACTS, Capability.FETCH_ACCOUNT, Capability.FETCH_ACCOUNTS,
    Capability.FETCH_POSITIONS, Capability.FETCH_POSITION_RISK, Capability.FETCH_POSITION_HISTORY,
    Capability.FETCH_LEDGER,
)  # fmt: skip
BY_SYMBOL = (
    Capability.FETCH_TICKER, Capability.FETCH_FUNDING_RATE, Capability.FETCH_RISK_LIMITS, Capability.FETCH_POSITIONS,
    Capability.FETCH_POSITION_HISTORY, Capability.FETCH_LEVERAGE, Capability.FETCH_POSITION_MODE,
    Capability.FETCH_OPEN_ORDERS, Capability.FETCH_ORDER_HISTORY, Capability.FETCH_FILLS,
    Capability.FETCH_TRIGGER_ORDERS,
)  # fmt: skip

ARGUMENTS: dict[str, Any] = {
    "coin": "USDT", "margin": Decimal(100), "margin_mode": MarginMode.CROSS, "order_id": "1",
    "price": Decimal(50_000), "quantity": Decimal("0.01"), "scale": "1", "side": PositionSide.LONG,
    "request": OrderRequest(symbol=SYMBOLS[0], side=Side.BUY, type=OrderType.MARKET, quantity=Decimal("0.01")),
}  # fmt: skip
READS = ("fetch_", "query_")
NO_EXAMPLE = {"fetch_fee_rate", "fetch_max_open"}
"""Their fields are documented in prose."""


def venue_reads(exchange: Adapter) -> Iterator[tuple[str, dict[str, Any]]]:
    """What this venue's class has beyond the interface, with the arguments that it cannot do without."""
    for name in sorted(set(dir(type(exchange))) - set(dir(Adapter))):
        method = getattr(exchange, name)
        if name.startswith(READS) and inspect.iscoroutinefunction(method):
            wanted = inspect.signature(method).parameters.values()
            yield name, {one.name: ARGUMENTS.get(one.name) for one in wanted if one.default is one.empty}


async def readings(exchange: Adapter, backend: Hostile) -> tuple[list[Reading], list[str]]:
    """Every read with arguments for which a recorded answer is a good one, and the reads without any."""
    assert backend.fixtures is not None
    offers: dict[str, list[Call]] = {}

    def offer(title: str, method: str, *arguments: Any, **named: Any) -> None:
        offers.setdefault(title, []).append(lambda: getattr(exchange, method)(*arguments, **named))

    for can in PLAIN:
        offer(can.value, can.value)
    for can in BY_SYMBOL:
        for symbol in SYMBOLS:
            offer(f"{can.value} of a symbol", can.value, symbol)
    for symbol in SYMBOLS:
        for order_id in backend.fixtures.order_ids:
            offer(Capability.FETCH_ORDER.value, Capability.FETCH_ORDER.value, symbol, order_id=order_id)
    offers = {title: calls for title, calls in offers.items() if title.partition(" ")[0] in exchange.capabilities}
    for name, arguments in venue_reads(exchange):
        for symbol in SYMBOLS:
            offer(name, name, **{key: symbol if key == "symbol" else value for key, value in arguments.items()})
    found: list[Reading] = []
    missing: list[str] = []
    for title, calls in offers.items():
        good = await _first_good(calls, backend)
        found.append(Reading(title, good or calls[0]))
        if good is None:
            missing.append(title)
    return found, missing


async def _first_good(calls: list[Call], backend: Hostile) -> Call | None:
    backend.draw = None
    for rank in range(15):
        backend.rank = rank
        for call in calls:
            backend.sent.clear()
            try:
                result = await call()
            except FuturesAsyncError:
                continue
            if result not in ([], None):
                return call
    return None


def infinite(value: Any, path: str = "") -> Iterator[str]:
    """Where a number is none."""
    if isinstance(value, Decimal):
        if not value.is_finite():
            yield path
    elif isinstance(value, float):
        yield f"{path}: a float"
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            if name != "raw":
                yield from infinite(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from infinite(item, f"{path}[{index}]")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_no_answer_gets_past_the_errors_of_this_library(case: Case, request: pytest.FixtureRequest) -> None:
    inputs = (LONG if request.config.getoption("--long") else INPUTS) // len(CASES)
    backend = Hostile()
    exchange = case.open("http://127.0.0.1:1", http=backend)
    backend.fixtures = Fixtures(case, exchange)
    calls, missing = await readings(exchange, backend)
    assert set(missing) <= NO_EXAMPLE, f"no recorded answer fits {missing}"
    good = fed = 0
    number = 0
    while fed < inputs:
        draw = random.Random(f"{SEED}/{case.id}/{number}")
        reading = calls[number % len(calls)]
        backend.draw = draw
        backend.sent.clear()
        exchange._forget_contracts()  # pyright: ignore[reportPrivateUsage] - else their answers are asked for once
        exchange._channel.transport.clock.__init__()  # type: ignore[misc] # pyright: ignore[reportPrivateUsage] - as new
        started = time.process_time()
        try:
            result = await reading.call()
        except FuturesAsyncError:
            pass
        except Exception as error:
            error.add_note(f"{case.id} {reading.name}, input {number}: {[body[:2000] for body in backend.sent]}")
            raise
        else:
            good += 1
            assert list(infinite(result)) == [], f"{case.id} {reading.name}, input {number}: {backend.sent}"
        took = time.process_time() - started
        assert took < SLOW_S, f"{case.id} {reading.name}, input {number} took {took:.2f} s: {backend.sent}"
        fed += max(1, len(backend.sent))
        number += 1
    assert good > number // 20, "nothing survives: the mutations are too wild to test the mapping"
    await exchange.aclose()
