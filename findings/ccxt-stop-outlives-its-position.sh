#!/bin/sh
# ccxt: a stop by `stopLossPrice` can only reduce at Bybit and Bitget, and opens a position at Binance, OKX and Hyperliquid.
#
# ccxt's manual calls it the order that closes a position at a loss. At Bybit it is sent with `reduceOnly`, and Bitget's is
# bound to the position. At Binance, OKX (in one-way mode) and Hyperliquid the same call is a plain order to sell, once the
# price is there. Where the position was closed in the meantime, by hand or by its target, the stop stays at the venue and
# opens one on the other side. `cancel_all_orders` leaves it there at Binance: stops need a second call, with `trigger`.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet ccxt==4.5.90
cat >"$work/show.py" <<'PYTHON'
import json
import sys
import urllib.parse
import warnings

warnings.simplefilter("ignore")
import ccxt

sent = []


def venue(url, method="GET", headers=None, body=None):
    if '"userAbstraction"' in (body or ""):
        return "default"
    path, _, query = url.partition("?")
    asked = json.loads(body) if body and body[0] in "[{" else dict(urllib.parse.parse_qsl(body or query))
    asked = asked[0] if isinstance(asked, list) else asked.get("action", asked)
    sent.append((method, urllib.parse.urlsplit(path).path, asked["orders"][0] if "orders" in asked else asked))
    if method == "DELETE":
        return {"code": 200, "msg": "The operation of cancel all open order is done."}
    statuses = {"type": "order", "data": {"statuses": [{"resting": {"oid": 1}}]}}
    data = [{"algoId": "1", "sCode": "0", "sMsg": ""}] if "okx" in url else {"orderId": "1"}
    return {
        "code": "00000" if "bitget" in url else "0", "data": data, "retCode": 0, "result": {"orderId": "1"},
        "status": "ok", "response": statuses, "algoId": 1,
    }


keys = {
    "apiKey": "k", "secret": "s", "password": "p", "walletAddress": "0x" + "1" * 40, "privateKey": "0x" + "2" * 64,
}
options = {
    "builderFee": False, "approvedBuilderFee": True, "refSet": True, "enableUnifiedMargin": True,
    "enableUnifiedAccount": True, "unifiedMarginStatus": 6, "uta": False,
}
print("ccxt", ccxt.__version__)
seen = {}
for name in ("bybit", "bitget", "binanceusdm", "okx", "hyperliquid"):
    exchange = getattr(ccxt, name)({**keys, "options": options})
    quote = "USDC" if name == "hyperliquid" else "USDT"
    symbol = f"BTC/{quote}:{quote}"
    exchange.set_markets([{
        "id": "BTC-USDT-SWAP" if name == "okx" else "BTCUSDT", "symbol": symbol, "base": "BTC", "quote": quote,
        "settle": quote, "baseId": "0", "quoteId": quote, "settleId": quote, "type": "swap", "spot": False, "margin": False,
        "swap": True, "future": False, "option": False, "contract": True, "linear": True, "inverse": False,
        "contractSize": 1, "active": True, "precision": {"amount": 0.001, "price": 0.1}, "limits": {},
        "info": {"orderTypes": ["MARKET", "STOP_MARKET"]},
    }])
    exchange.fetch = venue
    price = 58000 if name == "hyperliquid" else None  # Hyperliquid's market orders need one
    exchange.create_order(symbol, "market", "sell", 0.1, price, {"stopLossPrice": 58000})
    asked = sent[-1][2]
    kept = ("triggerPrice", "slTriggerPx", "t", "planType", "reduceOnly", "r", "closePosition")
    said = {word: asked[word] for word in kept if word in asked}
    print(f"{name}: {said}")
    seen[name] = said.get("reduceOnly") is True or said.get("r") is True or said.get("planType") == "pos_loss"
    if name == "binanceusdm":
        placed = sent[-1][:2]
        exchange.cancel_all_orders(symbol)
        print(f"{name}: the stop was sent by {' '.join(placed)}, cancel_all_orders sends {' '.join(sent[-1][:2])} alone")
        seen["cancelled at"] = sent[-1][1]
print("can only reduce:", seen)
expected = {
    "bybit": True, "bitget": True, "binanceusdm": False, "cancelled at": "/fapi/v1/allOpenOrders", "okx": False,
    "hyperliquid": False,
}
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
