#!/bin/sh
# ccxt, Hyperliquid: orders that the dead man's switch has cancelled are neither open nor canceled nor closed.
#
# The venue ends them as "scheduledCancel", and what it takes back itself as "internalCancel". `parse_order_status` knows
# words that end in "Canceled" and hands these two out as they are, which are none of ccxt's. So `fetch_canceled_orders` and
# `fetch_canceled_and_closed_orders` leave them out, and a program that waits until its order is closed, canceled, expired
# or rejected waits on, although the switch that it armed itself has long cancelled it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet ccxt==4.5.90
cat >"$work/show.py" <<'PYTHON'
import json
import sys
import warnings

warnings.simplefilter("ignore")
import ccxt

WORDS = ("canceled", "marginCanceled", "scheduledCancel", "internalCancel")


def row(number, word):
    order = {
        "coin": "BTC", "side": "B", "limitPx": "60000.0", "sz": "0.001", "oid": number, "timestamp": 1768195413950,
        "triggerCondition": "N/A", "isTrigger": False, "triggerPx": "0.0", "children": [], "isPositionTpsl": False,
        "reduceOnly": False, "orderType": "Limit", "origSz": "0.001", "tif": "Gtc", "cloid": None,
    }
    return {"order": order, "status": word, "statusTimestamp": 1768195500000 + number}


ROWS = [row(number, word) for number, word in enumerate(WORDS, 1)]


def answer(url, method="GET", headers=None, body=None):
    asked = json.loads(body)
    if asked["type"] == "historicalOrders":
        return ROWS
    if asked["type"] == "orderStatus":
        return {"status": "order", "order": ROWS[asked["oid"] - 1]}
    return [] if asked["type"].endswith("Orders") else "default"


exchange = ccxt.hyperliquid({
    "walletAddress": "0x" + "1" * 40, "privateKey": "0x" + "2" * 64,
    "options": {"builderFee": False, "enableUnifiedMargin": True, "enableUnifiedAccount": True},
})
exchange.set_markets([{
    "id": "0", "symbol": "BTC/USDC:USDC", "base": "BTC", "quote": "USDC", "settle": "USDC", "baseId": "0",
    "quoteId": "USDC", "settleId": "USDC", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
    "active": True, "precision": {"amount": 0.001, "price": 1}, "limits": {}, "info": {"name": "BTC"},
}])
exchange.fetch = answer
print("ccxt", ccxt.__version__)
symbol = "BTC/USDC:USDC"
told = {word: exchange.fetch_order(str(number), symbol)["status"] for number, word in enumerate(WORDS, 1)}
print("fetch_order:", told)
listed = {}
for call in ("fetch_open_orders", "fetch_canceled_orders", "fetch_closed_orders", "fetch_canceled_and_closed_orders"):
    listed[call] = sorted(WORDS[int(order["id"]) - 1] for order in getattr(exchange, call)(symbol))
    print(f"{call}:", listed[call])
expected = {
    "fetch_open_orders": [], "fetch_canceled_orders": ["canceled", "marginCanceled"], "fetch_closed_orders": [],
    "fetch_canceled_and_closed_orders": ["canceled", "marginCanceled"],
}
own = {"canceled": "canceled", "marginCanceled": "canceled", "scheduledCancel": "scheduledCancel", "internalCancel": "internalCancel"}
sys.exit(0 if (told, listed) == (own, expected) else f"this has changed: {told} {listed}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
