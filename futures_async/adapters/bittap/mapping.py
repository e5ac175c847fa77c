"""BitTap's payloads as unified models: pure functions.

Null, "" and a missing field all mean that the venue did not say; only symbol, side and quantity must be there.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from futures_async.adapter import (
    EXACT,
    Account,
    Fill,
    InvalidRequest,
    Leverage,
    MarginMode,
    Order,
    OrderStatus,
    OrderType,
    Position,
    PositionMode,
    PositionSide,
    Role,
    Side,
    Ticker,
    TimeInForce,
    check_symbol,
    decimal_or_none,
    finite,
    join,
    known,
    known_or_none,
    ms,
    ms_or_none,
    multiply,
    positive_or_none,
    required_id,
    split,
)
from futures_async.adapters._rows import leverage_of, unsigned
from futures_async.adapters.bittap.wire import (
    Flag,
    WireAsset,
    WireOpenOrder,
    WirePastOrder,
    WirePosition,
    WirePrice,
    WireTrade,
)

VENUE = "bittap"

# BUY is long and SELL is short in both position modes.
POSITION_SIDE = {"buy": PositionSide.LONG, "sell": PositionSide.SHORT}
SIDE = {"buy": Side.BUY, "sell": Side.SELL}
ORDER_TYPE = {"limit": OrderType.LIMIT, "market": OrderType.MARKET}
TIME_IN_FORCE = {"gtc": TimeInForce.GTC, "ioc": TimeInForce.IOC, "fok": TimeInForce.FOK}
# Positions say CROSSED and ISOLATED, market metadata ISOLATION.
MARGIN_MODE = {
    "crossed": MarginMode.CROSS,
    "cross": MarginMode.CROSS,
    "isolated": MarginMode.ISOLATED,
    "isolation": MarginMode.ISOLATED,
}
# One page writes ONEWAY, another ONE_WAY.
POSITION_MODE = {"hedge": PositionMode.HEDGE, "oneway": PositionMode.ONE_WAY, "one_way": PositionMode.ONE_WAY}
ROLE = {"1": Role.TAKER, "2": Role.MAKER}
_FLAG = {"true": True, "1": True, "false": False, "0": False}

# A contract quoted in a currency that is no coin cannot be settled in it: inverse ones, whose ids nobody documents.
_NOT_SETTLED_IN = ("USD",)


def to_symbol(venue_symbol: str) -> str:
    """`XRP-USDT-M` is XRP/USDT:USDT; what has another form is passed through."""
    parts = venue_symbol.split("-")
    if len(parts) != 3 or parts[2] != "M" or parts[1] in _NOT_SETTLED_IN:
        return venue_symbol
    symbol = join(parts[0], parts[1], parts[1])
    return symbol if split(symbol) else venue_symbol


def to_venue_symbol(symbol: str) -> str:
    """`XRP/USDT:USDT` is XRP-USDT-M; a venue's own id stays.

    Raises:
        InvalidRequest: No symbol, or one that settles in another coin than its quote coin.
    """
    parts = split(check_symbol(symbol))
    if parts is None:
        return symbol
    if parts.quote != parts.settle or parts.quote in _NOT_SETTLED_IN:
        raise InvalidRequest(f"bittap: {symbol} is not a linear contract, and only those have documented ids")
    return f"{parts.base}-{parts.quote}-M"


def to_flag(value: Flag) -> bool | None:
    """`reduceOnly`, `postOnly`: a bool, 0 or 1, or their text."""
    return None if value is None else _FLAG.get(str(value).lower())


def to_account(wire: WireAsset) -> Account:
    """One coin's row. `available` includes unrealized profit: it is not balance less locked."""
    return Account(
        venue=VENUE,
        raw=wire,
        margin_coin=wire.coin,
        equity=decimal_or_none(wire.equities, "equities"),
        balance=decimal_or_none(wire.balance, "balance"),
        available=finite(wire.available, "available"),
        locked=decimal_or_none(wire.locked, "locked"),
        transferable=decimal_or_none(wire.can_transfer, "canTransfer"),
        bonus=decimal_or_none(wire.trial_fund_balance, "trialFundBalance"),
        unrealized_pnl=decimal_or_none(wire.profit_unreal, "profitUnreal"),
        # crossMargin and isolatedMargin are 0 beside an open position: nothing to rely on.
        maintenance_margin=decimal_or_none(wire.crossed_maintain_margin, "crossedMaintainMargin"),
        # Despite its name no tier's rate but maintenance margin over equity: liquidation at 1.
        margin_ratio=decimal_or_none(wire.crossed_maintain_margin_rate, "crossedMaintainMarginRate"),
    )


def to_position(wire: WirePosition) -> Position | None:
    """One open position; None for a row of size zero."""
    quantity = unsigned(wire.quantity, "quantity")
    if quantity == 0:
        return None
    mark = positive_or_none(wire.mark_price, "markPrice")
    margin = decimal_or_none(wire.margin, "margin")
    parts = split(to_symbol(wire.symbol_id))
    return Position(
        venue=VENUE,
        raw=wire,
        symbol=to_symbol(wire.symbol_id),
        venue_symbol=wire.symbol_id,
        side=known(POSITION_SIDE, wire.side, "side"),
        quantity=quantity,
        entry_price=positive_or_none(wire.avg_entry_price, "avgEntryPrice"),
        mark_price=mark,
        # 0 means that it will not be triggered.
        liquidation_price=positive_or_none(wire.liquid_price, "liquidPrice"),
        unrealized_pnl=decimal_or_none(wire.profit_unreal, "profitUnreal"),
        # `realizedPnl` has the fees in it, which stand in `feeAmount` as well.
        realized_pnl=decimal_or_none(wire.pnl, "pnl"),
        fee=decimal_or_none(wire.fee_amount, "feeAmount"),
        # Its sign is documented nowhere; handed on as it is.
        funding=decimal_or_none(wire.fund_amount, "fundAmount"),
        leverage=positive_or_none(wire.leverage, "leverage"),
        margin_mode=known_or_none(MARGIN_MODE, wire.margin_mode),
        position_mode=known_or_none(POSITION_MODE, wire.position_mode),
        margin_coin=parts.settle if parts else wire.fee_asset_id or "",
        margin=margin,
        initial_margin=margin,
        # 0 on an open position: not filled in (account/info never fills it).
        maintenance_margin=positive_or_none(wire.maintain_margin, "maintainMargin"),
        margin_ratio=decimal_or_none(wire.margin_rate, "marginRate"),
        # `entryValue` is the value at entry; at the mark it is unknown without a mark.
        notional=None if mark is None else multiply(quantity, mark),
        position_id=_id_or_none(wire.position_id, "positionId"),
        created_ms=ms_or_none(wire.ctime, "ctime"),
        updated_ms=ms_or_none(wire.last_update_time, "lastUpdateTime"),
    )


