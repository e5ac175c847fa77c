#!/bin/sh
# ccxt: the fee of a trade at Bybit is without the tax that was paid beside it, 18 % more for users in India.
#
# Bybit tells GST and VAT in `extraFees` of a fill, a list or its JSON as text, and `execFee` is without them. ccxt reads
# `execFee` alone, so that what it adds up is not what the position's realized profit says was paid.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet ccxt==4.5.90
cat >"$work/show.py" <<'PYTHON'
import sys
import warnings
from decimal import Decimal

warnings.simplefilter("ignore")
import ccxt

MARKET = {
    "id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
    "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
    "active": True, "precision": {"amount": 0.001, "price": 0.1}, "limits": {}, "info": {},
}
# what Bybit pushed of a fill of 46.604 USDT to a user in India; the position of it had realized -0.03024599
GST = '[{"feeCoin":"USDT","feeType":"GST","subFeeType":"IND_GST","feeRate":"0.000099","fee":"0.004613796"}]'
FILL = {
    "symbol": "BTCUSDT", "orderId": "1", "execId": "2", "execType": "Trade", "side": "Buy", "execPrice": "46604",
    "execQty": "0.001", "execValue": "46.604", "execFee": "0.0256322", "feeRate": "0.00055", "feeCurrency": "USDT",
    "isMaker": False, "orderType": "Market", "execTime": "1768176000000", "extraFees": GST,
}
LOST = Decimal("0.03024599")

exchange = ccxt.bybit({"apiKey": "k", "secret": "s", "options": {"enableUnifiedMargin": True, "enableUnifiedAccount": True}})
exchange.set_markets([MARKET])
exchange.fetch = lambda *args, **kwargs: {"retCode": 0, "retMsg": "OK", "result": {"list": [FILL], "nextPageCursor": ""}}
[trade] = exchange.fetch_my_trades("BTC/USDT:USDT")
told = sum(Decimal(str(fee["cost"])) for fee in trade["fees"])
print("ccxt", ccxt.__version__)
print("the position lost", LOST, "by fee and tax; the trade's fees are", trade["fees"])
sys.exit(0 if told == Decimal("0.0256322") else f"this has changed: {trade['fees']}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
