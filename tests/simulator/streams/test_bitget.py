"""Bitget's v2 socket, against the recorded messages and by the rules of the reference."""

from __future__ import annotations

import json
from decimal import Decimal as D
from typing import Any

import pytest

from futures_async.simulator.records import Preset, TriggerKind
from futures_async.simulator.world import Options
from futures_async.unified.enums import MarginMode, PositionMode, PositionSide
from tests.simulator.streams.rig import BTC, BUY, DATA, ETH, SELL, StreamBench, pushes, recorded

RECORDED = recorded("bitget")


@pytest.fixture
def bench() -> StreamBench:
    return StreamBench("bitget")


def types(row: dict[str, Any]) -> dict[str, type]:
    return {name: type(value) for name, value in row.items()}


def test_a_login_is_answered_with_a_number(bench: StreamBench) -> None:
    peer = bench.connect()
    (answer,) = bench.login(peer)
    assert answer.items() >= {"event": "login", "code": 0, "msg": ""}.items()
    assert peer.session.account is bench.account
    assert peer.end is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"apiKey": "nobody"}, 30011),
        ({"apiKey": None}, 30011),
        ({"passphrase": "wrong"}, 30012),
        ({"timestamp": "soon"}, 30013),
        ({"timestamp": "1768190300"}, 30014),
        ({"timestamp": "1768190400000"}, 30014),  # milliseconds
        ({"sign": "wrong"}, 30015),
        ({"sign": None}, 30015),
    ],
)
def test_a_wrong_login_is_refused_by_name_and_hung_up(bench: StreamBench, change: dict[str, Any], code: int) -> None:
    peer = bench.connect()
    message = bench.speech.log_in(bench.key, bench.now)
    message["args"][0] |= change
    (answer,) = peer.ask(message)
    assert (answer["event"], answer["code"]) == ("error", code)
    assert peer.end is not None
    assert peer.session.account is None


def test_a_number_as_timestamp_is_taken(bench: StreamBench) -> None:
    message = bench.speech.log_in(bench.key, bench.now)
    message["args"][0]["timestamp"] = int(message["args"][0]["timestamp"])
    assert bench.connect().ask(message)[0]["event"] == "login"


def test_a_key_of_the_other_kind_of_account_is_refused(bench: StreamBench) -> None:
    bench.account.kind = "unified"
    assert bench.login(bench.connect())[0]["code"] == 30005


def test_nothing_private_before_the_login(bench: StreamBench) -> None:
    peer = bench.connect()
    assert peer.ask(bench.speech.subscribe("orders"))[0]["code"] == 30004
    assert bench.connect(public=True).ask(bench.speech.log_in(bench.key, bench.now))[0]["code"] == 30005


def test_acknowledgements_and_refusals_are_the_recorded_ones(bench: StreamBench) -> None:
    peer = bench.listen("fill")
    # Key order, unknown keys of the message, and many arguments make no difference.
    heard = peer.ask(
        {
            "args": [{"instId": "default", "channel": "orders", "instType": "USDT-FUTURES"}],
            "op": "subscribe",
            "url": "x",
        }
    )
    assert heard == [RECORDED["subscribed"]]
    assert peer.ask(bench.speech.subscribe("positionz")) == [RECORDED["refused"]]
    assert peer.ask(bench.speech.subscribe("orders", op="unsubscribe"))[0]["event"] == "unsubscribe"
    bench.trade(BUY, "0.1")
    assert pushes(peer.heard(), "orders") == []


