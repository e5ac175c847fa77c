"""The backend on picows, which hands over each frame in a call of its own: no task, no queue on the way.

picows leaves to its user what others do by themselves, and here it is: fragments are put together up to the cap, a
close frame is answered, text is told from binary. Three of its ways are worked around: `ws_connect`, cancelled while
it waits for the upgrade, leaves the connection to itself; it returns a dead connection without a listener where the
venue hangs up in the handshake; and it would follow redirects.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import suppress
from typing import Any, cast
from urllib.parse import urlsplit

import anyio
from picows import (
    WSCloseCode,
    WSFrame,
    WSHandshakeError,
    WSListener,
    WSMsgType,
    WSTransport,
    ws_connect,  # pyright: ignore[reportUnknownVariableType] - what it passes on to asyncio has no types
)
from python_socks import ProxyError

from futures_async.streams.backend import (
    CLOSE_S,
    EndKind,
    Receiver,
    StreamBackend,
    StreamConnection,
    StreamEnd,
    StreamFailure,
    StreamRequest,
)
from futures_async.transport.http.backend import HttpFailure
from futures_async.transport.http.connect_causes import connect_kind
from futures_async.transport.http.dial import reach
from futures_async.transport.http.gate import admit
from futures_async.transport.http.route import DIRECT, Route

logger = logging.getLogger("futures_async.streams")

# picows logs whole messages, logins among them, to who turns its logger up. This one stays silent.
_SILENT = logging.Logger("futures_async.streams.picows", logging.CRITICAL)
# Named once: before Python 3.12 a member of an enum is looked up by a function of its class.
TEXT, BINARY, CONTINUATION, CLOSE = WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION, WSMsgType.CLOSE
_DATA = (TEXT, BINARY)
_CONTROL = (WSMsgType.PING, WSMsgType.PONG)


class PicowsBackend(StreamBackend):
    """Connections by picows, on asyncio.

    Args:
        route: The way out.
    """

    name = "picows"

    def __init__(self, route: Route = DIRECT) -> None:
        self._route = route

    async def connect(self, request: StreamRequest, receiver: Receiver) -> StreamConnection:
        """Connect and upgrade.

        Raises:
            StreamFailure: Nothing stands.
        """
        connection = _Connection(receiver, request.max_message)
        failure = _forbidden(request) or await self._connect(request, connection)
        if failure is not None:
            raise failure  # out here: the library's frames hold more than anybody should see
        return connection

    async def _connect(self, request: StreamRequest, connection: _Connection) -> StreamFailure | None:
        opened: list[socket.socket] = []
        proxy, tls = self._route.proxy, self._route.tls

        async def dial(target: Any) -> socket.socket:
            """A connected socket, to the proxy where there is one; to be hung up whatever holds it by then."""
            try:
                opened.append(await reach(target.host, target.port, self._route.local_address))
            except OSError as error:
                if proxy is not None:
                    raise ProxyError("not reached") from error
                raise
            return opened[-1]

        try:
            with anyio.fail_after(request.connect_s):
                _, listener = cast(
                    "tuple[WSTransport, WSListener | None]",
                    await ws_connect(
                        lambda: connection,
                        request.url,
                        ssl_context=tls if request.url.startswith("wss:") else None,
                        websocket_handshake_timeout=request.connect_s,
                        logger_name=_SILENT,
                        max_frame_size=request.max_message,
                        extra_headers=request.headers,
                        max_redirects=0,
                        proxy=None if proxy is None else proxy.url(),
                        proxy_ssl_context=tls if proxy is not None and proxy.scheme == "https" else None,
                        socket_factory=dial,
                        use_aiofastnet=False,
                    ),
                )
        except WSHandshakeError as error:
            _hang_up(opened)
            return StreamFailure("protocol", None if error.response is None else int(error.response.status))
        except TimeoutError:
            _hang_up(opened)
            return StreamFailure("connect-timeout")
        except ProxyError:
            _hang_up(opened)
            return StreamFailure("proxy")
        except OSError as error:
            _hang_up(opened)
            return StreamFailure(connect_kind(error, securing=False))
        except Exception:  # undocumented, as where a SOCKS proxy breaks off (picows 2.3.1, python-socks 3.2.1)
            _hang_up(opened)
            return StreamFailure("protocol" if proxy is None else "proxy")
        except BaseException:
            _hang_up(opened)
            raise
        return None if listener is not None else StreamFailure("disconnected")


def _forbidden(request: StreamRequest) -> StreamFailure | None:
    try:
        admit(urlsplit(request.url).hostname or "")
    except HttpFailure as failure:
        return StreamFailure(failure.kind)
    return None


async def _let_go(transport: WSTransport) -> None:
    """Take the error that picows keeps for who waits for the end: nobody does, and asyncio would complain."""
    with suppress(Exception):
        await transport.wait_disconnected()


def _hang_up(opened: list[socket.socket]) -> None:
    """Whatever transport holds these sees their end in the loop's next turn, and closes."""
    for sock in opened:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


