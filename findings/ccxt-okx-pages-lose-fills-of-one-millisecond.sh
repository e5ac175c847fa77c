#!/bin/sh
# ccxt, OKX: `fetch_my_trades` with `paginate` loses fills that share a millisecond across the edge of a page.
#
# Each page is asked for with `until` one millisecond before the oldest fill of the page before it. An order that eats
# several levels of a book fills many times in one millisecond: what of them did not fit on the page is never asked for.
# Profit, fees and a position that are counted up from the fills are then wrong, and nothing says so. The same walk serves
# other calls and venues (`fetch_paginated_call_dynamic`).
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

exchange = ccxt.okx({"apiKey": "k", "secret": "s", "password": "p"})
exchange.set_markets([{
    "id": "BTC-USDT-SWAP", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
    "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 0.01,
    "active": True, "precision": {"amount": 0.01, "price": 0.1}, "limits": {}, "info": {},
}])
# 70 fills by themselves, 50 of one market order in one millisecond, 70 by themselves: newest first, as OKX lists them
times = [*range(2000, 1930, -1), *[1900] * 50, *range(1800, 1730, -1)]
fills = [{
    "instType": "SWAP", "instId": "BTC-USDT-SWAP", "tradeId": str(900 - n), "billId": str(9000 - n), "ordId": "7",
    "clOrdId": "", "fillPx": "59000", "fillSz": "1", "side": "buy", "posSide": "net", "execType": "T", "feeCcy": "USDT",
    "fee": "-0.295", "ts": str(1768195000000 + time),
} for n, time in enumerate(times)]


def answer(url, method="GET", headers=None, body=None):
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    page = [fill for fill in fills if int(fill["ts"]) <= int(query.get("end", "9" * 13))][:100]
    print(f"  asked for fills until {query.get('end', 'now')}: {len(page)} come")
    return {"code": "0", "msg": "", "data": page}


exchange.fetch = answer
print("ccxt", ccxt.__version__)
trades = exchange.fetch_my_trades("BTC/USDT:USDT", 1768195000000, None, {"paginate": True})
print(f"OKX has {len(fills)} fills, fetch_my_trades returns {len(trades)}")
sys.exit(0 if (len(fills), len(trades)) == (190, 170) else "this has changed")
PYTHON
"$work/venv/bin/python" "$work/show.py"
