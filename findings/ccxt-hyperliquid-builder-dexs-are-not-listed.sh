#!/bin/sh
# ccxt, Hyperliquid: `fetch_positions` and `fetch_open_orders` show nothing of builders' dexs, which can be traded.
#
# `load_markets` lists the contracts of builders' dexs beside the venue's own, and orders in them need nothing more.
# Positions and orders that rest are asked for without the name of a dex, which is the venue's own alone: what is held
# elsewhere is shown only to who names its symbol, or the dex. A program that closes what it holds, or counts its risk,
# finds nothing; one that opens where nothing is open opens again. `fetch_balance` leaves out the money of those dexs as
# well. A list of symbols of two dexs is refused.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet ccxt==4.5.90
cat >"$work/show.py" <<'PYTHON'
import json
import sys
import warnings

warnings.simplefilter("ignore")
import ccxt


def venue(url, method="GET", headers=None, body=None):
    asked = json.loads(body)
    dex = asked.get("dex", "")
    if asked["type"] == "clearinghouseState":
        held = {"szi": "2", "entryPx": "300", "leverage": {"type": "isolated", "value": "5"}, "liquidationPx": "250"}
        held.update(marginUsed="120", positionValue="600", returnOnEquity="0", unrealizedPnl="0")
        positions = [{"position": {"coin": "xyz:TSLA", **held}, "type": "oneWay"}] if dex == "xyz" else []
        money = {"accountValue": "620" if dex == "xyz" else "100", "totalMarginUsed": "0"}
        return {"assetPositions": positions, "marginSummary": money, "crossMarginSummary": money, "withdrawable": "100"}
    if asked["type"] == "frontendOpenOrders":
        order = {"coin": "xyz:TSLA", "limitPx": "310", "oid": 1, "origSz": "2", "side": "A", "sz": "2"}
        return [{**order, "timestamp": 1704346468838}] if dex == "xyz" else []
    return "default"


def contract(base, name, number):
    return {
        "id": str(number), "symbol": f"{base}/USDC:USDC", "base": base, "quote": "USDC", "settle": "USDC",
        "baseId": str(number), "baseName": name, "quoteId": "USDC", "settleId": "USDC", "type": "swap", "spot": False,
        "margin": False, "swap": True, "future": False, "option": False, "contract": True, "linear": True,
        "inverse": False, "contractSize": 1, "active": True, "precision": {"amount": 0.001, "price": 0.1}, "limits": {},
        "info": {},
    }


print("ccxt", ccxt.__version__)
exchange = ccxt.hyperliquid({"walletAddress": "0x" + "1" * 40, "privateKey": "0x" + "2" * 64})
print("load_markets lists", exchange.options["fetchMarkets"]["types"])
exchange.set_markets([contract("BTC", "BTC", 0), contract("XYZ-TSLA", "xyz:TSLA", 110000)])  # as `fetch_markets` makes them
exchange.fetch = venue
symbol = "XYZ-TSLA/USDC:USDC"
seen = {
    "fetch_positions()": [row["contracts"] for row in exchange.fetch_positions()],
    "fetch_positions([symbol])": [row["contracts"] for row in exchange.fetch_positions([symbol])],
    "fetch_open_orders()": [row["amount"] for row in exchange.fetch_open_orders()],
    "fetch_open_orders(symbol)": [row["amount"] for row in exchange.fetch_open_orders(symbol)],
    "fetch_balance()": exchange.fetch_balance()["USDC"]["total"],
}
for call, told in seen.items():
    print(f"{call}: {told}")
try:
    exchange.fetch_positions(["BTC/USDC:USDC", symbol])
except ccxt.NotSupported as error:
    seen["two dexs"] = "refused"
    print("fetch_positions of both:", error)
sys.exit(0 if list(seen.values()) == [[], [2.0], [], [2.0], 100.0, "refused"] else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