@pytest.mark.parametrize(
    ("arg", "code"),
    [
        ({"instType": "usdt-futures", "channel": "orders", "instId": "default"}, 30001),
        ({"instType": "SUSDT-FUTURES", "channel": "orders", "instId": "default"}, 30001),
        ({"instType": "USDT-FUTURES", "channel": "orders", "instId": "NOPE"}, 30001),
        ({"instType": "USDT-FUTURES", "channel": "positions", "instId": "BTCUSDT"}, 30001),
        ({"instType": "USDT-FUTURES", "channel": "account", "instId": "default"}, 30016),
        ({"instType": "USDT-FUTURES", "channel": "orders"}, 30016),
        ({"channel": "orders"}, 30001),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused_one_by_one(bench: StreamBench, arg: dict[str, str], code: int) -> None:
    peer = bench.listen("fill")
    good = {"instType": "USDT-FUTURES", "channel": "orders", "instId": "default"}
    first, second = peer.ask({"op": "subscribe", "args": [arg, good]})
    assert (first["event"], first["code"], first["op"]) == ("error", code, "subscribe")
    assert second["event"] == "subscribe"


@pytest.mark.parametrize(
    ("message", "code"),
    [("no JSON", 30002), ({"op": "subscribe"}, 30002), ({"op": "subscribe", "args": ["x"]}, 30002), (b"\xff", 30002),
     ({"op": "trade", "args": []}, 30003)],
)  # fmt: skip
def test_what_is_no_operation_is_refused_and_survived(bench: StreamBench, message: Any, code: int) -> None:
    peer = bench.listen("fill")
    assert peer.ask(message)[0]["code"] == code
    assert peer.ask("ping") == ["pong"]


def test_the_first_push_of_positions_and_money_comes_even_when_flat(bench: StreamBench) -> None:
    peer = bench.listen("fill")
    heard = peer.ask(bench.speech.subscribe("orders", "positions", "account", "equity", "orders-algo", "adl-noti"))
    flat = RECORDED["positions_flat"]
    assert [frame for frame in heard if frame.get("data") == []] == [flat | {"ts": bench.now}]
    assert len(pushes(heard, "account")) == len(pushes(heard, "equity")) == 1
    assert not pushes(heard, "orders")
    # A repeated subscription is acknowledged and begins anew; nothing is pushed twice afterwards.
    assert len(peer.ask(bench.speech.subscribe("positions"))) == 2
    bench.trade(BUY, "0.1", "80000")
    assert len(pushes(peer.heard(), "orders")) == 1


def test_orders_have_the_recorded_fields(bench: StreamBench) -> None:
    peer = bench.listen("orders")
    gain, loss = Preset(trigger_price=D(99_000)), Preset(trigger_price=D(80_000))
    bench.cancel(bench.trade(BUY, "0.1", "85000", client_id="fx1", take_profit=gain, stop_loss=loss))
    bench.trade(BUY, "0.1")
    rows = [row for (row,) in pushes(peer.heard(), "orders")]
    live, canceled, filled = rows[0], rows[1], rows[-1]
    assert (live["status"], canceled["status"], filled["status"]) == ("live", "canceled", "filled")
    assert types(live) == types(json.loads((DATA / "bitget" / "ws_orders.json").read_text())["data"][0])
    for row, name in ((canceled, "orders_canceled"), (filled, "orders_filled")):
        wanted = types(RECORDED[name]["data"][0])
        assert {key: kind for key, kind in types(row).items() if key in wanted} == wanted
        assert set(row) - set(wanted) <= {"presetStopSurplusPrice", "presetStopLossPrice"}
    assert (filled["price"], filled["posSide"], filled["tradeSide"]) == ("0", "net", "buy_single")


def test_a_market_order_is_live_and_filled_or_filled_alone(bench: StreamBench) -> None:
    peer = bench.listen("orders")
    told: set[tuple[str, ...]] = set()
    for _ in range(20):
        bench.trade(BUY, "0.001")
        told.add(tuple(row["status"] for (row,) in pushes(peer.heard(), "orders")))
    assert told == {("live", "filled"), ("filled",)}


def test_a_partial_fill_tells_this_fill_and_the_sum() -> None:
    bench = StreamBench("bitget", options=Options(partial_fills=True))
    peer = bench.listen("orders", "fill")
    bench.trade(BUY, "6", leverage=D(50))
    heard = peer.heard()
    rows = [row for (row,) in pushes(heard, "orders") if "baseVolume" in row]
    assert [(row["baseVolume"], row["accBaseVolume"], row["status"]) for row in rows] == [
        ("2.5", "2.5", "partially_filled"), ("2.5", "5", "partially_filled"), ("1", "6", "filled"),
    ]  # fmt: skip
    assert [row["tradeId"] for row in rows] == [row["tradeId"] for (row,) in pushes(heard, "fill")]


def test_fills_have_the_recorded_fields_and_the_true_side() -> None:
    bench = StreamBench("bitget", PositionMode.HEDGE)
    peer = bench.listen("orders", "fill")
    bench.trade(BUY, "0.1")
    bench.trade(SELL, "0.1", closes=True)
    heard = peer.heard()
    fills = [row for (row,) in pushes(heard, "fill")]
    assert types(fills[1]) == types(RECORDED["fill"]["data"][0])
    assert [(row["side"], row["tradeSide"]) for row in fills] == [("buy", "open"), ("sell", "close")]
    # The order of a close has the position's direction instead.
    assert pushes(heard, "orders")[-1][0].items() >= {"side": "buy", "posSide": "long", "tradeSide": "close"}.items()


def test_every_push_of_positions_is_the_whole_list_of_its_product(bench: StreamBench) -> None:
    peer = bench.listen("positions")
    bench.trade(BUY, "0.1")
    bench.trade(SELL, "0.5", symbol=ETH)
    bench.trade(BUY, "0.1", symbol="BTC/USDC:USDC", leverage=D(50))
    rows = pushes(peer.heard(), "positions")
    assert [sorted(row["instId"] for row in data) for data in rows] == [
        [], ["BTCUSDT"], ["BTCUSDT"], ["BTCUSDT", "ETHUSDT"],
    ]  # fmt: skip
    row = rows[-1][0]
    assert types(row).items() >= types(RECORDED["positions"]["data"][0]).items()
    assert row["leverage"] == 10
    bench.trade(SELL, "0.1", closes=True)
    assert [[row["instId"] for row in data] for data in pushes(peer.heard(), "positions")][-1] == ["ETHUSDT"]


def test_a_closing_order_moves_what_is_available_to_frozen(bench: StreamBench) -> None:
    bench.trade(BUY, "0.1")
    peer = bench.listen("positions")
    order = bench.trade(SELL, "0.04", "95000", closes=True)
    bench.cancel(order)
    assert [(row["available"], row["frozen"]) for (row,) in pushes(peer.heard(), "positions")] == [
        ("0.06", "0.04"), ("0.1", "0"),
    ]  # fmt: skip


def test_id_and_time_of_a_position_outlive_it(bench: StreamBench) -> None:
    peer = bench.listen("positions", "positions-history")
    for _ in range(2):
        bench.wait(10)
        bench.trade(BUY, "0.1")
        bench.wait(10)
        bench.trade(SELL, "0.1", closes=True)
    heard = peer.heard()
    seen = {(row["posId"], row["cTime"]) for data in pushes(heard, "positions") for row in data}
    assert len(seen) == 1
    history = [row for (row,) in pushes(heard, "positions-history")]
    assert types(history[0]) == types(RECORDED["positions_history"]["data"][0])
    assert len({row["posId"] for row in history}) == 1
    assert len({row["cTime"] for row in history}) == 2  # of this life


def test_an_isolated_position_has_a_rate_of_its_own_and_is_fixed_in_the_history() -> None:
    bench = StreamBench("bitget")
    peer = bench.listen("positions", "positions-history")
    bench.trade(BUY, "0.1", margin_mode=MarginMode.ISOLATED)
    bench.trade(SELL, "0.1", closes=True)
    heard = peer.heard()
    assert "isolatedMarginRate" in pushes(heard, "positions")[1][0]
    assert pushes(heard, "positions-history")[0][0]["marginMode"] == "fixed"


def test_money_is_told_when_orders_hold_it_and_when_it_changes(bench: StreamBench) -> None:
    peer = bench.listen("account", "equity")
    order = bench.trade(BUY, "0.1", "80000")
    bench.cancel(order)
    rows = [row for (row,) in pushes(peer.heard(), "account")]
    assert types(rows[0]) == types(RECORDED["account"]["data"][0])
    assert rows[0]["frozen"] != "0"
    assert (rows[1]["frozen"], rows[1]["available"]) == ("0", "25000")
    bench.exchange.deposit("bitget", D(5))
    heard = peer.heard()
    assert pushes(heard, "account")[0][0]["equity"] == "25005"
    assert len(pushes(heard, "equity")) == 1
    bench.exchange.deposit("bitget", D(1), "BTC")
    assert pushes(peer.heard(), "account") == []  # another product's coin


def test_market_moves_and_leverage_push_nothing_private(bench: StreamBench) -> None:
    bench.trade(BUY, "0.1")
    peer = bench.listen()
    bench.move(91_000)
    bench.exchange.engine.settings.set_leverage(bench.account, BTC, D(5))
    assert peer.heard() == []


def test_funding_pushes_money_and_positions(bench: StreamBench) -> None:
    bench.trade(BUY, "0.1")
    peer = bench.listen()
    for _ in range(4 * 60):  # a client's heartbeat
        peer.say("ping")
        bench.wait(60)
    heard = [frame for frame in peer.heard() if frame != "pong"]
    assert {frame["arg"]["channel"] for frame in heard} == {"account", "positions"}
    assert pushes(heard, "positions")[0][0]["totalFee"] not in ("", "0")


def test_a_liquidation_is_told_as_the_systems_own_order() -> None:
    bench = StreamBench("bitget", PositionMode.HEDGE)
    bench.trade(BUY, "0.5", leverage=D(100), margin_mode=MarginMode.ISOLATED)
    peer = bench.listen()
    bench.move(88_000)
    heard = peer.heard()
    ((row,),) = pushes(heard, "orders")
    assert row.items() >= {"enterPointSource": "SYS", "tradeSide": "burst_close_long", "status": "filled"}.items()
    assert pushes(heard, "positions")[-1] == []
    assert len(pushes(heard, "positions-history")) == 1


def test_waiting_orders_have_words_of_their_own(bench: StreamBench) -> None:
    bench.trade(BUY, "0.1")
    peer = bench.listen("orders-algo")
    triggers = bench.exchange.engine.triggers
    triggers.place_closing(
        bench.account, BTC, PositionSide.LONG, TriggerKind.POSITION_STOP_LOSS, Preset(trigger_price=D(80_000))
    )
    triggers.place_closing(
        bench.account,
        BTC,
        PositionSide.LONG,
        TriggerKind.TAKE_PROFIT,
        Preset(trigger_price=D(99_000)),
        quantity=D("0.1"),
    )
    bench.move(79_000)
    rows = [row for (row,) in pushes(peer.heard(), "orders-algo")]
    assert [(row["planType"], row["status"]) for row in rows] == [
        ("psl", "live"), ("tp", "live"), ("tp", "cancelled"), ("psl", "executed"),
    ]  # fmt: skip
    assert types(rows[0]) == types(RECORDED["orders_algo"]["data"][0])


def test_one_symbol_of_orders_can_be_asked_for(bench: StreamBench) -> None:
    peer = bench.listen("orders:ETHUSDT")
    bench.trade(BUY, "0.1", "80000")
    bench.trade(BUY, "0.1", "2000", symbol=ETH)
    (frame,) = peer.heard()
    assert frame["arg"]["instId"] == frame["data"][0]["instId"] == "ETHUSDT"


def test_tickers_come_several_times_a_second(bench: StreamBench) -> None:
    peer = bench.connect(public=True)
    first, second = peer.ask(bench.speech.subscribe("ticker:BTCUSDT"))
    assert first["event"] == "subscribe"
    assert types(second["data"][0]) == types(RECORDED["ticker"]["data"][0])
    bench.wait(1)
    assert len(peer.heard()) == 4
    peer.ask(bench.speech.subscribe("ticker:BTCUSDT", op="unsubscribe"))
    peer.ask(bench.speech.subscribe("ticker:BTCUSDT"))
    bench.wait(1)
    assert len(peer.heard()) == 4


def test_another_product_is_acknowledged_and_silent(bench: StreamBench) -> None:
    peer = bench.connect(public=True)
    (only,) = peer.ask(bench.speech.subscribe("ticker:BTCUSDT", product="COIN-FUTURES"))
    assert only["event"] == "subscribe"
    bench.wait(5)
    assert peer.heard() == []


@pytest.mark.parametrize(
    ("channel", "product", "code"),
    [
        ("mark:BTCUSDT", "USDT-FUTURES", 30016),
        ("ticker:NOPE", "USDT-FUTURES", 30001),
        ("ticker:BTCUSDT", "usdt-futures", 30001),
    ],
)
def test_wrong_public_channels(bench: StreamBench, channel: str, product: str, code: int) -> None:
    (answer,) = bench.connect(public=True).ask(bench.speech.subscribe(channel, product=product))
    assert answer["code"] == code
