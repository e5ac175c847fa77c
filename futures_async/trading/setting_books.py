"""The books of an account's settings: what is being set, what was, and what may still come to stand."""

from __future__ import annotations

from typing import NamedTuple

from futures_async.trading.relying import Reliance, Reliances
from futures_async.trading.turns import Key, Turns
from futures_async.transport.channel import Channel
from futures_async.unified.errors import OutcomeUnknown

MODES_AND_LEVERAGE = ("set_leverage", "set_margin_mode", "set_position_mode")
"""What orders repeat of what was set."""


class Coming(NamedTuple):
    """What may still come to stand."""

    value: object
    why: str
    """Why it may, and what there is to do."""


class SettingBooks(Turns):
    """Keeps account of the settings of one account."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self.reliances = Reliances(channel)
        self._open: dict[Key, tuple[object, OutcomeUnknown]] = {}
        self._late: dict[Key, tuple[object, int]] = {}
        """What was set, and the venue time until which requests for it may land beside the one that was answered."""
        self.made: int = 0
        """How many settings have begun or ended so far."""
        self._ended: dict[Key, tuple[int, object]] = {}
        """What was set last, or tried to, of that which orders repeat, and how many had begun or ended by then."""

    def unresolved(self) -> list[OutcomeUnknown]:
        """Settings whose fate is not known."""
        return [error for _, error in self._open.values() if not error.settled]

    @property
    def changes(self) -> int | None:
        """How many settings have begun or ended so far; None while one may still come to stand. See `Learned`."""
        fences = [over_ms for _, over_ms in self._late.values()]
        for key, (_, question) in self._open.items():
            if key[0] in MODES_AND_LEVERAGE and not question.settled:
                if question.fence_until_ms is None:
                    return None
                fences.append(question.fence_until_ms)
        return None if not all(map(self._channel.past, fences)) else self.made

    @property
    def idle(self) -> bool:
        """Nothing is just being set."""
        return not self._under_way

    def set_since(self, made: int, reliance: Reliance) -> bool:
        """Whether what would take it away was set after so many had been `made`."""
        return any(ended > made and reliance.lost_by(key, value) for key, (ended, value) in self._ended.items())

    def being_set(self, reliance: Reliance) -> Key | None:
        """What is just being set that would take it away."""
        return next((key for key, value in self._under_way.items() if reliance.lost_by(key, value)), None)

    async def over(self, key: Key, due: float) -> None:
        """Wait until what is being set has its end, and what waits for that.

        Raises:
            DeadlineExpired: It has none, or is not the last, at `due`, by the loop's clock.
        """
        async with self._alone(key, due):
            return

    def taking(self, reliance: Reliance) -> list[Coming]:
        """The values that would take it away and may still come to stand: being set, open, or copies under way."""
        channel = self._channel
        found = [(key, value, "it is just being set: try again after that") for key, value in self._under_way.items()]
        for key, (value, over_ms) in self._late.items():
            if not channel.past(over_ms):
                found.append((key, value, _until(channel.until_s(over_ms))))
        for key, (value, question) in self._open.items():
            fence_ms = question.fence_until_ms
            if not question.settled and not channel.past(fence_ms):
                found.append((key, value, _until(None if fence_ms is None else channel.until_s(fence_ms))))
        return [Coming(value, why) for key, value, why in found if reliance.lost_by(key, value)]

    def about(self, venue_symbol: str) -> tuple[str, OutcomeUnknown | None]:
        """What is being set for a contract, in words that end a sentence, and what is open of it."""
        values = dict(self._under_way)
        values |= {key: value for key, (value, question) in self._open.items() if not question.settled}
        for key, value in values.items():
            if venue_symbol in key[1:]:
                question = self.question(key)
                told = "" if question is None or question.refusal is None else f" (the venue said: {question.refusal})"
                return (
                    f": {' '.join(key)} is being set to {value}, and whether it stands is not known yet{told}",
                    question,
                )
        return "", None

    def question(self, key: Key) -> OutcomeUnknown | None:
        """What an earlier change for this key has left open."""
        held = self._open.get(key)
        return None if held is None else held[1]


def _until(left_s: float | None) -> str:
    if left_s is not None:
        return f"a request for it may land for another {left_s:.0f} s: try again after that"
    return (
        "it is not known whether that was set, and there is no time after which it cannot be: resolve() its question "
        "first, which is in unresolved(), or set its `settled` for what you found out otherwise"
    )
