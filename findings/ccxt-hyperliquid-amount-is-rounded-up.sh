#!/bin/sh
# ccxt, Hyperliquid: an amount between two steps is rounded, so that an order may be larger than what was asked for.
#
# At other venues an amount is cut off at the step below, and programs rely on that: 15.9 DOGE, which is all the money there
# is, become an order of 15. Here it is one of 16. A position of 11 that is closed in three parts of 3.667 has 2 left at
# the others; here 12 are sold, which turns it round unless the orders are reduce-only.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet ccxt==4.5.90
cat >"$work/show.py" <<'PYTHON'
import sys
import warnings

warnings.simplefilter("ignore")
import ccxt

print("ccxt", ccxt.__version__)
seen = {}
for name in ("binanceusdm", "bybit", "okx", "bitget", "hyperliquid"):
    exchange = getattr(ccxt, name)()
    exchange.set_markets([{
        "id": "DOGE", "symbol": "DOGE/USDC:USDC", "base": "DOGE", "quote": "USDC", "settle": "USDC", "baseId": "0",
        "quoteId": "USDC", "settleId": "USDC", "type": "swap", "spot": False, "margin": False, "swap": True,
        "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
        "active": True, "precision": {"amount": 1, "price": 0.00001}, "limits": {}, "info": {},
    }])
    seen[name] = [exchange.amount_to_precision("DOGE/USDC:USDC", amount) for amount in (15.9, 3.667)]
    print(f"{name}: 15.9 becomes {seen[name][0]}, three times 3.667 are {3 * int(seen[name][1])} of 11")
expected = {name: ["16", "4"] if name == "hyperliquid" else ["15", "3"] for name in seen}
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
