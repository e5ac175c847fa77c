"""The true picture: thousands of deeds with a third of the frames faulted, and mutants that must all be caught."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from msgspec import structs

from futures_async.streams import orders
from futures_async.streams import picture as pictures
from futures_async.streams.dialect import Acknowledged, Message
from futures_async.streams.fills import Fills
from futures_async.streams.line import Line
from futures_async.streams.orders import ENDED, Orders
from futures_async.streams.picture import Kept, Moment, Push
from futures_async.streams.rows import Rows
from futures_async.streams.session import Session
from futures_async.streams.streamed import StreamFeed
from futures_async.streams.watch import FeedWatch
from futures_async.testing import virtual_time
from futures_async.unified.enums import OrderStatus
from futures_async.unified.models import Fill, Order
from futures_async.unified.watching import Change, ChangeSource, WatchState
from tests.streams.judge import ToyReads, trial
from tests.streams.toy import Faults, PositionRule, ToyStreams, ToyVenue, WirePosition

RULES: tuple[PositionRule, ...] = ("list", "rows", "bare")


def faults() -> Faults:
    return Faults(
        lost=0.1,
        doubled=0.1,
        delayed=0.1,
        cut=0.005,
        silent=0.003,
        late_login=0.1,
        no_data=0.05,
        before_ack=0.3,
        refused_connection=0.2,
        failing_reads=0.1,
    )


def judged(seed: int, rule: PositionRule, deeds: int) -> list[str]:
    async def main() -> list[str]:
        _, found = await trial(ToyVenue(seed, rule=rule, faults=faults()), deeds, reconnects=deeds // 100)
        return found

    return virtual_time.run(main())


def sampled(seed: int, rule: PositionRule, deeds: int) -> list[str]:
    """Nothing is lost but whole connections: what is shown as live meanwhile must be."""
    calm = Faults(doubled=0.1, cut=0.02, late_login=0.1, before_ack=0.3, refused_connection=0.2, failing_reads=0.1)

    async def main() -> list[str]:
        _, found = await trial(ToyVenue(seed, rule=rule, faults=calm), deeds, audit_s=60.0, sampled=True)
        return found

    return virtual_time.run(main())


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", range(2))
def test_what_is_shown_as_live_is(seed: int, rule: PositionRule) -> None:
    assert sampled(seed, rule, 1_000) == []


@pytest.mark.parametrize("rule", RULES)
def test_the_picture_is_true_after_ten_thousand_faulted_deeds(rule: PositionRule) -> None:
    assert judged(1, rule, 10_000) == []


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", range(2, 5))
def test_the_picture_is_true_whatever_the_seed(seed: int, rule: PositionRule) -> None:
    assert judged(seed, rule, 700) == []


def constant(value: Any) -> Callable[..., Any]:
    """A function of anything."""

    def answer(*_: Any) -> Any:
        return value

    return answer


# Mutants: each is one of the rules left out.

Mutant = Callable[[pytest.MonkeyPatch], None]


def drop_the_buffer(patch: pytest.MonkeyPatch) -> None:
    pushed = StreamFeed[Any].pushed

    def drop(self: StreamFeed[Any], push: Push[Any], whole: bool, at: float) -> None:
        pushed(self, push, whole, at)
        if self._buffer is not None:  # pyright: ignore[reportPrivateUsage]
            self._buffer.clear()  # pyright: ignore[reportPrivateUsage]

    patch.setattr(StreamFeed, "pushed", drop)


def replay_by_time_alone(patch: pytest.MonkeyPatch) -> None:
    """A row whose time is not younger is dropped: with equal times and new content the newer one is lost."""
    late = Rows[Any]._late  # pyright: ignore[reportPrivateUsage]

    def by_time(self: Rows[Any], kept: Kept[Any], item: Any, push: Push[Any], when: Moment) -> bool:
        if isinstance(item.raw, WirePosition):
            return bool(item.updated_ms <= kept.item.updated_ms)
        return late(self, kept, item, push, when)

    patch.setattr(Rows, "_late", by_time)


def trust_absence(patch: pytest.MonkeyPatch) -> None:
    read = ToyStreams._data  # pyright: ignore[reportPrivateUsage]

    def whole(self: ToyStreams, frame: Any) -> Any:
        data = read(self, frame)
        pushes = tuple((what, structs.replace(push, full=True)) for what, push in data.pushes)
        return structs.replace(data, pushes=pushes)

    patch.setattr(ToyStreams, "_data", whole)


def count_fills_by_size(patch: pytest.MonkeyPatch) -> None:
    def key(_: Fills, item: Fill) -> Any:
        return item.order_id, item.quantity

    patch.setattr(Fills, "key", key)


def count_every_fill(patch: pytest.MonkeyPatch) -> None:
    number = iter(range(10**9))

    def counted(_: Fills, item: Fill) -> int:
        return next(number)

    patch.setattr(Fills, "key", counted)


def forget_what_closed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Rows, "_bury", constant(None))


def forget_what_ended(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pictures, "ENDS_KEPT", 0)


def let_fills_shrink(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(orders, "advances", constant(True))


def read_no_history(patch: pytest.MonkeyPatch) -> None:
    async def nothing(_: ToyReads, since_ms: int) -> Sequence[Any]:
        return ()

    patch.setattr(ToyReads, "since", nothing)


def look_nothing_up(patch: pytest.MonkeyPatch) -> None:
    async def nothing(_: ToyReads, item: Order) -> None:
        return None

    patch.setattr(ToyReads, "one", nothing)


def believe_every_read(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pictures, "LAG_S", -math.inf)


def believe_late_pushes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Rows, "_overtaken", constant(False))


def never_audit(patch: pytest.MonkeyPatch) -> None:
    def plan(self: StreamFeed[Any]) -> None:
        self._audit_at = math.inf  # pyright: ignore[reportPrivateUsage]

    patch.setattr(StreamFeed, "_plan_audit", plan)


def go_on_as_if_nothing_was_lost(patch: pytest.MonkeyPatch) -> None:
    acknowledged = StreamFeed[Any].acknowledged

    def once(self: StreamFeed[Any], key: Any, *, overlapped: bool) -> None:
        if self.state is not WatchState.LIVE:
            acknowledged(self, key, overlapped=overlapped)

    patch.setattr(StreamFeed, "lost", constant(None))
    patch.setattr(StreamFeed, "acknowledged", once)


def connect_once(patch: pytest.MonkeyPatch) -> None:
    async def no_other(_: Line, __: Session) -> bool:
        return False

    patch.setattr(Line, "_succeed", no_other)


def take_acknowledgements_for_granted(patch: pytest.MonkeyPatch) -> None:
    """LIVE before the venue pushes: what happens until then is in neither."""
    answered = Session._answered  # pyright: ignore[reportPrivateUsage]

    def deaf(self: Session, message: Message, at: float) -> None:
        if not isinstance(message, Acknowledged):
            answered(self, message, at)

    patch.setattr(Session, "_answered", deaf)


def end_orders_with_what_was_known(patch: pytest.MonkeyPatch) -> None:
    """Not listed any more: ended, as it stood last."""

    def guess(self: Orders, item: Order, found: Order | None, when: Moment) -> list[Any]:
        changes: list[Any] = []
        self._end(item, ChangeSource.READ, when, changes)  # pyright: ignore[reportPrivateUsage]
        return changes

    patch.setattr(Orders, "settle", guess)
    patch.setattr(Orders, "past", constant([]))


def take_lists_in_any_order(patch: pytest.MonkeyPatch) -> None:
    push = Rows[Any].push

    def any_order(self: Rows[Any], message: Push[Any], when: Moment) -> list[Any]:
        self._list_ms = self._read_ms = None  # pyright: ignore[reportPrivateUsage]
        for kept in self._kept.values():  # pyright: ignore[reportPrivateUsage]
            kept.sent_ms = kept.read_ms = None
        return push(self, structs.replace(message, sent_ms=None), when)

    patch.setattr(Rows, "push", any_order)


def keep_what_hangs_on_the_size(patch: pytest.MonkeyPatch) -> None:
    def carried(self: Rows[Any], item: Any, kept: Kept[Any]) -> Any:
        return self._completed(item, self._said(kept.item))  # pyright: ignore[reportPrivateUsage]

    patch.setattr(Rows, "_carried", carried)


def read_nothing_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Rows, "_moves", constant(False))


def lose_ends_to_slow_consumers(patch: pytest.MonkeyPatch) -> None:
    def latest(_: tuple[Change[Any], ...], change: Change[Any]) -> tuple[Change[Any], ...]:
        return (change,)

    patch.setattr("futures_async.streams.watch.fold", latest)


def let_slow_consumers_drop(patch: pytest.MonkeyPatch) -> None:
    take = FeedWatch[Any].take

    def dropping(self: FeedWatch[Any], changes: Sequence[Change[Any]]) -> None:
        waiting = len(self._fresh) + len(self._pending)  # pyright: ignore[reportPrivateUsage]
        take(self, changes[: max(0, 2 - waiting)])

    patch.setattr(FeedWatch, "take", dropping)


MUTANTS: tuple[Mutant, ...] = (
    drop_the_buffer,
    replay_by_time_alone,
    trust_absence,
    count_fills_by_size,
    count_every_fill,
    forget_what_closed,
    forget_what_ended,
    let_fills_shrink,
    read_no_history,
    look_nothing_up,
    believe_every_read,
    believe_late_pushes,
    never_audit,
    go_on_as_if_nothing_was_lost,
    connect_once,
    take_acknowledgements_for_granted,
    end_orders_with_what_was_known,
    take_lists_in_any_order,
    keep_what_hangs_on_the_size,
    read_nothing_again,
    lose_ends_to_slow_consumers,
    let_slow_consumers_drop,
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.__name__ for mutant in MUTANTS])
def test_a_rule_left_out_is_noticed(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant(monkeypatch)
    assert any(judged(seed, rule, 700) or sampled(seed, rule, 700) for seed in range(1, 6) for rule in RULES)


def test_the_judge_knows_a_final_status() -> None:
    assert {OrderStatus.FILLED, OrderStatus.CANCELED} < ENDED
    assert Kept(1, 0.0, None).read_ms is None
