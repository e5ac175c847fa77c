"""What is the venue's own, in virtual time: what is sent, and what becomes of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from futures_async.adapter import (
    AuthenticationError,
    Credentials,
    ExchangeError,
    IncompletePage,
    InvalidOrder,
    InvalidRequest,
    NotSupported,
    OrderStatus,
    OrderType,
    RiskLimitExceeded,
    Rows,
    Side,
    SymbolNotFound,
    TimeInForce,
)
from futures_async.adapters.hyperliquid import Hyperliquid, endpoints, signing, wire
from futures_async.adapters.hyperliquid.simulated import orders as simulated_orders
from futures_async.journal.journal import MemoryJournal
from futures_async.manager.manager import OrderManager
from futures_async.simulator.accounts import ApiKey
from futures_async.simulator.dialect import Request, Response
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.virtual_time import run
from futures_async.unified.errors import OrderNotPlaced
from tests.adapters.hyperliquid.test_contract import SPEC

OTHER = "0x00000000000000000000000000000000000000b2"


class Stage(Inside):
    """Keeps the actions that arrived."""

    def __init__(self, plan: FaultPlan | None = None) -> None:
        super().__init__(SPEC, plan=plan)
        self.bodies: list[bytes] = []
        handle = self.inside.handle

        def watched(request: Request) -> Response:
            if request.path.startswith("/exchange"):
                self.bodies.append(request.body)
            return handle(request)

        self.inside.handle = watched  # type: ignore[method-assign]

    @property
    def actions(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(body)["action"] for body in self.bodies]

    @property
    def element(self) -> dict[str, Any]:
        """The last order that arrived."""
        element: dict[str, Any] = next(act for act in reversed(self.actions) if act["type"] == "order")["orders"][0]
        return element


def played(play: Callable[[Stage], Awaitable[None]], plan: FaultPlan | None = None) -> None:
    async def main() -> None:
        on = Stage(plan)
        async with on.exchange:
            await play(on)

    run(main())


def test_numbers_have_no_trailing_zeros() -> None:
    async def play(on: Stage) -> None:
        await on.exchange.create_order(on.request(price=Decimal("70000.000"), quantity=Decimal("0.00200")))
        assert (on.element["p"], on.element["s"]) == ("70000", "0.002")
        await on.exchange.create_order(on.request(price=Decimal("7E+4"), quantity=Decimal("2E-3")))
        assert (on.element["p"], on.element["s"]) == ("70000", "0.002")

    played(play)


def test_a_price_of_six_figures_is_refused_unless_it_is_whole() -> None:
    async def play(on: Stage) -> None:
        with pytest.raises(InvalidOrder, match="tick"):
            await on.exchange.create_order(on.request(price=Decimal("70000.5")))
        assert on.bodies == []
        contract = await on.exchange.fetch_contract(SPEC.symbol)
        assert contract.round_price(Decimal("123456.7")) == 123456
        assert contract.round_price(Decimal("1234.567")) == Decimal("1234.5")

    played(play)


def test_a_market_order_fills_at_once_up_to_the_slippage() -> None:
    async def play(on: Stage) -> None:
        order = await on.trade(Side.BUY)
        assert on.element["t"] == {"limit": {"tif": "Ioc"}}
        assert on.mark * Decimal("1.04") < Decimal(on.element["p"]) < on.mark * Decimal("1.06")
        assert (order.type, order.time_in_force) == (OrderType.LIMIT, TimeInForce.IOC)
        assert order.filled_quantity == SPEC.quantity

    played(play)


def test_a_market_order_stands_in_a_journal_as_it_was_asked_for_and_as_one_intent() -> None:
    async def play(on: Stage) -> None:
        journal = MemoryJournal()
        async with on.connect(on.credentials, journal=journal) as exchange:
            request = on.request(type=OrderType.MARKET, price=None)
            order = await OrderManager(exchange, journal=journal).submit(request, group="g")
            (entry,) = await journal.group(exchange.id, exchange.account_id, "g")
        assert (entry.order_id, entry.record.type, entry.record.price) == (order.order_id, OrderType.MARKET, None)
        assert entry.record.fence_ms is not None

    played(play)


@pytest.mark.parametrize("type", [OrderType.LIMIT, OrderType.MARKET])
def test_an_order_whose_stop_is_refused_stands_and_says_so(type: OrderType, caplog: pytest.LogCaptureFixture) -> None:
    async def play(on: Stage) -> None:
        market = type is OrderType.MARKET
        order = await on.exchange.create_order(
            on.request(
                type=type,
                price=None if market else on.price("0.9"),
                take_profit=on.price("1.2"),
                stop_loss=on.price("1.1"),
            )
        )
        assert order.status is (OrderStatus.FILLED if market else OrderStatus.NEW)
        assert order.stops_refused == "stop_loss: Invalid TP/SL price."
        assert order.client_order_id is not None
        assert on.exchange.outcome(order.client_order_id) == order
        if not market:
            (listed,) = await on.exchange.fetch_open_orders(SPEC.symbol)
            assert (listed.order_id, listed.take_profit, listed.stop_loss) == (order.order_id, on.price("1.2"), None)

    played(play)
    assert "stands without what it was to bring: stop_loss: Invalid TP/SL price." in caplog.text


def test_a_stop_that_is_not_seen_of_an_order_that_was_found_is_told(caplog: pytest.LogCaptureFixture) -> None:
    plan = FaultPlan()
    plan.add("answer-lost", kinds=["order"], most=1, applied=True)

    async def play(on: Stage) -> None:
        request = on.request(price=on.price("0.9"), take_profit=on.price("1.2"), stop_loss=on.price("1.1"))
        order = await on.exchange.create_order(request)
        assert (order.recovered, order.stop_loss, order.stops_refused) == (True, None, None)

    played(play, plan)
    assert "whether its stop_loss stands is not told" in caplog.text


def test_a_refused_order_with_stops_is_refused_at_once() -> None:
    async def play(on: Stage) -> None:
        asked = len(on.bodies)
        with pytest.raises(RiskLimitExceeded):
            await on.exchange.create_order(on.request(quantity=Decimal(5000), stop_loss=on.price("0.5")))
        assert len(on.bodies) == asked + 1
        assert await on.exchange.fetch_open_orders(SPEC.symbol) == []

    played(play)


def test_a_close_that_its_answer_alone_tells_of_says_that_it_only_reduces() -> None:
    async def play(on: Stage) -> None:
        opened = await on.trade(Side.BUY)
        closed = await on.exchange.close_position(SPEC.symbol)
        assert closed is not None
        assert (opened.reduce_only, closed.reduce_only) == (False, True)

    played(play)


def test_a_changed_order_is_another_under_the_same_id_of_ours() -> None:
    async def play(on: Stage) -> None:
        first = await on.exchange.create_order(on.request(client_order_id="mine-1"))
        second = await on.exchange.edit_order(SPEC.symbol, order_id=first.order_id, price=on.price("0.8"))
        assert second.order_id != first.order_id
        assert (second.replaces, second.client_order_id) == (first.order_id, "mine-1")
        [open_order] = await on.exchange.fetch_open_orders(SPEC.symbol)
        assert open_order.order_id == second.order_id
        cancelled = await on.exchange.cancel_order(SPEC.symbol, client_order_id="mine-1")
        assert cancelled.order_id == second.order_id
        assert on.actions[-1]["type"] == "cancelByCloid"

    played(play)


@pytest.mark.parametrize("applied", [True, False])
def test_what_got_no_answer_is_resent_as_the_same_bytes_and_placed_once(applied: bool) -> None:
    plan = FaultPlan()
    plan.add("answer-lost" if applied else "no-answer", kinds=["order"], most=1, applied=applied)

    async def play(on: Stage) -> None:
        order = await on.exchange.create_order(on.request())
        assert [str(placed.id) for placed in on.account.order_log] == [order.order_id]
        assert len(set(on.bodies)) == 1

    played(play, plan)


def test_an_order_that_never_came_is_told_on_an_account_that_trades_more_than_the_venue_keeps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (endpoints, simulated_orders):
        monkeypatch.setattr(module, "NEWEST", 20)
    plan = FaultPlan()

    async def play(on: Stage) -> None:
        on.trades_inside(60, every_ms=5_000)  # the newest 20 states are of the last minute and a half
        plan.add("dropped", kinds=["order"])
        with pytest.raises(OrderNotPlaced):
            await on.exchange.create_order(on.request())
        assert len(on.account.order_log) == 60

    played(play, plan)


SENT_MS = 1_768_195_413_000
HOUR_MS = 3_600_000


def standing(oid: int, coin: str, created_ms: int, changed_ms: int) -> wire.WireStanding:
    """A cancelled order, as the list of past ones shows it."""
    order = {"coin": coin, "side": "B", "limitPx": "1", "sz": "1", "origSz": "1", "oid": oid, "timestamp": created_ms}
    order |= {"orderType": "Limit", "tif": "Gtc", "isTrigger": False, "reduceOnly": False}
    row = {"order": order, "status": "canceled", "statusTimestamp": changed_ms}
    return msgspec.convert(row, wire.WireStanding)


LATELY = [standing(oid, "BTC", SENT_MS + HOUR_MS, SENT_MS + HOUR_MS + oid) for oid in (1, 2, 3)]


@pytest.mark.parametrize(
    ("rows", "reaches"),
    [
        (LATELY, False),
        ([*LATELY[1:], standing(9, "BTC", SENT_MS - HOUR_MS, SENT_MS + HOUR_MS)], False),
        ([standing(oid, "xyz:GOLD", SENT_MS + HOUR_MS, SENT_MS + HOUR_MS) for oid in (1, 2, 3)], False),
        ([*LATELY[1:], standing(9, "xyz:GOLD", SENT_MS - HOUR_MS, SENT_MS - 1)], True),
    ],
    ids=["all later", "an old order cancelled later", "another dex", "reaches back"],
)
def test_the_list_of_past_orders_reaches_back_to_the_oldest_change(
    rows: list[wire.WireStanding], reaches: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The venue keeps so many changes, whatever the orders' ages: else a lost order would be called absent."""
    monkeypatch.setattr(endpoints, "NEWEST", len(rows))

    async def play(on: Stage) -> None:
        async def kept(endpoint: Any, **fields: Any) -> Any:
            assert endpoint is endpoints.PAST_ORDERS
            return Rows(rows)

        monkeypatch.setattr(on.exchange, "_ask_mine", kept)
        if reaches:
            assert [order.order_id async for order in on.exchange.iter_orders(since_ms=SENT_MS)] == ["2", "3"]
        else:
            with pytest.raises(IncompletePage):
                _ = [order async for order in on.exchange.iter_orders(since_ms=SENT_MS)]

    played(play)


