"""Makes connections: names looked up, addresses tried side by side, TLS with the process's one context."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import TypeVar

from aiohappyeyeballs import start_connection  # pyright: ignore[reportUnknownVariableType] - a bare tuple in its types

from futures_async.transport.http.address import Address
from futures_async.transport.http.backend import HttpFailure, Phase
from futures_async.transport.http.connect_causes import connect_kind
from futures_async.transport.http.gate import admit
from futures_async.transport.http.tls import tls_context

NEXT_ADDRESS_S = 0.25
"""An address that has not answered so long is not waited for alone any more (RFC 8305)."""

P = TypeVar("P", bound=asyncio.Protocol)


class Dialer:
    """Makes the connections of one backend.

    Args:
        ca_pem: One more root certificate to trust.
    """

    def __init__(self, ca_pem: bytes | None = None) -> None:
        self._tls = tls_context(ca_pem)

    async def connect(self, address: Address, within_s: float, make: Callable[[], P]) -> P:
        """A connection, ready to be written to.

        Raises:
            HttpFailure: There is none; nothing was sent.
        """
        admit(address.host)
        securing = False
        try:
            async with asyncio.timeout(within_s):
                sock = await self._reach(address)
                securing = address.secure
                return await self._speak(sock, address, make)
        except TimeoutError:
            failure = HttpFailure("tls-handshake" if securing else "connect-timeout", Phase.CONNECTING, sent=False)
        except OSError as error:
            failure = HttpFailure(connect_kind(error, securing=securing), Phase.CONNECTING, sent=False)
        raise failure

    async def _reach(self, address: Address) -> socket.socket:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        return await start_connection(found, happy_eyeballs_delay=NEXT_ADDRESS_S)

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
