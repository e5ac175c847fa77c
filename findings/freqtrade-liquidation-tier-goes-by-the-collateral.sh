#!/bin/sh
# freqtrade, dry run and backtest: the tier of the maintenance margin is looked up by the collateral, not by the position's value.
#
# Tiers are by the value of a position. `dry_run_liquidation_price` asks for the tier of `stake_amount`, which is the margin:
# with leverage 10 a tenth of the value. A larger position of a small contract gets the lowest tier, and its liquidation
# price is farther away than the venue's: the dry run lives on, and shows a profit later, where the venue takes the position.
# The tiers are those that freqtrade ships for Binance. With leverage 1 the two are the same.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet freqtrade==2026.9 ccxt==4.5.90
cat >"$work/show.py" <<'PYTHON'
import importlib.metadata
import logging
import sys
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
from freqtrade.enums import CandleType, MarginMode, RunMode, TradingMode
from freqtrade.exchange import Binance

pair, entry, leverage = "ONE/USDT:USDT", 0.01, 10
market = {
    "id": "ONEUSDT", "symbol": pair, "base": "ONE", "quote": "USDT", "settle": "USDT", "baseId": "ONE", "quoteId": "USDT",
    "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True, "future": False, "option": False,
    "contract": True, "linear": True, "inverse": False, "contractSize": 1, "active": True, "taker": 0.0005, "maker": 0.0002,
    "precision": {"amount": 1, "price": 0.00001}, "limits": {}, "info": {},
}
config = {
    "exchange": {"name": "binance", "key": "", "secret": "", "pair_whitelist": [], "enable_ws": False},
    "runmode": RunMode.DRY_RUN, "stake_currency": "USDT", "dry_run": True, "trading_mode": TradingMode.FUTURES,
    "margin_mode": MarginMode.ISOLATED, "liquidation_buffer": 0.0,
    "candle_type_def": CandleType.FUTURES, "entry_pricing": {"price_side": "same"}, "exit_pricing": {"price_side": "same"},
}
exchange = Binance(config, validate=False)
exchange._api.set_markets([market])
exchange._markets = exchange._api.markets
exchange.fill_leverage_tiers()
print("freqtrade", importlib.metadata.version("freqtrade"))
seen = []
for value in (1000, 4000, 11000):
    margin, amount = value / leverage, value / entry
    rate, deduction = exchange.get_maintenance_ratio_and_amt(pair, value)
    # Binance's formula for one long position in isolated margin
    venue = (margin + deduction - value) / (amount * rate - amount)
    told = exchange.get_liquidation_price(pair, entry, False, amount, margin, leverage, margin)
    print(f"a long position of {value} USDT, bought at {entry}: expected {venue:.6f}, freqtrade says {told:.6f}")
    seen.append((round(venue, 6), round(told, 6)))
expected = [(0.009137, 0.009137), (0.009179, 0.009137), (0.009335, 0.009137)]
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
