#!/bin/sh
# ccxt, Bitget: a fee that was paid is positive on a classic account, and negative on a unified one, as if it were earned.
#
# The classic account says `totalFee` "-0.06", which ccxt turns round. The unified account says `fee` "0.06" for the same
# money (its closed positions say `closeFeeTotal` "-0.06"), and that is turned round too. Profit after fees is too high by
# twice the fees for who moved to the new account. Other venues tell what was paid as positive.
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
    "id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
    "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
    "active": True, "precision": {"amount": 0.001, "price": 0.1}, "limits": {}, "info": {},
}
# everywhere 0.001 BTC at 100000 are sold by a taker for a fee of 0.06 %, which is 0.06 USDT
trades = {
    "bitget, classic": (ccxt.bitget, {
        "tradeId": "1", "symbol": "BTCUSDT", "orderId": "2", "price": "100000", "baseVolume": "0.001", "side": "sell",
        "feeDetail": [{"deduction": "no", "feeCoin": "USDT", "totalDeductionFee": None, "totalFee": "-0.06"}],
        "quoteVolume": "100", "profit": "0.17", "enterPointSource": "api", "tradeSide": "close", "cTime": "1751020520451",
        "posMode": "hedge_mode", "tradeScope": "taker",
    }),
    "bitget, unified": (ccxt.bitget, {
        "execId": "1", "orderId": "2", "category": "USDT-FUTURES", "symbol": "BTCUSDT", "orderType": "market",
        "side": "sell", "execPrice": "100000", "execQty": "0.001", "execValue": "100", "tradeScope": "taker",
        "feeDetail": [{"feeCoin": "USDT", "fee": "0.06"}], "createdTime": "1751020520451", "execPnl": "0.17",
    }),
    "bybit": (ccxt.bybit, {
        "symbol": "BTCUSDT", "execType": "Trade", "execId": "1", "orderId": "2", "side": "Sell", "execPrice": "100000",
        "execQty": "0.001", "execValue": "100", "execFee": "0.06", "feeRate": "0.0006", "execTime": "1751020520451",
        "isMaker": False,
    }),
}
print("ccxt", ccxt.__version__)
seen = []
for name, (venue, row) in trades.items():
    exchange = venue()
    exchange.set_markets([market])
    fee = exchange.parse_trade(row, exchange.market("BTC/USDT:USDT"))["fee"]
    print(f"{name}: a fee of 0.06 was paid, trade['fee'] is {fee['cost']} {fee['currency']}")
    seen.append(fee["cost"])
sys.exit(0 if seen == [0.06, -0.06, 0.06] else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
