#!/bin/sh
# ccxt, Hyperliquid: an account with portfolio margin has no money, and so has one that was unified after the first look.
#
# Accounts that are unified, or have portfolio margin, keep their collateral in the spot ledger; what a dex shows of them is
# the margin of their positions, or nothing. `fetch_balance` asks how an account is kept, once in its life, and reads the
# spot ledger of those alone that are called unifiedAccount: with portfolio margin, 1000 USDC and a position with a margin of
# 25 it says 25, and 0 without a position. An account that is switched while a program runs is read where it was before.
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

market = {
    "id": "0", "symbol": "BTC/USDC:USDC", "base": "BTC", "quote": "USDC", "settle": "USDC", "baseId": "0", "quoteId": "0",
    "settleId": "0", "type": "swap", "spot": False, "margin": False, "swap": True, "future": False, "option": False,
    "contract": True, "linear": True, "inverse": False, "contractSize": 1, "active": True,
    "precision": {"amount": 0.00001, "price": 0.1}, "limits": {}, "info": {"name": "BTC"}, "baseName": "BTC",
}
account = {}


# 1000 USDC, of which a position holds 25: the dex's own only where the account is neither unified nor has portfolio margin
def answer(url, method="GET", headers=None, body=None):
    asked = json.loads(body)["type"]
    pooled = account["kind"] in ("unifiedAccount", "portfolioMargin")
    if asked == "userAbstraction":
        return json.dumps(account["kind"])
    if asked == "spotClearinghouseState":
        row = {"coin": "USDC", "token": 0, "total": "1000.0", "hold": "25.0", "entryNtl": "0.0"}
        return {"balances": [row] if pooled else []}
    held = "25.0" if pooled else "1000.0"
    summary = {"accountValue": held, "totalMarginUsed": "25.0", "totalNtlPos": "500.0", "totalRawUsd": held}
    return {
        "marginSummary": summary, "crossMarginSummary": summary, "crossMaintenanceMarginUsed": "5.0", "withdrawable": "0.0",
        "assetPositions": [], "time": 1768176000000,
    }


def made():
    exchange = ccxt.hyperliquid({
        "walletAddress": "0x" + "1" * 40, "privateKey": "0x" + "2" * 64, "options": {"builderFee": False},
    })
    exchange.set_markets([market])
    exchange.fetch = answer
    return exchange


print("ccxt", ccxt.__version__)
seen = []
for kind in ("disabled", "unifiedAccount", "portfolioMargin"):
    account["kind"] = kind
    total = made().fetch_balance()["USDC"]["total"]
    print(f"{kind}: 1000 USDC are {total}")
    seen.append(total)
exchange = made()
for kind in ("disabled", "unifiedAccount"):
    account["kind"] = kind
    total = exchange.fetch_balance()["USDC"]["total"]
    print(f"one object, {kind}: 1000 USDC are {total}")
    seen.append(total)
sys.exit(0 if seen == [1000.0, 1000.0, 25.0, 1000.0, 25.0] else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
