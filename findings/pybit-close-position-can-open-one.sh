#!/bin/sh
# pybit, Bybit: `Helpers.close_position` can open a position on the other side.
#
# It reads the position and sends a market order of its size, without `reduceOnly`. Where a stop, a liquidation or another
# program closes the position between the reading and the order, the "close" of 1 coin long is a new position of 1 coin
# short, with no stop of its own, and the answer says that all went well.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pybit==5.17.0
cat >"$work/show.py" <<'PYTHON'
import importlib.metadata
import json
import sys
from decimal import Decimal

import requests
from pybit.helpers import Helpers
from pybit.unified_trading import HTTP

position = Decimal(1)  # long, in one-way mode
orders = []


def venue(request, **options):
    global position
    if request.method == "GET":
        side = "Buy" if position > 0 else "Sell"
        row = {"symbol": "BTCUSDT", "side": side, "size": str(abs(position)), "positionIdx": 0}
        result = {"category": "linear", "list": [row], "nextPageCursor": ""}
        position = Decimal(0)
        print("pybit has read", row["side"], row["size"], "- and now the stop at the venue closes that position")
    else:
        order = json.loads(request.body)
        orders.append(order)
        room = abs(position) if order.get("reduceOnly") else Decimal(order["qty"])
        done = min(room, Decimal(order["qty"]))
        position += done if order["side"] == "Buy" else -done
        result = {"orderId": "9f1a6e1c-5f54-4a1e-9a55-3d3a3c7a0004", "orderLinkId": ""}
    answer = requests.Response()
    answer.status_code = 200
    answer._content = json.dumps({"retCode": 0, "retMsg": "OK", "result": result}).encode()
    return answer


session = HTTP(api_key="k", api_secret="s")
session.client.send = venue
print("pybit", importlib.metadata.version("pybit"))
answers = Helpers(session).close_position(category="linear", symbol="BTCUSDT")
print("close_position sends", orders[0])
print("it returns", answers[0]["retMsg"], "and the position is", position)
sys.exit(0 if (answers[0]["retMsg"], position) == ("OK", -1) else "this has changed")
PYTHON
"$work/venv/bin/python" "$work/show.py"
