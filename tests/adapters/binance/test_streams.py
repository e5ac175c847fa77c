"""Binance's user stream: its address, what is asked, and what frames of the venue's mean."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import msgspec
import pytest

from futures_async.adapters.binance.streams import BinanceStreams
from futures_async.streams.backend import StreamRequest
from futures_async.streams.dialect import Acknowledged, Data, Nothing, Pong, Refused, What
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import MarginMode, OrderStatus, OrderType, PositionMode, PositionSide, Role, Side
from futures_async.unified.errors import DecodeError
from tests.adapters.binance.samples import plain

DIALECT = BinanceStreams()


def read(frame: Any) -> Any:
    return DIALECT.read(frame if isinstance(frame, bytes) else msgspec.json.encode(frame), binary=False)


def pushed(name: str, part: str, **changes: Any) -> Data:
    frame = plain(f"streams/{name}")
    frame[part].update(changes)
    data = read(frame)
    assert isinstance(data, Data)
    return data


def items(data: Data, what: What) -> list[Any]:
    [push] = [push for kind, push in data.pushes if kind is what]
    assert not push.full
    return list(push.items)


@pytest.mark.parametrize(
    ("base", "demo", "host"),
    [
        (None, False, "wss://fstream.binance.com"),
        (None, True, "wss://demo-fstream.binance.com"),
        ("http://127.0.0.1:8900", False, "ws://127.0.0.1:8900"),
        ("https://fapi.binance.com", False, "wss://fstream.binance.com"),
    ],
)
def test_the_address_has_the_part_without_which_nothing_comes(base: str | None, demo: bool, host: str) -> None:
    url = DIALECT.url(base, private=True, demo=demo)
    assert url == f"{host}/private/ws"
    assert DIALECT.url(base, private=False, demo=demo) == f"{host}/market/ws"
    ticketed = DIALECT.with_ticket(url, "k/1")
    assert ticketed == f"{url}?listenKey=k%2F1&events=ORDER_TRADE_UPDATE/ACCOUNT_UPDATE/listenKeyExpired"
    assert "k%2F1" not in repr(StreamRequest(url=ticketed))
    assert "k%2F1" not in str(StreamRequest(url=ticketed).__rich_repr__())


def test_one_line_tells_of_the_whole_account_and_has_no_login() -> None:
    names = {what: [topic.channel.name for topic in DIALECT.topics(what)] for what in What}
    assert names == {
        What.ORDERS: ["ORDER_TRADE_UPDATE"],
        What.FILLS: ["ORDER_TRADE_UPDATE"],
        What.POSITIONS: ["ACCOUNT_UPDATE"],
        What.ACCOUNTS: ["ACCOUNT_UPDATE"],
        What.TICKERS: [],
        What.TRIGGERS: [],
    }
    assert DIALECT.ticket_s == 1800.0
    with pytest.raises(NotImplementedError):
        DIALECT.login(Credentials("key", "secret"), 1)


def test_prices_of_a_contract_are_one_subscription_that_its_number_tells() -> None:
    dialect = BinanceStreams()
    bitcoin, other = dialect.topics(What.TICKERS, ["BTCUSDT", "测试USDT"])
    asked = msgspec.json.decode(dialect.subscribe([bitcoin]))
    assert (asked["method"], asked["params"]) == ("SUBSCRIBE", ["btcusdt@ticker", "btcusdt@markPrice@1s"])
    assert msgspec.json.decode(dialect.subscribe([other]))["params"][0] == "测试usdt@ticker"
    ended = msgspec.json.decode(dialect.unsubscribe([bitcoin]))
    assert ended == asked | {"method": "UNSUBSCRIBE"}
    answer = msgspec.json.encode({"result": None, "id": asked["id"]})
    assert dialect.read(answer, binary=False) == Acknowledged(bitcoin.key)


def told(dialect: BinanceStreams, name: str, **changes: Any) -> Any:
    return dialect.read(msgspec.json.encode(plain(f"streams/{name}") | changes), binary=False)


def test_a_price_is_told_with_the_mark_of_the_same_connection() -> None:
    dialect = BinanceStreams()
    assert told(dialect, "mark_price") == Nothing()  # the last price is not known yet
    data = told(dialect, "ticker")
    [topic] = dialect.topics(What.TICKERS, ["BTCUSDT"])
    assert (data.key, data.whole) == (topic.key, True)
    [ticker] = items(data, What.TICKERS)
    assert (ticker.symbol, ticker.last_price, ticker.created_ms) == ("BTC/USDT:USDT", D("94390.10"), 1768195414001)
    assert (ticker.mark_price, ticker.index_price, ticker.funding_rate) == (D("94400.1"), D("94431.2"), D("0.0000422"))
    assert (ticker.bid_price, ticker.ask_price) == (None, None)
    [ticker] = items(told(dialect, "mark_price", p="94401"), What.TICKERS)
    assert (ticker.last_price, ticker.mark_price) == (D("94390.10"), D(94401))
    # A new connection: what was told on the one before may be of long ago.
    dialect.subscribe([topic])
    assert told(dialect, "mark_price", p="94402") == Nothing()
    dialect.subscribe([topic])
    [ticker] = items(told(dialect, "ticker"), What.TICKERS)
    assert ticker.mark_price is None


def test_the_mark_of_a_contract_that_nobody_trades_goes_on() -> None:
    dialect = BinanceStreams()
    told(dialect, "ticker")
    sent = plain("streams/ticker")["E"] + 3_600_000
    [ticker] = items(told(dialect, "mark_price", p="94401", E=sent), What.TICKERS)
    assert (ticker.last_price, ticker.mark_price) == (D("94390.10"), D(94401))


@pytest.mark.parametrize(("name", "price"), [("ticker", "c"), ("mark_price", "p")])
def test_what_a_connection_tells_late_undoes_nothing(name: str, price: str) -> None:
    dialect = BinanceStreams()
    sent = plain(f"streams/{name}")["E"] + 10
    told(dialect, "ticker")
    told(dialect, name, **{price: "94402"}, E=sent)
    assert told(dialect, name, **{price: "94401"}, E=sent - 1) == Nothing()
    [ticker] = items(told(dialect, "mark_price" if name == "ticker" else "ticker"), What.TICKERS)
    assert D(94402) in (ticker.last_price, ticker.mark_price)
    # Of the same moment it is no older.
    [ticker] = items(told(dialect, name, **{price: "94403"}, E=sent), What.TICKERS)
    assert D(94403) in (ticker.last_price, ticker.mark_price)


def test_prices_that_cannot_be_read_are_read_anew() -> None:
    dialect = BinanceStreams()
    data = told(dialect, "ticker", c="x")
    assert (items(data, What.TICKERS), data.whole) == ([], False)


def test_what_stands_is_asked_for_by_its_number() -> None:
    for what in (What.ORDERS, What.ACCOUNTS):
        [topic] = DIALECT.topics(what)
        number = msgspec.json.decode(DIALECT.subscribe([topic]))["id"]
        assert read({"result": ["key"], "id": number}) == Acknowledged(topic.key)
    assert read({"result": [], "id": 1}) == Pong()
    assert msgspec.json.decode(DIALECT.heartbeat.text)["id"] == 1
    assert DIALECT.unsubscribe(DIALECT.topics(What.ORDERS)) == DIALECT.heartbeat.text
    assert read({"result": None, "id": 99}) == Nothing()


def test_an_order_and_its_execution_come_in_one_row() -> None:
    data = pushed("order_trade_update", "o")
    assert (data.key, data.whole) == ("ORDER_TRADE_UPDATE", True)
    [order], [fill] = items(data, What.ORDERS), items(data, What.FILLS)
    assert (order.symbol, order.order_id, order.client_order_id) == ("BTC/USDT:USDT", "22542179", "fx-20260112-000001")
    assert (order.side, order.type, order.status) == (Side.BUY, OrderType.LIMIT, OrderStatus.PARTIALLY_FILLED)
    assert (order.quantity, order.filled_quantity, order.remaining_quantity) == (D("0.002"), D("0.001"), D("0.001"))
    assert (order.price, order.average_price, order.updated_ms) == (D("60000.00"), D("60000.00"), 1768195414099)
    assert (order.reduce_only, order.position_side, order.created_ms) == (False, None, None)
    assert (fill.fill_id, fill.order_id, fill.client_order_id) == ("12345678", "22542179", "fx-20260112-000001")
    assert (fill.price, fill.quantity, fill.fee, fill.fee_coin) == (D(60000), D("0.001"), D("0.012"), "USDT")
    assert (fill.role, fill.realized_pnl, fill.created_ms) == (Role.MAKER, D(0), 1768195414099)


def test_an_order_that_was_not_filled_has_no_execution() -> None:
    data = pushed("order_trade_update", "o", x="NEW", X="NEW", t=0, l="0", L="0", z="0")
    assert items(data, What.FILLS) == []
    assert items(data, What.ORDERS)[0].status is OrderStatus.NEW


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("autoclose-1", OrderType.LIQUIDATION),
        ("adl_autoclose", OrderType.ADL),
        ("settlement_autoclose-1", OrderType.LIMIT),
        ("delivery_autoclose-1", OrderType.LIMIT),
        ("x-anybodys", OrderType.LIMIT),
    ],
)
def test_the_exchanges_own_orders_are_known_by_their_ids(name: str, kind: OrderType) -> None:
    assert items(pushed("order_trade_update", "o", c=name), What.ORDERS)[0].type is kind


def test_a_fill_without_a_fee_has_none() -> None:
    frame = plain("streams/order_trade_update")
    del frame["o"]["n"], frame["o"]["N"]
    [fill] = items(read(frame), What.FILLS)
    assert (fill.fee, fill.fee_coin) == (None, None)


def test_an_account_update_tells_too_little_to_be_whole() -> None:
    data = pushed("account_update", "a")
    assert (data.key, data.whole) == ("ACCOUNT_UPDATE", False)
    [account] = items(data, What.ACCOUNTS)
    assert (account.margin_coin, account.balance, account.available) == ("USDT", D("122624.12345678"), None)
    assert account.available is None
    long, short = items(data, What.POSITIONS)
    assert (long.symbol, long.side, long.quantity) == ("BTC/USDT:USDT", PositionSide.LONG, D("0.001"))
    assert (long.entry_price, long.break_even_price, long.unrealized_pnl) == (D("60000.0"), D("60012.0"), D("0.010"))
    assert (long.margin_mode, long.position_mode, long.margin_coin) == (MarginMode.CROSS, PositionMode.ONE_WAY, "USDT")
    assert (short.side, short.quantity) == (PositionSide.SHORT, 0)
    assert {"available", "equity"} <= set(DIALECT.unsaid[What.ACCOUNTS])


def row(ps: str, pa: str, **changes: Any) -> dict[str, Any]:
    return {**plain("streams/account_update")["a"]["P"][0], "ps": ps, "pa": pa, **changes}


@pytest.mark.parametrize(
    ("rows", "held"),
    [
        # One-way: a row tells of both sides, so that a flat or a flipped one closes the other.
        ([row("BOTH", "0")], {("long", "0"), ("short", "0")}),
        ([row("BOTH", "-0.002")], {("short", "0.002"), ("long", "0")}),
        # Hedge: the net row that comes along is nobody's.
        ([row("BOTH", "0"), row("LONG", "0.001"), row("SHORT", "-0.003")], {("long", "0.001"), ("short", "0.003")}),
        ([row("SHORT", "0")], {("short", "0")}),
        ([row("BOTH", "0", s="ETHUSDT"), row("LONG", "1")], {("long", "1"), ("long", "0"), ("short", "0")}),
    ],
)
def test_which_sides_a_position_row_tells_of(rows: list[Any], held: set[tuple[str, str]]) -> None:
    found = items(pushed("account_update", "a", P=rows), What.POSITIONS)
    assert {(one.side.value, str(one.quantity.normalize())) for one in found} == held


def test_an_odd_row_takes_no_other_away() -> None:
    data = pushed("account_update", "a", P=[row("NEITHER", "1"), row("LONG", "x"), row("SHORT", "-2"), 5])
    assert [one.quantity for one in items(data, What.POSITIONS)] == [2]
    odd = pushed("order_trade_update", "o", S="BOUGHT")
    assert (items(odd, What.ORDERS), items(odd, What.FILLS), odd.whole) == ([], [], False)


def test_other_events_say_nothing_and_a_key_that_has_expired_ends_the_line() -> None:
    assert read(plain("streams/algo_update")) == Nothing()
    for name in ("TRADE_LITE", "ACCOUNT_CONFIG_UPDATE", "MARGIN_CALL", "STRATEGY_UPDATE", "SOMETHING_NEW"):
        assert read({"e": name, "E": 1, "st": 5}) == Nothing()
    ended = read({"e": "listenKeyExpired", "E": 1, "listenKey": "k"})
    assert isinstance(ended, Refused)
    assert (ended.key, ended.error.retryable) == (None, True)


def test_refusals_and_what_is_none_of_the_venues() -> None:
    refused = read({"error": {"code": 2, "msg": "Invalid request"}, "id": 2})
    assert isinstance(refused, Refused)
    assert (refused.error.retryable, refused.key) == (True, None)
    for frame in (b"text", b"[]", b"{}", b'{"e":"ORDER_TRADE_UPDATE"}', b'{"e":"ACCOUNT_UPDATE","a":5}'):
        with pytest.raises(DecodeError):
            read(frame)
