#!/bin/sh
# ccxt: with `defaultType` "swap" an order for "BTC/USDT" goes to the perpetual at Binance, and to spot at Bybit, OKX and Bitget.
#
# And at Bybit and Bitget the venue's own name, "BTCUSDT", is the perpetual again: two spellings of one contract are two
# markets. With `defaultType` "future" it is the other way round: "BTC/USDT" is spot everywhere, and "BTCUSDT" the perpetual
# at Binance alone. A program that was right at one venue sells its coins at the next, where it meant to open a short, and
# what it means to close stays open. No call says which market it took; "BTC/USDT:USDT" alone means one thing.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet ccxt==4.5.90
cat >"$work/show.py" <<'PYTHON'
import json
import sys
import urllib.parse
import warnings

warnings.simplefilter("ignore")
import ccxt


def market(market_id, settle):
    spot = settle is None
    return {
        "id": market_id, "symbol": "BTC/USDT" if spot else "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": settle,
        "baseId": "BTC", "quoteId": "USDT", "settleId": settle, "type": "spot" if spot else "swap", "spot": spot,
        "margin": False, "swap": not spot, "future": False, "option": False, "contract": not spot, "linear": not spot,
        "inverse": False, "contractSize": None if spot else 1, "active": True, "precision": {"amount": 0.001, "price": 0.1},
        "limits": {"amount": {}, "price": {}, "cost": {}, "market": {}}, "info": {"orderTypes": ["LIMIT", "MARKET"]},
    }


# where the order went
def kind(name, url, body):
    if name == "binance":
        return "perpetual" if "/fapi/" in url else "spot"
    if name == "bitget":
        return "perpetual" if "/mix/" in url else "spot"
    if name == "bybit":
        return "spot" if json.loads(body)["category"] == "spot" else "perpetual"
    [order] = json.loads(body)
    return "perpetual" if order["instId"].endswith("-SWAP") else "spot"


def sold(name, default_type, symbol, ids):
    options = {"defaultType": default_type, "uta": False}
    exchange = getattr(ccxt, name)({"apiKey": "k", "secret": "s", "password": "p", "options": options})
    exchange.set_markets([market(ids[0], None), market(ids[1], "USDT")])
    sent = []

    def answer(url, method="GET", headers=None, body=None):
        if "order" in urllib.parse.urlsplit(url).path:
            sent.append(kind(name, url, body))
        row = {"ordId": "1", "clOrdId": "1", "sCode": "0", "sMsg": ""}
        return {"code": "00000" if name == "bitget" else "0", "retCode": 0, "orderId": "1", "symbol": "BTCUSDT",
                "result": {"orderId": "1"}, "data": [row] if name == "okx" else {"orderId": "1"}}

    exchange.fetch = answer
    exchange.create_order(symbol, "market", "sell", 0.1)
    [where] = sent
    return where


print("ccxt", ccxt.__version__)
names = {name: ("BTCUSDT", "BTCUSDT") for name in ("binance", "bybit", "bitget")} | {"okx": ("BTC-USDT", "BTC-USDT-SWAP")}
seen = {}
for default_type in ("swap", "future"):
    for symbol in ("BTC/USDT", "BTCUSDT"):
        took = {n: sold(n, default_type, symbol, ids) for n, ids in names.items() if symbol == "BTC/USDT" or n != "okx"}
        print(f'defaultType "{default_type}", {symbol}:', ", ".join(f"{name} {where}" for name, where in took.items()))
        seen[default_type, symbol] = [where[0] for where in took.values()]
expected = {
    ("swap", "BTC/USDT"): ["p", "s", "s", "s"], ("swap", "BTCUSDT"): ["p", "p", "p"],
    ("future", "BTC/USDT"): ["s", "s", "s", "s"], ("future", "BTCUSDT"): ["p", "s", "s"],
}
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
