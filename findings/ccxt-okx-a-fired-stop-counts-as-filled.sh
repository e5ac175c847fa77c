#!/bin/sh
# ccxt: a stop order of OKX that has fired is "closed" and filled, while what it placed rests in the book, or was cancelled.
#
# OKX keeps a trigger order apart from the order that it places: `state` of the first is "effective" as soon as the second is
# sent, and its own `actualSz` counts nothing of it. ccxt makes "closed" of that word, and of "closed" without a filled amount
# "all of it", at the limit's price: a sell stop with a limit that the price has leapt over stands in the book, and a program
# that asks for its stop is told 1 of 1 filled, 579 USDT, and takes itself for flat. The order's own id is in `info` alone. At
# Bybit the same order keeps its id, and says "open", 0 filled.
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


def market(market_id, size):
    return {
        "id": market_id, "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
        "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True, "future": False,
        "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": size, "active": True,
        "precision": {"amount": 0.001, "price": 0.1}, "limits": {}, "info": {},
    }


# a sell stop at 58000 with a limit of 57900 has fired at 57000, as the venues' pages show it: what it placed rests, unfilled
okx = {
    "algoId": "681096944655273984", "algoClOrdId": "", "instType": "SWAP", "instId": "BTC-USDT-SWAP", "side": "sell",
    "posSide": "net", "sz": "1", "ordType": "trigger", "state": "effective", "triggerPx": "58000", "triggerPxType": "last",
    "ordPx": "57900", "tdMode": "cross", "actualPx": "", "actualSz": "0", "actualSide": "", "ordId": "680800019749904390",
    "ordIdList": ["680800019749904390"], "reduceOnly": "true", "lever": "10", "cTime": "1768195413861",
    "uTime": "1768195500000", "triggerTime": "1768195500000", "failCode": "", "last": "57000", "tag": "",
}
placed = {
    "instType": "SWAP", "instId": "BTC-USDT-SWAP", "ordId": "680800019749904390", "clOrdId": "", "algoId": "681096944655273984",
    "side": "sell", "posSide": "net", "sz": "1", "px": "57900", "ordType": "limit", "state": "live", "tdMode": "cross",
    "accFillSz": "0", "avgPx": "", "fee": "0", "feeCcy": "USDT", "reduceOnly": "true", "lever": "10", "cTime": "1768195500000",
    "uTime": "1768195500000",
}
bybit = {
    "orderId": "5a", "orderLinkId": "", "symbol": "BTCUSDT", "side": "Sell", "positionIdx": 0, "orderType": "Limit",
    "price": "57900", "qty": "0.01", "orderStatus": "New", "stopOrderType": "Stop", "triggerPrice": "58000", "triggerDirection": 2, "avgPrice": "",
    "leavesQty": "0.01", "cumExecQty": "0", "cumExecValue": "0", "cumExecFee": "0", "timeInForce": "GTC", "reduceOnly": True,
    "createdTime": "1768195413861", "updatedTime": "1768195500000",
}


def asked(name, listed, answers, order_id, **params):
    exchange = getattr(ccxt, name)({
        "apiKey": "k", "secret": "s", "password": "p", "options": {"enableUnifiedMargin": False, "enableUnifiedAccount": True},
    })
    exchange.set_markets([listed])
    exchange.fetch = lambda url, *request: next(answer for path, answer in answers.items() if path in url)
    order = exchange.fetch_order(order_id, "BTC/USDT:USDT", params)
    told = [order[key] for key in ("status", "filled", "remaining", "cost", "average")]
    print(f"{name}, {params}: {dict(zip(('status', 'filled', 'remaining', 'cost', 'average'), told))}")
    return told


print("ccxt", ccxt.__version__)
pages = {"order-algo": {"code": "0", "msg": "", "data": [okx]}, "trade/order": {"code": "0", "msg": "", "data": [placed]}}
page = {"/order/": {"retCode": 0, "retMsg": "OK", "result": {"list": [bybit], "category": "linear", "nextPageCursor": ""}}}
seen = [
    asked("okx", market("BTC-USDT-SWAP", 0.01), pages, "681096944655273984", trigger=True),
    asked("okx", market("BTC-USDT-SWAP", 0.01), pages, "680800019749904390"),
    asked("bybit", market("BTCUSDT", 1), page, "5a", acknowledged=True),
]
expected = [["closed", 1.0, 0.0, 579.0, None], ["open", 0.0, 1.0, 0.0, None], ["open", 0.0, 0.01, 0.0, None]]
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
