"""Watches a portfolio by rules, alerts, and acts where it is told to. Never dies of one error."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from decimal import Decimal
from typing import NamedTuple

import anyio
import anyio.abc
import msgspec
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from futures_async.manager.manager import OrderManager
from futures_async.portfolio.portfolio import Portfolio
from futures_async.portfolio.remedies import carry_out, helps
from futures_async.portfolio.rules import (
    DOCUMENTED_RULES,
    Action,
    Metric,
    Reading,
    Reduce,
    Rule,
    Subject,
    is_unknown,
    measure,
    of_position,
)
from futures_async.portfolio.snapshot import Failed, Ok, Snapshot, Stale, with_fresh_positions
from futures_async.unified.callbacks import called, failure_of
from futures_async.unified.convert import check_number
from futures_async.unified.errors import ClientClosed, InvalidRequest, OutcomeUnknown, UnreadRows
from futures_async.unified.given import all_of, check_call, check_kind
from futures_async.unified.models import Position
from futures_async.unified.watching import WatchState

logger = logging.getLogger("futures_async.monitor")

LONGEST_PAUSE_S = 60.0
ALERT_WITHIN_S = 10.0
"""An alert's callback is given up after so long."""
MOST_UNTOLD = 1_000
"""Alerts that wait for their callback."""
LAG_S = 2.0
"""So long after something was done venues may still show what was before."""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """A rule was broken, or is kept again."""

    rule: Rule
    """The rule."""
    raised: bool
    """True: broken now. False: all clear."""
    subject: Subject
    """What it was measured on."""
    value: Decimal | None
    """The measure; None where the position is gone, or nothing is known of the venue."""
    position: Position | None = None
    """The position, for rules on positions."""


class _Raised(NamedTuple):
    rule: Rule
    act_again: float


class Past(NamedTuple):
    """Something that was done, or tried."""

    ended: float
    action: Action
    position: Position
    """As it was before."""


class _Task(NamedTuple):
    subject: Subject
    rule: Rule
    action: Action
    manager: OrderManager
    position: Position


