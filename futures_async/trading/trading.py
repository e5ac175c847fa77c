"""Orders in terms of an adapter's hooks: all of order safety, none of a venue's words. Cancels: `cancelling.py`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any, Literal, TypeVar

import msgspec

from futures_async.trading.around_sending import before_sending
from futures_async.trading.cancelling import ordered
from futures_async.trading.closing_orders import CONTRACTS, EXACTLY
from futures_async.trading.holding import Holding
from futures_async.trading.ordering import PLAIN, PlannedOrder, asked
from futures_async.trading.planning import (
    as_request,
    check_client_order_id,
    check_request,
    check_steps,
    contracts_of,
    make_client_order_id,
)
from futures_async.trading.relying import Hold
from futures_async.trading.turns import needed_by
from futures_async.transport import asleep
from futures_async.transport.asking import asked_when
from futures_async.transport.runtime import TooLate
from futures_async.unified.convert import check_number
from futures_async.unified.enums import Intent, OrderKind, OrderType
from futures_async.unified.errors import (
    DeadlineExpired,
    FuturesAsyncError,
    InvalidOrder,
    InvalidRequest,
    NotCarried,
    OrderOutcomeUnknown,
    PositionModeConflict,
)
from futures_async.unified.exchange import SEND_WITHIN_S, Capability
from futures_async.unified.models import Contract, Order, OrderRequest

logger = logging.getLogger("futures_async.orders")

T = TypeVar("T")

SAYS_WHY_S = 0.05
"""What ends by itself when an order's time is up, and can say what it waited for, has so much more to do so."""


