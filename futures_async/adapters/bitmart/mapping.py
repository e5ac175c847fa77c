"""BitMart's payloads and words to the unified models, and back. Pure functions.

Sizes are contracts on the wire and base coin here: every function that meets a size is given the `Contract`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from futures_async.adapter import (
    EXACT,
    Account,
    Contract,
    DecodeError,
    FundingRate,
    LedgerEntry,
    LedgerType,
    Leverage,
    Loose,
    MarginMode,
    Position,
    PositionMode,
    PositionRisk,
    PositionSide,
    RiskLimit,
    Ticker,
    decimal_or_none,
    finite,
    known,
    known_or_none,
    multiply,
    position_risk,
    positive_or_none,
)
from futures_async.adapters.bitmart.wire import (
    WireAsset,
    WireBracket,
    WireContract,
    WireFunding,
    WireLedgerEntry,
    WirePosition,
    WirePositionRisk,
    WirePositionV1,
)
from futures_async.adapters.bitmart.words import (
    FLOW_TYPE,
    FLOW_WORD,
    LINEAR,
    MARGIN_MODE,
    POSITION_SIDE,
    POSITION_TYPE,
    VENUE,
    any_ms,
    base_quantity,
    positive,
    promised_ms,
    unified_symbol,
)

# Market


def to_contract(wire: WireContract) -> Contract:
    """Trading rules in base coin."""
    size = finite(wire.contract_size, "contract_size")
    step = finite(wire.vol_precision, "vol_precision")
    tick = finite(wire.price_precision, "price_precision")
    if min(size, step, tick) <= 0:
        raise DecodeError("a contract's size or step is not positive", path="contract_size")
    minimum = multiply(finite(wire.min_volume, "min_volume"), size)
    return Contract(
        venue=VENUE,
        raw=wire,
        symbol=unified_symbol(wire.symbol),
        venue_symbol=wire.symbol,
        base=wire.base_currency,
        quote=wire.quote_currency,
        settle=wire.quote_currency,
        contract_size=size,
        price_tick=tick,
        quantity_step=multiply(step, size),
        min_quantity=minimum if minimum > 0 else None,
        max_quantity=_base(wire.max_volume, size, "max_volume"),
        max_market_quantity=_base(wire.market_max_volume, size, "market_max_volume"),
        max_leverage=positive_or_none(wire.max_leverage, "max_leverage"),
        status=wire.status,
    )


def _base(contracts: Loose, contract_size: Decimal, field: str) -> Decimal | None:
    """A bound that the venue states in contracts, in base coin."""
    most = positive_or_none(contracts, field)
    return None if most is None else multiply(most, contract_size)


_CONTRACT = msgspec.json.Decoder(WireContract, strict=False, float_hook=Decimal)


def read_contract(row: msgspec.Raw) -> WireContract:
    """Decode one row of `details`."""
    try:
        return _CONTRACT.decode(row)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ArithmeticError) as error:
        path = str(error).rsplit(" - at ", 1)[-1].strip("`") if " - at " in str(error) else "$"
        raise DecodeError(f"a contract's row does not fit its documentation at {path}", path=path) from None


def to_contracts_list(rows: Sequence[msgspec.Raw] | None) -> list[Contract]:
    """The linear perpetual contracts. A row that cannot be read is left out: its contract then is unknown."""
    found: list[Contract] = []
    for row in rows or ():
        try:
            wire = read_contract(row)
            if wire.product_type == 1 and wire.quote_currency in LINEAR:
                found.append(to_contract(wire))
        except DecodeError:
            continue  # one odd row among 1,200 must not hide the rest
    return found


def to_ticker(wire: WireContract) -> Ticker:
    """Last and index price; BitMart gives no best prices and no mark here."""
    last_price = decimal_or_none(wire.last_price, "last_price")
    if last_price is None:
        raise DecodeError("last_price is missing", path="last_price")
    return Ticker(
        venue=VENUE,
        raw=wire,
        symbol=unified_symbol(wire.symbol),
        venue_symbol=wire.symbol,
        last_price=last_price,
        index_price=positive_or_none(wire.index_price, "index_price"),
        # `funding_rate` is the settled one; the current interval's is the expected one.
        funding_rate=decimal_or_none(wire.expected_funding_rate, "expected_funding_rate"),
    )


def to_funding_rate(wire: WireFunding, interval_hours: int | None) -> FundingRate:
    """The rate that is due at the next settlement."""
    return FundingRate(
        venue=VENUE,
        raw=wire,
        symbol=unified_symbol(wire.symbol),
        venue_symbol=wire.symbol,
        funding_rate=finite(wire.expected_rate, "expected_rate"),
        interval_s=interval_hours * 3600 if interval_hours else None,
        next_funding_ms=any_ms(wire.funding_time, "funding_time"),
        min_rate=decimal_or_none(wire.funding_lower_limit, "funding_lower_limit"),
        max_rate=decimal_or_none(wire.funding_upper_limit, "funding_upper_limit"),
        created_ms=any_ms(wire.timestamp, "timestamp"),
    )


def to_risk_limit(wire: WireBracket, symbol: str) -> RiskLimit:
    """One tier; `symbol` is the venue's id."""
    return RiskLimit(
        venue=VENUE,
        raw=wire,
        symbol=unified_symbol(symbol),
        venue_symbol=symbol,
        tier=wire.bracket,
        min_notional=finite(wire.notional_floor, "notional_floor"),
        max_notional=finite(wire.notional_cap, "notional_cap"),
        max_leverage=finite(wire.initial_leverage, "initial_leverage"),
        maintenance_margin_rate=finite(wire.maint_margin_ratio, "maint_margin_ratio"),
    )