class RiskMonitor:
    """Looks at a portfolio every few seconds; alerts once when a rule is broken, and once when it is kept again.

    At a live portfolio it also looks as soon as something is pushed, and has marks, profits and margin ratios read
    again every `interval_s`, since most venues do not push them as the market moves. Where that fails three times, and
    not all of it is pushed, the account is old, whatever its stream is.

    Actions are taken on fresh positions only, before anybody is told, never on one whose row may be one that cannot
    be read, nor where its measure is not known any more, one at a time for each position, the next one on what the
    venue shows after the one before, and again while the rule stays broken and `act_again_s` have passed. An action
    whose outcome is unknown is not repeated by this monitor, nor another taken on its position: its alert stays raised,
    and `OrderManager.recover` finds out; when that rule is kept again it may act anew.

    What DRAWDOWN compares with is forgotten with the monitor: one that is made anew begins with the equity of then.

    Args:
        portfolio: What to watch; stays its owner's.
        rules: As data; None are those of the documents.
        on_alert: Called with each alert, one after the other, and awaited for 10 s at most where it is async; no look
            waits for it.
        interval_s: Seconds between looks.
        managers: Order managers by name in the portfolio, for the rules that act.
        act_again_s: Seconds until an action is repeated.

    Raises:
        InvalidRequest: Two rules of one name, or a manager for a name that is not in the portfolio.
    """

    def __init__(
        self,
        portfolio: Portfolio,
        rules: Sequence[Rule] | None = None,
        on_alert: Callable[[Alert], object] | None = None,
        *,
        interval_s: float = 5.0,
        managers: Mapping[str, OrderManager] | None = None,
        act_again_s: float = 60.0,
    ) -> None:
        check_kind("portfolio", portfolio, Portfolio, "a Portfolio")
        if on_alert is not None:
            check_call("on_alert", on_alert)
        if managers is not None:
            check_kind("managers", managers, Mapping, "managers by name in the portfolio")
            all_of("managers", managers.values(), OrderManager, "an OrderManager")
        check_number("interval_s", interval_s, 0, above=True)
        check_number("act_again_s", act_again_s, 0)
        self._portfolio = portfolio
        self._rules = DOCUMENTED_RULES if rules is None else tuple(all_of("rules", rules, Rule, "a Rule"))
        self._on_alert = on_alert
        self._interval_s = interval_s
        self._managers = dict(managers or {})
        self._act_again_s = act_again_s
        if len({rule.name for rule in self._rules}) != len(self._rules):
            raise InvalidRequest("two rules have the same name")
        strangers = set(self._managers) - set(portfolio.exchanges)
        if strangers:
            raise InvalidRequest(f"managers for names that are not in the portfolio: {', '.join(sorted(strangers))}")
        self._raised: dict[tuple[str, Subject], _Raised] = {}
        self._busy: set[Subject] = set()
        self._doubtful: set[tuple[str, Subject]] = set()
        self._peaks: dict[tuple[str, str], Decimal] = {}
        """The highest equity that was seen, by name in the portfolio and coin."""
        self._past: dict[Subject, Past] = {}
        """What was done last, as long as snapshots may be of before."""
        self._failing: set[str] = set()
        """Rules that could not be judged the last time."""

    @property
    def raised(self) -> list[tuple[str, Subject]]:
        """Rules that are broken now: name and what it was measured on."""
        return list(self._raised)

    async def run(self) -> None:
        """Watch until the portfolio is closed or this is cancelled. An error is logged; after a pause it goes on."""
        alerts, told = anyio.create_memory_object_stream[Alert](MOST_UNTOLD)
        async with anyio.create_task_group() as tasks, anyio.create_task_group() as telling, alerts:
            telling.start_soon(self._tell_all, told)
            pause_s = self._interval_s
            while True:
                started = anyio.current_time()
                error = await failure_of(self._watch(tasks, alerts))
                if error is None or isinstance(error, ClientClosed):
                    telling.cancel_scope.deadline = anyio.current_time() + ALERT_WITHIN_S
                    return
                pause_s = self._interval_s if anyio.current_time() - started > LONGEST_PAUSE_S else 2 * pause_s
                pause_s = min(pause_s, LONGEST_PAUSE_S)
                logger.error("the risk monitor failed, and goes on in %.0f s", pause_s, exc_info=error)
                await anyio.sleep(pause_s)

    async def _watch(self, tasks: anyio.abc.TaskGroup, alerts: MemoryObjectSendStream[Alert]) -> None:
        # What follows the market is no older than the interval, also where a stream does not tell it.
        polling = self._portfolio.poll(self._interval_s, eager=True, refresh_s=self._interval_s)
        async with aclosing(polling) as polled:
            async for snapshot in polled:
                broken = self.check(snapshot)
                # What is done goes by this snapshot: nobody's callback may make it an old one.
                for task in self._due(snapshot):
                    self._busy.add(task.subject)
                    tasks.start_soon(self._act, task)
                for alert in broken:
                    self._log(alert)
                    if self._on_alert is not None:
                        try:
                            alerts.send_nowait(alert)
                        except anyio.WouldBlock:
                            logger.error("%d alerts wait for on_alert: %s is not told", MOST_UNTOLD, alert.rule.name)

    async def _tell_all(self, told: MemoryObjectReceiveStream[Alert]) -> None:
        async with told:
            async for alert in told:
                await self._tell(alert)

    @staticmethod
    def _log(alert: Alert) -> None:
        logger.log(
            logging.WARNING if alert.raised else logging.INFO,
            "%s: rule %s is %s: %s %s",
            " ".join(str(part) for part in alert.subject if part),
            alert.rule.name,
            "broken" if alert.raised else "kept again",
            alert.rule.metric,
            "not known" if alert.value is None else f"{alert.value:.6g}",
        )

    async def _tell(self, alert: Alert) -> None:
        if self._on_alert is None:
            return
        with anyio.move_on_after(ALERT_WITHIN_S) as scope:
            error = await failure_of(called(self._on_alert, alert))
            if error is not None:
                logger.error("on_alert failed for rule %s", alert.rule.name, exc_info=error)
        if scope.cancelled_caught:
            logger.error("on_alert took longer than %.0f s for rule %s", ALERT_WITHIN_S, alert.rule.name)

    def check(self, snapshot: Snapshot) -> list[Alert]:
        """Judge a snapshot by the rules: what is newly broken, and what is kept again. Remembers both; does nothing.

        What is not known keeps its state: a venue that cannot be read clears no alert, except that a position, or a
        coin's account, which a fresh snapshot does not hold any more is all clear.
        """
        for name, account in snapshot.each_account():
            if (equity := account.equity) is not None:
                key = name, account.margin_coin
                self._peaks[key] = max(equity, self._peaks.get(key, equity))
        alerts: list[Alert] = []
        for rule in self._rules:
            try:
                self._check(rule, snapshot, alerts)
            except Exception as error:  # figures that nobody has thought of keep no other rule from its work
                if rule.name not in self._failing:
                    logger.error("rule %s cannot be judged", rule.name, exc_info=error)
                self._failing.add(rule.name)
            else:
                self._failing.discard(rule.name)
        return alerts

    def _check(self, rule: Rule, snapshot: Snapshot, alerts: list[Alert]) -> None:
        seen: set[Subject] = set()
        for name, state in snapshot.venues.items():
            for reading in measure(rule, name, state, self._peaks):
                seen.add(reading.subject)
                alert = self._judge(rule, reading)
                if alert is not None:
                    alerts.append(alert)
        if rule.metric is not Metric.AGE:
            alerts.extend(self._gone(rule, snapshot, seen))

    def _judge(self, rule: Rule, reading: Reading) -> Alert | None:
        key, value = self._key(rule, reading.subject), reading.value
        if key not in self._raised and (value is None or rule.broken_by(value)):
            self._raised[key] = _Raised(rule, float("-inf"))
            raised = True
        elif key in self._raised and value is not None and rule.cleared_by(value):
            self._forget(key)
            raised = False
        else:
            return None
        # All clear is told of what was raised, however much more of it is told by now.
        return Alert(rule=rule, raised=raised, subject=key[1], value=value, position=reading.position)

    def _key(self, rule: Rule, subject: Subject) -> tuple[str, Subject]:
        """By what the alert about it is known, if there is one."""
        if (key := (rule.name, subject)) in self._raised:
            return key
        return next((known for known in self._raised if known[0] == rule.name and subject.may_be(known[1])), key)

    def _gone(self, rule: Rule, snapshot: Snapshot, seen: set[Subject]) -> list[Alert]:
        alerts: list[Alert] = []
        for name, subject in list(self._raised):
            state = snapshot.venues.get(subject.venue)
            if name != rule.name or subject in seen or not isinstance(state, Ok):
                continue
            if is_unknown(rule, subject, state.data):
                continue
            self._forget((name, subject))
            alerts.append(Alert(rule=rule, raised=False, subject=subject, value=None))
        return alerts

    def _forget(self, key: tuple[str, Subject]) -> None:
        del self._raised[key]
        self._doubtful.discard(key)

    # Acting

    def _due(self, snapshot: Snapshot) -> list[_Task]:
        """The actions whose time has come."""
        now = anyio.current_time()
        self._past = {key: past for key, past in self._past.items() if not shows(snapshot, key, past, now)}
        due: list[_Task] = []
        for key, raised in self._raised.items():
            subject, action = key[1], raised.rule.action
            manager, state = self._managers.get(subject.venue), snapshot.venues.get(subject.venue)
            if action is None or manager is None or state is None or now < raised.act_again:
                continue
            if isinstance(state, Failed) or (data := with_fresh_positions(state)) is None:
                continue
            # One position may be known by two subjects: its margin mode is not told by every row.
            others = (*self._busy, *(task.subject for task in due), *(doubted for _, doubted in self._doubtful))
            if any(subject.may_be(other) for other in (*others, *self._past)):
                continue
            # Not one of which the measure is not known any more: it may be far from danger by now.
            held = [one for one in data.positions or () if of_position(raised.rule.metric, one) is not None]
            position = next((one for one in held if subject.may_be(Subject.of(subject.venue, one))), None)
            if position is None or _is_frozen(position, state) or not helps(action, position, data):
                continue
            self._raised[key] = raised._replace(act_again=now + self._act_again_s)
            due.append(_Task(subject, raised.rule, action, manager, position))
        return due

    async def _act(self, task: _Task) -> None:
        try:
            error = await failure_of(carry_out(task.action, task.manager, task.position))
        finally:
            self._busy.discard(task.subject)
        self._past[task.subject] = Past(anyio.current_time(), task.action, task.position)
        key = self._key(task.rule, task.subject)
        # A rule that was kept again meanwhile has nothing raised, and nothing would end the doubt.
        if isinstance(error, OutcomeUnknown) and key in self._raised:
            self._doubtful.add(key)
        if error is not None:
            told = f"{task.subject.venue} {task.subject.symbol}: acting on rule {task.rule.name} failed"
            logger.error("%s: look at the position", told, exc_info=error)


