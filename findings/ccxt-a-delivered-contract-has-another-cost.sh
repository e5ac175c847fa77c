#!/bin/sh
# ccxt: the day after a contract is delivered its fills have another `cost`: 600000 where it was 6000 the day before.
#
# `cost` is price times amount times the size of a contract, which is read from `markets`. A delivered contract is in no venue's
# list any more: its fills come with the venue's own id for a symbol, and with a `cost` as if a contract were a coin. 10
# contracts of OKX's BTC-USDT quarterly at 60000 are 6000 USDT before and 600000 after; 1000 USD of Bybit's BTC contract are
# 0.0167 BTC before, and sixty million after, their fee in no currency. Volume, turnover and taxes that are counted from the
# history of a quarter are wrong once the quarter is over. Asked for by its symbol, the contract raises `BadSymbol`.
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


def market(symbol, market_id, settle, size):
    quote = symbol.split("/")[1].split(":")[0]
    return {
        "id": market_id, "symbol": symbol, "base": "BTC", "quote": quote, "settle": settle, "baseId": "BTC", "quoteId": quote,
        "settleId": settle, "type": "future", "spot": False, "margin": False, "swap": False, "future": True, "option": False,
        "contract": True, "linear": settle == quote, "inverse": settle == "BTC", "contractSize": size, "active": True,
        "expiry": 1774598400000, "precision": {"amount": 1, "price": 0.1}, "limits": {}, "info": {},
    }


perpetual = {
    **market("BTC/USDT:USDT", "BTC-PERP", "USDT", 1), "type": "swap", "swap": True, "future": False, "expiry": None,
}


# rows of the venues' pages for fills
def okx(market_id, coin):
    return {
        "instType": "FUTURES", "instId": market_id, "tradeId": "1", "ordId": "2", "clOrdId": "", "billId": "3",
        "fillPx": "60000", "fillSz": "10", "side": "sell", "posSide": "net", "execType": "T", "feeCcy": coin, "fee": "-0.00001",
        "ts": "1768176000000",
    }


bybit = {
    "symbol": "BTCUSDH26", "execType": "Trade", "side": "Sell", "execFee": "0.0001", "feeRate": "0.0001", "execPrice": "60000",
    "execQty": "1000", "execId": "1", "execTime": "1768176000000", "orderId": "1", "isMaker": False,
}


def told(name, row, contract, **params):
    costs = []
    for listed in ([contract, perpetual], [perpetual]):  # the day before its delivery, and the day after
        exchange = getattr(ccxt, name)({
            "apiKey": "k", "secret": "s", "password": "p", "options": {"enableUnifiedMargin": False, "enableUnifiedAccount": True},
        })
        exchange.set_markets(listed)
        answer = {"code": "0", "data": [row], "retCode": 0, "result": {"list": [row], "category": "inverse", "nextPageCursor": ""}}
        exchange.fetch = lambda *request: answer
        [trade] = exchange.fetch_my_trades(params=params)
        costs.append((trade["symbol"], round(trade["cost"], 6), trade["fee"]["currency"]))
    try:
        exchange.fetch_my_trades(contract["symbol"])
    except ccxt.BadSymbol:
        costs.append("BadSymbol")
    print(f"{name}: {costs[0]}, then {costs[1]}, by its symbol {costs[2]}")
    return costs


print("ccxt", ccxt.__version__)
seen = [
    told("okx", okx("BTC-USDT-260327", "USDT"), market("BTC/USDT:USDT-260327", "BTC-USDT-260327", "USDT", 0.01)),
    told("okx", okx("BTC-USD-260327", "BTC"), market("BTC/USD:BTC-260327", "BTC-USD-260327", "BTC", 100)),
    told("bybit", bybit, market("BTC/USD:BTC-260327", "BTCUSDH26", "BTC", 1), category="inverse", subType="inverse"),
]
expected = [
    [("BTC/USDT:USDT-260327", 6000.0, "USDT"), ("BTC-USDT-260327", 600000.0, "USDT"), "BadSymbol"],
    [("BTC/USD:BTC-260327", 0.016667, "BTC"), ("BTC-USD-260327", 600000.0, "BTC"), "BadSymbol"],
    [("BTC/USD:BTC-260327", 0.016667, "BTC"), ("BTCUSDH26", 60000000.0, None), "BadSymbol"],
]
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
