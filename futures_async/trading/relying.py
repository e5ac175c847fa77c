"""What orders rely on having been set: nothing of ours takes it away before they have arrived, or can arrive no more.

An order names its leverage, and the venue has one for the contract: it is checked, or set, and only then the order
leaves. Until its answer is there, a change of what it relies on waits, and so does an order that needs another value.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from typing import NamedTuple

import anyio
import msgspec

from futures_async.trading.turns import Key
from futures_async.transport.channel import Channel
from futures_async.transport.deeds import DEED
from futures_async.unified.convert import to_text
from futures_async.unified.enums import MarginMode, PositionSide
from futures_async.unified.errors import DeadlineExpired, OutcomeUnknown
from futures_async.unified.inner import Within, inner

UNASKED_S = 60.0
"""So long an order that nobody can be asked about counts where the venue gives no time after which it cannot arrive."""

LOOK_AGAIN_S = 1.0
"""An order whose fate is open ends by a time of the venue's, which rings no bell."""


class Put(NamedTuple):
    """Leverage as it is set: what stands once that has landed."""

    leverage: Decimal | None
    """None: it stays as it is, and the margin mode is set alone."""
    margin_mode: MarginMode | None
    """The one that stands with it; None: whichever is set."""
    sides: tuple[tuple[PositionSide, Decimal], ...]
    """What each side has then; one that is not named keeps what it has. Empty: both have `leverage`."""

    def leaves(self, side: PositionSide, leverage: Decimal, margin_mode: MarginMode | None) -> bool:
        """Whether a side that has this leverage, in this margin mode (None: in any), has it then too."""
        will_be = dict(self.sides).get(side, leverage) if self.sides else self.leverage or leverage
        return will_be == leverage and (margin_mode is None or self.margin_mode in (None, margin_mode))

    def __str__(self) -> str:
        mode = () if self.margin_mode is None else (self.margin_mode.value,)
        leverage = () if self.leverage is None else (f"{to_text(self.leverage)}x",)
        return " ".join((*leverage, *mode, *(f"{side} {to_text(own)}x" for side, own in self.sides)))


class Reliance(msgspec.Struct, frozen=True, gc=False):
    """What an order relies on, of that which it does not carry itself."""

    venue_symbol: str
    side: PositionSide
    """Of the position that it opens."""
    leverage: Decimal | None = None
    """None: on none."""
    margin_mode: MarginMode | None = None
    """Whose leverage that is; None: of any."""
    standing: MarginMode | None = None
    """The one that must be set; None: the order carries it, or names none."""
    alone: bool = False
    """Leverage is set for this side only."""
    by_mode: bool = False
    """Each margin mode keeps a leverage of its own."""
    closes: bool = False
    """What saves a position waits for no turn of others."""
    carried: frozenset[str] = frozenset()
    """What the order says itself, `leverage` or `margin_mode`, and what stands for the contract once it has arrived:
    what is set meanwhile would be undone."""

    @property
    def said(self) -> Reliance:
        """That part alone which the order says itself."""
        leverage = self.leverage if "leverage" in self.carried else None
        standing = self.standing if "margin_mode" in self.carried else None
        return msgspec.structs.replace(self, leverage=leverage, standing=standing)

    @property
    def needed(self) -> Reliance:
        """That part alone which must stand before the order is sent."""
        leverage = None if "leverage" in self.carried else self.leverage
        standing = None if "margin_mode" in self.carried else self.standing
        return msgspec.structs.replace(self, leverage=leverage, standing=standing)

    def lost_by(self, key: Key, value: object) -> bool:
        """Whether what is set so takes it away; a value of which that cannot be told does."""
        call, about = key[0], key[1:]
        if self.leverage is None and self.standing is None:
            return False
        if about and self.venue_symbol not in about:
            return False
        if call == "set_margin_mode":
            return self.standing is not None and value is not self.standing
        if call != "set_leverage":
            return False
        if self.by_mode and self.margin_mode is not None and self.margin_mode.value not in about:
            return False
        if not isinstance(value, Put):
            return True
        moved = self.standing is not None and value.margin_mode not in (None, self.standing)
        return moved or not (self.leverage is None or value.leaves(self.side, self.leverage, self.margin_mode))

    def rivals(self, other: Reliance) -> bool:
        """Whether setting one of them takes the other away."""
        if self.venue_symbol != other.venue_symbol or None in (self.leverage, other.leverage):
            return False
        if self.alone and other.alone and self.side is not other.side:
            return False
        modes = {self.margin_mode, other.margin_mode}
        return self.leverage != other.leverage and not (self.by_mode and None not in modes and len(modes) > 1)

    def __str__(self) -> str:
        leverage = () if self.leverage is None else (f"{to_text(self.leverage)}x",)
        return " ".join((*leverage, *(() if self.standing is None else (self.standing.value,))))


