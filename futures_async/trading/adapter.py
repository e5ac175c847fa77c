"""`Adapter`: the base of every venue's client. Construction, names, any endpoint, closing.

An adapter adds its hooks (see `hooks.py`), its pages (`history.py`) and its plain reads; `README.md` in `adapters/`
walks through one.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, ClassVar, NoReturn, Self, TypeVar, Unpack, cast
from urllib.parse import urlsplit

from futures_async.journal.journal import Journal, JournalFailed
from futures_async.journal.opening import Place, open_journal
from futures_async.streams.backend import StreamBackend
from futures_async.trading.adjusting import Adjusting
from futures_async.trading.books import BY_HAND
from futures_async.trading.bounds import OrderBounds
from futures_async.trading.cancelling import ordered, urgent
from futures_async.trading.capabilities import following
from futures_async.trading.contracts import ContractBook
from futures_async.trading.countdown import Arming
from futures_async.trading.derived import Derived
from futures_async.trading.desk import OrderDesk
from futures_async.trading.hooks import Replacing
from futures_async.trading.identity import account_name, site_of
from futures_async.trading.leveraging import Leveraging
from futures_async.trading.moding import Moding
from futures_async.trading.options import Options, common_options, own_options, plain_function
from futures_async.trading.rules import Rules
from futures_async.trading.streaming import Streaming
from futures_async.transport.channel import Channel
from futures_async.transport.clock import VenueClock
from futures_async.transport.dialect import Dialect
from futures_async.transport.endpoint import Endpoint, Kind, RateLimit
from futures_async.transport.events import Observer
from futures_async.transport.http.backend import Timeouts
from futures_async.transport.http.choose import select
from futures_async.transport.http.gate import demo_hosts
from futures_async.transport.http.route import route
from futures_async.transport.limits.local import shared
from futures_async.transport.retry import RetryPolicy
from futures_async.transport.runtime import Work
from futures_async.transport.shared import Transport
from futures_async.transport.urls import check_base_url, check_path, is_loopback
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import PositionMode
from futures_async.unified.errors import (
    ClientClosed,
    InvalidRequest,
    LifecycleWarning,
    NotSupported,
    OrderNotFound,
    OrderOutcomeUnknown,
    UnresolvedOrders,
)
from futures_async.unified.exchange import Capability
from futures_async.unified.models import Model, Order
from futures_async.unified.symbols import Names, Pairs

logger = logging.getLogger("futures_async.orders")

M = TypeVar("M", bound=Model)
T = TypeVar("T")
W = TypeVar("W")


class Adapter(Adjusting, Arming, Derived, Leveraging, Moding, Rules, Streaming):
    """Base of the venues' clients.

    An adapter with options of its own names them in `takes` and reads them with `_own_options`.

    Args:
        credentials: None gives the public endpoints only.
        dialect: The venue's.
        options: See `Options`.

    Raises:
        InvalidRequest: An option or the credentials cannot be right.
        NotSupported: `demo=True` at a venue without demo trading.
    """

    takes: ClassVar[type[Options]] = Options
    """The options of the constructor."""
    lacks: ClassVar[frozenset[Capability]] = frozenset()
    """What does not follow from the hooks of this class, although it does elsewhere."""
    _late: ClassVar[frozenset[str]] = frozenset()
    """Parts of one account that are made when they are first used."""
    _said: ClassVar[bool] = False
    """Whether the class, or one that it extends, says what it can in words of its own."""

    def __init_subclass__(cls, **more: Any) -> None:
        """Unless a class says what it can, that is what follows from its hooks."""
        super().__init_subclass__(**more)
        cls._late = frozenset(
            name for base in cls.__mro__ for name, part in vars(base).items() if isinstance(part, cached_property)
        )
        if "capabilities" in vars(cls):
            cls._said = True
        elif not cls._said:
            cls.capabilities = following(cls, Adapter) - cls.lacks

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        dialect: Dialect,
        **options: Unpack[Options],
    ) -> None:
        self._check_type(credentials)
        given = common_options(self.id, self.takes, options)
        demo: bool = given["demo"]
        if demo and dialect.demo_support == "none":
            raise NotSupported(f"{self.id}: the venue has no demo trading")
        dialect.in_demo = demo
        self._chosen_url: str | None = given["base_url"]
        self._given_streams: StreamBackend | None = given["streams"]
        url: str = given["base_url"] or check_base_url((demo and dialect.demo_url) or dialect.base_url)
        if demo and dialect.demo_url:
            demo_hosts.add(urlsplit(url).hostname or "")
        if self.lifecycle != "live" and not demo and not is_loopback(urlsplit(url).hostname or ""):
            warnings.warn(
                f"{self.name}: this interface is {self.lifecycle} at the venue; see its documentation",
                LifecycleWarning,
                stacklevel=3,
            )
        self._dialect = dialect
        self._demo = demo
        self._site = site_of(url, dialect, demo=demo)
        self._uid_limit: RateLimit | None = given["uid_limit"]
        self._reserve: int = given["reserve"]
        self._journal, self._owns_journal = _journal(given["journal"])
        self._bounds: OrderBounds | None = given["bounds"]
        self._on_event = given["on_event"]
        self._on_late_order: Callable[[Order], object] | None = given["on_late_order"]
        self._contracts = ContractBook()
        self._way_to = partial(
            route,
            proxy=given["proxy"],
            ca_file=given["ca_file"],
            local_address=given["local_address"],
            trust_env=given["trust_env"],
        )
        backend, owned = select(given["http"], url, self._way_to(url))
        self._transport = Transport(
            base_url=url,
            backend=backend,
            owns_backend=owned,
            limiter=given["limiter"] or shared(),
            clock=VenueClock(),
            timeouts=given["timeout"] or Timeouts(),
            policy=given["retry"] or RetryPolicy(),
        )
        self._attach(credentials)

    @classmethod
    def _own_options(cls, given: Mapping[str, Any]) -> tuple[dict[str, Any], Options]:
        """The options that only this adapter has, checked and complete, and the rest, for this class's constructor."""
        return own_options(cls.id, cls.takes, given)

    def _check_type(self, credentials: object) -> None:
        if credentials is not None and not isinstance(credentials, Credentials):
            kind = type(credentials).__name__
            raise InvalidRequest(f"{self.id}: credentials must be Credentials(key=…, secret=…), not {kind}")

    def _attach(self, credentials: Credentials | None) -> None:
        """Everything that belongs to one account."""
        if credentials is not None:
            missing = credentials.missing(*self._dialect.credentials_needed)
            if missing:
                raise InvalidRequest(f"{self.id} needs credentials with {' and '.join(missing)}")
        self._observer = Observer(self._on_event)
        self._channel = Channel(
            self._transport,
            self._dialect,
            credentials,
            uid_limit=self._uid_limit,
            reserve=self._reserve,
            observer=self._observer,
        )
        if Capability.FETCH_TIME in self.capabilities:
            self._channel.sync = self.fetch_time
        self._successors: dict[str, str] = {}
        self._replacing: dict[str, Replacing] = {}
        self._position_mode: PositionMode | None = None
        self._halted = False
        self._closing: Work[None] | None = None

    @cached_property
    def _orders(self) -> OrderDesk:
        return OrderDesk(
            self._channel,
            account=self.account_id,
            find=self._urgent_find,
            read=self._read_order,
            glance=self._urgent_glance,
            journal=self._journal,
            on_late_order=self._on_late_order,
        )

    def with_credentials(self, credentials: Credentials) -> Self:
        if self._channel.deeds.closing:
            raise ClientClosed(f"{self.id}: this exchange object is closed")
        self._check_type(credentials)
        twin = object.__new__(type(self))
        for name, value in vars(self).items():
            if name not in self._late:
                setattr(twin, name, value)
        twin._attach(credentials)
        return twin

    def __copy__(self) -> NoReturn:
        raise TypeError(
            f"{self.id}: an exchange object cannot be copied, closing the copy would close it too: "
            "with_credentials() makes a further account on the same connections"
        )

    def __deepcopy__(self, memo: object) -> NoReturn:
        self.__copy__()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            f"{self.id}: an exchange object cannot be pickled, it holds keys, connections and an event loop: "
            "make one in the other process, with fa.connect() or fa.load_accounts()"
        )

    async def _urgent_glance(self, venue_symbol: str, client_order_id: str) -> Order | None:
        with urgent():
            try:
                return await self.fetch_order(venue_symbol, client_order_id=client_order_id)
            except OrderNotFound:
                return None

    async def _urgent_find(self, venue_symbol: str, client_order_id: str) -> Order | None:
        with urgent():
            return await self._find_order(venue_symbol, client_order_id)

    async def _read_order(self, venue_symbol: str, order_id: str) -> Order:
        with ordered():
            return await self.fetch_order(venue_symbol, order_id=order_id)

    @property
    def base_url(self) -> str:
        """Where requests go."""
        return self._transport.base_url

    @property
    def account_id(self) -> str:
        return account_name(self._channel.credentials, self._part, self._site)

    @property
    def view_id(self) -> str:
        return " ".join((self.account_id, *self._reads))

    @property
    def _part(self) -> str:
        """Which part of the credentials' account orders are in, where options choose one: a vault, a sub-account."""
        return ""

    @property
    def _reads(self) -> Sequence[str]:
        """What of the account is read where no symbol is named, as far as options choose it."""
        return ()

    @property
    def takes_client_order_id(self) -> bool:
        return self._dialect.traits.client_id

    @property
    def credentials_needed(self) -> tuple[str, ...]:
        """Which of passphrase and memo the venue has."""
        return self._dialect.credentials_needed

    def closed_for_s(self) -> float:
        return self._transport.limiter.closed_for(self._channel.pools.account)

    def slots_taken(self) -> Mapping[str, tuple[int, int]]:
        return self._channel.pools.taken(self._transport.limiter)

    def observe(self, hook: Callable[[Any], object]) -> None:
        self._observer.also(plain_function(hook, "hook"))

    def __repr__(self) -> str:
        if "_channel" not in vars(self):  # a debugger shows what the constructor refused
            return f"{type(self).__name__}(refused)"
        credentials, mode = self._channel.credentials, ", demo" if self._demo else ""
        account = "public" if credentials is None else credentials.limit_id
        return f"{type(self).__name__}({self.base_url}, account={account}{mode})"

    async def __aenter__(self) -> Self:
        if self._journal is not None:
            try:
                await self._journal.open()
            except JournalFailed:
                await self.aclose(0)
                raise
        return self

    async def aclose(self, grace_s: float = 10.0) -> None:
        if self._transport.ended:
            self._orders.forsake()
            self._channel.deeds.forsake()
            await self._channel.forsake()
            await self._tell_left()
            return
        runtime = self._transport.runtime()
        if self._closing is None:
            self._channel.refuse_new()
            # Work of its own: it goes on when who closes is cancelled, and a second caller waits for its end.
            self._closing = runtime.start(self._close(runtime.now() + grace_s))
        elif self._closing.done:
            return
        await self._closing.wait()

    async def _close(self, until: float) -> None:
        self._channel.deeds.announce(until, self.unresolved())
        await self._streams.aclose()
        await self._channel.deeds.drain(until)
        await self._orders.stop()
        await self._channel.shut()
        await self._tell_left()

    async def _tell_left(self) -> None:
        """Close what this object alone has opened, and name the orders whose fate is open."""
        if self._journal is not None and self._owns_journal and not self._transport.users:
            await self._journal.aclose()
        left = self._channel.deeds.questions.open()
        errors = self._orders.unresolved()
        orders = [one for one in left if isinstance(one, OrderOutcomeUnknown) and one.client_order_id is not None]
        errors += [one for one in orders if one not in errors]
        others = [one for one in left if one not in errors]
        if others:
            logger.warning(
                "%s: closed, and it is not known whether the venue acted on %d more: %s",
                self.id,
                len(others),
                "; ".join(one.text for one in others[:5]),
            )
        if errors:
            left_open = UnresolvedOrders(
                f"{self.id}: closed, and it is not known whether the venue acted on "
                + ", ".join(f"order {error.client_order_id} of {error.symbol}" for error in errors[:5])
                + (f" and {len(errors) - 5} more" if len(errors) > 5 else ""),
                errors=errors,
            )
            if not self.takes_client_order_id:
                left_open.advice = BY_HAND
            raise left_open

    # Names

    pairs: ClassVar[Pairs | Names | None] = None
    """How the venue's ids are written: as a base and a quote coin, or by two functions; where that hangs on the object,
    the two methods are defined."""

    def venue_symbol(self, symbol: str) -> str:
        return self._pairs.name(symbol)

    def unified_symbol(self, venue_symbol: str) -> str:
        return self._pairs.symbol(venue_symbol)

    @property
    def _pairs(self) -> Pairs | Names:
        if self.pairs is None:
            raise NotImplementedError(f"{type(self).__name__}: `pairs` says how names are written, or two methods do")
        return self.pairs

    # Any endpoint

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, Any] | None = None,
        body: Any = None,
        idempotent: bool | None = None,
    ) -> Any:
        method = method.upper()
        if method not in ("GET", "POST", "PUT", "DELETE"):
            raise InvalidRequest(f"method must be GET, POST, PUT or DELETE, not {method[:20]!r}")
        read = method == "GET" if idempotent is None else idempotent
        kind = Kind.READ if method == "GET" and read else Kind.SETTING if read else Kind.DELTA
        if kind is not Kind.READ:
            self._active("request")
        # Any is no type to the checker, and just what is meant here.
        endpoint: Endpoint[Any] = Endpoint(method, check_path(path), result=cast("type[Any]", Any), kind=kind)
        return await self._call(endpoint, params, body)


def _journal(given: Journal | Place | None) -> tuple[Journal | None, bool]:
    """The journal, and whether it is to be closed with the exchange."""
    if given is None or isinstance(given, Journal):
        return given, False
    return open_journal(given), True
