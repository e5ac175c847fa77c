#!/bin/sh
# ccxt: 0.4 of 1 filled, the rest cancelled: `remaining` is 0.6 at OKX, Binance, Bitget, and 0 at Bybit, as if nothing were left.
#
# `remaining` is what is left of the amount, and ccxt's manual says amount = filled + remaining. At Bybit it is the venue's
# `leavesQty`, what still works in the book, which is 0 once an order is cancelled. A program that sends again what remains of
# an order that it cancelled (to follow the price, or at market after a time) sends nothing at Bybit, and is left with 0.4 of
# the position that it wants; one that counts what it holds as amount less remaining holds 1.
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

# one order, cancelled in part, as the venues' pages show it
binance = {
    "orderId": 1, "clientOrderId": "a", "symbol": "BTCUSDT", "status": "CANCELED", "side": "BUY", "positionSide": "BOTH",
    "type": "LIMIT", "origType": "LIMIT", "timeInForce": "GTC", "price": "59000", "avgPrice": "59000", "stopPrice": "0",
    "origQty": "1", "executedQty": "0.4", "cumQuote": "23600", "reduceOnly": False, "closePosition": False,
    "time": 1768195413861, "updateTime": 1768195420004,
}
okx = {
    "instType": "SWAP", "instId": "BTC-USDT-SWAP", "ordId": "1", "clOrdId": "a", "side": "buy", "posSide": "net", "sz": "1",
    "px": "59000", "ordType": "limit", "state": "canceled", "tdMode": "cross", "accFillSz": "0.4", "avgPx": "59000", "fee": "-1",
    "feeCcy": "USDT", "reduceOnly": "false", "lever": "10", "cTime": "1768195413861", "uTime": "1768195420004",
}
bitget = {
    "orderId": "1", "clientOid": "a", "symbol": "BTCUSDT", "side": "buy", "posSide": "long", "size": "1", "price": "59000",
    "orderType": "limit", "force": "gtc", "state": "canceled", "baseVolume": "0.4", "quoteVolume": "23600", "priceAvg": "59000",
    "fee": "-1", "marginCoin": "USDT", "marginMode": "crossed", "reduceOnly": "NO", "tradeSide": "open", "posMode": "hedge_mode",
    "leverage": "10", "cTime": "1768195413861", "uTime": "1768195420004",
}
bybit = {
    "orderId": "1", "orderLinkId": "a", "symbol": "BTCUSDT", "side": "Buy", "positionIdx": 0, "orderType": "Limit",
    "price": "59000", "qty": "1", "orderStatus": "Cancelled", "cancelType": "CancelByUser", "stopOrderType": "",
    "triggerPrice": "", "avgPrice": "59000", "leavesQty": "0", "leavesValue": "0", "cumExecQty": "0.4", "cumExecValue": "23600",
    "cumExecFee": "1", "timeInForce": "GTC", "reduceOnly": False, "createdTime": "1768195413861", "updatedTime": "1768195420004",
}


def asked(name, market_id, answer, **params):
    exchange = getattr(ccxt, name)({
        "apiKey": "k", "secret": "s", "password": "p",
        "options": {"uta": False, "enableUnifiedMargin": False, "enableUnifiedAccount": True},
    })
    exchange.set_markets([{
        "id": market_id, "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
        "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True, "future": False,
        "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1, "active": True,
        "precision": {"amount": 0.001, "price": 0.1}, "limits": {}, "info": {},
    }])
    exchange.fetch = lambda *request: answer
    order = exchange.fetch_order("1", "BTC/USDT:USDT", params)
    told = [order[key] for key in ("status", "amount", "filled", "remaining")]
    print(f"{name}: {told[0]}, amount {told[1]}, filled {told[2]}, remaining {told[3]}")
    return told


print("ccxt", ccxt.__version__)
page = {"retCode": 0, "retMsg": "OK", "result": {"list": [bybit], "category": "linear", "nextPageCursor": ""}}
seen = [
    asked("binance", "BTCUSDT", binance),
    asked("okx", "BTC-USDT-SWAP", {"code": "0", "msg": "", "data": [okx]}),
    asked("bitget", "BTCUSDT", {"code": "00000", "msg": "success", "data": bitget}),
    asked("bybit", "BTCUSDT", page, acknowledged=True),
]
expected = [*[["canceled", 1.0, 0.4, 0.6]] * 3, ["canceled", 1.0, 0.4, 0.0]]
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
