"""Places orders below the order desk, keeps account of each of them, and takes them all back.

The desk refuses what is asked for here (an id used twice, an old signature), so a `Bench` builds requests with the
adapter's own hooks and sends them through channels of its own on the exchange's transport: same connections, clock
and limiter.
"""

# What is measured lies below the public methods, so this goes by the hooks of `Trading`.
# pyright: reportPrivateUsage=false
from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import anyio
import msgspec

from futures_async.probe.findings import Finding, Verdict
from futures_async.trading.adapter import Adapter
from futures_async.trading.ordering import Placement
from futures_async.trading.planning import make_client_order_id
from futures_async.transport.channel import Channel
from futures_async.transport.clock import loop_time
from futures_async.transport.dialect import Dialect, Refusal, SealedHeaders, Unsigned
from futures_async.transport.endpoint import Endpoint, RateLimit
from futures_async.transport.events import Observer
from futures_async.transport.shared import Transport
from futures_async.transport.urls import is_loopback
from futures_async.unified.convert import ceil_to_step
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import MarginMode, OrderType, Side, TimeInForce
from futures_async.unified.errors import (
    BadResponse,
    DuplicateOrder,
    ExchangeError,
    FuturesAsyncError,
    InvalidRequest,
    NotSent,
    OutcomeUnknown,
)
from futures_async.unified.exact import divide, subtract
from futures_async.unified.exchange import Capability, FuturesExchange
from futures_async.unified.models import Contract, Order, OrderRequest

NEEDED = (
    Capability.CREATE_ORDER,
    Capability.CANCEL_ORDER,
    Capability.FETCH_ORDER,
    Capability.FETCH_OPEN_ORDERS,
    Capability.FETCH_POSITIONS,
    Capability.CLOSE_POSITION,
)
AWAY = Decimal("0.1")
"""A resting order is priced so far below the market, as a fraction."""
LEAST_NOTIONAL = Decimal(6)
"""In quote coin: venues take no order below five of them."""


class ProbeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a probe trades, and how far it goes."""

    symbol: str = "BTC/USDT:USDT"
    """Unified symbol or the venue's id."""
    price: Decimal | None = None
    """Of resting orders, far below the market; None: a tenth below the last price."""
    quantity: Decimal | None = None
    """Of each order, base coin; None: the smallest that the venue takes. Of contracts that are worth quote coin, a
    whole number of them at the price of resting orders."""
    leverage: Decimal | None = None
    """For venues that want it on every order."""
    margin_mode: MarginMode | None = None
    """Likewise."""
    orders: int = 20
    """So many orders are placed and looked up to see how soon they are visible."""
    ages_s: tuple[float, ...] = ()
    """After so many seconds the id of a cancelled order is used again, to see how long the venue remembers it."""
    fill: bool = True
    """Also ask about filled orders: one is bought at market, and closed again. Not of contracts that are worth quote
    coin, of which no order at market can be sized."""
    live: bool = False
    """Trade with real money, where the account is neither a demo account nor on a loopback address."""
    burst: int = 0
    """Send so many orders at once past the rate limiter, to see what a 429 means; 0: don't. Venues ban for this."""


class Sent(NamedTuple):
    """What became of one placement."""

    answer: Literal["accepted", "duplicate", "refused", "unclear"]
    client_order_id: str | None
    order_id: str | None = None
    echoed: str | None = None
    error: FuturesAsyncError | None = None

    def __str__(self) -> str:
        if self.error is None:
            return self.answer
        return f"{self.answer} ({name_of(self.error)})"


