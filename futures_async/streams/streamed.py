"""A picture kept by pushes, and by reads at the beginning, after gaps, and in audits."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Any, TypeVar, cast

from msgspec import structs

from futures_async.streams.dialect import Topic, What
from futures_async.streams.feed import FIRST_PAUSE_S, LONGEST_PAUSE_S, Asked, Feed, Reads, Surroundings
from futures_async.streams.line import Subscriber
from futures_async.streams.picture import LAG_S, Moment, Picture, Push
from futures_async.streams.spread import Spread
from futures_async.unified.errors import FuturesAsyncError
from futures_async.unified.watching import Change, WatchState

T = TypeVar("T")

STIR_S = 1.0
"""What belongs to one event comes within so long of each other, on whatever channels."""
SELDOM_S = 110.0
"""Since the last read, before there is one for what needs not have moved it."""
BUFFERED = 100_000
"""Messages kept while the venue is read; with more of them it is read again."""


class StreamFeed(Feed[T]):
    """A picture kept by pushes, and by reads at the beginning, after gaps, and in audits."""

    def __init__(
        self,
        what: What,
        picture: Picture[T],
        reads: Reads[T] | None,
        line: Spread,
        topics: Sequence[Topic],
        around: Surroundings,
        *,
        audit_s: float,
        stirred: Callable[[StreamFeed[T], Sequence[Change[T]]], None],
        found: Callable[[StreamFeed[T], Sequence[Change[T]], float], None] = lambda _, changes, since: None,
        beside: Sequence[tuple[Topic, What, Subscriber]] = (),
    ) -> None:
        super().__init__(what, picture, reads or _NoReads(), around, audit_s=audit_s)
        self._line = line
        self.topics = tuple(topics)
        self._beside = tuple(beside)
        """What else is to be heard as long as this is watched, and by whom."""
        self._reading = reads is not None
        self._stirred = stirred
        self._found = found
        self._standing: set[Hashable] = set()
        self._epoch = 0
        """Counts the times that everything stood anew after something did not."""
        self._true_of = -1
        """The epoch that the picture was last made true in."""
        self._acknowledged_at = -math.inf
        """When it began."""
        self._whole = False
        """The venue has pushed all there are since."""
        self._buffer: list[tuple[Push[T], float]] | None = []
        self._lost_at = around.runtime.now()
        self._audit_at = math.inf
        self._audits: dict[object, float] = {}
        """How often each who listens wants one."""
        self._pushed_at = -math.inf
        self._stir_due = math.inf
        self._settled_after_s = LAG_S + max((topic.channel.again_s for topic in topics), default=0.0)
        """So long after what is not settled the next push of it has come, or will not."""
        self._settle_due = math.inf
        self._seldom = False
        """What stirred it may have been something else."""
        self._suspects: frozenset[Hashable] = frozenset()
        self._judge_at = math.inf
        self._drifting = 0
        """Audits in a row that found something."""

    @property
    def state(self) -> WatchState:
        """LIVE only while the line gives signs of life."""
        if self._state is WatchState.LIVE and self.age_s > self._line.patience_s:
            return WatchState.STALE
        return self._state

    @property
    def age_s(self) -> float:
        return self._runtime.now() - self._line.alive_at

    @property
    def told_s(self) -> float:
        oldest_at = self.picture.oldest_at
        return self._runtime.now() - max(self._read_at, self._pushed_at if oldest_at is None else oldest_at)

    @property
    def _again_at(self) -> float:
        """Before this there is no read, where the last one failed, whatever is pushed."""
        return self._asked_at + LAG_S if self._asked_at > self._read_at else -math.inf

    def start(self) -> None:
        super().start()
        for topic in self.topics:
            self._line.add(topic, self.what, self)
        for topic, what, subscriber in self._beside:
            self._line.add(topic, what, subscriber)

    async def aclose(self) -> None:
        for topic in self.topics:
            self._line.remove(topic, self)
        for topic, _, subscriber in self._beside:
            self._line.remove(topic, subscriber)
        await super().aclose()

    # What the line tells it

    def acknowledged(self, key: Hashable, *, overlapped: bool) -> None:
        """One of its topics stands."""
        if overlapped and self._true_of == self._epoch:
            # A read that began sooner may not know either what came on neither.
            self._audit_at = min(self._audit_at, self._runtime.now() + LAG_S)
            self._bell.ring()
            return
        self._standing.add(key)
        if self._all_stand:
            self._begin_anew()

    def _begin_anew(self) -> None:
        """All that is to come comes from now on."""
        self._epoch += 1
        self._acknowledged_at = self._runtime.now()
        self._bell.ring()

    def pushed(self, push: Push[T], whole: bool, at: float) -> None:
        """A message: merged at once, or kept while the venue is read."""
        if not whole:
            # A row of it is missing, so it takes nothing away, and what was missed is read.
            push = structs.replace(push, full=False)
            self.audit()
        self._pushed_at, self._stir_due = at, math.inf
        if push.full and not self._whole:
            self._whole = True
            self._bell.ring()
        if self._buffer is None:
            self._take(push, at)
            return
        self._buffer.append((push, at))
        if len(self._buffer) > BUFFERED and not self._thin_out(self._buffer):
            self._buffer = []
            self._line.renew("more came than could be kept while the venue was read")

    def lost(self, keys: Collection[Hashable]) -> None:
        """Of these topics nothing comes any more."""
        self._standing.difference_update(keys)
        self._buffer = []
        self._whole = False
        if self._true_of == self._epoch:
            self._lost_at = self._runtime.now()
        self._true_of = -1
        self._enter(WatchState.CONNECTING if self._read_at == -math.inf else WatchState.STALE)
        self._bell.ring()

    def refused(self, error: FuturesAsyncError, key: Hashable = None) -> None:
        """Nothing will ever come."""
        self.fail(error)

    def doubt(self) -> None:
        """Something may have been missed."""
        self.audit()

    def stir(self, at: float, since: float, *, seldom: bool = False) -> None:
        """Something happened that this channel should tell of too.

        Args:
            at: When that was told, on the event loop's clock.
            since: What was pushed after this may have told it.
            seldom: It may be something else, which happens often: it is not read for that alone again and again.
        """
        if self._pushed_at < since:
            self._seldom = seldom and (self._seldom or self._stir_due == math.inf)
            self._stir_due = min(self._stir_due, at + STIR_S)
            self._bell.ring()

    def audit_for(self, listener: object, every_s: float | None) -> None:
        """Compare with a read as often as the most demanding listener wants it; None: it listens no more."""
        if every_s is None:
            self._audits.pop(listener, None)
        else:
            self._audits[listener] = every_s
        self.audit_s = min(self._audits.values(), default=self.audit_s)
        if self._reading and self._true_of == self._epoch:
            # Who comes later is not left to what was planned for others; what is planned already stands.
            self._audit_at = min(self._audit_at, max(self._runtime.now(), self._read_at + self.audit_s))
            self._bell.ring()

    def audit(self) -> None:
        # Not for every frame that cannot be read, should none of them be readable.
        self._audit_at = min(self._audit_at, max(self._runtime.now(), self._read_at + LAG_S))
        self._bell.ring()

    def _thin_out(self, buffer: list[tuple[Push[T], float]]) -> bool:
        """Leave out what is told anew by what came later; whether that was much."""
        seen, kept, count = set[Hashable](), list[tuple[Push[T], float]](), len(buffer)
        for push, at in reversed(buffer):
            keys = {self.picture.key(item) for item in push.items}
            if push.full or push.executed or not keys <= seen:
                kept.append((push, at))
            seen |= keys
        buffer[:] = reversed(kept)
        return len(buffer) <= count // 2

    def _take(self, push: Push[T], at: float) -> None:
        picture = self.picture
        changes = picture.push(push, Moment(at, self.now_ms()))
        if picture.unsure:
            picture.unsure = False
            self._audit_at = min(self._audit_at, self._runtime.now() + LAG_S)
            self._bell.ring()
        if picture.unsettled or self._settle_due < math.inf:
            self._plan_settling()
            self._bell.ring()
        if self._suspects:
            self._suspects -= {picture.key(item) for item in push.items}
        if changes:
            self._deliver(changes)
            self._stirred(self, changes)

    # Keeping it true

    async def _run(self) -> None:
        failures = 0
        while not self._over:
            now = self._runtime.now()
            due = math.inf
            if not self._all_stand:
                pass  # the line will ring
            elif self._true_of != self._epoch:
                if await self._make_true():
                    failures = 0
                    continue
                failures += 1
                most_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 10))
                due = self._runtime.now() + most_s * (0.5 + self._draw() / 2)
            else:
                if now >= self._judge_at:
                    self._judge()
                if now >= self._settle_due:
                    self._settle_due, self._audit_at = math.inf, now
                if self._stir_due <= now < self._read_at + SELDOM_S and self._seldom:
                    self._stir_due, self._audit_at = math.inf, min(self._audit_at, self._read_at + SELDOM_S)
                if now >= max(min(self._audit_at, self._stir_due), self._again_at):
                    await self._compare()
                read_due = max(min(self._audit_at, self._stir_due), self._again_at)
                due = min(read_due, self._judge_at, self._settle_due)
            await self._bell.wait(due - self._runtime.now())

    async def _make_true(self) -> bool:
        """Read, merge, look up what ended in the gap, until nothing is left open. True when the picture is."""
        epoch = self._epoch
        self._enter(WatchState.SYNCING)
        found = 0
        while True:
            self._audit_at = math.inf  # what asked for a read until now gets one
            answer = await self._ask() if self._reading else Asked[T](None, (), self._moment())
            if answer is None or not self._stands(epoch):
                return False
            if self._buffer is not None:
                buffer, self._buffer = self._buffer, None
                self.picture.reconnected()
                for push, at in buffer:
                    self._take(push, at)
            merged = self._merge(answer)
            found += len(merged.changes)
            told = await self._look_up(merged.missing, answer)
            settled = told and not merged.doubts
            if settled:
                await self._until_sure(epoch)
            if not self._stands(epoch):
                return False
            if settled and self._sure(answer.when):
                self._live(epoch, answer.when, found)
                return True
            if not settled:
                # Said otherwise by what was pushed just now: one of the two has not heard yet.
                await self._runtime.sleep(LAG_S)

    @property
    def _all_stand(self) -> bool:
        return all(topic.key in self._standing for topic in self.topics)

    def _stands(self, epoch: int) -> bool:
        return epoch == self._epoch and self._all_stand and not self._over

    def _sure(self, when: Moment) -> bool:
        """Nothing is missing between what was read and what is pushed: reads may lag behind the subscription."""
        return not self._reading or self._whole or when.at >= self._acknowledged_at + LAG_S

    async def _until_sure(self, epoch: int) -> None:
        """Wait for the whole list that the venue pushes, or until a read tells as much."""
        while self._stands(epoch) and self._reading and not self._whole:
            wait_s = self._acknowledged_at + LAG_S - self._runtime.now()
            if wait_s <= 0:
                return
            await self._bell.wait(wait_s)

    def _live(self, epoch: int, when: Moment, found: int) -> None:
        self._true_of = epoch
        self._covered_ms = when.received_ms
        doubted_at = self._audit_at  # since this read began
        self._plan_audit()
        self._audit_at = min(self._audit_at, doubted_at)
        self._suspects, self._judge_at = frozenset(), math.inf
        self._plan_settling()
        self._enter(WatchState.LIVE)
        self._report(self.what, "resynced", duration_s=self._runtime.now() - self._lost_at, count=found)

    def _plan_settling(self) -> None:
        """Have read what no push settles."""
        self._settle_due = min(self.picture.unsettled.values(), default=math.inf) + self._settled_after_s

    def _plan_audit(self) -> None:
        # Not all accounts at once.
        self._audit_at = self._runtime.now() + self.audit_s * (0.9 + 0.2 * self._draw()) if self._reading else math.inf

    async def _compare(self) -> None:
        """An audit: what differs is repaired and told; it counts once no push turned up that tells it too."""
        epoch = self._epoch
        self._stir_due = math.inf
        self._plan_audit()
        if not self._reading:
            return
        read_before = self._read_at
        answer = await self._ask()
        if not self._stands(epoch):
            return
        if answer is None:
            self._audit_at = min(self._audit_at, self._runtime.now() + LAG_S)
            return
        merged = self._merge(answer)
        self._plan_settling()  # of what was pushed while this read was under way
        self._found(self, merged.changes, read_before)
        told = await self._look_up(merged.missing, answer)
        self._covered_ms = answer.when.received_ms
        untold = merged.untold | {self.picture.key(item) for item in merged.missing}
        if merged.doubts or not told:
            self._audit_at = self._runtime.now() + LAG_S
        if untold:
            self._suspects = untold
            self._judge_at = self._runtime.now() + LAG_S
        elif not merged.doubts:
            self._drifting = 0

    def _judge(self) -> None:
        """What a read told, and no push since, was missed."""
        missed, self._suspects, self._judge_at = len(self._suspects), frozenset(), math.inf
        if not missed:
            return
        self.drift += missed
        self._drifting += 1
        self._report(self.what, "drift", count=missed)
        if self._drifting >= 2:
            self._drifting = 0
            self._line.renew(f"pushes of {self.what} are missing")


class ContractFeed(StreamFeed[T]):
    """The picture of one contract, where the venue is read contract by contract, and pushes tell of all.

    Args:
        contract: The venue's id.
    """

    def __init__(self, contract: str, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._contract = contract

    def pushed(self, push: Push[T], whole: bool, at: float) -> None:
        """Of others nothing is taken in: no read would tell what became of it."""
        items: list[Any] = []
        others = set[str]()
        for item in cast("Sequence[Any]", push.items):
            if item.venue_symbol == self._contract:
                items.append(item)
            else:
                others.add(item.order_id)
        executed = push.executed and {one: much for one, much in push.executed.items() if one not in others}
        super().pushed(structs.replace(push, items=items, executed=executed), whole, at)


class _NoReads(Reads[T]):
    async def now(self) -> Sequence[T] | None:
        return None

    async def since(self, since_ms: int) -> Sequence[T]:
        return ()

    async def one(self, item: T) -> T | None:
        return None
