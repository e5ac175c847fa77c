"""The contracts that the simulated exchange lists: perpetuals, linear or coin-margined.

A quantity is base coin; of contracts that are sized in quote coin (`quote_sized`: one is worth so many dollars) it is
quote coin, so that every figure of theirs stays exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from futures_async.simulator.records import rounded

D = Decimal
MIN_NOTIONAL = D(5)
MAKER_RATE = D("0.0002")
TAKER_RATE = D("0.0006")
TOP_SIZE = D(1)


class Tier(NamedTuple):
    """One risk tier: notional in quote coin, half open `[min_notional, max_notional)`."""

    number: int
    min_notional: Decimal
    max_notional: Decimal
    max_leverage: int
    maintenance_rate: Decimal


def _tiers(scale: int, *rows: tuple[int, str]) -> tuple[Tier, ...]:
    """Tiers whose bounds double from `scale` quote coins on."""
    tiers: list[Tier] = []
    low, high = 0, scale
    for number, (leverage, rate) in enumerate(rows, 1):
        tiers.append(Tier(number, D(low), D(high), leverage, D(rate)))
        low, high = high, high * 4
    return tuple(tiers)


DEEP = ((125, "0.004"), (100, "0.005"), (50, "0.01"), (20, "0.025"), (10, "0.05"), (5, "0.1"))
SHALLOW = ((75, "0.0065"), (50, "0.01"), (20, "0.025"), (10, "0.05"), (5, "0.1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractSpec:
    """One perpetual contract."""

    base: str
    quote: str
    settle: str
    tick: Decimal
    """Price step, quote coin."""
    step: Decimal
    """Quantity step, base coin; also the smallest quantity."""
    contract_size: Decimal
    """Base coin in one contract, for venues that count contracts."""
    start_price: Decimal
    """Around which the mark walks."""
    max_quantity: Decimal
    """Base coin in one limit order; a market order may hold a fifth."""
    tiers: tuple[Tier, ...]
    min_notional: Decimal = MIN_NOTIONAL
    maker_rate: Decimal = MAKER_RATE
    taker_rate: Decimal = TAKER_RATE
    funding_interval_h: int = 8
    top_size: Decimal = TOP_SIZE
    """Base coin at each level of the book when the exchange fills in parts."""
    is_open: bool = True
    quote_sized: bool = False
    """Coin-margined, each contract worth a fixed amount of quote coin: steps, sizes and limits are quote coin then."""

    @property
    def market(self) -> str:
        """BASE/QUOTE:SETTLE; whatever the size of a contract, the price is one."""
        return f"{self.base}/{self.quote}:{self.settle}"

    @property
    def symbol(self) -> str:
        """BASE/QUOTE:SETTLE, the engine's own name; BASE/1QUOTE:SETTLE where quantities are quote coin."""
        return f"{self.base}/1{self.quote}:{self.settle}" if self.quote_sized else self.market

    @property
    def is_inverse(self) -> bool:
        """Margined and settled in its base coin."""
        return self.settle == self.base

    def settled(self, amount: Decimal, price: Decimal) -> Decimal:
        """An amount of quote coin in the settlement coin: coin-margined contracts convert it at `price`."""
        return rounded(amount / price) if self.is_inverse else amount

    def value(self, quantity: Decimal, price: Decimal) -> Decimal:
        """What a quantity is worth in the settlement coin: margins, fees and funding are fractions of it."""
        if self.quote_sized:
            return quantity / price
        return quantity if self.is_inverse else quantity * price

    def notional(self, quantity: Decimal, price: Decimal) -> Decimal:
        """What a quantity is worth in quote coin: tiers and smallest amounts are bounds of it."""
        return quantity if self.quote_sized else quantity * price

    def counter(self, quantity: Decimal, price: Decimal) -> Decimal:
        """What is given for a quantity: quote coin, or base coin where quantities are quote coin."""
        return quantity / price if self.quote_sized else quantity * price

    def mean_price(self, quantity: Decimal, counter: Decimal) -> Decimal:
        """The average price at which a quantity was bought for the sum of what was given."""
        return rounded(quantity / counter if self.quote_sized else counter / quantity)

    def gain(self, quantity: Decimal, entry: Decimal, price: Decimal) -> Decimal:
        """PnL of a long that was opened at `entry`, in the settlement coin.

        Linear: quantity × (price - entry). Coin-margined: value at entry × (1/entry - 1/price), the venues' formula.
        """
        if self.quote_sized:
            return rounded(quantity / entry - quantity / price)
        return self.settled((price - entry) * quantity, price)

    @property
    def max_market_quantity(self) -> Decimal:
        """Base coin in one market order."""
        return self.max_quantity / 5

    @property
    def max_leverage(self) -> int:
        """Leverage of the lowest tier."""
        return self.tiers[0].max_leverage

    def tier(self, notional: Decimal) -> Tier:
        """The tier that a position of this size is in; the last one above all bounds."""
        for tier in self.tiers:
            if notional < tier.max_notional:
                return tier
        return self.tiers[-1]

    def notional_limit(self, leverage: Decimal) -> Decimal:
        """The largest position that this leverage allows."""
        allowed = [tier.max_notional for tier in self.tiers if tier.max_leverage >= leverage]
        return max(allowed, default=D(0))


