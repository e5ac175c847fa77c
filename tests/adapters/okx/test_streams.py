"""OKX's WebSocket: what is said, and what frames of the venue's mean."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest

from futures_async.adapters.okx.dialect import HOSTS, OKXDialect
from futures_async.adapters.okx.streams import OKXStreamDialect
from futures_async.streams.dialect import Acknowledged, Data, LoggedIn, Nothing, Pong, Refused, Retiring, What
from futures_async.streams.picture import Moment, Push
from futures_async.streams.rows import Rows
from futures_async.streams.rules import ACCOUNTS, POSITIONS_BY_MODE
from futures_async.unified import errors
from futures_async.unified.enums import MarginMode, OrderStatus, PositionMode, PositionSide, Role, Side
from futures_async.unified.models import Contract
from tests.adapters.okx.samples import BTC, COIN, plain, sample
from tests.adapters.okx.test_dialect import CREDENTIALS

KNOWN = {contract.venue_symbol: contract for contract in (BTC, COIN)}


def known(name: object) -> Contract:
    contract = KNOWN.get(str(name))
    if contract is None:
        raise errors.DecodeError(f"contract {name} is not known")
    return contract


DIALECT = OKXStreamDialect(OKXDialect(), known)


def read(frame: Any) -> Any:
    return DIALECT.read(frame if isinstance(frame, bytes) else json.dumps(frame).encode(), binary=False)


def pushed(frame: Any) -> tuple[dict[What, list[Any]], Data]:
    data = read(frame)
    assert isinstance(data, Data)
    return {what: list(push.items) for what, push in data.pushes}, data


def changed(name: str, **changes: Any) -> dict[str, Any]:
    """A documented push whose row says something else."""
    frame: dict[str, Any] = plain(name)
    frame["data"][0] |= changes
    return frame


# What is said


@pytest.mark.parametrize("region", HOSTS)
def test_each_region_and_demo_trading_have_hosts_of_their_own(region: Any) -> None:
    dialect = OKXStreamDialect(OKXDialect(region), known)
    hosts = HOSTS[region]
    assert dialect.url(None, private=True, demo=False) == f"{hosts.stream}/ws/v5/private"
    assert dialect.url(None, private=False, demo=True) == f"{hosts.demo_stream}/ws/v5/public"
    assert dialect.url("https://proxy.example/okx", private=True, demo=True) == "wss://proxy.example/okx/ws/v5/private"


def test_all_regions_hosts_differ() -> None:
    hosts = [host for region in HOSTS.values() for host in (region.stream, region.demo_stream)]
    assert len(set(hosts)) == len(hosts)
    assert all(host.startswith("wss://") for host in hosts)


def test_the_login_is_signed_as_published() -> None:
    assert json.loads(DIALECT.login(CREDENTIALS, 1768195413999)) == plain("ws_login")


def test_private_channels_are_of_all_swaps_and_tickers_of_one_contract_each() -> None:
    asked = [DIALECT.topics(what) for what in (What.ACCOUNTS, What.POSITIONS, What.ORDERS)]
    assert json.loads(DIALECT.subscribe([topic for topics in asked for topic in topics])) == plain("ws_subscribe")
    assert DIALECT.topics(What.FILLS) == DIALECT.topics(What.ORDERS)
    tickers = DIALECT.topics(What.TICKERS, ["BTC-USDT-SWAP", "ETH-USDC-SWAP"])
    assert json.loads(DIALECT.unsubscribe(tickers)) == {
        "op": "unsubscribe",
        "args": [
            {"channel": "tickers", "instId": "BTC-USDT-SWAP"},
            {"channel": "tickers", "instId": "ETH-USDC-SWAP"},
        ],
    }


# Answers


def test_answers() -> None:
    assert read(sample("ws_logged_in")) == LoggedIn()
    [topic] = DIALECT.topics(What.POSITIONS)
    assert read(sample("ws_subscribed")) == Acknowledged(topic.key)
    assert read(b"pong") == Pong()
    notice = {"event": "notice", "code": "64008", "msg": "The connection will soon be closed", "connId": "a4d3ae55"}
    assert read(notice) == Retiring()
    assert read(notice | {"code": "64009"}) == Nothing()
    assert read({"event": "unsubscribe", "arg": {"channel": "account"}, "connId": "a"}) == Nothing()
    count = {"event": "channel-conn-count", "channel": "orders", "connCount": "2", "connId": "abcd1234"}
    assert read(count) == Nothing()
    assert read({"arg": {"channel": "books", "instId": "BTC-USDT-SWAP"}, "data": [{}]}) == Nothing()


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        ("60004", errors.ClockSkew, False),
        ("60005", errors.AuthenticationError, False),
        ("60006", errors.ClockSkew, False),
        ("60007", errors.AuthenticationError, False),
        ("60009", errors.AuthenticationError, False),
        ("60011", errors.AuthenticationError, True),
        ("60012", errors.ParameterRejected, False),
        ("60014", errors.RateLimited, True),
        ("60018", errors.ParameterRejected, False),
        ("60024", errors.AuthenticationError, False),
        ("60032", errors.AuthenticationError, False),
        ("60033", errors.ParameterRejected, False),
        ("63999", errors.VenueUnavailable, True),
        ("64003", errors.PermissionDenied, False),
        ("64007", errors.VenueUnavailable, True),
        ("99999", errors.ExchangeError, False),
    ],
)
def test_refusals(code: str, kind: type[Exception], *, retryable: bool) -> None:
    refused = read({"event": "error", "code": code, "msg": "No", "connId": "a4d3ae55"})
    assert isinstance(refused, Refused)
    assert type(refused.error) is kind
    assert (refused.error.code, refused.error.retryable, refused.key) == (code, retryable, None)


def test_too_many_connections_of_a_channel_are_refused_by_name() -> None:
    [topic] = DIALECT.topics(What.ACCOUNTS)
    refused = read(
        {"event": "channel-conn-count-error", "arg": {"channel": "account"}, "connCount": "30", "connId": "a4d3ae55"}
    )
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, errors.RateLimited)
    assert refused.key == topic.key


@pytest.mark.parametrize("frame", [b"{", b'{"event":1}', b"[]", b"", b'{"arg":{"channel":"orders"},"data":{}}'])
def test_what_is_no_frame_of_the_venues(frame: bytes) -> None:
    with pytest.raises(errors.DecodeError):
        read(frame)


# Orders and fills


def test_an_order_with_an_execution_is_an_order_and_a_fill() -> None:
    told, data = pushed(plain("ws_orders"))
    assert data.whole
    [order], [fill] = told[What.ORDERS], told[What.FILLS]
    assert (order.order_id, order.client_order_id) == ("680800019749904385", "fx20260112000004")
    assert (order.symbol, order.side, order.status) == ("BTC/USDT:USDT", Side.BUY, OrderStatus.PARTIALLY_FILLED)
    assert (order.quantity, order.filled_quantity, order.average_price) == (D("0.01"), D("0.004"), D(59000))
    assert (order.fee, order.fee_coin, order.updated_ms) == (D("0.0472"), "USDT", 1768195420004)
    assert fill.fill_id == "744876980"
    assert (fill.order_id, fill.client_order_id) == (order.order_id, order.client_order_id)
    assert (fill.symbol, fill.venue_symbol, fill.side) == ("BTC/USDT:USDT", "BTC-USDT-SWAP", Side.BUY)
    assert (fill.price, fill.quantity, fill.role) == (D(59000), D("0.004"), Role.MAKER)
    assert (fill.fee, fill.fee_coin, fill.realized_pnl) == (D("0.0472"), "USDT", D(0))
    assert fill.created_ms == 1768195420001
    assert dict(data.pushes)[What.FILLS].executed == {order.order_id: D("0.004")}


@pytest.mark.parametrize("trade_id", ["", "0", None])
def test_an_order_without_an_execution_is_no_fill(trade_id: str | None) -> None:
    nothing = {"fillSz": "0", "fillPx": "", "fillTime": "", "fillFee": "0", "fillFeeCcy": "", "execType": ""}
    frame = changed("ws_orders", tradeId=trade_id, state="live", accFillSz="0", avgPx="0", **nothing)
    told, data = pushed(frame)
    assert data.whole
    [order] = told[What.ORDERS]
    assert (order.status, order.filled_quantity, order.average_price) == (OrderStatus.NEW, D(0), None)
    assert told[What.FILLS] == []


def test_a_fill_of_a_coin_margined_contract_is_in_its_coin() -> None:
    frame = changed("ws_orders", instId="BTC-USD-SWAP", sz="5", accFillSz="4", fillSz="2", fillPx="50000")
    told, data = pushed(frame)
    [fill] = told[What.FILLS]
    assert (fill.symbol, fill.quantity) == ("BTC/USD:BTC", D("0.004"))
    # The executions add up to the order's quantity but for the rounding of each: nobody is to count on it.
    assert dict(data.pushes)[What.FILLS].executed == {}


def test_a_contract_that_is_not_known_yet_is_left_to_the_next_read() -> None:
    frame = plain("ws_orders")
    frame["data"].append({**frame["data"][0], "instId": "NEW-USDT-SWAP"})
    told, data = pushed(frame)
    assert not data.whole
    assert [order.symbol for order in told[What.ORDERS]] == ["BTC/USDT:USDT"]


# Positions


def test_a_closed_position_of_net_mode_leaves_neither_side() -> None:
    told, data = pushed(plain("ws_positions"))
    assert data.whole
    assert [(row.symbol, row.side, row.quantity) for row in told[What.POSITIONS]] == [
        ("BTC/USDT:USDT", side, D(0)) for side in PositionSide
    ]
    [(_, push)] = data.pushes
    assert (push.full, push.sent_ms) == (False, 1768190000012)


def test_a_closed_position_of_one_side_leaves_the_other() -> None:
    told, _ = pushed(changed("ws_positions", posSide="short"))
    assert [(row.side, row.position_mode) for row in told[What.POSITIONS]] == [(PositionSide.SHORT, PositionMode.HEDGE)]


def test_an_open_position() -> None:
    told, _ = pushed(changed("ws_positions", pos="-0.5", avgPx="60000", upl="-0.2", mgnMode="isolated", margin="3"))
    row, _ = told[What.POSITIONS]
    assert (row.side, row.quantity, row.entry_price) == (PositionSide.SHORT, D("0.005"), D(60000))
    assert (row.margin_mode, row.leverage, row.unrealized_pnl) == (MarginMode.ISOLATED, D(10), D("-0.2"))
    assert (row.created_ms, row.updated_ms) == (1768170000000, 1768190000000)


def row(mode: str, pos: str, second: int) -> Push[Any]:
    """A push of one position of net mode."""
    at_ms = 1_768_190_000_000 + 1000 * second
    moment = {"uTime": str(at_ms), "pTime": str(at_ms)}
    told, _ = pushed(changed("ws_positions", pos=pos, avgPx="60000", mgnMode=mode, margin="3", **moment))
    return Push(told[What.POSITIONS], False, at_ms)


def test_a_cross_and_an_isolated_position_of_one_contract_are_two() -> None:
    picture = Rows(POSITIONS_BY_MODE)

    def told(second: int, mode: str, pos: str) -> list[tuple[str, MarginMode | None, D]]:
        changes = picture.push(row(mode, pos, second), Moment(second, 1_768_190_000_000 + 1000 * second))
        return [(change.kind.value, change.item.margin_mode, change.item.quantity) for change in changes]

    assert told(1, "cross", "1") == [("opened", MarginMode.CROSS, D("0.01"))]
    assert told(2, "isolated", "2") == [("opened", MarginMode.ISOLATED, D("0.02"))]
    shown = picture.shown(picture.current)
    assert len(shown) == 2
    name = ("BTC/USDT:USDT", PositionSide.LONG)
    assert shown[*name, MarginMode.CROSS].quantity == D("0.01")
    assert name in shown
    with pytest.raises(errors.InvalidRequest, match="each margin mode"):
        shown[name]
    # A flip and an end of the one are not the other's.
    assert told(3, "isolated", "-3") == [
        ("opened", MarginMode.ISOLATED, D("0.03")),
        ("closed", MarginMode.ISOLATED, D(0)),
    ]
    assert [shown[name].quantity, shown[name[0], PositionSide.SHORT].quantity] == [D("0.01"), D("0.03")]
    assert told(4, "isolated", "0") == [("closed", MarginMode.ISOLATED, D(0))]
    assert [one.margin_mode for one in shown.values()] == [MarginMode.CROSS]
    assert shown.get((name[0], PositionSide.SHORT)) is None


@pytest.mark.parametrize("time", ["", None, 1768190000012])
def test_a_push_without_a_time_is_a_push(time: Any) -> None:
    _, data = pushed(changed("ws_positions", pTime=time))
    [(_, push)] = data.pushes
    assert (push.sent_ms, data.whole) == (time or None, True)


@pytest.mark.parametrize("time", ["soon", "²", "9" * 5000, "1768190000012345", 1768190000012345, {}])
def test_a_push_of_an_odd_time_is_read_again(time: Any) -> None:
    """None in microseconds makes all that come after it late."""
    happened: dict[str, Any] = plain("ws_account") | {"eventType": "event_update"}
    happened["data"][0]["uTime"] = time
    for frame in (changed("ws_positions", pTime=time), happened):
        told, data = pushed(frame)
        [(_, push)] = data.pushes
        assert (push.sent_ms, data.whole) == (None, False)
        assert all(told.values())


# Accounts and tickers


def test_accounts_are_told_by_coin() -> None:
    told, data = pushed(plain("ws_account"))
    assert data.whole
    [account] = told[What.ACCOUNTS]
    assert (account.margin_coin, account.equity, account.balance) == ("USDT", D("3110.9"), D("3098.81"))
    assert (account.available, account.unrealized_pnl) == (D("3047.81"), D("12.09"))
    assert {"bonus", "position_mode"} == set(DIALECT.unsaid[What.ACCOUNTS])
    assert (account.bonus, account.position_mode) == (None, None)


def of_accounts() -> tuple[Rows[Any], Callable[..., D | None]]:
    """A picture, and what is available in it after a push."""
    picture = Rows(ACCOUNTS, DIALECT.unsaid[What.ACCOUNTS])

    def told(at: float, sent_ms: int, available: str, event: str = "event_update") -> D | None:
        frame: dict[str, Any] = plain("ws_account") | {"eventType": event}
        frame["data"][0]["uTime"] = str(sent_ms)
        frame["data"][0]["details"][0]["availEq"] = available
        [(_, push)] = pushed(frame)[1].pushes
        picture.push(push, Moment(at, 0))
        return picture.current["USDT"].available

    return picture, told


@pytest.mark.parametrize("first", ["snapshot", "event_update"])
def test_an_account_that_a_late_push_contradicts_is_read(first: str) -> None:
    """The snapshot that came before may know more, and its time says nothing."""
    picture, told = of_accounts()
    told(1.0, 1_000, "80", first)
    assert told(6.0, 2_000, "90", "snapshot") == D(90)
    assert not picture.unsettled
    assert told(6.2, 1_500, "100") == D(100)
    assert picture.unsettled == {"USDT": 6.2}
    assert told(6.3, 2_500, "110") == D(110)  # sent after one whose time is known
    assert not picture.unsettled
    assert not picture.unsure


def test_what_came_right_after_another_is_settled_by_what_comes_every_five_seconds_or_by_a_read() -> None:
    picture, told = of_accounts()
    told(1.0, 1_000, "80")
    told(2.0, 1_000, "90", "snapshot")
    told(2.5, 1_000, "95", "snapshot")
    assert picture.unsettled == {"USDT": 2.0}
    told(7.0, 1_000, "91", "snapshot")
    assert not picture.unsettled
    told(8.0, 1_000, "92", "snapshot")
    picture.read(list(picture.current.values()), Moment(12.0, 12_000, 12.0))
    assert not picture.unsettled


def test_an_account_is_not_put_back_by_what_was_sent_before_and_came_after_a_snapshot() -> None:
    picture, told = of_accounts()
    assert told(1.0, 2_000, "90") == told(1.2, 2_000, "90", "snapshot") == told(1.4, 1_000, "100") == D(90)
    assert told(1.6, 2_100, "80") == D(80)
    assert not picture.unsure
    assert not picture.unsettled


def test_an_account_told_twice_at_once_need_not_be_read() -> None:
    picture, told = of_accounts()
    assert [told(1.0, 1_000, "3"), told(1.1, 1_100, "2"), told(1.2, 1_100, "1")] == [D(3), D(2), D(1)]
    assert told(1.3, 1_099, "2") == D(1)  # sent before
    assert not picture.unsure
    assert not picture.unsettled
    # What comes every five seconds may name the time of the last change: it is not late because of that.
    picture.read(list(picture.current.values()), Moment(9.0, 9_000, 9.0))
    assert told(12.0, 1_100, "4", "snapshot") == D(4)
    assert not picture.unsure


def test_a_ticker_says_last_and_best_prices() -> None:
    frame: dict[str, Any] = {
        "arg": {"channel": "tickers", "instId": "BTC-USDT-SWAP"},
        "data": plain("market_ticker")["data"],
    }
    told, data = pushed(frame)
    [ticker] = told[What.TICKERS]
    [topic] = DIALECT.topics(What.TICKERS, ["BTC-USDT-SWAP"])
    assert data.key == topic.key
    row = frame["data"][0]
    assert (ticker.last_price, ticker.bid_price, ticker.ask_price) == (D(row["last"]), D(row["bidPx"]), D(row["askPx"]))
    assert all(getattr(ticker, name) is None for name in DIALECT.unsaid[What.TICKERS])


@pytest.mark.parametrize("name", ["ws_orders", "ws_positions", "ws_account"])
def test_a_row_that_cannot_be_read_hides_no_other(name: str) -> None:
    frame = plain(name)
    frame["data"].insert(0, ["odd"])
    told, data = pushed(frame)
    assert not data.whole
    assert all(told.values())
