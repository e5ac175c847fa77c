"""BitMart's rows as unified models: account, positions, market, one line a field; orders are in `orders.py`.

Sizes are contracts on the wire and base coin here: a row is read with its `Contract` beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import made, named, needed, number, otherwise, price, read_by, size, text, times, word
from futures_async.adapters._rows import text_or_none
from futures_async.adapters.bitmart import wire, words

ZERO = Decimal(0)

# Market


def is_offered(row: wire.WireContract) -> bool:
    """Not one of the inverse contracts, nor one with a delivery date."""
    return str(row.product_type) != "2" and row.quote_currency != words.INVERSE


def _perpetual(name: str, product_type: object) -> str:
    if str(product_type) != "1":
        raise fa.DecodeError("product_type is no known one", path="product_type")
    return words.unified_symbol(name)


def _settled(quote: str) -> str:
    if quote not in words.LINEAR:
        raise fa.DecodeError(f"contracts quoted in {quote[:10]} settle in nobody knows what", path="quote_currency")
    return quote


@fa.table
def contracts(row: wire.WireContract) -> fa.Contract:
    """Trading rules, in base coin."""
    one, quote = needed(price(row.contract_size)), needed(text(row.quote_currency))
    return fa.Contract(
        **named(words.VENUE, row.symbol, _perpetual, row.product_type),
        base=needed(text(row.base_currency)),
        quote=quote,
        settle=made(_settled, quote),
        contract_size=one,
        price_tick=needed(price(row.price_precision)),
        quantity_step=needed(times(price(row.vol_precision), one)),
        min_quantity=times(price(row.min_volume), one),
        max_quantity=times(price(row.max_volume), one),
        max_market_quantity=times(price(row.market_max_volume), one),
        max_leverage=price(row.max_leverage),
        status=text(row.status),
        delisted_ms=read_by(row.delist_time, words.any_ms),
    )


@fa.table
def tickers(row: wire.WireContract) -> fa.Ticker:
    """Last and index price, pushed also mark and best prices; only what is read tells the funding rate."""
    return fa.Ticker(
        **named(words.VENUE, row.symbol, words.unified_symbol),
        last_price=needed(number(row.last_price)),
        bid_price=price(row.bid_price),
        ask_price=price(row.ask_price),
        mark_price=price(row.mark_price),
        index_price=price(row.index_price),
        # `funding_rate` is the settled one; the current interval's is the expected one.
        funding_rate=number(row.expected_funding_rate),
    )


@fa.table_with
def funding_rates(row: wire.WireFunding, listed: wire.WireContract) -> fa.FundingRate:
    """The rate that is due at the next settlement; how often there is one stands with the contract."""
    return fa.FundingRate(
        **named(words.VENUE, row.symbol, words.unified_symbol),
        funding_rate=needed(number(row.expected_rate)),
        interval_s=fa.whole(times(price(listed.funding_interval_hours), Decimal(3600))),
        next_funding_ms=read_by(row.funding_time, words.any_ms),
        min_rate=number(row.funding_lower_limit),
        max_rate=number(row.funding_upper_limit),
        created_ms=read_by(row.timestamp, words.any_ms),
    )


@fa.table_with
def risk_limits(row: wire.WireBracket, rule: wire.WireRule) -> fa.RiskLimit:
    """Tiers; the rule around them names the contract."""
    return fa.RiskLimit(
        **named(words.VENUE, rule.symbol, words.unified_symbol),
        tier=fa.whole(number(row.bracket)),
        min_notional=number(row.notional_floor),
        max_notional=number(row.notional_cap),
        max_leverage=number(row.initial_leverage),
        maintenance_margin_rate=number(row.maint_margin_ratio),
    )


# Account


@fa.table
def accounts(row: wire.WireAsset) -> fa.Account:
    """Single margin coins. BitMart has no maintenance margin or ratio for the account."""
    equity, profit = number(row.equity), number(row.unrealized)
    return fa.Account(
        venue=words.VENUE,
        margin_coin=needed(text(row.currency)),
        equity=equity,
        balance=fa.minus(equity, profit),
        available=number(row.available_balance),
        locked=number(row.frozen_balance),
        unrealized_pnl=profit,
        initial_margin=number(row.position_deposit),
    )


def _entry_id(number: str, flow: str, name: str, coin: str, time: str, amount: Decimal) -> str:
    return ":".join((number, flow, name, coin, time, format(amount, "f")))


def _kind(by_number: fa.LedgerType | None, by_word: fa.LedgerType | None) -> fa.LedgerType | None:
    return by_word if by_number in (None, fa.LedgerType.OTHER) else by_number


@fa.table
def ledger_entries(row: wire.WireLedgerEntry) -> fa.LedgerEntry:
    """Changes of balance. `tran_id` repeats across rows, so the id is made of all that tells rows apart."""
    name, coin, amount = text(row.symbol), needed(text(row.asset)), needed(number(row.amount))
    code, said = otherwise(text(row.flow_type), ""), otherwise(text(row.type), "")
    flow, transfer = made(lambda code, said: code or said, code, said), needed(text(row.tran_id))
    by_number, by_word = (word(field, words.FLOW, fa.LedgerType.OTHER) for field in (row.flow_type, row.type))
    return fa.LedgerEntry(
        venue=words.VENUE,
        entry_id=made(_entry_id, transfer, flow, otherwise(name, ""), coin, needed(text(row.time)), amount),
        type=otherwise(made(_kind, by_number, by_word), fa.LedgerType.OTHER),
        venue_type=otherwise(made(lambda said, code: said or code, said, code), ""),
        amount=amount,
        coin=coin,
        symbol=made(lambda name: words.unified_symbol(name) if name else None, name),
        venue_symbol=name,
        created_ms=needed(read_by(row.time, words.any_ms)),
    )


# Positions


def is_flat(row: wire.WirePosition) -> bool:
    """Nothing is held: asked for one contract, the venue lists such sides too."""
    return _plainly(row.current_amount) == 0


def hides_side(row: wire.WirePosition) -> bool:
    """A position of one-way mode without an amount whose sign would tell its direction."""
    return str(row.position_side).lower() == "both" and not _plainly(row.position_amount)


def _plainly(value: fa.Loose) -> Decimal | None:
    try:
        return fa.decimal_or_none(value, "")
    except fa.DecodeError:
        return None


def side_of(side: str | None, amount: Decimal | None, code: str | None) -> fa.PositionSide | None:
    """By number where there is one; else by its word, or for "both" by the sign of the amount; None: not said."""
    if code is not None:
        return fa.known(words.POSITION_TYPE, code, "position_type")
    if side is None or side.lower() != "both":
        return fa.known(words.POSITION_SIDE, side or "", "position_side")
    return None if not amount else fa.PositionSide.LONG if amount > 0 else fa.PositionSide.SHORT


def _mode_of(side: str | None, mode: fa.PositionMode | None) -> fa.PositionMode | None:
    if mode is not None or side is None:
        return mode
    return fa.PositionMode.ONE_WAY if side.lower() == "both" else fa.PositionMode.HEDGE


@fa.table_with
def positions(row: wire.WirePosition, contract: fa.Contract) -> fa.Position:
    """Positions. Realized profit includes fees: the venue does not separate them."""
    count, one = needed(size(row.current_amount)), number(contract.contract_size)
    side, margin = text(row.position_side), number(row.initial_margin)
    return fa.Position(
        **named(words.VENUE, row.symbol, words.unified_symbol),
        side=needed(made(side_of, side, otherwise(number(row.position_amount), ZERO), text(row.position_type))),
        quantity=needed(times(count, one)),
        contracts=count,
        contract_size=one,
        entry_price=price(row.entry_price),
        mark_price=price(row.mark_price),
        liquidation_price=price(row.liquidation_price),
        unrealized_pnl=number(row.unrealized_pnl),
        realized_pnl=number(row.realized_value),
        fee=number(row.current_fee),
        leverage=price(row.leverage),
        margin_mode=word(row.open_type, words.MARGIN_MODE),
        position_mode=made(_mode_of, side, word(row.position_mode, words.POSITION_MODE)),
        margin_coin=otherwise(text(contract.settle), ""),
        margin=margin,
        initial_margin=margin,
        maintenance_margin=number(row.maintenance_margin),
        notional=number(row.mark_value),
        created_ms=read_by(row.open_timestamp, words.any_ms),
        # What is read says when it was answered; only what is pushed says when it was changed.
        updated_ms=read_by(row.update_time, words.any_ms),
    )


def _at_mark(quantity: Decimal, mark: Decimal | None, notional: Decimal | None) -> Decimal | None:
    return notional if mark is None else fa.multiply(quantity, mark)


def _isolated(mode: fa.MarginMode | None, isolated: Decimal | None, margin: Decimal | None) -> Decimal | None:
    return margin if mode is not fa.MarginMode.ISOLATED or isolated is None else isolated


@fa.table_with
def positions_at_risk(row: wire.WirePositionRisk, held: fa.Position) -> fa.Position:
    """Positions with the risk endpoint's fresher values.

    That row's `position_amt` and `notional` are not used: the unit of the first is not certain, and the second is
    taken at the entry price in the venue's own example.
    """
    quantity, mark = needed(number(held.quantity)), price(row.mark_price)
    mode = made(lambda said, held: said or held, word(row.margin_type, words.MARGIN_MODE), held.margin_mode)
    return fa.Position(
        venue=words.VENUE,
        symbol=needed(text(held.symbol)),
        venue_symbol=needed(text(held.venue_symbol)),
        side=made(lambda side: side, held.side),
        quantity=quantity,
        margin_coin=otherwise(text(held.margin_coin), ""),
        entry_price=number(held.entry_price),
        mark_price=mark,
        notional=made(_at_mark, quantity, mark, number(held.notional)),
        liquidation_price=price(row.liquidation_price),
        unrealized_pnl=number(row.unrealized_profit),
        leverage=price(row.leverage),
        margin_mode=mode,
        margin=made(_isolated, mode, read_by(row.isolated_margin, words.positive), number(held.margin)),
        maintenance_margin=number(held.maintenance_margin),
        updated_ms=read_by(row.update_time, words.any_ms),
    )


def to_position_risk(position: fa.Position, row: wire.WirePositionRisk | None) -> fa.PositionRisk:
    """The position as it is at risk, as of the answer where the row for it names no time, or there is none."""
    found = fa.position_risk(position if row is None else positions_at_risk().one(row, position))
    if found.updated_ms is not None:
        return found
    try:
        return msgspec.structs.replace(found, updated_ms=words.any_ms(position.raw.timestamp, "timestamp"))
    except fa.DecodeError as error:
        return msgspec.structs.replace(found, unread=(*found.unread, error.path))


def to_leverage(symbol: str, rows: Sequence[wire.WirePosition], max_leverage: Decimal | None) -> fa.Leverage:
    """What is set for a contract, from its rows of `position-v2`, flat ones included; both sides share it."""
    times = {str(row.position_side).lower(): fa.positive_or_none(row.leverage, "leverage") for row in rows}
    modes = {fa.known_or_none(words.MARGIN_MODE, text_or_none(row.open_type)) for row in rows}
    same = set(times.values())
    both = same.pop() if len(same) == 1 else None
    return fa.Leverage(
        venue=words.VENUE,
        raw=tuple(rows),
        symbol=words.unified_symbol(symbol),
        venue_symbol=symbol,
        leverage=both,
        long_leverage=times.get("long", both),
        short_leverage=times.get("short", both),
        margin_mode=modes.pop() if len(modes) == 1 else None,
        max_leverage=max_leverage,
    )