class _Connection(WSListener, StreamConnection):
    """What picows calls, and what the session sends through."""

    def __init__(self, receiver: Receiver, max_message: int) -> None:
        super().__init__()
        self._receiver = receiver
        self._max_message = max_message
        self._transport: WSTransport | None = None
        self._parts: list[bytes] = []
        self._parts_size = 0
        self._parts_binary = False
        self._kind: EndKind | None = None
        self._closing = False
        self._gone = asyncio.Event()
        self._last_words: asyncio.Future[None] | None = None

    # What picows calls

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if self._kind is not None:
            return  # ended for what came before; this lay in the same packet
        if frame.payload_size > self._max_message:
            self._end("too-big")
            return
        try:
            if kind in _DATA and frame.fin and not self._parts:
                self._receiver.received(frame.get_payload_as_bytes(), binary=kind is BINARY)
            elif kind is CLOSE:
                self._closed_by_venue(transport, frame)
            elif kind not in _CONTROL:  # these may come between fragments
                self._put_together(kind, frame)
        except Exception:  # a fault of this library's own; what was missed is read anew on the next connection
            logger.exception("a message could not be taken in")
            self._end("broken")

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        handshake = cast("Any", transport.close_handshake)  # None where no goodbye was said
        said = None if handshake is None else handshake.recv
        kind = self._kind or ("lost" if said is None else "closed")
        sent = None if handshake is None else handshake.sent
        if kind == "lost" and sent is not None and not self._closing:
            # picows itself ended it, for a frame that breaks the protocol or the cap.
            kind = "too-big" if sent.code is WSCloseCode.MESSAGE_TOO_BIG else "protocol"
        end = StreamEnd(
            kind=kind, code=None if said is None else int(said.code.value), reason="" if said is None else said.reason
        )
        if kind in ("too-big", "protocol"):
            self._last_words = asyncio.ensure_future(_let_go(transport))
        self._gone.set()
        self._parts.clear()
        self._receiver.ended(end)

    def _put_together(self, kind: WSMsgType, frame: WSFrame) -> None:
        if (kind is CONTINUATION) is not bool(self._parts):
            self._end("protocol")
            return
        if kind is not CONTINUATION:
            self._parts_binary = kind is BINARY
        self._parts.append(frame.get_payload_as_bytes())
        # A count for each part as well: a million empty ones are as bad as one big one.
        self._parts_size += frame.payload_size + 64
        if self._parts_size > self._max_message:
            self._end("too-big")
        elif frame.fin:
            whole = b"".join(self._parts)
            self._parts.clear()
            self._parts_size = 0
            self._receiver.received(whole, binary=self._parts_binary)

    def _closed_by_venue(self, transport: WSTransport, frame: WSFrame) -> None:
        if not transport.is_close_frame_sent:
            transport.send_close(WSCloseCode.OK)
        transport.disconnect()

    def _end(self, kind: EndKind) -> None:
        self._kind = self._kind or kind
        self.abort()

    # What the session does

    def send(self, text: str) -> None:
        transport = self._transport
        if transport is not None and not self._closing:
            transport.send(TEXT, text)

    async def aclose(self) -> None:
        transport = self._transport
        if transport is None or self._gone.is_set():
            return
        self._closing = True
        try:
            transport.send_close(WSCloseCode.OK)
            with anyio.move_on_after(CLOSE_S):
                await self._gone.wait()
        finally:
            self.abort()

    def abort(self) -> None:
        if self._transport is not None:
            self._closing = True
            self._transport.disconnect(graceful=False)
