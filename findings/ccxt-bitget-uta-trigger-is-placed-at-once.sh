#!/bin/sh
# ccxt, Bitget unified account: an order with a `triggerPrice` or `trailingPercent` is sent as a plain order at once, and
# cancelling all trigger orders cancels the regular ones instead.
#
# Only `stopLossPrice` and `takeProfitPrice` reach the calls for orders that wait. What a market order with a trigger
# price becomes is then up to the venue, which does not document such a field there.
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

exchange = ccxt.bitget({"apiKey": "k", "secret": "s", "password": "p", "options": {"defaultType": "swap", "uta": True}})
exchange.set_markets([{
    "id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
    "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
    "active": True, "precision": {"amount": 0.001, "price": 0.1}, "limits": {}, "info": {},
}])
sent = []


def fetch(url, method="GET", headers=None, body=None):
    sent.append((url.partition("?")[0].rpartition("/")[2], json.loads(body)))
    return {"code": "00000", "data": {"orderId": "1", "clientOid": "1", "list": []}}


exchange.fetch = fetch
print("ccxt", ccxt.__version__)
for params in ({"triggerPrice": 95000}, {"trailingPercent": 1, "trailingTriggerPrice": 95000}, {"stopLossPrice": 85000}):
    exchange.create_order("BTC/USDT:USDT", "market", "sell", 0.1, None, params)
    print(f"create_order with {params}: {sent[-1][0]}, orderType {sent[-1][1].get('orderType')}")
exchange.cancel_all_orders("BTC/USDT:USDT", {"trigger": True})
print(f"cancel_all_orders of triggers: {sent[-1][0]}")
calls = [call for call, _ in sent]
sys.exit(0 if calls == ["place-order", "place-order", "place-strategy-order", "cancel-symbol-order"] else f"changed: {calls}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
