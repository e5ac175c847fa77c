#!/bin/sh
# pybotters, Hyperliquid: after a cut of the line every fill is in the store twice.
#
# Hyperliquid begins each subscription to `userFills` with what was filled before, marked `isSnapshot`. The client connects
# and subscribes again by itself, and the store adds what comes: it looks neither at the mark nor at the fill's number
# `tid`. Who counts a position, profit or fees up from the store has them doubled by each cut. Funding payments too.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pybotters==1.11.2
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import sys
from decimal import Decimal

import aiohttp.web
import pybotters

user = "0x" + "1" * 40
fill = {
    "coin": "BTC", "px": "60000.0", "sz": "0.1", "side": "B", "time": 1768195414100, "startPosition": "0.0",
    "dir": "Open Long", "closedPnl": "0.0", "hash": "0x" + "5d" * 32, "oid": 77747314, "crossed": True, "fee": "2.7",
    "tid": 118906512037719, "feeToken": "USDC",
}
funding = {"time": 1768176000000, "coin": "BTC", "usdc": "-0.6", "szi": "0.1", "fundingRate": "0.0001"}
connections = []


async def venue(request):
    socket = aiohttp.web.WebSocketResponse()
    await socket.prepare(request)
    connections.append(socket)
    async for message in socket:
        channel = message.json()["subscription"]["type"]
        rows = {"userFills": {"fills": [fill]}, "userFundings": {"fundings": [funding]}}[channel]
        await socket.send_json({"channel": channel, "data": {"isSnapshot": True, "user": user, **rows}})
    return socket


def held(store):
    bought = sum(Decimal(row["sz"]) for row in store.user_fills.find())
    paid = sum(Decimal(row["usdc"]) for row in store.user_fundings.find())
    print(f"the store has bought {bought} BTC in {len(store.user_fills.find())} fills, and {paid} USDC of funding")
    return bought, paid


async def main():
    app = aiohttp.web.Application()
    app.router.add_get("/ws", venue)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    store = pybotters.HyperliquidDataStore()
    topics = [{"type": name, "user": user} for name in ("userFills", "userFundings")]
    async with pybotters.Client() as client:
        line = await client.ws_connect(
            f"ws://127.0.0.1:{runner.addresses[0][1]}/ws",
            send_json=[{"method": "subscribe", "subscription": topic} for topic in topics],
            hdlr_json=store.onmessage,
        )
        await asyncio.sleep(0.5)
        before = held(store)
        await connections[0].close()
        print("the line is cut, and comes back")
        await asyncio.sleep(2)
        after = held(store)
        line._task.cancel()
    await runner.cleanup()
    return before, after, len(connections)


print("pybotters", importlib.metadata.version("pybotters"))
seen = asyncio.run(main())
expected = ((Decimal("0.1"), Decimal("-0.6")), (Decimal("0.2"), Decimal("-1.2")), 2)
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
