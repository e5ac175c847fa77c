"""Bybit's rows as unified models: account and positions, one line a field; see also `orders.py` and `market.py`.

Fees are positive when paid everywhere; funding is positive when received in the transaction log alone. Quantities are
base coin, of inverse contracts whole dollars: what those are in base coin follows from a price.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import either, made, moment, needed, number, otherwise, plus, price, text, times, word
from futures_async.adapters.bybit import wire
from futures_async.adapters.bybit.symbols import CATEGORIES, is_inverse, settle_of, unified_symbol

VENUE = "bybit"
USD = "USD"
"""The venue counts margins of a cross account in USD: `fetch_account("USD")`."""

# One-way positions say Buy and Sell, and so do both sides of a hedge; what is flat says neither.
POSITION_SIDE = {"buy": fa.PositionSide.LONG, "sell": fa.PositionSide.SHORT}
CLOSED_SIDE = {"sell": fa.PositionSide.LONG, "buy": fa.PositionSide.SHORT}
"""By the side of the order that has closed it."""
# Numbers, and text where a client has turned them into it.
MODE_OF_INDEX = {"0": fa.PositionMode.ONE_WAY, "1": fa.PositionMode.HEDGE, "2": fa.PositionMode.HEDGE}
_MODES: dict[Any, fa.PositionMode] = {**MODE_OF_INDEX, **{int(index): mode for index, mode in MODE_OF_INDEX.items()}}
INDEX = {fa.PositionSide.LONG: 1, fa.PositionSide.SHORT: 2}
"""Hedge mode's numbers of positions."""
SIDE_OF_INDEX = {str(index): side for side, index in INDEX.items()}
MARGIN_MODE = {"isolated_margin": fa.MarginMode.ISOLATED, "regular_margin": fa.MarginMode.CROSS}
PORTFOLIO = "portfolio_margin"
SESSION = "session"
"""The part of a settlement row that is profit of the session, not funding."""
_LEDGER = {
    "transfer_in": fa.LedgerType.TRANSFER,
    "transfer_out": fa.LedgerType.TRANSFER,
    "bonus_transfer_in": fa.LedgerType.TRANSFER,
    "bonus_transfer_out": fa.LedgerType.TRANSFER,
    "trade": fa.LedgerType.TRADE,
    "settlement": fa.LedgerType.FUNDING,
    "liquidation": fa.LedgerType.LIQUIDATION,
    "adl": fa.LedgerType.LIQUIDATION,
    "delivery": fa.LedgerType.REALIZED_PNL,
    "fee_refund": fa.LedgerType.FEE,
    "spread_fee_out": fa.LedgerType.FEE,
    SESSION: fa.LedgerType.REALIZED_PNL,
}


def margin_mode(info: wire.WireInfo) -> fa.MarginMode | None:
    """Of the whole account; portfolio margin is neither of the two."""
    said = str(info.margin_mode or "").lower()
    return None if said == PORTFOLIO else fa.known(MARGIN_MODE, said, "marginMode")


def dollar(name: str) -> Decimal | None:
    """What inverse contracts are counted in, and each is worth; None of linear ones."""
    return Decimal(1) if is_inverse(name) else None


# Account


def _available(wallet: Decimal | None, *taken: Decimal | None) -> Decimal | None:
    """No field has it: the wallet less what positions, orders and spot hold, and a bonus that cannot be used."""
    if wallet is None or any(part is None for part in taken):
        return None  # in portfolio margin coins have no margin of their own
    for part in taken:
        wallet = fa.EXACT.subtract(wallet, part or Decimal(0))
    return max(Decimal(0), wallet)


def _exact_ratio(
    isolated: bool, told: Decimal | None, maintenance: Decimal | None, balance: Decimal | None
) -> Decimal | None:
    """The venue's, to four places: of one that is 0 by that, what it was rounded from. Beside the equity of a single
    coin 0 would leave nothing to go by but that, and a coin in a pool may have none."""
    if isolated:
        return None
    if told == 0 and maintenance and balance is not None and balance > 0:
        return fa.divide(maintenance, balance)
    return told


