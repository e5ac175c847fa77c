#!/bin/sh
# polars: what is reckoned from decimals has the digits of the finer one, so that 1 over a price is 0.
#
# A product and a quotient of two columns of decimals have as many digits behind the point as the one that has more, and are
# rounded to that in silence. 1000 contracts of 1 USD at 60000.1 are 0.0 BTC; a quantity of 0.00015 at 60000.5 costs
# 9.00008 where it is 9.000075; and the funding of 0.001 BTC at a rate of 0.0001 is nothing. A sum adds what is rounded.
# DuckDB keeps the digits of both in a product and goes to floats in a quotient; pandas leaves it to Python's decimals. A cast
# of one column to `pl.Decimal(38, 18)` before gives the result that many digits.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet polars==2.1.0
cat >"$work/show.py" <<'PYTHON'
import sys
from decimal import Decimal

import polars as pl

fills = {
    "contracts": [Decimal(1000), Decimal(1000)], "price": [Decimal("60000.1"), Decimal("59999.9")],
    "quantity": [Decimal("0.00015"), Decimal("0.00025")], "coin": [Decimal("0.001"), Decimal("0.002")],
    "rate": [Decimal("0.0001"), Decimal("0.0001")],
}
frame = pl.DataFrame(fills)
wide = frame.with_columns(pl.all().cast(pl.Decimal(38, 18)))
print("polars", pl.__version__, dict(frame.schema))
seen = []
for words, column, exact in (
    ("coins of an inverse position, contracts / price", pl.col("contracts") / pl.col("price"), lambda c, p, q, b, r: c / p),
    ("cost, quantity * price", pl.col("quantity") * pl.col("price"), lambda c, p, q, b, r: q * p),
    ("funding in coin, coin * rate", pl.col("coin") * pl.col("rate"), lambda c, p, q, b, r: b * r),
):
    told, cast = (rows.select(column.sum()).item() for rows in (frame, wide))
    right = sum((exact(*row) for row in zip(*fills.values(), strict=True)), Decimal(0))
    print(f"{words}: the sum is {told}; it is {right:.12f}; after a cast {cast}")
    seen.append((str(told), abs(cast - right) < Decimal("1e-16")))
sys.exit(0 if seen == [("0.0", True), ("24.00000", True), ("0.0000", True)] else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
