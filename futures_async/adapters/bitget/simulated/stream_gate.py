"""What Bitget's WebSockets share on the server's side, classic and unified: login, operations, heartbeat, limits.

Reference: venues/streams.md sections 2.1 to 2.5, 3.1, 3.2 and 8. `connId` and refusals differ by generation.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, ClassVar, NamedTuple

import msgspec

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated.gate import FAMILY, BitgetGate

LOGIN_WINDOW_S = 30


class Code(NamedTuple):
    """An error of the socket."""

    code: int
    message: str


NOT_THERE = Code(30001, "doesn't exist")
ILLEGAL_REQUEST = Code(30002, "Illegal request")
INVALID_OP = Code(30003, "Invalid op")
NOT_LOGGED_IN = Code(30004, "User not logged in")
LOGIN_FAILED = Code(30005, "error")
TOO_MANY = Code(30006, "request too many")
BAD_KEY = Code(30011, "Invalid ACCESS_KEY")
BAD_PASSPHRASE = Code(30012, "Invalid ACCESS_PASSPHRASE")
BAD_TIMESTAMP = Code(30013, "Invalid ACCESS_TIMESTAMP")
EXPIRED = Code(30014, "Request timestamp expired")
BAD_SIGN = Code(30015, "Invalid sign")
BAD_PARAMETER = Code(30016, "Param error")
UPGRADE = Code(30033, "The connection will be closed for a service upgrade, please reconnect")


class _Operation(msgspec.Struct):
    op: str
    args: list[dict[str, Any]]


_OPERATION = msgspec.json.Decoder(_Operation)


class Wanted(NamedTuple):
    """A subscription as the client named it."""

    key: Hashable
    """What it is, whatever else was said."""
    subscription: sim.Subscription
    arg: dict[str, Any]
    """As acknowledgements repeat it."""


class Rejected(Exception):
    """A subscription is refused."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.message)
        self.code = code


class BitgetStreams(sim.StreamDialect):
    """Base of both generations; they add channels."""

    rules = sim.Rules(
        idle_s=120.0,
        messages=sim.RateLimit(10),
        subscribes=sim.RateLimit(240, 3600.0),
        most_channels=1000,
        most_bytes=4096,
        connections=100,
        attempts=sim.RateLimit(300, 300.0, "ip"),
    )
    accepts_ms: ClassVar[bool] = False
    """Milliseconds in a login are taken as well."""
    most_args: ClassVar[int | None] = None
    """More arguments in one message, and the venue hangs up."""

    def __init__(self, rest: BitgetGate) -> None:
        self.engine = rest.engine
        self.kind = rest.kind

    # -- reading

    def read(self, message: sim.Frame, line: sim.Line) -> Iterable[sim.Deed]:
        """Text `ping`, or an operation in JSON; keys that nobody knows do not count."""
        if message == "ping":
            return [sim.Beat("pong")]
        try:
            operation = _OPERATION.decode(message)
        except sim.UNREADABLE:
            return [sim.Answer(self.error(line, ILLEGAL_REQUEST))]
        op, args = operation.op, operation.args
        if op == "login":
            return [self._log_in(args[0] if args else {}, line)]
        if op not in ("subscribe", "unsubscribe"):
            return [sim.Answer(self.error(line, INVALID_OP))]
        if self.most_args is not None and len(args) > self.most_args:
            return [sim.Break()]
        return [self._want(op, row, line) for row in args]

    def _want(self, op: str, row: Mapping[str, Any], line: sim.Line) -> sim.Deed:
        if line.private and line.account is None:
            return sim.Answer(self.error(line, NOT_LOGGED_IN))
        try:
            wanted = self.find(row, line)
        except Rejected as rejected:
            return sim.Answer(self.error(line, rejected.code, arg=row, op=op))
        ack = self.acknowledged(op, wanted, line)
        if op == "unsubscribe":
            return sim.Unsubscribe(wanted.key, ack)
        return sim.Subscribe(wanted.key, wanted.subscription, ack)

    def _log_in(self, row: Mapping[str, Any], line: sim.Line) -> sim.LogIn:
        code, account = self._judge(row, line)
        if code is not None:
            return sim.LogIn(None, self.error(line, code))
        # A number: one client waits for ever for a text.
        return sim.LogIn(account, sim.encode({"event": "login", "code": 0, "msg": "", "connId": connection_id(line)}))

    def _judge(self, row: Mapping[str, Any], line: sim.Line) -> tuple[Code | None, sim.Account | None]:
        if not line.private:
            return LOGIN_FAILED, None
        found = self.engine.find_key(FAMILY, str(row.get("apiKey")))
        if found is None:
            return BAD_KEY, None
        account, key = found
        if account.kind != self.kind:
            return LOGIN_FAILED, None
        stamp = str(row.get("timestamp"))
        if not (stamp.isascii() and stamp.isdigit()):
            return BAD_TIMESTAMP, None
        seconds = int(stamp) / 1000 if self.accepts_ms and len(stamp) == 13 else int(stamp)
        if abs(seconds - line.now_ms / 1000) > LOGIN_WINDOW_S:
            return EXPIRED, None
        if row.get("passphrase") != key.passphrase:
            return BAD_PASSPHRASE, None
        if not key.has_signed(f"{stamp}GET/user/verify".encode(), str(row.get("sign")), base64=True):
            return BAD_SIGN, None
        return None, account

    # -- writing

    @abstractmethod
    def find(self, row: Mapping[str, Any], line: sim.Line) -> Wanted:
        """The channel that an argument names.

        Raises:
            Rejected: None.
        """

    @abstractmethod
    def acknowledged(self, op: str, wanted: Wanted, line: sim.Line) -> sim.Frame:
        """The answer to one argument."""

    @abstractmethod
    def error(self, line: sim.Line, code: Code, *, arg: Mapping[str, Any] | None = None, op: str = "") -> sim.Frame:
        """An error."""

    def too_many(self, line: sim.Line) -> sim.Frame | None:
        """Then the connection is closed."""
        return self.error(line, TOO_MANY)

    def login_refused(self, line: sim.Line) -> sim.Frame:
        """As if the key were gone."""
        return self.error(line, BAD_KEY)

    def refused(self, subscription: sim.Subscription, line: sim.Line) -> sim.Frame | None:
        """As if the channel were gone."""
        return self.error(line, NOT_THERE, arg=subscription.arg, op="subscribe")

    def announced(self, line: sim.Line) -> sim.Frame | None:
        """A minute before the end."""
        return self.error(line, UPGRADE)

    def told(self, account: sim.Account, subscription: sim.Subscription, row: Any) -> Iterable[sim.Frame]:
        return [self.push(subscription, [row])]

    def push(self, subscription: sim.Subscription, data: Any, action: str = "snapshot") -> sim.Frame:
        """The envelope of data; `ts` is a number, the rows' times are text."""
        return sim.encode({"action": action, "arg": subscription.arg, "data": data, "ts": self.engine.clock()})


def connection_id(line: sim.Line) -> str:
    """`connId`."""
    return f"{line.number:08x}-0000-0000-0000"
