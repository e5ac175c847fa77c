#!/bin/sh
# ccxt: a leverage of 2.9 is told as 2 by `fetch_leverage` of Bybit and OKX, and Bybit's short side has that of the long one.
#
# Both venues set leverage in hundredths. `fetch_leverage` makes a whole number of it by cutting off, so that 1.99 is 1: who works out
# from it what an order binds, or how far its liquidation is, errs by up to a half, and who compares it with what was set
# sets it again and again. `fetch_positions` has the fraction. In Bybit's hedge mode the call reads one position and tells
# its leverage for both sides: a short of 25 beside a long of 2.9 has 2.
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


def bybit(long, short):
    row = {
        "symbol": "BTCUSDT", "size": "1", "avgPrice": "60000", "markPrice": "60000", "positionValue": "60000", "liqPrice": "",
        "positionIM": "6000", "positionMM": "300", "unrealisedPnl": "0", "createdTime": "1768195413861", "updatedTime": "1768195413861",
    }
    rows = [{**row, "side": "Buy", "positionIdx": 1, "leverage": long}, {**row, "side": "Sell", "positionIdx": 2, "leverage": short}]
    rows = rows if short else [{**rows[0], "positionIdx": 0}]
    return {"retCode": 0, "result": {"category": "linear", "nextPageCursor": "", "list": rows}}


def okx(long, short):
    sides = (("long", long), ("short", short)) if short else (("net", long),)
    row = {"instId": "BTC-USDT-SWAP", "mgnMode": "isolated"}
    return {"code": "0", "data": [{**row, "posSide": side, "lever": lever} for side, lever in sides]}


def told(venue, long, short):
    options = {"enableUnifiedAccount": True, "unifiedMarginStatus": 6}
    exchange = getattr(ccxt, venue)({"apiKey": "k", "secret": "s", "password": "p", "options": options})
    exchange.set_markets([{
        "id": "BTC-USDT-SWAP" if venue == "okx" else "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT",
        "baseId": "BTC", "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
        "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 0.01 if venue == "okx" else 1,
        "active": True,
        "precision": {"amount": 0.001, "price": 0.1}, "limits": {}, "taker": 0.0006, "info": {},
    }])
    exchange.fetch = lambda *request: {"bybit": bybit, "okx": okx}[venue](long, short)
    leverage = exchange.fetch_leverage("BTC/USDT:USDT", {"marginMode": "isolated"} if venue == "okx" else {})
    seen = leverage["longLeverage"], leverage["shortLeverage"]
    print(f"  {venue}, {f'long {long}, short {short}' if short else long}: long {seen[0]}, short {seen[1]}")
    return seen


print("ccxt", ccxt.__version__)
seen = [told("bybit", "2.9", None), told("okx", "2.9", None), told("okx", "1.99", "12.5"), told("bybit", "2.9", "25")]
sys.exit(0 if seen == [(2, 2), (2, 2), (1, 12), (2, 2)] else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
