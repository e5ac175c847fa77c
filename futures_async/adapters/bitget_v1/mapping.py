"""v1 payloads as unified models, and orders as v1 bodies: pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from futures_async.adapter import (
    EXACT,
    Account,
    Fill,
    Intent,
    InvalidOrder,
    InvalidRequest,
    LedgerEntry,
    LedgerType,
    Leverage,
    MarginMode,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    Position,
    PositionMode,
    PositionSide,
    RiskLimit,
    Role,
    Side,
    TimeInForce,
    check_symbol,
    decimal_or_none,
    finite,
    guess_parts,
    join,
    known,
    known_or_none,
    ms,
    ms_or_none,
    multiply,
    positive_or_none,
    required_id,
    split,
    to_text,
)
from futures_async.adapters._rows import leverage_of, unsigned
from futures_async.adapters.bitget_v1.wire import (
    WireAccount,
    WireBill,
    WireFill,
    WireLeverage,
    WireOrder,
    WirePosition,
    WireRiskSetting,
    WireRiskTier,
)

VENUE = "bitget-v1"

POSITION_SIDE = {"long": PositionSide.LONG, "short": PositionSide.SHORT}
SIDE = {"buy": Side.BUY, "sell": Side.SELL}
MARGIN_MODE = {"cross": MarginMode.CROSS, "isolated": MarginMode.ISOLATED}
POSITION_MODE = {"hedged": PositionMode.HEDGE, "one_way": PositionMode.ONE_WAY}
WIRE_POSITION_MODE = {mode: word for word, mode in POSITION_MODE.items()}
STATUS = {
    "new": OrderStatus.NEW,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "cancelled": OrderStatus.CANCELED,
    "canceled": OrderStatus.CANCELED,
}
# The order type carries the time in force.
ORDER_TYPE = {
    "limit": OrderType.LIMIT,
    "post_only": OrderType.LIMIT,
    "fok": OrderType.LIMIT,
    "ioc": OrderType.LIMIT,
    "market": OrderType.MARKET,
}
TIME_IN_FORCE = {
    "limit": TimeInForce.GTC,
    "post_only": TimeInForce.POST_ONLY,
    "fok": TimeInForce.FOK,
    "ioc": TimeInForce.IOC,
}
WIRE_ORDER_TYPE = {force: word for word, force in TIME_IN_FORCE.items()}
ROLE = {"maker": Role.MAKER, "taker": Role.TAKER}
# Filter words are deposit, withdraw, fee, pnl; rows say realized_pnl.
LEDGER_TYPE = {
    "deposit": LedgerType.DEPOSIT,
    "withdraw": LedgerType.WITHDRAWAL,
    "fee": LedgerType.FEE,
    "pnl": LedgerType.REALIZED_PNL,
    "realized_pnl": LedgerType.REALIZED_PNL,
}
WIRE_LEDGER_TYPE = {
    LedgerType.DEPOSIT: "deposit",
    LedgerType.WITHDRAWAL: "withdraw",
    LedgerType.FEE: "fee",
    LedgerType.REALIZED_PNL: "pnl",
}


def to_symbol(venue_symbol: str) -> str:
    """`BTCUSDT` is BTC/USDT:USDT, `BTCUSD` settles in BTC; what has another form is passed through."""
    pair = venue_symbol.upper()
    parts = guess_parts(pair, ("USDT", "USDC", "USD"))
    if parts is None:
        return venue_symbol
    base, quote = parts
    symbol = join(base, quote, base if quote == "USD" else quote)
    return symbol if split(symbol) else venue_symbol


def to_venue_symbol(symbol: str) -> str:
    """The venue's id of a unified symbol; a venue's own id in upper case.

    Raises:
        InvalidRequest: No symbol, or one that settles otherwise than its name says.
    """
    parts = split(check_symbol(symbol))
    if parts is None:
        return symbol.upper()
    pair = f"{parts.base}{parts.quote}"
    if to_symbol(pair) != symbol:
        raise InvalidRequest(
            f"bitget-v1: {symbol} has no id here: contracts settle in their quote coin, USD in the base"
        )
    return pair


def settle_coin(venue_symbol: str) -> str | None:
    """The margin coin of a contract, as far as its name says."""
    parts = split(to_symbol(venue_symbol))
    return parts.settle if parts else None


def to_account(wire: WireAccount) -> Account:
    """The sample's 1500 + 50 = 1550 says: `total` is the wallet, `marginBalance` the equity."""
    return Account(
        venue=VENUE,
        raw=wire,
        margin_coin=wire.margin_coin,
        equity=decimal_or_none(wire.margin_balance, "marginBalance"),
        balance=decimal_or_none(wire.total, "total"),
        available=finite(wire.available, "available"),
        unrealized_pnl=decimal_or_none(wire.unrealized_pnl, "unrealizedPnl"),
        initial_margin_rate=decimal_or_none(wire.initial_margin_rate, "initialMarginRate"),
        maintenance_margin_rate=decimal_or_none(wire.maintenance_margin_rate, "maintenanceMarginRate"),
        margin_mode=known_or_none(MARGIN_MODE, wire.margin_mode),
        risk_level=wire.risk_level or None,
    )


