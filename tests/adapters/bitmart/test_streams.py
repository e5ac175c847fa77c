"""BitMart's WebSocket: what is said, and what frames of the venue's mean."""

from __future__ import annotations

import json
import zlib
from decimal import Decimal as D
from typing import Any

import pytest

from futures_async.adapters.bitmart.streams import COINS, INFLATED, BitMartStreamDialect
from futures_async.streams.dialect import Acknowledged, Data, LoggedIn, Nothing, Pong, Refused, What
from futures_async.unified import errors
from futures_async.unified.enums import MarginMode, OrderStatus, OrderType, PositionMode, PositionSide, Side
from futures_async.unified.models import Account, Contract, Fill, Order, Position, Ticker
from tests.adapters.bitmart.documents import answer, contract, credentials, document

BTC = contract()
DIALECT = BitMartStreamDialect({"BTCUSDT": BTC}.get)
DOCUMENT = {"order": document("ws-order"), "position": document("ws-position"), "asset": document("ws-asset")}


def read(frame: Any, *, binary: bool = False) -> Any:
    data = frame if isinstance(frame, bytes) else json.dumps(frame).encode()
    return DIALECT.read(data, binary=binary)


def order_event(action: int | str = 1, **changes: Any) -> dict[str, Any]:
    [event] = DOCUMENT["order"]["data"]
    return {"action": action, "order": {**event["order"], **changes}}


def pushed(group: str, *rows: Any) -> Data:
    data = read({"group": group, "data": list(rows)})
    assert isinstance(data, Data)
    return data


def orders_and_fills(*events: Any) -> tuple[list[Order], list[Fill], Data]:
    data = pushed("futures/order", *events)
    (orders, told), (fills, executed) = data.pushes
    assert (orders, fills) == (What.ORDERS, What.FILLS)
    return list(told.items), list(executed.items), data


# What is said


@pytest.mark.parametrize(
    ("base_url", "demo", "url"),
    [
        (None, False, "wss://openapi-ws-v2.bitmart.com/user?protocol=1.1"),
        (None, True, "wss://openapi-wsdemo-v2.bitmart.com/user?protocol=1.1"),
        ("http://127.0.0.1:8900", False, "ws://127.0.0.1:8900/user?protocol=1.1"),
        ("https://api-cloud-v2.bitmart.com", False, "wss://openapi-ws-v2.bitmart.com/user?protocol=1.1"),
    ],
)
def test_the_host_decides_about_demo(base_url: str | None, url: str, *, demo: bool) -> None:
    assert DIALECT.url(base_url, private=True, demo=demo) == url
    assert DIALECT.url(base_url, private=False, demo=demo) == url.replace("/user", "/api")


@pytest.mark.parametrize(
    ("now_ms", "sign"),
    [
        (1589267764859, "3ceeb7e1b8cb165a975e28a2e2dfaca4d30b358873c0351c1a071d8c83314556"),
        (1735689600000, "5ef0885f7a9990c811ba395e34a1320f40f3a9880912b220bf8370ee2cae4f16"),
        (1795910400000, "a5c266493b40831d1b1ccff0c38a09bae31c3429ccec6d8b9364c2a8ff49b030"),
    ],
)
def test_the_login_is_signed_as_published(now_ms: int, sign: str) -> None:
    said = json.loads(DIALECT.login(credentials(), now_ms))
    assert said == {"action": "access", "args": [credentials().key.reveal(), str(now_ms), sign, "web"]}
    if now_ms == 1589267764859:
        assert said == document("ws-login.request")


