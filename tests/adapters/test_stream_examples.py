"""The documented messages of the venues' streams: stored for the streams to come, and held against the REST structs.

Where a row has the shape of a REST row, it decodes with that struct, and what both know is the same to the digit.
Where it has not, the reason is written here and the decoder is seen to refuse, so that nobody takes one for the other.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from futures_async.adapters.bitget import wire as bitget
from futures_async.adapters.bitget import wire_orders as bitget_orders
from futures_async.adapters.bitget_uta import wire as uta
from futures_async.adapters.bitmart import wire as bitmart
from futures_async.adapters.bittap import wire as bittap
from futures_async.adapters.bybit import wire as bybit
from futures_async.adapters.bybit import wire_market as bybit_market
from futures_async.adapters.hyperliquid import wire as hyperliquid
from futures_async.adapters.okx import wire as okx
from futures_async.unified.rows import Row

FOLDER = Path(__file__).parents[1] / "data"


class Same(NamedTuple):
    """Rows of this message are REST rows."""

    file: str
    struct: type[Any]
    path: tuple[str | int, ...]
    new: frozenset[str] = frozenset()
    """Fields that only the stream has."""


class Other(NamedTuple):
    """Rows of this message are not those of this struct, and why."""

    file: str
    struct: type[Any]
    path: tuple[str | int, ...]
    why: str


# What a row of OKX's says that nothing here reads: much of it REST says too.
OKX_ORDERS = frozenset({
    "amendResult", "amendSource", "code", "fillNotionalUsd", "instType", "lastPx", "msg", "notionalUsd", "pnl", "reqId",
    "source", "tag",
})  # fmt: skip
SAME = [
    Same("bitget/ws_fill", bitget_orders.WireFill, ("data", 0), frozenset({"orderType", "uTime"})),
    Same(
        "bitget/ws_ticker",
        bitget.WireTicker,
        ("data", 0),
        frozenset({"instId", "nextFundingTime", "symbolType", "deliveryPrice"}),
    ),
    Same(
        "bitget/ws_account",
        bitget.WireAccount,
        ("data", 0),
        # The equity is not called accountEquity here, nor the modes assetMode, nor what is locked `locked`.
        frozenset({"frozen", "equity", "maxOpenPosAvailable", "assetsMode"}),
    ),
    # An object, no list; without equity and profit.
    Same("bitmart/ws-asset", bitmart.WireAsset, ("data",)),
    Same("okx/ws_orders", okx.WirePushedOrder, ("data", 0), OKX_ORDERS),
    Same("okx/ws_positions", okx.WirePushedPosition, ("data", 0), frozenset({"instType", "tradeId"})),
    Same("okx/ws_account", okx.WireCoin, ("data", 0, "details", 0), frozenset({"ordFrozen"})),
    Same("bybit/ws_order", bybit.WireOrder, ("data", 0)),
    Same("bybit/ws_execution", bybit.WireFill, ("data", 0), frozenset({"isLeverage", "marketUnit"})),
    Same("bybit/ws_position", bybit.WirePosition, ("data", 0)),
    Same(
        "bybit/ws_wallet",
        bybit.WireCoin,
        ("data", 0, "coin", 0),
        frozenset({"availableToBorrow", "availableToWithdraw"}),
    ),
    Same("bybit/ws_tickers", bybit_market.WireTicker, ("data",), frozenset({"tickDirection"})),
    Same("bybit/ws_tickers.delta", bybit_market.WireTicker, ("data",)),
    Same("hyperliquid/ws_order_updates", hyperliquid.WireOrder, ("data", 0, "order")),
    Same("hyperliquid/ws_user_fills", hyperliquid.WireFill, ("data", "fills", 0)),
    Same("bittap/ws_account_update", bittap.WireStreamEvent, ()),
    Same("bittap/ws_ack", bittap.WireStreamAck, ()),
]
OTHER = [
    Other("bitget/ws_positions", bitget.WirePosition, ("data", 0), "the contract is `instId`, locked is `frozen`"),
    Other("bitget/ws_orders", bitget_orders.WireOrder, ("data", 0), "the contract is `instId`, filled accBaseVolume"),
    Other("bitget_uta/ws_account", uta.WireAssets, ("data", 0), "`coin` instead of `assets`, totalEquity"),
    Other("bitget_uta/ws_position", uta.WirePosition, ("data", 0), "`size` instead of `total`, no category"),
    Other("bitget_uta/ws_fill", uta.WireFill, ("data", 0), "`execTime` instead of `createdTime`"),
    Other("bitmart/ws-position", bitmart.WirePosition, ("data", 0), "other names; `open_type` is a number"),
    Other("bitmart/ws-order", bitmart.WireOrder, ("data", 0, "order"), '"-" where a REST row has a number'),
]
# Envelopes and requests: nothing of them is a row.
NO_ROWS = {
    "bitget": {
        "ws_login.request",
        "ws_login",
        "ws_login_refused",
        "ws_subscribe.request",
        "ws_subscribe_ticker.request",
        "ws_subscribed",
    },
    "bitget_uta": {"ws_login", "ws_subscribe", "ws_subscribed", "ws_trade"},
    "bitmart": {
        "ws-login.request",
        "ws-login",
        "ws-login-refused",
        "ws-subscribe.request",
        "ws-subscribed",
        "ws-subscribe-refused",
        "ws-ping.request",
        "ws-pong",
    },
    "okx": {"ws_login", "ws_logged_in", "ws_subscribe", "ws_subscribed", "ws_order", "ws_order.request"},
    "bybit": {"ws_auth", "ws_subscribe", "ws_subscribed", "ws_order_create", "ws_order_create.request"},
    "hyperliquid": {"ws_user"},
    "bittap": {"ws_login.request", "ws_subscribe.request", "ws_ping.request"},
}


def document(file: str) -> Any:
    return json.loads((FOLDER / f"{file}.json").read_text())


def row(file: str, path: tuple[str | int, ...]) -> Any:
    found = document(file)
    for part in path:
        found = found[part]
    return found


def test_every_stored_message_is_judged() -> None:
    stored = {str(file.relative_to(FOLDER))[:-5] for file in FOLDER.glob("*/ws[_-]*.json")}
    judged = {case.file for case in SAME} | {case.file for case in OTHER} | {"bitget_uta/ws_order"}
    assert stored == judged | {f"{venue}/{name}" for venue, names in NO_ROWS.items() for name in names}


@pytest.mark.parametrize("case", SAME, ids=lambda case: case.file)
def test_a_row_of_the_rest_shape_decodes_to_the_digit(case: Same) -> None:
    plain = row(case.file, case.path)
    read = msgspec.convert(plain, case.struct, strict=False)
    names = {field.encode_name: field.name for field in msgspec.structs.fields(case.struct)}
    assert set(plain) - set(names) == case.new
    for name, value in plain.items():
        held = getattr(read, names[name]) if name in names else None
        if isinstance(value, str) and held is not None:
            assert (format(held, "f") if isinstance(held, Decimal) else str(held)) == value, name


@pytest.mark.parametrize("case", OTHER, ids=lambda case: case.file)
def test_a_row_of_another_shape_is_not_taken_for_a_rest_row(case: Other) -> None:
    plain = row(case.file, case.path)
    if issubclass(case.struct, Row):
        # It decodes, as everything does; what it says under other names is not in it.
        assert set(plain) - {field.encode_name for field in msgspec.structs.fields(case.struct)}
        return
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(plain, case.struct, strict=False)


def test_the_unified_accounts_order_push_is_an_order_under_other_names() -> None:
    # It decodes, for the names that all rows must have are the same; the position's side is `holdSide` here.
    plain = row("bitget_uta/ws_order", ("data", 0))
    read = msgspec.convert(plain, uta.WireOrder, strict=False)
    assert (str(read.order_id), read.client_oid, read.qty) == (plain["orderId"], plain["clientOid"], "0.001")
    assert (read.order_status, read.margin_mode, read.leverage) == ("filled", "crossed", "20")
    assert read.pos_side is None
    assert plain["holdSide"] == "long"


def test_the_documented_logins_are_signed_as_documented() -> None:
    secret = ("0123456789abcdef" * 4).encode()
    for file in ("bitget/ws_login.request", "bitget_uta/ws_login"):
        [login] = document(file)["args"]
        text = f"{login['timestamp']}GET/user/verify".encode()
        assert b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode() == login["sign"]
    key, stamp, sign, _ = document("bitmart/ws-login.request")["args"]
    vectors = document("bitmart/signing-vectors")
    text = f"{stamp}#test001#bitmart.WebSocket".encode()
    assert key == vectors["key"]
    assert hmac.new(vectors["secret"].encode(), text, hashlib.sha256).hexdigest() == sign
