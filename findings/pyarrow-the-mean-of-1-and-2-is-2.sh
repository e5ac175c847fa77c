#!/bin/sh
# pyarrow, and with it pandas: the mean of decimals is rounded to the digits of the column, so that that of 1 and 2 is 2.
#
# The mean of a column of decimals is a decimal with as many digits behind the point, and what is finer is rounded off without
# a word: seven funding rates, three of them 0.0001 and the others 0, have a mean of 0. pandas passes it on where a column is
# Arrow's, as `read_parquet` makes it with `dtype_backend="pyarrow"`: the whole column, a group and a
# pivot table are wrong, a rolling mean, the median and the sum over the number of rows are right. The same file read
# without that option has objects, and the right mean.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pyarrow==26.0.1 pandas==3.1.1
cat >"$work/show.py" <<'PYTHON'
import io
import sys
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

print("pyarrow", pa.__version__, "with pandas", pd.__version__)
columns = {
    "rate": [Decimal(text) for text in ("0.0001", "0.0001", "0.0001", "0.0000", "0.0000", "0.0000", "0.0000")],
    "size": [Decimal(number) for number in (1, 2, 1, 2, 1, 2, 2)],
}
file = io.BytesIO()
pq.write_table(pa.table({"symbol": ["BTCUSDT"] * 7, **columns}), file)
table = pq.read_table(file)
frame = pd.read_parquet(file, dtype_backend="pyarrow")
plain = pd.read_parquet(file)
seen = {}
for name, values in columns.items():
    right = float(sum(values)) / 7
    ways = {
        "pyarrow": pc.mean(table[name]).as_py(),
        "pyarrow, a group": table.group_by("symbol").aggregate([(name, "mean")])[f"{name}_mean"][0].as_py(),
        "pandas": frame[name].mean(),
        "pandas, a group": frame.groupby("symbol")[name].mean().iloc[0],
        "pandas, a pivot table": frame.pivot_table(name, index="symbol").iloc[0, 0],
        "pandas, rolling": frame[name].rolling(7).mean().iloc[-1],
        "pandas, sum / 7": frame[name].sum() / 7,
        "pandas, read without Arrow": plain[name].mean(),
    }
    print(f"{name}, {frame[name].dtype}: the mean is {right:.6f}")
    for way, mean in ways.items():
        print(f"  {way}: {mean}")
        seen.setdefault(way, []).append(abs(float(mean) - right) < 1e-9)
wrong = [way for way, right in seen.items() if not any(right)]
right = [way for way, right in seen.items() if all(right)]
expected = ["pyarrow", "pyarrow, a group", "pandas", "pandas, a group", "pandas, a pivot table"]
sys.exit(0 if (wrong, len(right)) == (expected, 3) else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
