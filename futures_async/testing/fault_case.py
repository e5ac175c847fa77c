"""One call under one fault, and whether its end is what the fault table expects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from futures_async.simulator.faults import BY_NAME, THE_SPOT_DECIDES, Act, Expectation, Fault
from futures_async.testing.faulted import PROVED, Deed, Faulted, ends
from futures_async.transport.clock import loop_time
from futures_async.transport.endpoint import Kind
from futures_async.unified import errors
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import FuturesAsyncError

FRESH_S = 2.0
"""An order is sent within this time, or not at all."""
DEADLINE_S = 10.0
SLACK_S = 0.1
"""The way there and back."""


class Case:
    """One call under one fault: what came of it, of each order in turn, and what the client did for it."""

    def __init__(self, on: Faulted, deed: Deed, row: Fault, *, applied: bool, always: bool) -> None:
        self.on = on
        self.deed = deed
        self.row = row
        self.applied = applied
        self.always = always
        self.traits = on.exchange._dialect.traits  # pyright: ignore[reportPrivateUsage] - what the venue can
        self.ends: list[Any] = []
        self.end: Any = None
        self.tries = 0
        self.took_s = 0.0

    async def play(self) -> None:
        """Strike the call and note what it came to."""
        on, deed = self.on, self.deed
        # What cancels all by the client's word may be a cancel by ids by the venue's.
        kinds = [Kind.DELTA, Kind.CANCEL] if deed.read == "all" else [deed.kind]
        on.plan.add(self.row.name, kinds=kinds, most=None if self.always else 1, applied=self.applied)
        started = loop_time()
        try:
            self.ends += ends(await deed.run(on))
        except FuturesAsyncError as error:
            self.ends.append(error)
        self.took_s = loop_time() - started
        if deed.kind is Kind.READ:
            assert self.took_s <= DEADLINE_S + SLACK_S, self.says()
        self.tries = max(count for (kind, _), count in on.plan.seen.items() if kind in kinds)
        on.plan.rules.clear()
        assert len(self.ends) == deed.orders, f"{self.says()}: {self.ends}"

    def says(self) -> str:
        """The case in a line."""
        return (
            f"{self.on.spec.id} {self.deed.kind} {self.row.name} applied={self.applied} always={self.always}: "
            f"{self.tries} tries, {self.took_s:.1f} s, {self.end!r} {getattr(self.end, 'outcome', '')}"
        )

    @property
    def failed(self) -> bool:
        return isinstance(self.end, FuturesAsyncError)

    def names(self, name: str) -> bool:
        """The end is an error of that name."""
        return isinstance(self.end, getattr(errors, name or "FuturesAsyncError"))

    def unmet(self, expected: Expectation) -> str:
        """What is not as expected; "": all is."""
        judge: dict[str, Any] = {
            "OK": self._plain, "F": self._at_once, "RJ": self._rejected, "R": self._repeated, "NS": self._unsent,
            "UN": self._unknown, "CR": self._cancel, "LR": self._setting,
        }  # fmt: skip
        return "; ".join(judge[expected.code](expected))

    def _plain(self, expected: Expectation) -> Iterator[str]:
        if self.failed or getattr(self.end, "recovered", False):
            yield "it is not as if nothing had happened"
        if self.tries != 1:
            yield "it was tried again"

    def _at_once(self, expected: Expectation) -> Iterator[str]:
        if not self.names(expected.error):
            yield f"it did not end with {expected.error}"
        if self.tries != 1:
            yield "it was tried again"

    def _rejected(self, expected: Expectation) -> Iterator[str]:
        yield from self._at_once(Expectation("F", "ExchangeError"))
        if self.end.outcome is not Outcome.REJECTED:
            yield "it is not said to be refused"

    def _repeated(self, expected: Expectation) -> Iterator[str]:
        # Crossed again, a repeated read gets the answer to its first attempt; damaged again, it is damaged elsewhere.
        differs = self.row.act is Act.CROSS or self.row.evidence == THE_SPOT_DECIDES
        if not self.always or (differs and not self.failed):
            if self.failed:
                yield "a second attempt would have gone well"
            elif self.tries < 2:
                yield "it was not tried again"
            return
        if not self.names(expected.error):
            yield f"it did not end with {expected.error}"
        if not (self.tries == 2 if expected.once else 2 <= self.tries <= 3):
            yield "it was tried too often, or not often enough"

    def _unsent(self, expected: Expectation) -> Iterator[str]:
        """The same, as long as the request is fresh."""
        pause_s = getattr(self.end, "retry_after_s", None) or 0.0
        stale = self.failed and self.took_s + pause_s > FRESH_S - 0.1
        if not self.failed:
            if self.always:
                yield "it was sent all the same"
            elif self.tries != 2:
                yield "it was not tried again"
            return
        if (
            self.deed.kind is Kind.ORDER
            and not self.deed.waits
            and not self.deed.read
            and self.took_s > FRESH_S + SLACK_S
        ):
            yield "it took too long to say so"
        if not self.names(expected.error or "NotSent") or self.end.outcome not in PROVED:
            yield "it is not said to have done nothing"
        if not self.always and not stale:
            yield "it was still fresh, and a second attempt would have gone well"
        if self.always and not stale and self.tries not in (2, 3):
            yield "it was tried too often, or not often enough"

    def _unknown(self, expected: Expectation) -> Iterator[str]:
        if self.tries > (3 if self.traits.replay else 1):
            yield "an order that may have arrived was sent again"
        if self.tries > 1 and not self.failed and not (self.applied and getattr(self.end, "recovered", True)):
            return  # the same bytes, and this copy was the first to arrive
        if self.deed.read:
            yield from self._read_afterwards()
        elif self.deed.waits:
            judged = self.names("OrderOutcomeUnknown") or self.names("OrderNotPlaced")
            if not judged and not getattr(self.end, "recovered", False):
                yield "it was neither found nor left open"
        elif not self.traits.lookup_by_client_id:
            if not self.names("OrderOutcomeUnknown"):
                yield "nobody can know what became of it"
        elif self.row.name == "ban-403" and self.names("OrderOutcomeUnknown"):
            return  # nothing can be looked up until the ban ends
        elif self.row.act is Act.LATE:
            if not (self.names("OrderNotPlaced") or getattr(self.end, "recovered", False)):
                yield "it was not found out"
        elif self.applied and not getattr(self.end, "recovered", False):
            yield "the order was not found"
        elif not self.applied and not self.names("OrderNotPlaced"):
            yield "the order was not proved absent"

    def _read_afterwards(self) -> Iterator[str]:
        """What stands was read, as far as the venue allows."""
        if self.row.act is Act.LATE or (self.row.name == "ban-403" and self.names("OutcomeUnknown")):
            return
        if self.applied:
            if self.failed and not (self.traits.window_s is None and self.names("OutcomeUnknown")):
                yield "what stands was not read"
        elif self.deed.read == "all" or self.traits.window_s is None:
            if not self.names("OutcomeUnknown"):
                yield "it may still land"
        elif not self.names("SettingNotApplied"):
            yield "that the old one stands was not read"

    def _cancel(self, expected: Expectation) -> Iterator[str]:
        if self.tries > 3:
            yield "it was tried too often"
        if not self.always or self.applied:
            if self.failed:
                yield "the order is cancelled, or would be at a second attempt"
        elif not (self.names("CancelOutcomeUnknown") or self._outlived()):
            yield "the cancel may still land"

    def _outlived(self) -> bool:
        """The order is still open, and no copy of its cancel can be under way any more."""
        window_s = self.traits.window_s
        return window_s is not None and not self.failed and self.took_s > window_s + self.traits.visibility_lag_s

    def _setting(self, expected: Expectation) -> Iterator[str]:
        if self.tries > (1 if expected.once else 3):
            yield "it was tried too often"
        if expected.once:
            unreadable = self.traits.window_s is None and self.names("SettingOutcomeUnknown")
            if self.failed and getattr(self.end, "refusal", None) is None:
                yield "what the venue said is lost"
            if self.applied and self.failed and not unreadable:
                yield "the value was not read back"
            if not self.applied and not (unreadable or self.names("SettingNotApplied")):
                yield "the old value was not read back"
        elif not self.always and self.took_s < DEADLINE_S:
            if self.failed:
                yield "the value stands, or would at a second attempt"
        elif self.traits.window_s is None:
            if self.failed and not self.names("SettingOutcomeUnknown"):
                yield "nobody can know"
        elif self.applied and self.failed:
            yield "the value was not read back"
        elif not self.applied and self.row.act is not Act.LATE and not self.names("SettingNotApplied"):
            yield "the old value was not read back"


def alternatives(case: Case) -> tuple[Expectation, ...]:
    """What the table allows here: of a 429, only one thing at each venue; a jump over the window is seen as an old
    request; and what is read anyhow may be right whatever the answer said."""
    by_ids = case.deed.read == "all" and case.on.spec.cancels_all_by_ids
    kind = Kind.CANCEL if by_ids else case.deed.kind
    allowed = case.row.expected(kind)
    window_s = case.traits.window_s
    if case.row.act is Act.CLOCK and window_s is not None and window_s <= case.row.delay_s[0]:
        stale = BY_NAME["stale"].expected(kind)
        # At the very end of the window a millisecond decides.
        return stale if window_s < case.row.delay_s[0] else (*stale, *allowed)
    if case.row.word == "limited" and len(allowed) == 2:
        return (allowed[0 if case.traits.rate_429_is_gateway else 1],)
    if case.deed.read and case.row.act in (Act.CROSS, Act.MUTATE):
        return (*allowed, Expectation("OK"))
    if case.deed.orders > 1 and case.row.word == "definitive" and kind is Kind.ORDER and case.on.spec.parts_may_stand:
        return (Expectation("UN"),)
    return allowed