def shows(snapshot: Snapshot, subject: Subject, past: Past, now: float) -> bool:
    """Whether a snapshot tells how the position stands after what was done."""
    state = snapshot.venues.get(subject.venue)
    if state is None or isinstance(state, Failed) or state.positions_age_s is None or now < past.ended + LAG_S:
        return False
    if now - state.positions_age_s >= past.ended + LAG_S:
        return True
    # Of a stream whose line is silent since, what has changed is of afterwards all the same.
    held = [one for one in state.data.positions or () if subject.may_be(Subject.of(subject.venue, one))]
    before = _moved_by(past.action, past.position)
    return state.stream is WatchState.LIVE and all(_moved_by(past.action, one) != before for one in held)


def _moved_by(action: Action, position: Position) -> object:
    """What an action changes, and nothing else does: the quantity of contracts that are worth quote coin moves too."""
    if not isinstance(action, Reduce):
        return position.margin
    return position.quantity if position.contract_value is None else position.contracts


def _is_frozen(position: Position, state: Ok | Stale) -> bool:
    """Whether it may be shown as it was last known, since its row cannot be read now: what is done about it would not
    show, and be done again and again."""
    # Of errors that name rows that of the positions comes first.
    if not isinstance(state.error, UnreadRows) or not state.data.positions_unread:
        return False
    return any(row.may_be(position) for row in state.error.unread)
