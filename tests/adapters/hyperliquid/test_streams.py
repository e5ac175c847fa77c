"""Hyperliquid's WebSocket: what is subscribed, and what frames of the venue mean."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import msgspec
import pytest

from futures_async.adapters.hyperliquid import Hyperliquid, ledger, mapping, orders, wire
from futures_async.adapters.hyperliquid.account import positions_of
from futures_async.adapters.hyperliquid.streams import HyperliquidStreams, Known
from futures_async.adapters.hyperliquid.symbols import Names
from futures_async.simulator.streams.inprocess import InProcessStreams
from futures_async.streams.dialect import Acknowledged, Data, Nothing, Pong, Refused, What
from futures_async.testing.inside import Inside
from futures_async.testing.virtual_time import run
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import MarginMode, OrderKind, OrderStatus, OrderType, PositionSide, Role, Side
from futures_async.unified.errors import DecodeError, ExchangeError, ParameterRejected, RateLimited, VenueUnavailable
from futures_async.unified.models import Position
from futures_async.unified.reading import Read
from futures_async.unified.watching import WatchState
from tests.adapters.hyperliquid.test_contract import SPEC

USER = "0x00000000000000000000000000000000000000a1"
SECRET = "0x" + "01" * 32
FOLDER = Path(__file__).parents[2] / "data" / "hyperliquid"
FIRST = Names("", "USDC")


def document(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def held(state: wire.WireState) -> Read[Position]:
    return mapping.positions(FIRST).each([row.position for row in state.asset_positions], lambda _: mapping.Beside())


def unknown(state: wire.WireState) -> Read[Position] | None:
    return None


def dialect(names: Names = FIRST, *, contracts: bool = True, in_dex: bool = True) -> HyperliquidStreams:
    def tells(state: wire.WireState) -> bool:
        return in_dex

    return HyperliquidStreams(names, Known(lambda: USER, held if contracts else unknown, tells))


def read(frame: Any, streams: HyperliquidStreams | None = None) -> Any:
    data = frame if isinstance(frame, bytes) else msgspec.json.encode(frame)
    return (streams or dialect()).read(data, binary=False)


def pushed(channel: str, streams: HyperliquidStreams | None = None, **data: Any) -> Any:
    return read({"channel": channel, "data": {"user": USER, **data}}, streams)


def push_of(data: Data, what: What) -> Any:
    [push] = [push for kind, push in data.pushes if kind is what]
    return push


# What is asked


@pytest.mark.parametrize(
    ("base", "demo", "url"),
    [
        (None, False, "wss://api.hyperliquid.xyz/ws"),
        (None, True, "wss://api.hyperliquid-testnet.xyz/ws"),
        ("http://127.0.0.1:8900", False, "ws://127.0.0.1:8900/ws"),
    ],
)
def test_one_address_serves_everything(base: str | None, demo: bool, url: str) -> None:
    assert {dialect().url(base, private=private, demo=demo) for private in (True, False)} == {url}


@pytest.mark.parametrize(
    ("what", "asked"),
    [
        (What.FILLS, [{"type": "userFills", "user": USER}]),
        (What.POSITIONS, [{"type": "clearinghouseState", "user": USER, "dex": ""}]),
        (What.ACCOUNTS, [{"type": "clearinghouseState", "user": USER, "dex": ""}]),
        # The states come first: of what ends before the list comes, they tell.
        (
            What.ORDERS,
            [{"type": "userHistoricalOrders", "user": USER}, {"type": "openOrders", "user": USER, "dex": ""}],
        ),
        (
            What.TICKERS,
            [
                {"type": "activeAssetCtx", "coin": "BTC"},
                {"type": "bbo", "coin": "BTC"},
                {"type": "candle", "coin": "BTC", "interval": "1d"},
            ],
        ),
        (What.TRIGGERS, []),
    ],
)
def test_subscriptions_say_whose_they_are(what: What, asked: list[Any]) -> None:
    streams = dialect()
    topics = streams.topics(what, ("BTC",))
    for method, frame in (("subscribe", streams.subscribe), ("unsubscribe", streams.unsubscribe)):
        assert [json.loads(frame([topic])) for topic in topics] == [
            {"method": method, "subscription": subscription} for subscription in asked
        ]
    answers = [{"method": "subscribe", "subscription": subscription | {"more": None}} for subscription in asked]
    assert [read({"channel": "subscriptionResponse", "data": answer}) for answer in answers] == [
        Acknowledged(topic.key) for topic in topics
    ]
    assert {topic.channel.private for topic in topics} <= {what is not What.TICKERS}


def test_there_is_no_login() -> None:
    assert not HyperliquidStreams.logs_in
    with pytest.raises(NotImplementedError):
        dialect().login(Credentials(USER, SECRET), 0)


def test_what_tells_nothing_is_nothing() -> None:
    assert read(b"Websocket connection established.") == Nothing()
    assert json.loads(dialect().heartbeat.text) == {"method": "ping"}
    assert read({"channel": "pong"}) == Pong()
    left = {"method": "unsubscribe", "subscription": {"type": "bbo", "coin": "BTC"}}
    assert read({"channel": "subscriptionResponse", "data": left}) == Nothing()
    assert read(document("ws_order_updates")) == Nothing()
    assert read(document("ws_user")) == Nothing()


@pytest.mark.parametrize(
    ("text", "kind", "key", "retryable"),
    [
        ('Invalid subscription {"type":"bbo","coin":"NONE"}', ParameterRejected, ("bbo", "NONE"), False),
        ("Invalid subscription", ParameterRejected, None, False),
        ('Already subscribed: {"type":"userFills","user":"0xa1"}', ExchangeError, ("userFills", ""), True),
        ("Cannot track more than 10 total users.", RateLimited, None, True),
        ("Cannot subscribe to more than 1000 channels.", RateLimited, None, True),
        ("Cannot read this.", ExchangeError, None, True),
        ("Error parsing JSON into valid websocket request: {", ExchangeError, None, True),
    ],
)
def test_refusals_have_no_code_and_name_what_they_refuse(
    text: str, kind: type[ExchangeError], key: Any, retryable: bool
) -> None:
    refused = read({"channel": "error", "data": text})
    assert isinstance(refused, Refused)
    assert (type(refused.error), refused.key, refused.error.retryable) == (kind, key, retryable)
    assert "{" not in refused.error.message  # an address may stand behind it


@pytest.mark.parametrize(
    "frame",
    [b"nonsense", b"[]", {"data": {}}, {"channel": "userFills", "data": []}, {"channel": "error", "data": {}}],
)
def test_a_frame_that_is_none_of_the_venues_is_not_taken_for_silence(frame: Any) -> None:
    with pytest.raises(DecodeError):
        read(frame)


@pytest.mark.parametrize("channel", ["userFills", "userHistoricalOrders", "openOrders", "clearinghouseState"])
def test_rows_of_another_account_or_dex_are_refused(channel: str) -> None:
    with pytest.raises(DecodeError):
        pushed(channel, user="0x00000000000000000000000000000000000000b2")
    if channel in ("openOrders", "clearinghouseState"):
        with pytest.raises(DecodeError):
            pushed(channel, dex="xyz")


# Orders


def test_a_change_of_status_tells_an_order_as_the_history_does() -> None:
    data = pushed("userHistoricalOrders", orderHistory=document("historical_orders"))
    push = push_of(data, What.ORDERS)
    assert (data.key, data.whole, push.full) == (("userHistoricalOrders", ""), True, False)
    filled, opened = push.items
    assert (filled.order_id, filled.symbol, filled.side) == ("77738308", "BTC/USDC:USDC", Side.BUY)
    assert (filled.status, filled.filled_quantity, filled.updated_ms) == (OrderStatus.FILLED, D("0.001"), 1768195413960)
    # It has just opened, so that what is left is as of now.
    assert (opened.status, opened.filled_quantity, opened.remaining_quantity) == (OrderStatus.NEW, D(0), D("0.001"))


def test_the_states_of_before_are_no_news() -> None:
    assert pushed("userHistoricalOrders", isSnapshot=True, orderHistory=document("historical_orders")) == Nothing()


def test_an_order_that_waits_is_not_open_and_its_end_is_told() -> None:
    [row] = document("open_orders")
    for status in ("open", "triggered"):
        states = [{"order": row, "status": status, "statusTimestamp": 1}]
        assert push_of(pushed("userHistoricalOrders", orderHistory=states), What.ORDERS).items == []
    assert push_of(pushed("openOrders", dex="", orders=[row]), What.ORDERS).items == []
    states = [{"order": row, "status": "canceled", "statusTimestamp": 1}]
    [ended] = push_of(pushed("userHistoricalOrders", orderHistory=states), What.ORDERS).items
    assert (ended.status, ended.type, ended.kind) == (OrderStatus.CANCELED, OrderType.TRIGGER, OrderKind.TAKE_PROFIT)


def test_no_word_of_the_venue_makes_a_record_of_an_order_one_of_now() -> None:
    row = document("historical_orders")[0] | {"status": "open", "": True}
    standing = msgspec.convert(row, wire.WireStanding)
    names = Names("", "USDC")
    assert orders.orders(names).one(standing.order, standing).filled_quantity is None
    assert orders.orders(names, live=True).one(standing.order, standing).filled_quantity == D("0.001")


def test_one_table_reads_the_ledgers_of_all_accounts() -> None:
    delta = {"type": "send", "user": "0xa1", "destination": "0xB2", "amount": "5", "token": "USDC"}
    row, table = wire.WireUpdate(time=1768190000123, hash="0x1", delta=delta), ledger.updates(Names("", "USDC"))
    assert [table.one(row, ledger.Whose(user)).amount for user in ("0xa1", "0xb2")] == [D(-5), D(5)]


def test_the_list_of_open_orders_is_whole_and_tells_what_is_filled() -> None:
    row = document("historical_orders")[1]["order"] | {"sz": "0.0004"}
    foreign = row | {"coin": "xyz:TSLA", "oid": 2}
    data = pushed("openOrders", dex="", orders=[row, foreign])
    push = push_of(data, What.ORDERS)
    [order] = push.items
    assert (data.whole, push.full) == (True, True)
    assert (order.status, order.filled_quantity) == (OrderStatus.PARTIALLY_FILLED, D("0.0006"))


@pytest.mark.parametrize("odd", [{"side": "X"}, {"origSz": "NaN"}, {"isTrigger": {}, "oid": []}])
def test_a_row_that_cannot_be_read_takes_no_other_away(odd: dict[str, Any]) -> None:
    good = document("historical_orders")[1]["order"]
    data = pushed("openOrders", dex="", orders=[good | odd, good])
    push = push_of(data, What.ORDERS)
    assert (len(push.items), data.whole, push.full) == (1, False, False)


# Executions


def test_executions_come_with_those_before_and_then_one_by_one() -> None:
    data = read(document("ws_user_fills"))
    push = push_of(data, What.FILLS)
    [fill] = push.items
    assert (data.key, data.whole, push.full) == (("userFills", ""), True, True)
    assert (fill.fill_id, fill.order_id) == ("1768195414100:118906512037719", "77747314")
    assert (fill.side, fill.price, fill.quantity, fill.role) == (Side.BUY, D("3000.5"), D("0.02"), Role.TAKER)
    assert (fill.fee, fill.fee_coin) == (D("0.027005"), "USDC")
    rows = document("user_fills")
    later = pushed("userFills", fills=[*rows, rows[0] | {"coin": "@107"}])
    assert not push_of(later, What.FILLS).full
    assert len(push_of(later, What.FILLS).items) == len(rows)
    assert not pushed("userFills", fills=[rows[0] | {"side": "X"}]).whole


# Positions and collateral


def test_a_state_tells_positions_and_collateral_all_at_once() -> None:
    data = pushed("clearinghouseState", dex="", clearinghouseState=document("clearinghouse_state"))
    assert (data.key, data.whole) == (("clearinghouseState", ""), True)
    positions, accounts = push_of(data, What.POSITIONS), push_of(data, What.ACCOUNTS)
    assert (positions.full, positions.sent_ms, accounts.full) == (True, 1768195413808, True)
    [position], [account] = positions.items, accounts.items
    assert (position.symbol, position.side, position.quantity) == ("ETH/USDC:USDC", PositionSide.LONG, D("0.0335"))
    assert (position.margin_mode, position.entry_price) == (MarginMode.ISOLATED, D("2986.3"))
    assert (account.margin_coin, account.equity) == ("USDC", D("13109.482328"))
    # 4.967826 is its equity; what it holds does not move with the mark price.
    assert (position.margin, position.unrealized_pnl) == (D("4.981226"), D("-0.0134"))
    assert position.roe is not None
    assert round(position.roe, 4) == D("-0.0027")


def test_what_is_not_known_yet_is_not_told() -> None:
    state = document("clearinghouse_state")
    data = pushed("clearinghouseState", dialect(contracts=False, in_dex=False), dex="", clearinghouseState=state)
    assert data.pushes == ()


def test_a_position_that_cannot_be_read_closes_no_other() -> None:
    state = document("clearinghouse_state") | {"time": "soon"}
    state["assetPositions"].append({"type": "oneWay", "position": {"coin": "BTC", "szi": "much"}})
    data = pushed("clearinghouseState", dex="", clearinghouseState=state)
    push = push_of(data, What.POSITIONS)
    assert (data.whole, push.full, push.sent_ms, len(push.items)) == (False, False, None, 1)


def test_a_position_whose_row_stays_moves_with_the_cross_book() -> None:
    state = document("clearinghouse_state")
    state["assetPositions"][0]["position"]["leverage"] = {"type": "cross", "value": 20}
    before, after = (
        positions_of(msgspec.convert(state | {"crossMaintenanceMarginUsed": used}, wire.WireState, strict=False))
        for used in ("10.0", "50.0")
    )
    assert before != after  # pictures compare rows as they came
    low, high = (mapping.positions(FIRST).one(row, mapping.Beside()).margin_ratio for [row] in (before, after))
    assert low is not None
    assert high is not None
    assert low < high


def position_of(state: dict[str, Any]) -> Position:
    """The one position of a state."""
    [row] = positions_of(msgspec.convert(state, wire.WireState, strict=False))
    return mapping.positions(FIRST).one(row, mapping.Beside())


def test_the_margin_of_a_cross_position_is_what_it_was_opened_with() -> None:
    state = document("clearinghouse_state")
    assert position_of(state).initial_margin is None
    state["assetPositions"][0]["position"]["leverage"] = {"type": "cross", "value": 20}
    assert position_of(state).initial_margin == D("4.967826")


@pytest.mark.parametrize("equity", ["0.0", "-3.5"])
@pytest.mark.parametrize(("needed", "ratio"), [("12.0", D(1)), ("0.0", None)])
def test_a_cross_book_with_nothing_left_is_liquidated_if_it_holds_anything(
    equity: str, needed: str, ratio: D | None
) -> None:
    state = document("clearinghouse_state") | {"crossMaintenanceMarginUsed": needed}
    state["crossMarginSummary"]["accountValue"] = equity
    state["assetPositions"][0]["position"]["leverage"] = {"type": "cross", "value": 20}
    position = position_of(state)
    [account] = push_of(pushed("clearinghouseState", dex="", clearinghouseState=state), What.ACCOUNTS).items
    assert (position.margin_ratio, account.margin_ratio) == (ratio, ratio)
    assert position.margin == D("4.967826")


def test_an_isolated_position_with_nothing_left_is_liquidated() -> None:
    state = document("clearinghouse_state")
    state["assetPositions"][0]["position"] |= {"marginUsed": "-0.1", "unrealizedPnl": "-5.1"}
    position = position_of(state)
    assert (position.margin_ratio, position.margin) == (D(1), D(5))


def test_collateral_in_the_spot_ledger_is_told_by_reads_alone() -> None:
    async def main() -> None:
        on = Inside(SPEC)
        on.account.extra["abstraction"] = "unifiedAccount"
        streams = InProcessStreams(on.inside, latency_s=0.01)
        async with on.connect(on.credentials, streams=streams) as exchange, exchange.watch_accounts() as watch:
            await watch.live()
            on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
            await asyncio.sleep(90)
            [told] = watch.current.values()
            assert (told.equity, told.balance) == (on.inside.engine.margins.wallet(on.account, "USDC").equity, None)
            on.account.extra["abstraction"] = "disabled"
            await asyncio.sleep(120)
            assert set(watch.current) == {"USDC"}

    run(main())


def test_a_dex_whose_contracts_cannot_be_read_is_never_shown_as_live() -> None:
    async def refuse() -> None:
        raise VenueUnavailable("no contracts", venue="hyperliquid", endpoint="meta")

    async def main() -> None:
        on = Inside(SPEC)
        streams = InProcessStreams(on.inside, latency_s=0.01)
        async with on.connect(on.credentials, streams=streams) as exchange:
            exchange._read_contracts = refuse  # type: ignore[method-assign]
            async with exchange.watch_positions() as watch:
                await asyncio.sleep(60)
                assert watch.state is WatchState.SYNCING

    run(main())


# Prices


CONTEXT = {"channel": "activeAssetCtx", "data": {"coin": "BTC", "ctx": document("meta_and_contexts")[1][0]}}
LEVELS = document("l2_book")["levels"]
BEST_NOW: dict[str, Any] = {"coin": "BTC", "time": 1768195413808, "bbo": [side[0] for side in LEVELS]}
BEST = {"channel": "bbo", "data": BEST_NOW}
CANDLE = {"channel": "candle", "data": document("candles")[0]}


def test_a_ticker_is_put_together_from_three() -> None:
    streams = dialect()
    assert read(CONTEXT, streams) == Data(("activeAssetCtx", "BTC"), ())
    assert read(BEST, streams) == Data(("bbo", "BTC"), ())
    data = read(CANDLE, streams)
    [ticker] = push_of(data, What.TICKERS).items
    assert (data.key, ticker.symbol) == (("candle", "BTC"), "BTC/USDC:USDC")
    assert (ticker.last_price, ticker.mark_price, ticker.index_price) == (D("94440.0"), D("94438.0"), D("94410.0"))
    assert (ticker.bid_price, ticker.ask_price, ticker.created_ms) == (D("94439.0"), D("94440.0"), 1768195413808)
    assert ticker.funding_rate == D("0.0000125")
    empty = {"channel": "bbo", "data": {"coin": "BTC", "time": 1768195413809, "bbo": [None, LEVELS[1][0]]}}
    [ticker] = push_of(read(empty, streams), What.TICKERS).items
    assert (ticker.last_price, ticker.bid_price, ticker.ask_price) == (D("94440.0"), None, D("94440.0"))


def test_prices_of_before_a_subscription_are_forgotten() -> None:
    streams = dialect()
    for frame in (CONTEXT, BEST, CANDLE):
        read(frame, streams)
    for topic in streams.topics(What.TICKERS, ("BTC",)):
        streams.subscribe([topic])
    assert read(CONTEXT, streams).pushes == ()


def test_a_read_tells_the_last_trade_until_one_is_pushed() -> None:
    streams = dialect()
    read(CONTEXT, streams)
    streams.learn(wire.WireContext(coin="BTC", last="94000.0", mark_px="1"))
    [ticker] = push_of(read(BEST, streams), What.TICKERS).items
    assert (ticker.last_price, ticker.mark_price) == (D(94000), D("94438.0"))
    read(CANDLE, streams)
    streams.learn(wire.WireContext(coin="BTC", last="94000.0"))
    [ticker] = push_of(read(BEST, streams), What.TICKERS).items
    assert ticker.last_price == D("94440.0")
    streams.learn(wire.WireContext(coin="ETH", last="3000.0", mark_px="3001.0"))
    other = {"channel": "bbo", "data": {**BEST_NOW, "coin": "ETH"}}
    [ticker] = push_of(read(other, streams), What.TICKERS).items
    assert (ticker.symbol, ticker.mark_price) == ("ETH/USDC:USDC", D(3001))


# The client's part


def test_each_object_speaks_for_its_own_account() -> None:
    vault = "0x00000000000000000000000000000000000000C3"
    exchange: Any = Hyperliquid(Credentials(USER.upper().replace("X", "x"), SECRET), vault=vault, dex="xyz")
    [topic] = exchange._stream_dialect().topics(What.POSITIONS)
    assert (topic.args.user, topic.args.dex) == (vault.lower(), "xyz")
    twin: Any = Hyperliquid(None).with_credentials(Credentials(USER, SECRET))
    [topic] = twin._stream_dialect().topics(What.FILLS)
    assert topic.args.user == USER
