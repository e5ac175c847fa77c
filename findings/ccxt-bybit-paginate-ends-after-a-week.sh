#!/bin/sh
# ccxt, Bybit: `fetch_my_trades` of the last month with `paginate` returns the first week of it.
#
# Bybit answers at most seven days at a time: asked with a start alone it lists the week from there, and its cursor ends
# with that week. ccxt follows the cursor and takes its end for the end of all. A month's profit, fees or tax come out of
# one week of trades, and nothing says that three are missing. Orders, funding and liquidations are walked in the same way.
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

exchange = ccxt.bybit({"apiKey": "k", "secret": "s"})
exchange.set_markets([{
    "id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
    "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
    "active": True, "precision": {"amount": 0.001, "price": 0.1}, "limits": {}, "info": {},
}])
day = 24 * 60 * 60 * 1000
start = 1765756800000
executions = [{
    "category": "linear", "symbol": "BTCUSDT", "execId": f"e0cbe81d-0f18-5866-9415-cf319b5d{number:04}", "side": "Buy",
    "orderId": f"9f1a6e1c-5f54-4a1e-9a55-3d3a3c7a{number:04}", "orderLinkId": "", "execType": "Trade",
    "execPrice": "60000", "execQty": "1", "execValue": "60000", "execFee": "33", "feeRate": "0.00055",
    "feeCurrency": "", "isMaker": False, "execTime": str(start + number * day), "orderType": "Market",
} for number in range(30)]


def answer(url, method="GET", headers=None, body=None):
    """Lists as Bybit documents it: newest first, two on a page here, a week at most."""
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    since = int(query["startTime"])
    until = min(int(query.get("endTime", since + 7 * day)), since + 7 * day)
    rows = [row for row in reversed(executions) if since <= int(row["execTime"]) < until]
    first = int(query.get("cursor", 0))
    cursor = str(first + 2) if first + 2 < len(rows) else ""
    asked.append((since - start) // day)
    return {"retCode": 0, "retMsg": "OK", "result": {"list": rows[first : first + 2], "nextPageCursor": cursor}}


asked = []
exchange.fetch = answer
print("ccxt", ccxt.__version__)
trades = exchange.fetch_my_trades("BTC/USDT:USDT", start, None, {"paginate": True})
days = sorted((trade["timestamp"] - start) // day for trade in trades)
print(f"asked {len(asked)} times, always from day {sorted(set(asked))} on")
print(f"Bybit has {len(executions)} trades, one a day; fetch_my_trades returns those of the days {days}")
sys.exit(0 if days == list(range(7)) else "this has changed")
PYTHON
"$work/venv/bin/python" "$work/show.py"
