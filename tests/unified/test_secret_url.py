"""URLs whose password cannot be shown."""

from __future__ import annotations

from traceback import TracebackException

import pytest

from futures_async.unified.errors import InvalidRequest
from futures_async.unified.secret_url import SecretUrl

SCHEMES = ("redis", "postgresql")


def url(text: str) -> SecretUrl:
    return SecretUrl(text, SCHEMES)


@pytest.mark.parametrize(
    ("text", "shown", "server"),
    [
        ("redis://canary-9@host:6379/0?token=canary-9", "redis://host:6379/0", "host:6379"),
        ("redis://user:canary-9@host", "redis://host", "host"),
        ("redis://:canary-9@one:1,two:2/name/0", "redis://one:1,two:2/name/0", "one:1,two:2"),
        ("postgresql:///name?host=/run&password=canary-9", "postgresql:///name", "/name"),
        ("redis://u:canary-9@[::1]:6379", "redis://[::1]:6379", "[::1]:6379"),
    ],
)
def test_it_is_shown_without_what_is_secret(text: str, shown: str, server: str) -> None:
    made = url(text)
    assert (repr(made), made.server) == (f"SecretUrl('{shown}')", server)
    assert "canary" not in f"{made} {made!r} {made:>9} {made.options()} {made.user()[1]!r}"
    assert made.reveal() == text


def test_its_parts_are_as_written_before_they_were_encoded() -> None:
    name, password = url("redis://us%40er:a%2Fb%23c@host").user()
    assert (name, password and password.reveal()) == ("us@er", "a/b#c")
    assert url("redis://host").user() == (None, None)
    assert {name: value.reveal() for name, value in url("redis://h?a=1&b=%20").options().items()} == {
        "a": "1",
        "b": " ",
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("http://canary", "begins with redis:// or postgresql://"),
        ("redis:/canary", "begins with"),
        ("redis://:canary#1@host", "%23"),
        ("redis://:canary/1@host", "%2F"),
        ("redis://:canary?1@host", "%3F"),
        ("redis://:canary@1@host", "%40"),
        ("redis://:can ary@host", "white space"),
        ("redis://:can\nary@host", "white space"),
        ("redis://:canäry@host", "non-ASCII"),
        ("redis://:canary@host:port", "host:port"),
        ("redis://:canary@host:0", "host:port"),
        ("redis://:canary@host:65536", "host:port"),
        ("redis://:canary@one:1,two:x", "host:port"),
        ("redis://:cana[ry@host", "bracket"),
    ],
)
def test_what_would_be_read_otherwise_than_meant_is_refused_and_not_shown(text: str, says: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        url(text)
    assert says in str(caught.value)
    assert caught.tb.tb_next is not None
    assert caught.tb.tb_next.tb_next is not None  # those of this file hold it
    inside = "".join(
        TracebackException(caught.type, caught.value, caught.tb.tb_next.tb_next, capture_locals=True).format()
    )
    assert "canary" not in inside
    assert "cana" not in str(caught.value)


def test_what_another_library_says_of_it_is_scrubbed() -> None:
    made = url("redis://user:p%2Fw-canary@host?sentinel_password=sesame&db=0&note=1234")
    said = made.scrub("auth p/w-canary p%2Fw-canary sesame failed, 1234 times, for user")
    assert said == "auth *** *** *** failed, 1234 times, for user"


def test_a_made_one_is_taken_as_it_is() -> None:
    assert url("redis://host").reveal() == SecretUrl(url("redis://host"), SCHEMES).reveal()
