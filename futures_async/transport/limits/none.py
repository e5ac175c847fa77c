"""No limit at all: for tests and benchmarks."""

from __future__ import annotations

from collections.abc import Sequence

from futures_async.transport.limits.limiter import Limiter, Permit, Pool, Priority


class FreePermit(Permit):
    """A permit that nobody counts."""

    __slots__ = ()

    def answered(self, rtt_s: float | None = None) -> None:
        pass

    def unused(self) -> None:
        pass


_FREE = FreePermit()


class NoLimiter(Limiter):
    """Lets everything pass at once, also what a venue has asked to hold back."""

    def __repr__(self) -> str:
        return "NoLimiter()"

    def try_acquire(self, pools: Sequence[Pool], priority: Priority) -> Permit | None:
        return _FREE

    async def acquire(self, pools: Sequence[Pool], priority: Priority, deadline: float | None) -> Permit:
        return _FREE

    def close(self, pools: Sequence[Pool], for_s: float) -> None:
        pass

    def closed_for(self, pools: Sequence[Pool]) -> float:
        return 0.0
