"""The answer side of the fast backend: heads, chunks and lengths of all kinds, cut anywhere, and then damaged.

Whole answers must come as they were made. What is damaged may end in whatever way, but once, and what h11, another
reader of HTTP, takes for an answer too must be the same answer.
"""

from __future__ import annotations

import gzip
import random
import socket
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import h11
import pytest

from futures_async.transport.http.backend import HttpFailure, HttpResponse
from tests.transport.http.wires import Alone, heard

SEED = 12
INPUTS, LONG = 20_000, 1_000_000
CUT_UP = 64
"""Answers no longer than this many bytes are cut at every one of them."""

BODIES = (
    b"",
    b"{}",
    b'{"code":"00000"}',
    b"\r\n\r\n",
    b"0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n\r\n",
    bytes(300),
    b"\xff" * 70,
)
PIECES = (
    b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\0", b" ", b"\t", b":", b";", b",", b"0", b"-1", b"f" * 16, b"\xff", b"\x7f",
    b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"Content-Length: 1\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n",
    b"Connection: close\r\n", b"Connection: upgrade\r\nUpgrade: x\r\n",
    b"Content-Encoding: gzip\r\n", b"Content-Length: 99999999999999999999\r\n",
)  # fmt: skip


class Made(NamedTuple):
    """An answer, and what it says."""

    data: bytes
    status: int
    body: bytes
    ends: bool
    """It ends only with its connection."""


