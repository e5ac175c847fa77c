#!/bin/sh
# nautilus_trader: a coin-margined position that was bought in two parts has a wrong entry price, and a loss that nobody made.
#
# A contract of 1 USD is worth 1/price coins, so that the entry price of two purchases is their harmonic mean: 1000 contracts at
# 60000 and 1000 at 30000 are 0.05 BTC, 40000 each. The position takes the arithmetic mean, 45000, and reckons profit from
# that, unrealized and realized: closed at 40000, where nothing was gained or lost, it has lost 0.0056 BTC, 222 USD of 2000.
# It always errs to the long side's loss and the short side's gain. A stop that is set by `avg_px_open` is off by as
# much, and so is the account of a backtest. 1.221.0 is the last version for Python 3.11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet nautilus-trader==1.221.0
cat >"$work/show.py" <<'PYTHON'
import importlib.metadata
import sys
from decimal import Decimal

from nautilus_trader.core.uuid import UUID4
from nautilus_trader.model.currencies import BTC
from nautilus_trader.model.enums import LiquiditySide, OrderSide, OrderType
from nautilus_trader.model.events import OrderFilled
from nautilus_trader.model.identifiers import AccountId, ClientOrderId, PositionId, StrategyId, TradeId, TraderId, VenueOrderId
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.model.position import Position
from nautilus_trader.test_kit.providers import TestInstrumentProvider

contract = TestInstrumentProvider.xbtusd_bitmex()  # 1 USD each, settled in BTC, as Bybit's BTCUSD


def fill(number, side, price):
    return OrderFilled(
        TraderId("T-1"), StrategyId("S-1"), contract.id, ClientOrderId(f"O-{number}"), VenueOrderId(str(number)),
        AccountId("BITMEX-1"), TradeId(str(number)), PositionId("P-1"), side, OrderType.MARKET, Quantity.from_int(1000), Price(price, 1),
        contract.quote_currency, Money(0, BTC), LiquiditySide.TAKER, UUID4(), number, number,
    )


def told(name, opening, closing, first, second, end):
    position = Position(contract, fill(1, opening, first))
    position.apply(fill(2, opening, second))
    average, open_pnl = position.avg_px_open, position.unrealized_pnl(Price(end, 1))
    position.apply(fill(3, closing, end))
    position.apply(fill(4, closing, end))
    coins = Decimal(1000) / first + Decimal(1000) / second - Decimal(2000) / end
    true = round(coins if opening is OrderSide.BUY else -coins, 8)
    mean = 2000 / (1000 / first + 1000 / second)
    print(f"{name}, 1000 contracts at {first} and 1000 at {second}: entry {average:g}, is {mean:g};", end=" ")
    print(f"at {end} unrealized {open_pnl}, realized {position.realized_pnl}, is {true:f} BTC")
    return average, str(open_pnl), str(position.realized_pnl), f"{true:f}"


print("nautilus_trader", importlib.metadata.version("nautilus_trader"))
seen = [
    told("long", OrderSide.BUY, OrderSide.SELL, 60000, 30000, 40000),
    told("short", OrderSide.SELL, OrderSide.BUY, 60000, 30000, 40000),
    told("long", OrderSide.BUY, OrderSide.SELL, 60000, 50000, 55000),
]
loss = "0.00555556 BTC"
expected = [
    (45000.0, f"-{loss}", f"-{loss}", "0.00000000"), (45000.0, loss, loss, "0.00000000"),
    (55000.0, "0.00000000 BTC", "0.00000000 BTC", "0.00030303"),
]
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
