"""Calls side by side end as one call does."""

from __future__ import annotations

import anyio
import pytest

from futures_async.trading.batch import together
from tests.fakes import Backend, both_backends, in_virtual_time


@both_backends
def test_what_one_of_several_ends_with_comes_by_itself(backend: Backend) -> None:
    """Of a loop that is not the exchange's own each read of a list in parts says so: callers know no groups."""

    async def fail() -> None:
        raise RuntimeError("another event loop")

    async def inner() -> None:
        await together([fail, fail, anyio.sleep_forever])

    async def main() -> None:
        with pytest.raises(RuntimeError, match="another event loop") as caught:
            await together([inner, inner])
        assert caught.value.__cause__ is None

    in_virtual_time(backend, main)
