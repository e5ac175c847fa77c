#!/bin/sh
# python-binance: after one refusal that comes late, each order over the WebSocket API is executed and told as "unable to
# connect".
#
# `ws_futures_create_order` waits ten seconds for the answer, and calls what is then unknown
# `BinanceWebsocketUnableToConnect`, as if nothing had been sent. A refusal that comes after that belongs to no order any
# more: it ends the loop that reads the line, and the line stays up. From then on every order goes out, is executed, and its
# answer is read by nobody. A program that places it again on that error buys with each try.
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
from binance import AsyncClient
from binance.ws.websocket_api import WebsocketAPI

logging.disable(logging.CRITICAL)
WebsocketAPI.TIMEOUT = 1  # ten seconds are waited otherwise
filled = []


async def venue(line):
    async for text in line:
        asked = json.loads(text)
        name = asked["params"]["newClientOrderId"]
        if name == "mine-0":
            answer = {"status": 400, "error": {"code": -2019, "msg": "Margin is insufficient."}}
            asyncio.get_running_loop().call_later(
                1.5, lambda id=asked["id"]: asyncio.ensure_future(line.send(json.dumps({"id": id, **answer})))
            )
        else:
            filled.append(name)
            answer = {"status": 200, "result": {"orderId": len(filled), "status": "FILLED", "clientOrderId": name}}
            await line.send(json.dumps({"id": asked["id"], **answer}))


async def main():
    server = await websockets.asyncio.server.serve(venue, "127.0.0.1", 0)
    client = AsyncClient("k", "s")
    client.ws_future = WebsocketAPI(url=f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    told = []
    for number in ("before", 0, 1, 2, 3):
        try:
            order = await client.ws_futures_create_order(
                symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.1", newClientOrderId=f"mine-{number}"
            )
            told.append(order["status"])
        except Exception as error:
            told.append(f"{type(error).__name__}: {error}")
        late = " (its refusal comes half a second later)" if number == 0 else ""
        print(f"order mine-{number}: {told[-1]}{late}; filled at the venue: {', '.join(filled)}")
        if number == 0:
            await asyncio.sleep(1)
    await client.close_connection()
    return told


print("python-binance", importlib.metadata.version("python-binance"))
told = asyncio.run(main())
unable = "BinanceWebsocketUnableToConnect: Request timed out"
seen = told == ["FILLED", unable, unable, unable, unable] and filled == ["mine-before", "mine-1", "mine-2", "mine-3"]
sys.exit(0 if seen else f"this has changed: {told} {filled}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
