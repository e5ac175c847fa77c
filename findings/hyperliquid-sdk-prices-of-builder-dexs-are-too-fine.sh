#!/bin/sh
# hyperliquid-python-sdk: a market order on a builder's dex has a price that the venue does not take.
#
# Prices of perpetuals have at most 6 decimals less the contract's `szDecimals`, those of spot 8. The SDK takes every asset
# number from 10000 on for spot; perpetuals of builders begin at 110000. Where five figures leave more decimals than are
# allowed, `market_open` and `market_close` send up to two too many, and the venue refuses ("Price must be divisible by tick
# size"). The same position closes on the venue's own dex; here it stays open, or not, by the last figures of its price.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet hyperliquid-python-sdk==0.24.0
cat >"$work/show.py" <<'PYTHON'
import importlib.metadata
import sys
from decimal import Decimal

import eth_account
from hyperliquid.api import API
from hyperliquid.exchange import Exchange

universes = {"": ["SILVER"], "xyz": ["xyz:SILVER"]}
size_decimals, middle = 4, "38.471"  # 6 - 4: prices have two decimals
sent = []


def venue(client, path, payload=None):
    if path == "/exchange":
        order = payload["action"]["orders"][0]
        sent.append((order["a"], order["p"]))
        decimals = max(0, -Decimal(order["p"]).as_tuple().exponent)
        status = {"filled": {"totalSz": order["s"], "avgPx": middle, "oid": 77738308}}
        if decimals > 6 - size_decimals:
            status = {"error": f"Price must be divisible by tick size. asset={order['a']}"}
        return {"status": "ok", "response": {"type": "order", "data": {"statuses": [status]}}}
    coins = universes[payload.get("dex", "")]
    if payload["type"] == "meta":
        return {"universe": [{"name": coin, "szDecimals": size_decimals} for coin in coins]}
    if payload["type"] == "perpDexs":
        return [None, {"name": "xyz"}]
    if payload["type"] == "clearinghouseState":
        return {"assetPositions": [{"type": "oneWay", "position": {"coin": coin, "szi": "1.0"}} for coin in coins]}
    return {coin: middle for coin in coins}


API.post = venue
wallet = eth_account.Account.from_key("0x" + "2" * 64)
exchange = Exchange(wallet, spot_meta={"universe": [], "tokens": []}, perp_dexs=["", "xyz"])
print("hyperliquid-python-sdk", importlib.metadata.version("hyperliquid-python-sdk"))
for coin in ("SILVER", "xyz:SILVER"):
    [status] = exchange.market_close(coin)["response"]["data"]["statuses"]
    print(f"market_close of {coin} at {middle}: asset {sent[-1][0]}, price {sent[-1][1]}, answered {status}")
expected = [(0, "36.55"), (110000, "36.547")]
sys.exit(0 if sent == expected else f"this has changed: {sent}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
