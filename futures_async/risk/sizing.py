"""How large a position may be, and how much margin to move."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, get_args

from futures_async.risk.margin import DANGER_ABOVE, WARNING_FROM, margin_ratio
from futures_async.unified.convert import Number
from futures_async.unified.enums import MarginMode
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.exact import (
    ZERO,
    add,
    divide,
    finite_number,
    multiply,
    not_negative,
    positive,
    subtract,
    whole,
)
from futures_async.unified.models import Position

SAFE_FRACTION = Decimal("0.2")
"""Part of the available balance that one position may use (the v1 account document)."""
MARGIN_STEP = Decimal("0.1")
"""Part of the position's margin that one adjustment moves (the v1 account document)."""


MarginMove = Literal["increase", "decrease"]
"""The two rules of the v1 account document, "Margin Management"."""


def check_margin_move(word: str) -> None:
    """Refuse what is neither.

    Raises:
        InvalidRequest: It is another word.
    """
    if word not in get_args(MarginMove):
        raise InvalidRequest(f"action must be one of {', '.join(get_args(MarginMove))}, not {str(word)[:40]!r}")


def safe_quantity(
    available: Number,
    *,
    leverage: Number,
    price: Number,
    quantity_step: Number | None = None,
    fraction_of_available: Number = SAFE_FRACTION,
) -> Decimal:
    """Compute how much to open at most, in base coin, rounded down: available × fraction × leverage / price.

    Source: the v1 account document, "Position Size Management", which rounds nothing and computes in floats. 0 when
    nothing is available, or when less than one step would be allowed.

    Args:
        available: Balance that new orders can use, in margin coin; a negative one counts as 0.
        leverage: Times.
        price: What the position would be opened at, in quote coin.
        quantity_step: The contract's step, in base coin; without it the result is cut at 18 decimals.
        fraction_of_available: 0.2 = at most 20 % of the balance for any one position; over 0, at most 1.
    """
    share = positive(fraction_of_available, "fraction_of_available")
    if share > 1:
        raise InvalidRequest("fraction_of_available must be at most 1: more than all of it is not available")
    leverage, price = positive(leverage, "leverage"), positive(price, "price")
    step = Decimal("1e-18") if quantity_step is None else positive(quantity_step, "quantity_step")
    free = finite_number(available, "available")
    if free <= 0:
        return ZERO
    value = multiply(free, share, leverage)
    # How many steps the value buys, as one exact integer division: a rounded quotient could round up over a step.
    return multiply(whole(value, multiply(price, step)), step)


safe_position_size = safe_quantity
"""The seed's name of `safe_quantity`."""


def propose_margin_adjustment(position: Position, action: MarginMove) -> Decimal | None:
    """Propose how much margin to add (positive) or take out (negative), in margin coin; None when the rule says no.

        increase: +10 % of the position's margin, when it is in profit
        decrease: −10 % of it, when its margin ratio is under 0.3

    Source: the v1 account document, "Margin Management". Two cases that the document gets wrong are None here: a
    cross position, which has no margin of its own to move, and a decrease after which the ratio would be above 0.8,
    or nobody tells whether (a losing position holds little equity, so 10 % of its margin can be all of it). A
    position in danger needs margin although it loses: that is `margin_to_reach`.

    Args:
        position: As read; only its own figures are used.
        action: Which of the two rules to ask.

    Raises:
        InvalidRequest: `action` is neither.
    """
    check_margin_move(action)
    if position.margin_mode is MarginMode.CROSS or position.margin is None or position.margin <= 0:
        return None
    amount = multiply(position.margin, MARGIN_STEP)
    if action == "increase":
        return amount if position.unrealized_pnl is not None and position.unrealized_pnl > 0 else None
    ratio = position.margin_ratio
    if ratio is None or ratio >= WARNING_FROM or position.unrealized_pnl is None:
        return None
    equity = add(position.margin, position.unrealized_pnl)
    # The requirement behind the venue's ratio; taking margin out leaves it as it is.
    maintenance = multiply(max(ratio, ZERO), max(equity, ZERO))
    left = subtract(equity, amount)
    if left <= 0 or margin_ratio(maintenance, left) > DANGER_ABOVE:
        return None
    return multiply(amount, Decimal(-1))


def margin_to_reach(target_ratio: Number, *, maintenance: Number, equity: Number) -> Decimal:
    """Compute the margin to add (positive) or that could go (negative) until maintenance / equity = `target_ratio`.

        maintenance / target − equity

    Args:
        target_ratio: Margin ratio wanted, a fraction above 0.
        maintenance: Maintenance margin, an amount in margin coin.
        equity: Margin plus unrealized profit of the position.
    """
    needed = divide(not_negative(maintenance, "maintenance"), positive(target_ratio, "target_ratio"))
    return subtract(needed, finite_number(equity, "equity"))
