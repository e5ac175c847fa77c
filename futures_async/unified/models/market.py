"""What is public about a contract."""

from __future__ import annotations

from decimal import Decimal

from futures_async.unified.convert import EXACT, ceil_to_step, floor_to_step, multiply, round_to_step
from futures_async.unified.exact import divide
from futures_async.unified.models.base import Model

HAIR = Decimal("1e-12")
"""Of a contract: less than this is taken for rounding."""


def contracts_worth(quantity: Decimal, price: Decimal, contract_value: Decimal) -> Decimal:
    """How many contracts a size in base coin is at a price, of contracts that are worth so much quote coin."""
    # What `Contract.quantity_of` made comes back as it was: its last digit may lie a hair below.
    worth = divide(multiply(quantity, price), contract_value).quantize(HAIR, context=EXACT)
    whole = EXACT.to_integral_value(worth)
    return whole if whole == worth else EXACT.normalize(worth)


class Ticker(Model, frozen=True, kw_only=True, eq=False, gc=False):
    """Last prices of one contract."""

    facts = ("symbol", "venue_symbol", "last_price")

    symbol: str
    """Unified symbol, `BASE/QUOTE:SETTLE`."""
    venue_symbol: str
    """The venue's own id of the contract."""
    last_price: Decimal
    """Last traded price, in quote coin."""
    bid_price: Decimal | None = None
    """Best bid, in quote coin."""
    ask_price: Decimal | None = None
    """Best ask, in quote coin."""
    mark_price: Decimal | None = None
    """Mark price, in quote coin."""
    index_price: Decimal | None = None
    """Index price, in quote coin."""
    funding_rate: Decimal | None = None
    """Current funding rate, a fraction per interval."""
    created_ms: int | None = None
    """As of, Unix milliseconds UTC."""


class FundingRate(Model, frozen=True, kw_only=True, eq=False, gc=False):
    """Funding of one contract."""

    facts = ("symbol", "venue_symbol", "funding_rate")

    symbol: str
    """Unified symbol, `BASE/QUOTE:SETTLE`."""
    venue_symbol: str
    """The venue's own id of the contract."""
    funding_rate: Decimal
    """Rate of the current interval, a fraction; positive: longs pay."""
    interval_s: int | None = None
    """Seconds between settlements."""
    next_funding_ms: int | None = None
    """Next settlement, Unix milliseconds UTC."""
    min_rate: Decimal | None = None
    """Lower cap, a fraction."""
    max_rate: Decimal | None = None
    """Upper cap, a fraction."""
    created_ms: int | None = None
    """As of, Unix milliseconds UTC."""


class Contract(Model, frozen=True, kw_only=True, eq=False, gc=False):
    """Trading rules of one contract."""

    facts = ("symbol", "venue_symbol", "base", "quote", "settle", "contract_size", "price_tick", "quantity_step")

    symbol: str
    """Unified symbol, `BASE/QUOTE:SETTLE`."""
    venue_symbol: str
    """The venue's own id of the contract."""
    base: str
    """Base coin."""
    quote: str
    """Quote coin."""
    settle: str
    """Settlement (margin) coin."""
    contract_size: Decimal
    """Base coin per contract; 1 where the venue counts base coin, or where `contract_value` is given."""
    price_tick: Decimal
    """Smallest price step, in quote coin; see `price_figures`."""
    quantity_step: Decimal
    """Smallest size step, in base coin."""
    min_quantity: Decimal | None = None
    """Smallest order, in base coin."""
    max_quantity: Decimal | None = None
    """Largest limit order, in base coin."""
    max_market_quantity: Decimal | None = None
    """Largest market order, in base coin."""
    min_notional: Decimal | None = None
    """Smallest order that opens, quantity × price, in quote coin."""
    max_leverage: Decimal | None = None
    """Highest leverage, times."""
    status: str | None = None
    """The venue's own word."""
    delisted_ms: int | None = None
    """When trading ends or ended, Unix milliseconds UTC; None where no end is announced."""
    price_figures: int | None = None
    """Most significant figures of a price, at venues that count them: `price_tick` is the step of low prices then, see
    `price_step`. Whole numbers always may."""
    contract_value: Decimal | None = None
    """Quote coin per contract, of contracts that are worth a fixed amount of it, as most coin-margined ones are: exact
    is the number of contracts then, and steps, least and most of their sizes are contracts."""

    def contracts_of(self, quantity: Decimal, price: Decimal) -> Decimal:
        """How many whole contracts a size in base coin is at a price: never more than was asked for.

        Args:
            quantity: In base coin.
            price: In quote coin; without meaning where a contract is a fixed amount of base coin.
        """
        if self.contract_value is None:
            return EXACT.divide_int(quantity, self.contract_size)
        return floor_to_step(self.exact_contracts(quantity, price), Decimal(1))

    def exact_contracts(self, quantity: Decimal, price: Decimal) -> Decimal:
        """How many contracts a size in base coin is at a price, parts of them included."""
        if self.contract_value is None:
            return divide(quantity, self.contract_size)
        return contracts_worth(quantity, price, self.contract_value)

    def quantity_of(self, contracts: Decimal, price: Decimal) -> Decimal:
        """The size in base coin of so many contracts at a price; exact where a contract is a fixed amount of it."""
        if self.contract_value is None:
            return multiply(contracts, self.contract_size)
        return divide(multiply(contracts, self.contract_value), price)

    def price_step(self, price: Decimal) -> Decimal:
        """The step of prices around this one, in quote coin: the tick, unless the venue counts figures."""
        if self.price_figures is None or not price:
            return self.price_tick
        finest = Decimal(1).scaleb(price.adjusted() + 1 - self.price_figures, EXACT)
        return max(self.price_tick, min(finest, Decimal(1)))

    def round_price(self, price: Decimal, *, up: bool = False) -> Decimal:
        """Round a price to its step, down unless told otherwise; exact, whatever the decimal context."""
        step = self.price_step(price)
        return ceil_to_step(price, step) if up else floor_to_step(price, step)

    def nearest_price(self, price: Decimal) -> Decimal:
        """Round a price to the nearest step, halves up."""
        return round_to_step(price, self.price_step(price))

    def round_quantity(self, quantity: Decimal) -> Decimal:
        """Round a size in base coin down to the step, so that it never asks for more than was given."""
        return floor_to_step(quantity, self.quantity_step)

    def smallest_quantity(self, price: Decimal | None = None) -> Decimal:
        """The smallest order: whole steps, `min_quantity` and, at `price`, worth `min_notional`.

        In base coin, or in contracts where `contract_value` is given.
        """
        step = self.quantity_step
        smallest = max(step, ceil_to_step(self.min_quantity or step, step))
        if self.min_notional is None or price is None or price <= 0:
            return smallest
        worth = multiply(price if self.contract_value is None else self.contract_value, step)
        steps = EXACT.divide_int(ceil_to_step(self.min_notional, worth), worth)
        return max(smallest, multiply(steps, step))
