"""The fast backend on asyncio: libcurl, driven by the event loop through pycurl. Extra `[fast]`.

Chosen over pyreqwest and aiohttp by measurement (`benchmarks/README.md`): TLS and HTTP are C and run in the loop's own
thread, and its hooks are where this library needs them. libcurl calls `_Exchange._leave` when a connection stands and
nothing of the request has been written: not called, not sent. There the abort and the deadline are looked at for the
last time, and a second round is refused: by itself libcurl would repeat a request, with its body, whose kept connection
broke before an answer began, and the venue may have acted on that one.

It needs a selector that a loop can watch (epoll, kqueue): any system but Windows.
"""

from __future__ import annotations

import asyncio
from errno import ECONNREFUSED
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, Final

import certifi

from futures_async.transport.http.backend import (
    KEEP_ALIVE_S,
    MAX_BODY,
    FailureKind,
    HttpBackend,
    HttpFailure,
    HttpRequest,
    HttpResponse,
    Phase,
)
from futures_async.transport.http.body import ACCEPT_ENCODING, Body
from futures_async.transport.http.curl_aids import END, Headers, KeptSockets, Watch
from futures_async.transport.http.curl_driver import Driver, Ended, pycurl

# A name without a value takes out what libcurl would add of its own.
_OWN_LINES: Final = (f"Accept-Encoding: {ACCEPT_ENCODING}", "Accept:", "Content-Type:", "Expect:")

_KINDS: dict[int, FailureKind] = {
    pycurl.E_COULDNT_RESOLVE_HOST: "dns",
    pycurl.E_COULDNT_CONNECT: "unreachable",
    pycurl.E_PEER_FAILED_VERIFICATION: "tls",
    pycurl.E_SSL_CONNECT_ERROR: "tls",
    pycurl.E_OPERATION_TIMEDOUT: "read-timeout",
    pycurl.E_ABORTED_BY_CALLBACK: "aborted",
    pycurl.E_SEND_ERROR: "write",
    pycurl.E_RECV_ERROR: "read",
    pycurl.E_GOT_NOTHING: "disconnected",
    pycurl.E_PARTIAL_FILE: "disconnected",
    pycurl.E_FILESIZE_EXCEEDED: "body-too-large",
}
"""Any other error is one of the request's or the answer's form."""

# The peer went away in the handshake; every other word of the TLS library is about what it does not like.
_CUT_OFF = ("SSL_ERROR_SYSCALL", "SSL_ERROR_ZERO_RETURN", "unexpected eof", "Connection reset")


