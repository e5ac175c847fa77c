#!/bin/sh
# pandas 3: a time as a number is in microseconds, or in milli- or nanoseconds, by where it came from.
#
# For fifteen years `times.astype("int64") // 1_000_000` was how to get the milliseconds that a venue asks for: times were in
# nanoseconds. They are now as fine as their source: text and `unit="ms"` give microseconds, Parquet what was written, text with nine
# digits of a second nanoseconds, and one such text changes all the column. The line then gives seconds or less; a request for
# fills since 1796083200 "milliseconds" goes back to January 1970, a window of time holds nothing, and two frames that
# are joined by such numbers have no row in common. Nothing warns; `Timestamp.value` is nanoseconds as ever. `times.dt.as_unit("ms")`
# before `astype` is right in each case.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pandas==3.1.1 pyarrow==26.0.1
cat >"$work/show.py" <<'PYTHON'
import io
import sys
import warnings

warnings.simplefilter("error")
import pandas as pd

right = 1796083200123
text = "2026-12-01T00:00:00.123"
file = io.BytesIO()
pd.DataFrame({"time": pd.to_datetime([right], unit="ms").as_unit("ms")}).to_parquet(file)
sources = {
    "text with milliseconds": pd.Series(pd.to_datetime([text + "Z"])),
    "text with nanoseconds": pd.Series(pd.to_datetime([text + "000000Z"])),
    "both in one column": pd.Series(pd.to_datetime([text + "Z", text + "000000Z"], format="ISO8601")),
    "to_datetime, unit='ms'": pd.Series(pd.to_datetime([right], unit="ms")),
    "Parquet in milliseconds": pd.read_parquet(file)["time"],
    "CSV": pd.read_csv(io.StringIO(f"time\n{text}\n"), parse_dates=["time"])["time"],
}
print("pandas", pd.__version__)
print(f"the milliseconds of {text}Z are {right}")
seen = {}
for source, times in sources.items():
    told = int(times.astype("int64").iloc[0]) // 1_000_000
    fixed = int(times.dt.as_unit("ms").astype("int64").iloc[0])
    print(f"  {source}: {times.dtype}, astype('int64') // 1_000_000 is {told},", end=" ")
    print(f"{pd.Timestamp(told, unit='ms'):%Y-%m-%d}; as_unit first: {fixed}")
    seen[source] = (told, fixed == right, times.iloc[0].value // 1_000_000 == right)
expected = [1796083200, right, right, 1796083200, 1796083, 1796083200]
sys.exit(0 if list(seen.values()) == [(told, True, True) for told in expected] else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