def made(draw: random.Random) -> Made:
    """A proper answer."""
    body = draw.choice(BODIES)
    status = draw.choice((200, 200, 200, 201, 400, 429, 503))
    lines = [b"HTTP/1.%d %d %b" % (draw.random() < 0.95, status, draw.choice((b"OK", b"", b"Two words")))]
    lines += [draw.choice((b"X-Some: thing", b"Date: x", b"x:", b"X-Odd: \xe9", b"Server: a; b"))] * draw.randrange(3)
    if draw.random() < 0.2:
        lines.append(draw.choice((b"Connection: close", b"connection: keep-alive")))
    sent = gzip.compress(body, 1, mtime=0) if draw.random() < 0.3 else body
    if sent is not body:
        lines.append(draw.choice((b"Content-Encoding: gzip", b"content-encoding:GZIP", b"Content-encoding: x-gzip")))
    how = draw.randrange(3) if lines[0].startswith(b"HTTP/1.1") else draw.choice((0, 2))
    if how == 0:
        lines.insert(draw.randrange(1, len(lines) + 1), b"Content-Length: %d" % len(sent))
    elif how == 1:
        lines.insert(draw.randrange(1, len(lines) + 1), b"Transfer-Encoding: chunked")
    data = b"\r\n".join(lines) + b"\r\n\r\n" + (chunked(sent, draw) if how == 1 else sent)
    for _ in range(draw.choice((0, 0, 0, 1, 3))):
        data = (
            draw.choice((b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Hints\r\nContent-Length: 7\r\n\r\n")) + data
        )
    return Made(data, status, body, how == 2)


def chunked(body: bytes, draw: random.Random) -> bytes:
    """A body in chunks of any size."""
    parts: list[bytes] = []
    while body:
        size = draw.randrange(1, len(body) + 1)
        extension = draw.choice((b"", b"", b";a=b", b';a="b"'))
        parts.append(b"%x%b\r\n%b\r\n" % (size, extension, body[:size]))
        body = body[size:]
    trailer = draw.choice((b"", b"", b"X-Late: 1\r\n"))
    return b"".join(parts) + b"0\r\n" + trailer + b"\r\n"


def damaged(data: bytes, draw: random.Random) -> bytes:
    """Something of it changed."""
    for _ in range(draw.choice((1, 1, 1, 2, 5))):
        at = draw.randrange(len(data) + 1)
        to = min(len(data), at + draw.choice((0, 1, 1, 2, 8)))
        how = draw.randrange(5)
        if how == 0:
            data = data[:at] + draw.choice(PIECES) + data[at:]
        elif how == 1:
            data = data[:at] + draw.choice(PIECES) + data[to:]
        elif how == 2:
            data = data[:at] + data[to:]
        elif how == 3:
            data = data[:at] + draw.randbytes(to - at) + data[to:]
        else:
            data = draw.choice((data[:at], data + data[at:], data * 2))
    return data


def pieces(data: bytes, draw: random.Random) -> list[bytes]:
    """Cut up anyhow."""
    cuts = sorted(draw.randrange(len(data) + 1) for _ in range(draw.choice((0, 0, 1, 2, 5))))
    return [data[at:to] for at, to in zip((0, *cuts), (*cuts, len(data)), strict=True)]


def as_h11_reads(data: bytes) -> tuple[int, bytes] | None:
    """Status and body as they are on the wire; None where it finds no answer."""
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    reader.send(h11.EndOfMessage())
    status, body = 0, b""
    try:
        reader.receive_data(data)
        while True:
            event = reader.next_event()
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                return status, body
            elif event is h11.NEED_DATA:
                reader.receive_data(b"")
            elif not isinstance(event, h11.InformationalResponse):
                return None
    except h11.RemoteProtocolError:
        return None


def judge(alone: Alone, data: bytes) -> HttpResponse | HttpFailure:
    """It ended once; nothing is left open."""
    (end,) = alone.ends
    assert alone.gone == 1
    assert alone.wire.closed
    if isinstance(end, HttpFailure):
        assert end.sent
        assert end.kind in ("protocol", "disconnected", "body-too-large", "encoding")
        return end
    theirs = as_h11_reads(data)
    if theirs is not None:
        assert (end.status, end.body) == (theirs[0], unpacked(*theirs, end.headers.get("content-encoding", "").lower()))
    return end


def unpacked(status: int, body: bytes, encoding: str) -> bytes:
    """Of what is no success nothing, where it cannot be."""
    if encoding in ("", "identity") or not body:
        return body
    try:
        assert encoding in ("gzip", "x-gzip")
        whole = b""
        while body:
            # Not `gzip.decompress`, which takes the flags that RFC 1952 reserves.
            member = zlib.decompressobj(16 + zlib.MAX_WBITS)
            whole += member.decompress(body)
            if not member.eof:
                raise EOFError
            body = member.unused_data.lstrip(b"\0")
        return whole
    except (AssertionError, EOFError, zlib.error):
        if status < 300:
            raise
        return b""


@pytest.fixture(scope="module")
def pollable() -> Iterator[socket.socket]:
    one, other = socket.socketpair()
    with one, other:
        yield one


def test_no_answer_is_read_wrong_whatever_is_done_to_it(
    pollable: socket.socket, request: pytest.FixtureRequest
) -> None:
    inputs = LONG if request.config.getoption("--long") else INPUTS
    good = same = number = fed = 0
    while fed < inputs:
        draw = random.Random(f"{SEED}/{number}")
        number += 1
        answer = made(draw)
        cut = (
            [[answer.data[:at], answer.data[at:]] for at in range(len(answer.data))]
            if len(answer.data) <= CUT_UP
            else []
        )
        for whole in (*cut, pieces(answer.data, draw)):
            fed += 1
            alone = heard(pollable, whole)
            end = judge(alone, answer.data)
            assert isinstance(end, HttpResponse), (whole, end)
            assert (end.status, end.body) == (answer.status, answer.body), whole
            assert not (alone.kept and answer.ends)
        for _ in range(5):
            fed += 1
            data = damaged(answer.data, draw)
            try:
                end = judge(heard(pollable, pieces(data, draw)), data)
            except Exception as error:
                error.add_note(f"input {number}: {data!r}")
                raise
            good += isinstance(end, HttpResponse)
            same += isinstance(end, HttpResponse) and as_h11_reads(data) is not None
    assert good > inputs // 20
    assert same > inputs // 20, "h11 agrees with hardly anything: that is no comparison"
