#!/bin/sh
# backtesting.py: in a `FractionalBacktest` a short position's stop at 63000 is never reached, and a limit of 59000 buys at 60000.
#
# To trade parts of a coin the class multiplies the prices by the size of a part, 1e-8 unless told otherwise: a strategy sees
# 0.0006 where the data says 60000. Prices that it works out from the data fit. One that it was given, a level of support, a
# stop by the venue's own liquidation price, lies a hundred million times too high, and no error says so: a buying limit of
# 59000 fills at once at any price, the stop of a short position is never reached, a rule "below 58000" is always true. And
# `size=1` is one part, 0.00000001 BTC. What comes out, trades and statistics, has the prices of the data again.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet backtesting==0.6.6 pandas==3.1.1
cat >"$work/show.py" <<'PYTHON'
import sys
import warnings

warnings.simplefilter("ignore")
import backtesting
import pandas as pd
from backtesting import Strategy
from backtesting.lib import FractionalBacktest

backtesting.backtesting._tqdm = lambda rows, **options: rows  # no progress bar
hours = pd.date_range("2026-11-01", periods=60, freq="h")
close = pd.Series([60000.0 + 100 * hour for hour in range(60)], index=hours)  # rises to 65900
prices = pd.DataFrame({"Open": close, "High": close + 20, "Low": close - 20, "Close": close, "Volume": 1.0})


def run(order, scale=1.0):
    class Once(Strategy):
        def init(self):
            pass

        def next(self):
            if len(self.data) == 5:
                order(self, scale)

    test = FractionalBacktest(prices, Once, cash=10_000, finalize_trades=True)
    return test.run()._trades


def told(words, trades):
    rows = [(f"{row.Size:.8f}", round(float(row.EntryPrice)), round(float(row.ExitPrice)), f"{row.PnL:.2f}") for row in trades.itertuples()]
    print(f"{words}: {rows or 'no trade'}")
    return rows


print("backtesting.py", backtesting.__version__, "with pandas", pd.__version__, "- size, entry, exit, profit")
print("the price rises from 60000 to 65900, an hour 100")
stop = lambda strategy, scale: strategy.sell(size=0.5, sl=63000 * scale)
limit = lambda strategy, scale: strategy.buy(size=0.5, limit=59000 * scale)
seen = [
    told("sell half of what there is with a stop at 63000", run(stop)),
    told("the same with the stop at 63000 * 1e-8", run(stop, 1e-8)),
    told("buy at 59000 at most", run(limit)),
    told("the same at 59000 * 1e-8", run(limit, 1e-8)),
    told("buy a size of 1", run(lambda strategy, scale: strategy.buy(size=1))),
]
exits = [[row[1:3] for row in rows] for rows in seen]
expected = [[(60500, 65900)], [(60500, 63000)], [(60500, 65900)], [], [(60500, 65900)]]
sys.exit(0 if exits == expected and seen[4][0][0] == "0.00000001" else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
