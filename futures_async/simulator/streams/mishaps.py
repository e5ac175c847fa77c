"""Faults of streams, put into effect on one connection."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Protocol

from futures_async.simulator.mutations import damaged
from futures_async.simulator.plan import FaultPlan, StreamStrike
from futures_async.simulator.stream_dialect import Frame, Line, StreamDialect, Subscription
from futures_async.simulator.stream_faults import CLOSE_CODES, Moment, StreamAct


class Speaker(Line, Protocol):
    """The connection, as far as faults can touch it."""

    @property
    def dialect(self) -> StreamDialect:
        """Its venue's."""
        ...

    @property
    def now_s(self) -> float:
        """The exchange's monotonic clock."""
        ...

    def later(self, delay_s: float, deed: Callable[[], None]) -> None:
        """Do something then."""

    def send(self, frame: Frame) -> None:
        """Say something now."""

    def cut(self, *, reset: bool = False) -> None:
        """End without a close frame."""

    def close(self, code: int) -> None:
        """End with one."""

    def fall_silent(self) -> None:
        """Become half open."""


class Mishaps:
    """Stands between what a session wants to say and its outbox."""

    def __init__(self, session: Speaker, plan: FaultPlan | None) -> None:
        self._session = session
        self._plan = plan
        self.muted: set[Hashable] = set()
        """Subscriptions that were acknowledged and are never served."""
        self._held_until: dict[str, float] = {}
        """By channel: when the last of its late frames leaves."""

    def _strike(self, moment: Moment, channel: str = "") -> StreamStrike | None:
        plan = self._plan
        return None if plan is None else plan.choose_on_stream(self._session.dialect.id, moment, channel)

    def turned_away(self) -> bool:
        """True when the connection is refused."""
        return self._strike(Moment.CONNECT) is not None

    # -- data

    def push(self, channel: str, frame: Frame) -> None:
        """Send a frame of data, or what the plan makes of it."""
        session = self._session
        strike = self._strike(Moment.PUSH, channel)
        if strike is None:
            self._in_order(channel, frame, 0.0)
            return
        match strike.fault.act:
            case StreamAct.TWICE:
                self._in_order(channel, frame, 0.0)
                session.later(strike.delay_s, lambda: session.send(frame))
            case StreamAct.HOLD:
                self._in_order(channel, frame, strike.delay_s)
            case StreamAct.OVERTAKEN:
                session.later(strike.delay_s, lambda: session.send(frame))
            case StreamAct.MUTATE:
                self._in_order(channel, self._mutated(frame, strike.fault.word), 0.0)
            case StreamAct.ANNOUNCE:
                self._announce(strike.delay_s)
                self._in_order(channel, frame, 0.0)
            case _:
                self._end(strike)

    def _in_order(self, channel: str, frame: Frame, delay_s: float) -> None:
        """Not before what its channel has to say already."""
        session = self._session
        now = session.now_s
        due = max(now + delay_s, self._held_until.get(channel, 0.0))
        if due <= now:
            session.send(frame)
            return
        self._held_until[channel] = due
        session.later(due - now, lambda: session.send(frame))

    def _mutated(self, frame: Frame, how: str) -> Frame:
        if isinstance(frame, bytes) or self._plan is None:
            return frame  # packed
        return damaged(frame.encode(), how, self._plan.random, inside=("data",)).decode()

    def _announce(self, delay_s: float) -> None:
        session = self._session
        frame = session.dialect.announced(session)
        if frame is not None:
            session.send(frame)
        session.later(delay_s, lambda: session.close(1000))

    def _end(self, strike: StreamStrike) -> None:
        """The frame is lost, and perhaps the connection."""
        session = self._session
        match strike.fault.act:
            case StreamAct.SILENCE:
                session.fall_silent()
            case StreamAct.CUT:
                session.cut(reset=strike.lot < 0.5)
            case StreamAct.CLOSE:
                code = CLOSE_CODES[int(strike.lot * len(CLOSE_CODES))]
                if code == 1006:
                    session.cut()
                else:
                    session.close(code)
            case _:
                pass  # lost, and nothing else

    # -- answers

    def answer(self, moment: Moment, frame: Frame) -> bool:
        """Send the answer to a heartbeat or a login; False: it is refused, and the caller says so."""
        strike = self._strike(moment)
        if strike is None:
            self._session.send(frame)
            return True
        if strike.fault.act is StreamAct.REFUSE:
            return False
        if strike.fault.act is StreamAct.HOLD:
            self._session.later(strike.delay_s, lambda: self._session.send(frame))
        return True

    def acknowledge(self, key: Hashable, subscription: Subscription, ack: Frame | None) -> bool:
        """Send an acknowledgement; False: refused, nothing is subscribed."""
        session = self._session

        def send() -> None:
            if ack is not None:
                session.send(ack)

        strike = self._strike(Moment.SUBSCRIBE, subscription.channel.name)
        if strike is None:
            send()
            return True
        match strike.fault.act:
            case StreamAct.REFUSE:
                refusal = session.dialect.refused(subscription, session)
                if refusal is not None:
                    session.send(refusal)
                return False
            case StreamAct.MUTE:
                self.muted.add(key)
                send()
            case StreamAct.HOLD:
                session.later(strike.delay_s, send)
            case _:
                pass  # never acknowledged
        return True
