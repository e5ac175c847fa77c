"""The hub behind a WebSocket of the ASGI application: frames out, messages in, and the ends that a venue can make.

A cut or a silent line needs the connection itself (`transport`), which our own server tells; elsewhere the endpoint
returns, and the server makes of it what it does.
"""

from __future__ import annotations

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from futures_async.simulator.streams.clockwork import Clockwork
from futures_async.simulator.streams.hub import Refused, StreamHub
from futures_async.simulator.streams.session import Session


class StreamServer:
    """Serves the connections of one hub."""

    def __init__(self, hub: StreamHub) -> None:
        self.hub = hub
        self.clockwork = Clockwork(hub)

    def shut(self) -> None:
        """Cut everything; from any thread."""
        self.clockwork.run(self.hub.shut)

    async def serve(self, scope: Scope, receive: Receive, send: Send, transport: asyncio.Transport | None) -> None:
        """One connection, from its upgrade to its end."""
        socket = WebSocket(scope, receive, send)
        awake = asyncio.Event()
        self.clockwork.start()
        client = scope.get("client")
        try:
            session = self.hub.open(
                scope["path"],
                client="127.0.0.1" if client is None else client[0],
                wake=lambda: self.clockwork.run(awake.set),
                query=scope.get("query_string", b"").decode(errors="replace"),
            )
        except Refused as refused:
            await socket.send_denial_response(Response(status_code=refused.status))
            return
        reader: asyncio.Task[None] | None = None
        try:
            await socket.accept()
            reader = asyncio.create_task(_read(socket, session))
            await _write(socket, session, awake, reader, transport)
        except WebSocketDisconnect:
            pass  # it left while something was on its way to it
        finally:
            session.hang_up()
            if reader is not None:
                reader.cancel()


async def _read(socket: WebSocket, session: Session) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            session.hang_up()
            return
        text = message.get("text")
        session.hear(message["bytes"] if text is None else text)


async def _write(
    socket: WebSocket,
    session: Session,
    awake: asyncio.Event,
    reader: asyncio.Task[None],
    transport: asyncio.Transport | None,
) -> None:
    while True:
        while session.outbox:
            frame = session.outbox.popleft()
            await (socket.send_text(frame) if isinstance(frame, str) else socket.send_bytes(frame))
        if session.end is not None:
            break
        if session.silent and transport is not None and not reader.done():
            reader.cancel()
            transport.pause_reading()  # else the protocol's own pings would be answered
        await awake.wait()
        awake.clear()
    if session.end.code is not None:
        await socket.close(session.end.code)
    elif transport is not None and session.end.reset:
        transport.abort()
    elif transport is not None:
        transport.close()
