"""Where a linear position is liquidated, how far that is, and where it breaks even.

All formulas follow from one sentence: a position is liquidated when its equity no longer covers its
maintenance margin and the fee of closing it. With q the quantity, P the price, m the maintenance margin rate,
f the taker fee rate and d the tier's deduction (0 where the venue has none):

    equity(P) = q·P·(m + f) − d

Each function solves that for P for one kind of equity. Formulas for inverse (coin-margined) contracts are not
here: their profit is not linear in the price.
"""

from __future__ import annotations

from decimal import Decimal

from futures_async.unified.convert import Number, chosen, to_decimal
from futures_async.unified.enums import PositionSide, PositionSideLike
from futures_async.unified.exact import (
    ONE,
    ZERO,
    add,
    divide,
    finite_number,
    fraction,
    multiply,
    not_negative,
    positive,
    subtract,
)

MEANINGFUL_TIMES_MARK = Decimal(10)
"""A liquidation price further away than this many mark prices says only that the account is large."""


def isolated_liquidation_price(
    side: PositionSideLike,
    *,
    entry_price: Number,
    quantity: Number,
    margin: Number,
    maintenance_margin_rate: Number,
    fee_rate: Number = ZERO,
    maintenance_deduction: Number = ZERO,
) -> Decimal | None:
    """Compute the liquidation price of an isolated linear position; None when no price above 0 reaches it.

        long:  P = (q·entry − margin − d) / (q·(1 − m − f))
        short: P = (q·entry + margin + d) / (q·(1 + m + f))

    Source: equity of an isolated position is margin ± q·(P − entry), set equal to q·P·(m + f) − d. The seed
    document of the v1 account ("Position Risk Calculation") has entry·(1 ∓ 1/leverage ± m): that takes the
    maintenance margin of the entry price instead of the liquidation price, ignores margin added later, and is
    fed with `maintainMargin`, an amount (2.00), in the place of the rate: 87001.45 for a long entered at
    30000.5. This is the exact solution; `margin` is what the position holds now.

    Args:
        side: Direction of the position.
        entry_price: Average entry price, in quote coin.
        quantity: In base coin.
        margin: Collateral held by the position, in margin coin.
        maintenance_margin_rate: m, a fraction.
        fee_rate: f, the taker fee charged for closing, a fraction; 0 where the venue leaves it out.
        maintenance_deduction: d, an amount in margin coin, of venues whose tiers are progressive.
    """
    side = chosen(PositionSide, side, "side")
    quantity = positive(quantity, "quantity")
    value = multiply(positive(entry_price, "entry_price"), quantity)
    held = add(finite_number(margin, "margin"), not_negative(maintenance_deduction, "maintenance_deduction"))
    rate = fraction(
        add(fraction(maintenance_margin_rate, "maintenance_margin_rate"), fraction(fee_rate, "fee_rate")),
        "maintenance_margin_rate + fee_rate",
    )
    if side is PositionSide.LONG:
        price = divide(subtract(value, held), multiply(quantity, subtract(ONE, rate)))
    else:
        price = divide(add(value, held), multiply(quantity, add(ONE, rate)))
    return price if price > 0 else None


def liquidation_price_at_leverage(
    side: PositionSideLike,
    *,
    entry_price: Number,
    leverage: Number,
    maintenance_margin_rate: Number,
    fee_rate: Number = ZERO,
) -> Decimal | None:
    """Compute where an isolated position opened at `leverage` is liquidated, before any margin is added to it.

        long:  P = entry·(1 − 1/leverage) / (1 − m − f)
        short: P = entry·(1 + 1/leverage) / (1 + m + f)

    Source: `isolated_liquidation_price` with margin = q·entry/leverage, whereupon q cancels. This is the exact
    form of the seed's entry·(1 ∓ 1/leverage ± m).
    """
    # With the leverage as quantity the initial margin is the entry price itself: no rounding before the quotient.
    return isolated_liquidation_price(
        side,
        entry_price=(entry := positive(entry_price, "entry_price")),
        quantity=positive(leverage, "leverage"),
        margin=entry,
        maintenance_margin_rate=maintenance_margin_rate,
        fee_rate=fee_rate,
    )


def cross_liquidation_price(
    side: PositionSideLike,
    *,
    quantity: Number,
    mark_price: Number,
    equity: Number,
    maintenance_margin_rate: Number,
    fee_rate: Number = ZERO,
    other_requirements: Number = ZERO,
) -> Decimal:
    """Compute the mark price at which a cross account is liquidated if only this contract moves. May be negative.

        long:  P = (q·mark − (equity − other)) / (q·(1 − m − f))
        short: P = (q·mark + (equity − other)) / (q·(1 + m + f))

    Source: the account's equity moves by ±q·(P − mark); derived from recorded rows of a venue whose long prices
    it reproduces to the last digit (the venue reference, position row; fee rate 0.0006, one position, single-asset
    mode). The short form mirrors it and has no recorded value. A tiny position on a large account gives a hugely
    negative or hugely positive number: pass it through `meaningful_price` before showing it.

    Args:
        side: Direction of the position.
        quantity: Net size in base coin; for both sides of a hedge see `hedged_liquidation_price`.
        mark_price: Mark price now, in quote coin.
        equity: Of the account, in margin coin.
        maintenance_margin_rate: m, a fraction.
        fee_rate: f, the taker fee rate, a fraction.
        other_requirements: Maintenance margin (and closing fees) of the account's other positions.
    """
    side = chosen(PositionSide, side, "side")
    quantity = positive(quantity, "quantity")
    value = multiply(quantity, positive(mark_price, "mark_price"))
    free = subtract(finite_number(equity, "equity"), not_negative(other_requirements, "other_requirements"))
    rate = fraction(
        add(fraction(maintenance_margin_rate, "maintenance_margin_rate"), fraction(fee_rate, "fee_rate")),
        "maintenance_margin_rate + fee_rate",
    )
    if side is PositionSide.LONG:
        return divide(subtract(value, free), multiply(quantity, subtract(ONE, rate)))
    return divide(add(value, free), multiply(quantity, add(ONE, rate)))


