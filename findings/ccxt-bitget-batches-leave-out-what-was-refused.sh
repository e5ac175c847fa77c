#!/bin/sh
# ccxt, Bitget classic: what a batch could not do is not in its answer, and nothing is raised.
#
# Bitget answers a batch with two lists, `successList` and `failureList`, around a code that says success. `cancel_orders`
# returns the first: where no cancel worked the answer is an empty list, which looks like "nothing was open". In
# `create_orders` a refused order has no symbol, and is filtered out as one of another contract: three were asked for, two
# come back, and the first of them is the second. `cancel_all_orders` returns both lists: an order that could not be
# cancelled, and rests, has the status `rejected` there.
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

exchange = ccxt.bitget({"apiKey": "k", "secret": "s", "password": "p", "options": {"defaultType": "swap", "uta": False}})
exchange.set_markets([{
    "id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
    "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
    "active": True, "precision": {"amount": 0.0001, "price": 0.1}, "limits": {}, "info": {},
}])


def answer(url, method="GET", headers=None, body=None):
    good, bad = [], []
    sent = json.loads(body)
    if "place" in url:
        for n, order in enumerate(sent["orderList"]):
            row = {"orderId": str(1300000000000000011 + n), "clientOid": order["clientOid"]}
            refused = {**row, "orderId": "", "errorMsg": "less than the minimum amount 5 USDT", "errorCode": "45110"}
            bad.append(refused) if float(order["size"]) < 0.001 else good.append(row)
    else:
        reason = {"errorMsg": "The request is too frequent", "errorCode": "429"}
        rows = sent.get("orderIdList") or [{"orderId": "11"}, {"orderId": "12"}]
        bad = [{"orderId": row["orderId"], "clientOid": "", **reason} for row in rows]
    return {"code": "00000", "msg": "success", "data": {"successList": good, "failureList": bad}}


exchange.fetch = answer
print("ccxt", ccxt.__version__)
order = {"symbol": "BTC/USDT:USDT", "type": "limit", "side": "buy", "price": 4000}
wanted = [("one", 0.0005), ("two", 0.1), ("three", 0.1)]
placed = exchange.create_orders([{**order, "amount": amount, "params": {"clientOrderId": name}} for name, amount in wanted])
placed = [(row["clientOrderId"], row["id"], row["status"]) for row in placed]
print("create_orders of", [name for name, _ in wanted], "returns", placed)
cancelled = exchange.cancel_orders(["11", "12"], "BTC/USDT:USDT")
print("both cancels fail; cancel_orders returns", cancelled)
everything = [(row["id"], row["status"]) for row in exchange.cancel_all_orders("BTC/USDT:USDT")]
print("both cancels fail; cancel_all_orders returns", everything)
seen = ([row[0] for row in placed], cancelled, everything)
expected = (["two", "three"], [], [("11", "rejected"), ("12", "rejected")])
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
