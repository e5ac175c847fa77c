"""v1 rows as unified models, one line a field, and orders as v1 bodies."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import identifier, made, moment, named, needed, number, otherwise, price, size, text, word
from futures_async.adapters._rows import leverage_of
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

POSITION_SIDE = {"long": fa.PositionSide.LONG, "short": fa.PositionSide.SHORT}
SIDE = {"buy": fa.Side.BUY, "sell": fa.Side.SELL}
MARGIN_MODE = {"cross": fa.MarginMode.CROSS, "isolated": fa.MarginMode.ISOLATED}
POSITION_MODE = {"hedged": fa.PositionMode.HEDGE, "one_way": fa.PositionMode.ONE_WAY}
WIRE_POSITION_MODE = {mode: word for word, mode in POSITION_MODE.items()}
STATUS = {
    "new": fa.OrderStatus.NEW,
    "partially_filled": fa.OrderStatus.PARTIALLY_FILLED,
    "filled": fa.OrderStatus.FILLED,
    "cancelled": fa.OrderStatus.CANCELED,
    "canceled": fa.OrderStatus.CANCELED,
}
# The order type carries the time in force.
ORDER_TYPE = {
    "limit": fa.OrderType.LIMIT,
    "post_only": fa.OrderType.LIMIT,
    "fok": fa.OrderType.LIMIT,
    "ioc": fa.OrderType.LIMIT,
    "market": fa.OrderType.MARKET,
}
TIME_IN_FORCE = {
    "limit": fa.TimeInForce.GTC,
    "post_only": fa.TimeInForce.POST_ONLY,
    "fok": fa.TimeInForce.FOK,
    "ioc": fa.TimeInForce.IOC,
}
WIRE_ORDER_TYPE = {force: word for word, force in TIME_IN_FORCE.items()}
ROLE = {"maker": fa.Role.MAKER, "taker": fa.Role.TAKER}
# Filter words are deposit, withdraw, fee, pnl; rows say realized_pnl.
LEDGER_TYPE = {
    "deposit": fa.LedgerType.DEPOSIT,
    "withdraw": fa.LedgerType.WITHDRAWAL,
    "fee": fa.LedgerType.FEE,
    "pnl": fa.LedgerType.REALIZED_PNL,
    "realized_pnl": fa.LedgerType.REALIZED_PNL,
}
WIRE_LEDGER_TYPE = {
    fa.LedgerType.DEPOSIT: "deposit",
    fa.LedgerType.WITHDRAWAL: "withdraw",
    fa.LedgerType.FEE: "fee",
    fa.LedgerType.REALIZED_PNL: "pnl",
}


def to_symbol(venue_symbol: str) -> str:
    """`BTCUSDT` is BTC/USDT:USDT, `BTCUSD` settles in BTC; what has another form is passed through."""
    pair = venue_symbol.upper()
    parts = fa.guess_parts(pair, ("USDT", "USDC", "USD"))
    if parts is None:
        return venue_symbol
    base, quote = parts
    symbol = fa.join(base, quote, base if quote == "USD" else quote)
    return symbol if fa.split(symbol) else venue_symbol


def to_venue_symbol(symbol: str) -> str:
    """The venue's id of a unified symbol; a venue's own id in upper case.

    Raises:
        InvalidRequest: No symbol, or one that settles otherwise than its name says.
    """
    parts = fa.split(fa.check_symbol(symbol))
    if parts is None:
        return symbol.upper()
    pair = f"{parts.base}{parts.quote}"
    if to_symbol(pair) != symbol:
        raise fa.InvalidRequest(
            f"bitget-v1: {symbol} has no id here: contracts settle in their quote coin, USD in the base"
        )
    return pair


def settle_coin(venue_symbol: str) -> str | None:
    """The margin coin of a contract, as far as its name says."""
    parts = fa.split(to_symbol(venue_symbol))
    return parts.settle if parts else None


@fa.table
def accounts(row: WireAccount) -> fa.Account:
    """The sample's 1500 + 50 = 1550 says: `total` is the wallet, `marginBalance` the equity."""
    return fa.Account(
        venue=VENUE,
        margin_coin=needed(text(row.margin_coin)),
        equity=number(row.margin_balance),
        balance=number(row.total),
        available=number(row.available),
        unrealized_pnl=number(row.unrealized_pnl),
        initial_margin_rate=number(row.initial_margin_rate),
        maintenance_margin_rate=number(row.maintenance_margin_rate),
        margin_mode=word(row.margin_mode, MARGIN_MODE),
        risk_level=text(row.risk_level),
    )


