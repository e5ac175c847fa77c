"""What all stream dialects decode and say alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest

from futures_async.streams.dialect import (
    Channel,
    Channels,
    Heartbeat,
    Message,
    StreamDialect,
    StreamLimits,
    Topic,
    What,
)
from futures_async.transport.endpoint import RateLimit
from futures_async.unified.errors import AuthenticationError, ExchangeError, RateLimited

ORDERS = Channel("orders", (What.ORDERS, What.FILLS), dict[str, int])
FILLS = Channel("fills", (What.FILLS,), dict[str, int])


class Toy(StreamDialect):
    venue = "toy"
    heartbeat = Heartbeat(text="ping", every_s=1.0, patience_s=1.0)
    limits = StreamLimits(connects=RateLimit(1), messages_per_s=1, per_frame=1)
    codes: ClassVar[Mapping[str, type[ExchangeError]]] = {"7": RateLimited, "8": AuthenticationError}
    login_lost = "8"

    def url(self, base_url: str | None, *, private: bool, demo: bool) -> str:
        raise NotImplementedError

    def topics(self, what: What, symbols: Sequence[str] = ()) -> tuple[Topic, ...]:
        raise NotImplementedError

    def read(self, data: bytes, *, binary: bool) -> Message:
        raise NotImplementedError


def test_channels_are_found_by_name_and_by_what_they_give() -> None:
    channels = Channels(ORDERS, FILLS)
    assert list(channels) == ["orders", "fills"]
    assert (channels.of(What.ORDERS), channels.of(What.FILLS)) == (ORDERS, ORDERS)


def test_a_channel_decodes_what_it_can_of_its_rows() -> None:
    channels = Channels(ORDERS)
    assert channels.rows("orders", b'[{"a": 1}, {"a": 2}]') == ([{"a": 1}, {"a": 2}], True)
    assert channels.rows("orders", b'[{"a": 1}, "odd"]') == ([{"a": 1}], False)
    assert channels.rows("books", b"[]") is None


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        ("7", RateLimited, True),
        ("8", AuthenticationError, True),
        ("9", ExchangeError, False),
        ("", ExchangeError, False),
    ],
)
def test_a_refusal_is_what_its_code_means(code: str, kind: type[ExchangeError], retryable: bool) -> None:
    refused = Toy().refused(code, "no", "key")
    assert (type(refused.error), refused.error.code, refused.error.retryable) == (kind, code, retryable)
    assert (refused.error.venue, refused.key, "no" in str(refused.error)) == ("toy", "key", True)


def test_what_a_frame_itself_says_goes_before_its_code() -> None:
    told: Any = Toy().refused("9", None, None, RateLimited)
    assert (type(told.error), told.error.retryable) == (RateLimited, True)
    assert "refused without a message" in str(told.error)
