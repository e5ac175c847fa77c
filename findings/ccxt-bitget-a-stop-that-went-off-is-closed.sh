#!/bin/sh
# ccxt, Bitget: a stop whose limit order waits unfilled is `closed`, and the order that it became is not named.
#
# `executed` says of a plan order that its price was reached. What it became is an order of its own, under the id that the
# row gives as `executeOrderId`, and may wait for as long as the market stays away from its limit. ccxt tells of `closed`,
# its word for an order that is filled, beside a filled amount of 0, and leaves the other id to the raw row. On a unified
# account the same stop has the status `success`, which is none of ccxt's words: it is neither open nor closed.
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

CLASSIC = {
    "planType": "normal_plan", "symbol": "BTCUSDT", "size": "0.1", "orderId": "1491757344492109824",
    "executeOrderId": "1491757402453110785", "clientOid": "fx01", "planStatus": "executed", "price": "90000",
    "executePrice": "90000", "priceAvg": "", "baseVolume": "0", "callbackRatio": "", "triggerPrice": "95000",
    "triggerType": "mark_price", "side": "sell", "posSide": "net", "marginCoin": "USDT", "marginMode": "crossed",
    "tradeSide": "sell_single", "posMode": "one_way_mode", "orderType": "limit", "cTime": "1791388585219",
    "uTime": "1791388600991",
}
UNIFIED = {
    "orderId": "1331000000000000201", "clientOid": "1331000000000000201", "symbol": "BTCUSDT", "category": "USDT-FUTURES",
    "qty": "0.001", "posSide": "long", "status": "success", "triggerType": "stopLoss", "tpTriggerBy": "market",
    "slTriggerBy": "mark", "takeProfit": "", "stopLoss": "112000", "tpOrderType": "market", "slOrderType": "limit",
    "tpLimitPrice": "", "slLimitPrice": "111000", "createdTime": "1753057411736", "updatedTime": "1753058267412",
}
exchange = ccxt.bitget()
exchange.set_markets([{
    "id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
    "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
    "active": True, "precision": {"amount": 0.0001, "price": 0.1}, "limits": {}, "info": {},
}])
market = exchange.market("BTC/USDT:USDT")
print("ccxt", ccxt.__version__)
classic, unified = exchange.parse_order(CLASSIC, market), exchange.parse_order(UNIFIED, market)
told = [classic["status"], classic["filled"], classic["remaining"]]
print("classic: status, filled, remaining:", told)
plain = json.dumps({name: value for name, value in classic.items() if name != "info"})
named = CLASSIC["executeOrderId"] in plain
print("the order that it became is", "named" if named else "not named")
print("unified: status", unified["status"])
sys.exit(0 if told == ["closed", 0.0, 0.1] and not named and unified["status"] == "success" else "this has changed")
PYTHON
"$work/venv/bin/python" "$work/show.py"
