"""A new venue is one package and one entry point: nothing of the project changes for it.

The package `acme` was written by following `adapters/README.md` step by step, and keeps that page honest.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import futures_async as fa
from futures_async import registry
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.suite import ContractSuite
from futures_async.unified.enums import MarginMode
from futures_async.unified.installed import adapters as installed_adapters
from tests.newcomer.acme import Acme

ROOT = Path(__file__).parents[2]
ENTRY_POINT = "[futures_async.adapters]\nacme = tests.newcomer.acme:Acme\n"


def distribution(folder: Path) -> Path:
    """What an installed distribution leaves of itself: its metadata."""
    info = folder / "acme_futures-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-futures\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINT)
    return folder


@pytest.fixture(scope="module", autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = distribution(tmp_path_factory.mktemp("site"))
    forget = installed_adapters.cache_clear
    sys.path.insert(0, str(folder))
    forget()
    yield folder
    sys.path.remove(str(folder))
    forget()


class TestAcme(ContractSuite):
    """The newcomer owes what every adapter owes."""

    spec = VenueSpec(
        factory=Acme,
        raw_call=RawCall("/acme/balances", {}),
        second_symbol="BTC/USDC:USDC",
        margin_modes=(MarginMode.CROSS,),
        # The coins of an id are told apart by underscores.
        bases=("龙虾", "MØTH", "1000CAT", "$MYRO", "A.B", "A-B"),
        silent=frozenset(
            {
                *("Account.initial_margin", "Account.locked", "Account.position_mode", "Account.transferable"),
                *("Order.leverage", "Order.margin_mode", "Position.auto_margin", "Position.break_even_price"),
                *("Position.funding", "Position.maintenance_margin", "Position.margin_mode", "Position.margin_ratio"),
                *("Position.position_id", "Position.stop_loss", "Position.take_profit", "Position.updated_ms"),
                *("Ticker.funding_rate", "Ticker.index_price", "Leverage.margin_mode"),
            }
        ),
    )


def test_it_is_known_by_its_id() -> None:
    assert "acme" in registry.venue_ids()
    assert isinstance(fa.connect("acme"), Acme)


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["venues"], "acme"),
        (["positions", "--simulated", "-v", "acme"], "BTC/USDT:USDT"),
        (["orders", "--simulated", "-v", "acme"], "BTC/USDT:USDT"),
    ],
    ids=["venues", "positions", "orders"],
)
def test_the_command_line_knows_it(installed: Path, arguments: list[str], shown: str) -> None:
    paths = [str(installed), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from futures_async.cli import main; sys.exit(main())", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert shown in done.stdout
    assert "acme" in done.stdout
