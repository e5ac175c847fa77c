"""Bitget's v2 WebSocket: what is said, and what frames of the venue's mean, field by field."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path
from typing import Any

import msgspec
import pytest

from futures_async.adapters.bitget.dialect import BitgetDialect
from futures_async.adapters.bitget.streams import BitgetStreamDialect
from futures_async.streams.dialect import Acknowledged, Data, LoggedIn, Nothing, Pong, Refused, Retiring, What
from futures_async.streams.picture import Moment
from futures_async.streams.rows import Rows
from futures_async.streams.rules import ACCOUNTS
from futures_async.unified.enums import OrderStatus, OrderType, PositionSide, Side
from futures_async.unified.errors import (
    AuthenticationError,
    ClockSkew,
    DecodeError,
    ExchangeError,
    ParameterRejected,
    RateLimited,
)
from tests.adapters.bitget.rig import KEYS

FRAMES = Path(__file__).parents[2] / "data" / "bitget" / "streams"
DIALECT = BitgetStreamDialect(BitgetDialect(), "USDT-FUTURES", None)


def read(frame: bytes | str) -> Any:
    return DIALECT.read(frame.encode() if isinstance(frame, str) else frame, binary=False)


def pushed(name: str, **changes: Any) -> Any:
    """The one push of a recorded frame; `changes` go into its rows."""
    frame = msgspec.json.decode((FRAMES / f"{name}.json").read_bytes())
    for row in frame["data"]:
        row.update(changes)
    data = read(msgspec.json.encode(frame))
    assert isinstance(data, Data)
    return data


@pytest.mark.parametrize(
    ("now_ms", "sign"),
    [
        (1_768_195_413_000, "1TQfX9NOqGIF1aM6dvzLbSxCZfRF+36LJd4fetsgBUg="),
        (1_795_910_400_999, "xx1V+5m5Z/95l25yHcHqyD2cnUMFIssb1QDeMvS8gIc="),
    ],
)
def test_the_login_is_signed_over_seconds(now_ms: int, sign: str) -> None:
    frame = msgspec.json.decode(DIALECT.login(KEYS, now_ms))
    assert frame == {
        "op": "login",
        "args": [
            {
                "apiKey": "bg_test_key_0001",
                "passphrase": "testpassphrase",
                "timestamp": str(now_ms // 1000),
                "sign": sign,
            }
        ],
    }


def test_hosts() -> None:
    url = DIALECT.url
    assert url(None, private=True, demo=False) == "wss://ws.bitget.com/v2/ws/private"
    assert url(None, private=False, demo=True) == "wss://wspap.bitget.com/v2/ws/public"
    assert url("http://127.0.0.1:8900", private=True, demo=False) == "ws://127.0.0.1:8900/v2/ws/private"
    assert url("https://vip-api.bitget.com", private=True, demo=False) == "wss://ws.bitget.com/v2/ws/private"
    assert url("https://proxy.example", private=False, demo=True) == "wss://proxy.example/v2/ws/public"


def test_the_account_is_selected_by_coin_and_the_others_by_instrument() -> None:
    topics = [DIALECT.topics(what)[0] for what in (What.ORDERS, What.FILLS, What.POSITIONS, What.ACCOUNTS)]
    assert msgspec.json.decode(DIALECT.subscribe(topics)) == {
        "op": "subscribe",
        "args": [
            {"instType": "USDT-FUTURES", "channel": "orders", "instId": "default"},
            {"instType": "USDT-FUTURES", "channel": "fill", "instId": "default"},
            {"instType": "USDT-FUTURES", "channel": "positions", "instId": "default"},
            {"instType": "USDT-FUTURES", "channel": "account", "coin": "default"},
        ],
    }
    assert msgspec.json.decode(DIALECT.unsubscribe(topics[:1]))["op"] == "unsubscribe"


def test_an_acknowledgement_is_known_whatever_the_order_of_its_keys() -> None:
    [topic] = DIALECT.topics(What.ORDERS)
    frame = '{"event":"subscribe","connId":"x","arg":{"instId":"default","channel":"orders","instType":"USDT-FUTURES"}}'
    assert read(frame) == Acknowledged(topic.key)


@pytest.mark.parametrize("code", ["0", '"0"', '"00000"'])
def test_a_login_is_accepted_in_all_its_spellings(code: str) -> None:
    assert read(f'{{"event":"login","code":{code},"msg":""}}') == LoggedIn()


def test_pong_is_text_and_nothing_else_is_pong() -> None:
    assert read("pong") == Pong()
    assert read('{"event":"unsubscribe","arg":{"instType":"A","channel":"B"}}') == Nothing()
    for odd in ("pong ", "", "[]", "\xff", "{"):
        with pytest.raises(DecodeError):
            read(odd)


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        ("30001", ParameterRejected, False),
        ("30016", ParameterRejected, False),
        ("30005", AuthenticationError, False),
        ("30015", AuthenticationError, False),
        ("30014", ClockSkew, False),
        ("30004", AuthenticationError, True),
        ("30006", RateLimited, True),
        ("30099", ExchangeError, False),
    ],
)
def test_what_errors_mean(code: str, kind: type[ExchangeError], retryable: bool) -> None:
    refused = read(f'{{"event":"error","code":{code},"msg":"said"}}')
    assert isinstance(refused, Refused)
    assert type(refused.error) is kind
    assert (refused.error.code, refused.error.retryable, refused.key) == (code, retryable, None)


def test_an_error_that_repeats_its_argument_is_of_that_subscription() -> None:
    [topic] = DIALECT.topics(What.POSITIONS)
    arg = '{"channel":"positions","instType":"USDT-FUTURES","instId":"default"}'
    assert read(f'{{"event":"error","arg":{arg},"code":30001,"msg":"no","op":"subscribe"}}').key == topic.key


def test_a_service_upgrade_is_announced() -> None:
    assert read('{"event":"error","code":30033,"msg":"upgrade"}') == Retiring()


def test_positions_are_all_there_are() -> None:
    data = pushed("positions-1")
    [(what, push)] = data.pushes
    assert (what, push.full, push.sent_ms, data.whole) == (What.POSITIONS, True, 1741850543864, True)
    [position] = push.items
    assert (position.symbol, position.side, position.quantity) == ("XRP/USDT:USDT", PositionSide.LONG, D(3))
    assert (position.locked, position.leverage, position.margin_ratio) == (D(0), D(10), D("0.001265633757"))
    assert position.liquidation_price is None
    assert position.updated_ms == 1741850543856
    [(_, flat)] = pushed("positions-2").pushes
    assert (list(flat.items), flat.full) == ([], True)


def test_a_position_that_cannot_be_read_takes_no_other_away() -> None:
    data = pushed("positions-1", holdSide="sideways")
    [(_, push)] = data.pushes
    assert (list(push.items), push.full, data.whole) == ([], False, False)


def test_an_order_is_filled_as_far_as_it_is_and_not_by_its_last_fill() -> None:
    [(_, push)] = pushed("orders-1", accBaseVolume="0.15", baseVolume="0.05", status="partially_filled").pushes
    [order] = push.items
    assert (order.filled_quantity, order.remaining_quantity) == (D("0.15"), D("0.05"))
    assert (order.symbol, order.side, order.type) == ("LTC/USDT:USDT", Side.BUY, OrderType.MARKET)
    assert (order.fee, order.fee_coin, order.average_price) == (D("0.01123440"), "USDT", D("93.62"))
    assert (order.reduce_only, order.status) == (False, OrderStatus.PARTIALLY_FILLED)
    assert (order.client_order_id, order.price) == ("fx0000000001", None)


@pytest.mark.parametrize("word", ["canceled", "cancelled"])
def test_a_cancel_is_one_in_both_spellings(word: str) -> None:
    [(_, push)] = pushed("orders-2", status=word).pushes
    [order] = push.items
    assert (order.status, order.average_price, order.fee) == (OrderStatus.CANCELED, None, D(0))


def test_an_order_whose_fees_cannot_be_read_is_an_order_all_the_same() -> None:
    odd_ones: list[Any] = ["", [], None, "[]"]
    for odd in odd_ones:
        [(_, push)] = pushed("orders-1", feeDetail=odd).pushes
        assert push.items[0].order_id == "1300000000000000011"


def test_a_client_id_is_read_in_both_spellings() -> None:
    [(_, push)] = pushed("orders-1", clientOid=None, clientOId="mine").pushes
    assert push.items[0].client_order_id == "mine"


def test_a_fill_says_what_the_market_saw() -> None:
    [(_, push)] = pushed("fill-1").pushes
    [fill] = push.items
    assert (fill.side, fill.price, fill.quantity) == (Side.SELL, D("80.87"), D("0.1"))
    assert (fill.fee, fill.fee_coin, fill.client_order_id) == (D("0.0048522"), "USDT", "fx0000000003")
    [(_, push)] = pushed("fill-1", side="buy", tradeSide="open").pushes
    assert push.items[0].side is Side.BUY


def test_an_account_is_read() -> None:
    [(_, push)] = pushed("account-1").pushes
    [account] = push.items
    assert (account.margin_coin, account.available, account.locked) == ("USDT", D("26.14309528"), D("5.36581500"))
    assert account.equity == D("26.14309528")


def test_a_push_of_the_account_takes_away_no_figure_that_it_does_not_tell() -> None:
    [(_, push)] = pushed("account-1").pushes
    [account] = push.items
    rows = Rows(ACCOUNTS, DIALECT.unsaid[What.ACCOUNTS])
    rows.read(
        [msgspec.structs.replace(account.read(), raw=None, available=D(900), initial_margin=D("922.6"))],
        Moment(1.0, 1000, 1.1),
    )
    rows.push(push, Moment(10.0, 10_000))
    assert rows.current["USDT"].initial_margin == D("922.6")


def test_a_ticker_is_read() -> None:
    [(_, push)] = pushed("ticker-1").pushes
    [ticker] = push.items
    assert (ticker.symbol, ticker.last_price, ticker.mark_price) == ("BTC/USDT:USDT", D("87673.6"), D("87673.7"))


def test_what_was_not_asked_for_is_nothing() -> None:
    assert read('{"arg":{"instType":"USDT-FUTURES","channel":"adl-noti","instId":"default"},"data":[{}]}') == Nothing()


def test_a_margin_coin_that_was_chosen_leaves_the_others_out() -> None:
    chosen = BitgetStreamDialect(BitgetDialect(), "USDT-FUTURES", "USDC")
    data = chosen.read((FRAMES / "positions-1.json").read_bytes().strip(), binary=False)
    assert isinstance(data, Data)
    assert list(data.pushes[0][1].items) == []
