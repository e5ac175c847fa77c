"""The seam to WebSocket libraries: connect, send, be given frames, close, and learn how it ended.

A backend makes one connection and hands over what arrives, whole messages, as they arrive. It follows no redirect,
reads no environment, offers no compression, sends no pings of its own (a venue's heartbeat is the line's business) and
answers those of the venue. Its library's exceptions become `StreamFailure` here, raised outside the frames that see
headers; a connection that stood ends in one call of `ended`, whatever ended it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec

from futures_async.transport.http.backend import FailureKind

MAX_MESSAGE = 8 * 1024 * 1024
"""Largest message that is read, in bytes, however many frames it comes in."""

CONNECT_S = 10.0
"""From the first packet to the upgraded connection, TLS and proxy included."""

CLOSE_S = 2.0
"""How long a closing connection waits for the other side's goodbye."""

EndKind = Literal["closed", "lost", "too-big", "protocol", "broken"]


class StreamRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Where to connect."""

    url: str
    """`wss://…`, or `ws://` to a loopback address."""
    headers: tuple[tuple[str, str], ...] = ()
    """Beside those of the upgrade; no secrets: a login is a message."""
    connect_s: float = CONNECT_S
    max_message: int = MAX_MESSAGE

    def __repr__(self) -> str:
        # A query may be a ticket to an account.
        return f"StreamRequest({self.url.partition('?')[0]})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("url", self.url.partition("?")[0])]


_ENDS: Mapping[EndKind, str] = {
    "closed": "closed by the venue",
    "lost": "cut without a goodbye",
    "too-big": "a message was over the size cap",
    "protocol": "what came breaks the WebSocket protocol",
    "broken": "what came could not be taken in",
}


class StreamEnd(msgspec.Struct, frozen=True, kw_only=True):
    """How a connection ended."""

    kind: EndKind
    """"closed": with the venue's close frame. "lost": without. "too-big", "protocol": ended here for what the venue
    sent. "broken": ended here because what was received could not be taken in."""
    code: int | None = None
    """Of the venue's close frame."""
    reason: str = ""
    """Its text."""

    def __str__(self) -> str:
        said = " ".join(str(one) for one in (self.code, self.reason) if one)
        if self.kind == "lost" and said:
            return said
        return _ENDS[self.kind] + (f": {said}" if said else "")


class StreamFailure(Exception):
    """No connection. `status` is the venue's HTTP answer where it refused the upgrade."""

    def __init__(self, kind: FailureKind, status: int | None = None) -> None:
        super().__init__(kind if status is None else f"{kind}, HTTP {status}")
        self.kind: FailureKind = kind
        self.status = status


class Receiver(Protocol):
    """Who is given what arrives. Its methods return at once and raise nothing."""

    def received(self, data: bytes, *, binary: bool) -> None:
        """One whole message."""

    def ended(self, end: StreamEnd) -> None:
        """Nothing more will come; called once."""


class StreamConnection(ABC):
    """One connection that stands, or stood."""

    @abstractmethod
    def send(self, text: str) -> None:
        """Send one text message; on a connection that has ended nothing happens."""

    @abstractmethod
    async def aclose(self) -> None:
        """Say goodbye, wait a little for the answer, and close. Messages that still arrive are handed over."""

    @abstractmethod
    def abort(self) -> None:
        """Close at once, without a word."""


class StreamBackend(ABC):
    """Makes connections."""

    name: str

    @abstractmethod
    async def connect(self, request: StreamRequest, receiver: Receiver) -> StreamConnection:
        """Connect and upgrade. Cancelled, it leaves nothing open.

        Raises:
            StreamFailure: Nothing stands.
        """
