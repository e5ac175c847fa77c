"""What is shown, kept up to date once for all readers, and the last of its changes.

A reader holds nothing but the number of the last change that it has: changes are kept in a ring, encoded once. Who
comes back, or is slow, goes on where he was as long as the ring has it, and gets the whole picture otherwise. So no
reader has a queue, and none can make another wait.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from typing import Any, Final

from futures_async.portfolio.monitor import Alert, RiskMonitor
from futures_async.portfolio.portfolio import Portfolio
from futures_async.portfolio.rules import Rule
from futures_async.transport.running import current_runtime
from futures_async.unified.callbacks import failure_of
from futures_async.unified.errors import ClientClosed, UnreadRow, UnreadRows, unread_rows
from futures_async.unified.exchange import Capability, FuturesExchange
from futures_async.unified.models import to_builtins
from futures_async.unified.watching import ChangeKind, Watch, WatchState
from futures_async.web import reading
from futures_async.web.lists import GIVE_UP_S, feed_of

logger = logging.getLogger("futures_async.web")

KEPT: Final = 512
"""Changes in the ring, at most."""
KEPT_BYTES: Final = 8 * 1024 * 1024
"""And so many bytes: of a hundred accounts a change may be as large as a picture."""
PARTS: Final = ("accounts", "positions", "orders", "stops", "totals", "alerts", "problems", "awaited")
SHOWN_FILLS: Final = 200
IDLE_S: Final = 30.0
"""Without a reader for so long, nothing is read any more."""
FALLBACK_S: Final = 2.0
"""Orders and fills are read as often, where the venue does not push them."""
STOPS_S: Final = 5.0
"""Orders that wait for a price are read as often: not every venue pushes them. Sooner where an order has changed."""
STIRRED_S: Final = 1.0
JUDGED_S: Final = 1.0
"""So often it is asked whether what is followed is still true."""
PATIENCE_S: Final = 10.0
"""What has not been true yet after so long is told as not known."""
SILENT: Final = "the venue does not answer, or is being asked again: rows are as they were last known"
REBORN_S: Final = 5.0
"""A picture that has failed is begun anew after so long, at the soonest, however many readers ask for it."""
AGAIN_S: Final = 60.0
"""After a refusal of the key, which alone ends a watch, it is begun anew: venues ban addresses that go on asking."""


class Picture:
    """Accounts, positions, orders, fills, totals, alerts and problems; runs while somebody looks.

    Args:
        portfolio: What is shown; stays its owner's.
        rules: What alerts are about; None are those of the documents.
        interval_s: Seconds between looks; a live portfolio is shown as it changes.
    """

    def __init__(self, portfolio: Portfolio, rules: Sequence[Rule] | None = None, *, interval_s: float = 1.0) -> None:
        self.readers = 0
        self._portfolio = portfolio
        self._rules = rules
        self._interval_s = interval_s
        self._known: reading.Known = {}
        self._rows: dict[str, Any] = {part: {} for part in PARTS}
        # Numbers are this picture's own: one that another process, or an earlier one, has given is none of ours.
        self._run = secrets.token_hex(4)
        self._fills: deque[dict[str, Any]] = deque(maxlen=SHOWN_FILLS)
        self._number = 0
        self._ring: deque[tuple[int, bytes]] = deque()
        self._ring_bytes = 0
        self._whole: tuple[int, str] | None = None
        self._news = asyncio.Event()
        self._seen = asyncio.Event()
        self._stirred: dict[str, asyncio.Event] = {}
        self._task: asyncio.Task[None] | None = None
        self._not_before = 0.0
        self.stopped = False

    # For readers

    def look(self) -> None:
        """Keep the picture up to date from now on, unless that is done already.

        Readers ask for it again at each of their turns: a task that was ending, or has failed, keeps nothing.
        """
        loop = asyncio.get_running_loop()
        if (self._task is None or self._task.done()) and not self.stopped and loop.time() >= self._not_before:
            # What was seen before nobody looked any more is no first look.
            self._seen.clear()
            self._task = loop.create_task(self._keep())
            self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self.stopped:
            return
        if (error := task.exception()) is not None:
            logger.error("what is shown is kept no more, and begun anew", exc_info=error)
            self._not_before = task.get_loop().time() + REBORN_S
        self._tell()  # who came while it ended begins it anew

    async def first(self, within_s: float) -> None:
        """Wait until something was seen, and no longer than that."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._seen.wait()

    def whole(self) -> tuple[int, bytes]:
        """The number of the last change, and the whole picture as an event."""
        if self._whole is None or self._whole[0] != self._number:
            # Once for all who come at once, as they do when this process was begun anew.
            self._whole = self._number, self._text({**self._rows, "fills": list(self._fills)})[1:]
        number, rows = self._whole
        return number, self._event("snapshot", f'{{"now_ms":{int(time.time() * 1000)},{rows}')

    def number_of(self, event_id: str) -> int | None:
        """The number of a change by the id that it was told under; None where this picture has not told it."""
        run, _, number = event_id.partition("-")
        return int(number) if run == self._run and number.isdecimal() and len(number) < 16 else None

    def since(self, number: int) -> list[tuple[int, bytes]] | None:
        """The changes after this one; None where the ring has lost some, or that number is none of ours."""
        first = self._number - len(self._ring)
        if not first <= number <= self._number:
            return None
        return [self._ring[index] for index in range(number - first, len(self._ring))]

    async def news(self, within_s: float) -> bool:
        """Wait for a change, or that nothing more will come; False after `within_s`."""
        news = self._news
        try:
            async with asyncio.timeout(within_s):
                await news.wait()
        except TimeoutError:
            return False
        return True

    async def aclose(self) -> None:
        """End all readers, and read nothing more."""
        self.stopped = True
        self._seen.set()
        self._tell()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    # Keeping it

    async def _keep(self) -> None:
        # Who watches anew is told all that there is: what went meanwhile is not told. Nor what was executed: beside
        # those of before, those of from now on would look like all.
        self._fills.clear()
        self._ring.clear()
        self._ring_bytes, self._number = 0, self._number + 1
        self._show(orders={}, stops={}, alerts={}, problems={}, awaited={})
        monitor = RiskMonitor(self._portfolio, self._rules, self._alerted)
        try:
            await self._keep_by(monitor)
        except* ClientClosed:  # before it was begun
            self.stopped = True
            self._seen.set()

    async def _keep_by(self, monitor: RiskMonitor) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(monitor.run())]
            for name, exchange in self._portfolio.exchanges.items():
                for what, capability, follow in (
                    ("orders", Capability.FETCH_OPEN_ORDERS, self._follow_orders),
                    ("fills", Capability.FETCH_FILLS, self._follow_fills),
                    ("stops", Capability.FETCH_TRIGGER_ORDERS, self._follow_stops),
                ):
                    if exchange.supports(capability):
                        self._await(name, what)
                        tasks.append(group.create_task(self._on(name, what, partial(follow, name, exchange))))
            idle_since = asyncio.get_running_loop().time()
            async with aclosing(self._portfolio.poll(self._interval_s, eager=True)) as snapshots:
                async for snapshot in snapshots:
                    self._show(
                        accounts=reading.accounts(snapshot, self._rows["accounts"]),
                        positions=reading.positions(snapshot, self._known),
                        totals=reading.totals(snapshot),
                    )
                    self._seen.set()
                    now = asyncio.get_running_loop().time()
                    if self.readers:
                        idle_since = now
                    elif now - idle_since > IDLE_S:
                        break
                else:  # the portfolio was closed
                    self.stopped = True
                    self._tell()
            for task in tasks:
                task.cancel()

    async def _on(self, name: str, what: str, follow: Callable[[], Awaitable[None]]) -> None:
        """Follow it for ever; why it is not followed is told."""
        key = f"{name} {what}"
        while True:
            error = await failure_of(follow())
            logger.warning("%s: not shown: %s: %s", key, type(error).__name__, error)
            self._not_known(name, what, _said(error))
            await asyncio.sleep(AGAIN_S)

    @asynccontextmanager
    async def _judged(self, name: str, what: str, watch: Watch[Any]) -> AsyncGenerator[Callable[[], None]]:
        """Tells whether what is followed is true: at every change, and by the clock, for who is silent has none."""
        loop = asyncio.get_running_loop()
        patient_until = loop.time() + PATIENCE_S

        def judge() -> None:
            nonlocal patient_until
            if watch.state is WatchState.LIVE:
                patient_until = 0.0
                self._heard(name, what, watch.unread)
            elif loop.time() >= patient_until:
                self._not_known(name, what, SILENT)

        async def go_on() -> None:
            while True:
                judge()
                await asyncio.sleep(JUDGED_S)

        judging = loop.create_task(go_on())
        try:
            yield judge
        finally:
            judging.cancel()
            await asyncio.gather(judging, return_exceptions=True)

    def _await(self, name: str, what: str) -> None:
        """Tell that nothing is known of it yet: what is not there is not known to be none."""
        key = f"{name} {what}"
        self._show_some("awaited", {key: {"key": key, "account": name, "what": what}})

    def _not_known(self, name: str, what: str, said: str) -> None:
        key = f"{name} {what}"
        self._show_some("problems", {key: {"key": key, "account": name, "what": what, "error": said}})
        self._show_some("awaited", {key: None})

    def _heard(self, name: str, what: str, unread: Sequence[UnreadRow]) -> None:
        """Something came; rows that cannot be made out are told beside it."""
        if unread:
            self._not_known(name, what, _said(unread_rows(unread)))
            return
        for part in ("problems", "awaited"):
            if (key := f"{name} {what}") in self._rows[part]:
                self._show_some(part, {key: None})

    async def _follow_orders(self, name: str, exchange: FuturesExchange) -> None:
        """Open orders, as they are pushed, else read; what is set off by a price is among them where it is pushed."""
        async with (
            exchange.watch_orders(fallback_s=FALLBACK_S) as watch,
            self._judged(name, "orders", watch) as judge,
        ):
            self._show_of(name, "orders", {})
            async for change in watch:
                judge()
                row = None if change.kind is ChangeKind.CLOSED else reading.order_row(name, change.item)
                self._show_some("orders", {f"{name} {change.item.order_id}": row})
                self._stirred.setdefault(name, asyncio.Event()).set()

    async def _follow_stops(self, name: str, exchange: FuturesExchange) -> None:
        feed = feed_of(f"{name}: stops", exchange.fetch_trigger_orders, current_runtime())
        stirred = self._stirred.setdefault(name, asyncio.Event())
        try:
            while True:
                stirred.clear()
                feed.ask(0.0)
                await feed.wait(GIVE_UP_S)
                if feed.good is not None and (feed.error is None or isinstance(feed.error, UnreadRows)):
                    self._heard(name, "stops", feed.good.unread)
                    rows = [reading.order_row(name, order) for order in feed.good.value]
                    self._show_of(name, "stops", {row["key"]: row for row in rows})
                else:
                    self._not_known(name, "stops", _said(feed.error))
                await asyncio.sleep(STIRRED_S)
                with suppress(TimeoutError):
                    async with asyncio.timeout(STOPS_S - STIRRED_S):
                        await stirred.wait()
        finally:
            feed.stop()

    async def _follow_fills(self, name: str, exchange: FuturesExchange) -> None:
        async with exchange.watch_fills(fallback_s=FALLBACK_S) as watch, self._judged(name, "fills", watch) as judge:
            async for change in watch:
                judge()
                self._fill(reading.fill_row(name, change.item))

    async def _alerted(self, alert: Alert) -> None:
        key = f"{alert.rule.name} {' '.join(str(part) for part in alert.subject if part)}"
        row = {
            "key": key,
            "rule": alert.rule.name,
            "subject": [str(part) for part in alert.subject if part],
            "value": to_builtins(alert.value),
        }
        self._show_some("alerts", {key: row if alert.raised else None})

    def _show(self, **parts: Mapping[str, Any]) -> None:
        """Replace whole parts."""
        changes = {part: found for part, rows in parts.items() if (found := reading.changed(self._rows[part], rows))}
        self._rows.update(parts)
        if changes:
            self._add("changes", changes)

    def _show_of(self, name: str, part: str, rows: Mapping[str, Any]) -> None:
        """Replace an account's rows of a part."""
        others = {key: row for key, row in self._rows[part].items() if row["account"] != name}
        self._show(**{part: {**others, **rows}})

    def _show_some(self, part: str, rows: Mapping[str, Any]) -> None:
        """Replace these rows of a part; None takes one away."""
        # In place: of thousands of orders each comes by itself, and none may cost a look at all the others.
        held = self._rows[part]
        changes = {key: row for key, row in rows.items() if held.get(key) != row}
        for key, row in changes.items():
            if row is None:
                del held[key]
            else:
                held[key] = row
        if changes:
            self._add("changes", {part: changes})

    def _fill(self, fill: dict[str, Any]) -> None:
        self._fills.appendleft(fill)
        self._add("fill", fill)

    def _add(self, kind: str, data: Any) -> None:
        self._number += 1
        event = self._event(kind, self._text(data))
        self._ring.append((self._number, event))
        self._ring_bytes += len(event)
        while len(self._ring) > KEPT or self._ring_bytes > KEPT_BYTES:
            self._ring_bytes -= len(self._ring.popleft()[1])
        self._tell()

    @staticmethod
    def _text(data: Any) -> str:
        """JSON has no line ends, so one line of data is all.

        In ASCII: programs that read lines by Unicode's rules end one at U+0085, U+2028 and U+2029 too.
        """
        return json.dumps(data, separators=(",", ":"))

    def _event(self, kind: str, text: str) -> bytes:
        """As it goes over the wire, under the number of now."""
        return f"id: {self._run}-{self._number}\nevent: {kind}\ndata: {text}\n\n".encode()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def _said(error: Exception | None) -> str:
    return f"{type(error).__name__}: {error}"