def _margin(mode: fa.MarginMode | None, isolated: Decimal | None, held: Decimal | None) -> Decimal | None:
    return isolated if mode is fa.MarginMode.ISOLATED and isolated is not None else held


@fa.table_of_held
def positions(row: WirePosition, margin_coin: str) -> fa.Position:
    """Open positions, counted in the margin coin that was asked for; rows of size zero stand for none."""
    quantity, mark = needed(size(row.hold_position)), price(row.mark_price)
    mode, margin = word(row.margin_mode, MARGIN_MODE), number(row.position_margin)
    return fa.Position(
        **named(VENUE, row.symbol, to_symbol),
        side=needed(word(row.position_side, POSITION_SIDE)),
        quantity=quantity,
        entry_price=price(row.open_price),
        mark_price=mark,
        liquidation_price=price(row.liquidation_price),
        unrealized_pnl=number(row.unrealized_pnl),
        leverage=price(row.leverage),
        margin_mode=mode,
        margin_coin=margin_coin,
        margin=made(_margin, mode, number(row.isolated_margin), margin),
        initial_margin=margin,
        # An amount here ("2.00"); the rate of the same name stands in the risk limits.
        maintenance_margin=number(row.maintain_margin),
        margin_ratio=fa.margin_ratio(row.margin_rate),
        notional=fa.times(quantity, mark),
        created_ms=moment(row.create_time),
        updated_ms=moment(row.update_time),
    )


@fa.table
def ledger_entries(row: WireBill, margin_coin: str) -> fa.LedgerEntry:
    """Bills, in the margin coin that was asked for: rows name none."""
    name, kind = text(row.symbol), needed(text(row.type))
    return fa.LedgerEntry(
        venue=VENUE,
        entry_id=needed(identifier(row.id)),
        type=otherwise(
            made(lambda kind: LEDGER_TYPE.get(kind.lower(), fa.LedgerType.OTHER), kind), fa.LedgerType.OTHER
        ),
        venue_type=otherwise(kind, ""),
        amount=needed(number(row.amount)),
        fee=number(row.fee),
        coin=margin_coin,
        symbol=fa.if_said(to_symbol, name),
        venue_symbol=name,
        created_ms=needed(moment(row.create_time)),
        description=text(row.info),
    )


@fa.table
def _tiers(row: WireRiskTier, venue_symbol: str) -> fa.RiskLimit:
    return fa.RiskLimit(
        venue=VENUE,
        symbol=to_symbol(venue_symbol),
        venue_symbol=venue_symbol,
        risk_limit=number(row.risk_limit),
        max_quantity=number(row.max_position_size),
        max_leverage=price(row.max_leverage),
        # Rates here ("0.004"), whatever the names say.
        maintenance_margin_rate=number(row.maintain_margin),
        initial_margin_rate=number(row.initial_margin),
    )


def to_risk_limits(rows: Sequence[WireRiskTier] | None, venue_symbol: str) -> list[fa.RiskLimit]:
    """The tiers of a contract, smallest position first; `tier` counts them from 1."""
    tiers = _tiers(venue_symbol).known(rows)
    tiers.sort(key=lambda tier: (tier.max_quantity is None, tier.max_quantity or Decimal(0)))
    for count, tier in enumerate(tiers, 1):
        tiers[count - 1] = msgspec.structs.replace(tier, tier=count)
    return tiers


def to_risk_limit(wire: WireRiskSetting) -> fa.RiskLimit:
    """The risk limit that was set."""
    return fa.RiskLimit(
        venue=VENUE,
        raw=wire,
        symbol=to_symbol(wire.symbol),
        venue_symbol=wire.symbol,
        risk_limit=fa.decimal_or_none(wire.risk_limit, "riskLimit"),
        max_quantity=fa.decimal_or_none(wire.max_position_size, "maxPositionSize"),
    )


