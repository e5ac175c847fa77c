"""What another call tells beside a row changes where the row stays as it is, and is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from futures_async.adapters.bitget_uta import mapping as uta
from futures_async.adapters.bitget_uta import wire as uta_wire
from futures_async.adapters.bybit import mapping as bybit
from futures_async.adapters.bybit import wire as bybit_wire
from futures_async.adapters.okx import mapping as okx
from futures_async.adapters.okx import market as okx_market
from futures_async.adapters.okx import wire as okx_wire
from futures_async.streams.picture import Moment, Push
from futures_async.streams.rows import Rows
from futures_async.streams.rules import ACCOUNTS, TICKERS, RowRule
from futures_async.unified.enums import MarginMode, PositionMode


def bybit_coin(rate: str) -> Any:
    row = bybit_wire.WireCoin(coin="USDC", equity="100", wallet_balance="100")
    return bybit.accounts(MarginMode.CROSS).one(row, bybit_wire.WireWallet(mm_rate=rate))


def uta_coin(rate: str) -> Any:
    row = uta_wire.WireAsset(coin="USDC", equity="100", balance="100", available="100")
    return uta.accounts().one(row, uta_wire.WireWhole(mgn_ratio=rate))


def okx_coin(mode: str) -> Any:
    row = okx_wire.WireCoin(ccy="USDT", eq="100", cash_bal="100", avail_eq="100", avail_bal="100")
    return okx.accounts().one(row, okx_wire.WireConfig(pos_mode=mode))


def okx_ticker(mark: str) -> Any:
    row = okx_wire.WireTicker(inst_id="BTC-USDT-SWAP", last="100", ts="1768195413861")
    return okx_market.tickers().one(row, okx_wire.WirePrices(mark_px=mark))


@pytest.mark.parametrize("pushed", [False, True])
@pytest.mark.parametrize(
    ("rule", "make", "before", "after", "field"),
    [
        (ACCOUNTS, bybit_coin, "0.95", "0.05", "margin_ratio"),
        (ACCOUNTS, bybit_coin, "0.05", "0.95", "margin_ratio"),
        (ACCOUNTS, uta_coin, "0.05", "0.95", "margin_ratio"),
        (ACCOUNTS, okx_coin, "net_mode", "long_short_mode", "position_mode"),
        (TICKERS, okx_ticker, "100", "80", "mark_price"),
    ],
)
def test_what_is_told_beside_a_row_is_not_kept_from_before(
    rule: RowRule[Any], make: Callable[[str], Any], before: str, after: str, field: str, pushed: bool
) -> None:
    picture = Rows[Any](rule)
    picture.read([make(before)], Moment(0.0, 0, 0.1))
    when = Moment(200.0, 200_000, 200.1)
    changes = picture.push(Push([make(after)]), when) if pushed else picture.read([make(after)], when).changes
    assert [getattr(change.item, field) for change in changes] == [getattr(make(after), field)]
    [known] = picture.current.values()
    assert getattr(known, field) == getattr(make(after), field) != getattr(make(before), field)
    # Once told, it is no news.
    assert picture.read([make(after)], Moment(400.0, 400_000, 400.1)).changes == []


def test_a_hedged_account_is_no_one_way_account() -> None:
    assert okx_coin("long_short_mode").position_mode is PositionMode.HEDGE