def hedged_liquidation_price(
    *, quantity: Number, equity: Number, maintenance_margin_rate: Number, fee_rate: Number = ZERO
) -> Decimal:
    """Compute the price at which equal long and short sides of one contract outgrow the account.

        P = equity / (q·(m + f))

    Source: with both sides equal the price moves no equity, only the requirement, which counts the size once;
    derived from recorded hedge-mode rows, reproduced to the last digit (the venue reference, position row).

    Args:
        quantity: Size of one side, in base coin.
        equity: Of the account, in margin coin.
        maintenance_margin_rate: m, a fraction; m + f must be above 0.
        fee_rate: f, the taker fee rate, a fraction.
    """
    rate = add(fraction(maintenance_margin_rate, "maintenance_margin_rate"), fraction(fee_rate, "fee_rate"))
    return divide(
        finite_number(equity, "equity"),
        multiply(positive(quantity, "quantity"), positive(rate, "maintenance_margin_rate + fee_rate")),
    )


def meaningful_price(
    price: Number | None, mark_price: Number | None = None, *, times_mark: Number = MEANINGFUL_TIMES_MARK
) -> Decimal | None:
    """Return a liquidation price that can happen: None when it is ≤ 0, or above `times_mark` mark prices."""
    named = _price(price, "price")
    mark = _price(mark_price, "mark_price")
    if named is None or (mark is not None and named > multiply(mark, positive(times_mark, "times_mark"))):
        return None
    return named


def _price(price: Number | None, name: str) -> Decimal | None:
    """A price that may be missing; one that is not above 0 is none."""
    number = price if price is None or isinstance(price, Decimal) else to_decimal(price, name)
    return number if number is not None and number.is_finite() and number > 0 else None


def distance_to_liquidation(
    side: PositionSideLike, mark_price: Number | None, liquidation_price: Number | None
) -> Decimal | None:
    """Compute the adverse move to liquidation as a fraction of the mark price; None when either price is unknown.

        long: (mark − liquidation) / mark        short: (liquidation − mark) / mark

    Source: the v2 positions document, risk example, which has it in percent and as float. Negative once the mark
    has passed the liquidation price. A liquidation price ≤ 0 means that the venue names none.
    """
    side = chosen(PositionSide, side, "side")
    mark, liquidation = _price(mark_price, "mark_price"), _price(liquidation_price, "liquidation_price")
    if mark is None or liquidation is None:
        return None
    away = subtract(mark, liquidation) if side is PositionSide.LONG else subtract(liquidation, mark)
    return divide(away, mark)


def break_even_price(
    side: PositionSideLike,
    *,
    entry_price: Number,
    quantity: Number,
    fee_rate: Number,
    fee_paid: Number | None = None,
    funding: Number = ZERO,
    realized_pnl: Number = ZERO,
) -> Decimal:
    """Compute the closing price at which the position ends at nothing won and nothing lost.

        long:  P = (q·entry + fees − funding − realized) / (q·(1 − f))
        short: P = (q·entry − fees + funding + realized) / (q·(1 + f))

    Source: profit at P less the closing fee q·P·f, plus what the position has booked so far, set to 0. Reproduces
    recorded rows to the last digit, with fees alone (where it is entry·(1 ± f)/(1 ∓ f), the venue reference) and
    with funding and realized profit (the single-position document).

    Args:
        side: Direction of the position.
        entry_price: Average entry price, in quote coin.
        quantity: In base coin.
        fee_rate: f, charged for closing, a fraction.
        fee_paid: Fees paid so far, positive; None counts the opening fee at `fee_rate`.
        funding: Received (positive) or paid (negative) so far.
        realized_pnl: Booked from closed parts of the position, without fees and funding.
    """
    side = chosen(PositionSide, side, "side")
    quantity = positive(quantity, "quantity")
    value = multiply(positive(entry_price, "entry_price"), quantity)
    rate = fraction(fee_rate, "fee_rate")
    paid = multiply(value, rate) if fee_paid is None else finite_number(fee_paid, "fee_paid")
    booked = subtract(add(finite_number(funding, "funding"), finite_number(realized_pnl, "realized_pnl")), paid)
    if side is PositionSide.LONG:
        return divide(subtract(value, booked), multiply(quantity, subtract(ONE, rate)))
    return divide(add(value, booked), multiply(quantity, add(ONE, rate)))


def unrealized_pnl(side: PositionSideLike, *, quantity: Number, entry_price: Number, price: Number) -> Decimal:
    """Compute the profit of a linear position at `price`, in margin coin, before fees: ±q·(price − entry). Exact."""
    side = chosen(PositionSide, side, "side")
    move = subtract(finite_number(price, "price"), finite_number(entry_price, "entry_price"))
    gain = multiply(not_negative(quantity, "quantity"), move)
    return gain if side is PositionSide.LONG else multiply(gain, Decimal(-1))
