#!/bin/sh
# Binance's own SDK for Python: a stream whose line is cut stays away, whatever `reconnect_attempts` says.
#
# Delay and number of attempts are settings of the stream, and hold where the client exchanges a line before it is a day
# old, or Binance announces a shutdown. A line that is cut is dropped, and its subscriptions with it. The callback of the
# fills is not called any more, and nothing is raised or written above the log's level INFO. Only who has registered
# `on_connection("close", …)`, on each of the three lines there are, is told. To subscribe again on the same object is
# refused: there is no line.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet binance-sdk-derivatives-trading-usds-futures==18.1.0 binance-common==4.7.0 \
    aiohttp==3.14.5 websockets==17.4
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import json
import logging
import sys

import websockets.asyncio.server
from binance_common.configuration import ConfigurationWebSocketStreams
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import DerivativesTradingUsdsFutures

lines, heard, logged = [], [], []


class Log(logging.Handler):
    def emit(self, record):
        if record.levelno > logging.INFO and not record.name.startswith("websockets"):
            logged.append(record.getMessage())


async def venue(line):
    lines.append(line)
    async for text in line:
        await line.send(json.dumps({"result": None, "id": json.loads(text)["id"]}))


async def fill(number):
    order = {"s": "BTCUSDT", "i": number, "x": "TRADE", "X": "FILLED", "l": "1", "L": "60000"}
    push = {"stream": "the-listen-key", "data": {"e": "ORDER_TRADE_UPDATE", "E": 1, "T": 1, "o": order}}
    alive = [line for line in lines if line.state is websockets.State.OPEN]
    for line in alive:
        await line.send(json.dumps(push))
    await asyncio.sleep(0.5)
    print(f"order {number} is filled: lines {len(alive)}, calls of the callback {len(heard)}")


async def main():
    server = await websockets.asyncio.server.serve(venue, "127.0.0.1", 0)
    address = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/stream"
    settings = ConfigurationWebSocketStreams(stream_url=address, reconnect_delay=200, reconnect_attempts=10)
    client = DerivativesTradingUsdsFutures(config_ws_streams=settings)
    connection = await client.websocket_streams.create_connection()
    stream = await connection.user_data(listenKey="the-listen-key")
    stream.on("message", heard.append)
    await asyncio.sleep(0.5)
    await fill(1)
    before = len(lines)
    for line in lines:
        line.transport.abort()
    print("the lines are cut; reconnect_delay 200 ms, reconnect_attempts 10")
    await asyncio.sleep(10)
    told = list(logged)
    print(f"lines that were opened within ten seconds: {len(lines) - before}; logged: {told}")
    await fill(2)
    try:
        again = await connection.user_data(listenKey="the-listen-key")
    except ValueError as error:
        again = str(error)
    print("user_data once more:", again)
    return len(lines) - before, len(heard), again, told


logging.basicConfig(level=logging.INFO, handlers=[Log()])
for package in ("binance-sdk-derivatives-trading-usds-futures", "binance-common"):
    print(package, importlib.metadata.version(package))
seen = asyncio.run(main())
sys.exit(0 if seen == (0, 1, "No WebSocket connections available.", []) else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