@fa.table_with
def accounts(row: wire.WireCoin, whole: wire.WireWallet, mode: fa.MarginMode | None) -> fa.Account:
    """Single coins. In isolated margin what the venue says of the whole account is void."""
    positions, orders, bonus = number(row.position_im), number(row.order_im), number(row.bonus)
    isolated = mode is fa.MarginMode.ISOLATED
    held = (positions, orders, number(row.locked), bonus if isolated else Decimal(0))
    return fa.Account(
        venue=VENUE,
        margin_coin=made(str.upper, needed(text(row.coin))),
        equity=number(row.equity),
        balance=number(row.wallet_balance),
        available=made(_available, number(row.wallet_balance), *held),
        locked=number(row.locked),
        bonus=bonus,
        unrealized_pnl=number(row.unrealised_pnl),
        initial_margin=plus(positions, orders),
        maintenance_margin=number(row.position_mm),
        margin_ratio=made(
            _exact_ratio,
            isolated,
            fa.margin_ratio(whole.mm_rate),
            number(whole.total_maintenance_margin),
            number(whole.total_margin_balance),
        ),
        margin_mode=mode,
    )


@fa.table
def totals(row: wire.WireWallet, mode: fa.MarginMode | None) -> fa.Account:
    """The whole account in USD, which backs all cross positions."""
    return fa.Account(
        venue=VENUE,
        margin_coin=USD,
        equity=number(row.total_equity),
        balance=number(row.total_wallet_balance),
        available=number(row.total_available_balance),
        unrealized_pnl=number(row.perp_upl),
        initial_margin=number(row.total_initial_margin),
        maintenance_margin=number(row.total_maintenance_margin),
        margin_ratio=fa.margin_ratio(row.mm_rate),
        initial_margin_rate=number(row.im_rate),
        margin_mode=mode,
    )


def _entry_id(*parts: object) -> str:
    return ":".join(str(part) for part in parts if part not in (None, ""))


_AMOUNT = re.compile(r"-?[0-9.]+(?:[eE][-+]?[0-9]+)?")


def records(rows: Iterable[wire.WireRecord]) -> list[wire.WireRecord]:
    """Settlements of contracts in USDC hold funding and the session's profit in one row: as a row each."""
    found: list[wire.WireRecord] = []
    for row in rows:
        two = str(row.type).upper() == "SETTLEMENT" and str(row.currency).upper() == "USDC"
        if not two or not str(row.cash_flow or "0").strip("0.-"):
            found.append(row)
            continue
        if _AMOUNT.fullmatch(str(row.cash_flow)) is None:
            found.append(msgspec.structs.replace(row, change=row.cash_flow))  # which makes no entry
            continue
        found += (
            msgspec.structs.replace(row, change=row.funding, cash_flow="0"),
            msgspec.structs.replace(row, change=row.cash_flow, funding="0", fee="0", type=SESSION),
        )
    return found


def _before_fee(change: Decimal, fee: Decimal | None) -> Decimal:
    return fa.EXACT.add(change, fee or Decimal(0))


def _of_contracts(category: str | None) -> bool:
    return not category or category.lower() in CATEGORIES


def _charged(
    fee: Decimal | None,
    extra: object,
    category: str | None,
    change: Decimal | None,
    cash: fa.Loose,
    funding: fa.Loose,
) -> Decimal | None:
    """The fee; where taxes come beside it, all that the change is less than what was gained: it has both in it."""
    if not extra or fee is None or change is None or not _of_contracts(category):
        return fee
    gain = fa.decimal_or_none(cash, "cashFlow")
    paid = fa.decimal_or_none(funding, "funding") or Decimal(0)
    return None if gain is None else fa.EXACT.subtract(fa.EXACT.add(gain, paid), change)


def _entry_type(kind: fa.LedgerType | None, category: str | None) -> fa.LedgerType:
    """What spot and options have paid or brought is no trade of a contract."""
    traded = kind is not fa.LedgerType.TRANSFER and not _of_contracts(category)
    return fa.LedgerType.OTHER if kind is None or traded else kind


def _contract_named(name: str | None, category: str | None) -> str | None:
    """A pair of spot has the name of a contract."""
    return name.upper() if name and _of_contracts(category) else None


def _other_name(name: str | None, category: str | None) -> str | None:
    return f"{category} {name}" if name and not _of_contracts(category) else None


@fa.table
def ledger_entries(row: wire.WireRecord) -> fa.LedgerEntry:
    """Changes of balance; the venue's `change` has the fee in it. An id alone may stand for two rows."""
    kind, change, category = needed(text(row.type)), needed(number(row.change)), text(row.category)
    fee = made(_charged, number(row.fee), row.extra_fees, category, change, row.cash_flow, row.funding)
    name = made(_contract_named, text(row.symbol), category)
    entry_id, coin, at_ms = (
        needed(fa.identifier(row.id)),
        needed(text(row.currency)),
        needed(moment(row.transaction_time)),
    )
    return fa.LedgerEntry(
        venue=VENUE,
        entry_id=made(_entry_id, entry_id, coin, kind, fa.identifier(row.trade_id), at_ms),
        type=otherwise(
            made(_entry_type, word(row.type, _LEDGER, unknown=fa.LedgerType.OTHER), category), fa.LedgerType.OTHER
        ),
        venue_type=otherwise(kind, ""),
        amount=needed(made(_before_fee, change, fee)),
        fee=fee,
        coin=coin,
        symbol=fa.if_said(unified_symbol, name),
        venue_symbol=name,
        balance=number(row.cash_balance),
        created_ms=at_ms,
        description=made(_other_name, text(row.symbol), category),
    )


