"""OKX v5 rows as unified models: account and positions, one line a field; orders are in `orders.py`, prices and
rules in `market.py`.

Sizes are contracts at the venue and base coin here, so most tables are given the contract beside each row. Fees are
negative when paid there; margin ratios are turned round: equity over maintenance margin there, liquidation at 1 both
ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import cast

import futures_async.adapter as fa
from futures_async.adapter import in_base, made, moment, needed, negative, number, otherwise, price, text, word
from futures_async.adapters.okx import wire

VENUE = "okx"
USD = "USD"
"""The venue gives margins of the whole account in USD, in the account modes that have them."""
SWAP = "-SWAP"
USD_MARGINED = "_UM"

POSITION_SIDE = {"long": fa.PositionSide.LONG, "short": fa.PositionSide.SHORT}
MARGIN_MODE = {mode.value: mode for mode in fa.MarginMode}
POSITION_MODE = {"net_mode": fa.PositionMode.ONE_WAY, "long_short_mode": fa.PositionMode.HEDGE}
MODE_OF_SIDE = {"net": fa.PositionMode.ONE_WAY, "long": fa.PositionMode.HEDGE, "short": fa.PositionMode.HEDGE}

# https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-bills-details-last-7-days
LEDGER_TYPE = {
    "1": fa.LedgerType.TRANSFER,
    "2": fa.LedgerType.TRADE,
    "3": fa.LedgerType.REALIZED_PNL,
    "5": fa.LedgerType.LIQUIDATION,
    "7": fa.LedgerType.FEE,
    "8": fa.LedgerType.FUNDING,
    "9": fa.LedgerType.LIQUIDATION,
}
MARGIN_MOVED = "6"


# Symbols


@lru_cache(maxsize=4096)
def unified_symbol(venue_symbol: str) -> str:
    """`BTC-USDT-SWAP` as BTC/USDT:USDT; contracts quoted in USD settle in their base coin. Anything else as it is."""
    pair = family(venue_symbol).split("-")
    if not venue_symbol.endswith(SWAP) or len(pair) != 2 or not all(pair):
        return venue_symbol
    base, quote = pair
    found = fa.symbols.join(base, quote, base if quote == USD else quote)
    return found if fa.symbols.split(found) is not None else venue_symbol


def family(venue_symbol: str) -> str:
    """`BTC-USDT` of `BTC-USDT-SWAP`: what tiers and families of contracts are called by."""
    return venue_symbol.removesuffix(SWAP)


def underlying(family: str) -> str:
    """`BTC-USD` of `BTC-USD_UM`, which is margined in USD and stablecoins of it: what indices are called by."""
    return family.removesuffix(USD_MARGINED)


def to_venue_symbol(symbol: str) -> str:
    """The venue's id of a unified symbol; a venue's own id as it is.

    Raises:
        InvalidRequest: It is no symbol, or settles in a coin that no swap of this pair settles in.
    """
    parts = fa.symbols.split(fa.symbols.check_symbol(symbol))
    if parts is None:
        return symbol
    found = f"{parts.base}-{parts.quote}{SWAP}"
    if unified_symbol(found) != symbol:
        raise fa.InvalidRequest(f"{symbol} is no swap of {VENUE}: those quoted in USD settle in their base coin")
    return found


def position_mode(config: wire.WireConfig) -> fa.PositionMode:
    """It decides how orders are written, so an unknown word is a `DecodeError`."""
    return fa.known(POSITION_MODE, config.pos_mode or "", "posMode")


def _turned(ratio: Decimal | None) -> Decimal | None:
    """Where nothing is left it is below 0 there, which is liquidation."""
    return None if not ratio else fa.divide(Decimal(1), ratio) if ratio > 0 else Decimal(1)


# Account


def _balance(cash: Decimal | None, apart: Decimal | None, profit: Decimal | None) -> Decimal | None:
    """Cash, and what isolated positions have taken of it: their equity less their profit."""
    if cash is None or not apart:
        return cash
    return None if profit is None else _bound(fa.EXACT.add(cash, apart), profit)


def _bound(amount: Decimal | None, profit: Decimal | None) -> Decimal | None:
    """An amount that has the profit of isolated positions in it, without that."""
    return fa.EXACT.subtract(amount, profit) if amount is not None and profit else amount


@fa.table_with
def accounts(row: wire.WireCoin, config: wire.WireConfig) -> fa.Account:
    """Single coins; their margins are said in futures mode only."""
    profit = number(row.iso_upl)
    return fa.Account(
        venue=VENUE,
        margin_coin=needed(text(row.ccy)),
        equity=number(row.eq),
        balance=made(_balance, number(row.cash_bal), number(row.iso_eq), profit),
        available=number(fa.either(row.avail_eq, row.avail_bal)),
        locked=made(_bound, number(row.frozen_bal), profit),
        bonus=number(row.reward_bal),
        unrealized_pnl=number(row.upl),
        initial_margin=number(row.imr),
        maintenance_margin=number(row.mmr),
        margin_ratio=made(_turned, number(row.mgn_ratio)),
        position_mode=word(config.pos_mode, POSITION_MODE),
    )


@fa.table_with
def totals(row: wire.WireBalance, config: wire.WireConfig) -> fa.Account:
    """The whole account in USD. What is free is said in the modes that know it; else each coin has its own."""
    return fa.Account(
        venue=VENUE,
        margin_coin=USD,
        equity=number(row.total_eq),
        available=number(row.avail_eq),
        unrealized_pnl=number(row.upl),
        initial_margin=number(row.imr),
        maintenance_margin=number(row.mmr),
        margin_ratio=made(_turned, number(row.mgn_ratio)),
        position_mode=word(config.pos_mode, POSITION_MODE),
    )


def _amount(kind: str, change: Decimal | None, fee: Decimal | None, moved: Decimal | None) -> Decimal | None:
    """What changed a balance, or an isolated position's own, beside the fee, which the change has in it. What trades
    move from one to the other is no gain; what moves without a trade is told."""
    if change is None:
        return None
    if kind == MARGIN_MOVED:
        return change or moved or change
    return fa.EXACT.subtract(fa.EXACT.add(change, moved or Decimal(0)), fee or Decimal(0))


@fa.table
def ledger_entries(row: wire.WireBill) -> fa.LedgerEntry:
    """Changes of balance, and moves of margin into isolated positions and out of them."""
    name, kind, fee = text(row.inst_id), needed(text(row.type)), number(row.fee)
    return fa.LedgerEntry(
        venue=VENUE,
        entry_id=needed(fa.identifier(row.bill_id)),
        type=otherwise(word(row.type, LEDGER_TYPE, unknown=fa.LedgerType.OTHER), fa.LedgerType.OTHER),
        venue_type=otherwise(made(lambda kind, sub: f"{kind}/{sub}" if sub else kind, kind, text(row.sub_type)), ""),
        amount=needed(made(_amount, kind, number(row.bal_chg), fee, number(row.pos_bal_chg))),
        fee=negative(fee),
        coin=needed(text(row.ccy)),
        symbol=fa.if_said(unified_symbol, name),
        venue_symbol=name,
        balance=number(row.bal),
        created_ms=needed(moment(row.ts)),
    )


def to_leverage(rows: Sequence[wire.WireLeverage], venue_symbol: str, max_leverage: Decimal | None) -> fa.Leverage:
    """What is set for a contract in one margin mode: one row, or in long/short mode one for each side."""
    sides = {str(row.pos_side): fa.positive_or_none(row.lever, "lever") for row in rows}
    same = set(sides.values())
    both = same.pop() if len(same) == 1 else None
    modes = {fa.known(MARGIN_MODE, row.mgn_mode or "", "mgnMode") for row in rows}
    return fa.Leverage(
        venue=VENUE,
        raw=tuple(rows),
        symbol=unified_symbol(venue_symbol),
        venue_symbol=venue_symbol,
        leverage=both,
        long_leverage=sides.get("long"),
        short_leverage=sides.get("short"),
        margin_mode=modes.pop() if len(modes) == 1 else None,
        max_leverage=max_leverage,
    )


# Positions


def held_side(pos_side: str | None) -> fa.PositionSide | None:
    """The side that is named; in net mode the field says nothing, and the sign of a position is its direction."""
    return None if pos_side in (None, "net") else fa.known(POSITION_SIDE, pos_side, "posSide")


def _notional(quantity: Decimal, contracts: Decimal, value: Decimal | None, mark: Decimal | None) -> Decimal | None:
    if value is not None:
        return fa.multiply(contracts, value)
    return None if mark is None else fa.multiply(quantity, mark)


def _rate(margin: Decimal | None, quantity: Decimal, value: Decimal | None, notional: Decimal | None) -> Decimal | None:
    """Maintenance margin over what the position is worth in the coin that margin is counted in."""
    worth = notional if value is None else quantity
    return None if margin is None or not worth else fa.divide(margin, worth)


def _stop(rows: object, field: str) -> Decimal | None:
    """The first of a position's closing orders that has this trigger price."""
    found = cast("list[object]", rows if isinstance(rows, list) else [])
    values = (fa.positive_or_none(getattr(row, field, None), field) for row in found)
    return next((value for value in values if value is not None), None)