class Trading(Holding):
    """The writing half of every adapter."""

    async def _plan(self, request: OrderRequest, *, kind: OrderKind = OrderKind.PLAIN) -> PlannedOrder:
        # A close is not given up because what it must know came late.
        asleep_s = None if EXACTLY.get() else asked_when()
        request = check_request(request, trigger=kind is not PLAIN)
        self._check_carried(request, kind)
        traits = self._channel.dialect.traits
        venue_symbol = self.venue_symbol(request.symbol)
        given = request.client_order_id
        if given is not None and not traits.client_id:
            raise NotCarried(f"{self.id}: the venue has no field for a client_order_id; leave it out")
        client_order_id = make_client_order_id() if given is None else check_client_order_id(given, traits)
        contract = await self._check_rules(request, venue_symbol)
        await self._check_bounds(request, venue_symbol)
        mode = await self._known_position_mode(venue_symbol) if self.needs_position_mode else None
        contracts = None
        if contract is not None and contract.contract_value is not None:
            contracts = CONTRACTS.get() or contracts_of(request, contract)
        plan = PlannedOrder(
            request=msgspec.structs.replace(
                request,
                symbol=self.unified_symbol(venue_symbol),
                client_order_id=client_order_id if traits.client_id else None,
            ),
            venue_symbol=venue_symbol,
            client_order_id=client_order_id if traits.client_id else None,
            local_id=client_order_id,
            kind=kind,
            contract=contract,
            position_mode=mode,
            contracts=contracts,
            asleep_s=asleep_s,
        )
        return await self._with_terms(plan)

    def _heard(self, plan: PlannedOrder, error: FuturesAsyncError) -> None:
        """Forget what the end of an order shows to be out of date."""
        if isinstance(error, PositionModeConflict):
            self._position_mode = None  # it was changed elsewhere: read it anew next time

    def _ordered(self, plan: PlannedOrder) -> None:
        """Forget what an order may have changed, whatever it ended as."""

    async def _lookalikes(self, plan: PlannedOrder, asked_ms: int) -> list[str]:
        """What to say of orders that may be a lost one, where no order can be told by an id of ours."""
        return []

    def _check_carried(self, request: OrderRequest, kind: OrderKind) -> None:
        """Refuse what no order of this kind can carry here: nothing is dropped in silence."""
        carried = self.order_fields.of(kind, request.type, request.intent)
        words = asked(request)
        if carried.issuperset(words):
            return
        missing = [word for word in words if word not in carried | self.order_fields.standing]
        if "leverage" in missing and self._sets_leverage(request):
            missing.remove("leverage")
        if missing:
            closing = "closing " if request.intent is Intent.CLOSE else ""
            name = request.type if kind in (OrderKind.PLAIN, OrderKind.TRIGGER) else kind
            # Where a stop's price is not carried there is no such stop at all, whatever else it says.
            stops = {word.partition(".")[0] for word in missing if word.endswith(".price")}
            said = dict.fromkeys(stop if (stop := word.partition(".")[0]) in stops else word for word in missing)
            raise NotCarried(f"{self.id}: a {closing}{name} order carries no {', no '.join(said)} here: leave it out")

    def _sets_leverage(self, request: OrderRequest) -> bool:
        """Leverage that the order does not carry is set before it is sent, if the order opens at once."""
        return (
            request.type is not OrderType.TRIGGER
            and request.intent is Intent.OPEN
            and {Capability.SET_LEVERAGE, Capability.FETCH_LEVERAGE} <= self.capabilities
        )

    async def _rules_of(self, venue_symbol: str, intent: Intent = Intent.OPEN) -> Contract | None:
        """A contract's rules: read where orders cannot do without, else as far as they are known."""
        if not self._needs_contract(venue_symbol):
            return self._known_contract(venue_symbol)
        # What is held can be closed in a contract that is listed no more.
        return await (self._contract_held if intent is Intent.CLOSE else self.fetch_contract)(venue_symbol)

    async def _check_rules(self, request: OrderRequest, venue_symbol: str) -> Contract | None:
        """Hold an order to its contract's rules, as far as they are known; they are read again once before refusing.

        Raises:
            InvalidOrder: It breaks them also as they are now.
        """
        contract = await self._rules_of(venue_symbol, request.intent)
        if contract is None:
            return None
        whole = EXACTLY.get()
        try:
            check_steps(request, contract, whole=whole)
        except InvalidOrder:
            if not self._rules_are_old():
                raise
            self._forget_contracts()
            contract = await self.fetch_contract(venue_symbol)
            check_steps(request, contract, whole=whole)
        return contract

    async def _check_bounds(self, request: OrderRequest, venue_symbol: str) -> None:
        """Hold an order to the bounds of this object; reads the last price where it cannot be judged without."""
        bounds = self._bounds
        if bounds is None:
            return
        last_price = None
        if bounds.wants_price(request) and self.supports(Capability.FETCH_TICKER):
            last_price = (await self.fetch_ticker(venue_symbol)).last_price
        bounds.check(request, self.unified_symbol(venue_symbol), last_price)

    async def create_order(
        self,
        request: OrderRequest,
        *,
        on_unknown: Literal["resolve", "raise"] = "resolve",
        send_within_s: float = SEND_WITHIN_S,
        resolve_within_s: float | None = None,
        confirm: bool = True,
    ) -> Order:
        self._require(Capability.CREATE_ORDER)
        self._active("create_order")
        if on_unknown not in ("resolve", "raise"):
            raise InvalidRequest('on_unknown must be "resolve" or "raise"')
        if send_within_s is not SEND_WITHIN_S:
            check_number("send_within_s", send_within_s)  # what is left of a time may be nothing, or less
        if resolve_within_s is not None:
            check_number("resolve_within_s", resolve_within_s)
        request = as_request(request)
        due, left_s = self._channel.transport.now() + send_within_s, send_within_s
        hold: Hold | None = None

        async def getting_ready() -> PlannedOrder:
            nonlocal hold, left_s
            made = self._settings.made
            plan, hold = await self._with_hold(await self._plan(request), made, due)
            if hold is not None:
                await self._set_up(plan, hold)
            if not EXACTLY.get():  # a close is not given up because what it must know came late
                left_s = self._left_to_place(due, "create_order")
            return plan

        try:
            plan = await self._ready_by(due, "create_order", request, getting_ready)
            return await self._place_planned(plan, hold, left_s, on_unknown, resolve_within_s, confirm=confirm)
        finally:
            if hold is not None:
                hold.let_go()

    async def _place_planned(
        self,
        plan: PlannedOrder,
        hold: Hold | None,
        send_within_s: float,
        on_unknown: Literal["resolve", "raise"] = "resolve",
        resolve_within_s: float | None = None,
        *,
        confirm: bool = True,
    ) -> Order:
        """Place an order for which all is ready; see `create_order`."""
        self._active("create_order")  # planning may have read from the network meanwhile
        began, asleep_s = self._channel.transport.now(), plan.asleep_s
        if asleep_s is None:
            asleep_s = asleep.asleep_s()
        try:
            return await self._orders.place(
                plan,
                self._placement(plan),
                on_unknown=on_unknown,
                send_within_s=send_within_s,
                resolve_within_s=resolve_within_s,
                confirm=confirm,
                hold=hold,
            )
        except FuturesAsyncError as error:
            self._heard(plan, error)
            if isinstance(error, OrderOutcomeUnknown) and on_unknown == "resolve":
                took_s = self._channel.transport.now() - began + asleep.slept_since(asleep_s)
                error.lookups.extend(await self._lookalikes(plan, self._channel.now_ms() - int(took_s * 1000)))
            raise
        finally:
            self._ordered(plan)

    async def _ready_by(
        self, due: float, call: str, request: OrderRequest, getting_ready: Callable[[], Coroutine[Any, Any, T]]
    ) -> T:
        """Read and set first what an order needs: nobody but a close waits for it after `due`, by the loop's clock.

        A reading that others wait for too goes on, and so does a setting that may have left, to its verdict.

        Raises:
            DeadlineExpired: It was not there by then.
        """
        with before_sending(request.client_order_id), ordered(), needed_by(due):
            if EXACTLY.get():
                return await getting_ready()
            try:
                return await self._channel.transport.runtime().by(due + SAYS_WHY_S, getting_ready())
            except TooLate:
                under_way, question = self._settings.about(self.venue_symbol(request.symbol))
                raise self._too_late(call, under_way) from question

    def _left_to_place(self, due: float, call: str, asleep_s: float | None = None) -> float:
        """How many seconds are left until what was planned must be sent.

        Args:
            due: By the loop's clock.
            call: For messages.
            asleep_s: What this computer has slept since it had slept so long counts too; None: when it is signed.

        Raises:
            DeadlineExpired: None.
        """
        left_s = due - self._channel.transport.now()
        if left_s <= (0.0 if asleep_s is None else asleep.slept_since(asleep_s)):
            raise self._too_late(call)
        return left_s

    def _too_late(self, call: str, why: str = "") -> DeadlineExpired:
        return DeadlineExpired(
            f"{self.id} {call}: what it needs took longer than send_within_s{why}; the order was not sent"
        )
