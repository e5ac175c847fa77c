"""A venue that answers at once, in a process of its own: fixed answers over TLS, nothing checked, no time spent.

`python -m benchmarks.server CERTIFICATE_FILE` prints the port.
"""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

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


ANSWERS = {
    b"single-position": _answer(positions(1)),
    b"all-position": _answer(positions(50)),
    b"orders-history": _answer(orders(100)),
}
OTHER = _answer(b'{"code":"00000","msg":"success","requestTime":%b,"data":{}}' % STAMP)


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data
        while (end := buffer.find(b"\r\n\r\n")) >= 0:
            head = buffer[:end]
            last = head.partition(b" HTTP/")[0].partition(b"?")[0].rpartition(b"/")[2]
            before, after = ANSWERS.get(last, OTHER)
            self._transport.write(before + str(int(time.time() * 1000)).encode() + after)  # type: ignore[attr-defined]
            buffer = buffer[end + 4 :]
        self._buffer = buffer


async def _serve(pem_file: str) -> None:
    import trustme

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    Path(pem_file).write_bytes(authority.cert_pem.bytes())  # noqa: ASYNC240 - nobody waits yet
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0, ssl=context, backlog=500)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def venue() -> Iterator[Venue]:
    """The server, running in a second process."""
    with tempfile.TemporaryDirectory() as folder:
        pem_file = f"{folder}/ca.pem"
        process = subprocess.Popen([sys.executable, "-m", "benchmarks.server", pem_file], stdout=subprocess.PIPE)
        try:
            if process.stdout is None:
                raise RuntimeError("no pipe")
            port = int(process.stdout.readline())
            yield Venue(f"https://127.0.0.1:{port}", Path(pem_file).read_bytes(), pem_file)
        finally:
            process.terminate()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