def _spec(
    base: str,
    settle: str,
    tick: str,
    step: str,
    size: str,
    price: str,
    largest: str,
    top: str,
    tiers: tuple[Tier, ...],
    *,
    quote_sized: bool = False,
) -> ContractSpec:
    return ContractSpec(
        base=base,
        quote="USD" if settle == base else settle,
        settle=settle,
        tick=D(tick),
        step=D(step),
        contract_size=D(size),
        start_price=D(price),
        max_quantity=D(largest),
        top_size=D(top),
        tiers=tiers,
        quote_sized=quote_sized,
    )


CONTRACTS: tuple[ContractSpec, ...] = (
    _spec("BTC", "USDT", "0.1", "0.0001", "0.001", "92171", "1200", "2.5", _tiers(150_000, *DEEP)),
    _spec("ETH", "USDT", "0.01", "0.01", "0.01", "3180.5", "20000", "40", _tiers(150_000, *DEEP)),
    _spec("SOL", "USDT", "0.001", "0.1", "0.1", "141.37", "60000", "300", _tiers(50_000, *SHALLOW)),
    _spec("XRP", "USDT", "0.0001", "1", "1", "2.0614", "4000000", "20000", _tiers(50_000, *SHALLOW)),
    _spec("DOGE", "USDT", "0.00001", "1", "100", "0.13873", "60000000", "300000", _tiers(50_000, *SHALLOW)),
    _spec("ADA", "USDT", "0.0001", "1", "10", "0.4106", "20000000", "100000", _tiers(20_000, *SHALLOW)),
    _spec("LINK", "USDT", "0.001", "0.1", "0.1", "13.42", "400000", "1500", _tiers(20_000, *SHALLOW)),
    _spec("BTC", "USDC", "0.1", "0.0001", "0.001", "92155", "400", "1", _tiers(50_000, *DEEP)),
    _spec("ETH", "USDC", "0.01", "0.01", "0.01", "3180.1", "8000", "20", _tiers(50_000, *DEEP)),
    _spec("BTC", "BTC", "0.1", "0.001", "0.001", "92160", "500", "1", _tiers(50_000, *DEEP)),
    _spec("ETH", "ETH", "0.01", "0.01", "0.01", "3180", "8000", "20", _tiers(50_000, *DEEP)),
    _spec("BTC", "BTC", "0.1", "1", "1", "92160", "20000000", "90000", _tiers(50_000, *DEEP), quote_sized=True),
    _spec("ETH", "ETH", "0.01", "1", "1", "3180", "10000000", "60000", _tiers(50_000, *DEEP), quote_sized=True),
)
"""What is listed unless the engine is given other contracts."""
