"""Proxies on 127.0.0.1 (tiny-proxy), in a thread of their own like `tests.loopback`."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from importlib import import_module
from typing import Any, Self, cast

import anyio
import anyio.abc
from anyio.streams.tls import TLSListener

_proxies: Any = import_module("tiny_proxy")  # without types of its own


class Proxying:
    """One proxy.

    Args:
        kind: "http" (CONNECT) or "socks5".
        user: With a password, who may use it; None: anybody.
        tls: To be reached over TLS.
    """

    def __init__(
        self, kind: str, user: str | None = None, password: str | None = None, *, tls: ssl.SSLContext | None = None
    ) -> None:
        handler = _proxies.HttpProxyHandler if kind == "http" else _proxies.Socks5ProxyHandler
        self._handler: Any = handler(username=user, password=password)
        logging.getLogger("tiny_proxy").setLevel(logging.CRITICAL)  # it logs each refusal as an error
        self._tls = tls
        self.connections = 0
        self.port = 0
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._scope: anyio.CancelScope | None = None
        self._thread = threading.Thread(target=lambda: anyio.run(self._serve), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None and self._scope is not None:
            self._loop.call_soon_threadsafe(self._scope.cancel)
        self._thread.join(10)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        listener: Any = await anyio.create_tcp_listener(local_host="127.0.0.1")
        self.port = cast("int", listener.extra(anyio.abc.SocketAttribute.local_port))
        if self._tls is not None:
            listener = TLSListener(listener, self._tls, standard_compatible=False)
        with anyio.CancelScope() as self._scope:
            self._ready.set()
            async with listener:
                await listener.serve(self._handle)

    async def _handle(self, stream: Any) -> None:
        self.connections += 1
        await self._handler.handle(stream)
