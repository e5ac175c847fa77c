#!/bin/sh
# hyperliquid-python-sdk: with an API wallet `market_open` opens on the account, and `market_close` does nothing at all.
#
# An API wallet signs for the account that approved it. Orders reach that account by their signature alone. The position
# to close is looked for under the address of the wallet that signs, where an API wallet never has any; `market_close` then
# returns None, without an order and without an error. Only `account_address`, which opening does not need, mends that.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet hyperliquid-python-sdk==0.24.0
cat >"$work/show.py" <<'PYTHON'
import importlib.metadata
import sys

import eth_account
from hyperliquid.api import API
from hyperliquid.exchange import Exchange

account = "0x00000000000000000000000000000000000000a1"
api_wallet = eth_account.Account.from_key("0x" + "2" * 64)  # the account has approved it to sign
position = []
orders = []


def venue(client, path, payload=None):
    if path == "/exchange":
        order = payload["action"]["orders"][0]
        orders.append(order)
        position[:] = [] if order["r"] else [{"type": "oneWay", "position": {"coin": "BTC", "szi": order["s"]}}]
        filled = {"totalSz": order["s"], "avgPx": "60000.0", "oid": 77738308}
        return {"status": "ok", "response": {"type": "order", "data": {"statuses": [{"filled": filled}]}}}
    if payload["type"] == "clearinghouseState":
        return {"assetPositions": list(position) if payload["user"] == account else []}
    return {"BTC": "60000.0"}


API.post = venue
meta, spot_meta = {"universe": [{"name": "BTC", "szDecimals": 5}]}, {"universe": [], "tokens": []}
exchange = Exchange(api_wallet, meta=meta, spot_meta=spot_meta)
print("hyperliquid-python-sdk", importlib.metadata.version("hyperliquid-python-sdk"))
print("market_open returns", exchange.market_open("BTC", True, 0.1)["response"]["data"]["statuses"])
closed = exchange.market_close("BTC")
print("market_close returns", closed)
print(len(orders), "order has reached the venue; the account holds", [row["position"] for row in position])
changed = "this has changed"
if (closed, len(orders), len(position)) != (None, 1, 1):
    sys.exit(changed)
exchange = Exchange(api_wallet, meta=meta, spot_meta=spot_meta, account_address=account)
print("with account_address it returns", exchange.market_close("BTC")["response"]["data"]["statuses"])
sys.exit(changed if position else 0)
PYTHON
"$work/venv/bin/python" "$work/show.py"
