"""One large order in parts that add up to it, and never to more, also across a crash."""

from __future__ import annotations

import random
import secrets
from decimal import Decimal
from typing import Protocol

import anyio
import msgspec

from futures_async.journal.journal import IntentRecord, Journal, JournalEntry, Verdict
from futures_async.trading.planning import contracts_of
from futures_async.unified.convert import ceil_to_step, floor_to_step, is_multiple, to_text
from futures_async.unified.enums import Intent, OrderType, Outcome
from futures_async.unified.errors import FuturesAsyncError, InvalidOrder, InvalidRequest
from futures_async.unified.exact import ONE, ZERO, add, multiply, subtract, whole
from futures_async.unified.exchange import Capability, FuturesExchange
from futures_async.unified.models import Contract, Order, OrderRequest


class SlicedResult(msgspec.Struct, frozen=True, kw_only=True):
    """How far a large order came. `error` is None when all of it is placed."""

    group: str
    """Pass it to `submit_sliced` again to go on where this stopped."""
    orders: tuple[Order, ...]
    """The slices placed or found by this call, in order."""
    placed: Decimal
    """Placed so far, earlier calls included, in base coin."""
    unknown: Decimal
    """Sent and of unknown fate, in base coin: counts as used until it is resolved."""
    remaining: Decimal
    """Not placed and not in doubt, in base coin."""
    error: FuturesAsyncError | None = None
    """Why it stopped."""


class Slices:
    """The sizes of slices: whole steps, none above the maximum, none under the venue's minimum.

    Raises:
        InvalidOrder: The total cannot be cut so.
    """

    def __init__(
        self, total: Decimal, max_quantity: Decimal, step: Decimal | None, min_quantity: Decimal | None
    ) -> None:
        if total <= 0 or max_quantity <= 0:
            raise InvalidOrder("the quantity and max_quantity must be above 0")
        if step is not None and not is_multiple(total, step):
            raise InvalidOrder(f"the quantity {to_text(total)} is not a whole multiple of the step {to_text(step)}")
        self.largest = max_quantity if step is None else floor_to_step(max_quantity, step)
        self.smallest = min_quantity or step or ZERO
        if step is not None:
            self.smallest = max(ceil_to_step(self.smallest, step), step)
        if self.largest <= 0:
            raise InvalidOrder(f"max_quantity {to_text(max_quantity)} is less than one step")
        if multiply(self._count(total), self.smallest) > total:
            raise InvalidOrder(
                f"{to_text(total)} cannot be cut into slices from {to_text(self.smallest)} to {to_text(self.largest)}"
            )

    def _count(self, quantity: Decimal) -> Decimal:
        return whole(ceil_to_step(quantity, self.largest), self.largest)

    def next(self, remaining: Decimal) -> Decimal:
        """The next slice: the largest that leaves nothing too small over."""
        after = multiply(subtract(self._count(remaining), ONE), self.smallest)
        return min(self.largest, subtract(remaining, after))


class Desk(Protocol):
    """What places slices: the order manager."""

    exchange: FuturesExchange
    journal: Journal

    async def submit(self, request: OrderRequest, *, group: str | None) -> Order:
        """Write the order down, place it, write down what became of it."""
        ...

    async def resolve(self, record: IntentRecord) -> Order | None:
        """Find out what became of an order written down before; None when it is proved absent."""
        ...


