"""The seam between the simulated exchange and a venue's wire: what `adapters/<venue>/simulated.py` implements.

A dialect translates. It reads the venue's words out of a `Request`, asks the `Engine`, and writes the venue's words
back; it holds no state but the engine and knows no HTTP library. One exchange serves all dialects at one address.

    class Simulated(Dialect):
        id = "some-venue"                        # the adapter's id
        family = "some-venue"                    # whose keys: adapters of one venue share keys and accounts
        prefixes = ("/api/",)                    # unknown paths below are answered by `not_found`
        not_found = VenueRefusal("404", "no such endpoint", status=404)
        ambiguous = VenueRefusal("50000", "timed out")     # after which an order may or may not exist
        maintenance = VenueRefusal("50001", "maintenance", status=503)

        def routes(self):
            return [Route("GET", "/api/positions", self.positions, RateLimit(10)), ...]

        def authenticate(self, request):         # before any private route
            found = self.engine.find_key(self.family, request.header("x-key"))
            if found is None:
                raise VenueRefusal("40006", "unknown key")
            ...                                  # signature over request.method, .path, .query, .body; time window
            return found[0]

        def positions(self, request):            # the payload; raises VenueRefusal or any EngineError
            account = request.account            # settled up to request.now_ms already
            return [row(view) for view in ...]

        def success(self, request, result): ...  # the envelope around a payload
        def failure(self, request, refusal): ... # the envelope around a refusal
        def translate(self, error, request): ... # EngineError -> VenueRefusal: this venue's code table;
                                                 # RateLimited too (429, where error.opens_in_s may be told)

        def demo_account(self, setup):           # the account that `futures-async simulate` announces
            return open_demo_account(self.engine, setup, "1001", key=ApiKey(...), family=self.family)

    DIALECT = Simulated

**Found by convention**: for each entry point in the group `futures_async.adapters` that names
`package:Class`, the module `package.simulated` is asked for `DIALECT`. Packages without it have no dialect.

**Numbers**: everything that handlers compute runs in the engine's decimal context; write with `plain()`.
**Order of judgement**: path, IP limits, `authenticate`, account limits, then the handler.
**Account types of one family**: `Account.kind` is for dialects. A key of the other kind is found all the same, so
that a dialect can answer as its venue does. A `Route(fallback=True)` is dropped when another dialect declares the
same method and path properly: with it a dialect can refuse its sibling's paths on its own.
**Write the dialect from the venue's reference, not from the adapter**: it is what the adapter is tested against.
"""

from __future__ import annotations

import importlib
import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from importlib.metadata import EntryPoint
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qsl

import msgspec

from futures_async.simulator.accounts import Account
from futures_async.simulator.demo import Setup
from futures_async.simulator.engine import Engine
from futures_async.simulator.errors import BadBody, EngineError
from futures_async.transport.endpoint import Kind, RateLimit
from futures_async.unified.installed import adapters


class VenueRefusal(Exception):
    """The venue says no, in its own words.

    Args:
        code: The venue's code.
        message: Its message.
        status: HTTP status; None: what the venue uses for refusals.
        headers: Further response headers.
    """

    def __init__(
        self, code: str, message: str = "", *, status: int | None = None, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.headers = headers


class Response(NamedTuple):
    """An answer."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json;charset=UTF-8"


class Request:
    """One request, as it came. Header names are lower case.

    Attributes:
        method: Upper case.
        path: Without the query.
        query: As sent, without the question mark.
        body: As sent.
        headers: By lower-case name.
        client: The address that it came from; limits per IP count by it.
        now_ms: The exchange's time of arrival.
    """

    __slots__ = ("_account", "_json", "_params", "body", "client", "headers", "method", "now_ms", "path", "query")

    def __init__(
        self,
        method: str,
        path: str,
        query: str = "",
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        client: str = "127.0.0.1",
        now_ms: int = 0,
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.headers = headers or {}
        self.client = client
        self.now_ms = now_ms
        self._params: dict[str, str] | None = None
        self._json: Any = None
        self._account: Account | None = None

    @property
    def account(self) -> Account:
        """Who asks; on private routes only."""
        if self._account is None:
            raise RuntimeError("a public route has no account")
        return self._account

    def belongs_to(self, account: Account) -> None:
        """Say who asks; done once, after `authenticate`."""
        self._account = account

    @property
    def uid(self) -> str | None:
        """The account's, on private routes."""
        return None if self._account is None else self._account.uid

    def header(self, name: str) -> str:
        """A header by its lower-case name; "" when it is missing."""
        return self.headers.get(name, "")

    @property
    def params(self) -> dict[str, str]:
        """The query, decoded; of repeated names the last counts."""
        if self._params is None:
            self._params = dict(parse_qsl(self.query, keep_blank_values=True))
        return self._params

    def json(self) -> Any:
        """The body, decoded; numbers that are not whole come as Decimal.

        Raises:
            BadBody: Not JSON.
        """
        if self._json is None:
            try:
                self._json = _JSON.decode(self.body or b"{}")
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                raise BadBody("the body is not JSON") from None
        return self._json

    def fields(self) -> dict[str, Any]:
        """The body, where it must be an object.

        Raises:
            BadBody: It is not.
        """
        found = self.json()
        if not isinstance(found, dict):
            raise BadBody("the body is not a JSON object")
        return found  # pyright: ignore[reportUnknownVariableType] - any object


_JSON: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)

