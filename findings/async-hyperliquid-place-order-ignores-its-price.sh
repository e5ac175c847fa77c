#!/bin/sh
# async-hyperliquid: `place_order("BTC", True, 0.1, 55000)` buys at the market, at 63000.
#
# The price has to be given, and is thrown away: `is_market` is true unless said otherwise, and a market order has a limit
# 5 % beyond the middle price. With `is_market=False` it is still no order that rests: its time in force is IOC unless an
# `order_type` is named. 0.4.8 is the last version for Python 3.11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet async-hyperliquid==0.4.8
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import sys

from async_hyperliquid import AsyncHyperliquid
from async_hyperliquid.async_api import AsyncAPI

sent = []


async def venue(self, payload=None):
    if "action" in payload:
        sent.append(payload["action"]["orders"][0])
        statuses = [{"resting": {"oid": 77738308}}]
        return {"status": "ok", "response": {"type": "order", "data": {"statuses": statuses}}}
    return {
        "meta": {"universe": [{"name": "BTC", "szDecimals": 5, "maxLeverage": 40}]},
        "spotMeta": {"universe": [], "tokens": []},
        "perpDexs": [None],
        "allMids": {"BTC": "60000.0"},
    }[payload["type"]]


async def main():
    AsyncAPI.post = venue
    client = AsyncHyperliquid("0x" + "1" * 40, "0x" + "2" * 64)
    for options in ({}, {"is_market": False}):
        await client.place_order("BTC", True, 0.1, 55000, **options)
        order = sent[-1]
        print(f"the middle price is 60000; place_order at 55000 with {options} sends the price {order['p']}, {order['t']}")
    await client.close()


print("async-hyperliquid", importlib.metadata.version("async-hyperliquid"))
asyncio.run(main())
seen = [(order["p"], order["t"]["limit"]["tif"]) for order in sent]
sys.exit(0 if seen == [("63000", "Ioc"), ("55000", "Ioc")] else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
