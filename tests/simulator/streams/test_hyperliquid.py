"""Hyperliquid's subscriptions on the simulated exchange."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal as D
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from futures_async.adapters.hyperliquid import signing
from futures_async.adapters.hyperliquid.simulated.gate import KEY
from futures_async.simulator.accounts import Account
from futures_async.simulator.demo import Setup
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.records import CancelReason, Order, Ticket
from futures_async.simulator.streams.hub import StreamHub
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import OrderType, Side, TimeInForce
from tests.simulator.streams.rig import NOON

BTC = "BTC/USDC:USDC"


class Bench:
    """The exchange on a clock that is moved by hand, and one connection."""

    def __init__(self, *wanted: str, plan: FaultPlan | None = None) -> None:
        self.now_ms = NOON
        self.exchange = SimulatedExchange(
            only=["hyperliquid"],
            setup=Setup(empty=True),
            now_ms=lambda: self.now_ms,
            monotonic=lambda: self.now_ms / 1000,
        )
        self.exchange.engine.marks.pin(BTC, D(90_000))
        self.hub = StreamHub(self.exchange, plan)
        self.account = self.exchange.venues["hyperliquid"].account
        self.session: Any = self.hub.open("/ws", client="10.0.0.1", wake=lambda: None)
        for name in wanted:
            self.subscribe(type=name, user=KEY.key)

    def send(self, **message: Any) -> None:
        self.session.hear(json.dumps(message))

    def subscribe(self, **subscription: Any) -> None:
        self.send(method="subscribe", subscription=subscription)

    def heard(self) -> list[tuple[str, Any]]:
        frames = [json.loads(frame) for frame in self.session.outbox]
        self.session.outbox.clear()
        return [(frame["channel"], frame.get("data")) for frame in frames]

    def place(self, side: Side = Side.BUY, **fields: Any) -> Order:
        terms: dict[str, Any] = {"type": OrderType.MARKET, "quantity": D("0.01"), **fields}
        with self.exchange.engine.arithmetic():
            return self.exchange.engine.orders.place(self.account, Ticket(symbol=BTC, side=side, **terms)).order

    def rest(self) -> Order:
        return self.place(type=OrderType.LIMIT, price=D(80_000))

    def cancel(self, order: Order, reason: CancelReason = CancelReason.USER) -> None:
        with self.exchange.engine.arithmetic():
            self.exchange.engine.matching.cancel(self.account, order, reason)


def of(frames: list[tuple[str, Any]], channel: str) -> list[Any]:
    return [data for name, data in frames if name == channel]


def test_a_subscription_is_echoed_and_begins_with_how_things_stand() -> None:
    bench = Bench()
    bench.place()
    resting = bench.rest()
    for name in ("userFills", "userHistoricalOrders", "openOrders", "clearinghouseState"):
        asked = {"type": name, "user": KEY.key.upper().replace("X", "x")}
        bench.subscribe(**asked)
        (ack, echo), (channel, data) = bench.heard()
        assert (ack, echo) == ("subscriptionResponse", {"method": "subscribe", "subscription": asked})
        assert (channel, data["user"]) == (name, KEY.key)
        assert data.get("isSnapshot") is (True if name in ("userFills", "userHistoricalOrders") else None)
        rows = data.get("fills") or data.get("orderHistory") or data.get("orders")
        if name == "clearinghouseState":
            rows = data["clearinghouseState"]["assetPositions"]
        assert rows
    assert resting.is_open


@pytest.mark.parametrize("name", ["orderUpdates", "userEvents"])
def test_others_tell_nothing_at_the_start(name: str) -> None:
    assert [channel for channel, _ in Bench(name).heard()] == ["subscriptionResponse"]


def test_an_order_is_told_with_each_change_of_status_and_by_the_list() -> None:
    bench = Bench("orderUpdates", "userHistoricalOrders", "openOrders")
    bench.heard()
    order = bench.rest()
    frames = bench.heard()
    [[update]] = of(frames, "orderUpdates")
    [states] = of(frames, "userHistoricalOrders")
    assert (update["status"], update["order"]["oid"], "isTrigger" in update["order"]) == ("open", order.id, False)
    assert (states["orderHistory"][0]["status"], states["orderHistory"][0]["order"]["isTrigger"]) == ("open", False)
    assert "isSnapshot" not in states
    assert [row["oid"] for row in of(frames, "openOrders")[-1]["orders"]] == [order.id]
    bench.cancel(order)
    frames = bench.heard()
    assert of(frames, "orderUpdates")[0][0]["status"] == "canceled"
    assert of(frames, "openOrders")[-1]["orders"] == []


def test_a_fill_in_part_is_told_by_the_list_alone() -> None:
    bench = Bench("orderUpdates", "userFills", "openOrders")
    bench.heard()
    bench.exchange.engine.world.options.partial_fills = True
    bench.exchange.engine.deposit(bench.account, "USDC", D(1_000_000))
    bench.heard()
    book = bench.exchange.engine.world.book(BTC)
    bench.place(type=OrderType.LIMIT, price=book.ask + 2, quantity=D(5))
    frames = bench.heard()
    assert [row["status"] for [row] in of(frames, "orderUpdates")] == ["open"]
    assert len(of(frames, "userFills")) > 1
    assert all("isSnapshot" not in data for data in of(frames, "userFills"))
    [row] = of(frames, "openOrders")[-1]["orders"]
    assert D(row["sz"]) < D(row["origSz"])


def test_fills_tell_the_position_before_them() -> None:
    bench = Bench("userFills", "userEvents", "clearinghouseState")
    bench.heard()
    bench.place()
    bench.place(Side.SELL, reduce_only=True)
    frames = bench.heard()
    rows = [row for data in of(frames, "userFills") for row in data["fills"]]
    assert [(row["startPosition"], row["dir"]) for row in rows] == [("0.0", "Open Long"), ("0.01", "Close Long")]
    assert [row["tid"] for data in of(frames, "user") for row in data["fills"]] == [row["tid"] for row in rows]
    sizes = [
        [held["position"]["szi"] for held in data["clearinghouseState"]["assetPositions"]]
        for data in of(frames, "clearinghouseState")
    ]
    assert ["0.01"] in sizes
    assert sizes[-1] == []


def test_a_cancel_that_nobody_asked_for_is_an_event() -> None:
    bench = Bench("userEvents")
    bench.heard()
    order = bench.rest()
    bench.cancel(order, CancelReason.LIQUIDATION)
    assert of(bench.heard(), "user") == [{"nonUserCancel": [{"coin": "BTC", "oid": order.id}]}]


def test_a_waiting_order_looks_like_a_resting_one_in_one_of_them() -> None:
    bench = Bench("orderUpdates", "userHistoricalOrders", "openOrders", "clearinghouseState")
    bench.heard()
    ticket = Ticket(symbol=BTC, side=Side.BUY, type=OrderType.MARKET, quantity=D("0.01"))
    with bench.exchange.engine.arithmetic():
        trigger = bench.exchange.engine.triggers.place_plan(bench.account, ticket, D(95_000), on_mark=True)
    frames = bench.heard()
    assert of(frames, "orderUpdates")[0][0]["order"]["oid"] == trigger.id
    assert of(frames, "userHistoricalOrders")[0]["orderHistory"][0]["order"]["isTrigger"] is True
    assert [row["isTrigger"] for row in of(frames, "openOrders")[-1]["orders"]] == [True]
    assert of(frames, "clearinghouseState") == []


def test_an_order_that_only_closes_says_so() -> None:
    bench = Bench("orderUpdates")
    bench.place()
    bench.heard()
    bench.place(Side.SELL, type=OrderType.LIMIT, price=D(99_000), reduce_only=True)
    assert of(bench.heard(), "orderUpdates")[0][0]["order"]["reduceOnly"] is True


def test_list_and_state_come_again_and_prices_oftener() -> None:
    bench = Bench("openOrders", "clearinghouseState")
    bench.subscribe(type="bbo", coin="BTC")
    bench.heard()
    for _ in range(10):
        bench.now_ms += 500
        bench.hub.advance()
    frames = bench.heard()
    assert [len(of(frames, name)) for name in ("openOrders", "clearinghouseState", "bbo")] == [1, 1, 10]


def test_prices_are_for_everybody() -> None:
    bench = Bench()
    for fields in (
        {"type": "activeAssetCtx", "coin": "BTC"},
        {"type": "bbo", "coin": "BTC"},
        {"type": "l2Book", "coin": "BTC"},
        {"type": "candle", "coin": "BTC", "interval": "1d"},
        {"type": "allMids"},
    ):
        bench.subscribe(**fields)
    found = {channel: data for channel, data in bench.heard() if channel != "subscriptionResponse"}
    assert found["activeAssetCtx"]["ctx"]["markPx"] == "90000.0"
    assert found["bbo"]["bbo"] == [side[0] for side in found["l2Book"]["levels"]]
    assert (found["candle"]["s"], found["candle"]["i"]) == ("BTC", "1d")
    assert found["allMids"]["mids"]["BTC"]


@pytest.mark.parametrize(
    "subscription",
    [
        {"type": "nothing"},
        {"type": "userFills"},
        {"type": "openOrders", "user": KEY.key, "dex": "xyz"},
        {"type": "bbo", "coin": "NONE"},
        {"type": "candle", "coin": "BTC", "interval": "9d"},
    ],
)
def test_what_does_not_exist_is_refused_by_its_own_text(subscription: Any) -> None:
    bench = Bench()
    bench.subscribe(**subscription)
    [(channel, text)] = bench.heard()
    assert (channel, text[:20]) == ("error", "Invalid subscription")
    assert json.loads(text[21:]) == subscription


def test_control_messages_are_answered() -> None:
    bench = Bench("userFills")
    bench.heard()
    bench.send(method="ping")
    assert bench.heard() == [("pong", None)]
    asked = {"type": "userFills", "user": KEY.key}
    bench.send(method="unsubscribe", subscription=asked)
    assert bench.heard() == [("subscriptionResponse", {"method": "unsubscribe", "subscription": asked})]
    bench.place()
    assert bench.heard() == []
    bench.session.hear("nonsense")
    bench.send(method="dance")
    assert {channel for channel, _ in bench.heard()} == {"error"}


def test_requests_may_be_made_over_the_connection() -> None:
    bench = Bench()
    state = {"type": "clearinghouseState", "user": KEY.key}
    bench.send(method="post", id=1, request={"type": "info", "payload": state})
    [(channel, answer)] = bench.heard()
    assert (channel, answer["id"], answer["response"]["type"]) == ("post", 1, "info")
    assert answer["response"]["payload"]["type"] == "clearinghouseState"
    assert answer["response"]["payload"]["data"]["marginSummary"]["accountValue"] == "25000.0"
    bench.send(method="post", id=2, request={"type": "action", "payload": {"action": {"type": "order"}}})
    bench.send(method="post", id=3, request={"type": "explorer", "payload": {}})
    (_, refused), (channel, _) = bench.heard()
    assert (refused["id"], refused["response"]["type"], refused["response"]["payload"][:4]) == (2, "error", "422 ")
    assert channel == "error"


def test_an_order_over_the_connection_is_signed_as_over_http() -> None:
    bench = Bench("orderUpdates")
    bench.heard()
    element = {"a": 0, "b": True, "p": "80000", "s": "0.001", "r": False, "t": {"limit": {"tif": "Gtc"}}}
    action = {"type": "order", "orders": [element], "grouping": "na"}
    connection = signing.connection_id(msgspec.msgpack.encode(action), NOON, None, None)
    signature = signing.sign(signing.action_digest(connection, "a"), Credentials(KEY.key, KEY.secret))
    signed = {"action": action, "nonce": NOON, "signature": signature._asdict()}
    bench.send(method="post", id=9, request={"type": "action", "payload": signed})
    frames = bench.heard()
    [answer] = of(frames, "post")
    assert answer["response"]["type"] == "action"
    [verdict] = answer["response"]["payload"]["response"]["data"]["statuses"]
    [[update]] = of(frames, "orderUpdates")
    assert update["order"]["oid"] == verdict["resting"]["oid"]


def test_a_connection_is_for_one_account_and_nobodys_is_silent() -> None:
    other = "0x00000000000000000000000000000000000000b2"
    bench = Bench()
    bench.subscribe(type="userFills", user=other)
    assert [channel for channel, _ in bench.heard()] == ["subscriptionResponse"]
    bench.place()
    assert bench.heard() == []
    bench.subscribe(type="orderUpdates", user=KEY.key)
    bench.heard()
    bench.subscribe(type="openOrders", user=other)
    assert bench.heard()[0][1].startswith("Cannot track more than")


def test_channels_and_accounts_are_counted_by_address() -> None:
    bench = Bench()
    first, bench.session = bench.session, bench.hub.open("/ws", client="10.0.0.1", wake=lambda: None)
    for number in range(999):
        bench.subscribe(type="allMids", number=number)
    bench.session = first
    bench.subscribe(type="bbo", coin="BTC")
    bench.heard()
    bench.subscribe(type="bbo", coin="ETH")
    assert bench.heard() == [("error", "Cannot subscribe to more than 1000 channels.")]
    bench.send(method="unsubscribe", subscription={"type": "bbo", "coin": "BTC"})
    bench.subscribe(type="bbo", coin="ETH")
    assert [channel for channel, _ in bench.heard()][:2] == ["subscriptionResponse"] * 2
    bench.session = bench.hub.open("/ws", client="10.0.0.2", wake=lambda: None)
    bench.subscribe(type="bbo", coin="ETH")
    assert bench.heard()[0][0] == "subscriptionResponse"


def test_accounts_of_an_address_are_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    venue = bench.hub.dialects["hyperliquid"]
    monkeypatch.setattr(venue, "rules", replace(venue.rules, connections=None))
    others = [bench.hub.open("/ws", client="10.0.0.1", wake=lambda: None) for _ in range(9)]
    elsewhere = bench.hub.open("/ws", client="10.0.0.2", wake=lambda: None)
    for number, session in enumerate([*others, elsewhere]):
        session.account = cast("Account", SimpleNamespace(uid=str(number)))
    bench.subscribe(type="userFills", user=KEY.key)
    assert bench.heard()[0][0] == "subscriptionResponse"
    bench.session.hang_up()
    bench.session = bench.hub.open("/ws", client="10.0.0.1", wake=lambda: None)
    tenth = bench.hub.open("/ws", client="10.0.0.1", wake=lambda: None)
    tenth.account = cast("Account", SimpleNamespace(uid="10"))
    bench.subscribe(type="userFills", user=KEY.key)
    assert bench.heard() == [("error", "Cannot track more than 10 total users.")]
    tenth.hang_up()
    bench.subscribe(type="userFills", user=KEY.key)
    assert bench.heard()[0][0] == "subscriptionResponse"


def test_who_asks_too_much_or_says_nothing_is_left() -> None:
    bench = Bench()
    for _ in range(2001):
        bench.send(method="ping")
    assert bench.session.end is not None
    quiet = Bench("userFills")
    quiet.now_ms += 61_000
    quiet.hub.advance()
    assert quiet.session.end is not None


@pytest.mark.parametrize("name", ["subscribe-refused", "ack-only"])
def test_a_subscription_is_refused_or_only_acknowledged(name: str) -> None:
    plan = FaultPlan(seed=3)
    plan.add(name, most=1, channels=["userFills"])
    bench = Bench("userFills", plan=plan)
    [(channel, said)] = bench.heard()
    assert channel == ("error" if name == "subscribe-refused" else "subscriptionResponse")
    assert name == "ack-only" or said.startswith("Invalid subscription")
    bench.place()
    assert bench.heard() == []


def test_an_order_that_found_nothing_ends_expired() -> None:
    bench = Bench("userHistoricalOrders")
    bench.heard()
    bench.place(type=OrderType.LIMIT, price=D(80_000), time_in_force=TimeInForce.IOC)
    rows = [row["status"] for data in of(bench.heard(), "userHistoricalOrders") for row in data["orderHistory"]]
    assert rows[-1] == "iocCancelRejected"
