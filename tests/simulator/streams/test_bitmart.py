"""BitMart's socket, against the recorded messages and by the rules of the reference."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any, cast

import pytest

from futures_async.adapters.bitmart.simulated.streams import Streams
from futures_async.simulator.records import Preset, Ticket, TriggerKind
from futures_async.simulator.world import Options
from futures_async.unified.enums import MarginMode, OrderType, PositionMode, PositionSide
from tests.simulator.streams.rig import BTC, BUY, ETH, SELL, StreamBench, pushes, recorded

RECORDED = recorded("bitmart")


@pytest.fixture
def bench() -> StreamBench:
    return StreamBench("bitmart")


def types(row: dict[str, Any]) -> dict[str, type]:
    return {name: type(value) for name, value in row.items()}


def orders(frames: list[Any]) -> list[tuple[int, dict[str, Any]]]:
    return [(item["action"], item["order"]) for data in pushes(frames, "futures/order") for item in data]


def test_a_login_is_answered_as_recorded(bench: StreamBench) -> None:
    peer = bench.connect()
    assert bench.login(peer) == [RECORDED["login"]]
    later = bench.connect()  # one client signs a time five seconds ahead
    assert later.ask(bench.speech.log_in(bench.key, bench.now + 5000)) == [RECORDED["login"]]


@pytest.mark.parametrize(
    ("position", "value", "why"),
    [
        (0, "nobody", "apiKey not found"),
        (1, "1768190200000", "timestamp invalid"),
        (1, "soon", "timestamp invalid"),
        (2, "wrong", "sign invalid"),
    ],
)
def test_a_wrong_login_is_refused_and_hung_up(bench: StreamBench, position: int, value: str, why: str) -> None:
    peer = bench.connect()
    message = bench.speech.log_in(bench.key, bench.now)
    message["args"][position] = value
    assert peer.ask(message) == [RECORDED["login_refused"] | {"error": f"access failed: openapi auth: {why}"}]
    assert peer.end is not None


def test_a_login_of_another_shape_or_on_the_public_socket_is_refused(bench: StreamBench) -> None:
    assert bench.connect().ask({"action": "access", "args": []})[0]["success"] is False
    message = bench.speech.log_in(bench.key, bench.now)
    assert bench.connect(public=True).ask(message)[0]["success"] is False


def test_each_topic_is_acknowledged_with_the_whole_request(bench: StreamBench) -> None:
    peer = bench.connect()
    bench.login(peer)
    heard = peer.ask(RECORDED["subscribe_sent"])
    assert len(heard) == 3
    assert heard[2] == RECORDED["subscribed"]
    assert peer.ask(RECORDED["subscribe_sent"]) == heard  # again, and again with success
    bench.trade(BUY, "0.1", "80000")
    assert len(pushes(peer.heard(), "futures/order")) == 1
    assert peer.ask(bench.speech.subscribe("futures/order", op="unsubscribe"))[0]["success"] is True
    bench.trade(BUY, "0.1", "80000")
    assert pushes(peer.heard(), "futures/order") == []


def test_refusals_are_the_recorded_ones(bench: StreamBench) -> None:
    peer = bench.connect()
    assert peer.ask(bench.speech.subscribe("futures/order")) == [RECORDED["refused"]]
    for topic in ("futures/nope", "futures/asset:DOGE", "futures/ticker:NOPE", "futures/asset"):
        assert peer.ask(bench.speech.subscribe(topic))[0]["error"] == f"Invalid channel: not found {topic}"
    nonsense: list[Any] = ["ping", "{", {"args": []}, {"action": "dance"}]
    for message in nonsense:
        assert peer.ask(message)[0]["error"].startswith("Invalid message: ")
    assert peer.end is None


def test_the_heartbeat_is_json(bench: StreamBench) -> None:
    (answer,) = bench.connect().ask({"action": "ping"})
    assert answer["group"] == "System"
    assert answer["data"].startswith("pong+")


def test_a_message_that_is_too_long_closes_with_1009(bench: StreamBench) -> None:
    peer = bench.connect()
    peer.say(bench.speech.subscribe(*["futures/asset:USDT"] * 100))
    assert peer.end is not None
    assert peer.end.code == 1009


def test_positions_tell_the_symbol_that_changed_and_a_closed_one_once() -> None:
    bench = StreamBench("bitmart", PositionMode.HEDGE)
    bench.trade(SELL, "0.5", symbol=ETH)
    peer = bench.listen("futures/position")
    bench.trade(BUY, "0.1")
    bench.trade(SELL, "0.05")
    bench.trade(BUY, "0.05", closes=True)
    heard = pushes(peer.heard(), "futures/position")
    told = [[(row["position_type"], row["hold_volume"], row["frozen_volume"]) for row in data] for data in heard]
    assert told == [
        [(1, "100", "0")], [(1, "100", "0"), (2, "50", "0")], [(1, "100", "0"), (2, "50", "50")],
        [(1, "100", "0"), (2, "0", "0")],
    ]  # fmt: skip
    assert types(heard[0][0]) == types(RECORDED["position"]["data"][0])
    assert heard[-1][1].items() >= {"close_volume": "50", "hold_avg_price": "0", "liquidate_price": "0"}.items()
    bench.trade(BUY, "0.1")
    assert [row["position_type"] for (row,) in pushes(peer.heard(), "futures/position")] == [1]


def test_positions_come_again_every_ten_seconds(bench: StreamBench) -> None:
    bench.trade(BUY, "0.1")
    bench.trade(SELL, "0.5", symbol=ETH)
    peer = bench.listen("futures/position")
    bench.wait(9)
    assert peer.heard() == []
    bench.wait(22)
    assert [sorted(row["symbol"] for row in data) for data in pushes(peer.heard(), "futures/position")] == [
        ["BTCUSDT", "ETHUSDT"]
    ] * 3


def test_orders_have_the_recorded_fields(bench: StreamBench) -> None:
    peer = bench.listen("futures/order")
    order = bench.trade(BUY, "0.1", "85000", client_id="fx1")
    bench.move(84_990)
    bench.cancel(bench.trade(BUY, "0.1", "80000"))
    told = orders(peer.heard())
    assert [action for action, _ in told] == [2, 1, 2, 3]
    submitted, filled = told[0][1], told[1][1]
    example = RECORDED["order"]["data"][0]["order"]
    assert types(filled) == types(example)
    assert types(filled["last_trade"]) == types(example["last_trade"])
    assert filled["last_trade"]["lastTradeID"] < 2**53
    assert types(submitted) | {"last_trade": dict} == types(example)
    # As captured: an order's first update lies before its creation.
    assert submitted["update_time"] < submitted["create_time"] == order.created_ms
    assert (submitted["state"], filled["state"], filled["deal_size"]) == (2, 4, "100")
    assert filled["update_time"] == order.updated_ms


def test_a_cancel_repeats_the_last_trade() -> None:
    bench = StreamBench("bitmart", options=Options(partial_fills=True))
    peer = bench.listen("futures/order")
    order = bench.trade(BUY, "6", "90000.1", leverage=D(50))
    bench.cancel(order)
    submitted, matched, canceled = orders(peer.heard())
    assert (matched[0], matched[1]["state"], matched[1]["deal_size"]) == (1, 2, "2500")
    assert canceled[0] == 3
    assert canceled[1]["last_trade"] == matched[1]["last_trade"]
    assert submitted[1]["last_trade"] is None
    assert D(matched[1]["last_trade"]["fee"]) < 0


def test_market_orders_name_how_far_they_may_go(bench: StreamBench) -> None:
    peer = bench.listen("futures/order")
    bench.trade(BUY, "0.1")
    bench.trade(SELL, "0.1", closes=True)
    rows = [row for _, row in orders(peer.heard())]
    assert D(rows[0]["price"]) > 90_000 > D(rows[-1]["price"])
    assert [row["type"] for row in rows] == ["market"] * 4
    assert [row["side"] for row in rows] == [1, 1, 3, 3]


def test_a_liquidation_cancels_and_takes_over() -> None:
    bench = StreamBench("bitmart")
    bench.trade(BUY, "0.5", leverage=D(100), margin_mode=MarginMode.ISOLATED)
    bench.trade(SELL, "0.1", "99000", closes=True)
    peer = bench.listen("futures/order", "futures/position")
    bench.move(88_000)
    heard = peer.heard()
    assert [action for action, _ in orders(heard)] == [4, 7]
    assert pushes(heard, "futures/position")[-1][0]["hold_volume"] == "0"


def test_waiting_orders_come_on_the_channel_of_orders(bench: StreamBench) -> None:
    bench.trade(BUY, "0.1")
    peer = bench.listen("futures/order")
    triggers = bench.exchange.engine.triggers
    preset = Preset(trigger_price=D(80_000), on_mark=True)
    triggers.place_closing(bench.account, BTC, PositionSide.LONG, TriggerKind.STOP_LOSS, preset, quantity=D("0.1"))
    ticket = Ticket(symbol=BTC, side=BUY, type=OrderType.MARKET, quantity=D("0.1"))
    plan = triggers.place_plan(bench.account, ticket, D(95_000))
    trailing = triggers.place_plan(bench.account, ticket, D(95_000), callback_ratio=D("0.01"))
    triggers.cancel(bench.account, trailing)
    told = orders(peer.heard())
    assert [(action, row["type"], row["state"]) for action, row in told] == [
        (2, "stop_loss", 2), (2, "plan_order", 2), (2, "trailing_order", 2), (3, "trailing_order", 4),
    ]  # fmt: skip
    assert told[0][1].items() >= {"trigger_price": "80000", "trigger_price_type": "2", "callback_rate": "-"}.items()
    assert told[2][1].items() >= {"trigger_price": "-", "activation_price": "95000", "callback_rate": "1"}.items()
    bench.move(95_000)
    told = orders(peer.heard())
    assert [(action, row["type"]) for action, row in told] == [(2, "market"), (1, "market"), (1, "plan_order")]
    assert told[0][1].items() >= {"plan_order_id": str(plan.id), "client_order_id": f"PLAN_{plan.id}"}.items()
    assert told[2][1]["state"] == 4


def test_money_of_one_coin_is_one_topic(bench: StreamBench) -> None:
    peer = bench.listen("futures/asset:USDT")
    bench.trade(BUY, "0.1", "80000")
    bench.trade(BUY, "0.1")
    with bench.exchange.engine.arithmetic():
        bench.exchange.engine.settings.set_leverage(bench.account, BTC, D(5))
    bench.exchange.deposit("bitmart", D(1), "BTC")
    heard = peer.heard()
    assert {frame["group"] for frame in heard} == {"futures/asset:USDT"}
    rows = [frame["data"] for frame in heard]
    assert types(rows[0]) == types(RECORDED["asset"]["data"])
    assert rows[0]["frozen_balance"] != "0"
    assert rows[-1]["position_deposit"] != "0"
    assert len(rows) == 4


def test_settings_move_positions(bench: StreamBench) -> None:
    bench.trade(BUY, "0.1", margin_mode=MarginMode.ISOLATED)
    peer = bench.listen("futures/position")
    with bench.exchange.engine.arithmetic():
        bench.exchange.engine.settings.adjust_margin(bench.account, BTC, PositionSide.LONG, D(10))
        bench.exchange.engine.settings.set_leverage(bench.account, ETH, D(5))
    assert [row["symbol"] for (row,) in pushes(peer.heard(), "futures/position")] == ["BTCUSDT"]


def test_public_topics(bench: StreamBench) -> None:
    peer = bench.connect(public=True)
    heard = peer.ask(bench.speech.subscribe("futures/ticker:BTCUSDT", "futures/fundingRate:BTCUSDT"))
    ticker = next(frame for frame in heard if frame.get("group") == "futures/ticker:BTCUSDT" and "data" in frame)
    funding = next(frame for frame in heard if frame.get("group") == "futures/fundingRate:BTCUSDT" and "data" in frame)
    assert types(ticker["data"]) == types(RECORDED["ticker"]["data"])
    assert types(funding["data"]) == types(RECORDED["funding_rate"]["data"])
    bench.wait(60)
    heard = peer.heard()
    assert len(pushes(heard, "futures/ticker:BTCUSDT")) == 60
    assert len(pushes(heard, "futures/fundingRate:BTCUSDT")) == 1
    (once,) = peer.ask(bench.speech.subscribe("futures/fundingRate:ETHUSDT", op="request"))
    assert once["data"]["symbol"] == "ETHUSDT"


def test_all_tickers_come_one_by_one(bench: StreamBench) -> None:
    peer = bench.connect(public=True)
    peer.say(bench.speech.subscribe("futures/ticker"))
    symbols = [data["symbol"] for data in pushes(peer.heard(), "futures/ticker")]
    assert len(symbols) == len(set(symbols)) > 5


def test_frames_can_be_binary() -> None:
    bench = StreamBench("bitmart")
    cast("Streams", bench.hub.dialects["bitmart"]).deflates = True
    peer = bench.connect()
    bench.login(peer)
    peer.say(bench.speech.subscribe("futures/order"))
    assert all(isinstance(frame, bytes) for frame in peer.session.outbox)
    assert peer.heard()[-1] == RECORDED["subscribed"] | {"request": bench.speech.subscribe("futures/order")}
