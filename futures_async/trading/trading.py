"""Orders in terms of an adapter's hooks: all of order safety, none of a venue's words. Cancels: `cancelling.py`."""

from __future__ import annotations

import logging
from collections.abc import Coroutine
from typing import Any, Literal, TypeVar

import msgspec

from futures_async.trading.cancelling import ordered
from futures_async.trading.closing import before_sending
from futures_async.trading.closing_orders import CONTRACTS, EXACTLY
from futures_async.trading.ordering import CLOSE, OPEN, PLAIN, PlannedOrder, asked
from futures_async.trading.planning import (
    as_request,
    check_client_order_id,
    check_request,
    check_steps,
    contracts_of,
    make_client_order_id,
)
from futures_async.trading.recovering import Recovering
from futures_async.trading.relying import Hold, Put, Reliance, setting_for
from futures_async.trading.turns import needed_by
from futures_async.transport import asleep
from futures_async.transport.asking import Asking, asked_at, asked_when
from futures_async.transport.runtime import TooLate
from futures_async.unified.convert import check_number
from futures_async.unified.enums import (
    Intent,
    MarginMode,
    OrderKind,
    OrderType,
    PositionMode,
    PositionSide,
    Side,
)
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

_OPENED_BY = {Side.BUY: PositionSide.LONG, Side.SELL: PositionSide.SHORT}
_ISOLATED = MarginMode.ISOLATED

SAYS_WHY_S = 0.05
"""What ends by itself when an order's time is up, and can say what it waited for, has so much more to do so."""


