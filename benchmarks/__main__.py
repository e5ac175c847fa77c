"""Run everything and rewrite the table in `benchmarks/README.md`: `python -m benchmarks [decode whole_call …]`."""

from __future__ import annotations

import asyncio
import importlib
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.measure import Row

ALL = (
    "decode", "whole_call", "venues", "loops", "limiter", "start", "scale", "differential", "stream", "live", "sse",
    "workers",
)  # fmt: skip
README = Path(__file__).parent / "README.md"
MARKS = {True: "met", False: "**missed**", None: ""}
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
SHOWN = (
    "futures-async",
    "msgspec",
    "httpx",
    "httpcore",
    "aiohttp",
    "httptools",
    "uvloop",
    "picows",
    "websockets",
    "sse-starlette",
    "ccxt",
    "pybotters",
)


def _installed(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} –"


def table(rows: list[Row]) -> str:
    """The results as Markdown."""
    lines = [
        f"Python {platform.python_version()}, {', '.join(_installed(name) for name in SHOWN)}.",
        "",
        "| | goal | result | |",
        "|---|---|---|---|",
    ]
    lines += [f"| {row.what} | {row.goal} | {row.result} | {MARKS[row.met]} |" for row in rows]
    return "\n".join(lines)


def main(names: list[str]) -> None:
    """Run the scripts named, or all; only a full run is written down."""
    rows: list[Row] = []
    for name in names or ALL:
        found: list[Row] = asyncio.run(importlib.import_module(f"benchmarks.{name}").run())
        for row in found:
            print(f"{MARKS[row.met]:10} {row.what}: {row.result}", flush=True)
        rows += found
    if not names:
        before, _, rest = README.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        README.write_text(f"{before}{BEGIN}\n{table(rows)}\n{END}{after}")


if __name__ == "__main__":
    main(sys.argv[1:])
