#!/bin/sh
# ccxt, OKX: with a loss the `marginRatio` of a crossed position passes 1 and turns negative, while the account is safe.
#
# At OKX all crossed positions are liquidated together, by the account's equity; each row says how far that is (`mgnRatio`,
# 30 is far). ccxt does not read it. It divides the maintenance margin by the position's own initial margin and its
# unrealized loss, as if no other money stood behind it: where the loss nears the initial margin the ratio passes 1, which
# means liquidated, and beyond it is below 0. A program that reduces above 0.8 sells a position that nothing threatens, and
# one that asks whether the ratio is small finds the worst of them safe.
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

market = {
    "id": "BTC-USDT-SWAP", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
    "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True, "future": False,
    "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 0.01, "active": True,
    "precision": {"amount": 0.01, "price": 0.1}, "limits": {}, "info": {},
}


# as OKX's page of positions shows a row: 0.1 BTC bought at 60000 on an account with 1000 USDT, tenfold leverage
def row(mark):
    loss, notional = (mark - 60000) / 10, mark / 10
    maintenance = notional * 0.004
    return {
        "instType": "SWAP", "instId": "BTC-USDT-SWAP", "mgnMode": "cross", "posId": "1", "posSide": "net", "pos": "10",
        "posCcy": "", "avgPx": "60000", "markPx": str(mark), "upl": f"{loss:.2f}", "uplRatio": f"{loss / 600:.4f}",
        "lever": "10", "liqPx": "50500", "imr": f"{notional / 10:.2f}", "mmr": f"{maintenance:.2f}", "margin": "",
        "mgnRatio": f"{(1000 + loss) / maintenance:.2f}", "notionalUsd": f"{notional:.2f}", "cTime": "1768195413861",
        "uTime": "1768195413861", "realizedPnl": "0",
    }


exchange = ccxt.okx({"apiKey": "k", "secret": "s", "password": "p"})
exchange.set_markets([market])
print("ccxt", ccxt.__version__)
seen = []
for mark in (60000, 57000, 54600, 54000):
    exchange.fetch = lambda *_, **__: {"code": "0", "msg": "", "data": [row(mark)]}
    [position] = exchange.fetch_positions()
    at_okx = float(position["info"]["mgnRatio"])
    print(f"mark price {mark}: OKX says {at_okx}, a ratio of {1 / at_okx:.3f}; marginRatio is {position['marginRatio']}")
    seen.append(position["marginRatio"])
sys.exit(0 if seen == [0.04, 0.0844, 3.64, -0.36] else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
