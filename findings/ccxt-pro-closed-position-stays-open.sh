#!/bin/sh
# ccxt.pro, Binance in one-way mode: a position that is closed stays open in the client's picture.
#
# A push of an open position is kept under its side, `long` or `short`, as read from the sign of the amount. The push that
# closes it has the amount 0, which has no sign, and is kept under a third side, `both`, beside the long one that it ends.
# With `newUpdates` off `watch_positions` goes on returning the long position; with it on, a program that keeps positions
# by contract and side holds it for ever. A position that turns from long to short is then both.
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
import ccxt.pro


class Client:
    """What the exchange needs of a connection to take a push in."""

    subscriptions = {"linear": True}
    futures = {}

    def resolve(self, result, message_hash):
        handed_over.append([(row["side"], row["contracts"]) for row in result])


exchange = ccxt.pro.binanceusdm()
exchange.set_markets([{
    "id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
    "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
    "active": True, "precision": {"amount": 0.001, "price": 0.1}, "limits": {}, "info": {},
}])
print("ccxt", ccxt.__version__)
handed_over = []
exchange.positions = {}
for amount in ("0.5", "0", "-0.3"):
    row = {"s": "BTCUSDT", "pa": amount, "ep": "60000", "up": "0", "mt": "cross", "iw": "0", "ps": "BOTH"}
    push = {"e": "ACCOUNT_UPDATE", "E": 1768195413861, "T": 1768195413861, "a": {"m": "ORDER", "B": [], "P": [row]}}
    exchange.handle_positions(Client(), push)
    held = sorted((row["side"], row["contracts"]) for row in exchange.positions["linear"])
    print(f"the venue pushes {amount}: handed over is {handed_over[-1]}, the picture is {held}")
expected = [("both", 0.0), ("long", 0.5), ("short", 0.3)]
sys.exit(0 if held == expected else f"this has changed: {held}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
