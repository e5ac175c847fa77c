"""A running simulated exchange for users' own tests.

    # conftest.py
    pytest_plugins = ["futures_async.simulator.pytest_plugin"]

    # test_bot.py
    async def test_the_bot_buys(simulated_exchange):
        async with connect("some-venue", simulated_exchange.credentials("some-venue"),
                           base_url=simulated_exchange.base_url) as exchange:
            ...

Override `simulated_exchange_options` to change how it is made (arguments of `SimulatedExchange`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from futures_async.simulator.server import RunningExchange, serve


@pytest.fixture
def simulated_exchange_options() -> dict[str, Any]:
    """Arguments of the exchange; override it."""
    return {}


@pytest.fixture
def simulated_exchange(simulated_exchange_options: dict[str, Any]) -> Iterator[RunningExchange]:
    """An exchange on a loopback port, with demo accounts at every venue."""
    with serve(**simulated_exchange_options) as running:
        yield running
