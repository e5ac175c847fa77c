#!/bin/sh
# python-binance: an async callback is started for each push without waiting for the one before, and the last state loses.
#
# `ThreadedWebsocketManager` waits for a plain callback before it reads on. It takes an async one as well, and makes a task of it
# for each push: while the callback of NEW awaits a database, those of PARTIALLY_FILLED and FILLED run beside it, and which is
# through last decides. An order that was filled is NEW in the database, a position that was closed is open, and what was
# counted up has lost a fill where two read the same sum. A burst of 200 pushes is 200 tasks at a time, and of an exception
# in one asyncio writes a note at most. A lock, which asyncio hands out in turn, puts them in order.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet python-binance==1.0.37 websockets==17.4
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import json
import logging
import subprocess
import sys
import threading
import time

import websockets.asyncio.server
from binance import AsyncClient, ThreadedWebsocketManager

logging.disable()
connections = []
loop = asyncio.new_event_loop()
steps = (("NEW", "0", 0.5), ("PARTIALLY_FILLED", "0.4", 0.1), ("FILLED", "0.6", 0.1))  # status, quantity of the fill, time of a write


async def venue(connection):
    connections.append(connection)
    await connection.wait_closed()


async def start():
    server = await websockets.asyncio.server.serve(venue, "127.0.0.1", 0)
    return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def push():
    for status, quantity, _ in steps:
        order = {"s": "BTCUSDT", "i": 8389765591234567891, "X": status, "l": quantity}
        await connections[-1].send(json.dumps({"e": "ORDER_TRADE_UPDATE", "E": 1768195413861, "o": order}))


def at_the_venue(task):
    return asyncio.run_coroutine_threadsafe(task, loop).result()


async def create(**options):
    return AsyncClient("k", "s")


async def listen_key(self):
    return "listen-key"


class Database:
    def __init__(self):
        self.status, self.position = None, 0.0

    def plain(self, message):
        order = message["o"]
        self.status, self.position = order["X"], round(self.position + float(order["l"]), 8)

    async def write(self, message):
        order = message["o"]
        position = self.position  # read, then write
        await asyncio.sleep(next(step[2] for step in steps if step[0] == order["X"]))
        self.status, self.position = order["X"], round(position + float(order["l"]), 8)


def run(callback):
    manager = ThreadedWebsocketManager("k", "s")
    manager.daemon = True
    manager.start()
    while not manager._bsm:
        time.sleep(0.1)
    original = manager._bsm.futures_user_socket

    def local():
        socket = original()
        socket._url = address
        return socket

    manager._bsm.futures_user_socket = local
    manager.start_futures_user_socket(callback)
    time.sleep(1)
    at_the_venue(push())
    time.sleep(2)


if len(sys.argv) == 1:  # one process for each kind of callback
    print("python-binance", importlib.metadata.version("python-binance"), "- an order is NEW, fills 0.4, then fills 0.6 and is FILLED")
    seen = []
    for kind in ("a plain callback", "an async callback", "an async callback with a lock"):
        told = subprocess.run([sys.executable, __file__, kind], capture_output=True, text=True, check=True).stdout.strip()
        print(f"{kind}: {told}")
        seen.append(told)
    done = "the order is FILLED, the position 1.0"
    sys.exit(0 if seen == [done, "the order is NEW, the position 0.0", done] else f"this has changed: {seen}")
threading.Thread(target=loop.run_forever, daemon=True).start()
address = at_the_venue(start())
AsyncClient.create = create
AsyncClient.futures_stream_get_listen_key = listen_key
database = Database()
lock = asyncio.Lock()


async def in_turn(message):
    async with lock:
        await database.write(message)


run({"a plain callback": database.plain, "an async callback": database.write}.get(sys.argv[1], in_turn))
print(f"the order is {database.status}, the position {database.position}")
sys.stdout.flush()
PYTHON
"$work/venv/bin/python" "$work/show.py"
