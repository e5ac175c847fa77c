#!/bin/sh
# ccxt.pro, Bitget classic: an order that fills in three parts of 1, 2 and 1 is shown with `filled` 1, 2 and 1.
#
# A push of `orders` carries two volumes: `baseVolume` is this fill, `accBaseVolume` all of them. `watch_orders` takes
# the first for `filled` and `cost`, and the second for `remaining`, so that filled + remaining is not the amount.
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

exchange = ccxt.pro.bitget()
exchange.set_markets([{
    "id": "LTCUSDT", "symbol": "LTC/USDT:USDT", "base": "LTC", "quote": "USDT", "settle": "USDT", "baseId": "LTC",
    "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
    "active": True, "precision": {"amount": 0.1, "price": 0.01}, "limits": {}, "info": {},
}])
print("ccxt", ccxt.__version__)
seen = []
for so_far, this, status in (("1", "1", "partially_filled"), ("3", "2", "partially_filled"), ("4", "1", "filled")):
    row = {
        "instId": "LTCUSDT", "orderId": "1300000000000000011", "clientOid": "fx0000000001", "size": "4",
        "price": "93.62", "priceAvg": "93.62", "orderType": "limit", "force": "gtc", "side": "buy", "posSide": "net",
        "tradeSide": "buy_single", "posMode": "one_way_mode", "marginMode": "crossed", "marginCoin": "USDT",
        "status": status, "accBaseVolume": so_far, "baseVolume": this, "fillPrice": "93.62",
        "fillNotionalUsd": "93.62", "feeDetail": [{"feeCoin": "USDT", "fee": "-0.01"}],
        "cTime": "1742560144582", "uTime": "1742560144693",
    }
    order = exchange.parse_ws_order(row, exchange.market("LTC/USDT:USDT"))
    seen.append((order["filled"], order["remaining"]))
    print(f"accBaseVolume {so_far}, baseVolume {this}: filled {order['filled']}, remaining {order['remaining']} of 4")
sys.exit(0 if seen == [(1.0, 3.0), (2.0, 1.0), (1.0, 0.0)] else "this has changed")
PYTHON
"$work/venv/bin/python" "$work/show.py"
