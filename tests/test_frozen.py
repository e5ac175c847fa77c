"""A program frozen by PyInstaller has every adapter and its simulated side, by the hook that this package brings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from futures_async.adapters import BUILT_IN

PROGRAM = """
import asyncio
import futures_async as fa
from futures_async.simulator import serve

async def main():
    with serve(seed=3) as running:
        for name in fa.venue_ids():
            async with fa.connect(name, running.credentials(name), base_url=running.base_url) as exchange:
                print(name, len(await exchange.fetch_positions()) > 0)

asyncio.run(main())
"""


def test_a_frozen_program_knows_every_adapter(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--long"):
        pytest.skip("takes a minute: --long")
    pytest.importorskip("PyInstaller")
    (tmp_path / "bot.py").write_text(PROGRAM)
    build = [sys.executable, "-m", "PyInstaller", "--log-level", "ERROR", "--onedir", "bot.py"]
    for module in ("numpy", "pandas", "polars", "pyarrow", "duckdb", "pytest", "hypothesis"):
        build += ["--exclude-module", module]

    subprocess.run(build, cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "dist" / "bot" / "bot"], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert {line.split()[0] for line in done.stdout.splitlines()} >= set(BUILT_IN)
    assert all(line.endswith(" True") for line in done.stdout.splitlines()), done.stdout
