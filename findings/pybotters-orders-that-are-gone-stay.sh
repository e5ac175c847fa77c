#!/bin/sh
# pybotters: orders that are gone stay in the store among those that rest.
#
# Binance: an order that is taken out because it would trade with another one of the same account ends as
# `EXPIRED_IN_MATCH`. The store knows four words for an end, and that is not one of them: the order rests for ever.
# OKX: `initialize` with the list of resting orders adds what it names and takes away nothing. After a cut of the line an
# order that was filled or cancelled meanwhile rests on, however often the list is read. (At Binance the list replaces what
# was there.) A program that waits for its order to leave the store before it places the next waits for ever.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pybotters==1.11.2
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import sys

import pybotters
from yarl import URL

print("pybotters", importlib.metadata.version("pybotters"))

binance = pybotters.BinanceUSDSMDataStore()
for status in ("NEW", "EXPIRED_IN_MATCH"):
    order = {"s": "BTCUSDT", "c": "one", "S": "BUY", "o": "LIMIT", "q": "1", "p": "60000", "z": "0", "X": status, "i": 22542179}
    binance.onmessage({"e": "ORDER_TRADE_UPDATE", "E": 1768195413861, "T": 1768195413861, "o": order}, None)
    print("Binance pushes", status + ": the store holds", [(row["i"], row["X"]) for row in binance.order.find()])
at_binance = len(binance.order.find())


class Answer:
    url = URL("/api/v5/trade/orders-pending")

    def __init__(self, *orders):
        self.orders = orders

    async def json(self):
        return {"code": "0", "msg": "", "data": list(self.orders)}


async def read(*orders):
    return Answer(*orders)


async def main():
    okx = pybotters.OKXDataStore()
    order = {"instId": "BTC-USDT-SWAP", "ordId": "680800019749904385", "sz": "1", "px": "59000", "state": "live"}
    await okx.initialize(read(order))
    print("OKX lists an order: the store holds", [row["ordId"] for row in okx.orders.find()])
    await okx.initialize(read())
    print("OKX lists none any more: the store holds", [row["ordId"] for row in okx.orders.find()])
    return len(okx.orders.find())


seen = (at_binance, asyncio.run(main()))
sys.exit(0 if seen == (1, 1) else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