class Slicer:
    """Works one group of slices off."""

    def __init__(
        self, desk: Desk, request: OrderRequest, total: Decimal, max_quantity: Decimal, group: str | None
    ) -> None:
        if request.client_order_id is not None:
            raise InvalidRequest("leave client_order_id out: each slice gets its own")
        self._desk = desk
        self._request = request
        self._total = total
        self._max_quantity = max_quantity
        self.group = group or "slices-" + secrets.token_hex(8)
        self._fresh = group is None
        self._orders: list[Order] = []
        self._placed = ZERO
        # Of contracts that are worth a fixed amount of quote coin whole numbers of them are cut, else base coin.
        self._contract: Contract | None = None

    async def run(self, pause: tuple[float, float], rng: random.Random) -> SlicedResult:
        """Place what is still missing, slice by slice."""
        if not 0 <= pause[0] <= pause[1] < float("inf"):
            raise InvalidRequest("pause must be (shortest, longest) in seconds")
        exchange = self._desk.exchange
        step = least = None
        largest = self._max_quantity
        if exchange.supports(Capability.FETCH_CONTRACT):
            contract = await exchange.fetch_contract(self._request.symbol)
            step, least = contract.quantity_step, contract.smallest_quantity(await self._price(contract))
            market = self._request.type is OrderType.MARKET
            most = contract.max_market_quantity if market else contract.max_quantity
            if contracts_of(self._request, contract) is not None:
                self._contract = contract
                largest, self._total = self._counted(largest), self._counted(self._total)
            largest = largest if most is None else min(largest, most)
        slices = Slices(self._total, largest, step, least)
        stopped = None if self._fresh else await self._take_up()
        if stopped is not None:
            return stopped
        first = True
        while (remaining := subtract(self._total, self._placed)) > 0:
            if not first:
                await anyio.sleep(rng.uniform(*pause))
            first = False
            quantity = slices.next(remaining)
            part = msgspec.structs.replace(self._request, quantity=self._in_base_coin(quantity))
            try:
                order = await self._desk.submit(part, group=self.group)
            except FuturesAsyncError as error:
                doubtful = error.outcome in (None, Outcome.UNKNOWN)
                return self._result(error, unknown=quantity if doubtful else ZERO)
            self._orders.append(order)
            self._placed = add(self._placed, quantity)
        return self._result(None)

    def _counted(self, quantity: Decimal, price: Decimal | None = None) -> Decimal:
        """What is cut of a quantity in base coin: the contracts that it is at its price, which may be an earlier
        call's, or itself."""
        at = price or self._request.price
        return quantity if self._contract is None or at is None else self._contract.exact_contracts(quantity, at)

    def _in_base_coin(self, counted: Decimal) -> Decimal:
        at = self._request.price
        return counted if self._contract is None or at is None else self._contract.quantity_of(counted, at)

    async def _price(self, contract: Contract) -> Decimal | None:
        """What the venue's minimum value is counted at; None where nothing needs it: what closes may be smaller."""
        request = self._request
        if contract.min_notional is None or request.intent is Intent.CLOSE:
            return None
        if request.price is not None:
            return request.price
        exchange = self._desk.exchange
        if not exchange.supports(Capability.FETCH_TICKER):
            return None
        return (await exchange.fetch_ticker(request.symbol)).last_price

    async def _take_up(self) -> SlicedResult | None:
        """Count what earlier runs of this group placed; a result when one of theirs cannot be told."""
        desk = self._desk
        entries = await desk.journal.group(desk.exchange.id, desk.exchange.account_id, self.group)
        for entry in entries:
            self._check(entry)
        for entry in entries:
            quantity = self._counted(entry.record.quantity, entry.record.price)
            if entry.verdict is Verdict.PLACED:
                self._placed = add(self._placed, quantity)
            elif entry.verdict is None:
                try:
                    order = await desk.resolve(entry.record)
                except FuturesAsyncError as error:
                    return self._result(error, unknown=quantity)
                if order is not None:
                    self._orders.append(order)
                    self._placed = add(self._placed, quantity)
        if self._placed > self._total:
            placed = to_text(self._in_base_coin(self._placed))
            raise InvalidRequest(f"{self.group} has placed {placed} already: more than is asked for now")
        return None

    def _check(self, entry: JournalEntry) -> None:
        record, request = entry.record, self._request
        asked = (self._desk.exchange.venue_symbol(request.symbol), request.side, request.type, request.intent)
        if (record.venue_symbol, record.side, record.type, record.intent) != asked:
            raise InvalidRequest(f"{self.group} stands in the journal for another order")

    def _result(self, error: FuturesAsyncError | None, unknown: Decimal = ZERO) -> SlicedResult:
        return SlicedResult(
            group=self.group,
            orders=tuple(self._orders),
            placed=self._in_base_coin(self._placed),
            unknown=self._in_base_coin(unknown),
            remaining=self._in_base_coin(subtract(subtract(self._total, self._placed), unknown)),
            error=error,
        )
