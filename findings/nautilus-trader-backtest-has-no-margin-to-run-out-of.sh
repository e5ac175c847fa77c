#!/bin/sh
# nautilus_trader: a backtest with leverage 10 lets an account of 1000 USDT buy for 600,000, owe 9000 and end with a gain.
#
# The checks before an order look at the money of cash accounts alone: with an account of the kind `MARGIN`, which is that of
# futures, an order of any size is filled, at market or with a limit, whatever the leverage. Nor is anything ever liquidated:
# a loss of ten times the account is carried until the price is back, and the run ends with a profit that no venue would
# have let it make. What the account tells of its margin does not help: the maintenance margin is divided by the leverage, as at
# no venue, and where it is more than there is, nothing follows. 1.221.0 is the last version for Python 3.11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet nautilus-trader==1.221.0
cat >"$work/show.py" <<'PYTHON'
import importlib.metadata
import sys
from decimal import Decimal

from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

btc = TestInstrumentProvider.btcusdt_perp_binance()  # as the adapter makes it of Binance's list
binance, prices = Venue("BINANCE"), (60000, 59000, 61000)
told = []


class BuyAndClose(Strategy):
    def __init__(self, quantity, limit):
        super().__init__()
        self.quantity, self.limit, self.seen = Quantity.from_str(quantity), limit, 0

    def on_start(self):
        self.subscribe_quote_ticks(btc.id)

    def on_quote_tick(self, tick):
        self.seen += 1
        if self.seen == 1 and self.limit:
            self.submit_order(self.order_factory.limit(btc.id, OrderSide.BUY, self.quantity, Price(prices[0], 1)))
        elif self.seen == 1:
            self.submit_order(self.order_factory.market(btc.id, OrderSide.BUY, self.quantity))
        elif self.seen == 2:
            account, loss = self.portfolio.account(binance), self.portfolio.unrealized_pnl(btc.id)
            told.append((account.balance_total(USDT).as_double(), account.margin_maint(btc.id).as_double(), loss.as_double()))
        else:
            self.close_all_positions(btc.id)


def run(quantity, limit):
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(
        venue=binance, oms_type=OmsType.NETTING, account_type=AccountType.MARGIN, base_currency=None,
        starting_balances=[Money(1000, USDT)], default_leverage=Decimal(10),
    )
    engine.add_instrument(btc)
    engine.add_data([
        QuoteTick(btc.id, Price(p, 1), Price(p, 1), Quantity.from_str("99.000"), Quantity.from_str("99.000"), at, at)
        for at, p in enumerate(prices, 1)
    ])
    engine.add_strategy(BuyAndClose(quantity, limit))
    engine.run()
    end = engine.portfolio.account(binance).balance_total(USDT).as_double()
    orders = [order.status_string() for order in engine.cache.orders()]
    engine.dispose()
    balance, margin, pnl = told.pop()
    what = f"{quantity} BTC at {prices[0]} {'with a limit' if limit else 'at market'}: {', '.join(orders)}; at {prices[1]} its"
    print(f"{what} profit is {pnl:g}, the balance {balance:g}, the margin held {margin:g}; in the end there are {end:g}")
    return orders, pnl, round(balance), margin, round(end)


print("nautilus_trader", importlib.metadata.version("nautilus_trader"))
print("an account of 1000 USDT with leverage 10 buys, the price goes", " ".join(map(str, prices)))
seen = [run("0.160", False), run("10.000", False), run("10.000", True)]
filled = ["FILLED", "FILLED"]
expected = [(filled, -160.0, 998, 24.0, 1157), (filled, -10000.0, 892, 1500.0, 10782), (filled, -10000.0, 892, 1500.0, 10782)]
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
