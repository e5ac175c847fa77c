"""Bybit's WebSocket: what is said, and what frames of the venue's mean."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any, cast

import msgspec
import pytest

from futures_async.adapters.bybit.dialect import BybitDialect
from futures_async.adapters.bybit.streams import BybitStreamDialect, LoginRefused
from futures_async.streams.dialect import Acknowledged, Data, LoggedIn, Nothing, Pong, Refused, What
from futures_async.unified import errors
from futures_async.unified.enums import MarginMode, OrderStatus, PositionMode, PositionSide, Role, Side
from tests.adapters.bybit.samples import plain, sample

DIALECT = BybitStreamDialect(BybitDialect())


def read(frame: Any) -> Any:
    return DIALECT.read(frame if isinstance(frame, bytes) else msgspec.json.encode(frame), binary=False)


def pushed(name: str, **changes: Any) -> Data:
    frame = plain(name)
    for row in frame["data"]:
        row.update(changes)
    data = read(frame)
    assert isinstance(data, Data)
    return data


def items(data: Data) -> list[Any]:
    [(_, push)] = data.pushes
    assert not push.full, "no private topic sends a snapshot"
    return list(push.items)


def test_each_topic_is_asked_for_by_a_request_of_its_own_whose_answer_names_it() -> None:
    topics = [topic for what in What for topic in DIALECT.topics(what)]
    assert [topic.key for topic in topics] == plain("ws_subscribe")["args"]
    assert DIALECT.limits.per_frame == 1
    asked = msgspec.json.decode(DIALECT.subscribe(topics[:1]))
    assert asked == {"req_id": "order", "op": "subscribe", "args": ["order"]}
    assert read(plain("ws_subscribed") | {"req_id": asked["req_id"]}) == Acknowledged("order")
    assert msgspec.json.decode(DIALECT.unsubscribe(topics[:1]))["op"] == "unsubscribe"


def test_the_topic_that_guards_orders_is_held_where_it_was_asked_for() -> None:
    guarded = BybitStreamDialect(BybitDialect(), guarded=True)
    assert [topic.key for topic in guarded.topics(What.ORDERS)] == ["order", "dcp.future"]
    assert [topic.key for topic in guarded.topics(What.FILLS)] == ["execution"]


def test_a_refused_topic_is_named() -> None:
    said = read({"success": False, "ret_msg": "error:handler not found", "op": "subscribe", "req_id": "order"})
    assert isinstance(said, Refused)
    assert (said.key, said.login, type(said.error)) == ("order", False, errors.ParameterRejected)


def test_a_login_is_accepted_or_refused_for_key_signature_or_time() -> None:
    assert read({"success": True, "ret_msg": "", "op": "auth", "conn_id": "x"}) == LoggedIn()
    said = read({"success": False, "ret_msg": "Params Error", "op": "auth", "conn_id": "x"})
    assert isinstance(said, Refused)
    assert said.login
    assert isinstance(said.error, LoginRefused)
    # The clock is set anew once, then the key is at fault.
    assert isinstance(said.error, errors.ClockSkew)
    assert isinstance(said.error, errors.AuthenticationError)


@pytest.mark.parametrize(
    "pong",
    [
        {"success": True, "ret_msg": "pong", "conn_id": "x", "req_id": "", "op": "ping"},
        {"req_id": "test", "op": "pong", "args": ["1768195413861"], "conn_id": "x"},
    ],
)
def test_both_shapes_of_a_pong_are_one(pong: dict[str, Any]) -> None:
    assert read(pong) == Pong()
    assert msgspec.json.decode(DIALECT.heartbeat.text) == {"op": "ping"}


@pytest.mark.parametrize("frame", [{"op": "news"}, {"topic": "greeks", "data": []}, {}, plain("ws_order_create")])
def test_what_is_none_of_ours_says_nothing(frame: dict[str, Any]) -> None:
    assert read(frame) == Nothing()


@pytest.mark.parametrize("frame", [b"", b"pong", b"[]", b'{"topic":7}'])
def test_what_is_no_frame_is_an_error(frame: bytes) -> None:
    with pytest.raises(errors.DecodeError):
        read(frame)


def test_a_pushed_order_is_read_as_one_over_rest() -> None:
    data = read(sample("ws_order"))
    [order] = items(data)
    assert (data.key, data.whole) == ("order", True)
    assert data.pushes[0][1].sent_ms == 1768195413870
    assert (order.order_id, order.status, order.side) == (
        "9f1a6e1c-5f54-4a1e-9a55-3d3a3c7a0004",
        OrderStatus.NEW,
        Side.BUY,
    )
    assert (order.price, order.quantity, order.filled_quantity, order.average_price) == (
        D(59000),
        D("0.010"),
        D(0),
        None,
    )
    assert (order.fee, order.fee_coin) == (D(0), None)


@pytest.mark.parametrize("status", ["Untriggered", "Deactivated"])
def test_what_waits_for_a_price_is_no_open_order_yet(status: str) -> None:
    assert items(pushed("ws_order", orderStatus=status)) == []


def test_an_execution_says_its_profit() -> None:
    [fill] = items(read(sample("ws_execution")))
    assert (fill.fill_id, fill.price, fill.quantity) == ("e0cbe81d-0f18-5866-9415-cf319b5d0001", D(59000), D("0.004"))
    assert (fill.fee, fill.fee_coin, fill.role, fill.realized_pnl) == (D("0.0472"), "USDT", Role.MAKER, D(0))


def test_funding_among_the_executions_is_no_fill() -> None:
    assert items(pushed("ws_execution", execType="Funding")) == []


def test_a_one_way_position_tells_that_the_other_side_is_gone() -> None:
    held, gone = items(read(sample("ws_position")))
    assert (held.side, held.quantity, held.entry_price) == (PositionSide.LONG, D("0.004"), D(59000))
    assert (held.position_mode, held.margin_mode, held.margin) == (PositionMode.ONE_WAY, None, None)
    assert (gone.side, gone.quantity) == (PositionSide.SHORT, D(0))


def test_a_closed_one_way_position_has_no_side_any_more() -> None:
    found = items(pushed("ws_position", size="0", side="", entryPrice="0"))
    assert [(position.side, position.quantity) for position in found] == [
        (PositionSide.LONG, D(0)),
        (PositionSide.SHORT, D(0)),
    ]


@pytest.mark.parametrize(("index", "side"), [(1, PositionSide.LONG), (2, PositionSide.SHORT)])
def test_a_closed_side_of_a_hedge_is_known_by_its_index(index: int, side: PositionSide) -> None:
    [gone] = items(pushed("ws_position", size="0", side="", positionIdx=index))
    assert (gone.side, gone.quantity, gone.position_mode) == (side, D(0), PositionMode.HEDGE)


def test_a_wallet_has_the_coins_that_changed_and_no_margin_mode() -> None:
    [account] = items(read(sample("ws_wallet")))
    assert (account.margin_coin, account.balance, account.equity) == ("USDT", D("3112.35"), D("3112.36"))
    assert (account.available, account.margin_mode) == (D("3088.65"), None)
    assert DIALECT.unsaid[What.ACCOUNTS] == ("margin_mode",)


def test_a_wallet_tells_the_accounts_margin_ratio_of_its_own_moment() -> None:
    [account] = items(read(sample("ws_wallet")))
    assert account.margin_ratio == D("0.0004")
    isolated = BybitStreamDialect(BybitDialect(), margin_mode=lambda: MarginMode.ISOLATED)
    data: Any = isolated.read(msgspec.json.encode(plain("ws_wallet")), binary=False)
    [account] = items(data)
    assert account.margin_ratio is None


def test_an_odd_row_takes_no_other_away_and_the_push_is_not_whole() -> None:
    frame = plain("ws_order")
    good = frame["data"][0]
    frame["data"] = [good, good | {"side": "Sideways"}, "odd", good | {"orderId": "2"}]
    data = read(frame)
    assert [order.order_id for order in items(data)] == [good["orderId"], "2"]
    assert not data.whole


# Prices


def fresh(*frames: Any) -> list[Data]:
    """What a dialect that has heard nothing yet makes of frames."""
    dialect = BybitStreamDialect(BybitDialect())
    found = [dialect.read(msgspec.json.encode(frame), binary=False) for frame in frames]
    assert all(isinstance(one, Data) for one in found)
    return cast("list[Data]", found)


def test_tickers_come_by_a_connection_for_each_category() -> None:
    [topic] = DIALECT.topics(What.TICKERS, ("BTCUSDT",))
    assert (topic.key, topic.channel.path, topic.channel.private) == ("tickers.BTCUSDT", "linear", False)
    assert [topic.channel.path for topic in DIALECT.topics(What.TICKERS, ("BTCUSD", "ETHUSD"))] == ["inverse"] * 2
    assert DIALECT.topics(What.TICKERS) == ()
    with pytest.raises(errors.InvalidRequest, match="each by itself"):
        DIALECT.topics(What.TICKERS, ("BTCUSDT", "BTCUSD"))


def test_a_ticker_is_whole_at_first_and_then_what_has_changed_of_it() -> None:
    whole, changed = fresh(plain("ws_tickers"), plain("ws_tickers.delta"))
    [ticker], [later] = items(whole), items(changed)
    assert (whole.key, whole.whole, changed.whole) == ("tickers.BTCUSDT", True, True)
    assert (ticker.last_price, ticker.mark_price, ticker.ask_price) == (D("60040.0"), D("60040.1"), D("60040.0"))
    assert (ticker.created_ms, later.created_ms) == (1768195413861, 1768195413961)
    assert (later.mark_price, later.ask_price) == (D("60040.7"), D("60040.2"))
    # What it does not say stands as it was.
    assert (later.last_price, later.bid_price, later.index_price, later.funding_rate) == (
        D("60040.0"),
        D("60039.9"),
        D("60041.3"),
        D("0.0001"),
    )


def test_a_change_of_a_ticker_that_nobody_has_seen_says_nothing_and_has_it_read() -> None:
    [lonely] = fresh(plain("ws_tickers.delta"))
    assert (items(lonely), lonely.whole) == ([], False)


def test_a_change_from_before_the_last_whole_ticker_is_left_out() -> None:
    late = plain("ws_tickers.delta")
    late["cs"] = plain("ws_tickers")["cs"] - 1
    _, old = fresh(plain("ws_tickers"), late)
    assert (items(old), old.whole) == ([], True)


def test_a_whole_ticker_of_a_new_connection_takes_nothing_back_that_the_old_one_has_told_since() -> None:
    since = plain("ws_tickers.delta")
    cs, ts = since["cs"] + 1, since["ts"] + 100
    later = {**since, "cs": cs, "ts": ts, "data": {"symbol": "BTCUSDT", "lastPrice": "1"}}
    _, _, again, after = fresh(plain("ws_tickers"), since, plain("ws_tickers"), later)
    assert (items(again), again.whole) == ([], True)
    assert [ticker.mark_price for ticker in items(after)] == [D("60040.7")]
    # Where the venue counts anew, what comes later is what holds.
    anew = {**plain("ws_tickers"), "cs": 1, "ts": ts}
    *_, held = fresh(plain("ws_tickers"), since, anew)
    assert [ticker.mark_price for ticker in items(held)] == [D("60040.1")]


def test_a_ticker_whose_price_cannot_be_read_is_left_out_and_read() -> None:
    odd = plain("ws_tickers")
    odd["data"]["lastPrice"] = "high"
    [data] = fresh(odd)
    assert (items(data), data.whole) == ([], False)
