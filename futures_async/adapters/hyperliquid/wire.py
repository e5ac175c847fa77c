"""Payloads of Hyperliquid, field for field as the venue sends them.

Numbers come as text, times as Unix milliseconds. Rows keep what came, and `mapping.py` and `orders.py` judge it; what
surrounds them is needed, for without it an answer to something else would look like an empty account.

https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint
"""

from __future__ import annotations

from typing import Any

import msgspec

from futures_async.adapter import Id, Loose, Moment, Row, Text


class Wire(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Base: the venue's names in camel case."""


# Accounts


class WireLeverage(Wire, frozen=True, kw_only=True, gc=False):
    """How a coin is margined; `rawUsd` of isolated ones alone."""

    type: Text = None
    value: Loose = None
    raw_usd: Loose = None


class WireFunding(Wire, frozen=True, kw_only=True, gc=False):
    """What was paid for a position, and before it."""

    all_time: Loose = None
    since_open: Loose = None
    since_change: Loose = None


class WirePosition(Wire, frozen=True, kw_only=True, gc=False):
    """One position: `szi` is signed, `cumFunding` positive when paid; the last two stand beside the rows."""

    coin: Text = None
    szi: Loose = None
    leverage: WireLeverage = WireLeverage()
    entry_px: Loose = None
    position_value: Loose = None
    unrealized_pnl: Loose = None
    return_on_equity: Loose = None
    liquidation_px: Loose = None
    margin_used: Loose = None
    max_leverage: Loose = None
    cum_funding: WireFunding = WireFunding()
    cross_maintenance: Loose = None
    cross_value: Loose = None


class WireHeld(Wire, frozen=True, kw_only=True, gc=False):
    """A position in its wrapping."""

    type: Text = None
    position: WirePosition = WirePosition()


class WireSummary(Wire, frozen=True, kw_only=True, gc=False):
    """Sums over positions: cross and isolated, or cross alone."""

    account_value: Loose = None
    total_ntl_pos: Loose = None
    total_raw_usd: Loose = None
    total_margin_used: Loose = None


class WireState(Wire, frozen=True, kw_only=True, gc=False):
    """Balances and positions of one dex."""

    margin_summary: WireSummary
    cross_margin_summary: WireSummary
    cross_maintenance_margin_used: Loose = None
    withdrawable: Loose = None
    asset_positions: list[WireHeld]
    time: Moment = None


class WireSpotBalance(Wire, frozen=True, kw_only=True, gc=False):
    """One coin of the spot ledger, where unified accounts hold their collateral."""

    coin: Text = None
    token: Loose = None
    hold: Loose = None
    spot_hold: Loose = None
    total: Loose = None
    entry_ntl: Loose = None
    portfolio_ratio: Loose = None


class WireSpotState(Wire, frozen=True, kw_only=True, gc=False):
    """The spot ledger; `portfolioMarginRatio` is told of accounts with portfolio margin alone."""

    balances: list[WireSpotBalance]
    portfolio_margin_ratio: Loose = None


class WireAsset(Wire, frozen=True, kw_only=True, gc=False):
    """What an account has set for one coin; arrays are of buying and selling."""

    user: Text = None
    coin: Text = None
    leverage: WireLeverage = WireLeverage()
    max_trade_szs: Any = None
    available_to_trade: Any = None
    mark_px: Loose = None


class WireRole(Wire, frozen=True, kw_only=True, gc=False):
    """What an address is."""

    role: str
    data: Any = None


class WireBudget(Wire, frozen=True, kw_only=True, gc=False):
    """Actions that an address has made and may make."""

    cum_vlm: Loose = None
    n_requests_used: int = 0
    n_requests_cap: int = 0
    n_requests_surplus: int = 0


class WireUpdate(Wire, frozen=True, kw_only=True, gc=False):
    """A change of balance; `delta` differs by its `type`, and its amounts have no sign but for funding."""

    time: Moment = None
    hash: Text = None
    delta: Any = None


# Market


class WireContract(Wire, frozen=True, kw_only=True, gc=False):
    """One contract of a dex. Its asset id is its place in the list; that and its dex's collateral are put in."""

    name: Text = None
    sz_decimals: Loose = None
    max_leverage: Loose = None
    margin_table_id: Loose = None
    only_isolated: Any = None
    is_delisted: Any = None
    margin_mode: Text = None
    growth_mode: Any = None
    asset: int = -1
    collateral_token: Loose = None


class WireMeta(Wire, frozen=True, kw_only=True, gc=False):
    """The contracts of a dex, and their margin tables as pairs of id and table."""

    universe: list[WireContract]
    margin_tables: list[Any]
    collateral_token: Loose = None


class WireTier(Wire, frozen=True, kw_only=True, gc=False):
    """One tier of a margin table; `index` and `deduction` are counted by who reads it."""

    lower_bound: Loose = None
    max_leverage: Loose = None
    index: int = 0
    upper_bound: Loose = None


class WireContext(Wire, frozen=True, kw_only=True, gc=False):
    """Prices and figures of one contract; `coin`, `last`, `bid`, `ask` and `time` stand elsewhere in the answers."""

    funding: Loose = None
    open_interest: Loose = None
    prev_day_px: Loose = None
    day_ntl_vlm: Loose = None
    premium: Loose = None
    oracle_px: Loose = None
    mark_px: Loose = None
    mid_px: Loose = None
    impact_pxs: Any = None
    day_base_vlm: Loose = None
    coin: Text = None
    last: Loose = None
    bid: Loose = None
    ask: Loose = None
    time: Moment = None


class WireLevel(Wire, frozen=True, kw_only=True, gc=False):
    """One price level of a book."""

    px: Loose = None
    sz: Loose = None
    n: Loose = None


class WireBook(Wire, frozen=True, kw_only=True, gc=False):
    """Bids, then asks, twenty each at most."""

    coin: Text = None
    time: Moment = None
    levels: list[list[WireLevel]]


class WireCandle(Wire, frozen=True, kw_only=True, gc=False):
    """Prices of a span of time; the last one's close is the last trade."""

    t: Moment = None
    o: Loose = None
    h: Loose = None
    l: Loose = None  # noqa: E741 - the venue's name
    c: Loose = None


class WirePastFunding(Wire, frozen=True, kw_only=True, gc=False):
    """One settled funding rate, of an hour."""

    coin: Text = None
    funding_rate: Loose = None
    premium: Loose = None
    time: Moment = None


class WireStatus(Wire, frozen=True, kw_only=True, gc=False):
    """The venue's clock, and what is restricted."""

    time: int
    special_statuses: Any = None


# Orders


class WireOrder(Wire, frozen=True, kw_only=True, gc=False):
    """One order; lists of open ones say it alone, others beside its status."""

    coin: Text = None
    side: Text = None
    limit_px: Loose = None
    sz: Loose = None
    oid: Id = None
    timestamp: Moment = None
    trigger_condition: Text = None
    is_trigger: Any = None
    trigger_px: Loose = None
    children: Any = None
    is_position_tpsl: Any = None
    reduce_only: Any = None
    order_type: Text = None
    orig_sz: Loose = None
    tif: Text = None
    cloid: Text = None


class WireStanding(Wire, frozen=True, kw_only=True, gc=False):
    """An order and how it stands. Of open ones the record is as of the last change of status, fills are not in it."""

    order: WireOrder = WireOrder()
    status: Text = None
    status_timestamp: Moment = None


class WireFound(Wire, frozen=True, kw_only=True, gc=False):
    """What is known of one order."""

    status: str
    order: WireStanding = WireStanding()


class WireFill(Wire, frozen=True, kw_only=True, gc=False):
    """One execution; `fee` is positive when paid and holds the builder's."""

    coin: Text = None
    px: Loose = None
    sz: Loose = None
    side: Text = None
    time: Moment = None
    start_position: Loose = None
    dir: Text = None
    closed_pnl: Loose = None
    hash: Text = None
    oid: Id = None
    crossed: Any = None
    fee: Loose = None
    tid: Id = None
    fee_token: Text = None
    builder_fee: Loose = None
    liquidation: Any = None
    cloid: Text = None
    twap_id: Loose = None


class WireStatuses(Wire, frozen=True, kw_only=True, gc=False):
    """One verdict for each order or cancel, as a word or an object."""

    statuses: list[Any]


class WireResponse(Wire, frozen=True, kw_only=True, gc=False):
    """What an action came to."""

    type: str = ""
    data: WireStatuses | None = None


class WireAnswer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A good answer to an action."""

    status: str
    response: WireResponse
