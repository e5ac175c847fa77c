#!/bin/sh
# ccxt: an order that timed out inside Bitget, and may stand, is `AuthenticationError`: as if the keys were wrong.
#
# Bitget's code 40010 is "Request timed out", and its pages say of it, of 40725 and of 45001 to look the order up by its client
# order id. ccxt has 40010 among the errors of keys, and the other two are `ExchangeError`, the class of what a venue refuses.
# So are 10000, "Server Timeout", and 10016, "Internal system error", of Bybit. A program that handles `NetworkError` as "not
# known", as ccxt's manual says, takes all five for refusals: it places the order once more, or stops for wrong keys while
# the order fills. The venue that has it right is OKX: 50004 is `RequestTimeout`.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet ccxt==4.5.90
cat >"$work/show.py" <<'PYTHON'
import json
import sys
import warnings

warnings.simplefilter("ignore")
import ccxt
import requests

market = {
    "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC", "quoteId": "USDT",
    "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True, "future": False, "option": False,
    "contract": True, "linear": True, "inverse": False, "contractSize": 1, "active": True,
    "precision": {"amount": 0.001, "price": 0.1}, "limits": {"amount": {}, "price": {}, "cost": {}, "market": {}}, "info": {},
}


# takes every order, and answers that its own machines have not told it the end of it
class Venue(requests.adapters.BaseAdapter):
    def __init__(self, status, answer):
        super().__init__()
        self.status, self.raw, self.placed = status, json.dumps(answer).encode(), 0

    def send(self, request, **options):
        self.placed += 1
        answer = requests.Response()
        answer.status_code, answer._content, answer.url, answer.request = self.status, self.raw, request.url, request
        answer.headers["Content-Type"] = "application/json"
        return answer

    def close(self):
        pass


def placed(name, market_id, status, code, message):
    exchange = getattr(ccxt, name)({
        "apiKey": "k", "secret": "s", "password": "p",
        "options": {"uta": False, "enableUnifiedMargin": False, "enableUnifiedAccount": True},
    })
    exchange.set_markets([{**market, "id": market_id}])
    key, text = ("retCode", "retMsg") if name == "bybit" else ("code", "msg")
    venue = Venue(status, {key: code, text: message, "data": [], "result": {}})
    exchange.session.mount("https://", venue)
    try:
        exchange.create_order("BTC/USDT:USDT", "limit", "buy", 0.1, 60000, {"clientOrderId": "a1"})
    except ccxt.BaseError as error:
        known = "not known" if isinstance(error, ccxt.NetworkError) else "refused"
        print(f"{name} {code}, {message[:40]}: {type(error).__name__}, {known}; orders at the venue: {venue.placed}")
        return type(error).__name__, known, venue.placed
    return None


print("ccxt", ccxt.__version__)
seen = [
    placed("bitget", "BTCUSDT", 400, "40010", "Request timed out"),
    placed("bitget", "BTCUSDT", 400, "40725", "service return an error"),
    placed("bitget", "BTCUSDT", 400, "45001", "Unknown error"),
    placed("bybit", "BTCUSDT", 200, 10000, "Server Timeout"),
    placed("bybit", "BTCUSDT", 200, 10016, "Internal system error"),
    placed("okx", "BTC-USDT-SWAP", 400, "50004", "Endpoint request timeout"),
]
expected = [("AuthenticationError", "refused", 1), *[("ExchangeError", "refused", 1)] * 4, ("RequestTimeout", "not known", 1)]
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
