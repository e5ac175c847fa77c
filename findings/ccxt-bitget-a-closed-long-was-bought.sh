#!/bin/sh
# ccxt, Bitget in hedge mode: selling a long position is told as bought by `fetch_my_trades` and by `watch_orders`.
#
# In hedge mode Bitget's `side` names the position: a long is closed by `buy` with `tradeSide` `close`. `create_order` turns
# that round when it sends, and `fetch_order` when it reads; the trades of that order, and its pushes, are handed on as they
# come. The order that was sent as a sale is a sale when it is read, and a purchase when it is pushed and in its trades.
# Positions, profit and taxes that are counted from trades have each close of a long as one more purchase. The rows are
# those of one order, captured by others in demo trading.
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
    "id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
    "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
    "active": True, "precision": {"amount": 0.0001, "price": 0.1}, "limits": {}, "info": {},
}])
market = exchange.market("BTC/USDT:USDT")
asked = {"hedged": True, "reduceOnly": True}
sent = exchange.create_order_request(market["symbol"], "market", "sell", 0.0001, None, asked)

of_both = {
    "orderId": "1491774628346392577", "side": "buy", "tradeSide": "close", "posMode": "hedge_mode", "marginCoin": "USDT",
    "orderType": "market", "force": "gtc", "marginMode": "crossed", "leverage": "3", "posSide": "long", "size": "0.0001",
    "priceAvg": "83473.1", "baseVolume": "0.0001", "cTime": "1791392707930", "uTime": "1791392707970",
}
read = {**of_both, "symbol": "BTCUSDT", "state": "filled", "price": "", "fee": "-0.00500838", "reduceOnly": "YES"}
pushed = {**of_both, "instId": "BTCUSDT", "status": "filled", "price": "0", "accBaseVolume": "0.0001"}
trade = {
    "tradeId": "1491774628545409024", "symbol": "BTCUSDT", "orderId": "1491774628346392577", "price": "83473.1",
    "baseVolume": "0.0001", "side": "buy", "quoteVolume": "8.3473", "profit": "0.00019", "tradeSide": "close",
    "posMode": "hedge_mode", "tradeScope": "taker", "cTime": "1791392707954",
    "feeDetail": [{"deduction": "no", "feeCoin": "USDT", "totalDeductionFee": None, "totalFee": "-0.00500838"}],
}
print("ccxt", ccxt.__version__)
print(f"create_order('sell') sends side={sent['side']} tradeSide={sent['tradeSide']}")
sides = {
    "fetch_order": exchange.parse_order(read, market)["side"],
    "watch_orders": exchange.parse_ws_order(pushed, market)["side"],
    "fetch_my_trades": exchange.parse_trade(trade, market)["side"],
    "watch_my_trades": exchange.parse_ws_trade(trade, market)["side"],
}
print("that order is then:", ", ".join(f"{name} {side}" for name, side in sides.items()))
wrong = {"fetch_order": "sell", "watch_orders": "buy", "fetch_my_trades": "buy", "watch_my_trades": "buy"}
sys.exit(0 if sent["side"] == "buy" and sides == wrong else "this has changed")
PYTHON
"$work/venv/bin/python" "$work/show.py"
