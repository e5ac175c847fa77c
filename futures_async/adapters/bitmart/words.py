"""BitMart's words, numbers, times, symbols and sizes: tables and small pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

import futures_async.adapter as fa
from futures_async.adapter import guess_parts, is_multiple, join, known, ms_or_none, positive_or_none, split

T = TypeVar("T")

VENUE = "bitmart"
QUOTES = ("USDT", "USDC", "USD")
LINEAR = ("USDT", "USDC")
"""Quote coins of the contracts whose size is base coin."""
INVERSE = "USD"
"""Of those whose size is quote coin: not offered."""


def codes(table: Mapping[int, T]) -> dict[Any, T]:
    """What the venue's numbers mean, also where they come as text."""
    return {**table, **{str(code): meaning for code, meaning in table.items()}}


POSITION_SIDE = {"long": fa.PositionSide.LONG, "short": fa.PositionSide.SHORT}
POSITION_TYPE = codes({1: fa.PositionSide.LONG, 2: fa.PositionSide.SHORT})
MARGIN_MODE_WORD = {fa.MarginMode.CROSS: "cross", fa.MarginMode.ISOLATED: "isolated"}
# Positions are pushed with numbers.
MARGIN_MODE = {
    **{word: mode for mode, word in MARGIN_MODE_WORD.items()},
    **codes({1: fa.MarginMode.ISOLATED, 2: fa.MarginMode.CROSS}),
}
POSITION_MODE = {"hedge_mode": fa.PositionMode.HEDGE, "one_way_mode": fa.PositionMode.ONE_WAY}
POSITION_MODE_WORD = {mode: word for word, mode in POSITION_MODE.items()}
MODE_CODE = {fa.TimeInForce.GTC: 1, fa.TimeInForce.FOK: 2, fa.TimeInForce.IOC: 3, fa.TimeInForce.POST_ONLY: 4}
TIME_IN_FORCE = codes({code: force for force, code in MODE_CODE.items()})
ORDER_TYPE = {
    "limit": fa.OrderType.LIMIT,
    "market": fa.OrderType.MARKET,
    "liquidate": fa.OrderType.LIQUIDATION,
    "bankruptcy": fa.OrderType.LIQUIDATION,
    "adl": fa.OrderType.ADL,
    "trailing": fa.OrderType.TRIGGER,
    "planorder": fa.OrderType.TRIGGER,
}
PLAN_KIND = {
    "take_profit": fa.OrderKind.TAKE_PROFIT,
    "stop_loss": fa.OrderKind.STOP_LOSS,
    **dict.fromkeys(("limit", "market", "plan"), fa.OrderKind.TRIGGER),
}
PRICE_SOURCE = codes({1: fa.PriceSource.LAST, 2: fa.PriceSource.MARK})
ROLE = {"maker": fa.Role.MAKER, "taker": fa.Role.TAKER}
FLOW_CODE = {
    fa.LedgerType.TRANSFER: 1,
    fa.LedgerType.REALIZED_PNL: 2,
    fa.LedgerType.FUNDING: 3,
    fa.LedgerType.FEE: 4,
    fa.LedgerType.LIQUIDATION: 5,
}
FLOW = {
    "transfer": fa.LedgerType.TRANSFER,
    "realized pnl": fa.LedgerType.REALIZED_PNL,
    "funding fee": fa.LedgerType.FUNDING,
    "commission fee": fa.LedgerType.FEE,
    "commission": fa.LedgerType.FEE,
    "liquidation clearance": fa.LedgerType.LIQUIDATION,
    "liquidation": fa.LedgerType.LIQUIDATION,
    **codes({code: kind for kind, code in FLOW_CODE.items()}),
}

# The venue's four codes say buy or sell, and open or close; in one-way mode "close" is "reduce only".
SIDE_CODE = {
    (fa.Side.BUY, fa.Intent.OPEN): 1,
    (fa.Side.BUY, fa.Intent.CLOSE): 2,
    (fa.Side.SELL, fa.Intent.CLOSE): 3,
    (fa.Side.SELL, fa.Intent.OPEN): 4,
}
SIDE = codes({code: side for (side, _), code in SIDE_CODE.items()})
CLOSES = codes({code: intent is fa.Intent.CLOSE for (_, intent), code in SIDE_CODE.items()})
HEDGE_SIDE = codes(
    {1: fa.PositionSide.LONG, 2: fa.PositionSide.SHORT, 3: fa.PositionSide.LONG, 4: fa.PositionSide.SHORT}
)

_SECONDS_BELOW = 10**11
_NO_NUMBER = ("", "-", "market", "market price")


# Numbers, times, symbols


def positive(value: fa.Loose, field: str) -> Decimal | None:
    """A number above 0; 0, "-" and a word for the market are none."""
    if isinstance(value, str) and value.strip().lower() in _NO_NUMBER:
        return None
    return positive_or_none(value, field)


def any_ms(value: fa.Moment, field: str) -> int | None:
    """Unix milliseconds, whatever the venue wrote: a number below 10^11 is seconds."""
    number = ms_or_none(value, field)
    return number * 1000 if number is not None and number < _SECONDS_BELOW else number


def names(name: object, wanted: str) -> bool:
    """Whether a row's `name` is the contract `wanted`; one that cannot be read is not another one."""
    return name == wanted or not isinstance(name, str) or not name


def held_by(side: object) -> fa.PositionSide | None:
    """The side of the position that an order's code of side speaks of."""
    return HEDGE_SIDE.get(str(side))


def venue_symbol(symbol: str) -> str:
    """BTC/USDT:USDT → BTCUSDT; a venue's own id as it is."""
    parts = split(fa.check_symbol(symbol))
    return symbol if parts is None else parts.base + parts.quote


def unified_symbol(symbol: str) -> str:
    """BTCUSDT → BTC/USDT:USDT; contracts quoted in USD settle in their base coin; the unreadable passes through."""
    parts = guess_parts(symbol, QUOTES)
    if parts is None:
        return symbol
    base, quote = parts
    return join(base, quote, base if quote == "USD" else quote)


def to_contracts(quantity: Decimal, contract: fa.Contract) -> int:
    """Base coin to a whole number of contracts.

    Raises:
        InvalidOrder: Not whole contracts, off the contract's step, or none at all; nothing is truncated.
    """
    try:
        contracts = fa.divide_exactly(quantity, contract.contract_size, f"quantity in {contract.base}")
    except fa.InvalidRequest as error:
        raise fa.InvalidOrder(f"{contract.symbol}: {error} (the size of one contract)") from None
    if not is_multiple(quantity, contract.quantity_step):
        raise fa.InvalidOrder(
            f"{contract.symbol}: quantity {quantity:f} is not a whole multiple of {contract.quantity_step:f}"
        )
    if contracts <= 0:
        raise fa.InvalidOrder(f"{contract.symbol}: quantity must be at least one contract, {contract.contract_size:f}")
    return int(contracts)


def position_mode(word: str) -> fa.PositionMode:
    """The account's position mode; an unknown word decides about money."""
    return known(POSITION_MODE, word, "position_mode")
