"""Payloads of the v2 calls that have no unified shape: estimates, multi-asset mode, lists of the market."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from futures_async.adapter import Loose
from futures_async.adapters.bitget.wire import Shown, Wire

# Account


class WireOpenCount(Wire, frozen=True, kw_only=True, gc=False):
    """`GET account/open-count`: what an amount of margin opens, whatever is held and ordered."""

    size: Decimal


class WireLiquidation(Wire, frozen=True, kw_only=True, gc=False):
    """`GET account/liq-price`; 0 or less: none."""

    liq_price: Decimal


class WireIsolatedSymbol(Shown, frozen=True, kw_only=True, gc=False):
    """A contract that is set to isolated margin."""

    symbol: str
    margin_mode: str


class WireSubAccount(Shown, frozen=True, kw_only=True):
    """The futures assets of a sub-account; the rows of the list are not documented."""

    user_id: str | int
    asset_list: list[dict[str, Any]] | None = None


class WireInterest(Wire, frozen=True, kw_only=True):
    """Borrowing in multi-asset mode; the rows of the list are not documented."""

    next_settle_time: str | int | None = None
    borrow_amount: Loose = None
    borrow_limit: Loose = None
    interest_list: list[dict[str, Any]] | None = None
    end_id: str | int | None = None


class WireUnionConfig(Wire, frozen=True, kw_only=True, gc=False):
    """Margin rates and the account's own limits in multi-asset mode."""

    imr: Loose = None
    mmr: Loose = None
    individual_limit: Loose = None
    individual_limit_ratio: Loose = None


class WireUsdtAmount(Wire, frozen=True, kw_only=True, gc=False):
    """USDT that multi-asset mode asks for (`switch-union-usdt`), or that a conversion gave (`union-convert`)."""

    usdt_amount: Decimal


class WireTransferLimit(Wire, frozen=True, kw_only=True, gc=False):
    """How much of a coin may be moved in."""

    coin: str
    max_transfer_in: Decimal


# Orders


class WireTriggered(Shown, frozen=True, kw_only=True, gc=False):
    """An order that a trigger order became."""

    order_id: str | int
    price: Loose = None
    type: str | None = None
    status: str | None = None


# Market


class WireSymbolPrice(Shown, frozen=True, kw_only=True, gc=False):
    """The three prices of a contract."""

    symbol: str
    price: Decimal
    index_price: Decimal
    mark_price: Decimal
    ts: int


class WirePastFundingRate(Shown, frozen=True, kw_only=True, gc=False):
    """A settled funding rate."""

    symbol: str
    funding_rate: Decimal
    funding_time: int


class WireFundingTime(Shown, frozen=True, kw_only=True, gc=False):
    """When funding is settled next, and every how many hours."""

    symbol: str
    next_funding_time: int
    rate_period: int


class WireOpenInterestRow(Shown, frozen=True, kw_only=True, gc=False):
    """Open interest of a contract, base coin."""

    symbol: str
    size: Decimal


class WireOpenInterest(Wire, frozen=True, kw_only=True, gc=False):
    """`GET market/open-interest`."""

    rows: list[WireOpenInterestRow] | None = msgspec.field(name="openInterestList", default=None)
    ts: str | int | None = None


class WireOpenInterestLimit(Shown, frozen=True, kw_only=True, gc=False):
    """How large all positions of an account, and of all its sub-accounts, may be: quote coin."""

    symbol: str
    notional_value: Decimal
    total_notional_value: Decimal
