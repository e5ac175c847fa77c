"""What everybody may read, as unified models: contracts and their tiers, prices, funding."""

from __future__ import annotations

from decimal import Decimal

import futures_async.adapter as fa
from futures_async.adapter import either, made, moment, named, needed, number, price, table, table_with, text, times
from futures_async.adapters.okx import wire
from futures_async.adapters.okx.mapping import VENUE, family, underlying, unified_symbol


def _coin(name: str, place: int) -> str:
    """Base and quote coin are empty in rows of swaps: the family names them."""
    pair = underlying(family(name)).split("-")
    if len(pair) != 2 or not all(pair):
        raise fa.DecodeError("the row names no pair of coins", path="instFamily")
    return pair[place]


def _linear(kind: str) -> bool:
    if kind not in ("linear", "inverse"):
        raise fa.DecodeError(f"ctType has the unknown word {kind[:40]!r}", path="ctType")
    return kind == "linear"


@table
def contracts(row: wire.WireInstrument) -> fa.Contract:
    """Trading rules. Steps and bounds are contracts at the venue; of coin-margined ones they stay so."""
    pair = needed(text(either(row.inst_family, row.inst_id)))
    linear = made(_linear, needed(text(row.ct_type)))
    worth = needed(times(needed(price(row.ct_val)), needed(price(row.ct_mult))))
    one = made(lambda worth, linear: worth if linear else Decimal(1), worth, linear)
    return fa.Contract(
        **named(VENUE, row.inst_id, unified_symbol),
        base=made(_coin, pair, 0),
        quote=made(_coin, pair, 1),
        settle=needed(text(row.settle_ccy)),
        contract_size=one,
        contract_value=made(lambda worth, linear: None if linear else worth, worth, linear),
        price_tick=needed(price(row.tick_sz)),
        quantity_step=needed(times(needed(price(row.lot_sz)), one)),
        min_quantity=times(price(row.min_sz), one),
        max_quantity=times(price(row.max_lmt_sz), one),
        max_market_quantity=times(price(row.max_mkt_sz), one),
        max_leverage=price(row.lever),
        status=text(row.state),
        delisted_ms=moment(row.exp_time),
    )


@table_with
def tickers(row: wire.WireTicker, prices: wire.WirePrices) -> fa.Ticker:
    """Last and best prices; what other calls tell lies beside them."""
    return fa.Ticker(
        **named(VENUE, row.inst_id, unified_symbol),
        last_price=needed(price(row.last)),
        bid_price=price(row.bid_px),
        ask_price=price(row.ask_px),
        mark_price=price(prices.mark_px),
        index_price=price(prices.idx_px),
        funding_rate=number(prices.funding_rate),
        created_ms=moment(row.ts),
    )


@table
def funding_rates(row: wire.WireFundingRate) -> fa.FundingRate:
    """The running period: its rate is a forecast until `fundingTime`, when it is paid."""
    due = moment(row.funding_time)

    def interval(due: int | None, following: int | None) -> int | None:
        return None if due is None or following is None or following <= due else (following - due) // 1000

    return fa.FundingRate(
        **named(VENUE, row.inst_id, unified_symbol),
        funding_rate=needed(number(row.funding_rate)),
        interval_s=made(interval, due, moment(row.next_funding_time)),
        next_funding_ms=due,
        min_rate=number(row.min_funding_rate),
        max_rate=number(row.max_funding_rate),
        created_ms=moment(row.ts),
    )


@table_with
def risk_limits(row: wire.WireTier, contract: fa.Contract) -> fa.RiskLimit:
    """Tiers: their bounds are contracts, and so base coin only where a contract is a fixed amount of it."""

    def bound(most: Decimal | None, of: Decimal, worth: Decimal | None) -> Decimal | None:
        return None if most is None or worth is not None else fa.multiply(most, of)

    return fa.RiskLimit(
        venue=VENUE,
        symbol=needed(text(contract.symbol)),
        venue_symbol=needed(text(contract.venue_symbol)),
        tier=fa.whole(number(row.tier)),
        max_quantity=made(bound, number(row.max_sz), contract.contract_size, contract.contract_value),
        max_leverage=price(row.max_lever),
        maintenance_margin_rate=number(row.mmr),
        initial_margin_rate=number(row.imr),
    )