def to_position(wire: WirePosition, margin_coin: str) -> Position | None:
    """One open position, counted in the margin coin that was asked for; None for a row of size zero."""
    quantity = unsigned(wire.hold_position, "holdPosition")
    if quantity == 0:
        return None
    mark = positive_or_none(wire.mark_price, "markPrice")
    mode = known_or_none(MARGIN_MODE, wire.margin_mode)
    position_margin = decimal_or_none(wire.position_margin, "positionMargin")
    isolated = decimal_or_none(wire.isolated_margin, "isolatedMargin")
    return Position(
        venue=VENUE,
        raw=wire,
        symbol=to_symbol(wire.symbol),
        venue_symbol=wire.symbol,
        side=known(POSITION_SIDE, wire.position_side, "positionSide"),
        quantity=quantity,
        entry_price=positive_or_none(wire.open_price, "openPrice"),
        mark_price=mark,
        liquidation_price=positive_or_none(wire.liquidation_price, "liquidationPrice"),
        unrealized_pnl=decimal_or_none(wire.unrealized_pnl, "unrealizedPnl"),
        leverage=positive_or_none(wire.leverage, "leverage"),
        margin_mode=mode,
        margin_coin=margin_coin,
        margin=isolated if mode is MarginMode.ISOLATED and isolated is not None else position_margin,
        initial_margin=position_margin,
        # An amount here ("2.00"); the rate of the same name stands in the risk limits.
        maintenance_margin=decimal_or_none(wire.maintain_margin, "maintainMargin"),
        margin_ratio=decimal_or_none(wire.margin_rate, "marginRate"),
        notional=None if mark is None else multiply(quantity, mark),
        created_ms=ms_or_none(wire.create_time, "createTime"),
        updated_ms=ms_or_none(wire.update_time, "updateTime"),
    )


def to_ledger_entry(wire: WireBill, margin_coin: str) -> LedgerEntry:
    """One bill, in the margin coin that was asked for: rows name none."""
    return LedgerEntry(
        venue=VENUE,
        raw=wire,
        entry_id=required_id(wire.id, "id"),
        type=LEDGER_TYPE.get(wire.type.lower(), LedgerType.OTHER),
        venue_type=wire.type,
        amount=finite(wire.amount, "amount"),
        fee=decimal_or_none(wire.fee, "fee"),
        coin=margin_coin,
        symbol=to_symbol(wire.symbol) if wire.symbol else None,
        venue_symbol=wire.symbol or None,
        created_ms=ms(wire.create_time, "createTime"),
        description=wire.info or None,
    )


def to_risk_limits(wires: Sequence[WireRiskTier], venue_symbol: str) -> list[RiskLimit]:
    """The tiers of a contract, smallest position first; `tier` counts them from 1."""
    rows = [_tier(wire, venue_symbol) for wire in wires]
    rows.sort(key=lambda row: (row.max_quantity is None, row.max_quantity or Decimal(0)))
    return [msgspec.structs.replace(row, tier=number) for number, row in enumerate(rows, 1)]


def _tier(wire: WireRiskTier, venue_symbol: str) -> RiskLimit:
    return RiskLimit(
        venue=VENUE,
        raw=wire,
        symbol=to_symbol(venue_symbol),
        venue_symbol=venue_symbol,
        risk_limit=decimal_or_none(wire.risk_limit, "riskLimit"),
        max_quantity=decimal_or_none(wire.max_position_size, "maxPositionSize"),
        max_leverage=positive_or_none(wire.max_leverage, "maxLeverage"),
        # Rates here ("0.004"), whatever the names say.
        maintenance_margin_rate=decimal_or_none(wire.maintain_margin, "maintainMargin"),
        initial_margin_rate=decimal_or_none(wire.initial_margin, "initialMargin"),
    )


def to_risk_limit(wire: WireRiskSetting) -> RiskLimit:
    """The risk limit that was set."""
    return RiskLimit(
        venue=VENUE,
        raw=wire,
        symbol=to_symbol(wire.symbol),
        venue_symbol=wire.symbol,
        risk_limit=decimal_or_none(wire.risk_limit, "riskLimit"),
        max_quantity=decimal_or_none(wire.max_position_size, "maxPositionSize"),
    )


