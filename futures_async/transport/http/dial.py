"""Makes connections: names looked up, addresses tried side by side, or through a proxy; TLS with one context."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from aiohappyeyeballs import start_connection  # pyright: ignore[reportUnknownVariableType] - a bare tuple in its types

from futures_async.transport.http.address import Address
from futures_async.transport.http.backend import HttpFailure, Phase
from futures_async.transport.http.connect_causes import connect_kind
from futures_async.transport.http.gate import admit
from futures_async.transport.http.route import DIRECT, Proxy, Route

NEXT_ADDRESS_S = 0.25
"""An address that has not answered so long is not waited for alone any more (RFC 8305)."""

P = TypeVar("P", bound=asyncio.Protocol)


class ProxyFailed(Exception):
    """The proxy could not be reached, or has refused."""


async def reach(host: str, port: int, local_address: str | None) -> socket.socket:
    """A connected socket.

    Args:
        host: Name or address.
        port: Its port.
        local_address: IP address to connect from.

    Raises:
        OSError: Nobody there answers.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    local = None if local_address is None else await loop.getaddrinfo(local_address, 0, type=socket.SOCK_STREAM)
    return await start_connection(found, local_addr_infos=local, happy_eyeballs_delay=NEXT_ADDRESS_S)


class Dialer:
    """Makes the connections of one backend.

    Args:
        route: The way out.
    """

    def __init__(self, route: Route = DIRECT) -> None:
        self._route = route
        self._tls = route.tls
        # Kept as long as what is spoken over them: a stream writer that is lost closes its transport (from 3.13 on).
        self._streams: WeakKeyDictionary[asyncio.Protocol, object] = WeakKeyDictionary()

    async def connect(self, address: Address, within_s: float, make: Callable[[], P]) -> P:
        """A connection, ready to be written to.

        Raises:
            HttpFailure: There is none; nothing was sent.
        """
        admit(address.host)
        securing = False
        try:
            async with asyncio.timeout(within_s):
                if self._route.proxy is not None:
                    stream = await self._stream(self._route.proxy, address)
                    securing = address.secure
                    return await self._through(stream, address, make)
                sock = await reach(address.host, address.port, self._route.local_address)
                securing = address.secure
                return await self._speak(sock, address, make)
        except ProxyFailed:
            failure = HttpFailure("proxy", Phase.CONNECTING, sent=False)
        except TimeoutError:
            failure = HttpFailure("tls-handshake" if securing else "connect-timeout", Phase.CONNECTING, sent=False)
        except OSError as error:
            failure = HttpFailure(connect_kind(error, securing=securing), Phase.CONNECTING, sent=False)
        raise failure

    async def _speak(self, sock: socket.socket, address: Address, make: Callable[[], P]) -> P:
        loop = asyncio.get_running_loop()
        try:
            if address.secure:
                _, protocol = await loop.create_connection(make, sock=sock, ssl=self._tls, server_hostname=address.host)
            else:
                _, protocol = await loop.create_connection(make, sock=sock)
        except BaseException:
            sock.close()
            raise
        return protocol

    async def _through(self, stream: Any, address: Address, make: Callable[[], P]) -> P:
        transport: Any = stream.writer.transport
        protocol = make()
        if address.secure:
            loop = asyncio.get_running_loop()
            transport = await loop.start_tls(transport, protocol, self._tls, server_hostname=address.host)
        else:
            transport.set_protocol(protocol)
        protocol.connection_made(transport)
        self._streams[protocol] = stream
        return protocol

    async def _stream(self, proxy: Proxy, address: Address) -> Any:
        """To the venue by way of a proxy (python-socks), which looks the name up.

        Raises:
            ProxyFailed: It could not be reached, or has refused.
        """
        from python_socks import ProxyError, ProxyType
        from python_socks.async_.asyncio.v2 import Proxy as Way

        here = self._route.local_address
        way = Way(
            ProxyType.SOCKS5 if proxy.socks else ProxyType.HTTP,
            proxy.host,
            proxy.port,
            None if proxy.user is None else proxy.user.reveal(),
            None if proxy.password is None else proxy.password.reveal(),
            rdns=True,
            proxy_ssl=self._tls if proxy.scheme == "https" else None,
        )
        try:
            return await way.connect(address.host, address.port, local_addr=None if here is None else (here, 0))
        except (ProxyError, OSError, ValueError, EOFError):  # the last where a SOCKS proxy breaks off (3.2.1)
            pass  # outside of here, for these errors' frames hold the password
        raise ProxyFailed
