from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

import pytest

from futures_async.testing import virtual_time
from futures_async.transport.forks import begin_child, fork_generation

Runner = Callable[[Callable[[], Awaitable[Any]]], Any]


def _on_asyncio(main: Callable[[], Any]) -> Any:
    return virtual_time.run(main())


@pytest.fixture(params=["asyncio", "trio"])
def run(request: pytest.FixtureRequest) -> Runner:
    """Runs an async function in virtual time, on each of the two libraries."""
    return _on_asyncio if request.param == "asyncio" else cast("Runner", virtual_time.run_trio)


@pytest.fixture
def fork() -> Iterator[Callable[[], None]]:
    """Once called, this process passes for a fork of itself."""
    before = fork_generation[0]
    yield begin_child
    fork_generation[0] = before
