from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from futures_async.adapters.bitget.simulated import DIALECT
from futures_async.simulator.app import SimulatorApp
from futures_async.simulator.binding import bind
from futures_async.simulator.delivery import Deliverer, Delivery, mutate
from futures_async.simulator.demo import Setup
from futures_async.simulator.dialect import Request, Response
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.fault_document import document
from futures_async.simulator.faults import FAULTS, LEGEND, Act, Expectation, Fault, fault, matrix
from futures_async.simulator.inprocess import InProcessBackend
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.server import RunningExchange, make_server, serve
from futures_async.transport.dialect import SealedHeaders
from futures_async.transport.endpoint import Kind
from futures_async.transport.http.backend import Abort, HttpFailure, HttpRequest, Phase, Timeouts
from futures_async.unified import errors
from futures_async.unified.errors import FuturesAsyncError
from tests.simulator.bitget_client import MIX, NOW, Bitget

ORDER = f"{MIX}/order/place-order"
BODY = json.dumps(
    {
        "symbol": "BTCUSDT", "productType": "USDT-FUTURES", "marginCoin": "USDT", "marginMode": "crossed",
        "side": "buy", "size": "0.1", "orderType": "market", "clientOid": "mine",
    }
).encode()  # fmt: skip
on_wire = pytest.mark.parametrize(
    ("row", "applied"),
    [(row, applied) for row in FAULTS if row.act is not Act.NETWORK for applied in row.applied],
    ids=lambda value: value.name if isinstance(value, Fault) else str(value),
)


class Rig(Bitget):
    """A venue behind a plan."""

    def __init__(self, plan: FaultPlan) -> None:
        super().__init__()
        self.plan = plan
        self.deliverer = Deliverer(self.exchange, plan)

    def place(self, body: bytes = BODY) -> Delivery:
        headers = self.headers("POST", ORDER, "", body)
        return self.deliverer.deliver(Request("POST", ORDER, "", body, headers, now_ms=self.now))

    @property
    def placed(self) -> int:
        return len(self.account.orders)


def plan_of(name: str, **more: Any) -> FaultPlan:
    plan = FaultPlan(seed=1)
    plan.add(name, **more)
    return plan


# -- the table


def test_every_row_says_what_is_expected_of_each_kind_of_call() -> None:
    names = [row.name for row in FAULTS]
    assert len(names) == len(set(names)) >= 40
    for row in FAULTS:
        for kind in Kind:
            expected = row.expected(kind)
            assert bool(expected) is (row.cell(kind) != "–")
            assert all(issubclass(getattr(errors, one.error or "NotSent"), FuturesAsyncError) for one in expected)
    assert fault("reset").expected(Kind.DELTA) == (Expectation("UN"),)
    assert fault("stale").expected(Kind.ORDER) == (Expectation("R", "ClockSkew", once=True),)
    assert fault("429-bare").cell(Kind.SETTING) == "R → RateLimited or LR"
    assert fault("duplicate-code").expected(Kind.READ) == ()


@pytest.mark.parametrize("cell", ["", "X", "R → A B", "OK and R", "R twice → RateLimited"])
def test_a_cell_that_says_nothing_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match=r"expected|unpack"):
        Expectation.parse(cell)


def test_the_matrix_prints_one_line_per_fault() -> None:
    out = subprocess.run(
        [sys.executable, "-m", "futures_async.simulator.fault_document"], check=True, capture_output=True, timeout=60
    ).stdout.decode()
    assert out == document()
    assert sum(line.startswith("| ") for line in matrix().splitlines()) == len(FAULTS) + 1
    assert matrix() in out
    assert all(f"- **{code}**: " in out for code in LEGEND)


# -- plans


def test_equal_seeds_strike_equally() -> None:
    def run(seed: int) -> list[str | None]:
        plan = FaultPlan(seed=seed)
        plan.add("dropped", probability=0.2)
        plan.add("html-502", probability=0.3)
        strikes = [plan.choose("x", Kind.READ, "GET", "/a") for _ in range(200)]
        return [None if strike is None else f"{strike.fault.name}{strike.applied}" for strike in strikes]

    assert run(1) == run(1) != run(2)
    assert run(1).count("droppedFalse") > 20
    assert {"html-502True", "html-502False", None} <= set(run(1))


