#!/bin/sh
# ccxt.pro, OKX: a fee that was paid is positive in `fetch_my_trades`, and negative in `watch_my_trades`, as if earned.
#
# OKX tells what was paid as negative. The row that is fetched is turned round, the one that is pushed is handed on as it
# stands. Who follows his trades as they come and subtracts the fees adds them, and is off by twice the fees against the
# account. `cost` is wrong there as well from an order's second fill on: it is that of the whole order so far, so that
# the costs of the trades add up to more than was traded.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet ccxt==4.5.90
cat >"$work/show.py" <<'PYTHON'
import asyncio
import sys
import warnings

warnings.simplefilter("ignore")
import ccxt
import ccxt.pro


class Client:
    """What the exchange needs of a connection to take a push in."""

    url = "wss://example.invalid"
    subscriptions = {}
    futures = {}

    def resolve(self, result, message_hash):
        pass


# an order of 1 contract (0.01 BTC) at 59000 fills in two parts; 0.05 % are paid
order = {
    "instType": "SWAP", "instId": "BTC-USDT-SWAP", "ordId": "680800019749904385", "px": "59000", "sz": "1",
    "ordType": "limit", "side": "buy", "posSide": "net", "tdMode": "cross", "fillPx": "59000", "fillFeeCcy": "USDT",
    "feeCcy": "USDT", "execType": "T", "avgPx": "59000", "cTime": "1768195413861", "uTime": "1768195420004",
    "fillTime": "1768195420001",
}
pushed = [
    {"tradeId": "1", "fillSz": "0.4", "accFillSz": "0.4", "fillFee": "-0.118", "fee": "-0.118", "state": "partially_filled"},
    {"tradeId": "2", "fillSz": "0.6", "accFillSz": "1", "fillFee": "-0.177", "fee": "-0.295", "state": "filled"},
]
fill = {key: order[key] for key in ("instType", "instId", "ordId", "fillPx", "side", "posSide", "execType", "feeCcy")}
fetched = [
    {**fill, "tradeId": row["tradeId"], "fillSz": row["fillSz"], "fee": row["fillFee"], "ts": "1768195420001"}
    for row in pushed
]


async def venue(url, method="GET", headers=None, body=None):
    return {"code": "0", "msg": "", "data": fetched}


async def main():
    exchange = ccxt.pro.okx({"apiKey": "k", "secret": "s", "password": "p"})
    exchange.set_markets([{
        "id": "BTC-USDT-SWAP", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
        "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
        "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 0.01,
        "active": True, "precision": {"amount": 0.01, "price": 0.1}, "limits": {}, "info": {},
    }])
    exchange.fetch = venue
    arg = {"channel": "orders", "instType": "SWAP", "uid": "1"}
    for row in pushed:
        exchange.handle_message(Client(), {"arg": arg, "data": [{**order, **row}]})
    trades = {"fetch_my_trades": await exchange.fetch_my_trades("BTC/USDT:USDT"), "watch_my_trades": exchange.myTrades}
    await exchange.close()
    return {name: [(row["fee"]["cost"], row["cost"]) for row in rows] for name, rows in trades.items()}


print("ccxt", ccxt.__version__)
seen = asyncio.run(main())
for name, rows in seen.items():
    fees, costs = zip(*rows)
    print(f"{name}: fees {list(fees)}, together {sum(fees):.3f}; costs {list(costs)}, together {sum(costs):.0f}")
expected = {"fetch_my_trades": [(0.118, 236.0), (0.177, 354.0)], "watch_my_trades": [(-0.118, 236.0), (-0.177, 590.0)]}
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
