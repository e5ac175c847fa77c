#!/bin/sh
# ccxt, Binance futures: a stop that went off and filled nothing reads as closed, as one that was filled does.
#
# A conditional order is TRIGGERED once a regular order was placed for it, and FINISHED once that is over, filled or
# cancelled. ccxt calls both "closed", its word for an order that was filled. A stop-limit that went off as the price jumped
# past its limit rests unfilled, and is cancelled at last: `fetch_order` says closed all the time, and `filled` is 0 in either
# case, for `actualQty` is not read. Who takes that for the end of the position may have it still, without a stop.
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

NOW = 1768195413950
# a stop-limit by what became of it, and how much its order has filled
BECAME = {"waits": ("NEW", ""), "went off, rests unfilled": ("TRIGGERED", "0"), "went off, cancelled unfilled": ("FINISHED", "0"),
          "went off, filled": ("FINISHED", "0.010")}  # fmt: skip
ROWS = [
    {
        "algoId": str(number), "clientAlgoId": f"stop-{number}", "algoType": "CONDITIONAL", "orderType": "STOP",
        "symbol": "BTCUSDT", "side": "SELL", "positionSide": "BOTH", "timeInForce": "GTC", "quantity": "0.010",
        "algoStatus": word, "triggerPrice": "55000.00", "price": "54990.00", "workingType": "CONTRACT_PRICE",
        "actualOrderId": "" if word == "NEW" else f"10{number}", "actualQty": filled, "reduceOnly": True,
        "closePosition": False, "priceProtect": False, "createTime": NOW, "updateTime": NOW + 1,
    }
    for number, (word, filled) in enumerate(BECAME.values(), 1)
]  # fmt: skip


def answer(url, method="GET", headers=None, body=None):
    if "/allAlgoOrders" in url:
        return ROWS
    return next(row for row in ROWS if f"algoId={row['algoId']}&" in url)


exchange = ccxt.binanceusdm({"apiKey": "k", "secret": "s"})
exchange.set_markets([{
    "id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
    "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True, "future": False,
    "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1, "active": True,
    "precision": {"amount": 0.001, "price": 0.1}, "limits": {}, "info": {},
}])  # fmt: skip
exchange.fetch = answer
print("ccxt", ccxt.__version__)
seen = {}
for row, what in zip(ROWS, BECAME, strict=True):
    order = exchange.fetch_order(row["algoId"], "BTC/USDT:USDT", {"trigger": True})
    seen[what] = order["status"], order["filled"]
    print(f"{what} ({row['algoStatus']}, actualQty {row['actualQty']!r}): status {order['status']}, filled {order['filled']}")
closed = [order["id"] for order in exchange.fetch_closed_orders("BTC/USDT:USDT", params={"trigger": True})]
print("fetch_closed_orders:", closed)
expected = dict(zip(BECAME, (("open", 0), *[("closed", 0)] * 3), strict=True))
sys.exit(0 if seen == expected and closed == ["2", "3", "4"] else f"this has changed: {seen} {closed}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
