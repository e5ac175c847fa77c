#!/bin/sh
# pybit, python-okx, python-binance: one error in the program's own callback ends its stream for good.
#
# A new order has an empty average price, which `float` refuses. Who does not think of that once hears nothing of the orders, fills
# and stops that come after it. pybit closes the connection and does not come back, although `restart_on_error` is set; there
# are lines in the log of websocket-client, which a program without a log of its own does not see. python-okx and
# python-binance let the task end in which the callback runs: the connection stays open, the socket counts as running, and
# asyncio's note of a lost exception is all that is left, if the program does not hold the task as `start` of python-okx hands
# it out. A callback must catch whatever may be thrown in it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pybit==5.17.0 python-okx==0.4.4 python-binance==1.0.37 websockets==17.4
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import json
import logging
import sys
import threading
import time

import pybit.unified_trading
import websockets
import websockets.asyncio.server
from binance import AsyncClient, ThreadedWebsocketManager
from okx.websocket.WsPrivateAsync import WsPrivateAsync

written = []
connections = []
loop = asyncio.new_event_loop()


class Written(logging.Handler):
    def emit(self, record):
        written.append(f"{record.name}: {record.getMessage().splitlines()[0][:40]}")


async def venue(connection):
    connections.append(connection)
    async for text in connection:
        asked = json.loads(text)
        answer = {"success": True, "ret_msg": "", "conn_id": "c", "op": asked["op"], "req_id": asked.get("req_id", "")}
        await connection.send(json.dumps(answer))


async def start():
    server = await websockets.asyncio.server.serve(venue, "127.0.0.1", 0)
    return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def send(push):
    for connection in connections:
        try:
            await connection.send(json.dumps(push))
        except websockets.ConnectionClosed:
            pass


def at_the_venue(task):
    return asyncio.run_coroutine_threadsafe(task, loop).result()


def told(name, push, heard, stands):
    written.clear()
    for number, price in enumerate(("60000", "", "60000", "60000")):
        at_the_venue(send(push(str(number), price)))
        time.sleep(0.5)
    print(f"{name} {importlib.metadata.version(name)}: of four orders the second fails the callback, which heard {heard};", end=" ")
    print(f"connected: {stands()}, in the log: {sorted(set(written)) or 'nothing'}")
    connections.clear()
    return len(heard), stands()


def bybit():
    heard = []

    def callback(push):
        for order in push["data"]:
            heard.append(order["orderId"])
            float(order["avgPrice"])

    pybit.unified_trading.PRIVATE_WSS = f"{address}/v5/private"
    stream = pybit.unified_trading.WebSocket(testnet=False, channel_type="private", api_key="k", api_secret="s", restart_on_error=True)
    stream.order_stream(callback)
    time.sleep(0.5)
    push = lambda number, price: {"topic": "order", "data": [{"orderId": number, "avgPrice": price}]}
    return told("pybit", push, heard, stream.is_connected)


def okx():
    heard = []
    kept = []

    def callback(text):
        for order in json.loads(text).get("data", []):
            heard.append(order["ordId"])
            float(order["avgPx"])

    async def main():
        client = WsPrivateAsync("k", "p", "s", address)
        client.websocket = await websockets.connect(address)  # `connect` takes encrypted connections only
        kept.append((client, asyncio.get_running_loop().create_task(client.consume())))  # as `start` does
        await client.subscribe([{"channel": "orders", "instType": "SWAP"}], callback)
        await asyncio.sleep(60)

    threading.Thread(target=asyncio.run, args=(main(),), daemon=True).start()
    time.sleep(6)  # `subscribe` waits five seconds for its login
    push = lambda number, price: {"arg": {"channel": "orders", "instType": "SWAP"}, "data": [{"ordId": number, "avgPx": price}]}
    return told("python-okx", push, heard, lambda: kept[0][0].websocket.state.name == "OPEN")


def binance():
    heard = []

    def callback(push):
        heard.append(push["o"]["i"])
        float(push["o"]["ap"])

    async def create(**options):
        return AsyncClient("k", "s")

    async def listen_key(self):
        return "listen-key"

    AsyncClient.create = create
    AsyncClient.futures_stream_get_listen_key = listen_key
    manager = ThreadedWebsocketManager("k", "s")
    manager.daemon = True
    manager.start()
    while not manager._bsm:
        time.sleep(0.1)
    original = manager._bsm.futures_user_socket

    def local():
        socket = original()
        socket._url = f"{address}/"
        return socket

    manager._bsm.futures_user_socket = local
    name = manager.start_futures_user_socket(callback)
    time.sleep(1)
    push = lambda number, price: {"e": "ORDER_TRADE_UPDATE", "E": 1768195413861, "o": {"i": number, "ap": price}}
    return told("python-binance", push, heard, lambda: manager._socket_running[name])


threading.Thread(target=loop.run_forever, daemon=True).start()
address = at_the_venue(start())
logging.getLogger().addHandler(Written())
seen = [bybit(), okx(), binance()]
sys.stdout.flush()
sys.exit(0 if seen == [(2, False), (2, True), (2, True)] else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
