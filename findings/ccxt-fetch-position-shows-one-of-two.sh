#!/bin/sh
# ccxt: in hedge mode `fetch_position` returns the first row of two: beside a short of 2 BTC it says "long, 0" at Bybit.
#
# In hedge mode a contract has a long and a short position. `fetch_position` of Bybit, OKX and Bitget asks for the contract and
# takes row 0 of what comes. Bybit lists both sides always, the long one first, so that a short is never seen; OKX and Bitget
# list what is held. What asks whether it is flat, or how much there is to close, is told of nothing, or of one of two.
# `fetch_positions` has both.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet ccxt==4.5.90
cat >"$work/show.py" <<'PYTHON'
import sys
import warnings

warnings.simplefilter("ignore")
import ccxt

market = {
    "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC", "quoteId": "USDT",
    "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True, "future": False, "option": False,
    "contract": True, "linear": True, "inverse": False, "contractSize": 1, "active": True,
    "precision": {"amount": 0.001, "price": 0.1}, "limits": {}, "info": {},
}


# the fields of each venue's page for a position, of a contract in hedge mode
def bybit(side, size):
    return {
        "symbol": "BTCUSDT", "positionIdx": {"long": 1, "short": 2}[side], "size": size, "leverage": "10",
        "side": "" if size == "0" else {"long": "Buy", "short": "Sell"}[side], "avgPrice": "60000", "markPrice": "61000",
        "positionValue": "120000", "unrealisedPnl": "-2000", "liqPrice": "", "positionIM": "12000", "positionMM": "600",
    }


def okx(side, size):
    return {
        "instId": "BTC-USDT-SWAP", "instType": "SWAP", "posSide": side, "pos": size, "avgPx": "60000", "markPx": "61000",
        "mgnMode": "cross", "imr": "12000", "mmr": "600", "upl": "-2000", "uplRatio": "-0.16", "lever": "10", "liqPx": "",
        "notionalUsd": "122000", "margin": "", "posId": "1", "cTime": "1768176000000", "uTime": "1768176000000",
    }


def bitget(side, size):
    return {
        "symbol": "BTCUSDT", "marginCoin": "USDT", "holdSide": side, "total": size, "available": size, "leverage": "10",
        "openPriceAvg": "60000", "markPrice": "61000", "marginMode": "crossed", "posMode": "hedge_mode", "marginSize": "12000",
        "unrealizedPL": "-2000", "liquidationPrice": "0", "keepMarginRate": "0.004", "cTime": "1768176000000",
    }


def told(name, market_id, *rows):
    exchange = getattr(ccxt, name)({"apiKey": "k", "secret": "s", "password": "p", "options": {"uta": False}})
    exchange.set_markets([{**market, "id": market_id}])
    code = {"okx": "0", "bitget": "00000"}.get(name, 0)
    exchange.fetch = lambda *request: {
        "code": code, "retCode": 0, "data": list(rows), "result": {"list": list(rows), "nextPageCursor": ""}, "time": 1
    }
    one = exchange.fetch_position("BTC/USDT:USDT")
    both = [(row["side"], row["contracts"]) for row in exchange.fetch_positions(["BTC/USDT:USDT"]) if row["contracts"]]
    print(f"{name}: held is {both}, fetch_position says {one['side']} {one['contracts']}")
    return one["side"], one["contracts"]


print("ccxt", ccxt.__version__)
seen = [
    told("bybit", "BTCUSDT", bybit("long", "0"), bybit("short", "2")),
    told("okx", "BTC-USDT-SWAP", okx("long", "1"), okx("short", "-2")),
    told("bitget", "BTCUSDT", bitget("long", "1"), bitget("short", "2")),
]
expected = [("long", 0.0), ("long", 1.0), ("long", 1.0)]
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
