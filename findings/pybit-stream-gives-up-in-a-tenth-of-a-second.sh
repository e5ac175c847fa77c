#!/bin/sh
# pybit, Bybit: a stream whose server is away for a second is given up for good, and the program is not told.
#
# After a cut the client tries ten times to connect, one try after the other without a pause: where the connection is
# refused that takes about a tenth of a second. Then an exception ends the thread that reads the stream. It leaves a line in
# the log, and no callback is called any more. Fills, stops and liquidations stay unheard from then on, although the server
# is back after two seconds.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pybit==5.17.0 websocket-client==1.9.2 websockets==17.4
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import json
import logging
import sys
import threading
import time

import pybit.unified_trading
import websockets.asyncio.server

connections = []
tries = []


class Tries(logging.Handler):
    def emit(self, record):
        if "attempting connection" in record.getMessage():
            tries.append(record.created)


async def venue(connection):
    connections.append(connection)
    async for text in connection:
        asked = json.loads(text)
        await asyncio.sleep(0.2)
        answer = {"success": True, "ret_msg": "", "conn_id": "c", "op": asked["op"], "req_id": asked.get("req_id", "")}
        await connection.send(json.dumps(answer))


def at_the_venue(task):
    return asyncio.run_coroutine_threadsafe(task, loop).result()


async def start(port):
    return await websockets.asyncio.server.serve(venue, "127.0.0.1", port)


async def stop(server):
    server.close()
    await server.wait_closed()


loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()
logging.getLogger("pybit").setLevel(logging.INFO)
logging.getLogger("pybit").addHandler(Tries())
logging.getLogger("websocket").addHandler(logging.NullHandler())
for package in ("pybit", "websocket-client"):
    print(package, importlib.metadata.version(package))

server = at_the_venue(start(0))
port = server.sockets[0].getsockname()[1]
pybit.unified_trading.PRIVATE_WSS = f"ws://127.0.0.1:{port}/v5/private"
stream = pybit.unified_trading.WebSocket(testnet=False, channel_type="private", api_key="k", api_secret="s")
stream.order_stream(print)
time.sleep(1)
print("connected:", stream.is_connected())
tries.clear()
at_the_venue(stop(server))
time.sleep(2)
print(f"the server stops; the client tries {len(tries)} times within {tries[-1] - tries[0]:.1f} s")
server = at_the_venue(start(port))
time.sleep(10)
print("the server is back for ten seconds; connected:", stream.is_connected(), "- connections it has seen:", len(connections))
print("threads of the client:", [thread.name for thread in threading.enumerate()][2:])
gave_up = (len(tries), tries[-1] - tries[0] < 1, stream.is_connected(), len(connections))
sys.exit(0 if gave_up == (10, True, False, 1) else f"this has changed: {gave_up}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