def test_topics_are_one_text_each_and_fit_a_frame() -> None:
    private = [topic for what in (What.ACCOUNTS, What.POSITIONS, What.ORDERS) for topic in DIALECT.topics(what)]
    assert [topic.args for topic in private] == [
        *(f"futures/asset:{coin}" for coin in COINS), "futures/position", "futures/order"
    ]  # fmt: skip
    assert DIALECT.topics(What.FILLS) == DIALECT.topics(What.ORDERS)
    wanted = [*DIALECT.topics(What.ACCOUNTS)[:1], *private[len(COINS) :]]
    assert json.loads(DIALECT.subscribe(wanted)) == document("ws-subscribe.request")
    many = DIALECT.topics(What.TICKERS, [f"A{'LONG' * 8}{number:02}USDT" for number in range(DIALECT.limits.per_frame)])
    assert len(DIALECT.subscribe(many)) < len(DIALECT.unsubscribe(many)) < 2000
    assert json.loads(DIALECT.heartbeat.text) == document("ws-ping.request")


# Answers


@pytest.mark.parametrize(
    ("frame", "means"),
    [
        (answer("ws-login"), LoggedIn()),
        (answer("ws-subscribed"), Acknowledged("futures/order")),
        (answer("ws-pong"), Pong()),
        (b'{"group":"System","data":"pong+00000000-0000-0000-0000-0199a3b1c2d3"}', Pong()),
        (b'{"group":"System","data":"maintenance"}', Nothing()),
        (b'{"group":"futures/unicast","data":[{}]}', Nothing()),
        (b'{"action":"unsubscribe","group":"futures/order","success":true}', Nothing()),
    ],
)
def test_answers(frame: bytes, means: Any) -> None:
    assert read(frame) == means


@pytest.mark.parametrize(
    ("said", "kind", "key", "retryable"),
    [
        (document("ws-login-refused"), errors.AuthenticationError, None, False),
        (
            {"action": "access", "success": False, "error": "access failed: openapi auth: timestamp invalid"},
            errors.ClockSkew,
            None,
            None,
        ),
        (document("ws-subscribe-refused"), errors.AuthenticationError, "futures/order", True),
        (
            {"action": "subscribe", "group": "futures/x", "success": False, "error": "Invalid channel: not found x"},
            errors.ParameterRejected,
            "futures/x",
            False,
        ),
        (
            {"success": False, "error": "Invalid message: message must be JSON: invalid character"},
            errors.ParameterRejected,
            None,
            False,
        ),
        ({"action": "subscribe", "group": "futures/x", "success": False}, errors.ParameterRejected, "futures/x", False),
    ],
)
def test_refusals(said: Any, kind: type[Exception], key: str | None, *, retryable: bool | None) -> None:
    refused = read(said)
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, kind)
    assert refused.key == key
    assert retryable is None or refused.error.retryable is retryable


@pytest.mark.parametrize("frame", [b"pong", b"{", b'{"group":1}', b"[]", b""])
def test_what_is_no_frame_of_the_venues(frame: bytes) -> None:
    with pytest.raises(errors.DecodeError):
        read(frame)


def test_frames_may_be_packed() -> None:
    def packed(data: bytes) -> bytes:
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        return packer.compress(data) + packer.flush()

    assert read(packed(answer("ws-order")), binary=True) == read(answer("ws-order"))
    for bad in (b"\xff\xff", packed(b" " * (INFLATED + 1)), b""):
        with pytest.raises(errors.DecodeError, match="unpacked"):
            read(bad, binary=True)


# Orders and fills


def test_a_match_is_told_field_by_field_and_counted_in_base_coin() -> None:
    [order], [fill], data = orders_and_fills(order_event())
    assert order == Order(
        venue="bitmart",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        order_id="220906179895578",
        client_order_id="BM1234",
        side=Side.BUY,
        type=OrderType.LIMIT,
        price=D("93000.1"),
        average_price=D("93000.1"),
        quantity=D("0.01"),
        filled_quantity=D("0.004"),
        remaining_quantity=D("0.006"),
        status=OrderStatus.PARTIALLY_FILLED,
        reduce_only=False,
        position_side=PositionSide.LONG,
        margin_mode=MarginMode.ISOLATED,
        leverage=D(5),
        created_ms=1735689600000,
        updated_ms=1735689601250,
    )
    assert fill == Fill(
        venue="bitmart",
        fill_id="1247592391",
        order_id="220906179895578",
        client_order_id="BM1234",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        side=Side.BUY,
        price=D("93000.1"),
        quantity=D("0.004"),
        fee=D("0.07440008"),  # negative is paid on the wire
        fee_coin="USDT",
        created_ms=1735689601250,
    )
    (_, told) = data.pushes[1]
    assert (told.executed, data.key, data.whole) == ({"220906179895578": D("0.004")}, "futures/order", True)


