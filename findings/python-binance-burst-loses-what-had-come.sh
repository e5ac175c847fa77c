#!/bin/sh
# python-binance: when 101 pushes come while the program is busy, the 100 that were kept are lost too, and the stream ends.
#
# A stream keeps a hundred pushes for a program that does something else, such as placing an order. One more ends the
# reading for good, as an error that is put behind the hundred. But `recv` then looks first whether anything reads, and
# raises `ReadLoopClosed` although all that came is still there. A market order that eats through a book, or a hundred
# orders that are cancelled at once, is such a burst: none of those fills and cancels is told.
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
import sys

import websockets.asyncio.server
from binance import AsyncClient, BinanceSocketManager
from binance.exceptions import ReadLoopClosed

logging.disable()
sockets = []


async def venue(socket):
    sockets.append(socket)
    await socket.wait_closed()


async def listen_key(self):
    return "listen-key"


async def burst(pushes):
    server = await websockets.asyncio.server.serve(venue, "127.0.0.1", 0)
    AsyncClient.futures_stream_get_listen_key = listen_key
    stream = BinanceSocketManager(AsyncClient("k", "s")).futures_user_socket()
    stream._url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    await stream.connect()
    for number in range(pushes):
        order = {"s": "BTCUSDT", "x": "CANCELED", "X": "CANCELED", "i": number}
        await sockets[-1].send(json.dumps({"e": "ORDER_TRADE_UPDATE", "E": 1768195413861, "o": order}))
    await asyncio.sleep(1)  # the program is busy
    kept, told, end = stream._queue.qsize(), 0, "the stream goes on"
    try:
        while told < pushes:
            told += (await stream.recv())["e"] == "ORDER_TRADE_UPDATE"
    except ReadLoopClosed:
        end = "ReadLoopClosed"
    print(f"{pushes} orders are cancelled while the program is busy: {kept} are kept, recv tells {told}, then {end}")
    await stream._client.close_connection()
    server.close()
    return told, end


async def main():
    return [await burst(100), await burst(101)]


print("python-binance", importlib.metadata.version("python-binance"))
seen = asyncio.run(main())
expected = [(100, "the stream goes on"), (0, "ReadLoopClosed")]
sys.stdout.flush()
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
