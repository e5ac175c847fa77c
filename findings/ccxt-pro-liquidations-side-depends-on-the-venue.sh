#!/bin/sh
# ccxt.pro: a liquidation with the side `sell` is of a long position at Binance and OKX, and of a short one at Bybit.
#
# Binance and OKX tell which order the liquidation sent to the market: a long position is sold. Bybit tells which position
# was liquidated: `Buy` is a long one. `watch_liquidations` hands each word on as `side`. A program that reads the pressure
# on the market from several venues subtracts where it should add. At OKX a push may hold several liquidations of a
# contract, of which the first alone is handed on.
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

    url = "wss://example.invalid"
    subscriptions = {}

    def resolve(self, result, message_hash):
        handed_over[message_hash] = result


def detail(size):
    return {"bkLoss": "0", "bkPx": "59000", "ccy": "", "posSide": "long", "side": "sell", "sz": size, "ts": "1768195413861"}


# everywhere a long position of 2 is liquidated; at OKX another one of 5 in the same push
order = {
    "s": "BTCUSDT", "S": "SELL", "o": "LIMIT", "f": "IOC", "q": "2", "p": "59000", "ap": "59100", "X": "FILLED",
    "l": "2", "z": "2", "T": 1768195413861,
}
row = {"T": 1768195413861, "s": "BTCUSDT", "S": "Buy", "v": "2", "p": "59000"}
group = {"details": [detail("2"), detail("5")], "instFamily": "BTC-USDT", "instId": "BTC-USDT-SWAP", "instType": "SWAP"}
pushes = {
    "binanceusdm": ("BTCUSDT", {"e": "forceOrder", "E": 1768195413861, "o": order}),
    "bybit": ("BTCUSDT", {"topic": "allLiquidation.BTCUSDT", "type": "snapshot", "ts": 1768195413861, "data": [row]}),
    "okx": ("BTC-USDT-SWAP", {"arg": {"channel": "liquidation-orders", "instType": "SWAP"}, "data": [group]}),
}
print("ccxt", ccxt.__version__)
seen = {}
for name, (market_id, push) in pushes.items():
    exchange = getattr(ccxt.pro, name)()
    exchange.set_markets([{
        "id": market_id, "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
        "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
        "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
        "active": True, "precision": {"amount": 0.001, "price": 0.1}, "limits": {}, "info": {},
    }])
    handed_over = {}
    exchange.handle_message(Client(), push)
    rows = next(iter(handed_over.values()))
    seen[name] = [(liquidation["side"], liquidation["contracts"]) for liquidation in rows]
    print(f"{name}: a long position is liquidated, watch_liquidations tells {seen[name]}")
expected = {"binanceusdm": [("sell", 2.0)], "bybit": [("buy", 2.0)], "okx": [("sell", 2.0)]}
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
