#!/bin/sh
# Binance's own SDK for Python: an order that may stand and an order that surely does not are told in the same words.
#
# Binance answers 503 for several reasons, and only the text of the answer tells them apart: after "Unknown error" the
# order may have been executed, after "Service Unavailable" and after a throttled request it was not. The SDK drops the
# text of every 5xx: all three are `ServerError` with nothing but "Server error: 503". Who places again on it may hold
# two positions, and who does not may hold none.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet binance-sdk-derivatives-trading-usds-futures==18.1.0 binance-common==4.7.0
cat >"$work/show.py" <<'PYTHON'
import importlib.metadata
import json
import sys

import requests
from binance_common.configuration import ConfigurationRestAPI
from binance_common.errors import ServerError
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import DerivativesTradingUsdsFutures

answers = (
    ("the order may stand", -1000, "Unknown error, please check your request or try again later."),
    ("the order does not stand", -1000, "Service Unavailable."),
    ("the order does not stand", -1008, "Request throttled by system-level protection."),
)
sent = []


def venue(session, request, **options):
    sent.append(request.method)
    answer = requests.Response()
    answer.status_code = 503
    answer.headers["Content-Type"] = "application/json"
    answer._content = json.dumps(dict(zip(("code", "msg"), answers[len(sent) - 1][1:], strict=True))).encode()
    answer.request, answer.url = request, request.url
    return answer


requests.Session.send = venue
client = DerivativesTradingUsdsFutures(config_rest_api=ConfigurationRestAPI(api_key="k", api_secret="s"))
for package in ("binance-sdk-derivatives-trading-usds-futures", "binance-common"):
    print(package, importlib.metadata.version(package))
told = []
for meaning, code, text in answers:
    try:
        client.rest_api.new_order(symbol="BTCUSDT", side="SELL", type="MARKET", quantity=0.1)
    except ServerError as error:
        told.append(vars(error))
        print(f"{meaning}: the venue says {code} {text!r}, the SDK says {error}")
same = told == [{"error_message": "Server error: 503", "status_code": 503}] * 3
sys.exit(0 if same else f"this has changed: {told}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
