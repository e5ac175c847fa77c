#!/bin/sh
# vnpy_okx, the gateway of VeighNa: no fill of a market order is ever told.
#
# OKX leaves the price of a market order empty (`px` is ""), in every push about it. The gateway makes a number of it,
# which fails, and the push is dropped with a line on the screen: the order stays at "submitting", its fills and its end
# are not there, and a strategy that counts its position from its trades holds nothing while the account does. Limit
# orders, which most strategies of VeighNa place, come through. Rows that follow in the same push are lost too.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet loguru==0.7.3 numpy==2.4.6 requests==2.34.2 TA-Lib==0.8.2 tzlocal==5.4.5 \
    websocket-client==1.9.2 websockets==17.4
# without what VeighNa needs for its windows
"$work/venv/bin/pip" install --quiet --no-deps vnpy==4.5.0 vnpy_okx==2026.6.10 vnpy_rest==1.2.0 vnpy_websocket==1.1.1
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import json
import os
import sys
import threading
import time

import websockets
from vnpy.event import EventEngine
from vnpy.trader.constant import Direction, Exchange, OrderType
from vnpy.trader.object import OrderRequest
from vnpy_okx import OkxGateway

ready = []


# as OKX's page of the private stream shows it: an order is taken, and is filled
async def venue(line):
    async for message in line:
        frame = json.loads(message)
        if frame["op"] == "login":
            await line.send(json.dumps({"event": "login", "code": "0", "msg": "", "connId": "a"}))
        elif frame["op"] == "order":
            [order] = frame["args"]
            await asyncio.sleep(0.3)  # an answer that comes at once may be overtaken by the gateway's own first status
            ids = {"ordId": "312269865356374016", "clOrdId": order["clOrdId"]}
            taken = {**ids, "sCode": "0", "sMsg": ""}
            await line.send(json.dumps({"id": frame["id"], "op": "order", "code": "0", "msg": "", "data": [taken]}))
            row = {
                **ids, "instType": "SWAP", "instId": "BTC-USDT-SWAP", "ordType": order["ordType"], "side": order["side"],
                "px": "" if order["ordType"] == "market" else order["px"], "sz": order["sz"], "accFillSz": order["sz"],
                "fillSz": order["sz"], "fillPx": "60000", "tradeId": "7", "avgPx": "60000", "state": "filled",
                "cTime": "1768195413861", "uTime": "1768195413861",
            }
            await line.send(json.dumps({"arg": {"channel": "orders", "instType": "ANY", "uid": "1"}, "data": [row]}))


async def serve():
    async with websockets.serve(venue, "127.0.0.1", 0) as server:
        ready.append(server.sockets[0].getsockname()[1])
        await asyncio.sleep(60)


threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
while not ready:
    time.sleep(0.05)
gateway = OkxGateway(EventEngine(), "OKX")
orders, trades = {}, []
keep = gateway.on_order


def note(order):
    keep(order)
    orders[order.type] = order.status.name


gateway.on_order, gateway.on_trade = note, lambda trade: trades.append((trade.orderid, trade.volume))
instrument = {
    "instId": "BTC-USDT-SWAP", "instType": "SWAP", "ctVal": "0.01", "tickSz": "0.1", "minSz": "0.01", "instIdCode": 10458,
}
request = type("Request", (), {"params": {"instType": "SWAP"}})
gateway.rest_api.on_query_contract({"code": "0", "data": [instrument]}, request)
gateway.private_api.server_hosts["REAL"] = f"ws://127.0.0.1:{ready[0]}"
gateway.private_api.connect("k", "s", "p", "REAL", "", 0, "")
time.sleep(1)
print("vnpy", importlib.metadata.version("vnpy"), "with vnpy_okx", importlib.metadata.version("vnpy_okx"))
seen = []
for kind in (OrderType.LIMIT, OrderType.MARKET):
    trades.clear()
    gateway.send_order(OrderRequest(
        symbol="BTCUSDT_SWAP_OKX", exchange=Exchange.GLOBAL, direction=Direction.LONG, type=kind, volume=1, price=60000
    ))
    time.sleep(1)
    print(f"a {kind.name} order of 1 was filled at OKX: its status is {orders[kind]}, trades told: {len(trades)}")
    seen.append((orders[kind], len(trades)))
sys.stdout.flush()
expected = [("ALLTRADED", 1), ("SUBMITTING", 0)]
if seen != expected:
    print("this has changed", seen, file=sys.stderr)
# the gateway's threads do not end
os._exit(seen != expected)
PYTHON
cd "$work" && mkdir .vntrader && "$work/venv/bin/python" "$work/show.py"