def test_rules_choose_by_kind_path_venue_and_count() -> None:
    plan = FaultPlan()
    plan.add("dropped", kinds=["order"], paths=["/api/*"], venues=["a"], most=2, after=1)

    def strikes(venue: str, kind: Kind, path: str) -> bool:
        return plan.choose(venue, kind, "POST", path) is not None

    assert not strikes("a", Kind.READ, "/api/x")
    assert not strikes("b", Kind.ORDER, "/api/x")
    assert not strikes("a", Kind.ORDER, "/x")
    assert [strikes("a", Kind.ORDER, "/api/x") for _ in range(4)] == [False, True, True, False]
    assert [row[2].fault.name for row in plan.struck] == ["dropped", "dropped"]
    duplicate = plan_of("duplicate-code")
    assert duplicate.choose("a", Kind.CANCEL, "POST", "/x") is None


def test_a_plan_is_read_from_toml(tmp_path: Any) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(
        'seed = 5\n[[fault]]\nname = "late-landing"\nprobability = 0.5\nkinds = ["order"]\ndelay_s = [2, 3]\n'
        '[[fault]]\nname = "html-502"\napplied = true\ndelay_s = 1\n'
    )
    plan = FaultPlan.load(file)
    assert plan.seed == 5
    first, second = plan.rules
    assert (first.fault.name, first.probability, first.kinds, first.delay_s) == (
        "late-landing",
        0.5,
        (Kind.ORDER,),
        (2.0, 3.0),
    )
    assert (second.applied, second.delay_s) == (True, (1.0, 1.0))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[fault]]\nname = "nothing"', "no fault is called"),
        ("[[fault]]\nprobability = 1", "needs a name"),
        ('[[fault]]\nname = "reset"\nprobability = 2', "between 0 and 1"),
        ('[[fault]]\nname = "reset"\napplied = false', "executed"),
        ('[[fault]]\nname = "reset"\ncolour = "red"', "colour"),
        ('[[fault]]\nname = "reset"\nkinds = ["sale"]', "sale"),
        ('[[fault]]\nname = "reset"\nprobabilty = 1', "a fault has no probabilty: did you mean probability"),
        ('[[fault]]\nname = "rest"', "no fault is called 'rest': did you mean reset"),
        ("sed = 1", "a fault plan has no sed: did you mean seed"),
        ("speed = 1", "no speed"),
        ("[[", "Invalid|Expected"),
    ],
)
def test_a_plan_that_means_nothing_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        FaultPlan.parse(text)


def test_a_rule_for_a_venue_that_is_not_played_is_refused() -> None:
    exchange = SimulatedExchange(only=["bitget"])
    for name in ("reset", "push-lost"):
        plan = FaultPlan()
        plan.add(name, venues=["bitgt"])
        with pytest.raises(ValueError, match=f"fault {name}: no venue 'bitgt' is played: did you mean bitget"):
            SimulatorApp(exchange, plan)


# -- what happens at the venue


@on_wire
def test_the_venue_has_executed_the_order_exactly_when_the_row_says_so(row: Fault, applied: bool) -> None:
    rig = Rig(plan_of(row.name, applied=applied))
    rig.place()
    assert rig.placed == (1 if applied else 0)


def test_requests_that_were_not_executed_count_as_traffic() -> None:
    rig = Rig(plan_of("html-502", applied=False))
    for _ in range(3):
        rig.place()
    assert rig.exchange.busiest(rig.account.uid) == 3
    assert {arrival.status for arrival in rig.exchange.arrivals} == {0}
    headers = rig.headers("POST", ORDER, "", BODY) | {"access-sign": "wrong"}
    rig.deliverer.deliver(Request("POST", ORDER, "", BODY, headers, now_ms=rig.now))
    assert rig.exchange.arrivals[-1].uid is None


