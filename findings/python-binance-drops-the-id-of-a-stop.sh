#!/bin/sh
# python-binance: the client order id of a stop is thrown away, so that sending it again places it twice.
#
# `futures_create_order` sends stops to Binance's service for conditional orders, which names them by `clientAlgoId`. The
# caller's `newClientOrderId` is removed, and a random id takes its place. A program that gives an order an id so that it
# may send it again after a lost answer is safe with a limit order, where the venue refuses the second, and has two stops
# here. Neither can be found or cancelled by the id it was given.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet python-binance==1.0.37
cat >"$work/show.py" <<'PYTHON'
import importlib.metadata
import json
import sys
import urllib.parse

import requests
from binance.client import Client
from binance.exceptions import BinanceAPIException

standing = {}


def venue(request, **options):
    sent = dict(urllib.parse.parse_qsl(request.body))
    named = sent.get("clientAlgoId") or sent.get("newClientOrderId")
    answer = requests.Response()
    answer.status_code = 400 if named in standing else 200
    refusal = {"code": -4116, "msg": "ClientOrderId is duplicated."}
    answer._content = json.dumps(refusal if named in standing else {"symbol": sent["symbol"]}).encode()
    standing.setdefault(named, sent["type"])
    return answer


client = Client("k", "s", ping=False)
client.session.send = venue
print("python-binance", importlib.metadata.version("python-binance"))
stands = {}
for order in (
    {"type": "LIMIT", "price": "60000", "timeInForce": "GTC", "newClientOrderId": "my-limit-1"},
    {"type": "STOP_MARKET", "stopPrice": "58000", "newClientOrderId": "my-stop-1"},
):
    standing.clear()
    for attempt in ("placed", "sent again"):
        try:
            client.futures_create_order(symbol="BTCUSDT", side="SELL", quantity="0.1", **order)
            print(order["type"], order["newClientOrderId"], attempt + ": accepted")
        except BinanceAPIException as error:
            print(order["type"], order["newClientOrderId"], attempt + ": refused,", error.message)
    stands[order["type"]] = order["newClientOrderId"] in standing, len(standing)
    print(f"  at the venue stand {len(standing)}, under the id {order['newClientOrderId']}: {stands[order['type']][0]}")
sys.exit(0 if stands == {"LIMIT": (True, 1), "STOP_MARKET": (False, 2)} else f"this has changed: {stands}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
