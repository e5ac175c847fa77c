"""`/events`: the picture and its changes as server-sent events, for the page and for programs alike."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from futures_async.transport.runtime import running_asyncio_loop
from futures_async.web.picture import Picture

FIRST_S = 2.0
"""So long a new reader waits for the first look at the accounts, rather than see none."""
HEARTBEAT_S = 15.0
"""So often the time goes out where nothing has changed: proxies close what is silent, and readers know that we are
there."""

PIECE_BYTES = 64 * 1024
KIND = "text/event-stream"
UNBUFFERED = {"X-Accel-Buffering": "no"}


async def events(request: Request) -> Response:
    """A snapshot, then changes; who comes back with `Last-Event-ID` gets what he has missed, or a new snapshot."""
    picture: Picture = request.app.state.picture
    if running_asyncio_loop() is None:  # else it would break off, and be asked for again and again
        return JSONResponse({"error": "/events, and so the page, need a server that runs on asyncio"}, 501)
    if picture.stopped:  # a stream that ends at once would be asked for again and again
        return JSONResponse({"error": "the portfolio was closed"}, 503)
    if request.method == "HEAD":  # has no body, and would not end
        return Response(media_type=KIND, headers=UNBUFFERED)
    last = request.headers.get("last-event-id") or request.query_params.get("last_event_id") or ""
    return StreamingResponse(
        _stream(picture, picture.number_of(last)),
        media_type=KIND,
        headers=UNBUFFERED,
    )


def _piece(missed: list[tuple[int, bytes]]) -> tuple[int, bytes]:
    """The first of these changes, at least one, and the number of the last of them.

    A slow reader has several at once, and never more in its connection's buffer than one such piece.
    """
    size = 0
    for count, (number, event) in enumerate(missed, 1):
        size += len(event)
        if size >= PIECE_BYTES or count == len(missed):
            return number, b"".join(event for _, event in missed[:count])
    raise ValueError("nothing was missed")


async def _stream(picture: Picture, last: int | None) -> AsyncGenerator[bytes, None]:
    picture.look()
    picture.readers += 1
    try:
        yield b"retry: 1000\n\n"
        await picture.first(FIRST_S)
        while not picture.stopped:
            picture.look()
            missed = None if last is None else picture.since(last)
            if missed is None:
                last, whole = picture.whole()
                yield whole
            elif missed:
                last, piece = _piece(missed)
                yield piece
            elif not await picture.news(HEARTBEAT_S):
                # Without an id: who comes back goes on where he was.
                yield b"event: beat\ndata: %d\n\n" % (time.time() * 1000)
    finally:
        picture.readers -= 1
