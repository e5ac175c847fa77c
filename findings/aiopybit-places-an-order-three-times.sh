#!/bin/sh
# aiopybit, Bybit: an order whose answer is lost is placed three times, and then reported as failed.
#
# `create_order` sends again after a lost connection and after a timeout, three times in all, and that is how it comes. No
# client order id is made, so that nothing tells Bybit that the second request is the first one over again. Where the
# answers of all three are lost the program gets an error, and the account has three times the position.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet aiopybit==0.4.0
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import json
import sys

import aiohttp.web
import aiopybit

placed = []


# the venue takes the order; the line is cut before its answer is there, `lost` times
def venue(lost):
    async def place(request):
        placed.append(json.loads(await request.text()))
        if len(placed) <= lost:
            request.transport.close()
        result = {"orderId": str(len(placed)), "orderLinkId": placed[-1].get("orderLinkId", "")}
        return aiohttp.web.json_response({"retCode": 0, "retMsg": "OK", "result": result, "time": 1768195413861})

    app = aiohttp.web.Application()
    app.router.add_post("/v5/order/create", place)
    return aiohttp.web.AppRunner(app)


async def main(lost):
    placed.clear()
    runner = venue(lost)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiopybit.ByBitClient("k", "s", "mainnet") as client:
        client.url, client.retry_delay = f"http://127.0.0.1:{runner.addresses[0][1]}", 0.01
        try:
            answer = await client.create_order("linear", "BTCUSDT", "Buy", "Market", 0.1)
            told = f"order {answer['result']['orderId']}"
        except aiohttp.ClientError as error:
            told = type(error).__name__
    await runner.cleanup()
    bought = sum(float(order["qty"]) for order in placed)
    ids = sorted({order.get("orderLinkId", "none") for order in placed})
    at_venue = f"the venue has {len(placed)} orders for {bought:.1f} BTC, ids: {', '.join(ids)}"
    print(f"{lost} answers lost: {at_venue}; told: {told}")
    return len(placed), ids, told


print("aiopybit", importlib.metadata.version("aiopybit"))
seen = [asyncio.run(main(lost)) for lost in (0, 1, 3)]
expected = [(1, ["none"], "order 1"), (2, ["none"], "order 2"), (3, ["none"], "ServerDisconnectedError")]
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
