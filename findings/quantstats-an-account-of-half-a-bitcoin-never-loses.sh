#!/bin/sh
# quantstats: the equity of an account that holds less than one coin is taken for returns, and a loss for a gain.
#
# Each figure takes returns or an equity and guesses which it was given: what has no value above 1 is returns. A coin-margined
# account of 0.5 BTC that falls to 0.4 is one that won 50 %, 52 % and so on each day: no drawdown, no day lost, and a Sharpe
# ratio of 170. Four times the coins, or the same in thousandths, gives the right figures. An equity that is below zero on one
# day, as that of a cross margin account may be, is taken for returns too: 1000 USDT that are lost have a Sharpe ratio of 18.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet quantstats==0.0.86 pandas==3.1.1
cat >"$work/show.py" <<'PYTHON'
import sys
import warnings

warnings.simplefilter("ignore")
import pandas as pd
import quantstats as qs

days = pd.date_range("2026-01-01", periods=6)
coins = pd.Series([0.50, 0.52, 0.47, 0.49, 0.44, 0.40], index=days)
figures = (qs.stats.sharpe, qs.stats.max_drawdown, qs.stats.win_rate, qs.stats.worst)
print("quantstats", qs.__version__, "with pandas", pd.__version__)
print("expected: the same figures whatever the unit is")
seen = []
for what, equity in (
    ("an account that falls from 500 to 400 thousandths of a bitcoin", coins * 1000),
    ("an account that falls from 0.5 to 0.4 bitcoin", coins),
    ("an account of 2 bitcoin, which falls as much", coins * 4),
    ("an account of 1000 USDT that ends at -10", pd.Series([1000.0, 1100, 900, 400, 50, -10], index=days)),
):
    told = {figure.__name__: round(float(figure(equity)), 3) for figure in figures}
    print(f"{what}: {told}")
    seen.append(list(told.values()))
right = [-8.686, -0.231, 0.4, -0.102]
expected = [right, [170.274, 0.0, 1.0, 0.4], right, [18.499, -10.0, 0.833, -10.0]]
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
