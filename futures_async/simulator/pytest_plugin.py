"""For users' own tests: no call of this library reaches a live venue, and there is a simulated exchange to call.

pytest finds this plugin by itself. While a test runs, with its fixtures, only loopback addresses and the hosts of
`demo=True` are connected to; what a mock answers is none of its business. A test that is meant to go further says so:

    @pytest.mark.futures_async_live
    async def test_the_keys_work(): ...

A running exchange:

    async def test_the_bot_buys(simulated_exchange):
        async with connect("some-venue", simulated_exchange.credentials("some-venue"),
                           base_url=simulated_exchange.base_url) as exchange:
            ...

Override `simulated_exchange_options` to change how it is made (arguments of `SimulatedExchange`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from futures_async.transport.http import gate

if TYPE_CHECKING:
    from futures_async.simulator.server import RunningExchange

LIVE = "futures_async_live"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", f"{LIVE}: calls of futures_async may reach live venues from this test")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Keep a test, with its fixtures, from live venues."""
    with contextlib.nullcontext() if item.get_closest_marker(LIVE) else gate.shut():
        return (yield)


@pytest.fixture
def simulated_exchange_options() -> dict[str, Any]:
    """Arguments of the exchange; override it."""
    return {}


@pytest.fixture
def simulated_exchange(simulated_exchange_options: dict[str, Any]) -> Iterator[RunningExchange]:
    """An exchange on a loopback port, with demo accounts at every venue."""
    from futures_async.simulator.server import serve  # which needs an extra, and costs a second

    with serve(**simulated_exchange_options) as running:
        yield running
