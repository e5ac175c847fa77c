#!/bin/sh
# freqtrade, Binance: the funding of a trade stops growing after a hundred payments, and is 0 while Binance cannot be asked.
#
# The funding of an open trade is read as the sum of `fetch_funding_history` since its last fill. Without a limit Binance
# answers with the first hundred rows from there: 33 days where funding is paid every eight hours, 16 where every four, 4
# where every hour. What is paid after that is in no figure of the bot, and none says so. And where the reading fails, the
# sum is 0 instead of what was known: a trade that is closed at that moment is booked as one that paid no funding.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet freqtrade==2026.9 ccxt==4.5.90
cat >"$work/show.py" <<'PYTHON'
import datetime
import importlib.metadata
import logging
import sys
import urllib.parse
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
import ccxt
from freqtrade.enums import CandleType, MarginMode, RunMode, TradingMode
from freqtrade.exchange import Binance

hour, opened = 3_600_000, 1768176000000
market = {
    "id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
    "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
    "active": True, "precision": {"amount": 0.001, "price": 0.1}, "limits": {}, "info": {},
}
config = {
    "exchange": {"name": "binance", "key": "k", "secret": "s", "pair_whitelist": [], "enable_ws": False},
    "runmode": RunMode.LIVE, "stake_currency": "USDT", "dry_run": False, "trading_mode": TradingMode.FUTURES,
    "margin_mode": MarginMode.ISOLATED,
    "candle_type_def": CandleType.FUTURES, "entry_pricing": {"price_side": "same"}, "exit_pricing": {"price_side": "same"},
}
now, asked = opened, []


# Binance's page of `GET /fapi/v1/income`: `limit` is 100 unless named; rows from `startTime` on, the oldest first
def answer(url, method="GET", headers=None, body=None):
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    asked.append(query)
    if now is None:
        raise ccxt.RequestTimeout("no answer")
    times = range(opened + 8 * hour, now + 1, 8 * hour)
    rows = [
        {"symbol": "BTCUSDT", "incomeType": "FUNDING_FEE", "income": "-0.6", "asset": "USDT", "time": time, "tranId": time,
         "tradeId": "", "info": "FUNDING_FEE"}
        for time in times if time >= int(query["startTime"])
    ]
    return rows[: min(int(query.get("limit", 100)), 1000)]


Binance.additional_exchange_init = lambda self: None  # asks for the position mode
exchange = Binance(config, validate=False, load_leverage_tiers=False)
exchange._api.set_markets([market])
exchange._api.fetch = answer
print("freqtrade", importlib.metadata.version("freqtrade"), "with ccxt", ccxt.__version__)
seen = []
for days in (20, 33, 60, 90, None):
    now = None if days is None else opened + days * 24 * hour
    since = datetime.datetime.fromtimestamp(opened / 1000, datetime.timezone.utc)
    told = round(exchange.get_funding_fees("BTC/USDT:USDT", 1, False, since), 8)
    paid = "Binance does not answer" if days is None else f"after {days} days {-days * 3 * 0.6:.1f} were paid"
    print(f"{paid}: freqtrade says {told}")
    seen.append(told)
print("asked with", sorted(asked[0].keys() & {"symbol", "incomeType", "startTime", "limit", "page"}))
sys.exit(0 if seen == [-36.0, -59.4, -60.0, -60.0, 0.0] else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
