"""Our whole calls on other loops and other Pythons, each against bare aiohttp in the same process.

uvloop where it is installed; CPython 3.13 where `python3.13` is there with the peers of `requirements.txt`, or where
`FUTURES_ASYNC_PYTHONS` names interpreters (separated like PATH).
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec

from benchmarks.measure import Row

NEEDED = "import aiohttp, httptools, aiohappyeyeballs, msgspec, httpx, ccxt, trustme, futures_async"


def others() -> dict[str, list[str]]:
    """What else there is to run on: a name, and the command's beginning."""
    found: dict[str, list[str]] = {}
    if find_spec("uvloop") is not None:
        found["uvloop"] = [sys.executable, "-m", "benchmarks.whole_call", "--short", "--uvloop"]
    named = os.environ.get("FUTURES_ASYNC_PYTHONS", "").split(os.pathsep)
    for python in [path for path in (*named, shutil.which("python3.13") or "") if path]:
        if subprocess.run([python, "-c", NEEDED], capture_output=True, check=False).returncode == 0:
            command = [python, "-c", "import platform; print(platform.python_version())"]
            version = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
            found[f"CPython {version}"] = [python, "-m", "benchmarks.whole_call", "--short"]
    return found


async def run() -> list[Row]:
    """A row for each; there is no goal but to be told."""
    rows: list[Row] = []
    here = {"asyncio": [sys.executable, "-m", "benchmarks.whole_call", "--short"], **others()}
    for name, command in here.items():
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        out, _ = await process.communicate()
        told = json.loads(out)
        each = "; ".join(f"{what}: {said}" for what, (said, _) in told.items())
        rows.append(Row(f"whole calls on {name}, over bare aiohttp there", "stated", each, None))
    if not any(name.startswith("CPython 3.13") for name in here):
        rows.append(Row("whole calls on CPython 3.13", "stated", "not installed where this was run", None))
    return rows


if __name__ == "__main__":
    for row in asyncio.run(run()):
        print(f"{row.what}: {row.result}")