# Account


def to_account(wire: WireAsset) -> Account:
    """One margin coin. BitMart has no maintenance margin or ratio for the account."""
    equity = finite(wire.equity, "equity")
    unrealized = finite(wire.unrealized, "unrealized")
    return Account(
        venue=VENUE,
        raw=wire,
        margin_coin=wire.currency,
        equity=equity,
        balance=EXACT.subtract(equity, unrealized),
        available=finite(wire.available_balance, "available_balance"),
        locked=finite(wire.frozen_balance, "frozen_balance"),
        unrealized_pnl=unrealized,
        initial_margin=finite(wire.position_deposit, "position_deposit"),
    )


def to_ledger_entry(wire: WireLedgerEntry) -> LedgerEntry:
    """One change of balance. `tran_id` repeats across rows, so the id is made of all that tells rows apart."""
    kind = FLOW_TYPE.get(str(wire.flow_type)) or known_or_none(FLOW_WORD, wire.type) or LedgerType.OTHER
    amount = finite(wire.amount, "amount")
    symbol = wire.symbol or None
    flow = str(wire.flow_type) if wire.flow_type is not None else (wire.type or "")
    parts = (str(wire.tran_id), flow, symbol or "", wire.asset, str(wire.time), format(amount, "f"))
    return LedgerEntry(
        venue=VENUE,
        raw=wire,
        entry_id=":".join(parts),
        type=kind,
        venue_type=wire.type or flow,
        amount=amount,
        coin=wire.asset,
        symbol=unified_symbol(symbol) if symbol else None,
        venue_symbol=symbol,
        created_ms=promised_ms(wire.time, "time"),
    )


# Positions


def side_of(wire: WirePosition) -> PositionSide | None:
    """Direction of a row: its word, or for "both" the sign of the amount; None when the row does not say."""
    word = wire.position_side.lower()
    if word != "both":
        return known(POSITION_SIDE, word, "position_side")
    if not wire.position_amount:
        return None
    amount = finite(wire.position_amount, "position_amount")
    return PositionSide.LONG if amount > 0 else PositionSide.SHORT