def aged(dialect: Dialect, by_s: float) -> Dialect:
    """The same dialect with signatures that are `by_s` seconds old.

    To the venue it is the request that was signed then and held up since: the same bytes at the same moment.
    """
    if not by_s:
        return dialect
    twin, by_ms = copy.copy(dialect), int(by_s * 1000)

    def headers(request: Unsigned, endpoint: Endpoint[Any], credentials: Credentials, now_ms: int) -> SealedHeaders:
        return dialect.headers(request, endpoint, credentials, now_ms - by_ms)

    def seal(request: Unsigned, endpoint: Endpoint[Any], credentials: Credentials, now_ms: int) -> Unsigned:
        """Some venues have the time in the query or the body."""
        return dialect.seal(request, endpoint, credentials, now_ms - by_ms)

    twin.headers, twin.seal = headers, seal  # type: ignore[method-assign]
    return twin


def refuse_real_money(exchange: FuturesExchange, settings: ProbeSettings) -> None:
    """Refuse an account in which real money could move, unless the settings say that it is meant.

    Raises:
        InvalidRequest: It is one; nothing was asked of the venue.
    """
    harmless = isinstance(exchange, Adapter) and (
        exchange._demo or is_loopback(urlsplit(exchange.base_url).hostname or "")
    )
    if not (settings.live or harmless):
        raise InvalidRequest(
            f"{exchange!r} trades with real money: use the venue's demo trading or the simulated exchange, "
            "or say that a live account is meant (--live)"
        )


