"""Take-profits and stop-losses of positions, which are orders that wait: for venues that have them."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from futures_async.trading.ordering import PlannedOrder
from futures_async.trading.waiting import Waiting
from futures_async.unified.convert import Number, chosen, chosen_or_none, to_decimal
from futures_async.unified.enums import (
    Intent,
    MarginMode,
    MarginModeLike,
    OrderKind,
    OrderType,
    PositionSide,
    PositionSideLike,
    Side,
)
from futures_async.unified.errors import InvalidRequest, NotCarried
from futures_async.unified.models import Order, OrderRequest, Stop

S = TypeVar("S")


class PositionStops(Waiting, Generic[S]):
    """Those of a whole position; an adapter puts them, and says what it tells of them then."""

    async def _put_position_stops(self, venue_symbol: str, side: PositionSide, stops: dict[str, Stop]) -> S:
        """Set `take_profit`, `stop_loss` or both, those that are given, of a contract's position."""
        self._unsupported("set_position_stops")

    async def set_position_stops(
        self,
        symbol: str,
        side: PositionSideLike,
        *,
        take_profit: Number | Stop | None = None,
        stop_loss: Number | Stop | None = None,
    ) -> S:
        """Set take-profit and stop-loss of a whole position: setting one again adds nothing, what is not named stays.

        Args:
            symbol: Unified symbol or the venue's id.
            side: Which position.
            take_profit: Trigger price, by the price that the venue itself goes by unless a `Stop` says otherwise; the
                position is closed at market unless a `Stop` has a limit price.
            stop_loss: The same.

        Raises:
            InvalidRequest: None is given.
            OrderOutcomeUnknown, SettingOutcomeUnknown: One may stand at the venue: look before setting it anew.
        """
        side = chosen(PositionSide, side, "side")
        stops = self._stops("set_position_stops", take_profit=take_profit, stop_loss=stop_loss)
        self._active("set_position_stops")
        return await self._put_position_stops(self.venue_symbol(symbol), side, stops)


class PartStops(Waiting):
    """Plans them; an adapter writes them down and places them."""

    stops_of_modes: ClassVar[bool] = False
    """The venue is told of which margin mode the position is that a stop closes."""

    async def _place_stop(self, plan: PlannedOrder) -> Order:
        """Place one: `plan.kind` says which of the two it is."""
        self._unsupported("create_stop_order")

    async def create_stop_order(
        self,
        symbol: str,
        side: PositionSideLike,
        quantity: Number,
        *,
        take_profit: Number | Stop | None = None,
        stop_loss: Number | Stop | None = None,
        price: Number | None = None,
        client_order_id: str | None = None,
        margin_mode: MarginModeLike | None = None,
    ) -> Order:
        """Have a part of a position closed once the price reaches `take_profit` or `stop_loss`: one of the two.

        Args:
            symbol: Unified symbol or the venue's id.
            side: Which position.
            quantity: Base coin; the whole position is `set_position_stops`', where the venue has that. Whether a stop
                ends with its position is the venue's (docs/venues): one that stays would close the next one's part.
            take_profit: Trigger price, by the price that the venue itself goes by unless a `Stop` says otherwise.
            stop_loss: The same.
            price: Limit price of the close, where no `Stop` says it; None closes at market.
            client_order_id: Made when there is none.
            margin_mode: Of the position, where a contract may hold a cross and an isolated one; None: of the one held.

        Raises:
            InvalidRequest: Both are given, or none, or two limit prices; or two positions may be meant.
            NotCarried: A margin mode is named where the venue is told none.
        """
        side = chosen(PositionSide, side, "side")
        mode = chosen_or_none(MarginMode, margin_mode, "margin_mode")
        stops = self._stops("create_stop_order", take_profit=take_profit, stop_loss=stop_loss)
        if len(stops) > 1:
            raise InvalidRequest("create_stop_order needs take_profit or stop_loss, and not both")
        ((word, stop),) = stops.items()
        if price is not None and stop.limit_price is not None:
            raise InvalidRequest("create_stop_order was given two limit prices")
        if mode is not None and not self.stops_of_modes:
            raise NotCarried(f"{self.id}: create_stop_order has no margin_mode: leave it out")
        self._active("create_stop_order")
        request = OrderRequest(
            symbol=symbol,
            side=Side.SELL if side is PositionSide.LONG else Side.BUY,
            type=OrderType.TRIGGER,
            quantity=to_decimal(quantity, "quantity"),
            price=stop.limit_price if price is None else to_decimal(price, "price"),
            trigger_price=stop.price,
            trigger_by=stop.trigger_by,
            intent=Intent.CLOSE,
            client_order_id=client_order_id,
            margin_mode=mode,
        )
        return await self._place_stop(await self._plan_waiting(request, OrderKind(word)))
