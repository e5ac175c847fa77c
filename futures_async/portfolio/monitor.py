"""Watches a portfolio by rules, alerts, and acts where it is told to. Never dies of one error."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from decimal import Decimal
from typing import NamedTuple

import anyio
import anyio.abc
import msgspec

from futures_async import risk
from futures_async.manager.manager import OrderManager
from futures_async.portfolio.portfolio import Portfolio
from futures_async.portfolio.rules import (
    DOCUMENTED_RULES,
    POSITION_METRICS,
    Action,
    AdjustMargin,
    Metric,
    ReachRatio,
    Reading,
    Reduce,
    Rule,
    Subject,
    measure,
)
from futures_async.portfolio.snapshot import Failed, Ok, Snapshot, Stale, fresh_data
from futures_async.trading.closing import counted, exactly, in_base_coin
from futures_async.unified.callbacks import failure_of
from futures_async.unified.convert import floor_to_step
from futures_async.unified.enums import Intent, OrderType, PositionSide, Side
from futures_async.unified.errors import ClientClosed, InvalidRequest, OutcomeUnknown, UnreadRows
from futures_async.unified.exact import add, multiply
from futures_async.unified.exchange import Capability
from futures_async.unified.models import OrderRequest, Position

logger = logging.getLogger("futures_async.monitor")

LONGEST_PAUSE_S = 60.0
ALERT_WITHIN_S = 10.0
"""An alert's callback is given up after so long: the next look must not wait for it."""


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


class _Task(NamedTuple):
    subject: Subject
    rule: Rule
    action: Action
    manager: OrderManager
    position: Position