def to_leverage(wire: WireLeverage) -> Leverage:
    """The leverage that was set."""
    leverage = positive_or_none(wire.leverage, "leverage")
    return Leverage(
        venue=VENUE,
        raw=wire,
        symbol=to_symbol(wire.symbol),
        venue_symbol=wire.symbol,
        leverage=leverage,
        long_leverage=leverage,
        short_leverage=leverage,
        margin_mode=known_or_none(MARGIN_MODE, wire.margin_mode),
    )


def position_leverage(rows: Sequence[Position], venue_symbol: str) -> Leverage:
    """Leverage of one contract as its open positions show it; None where they differ or there is none."""
    return leverage_of(rows, venue_symbol, venue=VENUE, to_symbol=to_symbol)


def to_order(wire: WireOrder) -> Order:
    """One order. Its answers name neither reduce-only, nor position side, nor fee, nor a client order id."""
    quantity = unsigned(wire.size, "size")
    filled = decimal_or_none(wire.filled_size, "filledSize")
    word = wire.order_type
    kind = known_or_none(ORDER_TYPE, word) or OrderType.UNKNOWN
    return Order(
        venue=VENUE,
        raw=wire,
        symbol=to_symbol(wire.symbol),
        venue_symbol=wire.symbol,
        order_id=required_id(wire.order_id, "orderId"),
        side=known(SIDE, wire.side, "side"),
        type=kind,
        time_in_force=known_or_none(TIME_IN_FORCE, word),
        price=None if kind is OrderType.MARKET else positive_or_none(wire.price, "price"),
        average_price=positive_or_none(wire.avg_price, "avgPrice"),
        quantity=quantity,
        filled_quantity=filled,
        remaining_quantity=None if filled is None else EXACT.subtract(quantity, filled),
        status=known_or_none(STATUS, wire.status) or OrderStatus.UNKNOWN,
        margin_mode=known_or_none(MARGIN_MODE, wire.margin_mode),
        leverage=positive_or_none(wire.leverage, "leverage"),
        created_ms=ms_or_none(wire.create_time, "createTime"),
        updated_ms=ms_or_none(wire.update_time, "updateTime"),
    )


def to_fill(wire: WireFill) -> Fill:
    """One execution; the fee is positive where it was paid."""
    return Fill(
        venue=VENUE,
        raw=wire,
        fill_id=required_id(wire.trade_id, "tradeId"),
        order_id=required_id(wire.order_id, "orderId"),
        symbol=to_symbol(wire.symbol),
        venue_symbol=wire.symbol,
        side=known(SIDE, wire.side, "side"),
        price=finite(wire.price, "price"),
        quantity=unsigned(wire.size, "size"),
        fee=decimal_or_none(wire.fee, "fee"),
        fee_coin=wire.fee_currency or None,
        role=known_or_none(ROLE, wire.role),
        created_ms=ms(wire.create_time, "createTime"),
    )


def order_body(request: OrderRequest, venue_symbol: str) -> dict[str, Any]:
    """The body of `placeOrder`; keys in the order of the documented example.

    In hedge mode `buy` opens or adds to a long unless it is reduce-only, and then reduces the short (the documents
    name no position side); in one-way mode the same words do the same. So the mode need not be known.

    Raises:
        InvalidOrder: The dialect has no field for something in the request, or wants something that is not in it.
    """
    if request.leverage is None or request.margin_mode is None:
        raise InvalidOrder(
            "bitget-v1: every order states leverage and margin mode, and neither an open position nor set_leverage "
            f"tells them for {request.symbol}: give OrderRequest(leverage=…, margin_mode=…)"
        )
    if request.take_profit is not None or request.stop_loss is not None:
        raise InvalidOrder("bitget-v1: orders cannot carry take-profit or stop-loss here")
    market = request.type is OrderType.MARKET
    if market and request.time_in_force is not None:
        raise InvalidOrder("bitget-v1: a market order takes no time in force: its order type says it")
    body: dict[str, Any] = {
        "symbol": venue_symbol,
        "side": request.side.value,
        "orderType": "market" if market else WIRE_ORDER_TYPE[request.time_in_force or TimeInForce.GTC],
    }
    if request.price is not None:
        body["price"] = to_text(request.price)
    return body | {
        "size": to_text(request.quantity),
        "leverage": to_text(request.leverage),
        "marginMode": request.margin_mode.value,
        # A JSON boolean, unlike anything in v2.
        "reduceOnly": request.intent is Intent.CLOSE,
    }
