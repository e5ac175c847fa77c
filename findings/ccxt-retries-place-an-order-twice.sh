#!/bin/sh
# ccxt, Bybit: with `maxRetriesOnFailure` an order whose answer is lost is placed again.
#
# The option is there for reads that fail in a bad network, and holds for every call: `create_order` too is sent anew after
# a timeout. At Bybit no client order id is made where the caller gives none, so nothing tells the venue that the second
# request is the first one over again. The program gets one order back, and the account has two. Where an id is given, the
# second is refused as a duplicate, and the program is told that its order, which stands, was refused.
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

exchange = ccxt.bybit({
    "apiKey": "k", "secret": "s",
    "options": {"enableUnifiedMargin": True, "enableUnifiedAccount": True, "maxRetriesOnFailure": 3},
})
exchange.set_markets([{
    "id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
    "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
    "active": True, "precision": {"amount": 0.001, "price": 0.1}, "limits": {}, "info": {},
}])
placed = []


def venue(url, method="GET", headers=None, body=None):
    order = json.loads(body)
    link = order.get("orderLinkId")
    if link and link in [other.get("orderLinkId") for other in placed]:
        answer = {"retCode": 110072, "retMsg": "OrderLinkedID is duplicate", "result": {}}
        exchange.handle_errors(200, "OK", url, method, {}, json.dumps(answer), answer, headers, body)
    placed.append(order)
    print("  the venue places", order["side"], order["qty"], "orderLinkId", link)
    if len(placed) == 1:
        raise ccxt.RequestTimeout("the answer is lost")
    return {"retCode": 0, "retMsg": "OK", "result": {"orderId": f"9f1a6e1c-000{len(placed)}", "orderLinkId": ""}}


exchange.fetch = venue
print("ccxt", ccxt.__version__)
seen = []
for params in ({}, {"clientOrderId": "mine-1"}):
    placed.clear()
    try:
        told = exchange.create_order("BTC/USDT:USDT", "market", "buy", 0.1, None, params)["id"]
    except ccxt.BaseError as error:
        told = f"{type(error).__name__} ({error})"
    print(f"create_order with {params}: the program is told {told}; the account has {len(placed)}")
    seen.append((told.partition(" ")[0], len(placed)))
sys.exit(0 if seen == [("9f1a6e1c-0002", 2), ("InvalidOrder", 1)] else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
