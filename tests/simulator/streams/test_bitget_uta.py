"""Bitget's v3 socket, against the recorded messages and by the rules of the reference."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from futures_async.simulator.records import Preset, TriggerKind
from futures_async.unified.enums import MarginMode, PositionMode, PositionSide
from tests.simulator.streams.rig import BTC, BUY, ETH, SELL, StreamBench, pushes, recorded

RECORDED = recorded("bitget-uta")
ADDED = {"requestId"}
"""A field of the newest sample alone."""


@pytest.fixture
def bench() -> StreamBench:
    return StreamBench("bitget-uta")


def types(row: dict[str, Any]) -> dict[str, type]:
    return {name: type(value) for name, value in row.items()}


def rows(frames: list[Any], topic: str) -> list[Any]:
    return [row for data in pushes(frames, topic) for row in data]


def test_a_refused_login_leaves_the_connection_open(bench: StreamBench) -> None:
    peer = bench.connect()
    message = bench.speech.log_in(bench.key, bench.now)
    message["args"][0]["sign"] = "wrong"
    (answer,) = peer.ask(message)
    assert (answer["event"], answer["code"], answer["msg"]) == ("error", 30015, "Invalid sign")
    assert answer["connId"]
    assert peer.end is None


def test_milliseconds_and_numbers_are_taken(bench: StreamBench) -> None:
    message = bench.speech.log_in(bench.key, bench.now)
    message["args"][0]["timestamp"] = bench.now
    assert bench.connect().ask(message)[0]["code"] == 30015  # signed over the seconds
    message = bench.speech.log_in(bench.key, bench.now * 1000)
    message["args"][0]["timestamp"] = bench.now
    assert bench.connect().ask(message)[0].items() >= {"event": "login", "code": 0}.items()


def test_a_symbol_is_acknowledged_and_never_pushed(bench: StreamBench) -> None:
    peer = bench.listen("fill")
    (answer,) = peer.ask(bench.speech.subscribe("order:BTCUSDT"))
    assert answer["arg"] == {"instType": "UTA", "topic": "order", "symbol": "BTCUSDT"}
    assert set(answer) == set(RECORDED["subscribed"])
    bench.trade(BUY, "0.1", "2000", symbol=ETH)
    (frame,) = peer.heard()
    assert frame["arg"] == {"instType": "UTA", "topic": "order"}


def test_refusals_have_the_argument_in_their_text_alone(bench: StreamBench) -> None:
    peer = bench.listen("fill")
    (answer,) = peer.ask({"op": "subscribe", "args": [{"instType": "uta", "topic": "order"}], "uta": True})
    assert answer | {"connId": ""} == RECORDED["refused"] | {"connId": ""}
    assert peer.ask(bench.speech.subscribe("orders"))[0]["code"] == 30001
    assert bench.connect().ask(bench.speech.subscribe("order"))[0]["code"] == 30004


def test_too_many_arguments_end_the_connection_without_a_word(bench: StreamBench) -> None:
    peer = bench.listen("fill")
    assert peer.ask(bench.speech.subscribe(*["order"] * 24)) != []
    assert peer.ask(bench.speech.subscribe(*["order"] * 25)) == []
    assert peer.end is not None
    assert peer.end.code is None


def test_positions_begin_whole_and_go_on_with_what_changes(bench: StreamBench) -> None:
    bench.trade(SELL, "0.5", symbol=ETH)
    peer = bench.listen("fill")
    heard = peer.ask(bench.speech.subscribe("position"))
    assert [frame["action"] for frame in heard if "data" in frame] == ["snapshot"]
    assert [row["symbol"] for row in rows(heard, "position")] == ["ETHUSDT"]
    bench.trade(BUY, "0.1")
    bench.trade(SELL, "0.1", "95000", closes=True)
    bench.trade(SELL, "0.1", closes=True)
    heard = peer.heard()
    assert {frame["action"] for frame in heard if "fill" not in frame["arg"].values()} == {"update"}
    moved = rows(heard, "position")
    assert {row["symbol"] for row in moved} == {"BTCUSDT"}
    # A position that comes into being, closing orders that hold it (the second displaces the first), its end.
    assert [(row["size"], row["frozen"], row["positionStatus"]) for row in moved] == [
        ("0.1", "0", "opening"), ("0.1", "0.1", "opening"), ("0.1", "0.2", "opening"), ("0.1", "0.1", "opening"),
        ("0", "0", "ended"),
    ]  # fmt: skip
    assert types(moved[0]) == types(RECORDED["position"]["data"][0])
    assert types(moved[-1]) == types(RECORDED["position_ended"]["data"][0])
    empty = {name for name, value in RECORDED["position_ended"]["data"][0].items() if value == ""}
    assert {name for name, value in moved[-1].items() if value == ""} == empty


def test_a_flat_account_gets_an_empty_list(bench: StreamBench) -> None:
    peer = bench.listen("fill")
    assert pushes(peer.ask(bench.speech.subscribe("position")), "position") == [[]]


def test_orders_and_fills_have_the_recorded_fields() -> None:
    bench = StreamBench("bitget-uta", PositionMode.HEDGE)
    peer = bench.listen("order", "fill", "fast-fill")
    bench.trade(BUY, "0.1", take_profit=Preset(trigger_price=D(99_000), on_mark=True))
    bench.trade(SELL, "0.1", closes=True)
    bench.cancel(bench.trade(BUY, "0.1", "85000"))
    heard = peer.heard()
    orders = rows(heard, "order")
    wanted = {name: kind for name, kind in types(RECORDED["order"]["data"][0]).items() if name not in ADDED}
    assert all({name: kind for name, kind in types(row).items() if name in wanted} == wanted for row in orders)
    filled = [row for row in orders if row["orderStatus"] == "filled"]
    assert filled[1].items() >= {
        "side": "sell", "holdSide": "long", "tradeSide": "close", "timeInForce": "ioc", "price": "",
        "reduceOnly": "no", "category": "usdt-futures",
    }.items()  # fmt: skip
    assert filled[0].items() >= {"takeprofit": "99000", "tpTriggerBy": "mark", "stoploss": ""}.items()
    assert orders[-1].items() >= {"orderStatus": "cancelled", "feeDetail": [], "cancelReason": "normal_cancel"}.items()
    assert {frame["action"] for frame in heard if frame["arg"]["topic"] != "fast-fill"} == {"snapshot"}
    fills = rows(heard, "fill")
    assert types(fills[1]) == types(RECORDED["fill"]["data"][0])
    assert D(fills[0]["feeDetail"][0]["fee"]) > 0
    early = [frame for frame in heard if frame["arg"]["topic"] == "fast-fill"]
    assert types(early[0]["data"]) == types(RECORDED["fast_fill"]["data"])
    assert [frame["data"]["execId"] for frame in early] == [row["execId"] for row in fills]


def test_a_market_order_is_new_and_filled_or_filled_alone(bench: StreamBench) -> None:
    peer = bench.listen("order")
    told: set[tuple[str, ...]] = set()
    for _ in range(20):
        bench.trade(BUY, "0.001")
        told.add(tuple(row["orderStatus"] for row in rows(peer.heard(), "order")))
    assert told == {("new", "filled"), ("filled",)}


def test_a_changed_order_keeps_its_id(bench: StreamBench) -> None:
    order = bench.trade(BUY, "0.1", "80000")
    peer = bench.listen("order")
    with bench.exchange.engine.arithmetic():
        bench.exchange.engine.orders.amend(bench.account, order, price=D(81_000), in_place=True)
    (row,) = rows(peer.heard(), "order")
    assert (row["orderId"], row["price"], row["orderStatus"]) == (str(order.id), "81000", "new")


def test_money_begins_whole_and_goes_on_with_the_coin_that_changed(bench: StreamBench) -> None:
    peer = bench.listen("fill")
    heard = peer.ask(bench.speech.subscribe("account"))
    (first,) = rows(heard, "account")
    assert {coin["coin"] for coin in first["coin"]} == {"USDT", "USDC", "BTC", "ETH"}
    assert types(first) == types(RECORDED["account"]["data"][0])
    assert types(first["coin"][0]) == types(RECORDED["account"]["data"][0]["coin"][0])
    bench.trade(BUY, "0.1", "80000")
    bench.exchange.deposit("bitget-uta", D(1), "BTC")
    heard = peer.heard()
    assert [[coin["coin"] for coin in row["coin"]] for row in rows(heard, "account")] == [["USDT"], ["BTC"]]
    assert {frame["action"] for frame in heard} == {"update"}


def test_settings_move_positions_and_money() -> None:
    bench = StreamBench("bitget-uta")
    bench.trade(BUY, "0.1", margin_mode=MarginMode.ISOLATED)
    peer = bench.listen("position", "account")
    with bench.exchange.engine.arithmetic():
        bench.exchange.engine.settings.set_leverage(bench.account, BTC, D(5))
        bench.exchange.engine.settings.set_leverage(bench.account, ETH, D(5))  # nothing is held there
    heard = peer.heard()
    assert [row["leverage"] for row in rows(heard, "position")] == ["5"]
    assert len(rows(heard, "account")) == 2


def test_funding_moves_positions_and_money(bench: StreamBench) -> None:
    bench.trade(BUY, "0.1")
    peer = bench.listen("position", "account")
    for _ in range(240):
        peer.say("ping")
        bench.wait(60)
    heard = [frame for frame in peer.heard() if frame != "pong"]
    assert rows(heard, "position")[0]["totalFundingFee"] != "0"
    assert len(heard) == 2


def test_a_liquidation_says_so() -> None:
    bench = StreamBench("bitget-uta")
    bench.trade(BUY, "0.5", leverage=D(100), margin_mode=MarginMode.ISOLATED)
    peer = bench.listen("order", "position", "fill")
    bench.move(88_000)
    heard = peer.heard()
    assert rows(heard, "order")[0]["delegateType"] == "liquidation"
    assert rows(heard, "fill")[0]["tradeSide"] == "burst_sell_single"
    assert rows(heard, "position")[-1]["positionStatus"] == "ended"


def test_strategies_have_the_recorded_fields(bench: StreamBench) -> None:
    bench.trade(BUY, "0.1")
    peer = bench.listen("strategy-order")
    triggers = bench.exchange.engine.triggers
    stop = Preset(trigger_price=D(80_000), on_mark=True)
    triggers.place_closing(bench.account, BTC, PositionSide.LONG, TriggerKind.STOP_LOSS, stop, quantity=D("0.1"))
    gain = Preset(trigger_price=D(99_000), price=D(98_900))
    triggers.place_closing(bench.account, BTC, PositionSide.LONG, TriggerKind.TAKE_PROFIT, gain, quantity=D("0.1"))
    bench.move(79_000)
    heard = peer.heard()
    assert heard[0]["arg"] == RECORDED["strategy_order"]["arg"]
    stops = rows(heard, "strategy-order")
    assert types(stops[0]) == types(RECORDED["strategy_order"]["data"][0])
    assert [(row["triggerType"], row["status"]) for row in stops] == [
        ("stopLoss", "pending"), ("takeProfit", "pending"), ("takeProfit", "cancelled"), ("stopLoss", "success"),
    ]  # fmt: skip
    assert stops[1].items() >= {"takeProfit": "99000", "tpOrderType": "limit", "tpLimitPrice": "98900"}.items()
    triggers.place_plan(bench.account, bench_ticket(bench), D(95_000))
    assert rows(peer.heard(), "strategy-order")[0].items() >= {"type": "trigger", "triggerPrice": "95000"}.items()


def bench_ticket(bench: StreamBench) -> Any:
    from futures_async.simulator.records import Ticket
    from futures_async.unified.enums import OrderType

    return Ticket(symbol=BTC, side=BUY, type=OrderType.MARKET, quantity=D("0.1"))


def test_tickers_name_symbol_and_time_in_the_envelope(bench: StreamBench) -> None:
    peer = bench.connect(public=True)
    _, frame = peer.ask(bench.speech.subscribe("ticker:BTCUSDT", product="usdt-futures"))
    assert types(frame) == types(RECORDED["ticker"])
    assert types(frame["data"][0]) == types(RECORDED["ticker"]["data"][0])
    assert frame["arg"] == RECORDED["ticker"]["arg"]
    bench.wait(1)
    assert len(peer.heard()) == 4


@pytest.mark.parametrize(
    ("topic", "product", "answers"),
    [
        ("ticker:BTCUSDT", "USDT-FUTURES", [30001]),  # small letters here
        ("ticker:BTCUSD", "coin-futures", [30001]),
        ("mark:BTCUSDT", "usdt-futures", [30001]),
        ("order", "UTA", [30001]),
        ("ticker:BTCUSDT", "coin-futures", ["subscribe"]),  # acknowledged, and silent
        ("ticker:BTCPERP", "usdc-futures", ["subscribe", "snapshot"]),
    ],
)
def test_public_topics(bench: StreamBench, topic: str, product: str, answers: list[Any]) -> None:
    peer = bench.connect(public=True)
    heard = peer.ask(bench.speech.subscribe(topic, product=product))
    assert [frame.get("code") or frame.get("event") or frame["action"] for frame in heard] == answers