def test_an_api_wallets_address_is_no_account() -> None:
    async def play(on: Stage) -> None:
        assert on.credentials.secret is not None
        agent = signing.signer_of(on.credentials)
        async with on.connect(Credentials(agent, on.credentials.secret)) as exchange:
            with pytest.raises(AuthenticationError, match="API wallet"):
                await exchange.fetch_positions()

    played(play)


def test_a_secret_of_another_account_signs_nothing() -> None:
    async def play(on: Stage) -> None:
        async with on.connect(Credentials(on.credentials.key, "0x" + "42" * 32)) as exchange:
            with pytest.raises(AuthenticationError, match="no API wallet"):
                await exchange.create_order(on.request())
        assert on.bodies == []

    played(play)


def test_a_sub_account_is_acted_for_by_its_masters_wallet() -> None:
    async def play(on: Stage) -> None:
        engine = on.inside.engine
        sub = engine.open_account(
            "90002", keys=[ApiKey(key=OTHER, secret="unused")], family=on.account.family, coin=SPEC.margin_coin
        )
        sub.extra["master"] = on.account.keys[0].key
        async with on.connect(on.credentials, vault=OTHER) as exchange:
            order = await exchange.create_order(on.request())
            assert [str(placed.id) for placed in sub.order_log] == [order.order_id]
            assert [found.order_id for found in await exchange.fetch_open_orders(SPEC.symbol)] == [order.order_id]
        assert msgspec.json.decode(on.bodies[-1])["vaultAddress"] == OTHER
        assert await on.exchange.fetch_open_orders(SPEC.symbol) == []
        async with on.connect(Credentials(OTHER, on.credentials.secret)) as exchange:
            with pytest.raises(InvalidRequest, match="vault="):
                await exchange.create_order(on.request())

    played(play)


