#!/bin/sh
# ccxt, OKX: an order that a trigger placed is shown under the trigger's id, and cannot be cancelled by it.
#
# OKX gives such an order a number of its own, `ordId`, and says in `algoId` which trigger it came from. `order["id"]` is
# the `algoId` where there is one. "Cancel all that rests" then names orders that OKX does not know and is answered 51400,
# "filled, canceled or does not exist", while the order rests on; and its fills, which say `ordId`, belong to no order.
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

exchange = ccxt.okx({"apiKey": "k", "secret": "s", "password": "p"})
exchange.set_markets([{
    "id": "BTC-USDT-SWAP", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
    "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 0.01,
    "active": True, "precision": {"amount": 0.01, "price": 0.1}, "limits": {}, "info": {},
}])
resting = {
    "instType": "SWAP", "instId": "BTC-USDT-SWAP", "ordId": "680800019749904385", "algoId": "681096944655273984",
    "clOrdId": "", "algoClOrdId": "", "px": "59000", "sz": "1", "ordType": "limit", "side": "buy", "posSide": "net",
    "tdMode": "cross", "reduceOnly": "false", "accFillSz": "0.4", "avgPx": "59000", "state": "partially_filled",
    "fee": "-0.0472", "feeCcy": "USDT", "cTime": "1768195413861", "uTime": "1768195420004",
}
fill = {
    "instType": "SWAP", "instId": "BTC-USDT-SWAP", "tradeId": "744876980", "ordId": "680800019749904385", "clOrdId": "",
    "billId": "680800057980395521", "fillPx": "59000", "fillSz": "0.4", "side": "buy", "posSide": "net", "execType": "M",
    "feeCcy": "USDT", "fee": "-0.0472", "ts": "1768195420001",
}


def answer(url, method="GET", headers=None, body=None):
    if "orders-pending" in url:
        return {"code": "0", "msg": "", "data": [resting]}
    if "fills" in url:
        return {"code": "0", "msg": "", "data": [fill]}
    asked = json.loads(body)
    cancelled.append(asked[0]["ordId"] if isinstance(asked, list) else asked["ordId"])
    return {"code": "0", "msg": "", "data": [{"ordId": cancelled[-1], "clOrdId": "", "sCode": "0", "sMsg": ""}]}


cancelled = []
exchange.fetch = answer
print("ccxt", ccxt.__version__)
print("OKX lists an order with ordId", resting["ordId"], "and algoId", resting["algoId"])
order = exchange.fetch_open_orders("BTC/USDT:USDT")[0]
trade = exchange.fetch_my_trades("BTC/USDT:USDT")[0]
exchange.cancel_order(order["id"], order["symbol"])
print("order['id'] is", order["id"])
print("its fill is of the order", trade["order"])
print("cancel_order asks OKX to cancel the ordId", cancelled[0])
seen = (order["id"] == resting["algoId"], trade["order"] == resting["ordId"], cancelled == [resting["algoId"]])
sys.exit(0 if all(seen) else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
