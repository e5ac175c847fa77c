"""How the fast backend reads answers: whole, however they are cut up; once; and nothing that was not asked for."""

from __future__ import annotations

import gzip
import math
import socket
from collections.abc import Iterator
from itertools import pairwise

import pytest

from futures_async.transport.dialect import SealedHeaders
from futures_async.transport.http.backend import MAX_BODY, HttpFailure, HttpResponse, Phase
from futures_async.transport.http.idle import kept_s
from futures_async.transport.http.llhttp import MAX_HEAD
from tests.transport.http.wires import Alone, heard

BODY = b'{"code":"00000","data":[1,2,3]}'
OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = OK + b"Content-Length: 31\r\n\r\n" + BODY
CHUNKS = b"1f;x=y\r\n" + BODY + b"\r\n"
ZIPPED = gzip.compress(BODY, mtime=0)

GOOD = {
    "a length": (LENGTH, BODY, True),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS + b"0\r\n\r\n", BODY, True),
    "chunks of one byte": (
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n",
        BODY,
        True,
    ),
    "trailers": (OK + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS + b"0\r\nX-Late: 1\r\n\r\n", BODY, True),
    "no body": (b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", b"", True),
    "a length of nothing": (OK + b"Content-Length: 0\r\n\r\n", b"", True),
    "gzip": (OK + b"content-ENCODING: gzip\r\nContent-Length: %d\r\n\r\n" % len(ZIPPED) + ZIPPED, BODY, True),
    "interim heads": (b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + LENGTH, BODY, True),
    "the connection's end": (OK + b"X: y\r\n\r\n" + BODY, BODY, False),
    "a farewell": (OK + b"Connection: close\r\nContent-Length: 31\r\n\r\n" + BODY, BODY, False),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\nContent-Length: 31\r\n\r\n" + BODY, BODY, False),
}
each_good = pytest.mark.parametrize(("data", "body", "kept"), GOOD.values(), ids=GOOD)


@pytest.fixture(scope="module")
def pollable() -> Iterator[socket.socket]:
    one, other = socket.socketpair()
    with one, other:
        yield one


def answer_of(alone: Alone) -> HttpResponse:
    (answer,) = alone.ends
    assert isinstance(answer, HttpResponse), answer
    return answer


def failure_of(alone: Alone) -> HttpFailure:
    (failure,) = alone.ends
    assert isinstance(failure, HttpFailure), failure
    return failure


@each_good
def test_an_answer_is_the_same_wherever_it_is_cut(
    pollable: socket.socket, data: bytes, body: bytes, kept: bool
) -> None:
    for at in range(len(data) + 1):
        alone = heard(pollable, [data[:at], data[at:]])
        assert answer_of(alone).body == body, at
        assert (alone.kept, alone.gone) == (int(kept), 1), at


@each_good
def test_an_answer_is_the_same_byte_by_byte(pollable: socket.socket, data: bytes, body: bytes, kept: bool) -> None:
    alone = heard(pollable, [bytes([byte]) for byte in data])
    assert answer_of(alone).body == body
    assert alone.kept == kept


@each_good
def test_half_an_answer_is_none(pollable: socket.socket, data: bytes, body: bytes, kept: bool) -> None:
    until_the_end = b"Content-Length" not in data and b"chunked" not in data and b"204" not in data
    for at in range(len(data) if not until_the_end else data.index(b"\r\n\r\n") + 3):
        failure = failure_of(heard(pollable, [data[:at]]))
        assert failure.sent, at
        assert failure.phase == (Phase.ANSWERING if at else Phase.BODY_STARTED)


@each_good
def test_what_comes_behind_an_answer_closes_the_connection(
    pollable: socket.socket, data: bytes, body: bytes, kept: bool
) -> None:
    if not kept:
        return
    for more in (LENGTH, b"x", b"HTTP/1.1 "):
        for pieces in ([data + more], [data, more], [data[:-1], data[-1:] + more]):
            alone = heard(pollable, pieces, closes=False)
            assert answer_of(alone).body == body
            assert alone.wire.closed
            assert alone.kept == (len(pieces) == 2 and pieces[1] == more)  # it was clean for as long as nothing came


def test_a_kept_connection_reads_the_next_answer(pollable: socket.socket) -> None:
    alone = Alone(pollable)
    for data, body, kept in GOOD.values():
        if kept:
            alone.ask()
            alone.hears([data])
            answer = alone.ends.pop()
            assert isinstance(answer, HttpResponse)
            assert answer.body == body
    assert not alone.wire.closed