class Hold:
    """One order's hold on what it relies on."""

    __slots__ = (
        "_ended",
        "_held",
        "_holds",
        "_open",
        "_over",
        "_question",
        "acknowledged",
        "name",
        "placed",
        "reliance",
        "until_ms",
        "waited",
    )

    def __init__(self, name: str, reliance: Reliance, held: dict[Reliance, set[Hold]]) -> None:
        self.name = name
        """The order's id, for messages."""
        self.reliance = reliance
        self.waited = False
        """It was had after another order, or a setting: what the order was planned by may be another by now."""
        self.placed = False
        """The order desk ends it: the order stands in the books."""
        self.acknowledged = False
        """The venue has named the order, which may still be on its way to the book."""
        self._ended = False
        self._over: anyio.Event | None = None
        """Made for who waits: every order has a hold, and hardly any is waited for."""
        self.until_ms: int | None = None
        """Venue time, Unix milliseconds: after it an order whose fate is open can arrive no more; None: that is not
        known."""
        self._open = False
        self._question: OutcomeUnknown | None = None
        self._held = held
        self._holds = held.setdefault(reliance, set())
        self._holds.add(self)

    def end(self) -> None:
        """The order has arrived, or can arrive no more."""
        if self._ended:
            return
        self._ended = True
        if self._over is not None:
            self._over.set()
        self._holds.discard(self)
        if not self._holds:
            del self._held[self.reliance]

    async def wait(self) -> None:
        """Until it is over."""
        if not self._ended:
            if self._over is None:
                self._over = anyio.Event()
            await self._over.wait()

    def leave_open(self, until_ms: int | None, question: OutcomeUnknown | None = None) -> None:
        """It is not known whether the order has arrived: that may be told by the question, or never."""
        self._open, self.until_ms, self._question = True, until_ms, question

    def let_go(self) -> None:
        """End it, unless that is the desk's to do: who places an order may be cancelled, and it goes on."""
        if not self.placed:
            self.end()

    @property
    def is_open(self) -> bool:
        """Whether time alone may end it."""
        return self._open

    def is_over(self, past_ms: int) -> bool:
        """Also where what became of the order may never be known, once its request is dead at the venue."""
        if self._ended or (self._question is not None and self._question.settled):
            return True
        return self._open and self.until_ms is not None and self.until_ms < past_ms

    def why(self, now_ms: int) -> str:
        """Why what it relies on cannot be changed, and what there is to do."""
        held = f"order {self.name} relies on {self.reliance} and"
        if not self._open:
            fate = "is acknowledged, and not read back yet" if self.acknowledged else "has not arrived yet"
            return f"{held} {fate}, try again after that"
        if self.until_ms is not None:
            return f"{held} may still arrive for another {(self.until_ms - now_ms) / 1000:.0f} s, try again after that"
        return (
            f"{held} may still arrive, and there is no time after which it cannot: resolve() its question first, which "
            "is in unresolved(), or set its `settled` for what you found out otherwise"
        )


class Wish:
    """What somebody waits to have: who comes later does not keep it from them."""

    __slots__ = ("_deed", "_wishes", "lost_by", "over", "what")

    def __init__(self, what: str, lost_by: Callable[[Reliance], bool], wishes: list[Wish]) -> None:
        self.what = what
        """For messages."""
        self.lost_by = lost_by
        """Whether an order that relies on this keeps it away."""
        self.over = anyio.Event()
        self._deed = DEED.get()
        self._wishes = wishes
        wishes.append(self)

    @property
    def in_vain(self) -> bool:
        """Whoever was to have it is gone, and nothing more of it leaves."""
        return self._deed is not None and self._deed.raised

    async def wait(self) -> None:
        """Until it is over."""
        await self.over.wait()

    def end(self) -> None:
        """It is had, or nobody waits for it any more."""
        self.over.set()
        if self in self._wishes:
            self._wishes.remove(self)

    def why(self, now_ms: int) -> str:
        """Why who came later waits, and what there is to do."""
        return f"{self.what} was asked for before and is waited for, try again after that"


_FOR: ContextVar[Hold | None] = inner("setting_for", None)


def setting_for(hold: Hold) -> Within[Hold | None]:
    """What is set inside is what the holder relies on: what others hold beside that is the same."""
    return Within(_FOR, hold)


