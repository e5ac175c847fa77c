"""A venue that says again what its simulated side said the first time, over TLS, in a process of its own.

`python -m benchmarks.recorded CERTIFICATE_FILE VENUE` prints where it listens and what a client needs, as JSON. A call
is known by its method, its path and what its body asks for; ids of the caller's and the time are put in anew.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from email.utils import formatdate
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from benchmarks.payloads import STAMP
from benchmarks.server import Venue, second_process, serve, value_of
from futures_async.simulator.demo import Setup
from futures_async.simulator.dialect import Request, Response
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.records import Ticket
from futures_async.unified.enums import OrderType, Side
from tests.contract.venues import specs

OUR_ID = {"binance": b"newClientOrderId", "bybit": b"orderLinkId", "okx": b"clOrdId", "hyperliquid": b"c"}
"""What each venue calls it in a request."""


class Announced(NamedTuple):
    """What a client of the venue needs."""

    venue: Venue
    key: str
    secret: str
    passphrase: str | None
    price: str
    """Of an order that rests."""


class Recorded:
    """The simulated venue, asked once about each thing."""

    def __init__(self, venue: str) -> None:
        self._now_ms = int(time.time() * 1000)
        self.exchange = SimulatedExchange(
            only=[venue], setup=Setup(empty=True), uid_limit=None, endpoint_limits=False, now_ms=lambda: self._now_ms
        )
        self._id = OUR_ID[venue]
        self._answers: dict[bytes, tuple[Response, bytes]] = {}
        self.spec = specs()[venue]
        engine = self.exchange.engine
        with engine.arithmetic():
            ticket = Ticket(
                symbol=self.spec.symbol, side=Side.BUY, type=OrderType.MARKET, quantity=self.spec.quantity * 2
            )
            engine.orders.place(self.exchange.venues[venue].account, ticket)

    def __call__(self, request: bytes) -> bytes:
        """The whole answer to a whole request."""
        head, _, body = request.partition(b"\r\n\r\n")
        method, target, _ = head.partition(b"\r\n")[0].split(b" ")
        asked = body if body.startswith(b'{"type":') else value_of(body, b"type")
        key = b" ".join((method, target.partition(b"?")[0], asked))
        our_id = value_of(body, self._id)
        found = self._answers.get(key)
        if found is None:
            found = self._asked(method, target, head, body), our_id
            if found[0].status == 200:
                self._answers[key] = found
            else:
                print(key, found[0].body, file=sys.stderr)
        response, earlier_id = found
        said = response.body.replace(earlier_id, our_id) if our_id else response.body
        said = said.replace(STAMP, str(int(time.time() * 1000)).encode())
        more = "".join(f"{name}: {value}\r\n" for name, value in response.headers)
        lines = (
            f"HTTP/1.1 {response.status} OK\r\nDate: {formatdate(usegmt=True)}\r\n"
            f"Content-Type: {response.content_type}\r\nConnection: keep-alive\r\n{more}"
            f"Content-Length: {len(said)}\r\n\r\n"
        )
        return lines.encode() + said

    def _asked(self, method: bytes, target: bytes, head: bytes, body: bytes) -> Response:
        self._now_ms = int(time.time() * 1000)
        lines = [line.partition(":") for line in head.decode().split("\r\n")[1:]]
        headers = {name.lower(): value.strip() for name, _, value in lines}
        parts = urlsplit(target.decode())
        request = Request(method.decode(), parts.path, parts.query, body, headers, now_ms=self._now_ms)
        response = self.exchange.handle(request)
        return response._replace(body=response.body.replace(str(self._now_ms).encode(), STAMP))

    def announced(self) -> dict[str, Any]:
        """As printed."""
        world, known = self.exchange.engine.world, self.exchange.venues[self.spec.id].key
        tick = self.spec.tick or world.contract(self.spec.symbol).tick
        price = world.mark(self.spec.symbol) * 9 // 10 // tick * tick
        return {"key": known.key, "secret": known.secret, "passphrase": known.passphrase, "price": str(price)}


@contextmanager
def recorded(venue: str) -> Generator[Announced]:
    """The venue, running in a second process."""
    with second_process("benchmarks.recorded", venue) as (found, line):
        yield Announced(found, **json.loads(line))


if __name__ == "__main__":
    chosen = Recorded(sys.argv[2])
    serve(sys.argv[1], chosen, chosen.announced())
