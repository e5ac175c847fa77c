#!/bin/sh
# aiohttp, and with it ccxt's async part, pybotters and python-binance: a cancel that worked is told as "Unknown order sent".
#
# Where a line is cut before the answer, aiohttp sends the request once more by itself, without a word, if the method is
# one that HTTP calls idempotent. DELETE is one of them, and Binance cancels by DELETE: the first has cancelled the order,
# the second finds nothing, and its refusal (-2011) is all that the program sees. "Not there any more" then counts as
# filled. An order goes by POST and is not sent again; nor is a cancel at the venues that take it by POST.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet aiohttp==3.14.5 ccxt==4.5.90 pybotters==1.11.2 python-binance==1.0.37
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import sys
import warnings

warnings.simplefilter("ignore")
import aiohttp.web
import binance
import ccxt.async_support
import pybotters

requests = []
row = {"orderId": 283194212, "symbol": "BTCUSDT", "status": "CANCELED", "clientOrderId": "a", "origQty": "1", "side": "BUY"}
unknown = {"code": -2011, "msg": "Unknown order sent."}


# the venue takes the first request, and the line is cut before its answer is there
async def venue(request):
    await request.read()
    requests.append(request.method)
    if len(requests) == 1:
        request.transport.close()
        return aiohttp.web.json_response(row)
    return aiohttp.web.json_response(unknown, status=400)


async def by_ccxt(url, method):
    exchange = ccxt.async_support.binanceusdm({"apiKey": "k", "secret": "s"})
    exchange.set_markets([{
        "id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
        "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
        "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
        "active": True, "precision": {"amount": 0.001, "price": 0.1}, "limits": {},
        "info": {"orderTypes": ["MARKET"]},
    }])
    exchange.urls["api"] = {name: url + "/fapi/v1" for name in exchange.urls["api"]}
    try:
        if method == "DELETE":
            return await exchange.cancel_order("283194212", "BTC/USDT:USDT")
        return await exchange.create_order("BTC/USDT:USDT", "market", "buy", 1)
    finally:
        await exchange.close()


async def by_pybotters(url, method):
    async with pybotters.Client() as client:
        answer = await client.request(method, url + "/fapi/v1/order", data={"symbol": "BTCUSDT", "orderId": 283194212})
        words = await answer.json()
        if answer.status == 400:
            raise ValueError(words["msg"])


async def by_python_binance(url, method):
    client = binance.AsyncClient("k", "s")
    client.FUTURES_URL = url + "/fapi"
    try:
        if method == "DELETE":
            return await client.futures_cancel_order(symbol="BTCUSDT", orderId=283194212)
        return await client.futures_create_order(symbol="BTCUSDT", side="BUY", type="MARKET", quantity=1)
    finally:
        await client.close_connection()


async def main():
    app = aiohttp.web.Application()
    app.router.add_route("*", "/{path:.*}", venue)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    url, seen = f"http://127.0.0.1:{runner.addresses[0][1]}", {}
    for name, library in (("ccxt", by_ccxt), ("pybotters", by_pybotters), ("python-binance", by_python_binance)):
        for method in ("DELETE", "POST"):
            requests.clear()
            try:
                told = await library(url, method)
            except Exception as error:
                told = error
            print(f"{name}, {method}: the venue got {len(requests)}; told: {type(told).__name__} {told}")
            seen[name, method] = len(requests), "Unknown order sent" in str(told)
    await runner.cleanup()
    return seen


for name in ("aiohttp", "ccxt", "pybotters", "python-binance"):
    print(name, importlib.metadata.version(name))
seen = asyncio.run(main())
expected = {"DELETE": (2, True), "POST": (1, False)}
sys.exit(0 if all(seen[key] == expected[key[1]] for key in seen) else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