class Reliances:
    """What the orders of one account that are under way rely on. No two of them are rivals."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._held: dict[Reliance, set[Hold]] = {}
        self._wishes: list[Wish] = []
        """Those that somebody waits for, the oldest first."""

    def _first(self, meant: Callable[[Reliance], bool]) -> Hold | None:
        """A hold on what is meant; those that are over are forgotten."""
        now_ms = self._channel.past_ms()
        for reliance in [one for one in self._held if meant(one)]:
            for hold in tuple(self._held[reliance]):
                if not hold.is_over(now_ms):
                    return hold
                hold.end()
        return None

    def loser(self, key: Key, value: object) -> Hold | None:
        """An order under way that loses what it relies on where this is set."""
        mine = _FOR.get()
        if mine is not None and not mine.is_over(self._channel.past_ms()):
            return None
        return self._first(lambda one: one.lost_by(key, value))

    @contextmanager
    def giving_way(self, key: Key, value: object) -> Generator[GivingWay]:
        """For the whole of a setting, until it is its turn."""
        way = GivingWay(self, key, value)
        try:
            yield way
        finally:
            way.end()

    def wish(self, what: str, lost_by: Callable[[Reliance], bool]) -> Wish:
        """From now on no new hold that keeps this away passes; until its end."""
        return Wish(what, lost_by, self._wishes)

    def _before(self, wanted: Reliance, own: Wish | None) -> Hold | Wish | None:
        """What a hold must wait for: an order under way, or what was asked for before.

        Not for what waits itself for an order whose fate is open: for that a hold makes no difference.
        """
        if not self._held and not self._wishes:
            return None
        rival = self._first(wanted.rivals)
        if rival is not None or wanted.closes:
            return rival
        for wish in self._wishes:
            if wish is own:
                break
            if wish.lost_by(wanted) and not (wish.in_vain or self._is_far(wish)):
                return wish
        return None

    def _is_far(self, wish: Wish) -> bool:
        now_ms = self._channel.past_ms()
        kept = [hold for one, holds in self._held.items() if wish.lost_by(one) for hold in holds]
        return any(hold.is_open and not hold.is_over(now_ms) for hold in kept)

    def at_once(self, name: str, wanted: Reliance) -> Hold | None:
        """Hold what one order relies on; None: there is something to wait for first."""
        return Hold(name, wanted, self._held) if self._before(wanted, None) is None else None

    async def hold(self, wanted: Mapping[str, Reliance], due: float) -> dict[str, Hold | DeadlineExpired]:
        """Hold what orders rely on, all at once: who held some and waited for others could wait for ever.

        Args:
            wanted: By our id of the order; none is another's rival.
            due: By the loop's clock: one that has a rival until then is left out.
        """
        own: Wish | None = None
        try:
            while True:
                before = {name: self._before(one, own) for name, one in wanted.items()}
                first = next((one for one in before.values() if one is not None), None)
                if first is None:
                    break
                if own is None:
                    what = ", ".join(sorted({f"{one.venue_symbol} {one}" for one in wanted.values()}))
                    own = self.wish(what, lambda other: any(one.rivals(other) for one in wanted.values()))
                if not await self.looked_again(first, due):
                    break
        finally:
            if own is not None:
                own.end()
        taken: dict[str, Hold | DeadlineExpired] = {}
        for name, reliance in wanted.items():
            if (rival := before[name]) is not None:
                taken[name] = self.in_the_way(rival, f"{reliance.venue_symbol} cannot be set to {reliance} in time")
                continue
            taken[name] = hold = Hold(name, reliance, self._held)
            hold.waited = own is not None
        return taken

    async def looked_again(self, hold: Hold | Wish, until: float) -> bool:
        """Wait for a hold, or another's turn, to end, for as long as there is time: whether there was any."""
        left_s = until - self._channel.transport.runtime().now()
        if left_s <= 0:
            return False
        with anyio.move_on_after(min(left_s, LOOK_AGAIN_S)):
            await hold.wait()
        return True

    def in_the_way(self, hold: Hold | Wish, what: str) -> DeadlineExpired:
        """What to say of what could not be had in time."""
        why = hold.why(self._channel.now_ms())
        return DeadlineExpired(f"{self._channel.dialect.venue}: {what}: {why}; nothing was sent")


class GivingWay:
    """A setting that gives way to the orders that rely on what it would take away, and has its turn then."""

    __slots__ = ("_key", "_reliances", "_value", "_wish")

    def __init__(self, reliances: Reliances, key: Key, value: object) -> None:
        self._reliances, self._key, self._value = reliances, key, value
        self._wish: Wish | None = None

    @property
    def loser(self) -> Hold | None:
        """An order under way that loses what it relies on where this is set."""
        return self._reliances.loser(self._key, self._value)

    async def wait(self, until: float) -> None:
        """Until this can be set, and no order under way loses what it relies on; from now on none joins them.

        Or until nobody wants it set any more.

        Raises:
            DeadlineExpired: One still did, by the loop's clock.
        """
        key, value = self._key, self._value
        while (loser := self.loser) is not None:
            if self._wish is None:
                self._wish = self._reliances.wish(f"{' '.join(key)} {value}", lambda one: one.lost_by(key, value))
            if self._wish.in_vain:
                return
            if not await self._reliances.looked_again(loser, until):
                raise self._reliances.in_the_way(loser, f"{' '.join(key)} cannot be {value} in time")

    def end(self) -> None:
        """It is seen to be under way, or given up."""
        if self._wish is not None:
            self._wish.end()
            self._wish = None
