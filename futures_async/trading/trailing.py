"""Orders at market that follow the price, for venues that have them."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, NamedTuple

from futures_async.trading.ordering import PlannedOrder
from futures_async.trading.waiting import Waiting
from futures_async.unified.convert import EXACT, Number, to_decimal, to_text
from futures_async.unified.enums import OrderKind
from futures_async.unified.errors import InvalidOrder
from futures_async.unified.models import Order, OrderRequest


class Callback(NamedTuple):
    """By how much the price may have to come back, as fractions."""

    least: Decimal
    """0: anything above it."""
    most: Decimal


class Trailing(Waiting):
    """Plans them; an adapter writes them down and places them."""

    callback: ClassVar[Callback]
    """What the venue takes."""

    async def _place_trailing(self, plan: PlannedOrder, percent: str) -> Order:
        """Place one that follows the price at this distance, in percent, as venues count it."""
        self._unsupported("create_trailing_order")

    async def create_trailing_order(self, request: OrderRequest, callback_rate: Number) -> Order:
        """Place a market order that follows the price once it reached `request.trigger_price`.

        Args:
            request: Type `TRIGGER`, without a price; buying below the last price, selling above it.
            callback_rate: By how much the price must come back: a fraction, 0.01 is 1 %; the class's `callback` has the
                bounds.

        Raises:
            InvalidOrder: The rate is none that the venue takes, or a price is named.
            OrderOutcomeUnknown: It may wait at the venue: look for it before placing another.
        """
        self._active("create_trailing_order")
        least, most = self.callback
        rate = to_decimal(callback_rate, "callback_rate")
        if not (rate > 0 and least <= rate <= most):
            bound = f"at least {to_text(least)}" if least else "above 0"
            raise InvalidOrder(
                f"{self.id}: callback_rate is {bound} and at most {to_text(most)} here, not {to_text(rate)}"
            )
        plan = await self._plan_waiting(request, OrderKind.TRAILING)
        if plan.request.price is not None:
            raise InvalidOrder(f"{self.id}: a trailing order executes at market: it has no price")
        return await self._place_trailing(plan, to_text(EXACT.multiply(rate, Decimal(100)).normalize(EXACT)))
