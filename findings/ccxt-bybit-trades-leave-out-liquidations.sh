#!/bin/sh
# ccxt, Bybit: `fetch_my_trades` leaves out the fills by which a position was liquidated or deleveraged.
#
# Bybit lists them among the executions, with `execType` `BustTrade` and `AdlTrade`. ccxt asks for `Trade` alone. Who counts
# a position, a profit or the fees up from the trades still holds what the venue took away, and misses the loss. They come
# only to who asks for them by name, one call for each: `fetch_my_trades(symbol, params={"execType": "BustTrade"})`.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet ccxt==4.5.90
cat >"$work/show.py" <<'PYTHON'
import sys
import urllib.parse
import warnings

warnings.simplefilter("ignore")
import ccxt

exchange = ccxt.bybit({"apiKey": "k", "secret": "s", "options": {"unifiedMarginStatus": 5}})
exchange.set_markets([{
    "id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
    "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
    "active": True, "precision": {"amount": 0.001, "price": 0.1}, "limits": {}, "info": {},
}])


def execution(number, kind, side, quantity, price, fee):
    return {
        "category": "linear", "symbol": "BTCUSDT", "execId": f"e0cbe81d-0f18-5866-9415-cf319b5d000{number}",
        "orderId": f"9f1a6e1c-5f54-4a1e-9a55-3d3a3c7a000{number}", "orderLinkId": "", "side": side, "execType": kind,
        "execPrice": price, "execQty": quantity, "execValue": "0", "execFee": fee, "feeRate": "0.00055",
        "feeCurrency": "", "isMaker": False, "execTime": str(1768195413861 + number), "orderType": "Market",
    }


executions = [execution(1, "Trade", "Buy", "1", "60000", "33"), execution(2, "BustTrade", "Sell", "1", "54500", "30")]


def answer(url, method="GET", headers=None, body=None):
    wanted = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query).get("execType")
    rows = [row for row in executions if wanted is None or row["execType"] in wanted]
    print("  asked for execType", wanted)
    return {"retCode": 0, "retMsg": "OK", "result": {"category": "linear", "nextPageCursor": "", "list": rows}}


exchange.fetch = answer
print("ccxt", ccxt.__version__)
print("Bybit has", [(row["execType"], row["side"], row["execQty"], row["execPrice"]) for row in executions])
trades = exchange.fetch_my_trades("BTC/USDT:USDT")
held = sum(trade["amount"] if trade["side"] == "buy" else -trade["amount"] for trade in trades)
print("fetch_my_trades returns", [(trade["side"], trade["amount"], trade["price"]) for trade in trades], "which holds", held)
named = exchange.fetch_my_trades("BTC/USDT:USDT", params={"execType": "BustTrade"})
print("asked for by name:", [(trade["side"], trade["amount"], trade["price"]) for trade in named])
sys.exit(0 if (held, len(named)) == (1.0, 1) else "this has changed")
PYTHON
"$work/venv/bin/python" "$work/show.py"