class Trading(Recovering):
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

    async def _with_terms(self, plan: PlannedOrder) -> PlannedOrder:
        """The same order with what it must repeat of what is set now."""
        repeated = plan.repeated
        if repeated:
            bare = msgspec.structs.replace(plan.request, **dict.fromkeys(repeated))
            plan = msgspec.structs.replace(plan, request=bare, repeated=frozenset[str]())
        named = plan.request
        terms = await self._terms_to_repeat(plan)
        if not terms:
            return plan
        told = {name: value for name, value in terms.items() if value is not None and getattr(named, name) is None}
        if not told:
            return plan
        return msgspec.structs.replace(plan, request=msgspec.structs.replace(named, **told), repeated=frozenset(told))

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

    def _reliance_of(self, plan: PlannedOrder) -> Reliance | None:
        """What an order relies on, of that which it asks for; None: on nothing."""
        request = plan.request
        leverage, standing = request.leverage, None
        carried = self.orders_set if plan.kind is PLAIN and request.intent is OPEN else frozenset[str]()
        if (
            "leverage" not in carried
            and leverage is not None
            and (
                plan.kind is not PLAIN  # it carries its leverage, or was refused
                or "leverage" in self.order_fields.of(PLAIN, request.type, request.intent)
            )
        ):
            leverage = None
        if "margin_mode" in carried or "margin_mode" in self.order_fields.standing:
            standing = request.margin_mode
        if leverage is None and standing is None:
            return None
        mode = self._margin_mode_of(plan)
        return Reliance(
            plan.venue_symbol,
            _OPENED_BY[request.side],
            leverage,
            mode,
            standing,
            # The other side of a hedge keeps its leverage, and so its liquidation price, where it has one of its own.
            alone=mode is _ISOLATED and plan.position_mode is PositionMode.HEDGE,
            by_mode=self.leverage_by_mode,
            closes=request.intent is CLOSE,
            carried=carried,
        )

    async def _hold_of(self, plan: PlannedOrder, due: float) -> Hold | None:
        """The hold of an order on what it relies on; None: on nothing.

        Raises:
            DeadlineExpired: Another order under way needs something else.
        """
        reliance = self._reliance_of(plan)
        if reliance is None:
            return None
        name, reliances = plan.local_id, self._settings.reliances
        # Mostly there is nothing to wait for.
        hold = reliances.at_once(name, reliance) or (await reliances.hold({name: reliance}, due))[name]
        if isinstance(hold, DeadlineExpired):
            raise hold
        return hold

    def _is_stale(self, plan: PlannedOrder, hold: Hold, made: int) -> bool:
        """Whether what an order says itself is not for it to send yet: it would undo what is just being set, or was
        after so many settings had been `made`, by which it was planned.
        """
        settings = self._settings
        if settings.idle and (not plan.repeated or not (hold.waited or settings.made > made)):
            return False
        said = hold.reliance.said
        return settings.being_set(said) is not None or (
            bool(plan.repeated) and (hold.waited or settings.set_since(made, said))
        )

    async def _with_hold(self, plan: PlannedOrder, made: int, due: float) -> tuple[PlannedOrder, Hold | None]:
        """A plan, made after so many settings had been `made`, and the hold on what it relies on.

        Where something was set meanwhile, it repeats what stands by now.

        Raises:
            DeadlineExpired: Another order under way, or a setting, kept it until `due`.
        """
        while True:
            hold = await self._hold_of(plan, due)
            if hold is None or not self._is_stale(plan, hold, made):
                return plan, hold
            # Kept while it is looked what stands: two that wait for each other would hand it to and fro without end.
            stays = self._settings.being_set(hold.reliance.said) is None
            try:
                if not stays:
                    hold.end()
                made, again = await self._renewed(plan, hold.reliance, due)
            except BaseException:
                hold.end()
                raise
            if stays and again.request == plan.request:
                return again, hold
            hold.end()
            plan = again

    async def _renewed(self, plan: PlannedOrder, reliance: Reliance, due: float) -> tuple[int, PlannedOrder]:
        """A plan by what stands once nothing that would take it away is being set; and how many had been by then."""
        settings = self._settings
        if (key := settings.being_set(reliance.said)) is not None:
            await settings.over(key, due)
        made = settings.made
        return made, await self._with_terms(plan)

    async def _set_up(self, plan: PlannedOrder, hold: Hold) -> None:
        """See that what an order relies on stands: the leverage is set and read back where it does not."""
        if "margin_mode" in self.order_fields.standing and plan.request.margin_mode is not None:
            await self._check_standing(plan.venue_symbol, plan.request.margin_mode)
        if hold.reliance.leverage is None:
            return
        reliance, settings = hold.reliance.needed, self._settings
        if reliance.leverage is None:
            return
        if not settings.taking(reliance):
            found = await self.fetch_leverage(plan.venue_symbol, reliance.margin_mode)
            own = found.long_leverage if reliance.side is PositionSide.LONG else found.short_leverage
            stands = (found.leverage if own is None else own) == reliance.leverage
            if stands and not settings.taking(reliance):
                return
        with setting_for(hold), asked_at(Asking(plan.asleep_s)):
            await self.set_leverage(
                plan.venue_symbol,
                reliance.leverage,
                margin_mode=reliance.margin_mode,
                side=reliance.side if reliance.alone else None,
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

    async def _check_standing(self, venue_symbol: str, wanted: MarginMode) -> None:
        """Hold what no order says here against what is set; see `OrderFields.standing`."""
        stands = (await self.fetch_leverage(venue_symbol)).margin_mode
        symbol = self.unified_symbol(venue_symbol)
        if stands is not wanted:
            raise NotCarried(
                f"{self.id}: margin mode {stands} is set for {symbol}, and orders carry none here: "
                f"set_margin_mode({wanted.value!r}) first, or leave margin_mode out"
            )
        reliance = Reliance(venue_symbol, PositionSide.LONG, standing=stands)
        coming = self._settings.taking(reliance)
        if coming:
            value, why = coming[0]
            mode = value.margin_mode if isinstance(value, Put) else value
            raise DeadlineExpired(
                f"{self.id}: margin mode {stands} is set for {symbol}, and {mode} may still take its place: "
                f"{why}; the order was not sent"
            )

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
            plan = await self._ready_by(due, "create_order", request, getting_ready())
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
        began = self._channel.transport.now()
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
                took_ms = int((self._channel.transport.now() - began) * 1000)
                error.lookups.extend(await self._lookalikes(plan, self._channel.now_ms() - took_ms))
            raise
        finally:
            self._ordered(plan)

    async def _ready_by(self, due: float, call: str, request: OrderRequest, getting_ready: Coroutine[Any, Any, T]) -> T:
        """Read and set first what an order needs: nobody but a close waits for it after `due`, by the loop's clock.

        A reading that others wait for too goes on, and so does a setting that may have left, to its verdict.

        Raises:
            DeadlineExpired: It was not there by then.
        """
        with before_sending(request.client_order_id), ordered(), needed_by(due):
            if EXACTLY.get():
                return await getting_ready
            try:
                return await self._channel.transport.runtime().by(due + SAYS_WHY_S, getting_ready)
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
