"""The simulated exchange as an ASGI application, for `httpx.ASGITransport(app)` and for any ASGI server.

Paths of venues go straight to the dialects. What is left (`/`, which announces base URL and demo keys) is a small
Starlette application.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

import anyio
import anyio.lowlevel
from starlette.applications import Starlette
from starlette.requests import Request as WebRequest
from starlette.responses import JSONResponse
from starlette.routing import Route as WebRoute
from starlette.types import Receive, Scope, Send

from futures_async.simulator.delivery import Deliverer, Delivery
from futures_async.simulator.dialect import Request, Response
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.streams.hub import StreamHub
from futures_async.simulator.streams.serving import StreamServer

MAX_REQUEST_BODY = 1024 * 1024


def announcement(exchange: SimulatedExchange, base_url: str) -> dict[str, Any]:
    """What a client needs: the addresses, and each venue's demo keys."""
    streams = {venue_id: venue.dialect.streams() for venue_id, venue in exchange.venues.items()}
    return {
        "base_url": base_url,
        "streams": {
            venue_id: {
                "private" if private else "public": base_url.replace("http", "ws", 1) + path
                for path, private in dialect.paths.items()
            }
            for venue_id, dialect in streams.items()
            if dialect is not None
        },
        "venues": {
            venue_id: {
                "key": venue.key.key,
                "secret": venue.key.secret,
                "passphrase": venue.key.passphrase,
                "memo": venue.key.memo,
                "uid": venue.account.uid,
            }
            for venue_id, venue in exchange.venues.items()
        },
    }


class SimulatorApp:
    """An ASGI application around one exchange."""

    def __init__(self, exchange: SimulatedExchange, plan: FaultPlan | None = None) -> None:
        self.exchange = exchange
        if plan is not None:
            plan.check_venues(exchange.venues)
        self.deliverer = Deliverer(exchange, plan)
        self.streams = StreamServer(StreamHub(exchange, plan))
        self.connections: dict[tuple[str, int], asyncio.Transport] = {}
        """Open connections by the client's address and port, when our own server tells them."""
        self.told: set[tuple[str, int]] = set()
        """The clients of all that it has ever told."""
        self._web = Starlette(routes=[WebRoute("/", self._announce)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            try:
                await self.streams.serve(scope, receive, send, self._transport(scope))
            finally:
                self.connections.pop(_client(scope), None)  # it is no longer HTTP's
            return
        if scope["type"] != "http" or self.exchange.dialect_of(scope["path"]) is None:
            await self._web(scope, receive, send)
            return
        body = await read_body(receive)
        if body is None:
            return  # the client is gone
        if len(body) > MAX_REQUEST_BODY:
            await send_response(send, Response(413, b'{"error":"request body too large"}'))
            return
        delivery = self.deliverer.deliver(to_request(scope, body, self.exchange.now_ms()))
        if delivery.response is not None and delivery == Delivery(delivery.response):
            await send_response(send, delivery.response)
        else:
            await self._deliver(delivery, scope, receive, send)

    async def _deliver(self, delivery: Delivery, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry out a fault."""
        if delivery.delay_s:
            await anyio.sleep(delivery.delay_s)
        response = delivery.response
        if response is None:
            await self._cut(scope, receive, reset=False)
            return
        if delivery.cut == "middle":
            await send(head(response, len(response.body)))
            await send(
                {"type": "http.response.body", "body": response.body[: len(response.body) // 2], "more_body": True}
            )
            await anyio.sleep(0.001)  # so that it leaves before the reset
            await self._cut(scope, receive, reset=True)
        elif delivery.spread_s:
            await _trickle(response, delivery.spread_s, send)
        elif delivery.filler:
            await _flood(response, delivery, send)
        else:
            transport = self._transport(scope)
            await send_response(send, response)
            if transport is not None and delivery.copies > 1:
                transport.write(_raw(response))
            if transport is not None and delivery.cut == "after":
                transport.close()

    def _transport(self, scope: Scope) -> asyncio.Transport | None:
        return self.connections.get(_client(scope))

    async def _cut(self, scope: Scope, receive: Receive, *, reset: bool) -> None:
        """Close the connection.

        Raises:
            ConnectionResetError: In process, where there never was one.
        """
        transport = self._transport(scope)
        if transport is None:
            if _client(scope) in self.told:
                return  # the client has gone before
            raise ConnectionResetError("the simulated exchange dropped the connection")
        if reset:
            sock = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        else:
            transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _announce(self, request: WebRequest) -> JSONResponse:
        return JSONResponse(announcement(self.exchange, str(request.base_url).rstrip("/")))


def _client(scope: Scope) -> tuple[str, int]:
    """Its address and port."""
    host, port = scope.get("client") or ("", 0)
    return host, port


def to_request(scope: Scope, body: bytes, now_ms: int) -> Request:
    """Make the exchange's request of an ASGI scope."""
    client = scope.get("client")
    return Request(
        scope["method"],
        # As sent where the server tells: signatures are made over those bytes.
        scope.get("raw_path", b"").partition(b"?")[0].decode("latin-1") or scope["path"],
        scope["query_string"].decode("latin-1"),
        body,
        {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        client="127.0.0.1" if client is None else client[0],
        now_ms=now_ms,
    )


async def read_body(receive: Receive) -> bytes | None:
    """The whole body, or a little more than what is allowed; None when the client disconnected."""
    message = await receive()
    if message["type"] != "http.request":
        return None
    body: bytes = message.get("body", b"")
    while message.get("more_body") and len(body) <= MAX_REQUEST_BODY:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
    return body


def head(response: Response, length: int | None) -> dict[str, Any]:
    """The ASGI message that starts an answer; None leaves its length open."""
    headers = [(b"content-type", response.content_type.encode("latin-1"))] if response.content_type else []
    if length is not None:
        headers.append((b"content-length", b"%d" % length))
    headers += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    return {"type": "http.response.start", "status": response.status, "headers": headers}


def _raw(response: Response) -> bytes:
    """An answer as bytes on the wire."""
    lines = [f"HTTP/1.1 {response.status} OK", f"content-length: {len(response.body)}"]
    lines.append(f"content-type: {response.content_type}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + response.body


async def _trickle(response: Response, over_s: float, send: Send) -> None:
    pieces = 50
    size = max(1, -(-len(response.body) // pieces))
    await send(head(response, len(response.body)))
    for start in range(0, len(response.body), size):
        await anyio.sleep(over_s / pieces)
        await send({"type": "http.response.body", "body": response.body[start : start + size], "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _flood(response: Response, delivery: Delivery, send: Send) -> None:
    await send(head(response, delivery.declared))
    left = delivery.filler
    while left > 0:
        piece = b" " * min(left, 256 * 1024)
        left -= len(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
        await anyio.lowlevel.checkpoint()


async def send_response(send: Send, response: Response) -> None:
    """Send an answer in one piece."""
    await send(head(response, len(response.body)))
    await send({"type": "http.response.body", "body": response.body})
