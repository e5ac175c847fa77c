"""What the log says of streams: once, in words, and where."""

from __future__ import annotations

import logging

import pytest

from futures_async.streams.backend import EndKind, StreamEnd
from futures_async.streams.events import Happening, Reporter, StreamEvent


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (StreamEnd(kind="lost"), "cut without a goodbye"),
        (StreamEnd(kind="lost", reason="no answer to the heartbeat"), "no answer to the heartbeat"),
        (StreamEnd(kind="closed", code=1006), "closed by the venue: 1006"),
        (StreamEnd(kind="closed", code=1001, reason="later"), "closed by the venue: 1001 later"),
        (StreamEnd(kind="closed"), "closed by the venue"),
        (StreamEnd(kind="too-big"), "a message was over the size cap"),
    ],
)
def test_an_end_is_told_in_words(end: StreamEnd, said: str) -> None:
    assert str(end) == said


@pytest.mark.parametrize("kind", ["closed", "lost", "too-big", "protocol", "broken"])
def test_no_line_says_lost_twice(kind: EndKind, caplog: pytest.LogCaptureFixture) -> None:
    Reporter("okx", None)("private", "lost", reason=str(StreamEnd(kind=kind)))
    assert caplog.messages == [f"okx private stream lost: {StreamEnd(kind=kind)}"]
    assert caplog.messages[0].count("lost") == 1


def test_what_keeps_a_stream_down_is_told_once_and_not_at_every_try(caplog: pytest.LogCaptureFixture) -> None:
    report = Reporter("okx", None)
    for reason in ("refused", "refused", "dns", "dns"):
        report("private", "failed", reason=reason)
    report("private", "subscribed")
    report("private", "failed", reason="dns")
    assert caplog.messages == [f"okx private stream failed: {why}" for why in ("refused", "dns", "dns")]


@pytest.mark.parametrize(
    ("happening", "reason", "count", "level", "said"),
    [
        ("connected", "", 0, logging.DEBUG, "okx orders stream connected"),
        ("resynced", "", 3, logging.DEBUG, "okx orders stream resynced: 3 changes"),
        ("failed", "no connection: refused", 0, logging.WARNING, "okx orders stream failed: no connection: refused"),
        ("drift", "", 2, logging.WARNING, "okx: a read found 2 of the orders otherwise than told: mended"),
    ],
)
def test_each_happening_is_told_and_handed_on(
    happening: Happening, reason: str, count: int, level: int, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[StreamEvent] = []
    caplog.set_level(logging.DEBUG, "futures_async.streams")
    Reporter("okx", heard.append)("orders", happening, reason=reason, count=count)
    assert [(one.levelno, one.getMessage()) for one in caplog.records] == [(level, said)]
    assert [(one.happening, one.reason, one.count) for one in heard] == [(happening, reason, count)]
