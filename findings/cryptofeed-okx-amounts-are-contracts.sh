#!/bin/sh
# cryptofeed: 0.05 BTC are 0.05 at Binance and 5 at OKX, under one symbol, and nothing in the library says how much a contract is.
#
# `amount` of trades, orders and books is the venue's own number: base coin at Binance, contracts of 0.01 BTC at OKX. The symbol
# is BTC-USDT-PERP at both. The size of a contract is in the list of instruments that the library reads for its symbols, and is
# dropped there. In a volume over both venues OKX counts a hundredfold, and who hedges what an order has filled trades a hundred
# times the position; in ETH it is ten times, in DOGE a thousandth. 2.4.1 is the last version for Python 3.11.
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
from cryptofeed.defines import ORDER_INFO, TRADES
from cryptofeed.exchanges import OKX, BinanceFutures
from cryptofeed.symbols import Symbols

# as OKX's page of the instruments lists a contract: `ctVal` of `ctValCcy` each
listed = [{"data": [{
    "instType": "SWAP", "instId": "BTC-USDT-SWAP", "ctVal": "0.01", "ctMult": "1", "ctValCcy": "BTC", "tickSz": "0.1",
    "lotSz": "0.01", "settleCcy": "USDT", "ctType": "linear", "baseCcy": "", "quoteCcy": "", "expTime": "", "stk": "",
    "optType": "", "uly": "BTC-USDT",
}]}]
symbols, info = OKX._parse_symbol_data(listed)
Symbols.set(OKX.id, symbols, info)
Symbols.set(BinanceFutures.id, {"BTC-USDT-PERP": "BTCUSDT"}, {"instrument_type": {"BTC-USDT-PERP": "perpetual"}, "tick_size": {}})

# a trade of 0.05 BTC and an order of 0.05 BTC, as the venues' pages of their streams show them
binance = [
    {"stream": "btcusdt@aggTrade", "data": {
        "e": "aggTrade", "E": 1768195413861, "s": "BTCUSDT", "a": 1, "p": "60000", "q": "0.05", "f": 1, "l": 1,
        "T": 1768195413860, "m": False,
    }},
    {"e": "ORDER_TRADE_UPDATE", "E": 1768195413861, "T": 1768195413860, "o": {
        "s": "BTCUSDT", "c": "a", "S": "BUY", "o": "LIMIT", "f": "GTC", "q": "0.05", "p": "60000", "ap": "0", "sp": "0",
        "x": "NEW", "X": "NEW", "i": 1, "l": "0", "z": "0", "L": "0", "T": 1768195413860, "t": 0, "m": False, "R": False,
        "ps": "BOTH", "rp": "0",
    }},
]
okx = [
    {"arg": {"channel": "trades", "instId": "BTC-USDT-SWAP"}, "data": [{
        "instId": "BTC-USDT-SWAP", "tradeId": "1", "px": "60000", "sz": "5", "side": "buy", "ts": "1768195413861",
    }]},
    {"arg": {"channel": "orders", "instType": "SWAP", "uid": "1"}, "data": [{
        "instType": "SWAP", "instId": "BTC-USDT-SWAP", "ordId": "1", "px": "60000", "sz": "5", "side": "buy", "ordType": "limit",
        "state": "live", "accFillSz": "0", "avgPx": "", "uTime": "1768195413861",
    }]},
]


async def told(exchange, pushes):
    heard = []

    async def note(item, receipt):
        heard.append((type(item).__name__, item.symbol, str(item.amount)))

    for channel, push in zip((TRADES, ORDER_INFO), pushes):
        feed = exchange(
            symbols=["BTC-USDT-PERP"], channels=[channel], callbacks={channel: note},
            config={exchange.id.lower(): {"key_id": "k", "key_secret": "s", "key_passphrase": "p"}},
        )
        await feed.message_handler(json.dumps(push), None, 0.0)
    print(f"{exchange.id}: {heard}")
    return heard


print("cryptofeed", importlib.metadata.version("cryptofeed"))
seen = [asyncio.run(told(BinanceFutures, binance)), asyncio.run(told(OKX, okx))]
print("what it knows of OKX's contracts:", {key: dict(value) for key, value in info.items()})
expected = [[(kind, "BTC-USDT-PERP", amount) for kind in ("Trade", "OrderInfo")] for amount in ("0.05", "5")]
same = seen == expected and sorted(info) == ["instrument_type", "tick_size"]
sys.exit(0 if same else f"this has changed: {seen}, {dict(info)}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