def test_the_dead_mans_switch_needs_a_million_of_volume() -> None:
    async def play(on: Stage) -> None:
        on.account.extra["cumVlm"] = "999999"
        with pytest.raises((ExchangeError, NotSupported)) as refused:
            await on.exchange.arm_cancel_all(60)
        assert "volume" in str(refused.value)
        on.account.extra["cumVlm"] = "1000000"
        await on.exchange.arm_cancel_all(60)
        assert on.actions[-1]["type"] == "scheduleCancel"

    played(play)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"vault": "0x12"}, "vault"),
        ({"slippage": "1.5"}, "slippage"),
        ({"dex": "no:name"}, "dex"),
    ],
)
def test_options_are_checked_when_they_are_given(options: dict[str, Any], match: str) -> None:
    with pytest.raises((InvalidRequest, ValueError), match=match):
        Hyperliquid(**options)


def test_a_contract_that_is_not_listed_is_not_called_flat() -> None:
    async def play(on: Stage) -> None:
        for call in (on.exchange.close_position, on.exchange.fetch_position, on.exchange.fetch_positions):
            with pytest.raises(SymbolNotFound):
                await call("BTTC/USDC:USDC")
        await on.exchange.close_position(SPEC.symbol)
        assert await on.exchange.fetch_positions(SPEC.symbol) == []

    played(play)