class Bench:
    """One exchange under measurement."""

    def __init__(self, exchange: Adapter, settings: ProbeSettings) -> None:
        self.exchange = exchange
        self.settings = settings
        self.traits = exchange._channel.dialect.traits
        self.symbol = settings.symbol
        self.venue_symbol = exchange.venue_symbol(settings.symbol)
        self.findings: list[Finding] = []
        self.left: list[str] = []
        self.placed = 0
        self.price = self.tick = self.quantity = Decimal(0)
        self.contract: Contract | None = None
        self.bought = False
        self._known: set[str] = set()
        """Ids of the venue's, of all orders that were accepted."""
        self._open: set[str] = set()
        """Those of them that nobody has cancelled yet."""
        self._ids: set[str] = set()
        self._doubtful: set[str] = set()
        self._channels: list[Channel] = []
        self.window_s = self.traits.window_s
        """How long a placement counts, as far as that is declared; its own expiry once one was sent."""

    def note(self, trait: str, declared: object, found: object, verdict: Verdict, detail: str = "") -> None:
        """Put down one finding."""
        words = {True: "yes", False: "no", None: "never"}
        self.findings.append(
            Finding(
                trait=trait,
                declared=words[declared] if isinstance(declared, bool) or declared is None else str(declared),
                found=words[found] if isinstance(found, bool) else str(found),
                verdict=verdict,
                detail=detail,
            )
        )

    # Opening

    async def open(self) -> None:
        """Learn what an order must look like, and see that the account is free."""
        for capability in NEEDED:
            self.exchange._require(capability)
        refuse_real_money(self.exchange, self.settings)
        await self._choose_terms()
        if self.exchange.supports(Capability.FETCH_TIME):
            await self.exchange.fetch_time()
        positions = await self.exchange.fetch_positions(self.symbol)
        orders = await self.exchange.fetch_open_orders(self.symbol)
        if positions or orders:
            raise InvalidRequest(
                f"{self.exchange.id}: the account has {len(positions)} positions and {len(orders)} open orders in "
                f"{self.symbol}: a probe wants a contract that nobody trades; choose another symbol or sub-account"
            )

    async def _choose_terms(self) -> None:
        given, exchange = self.settings, self.exchange
        price, quantity = given.price, given.quantity
        contract: Contract | None = None
        if exchange.supports(Capability.FETCH_CONTRACT) and exchange.supports(Capability.FETCH_TICKER):
            contract = await exchange.fetch_contract(self.symbol)
            if price is None:
                price = contract.round_price((await exchange.fetch_ticker(self.symbol)).last_price * (1 - AWAY))
            self.tick = contract.price_step(price)
            if quantity is None:
                # Least and step are contracts where those are worth quote coin, and base coin everywhere else.
                worth = price if contract.contract_value is None else contract.contract_value
                least = max(contract.smallest_quantity(price), divide(LEAST_NOTIONAL, worth))
                quantity = ceil_to_step(least, contract.quantity_step)
                if contract.contract_value is not None:
                    quantity = contract.quantity_of(quantity, price)
        if price is None or quantity is None:
            raise InvalidRequest(f"{exchange.id} has no market data: give price and quantity")
        self.price, self.quantity, self.contract = price, quantity, contract

    @property
    def fills(self) -> bool:
        """Whether orders may be filled."""
        return self.settings.fill and (self.contract is None or self.contract.contract_value is None)

    def _quantity_at(self, price: Decimal) -> Decimal:
        """What an order at another price than the others' is to have: as many contracts as they."""
        if self.contract is None or self.contract.contract_value is None:
            return self.quantity
        return self.contract.quantity_of(self.contract.exact_contracts(self.quantity, self.price), price)

    # Orders

    def channel(self, *, age_s: float = 0.0, transport: Transport | None = None) -> Channel:
        """A way to the venue past the order desk, stopped at the end."""
        own = self.exchange._channel
        pool = own.pools.account[0]
        made = Channel(
            transport or own.transport,
            aged(own.dialect, age_s),
            own.credentials,
            uid_limit=RateLimit(pool.limit, pool.per_s),
            observer=Observer(None),
        )
        self._channels.append(made)
        return made

    async def place(
        self, client_order_id: str | None = None, *, cheaper: bool = False, market: bool = False, way: Channel
    ) -> Sent:
        """Place one order, once, whatever became of it before.

        Args:
            client_order_id: None makes one.
            cheaper: Another price than the others have.
            market: Buy at market.
            way: See `channel`.
        """
        if client_order_id is None and self.traits.client_id:
            client_order_id = make_client_order_id()
        price = subtract(self.price, self.tick or divide(self.price, Decimal(100))) if cheaper else self.price
        request = OrderRequest(
            symbol=self.symbol,
            side=Side.BUY,
            type=OrderType.MARKET if market else OrderType.LIMIT,
            quantity=self._quantity_at(price),
            price=None if market else price,
            time_in_force=None if market else TimeInForce.POST_ONLY,
            client_order_id=client_order_id,
            leverage=self.settings.leverage,
            margin_mode=self.settings.margin_mode,
        )
        try:
            plan = await self.exchange._plan(request)
        except FuturesAsyncError as error:  # nothing was sent: what was found so far is told all the same
            return Sent("refused", client_order_id, error=error)
        placement = self.exchange._placement(plan)
        if placement.endpoint.window_s is not None:
            self.window_s = placement.endpoint.window_s
        if client_order_id is not None:
            self._ids.add(client_order_id)
        self.bought |= market
        # Until there is a clear answer, also when the probe is cancelled before that.
        doubt = client_order_id or f"without an id, sent at {way.now_ms()}"
        self._doubtful.add(doubt)
        sent = await self._send(placement, client_order_id, way)
        if sent.answer != "unclear":
            self._doubtful.discard(doubt)
        if sent.answer == "accepted" and sent.order_id is not None:
            self.placed += 1
            self._known.add(sent.order_id)
            if not market:
                self._open.add(sent.order_id)
        return sent

    async def _send(self, placement: Placement, client_order_id: str | None, way: Channel) -> Sent:
        try:
            ack = placement.read_ack(await way.call(placement.endpoint, body=placement.body))
        except (OutcomeUnknown, BadResponse) as unknown:
            cause = unknown.__cause__ if isinstance(unknown.__cause__, FuturesAsyncError) else unknown
            return Sent("duplicate" if isinstance(cause, DuplicateOrder) else "unclear", client_order_id, error=cause)
        except (ExchangeError, NotSent) as error:
            return Sent("refused", client_order_id, error=error)
        if isinstance(ack, Refusal):
            refused = way.dialect.judged(ack, placement.endpoint)
            return Sent("refused" if refused.definitive else "unclear", client_order_id, error=refused)
        order_id = ack.order_id or (ack.order.order_id if ack.order is not None else "")
        known = order_id in self._known  # the venue repeats its first answer
        return Sent("duplicate" if known else "accepted", client_order_id, order_id, ack.client_order_id)

    async def find(self, client_order_id: str) -> Order | None:
        """Look an order up as a resolution would; None where it is absent."""
        return await self.exchange._urgent_find(self.venue_symbol, client_order_id)

    async def cancel(self, sent: Sent) -> bool:
        """Cancel what was accepted; False where that is not certain, and left to `close`."""
        try:
            await self.exchange.cancel_order(self.symbol, order_id=sent.order_id)
        except FuturesAsyncError:
            return False
        self._open.discard(sent.order_id or "")
        return True

    async def cancel_raw(self, order_id: str) -> str:
        """The venue's own word on a cancel."""
        call = self.exchange._cancellation(self.venue_symbol, order_id, None)
        try:
            await self.exchange._channel.call(call.endpoint, call.params, call.body)
        except OutcomeUnknown as unknown:
            return name_of(unknown.__cause__ or unknown)
        except FuturesAsyncError as error:
            return name_of(error)
        return "accepted"

    @staticmethod
    async def sleep(seconds: float) -> None:
        """Wait."""
        await anyio.sleep(seconds)

    @staticmethod
    def now() -> float:
        """Seconds, on the loop's clock."""
        return loop_time()

    # Closing

    async def close(self) -> None:
        """Take everything back, also when the probe was cancelled; what fails is put down in `left`."""
        with anyio.CancelScope(shield=True):
            for order_id in sorted(self._open | await self._seen()):
                await self._take_back(order_id)
            if self.bought:
                await self._sell()
            for channel in self._channels:
                await channel.shut()

    async def _seen(self) -> set[str]:
        """Ids of open orders of ours; the fate of those that got no clear answer is found out first."""
        found: set[str] = set()
        for client_order_id in sorted(self._doubtful):
            try:
                order = await self.exchange.resolve_order(self.symbol, client_order_id)
            except FuturesAsyncError as error:
                self.left.append(f"order {client_order_id} may stand: {name_of(error)}")
            else:
                if order is not None and not order.status.is_final:
                    found.add(order.order_id)
        try:
            orders = await self.exchange.fetch_open_orders(self.symbol)
        except FuturesAsyncError as error:
            self.left.append(f"open orders could not be read: {name_of(error)}")
            return found
        return found | {
            order.order_id for order in orders if order.order_id in self._known or order.client_order_id in self._ids
        }

    async def _take_back(self, order_id: str) -> None:
        problem = ""
        for pause_s in (0.0, self.traits.visibility_lag_s, self.traits.visibility_lag_s):
            await self.sleep(pause_s)
            try:
                await self.exchange.cancel_order(self.symbol, order_id=order_id)
            except FuturesAsyncError as error:
                problem = name_of(error)  # "not found" may be a lookup that lags
            else:
                return
        self.left.append(f"order {order_id} could not be cancelled: {problem}")

    async def _sell(self) -> None:
        try:
            for pause_s in (0.0, self.traits.visibility_lag_s):
                await self.sleep(pause_s)
                if await self.exchange.close_position(self.symbol) is not None:
                    break
            if await self.exchange.fetch_positions(self.symbol):
                self.left.append(f"a position in {self.symbol} is still there after its close")
        except FuturesAsyncError as error:
            self.left.append(f"the position in {self.symbol} could not be closed: {name_of(error)}")


def name_of(error: BaseException) -> str:
    """A refusal in a word, with the venue's code; what is none with its message, which says what happened."""
    if isinstance(error, ExchangeError):
        return f"{type(error).__name__} {error.code}".rstrip()
    return f"{type(error).__name__}: {error}"
