"""The guide "When an order's answer is lost" says of each venue what its adapter declares."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

import futures_async as fa
from futures_async.adapter import Adapter
from futures_async.adapters import BUILT_IN
from futures_async.adapters.okx.endpoints import PLACE
from futures_async.trading.search import BETWEEN_ABSENCES_S

ORDERS_WINDOW_S = {"okx": PLACE.window_s}
"""Where orders die sooner than other requests."""
GUIDE = (Path(__file__).parents[2] / "docs" / "lost-answers.md").read_text()


@pytest.mark.parametrize("venue", BUILT_IN)
def test_the_guide_tells_how_long_certainty_takes(venue: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fa.LifecycleWarning)
        exchange = fa.connect(venue, None)
    assert isinstance(exchange, Adapter)
    if not exchange.supports(fa.Capability.CREATE_ORDER):
        pytest.skip(f"{venue} places no orders")
    [row] = [line for line in GUIDE.splitlines() if line.startswith(f"| `{venue}` |")]
    absent = [cell.strip() for cell in row.split("|")][3]
    traits = exchange._dialect.traits
    window_s = ORDERS_WINDOW_S.get(venue, traits.window_s)
    if window_s is None or not traits.lookup_by_client_id:
        assert absent == "never"
        return
    assert absent == f"after {window_s + traits.visibility_lag_s + BETWEEN_ABSENCES_S:g} s"
    assert f"die{'s' * (venue in ORDERS_WINDOW_S)} after {window_s:g} s" in row
    assert f"visible after {traits.visibility_lag_s:g} s" in row
