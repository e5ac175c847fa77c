"""What can go wrong on a stream: the second half of the fault table (`faults.py` has the first, about calls).

A `StreamFault` says what happens on the line, at which moment, and what a client whose picture is true does about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Moment(StrEnum):
    """When a fault of a stream happens."""

    CONNECT = "connect"
    LOGIN = "login"
    """A login that is right."""
    SUBSCRIBE = "subscribe"
    """A subscription that is right; each of a message by itself."""
    PUSH = "push"
    """A frame of data leaves."""
    BEAT = "beat"
    """A heartbeat is answered."""
    READ = "read"
    """A private read over REST is answered; its `channel` is the path."""


class StreamAct(StrEnum):
    """What is done on the line."""

    LOSE = "lose"
    """This frame is not sent. Of CONNECT: the upgrade is refused with HTTP 503."""
    TWICE = "twice"
    """Sent, and sent again `delay_s` later."""
    HOLD = "hold"
    """Sent `delay_s` later, and so is all behind it on its channel: other channels overtake."""
    OVERTAKEN = "overtaken"
    """Sent `delay_s` later; what comes behind it, on its own channel too, does not wait."""
    SILENCE = "silence"
    """From here on the venue neither sends nor reads: a line whose other end is gone, without a word from TCP."""
    CUT = "cut"
    """The connection ends without a close frame; this frame is lost."""
    CLOSE = "close"
    """The connection ends with a close frame; this frame is lost."""
    ANNOUNCE = "announce"
    """The venue says that it will end the connection, and does so `delay_s` later."""
    REFUSE = "refuse"
    """Refused in the venue's words."""
    MUTE = "mute"
    """Acknowledged; nothing is ever pushed for it on this connection."""
    UNACKNOWLEDGED = "unacknowledged"
    """Not acknowledged, and pushed all the same."""
    MUTATE = "mutate"
    """The rows of the frame are changed; `word` says how."""
    OUTDATED = "outdated"
    """Answered with what was true `delay_s` ago, where the same was asked before."""


