#!/bin/sh
# ccxt, Hyperliquid: the fee of a trade contains the builder's fee twice.
#
# A fill says `fee`, the whole of what was paid, and `builderFee`, the part of it that went to a builder (venue page of the
# fills: "also included in fee"). ccxt adds the two. As ccxt itself names a builder in its orders, that is so for most of
# its users' trades: profit after fees comes out lower than what the account shows.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet ccxt==4.5.90
cat >"$work/show.py" <<'PYTHON'
import sys
import warnings
from decimal import Decimal

warnings.simplefilter("ignore")
import ccxt

exchange = ccxt.hyperliquid()
exchange.set_markets([{
    "id": "0", "symbol": "BTC/USDC:USDC", "base": "BTC", "quote": "USDC", "settle": "USDC", "baseId": "0",
    "quoteId": "USDC", "settleId": "USDC", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
    "active": True, "precision": {"amount": 0.001, "price": 1}, "limits": {}, "info": {},
}])
# 0.1 BTC at 60000 by a taker: 0.045 % to the venue are 2.7, 0.01 % to the builder are 0.6, which makes 3.3
fill = {
    "coin": "BTC", "px": "60000.0", "sz": "0.1", "side": "B", "time": 1768195414100, "startPosition": "0.0",
    "dir": "Open Long", "closedPnl": "0.0", "hash": "0x" + "5d" * 32, "oid": 77747314, "crossed": True, "fee": "3.3",
    "builderFee": "0.6", "tid": 118906512037719, "feeToken": "USDC",
}
fee = exchange.parse_trade(fill, exchange.market("BTC/USDC:USDC"))["fee"]["cost"]
print("ccxt", ccxt.__version__)
print(f"the venue: fee {fill['fee']}, of which builderFee {fill['builderFee']}; ccxt: fee {fee}")
sys.exit(0 if Decimal(str(fee)) == Decimal("3.9") else f"this has changed: {fee}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