@pytest.mark.parametrize("action", [2, 3, 4, 5])
def test_what_is_no_execution_repeats_the_last_one_and_tells_none(action: int) -> None:
    [order], fills, _ = orders_and_fills(order_event(action, state=4))
    assert (order.status, fills) == (OrderStatus.CANCELED, [])


@pytest.mark.parametrize("action", [1, "1", 6, 7, 8, 9])
def test_executions_come_in_several_ways(action: int | str) -> None:
    [order], [fill], _ = orders_and_fills(order_event(action, deal_size="10", state=4))
    assert (order.status, fill.quantity) == (OrderStatus.FILLED, D("0.004"))


def test_the_status_is_told_by_state_and_sizes_and_not_by_the_action() -> None:
    events = [
        order_event(1, deal_size="4", state=2, order_id="1"),
        order_event(2, deal_size="0", state=1, order_id="2", last_trade=None),
        order_event(2, deal_size="0", state=2, order_id="3", last_trade=None),
        order_event(3, deal_size="0", state=4, order_id="4", last_trade=None),
    ]
    orders, fills, _ = orders_and_fills(*events)
    assert [order.status for order in orders] == [
        OrderStatus.PARTIALLY_FILLED, OrderStatus.NEW, OrderStatus.NEW, OrderStatus.CANCELED
    ]  # fmt: skip
    assert len(fills) == 1


def test_an_order_may_seem_changed_before_it_was_made() -> None:
    [order], _, _ = orders_and_fills(order_event(update_time=1735689599996))
    assert (order.created_ms, order.updated_ms, order.unread) == (1735689600000, 1735689599996, ())


@pytest.mark.parametrize("kind", ["plan_order", "trailing_order", "take_profit", "stop_loss"])
def test_what_waits_for_a_price_is_not_open(kind: str) -> None:
    waiting = order_event(2, type=kind, deal_size="0", last_trade=None, trigger_price="90000")
    orders, fills, data = orders_and_fills(waiting, order_event())
    assert ([order.type for order in orders], len(fills), data.whole) == ([OrderType.LIMIT], 1, True)


@pytest.mark.parametrize(
    "odd",
    [
        order_event(size="--"),
        order_event(side=9),
        order_event(last_trade={"lastTradeID": 1, "fillQty": "NaN", "fillPrice": "1", "fee": "0", "feeCcy": "USDT"}),
        order_event(symbol="XYZUSDT"),  # of a contract that is not known (yet)
        order_event(last_trade="soon"),
        "no row",
        {"action": 1},
        7,
    ],
)
def test_an_odd_row_takes_no_other_away_and_is_read(odd: Any) -> None:
    orders, fills, data = orders_and_fills(order_event(order_id="1"), odd, order_event(order_id="2"))
    assert {"1", "2"} <= {order.order_id for order in orders}
    assert {"1", "2"} <= {fill.order_id for fill in fills}
    assert len(orders) + len(fills) < 6
    assert not data.whole


# Positions, accounts, tickers


