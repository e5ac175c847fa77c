#!/bin/sh
# ccxt, Bitget in hedge mode: selling a long position is told as bought by `fetch_my_trades`.
#
# In hedge mode Bitget's `side` names the position: a long is closed by `buy` with `tradeSide` `close`. `create_order` turns
# that round when it sends, and `fetch_order` when it reads; the trades of that order are handed on as they come. What was
# sent as a sale is a sale in the order, and a purchase in its trades: positions, profit and taxes that are counted from
# trades have each close of a long as one more purchase. The rows are those of one order, captured by others in demo trading.
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

exchange = ccxt.bitget()
exchange.set_markets([{
    "id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
    "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
    "active": True, "precision": {"amount": 0.0001, "price": 0.1}, "limits": {}, "info": {},
}])
market = exchange.market("BTC/USDT:USDT")
asked = {"hedged": True, "reduceOnly": True}
sent = exchange.create_order_request(market["symbol"], "market", "sell", 0.0001, None, asked)

order = {
    "symbol": "BTCUSDT", "size": "0.0001", "orderId": "1491774628346392577", "clientOid": "probe1791392707228",
    "baseVolume": "0.0001", "fee": "-0.00500838", "price": "", "priceAvg": "83473.1", "state": "filled", "side": "buy",
    "force": "gtc", "totalProfits": "0.00019", "posSide": "long", "marginCoin": "USDT", "quoteVolume": "8.3473",
    "orderType": "market", "leverage": "3", "marginMode": "crossed", "reduceOnly": "YES", "enterPointSource": "API",
    "tradeSide": "close", "posMode": "hedge_mode", "orderSource": "market", "cancelReason": "",
    "cTime": "1791392707930", "uTime": "1791392707970",
}
trade = {
    "tradeId": "1491774628545409024", "symbol": "BTCUSDT", "orderId": "1491774628346392577", "price": "83473.1",
    "baseVolume": "0.0001", "side": "buy", "quoteVolume": "8.3473", "profit": "0.00019", "tradeSide": "close",
    "posMode": "hedge_mode", "tradeScope": "taker", "cTime": "1791392707954",
    "feeDetail": [{"deduction": "no", "feeCoin": "USDT", "totalDeductionFee": None, "totalFee": "-0.00500838"}],
}
print("ccxt", ccxt.__version__)
print(f"create_order('sell') sends side={sent['side']} tradeSide={sent['tradeSide']}")
sides = (exchange.parse_order(order, market)["side"], exchange.parse_trade(trade, market)["side"])
print("that order is then: {} in fetch_order, {} in fetch_my_trades".format(*sides))
sys.exit(0 if sent["side"] == "buy" and sides == ("sell", "buy") else "this has changed")
PYTHON
"$work/venv/bin/python" "$work/show.py"
