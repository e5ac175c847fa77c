"""A venue that answers at once, in a process of its own: fixed answers over TLS, nothing checked, no time spent.

`python -m benchmarks.server CERTIFICATE_FILE` prints the port, and an empty JSON object.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.payloads import STAMP, orders, positions


class Venue(NamedTuple):
    """Where it listens, and the root certificate to trust."""

    url: str
    pem: bytes
    pem_file: str


def _answer(body: bytes) -> tuple[bytes, bytes]:
    """What comes before the time of the answer, and what comes after it."""
    before, _, after = (
        b"HTTP/1.1 200 OK\r\nDate: Mon, 27 Jul 2026 12:28:53 GMT\r\nContent-Type: application/json\r\n"
        b"Server: loopback\r\nConnection: keep-alive\r\nX-Trace: 0123456789abcdef\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    ).partition(STAMP)
    return before, after


_DATA = Path(__file__).parent.parent / "tests" / "data" / "bitget"


def _recorded(name: str) -> bytes:
    """A documented answer, stamped like the others."""
    whole = json.loads((_DATA / f"{name}.json").read_text())
    return json.dumps({**whole, "requestTime": int(STAMP)}, separators=(",", ":")).encode()


ANSWERS = {
    b"single-position": _answer(positions(1)),
    b"all-position": _answer(positions(50)),
    b"orders-history": _answer(orders(100)),
    b"contracts": _answer(_recorded("contracts")),
    b"account": _answer(_recorded("account")),
}
OTHER = _answer(b'{"code":"00000","msg":"success","requestTime":%b,"data":{}}' % STAMP)


def _order_answer(request: bytes) -> tuple[bytes, bytes] | None:
    """To an order placed, cancelled or read: what it names it by."""
    first = request[: request.find(b"\r\n")]
    ids = {name: value_of(request, name) for name in (b"orderId", b"clientOid")}
    if b"/place-order" in first or b"/cancel-order" in first:
        data = b'{"orderId":"%b","clientOid":"%b"}' % (ids[b"orderId"] or b"1234567890123456789", ids[b"clientOid"])
    elif b"/order/detail" in first:
        data = _CANCELLED.replace(b"ORDER", ids[b"orderId"]).replace(b"CLIENT", ids[b"clientOid"] or b"fx-1")
    else:
        return None
    return _answer(b'{"code":"00000","msg":"success","requestTime":%b,"data":%b}' % (STAMP, data))


_CANCELLED = json.dumps(
    {**json.loads((_DATA / "detail_one_way_reduce.json").read_text())["data"], "orderId": "ORDER",
     "clientOid": "CLIENT",
     "state": "canceled"},
    separators=(",", ":"),
).encode()  # fmt: skip


def value_of(request: bytes, name: bytes) -> bytes:
    """Of a field of the body, or of the query."""
    for before, after in ((b'"%b":"' % name, b'"'), (b"%b=" % name, b"& ")):
        start = request.find(before)
        if start >= 0:
            start += len(before)
            ends = [at for at in (request.find(mark.to_bytes(), start) for mark in after) if at >= 0]
            return request[start : min(ends, default=None)]
    return b""


def _bitget(request: bytes) -> bytes:
    last = request.partition(b" HTTP/")[0].partition(b"?")[0].rpartition(b"/")[2]
    before, after = ANSWERS.get(last) or _order_answer(request) or OTHER
    return before + str(int(time.time() * 1000)).encode() + after


class _Connection(asyncio.Protocol):
    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data
        while (end := buffer.find(b"\r\n\r\n")) >= 0:
            head = buffer[:end]
            length = head.lower().find(b"\ncontent-length:")
            if length >= 0:
                stop = head.find(b"\r", length + 1)
                end += int(head[length + 16 : stop if stop >= 0 else len(head)])
                if len(buffer) < end + 4:
                    break
            self._transport.write(self._answer(buffer[: end + 4]))  # type: ignore[attr-defined]
            buffer = buffer[end + 4 :]
        self._buffer = buffer


async def _serve(pem_file: str, answer: Callable[[bytes], bytes], told: Mapping[str, Any]) -> None:
    import trustme

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)  # pyright: ignore[reportUnknownMemberType] - pyOpenSSL's are optional
    Path(pem_file).write_bytes(authority.cert_pem.bytes())  # noqa: ASYNC240 - nobody waits yet
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(answer), "127.0.0.1", 0, ssl=context, backlog=500)
    print(server.sockets[0].getsockname()[1], json.dumps(told), flush=True)
    await server.serve_forever()


def serve(pem_file: str, answer: Callable[[bytes], bytes], told: Mapping[str, Any]) -> None:
    """Answer whole requests until the process is ended; prints the port, and what is told."""
    asyncio.run(_serve(pem_file, answer, told))


@contextmanager
def venue() -> Generator[Venue]:
    """The server, running in a second process."""
    with second_process("benchmarks.server") as (found, _):
        yield found


@contextmanager
def second_process(module: str, *arguments: str) -> Generator[tuple[Venue, bytes]]:
    """A module that serves, and what it tells."""
    with tempfile.TemporaryDirectory() as folder:
        pem_file = f"{folder}/ca.pem"
        process = subprocess.Popen([sys.executable, "-m", module, pem_file, *arguments], stdout=subprocess.PIPE)
        try:
            if process.stdout is None:
                raise RuntimeError("no pipe")
            port, told = process.stdout.readline().split(maxsplit=1)
            yield Venue(f"https://127.0.0.1:{int(port)}", Path(pem_file).read_bytes(), pem_file), told
        finally:
            process.terminate()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


if __name__ == "__main__":
    serve(sys.argv[1], _bitget, {})
