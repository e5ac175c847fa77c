#!/bin/sh
# pandas: one row without an order's number rounds the numbers of all the others, and `read_json` changes ids that are text.
#
# A column of whole numbers that has one gap becomes a column of floats. The numbers of Binance's orders have nineteen digits, of
# which a float keeps sixteen: two orders become one, what is joined by them counts fills for the wrong order, and a cancel
# finds none. A gap is what a ledger has: funding belongs to no order. `read_json` takes text for numbers besides: the
# client order ids "007" and "1e5" are 7 and 100000, and a price keeps sixteen digits of what was exact.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pandas==3.1.1
cat >"$work/show.py" <<'PYTHON'
import io
import json
import sys

import pandas as pd

trade = {"type": "trade", "price": "0.00001234567890123456"}
rows = [
    {**trade, "orderId": 8389765591234567891, "clientOrderId": "007"},
    {**trade, "orderId": 8389765591234567893, "clientOrderId": "1e5"},
]
funding = {"type": "funding", "orderId": None, "clientOrderId": None, "price": None}
print("pandas", pd.__version__)
seen = []
for what, of in (("two trades", rows), ("with funding between them", [rows[0], funding, rows[1]])):
    frame = pd.DataFrame(of)
    numbers = [int(number) for number in frame["orderId"].dropna()]
    print(f"{what}: orderId is {frame['orderId'].dtype}, {numbers}: {frame['orderId'].nunique()} orders")
    seen.append((str(frame["orderId"].dtype), numbers))
cancel = [{**row, "orderId": str(row["orderId"])} for row in rows]
read = pd.read_json(io.StringIO(json.dumps(cancel)))
seen.append([read[column].tolist() for column in ("clientOrderId", "price")])
print("client order ids '007', '1e5' and a price of '0.00001234567890123456' by read_json:", *seen[-1])
with_gap = pd.read_json(io.StringIO(json.dumps([cancel[0], funding, cancel[1]])))
seen.append([int(number) for number in with_gap["orderId"].dropna()])
print("order ids as text, with funding between them, by read_json:", seen[-1])
kept = pd.read_json(io.StringIO(json.dumps([cancel[0], funding, cancel[1]])), dtype=False)
print("the same with dtype=False:", kept["orderId"].dropna().tolist())
rounded = [8389765591234568192] * 2
expected = [
    ("int64", [8389765591234567891, 8389765591234567893]), ("float64", rounded),
    [[7.0, 100000.0], [1.234567890123456e-05] * 2], rounded,
]
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
