"""Dead man's switches: what they are told, at every venue that has one."""

from __future__ import annotations

from typing import Any

import pytest

from futures_async.adapter import Adapter, InvalidRequest
from futures_async.testing.inside import Inside
from futures_async.testing.virtual_time import run
from futures_async.trading.countdown import whole_seconds
from futures_async.unified.enums import Outcome
from futures_async.unified.exchange import Capability
from tests.contract.venues import specs


@pytest.mark.parametrize(("given", "seconds"), [(0, 0), (5, 5), (60, 60), (30.0, 30), (0.0, 0)])
def test_whole_seconds_within_the_venues_bounds_are_taken(given: Any, seconds: int) -> None:
    found = whole_seconds(given, "venue", least=5, most=60)
    assert (found, type(found)) == (seconds, int)


@pytest.mark.parametrize(
    "given", [4, 61, -1, 7.5, True, False, None, "30", "soon", float("nan"), float("inf"), [30], 10**30]
)
def test_all_else_is_an_invalid_request(given: Any) -> None:
    with pytest.raises(InvalidRequest, match="venue: timeout_s must be 0 or a whole number of seconds from 5 to 60"):
        whole_seconds(given, "venue", least=5, most=60)


def test_where_there_is_no_most_any_time_is_taken() -> None:
    assert whole_seconds(10**6, "venue") == 10**6
    with pytest.raises(InvalidRequest, match="from 1 up"):
        whole_seconds(-1, "venue")


PER_CONTRACT = {"binance", "bitmart"}
SPECS = {
    name: spec
    for name, spec in specs().items()
    if isinstance(kind := spec.factory, type)
    and issubclass(kind, Adapter)
    and Capability.ARM_CANCEL_ALL in kind.capabilities
}


def test_the_venues_that_have_one_are_known() -> None:
    assert set(SPECS) >= {"binance", "bitget-uta", "bitmart", "hyperliquid", "okx"}


@pytest.mark.parametrize("venue", SPECS)
@pytest.mark.parametrize("given", ["30", "soon", float("inf"), float("nan"), 7.5, True, None, -1])
def test_what_is_no_whole_number_of_seconds_is_refused_at_every_venue_before_anything_is_sent(
    venue: str, given: Any
) -> None:
    async def main() -> None:
        on = Inside(SPECS[venue])
        async with on.exchange as exchange:
            sent: list[object] = []
            exchange.observe(sent.append)
            with pytest.raises(InvalidRequest, match=f"{venue}: timeout_s must be 0 or a whole number") as caught:
                await exchange.arm_cancel_all(given, on.spec.symbol if venue in PER_CONTRACT else None)
            assert caught.value.outcome is Outcome.NOT_SENT
            assert sent == []

    run(main())
