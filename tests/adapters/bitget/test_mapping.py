"""Bitget v2 payloads to unified models, on the documented examples."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import msgspec
import pytest

from futures_async.adapters._bitget import ProductType
from futures_async.adapters.bitget import endpoints as rows
from futures_async.adapters.bitget.mapping import (
    LEDGER_TYPE,
    accounts,
    closed_positions,
    contracts,
    funding_rates,
    ledger_entries,
    positions,
    risk_limits,
    tickers,
    to_leverage,
)
from futures_async.adapters.bitget.wire import WireAccount, WireContract, WirePosition
from futures_async.unified.enums import LedgerType, MarginMode, PositionMode, PositionSide
from futures_async.unified.errors import DecodeError, UnreadRows
from futures_async.unified.models import Position
from tests.adapters.bitget.data import payload

USDT: ProductType = "USDT-FUTURES"


def seed_position() -> Position:
    [position] = positions(USDT).all(payload(rows.SINGLE_POSITION, "single_position"))
    return position


def test_the_seeds_position_maps_digit_for_digit() -> None:
    assert seed_position() == Position(
        venue="bitget",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        side=PositionSide.SHORT,
        quantity=D("0.005"),
        entry_price=D("88505.233333333333"),
        mark_price=D("92171"),
        break_even_price=D("67274.9159193683778732"),
        liquidation_price=D("17288450.450983311758416"),
        unrealized_pnl=D("-18.328833333333335"),
        realized_pnl=D("-48.1989666666666705"),
        fee=D("1.5158073"),
        funding=D("-56.2349883554"),
        leverage=D("14"),
        margin_mode=MarginMode.CROSS,
        position_mode=PositionMode.HEDGE,
        margin_coin="USDT",
        margin=D("32.9182142857142858"),
        initial_margin=D("32.9182142857142858"),
        maintenance_margin=D("1.84342"),
        maintenance_margin_rate=D("0.004"),
        margin_ratio=D("0.0030244464835655"),
        notional=D("460.855"),
        available=D("0.005"),
        locked=D("0"),
        take_profit=None,
        stop_loss=None,
        auto_margin=False,
        position_id=None,
        created_ms=1766103799183,
        updated_ms=1768194000530,
    )


def test_numbers_keep_the_digits_that_were_sent() -> None:
    position = seed_position()
    assert str(position.entry_price) == "88505.233333333333"
    assert str(position.liquidation_price) == "17288450.450983311758416"
    assert str(position.realized_pnl) == "-48.1989666666666705"


def test_raw_holds_the_payload_as_the_venue_sent_it() -> None:
    raw = seed_position().raw
    assert isinstance(raw, WirePosition)
    assert (raw.open_delegate_size, raw.asset_mode, raw.grant, raw.take_profit_id) == ("0", "union", "", None)


def test_both_sides_of_a_hedged_symbol_are_two_positions() -> None:
    long, short = positions(USDT).all(payload(rows.ALL_POSITIONS, "all_position_hedge"))
    assert (long.side, short.side) == (PositionSide.LONG, PositionSide.SHORT)
    assert (long.funding, long.take_profit) == (None, None)


def test_a_negative_liquidation_price_is_none_and_stops_are_read() -> None:
    [position] = positions(USDT).all(payload(rows.ALL_POSITIONS, "all_position_one_way"))
    assert position.liquidation_price is None
    assert (position.take_profit, position.stop_loss) == (D(92000), D(75000))
    assert position.position_mode is PositionMode.ONE_WAY


def wire(**changes: Any) -> WirePosition:
    [row] = payload(rows.SINGLE_POSITION, "single_position") or []
    return msgspec.structs.replace(row, **changes)


@pytest.mark.parametrize("zero", ["0", "0.000"])
def test_flat_rows_are_dropped_whatever_else_they_hold(zero: str) -> None:
    flat = wire(total=D(zero), open_price_avg="", mark_price=None, leverage="", hold_side="?")
    assert positions(USDT).all([flat]) == []


def test_null_means_no_positions() -> None:
    assert positions(USDT).all(None) == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"hold_side": "both"}, "holdSide"),
        ({"total": D("NaN")}, "total"),
        ({"total": "-1"}, "total"),
        ({"total": True}, "total"),
        ({"total": ""}, "total"),
        ({"symbol": None}, "symbol"),
    ],
)
def test_what_makes_a_position_must_be_readable(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(DecodeError) as caught:
        positions(USDT).one(wire(**changes))
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("changes", "field", "path"),
    [
        ({"open_price_avg": ""}, "entry_price", "openPriceAvg"),
        ({"open_price_avg": "0"}, "entry_price", "openPriceAvg"),
        ({"open_price_avg": "12e9999"}, "entry_price", "openPriceAvg"),
        ({"mark_price": "Infinity"}, "mark_price", "markPrice"),
        ({"mark_price": "Infinity"}, "notional", "markPrice"),
        ({"liquidation_price": "n/a"}, "liquidation_price", "liquidationPrice"),
        ({"liquidation_price": "NaN"}, "liquidation_price", "liquidationPrice"),
        ({"margin_ratio": "--"}, "margin_ratio", "marginRatio"),
        ({"take_profit": "1.2,1.3"}, "take_profit", "takeProfit"),
        ({"leverage": True}, "leverage", "leverage"),
        ({"c_time": "soon"}, "created_ms", "cTime"),
    ],
)
def test_any_other_field_that_cannot_be_read_is_none_and_named(changes: dict[str, Any], field: str, path: str) -> None:
    position = positions(USDT).one(wire(**changes))
    assert getattr(position, field) is None
    assert position.unread == (path,)
    assert position.quantity == D("0.005")


def test_a_margin_coin_that_cannot_be_read_is_the_product_types() -> None:
    position = positions(USDT).one(wire(margin_coin=None))
    assert (position.margin_coin, position.symbol, position.unread) == ("USDT", "BTC/USDT:USDT", ("marginCoin",))


def test_an_odd_position_takes_no_other_away() -> None:
    with pytest.raises(UnreadRows) as caught:
        positions(USDT).all([wire(), wire(hold_side="net", symbol="ETHUSDT"), wire(total="0.1")])
    assert [position.quantity for position in caught.value.rows] == [D("0.005"), D("0.1")]
    [odd] = caught.value.unread
    assert (odd.path, odd.name, odd.raw.hold_side) == ("holdSide", "ETHUSDT", "net")
    assert odd.facts["quantity"] == D("0.005")
    assert "bitget: 1 of 3 rows cannot be read (ETHUSDT: holdSide has the unknown word 'net')" in str(caught.value)


def test_words_that_are_new_do_not_hide_a_position() -> None:
    position = positions(USDT).one(wire(margin_mode="portfolio", pos_mode="triple", auto_margin="maybe"))
    assert position.unread == ("marginMode", "posMode", "autoMargin")
    assert (position.margin_mode, position.position_mode, position.auto_margin) == (None, None, None)
    assert position.raw.margin_mode == "portfolio"


def test_numbers_that_come_as_json_numbers_keep_their_digits() -> None:
    from futures_async.adapters._bitget import Envelope

    body = (
        b'{"code":"00000","data":[{"symbol":"btcusdt","marginCoin":"usdt","holdSide":"LONG","total":0.10,'
        b'"openPriceAvg":88505.233333333333,"cTime":1766103799183,"leverage":14}]}'
    )
    [position] = positions(USDT).all(rows.ALL_POSITIONS.decoder(Envelope).decode(body).data)
    assert str(position.entry_price) == "88505.233333333333"
    assert (position.leverage, position.created_ms, position.symbol) == (D(14), 1766103799183, "BTC/USDT:USDT")


def test_isolated_margin_is_collateral_and_not_the_requirement() -> None:
    position = positions(USDT).one(wire(margin_mode="isolated"))
    assert (position.margin, position.initial_margin) == (D("32.9182142857142858"), None)


def test_a_coin_margined_position_has_no_maintenance_amount_in_quote_coin() -> None:
    position = positions("COIN-FUTURES").one(wire(symbol="BTCUSD", margin_coin="BTC"))
    assert (position.symbol, position.maintenance_margin) == ("BTC/USD:BTC", None)


def test_the_captured_account_maps_with_its_position_mode() -> None:
    account = accounts().one(payload(rows.ACCOUNT, "account"))
    assert (account.margin_coin, account.available) == ("USDT", D("27852.88370924"))
    assert (account.equity, account.balance) == (D("27852.88370924"), D("27852.88370924"))
    assert (account.margin_ratio, account.initial_margin) == (D(0), None)
    assert account.position_mode is PositionMode.ONE_WAY
    assert account.margin_mode is None, "the margin mode is the symbol's"
    assert account.raw.margin_mode == "crossed"


def test_an_account_without_profit_figure_has_no_balance_and_sums_its_margins() -> None:
    [account] = [accounts().one(row) for row in payload(rows.ACCOUNTS, "accounts")]
    assert (account.unrealized_pnl, account.balance) == (None, None)
    assert account.initial_margin == D("57.77")
    assert (account.locked, account.transferable) == (D("0.31876482"), D("10572.92904289"))


def test_leverage_is_read_for_the_mode_that_is_set_or_asked_for() -> None:
    account = payload(rows.ACCOUNT, "account")
    crossed = to_leverage(account, "BTCUSDT", USDT)
    assert (crossed.leverage, crossed.margin_mode) == (D(3), MarginMode.CROSS)
    isolated = to_leverage(account, "BTCUSDT", USDT, MarginMode.ISOLATED)
    assert (isolated.leverage, isolated.long_leverage, isolated.symbol) == (D(5), D(5), "BTC/USDT:USDT")


def test_leverage_that_differs_by_side_has_no_single_value() -> None:
    account = msgspec.structs.replace(payload(rows.ACCOUNT, "account"), isolated_short_lever="7")
    leverage = to_leverage(account, "BTCUSDT", USDT, MarginMode.ISOLATED)
    assert (leverage.leverage, leverage.long_leverage, leverage.short_leverage) == (None, D(5), D(7))


def test_leverage_of_an_unknown_margin_mode_is_not_guessed() -> None:
    with pytest.raises(DecodeError, match="marginMode"):
        to_leverage(WireAccount(margin_coin="USDT", available=D(1)), "BTCUSDT", USDT)


def test_ledger_rows_map_with_paid_fees_positive() -> None:
    funding, opened = [ledger_entries(USDT).one(row) for row in payload(rows.BILLS, "bills").bills or []]
    assert (funding.entry_id, funding.type, funding.amount) == ("1099991", LedgerType.FUNDING, D("-0.004992"))
    assert (funding.fee, funding.balance, funding.created_ms) == (D(0), D("232.21"), 1695715200654)
    assert (opened.type, opened.venue_type, opened.fee) == (LedgerType.TRADE, "open_long", D("0.222012"))
    assert (opened.symbol, opened.venue_symbol) == ("ETH/USDT:USDT", "ETHUSDT")
    assert not str(funding.fee).startswith("-")


def test_a_ledger_row_without_symbol_and_with_a_new_word_is_other() -> None:
    [row, _] = payload(rows.BILLS, "bills").bills or []
    entry = ledger_entries(USDT).one(msgspec.structs.replace(row, symbol="", business_type="lottery"))
    assert (entry.symbol, entry.venue_symbol, entry.type) == (None, None, LedgerType.OTHER)
    assert entry.venue_type == "lottery"


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("trans_from_exchange", LedgerType.TRANSFER),
        ("risk_captital_user_transfer", LedgerType.TRANSFER),
        ("buy", LedgerType.TRADE),
        ("burst_long_loss_query", LedgerType.LIQUIDATION),
        ("adl_close_short", LedgerType.LIQUIDATION),
        ("delivery_long", LedgerType.REALIZED_PNL),
    ],
)
def test_ledger_words_have_their_documented_type(word: str, kind: LedgerType) -> None:
    assert LEDGER_TYPE[word] is kind


def test_closed_positions_map_with_their_lower_case_times() -> None:
    page = payload(rows.POSITION_HISTORY, "history_position")
    first, second = [closed_positions(USDT).one(row) for row in page.rows or []]
    assert (first.position_id, first.closed_ms, first.created_ms) == (
        "1491757336539623426",
        1791388600991,
        1791388585219,
    )
    assert (first.fee, first.funding) == (D("0.01000135"), D(0))
    assert (second.net_pnl, second.realized_pnl, second.funding) == (D("6.36350354"), D("7.77667"), D("-0.17206854"))
    assert (second.entry_price, second.exit_price) == (D("83769.1"), D("84401.3"))
    assert page.end_id != second.position_id


def test_closed_positions_read_the_documented_spelling_of_their_times_too() -> None:
    [row, _] = payload(rows.POSITION_HISTORY, "history_position").rows or []
    other = msgspec.structs.replace(row, ctime=None, utime=None, c_time="5", u_time="6", open_fee="")
    mapped = closed_positions(USDT).one(other)
    assert (mapped.created_ms, mapped.closed_ms, mapped.fee) == (5, 6, None)


def test_tiers_map_to_notional_bounds() -> None:
    first, second = [risk_limits(USDT).one(row) for row in payload(rows.TIERS, "position_tiers")]
    assert (first.tier, first.min_notional, first.max_notional) == (1, D(0), D(50000))
    assert (second.max_leverage, second.maintenance_margin_rate) == (D(100), D("0.005"))


def test_the_contract_example_has_its_tick_and_step() -> None:
    [contract] = [contracts(USDT).one(row) for row in payload(rows.CONTRACTS, "contracts")]
    assert (contract.symbol, contract.venue_symbol) == ("BTC/USDT:USDT", "BTCUSDT")
    assert (contract.base, contract.quote, contract.settle) == ("BTC", "USDT", "USDT")
    assert (contract.price_tick, contract.quantity_step, contract.contract_size) == (D("0.1"), D("0.01"), D(1))
    assert (contract.min_quantity, contract.min_notional) == (D("0.01"), D(5))
    assert (contract.max_leverage, contract.status) == (D(125), "normal")


def contract_row(**changes: Any) -> WireContract:
    return msgspec.structs.replace(payload(rows.CONTRACTS, "contracts")[0], **changes)


def test_a_tick_is_the_end_step_at_the_last_place() -> None:
    assert contracts(USDT).one(contract_row(price_end_step=D(5), price_place=1)).price_tick == D("0.5")
    assert contracts(USDT).one(contract_row(price_end_step=D(5), price_place=0)).price_tick == D(5)


@pytest.mark.parametrize(
    ("off", "delivered", "ends_ms"),
    [("-1", "", None), ("-1", "1774598400000", 1774598400000), ("1770000000000", "1774598400000", 1770000000000)],
)
def test_trading_ends_when_a_contract_goes_or_is_delivered(off: str, delivered: str, ends_ms: int | None) -> None:
    assert contracts(USDT).one(contract_row(off_time=off, delivery_time=delivered)).delisted_ms == ends_ms


def test_a_coin_margined_contract_settles_in_its_base_or_in_the_coin_asked_for() -> None:
    row = contract_row(symbol="BTCUSD", quote_coin="USD", support_margin_coins=["BTC", "ETH"])
    assert contracts("COIN-FUTURES").one(row).symbol == "BTC/USD:BTC"
    assert contracts("COIN-FUTURES", "ETH").one(row).symbol == "BTC/USD:ETH"


@pytest.mark.parametrize(
    "changes",
    [{"size_multiplier": D(0)}, {"price_end_step": D(-1)}, {"price_place": 41}, {"price_place": -(10**300)}],
)
def test_a_contract_without_steps_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(DecodeError):
        contracts(USDT).one(contract_row(**changes))


def test_the_ticker_example_maps() -> None:
    [ticker] = [tickers(USDT).one(row) for row in payload(rows.TICKER, "ticker")]
    assert (ticker.last_price, ticker.bid_price, ticker.ask_price) == (D("92170.5"), D("92170.5"), D("92170.6"))
    assert (ticker.mark_price, ticker.index_price) == (D(92171), D("92199.15"))
    assert (ticker.funding_rate, ticker.created_ms) == (D("0.000068"), 1695794098184)


def test_an_illiquid_ticker_has_no_best_prices() -> None:
    [row] = payload(rows.TICKER, "ticker")
    ticker = tickers(USDT).one(msgspec.structs.replace(row, bid_pr=None, ask_pr=""))
    assert (ticker.bid_price, ticker.ask_price) == (None, None)


def test_the_funding_example_maps_hours_to_seconds() -> None:
    [rate] = [funding_rates(USDT).one(row) for row in payload(rows.FUNDING_RATE, "current_fund_rate")]
    assert (rate.funding_rate, rate.interval_s, rate.next_funding_ms) == (D("0.000068"), 28800, 1743062400000)
    assert (rate.min_rate, rate.max_rate) == (D("-0.003"), D("0.003"))


@pytest.mark.parametrize("odd", [{}, [1], 7, True])
def test_leverage_is_read_beside_a_coin_that_is_none(odd: Any) -> None:
    row = msgspec.structs.replace(payload(rows.ACCOUNT, "account"), margin_coin=odd)
    assert to_leverage(row, "BTCUSDT", USDT).symbol == "BTC/USDT:USDT"


def test_a_ratio_below_zero_is_that_of_an_account_at_its_liquidation() -> None:
    account = payload(rows.ACCOUNT, "account")
    assert accounts().one(msgspec.structs.replace(account, crossed_risk_rate="-0.2")).margin_ratio == 1
    assert positions(USDT).one(wire(margin_ratio="-0.2")).margin_ratio == 1
