"""What the parts of the suite have in common."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar, TypeVar, cast

import pytest

from futures_async.testing.loopback import Loopback, Running, loopback, running
from futures_async.testing.spec import VenueSpec
from futures_async.unified.enums import PositionMode
from futures_async.unified.exchange import Capability

Test = TypeVar("Test", bound=Callable[..., Any])


def exercises(*capabilities: Capability) -> Callable[[Test], Test]:
    """Say what a test exercises; it is skipped where the adapter does not claim it."""

    def mark(test: Test) -> Test:
        @functools.wraps(test)
        async def run(self: Contract, *args: Any, **kwargs: Any) -> None:
            self.needs(*capabilities)
            await test(self, *args, **kwargs)

        cast("Any", run).exercises = capabilities
        return cast("Test", run)

    return mark


class Contract:
    """Base of the parts. A venue's suite sets `spec`."""

    spec: ClassVar[VenueSpec]
    pytestmark: ClassVar[Any] = pytest.mark.anyio

    @pytest.fixture
    def anyio_backend(self) -> str:
        """The fast HTTP backend is asyncio's."""
        return "asyncio"

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[Loopback]:
        """One server for all tests of the class."""
        with loopback() as found:
            yield found

    def needs(self, *capabilities: Capability) -> None:
        """Skip the test where the adapter does not claim all of these."""
        missing = sorted(set(capabilities) - self.spec.capabilities)
        if missing:
            pytest.skip(f"{self.spec.id} has no {', '.join(missing)}")

    def has(self, *calls: str) -> None:
        """Skip the test where the adapter lacks one of these methods of its own."""
        missing = [name for name in calls if not hasattr(self.spec.factory, name)]
        if missing:
            pytest.skip(f"{self.spec.id} has no {', '.join(missing)}")

    def on(
        self, server: Loopback, mode: PositionMode | None = None, **options: Any
    ) -> AbstractAsyncContextManager[Running]:
        """A client on a fresh exchange, in the venue's first position mode where none is asked for."""
        mode = mode or self.spec.modes[0]
        if mode not in self.spec.modes:
            pytest.skip(f"{self.spec.id} has no {mode.value} mode")
        return running(self.spec, server, mode, **options)
