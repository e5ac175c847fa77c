"""What only OKX's streams have: orders that wait for a price are told at a path of their own."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from futures_async.simulator.engine import Engine
from futures_async.simulator.records import Ticket, Trigger
from futures_async.unified.enums import OrderType, Side, TimeInForce
from tests.simulator.streams.rig import BTC, BUY, Peer, StreamBench, pushes

BUSINESS, CHANNEL = "/ws/v5/business", {"channel": "orders-algo", "instType": "SWAP"}


def ask(*args: dict[str, Any], op: str = "subscribe") -> dict[str, Any]:
    return {"op": op, "args": list(args)}


def listening(bench: StreamBench, **more: str) -> Peer:
    peer = Peer(bench, BUSINESS)
    assert bench.login(peer)[0]["event"] == "login"
    [said] = peer.ask(ask(CHANNEL | more))
    assert (said["event"], said["arg"]) == ("subscribe", CHANNEL | more)
    return peer


def wait_for(bench: StreamBench, price: str) -> Trigger:
    engine: Engine = bench.exchange.engine
    ticket = Ticket(symbol=BTC, side=BUY, type=OrderType.MARKET, quantity=D("0.01"))
    with engine.arithmetic():
        return engine.triggers.place_plan(bench.account, ticket, D(price), on_mark=False)


def test_a_waiting_order_is_told_from_its_birth_until_it_is_set_off_or_cancelled() -> None:
    bench = StreamBench("okx")
    peer = listening(bench)
    fired, gone = wait_for(bench, "91000"), wait_for(bench, "95000")
    bench.move(91_500)
    with bench.exchange.engine.arithmetic():
        bench.exchange.engine.triggers.cancel(bench.account, gone)
    rows = [row for data in pushes(peer.heard(), "orders-algo") for row in data]
    told = [(row["algoId"], row["state"]) for row in rows]
    assert told == [
        (str(fired.id), "live"),
        (str(gone.id), "live"),
        (str(fired.id), "effective"),
        (str(gone.id), "canceled"),
    ]
    assert rows[2]["ordId"] == str(fired.order_id)
    peer.ask(ask(CHANNEL, op="unsubscribe"))
    wait_for(bench, "96000")
    assert pushes(peer.heard(), "orders-algo") == []


def test_the_channel_can_be_of_one_contract() -> None:
    bench = StreamBench("okx")
    here, elsewhere = listening(bench, instId="BTC-USDT-SWAP"), listening(bench, instId="ETH-USDT-SWAP")
    wait_for(bench, "91000")
    assert len(pushes(here.heard(), "orders-algo")) == 1
    bench.trade(Side.BUY, "0.01")
    assert pushes(here.heard(), "orders-algo") == pushes(elsewhere.heard(), "orders-algo") == []


@pytest.mark.parametrize(
    ("path", "arg"),
    [
        ("/ws/v5/private", CHANNEL),
        (BUSINESS, {"channel": "orders", "instType": "SWAP"}),
        (BUSINESS, CHANNEL | {"instId": "NO-SUCH-SWAP"}),
    ],
)
def test_each_path_has_channels_of_its_own(path: str, arg: dict[str, str]) -> None:
    bench = StreamBench("okx")
    peer = Peer(bench, path)
    assert [said["code"] for said in peer.ask(ask(arg))] == ["60011"], "not logged in"
    bench.login(peer)
    assert [said["code"] for said in peer.ask(ask(arg))] == ["60018"]


def test_waiting_orders_are_of_a_type_of_instrument() -> None:
    bench = StreamBench("okx")
    peer = Peer(bench, BUSINESS)
    bench.login(peer)
    assert [said["code"] for said in peer.ask(ask({"channel": "orders-algo"}))] == ["60013"]


@pytest.mark.parametrize(("price", "states"), [("100000", ["canceled"]), ("50000", ["live"])])
def test_a_post_only_order_is_live_only_once_it_is_in_the_book(price: str, states: list[str]) -> None:
    bench = StreamBench("okx")
    bench.move(90_000)
    peer = bench.listen("orders")
    bench.trade(Side.BUY, "0.01", price, time_in_force=TimeInForce.POST_ONLY)
    told = [row["state"] for data in pushes(peer.heard(), "orders") for row in data]
    assert told == states