class RiskMonitor:
    """Looks at a portfolio every few seconds; alerts once when a rule is broken, and once when it is kept again.

    At a live portfolio it also looks as soon as something is pushed, and has marks, profits and margin ratios read
    again every `interval_s`, since most venues do not push them as the market moves.

    Actions are taken on fresh data only, never on a position whose row may be one that cannot be read, one at a
    time for each position, and again while the rule stays broken and `act_again_s` have passed. An action whose
    outcome is unknown is not repeated by this monitor: its alert stays raised, and `OrderManager.recover` finds
    out; when the rule is kept again it may act anew.

    Args:
        portfolio: What to watch; stays its owner's.
        rules: As data; None are those of the documents.
        on_alert: Awaited with each alert, for 10 s at most.
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
        on_alert: Callable[[Alert], Awaitable[object]] | None = None,
        *,
        interval_s: float = 5.0,
        managers: Mapping[str, OrderManager] | None = None,
        act_again_s: float = 60.0,
    ) -> None:
        self._portfolio = portfolio
        self._rules = DOCUMENTED_RULES if rules is None else tuple(rules)
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
        self._doubtful: set[Subject] = set()

    @property
    def raised(self) -> list[tuple[str, Subject]]:
        """Rules that are broken now: name and what it was measured on."""
        return list(self._raised)

    async def run(self) -> None:
        """Watch until the portfolio is closed or this is cancelled. An error is logged; after a pause it goes on."""
        async with anyio.create_task_group() as tasks:
            pause_s = self._interval_s
            while True:
                started = anyio.current_time()
                error = await failure_of(self._watch(tasks))
                if error is None or isinstance(error, ClientClosed):
                    return
                pause_s = self._interval_s if anyio.current_time() - started > LONGEST_PAUSE_S else 2 * pause_s
                pause_s = min(pause_s, LONGEST_PAUSE_S)
                logger.error("risk monitor failed, goes on in %.0f s", pause_s, exc_info=error)
                await anyio.sleep(pause_s)

    async def _watch(self, tasks: anyio.abc.TaskGroup) -> None:
        # What follows the market is no older than the interval, also where a stream does not tell it.
        polling = self._portfolio.poll(self._interval_s, eager=True, refresh_s=self._interval_s)
        async with aclosing(polling) as polled:
            async for snapshot in polled:
                for alert in self.check(snapshot):
                    await self._tell(alert)
                for task in self._due(snapshot):
                    self._busy.add(task.subject)
                    tasks.start_soon(self._act, task)

    async def _tell(self, alert: Alert) -> None:
        logger.log(
            logging.WARNING if alert.raised else logging.INFO,
            "%s: %s %s: %s",
            alert.subject.venue,
            alert.rule.name,
            "broken" if alert.raised else "kept again",
            alert.value,
        )
        if self._on_alert is None:
            return
        with anyio.move_on_after(ALERT_WITHIN_S) as scope:
            error = await failure_of(self._on_alert(alert))
            if error is not None:
                logger.error("on_alert failed for rule %s", alert.rule.name, exc_info=error)
        if scope.cancelled_caught:
            logger.error("on_alert took longer than %.0f s for rule %s", ALERT_WITHIN_S, alert.rule.name)

    def check(self, snapshot: Snapshot) -> list[Alert]:
        """Judge a snapshot by the rules: what is newly broken, and what is kept again. Remembers both; does nothing.

        What is not known keeps its state: a venue that cannot be read clears no alert, except that a position which
        a fresh snapshot does not hold any more is all clear.
        """
        alerts: list[Alert] = []
        for rule in self._rules:
            seen: set[Subject] = set()
            for name, state in snapshot.venues.items():
                for reading in measure(rule, name, state):
                    seen.add(reading.subject)
                    alert = self._judge(rule, reading)
                    if alert is not None:
                        alerts.append(alert)
            if rule.metric is not Metric.AGE:
                alerts.extend(self._gone(rule, snapshot, seen))
        return alerts

    def _judge(self, rule: Rule, reading: Reading) -> Alert | None:
        key, value = (rule.name, reading.subject), reading.value
        if key not in self._raised and (value is None or rule.broken_by(value)):
            self._raised[key] = _Raised(rule, float("-inf"))
            raised = True
        elif key in self._raised and value is not None and rule.cleared_by(value):
            self._forget(key)
            raised = False
        else:
            return None
        return Alert(rule=rule, raised=raised, subject=reading.subject, value=value, position=reading.position)

    def _gone(self, rule: Rule, snapshot: Snapshot, seen: set[Subject]) -> list[Alert]:
        alerts: list[Alert] = []
        for name, subject in list(self._raised):
            state = snapshot.venues.get(subject.venue)
            if name != rule.name or subject in seen or not isinstance(state, Ok):
                continue
            if rule.metric in POSITION_METRICS and any(
                (position.venue_symbol, position.side) == (subject.symbol, subject.side)
                for position in state.data.positions or ()
            ):
                continue  # it is there, and its measure is not known
            self._forget((name, subject))
            alerts.append(Alert(rule=rule, raised=False, subject=subject, value=None))
        return alerts

    def _forget(self, key: tuple[str, Subject]) -> None:
        del self._raised[key]
        self._doubtful.discard(key[1])

    # Acting

    def _due(self, snapshot: Snapshot) -> list[_Task]:
        """The actions whose time has come."""
        now = anyio.current_time()
        due: list[_Task] = []
        for key, raised in self._raised.items():
            subject, action = key[1], raised.rule.action
            manager, state = self._managers.get(subject.venue), snapshot.venues.get(subject.venue)
            if action is None or manager is None or state is None or now < raised.act_again:
                continue
            if isinstance(state, Failed) or (data := fresh_data(state)) is None:
                continue
            if subject in self._busy or subject in self._doubtful or any(task.subject == subject for task in due):
                continue
            position = next((one for one in data.positions or () if (one.venue_symbol, one.side) == subject[1:3]), None)
            if position is None or _is_frozen(position, state):
                continue
            self._raised[key] = raised._replace(act_again=now + self._act_again_s)
            due.append(_Task(subject, raised.rule, action, manager, position))
        return due

    async def _act(self, task: _Task) -> None:
        try:
            error = await failure_of(_carry_out(task.action, task.manager, task.position))
        finally:
            self._busy.discard(task.subject)
        if isinstance(error, OutcomeUnknown):
            self._doubtful.add(task.subject)
        if error is not None:
            logger.error("%s: acting on rule %s failed", task.subject.venue, task.rule.name, exc_info=error)


def _is_frozen(position: Position, state: Ok | Stale) -> bool:
    """Whether it may be shown as it was last known, since its row cannot be read now: what is done about it would not
    show, and be done again and again."""
    # Of errors that name rows that of the positions comes first.
    if not isinstance(state.error, UnreadRows) or not state.data.positions_unread:
        return False
    return any(row.may_be(position) for row in state.error.unread)


async def _carry_out(action: Action, manager: OrderManager, position: Position) -> None:
    if isinstance(action, Reduce):
        await _reduce(action.fraction, manager, position)
        return
    amount = _margin(action, position)
    if amount is not None:
        await manager.exchange.adjust_margin(position.venue_symbol, amount, side=position.side)


def _margin(action: AdjustMargin | ReachRatio, position: Position) -> Decimal | None:
    if isinstance(action, AdjustMargin):
        return risk.propose_margin_adjustment(position, action.action)
    maintenance, pnl = risk.position_maintenance_margin(position), risk.position_pnl(position)
    if maintenance is None or pnl is None or position.margin is None:
        return None
    amount = risk.margin_to_reach(action.target, maintenance=maintenance, equity=add(position.margin, pnl))
    return amount if amount > 0 else None


async def _reduce(fraction: Decimal, manager: OrderManager, position: Position) -> None:
    exchange = manager.exchange
    # Of contracts that are worth quote coin the number is exact, and rules count contracts.
    held = counted(position)
    part = multiply(held, fraction)
    if exchange.supports(Capability.FETCH_CONTRACT):
        contract = await exchange.fetch_contract(position.venue_symbol)
        least = max(contract.min_quantity or Decimal(0), contract.quantity_step)
        part = min(max(floor_to_step(part, contract.quantity_step), least), held)
    request = OrderRequest(
        symbol=position.venue_symbol,
        side=Side.SELL if position.side is PositionSide.LONG else Side.BUY,
        type=OrderType.MARKET,
        quantity=in_base_coin(position, part),
        intent=Intent.CLOSE,
    )
    if position.contract_value is None:
        await manager.submit(request)
    else:
        with exactly(part):
            await manager.submit(request)
