"""Bitget's v3 WebSocket: what is said, and what frames of the venue's mean."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path
from typing import Any

import msgspec

from futures_async.adapters.bitget_uta.dialect import BitgetUTADialect
from futures_async.adapters.bitget_uta.streams import BitgetUTAStreamDialect
from futures_async.streams.dialect import Acknowledged, Data, Nothing, Refused, What
from futures_async.unified.enums import OrderKind, OrderStatus, PositionSide, Side

FRAMES = Path(__file__).parents[2] / "data" / "bitget_uta" / "streams"
DIALECT = BitgetUTAStreamDialect(BitgetUTADialect(), "USDT-FUTURES")


def read(frame: bytes | str) -> Any:
    return DIALECT.read(frame.encode() if isinstance(frame, str) else frame, binary=False)


def pushed(name: str, *, action: str | None = None, **changes: Any) -> Data:
    frame = msgspec.json.decode((FRAMES / f"{name}.json").read_bytes())
    for row in frame["data"]:
        row.update(changes)
    if action is not None:
        frame["action"] = action
    data = read(msgspec.json.encode(frame))
    assert isinstance(data, Data)
    return data


def test_private_topics_want_capitals_and_public_ones_small_letters() -> None:
    [order], [ticker] = DIALECT.topics(What.ORDERS), DIALECT.topics(What.TICKERS, ("BTCUSDT",))
    assert order.args == {"instType": "UTA", "topic": "order"}
    assert ticker.args == {"instType": "usdt-futures", "topic": "ticker", "symbol": "BTCUSDT"}
    assert DIALECT.url(None, private=True, demo=False) == "wss://ws.bitget.com/v3/ws/private"


def test_a_push_of_a_waiting_order_tells_its_side() -> None:
    [topic] = DIALECT.topics(What.TRIGGERS)
    assert topic.args == {"instType": "UTA", "topic": "strategy-order", "symbol": "default"}
    data = pushed("strategy-order-1")
    assert data.key == topic.key
    [(what, push)] = data.pushes
    [order] = push.items
    assert (what, push.full, data.whole) == (What.TRIGGERS, False, True)
    assert (order.order_id, order.client_order_id) == ("1300000000000000111", "fx0000000007")
    assert (order.kind, order.side, order.reduce_only) == (OrderKind.STOP_LOSS, Side.SELL, True)
    trigger = {"type": "trigger", "triggerPrice": "95000", "stopLoss": "", "side": "buy", "posSide": "net"}
    [(_, push)] = pushed("strategy-order-1", **trigger, reduceOnly="no").pushes
    assert [(order.kind, order.side) for order in push.items] == [(OrderKind.TRIGGER, Side.BUY)]
    assert not pushed("strategy-order-1", **trigger | {"side": "up"}).whole
    assert pushed("strategy-order-1", category="usdc-futures").pushes[0][1].items == []


def test_an_acknowledgement_is_known_whatever_symbol_it_repeats() -> None:
    [topic] = DIALECT.topics(What.ORDERS)
    said = '{"event":"subscribe","arg":{"topic":"order","instType":"UTA","symbol":"default"},"connId":"c"}'
    assert read(said) == Acknowledged(topic.key)


def test_an_error_names_no_subscription() -> None:
    refused = read('{"event":"error","code":30001,"msg":"{\\"topic\\":\\"order\\"} doesn\'t exist","connId":"c"}')
    assert isinstance(refused, Refused)
    assert refused.key is None
    assert DIALECT.limits.one_by_one


def test_only_what_calls_itself_a_snapshot_may_be_all_there_are() -> None:
    [(what, push)] = pushed("position-1").pushes
    assert (what, push.full) == (What.POSITIONS, False)
    [(_, first)] = pushed("position-1", action="snapshot").pushes
    assert first.full
    position, other = push.items
    assert (other.side is position.side, other.quantity) == (False, 0), "an order may have turned it round"
    assert (position.symbol, position.side, position.quantity) == ("BTC/USDT:USDT", PositionSide.LONG, D("0.0001"))
    assert (position.locked, position.entry_price, position.margin) == (D("0.0001"), D("94993"), D("0.475"))
    assert (position.liquidation_price, position.fee) == (D("1023.5"), D("0.00569"))


def test_a_position_that_has_ended_is_empty_whatever_else_is() -> None:
    [(_, push)] = pushed("position-2").pushes
    [position] = push.items
    assert (position.quantity, position.liquidation_price, position.entry_price) == (D(0), None, None)
    assert position.updated_ms == 1786962598690


def test_positions_of_other_categories_are_left_out() -> None:
    for symbol in ("BTCPERP", "BTCUSD_CM"):
        assert list(pushed("position-1", symbol=symbol).pushes[0][1].items) == []


def test_an_order_is_cumulative_and_its_side_is_true() -> None:
    [(_, push)] = pushed("order-1").pushes
    [order] = push.items
    assert (order.side, order.position_side, order.reduce_only) == (Side.SELL, PositionSide.LONG, True)
    assert (order.filled_quantity, order.average_price, order.fee) == (D("0.001"), D("83131.5"), D("0.0332526"))
    assert (order.status, order.leverage, order.client_order_id) == (OrderStatus.FILLED, D(20), "fx0000000006")
    assert list(pushed("order-1", category="spot").pushes[0][1].items) == []
    assert pushed("order-1", feeDetail=[], orderStatus="cancelled").pushes[0][1].items[0].fee is None


def test_a_fill_is_read_and_spot_is_left_out() -> None:
    [(_, push)] = pushed("fill-1").pushes
    [fill] = push.items
    assert (fill.fill_id, fill.side, fill.price) == ("1300000000000000102", Side.SELL, D("83131.5"))
    assert (fill.fee, fill.created_ms) == (D("0.0332526"), 1736378720623)
    assert list(pushed("fill-1", category="USDT-FUTURES").pushes[0][1].items) == [fill]
    assert list(pushed("fill-1", category="spot").pushes[0][1].items) == []


def test_each_coin_is_an_account() -> None:
    [(_, push)] = pushed("account-1").pushes
    [account] = push.items
    assert (account.margin_coin, account.equity, account.available) == ("USDT", D("3442.82"), D("3442.82"))
    assert not push.full


def test_an_odd_coin_takes_no_other_away_and_is_said_to_be_missing() -> None:
    good = msgspec.json.decode((FRAMES / "account-1.json").read_bytes())["data"][0]["coin"][0]
    data = pushed("account-1", coin=[{"coin": "BGB", "equity": "--"}, good])
    assert ([account.margin_coin for account in data.pushes[0][1].items], data.whole) == (["USDT"], False)


def test_an_order_of_a_category_that_nobody_knows_is_said_to_be_missing() -> None:
    for name in ("order-1", "fill-1"):
        data = pushed(name, category="usdt-options")
        assert (list(data.pushes[0][1].items), data.whole) == ([], False)
    assert pushed("order-1", category="margin").whole


def test_a_ticker_takes_contract_and_time_from_the_frame() -> None:
    [(_, push)] = pushed("ticker-1").pushes
    [ticker] = push.items
    assert (ticker.venue_symbol, ticker.last_price, ticker.created_ms) == ("BTCUSDT", D("119818.8"), 1753230479687)


def test_rows_that_cannot_be_read_are_said_to_be_missing() -> None:
    for changes in ({"posSide": "up"}, {"size": "many"}, {"symbol": {"a": 1}}):
        data = pushed("position-1", action="snapshot", **changes)
        assert (list(data.pushes[0][1].items), data.pushes[0][1].full, data.whole) == ([], False, False)


def test_what_was_not_asked_for_is_nothing() -> None:
    assert read('{"action":"update","arg":{"instType":"UTA","topic":"fast-fill"},"data":{"a":1}}') == Nothing()
