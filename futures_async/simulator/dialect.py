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

        key_header = "x-key"                     # before any private route: `authenticate`
        no_key = unknown_key = VenueRefusal("40006", "unknown key")
        no_right = VenueRefusal("40014", "not allowed")

        def check_signed(self, request, account, key):
            ...                                  # signature over request.method, .path, .query, .body; time window

        @get("/api/positions", RateLimit(10))    # `public`, `post`: see `route`
        def positions(self, request):            # the payload; raises VenueRefusal or any EngineError
            account = request.account            # settled up to request.now_ms already
            return [row(view) for view in ...]

        def success(self, request, result): ...  # the envelope around a payload
        def failure(self, request, refusal): ... # the envelope around a refusal
        tables = (CODES,)                        # EngineError -> code and message, RateLimited too; `translate`
                                                 # for what no table can say (error.limit, error.opens_in_s)

        def demo_account(self, setup):           # the account that `futures-async simulate` announces
            return open_demo_account(self.engine, setup, "1001", key=ApiKey(...), family=self.family)

        def streams(self): ...                   # the venue's WebSocket, where it has one: `stream_dialect.py`

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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from importlib.metadata import EntryPoint
from typing import Any, ClassVar, NamedTuple

from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.demo import Setup
from futures_async.simulator.engine import Engine
from futures_async.simulator.errors import EngineError, UnknownSymbol
from futures_async.simulator.limits import Credit as Credit
from futures_async.simulator.lists import Lists, R
from futures_async.simulator.reading import Reader
from futures_async.simulator.refusals import Table as Table
from futures_async.simulator.refusals import VenueRefusal as VenueRefusal
from futures_async.simulator.refusals import refusal_of
from futures_async.simulator.routes import Of, declared
from futures_async.simulator.routes import always as always
from futures_async.simulator.routes import get as get
from futures_async.simulator.routes import post as post
from futures_async.simulator.routes import public as public
from futures_async.simulator.routes import refusing as refusing
from futures_async.simulator.routes import route as route
from futures_async.simulator.stream_dialect import StreamDialect
from futures_async.simulator.wire import Handler as Handler
from futures_async.simulator.wire import Request as Request
from futures_async.simulator.wire import Response as Response
from futures_async.simulator.wire import Route as Route
from futures_async.transport.endpoint import RateLimit
from futures_async.unified.installed import adapters
from futures_async.unified.words import near


class Verdict(NamedTuple):
    """What became of one item of a batch: a result, or a refusal."""

    item: Mapping[str, Any]
    result: Any = None
    refusal: VenueRefusal | None = None


