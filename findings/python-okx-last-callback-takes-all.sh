#!/bin/sh
# python-okx, OKX's own SDK: each `subscribe` takes the pushes away from the one before, and so does an order.
#
# A connection keeps one callback. `subscribe` for positions after one for orders sends the pushes of both to the second
# callback, and the first is never called again; `place_order(…, callback=…)` sends all that comes after it to that one.
# Fills are missed or taken for something else, and no error says so. Each `subscribe` waits five seconds by the clock as
# well, whatever the login is answered.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet python-okx==0.4.4 websockets==17.4
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import json
import sys

import websockets
import websockets.asyncio.server
from okx.websocket.WsPrivateAsync import WsPrivateAsync

sockets = []
heard = {"orders": [], "positions": [], "answers": []}


async def venue(socket):
    sockets.append(socket)
    async for text in socket:
        asked = json.loads(text)
        if asked["op"] == "order":
            await socket.send(json.dumps({"id": asked["id"], "op": "order", "code": "0", "data": [{"sCode": "0"}]}))


def callback(name):
    return lambda text: heard[name].append(json.loads(text).get("arg", {}).get("channel", "answer"))


async def push(channel):
    for names in heard.values():
        names.clear()
    await sockets[0].send(json.dumps({"arg": {"channel": channel, "instType": "SWAP"}, "data": [{}]}))
    await asyncio.sleep(0.3)
    names = [name for name, pushes in heard.items() if channel in pushes]
    print(f"  a push of {channel} comes to the callback of {' and '.join(names)}")
    return names


async def main():
    server = await websockets.asyncio.server.serve(venue, "127.0.0.1", 0)
    client = WsPrivateAsync("k", "p", "s", f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    client.websocket = await websockets.connect(client.url)  # `connect` takes encrypted connections only
    reading = asyncio.create_task(client.consume())
    seen = []
    for name in ("orders", "positions"):
        await client.subscribe([{"channel": name, "instType": "SWAP"}], callback(name))
        print("subscribed to", name)
        seen.append(await push("orders"))
    await client.place_order([{"instId": "BTC-USDT-SWAP"}], callback("answers"), id="1")
    print("placed an order")
    seen.append(await push("orders"))
    reading.cancel()
    server.close()
    return seen


print("python-okx", importlib.metadata.version("python-okx"))
seen = asyncio.run(main())
sys.exit(0 if seen == [["orders"], ["positions"], ["answers"]] else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
