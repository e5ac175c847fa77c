"""The app alone, served by uvicorn; Ctrl-C ends every reader's stream at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from futures_async.simulator.binding import bind
from futures_async.simulator.obeying import Server
from futures_async.unified.errors import InvalidRequest
from futures_async.web.guard import LOOPBACK


class _Server(Server):
    """Before it waits for its connections to end, streams are ended: they would not end by themselves."""

    def __init__(
        self, config: uvicorn.Config, app: Starlette, ready: Callable[[], object], ending: Callable[[bool], object]
    ) -> None:
        super().__init__(config)
        self._app = app
        self._ready = ready
        self._told = ending
        self._ending: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        self._ready()

    def end(self, sig: int, frame: FrameType | None) -> None:
        """End in good order. uvicorn's own would raise the signal anew before the accounts are closed."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
        self.end_streams()
        self._told(self.force_exit)

    def end_streams(self) -> None:
        """Every reader's stream ends now."""
        if self._ending is None:
            self._ending = asyncio.ensure_future(self._app.state.picture.aclose())


def refuse_open(host: str, token: str | None) -> None:
    """Refuse to serve an address that others reach without a token.

    Raises:
        InvalidRequest: There is none.
    """
    if token is None and host not in LOOPBACK:
        raise InvalidRequest(f"{host} can be reached by others: serving there needs a token (--token-file)")


async def serve(
    app: Starlette,
    host: str,
    port: int,
    *,
    ready: Callable[[int], object] = lambda port: None,
    ending: Callable[[bool], object] = lambda again: None,
) -> None:
    """Serve until the task is cancelled, or by a signal.

    Args:
        app: What `app()` has made.
        host: The address.
        port: 0 takes a free one.
        ready: Called with the port once it listens.
        ending: Called at a signal that ends it, before it waits for answers under way; with True at a second Ctrl-C,
            which ends that wait.

    Raises:
        InvalidRequest: It cannot listen there.
    """
    try:
        listener = bind(host, port)  # uvicorn, left to it, ends the whole program where it cannot
    except OSError as error:
        why = error.strerror or str(error)
        raise InvalidRequest(f"cannot listen on {host}:{port} ({why}); try another --port, or --host") from None
    config = uvicorn.Config(app, log_level="warning", lifespan="on", server_header=False)

    def started() -> None:
        ready(listener.getsockname()[1])

    server = _Server(config, app, started, ending)
    serving = asyncio.ensure_future(server.serve([listener]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        # Cut off in the middle, it would leave its connections to the collector.
        server.should_exit = True
        server.end_streams()
        await serving
        raise
    finally:
        listener.close()
