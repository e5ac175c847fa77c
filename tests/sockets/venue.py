"""The simulated Bitget behind hand-written HTTP over TLS, with what networks do to connections.

What happens to a request is drawn from the seed and the request itself, so that it does not depend on the order in
which requests of many callers arrive. `python -m tests.sockets.venue SEED RATE` serves it in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

from futures_async.adapters.bitget.simulated import DIALECT
from futures_async.simulator.accounts import Account
from futures_async.simulator.demo import Setup
from futures_async.simulator.dialect import Request, Response, VenueRefusal
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.unified.credentials import Credentials
from tests.loopback import Authority, Exchange, Loopback, message

BTC = "BTC/USDT:USDT"
MARK = Decimal(90_000)

FAULTS: dict[str, str] = {
    "reset-before": "the connection is reset, nothing was executed",
    "reset-after": "executed, then reset without an answer",
    "reset-in-body": "executed, half of the answer, reset",
    "reset-behind-body": "executed, the whole answer, reset",
    "half-closed-before": "the sending side is shut, nothing was executed",
    "half-closed-in-body": "executed, half of the answer, the sending side is shut",
    "dribbled": "executed, the answer one byte at a time",
    "tls-abort": "executed, half of the answer, the connection is gone without a TLS farewell",
    "twice": "executed, the answer and a copy of it",
    "twice-later": "executed, the answer, and its copy a little later",
    "late": "no answer in time; executed some time later",
    "late-refused": "no answer in time; too late when it arrives",
}
CONNECTION_FAULTS = ("reset in the handshake", "closed in the handshake")


def hasty(window_s: float) -> type[DIALECT]:
    """The dialect with a shorter life of signed requests, so that a test need not wait for half a minute."""

    class Hasty(DIALECT):
        ip_limits = ()  # type: ignore[assignment] # no limit is what is meant

        def _check_time(self, request: Request) -> None:
            if abs(request.now_ms - int(request.header("access-timestamp"))) > window_s * 1000:
                raise VenueRefusal("40008", "Request timestamp expired")

    return Hasty


class FaultyVenue(Loopback):
    """The server.

    Args:
        seed: Of all faults.
        rate: Part of the requests that meet one.
        window_s: A request is refused so long after its signature.
        late_s: How long a late request is held up.
        faults: Which there are.
        concerns: Which requests may meet one.
    """

    def __init__(
        self,
        *,
        seed: int,
        rate: float,
        window_s: float = 30.0,
        late_s: float = 0.5,
        faults: tuple[str, ...] = tuple(FAULTS),
        concerns: Callable[[Request], bool] = lambda request: True,
        authority: Authority | None = None,
    ) -> None:
        self.authority = authority or Authority()
        super().__init__(tls=self.authority.server(), default=self._answer)
        self.seed = seed
        self.rate = rate
        self.window_s = window_s
        self.late_s = late_s
        self.faults = faults
        self.concerns = concerns
        self.met: Counter[str] = Counter()
        self.inside = SimulatedExchange(
            dialects=[hasty(window_s)], setup=Setup(empty=True), uid_limit=None, endpoint_limits=False
        )
        self.inside.engine.marks.pin(BTC, MARK)
        self._seen: Counter[bytes] = Counter()
        self._accepted_count = 0

    @property
    def account(self) -> Account:
        return self.inside.venues["bitget"].account

    @property
    def credentials(self) -> Credentials:
        key = self.inside.venues["bitget"].key
        return Credentials(key.key, key.secret, key.passphrase, uid=self.account.uid)

    # What happens to it

    def _draw(self, request: Request) -> str:
        """The fault of a request: by its own bytes, and how often they have been seen."""
        if not self.concerns(request):
            return ""
        what = f"{request.method} {request.path}?{request.query}".encode() + request.body
        self._seen[what] += 1
        rng = random.Random(f"{self.seed} {what!r} {self._seen[what]}")
        return rng.choice(self.faults) if rng.random() < self.rate else ""

    async def _accepted(self, raw: socket.socket) -> None:
        self._accepted_count += 1
        rng = random.Random(f"{self.seed} connection {self._accepted_count}")
        if rng.random() < self.rate / 2:
            fault = rng.choice(CONNECTION_FAULTS)
            self.met[fault] += 1
            with suppress(OSError):
                if fault.startswith("reset"):
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                raw.close()
            return
        await super()._accepted(raw)

    def _execute(self, request: Request) -> bytes:
        request.now_ms = self.inside.now_ms()
        return wire(self.inside.handle(request))

    async def _answer(self, exchange: Exchange) -> None:
        self.requests.clear()  # kept by nobody here: a soak would fill the memory
        seen = exchange.seen
        path, _, query = seen.target.partition("?")
        request = Request(seen.method, path, query, seen.body, dict(seen.headers), now_ms=self.inside.now_ms())
        fault = self._draw(request)
        self.met[fault] += 1
        if not fault or fault.startswith("twice"):
            data = self._execute(request)
            await exchange.send(data * 2 if fault == "twice" else data)
            if fault == "twice-later":
                await asyncio.sleep(0.002)
                await exchange.send(data)
        elif fault.startswith("late"):
            await asyncio.sleep(self.late_s if fault == "late" else self.window_s + 0.3)
            self._execute(request)
            exchange.writer.transport.abort()
        elif fault == "dribbled":
            for byte in self._execute(request):
                await exchange.send(bytes((byte,)))
                await asyncio.sleep(0)
        else:
            await self._break(exchange, fault, request)

    async def _break(self, exchange: Exchange, fault: str, request: Request) -> None:
        """Execute it or not, answer in part, and end the connection."""
        data = b"" if fault.endswith("before") else self._execute(request)
        if fault == "reset-after":
            data = b""
        elif fault != "reset-behind-body":
            data = data[: len(data) * 2 // 3]
        if data:
            await exchange.send(data)
            await asyncio.sleep(0.002)  # a reset overtakes what the client has not read
        if fault.startswith("reset"):
            exchange.reset()
        elif fault == "tls-abort":
            exchange.writer.transport.abort()
        else:
            exchange.writer.close()


def wire(response: Response) -> bytes:
    """An answer's bytes."""
    headers = (("Content-Type", response.content_type), *response.headers)
    return message(response.body, status=response.status, headers=headers)


def main(seed: int, rate: float) -> None:
    """Serve reads until standard input ends."""
    venue = FaultyVenue(seed=seed, rate=rate, faults=tuple(name for name in FAULTS if not name.startswith("late")))
    with venue:
        key = venue.inside.venues["bitget"].key
        told = {
            "url": venue.url,
            "pem": venue.authority.pem.decode(),
            "key": [key.key, key.secret, key.passphrase],
        }
        print(json.dumps(told), flush=True)
        sys.stdin.read()
        print(json.dumps(venue.met), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