class Dialect(ABC):
    """One venue's wire. See the module's docstring."""

    id: ClassVar[str]
    family: ClassVar[str]
    prefixes: ClassVar[tuple[str, ...]]
    ip_limits: ClassVar[tuple[RateLimit, ...]] = ()
    """Over all endpoints of this venue, per address or account; a call takes its route's `weight` of them."""
    limited_by_account: ClassVar[bool] = True
    """The exchange's `uid_limit` over all endpoints is one of this venue's."""
    tables: ClassVar[Sequence[Table]] = ()
    """What it calls the engine's errors; the nearest table first."""
    statuses: ClassVar[Mapping[str, int]] = {}
    """HTTP status by code, where it is not `refusal_status`."""
    refusal_status: ClassVar[int] = 400
    reader: ClassVar[Reader | None] = None
    """Refuses requests without what their route `needs`."""
    constants: ClassVar[Sequence[Route]] = ()
    """Endpoints that give the same to everybody (see `always`), beside those of the classes below."""
    bare: ClassVar[bool] = False
    """There is no envelope around its payloads."""
    linear_only: ClassVar[bool] = False
    """It lists no coin-margined contracts."""
    quote_sized: ClassVar[bool] = False
    """Its coin-margined contracts are worth a fixed amount of quote coin each."""
    symbol_field: ClassVar[str] = "symbol"
    """What requests call the field that names a contract."""
    key_header: ClassVar[str] = ""
    """Which header names the key of a request, in small letters; needed where `authenticate` is the core's."""
    no_key: ClassVar[VenueRefusal]
    unknown_key: ClassVar[VenueRefusal]
    no_right: ClassVar[VenueRefusal]
    """The key may not do this: read, or all else."""
    not_found: ClassVar[VenueRefusal]
    ambiguous: ClassVar[VenueRefusal]
    """A code after which a write may have happened."""
    maintenance: ClassVar[VenueRefusal]

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def routes(self) -> Sequence[Route]:
        """All endpoints: those of the handlers that are marked, and the constant answers."""
        found: list[Route] = []
        for name, row in declared(type(self)):
            if isinstance(row, Route):
                found.append(row)
            else:
                call = getattr(self, name) if row.of is None else self._of(row.of, name)
                found.append(Route(row.method, row.path, call, row.limit, **row.more))
        return found

    def _of(self, of: Of, name: str) -> Handler:
        """A payload of rows that a method writes, whichever is called so then."""
        return lambda request: of(self, getattr(self, name), request)

    def operation(self, request: Request) -> str:
        """What the body asks for, at venues where one path serves many calls: their routes name it after the path."""
        return ""

    def authenticate(self, request: Request) -> Account:
        """Who sends this private request: a key that is known, then what `check_signed` looks at, then its rights.

        Raises:
            VenueRefusal: Nobody who may.
        """
        name = request.header(self.key_header)
        found = self.engine.find_key(self.family, name)
        if found is None:
            raise self.unknown_key if name else self.no_key
        self.check_signed(request, *found)
        account, key = found
        if not (key.can_read if request.method == "GET" else key.can_trade):
            raise self.no_right
        return account

    def check_signed(self, request: Request, account: Account, key: ApiKey) -> None:
        """Refuse a request whose time or signature is wrong, or whatever else a venue looks at."""
        raise NotImplementedError

    def by_nobody(self, request: Request) -> Request:
        """The same request without the headers, or whatever else says who sends it."""
        return Request(
            request.method, request.path, request.query, request.body, client=request.client, now_ms=request.now_ms
        )

    @abstractmethod
    def success(self, request: Request, result: Any) -> Response:
        """Wrap a payload."""

    @abstractmethod
    def failure(self, request: Request, refusal: VenueRefusal) -> Response:
        """Wrap a refusal."""

    def translate(self, error: EngineError, request: Request) -> VenueRefusal:
        """What this venue calls an error of the engine: by its route's table, then by the venue's."""
        own = () if request.route is None else (request.route.codes,)
        return refusal_of(error, (*own, *self.tables))

    def status(self, refusal: VenueRefusal) -> int:
        """The HTTP status of a refusal."""
        return refusal.status or self.statuses.get(refusal.code, self.refusal_status)

    def serve(self, request: Request, route: Route) -> Any:
        """The payload.

        Raises:
            VenueRefusal, EngineError: Refused.
        """
        if route.needs:
            self.check(request, route.needs)
        return route.handler(request)

    def check(self, request: Request, needs: Sequence[str]) -> None:
        """Refuse a request without what its route needs."""
        if self.reader is not None:
            self.reader.required(self.values(request), *needs)

    def values(self, request: Request) -> Mapping[str, Any]:
        """What a request names, by field: for venues with another way of their own."""
        return request.values

    def judge(
        self, request: Request, items: Iterable[Mapping[str, Any]], call: Callable[[Mapping[str, Any]], Any]
    ) -> list[Verdict]:
        """Each item of a batch by itself: it succeeds, or is refused, whatever becomes of the others."""
        verdicts: list[Verdict] = []
        for item in items:
            try:
                verdicts.append(Verdict(item, call(item)))
            except VenueRefusal as refusal:
                verdicts.append(Verdict(item, None, refusal.with_traceback(None)))
            except EngineError as error:
                verdicts.append(Verdict(item, None, self.translate(error, request)))
        return verdicts

    def contracts_listed(self) -> list[ContractSpec]:
        """The contracts that this venue may list."""
        world = self.engine.world
        return world.linear if self.linear_only else world.listed(quote_sized=self.quote_sized)

    def venue_symbol(self, contract: ContractSpec) -> str:
        """What this venue calls a contract; needed for what is found by that name."""
        raise NotImplementedError

    def is_called(self, contract: ContractSpec, name: object) -> bool:
        """This is its name, as requests may spell it."""
        return self.venue_symbol(contract) == name

    def contract_of(self, symbol: str) -> ContractSpec:
        """By its unified symbol."""
        return self.engine.world.contract(symbol)

    def name(self, symbol: str) -> str:
        """What this venue calls the contract of a unified symbol."""
        return self.venue_symbol(self.contract_of(symbol))

    def listed_for(self, values: Mapping[str, Any]) -> Sequence[ContractSpec]:
        """Among which contracts a request finds its own: all, unless it names a part of them."""
        return self.contracts_listed()

    def find_contract(self, name: object, listed: Sequence[ContractSpec] | None = None) -> ContractSpec:
        """The contract of this venue's name, among all or those that are given.

        Raises:
            UnknownSymbol: None.
        """
        for contract in self.contracts_listed() if listed is None else listed:
            if self.is_called(contract, name):
                return contract
        raise UnknownSymbol(str(name)[:40])

    def contract(self, values: Mapping[str, Any]) -> ContractSpec:
        """The contract that a request names.

        Raises:
            VenueRefusal: It names none.
            UnknownSymbol: It is not among those that it may be of.
        """
        if self.reader is not None:
            self.reader.required(values, self.symbol_field)
        return self.find_contract(values.get(self.symbol_field), self.listed_for(values))

    def asked(self, values: Mapping[str, Any]) -> Sequence[ContractSpec]:
        """The contract that is named, or else all that it may be of."""
        return [self.contract(values)] if values.get(self.symbol_field) else self.listed_for(values)

    def symbols(self, values: Mapping[str, Any]) -> set[str]:
        """The same by unified symbols: what a list is filtered by."""
        return {contract.symbol for contract in self.asked(values)}

    def only(self, values: Mapping[str, Any]) -> set[str] | None:
        """The same of a request that may name a contract; None: it does not, and rows without one count too."""
        return self.symbols(values) if values.get(self.symbol_field) else None

    def dollars(self, coin: str) -> Decimal:
        """What a coin is worth, for amounts that the venue converts: the mark price; 1 for what is no listed base."""
        for contract in self.contracts_listed():
            if contract.base == coin:
                return self.engine.world.mark(contract.symbol)
        return Decimal(1)

    def granted(self, account: Account, limit: RateLimit) -> int:
        """By how much an account's budget has grown beyond where it began."""
        return 0

    def page_of(
        self,
        request: Request,
        rows: Sequence[R],
        row: Callable[[R], Any],
        also: Callable[[R], bool] | None,
        days: int | None,
    ) -> Any:
        """A page of a list, in its wrapping; needed where routes are a `listing`."""
        raise NotImplementedError

    @abstractmethod
    def demo_account(self, setup: Setup) -> Account:
        """Open the account whose key is announced."""

    def streams(self) -> StreamDialect | None:
        """The venue's WebSocket; None: it has none."""
        return None

    def headers(self, request: Request, route: Route, credits: Sequence[Credit]) -> tuple[tuple[str, str], ...]:
        """Further headers of an answer, such as what is left of a limit."""
        return ()