def to_position(wire: WirePosition, contract: Contract, side: PositionSide) -> Position:
    """An open position of `position-v2`. Realized profit includes fees: the venue does not separate them."""
    contracts = finite(wire.current_amount, "current_amount")
    return Position(
        venue=VENUE,
        raw=wire,
        symbol=contract.symbol,
        venue_symbol=wire.symbol,
        side=side,
        quantity=base_quantity(contracts, contract, "current_amount"),
        contracts=contracts,
        contract_size=contract.contract_size,
        entry_price=positive_or_none(wire.entry_price, "entry_price"),
        mark_price=positive_or_none(wire.mark_price, "mark_price"),
        liquidation_price=positive_or_none(wire.liquidation_price, "liquidation_price"),
        unrealized_pnl=finite(wire.unrealized_pnl, "unrealized_pnl"),
        realized_pnl=finite(wire.realized_value, "realized_value"),
        fee=finite(wire.current_fee, "current_fee"),
        leverage=positive_or_none(wire.leverage, "leverage"),
        margin_mode=known_or_none(MARGIN_MODE, wire.open_type),
        position_mode=PositionMode.ONE_WAY if wire.position_side.lower() == "both" else PositionMode.HEDGE,
        margin_coin=contract.settle,
        margin=finite(wire.initial_margin, "initial_margin"),
        initial_margin=finite(wire.initial_margin, "initial_margin"),
        maintenance_margin=finite(wire.maintenance_margin, "maintenance_margin"),
        notional=finite(wire.mark_value, "mark_value"),
        created_ms=any_ms(wire.open_timestamp, "open_timestamp"),
        updated_ms=any_ms(wire.timestamp, "timestamp"),
    )


def side_of_v1(wire: WirePositionV1) -> PositionSide:
    """Direction of a V1 row, also where V2 leaves it open."""
    return known(POSITION_TYPE, str(wire.position_type), "position_type")


def to_position_risk(position: Position, wire: WirePositionRisk | None) -> PositionRisk:
    """The position with the risk endpoint's fresher values, where it has a row for it.

    That row's `position_amt` and `notional` are not used: the unit of the first is not certain, and the second is
    taken at the entry price in the venue's own example.
    """
    if wire is None:
        return position_risk(position)
    mark = positive_or_none(wire.mark_price, "mark_price")
    mode = known_or_none(MARGIN_MODE, wire.margin_type) or position.margin_mode
    margin = positive(wire.isolated_margin, "isolated_margin") if mode is MarginMode.ISOLATED else None
    return position_risk(
        msgspec.structs.replace(
            position,
            raw=wire,
            mark_price=mark,
            notional=position.notional if mark is None else multiply(position.quantity, mark),
            liquidation_price=positive_or_none(wire.liquidation_price, "liquidation_price"),
            unrealized_pnl=finite(wire.unrealized_profit, "unrealized_profit"),
            leverage=positive_or_none(wire.leverage, "leverage"),
            margin_mode=mode,
            margin=position.margin if margin is None else margin,
            updated_ms=any_ms(wire.update_time, "update_time") or position.updated_ms,
        )
    )


def to_leverage(symbol: str, rows: Sequence[WirePosition], max_leverage: Decimal | None) -> Leverage:
    """What is set for a contract, from its rows of `position-v2`, flat ones included; both sides share it."""
    times = {row.position_side.lower(): positive_or_none(row.leverage, "leverage") for row in rows}
    modes = {known_or_none(MARGIN_MODE, row.open_type) for row in rows}
    same = set(times.values())
    both = same.pop() if len(same) == 1 else None
    return Leverage(
        venue=VENUE,
        raw=tuple(rows),
        symbol=unified_symbol(symbol),
        venue_symbol=symbol,
        leverage=both,
        long_leverage=times.get("long", both),
        short_leverage=times.get("short", both),
        margin_mode=modes.pop() if len(modes) == 1 else None,
        max_leverage=max_leverage,
    )