def to_leverage(
    rows: Sequence[wire.WirePosition], venue_symbol: str, mode: fa.MarginMode | None, max_leverage: Decimal | None
) -> fa.Leverage:
    """What is set for a contract: rows of positions have it, flat ones too."""
    found = {str(row.position_idx): fa.positive_or_none(row.leverage, "leverage") for row in rows}
    values = set(found.values())
    return fa.Leverage(
        venue=VENUE,
        raw=tuple(rows),
        symbol=unified_symbol(venue_symbol),
        venue_symbol=venue_symbol,
        leverage=values.pop() if len(values) == 1 else None,
        long_leverage=found.get("1"),
        short_leverage=found.get("2"),
        margin_mode=mode,
        max_leverage=max_leverage,
    )


# Positions


def mode_of(rows: Sequence[wire.WirePosition]) -> fa.PositionMode | None:
    """The position mode that a contract's rows show; None without any."""
    for row in rows:
        return fa.known(MODE_OF_INDEX, str(row.position_idx), "positionIdx")
    return None


@fa.table_of_held
def positions(row: wire.WirePosition, mode: fa.MarginMode | None) -> fa.Position:
    """Open positions. Isolated ones have a margin of their own, under either of two names."""
    name, amount = needed(text(row.symbol)), needed(fa.size(row.size))
    worth = made(dollar, name)
    contracts = times(worth, amount)
    mark, entry = price(row.mark_price), price(either(row.avg_price, row.entry_price))
    initial, leverage = number(row.position_im), price(row.leverage)
    own = made(lambda own, initial: own or initial, price(row.position_balance), initial)
    return fa.Position(
        **fa.named(VENUE, row.symbol, unified_symbol, spelled=str.upper),
        side=needed(word(row.side, POSITION_SIDE)),
        quantity=needed(fa.in_base(amount, None, worth, mark, entry)),
        contracts=contracts,
        contract_value=worth,
        entry_price=entry,
        mark_price=mark,
        break_even_price=price(row.break_even_price),
        # In cross margin an estimate; "" where no price within the contract's range liquidates.
        liquidation_price=price(row.liq_price),
        unrealized_pnl=number(row.unrealised_pnl),
        # Fees and funding are thought to be inside. `cumRealisedPnl` is of all positions that ever were.
        realized_pnl=number(row.cur_realised_pnl),
        leverage=leverage,
        margin_mode=mode,
        position_mode=word(row.position_idx, _MODES),
        margin_coin=otherwise(made(settle_of, name), ""),
        margin=own if mode is fa.MarginMode.ISOLATED else initial if mode is fa.MarginMode.CROSS else None,
        initial_margin=initial,
        maintenance_margin=number(row.position_mm),
        notional=either(contracts, times(amount, mark)),
        take_profit=price(row.take_profit),
        stop_loss=price(row.stop_loss),
        auto_margin=fa.yes_no(row.auto_add_margin),
        # `createdTime` is when the contract was first held.
        created_ms=moment(row.open_time),
        updated_ms=moment(row.updated_time),
    )


@fa.table
def closed_positions(row: wire.WireClosed) -> fa.PositionHistory:
    """One row for each order that has closed something: several of one position, while it lives too."""
    name, amount, fee = (
        needed(text(row.symbol)),
        number(row.closed_size),
        plus(number(row.open_fee), number(row.close_fee)),
    )
    entry, net = price(row.avg_entry_price), number(row.closed_pnl)
    return fa.PositionHistory(
        venue=VENUE,
        symbol=made(unified_symbol, name),
        venue_symbol=made(str.upper, name),
        # The side is the closing order's: what sells has closed a long.
        side=needed(word(row.side, CLOSED_SIDE)),
        closed_quantity=fa.in_base(amount, None, made(dollar, name), entry),
        entry_price=entry,
        exit_price=price(row.avg_exit_price),
        # Net of both fees; funding is in the transaction log alone.
        realized_pnl=plus(net, fee),
        net_pnl=net,
        fee=fee,
        leverage=price(row.leverage),
        margin_coin=otherwise(made(settle_of, name), ""),
        closed_ms=moment(either(row.updated_time, row.created_time)),
    )
