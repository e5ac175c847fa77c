#!/bin/sh
# ccxt, Hyperliquid: a stop loss that comes attached to an order is a limit order at its own trigger price.
#
# `{"stopLoss": {"triggerPrice": 58000}}` says nothing of a limit. At OKX the same call gives a stop at market; at
# Hyperliquid `type` is `limit` unless said otherwise, and the trigger price is taken for the limit. A market that falls
# through 58000 triggers the stop and leaves it resting above the price: the position stays open and loses on.
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

market = {
    "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "quoteId": "USDT", "settleId": "USDT",
    "type": "swap", "spot": False, "margin": False, "swap": True, "future": False, "option": False, "contract": True,
    "linear": True, "inverse": False, "contractSize": 1, "active": True, "limits": {}, "info": {},
    "precision": {"amount": 0.001, "price": 1},
}
order = ("BTC/USDT:USDT", "limit", "buy", 0.1, 60000, {"stopLoss": {"triggerPrice": 58000}})
sent = []


def answer(url, method="GET", headers=None, body=None):
    sent.append(json.loads(body))
    return {"code": "0", "data": [{"ordId": "1", "sCode": "0"}]}


print("ccxt", ccxt.__version__)

okx = ccxt.okx({"apiKey": "k", "secret": "s", "password": "p"})
okx.set_markets([{**market, "id": "BTC-USDT-SWAP", "baseId": "BTC"}])
okx.fetch = answer
okx.create_order(*order)
at_okx = sent[-1][0]["attachAlgoOrds"][0]["slOrdPx"]
print("OKX: the stop's order price is", at_okx, "(which is OKX's word for market)")

hyperliquid = ccxt.hyperliquid({"walletAddress": "0x" + "1" * 40, "privateKey": "0x" + "2" * 64})
hyperliquid.set_markets([{**market, "id": "0", "baseId": "0"}])
request = hyperliquid.create_orders_request(
    [dict(zip(("symbol", "type", "side", "amount", "price", "params"), order, strict=True))]
)
stop = request["action"]["orders"][1]
print("Hyperliquid: isMarket", stop["t"]["trigger"]["isMarket"], "trigger", stop["t"]["trigger"]["triggerPx"], "limit", stop["p"])
seen = (at_okx, stop["t"]["trigger"]["isMarket"], stop["t"]["trigger"]["triggerPx"], stop["p"])
sys.exit(0 if seen == ("-1", False, "58000", "58000") else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
