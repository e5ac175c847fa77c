"""What an order relies on, or repeats, of the settings: held while it is under way, and set where it does not stand."""

from __future__ import annotations

import msgspec

from futures_async.trading.ordering import CLOSE, OPEN, PLAIN, PlannedOrder
from futures_async.trading.recovering import Recovering
from futures_async.trading.relying import Hold, Put, Reliance, setting_for
from futures_async.transport.asking import Asking, asked_at
from futures_async.unified.enums import MarginMode, PositionMode, PositionSide, Side
from futures_async.unified.errors import DeadlineExpired, NotCarried

_OPENED_BY = {Side.BUY: PositionSide.LONG, Side.SELL: PositionSide.SHORT}
_ISOLATED = MarginMode.ISOLATED


class Holding(Recovering):
    """The settings under an order."""

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
