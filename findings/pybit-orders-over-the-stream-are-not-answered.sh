#!/bin/sh
# pybit, Bybit: an order over the WebSocket that is refused, or whose answer is lost or quick, calls nobody.
#
# `WebSocketTrading.place_order` takes a callback for the answer. A refusal does not call it: it is a line in the log,
# unless an `error_callback` is given as well. Where the line is cut before the answer comes, neither of the two is ever
# called, and nothing is raised: the client connects again, takes new orders, and has forgotten the one whose fate is
# unknown. And the callback is noted only after the order has gone out: where the thread is interrupted in between, as
# happens on a busy machine, the answer finds none and is dropped. A program that goes on when its callback comes stands
# still, with a position that it may have.
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

import pybit._websocket_trading
import websocket
import websockets.asyncio.server
from pybit.unified_trading import WebSocketTrading

lines, placed, raised = [], [], []


async def venue(line):
    lines.append(line)
    async for text in line:
        asked = json.loads(text)
        if not asked["op"].startswith("order"):
            await line.send(json.dumps({"op": asked["op"], "retCode": 0, "retMsg": "OK", "connId": "c"}))
            continue
        name = asked["args"][0]["orderLinkId"]
        answer = {"reqId": asked["reqId"], "retCode": 0, "retMsg": "OK", "op": asked["op"], "data": {"orderLinkId": name}}
        if name == "refused":
            answer.update(retCode=110007, retMsg="ab not enough for new order", data={})
        else:
            placed.append(name)
        if name.startswith("cut"):
            line.transport.abort()
        else:
            await asyncio.sleep(0 if name == "quick" else 0.3)
            await line.send(json.dumps(answer))


async def serve():
    return await websockets.asyncio.server.serve(venue, "127.0.0.1", 0)


loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()
server = asyncio.run_coroutine_threadsafe(serve(), loop).result()
for name in ("pybit", "websocket", "websockets"):
    logging.getLogger(name).addHandler(logging.NullHandler())
    logging.getLogger(name).propagate = False
threading.excepthook = lambda failure: raised.append(failure.exc_type)
for package in ("pybit", "websocket-client"):
    print(package, importlib.metadata.version(package))

pybit._websocket_trading.TRADE_WSS = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v5/trade"
trading = WebSocketTrading(testnet=False, api_key="k", api_secret="s")
seen = {}
send = websocket.WebSocketApp.send
websocket.WebSocketApp.send = lambda app, text: (send(app, text), time.sleep(0.5 if '"quick"' in text else 0))
for name in ("taken", "refused", "cut", "cut, error_callback given", "after the cuts", "quick"):
    told, errors = [], []
    also = [errors.append] if "given" in name else []
    trading.place_order(
        told.append, *also, category="linear", symbol="BTCUSDT", side="Buy", orderType="Market", qty="0.1", orderLinkId=name
    )
    time.sleep(3)
    seen[name] = name in placed, len(told), len(errors)
    print(f"{name}: placed at the venue {seen[name][0]}; calls of the callbacks {len(told)}, {len(errors)}")
print(f"connected {trading.is_connected()}, lines {len(lines)}, raised {raised}")
expected = {
    "taken": (True, 1, 0), "refused": (False, 0, 0), "cut": (True, 0, 0), "cut, error_callback given": (True, 0, 0),
    "after the cuts": (True, 1, 0), "quick": (True, 0, 0),
}
sys.exit(0 if (seen, raised) == (expected, []) else f"this has changed: {seen} {raised}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