def one(dialect: Dialect, row: Callable[[ContractSpec], Any], request: Request) -> Any:
    """The payload of a route that is marked `of=one`: the row of the contract that is named."""
    return row(dialect.contract(dialect.values(request)))


def each(dialect: Dialect, row: Callable[[ContractSpec], Any], request: Request) -> list[Any]:
    """That of one marked `of=each`: a row for the contract that is named, or for all."""
    return [row(contract) for contract in dialect.asked(dialect.values(request))]


def single(dialect: Dialect, call: Callable[[Request, Mapping[str, Any]], Any], request: Request) -> Any:
    """That of one marked `of=single`, which serves one thing that the body asks for, and batches of it elsewhere."""
    return call(request, request.fields())


def listing(
    rows: Callable[[Lists, Account], Sequence[R]],
    also: Callable[[Request, R], bool] | None = None,
    days: int | None = None,
) -> Of:
    """That of one marked `of=listing(Lists.fills)`, which writes a row of an account's list: a page of them.

    Args:
        rows: Which list.
        also: Which of its rows count, by what is asked.
        days: How far back the endpoint goes; None: as far as there are rows.
    """

    def payload(dialect: Dialect, row: Callable[[R], Any], request: Request) -> Any:
        found = rows(dialect.engine.lists, request.account)
        return dialect.page_of(request, found, row, None if also is None else partial(also, request), days)

    return payload


def plain(value: Decimal | None, empty: str = "") -> str:
    """A number as text: no exponent, no trailing zeros; `empty` for None."""
    if value is None:
        return empty
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def share(row: Mapping[str, Any], names: str) -> dict[str, Any]:
    """What another row has under these names: a push of what a list tells, a part of an order."""
    return {name: row[name] for name in names.split()}


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

    Raises:
        ValueError: `only` names what is none.
    """
    found = adapters().values() if points is None else points
    known = {point.name for point in found}
    for name in (only,) if isinstance(only, str) else only or ():
        if name not in known or name is only:
            raise ValueError(f"only is a list of ids of adapters, not {name[:40]!r}: {near(name, known)}")
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
