#!/bin/sh
# TA-Lib: one candle without a price, and the RSI is 0 from there on, the strongest signal to buy that there is.
#
# A venue that was down for a minute leaves a gap, which pandas fills with NaN. Most figures are NaN after it, some until it has
# left their window, some for good: that is seen. Those that smooth by themselves and then divide are not: RSI and CMO are 0
# for the rest of the series, so are the directional indicators, STOCHRSI and ULTOSC, and ADX stays at what it was. 0 is a
# figure like any other, "oversold" below 30: a bot that buys below 30 buys on each candle. NaN at the beginning does no
# harm. `interpolate` or `ffill` before the indicators prevents it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet ta-lib==0.8.2 pandas==3.1.1
cat >"$work/show.py" <<'PYTHON'
import sys

import numpy as np
import pandas as pd
import talib

minutes = pd.date_range("2026-11-01", periods=300, freq="min")
steps = np.random.default_rng(7).normal(0, 0.002, 300)
close = pd.Series(60000 * np.exp(np.cumsum(steps)), index=minutes)
figures = {
    "RSI": lambda c: talib.RSI(c, 14),
    "CMO": lambda c: talib.CMO(c, 14),
    "PLUS_DI": lambda c: talib.PLUS_DI(c * 1.001, c * 0.999, c, 14),
    "STOCHRSI": lambda c: talib.STOCHRSI(c)[0],
    "ULTOSC": lambda c: talib.ULTOSC(c * 1.001, c * 0.999, c),
    "ADX": lambda c: talib.ADX(c * 1.001, c * 0.999, c, 14),
    "EMA": lambda c: talib.EMA(c, 14),
    "MACD": lambda c: talib.MACD(c)[0],
    "WMA": lambda c: talib.WMA(c, 14),
}
gap = close.drop(minutes[60]).asfreq("min")  # the minute 60 is missing
print("TA-Lib", talib.__version__, "with numpy", np.__version__, "and pandas", pd.__version__)
print("300 minutes; the figure of the last one: without a gap, with minute 60 missing, with that one filled")
seen = {}
for name, figure in figures.items():
    whole, broken, filled = (np.asarray(figure(series)) for series in (close, gap, gap.ffill()))
    print(f"  {name:8} {whole[-1]:10.2f} {broken[-1]:10.2f} {filled[-1]:10.2f}")
    after = broken[61:]
    if np.isnan(after[-1]):
        seen[name] = "NaN"
    elif len(set(after)) == 1:
        seen[name] = "0" if after[-1] == 0 else "stays"
    else:
        seen[name] = "right" if np.isclose(broken[-1], whole[-1]) else "wrong"
buys = int((np.asarray(talib.RSI(close, 14)) < 30).sum()), int((np.asarray(talib.RSI(gap, 14)) < 30).sum())
print(f"minutes with an RSI below 30: {buys[0]} without the gap, {buys[1]} with it")
expected = dict(RSI="0", CMO="0", PLUS_DI="0", STOCHRSI="0", ULTOSC="0", ADX="stays", EMA="NaN", MACD="NaN", WMA="right")
sys.exit(0 if seen == expected and buys[1] >= 239 > buys[0] else f"this has changed: {seen} {buys}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