class CurlBackend(HttpBackend):
    """libcurl's connections, and as many of its handles as there are exchanges at once.

    Args:
        ca_pem: One more root certificate to trust, beside certifi's.
    """

    name = "fast"

    def __init__(self, *, ca_pem: bytes | None = None) -> None:
        super().__init__()
        self._folder: TemporaryDirectory[str] | None = None
        self._roots = certifi.where()
        if ca_pem is not None:  # a file again, not a blob: libcurl would copy and compare that for every request
            self._folder = TemporaryDirectory()
            self._roots = str(Path(self._folder.name, "roots.pem"))
            Path(self._roots).write_bytes(certifi.contents().encode() + b"\n" + ca_pem)
        self._driver: Driver | None = None
        self._idle: list[_Exchange] = []
        self._sockets = KeptSockets()
        self._watch = Watch()
        self._closed = False

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send and read.

        Raises:
            HttpFailure: With the phase reached.
        """
        if self._closed or request.abort.raised:
            raise HttpFailure("aborted", Phase.QUEUED, sent=False)
        if self._driver is None:
            self._driver = Driver(self.max_connections)
        exchange = self._idle.pop() if self._idle else _Exchange(self._driver, self._sockets, self._roots)
        try:
            exchange.prepare(request)
            self._watch.add(exchange)
            ended = await exchange.run()
            if exchange.spoiled and not self._closed:
                ended = await exchange.run_afresh()
            if ended is None:
                return exchange.answer()
            failure = exchange.failure(*ended)
        except HttpFailure as error:
            failure = HttpFailure(error.kind, error.phase, sent=error.sent)
        except (pycurl.error, ValueError):
            failure = HttpFailure("protocol", exchange.phase, sent=exchange.left)
        finally:
            self._watch.discard(exchange)
            exchange.drop()
            if self._closed:
                exchange.close()
            else:
                self._idle.append(exchange)
        raise failure

    def renew(self) -> None:
        """Use no kept connection again: what is not known to be clean is not used."""
        self._sockets.forget()

    async def aclose(self) -> None:
        """Close all connections; what is under way ends as a failure."""
        if self._closed:
            return
        self._closed = True
        self._watch.stop()
        if self._driver is not None:
            await self._driver.aclose((pycurl.E_ABORTED_BY_CALLBACK, ""))
        while self._idle:
            self._idle.pop().close()
        if self._folder is not None:
            self._folder.cleanup()


class _Exchange:
    """One handle of libcurl, used for one request after the other, and how far the present one got."""

    def __init__(self, driver: Driver, sockets: KeptSockets, roots: str) -> None:
        self._driver = driver
        self._sockets = sockets
        self._curl: Any = pycurl.Curl()
        self._lines: list[bytes] = []
        self._chunks: list[bytes] = []
        self._opened: list[int] = []
        self._method = ""
        self._timeouts: tuple[float, float] | None = None
        self._fresh = False
        options: dict[int, Any] = {
            pycurl.NOSIGNAL: 1,
            pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
            pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
            pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
            pycurl.CAINFO: roots,
            pycurl.PROXY: "",  # not those of the environment
            pycurl.PATH_AS_IS: 1,  # it was signed as it is
            pycurl.MAXAGE_CONN: int(KEEP_ALIVE_S),
            pycurl.MAXFILESIZE_LARGE: MAX_BODY,
            pycurl.SOCKOPTFUNCTION: self._open,
            pycurl.PREREQFUNCTION: self._leave,
            pycurl.HEADERFUNCTION: self._lines.append,
            pycurl.WRITEFUNCTION: self._chunks.append,
        }
        for option, value in options.items():
            self._curl.setopt(option, value)

    def prepare(self, request: HttpRequest) -> None:
        """Take the next request.

        Raises:
            HttpFailure, ValueError, pycurl.error: It cannot be sent as it is.
        """
        self._lines.clear()
        self._chunks.clear()
        self._opened.clear()
        self._failure: HttpFailure | None = None
        self._abort = request.abort
        self.left = False
        """The first byte that counts may have left."""
        self.spoiled = False
        """It did not leave, because of the connection that libcurl chose."""
        self._progress = 0
        self._read_s = request.timeouts.read_s
        now = monotonic()
        self.due = now + self._read_s
        within_s = request.sent_within_s
        self._send_by = None if within_s is None else now + within_s

        curl = self._curl
        lines = [f"{name}: {value}" if value else f"{name};" for name, value in request.headers.open()]
        if not "".join(lines).isprintable():  # a line break would begin another header
            raise HttpFailure("protocol", Phase.QUEUED, sent=False)
        lines += _OWN_LINES
        curl.setopt(pycurl.HTTPHEADER, lines)
        curl.setopt(pycurl.URL, request.url)
        if self._method != "GET" or request.method != "GET":
            self._method = request.method
            if request.body or request.method in ("POST", "PUT", "PATCH"):
                curl.setopt(pycurl.POSTFIELDS, request.body)
            else:
                curl.setopt(pycurl.HTTPGET, 1)
            curl.setopt(pycurl.CUSTOMREQUEST, request.method)
        connect_s = request.timeouts.connect_s
        timeouts = connect_s if within_s is None else min(connect_s, within_s), request.patience_s
        if timeouts != self._timeouts:
            self._timeouts = timeouts
            for option, seconds in zip((pycurl.CONNECTTIMEOUT_MS, pycurl.TIMEOUT_MS), timeouts, strict=True):
                curl.setopt(option, max(1, round(seconds * 1000)))  # 0 would be libcurl's own five minutes
        if request.apart or self._fresh:
            self._connect(fresh=request.apart, keep=not request.apart)

    def _connect(self, *, fresh: bool, keep: bool) -> None:
        self._fresh = fresh
        self._curl.setopt(pycurl.FRESH_CONNECT, int(fresh))
        self._curl.setopt(pycurl.FORBID_REUSE, int(not keep))

    def run(self) -> asyncio.Future[Ended]:
        """Hand it to libcurl; ends with the answer's last byte, or with an error."""
        self._ended = asyncio.get_running_loop().create_future()
        self._driver.begin(self._curl, self._end)
        return self._ended

    def run_afresh(self) -> asyncio.Future[Ended]:
        """The same on a new connection, since nothing has left on the kept one."""
        self.spoiled = False
        self._connect(fresh=True, keep=True)
        return self.run()

    def _end(self, ended: Ended) -> None:
        if not self._ended.done():
            self._ended.set_result(ended)

    def drop(self) -> None:
        """Leave nothing under way, whoever was cancelled."""
        self._driver.drop(self._curl)

    def _open(self, number: int, _purpose: int) -> int:
        """Called by libcurl with each socket that it makes."""
        self._opened.append(number)
        self._driver.opened(number)
        return int(pycurl.SOCKOPT_OK)

    def _leave(self, _host: str, _here: str, _port: int, local_port: int) -> int:
        """Called by libcurl when a connection stands, before the first byte: for the last time, should it leave?"""
        now = monotonic()
        if self.left:
            self._failure = HttpFailure("disconnected", self.phase, sent=True, reused=True)
        elif self._abort.raised:
            self._failure = HttpFailure("aborted", Phase.CONNECTING, sent=False)
        elif self._send_by is not None and now > self._send_by:
            self._failure = HttpFailure("connect-timeout", Phase.CONNECTING, sent=False)
        elif not self._opened and self._sockets.spoiled(local_port):
            self.spoiled = True
        else:
            if self._opened:
                self._sockets.note(self._opened, local_port)
            self.left = self._abort.sending = True
            self.due = now + self._read_s
            return int(pycurl.PREREQFUNC_OK)
        return int(pycurl.PREREQFUNC_ABORT)

    def answer(self) -> HttpResponse:
        """What came, now that libcurl says that it is whole.

        Raises:
            HttpFailure: It is not what it says it is.
        """
        if END not in self._lines:  # libcurl takes a head that is cut off for a whole one
            raise HttpFailure("disconnected", Phase.ANSWERING, sent=True)
        headers = Headers(self._lines)
        content = b"".join(self._chunks)
        if (encoding := headers.get("content-encoding")) is not None:
            body = Body(encoding, None)
            body.feed(content)
            content = body.end()
        return HttpResponse(status=self._curl.getinfo(pycurl.RESPONSE_CODE), headers=headers, body=content)

    @property
    def phase(self) -> Phase:
        """How far it got."""
        if not self.left:
            return Phase.CONNECTING
        return Phase.ANSWERING if self._lines else Phase.BODY_STARTED

    def failure(self, code: int, text: str) -> HttpFailure:
        """What this error of libcurl's means."""
        if self._failure is not None:
            return self._failure
        kind = _KINDS.get(code, "protocol")
        if self.left:
            reused = self._curl.getinfo(pycurl.NUM_CONNECTS) == 0
            return HttpFailure(kind, self.phase, sent=True, reused=reused)
        if kind == "read-timeout":
            kind = "connect-timeout"
        elif kind == "unreachable" and self._curl.getinfo(pycurl.OS_ERRNO) == ECONNREFUSED:
            kind = "refused"
        elif code == pycurl.E_SSL_CONNECT_ERROR and any(words in text for words in _CUT_OFF):
            kind = "tls-handshake"
        return HttpFailure(kind, Phase.CONNECTING, sent=False)

    def overdue(self, now: float) -> bool:
        """Nothing has moved for as long as an answer may be silent; where something has, it is due anew."""
        if self.due > now:
            return False
        if self.left:
            info = self._curl.getinfo
            progress = len(self._lines) + int(info(pycurl.SIZE_DOWNLOAD_T)) + int(info(pycurl.SIZE_UPLOAD_T))
            if progress == self._progress:
                return True
            self._progress = progress
        self.due = now + self._read_s  # until it has left, libcurl looks at how long connecting takes
        return False

    def hang_up(self) -> None:
        """End it: the connection is closed, and who waits for the answer is told."""
        self.drop()
        self._end((pycurl.E_OPERATION_TIMEDOUT, ""))

    def close(self) -> None:
        """Free what libcurl holds for it."""
        self._curl.close()