def to_leverage(wire: WireLeverage) -> fa.Leverage:
    """The leverage that was set."""
    leverage = fa.positive_or_none(wire.leverage, "leverage")
    return fa.Leverage(
        venue=VENUE,
        raw=wire,
        symbol=to_symbol(wire.symbol),
        venue_symbol=wire.symbol,
        leverage=leverage,
        long_leverage=leverage,
        short_leverage=leverage,
        margin_mode=fa.known_or_none(MARGIN_MODE, wire.margin_mode),
    )


def position_leverage(rows: Sequence[fa.Position], venue_symbol: str) -> fa.Leverage:
    """Leverage of one contract as its open positions show it; None where they differ or there is none."""
    return leverage_of(rows, venue_symbol, venue=VENUE, to_symbol=to_symbol)


def _force(word: str | None) -> fa.TimeInForce | None:
    return None if word is None else TIME_IN_FORCE.get(word.lower())


@fa.table
def orders(row: WireOrder) -> fa.Order:
    """Orders. Answers name neither reduce-only, nor position side, nor fee, nor a client order id."""
    kind = word(row.order_type, ORDER_TYPE, fa.OrderType.UNKNOWN)
    quantity, filled = needed(size(row.size)), number(row.filled_size)
    return fa.Order(
        **named(VENUE, row.symbol, to_symbol),
        order_id=needed(identifier(row.order_id)),
        side=needed(word(row.side, SIDE)),
        type=otherwise(kind, fa.OrderType.UNKNOWN),
        time_in_force=made(_force, text(row.order_type)),
        price=fa.resting(kind, price(row.price)),
        average_price=price(row.avg_price),
        quantity=quantity,
        filled_quantity=filled,
        remaining_quantity=fa.minus(quantity, filled),
        status=otherwise(word(row.status, STATUS, fa.OrderStatus.UNKNOWN), fa.OrderStatus.UNKNOWN),
        margin_mode=word(row.margin_mode, MARGIN_MODE),
        leverage=price(row.leverage),
        created_ms=moment(row.create_time),
        updated_ms=moment(row.update_time),
    )


@fa.table
def fills(row: WireFill) -> fa.Fill:
    """Executions; the fee is positive where it was paid."""
    return fa.Fill(
        **named(VENUE, row.symbol, to_symbol),
        fill_id=needed(identifier(row.trade_id)),
        order_id=needed(identifier(row.order_id)),
        side=needed(word(row.side, SIDE)),
        price=needed(number(row.price)),
        quantity=needed(size(row.size)),
        fee=number(row.fee),
        fee_coin=text(row.fee_currency),
        role=word(row.role, ROLE),
        created_ms=needed(moment(row.create_time)),
    )


def order_body(request: fa.OrderRequest, venue_symbol: str) -> dict[str, Any]:
    """The body of `placeOrder`; keys in the order of the documented example.

    In hedge mode `buy` opens or adds to a long unless it is reduce-only, and then reduces the short (the documents
    name no position side); in one-way mode the same words do the same. So the mode need not be known.

    Raises:
        InvalidOrder: The dialect has no field for something in the request, or wants something that is not in it.
    """
    if request.leverage is None or request.margin_mode is None:
        raise fa.InvalidOrder(
            "bitget-v1: every order states leverage and margin mode, and neither an open position nor set_leverage "
            f"tells them for {request.symbol}: give OrderRequest(leverage=…, margin_mode=…)"
        )
    if request.take_profit is not None or request.stop_loss is not None:
        raise fa.InvalidOrder("bitget-v1: orders cannot carry take-profit or stop-loss here")
    market = request.type is fa.OrderType.MARKET
    if market and request.time_in_force is not None:
        raise fa.InvalidOrder("bitget-v1: a market order takes no time in force: its order type says it")
    return {
        "symbol": venue_symbol,
        "side": request.side.value,
        "orderType": "market" if market else WIRE_ORDER_TYPE[request.time_in_force or fa.TimeInForce.GTC],
        **fa.given({"price": fa.written(request.price)}),
        "size": fa.to_text(request.quantity),
        "leverage": fa.to_text(request.leverage),
        "marginMode": request.margin_mode.value,
        # A JSON boolean, unlike anything in v2.
        "reduceOnly": request.intent is fa.Intent.CLOSE,
    }
