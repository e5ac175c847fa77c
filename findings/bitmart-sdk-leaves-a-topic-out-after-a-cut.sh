#!/bin/sh
# bitmart-python-sdk-api, BitMart's own SDK: a topic that was left and taken up again is gone after a cut of the line.
#
# The client keeps what it sent, each text once, and sends all of it again on a new line, in the order of the first time.
# Subscribe, unsubscribe and subscribe, as a program does that wants the whole picture once more, becomes subscribe and
# unsubscribe. The line is up, logged in and pinged, and no position comes any more; nothing says so. A login takes five
# seconds by the clock besides, and each topic one: who follows five is deaf for some ten seconds after each cut.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet bitmart-python-sdk-api==2.8.0 aiohttp==3.14.5
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import logging
import os
import sys
import threading
import time

import aiohttp.web
from bitmart.websocket.futures_socket_client import FuturesSocketClient

logging.disable(logging.CRITICAL)
lines, ready = [], []


# the venue keeps the topics of each line, and pushes a position to those that follow them
async def venue(request):
    socket, topics = aiohttp.web.WebSocketResponse(), set()
    await socket.prepare(request)
    lines.append((socket, topics))
    async for message in socket:
        frame = message.json()
        if frame["action"] == "access":
            await socket.send_json({"action": "access", "success": True})
        elif frame["action"] == "subscribe":
            topics.update(frame["args"])
        elif frame["action"] == "unsubscribe":
            topics.difference_update(frame["args"])
    return socket


async def serve():
    app = aiohttp.web.Application()
    app.router.add_get("/user", venue)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    ready.extend((asyncio.get_running_loop(), runner.addresses[0][1]))
    await asyncio.sleep(120)


threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
while len(ready) < 2:
    time.sleep(0.05)
loop, port = ready
pushed = []
client = FuturesSocketClient(
    stream_url=f"ws://127.0.0.1:{port}/user", on_message=pushed.append, api_key="k", api_secret_key="s", api_memo="m"
)
client.login(timeout=0)
for action in (client.subscribe, client.unsubscribe, client.subscribe):
    action("futures/position")
client.subscribe("futures/order")
time.sleep(0.5)


def push():
    socket, topics = lines[-1]
    pushed.clear()
    for topic in ("futures/order", "futures/position"):
        if topic in topics:
            asyncio.run_coroutine_threadsafe(socket.send_json({"group": topic, "data": []}), loop).result()
    time.sleep(0.5)
    return [message["group"] for message in pushed if "group" in message]


print("bitmart-python-sdk-api", importlib.metadata.version("bitmart-python-sdk-api"))
before = push()
print("before the cut the program hears of", before)
began = time.monotonic()
asyncio.run_coroutine_threadsafe(lines[0][0].close(), loop).result()
while len(lines) < 2 or "futures/order" not in lines[1][1]:
    time.sleep(0.1)
print(f"the line is cut; {time.monotonic() - began:.0f} seconds later the last topic is asked for")
after = push()
print("after it the program hears of", after)
sys.stdout.flush()
expected = ["futures/order", "futures/position"], ["futures/order"]
if (before, after) != expected:
    print("this has changed", before, after, file=sys.stderr)
# the client's thread and its timer for pings do not end
os._exit((before, after) != expected)
PYTHON
"$work/venv/bin/python" "$work/show.py"
