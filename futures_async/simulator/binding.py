"""A listening socket for a server: the simulated exchange's, and the page's."""

from __future__ import annotations

import os
import socket


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Args:
        host: An address or a name. Of a name's addresses the first that this machine has, IPv4 before IPv6.
        port: Where to listen.

    Raises:
        OSError: The port is taken, the address is not this machine's, or there is no such name.
    """
    # Only TCP's, which asyncio looks for as it turns Nagle's algorithm off: else each answer, sent as head and body,
    # waits 40 ms for the client's delayed acknowledgement.
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    problem = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in sorted(found, key=lambda one: one[0] != socket.AF_INET):
        listener = socket.socket(family, kind, protocol)
        try:
            if os.name == "posix":  # elsewhere it would let two servers share the port
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(1024)
        except OSError as error:
            listener.close()
            problem = error
        else:
            return listener
    raise problem
