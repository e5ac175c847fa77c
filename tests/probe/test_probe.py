"""The probe finds what a venue really does: simulated venues that differ in one trait each, in virtual time."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal, cast

import anyio
import pytest

import futures_async as fa
from futures_async.adapters.bitget.simulated import DIALECT as BITGET
from futures_async.probe import Finding, ProbeReport, ProbeSettings, Verdict, probe
from futures_async.probe.bench import name_of
from futures_async.simulator.accounts import Account
from futures_async.simulator.demo import Setup
from futures_async.simulator.dialect import Request, Response, VenueRefusal
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.inprocess import InProcessBackend
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.world import Options
from futures_async.testing.virtual_time import run
from futures_async.transport.http.backend import HttpRequest, HttpResponse
from futures_async.transport.limits.local import LocalLimiter
from futures_async.transport.retry import DamagedAnswer
from futures_async.unified.credentials import Credentials
from tests.fakes import FakeReads

EPOCH_MS = 1_768_195_413_808
LOCAL = "http://127.0.0.1:1"
BTC = "BTC/USDT:USDT"
QUICK = ProbeSettings(orders=2)


class Inside:
    """A simulated venue on the virtual clock."""

    def __init__(
        self,
        venue: str = "bitget",
        *,
        dedup: Literal["all", "open", "none"] | None = None,
        lag_ms: int = 0,
        plan: FaultPlan | None = None,
        dialects: Any = None,
        exchange: type[SimulatedExchange] = SimulatedExchange,
        backend: type[InProcessBackend] = InProcessBackend,
        **options: Any,
    ) -> None:
        self.venue = venue
        self.exchange = exchange(
            dialects=dialects,
            only=[venue],
            setup=Setup(empty=True),
            dedup=dedup,
            options=Options(visibility_lag_ms=lag_ms),
            now_ms=lambda: EPOCH_MS + int(asyncio.get_running_loop().time() * 1000) - 1_000_000,
            **options,
        )
        self.plan = plan
        self.backend = backend

    @property
    def account(self) -> Account:
        return self.exchange.venues[self.venue].account

    @property
    def untouched(self) -> bool:
        return not self.account.open_orders and not list(self.account.positions_of())

    def connect(self) -> fa.FuturesExchange:
        key = self.exchange.venues[self.venue].key
        credentials = Credentials(key.key, key.secret, key.passphrase, key.memo, uid=self.account.uid)
        backend = self.backend(self.exchange, self.plan, latency_s=0.01)
        return fa.connect(self.venue, credentials, http=backend, base_url=LOCAL, limiter=LocalLimiter())


def probed(make: Callable[[], Inside], settings: ProbeSettings = QUICK) -> tuple[ProbeReport, Inside]:
    async def main() -> tuple[ProbeReport, Inside]:
        inside = make()
        async with inside.connect() as exchange:
            return await probe(exchange, settings), inside

    return run(main())


def finding(report: ProbeReport, trait: str) -> Finding:
    [found] = [found for found in report.findings if found.trait == trait]
    return found


@pytest.mark.parametrize("venue", ["bitget", "bitget-uta", "bitmart", "bybit", "okx", "binance"])
def test_what_the_adapters_declare_is_what_their_simulated_venues_do(venue: str) -> None:
    report, inside = probed(lambda: Inside(venue))
    assert [found for found in report.findings if found.verdict is Verdict.UNSAFE] == []
    assert finding(report, "client_id").verdict is Verdict.CONFIRMED
    assert finding(report, "lookup_by_client_id").found == "yes"
    assert finding(report, "window_s").verdict is Verdict.CONFIRMED
    assert finding(report, "cancel of an order that never was").found == "OrderNotFound"
    assert finding(report, "cancel of an order cancelled before").found == "canceled"
    assert finding(report, "cancel of a filled order").found == "filled"
    assert report.placed > 5
    assert report.left == ()
    assert inside.untouched


@pytest.mark.parametrize("venue", ["bitget", "bitget-uta", "bitmart", "bybit", "okx", "binance"])
def test_what_takes_long_is_told_before_it_does(venue: str) -> None:
    told: list[tuple[float, str]] = []

    async def main() -> None:
        clock = asyncio.get_running_loop().time
        async with Inside(venue).connect() as exchange:
            await probe(exchange, ProbeSettings(), say=lambda what: told.append((clock(), what)))
            told.append((clock(), ""))

    run(main())
    for (began, what), (ended, _) in itertools.pairwise(told):
        said = re.search(r"takes (?:about |up to )?([\d.]+) s", what)
        told_s = float(said[1]) if said else 0.0
        assert ended - began < told_s * 1.5 + 3, what
        assert ended - began > told_s / 2 or "up to" in what


@pytest.mark.parametrize(("venue", "field", "contracts"), [("bybit", "qty", "6"), ("okx", "sz", "1")])
def test_contracts_that_are_worth_quote_coin_are_not_taken_for_base_coin(
    venue: str, field: str, contracts: str
) -> None:
    """The smallest order of 5 contracts, which are 5 dollars, was sent as 5 bitcoins."""
    sizes: set[str] = set()

    class Overheard(InProcessBackend):
        async def send(self, request: HttpRequest) -> HttpResponse:
            said: Any = json.loads(request.body) if request.body else {}
            if isinstance(said, dict) and field in said:
                sizes.add(cast("dict[str, str]", said)[field])
            return await super().send(request)

    report, inside = probed(lambda: Inside(venue, backend=Overheard), ProbeSettings(symbol="BTC/USD:BTC", orders=2))
    assert sizes == {contracts}
    assert [found for found in report.findings if found.verdict is Verdict.UNSAFE] == []
    assert finding(report, "client_id").verdict is Verdict.CONFIRMED
    assert "another price" in finding(report, "dedup").detail
    assert report.placed > 5
    assert report.left == ()
    assert inside.untouched
    assert not inside.account.fills


def test_an_order_that_is_refused_before_it_is_sent_ends_no_probe() -> None:
    settings = ProbeSettings(symbol="BTC/USD:BTC", orders=1, quantity=Decimal("0.00123"))
    report, inside = probed(lambda: Inside("okx"), settings)
    found = finding(report, "client_id")
    assert found.verdict is Verdict.OPEN
    assert "whole" in found.detail or "step" in found.detail
    assert report.placed == 0
    assert inside.untouched


@pytest.mark.parametrize(
    ("dedup", "verdict"), [("all", Verdict.CAUTIOUS), ("open", Verdict.CONFIRMED), ("none", Verdict.UNSAFE)]
)
def test_the_scope_of_repeated_ids_is_found(dedup: Literal["all", "open", "none"], verdict: Verdict) -> None:
    """Bitget declares "open"."""
    report, inside = probed(lambda: Inside(dedup=dedup))
    found = finding(report, "dedup")
    assert (found.found, found.verdict) == (dedup, verdict)
    assert inside.untouched


def test_without_a_fill_all_is_never_claimed() -> None:
    report, _ = probed(lambda: Inside(dedup="all"), ProbeSettings(orders=1, fill=False))
    assert finding(report, "dedup").verdict is Verdict.OPEN
    report, inside = probed(lambda: Inside(dedup="open"), ProbeSettings(orders=1, fill=False))
    assert finding(report, "dedup").found == "open"
    assert not inside.account.fills


class Forgetful(BITGET):
    """Forgets ids of cancelled orders after 100 s."""

    def authenticate(self, request: Request) -> Account:
        account = super().authenticate(request)
        for name, order in list(account.by_client.items()):
            if not order.is_open and request.now_ms - order.updated_ms > 100_000:
                del account.by_client[name]
        return account


def test_how_long_an_id_is_remembered_is_found_when_asked() -> None:
    settings = ProbeSettings(orders=1, ages_s=(60.0, 90.0, 110.0, 600.0))
    report, _ = probed(lambda: Inside(dedup="all", dialects=[Forgetful]), settings)
    assert finding(report, "dedup_ttl_s").found == "90 to 110"
    report, _ = probed(lambda: Inside(dedup="all"), settings)
    assert finding(report, "dedup_ttl_s").found == "over 600"
    report, _ = probed(lambda: Inside(dedup="open"), settings)
    assert [found for found in report.findings if found.trait == "dedup_ttl_s"] == []


def with_window(window_s: float | None) -> type[BITGET]:
    class Windowed(BITGET):
        def _check_time(self, request: Request) -> None:
            age_ms = request.now_ms - int(request.header("access-timestamp"))
            if window_s is not None and age_ms > window_s * 1000:
                raise VenueRefusal("40008", "Request timestamp expired")

    return Windowed


@pytest.mark.parametrize(
    ("window_s", "found", "verdict"),
    [
        (30.0, "25 to 30", Verdict.CONFIRMED),
        (33.0, "30 to 35", Verdict.CONFIRMED),
        (60.0, "over 35", Verdict.UNSAFE),
        (None, "over 35", Verdict.UNSAFE),
        (10.0, "0 to 25", Verdict.CAUTIOUS),
    ],
)
def test_the_window_of_a_signature_is_found(window_s: float | None, found: str, verdict: Verdict) -> None:
    """Bitget declares 30 s."""
    report, inside = probed(lambda: Inside(dialects=[with_window(window_s)]))
    window = finding(report, "window_s")
    assert (window.found, window.verdict) == (found, verdict)
    assert window_s is None or window_s > 35 or "ClockSkew 40008" in window.detail
    assert inside.untouched


@pytest.mark.parametrize(
    ("lag_ms", "least", "most", "verdict"),
    [(0, 0.0, 0.2, Verdict.CONFIRMED), (2_000, 2.0, 2.3, Verdict.CONFIRMED), (8_000, 8.0, 8.3, Verdict.UNSAFE)],
)
def test_how_long_an_order_stays_invisible_is_found(lag_ms: int, least: float, most: float, verdict: Verdict) -> None:
    """Bitget is taken to show orders within 5 s."""
    report, inside = probed(lambda: Inside(lag_ms=lag_ms))
    lag = finding(report, "visibility_lag_s")
    assert least <= float(lag.found.removeprefix("≤ ")) <= most
    assert lag.verdict is verdict
    assert report.left == ()
    assert inside.untouched


def test_an_order_that_is_never_seen_is_said_to_be_so() -> None:
    report, inside = probed(lambda: Inside(lag_ms=60_000), ProbeSettings(orders=1, fill=False))
    assert finding(report, "visibility_lag_s").found == "over 15"
    assert finding(report, "lookup_by_client_id").verdict is Verdict.UNSAFE
    # What cannot be read cannot be proved gone: it is said that it may stand.
    assert len(report.left) >= 3
    assert all(any(str(order) in left for left in report.left) for order in inside.account.open_orders)


def test_a_burst_is_sent_only_when_asked_for_and_tells_what_a_429_means() -> None:
    report, _ = probed(lambda: Inside(), QUICK)
    assert [found for found in report.findings if found.trait == "rate_429_is_gateway"] == []
    report, inside = probed(lambda: Inside(), ProbeSettings(orders=1, fill=False, burst=15))
    limit = finding(report, "rate_429_is_gateway")
    assert (limit.found, limit.verdict) == ("yes", Verdict.CONFIRMED)
    assert "[HTTP 429], 0 landed" in limit.detail
    assert inside.untouched


class Careless(SimulatedExchange):
    """Answers 429 to whatever it executes, once it has seen ten orders."""

    def handle(self, request: Request) -> Response:
        response = super().handle(request)
        if request.path.endswith("/place-order") and len(self.venues["bitget"].account.orders) > 10:
            return Response(429, b'{"code":"429","msg":"Too Many Requests","requestTime":0,"data":null}')
        return response


def test_a_429_after_which_the_order_stands_is_found() -> None:
    settings = ProbeSettings(orders=1, fill=False, burst=15)
    report, inside = probed(lambda: Inside(exchange=Careless, uid_limit=None, endpoint_limits=False), settings)
    limit = finding(report, "rate_429_is_gateway")
    assert (limit.found, limit.verdict) == ("no", Verdict.UNSAFE)
    assert inside.untouched


def test_an_account_that_trades_in_the_contract_is_left_alone() -> None:
    async def main() -> None:
        inside = Inside()
        async with inside.connect() as exchange:
            order = await exchange.create_order(
                fa.OrderRequest(symbol=BTC, side=fa.Side.BUY, type=fa.OrderType.MARKET, quantity=Decimal("0.01"))
            )
            assert order.status is fa.OrderStatus.FILLED
            with pytest.raises(fa.InvalidRequest, match="1 positions and 0 open orders"):
                await probe(exchange, QUICK)
            assert len(list(inside.account.positions_of())) == 1
            assert len(inside.account.orders) == 1

    run(main())


@pytest.mark.parametrize("after_s", [0.3, 1.0, 2.0, 3.0, 5.0])
def test_a_probe_that_is_cancelled_takes_everything_back(after_s: float) -> None:
    async def main() -> Inside:
        inside = Inside()
        async with inside.connect() as exchange:
            with anyio.move_on_after(after_s) as scope:
                await probe(exchange, ProbeSettings(orders=50))
            assert scope.cancelled_caught
            assert inside.account.orders
        return inside

    assert run(main()).untouched


class SlowRoad(InProcessBackend):
    """The third order takes two seconds to the venue."""

    placed = 0

    async def send(self, request: HttpRequest) -> HttpResponse:
        if request.url.endswith("/place-order"):
            self.placed += 1
            if self.placed == 3:
                request.abort.sending = True
                await anyio.sleep(2.0)
                request.abort.raised = False  # it has left long since
        return await super().send(request)


def test_an_order_under_way_when_a_probe_is_cancelled_is_waited_for() -> None:
    async def main() -> Inside:
        inside = Inside(backend=SlowRoad)
        async with inside.connect() as exchange:
            backend = cast("SlowRoad", cast("Any", exchange)._transport.backend)
            with anyio.CancelScope() as scope:

                async def cancel_soon() -> None:
                    while backend.placed < 3:  # noqa: ASYNC110 - a counter
                        await anyio.sleep(0.001)
                    scope.cancel()

                async with anyio.create_task_group() as group:
                    group.start_soon(cancel_soon)
                    await probe(exchange, ProbeSettings(orders=50))
            await anyio.sleep(5.0)
        assert len(inside.account.orders) == 3
        return inside

    assert run(main()).untouched


@pytest.mark.parametrize("seed", range(3))
def test_nothing_stands_after_a_probe_through_a_bad_network(seed: int) -> None:
    plan = FaultPlan(seed=seed)
    for name in ("answer-lost", "late-landing", "no-answer", "html-502", "dropped", "reset"):
        plan.add(name, probability=0.05, kinds=["order", "cancel", "read"])

    async def main() -> tuple[ProbeReport | None, Inside]:
        inside = Inside(plan=plan)
        report = None
        exchange = inside.connect()
        with contextlib.suppress(fa.UnresolvedOrders):
            async with exchange:
                with contextlib.suppress(fa.FuturesAsyncError):
                    report = await probe(exchange, QUICK)
        return report, inside

    report, inside = run(main())
    assert plan.struck
    assert inside.untouched or (report is not None and report.left)


def test_a_live_account_is_not_touched_unless_it_is_meant() -> None:
    async def main(settings: ProbeSettings) -> None:
        inside = Inside()
        backend = InProcessBackend(inside.exchange)
        credentials = Credentials("sim-bitget-key", "sim-bitget-secret", "sim-bitget-passphrase")
        async with fa.connect("bitget", credentials, http=backend, limiter=LocalLimiter()) as exchange:
            try:
                await probe(exchange, settings)
            finally:
                assert bool(inside.exchange.arrivals) == settings.live

    with pytest.raises(fa.InvalidRequest, match="real money"):
        run(main(QUICK))
    with pytest.raises(fa.AuthenticationError):  # it is asked; the keys are not of this exchange
        run(main(ProbeSettings(live=True)))


def test_a_venue_without_ids_is_asked_what_can_be_asked() -> None:
    settings = ProbeSettings(
        orders=2,
        price=Decimal(80_000),
        quantity=Decimal("0.01"),
        leverage=Decimal(10),
        margin_mode=fa.MarginMode.CROSS,
    )
    report, inside = probed(lambda: Inside("bitget-v1"), settings)
    assert finding(report, "client_id").verdict is Verdict.OPEN
    assert finding(report, "dedup").verdict is Verdict.OPEN
    assert finding(report, "window_s").declared == "never"
    assert inside.untouched


def test_what_cannot_be_probed_says_why() -> None:
    with pytest.raises(fa.NotSupported, match="create_order"):
        probed(lambda: Inside("bittap"))
    with pytest.raises(fa.InvalidRequest, match="price and quantity"):
        probed(lambda: Inside("bitget-v1"))

    async def foreign() -> None:
        await probe(FakeReads())

    with pytest.raises(fa.InvalidRequest, match="adapters of this library"):
        run(foreign())


def test_what_went_wrong_is_more_than_the_name_of_an_error() -> None:
    assert name_of(fa.ExchangeError("no", code="40109")) == "ExchangeError 40109"
    assert name_of(fa.ExchangeError("no")) == "ExchangeError"
    damaged = name_of(DamagedAnswer("toy GET /orders", "the answer is not readable JSON"))
    assert damaged.startswith("DamagedAnswer: toy GET /orders: the answer is not readable JSON (ask again")
