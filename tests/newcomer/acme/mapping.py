"""Acme's rows as unified models: tables, one line a field."""

from __future__ import annotations

from decimal import Decimal

import futures_async.adapter as fa
from futures_async.adapter import identifier, made, moment, needed, negative, number, otherwise, price, size, text, word
from tests.newcomer.acme import wire
from tests.newcomer.acme.words import BOOK, DIRECTION, FORCE, KIND, SIDE, STATE, WHY, to_symbol

VENUE = "acme"


def _coin(contract: str) -> str:
    return contract.partition("_")[2]


@fa.table
def contracts(row: wire.WireContract) -> fa.Contract:
    """Trading rules. Sizes are base coin."""
    name = needed(text(row.contract))
    return fa.Contract(
        venue=VENUE,
        symbol=made(to_symbol, name),
        venue_symbol=name,
        base=made(lambda contract: contract.partition("_")[0], name),
        quote=made(_coin, name),
        settle=made(_coin, name),
        contract_size=Decimal(1),
        price_tick=needed(price(row.tick)),
        quantity_step=needed(price(row.step)),
        min_quantity=price(row.step),
        max_quantity=price(row.most),
        max_market_quantity=price(row.most_market),
        min_notional=price(row.worth_least),
        max_leverage=price(row.leverage_most),
    )


@fa.table
def tickers(row: wire.WireTicker) -> fa.Ticker:
    """The market now."""
    name = needed(text(row.contract))
    return fa.Ticker(
        venue=VENUE,
        symbol=made(to_symbol, name),
        venue_symbol=name,
        last_price=needed(price(row.last)),
        bid_price=price(row.bid),
        ask_price=price(row.ask),
        mark_price=price(row.mark),
    )


@fa.table
def accounts(row: wire.WireBalance) -> fa.Account:
    """The account in one coin."""
    return fa.Account(
        venue=VENUE,
        margin_coin=needed(text(row.coin)),
        equity=number(row.equity),
        balance=number(row.cash),
        available=number(row.free),
        unrealized_pnl=number(row.profit),
        maintenance_margin=number(row.upkeep),
        margin_ratio=number(row.ratio),
    )


@fa.table_of_held
def positions(row: wire.WirePosition) -> fa.Position:
    """Open positions."""
    name, quantity, mark = needed(text(row.contract)), needed(size(row.size)), price(row.mark)
    margin, free = number(row.margin), size(row.free)
    return fa.Position(
        venue=VENUE,
        symbol=made(to_symbol, name),
        venue_symbol=name,
        side=needed(word(row.direction, DIRECTION)),
        quantity=quantity,
        entry_price=price(row.entry),
        mark_price=mark,
        liquidation_price=price(row.cut),
        unrealized_pnl=number(row.profit),
        realized_pnl=number(row.booked),
        fee=negative(number(row.paid)),
        leverage=price(row.leverage),
        position_mode=word(row.book, BOOK),
        margin_coin=otherwise(made(_coin, name), ""),
        margin=margin,
        initial_margin=margin,
        maintenance_margin_rate=number(row.upkeep_rate),
        notional=fa.times(quantity, mark),
        available=free,
        locked=fa.minus(quantity, free),
        created_ms=moment(row.opened),
    )


@fa.table
def orders(row: wire.WireOrder) -> fa.Order:
    """Orders in any state."""
    name, quantity, filled = needed(text(row.contract)), needed(size(row.size)), size(row.done)
    return fa.Order(
        venue=VENUE,
        symbol=made(to_symbol, name),
        venue_symbol=name,
        order_id=needed(identifier(row.id)),
        client_order_id=text(row.tag),
        side=needed(word(row.side, SIDE)),
        type=otherwise(word(row.kind, KIND, fa.OrderType.UNKNOWN), fa.OrderType.UNKNOWN),
        time_in_force=word(row.force, FORCE),
        price=price(row.price),
        average_price=price(row.average),
        quantity=quantity,
        filled_quantity=filled,
        remaining_quantity=fa.minus(quantity, filled),
        status=needed(word(row.state, STATE, fa.OrderStatus.UNKNOWN)),
        reduce_only=fa.yes_no(row.closing),
        position_side=word(row.book, DIRECTION),
        take_profit=price(row.profit_at),
        stop_loss=price(row.stop_at),
        fee=negative(number(row.paid)),
        fee_coin=made(_coin, name),
        created_ms=moment(row.at),
        updated_ms=moment(row.changed),
    )


@fa.table
def fills(row: wire.WireFill) -> fa.Fill:
    """Executions."""
    name = needed(text(row.contract))
    return fa.Fill(
        venue=VENUE,
        fill_id=needed(identifier(row.id)),
        order_id=needed(identifier(row.order)),
        client_order_id=text(row.tag),
        symbol=made(to_symbol, name),
        venue_symbol=name,
        side=needed(word(row.side, SIDE)),
        price=needed(price(row.price)),
        quantity=needed(size(row.size)),
        fee=negative(number(row.paid)),
        fee_coin=made(_coin, name),
        role=made(
            lambda maker: None if maker is None else fa.Role.MAKER if maker else fa.Role.TAKER, fa.yes_no(row.maker)
        ),
        realized_pnl=number(row.booked),
        created_ms=moment(row.at),
    )


@fa.table
def entries(row: wire.WireEntry) -> fa.LedgerEntry:
    """Changes of balance."""
    name = text(row.contract)
    return fa.LedgerEntry(
        venue=VENUE,
        entry_id=needed(identifier(row.id)),
        type=otherwise(word(row.why, WHY, fa.LedgerType.OTHER), fa.LedgerType.OTHER),
        venue_type=otherwise(text(row.why), ""),
        amount=needed(number(row.amount)),
        fee=negative(number(row.paid)),
        coin=needed(text(row.coin)),
        symbol=made(lambda contract: None if contract is None else to_symbol(contract), name),
        venue_symbol=name,
        balance=number(row.cash),
        created_ms=needed(moment(row.at)),
    )


@fa.table
def leverages(row: wire.WireLeverage) -> fa.Leverage:
    """What is set; for both sides alike."""
    name = needed(text(row.contract))
    return fa.Leverage(venue=VENUE, symbol=made(to_symbol, name), venue_symbol=name, leverage=price(row.leverage))
