"""BitMart's words, numbers, times, symbols and sizes: tables and small pure functions."""

from __future__ import annotations

from decimal import Decimal

from futures_async.adapter import (
    Contract,
    DecodeError,
    Intent,
    InvalidOrder,
    InvalidRequest,
    LedgerType,
    Loose,
    MarginMode,
    OrderType,
    PositionMode,
    PositionSide,
    Role,
    Side,
    TimeInForce,
    check_symbol,
    decimal_or_none,
    divide_exactly,
    finite,
    guess_parts,
    is_multiple,
    join,
    known,
    multiply,
    split,
)

VENUE = "bitmart"
QUOTES = ("USDT", "USDC", "USD")
LINEAR = ("USDT", "USDC")
"""Quote coins of the contracts whose size is base coin; those quoted in USD are inverse and not offered."""

POSITION_SIDE = {"long": PositionSide.LONG, "short": PositionSide.SHORT}
POSITION_TYPE = {"1": PositionSide.LONG, "2": PositionSide.SHORT}
MARGIN_MODE = {"cross": MarginMode.CROSS, "isolated": MarginMode.ISOLATED}
MARGIN_MODE_WORD = {mode: word for word, mode in MARGIN_MODE.items()}
POSITION_MODE = {"hedge_mode": PositionMode.HEDGE, "one_way_mode": PositionMode.ONE_WAY}
POSITION_MODE_WORD = {mode: word for word, mode in POSITION_MODE.items()}
TIME_IN_FORCE = {"1": TimeInForce.GTC, "2": TimeInForce.FOK, "3": TimeInForce.IOC, "4": TimeInForce.POST_ONLY}
MODE_CODE = {force: int(code) for code, force in TIME_IN_FORCE.items()}
ORDER_TYPE = {
    "limit": OrderType.LIMIT,
    "market": OrderType.MARKET,
    "liquidate": OrderType.LIQUIDATION,
    "bankruptcy": OrderType.LIQUIDATION,
    "adl": OrderType.ADL,
    "trailing": OrderType.TRIGGER,
    "planorder": OrderType.TRIGGER,
}
ROLE = {"maker": Role.MAKER, "taker": Role.TAKER}
FLOW_TYPE = {
    "1": LedgerType.TRANSFER,
    "2": LedgerType.REALIZED_PNL,
    "3": LedgerType.FUNDING,
    "4": LedgerType.FEE,
    "5": LedgerType.LIQUIDATION,
}
FLOW_CODE = {kind: int(code) for code, kind in FLOW_TYPE.items()}
FLOW_WORD = {
    "transfer": LedgerType.TRANSFER,
    "realized pnl": LedgerType.REALIZED_PNL,
    "funding fee": LedgerType.FUNDING,
    "commission fee": LedgerType.FEE,
    "commission": LedgerType.FEE,
    "liquidation clearance": LedgerType.LIQUIDATION,
    "liquidation": LedgerType.LIQUIDATION,
}

# The venue's four codes say buy or sell, and open or close; in one-way mode "close" is "reduce only".
SIDE_CODE = {
    (Side.BUY, Intent.OPEN): 1,
    (Side.BUY, Intent.CLOSE): 2,
    (Side.SELL, Intent.CLOSE): 3,
    (Side.SELL, Intent.OPEN): 4,
}
SIDE = {"1": Side.BUY, "2": Side.BUY, "3": Side.SELL, "4": Side.SELL}
CLOSING = (2, 3)
HEDGE_SIDE = {1: PositionSide.LONG, 2: PositionSide.SHORT, 3: PositionSide.LONG, 4: PositionSide.SHORT}

_SECONDS_BELOW = 10**11
_NO_NUMBER = ("", "-", "market", "market price")
# Numbers, times, symbols


def loose_decimal(value: Loose, field: str) -> Decimal | None:
    """Read a number that may be missing or a word for "none"; anything else unreadable is an error."""
    if isinstance(value, str) and value.strip().lower() in _NO_NUMBER:
        return None
    return decimal_or_none(value, field)


def positive(value: Loose, field: str) -> Decimal | None:
    """As `loose_decimal`, where the venue writes 0 for "none"."""
    number = loose_decimal(value, field)
    return number if number is not None and number > 0 else None


def any_ms(value: int | str | None, field: str) -> int | None:
    """Unix milliseconds, whatever the venue wrote: a number below 10^11 is seconds."""
    if value is None or value == "":
        return None
    try:
        number = int(value)
    except ValueError:
        raise DecodeError(f"{field} is not a time", path=field) from None
    if number <= 0:
        return None
    return number * 1000 if number < _SECONDS_BELOW else number


def promised_ms(value: int, field: str) -> int:
    """As `any_ms`, where the venue promises a time."""
    number = any_ms(value, field)
    if number is None:
        raise DecodeError(f"{field} is missing", path=field)
    return number


def text_or_none(value: int | str | None) -> str | None:
    """An id, or None for null and ""."""
    return str(value) if value not in (None, "") else None


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


def base_quantity(contracts: Decimal, contract: Contract, field: str) -> Decimal:
    """Contracts to base coin, exactly; never negative."""
    quantity = multiply(finite(contracts, field), contract.contract_size)
    if quantity < 0:
        raise DecodeError(f"{field} is negative", path=field)
    return quantity


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
