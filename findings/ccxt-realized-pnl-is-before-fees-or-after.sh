#!/bin/sh
# ccxt: one trade that lost 47 has a `realizedPnl` of +30 at Bitget, -42 at Bybit and -47 at OKX, in `fetch_positions_history`.
#
# A closed position has its profit before fees and funding at Bitget (`pnl`, `cumRealisedPnl`; `netProfit` stands beside it), after
# fees at Bybit (`closedPnl`), after fees and funding at OKX (`realizedPnl`), all under one name. A strategy of many small
# gains looks good at Bitget and loses money there, and sums over venues, statements and stops by the loss of the day
# are of three kinds. Bybit's rows are of closing orders, not of positions, besides. `fee` and `funding` are in `info` alone.
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

# 1 BTC bought at 60000 and sold at 60030: 30 gained, 36 and 36 of fees and 5 of funding paid
time = 1768195413861
bitget = {
    "positionId": "1", "symbol": "BTCUSDT", "marginCoin": "USDT", "holdSide": "long", "openAvgPrice": "60000", "closeAvgPrice": "60030",
    "marginMode": "crossed", "openTotalPos": "1", "closeTotalPos": "1", "pnl": "30", "netProfit": "-47", "totalFunding": "-5",
    "openFee": "-36", "closeFee": "-36", "posMode": "one_way_mode", "utime": str(time), "ctime": str(time),
}
unified = {
    "positionId": "1", "category": "USDT-FUTURES", "symbol": "BTCUSDT", "marginCoin": "USDT", "holdMode": "one_way_mode", "posSide": "long",
    "marginMode": "crossed", "openPriceAvg": "60000", "closePriceAvg": "60030", "openTotalPos": "1", "closeTotalPos": "1",
    "cumRealisedPnl": "30", "netProfit": "-47", "totalFunding": "-5", "openFeeTotal": "-36", "closeFeeTotal": "-36",
    "createdTime": str(time), "updatedTime": str(time),
}
bybit = {
    "symbol": "BTCUSDT", "orderId": "9f1a6e1c", "side": "Sell", "qty": "1", "orderPrice": "57000", "orderType": "Market",
    "execType": "Trade", "closedSize": "1", "cumEntryValue": "60000", "avgEntryPrice": "60000", "cumExitValue": "60030",
    "avgExitPrice": "60030", "closedPnl": "-42", "openFee": "36", "closeFee": "36", "fillCount": "1", "leverage": "10",
    "createdTime": str(time), "updatedTime": str(time),
}
okx = {
    "instId": "BTC-USDT-SWAP", "instType": "SWAP", "ccy": "USDT", "direction": "long", "openAvgPx": "60000", "closeAvgPx": "60030",
    "closeTotalPos": "100", "openMaxPos": "100", "pnl": "30", "fee": "-72", "fundingFee": "-5", "liqPenalty": "0", "realizedPnl": "-47",
    "lever": "10", "mgnMode": "cross", "posId": "1", "type": "2", "cTime": str(time), "uTime": str(time), "uly": "BTC-USDT",
}
rows = {
    "bitget": ({"code": "00000", "data": {"list": [bitget]}}, {}),
    "bitget, unified": ({"code": "00000", "data": {"list": [unified]}}, {"uta": True}),
    "bybit": ({"retCode": 0, "result": {"category": "linear", "list": [bybit]}}, {}), "okx": ({"code": "0", "data": [okx]}, {}),
}
print("ccxt", ccxt.__version__, "- a long position that gained 30 and paid 72 of fees and 5 of funding")
seen = []
for name, (answer, params) in rows.items():
    options = {"enableUnifiedAccount": True, "unifiedMarginStatus": 6}
    exchange = getattr(ccxt, name.split(",")[0])({"apiKey": "k", "secret": "s", "password": "p", "options": options})
    exchange.set_markets([{
        "id": "BTC-USDT-SWAP" if name == "okx" else "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT",
        "baseId": "BTC", "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
        "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 0.01 if name == "okx" else 1,
        "active": True,
        "precision": {"amount": 0.001, "price": 0.1}, "limits": {}, "taker": 0.0006, "info": {},
    }])
    exchange.fetch = lambda url, method="GET", headers=None, body=None, answer=answer: answer
    [position] = exchange.fetch_positions_history(["BTC/USDT:USDT"], None, None, params)
    print(f"  {name}:", {key: position[key] for key in ("side", "entryPrice", "lastPrice", "realizedPnl")})
    seen.append((position["side"], position["realizedPnl"]))
expected = [("long", profit) for profit in (30.0, 30.0, -42.0, -47.0)]
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
