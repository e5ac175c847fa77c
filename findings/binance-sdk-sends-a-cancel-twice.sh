#!/bin/sh
# Binance's own SDK for Python: a cancel that worked is reported as "Unknown order sent".
#
# Every DELETE that is answered with 5xx is sent again, up to three times and without a word, although a 5xx may come
# after the work was done. The second cancel finds nothing to cancel, and its refusal (-2011) is all that the program gets
# to see. A program that takes it for "it was filled" goes on with a position that it does not have.
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
from binance_common.errors import BadRequestError
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import DerivativesTradingUsdsFutures

resting = {"22542179"}
sent = []


def venue(session, request, **options):
    answer = requests.Response()
    answer.headers["Content-Type"] = "application/json"
    if resting:
        resting.clear()
        text = "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
        answer.status_code, body = 504, {"code": -1007, "msg": text}
    else:
        answer.status_code, body = 400, {"code": -2011, "msg": "Unknown order sent."}
    answer._content = json.dumps(body).encode()
    answer.request, answer.url = request, request.url
    sent.append((request.method, answer.status_code))
    print(f"{request.method} of the order is answered {answer.status_code} {body}; resting at the venue: {resting or 'nothing'}")
    return answer


requests.Session.send = venue
client = DerivativesTradingUsdsFutures(config_rest_api=ConfigurationRestAPI(api_key="k", api_secret="s"))
for package in ("binance-sdk-derivatives-trading-usds-futures", "binance-common"):
    print(package, importlib.metadata.version(package))
told = None
try:
    client.rest_api.cancel_order(symbol="BTCUSDT", order_id=22542179)
except BadRequestError as error:
    told = str(error)
    print("cancel_order raises", type(error).__name__, error)
seen = (sent, told)
expected = ([("DELETE", 504), ("DELETE", 400)], "(-2011, 'Unknown order sent.')")
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
