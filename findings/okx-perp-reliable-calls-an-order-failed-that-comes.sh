#!/bin/sh
# okx-perp-reliable, OKX: an order whose fate is unknown is called FAILED after one look-up, a second later, and then stands.
#
# The library is there for lost answers: it looks the order up by its client order id, and tells CONFIRMED, FAILED or
# UNKNOWN. The first "order does not exist" (51603) ends the search, although OKX says of a timeout (50004) that nothing is
# known of the order yet: what waits at the venue comes after that. A program that places it again on FAILED has two.
# `reconciliation_51603_grace_seconds` would keep looking, and is 0 unless it is set.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet okx-perp-reliable==0.1.0a2
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import json
import sys
from decimal import Decimal

import aiohttp.web
import okx_perp_reliable as library

orders, asked = {}, []


# the venue is slow: its gateway answers 50004, and the order reaches the market a second and a half later
async def place(request):
    order = json.loads(await request.text())
    row = {"ordId": "312269865356374016", "clOrdId": order["clOrdId"], "instId": order["instId"], "state": "live"}
    asyncio.get_running_loop().call_later(1.5, orders.__setitem__, order["clOrdId"], row)
    return aiohttp.web.json_response({"code": "50004", "msg": "API endpoint request timeout", "data": []})


async def look_up(request):
    row = orders.get(request.query["clOrdId"])
    asked.append(bool(row))
    missing = {"code": "51603", "msg": "Order does not exist", "data": []}
    return aiohttp.web.json_response({"code": "0", "msg": "", "data": [row]} if row else missing)


async def placed_with(url, **options):
    orders.clear()
    asked.clear()
    client = library.ReliablePerpClient(api_key="k", api_secret="s", passphrase="p", base_url=url, **options)
    result = await client.place_order(
        inst_id="BTC-USDT-SWAP", side=library.OrderSide.BUY, order_type=library.OrderType.LIMIT,
        size=Decimal("1"), price=Decimal("60000"),
    )
    await client.close()
    await asyncio.sleep(1)
    venue = [row["state"] for row in orders.values()]
    print(f"{options or 'as it comes'}: {len(asked)} look-ups, told {result.status.value}, {result.error!r}; at OKX: {venue}")
    return str(result.status.value), venue


async def main():
    app = aiohttp.web.Application()
    app.router.add_post("/api/v5/trade/order", place)
    app.router.add_get("/api/v5/trade/order", look_up)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    seen = [await placed_with(url), await placed_with(url, reconciliation_51603_grace_seconds=10)]
    await runner.cleanup()
    return seen


print("okx-perp-reliable", importlib.metadata.version("okx-perp-reliable"))
seen = asyncio.run(main())
sys.exit(0 if seen == [("FAILED", ["live"]), ("CONFIRMED", ["live"])] else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
