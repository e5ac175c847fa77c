#!/bin/sh
# typed-bitget, unified account: the push of a market order ends the stream of orders, and what comes after is not heard.
#
# Bitget leaves the price of a market order empty, as the package's own description of the field says. Its type there is a
# decimal, pushes are held against their types unless told otherwise, and the error leaves through the stream, which is over
# with it: who goes on reading is told that there is nothing more. The line stands, and the orders after it are filled.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet typed-bitget==0.6.0 typed-core==0.13.0 websockets==17.4
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import json
import sys

import websockets.asyncio.server
from typed_bitget.core.auth import Credentials
from typed_bitget.core.transport.ws.uta import UtaSocketStreamClient
from typed_bitget.uta_streams import UtaStreams

ARG = {"instType": "UTA", "topic": "order"}
ROW = {
    "category": "usdt-futures", "symbol": "BTCUSDT", "clientOid": "fx01", "qty": "0.001", "amount": "0",
    "holdMode": "hedge_mode", "holdSide": "long", "delegateType": "normal", "tradeSide": "open", "timeInForce": "gtc",
    "side": "buy", "marginMode": "crossed", "marginCoin": "USDT", "reduceOnly": "no", "cumExecQty": "0.001",
    "cumExecValue": "83.1315", "avgPrice": "83131.5", "totalProfit": "0", "orderStatus": "filled", "cancelReason": "",
    "leverage": "20", "feeDetail": [{"feeCoin": "USDT", "fee": "0.0332526"}], "createdTime": "1742367838101",
    "updatedTime": "1742367838115", "stpMode": "none", "tpTriggerBy": "", "slTriggerBy": "", "takeprofit": "",
    "stoploss": "", "tpOrderType": "market", "slOrderType": "market", "tpLimitPrice": "", "slLimitPrice": "",
    "matchType": "0",
}


async def venue(line):
    async for message in line:
        asked = json.loads(message)["op"]
        if asked == "login":
            await line.send(json.dumps({"event": "login", "code": "0", "msg": ""}))
            continue
        await line.send(json.dumps({"event": asked, "arg": ARG, "connId": "c0ffee01"}))
        for number, kind, price in (("1", "limit", "83131.5"), ("2", "market", ""), ("3", "limit", "83131.5")):
            row = {**ROW, "orderId": number, "orderType": kind, "price": price}
            await line.send(json.dumps({"action": "snapshot", "arg": ARG, "data": [row], "ts": 1742367838124}))


async def main():
    server = await websockets.asyncio.server.serve(venue, "127.0.0.1", 0)
    url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    credentials = Credentials(access_key="key", secret_key="secret", passphrase="phrase")
    client = UtaSocketStreamClient.new(public_url=url, private_url=url, credentials=credentials)
    heard = []
    async with client:
        pushes = aiter(await UtaStreams(client=client).orders("UTA"))
        for _ in range(4):
            try:
                push = await asyncio.wait_for(anext(pushes), 5)
                heard.append(f"order {push['data'][0]['orderId']}")
            except Exception as error:
                heard.append(type(error).__name__)
    server.close()
    return heard


print("typed-bitget", importlib.metadata.version("typed-bitget"))
heard = asyncio.run(main())
print("the venue pushes orders 1, 2 and 3, the second at market; heard is:", ", ".join(heard))
expected = ["order 1", "ValidationError", "StopAsyncIteration", "StopAsyncIteration"]
sys.exit(0 if heard == expected else "this has changed")
PYTHON
"$work/venv/bin/python" "$work/show.py"
