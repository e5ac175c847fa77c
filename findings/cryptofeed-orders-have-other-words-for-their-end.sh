#!/bin/sh
# cryptofeed: no order is ever `FILLED` at Binance, nor `CANCELLED` or `PARTIAL` at OKX.
#
# `OrderInfo.status` is one of the library's words, which `cryptofeed.defines` names. For Binance it is the kind of the
# execution instead of the order's status: a fill is `TRADE`, whether it was the first or the last. For OKX it is meant to
# be translated: two of the assignments are comparisons, and `partially_filled` is looked for with a hyphen. A program
# that waits for `FILLED` or `CANCELLED` waits for ever at one venue of the two. Of several orders in one push of OKX the
# first alone is told. 2.4.1 is the last version for Python 3.11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet cryptofeed==2.4.1
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import json
import os
import sys
import tempfile

os.chdir(tempfile.mkdtemp())  # where it writes its log
from cryptofeed.defines import CANCELLED, FILLED, OPEN, ORDER_INFO, PARTIAL
from cryptofeed.exchanges import OKX, BinanceFutures
from cryptofeed.symbols import Symbols

for exchange, name in ((BinanceFutures, "BTCUSDT"), (OKX, "BTC-USDT-SWAP")):
    Symbols.set(exchange.id, {"BTC-USDT-PERP": name}, {"instrument_type": {"BTC-USDT-PERP": "perpetual"}, "tick_size": {}})
told = []


async def note(order, receipt):
    told.append((order.id, order.status, str(order.remaining)))


# pushes as the venues' pages of their private streams show them: an order of 3 fills in two parts, another is cancelled
def binance(order_id, execution, status, filled):
    return {"e": "ORDER_TRADE_UPDATE", "E": 1768195413861, "T": 1768195413860, "o": {
        "s": "BTCUSDT", "c": "a", "S": "BUY", "o": "LIMIT", "f": "GTC", "q": "3", "p": "60000", "ap": "60000", "sp": "0",
        "x": execution, "X": status, "i": order_id, "l": filled, "z": filled, "L": "60000", "T": 1768195413860, "t": 1,
        "m": False, "R": False, "ps": "BOTH", "rp": "0",
    }}


def okx(*orders):
    return {"arg": {"channel": "orders", "instType": "SWAP", "uid": "1"}, "data": [{
        "instType": "SWAP", "instId": "BTC-USDT-SWAP", "ordId": str(order_id), "px": "60000", "sz": "3", "side": "buy",
        "ordType": "limit", "state": state, "accFillSz": filled, "avgPx": "60000", "uTime": "1768195413861",
    } for order_id, state, filled in orders]}


pushes = {
    BinanceFutures: [
        binance(1, "NEW", "NEW", "0"), binance(1, "TRADE", "PARTIALLY_FILLED", "1"), binance(1, "TRADE", "FILLED", "3"),
        binance(2, "CANCELED", "CANCELED", "0"),
    ],
    OKX: [
        okx((1, "live", "0")), okx((1, "partially_filled", "1")), okx((1, "filled", "3")), okx((2, "canceled", "0")),
        okx((3, "canceled", "0"), (4, "canceled", "0")),
    ],
}


async def main(exchange):
    told.clear()
    keys = {"key_id": "k", "key_secret": "s", "key_passphrase": "p"}
    feed = exchange(
        symbols=["BTC-USDT-PERP"], channels=[ORDER_INFO], callbacks={ORDER_INFO: note}, config={exchange.id.lower(): keys}
    )
    for push in pushes[exchange]:
        await feed.message_handler(json.dumps(push), None, 0.0)
    print(f"{exchange.id}: {told}")
    return list(told)


print("cryptofeed", importlib.metadata.version("cryptofeed"))
print(f"its words are {OPEN!r}, {PARTIAL!r}, {FILLED!r} and {CANCELLED!r}")
seen = {exchange.id: [status for _, status, _ in asyncio.run(main(exchange))] for exchange in pushes}
expected = {
    "BINANCE_FUTURES": ["NEW", "TRADE", "TRADE", "CANCELED"],
    "OKX": ["live", "partially_filled", "filled", "canceled", "canceled"],
}
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
