"""Settings and margin moves: one at a time for each thing set, and never called done before they were read back."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection
from decimal import Decimal
from typing import Any, TypeVar

import anyio

from futures_async.trading.setting_books import MODES_AND_LEVERAGE, SettingBooks
from futures_async.trading.turns import DUE, Key, sent_by
from futures_async.transport.channel import apart
from futures_async.transport.endpoint import Kind
from futures_async.transport.retry import judged
from futures_async.transport.verdicts import COPIES
from futures_async.unified.convert import EXACT, to_text
from futures_async.unified.enums import Outcome, PositionSide
from futures_async.unified.errors import (
    DeadlineExpired,
    ExchangeError,
    FuturesAsyncError,
    NotSent,
    OutcomeUnknown,
    SettingNotApplied,
    SettingOutcomeUnknown,
)
from futures_async.unified.models import Leverage

logger = logging.getLogger("futures_async.orders")

R = TypeVar("R")

READ_PAUSES_S = (0.0, 0.25, 0.5, 1.0, 2.0)
LONGEST_PAUSE_S = 4.0

GIVE_WAY_S = 60.0
"""So long does what is not needed by a time wait for orders under way: longer than a request can live at most venues.
"""

SEVERAL = "several values"
"""In place of the value, where copies of more than one are under way: equal to none."""


class SettingDesk(SettingBooks):
    """Applies settings of one account."""

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
            DeadlineExpired: An order under way relies on what this would change; nothing was sent.
            SettingNotApplied: The old value stands, and the request can no longer take effect.
            SettingOutcomeUnknown: It cannot be told; another value is refused for this key until it can.
        """

        async def deed() -> R:
            return await self._apply(key, value, send, read, stands, unchanged)

        return await self._channel.deeds.see_through(deed, Kind.SETTING)

    async def _apply(
        self,
        key: Key,
        value: object,
        send: Callable[[], Awaitable[Any]],
        read: Callable[[], Awaitable[R]],
        stands: Callable[[R], bool],
        unchanged: Collection[str],
    ) -> R:
        due = DUE.get()
        gives_way_until = self._channel.transport.runtime().now() + GIVE_WAY_S if due is None else due
        with self.reliances.giving_way(key, value) as way:
            while True:
                self._check_time(key, value, due)  # before it queues behind one that waits for just that
                await way.wait(gives_way_until)
                self._check_wanted(key, value)
                if self._is_taken(key):
                    way.end()  # it waits for another setting now: meanwhile orders may pass
                async with self._alone(key, due):
                    self._check_wanted(key, value)
                    self._check_time(key, value, due)
                    await self._settle_earlier(key, value, read, due)
                    self._check_time(key, value, due)
                    if way.loser is not None:
                        continue  # it has come meanwhile, and may need this turn to end
                    # From here on an order that comes sees that this is under way.
                    self._under_way[key] = value
                    self.made += 1
                    way.end()
                    try:
                        return await self._set_for_good(key, value, send, read, stands, unchanged)
                    finally:
                        self.made += 1
                        del self._under_way[key]
                        if key[0] in MODES_AND_LEVERAGE:
                            self._ended[key] = self.made, value

    def _check_wanted(self, key: Key, value: object) -> None:
        """Wait, and keep others waiting, for nobody: what is not sent by now would not be.

        Raises:
            NotSent: Its caller has been cancelled.
        """
        if self._channel.deeds.in_vain:
            raise NotSent(
                f"{self._channel.dialect.venue}: {' '.join(key)} was not set to {value}: who asked for it was "
                "cancelled; nothing was sent"
            )

    def _check_time(self, key: Key, value: object, due: float | None) -> None:
        """Refuse what could only be called done after `due`.

        Raises:
            DeadlineExpired: Another value may come to stand until later than that.
        """
        if due is None:
            return
        channel = self._channel
        other, over_ms = self._late.get(key, (value, 0))
        if other == value:
            over_ms = 0
        held = self._open.get(key)
        if held is not None and held[0] != value and (held[1].fence_until_ms or 0) > over_ms:
            other, over_ms = held[0], held[1].fence_until_ms or 0
        left_s = (over_ms - channel.now_ms()) / 1000
        if left_s > 0 and channel.transport.runtime().now() + left_s > due:
            raise DeadlineExpired(
                f"{channel.dialect.venue}: {' '.join(key)} cannot be {value} in time: a copy of {other} may "
                f"land for another {left_s:.0f} s, try again after that; nothing was sent"
            )

    async def _set_for_good(
        self,
        key: Key,
        value: object,
        send: Callable[[], Awaitable[Any]],
        read: Callable[[], Awaitable[R]],
        stands: Callable[[R], bool],
        unchanged: Collection[str],
    ) -> R:
        """Set, and wait until no copy of an earlier value can take it back."""
        copied, over_ms = self._late.get(key, (value, 0))
        found = await self._set(key, value, send, read, stands, unchanged)
        left_s = 0.0 if copied == value else (over_ms - self._channel.now_ms()) / 1000
        if left_s <= 0:
            return found
        # It stands at once, and is called done when nothing can take it back any more.
        logger.warning(
            "%s: %s is set to %s, and a copy of %s may still land: looking again in %.0f s",
            self._channel.dialect.venue, " ".join(key), value, copied, left_s,
        )  # fmt: skip
        await self._channel.transport.runtime().sleep(left_s)
        try:
            return await self.judge(key, value, read, stands=stands, unknown=None)
        except SettingNotApplied as back:
            try:
                with sent_by(None):  # it left in its time before, and stood
                    return await self._set(key, value, send, read, stands, unchanged)
            except FuturesAsyncError as unsent:
                if unsent.outcome is not Outcome.NOT_SENT:
                    raise
                raise back from unsent  # what was sent before stood, and stands no more

    async def _set(
        self,
        key: Key,
        value: object,
        send: Callable[[], Awaitable[Any]],
        read: Callable[[], Awaitable[R]],
        stands: Callable[[R], bool],
        unchanged: Collection[str],
    ) -> R:
        unknown: OutcomeUnknown | None = None
        copies: list[int] = []
        token = COPIES.set(copies)
        try:
            await send()
        except ExchangeError as error:
            if error.outcome is Outcome.UNKNOWN:  # a ban, by a page of HTML: it can't be read back now
                banned = self._banned(key, value, error)
                if banned.fence_until_ms is not None:  # what is read back then may have stood before it, too
                    copies.append(banned.fence_until_ms)
                self._unknown(key, value, read, stands, banned, None)
                raise
            if error.code not in unchanged:
                raise
        except SettingOutcomeUnknown as error:
            unknown = error
            self._open[key] = (value, error)
            # Also a single one: what is read back may have stood before it.
            if any(one.phase == "arrived" for one in error.attempts) and error.fence_until_ms is not None:
                copies.append(error.fence_until_ms)
        finally:
            COPIES.reset(token)
            if copies:  # also where a later call of several ended it
                self._late = {one: late for one, late in self._late.items() if not self._channel.past(late[1])}
                copied, over_ms = self._late.get(key, (value, 0))
                self._late[key] = (value if copied == value else SEVERAL, max(over_ms, *copies))
        return await self.judge(key, value, read, stands=stands, unknown=unknown)

    async def _settle_earlier(
        self, key: Key, value: object, read: Callable[[], Awaitable[Any]], due: float | None = None
    ) -> None:
        """A late copy of an earlier request could overwrite this one after its success was reported: wait it out.

        Raises:
            DeadlineExpired: It was not told until `due`.
            OutcomeUnknown: It cannot be told.
        """
        held = self._open.get(key)
        if held is None or held[0] == value:
            return
        if due is None:
            await self.judge(key, held[0], read, stands=None, unknown=held[1])
            return
        with anyio.move_on_after(max(0.0, due - self._channel.transport.runtime().now())):
            await self.judge(key, held[0], read, stands=None, unknown=held[1])
            return
        raise DeadlineExpired(
            f"{self._channel.dialect.venue}: {' '.join(key)} cannot be {value} in time: it is not known whether it was "
            f"set to {held[0]} before, try again after that; nothing was sent"
        ) from held[1]

    async def judge(
        self,
        key: Key,
        value: object,
        read: Callable[[], Awaitable[R]],
        *,
        stands: Callable[[R], bool] | None,
        unknown: OutcomeUnknown | None,
        within_s: float | None = None,
    ) -> R:
        """Read until the value stands, or until it cannot take effect any more."""
        channel = self._channel
        runtime = channel.transport.runtime()
        venue, name = channel.dialect.venue, " ".join(key)
        # An acknowledged setting, or one refused by a code, is not under way any more, but readers may lag behind it.
        fence_ms = (
            channel.now_ms() + int(channel.dialect.traits.visibility_lag_s * 1000)
            if unknown is None or judged(unknown.refusal)
            else unknown.fence_until_ms
        )
        deadline = None if within_s is None else runtime.now() + within_s
        step = 0
        while True:
            problem: FuturesAsyncError | None = None
            past_fence = channel.past(fence_ms)
            try:
                with apart(past_fence):
                    found = await read()
            except FuturesAsyncError as error:
                problem = error
            else:
                if stands is not None and stands(found):
                    self._settle(key)
                    return found
                if past_fence:
                    self._settle(key)
                    if stands is None:
                        return found
                    raise self._not_applied(f"{venue}: {name} was not set to {value}: {_stood(found)}", unknown)
            step += 1
            if past_fence or (fence_ms is None and step >= len(READ_PAUSES_S)):
                raise self._unknown(key, value, read, stands, unknown, problem, fence_ms) from problem
            pause_s = READ_PAUSES_S[step] if step < len(READ_PAUSES_S) else LONGEST_PAUSE_S
            if fence_ms is not None:
                pause_s = min(pause_s, max(0.05, channel.until_s(fence_ms) + 0.05))
            if deadline is not None and runtime.now() + pause_s > deadline:
                raise self._unknown(key, value, read, stands, unknown, problem, fence_ms) from problem
            await runtime.sleep(pause_s)

    def _settle(self, key: Key) -> None:
        held = self._open.pop(key, None)
        if held is not None:
            held[1].settled = True

    @staticmethod
    def _not_applied(text: str, unknown: OutcomeUnknown | None) -> SettingNotApplied:
        refusal = None if unknown is None else unknown.refusal
        error = SettingNotApplied(text if refusal is None else f"{text} (the venue said: {refusal.text})")
        error.refusal = error.__cause__ = refusal
        return error

    def _banned(self, key: Key, value: object, ban: ExchangeError) -> OutcomeUnknown:
        venue, channel = self._channel.dialect.venue, self._channel
        error = SettingOutcomeUnknown(
            f"{venue}: {' '.join(key)} was sent as {value}, and may have passed the edge that then refused us",
            venue=venue,
            fence_until_ms=channel.fence(channel.now_ms()),
        )
        error.refusal = error.__cause__ = ban
        return error

    def _unknown(
        self,
        key: Key,
        value: object,
        read: Callable[[], Awaitable[R]],
        stands: Callable[[R], bool] | None,
        unknown: OutcomeUnknown | None,
        problem: FuturesAsyncError | None,
        fence_ms: int | None = None,
    ) -> OutcomeUnknown:
        venue = self._channel.dialect.venue
        error = unknown or SettingOutcomeUnknown(
            f"{venue}: {' '.join(key)} was sent as {value}, and reading it back failed: {problem and problem.text}",
            venue=venue,
            fence_until_ms=fence_ms,
        )
        self._open[key] = (value, error)
        if stands is not None:
            error.bind(lambda within_s: self.judge(key, value, read, stands=stands, unknown=error, within_s=within_s))
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

        async def deed() -> None:
            await self._shift(key, amount, send, read)

        await self._channel.deeds.see_through(deed, Kind.DELTA)

    async def _shift(
        self,
        key: Key,
        amount: Decimal,
        send: Callable[[], Awaitable[Any]],
        read: Callable[[], Awaitable[Decimal | None]],
    ) -> None:
        async with self._alone(key):
            # Not even the same amount may follow an open question: before and after would say nothing.
            await self._settle_earlier(key, None, read)
            before = await read()
            try:
                await send()
            except SettingOutcomeUnknown as error:
                unknown = error
            else:
                return
            self._open[key] = (amount, unknown)
            if before is None:
                raise unknown
            target = EXACT.add(before, amount)
            try:
                await self.judge(key, amount, read, stands=lambda now: now == target, unknown=unknown)
            except SettingNotApplied:
                if await self._still(before, read):
                    raise
                self._open[key] = (amount, unknown)
                unknown.settled = False
                raise unknown from unknown.__cause__  # something else moved it too: no verdict

    @staticmethod
    async def _still(before: Decimal, read: Callable[[], Awaitable[Decimal | None]]) -> bool:
        try:
            return await read() == before
        except FuturesAsyncError:
            return False

    async def once(self, key: Key, send: Callable[[], Awaitable[R]], due: float) -> R:
        """Run one change at a time for each key; the change judges itself.

        Raises:
            DeadlineExpired: It was not this one's turn until `due`, by the loop's clock.
            OutcomeUnknown: The one before it has just been left open.
        """
        async with self._alone(key, due):
            question = self.question(key)
            if question is not None:
                raise question
            return await send()


def _stood(found: object) -> str:
    """What was read instead of what was set: one of several calls may have taken effect."""
    if not isinstance(found, Leverage) or found.long_leverage == found.short_leverage:
        return "the old value stands"
    sides = {PositionSide.LONG: found.long_leverage, PositionSide.SHORT: found.short_leverage}
    return "what stands is " + ", ".join(f"{side} {to_text(one)}x" for side, one in sides.items() if one is not None)
