#!/bin/sh
# websockets: a program that works at a burst of pushes for half a minute is cut off by its own client, and loses the rest.
#
# The client keeps sixteen pushes for the program and then stops reading, so as to slow the other side down. The answer to
# its own ping, sent every twenty seconds, waits behind the pushes that are not read: after twenty more the client closes
# the line ("keepalive ping timeout"), although the venue has answered at once and the program awaits all the time. A
# thousand cancels or fills that are written to a database at 50 ms each are enough. What was still on its way is not
# handed over; the line that is opened next begins after it. The second run below has the same burst and no pings.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet websockets==17.4
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import json
import logging
import sys

import websockets.asyncio.client
import websockets.asyncio.server

logging.disable(logging.CRITICAL)
BURST = 1000
FIELDS = {f"field{number}": "0.0006" for number in range(40)}  # what Bybit pushes of an order is about as long


async def venue(line):
    for number in range(BURST):
        await line.send(json.dumps({"topic": "order", "data": [{"orderId": number, **FIELDS}]}))
    await line.wait_closed()


async def handled(**keepalive):
    async with websockets.asyncio.server.serve(venue, "127.0.0.1", 0, ping_interval=None, compression=None) as server:
        address = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with websockets.asyncio.client.connect(address, **keepalive) as line:
            for number in range(BURST):
                try:
                    await line.recv()
                except websockets.ConnectionClosed as error:
                    return number, str(error)
                await asyncio.sleep(0.005)  # the program awaits something for each push
            return BURST, "no error"


print("websockets", importlib.metadata.version("websockets"))
seen = []
# twenty seconds each where nothing is said; here all is faster, the work at each push too
for keepalive in ({"ping_interval": 1, "ping_timeout": 1}, {"ping_interval": None}):
    number, error = asyncio.run(handled(**keepalive))
    print(f"{keepalive}: the program was given {number} of {BURST} pushes, then: {error}")
    seen.append((number == BURST, "keepalive ping timeout" in error))
sys.exit(0 if seen == [(False, True), (True, False)] else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
