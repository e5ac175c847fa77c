#!/bin/sh
# hyperliquid-python-sdk, the venue's own SDK: a stream whose line is cut is over, and the program is not told.
#
# `Info.subscribe` hands pushes to a callback on a thread of the SDK. The thread ends with its line: nothing connects again,
# no callback is called, nothing is raised; one line in the log of another package is all. A program that waits for its
# fills, or for the price at which it closes, waits on. The first that fails is a later `subscribe`.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet hyperliquid-python-sdk==0.24.0 websocket-client==1.9.2 websockets==17.4
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import json
import logging
import sys
import threading
import time

import websockets.asyncio.server
from hyperliquid.info import Info

user = "0x" + "1" * 40
lines, logged, raised, heard = [], [], [], []


class Log(logging.Handler):
    def emit(self, record):
        if record.name == "websocket":
            logged.append(record.getMessage())


async def venue(line):
    lines.append(line)
    async for _ in line:
        pass


async def push(tid):
    for line in lines:
        try:
            await line.send(json.dumps({"channel": "userFills", "data": {"user": user, "fills": [{"tid": tid}]}}))
        except websockets.exceptions.ConnectionClosed:
            print("  the venue has nobody to tell")


async def cut():
    lines[-1].transport.abort()


async def serve():
    return await websockets.asyncio.server.serve(venue, "127.0.0.1", 0)


def at_the_venue(task):
    asyncio.run_coroutine_threadsafe(task, loop).result()
    time.sleep(0.5)


loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()
server = asyncio.run_coroutine_threadsafe(serve(), loop).result()
logging.basicConfig(level=logging.INFO, handlers=[Log()])
threading.excepthook = lambda failure: raised.append(failure.exc_type)
for package in ("hyperliquid-python-sdk", "websocket-client"):
    print(package, importlib.metadata.version(package))

empty = {"universe": [], "tokens": []}
info = Info(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", meta=empty, spot_meta=empty)
info.subscribe({"type": "userFills", "user": user}, lambda message: heard.append(message["data"]["fills"][0]["tid"]))
time.sleep(0.5)
logged.clear()
at_the_venue(push(1))
print("a fill comes: heard", heard)
at_the_venue(cut())
print("the line is cut; lines in the next ten seconds: ", end="", flush=True)
time.sleep(10)
print(len(lines) - 1)
print("a fill comes:")
at_the_venue(push(2))
print("  heard", heard, "- the stream's thread alive:", info.ws_manager.is_alive(), "- raised:", raised, "- logged:", logged)
seen = heard, len(lines), info.ws_manager.is_alive(), raised
info.ws_manager.stop_event.set()
sys.exit(0 if seen == ([1], 1, False, []) else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