@fa.table_of_held_with
def positions(row: wire.WirePosition, contract: fa.Contract) -> fa.Position:
    """Positions. With a contract's name comes a row of size 0 where there once was one."""
    pos = needed(number(row.pos))
    contracts, value = needed(fa.absolute(pos)), contract.contract_value
    mark, entry = price(row.mark_px), price(row.avg_px)
    quantity = needed(in_base(contracts, contract.contract_size, value, mark, entry))
    notional, required = made(_notional, quantity, contracts, value, mark), number(row.mmr)
    return fa.Position(
        **fa.named(VENUE, row.inst_id, unified_symbol),
        side=needed(fa.either(made(held_side, needed(text(row.pos_side))), fa.by_sign(pos))),
        quantity=quantity,
        contracts=contracts,
        contract_size=made(lambda size, value: size if value is None else None, contract.contract_size, value),
        contract_value=made(lambda value: value, value),
        entry_price=entry,
        mark_price=mark,
        break_even_price=price(row.be_px),
        liquidation_price=price(row.liq_px),
        unrealized_pnl=number(row.upl),
        realized_pnl=number(row.pnl),
        fee=negative(number(row.fee)),
        funding=number(row.funding_fee),
        leverage=price(row.lever),
        margin_mode=word(row.mgn_mode, MARGIN_MODE),
        position_mode=word(row.pos_side, MODE_OF_SIDE),
        margin_coin=otherwise(text(row.ccy), ""),
        margin=number(fa.either(row.margin, row.imr)),
        initial_margin=number(row.imr),
        maintenance_margin=required,
        maintenance_margin_rate=made(_rate, required, quantity, value, notional),
        margin_ratio=made(_turned, number(row.mgn_ratio)),
        notional=notional,
        take_profit=made(_stop, row.close_order_algo, "tp_trigger_px"),
        stop_loss=made(_stop, row.close_order_algo, "sl_trigger_px"),
        position_id=fa.identifier(row.pos_id),
        created_ms=moment(row.c_time),
        updated_ms=moment(row.u_time),
    )


@fa.table_with
def closed_positions(row: wire.WirePastPosition, contract: fa.Contract) -> fa.PositionHistory:
    """Closed positions, and living ones of which a part was closed."""
    value = contract.contract_value
    entry, closed = price(row.open_avg_px), price(row.close_avg_px)
    return fa.PositionHistory(
        **fa.named(VENUE, row.inst_id, unified_symbol),
        side=needed(word(row.direction, POSITION_SIDE)),
        position_id=fa.identifier(row.pos_id),
        quantity=in_base(fa.size(row.open_max_pos), contract.contract_size, value, entry),
        closed_quantity=in_base(fa.size(row.close_total_pos), contract.contract_size, value, closed),
        entry_price=entry,
        exit_price=closed,
        realized_pnl=number(row.pnl),
        net_pnl=number(row.realized_pnl),
        fee=negative(number(row.fee)),
        funding=number(row.funding_fee),
        leverage=price(row.lever),
        margin_mode=word(row.mgn_mode, MARGIN_MODE),
        position_mode=word(row.pos_side, MODE_OF_SIDE),
        margin_coin=text(row.ccy),
        created_ms=moment(row.c_time),
        closed_ms=moment(row.u_time),
    )