CLOSE_CODES = (1000, 1001, 1006, 1011, 1012)
"""Of CLOSE, by lot; 1006 is what a client calls an end without a frame, and the venue sends none then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFault:
    """One row of the table."""

    name: str
    moment: Moment
    says: str
    act: StreamAct
    client: str
    """What a client does whose picture is true."""
    delay_s: tuple[float, float] = (0.0, 0.0)
    word: str = ""


_RECONNECTS = "a new connection; what the gap held is read and told (`source=READ`)"
_AUDIT = "found by the next audit at the latest, counted in `drift`, repaired and told"
_RULE = "nothing: the merging rule knows it as told already"
_ORDER = "nothing: no key goes back in time"
_ODD = "the other rows are told; a field that cannot be read is named in `unread`, a row without its facts is reported"


def _mutated(name: str, says: str, word: str, client: str = _ODD) -> StreamFault:
    return StreamFault(name=name, moment=Moment.PUSH, says=says, act=StreamAct.MUTATE, client=client, word=word)


STREAM_FAULTS: tuple[StreamFault, ...] = (
    StreamFault(
        name="push-lost", moment=Moment.PUSH, says="a push is lost", act=StreamAct.LOSE, client=_AUDIT,
    ),
    StreamFault(
        name="push-twice", moment=Moment.PUSH, says="a push comes twice", act=StreamAct.TWICE, client=_RULE,
        delay_s=(0, 0.3),
    ),
    StreamFault(
        name="push-late", moment=Moment.PUSH, says="a channel is late, in order", act=StreamAct.HOLD,
        client="as late as the push; never shown as older than it is", delay_s=(0.05, 5),
    ),
    StreamFault(
        name="push-shuffled", moment=Moment.PUSH, says="channels overtake each other", act=StreamAct.HOLD,
        client=_ORDER, delay_s=(0, 0.2),
    ),
    StreamFault(
        name="push-overtaken", moment=Moment.PUSH, says="a push comes after newer ones of its channel",
        act=StreamAct.OVERTAKEN, client=_ORDER, delay_s=(0.05, 2),
    ),
    _mutated("push-extra-field", "fields that nobody knows", "add-field", "nothing"),
    _mutated("push-other-type", "texts for numbers, numbers for texts", "other-type", "nothing"),
    _mutated("push-new-word", "a word where only a few are known", "new-word"),
    _mutated("push-missing-field", "a field is missing", "drop-field"),
    _mutated("push-blank", "an empty text where another was", "blank"),
    _mutated("push-not-a-number", "NaN where a number was", "nan"),
    StreamFault(
        name="line-silent", moment=Moment.PUSH, says="half open: nothing comes any more, no answer to a ping either",
        act=StreamAct.SILENCE, client=f"`STALE` within the heartbeat; {_RECONNECTS}",
    ),
    StreamFault(
        name="line-cut", moment=Moment.PUSH, says="the connection is cut, without a close frame", act=StreamAct.CUT,
        client=f"`STALE` at once; {_RECONNECTS}",
    ),
    StreamFault(
        name="line-closed", moment=Moment.PUSH, says="the connection is closed, with a close frame",
        act=StreamAct.CLOSE, client=f"`STALE` at once; {_RECONNECTS}",
    ),
    StreamFault(
        name="line-announced", moment=Moment.PUSH, says="the venue announces the end of the connection",
        act=StreamAct.ANNOUNCE, client="a new connection before the old one ends; stays `LIVE`", delay_s=(60, 60),
    ),
    StreamFault(
        name="connect-refused", moment=Moment.CONNECT, says="the upgrade is answered with HTTP 503",
        act=StreamAct.LOSE, client="again, with full jitter, within the venue's limit of attempts",
    ),
    StreamFault(
        name="login-refused", moment=Moment.LOGIN, says="a right login is refused", act=StreamAct.REFUSE,
        client="`AuthenticationError` from the iterator; no second try",
    ),
    StreamFault(
        name="login-late", moment=Moment.LOGIN, says="the answer to the login is late", act=StreamAct.HOLD,
        client="waits as long as a connection may take; then a new one", delay_s=(0.5, 8),
    ),
    StreamFault(
        name="login-unanswered", moment=Moment.LOGIN, says="no answer to the login", act=StreamAct.LOSE,
        client="a new connection",
    ),
    StreamFault(
        name="subscribe-refused", moment=Moment.SUBSCRIBE, says="a right subscription is refused",
        act=StreamAct.REFUSE, client="never `LIVE` without the channel; again, or an error that names it",
    ),
    StreamFault(
        name="ack-only", moment=Moment.SUBSCRIBE, says="acknowledged, and silent for ever", act=StreamAct.MUTE,
        client=_AUDIT,
    ),
    StreamFault(
        name="ack-late", moment=Moment.SUBSCRIBE, says="pushes come before the acknowledgement", act=StreamAct.HOLD,
        client="keeps what came; `LIVE` after the acknowledgement", delay_s=(0.05, 2),
    ),
    StreamFault(
        name="ack-missing", moment=Moment.SUBSCRIBE, says="pushed, never acknowledged",
        act=StreamAct.UNACKNOWLEDGED, client="a new connection",
    ),
    StreamFault(
        name="pong-lost", moment=Moment.BEAT, says="a heartbeat is not answered", act=StreamAct.LOSE,
        client=f"`STALE` when the answer is overdue; {_RECONNECTS}",
    ),
    StreamFault(
        name="read-outdated", moment=Moment.READ, says="a read says less than the pushes have said already",
        act=StreamAct.OUTDATED, client=_ORDER, delay_s=(0.1, 2),
    ),
)  # fmt: skip
"""All faults of streams."""

STREAM_FAULTS_BY_NAME: Mapping[str, StreamFault] = {fault.name: fault for fault in STREAM_FAULTS}


def stream_matrix() -> str:
    """The table as Markdown."""
    lines = ["| when | fault | what happens | what a client does whose picture is true |", "|" + "---|" * 4]
    lines += [f"| {row.moment} | `{row.name}` | {row.says} | {row.client} |" for row in STREAM_FAULTS]
    return "\n".join(lines)
