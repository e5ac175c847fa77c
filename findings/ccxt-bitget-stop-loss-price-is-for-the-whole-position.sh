#!/bin/sh
# ccxt, Bitget classic: a stop for a part of a position becomes a stop for all of it, and takes the place of the last one.
#
# An order with `stopLossPrice` or `takeProfitPrice` is sent with the plan type `pos_loss` or `pos_profit`. Those are for
# the whole position, take no size, and there is one of each: placing another changes the one that is there. Two stops of
# 0.3 and 0.7 coin at two prices leave one stop, which closes 1 coin. At OKX the same two calls leave two stops.
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
    "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC", "quoteId": "USDT",
    "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True, "future": False, "option": False,
    "contract": True, "linear": True, "inverse": False, "contractSize": 1, "active": True, "limits": {}, "info": {},
    "precision": {"amount": 0.001, "price": 0.1},
}
sent = []


def answer(url, method="GET", headers=None, body=None):
    sent.append((url.rpartition("/")[2], json.loads(body)))
    data = {"orderId": "1", "clientOid": "1", "ordId": "", "algoId": "1", "sCode": "0"}
    return {"code": "00000", "data": data} if "bitget" in url else {"code": "0", "data": [data]}


print("ccxt", ccxt.__version__)
seen = []
for name, market_id in (("bitget", "BTCUSDT"), ("okx", "BTC-USDT-SWAP")):
    exchange = getattr(ccxt, name)({"apiKey": "k", "secret": "s", "password": "p", "options": {"defaultType": "swap"}})
    exchange.set_markets([{**market, "id": market_id}])
    exchange.fetch = answer
    for amount, price in ((0.3, 58000), (0.7, 57000)):
        exchange.create_order("BTC/USDT:USDT", "market", "sell", amount, None, {"stopLossPrice": price, "reduceOnly": True})
        call, body = sent[-1]
        kind, size = body.get("planType") or body.get("ordType"), body.get("size") or body.get("sz")
        trigger = body.get("triggerPrice") or body.get("slTriggerPx")
        print(f"{name}: a stop of {amount} at {price} is sent to {call}: {kind}, size {size}, trigger {trigger}")
        seen.append((call, kind))
expected = [("place-tpsl-order", "pos_loss")] * 2 + [("order-algo", "conditional")] * 2
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
