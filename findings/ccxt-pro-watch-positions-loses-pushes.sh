#!/bin/sh
# ccxt.pro, Binance: a push of positions that comes while the program is busy with the one before is lost.
#
# `watch_orders` goes by a cache of what is new since the last call. `watch_positions` hands over the rows of one push, and
# only to a call that is waiting: a program that writes to a database between two calls, or asks the venue something,
# misses what came meanwhile. Here ETH is closed while the program works at BTC's push, and stays open in its books. Most
# other venues of ccxt.pro hand positions over in the same way.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet ccxt==4.5.90
cat >"$work/show.py" <<'PYTHON'
import asyncio
import json
import sys
import warnings

warnings.simplefilter("ignore")
import aiohttp.web
import ccxt
import ccxt.pro


sockets = []


async def venue(request):
    socket = aiohttp.web.WebSocketResponse()
    await socket.prepare(request)
    sockets.append(socket)
    async for _ in socket:
        pass
    return socket


async def push(symbol, amount, after):
    await asyncio.sleep(after)
    row = {"s": symbol, "pa": amount, "ep": "0.0", "cr": "0", "up": "0", "mt": "cross", "iw": "0", "ps": "LONG"}
    account = {"m": "ORDER", "B": [], "P": [row]}
    await sockets[0].send_str(json.dumps({"e": "ACCOUNT_UPDATE", "E": 1768195413861, "T": 1768195413861, "a": account}))
    print("the venue pushed", symbol, amount)


class Exchange(ccxt.pro.binanceusdm):
    async def authenticate(self, params={}):
        self.options["linear"] = {"listenKey": "k"}

    def get_private_ws_url(self, type, listen_key):
        return f"ws://127.0.0.1:{self.options['port']}/"

    async def fetch_positions(self, symbols=None, params={}):
        return [self.parse_ws_position({"s": coin + "USDT", "pa": "1", "ps": "LONG"}) for coin in ("BTC", "ETH")]


async def main():
    app = aiohttp.web.Application()
    app.router.add_get("/", venue)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    exchange = Exchange({"apiKey": "k", "secret": "s", "options": {"port": runner.addresses[0][1]}})
    exchange.set_markets([{
        "id": f"{coin}USDT", "symbol": f"{coin}/USDT:USDT", "base": coin, "quote": "USDT", "settle": "USDT",
        "baseId": coin, "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False,
        "swap": True, "future": False, "option": False, "contract": True, "linear": True, "inverse": False,
        "contractSize": 1, "active": True, "precision": {"amount": 0.001, "price": 0.1}, "limits": {}, "info": {},
    } for coin in ("BTC", "ETH", "SOL")])
    print("ccxt", ccxt.__version__)
    held = {}

    async def watch():
        for position in await asyncio.wait_for(exchange.watch_positions(), 20):
            held[position["symbol"]] = position["contracts"]
        print("the program holds", held)

    await watch()
    pushing = asyncio.create_task(push("BTCUSDT", "0", after=1))
    await watch()
    await push("ETHUSDT", "0", after=0)
    await asyncio.sleep(0.5)  # the program is busy with BTC's push
    pushing = asyncio.create_task(push("SOLUSDT", "7", after=1))
    await watch()
    await pushing
    await exchange.close()
    await runner.cleanup()
    return held


held = asyncio.run(main())
expected = {"BTC/USDT:USDT": 0.0, "ETH/USDT:USDT": 1.0, "SOL/USDT:USDT": 7.0}
sys.exit(0 if held == expected else f"this has changed: {held}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
