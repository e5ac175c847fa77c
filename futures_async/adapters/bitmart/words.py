"""BitMart's words, numbers, times, symbols and sizes: tables and small pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from futures_async.adapter import (
    Contract,
    Intent,
    InvalidOrder,
    InvalidRequest,
    LedgerType,
    Loose,
    MarginMode,
    Moment,
    OrderKind,
    OrderType,
    PositionMode,
    PositionSide,
    PriceSource,
    Role,
    Side,
    TimeInForce,
    check_symbol,
    divide_exactly,
    guess_parts,
    is_multiple,
    join,
    known,
    ms_or_none,
    positive_or_none,
    split,
)

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


POSITION_SIDE = {"long": PositionSide.LONG, "short": PositionSide.SHORT}
POSITION_TYPE = codes({1: PositionSide.LONG, 2: PositionSide.SHORT})
MARGIN_MODE_WORD = {MarginMode.CROSS: "cross", MarginMode.ISOLATED: "isolated"}
# Positions are pushed with numbers.
MARGIN_MODE = {
    **{word: mode for mode, word in MARGIN_MODE_WORD.items()},
    **codes({1: MarginMode.ISOLATED, 2: MarginMode.CROSS}),
}
POSITION_MODE = {"hedge_mode": PositionMode.HEDGE, "one_way_mode": PositionMode.ONE_WAY}
POSITION_MODE_WORD = {mode: word for word, mode in POSITION_MODE.items()}
MODE_CODE = {TimeInForce.GTC: 1, TimeInForce.FOK: 2, TimeInForce.IOC: 3, TimeInForce.POST_ONLY: 4}
TIME_IN_FORCE = codes({code: force for force, code in MODE_CODE.items()})
ORDER_TYPE = {
    "limit": OrderType.LIMIT,
    "market": OrderType.MARKET,
    "liquidate": OrderType.LIQUIDATION,
    "bankruptcy": OrderType.LIQUIDATION,
    "adl": OrderType.ADL,
    "trailing": OrderType.TRIGGER,
    "planorder": OrderType.TRIGGER,
}
PLAN_KIND = {
    "take_profit": OrderKind.TAKE_PROFIT,
    "stop_loss": OrderKind.STOP_LOSS,
    **dict.fromkeys(("limit", "market", "plan"), OrderKind.TRIGGER),
}
PRICE_SOURCE = codes({1: PriceSource.LAST, 2: PriceSource.MARK})
ROLE = {"maker": Role.MAKER, "taker": Role.TAKER}
FLOW_CODE = {
    LedgerType.TRANSFER: 1,
    LedgerType.REALIZED_PNL: 2,
    LedgerType.FUNDING: 3,
    LedgerType.FEE: 4,
    LedgerType.LIQUIDATION: 5,
}
FLOW = {
    "transfer": LedgerType.TRANSFER,
    "realized pnl": LedgerType.REALIZED_PNL,
    "funding fee": LedgerType.FUNDING,
    "commission fee": LedgerType.FEE,
    "commission": LedgerType.FEE,
    "liquidation clearance": LedgerType.LIQUIDATION,
    "liquidation": LedgerType.LIQUIDATION,
    **codes({code: kind for kind, code in FLOW_CODE.items()}),
}

# The venue's four codes say buy or sell, and open or close; in one-way mode "close" is "reduce only".
SIDE_CODE = {
    (Side.BUY, Intent.OPEN): 1,
    (Side.BUY, Intent.CLOSE): 2,
    (Side.SELL, Intent.CLOSE): 3,
    (Side.SELL, Intent.OPEN): 4,
}
SIDE = codes({code: side for (side, _), code in SIDE_CODE.items()})
CLOSES = codes({code: intent is Intent.CLOSE for (_, intent), code in SIDE_CODE.items()})
HEDGE_SIDE = codes({1: PositionSide.LONG, 2: PositionSide.SHORT, 3: PositionSide.LONG, 4: PositionSide.SHORT})

_SECONDS_BELOW = 10**11
_NO_NUMBER = ("", "-", "market", "market price")


# Numbers, times, symbols


def positive(value: Loose, field: str) -> Decimal | None:
    """A number above 0; 0, "-" and a word for the market are none."""
    if isinstance(value, str) and value.strip().lower() in _NO_NUMBER:
        return None
    return positive_or_none(value, field)


def any_ms(value: Moment, field: str) -> int | None:
    """Unix milliseconds, whatever the venue wrote: a number below 10^11 is seconds."""
    number = ms_or_none(value, field)
    return number * 1000 if number is not None and number < _SECONDS_BELOW else number


def names(name: object, wanted: str) -> bool:
    """Whether a row's `name` is the contract `wanted`; one that cannot be read is not another one."""
    return name == wanted or not isinstance(name, str) or not name


def held_by(side: object) -> PositionSide | None:
    """The side of the position that an order's code of side speaks of."""
    return HEDGE_SIDE.get(str(side))


def venue_symbol(symbol: str) -> str:
    """BTC/USDT:USDT → BTCUSDT; a venue's own id as it is."""
    parts = split(check_symbol(symbol))
    return symbol if parts is None else parts.base + parts.quote


def unified_symbol(symbol: str) -> str:
    """BTCUSDT → BTC/USDT:USDT; contracts quoted in USD settle in their base coin; the unreadable passes through."""
    parts = guess_parts(symbol, QUOTES)
    if parts is None:
        return symbol
    base, quote = parts
    return join(base, quote, base if quote == "USD" else quote)


def to_contracts(quantity: Decimal, contract: Contract) -> int:
    """Base coin to a whole number of contracts.

    Raises:
        InvalidOrder: Not whole contracts, off the contract's step, or none at all; nothing is truncated.
    """
    try:
        contracts = divide_exactly(quantity, contract.contract_size, f"quantity in {contract.base}")
    except InvalidRequest as error:
        raise InvalidOrder(f"{contract.symbol}: {error} (the size of one contract)") from None
    if not is_multiple(quantity, contract.quantity_step):
        raise InvalidOrder(
            f"{contract.symbol}: quantity {quantity:f} is not a whole multiple of {contract.quantity_step:f}"
        )
    if contracts <= 0:
        raise InvalidOrder(f"{contract.symbol}: quantity must be at least one contract, {contract.contract_size:f}")
    return int(contracts)


def position_mode(word: str) -> PositionMode:
    """The account's position mode; an unknown word decides about money."""
    return known(POSITION_MODE, word, "position_mode")
