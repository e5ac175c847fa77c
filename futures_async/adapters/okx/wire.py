"""Payloads of OKX v5, field for field as the venue sends them, as far as somebody could want it.

Numbers, times and flags come as text, and "" is "none" or "not in this account mode". Rows keep what came, and
`mapping.py` and `orders.py` judge it: words (`Text`), numbers (`Loose`), ids (`Id`), Unix milliseconds (`Moment`).

https://www.okx.com/docs-v5/en/
"""

from __future__ import annotations

import msgspec

from futures_async.adapter import Id, Loose, Moment, Row, Text


class Wire(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Base: the venue's names in camel case."""


# Account


class WireCoin(Wire, frozen=True, kw_only=True, gc=False):
    """One coin of the account: amounts in it. `imr`, `mmr` and `mgnRatio` are said in futures mode only. `cashBal` is
    without the margin of isolated positions, which is in `isoEq` with their profit."""

    ccy: Text = None
    eq: Loose = None
    cash_bal: Loose = None
    avail_bal: Loose = None
    avail_eq: Loose = None
    frozen_bal: Loose = None
    iso_eq: Loose = None
    iso_upl: Loose = None
    upl: Loose = None
    imr: Loose = None
    mmr: Loose = None
    mgn_ratio: Loose = None
    eq_usd: Loose = None
    reward_bal: Loose = None
    u_time: Moment = None


class WireBalance(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """The whole account, in USD; most of it is empty in futures mode. `mgnRatio` is equity over maintenance margin."""

    total_eq: Loose = None
    adj_eq: Loose = None
    avail_eq: Loose = None
    imr: Loose = None
    mmr: Loose = None
    mgn_ratio: Loose = None
    upl: Loose = None
    u_time: Moment = None
    details: list[WireCoin] | None = None


class WireConfig(Wire, frozen=True, kw_only=True, gc=False):
    """Whose key this is, what it may do, and the modes of the account."""

    uid: Id = None
    acct_lv: Text = None
    pos_mode: Text = None
    perm: Text = None
    level: Text = None
    label: Text = None


class WireBill(Wire, frozen=True, kw_only=True, gc=False):
    """One change of a balance. Of funding, `pnl` is the amount; isolated margin moves are in `posBalChg`."""

    bill_id: Id = None
    type: Text = None
    sub_type: Text = None
    ts: Moment = None
    ccy: Text = None
    bal_chg: Loose = None
    pos_bal_chg: Loose = None
    bal: Loose = None
    pnl: Loose = None
    fee: Loose = None
    inst_id: Text = None
    ord_id: Id = None
    cl_ord_id: Id = None


class WireLeverage(Wire, frozen=True, kw_only=True, gc=False):
    """What is set for a contract, by side in long/short mode."""

    inst_id: Text = None
    mgn_mode: Text = None
    pos_side: Text = None
    lever: Loose = None


# Positions


class WireStop(Wire, frozen=True, kw_only=True, gc=False):
    """A take-profit or stop-loss of the whole position."""

    algo_id: Id = None
    tp_trigger_px: Loose = None
    sl_trigger_px: Loose = None


class WirePosition(Wire, frozen=True, kw_only=True, gc=False):
    """One position, sized in contracts: with `posSide` net the sign of `pos` is the direction."""

    inst_id: Text = None
    pos_id: Id = None
    pos_side: Text = None
    pos: Loose = None
    mgn_mode: Text = None
    avg_px: Loose = None
    mark_px: Loose = None
    be_px: Loose = None
    liq_px: Loose = None
    upl: Loose = None
    lever: Loose = None
    margin: Loose = None
    imr: Loose = None
    mmr: Loose = None
    mgn_ratio: Loose = None
    notional_usd: Loose = None
    realized_pnl: Loose = None
    pnl: Loose = None
    fee: Loose = None
    funding_fee: Loose = None
    liq_penalty: Loose = None
    avail_pos: Loose = None
    adl: Loose = None
    ccy: Text = None
    c_time: Moment = None
    u_time: Moment = None
    close_order_algo: list[WireStop] | None = None


class WirePushedPosition(WirePosition, frozen=True, kw_only=True, gc=False):
    """A position as it is pushed, and when; one that is closed comes once, with size 0."""

    p_time: Moment = None


class WirePastPosition(Wire, frozen=True, kw_only=True, gc=False):
    """One closed position, or one of which a part was closed: such a row changes later."""

    inst_id: Text = None
    pos_id: Id = None
    pos_side: Text = None
    direction: Text = None
    mgn_mode: Text = None
    lever: Loose = None
    open_avg_px: Loose = None
    close_avg_px: Loose = None
    open_max_pos: Loose = None
    close_total_pos: Loose = None
    pnl: Loose = None
    fee: Loose = None
    funding_fee: Loose = None
    liq_penalty: Loose = None
    realized_pnl: Loose = None
    type: Text = None
    ccy: Text = None
    c_time: Moment = None
    u_time: Moment = None


class WireTier(Wire, frozen=True, kw_only=True, gc=False):
    """One risk tier of a family; sizes are contracts."""

    inst_family: Text = None
    tier: Loose = None
    max_sz: Loose = None
    mmr: Loose = None
    imr: Loose = None
    max_lever: Loose = None


# Orders


class WireAck(Wire, frozen=True, kw_only=True, gc=False):
    """What became of a request about one order: `sCode` decides."""

    ord_id: Id = None
    cl_ord_id: Id = None
    algo_id: Id = None
    algo_cl_ord_id: Id = None
    s_code: Text = None
    s_msg: Text = None

    @property
    def code(self) -> str:
        """Its verdict; "0" and "" are good ones."""
        return "" if self.s_code is None else str(self.s_code)


class WireVerdict(WireAck, frozen=True, kw_only=True, gc=False):
    """The same as a row of a batch, where others may have ended otherwise."""


class WireAttached(Wire, frozen=True, kw_only=True, gc=False):
    """Take-profit and stop-loss that an order brings along; a code of failure where the venue did not place them."""

    tp_trigger_px: Loose = None
    sl_trigger_px: Loose = None
    fail_code: Text = None
    fail_reason: Text = None


class WireOrder(Wire, frozen=True, kw_only=True, gc=False):
    """One order, sized in contracts; fees are negative when paid. The fields of a fill are those of the latest one."""

    inst_id: Text = None
    ord_id: Id = None
    cl_ord_id: Id = None
    side: Text = None
    pos_side: Text = None
    td_mode: Text = None
    ord_type: Text = None
    reduce_only: Text = None
    px: Loose = None
    sz: Loose = None
    acc_fill_sz: Loose = None
    avg_px: Loose = None
    fill_px: Loose = None
    fill_sz: Loose = None
    fill_time: Moment = None
    trade_id: Id = None
    state: Text = None
    fee: Loose = None
    fee_ccy: Text = None
    rebate: Loose = None
    rebate_ccy: Text = None
    lever: Loose = None
    category: Text = None
    cancel_source: Text = None
    tp_trigger_px: Loose = None
    sl_trigger_px: Loose = None
    algo_id: Id = None
    c_time: Moment = None
    u_time: Moment = None
    attach_algo_ords: list[WireAttached] | None = None


class WirePushedOrder(WireOrder, frozen=True, kw_only=True, gc=False):
    """An order as it is pushed, with the execution that is the reason; without one `tradeId` is empty."""

    fill_fee: Loose = None
    fill_fee_ccy: Text = None
    fill_pnl: Loose = None
    exec_type: Text = None


class WireFill(Wire, frozen=True, kw_only=True, gc=False):
    """One execution. `tradeId` counts per contract, and below 0 for liquidations; `billId` is what pages go by."""

    inst_id: Text = None
    trade_id: Id = None
    ord_id: Id = None
    cl_ord_id: Id = None
    bill_id: Id = None
    fill_px: Loose = None
    fill_sz: Loose = None
    fill_pnl: Loose = None
    side: Text = None
    pos_side: Text = None
    exec_type: Text = None
    fee: Loose = None
    fee_ccy: Text = None
    ts: Moment = None
    fill_time: Moment = None


class WireAlgo(Wire, frozen=True, kw_only=True, gc=False):
    """An order that waits for a price."""

    inst_id: Text = None
    algo_id: Id = None
    algo_cl_ord_id: Id = None
    side: Text = None
    pos_side: Text = None
    td_mode: Text = None
    ord_type: Text = None
    reduce_only: Text = None
    sz: Loose = None
    state: Text = None
    trigger_px: Loose = None
    trigger_px_type: Text = None
    ord_px: Loose = None
    tp_trigger_px: Loose = None
    tp_trigger_px_type: Text = None
    tp_ord_px: Loose = None
    sl_trigger_px: Loose = None
    sl_trigger_px_type: Text = None
    sl_ord_px: Loose = None
    attach_algo_ords: list[WireAttached] | None = None
    close_fraction: Loose = None
    lever: Loose = None
    c_time: Moment = None
    u_time: Moment = None


# Market


class WireInstrument(Wire, frozen=True, kw_only=True, gc=False):
    """Trading rules of a contract. Base and quote coin are in `instFamily`; sizes are contracts."""

    inst_id: Text = None
    inst_family: Text = None
    settle_ccy: Text = None
    ct_val: Loose = None
    ct_mult: Loose = None
    ct_type: Text = None
    lot_sz: Loose = None
    min_sz: Loose = None
    tick_sz: Loose = None
    max_lmt_sz: Loose = None
    max_mkt_sz: Loose = None
    lever: Loose = None
    state: Text = None
    exp_time: Moment = None
    # For orders over the WebSocket.
    inst_id_code: Id = None


class WireTicker(Wire, frozen=True, kw_only=True, gc=False):
    """Last prices; sizes and `vol24h` are contracts."""

    inst_id: Text = None
    last: Loose = None
    ask_px: Loose = None
    bid_px: Loose = None
    ts: Moment = None


class WireMarkPrice(Wire, frozen=True, kw_only=True, gc=False):
    """The mark price."""

    inst_id: Text = None
    mark_px: Loose = None
    ts: Moment = None


class WireIndex(Wire, frozen=True, kw_only=True, gc=False):
    """The price of an index, which is named by its pair."""

    inst_id: Text = None
    idx_px: Loose = None
    ts: Moment = None


class WireFundingRate(Wire, frozen=True, kw_only=True, gc=False):
    """The running period, paid at `fundingTime`; `nextFundingTime` ends the one after it."""

    inst_id: Text = None
    funding_rate: Loose = None
    funding_time: Moment = None
    next_funding_time: Moment = None
    min_funding_rate: Loose = None
    max_funding_rate: Loose = None
    ts: Moment = None


class WirePrices(Wire, frozen=True, kw_only=True, gc=False):
    """What a ticker leaves out."""

    mark_px: Loose = None
    idx_px: Loose = None
    funding_rate: Loose = None


class WireTime(Wire, frozen=True, kw_only=True, gc=False):
    """The venue's clock."""

    ts: int
