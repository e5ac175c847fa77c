"""Rate limits: pools, permits and the limiters that hand them out.

A call takes one slot in each of its pools, or as many as it weighs there. A slot comes back one window after the
*answer* came, less the smallest round trip seen: the venue stamps a request no later than its answer is seen here, so
no sliding window at the venue can hold more than `limit`, whatever the network does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from futures_async.transport.forks import ModuleLock

if TYPE_CHECKING:
    from futures_async.transport.endpoint import RateLimit


class Priority(IntEnum):
    """Lanes of the queue; lower goes first."""

    URGENT = 0
    """Cancels, closes, lookups of unresolved orders."""
    ORDER = 1
    """New orders and settings."""
    READ = 2
    """Everything else."""


class Pool(NamedTuple):
    """One limit as a call meets it: at most `limit` in any `per_s` seconds, over all calls with the same `key`."""

    key: str
    limit: int
    per_s: float
    weight: int = 1
    """Slots that this call takes; one that weighs more than the limit waits for the empty pool."""
    rule: RateLimit | None = None
    """What it was made from."""


class Permit(ABC):
    """Slots taken in every pool of one call. Exactly one of the methods is called, once."""

    @abstractmethod
    def answered(self, rtt_s: float | None = None) -> None:
        """The answer (or failure) is here: the slots come back one window from now.

        Args:
            rtt_s: Seconds between the first byte sent and the answer, over a new connection as well: a shorter route
                shows in its first answer. None when there was no clean answer.
        """

    @abstractmethod
    def unused(self) -> None:
        """Nothing was sent: the slots come back at once."""


_serials: dict[str, int] = {}
_serials_lock = ModuleLock()


class Limiter(ABC):
    """Hands out permits. One object may serve any number of accounts and venues."""

    @abstractmethod
    async def acquire(self, pools: Sequence[Pool], priority: Priority, deadline: float | None) -> Permit:
        """Wait for a slot in every pool. Cancellation takes the caller out of the queue and costs no slot.

        Every call does so in `transport.channel`, before it is signed.

        Args:
            pools: All pools of the call.
            priority: Lane.
            deadline: Give up at this monotonic time (the event loop's clock), seconds.

        Raises:
            QueueFull: Too many callers wait already.
            DeadlineExpired: The deadline came first, or it is plain that it will.
            PoolClosed: The pool is closed for longer than the deadline allows.
            ConnectFailed: The limiter's own store cannot be reached.
        """

    def try_acquire(self, pools: Sequence[Pool], priority: Priority) -> Permit | None:
        """A permit at once, when no waiting is needed and the limiter can tell without I/O; else None."""
        return None

    @abstractmethod
    def close(self, pools: Sequence[Pool], for_s: float) -> None:
        """The venue said to wait: nothing passes these pools for so many seconds, for any of their users."""

    @abstractmethod
    def closed_for(self, pools: Sequence[Pool]) -> float:
        """Seconds until the last of these pools opens again; 0 when all are open."""

    def taken(self, pool: Pool) -> int | None:
        """Slots of this pool that are taken now; None where that is not counted in this process. No I/O."""
        return None

    def correct(self, pool: Pool, remaining: int) -> None:  # noqa: B027 - most limiters have nothing to correct
        """The venue's own count for this pool: no more than `remaining` calls are left in the current window."""

    def restate(self, pools: Sequence[Pool]) -> None:  # noqa: B027 - most limiters go by what each call says
        """Nobody else uses these pools any more: their limits are these now, also where a stricter one was named."""

    async def serial(self, series: str, least: int, deadline: float | None) -> int:
        """The next number of a series, given to nobody else of all who share the limiter: `least`, or more.

        Here: of all limiters of one process.

        Args:
            series: Who counts, such as a key whose signatures are numbered.
            least: A time, so that numbers grow although the last one was forgotten.
            deadline: As in `acquire`.

        Raises:
            DeadlineExpired: The deadline came first.
            ConnectFailed: The limiter's own store cannot be reached.
        """
        with _serials_lock:
            number = _serials[series] = max(least, _serials.get(series, 0) + 1)
        return number

    async def aclose(self) -> None:  # noqa: B027 - most limiters hold nothing
        """Release files and connections."""