Handler = Callable[[Request], Any]


class Route:
    """One endpoint.

    Args:
        method: Upper case.
        path: Whole path.
        handler: Gives the payload.
        limit: The endpoint's own limit or limits; scope `uid` or `ip`.
        private: Needs authentication.
        kind: What it does; fault plans choose by it.
        fallback: Gives way to a proper route of another dialect.
    """

    __slots__ = ("fallback", "handler", "kind", "limits", "method", "path", "private")

    def __init__(
        self,
        method: str,
        path: str,
        handler: Handler,
        limit: RateLimit | tuple[RateLimit, ...] = (),
        *,
        private: bool = True,
        kind: Kind = Kind.READ,
        fallback: bool = False,
    ) -> None:
        self.method = method
        self.path = path
        self.handler = handler
        self.limits = (limit,) if isinstance(limit, RateLimit) else limit
        self.private = private
        self.kind = kind
        self.fallback = fallback


class Credit(NamedTuple):
    """Where a request stands in its endpoint's own window, for response headers."""

    limit: RateLimit
    used: int
    """With this request."""


class Dialect(ABC):
    """One venue's wire. See the module's docstring."""

    id: ClassVar[str]
    family: ClassVar[str]
    prefixes: ClassVar[tuple[str, ...]]
    ip_limits: ClassVar[tuple[RateLimit, ...]] = ()
    """Over all endpoints of this venue, per address."""
    not_found: ClassVar[VenueRefusal]
    ambiguous: ClassVar[VenueRefusal]
    """A code after which a write may have happened."""
    maintenance: ClassVar[VenueRefusal]

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @abstractmethod
    def routes(self) -> Sequence[Route]:
        """All endpoints."""

    @abstractmethod
    def authenticate(self, request: Request) -> Account:
        """Who sends this private request.

        Raises:
            VenueRefusal: Nobody who may.
        """

    @abstractmethod
    def success(self, request: Request, result: Any) -> Response:
        """Wrap a payload."""

    @abstractmethod
    def failure(self, request: Request, refusal: VenueRefusal) -> Response:
        """Wrap a refusal."""

    @abstractmethod
    def translate(self, error: EngineError, request: Request) -> VenueRefusal:
        """What this venue calls an error of the engine."""

    @abstractmethod
    def demo_account(self, setup: Setup) -> Account:
        """Open the account whose key is announced."""

    def headers(self, request: Request, route: Route, credits: Sequence[Credit]) -> tuple[tuple[str, str], ...]:
        """Further headers of an answer, such as what is left of a limit."""
        return ()


def plain(value: Decimal | None, empty: str = "") -> str:
    """A number as text: no exponent, no trailing zeros; `empty` for None."""
    if value is None:
        return empty
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def fixed(value: Decimal, step: Decimal) -> str:
    """A number cut to the decimals of `step`, as text."""
    return plain(value // step * step)


def find_dialects(
    points: Sequence[EntryPoint] | None = None, *, only: Sequence[str] | None = None
) -> Iterator[type[Dialect]]:
    """The dialects of the installed adapters, in the order of their ids.

    Args:
        points: Where to look; None: all adapters that there are.
        only: Adapter ids; None: all.
    """
    found = adapters().values() if points is None else points
    seen: set[type[Dialect]] = set()
    for point in sorted(found, key=lambda point: point.name):
        if only is not None and point.name not in only:
            continue
        name = f"{point.module}.simulated"
        try:
            if importlib.util.find_spec(name) is None:
                continue
        except ModuleNotFoundError:
            continue  # the adapter itself is not there
        dialect: type[Dialect] | None = getattr(importlib.import_module(name), "DIALECT", None)
        if dialect is not None and dialect not in seen:
            seen.add(dialect)
            yield dialect
