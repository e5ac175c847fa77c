"""Settings and margin moves: one at a time for each thing set, and never called done before they were read back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from decimal import Decimal
from typing import Any, TypeVar

import anyio

from futures_async.convert import EXACT
from futures_async.errors import (
    ExchangeError,
    FuturesAsyncError,
    OutcomeUnknown,
    SettingNotApplied,
    SettingOutcomeUnknown,
)
from futures_async.transport import Channel

R = TypeVar("R")
Key = tuple[str, ...]

READ_PAUSES_S = (0.0, 0.25, 0.5, 1.0, 2.0)
LONGEST_PAUSE_S = 4.0


class SettingDesk:
    """Applies settings of one account."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._locks: dict[Key, anyio.Lock] = {}
        self._open: dict[Key, tuple[object, OutcomeUnknown]] = {}

    def unresolved(self) -> list[OutcomeUnknown]:
        """Settings whose fate is not known."""
        return [error for _, error in self._open.values()]

    def _lock(self, key: Key) -> anyio.Lock:
        return self._locks.setdefault(key, anyio.Lock())

    async def apply(
        self,
        key: Key,
        value: object,
        *,
        send: Callable[[], Awaitable[Any]],
        read: Callable[[], Awaitable[R]],
        stands: Callable[[R], bool],
        unchanged: Collection[str] = (),
    ) -> R:
        """Set, and read back what stands; codes in `unchanged` mean that it stood already.

        Raises:
            SettingNotApplied: The old value stands, and the request can no longer take effect.
            SettingOutcomeUnknown: It cannot be told; another value is refused for this key until it can.
        """
        async with self._lock(key):
            held = self._open.get(key)
            if held is not None and held[0] != value:
                # A late copy of the earlier request could overwrite this one after its success was reported.
                await self.judge(key, held[0], read, stands=None, unknown=held[1])
            unknown: OutcomeUnknown | None = None
            try:
                await send()
            except ExchangeError as error:
                if error.code not in unchanged:
                    raise
            except SettingOutcomeUnknown as error:
                unknown = error
                self._open[key] = (value, error)
            return await self.judge(key, value, read, stands=stands, unknown=unknown)

    async def judge(
        self,
        key: Key,
        value: object,
        read: Callable[[], Awaitable[R]],
        *,
        stands: Callable[[R], bool] | None,
        unknown: OutcomeUnknown | None,
    ) -> R:
        """Read until the value stands, or until it cannot take effect any more."""
        channel = self._channel
        runtime = channel.transport.runtime()
        venue, name = channel.dialect.venue, " ".join(key)
        # An acknowledged setting is not under way any more, but readers may lag behind it.
        fence_ms = (
            unknown.fence_until_ms
            if unknown is not None
            else channel.now_ms() + int(channel.dialect.traits.visibility_lag_s * 1000)
        )
        step = 0
        while True:
            problem: FuturesAsyncError | None = None
            past_fence = fence_ms is not None and channel.now_ms() >= fence_ms
            try:
                found = await read()
            except FuturesAsyncError as error:
                problem = error
            else:
                if stands is not None and stands(found):
                    self._open.pop(key, None)
                    return found
                if past_fence:
                    self._open.pop(key, None)
                    if stands is None:
                        return found
                    raise SettingNotApplied(f"{venue}: {name} was not set to {value}: the old value stands")
            step += 1
            if past_fence or (fence_ms is None and step >= len(READ_PAUSES_S)):
                raise self._unknown(key, value, unknown, problem) from problem
            pause_s = READ_PAUSES_S[step] if step < len(READ_PAUSES_S) else LONGEST_PAUSE_S
            if fence_ms is not None:
                pause_s = min(pause_s, max(0.05, (fence_ms - channel.now_ms()) / 1000 + 0.05))
            await runtime.sleep(pause_s)

    def _unknown(
        self, key: Key, value: object, unknown: OutcomeUnknown | None, problem: FuturesAsyncError | None
    ) -> OutcomeUnknown:
        venue = self._channel.dialect.venue
        error = unknown or SettingOutcomeUnknown(
            f"{venue}: {' '.join(key)} was sent as {value}, and reading it back failed: {problem}", venue=venue
        )
        self._open[key] = (value, error)
        return error

    async def shift(
        self,
        key: Key,
        amount: Decimal,
        *,
        send: Callable[[], Awaitable[Any]],
        read: Callable[[], Awaitable[Decimal | None]],
    ) -> None:
        """Move an amount, once; an ambiguous end is judged by what `read` gave before and gives after.

        Raises:
            SettingNotApplied: It is where it was, and the request can no longer take effect.
            SettingOutcomeUnknown: It cannot be told.
        """
        async with self._lock(key):
            before = await read()
            try:
                await send()
            except SettingOutcomeUnknown as error:
                unknown = error
            else:
                return
            if before is None:
                raise unknown
            target = EXACT.add(before, amount)
            try:
                found = await self.judge(key, amount, read, stands=lambda now: now == target, unknown=unknown)
            except SettingNotApplied:
                if await read() == before:
                    raise
                raise unknown from None  # something else moved it too: no verdict
            self._open.pop(key, None)
            if found is None:
                raise unknown

    async def once(self, key: Key, send: Callable[[], Awaitable[R]]) -> R:
        """Run one change at a time for each key, with nothing to read back."""
        async with self._lock(key):
            return await send()
