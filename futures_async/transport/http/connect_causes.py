"""Why a connection could not be made: what the operating system and the TLS library said, under all wrapping."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import cast

from futures_async.transport.http.backend import FailureKind


def connect_kind(error: BaseException, *, securing: bool) -> FailureKind:
    """The kind of a failure to connect; "unreachable" where the causes say nothing more.

    Args:
        error: As the HTTP library raised it.
        securing: The TCP connection stood, the TLS handshake had begun.
    """
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "dns"
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return "tls"
    if any(isinstance(cause, ssl.SSLError) and not _cut_off(cause) for cause in causes):
        return "no-tls"  # plain HTTP, as a rule, or only a TLS that is too old
    if securing or any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "tls-handshake"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "refused"
    return "unreachable"


def _cut_off(error: ssl.SSLError) -> bool:
    """The peer went away in the handshake; every other TLS error says what it does not like, and will again."""
    waiting = (ssl.SSLWantReadError, ssl.SSLWantWriteError)  # it stood in the handshake when the reset came
    return isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError, *waiting))


def _causes(error: BaseException) -> Iterator[BaseException]:
    todo = [error]
    seen: set[int] = set()
    while todo:
        cause = todo.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        todo += [other for other in (cause.__cause__, cause.__context__) if other is not None]
        if isinstance(cause, BaseExceptionGroup):
            todo += cast("BaseExceptionGroup[BaseException]", cause).exceptions