def test_a_late_request_lands_later_once_and_is_judged_then() -> None:
    rig = Rig(plan_of("late-landing", most=1, delay_s=20))
    assert rig.place() == Delivery(None, cut="before")
    rig.now += 19_000
    rig.deliverer.land(rig.now)
    assert rig.placed == 0
    rig.now += 1_000
    rig.deliverer.deliver(Request("GET", "/api/v2/public/time", now_ms=rig.now))
    assert [order.created_ms for order in rig.account.order_log] == [NOW + 20_000]
    too_late = Rig(plan_of("late-landing", delay_s=31))
    too_late.place()
    too_late.deliverer.land_all()
    assert too_late.placed == 0  # its signature had expired
    assert too_late.exchange.arrivals[-1].status == 400


def test_lookup_lag_hides_the_order_for_a_while() -> None:
    rig = Rig(plan_of("lookup-lag", delay_s=2))
    response = rig.place().response
    assert response is not None
    assert response.status == 200
    with pytest.raises(Exception, match="40109"):
        rig.get("/order/detail", symbol="BTCUSDT", clientOid="mine")
    rig.now += 2_000
    assert rig.get("/order/detail", symbol="BTCUSDT", clientOid="mine")["state"] == "filled"


def test_the_clock_jumps_for_good() -> None:
    rig = Rig(plan_of("clock-jump", most=1))
    rig.place()
    assert rig.exchange.now_ms() == NOW + 5_000
    assert rig.raw("GET", "/api/v2/public/time")[1]["data"] == {"serverTime": str(NOW + 5_000)}


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("refusal", 400, "40762"),
        ("ambiguous-code", 400, "40010"),
        ("unlisted-code", 400, "99999"),
        ("duplicate-code", 400, "40786"),
        ("maintenance", 400, "40200"),
        ("json-500", 500, "40010"),
        ("stale", 400, "40008"),
        ("unknown-key", 400, "40001"),
        ("429-bare", 429, "429"),
    ],
)
def test_refusals_are_in_the_venues_own_words(name: str, status: int, code: str) -> None:
    response = Rig(plan_of(name)).place().response
    assert response is not None
    assert (response.status, json.loads(response.body)["code"]) == (status, code)


def test_a_read_is_refused_with_another_code_and_a_public_one_is_never_stale() -> None:
    rig = Rig(plan_of("refusal"))
    answer = rig.deliverer.deliver(Request("GET", "/api/v2/public/time", now_ms=NOW)).response
    assert answer is not None
    assert json.loads(answer.body)["code"] == "40034"
    rig = Rig(plan_of("stale"))
    answer = rig.deliverer.deliver(Request("GET", "/api/v2/public/time", now_ms=NOW)).response
    assert answer is not None
    assert json.loads(answer.body)["code"] == "40010"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("429-seconds", "1"),
        ("429-date", "Mon, 12 Jan 2026 05:23:35 GMT"),
        ("429-past", "Thu, 01 Jan 2015 00:00:00 GMT"),
        ("429-nan", "nan"),
        ("429-negative", "-1"),
        ("429-huge", "1000000000000"),
    ],
)
def test_each_form_of_retry_after_is_sent(name: str, value: str) -> None:
    response = Rig(plan_of(name)).place().response
    assert response is not None
    assert dict(response.headers) == {"retry-after": value}


def test_a_crossed_answer_is_the_one_to_an_earlier_request() -> None:
    rig = Rig(plan_of("crossed", after=1))
    first = rig.place().response
    crossed = rig.place(BODY.replace(b"mine", b"other")).response
    assert crossed == first
    assert rig.placed == 2


@pytest.mark.parametrize(
    "how",
    ["truncate", "utf8", "content-type", "drop-field", "add-field", "nan", "null", "other-type", "blank", "new-word"],
)
def test_mutations_change_one_thing(how: str) -> None:
    whole = b'{"code":"0","data":[{"price":"1.5","size":"-2.0","side":"buy"}]}'
    changed = mutate(Response(200, whole), how, random.Random(3))
    if how == "content-type":
        assert (changed.body, changed.content_type) == (whole, "text/html")
        return
    assert changed.body != whole
    if how in ("truncate", "utf8"):
        with pytest.raises(ValueError, match=r".*"):
            json.loads(changed.body)
        return
    data: list[dict[str, Any]] = json.loads(changed.body)["data"] or [{}]
    row = data[0]
    expected = {
        "drop-field": len(row) == 2,
        "add-field": "aFieldThatNobodyKnows" in row,
        "nan": "NaN" in row.values(),
        "other-type": row == {"price": 1.5, "size": -2.0, "side": "buy"},
        "blank": "" in row.values(),
        "new-word": row.get("side") == "aNewWord",
        "null": json.loads(changed.body)["data"] is None,
    }
    assert expected[how]


