#!/bin/sh
# freqtrade, Binance, dry run with cross margin: what a short position loses moves the others' liquidation price away.
#
# The liquidation price of a position in cross margin depends on the profit of all others. freqtrade reckons that as
# amount x (mark price - entry), whatever the side: the loss of a short one counts as a gain, and its gain as a loss. The more
# an account loses with a short position, the safer the dry run says the long ones are.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet freqtrade==2026.9 ccxt==4.5.90
cat >"$work/show.py" <<'PYTHON'
import importlib.metadata
import json
import logging
import sys
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
from freqtrade.enums import CandleType, MarginMode, RunMode, TradingMode
from freqtrade.exchange import Binance
from freqtrade.persistence import LocalTrade

fees = {"fee_open": 0, "fee_close": 0}
sui, btc = "SUI/USDT:USDT", "BTC/USDT:USDT"
markets = [
    {
        "id": f"{base}USDT", "symbol": f"{base}/USDT:USDT", "base": base, "quote": "USDT", "settle": "USDT", "baseId": base,
        "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True, "future": False,
        "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1, "active": True,
        "taker": 0.0005, "maker": 0.0002, "precision": {"amount": 0.001, "price": 0.0001}, "limits": {}, "info": {},
    }
    for base in ("SUI", "BTC")
]
config = {
    "exchange": {"name": "binance", "key": "", "secret": "", "pair_whitelist": [], "enable_ws": False},
    "runmode": RunMode.DRY_RUN, "stake_currency": "USDT", "dry_run": True, "trading_mode": TradingMode.FUTURES,
    "margin_mode": MarginMode.CROSS, "liquidation_buffer": 0.0,
    "candle_type_def": CandleType.FUTURES, "entry_pricing": {"price_side": "same"}, "exit_pricing": {"price_side": "same"},
}
collateral, amount = 6000, 19000


# Binance's `GET /fapi/v1/premiumIndex`
def answer(url, method="GET", headers=None, body=None):
    row = {
        "markPrice": str(mark), "indexPrice": str(mark), "estimatedSettlePrice": str(mark), "lastFundingRate": "0.0001",
        "interestRate": "0.0001", "nextFundingTime": 1768204800000, "time": 1768176000000,
    }
    return [{"symbol": "BTCUSDT", **row}, {"symbol": "SUIUSDT", **row, "markPrice": "1"}]


exchange = Binance(config, validate=False)
exchange._api.set_markets(markets)
exchange._markets = exchange._api.markets
exchange.fill_leverage_tiers()
exchange._api.fetch = answer
print("freqtrade", importlib.metadata.version("freqtrade"))
rate, deduction = exchange.get_maintenance_ratio_and_amt(sui, amount)
other_rate, _ = exchange.get_maintenance_ratio_and_amt(btc, 30000)
seen = []
for is_short, mark in ((False, 56000), (True, 60000), (True, 64000), (True, 56000)):
    profit = 0.5 * (60000 - mark if is_short else mark - 60000)
    trades = [
        LocalTrade(pair=sui, amount=amount, open_rate=1.0, stake_amount=1900.0, leverage=10, is_short=False, **fees),
        LocalTrade(pair=btc, amount=0.5, open_rate=60000.0, stake_amount=3000.0, leverage=10, is_short=is_short, **fees),
    ]
    # Binance's formula for a long position in cross margin
    venue = (collateral - 0.5 * mark * other_rate + profit + deduction - amount) / (amount * rate - amount)
    told = exchange.get_liquidation_price(sui, 1.0, False, amount, 1900.0, 10, collateral, trades)
    beside = "short" if is_short else "long"
    print(f"SUI bought at 1, beside a {beside} BTC with a profit of {profit}: expected {venue:.4f}, freqtrade says {told:.4f}")
    seen.append((round(venue, 4), round(told, 4)))
expected = [(0.8034, 0.8034), (0.6975, 0.6975), (0.8043, 0.5916), (0.5907, 0.8034)]
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
