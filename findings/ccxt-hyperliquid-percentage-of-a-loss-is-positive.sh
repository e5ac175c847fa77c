#!/bin/sh
# ccxt, Hyperliquid: a position that has lost half of its margin has a `percentage` of +100.
#
# `percentage` is the gain or loss in per cent of the margin, and at OKX a loss is negative. Here it is made from the profit
# without its sign, and from the margin with the profit in it. A program that stops out at -20 never does, and one that
# takes profit at +20 closes what has lost.
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

# 0.1 BTC long, bought at 60000 with a leverage of 10: at 57000 half of the margin of 600 is lost, at 63000 half is won
hyperliquid = {"coin": "BTC", "szi": "0.1", "entryPx": "60000.0", "leverage": {"type": "isolated", "value": 10}}
okx = {
    "instId": "BTC-USDT-SWAP", "instType": "SWAP", "pos": "0.1", "posSide": "net", "mgnMode": "isolated", "lever": "10",
    "avgPx": "60000", "margin": "600", "imr": "", "mmr": "24", "liqPx": "54300", "cTime": "1768195413861",
    "uTime": "1768195413861", "posId": "1",
}
positions = {
    "okx": ("BTC-USDT-SWAP", "USDT", {
        57000: {**okx, "markPx": "57000", "upl": "-300", "uplRatio": "-0.5", "notionalUsd": "5700"},
        63000: {**okx, "markPx": "63000", "upl": "300", "uplRatio": "0.5", "notionalUsd": "6300"},
    }),
    "hyperliquid": ("0", "USDC", {
        57000: {"position": {**hyperliquid, "positionValue": "5700.0", "unrealizedPnl": "-300.0", "marginUsed": "300.0"}},
        63000: {"position": {**hyperliquid, "positionValue": "6300.0", "unrealizedPnl": "300.0", "marginUsed": "900.0"}},
    }),
}
print("ccxt", ccxt.__version__)
seen = {}
for name, (market_id, settle, rows) in positions.items():
    exchange = getattr(ccxt, name)()
    exchange.set_markets([{
        "id": market_id, "symbol": f"BTC/{settle}:{settle}", "base": "BTC", "quote": settle, "settle": settle,
        "baseId": "BTC", "quoteId": settle, "settleId": settle, "type": "swap", "spot": False, "margin": False,
        "swap": True, "future": False, "option": False, "contract": True, "linear": True, "inverse": False,
        "contractSize": 1, "active": True, "precision": {"amount": 0.001, "price": 1}, "limits": {}, "info": {},
    }])
    market = exchange.market(exchange.symbols[0])
    for price, row in rows.items():
        position = exchange.parse_position(row, market)
        print(f"{name} at {price}: unrealizedPnl {position['unrealizedPnl']}, percentage {position['percentage']:.1f}")
        seen[name, price] = round(position["percentage"], 1)
expected = {("okx", 57000): -50.0, ("okx", 63000): 50.0, ("hyperliquid", 57000): 100.0, ("hyperliquid", 63000): 33.3}
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