def test_numbers_become_texts_too() -> None:
    changed = mutate(
        Response(200, b'{"data":{"id":9007199254740993,"ok":true,"no":null}}'), "other-type", random.Random(0)
    )
    assert json.loads(changed.body)["data"] == {"id": "9007199254740993", "ok": True, "no": None}


def test_mutations_leave_alone_what_has_nothing_to_change() -> None:
    for body in (b"[1]", b'{"data":1}', b'{"data":[{}]}', b'{"data":[{"a":"X"}]}'):
        for how in ("nan", "drop-field", "new-word", "other-type"):
            mutate(Response(200, body), how, random.Random(0))


# -- on real sockets


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Iterator[RunningExchange]:
    plan = plan_of(request.param, delay_s=0.05) if request.param != "none" else FaultPlan()
    with serve(dialects=[DIALECT], setup=Setup(empty=True), faults=plan) as running:
        yield running


def ask(running: RunningExchange) -> httpx.Response:
    with httpx.Client(base_url=running.base_url, trust_env=False) as client:
        return client.get("/api/v2/public/time")


@pytest.mark.parametrize(
    "served", ["dropped", "answer-lost", "no-answer", "reset", "late-landing", "refused"], indirect=True
)
def test_a_cut_connection_is_a_transport_error(served: RunningExchange) -> None:
    with pytest.raises(httpx.TransportError):
        ask(served)


@pytest.mark.parametrize("served", ["slow", "slow-body", "none", "idle-close", "wrong-content-type"], indirect=True)
def test_what_is_only_slow_or_odd_still_arrives(served: RunningExchange) -> None:
    assert ask(served).json()["code"] == "00000"


@pytest.mark.parametrize("served", ["gigantic-declared", "gigantic-streamed"], indirect=True)
def test_a_gigantic_body_really_comes(served: RunningExchange) -> None:
    with (
        httpx.Client(base_url=served.base_url, trust_env=False) as client,
        client.stream("GET", "/api/v2/public/time") as answer,
    ):
        got = 0
        for chunk in answer.iter_raw():
            got += len(chunk)
            if got > 2_000_000:
                break
        assert got > 2_000_000


@pytest.mark.parametrize("served", ["gzip-bomb"], indirect=True)
def test_the_bomb_is_small_and_grows(served: RunningExchange) -> None:
    with (
        httpx.Client(base_url=served.base_url, trust_env=False) as client,
        client.stream("GET", "/api/v2/public/time") as answer,
    ):
        raw = b"".join(answer.iter_raw())
    assert len(raw) < 100_000
    assert len(gzip.decompress(raw)) == 64 * 1024 * 1024


@pytest.mark.parametrize("served", ["extra-answer"], indirect=True)
def test_an_extra_answer_lies_behind_the_first(served: RunningExchange) -> None:
    import socket

    with socket.create_connection((served.host, served.port), timeout=5) as sock:
        sock.sendall(b"GET /api/v2/public/time HTTP/1.1\r\nHost: x\r\n\r\n")
        got = b""
        while got.count(b"HTTP/1.1 200") < 2:
            got += sock.recv(65536)
    assert got.count(b'"code":"00000"') == 2


