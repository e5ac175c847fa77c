#!/bin/sh
# pybotters, OKX: a position that was closed while the line was down stays open in the store, for good.
#
# OKX pushes the closing of a position once. A new line begins with a snapshot of all positions that are open then, marked
# as such: what is not in it is closed. The store adds what it names and takes nothing away, and looks at no mark; a list
# that was read cannot be handed to it either. A stop that fills while the client connects again leaves a position in the
# store that the account does not have, and a program that closes it by a plain order opens one on the other side.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pybotters==1.11.2 aiohttp==3.14.5
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import sys

import aiohttp.web
import pybotters

ARG = {"channel": "positions", "instType": "SWAP"}
account = {"BTC-USDT-SWAP": "1", "ETH-USDT-SWAP": "3"}
lines = []


async def venue(request):
    line = aiohttp.web.WebSocketResponse()
    await line.prepare(request)
    lines.append(line)
    async for message in line:
        if message.data == "ping" or message.json()["op"] != "subscribe":
            continue
        await line.send_json({"event": "subscribe", "arg": ARG, "connId": "a4d3ae55"})
        rows = [
            {"instType": "SWAP", "instId": name, "mgnMode": "cross", "posId": name[:3], "posSide": "net", "pos": held}
            for name, held in account.items()
        ]
        push = {"arg": {**ARG, "uid": "1"}, "eventType": "snapshot", "curPage": 1, "lastPage": True, "data": rows}
        await line.send_json(push)
    return line


def told(store):
    rows = {row["instId"]: row["pos"] for row in store.positions.find()}
    print("the account has", account, "- the store has", rows)
    return rows


async def main():
    app = aiohttp.web.Application()
    app.router.add_get("/ws", venue)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    store = pybotters.OKXDataStore()
    async with pybotters.Client() as client:
        line = await client.ws_connect(
            f"ws://127.0.0.1:{runner.addresses[0][1]}/ws",
            send_json={"op": "subscribe", "args": [ARG]},
            hdlr_json=store.onmessage,
        )
        await asyncio.sleep(0.5)
        before = told(store)
        del account["BTC-USDT-SWAP"]
        await lines[0].close()
        print("the line is cut, a stop closes BTC, and the line comes back with a snapshot")
        await asyncio.sleep(2)
        after = told(store)
        line._task.cancel()
    await runner.cleanup()
    return before, after, len(lines)


print("pybotters", importlib.metadata.version("pybotters"))
seen = asyncio.run(main())
both = {"BTC-USDT-SWAP": "1", "ETH-USDT-SWAP": "3"}
sys.exit(0 if seen == (both, both, 2) else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
