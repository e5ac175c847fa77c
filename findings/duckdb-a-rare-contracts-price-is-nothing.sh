#!/bin/sh
# duckdb: of a pandas column of decimals the scale is guessed from a thousand rows, and finer prices become 0 in silence.
#
# DuckDB looks at every n-th row of a frame with `Decimal` in it and makes the column as fine as what it met there. Fills of
# contracts with one decimal and a few of a contract that costs a hundred-thousandth: where no fill of that one is met, its
# price is 0.0, and so is what it cost. Each digit that is too fine is rounded without a word, where a number that is too
# large is an error. `SET pandas_analyze_sample = 0` has no guess: the column is text.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet duckdb==2.0.1 pandas==3.1.1
cat >"$work/show.py" <<'PYTHON'
import sys
from decimal import Decimal

import duckdb
import pandas as pd

common = {"symbol": "BTC/USDT:USDT", "price": Decimal("60000.1"), "quantity": Decimal(1)}
rare = {"symbol": "PEPE/USDT:USDT", "price": Decimal("0.00001234"), "quantity": Decimal(9)}
print("duckdb", duckdb.__version__, "with pandas", pd.__version__)
seen = []
for rows in (1000, 5000):
    fills = pd.DataFrame([common, rare] + [common] * (rows - 2))
    [(kind, least, spent)] = duckdb.sql(
        "SELECT any_value(typeof(price)), min(price), sum(price * quantity) FILTER (symbol LIKE 'PEPE%') FROM fills"
    ).fetchall()
    print(f"{rows} fills, the second at 0.00001234: expected that price and a cost of 0.00011106; {kind}, {least}, {spent}")
    seen.append((least == rare["price"], spent == rare["price"] * 9, str(least)))
sys.exit(0 if seen == [(True, True, "0.00001234"), (False, False, "0.0")] else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