@pytest.mark.anyio
async def test_in_process_a_cut_connection_is_an_os_error() -> None:
    app = SimulatorApp(SimulatedExchange(dialects=[DIALECT], setup=Setup(empty=True)), plan_of("dropped"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:  # pyright: ignore[reportArgumentType] - starlette's Scope is a MutableMapping
        with pytest.raises(ConnectionResetError):
            await client.get("/api/v2/public/time")


@pytest.fixture
def served_before() -> SimulatorApp:
    app = SimulatorApp(SimulatedExchange(dialects=[DIALECT], setup=Setup(empty=True)), plan_of("dropped"))
    with bind("127.0.0.1", 0) as listener:
        server = make_server(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        with pytest.raises(httpx.TransportError), httpx.Client(trust_env=False) as client:
            client.get(f"http://127.0.0.1:{listener.getsockname()[1]}/api/v2/public/time")
        server.should_exit = True
        thread.join()
    return app


@pytest.mark.anyio
async def test_in_process_it_is_one_too_where_the_app_has_served(served_before: SimulatorApp) -> None:
    transport = httpx.ASGITransport(served_before)  # pyright: ignore[reportArgumentType] - starlette's Scope is a MutableMapping
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        with pytest.raises(ConnectionResetError):
            await client.get("/api/v2/public/time")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# -- behind the library's own seam


def to_send(body: bytes = b"", **timeouts: float) -> HttpRequest:
    return HttpRequest(
        method="POST" if body else "GET",
        origin="https://venue.example",
        target="/api/v2/public/time",
        headers=SealedHeaders([("X-Any", "1")]),
        body=body,
        timeouts=Timeouts(**({"connect_s": 0.01, "read_s": 0.01, "deadline_s": 0.02} | timeouts)),
        abort=Abort(),
    )


def backend(name: str | None, **more: Any) -> InProcessBackend:
    exchange = SimulatedExchange(dialects=[DIALECT], setup=Setup(empty=True), now_ms=lambda: NOW)
    return InProcessBackend(exchange, None if name is None else plan_of(name, **more), latency_s=0.001)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "kind", "phase", "sent"),
    [
        ("refused", "refused", Phase.CONNECTING, False),
        ("dns", "dns", Phase.CONNECTING, False),
        ("tls", "tls", Phase.CONNECTING, False),
        ("connect-timeout", "connect-timeout", Phase.CONNECTING, False),
        ("write", "write", Phase.CONNECTING, False),
        ("dropped", "disconnected", Phase.BODY_STARTED, True),
        ("no-answer", "read-timeout", Phase.BODY_STARTED, True),
        ("reset", "read", Phase.ANSWERING, True),
        ("slow-body", "read-timeout", Phase.ANSWERING, True),
        ("gigantic-declared", "body-too-large", Phase.ANSWERING, True),
        ("gigantic-streamed", "body-too-large", Phase.ANSWERING, True),
        ("gzip-bomb", "body-too-large", Phase.ANSWERING, True),
        ("unknown-encoding", "encoding", Phase.ANSWERING, True),
    ],
)
async def test_the_in_process_backend_fails_as_a_socket_would(name: str, kind: str, phase: Phase, sent: bool) -> None:
    with pytest.raises(HttpFailure) as caught:
        await backend(name).send(to_send())
    assert (caught.value.kind, caught.value.phase, caught.value.sent) == (kind, phase, sent)


@pytest.mark.anyio
@pytest.mark.parametrize("name", [None, "slow", "slow-body", "wrong-content-type", "extra-answer"])
async def test_the_in_process_backend_answers(name: str | None) -> None:
    more = {} if name in (None, "wrong-content-type", "extra-answer") else {"delay_s": 0.001}
    link = backend(name, **more)
    answer = await link.send(to_send())
    assert answer.status == 200
    assert json.loads(answer.body)["code"] == "00000"
    assert not link.shut
    await link.aclose()
    assert link.shut


@pytest.mark.anyio
async def test_an_aborted_request_never_reaches_the_exchange() -> None:
    link, request = backend(None), to_send(b"{}")
    request.abort.raised = True
    with pytest.raises(HttpFailure, match="aborted"):
        await link.send(request)
    assert not link.exchange.arrivals


@pytest.mark.anyio
async def test_a_write_error_with_a_body_happened_after_the_headers() -> None:
    request = to_send(b"{}")
    request = HttpRequest(
        method="POST",
        origin="https://venue.example",
        target=ORDER,
        headers=request.headers,
        body=request.body,
        timeouts=request.timeouts,
        abort=request.abort,
    )
    with pytest.raises(HttpFailure) as caught:
        await backend("write").send(request)
    assert (caught.value.phase, caught.value.sent) == (Phase.HEADERS_STARTED, False)