BAD = {
    "no HTTP": b"garbage\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello",
    "101 without a word": b"HTTP/1.1 101 Hm\r\n\r\n",
    "two lengths": OK + b"Content-Length: 5\r\nContent-Length: 31\r\n\r\n" + BODY,
    "length and chunks": OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS + b"0\r\n\r\n",
    "a negative length": OK + b"Content-Length: -1\r\n\r\n" + BODY,
    "a length that overflows": OK + b"Content-Length: 99999999999999999999999\r\n\r\n" + BODY,
    "a chunk that lies": OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n" + BODY,
    "a chunk of no number": OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "a name with a space": OK + b"Content-Length : 31\r\n\r\n" + BODY,
    "a null in a header": OK + b"X: a\0b\r\nContent-Length: 31\r\n\r\n" + BODY,
    "lines that end in line feeds": LENGTH.replace(b"\r\n", b"\n"),
    "a head that never ends": OK + b"X: y\r\n" * 20_000,
    "interim heads without end": b"HTTP/1.1 102 Processing\r\n\r\n" * (MAX_HEAD // 20) + LENGTH,
    "a status of no class": LENGTH.replace(b"200", b"099"),
    "a head over the cap": OK + b"X: %b\r\nContent-Length: 31\r\n\r\n" % (b"y" * MAX_HEAD) + BODY,
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_what_is_no_proper_answer_is_refused(pollable: socket.socket, data: bytes) -> None:
    for pieces in (
        [data],
        [data[:20], data[20:]],
        [data[at:to] for at, to in pairwise((*range(0, len(data), 997), None))],
    ):
        alone = heard(pollable, pieces)
        failure = failure_of(alone)
        assert (failure.kind in ("protocol", "disconnected", "body-too-large"), failure.sent) == (True, True)
        assert (alone.kept, alone.wire.closed) == (0, True)


def test_a_body_over_the_cap_is_given_up_early(pollable: socket.socket) -> None:
    for head in (b"Content-Length: %d\r\n\r\n" % (MAX_BODY + 1), b"Content-Length: 1" + b"0" * 18 + b"\r\n\r\n"):
        assert failure_of(heard(pollable, [OK + head], closes=False)).kind == "body-too-large"
    chunk = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
    alone = heard(pollable, [OK + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 20], closes=False)
    assert failure_of(alone).kind == "body-too-large"


def test_no_body_over_the_cap_passes_for_coming_all_at_once(pollable: socket.socket) -> None:
    chunk = b"%x\r\n%b\r\n" % (MAX_BODY, bytes(MAX_BODY))
    for more, kind in ((b"", None), (b"1\r\n!\r\n", "body-too-large")):
        alone = heard(pollable, [OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunk + more + b"0\r\n\r\n"])
        assert getattr(alone.ends[0], "kind", None) == kind


def test_the_head_of_the_answer_is_searched_and_no_other(pollable: socket.socket) -> None:
    interim = b"HTTP/1.1 100 Continue\r\nContent-Encoding: br\r\nX-Left: 1\r\n\r\n"
    head = OK + b"X-Left: 7\r\nRetry-After:  3 \r\nx-odd: caf\xe9\r\nTransfer-Encoding: chunked\r\n\r\n"
    trailers = b"0\r\nContent-Encoding: br\r\nX-Left: 2\r\n\r\n"
    headers = answer_of(heard(pollable, [interim + head + CHUNKS + trailers])).headers
    assert (headers.get("x-left"), headers["retry-after"], headers.get("nothing"), headers["x-odd"]) == (
        "7", "3", None, "caf\xe9",
    )  # fmt: skip
    assert sorted(headers) == ["retry-after", "transfer-encoding", "x-left", "x-odd"]
    assert len(headers) == 4
    with pytest.raises(KeyError):
        headers["nothing"]


def test_what_is_cut_off_is_not_taken_for_a_body_that_ended(pollable: socket.socket) -> None:
    alone = Alone(pollable)
    alone.ask()
    alone.hears([OK + b"X: y\r\n\r\n" + BODY])
    alone.connection.connection_lost(None)  # without the end of the stream before: TLS without its farewell
    assert failure_of(alone).kind == "protocol"


def test_a_connection_that_is_lost_with_an_error_says_so(pollable: socket.socket) -> None:
    alone = Alone(pollable)
    alone.ask()
    alone.connection.connection_lost(ConnectionResetError())
    assert (failure_of(alone).kind, failure_of(alone).phase) == ("read", Phase.BODY_STARTED)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (None, math.inf),
        ("max=100", math.inf),
        ("timeout=-5", math.inf),
        ("timeout=" + "9" * 5000, 999_998.0),
        ("max=100, Timeout=5", 4.0),
        ("timeout=1", 0.5),
        ("timeout=0", 0.0),
    ],
)
def test_how_long_a_venue_says_that_it_keeps_a_connection(told: str | None, seconds: float) -> None:
    assert kept_s(told) == seconds


def test_a_connection_is_used_only_with_nothing_to_read_on_it(pollable: socket.socket) -> None:
    one, other = socket.socketpair()
    with one, other:
        alone = Alone(one)
        assert alone.connection.usable(0.0, 15.0)
        assert not alone.connection.usable(15.1, 15.0)
        other.send(b"x")
        assert not alone.connection.usable(0.0, 15.0)
        one.recv(1)
        assert alone.connection.usable(0.0, 15.0)
        other.close()
        assert not alone.connection.usable(0.0, 15.0)


def test_headers_are_written_once_and_only_if_they_can_stand_in_a_head() -> None:
    standing = SealedHeaders([("Key", "k")])
    own = SealedHeaders([("Sign", "s"), ("Time", "")], standing)
    assert own.lines() == "Key: k\r\nSign: s\r\nTime: \r\n"
    assert standing.lines() is standing.lines()
    assert own.open() == (("Key", "k"), ("Sign", "s"), ("Time", ""))
    assert repr(own) == "SealedHeaders(3)"
    assert SealedHeaders([], standing).lines() == standing.lines()
    for value in ("a\r\nX: y", "a\nb", "\x7f", "caf\xe9", "\0", "a\tb"):
        bad = SealedHeaders([("X", value)])
        assert bad.lines() is None
        assert SealedHeaders([("Y", "z")], bad).lines() is None
