#!/bin/sh
# ccxt, Hyperliquid: an order that could only reduce can open a position once its price was edited.
#
# At Bybit an edit changes what it names. At Hyperliquid it puts a new order in the place of the old one, all of it:
# `edit_order` sends `reduceOnly` false and `Gtc` unless the caller says again what the order was. A closing order turns the
# position round where that has become smaller in the meantime. (Post-only is dropped too; the venue puts it back, as no
# order that an edit brings may fill at once.)
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

sent = []


def answer(url, method="GET", headers=None, body=None):
    asked = json.loads(body)
    if "type" in asked:
        return "default"  # Hyperliquid: the account's abstraction
    sent.append(asked)
    if "bybit" in url:
        return {"retCode": 0, "retMsg": "OK", "result": {"orderId": "77738308", "orderLinkId": ""}}
    statuses = [{"resting": {"oid": 77738308}}]
    return {"status": "ok", "response": {"type": "order", "data": {"statuses": statuses}}}


print("ccxt", ccxt.__version__)
keys = {"apiKey": "k", "secret": "s", "walletAddress": "0x" + "1" * 40, "privateKey": "0x" + "2" * 64}
options = {"builderFee": False, "enableUnifiedMargin": True, "enableUnifiedAccount": True}
seen = {}
for name, market_id, settle in (("bybit", "BTCUSDT", "USDT"), ("hyperliquid", "0", "USDC")):
    exchange = getattr(ccxt, name)({**keys, "options": options})
    exchange.set_markets([{
        "id": market_id, "symbol": f"BTC/{settle}:{settle}", "base": "BTC", "quote": settle, "settle": settle,
        "baseId": "0" if settle == "USDC" else "BTC", "quoteId": settle, "settleId": settle, "type": "swap",
        "spot": False, "margin": False, "swap": True, "future": False, "option": False, "contract": True,
        "linear": True, "inverse": False, "contractSize": 1, "active": True,
        "precision": {"amount": 0.001, "price": 1}, "limits": {}, "info": {},
    }])
    exchange.fetch = answer
    symbol = exchange.symbols[0]
    exchange.create_order(symbol, "limit", "sell", 1, 61000, {"reduceOnly": True, "postOnly": True})
    placed = sent[-1]
    exchange.edit_order("77738308", symbol, "limit", "sell", 1, 60900)
    edited = sent[-1]
    if name == "hyperliquid":
        placed, edited = placed["action"]["orders"][0], edited["action"]["modifies"][0]["order"]
    print(f"{name} places", {key: placed[key] for key in ("reduceOnly", "timeInForce", "r", "t") if key in placed})
    print(f"{name} edits with", edited)
    seen[name] = edited.get("reduceOnly"), edited.get("r"), edited.get("t")
expected = {"bybit": (None, None, None), "hyperliquid": (None, False, {"limit": {"tif": "Gtc"}})}
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
