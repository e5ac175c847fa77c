#!/bin/sh
# ccxt, Bybit: `fetch_open_orders` without a limit returns twenty orders, however many rest.
#
# Binance answers with all orders at once, and `fetch_positions` of Bybit asks for its largest page. Open orders of Bybit
# come twenty to a page unless a limit is named, fifty at most, with a cursor to the next page: neither is made use of
# without `paginate`. A program that cancels what is listed, or places what it does not find there, leaves the rest
# standing or places it twice. Without a symbol only contracts that are settled in USDT are asked for, here and for
# positions: what is held in USDC or coin is not there, and no word of it.
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
    "id": market_id, "symbol": f"BTC/{settle}:{settle}", "base": "BTC", "quote": settle, "settle": settle, "baseId": "BTC",
    "quoteId": settle, "settleId": settle, "type": "swap", "spot": False, "margin": False, "swap": True, "future": False,
    "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1, "active": True,
    "precision": {"amount": 0.001, "price": 0.1}, "limits": {}, "info": {},
} for market_id, settle in (("BTCUSDT", "USDT"), ("BTCPERP", "USDC"))])
orders = [{
    "symbol": "BTCUSDT", "orderId": f"9f1a6e1c-5f54-4a1e-9a55-3d3a3c7a{n:04}", "orderLinkId": f"grid-{n}", "side": "Buy",
    "orderType": "Limit", "price": str(60000 - n), "qty": "0.01", "leavesQty": "0.01", "cumExecQty": "0",
    "orderStatus": "New", "timeInForce": "GTC", "reduceOnly": False, "createdTime": str(1768195413861 - n),
} for n in range(60)]
positions = [
    {"symbol": "BTCUSDT", "side": "Buy", "size": "0.1", "positionIdx": 0, "avgPrice": "60000"},
    {"symbol": "BTCPERP", "side": "Buy", "size": "0.3", "positionIdx": 0, "avgPrice": "60000"},
]


def answer(url, method="GET", headers=None, body=None):
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    print("  asked with", {key: query[key] for key in ("symbol", "settleCoin", "limit", "cursor") if key in query})
    if "position" in url:
        rows = [row for row in positions if query.get("settleCoin") == {"BTCUSDT": "USDT", "BTCPERP": "USDC"}[row["symbol"]]]
        return {"retCode": 0, "retMsg": "OK", "result": {"category": "linear", "nextPageCursor": "", "list": rows}}
    start, size = int(query.get("cursor", 0)), min(int(query.get("limit", 20)), 50)
    cursor = str(start + size) if start + size < len(orders) else ""
    page = {"category": "linear", "nextPageCursor": cursor, "list": orders[start : start + size]}
    return {"retCode": 0, "retMsg": "OK", "result": page}


exchange.fetch = answer
print("ccxt", ccxt.__version__)
print(f"{len(orders)} orders rest at Bybit")
seen = []
for limit, params in ((None, {}), (50, {}), (None, {"paginate": True})):
    rows = exchange.fetch_open_orders("BTC/USDT:USDT", limit=limit, params=params)
    print(f"fetch_open_orders with limit {limit} and {params} returns {len(rows)}")
    seen.append(len(rows))
held = [row["symbol"] for row in exchange.fetch_positions()]
print("held are", [row["symbol"] for row in positions], "and fetch_positions returns", held)
expected = ([20, 50, 60], ["BTC/USDT:USDT"])
sys.exit(0 if (seen, held) == expected else f"this has changed: {seen}, {held}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