def to_leverage(rows: Sequence[Position | Order], venue_symbol: str) -> Leverage:
    """Leverage of one contract as its positions, or else its orders, show it."""
    return leverage_of(rows, venue_symbol, venue=VENUE, to_symbol=to_symbol)


def to_open_order(wire: WireOpenOrder) -> Order:
    """One open order. Its status words are documented nowhere, so what is filled decides."""
    quantity, filled = _sizes(wire)
    if filled is None and (left := decimal_or_none(wire.quantity, "quantity")) is not None:
        filled = EXACT.subtract(quantity, left)
    return _order(
        wire,
        order_id=wire.order_id,
        quantity=quantity,
        filled=filled,
        remaining=None if filled is None else EXACT.subtract(quantity, filled),
        status=OrderStatus.PARTIALLY_FILLED if filled else OrderStatus.NEW,
        created_ms=ms_or_none(wire.ctime, "ctime"),
    )


def to_past_order(wire: WirePastOrder) -> Order:
    """One finished order. Its status words are documented nowhere: filled in full, or else cancelled."""
    quantity, filled = _sizes(wire)
    if filled is None:
        status = OrderStatus.UNKNOWN
    else:
        status = OrderStatus.FILLED if filled == quantity else OrderStatus.CANCELED
    return _order(
        wire,
        order_id=wire.id,
        quantity=quantity,
        filled=filled,
        remaining=None if filled is None else Decimal(0),
        status=status,
        created_ms=ms_or_none(wire.order_time, "orderTime"),
    )


def _order(
    wire: WireOpenOrder | WirePastOrder,
    *,
    order_id: str | int,
    quantity: Decimal,
    filled: Decimal | None,
    remaining: Decimal | None,
    status: OrderStatus,
    created_ms: int | None,
) -> Order:
    kind = known_or_none(ORDER_TYPE, wire.type) or OrderType.UNKNOWN
    return Order(
        venue=VENUE,
        raw=wire,
        symbol=to_symbol(wire.symbol_id),
        venue_symbol=wire.symbol_id,
        order_id=required_id(order_id, "orderId"),
        side=known(SIDE, wire.side, "side"),
        type=kind,
        time_in_force=(
            TimeInForce.POST_ONLY if to_flag(wire.post_only) else known_or_none(TIME_IN_FORCE, wire.time_in_force)
        ),
        price=None if kind is OrderType.MARKET else positive_or_none(wire.price, "price"),
        average_price=positive_or_none(wire.avg_price, "avgPrice"),
        quantity=quantity,
        filled_quantity=filled,
        remaining_quantity=remaining,
        status=status,
        reduce_only=to_flag(wire.reduce_only),
        margin_mode=known_or_none(MARGIN_MODE, wire.margin_mode),
        leverage=positive_or_none(wire.leverage, "leverage"),
        fee=decimal_or_none(wire.fee_amount, "feeAmount"),
        fee_coin=wire.fee_asset_id or None,
        created_ms=created_ms,
        updated_ms=ms_or_none(wire.mtime, "mtime"),
    )


def to_fill(wire: WireTrade) -> Fill:
    """One execution."""
    return Fill(
        venue=VENUE,
        raw=wire,
        fill_id=required_id(wire.trade_id, "tradeId"),
        order_id=required_id(wire.order_id, "orderId"),
        symbol=to_symbol(wire.symbol_id),
        venue_symbol=wire.symbol_id,
        side=known(SIDE, wire.side, "side"),
        price=finite(wire.trade_price, "tradePrice"),
        quantity=unsigned(wire.trade_quantity, "tradeQuantity"),
        fee=decimal_or_none(wire.fee_amount, "feeAmount"),
        fee_coin=wire.fee_asset_id or None,
        role=known_or_none(ROLE, None if wire.liquidity_type is None else str(wire.liquidity_type)),
        realized_pnl=decimal_or_none(wire.profit, "profit"),
        created_ms=ms(wire.trade_time, "tradeTime"),
    )


def to_ticker(wire: WirePrice) -> Ticker:
    """The last price; best prices, mark and funding have no call of their own."""
    return Ticker(
        venue=VENUE,
        raw=wire,
        symbol=to_symbol(wire.symbol_id),
        venue_symbol=wire.symbol_id,
        last_price=finite(wire.price, "price"),
    )


def _sizes(wire: WireOpenOrder | WirePastOrder) -> tuple[Decimal, Decimal | None]:
    return unsigned(wire.total_quantity, "totalQuantity"), decimal_or_none(wire.trade_quantity, "tradeQuantity")


def _id_or_none(value: str | int | None, field: str) -> str | None:
    return None if value in (None, "") else required_id(value, field)