def test_a_position_is_told_field_by_field() -> None:
    [row] = DOCUMENT["position"]["data"]
    [(what, push)] = pushed("futures/position", row).pushes
    [position] = push.items
    assert (what, push.full, push.sent_ms) == (What.POSITIONS, False, None)
    assert position == Position(
        venue="bitmart",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        side=PositionSide.LONG,
        quantity=D(2),
        contracts=D(2000),
        contract_size=D("0.001"),
        entry_price=D("19406.2092"),
        liquidation_price=D("15621.998406"),
        margin_mode=MarginMode.ISOLATED,
        position_mode=PositionMode.HEDGE,
        margin_coin="USDT",
        created_ms=1662692862255,
        updated_ms=1662692862255,
    )
    assert not set(DIALECT.unsaid[What.POSITIONS]) & {
        name for name in Position.__struct_fields__ if getattr(position, name) is not None
    }


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"position_type": 2, "open_type": 2}, (PositionSide.SHORT, MarginMode.CROSS, D(2), ())),
        ({"hold_volume": "0", "hold_avg_price": "0"}, (PositionSide.LONG, MarginMode.ISOLATED, D(0), ())),
        ({"open_type": 3}, (PositionSide.LONG, None, D(2), ("open_type",))),
    ],
)
def test_sides_and_modes_are_numbers_and_what_is_closed_holds_nothing(
    changes: dict[str, Any], says: tuple[Any, ...]
) -> None:
    [row] = DOCUMENT["position"]["data"]
    [(_, push)] = pushed("futures/position", {**row, **changes}).pushes
    [position] = push.items
    assert (position.side, position.margin_mode, position.quantity, position.unread) == says


def test_a_position_of_one_way_mode_tells_that_the_other_side_is_not_held() -> None:
    [row] = DOCUMENT["position"]["data"]
    [(_, push)] = pushed("futures/position", {**row, "position_mode": "one_way_mode"}).pushes
    assert [(one.side, one.quantity) for one in push.items] == [(PositionSide.LONG, 2), (PositionSide.SHORT, 0)]


def test_an_older_position_does_not_say_its_mode() -> None:
    [row] = DOCUMENT["position"]["data"]
    row = {name: value for name, value in row.items() if name != "position_mode"}
    [(_, push)] = pushed("futures/position", row, {**row, "position_type": 5}).pushes
    assert [position.position_mode for position in push.items] == [None]


def test_a_balance_is_no_list_and_has_no_equity() -> None:
    data = read(DOCUMENT["asset"])
    assert data.key == "futures/asset:USDT"
    [(what, push)] = data.pushes
    assert what is What.ACCOUNTS
    assert push.items == [
        Account(
            venue="bitmart", margin_coin="USDT", available=D("8041.42"), locked=D(93), initial_margin=D(1860)
        )
    ]  # fmt: skip


def test_a_ticker_has_mark_and_best_prices_and_no_time() -> None:
    row = {
        "symbol": "BTCUSDT", "last_price": "86659", "volume_24": "2227011952", "range": "0.0273",
        "mark_price": "86658.7", "index_price": "86670.1", "ask_price": "86659.1", "ask_vol": "7043",
        "bid_price": "86659", "bid_vol": "18074",
    }  # fmt: skip
    data = read({"group": "futures/ticker:BTCUSDT@100ms", "data": row})
    assert data.key == DIALECT.topics(What.TICKERS, ["BTCUSDT"])[0].key
    [(_, push)] = data.pushes
    assert push.items == [
        Ticker(
            venue="bitmart", symbol="BTC/USDT:USDT", venue_symbol="BTCUSDT", last_price=D(86659), bid_price=D(86659),
            ask_price=D("86659.1"), mark_price=D("86658.7"), index_price=D("86670.1"),
        )
    ]  # fmt: skip


def test_a_contract_of_another_size_counts_otherwise() -> None:
    large = Contract(
        venue="bitmart", symbol=BTC.symbol, venue_symbol=BTC.venue_symbol, base="BTC", quote="USDT", settle="USDT",
        contract_size=D("0.1"), price_tick=D("0.1"), quantity_step=D("0.1"),
    )  # fmt: skip
    data = BitMartStreamDialect({"BTCUSDT": large}.get).read(answer("ws-position"), binary=False)
    assert isinstance(data, Data)
    [(_, push)] = data.pushes
    assert push.items[0].quantity == D(200)
