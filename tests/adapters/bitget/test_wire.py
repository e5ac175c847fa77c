"""Every documented answer decodes, and no documented field is lost."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from futures_async.adapters._bitget import Envelope
from futures_async.adapters.bitget import endpoints as rows
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.unified.rows import unread_of
from tests.adapters.bitget.data import FOLDER, payload, plain, raw

ANSWERS: list[tuple[Endpoint[Any], str]] = [
    (rows.TIME, "time"),
    (rows.ACCOUNT, "account"),
    (rows.ACCOUNTS, "accounts"),
    (rows.BILLS, "bills"),
    (rows.SET_LEVERAGE, "set_leverage_cross"),
    (rows.SET_LEVERAGE, "set_leverage_isolated"),
    (rows.SET_POSITION_MODE, "set_position_mode"),
    (rows.SET_MARGIN, "set_margin"),
    (rows.SINGLE_POSITION, "single_position"),
    (rows.SINGLE_POSITION, "single_position_hedge"),
    (rows.ALL_POSITIONS, "all_position_one_way"),
    (rows.ALL_POSITIONS, "all_position_hedge"),
    (rows.POSITION_HISTORY, "history_position"),
    (rows.ADL_RANKS, "adl_rank"),
    (rows.TIERS, "position_tiers"),
    (rows.PLACE, "place_order"),
    (rows.PLACE_BATCH, "batch_place_order"),
    (rows.CANCEL, "cancel_order"),
    (rows.CLOSE_POSITIONS, "close_positions"),
    (rows.CANCEL_PLAN, "cancel_plan"),
    (rows.DETAIL, "detail_hedge_close"),
    (rows.DETAIL, "detail_one_way_reduce"),
    (rows.PENDING, "orders_pending"),
    (rows.PENDING, "orders_pending_empty"),
    (rows.HISTORY, "orders_history"),
    (rows.FILLS, "fills"),
    (rows.FILL_HISTORY, "fills_empty"),
    (rows.PLAN_PENDING, "plan_pending"),
    (rows.CONTRACTS, "contracts"),
    (rows.TICKER, "ticker"),
    (rows.FUNDING_RATE, "current_fund_rate"),
    (rows.OPEN_COUNT, "open_count"),
    (rows.LIQUIDATION_PRICE, "liq_price"),
    (rows.ISOLATED_SYMBOLS, "isolated_symbols"),
    (rows.UNION_CONFIG, "union_config"),
    (rows.UNION_USDT, "switch_union_usdt"),
    (rows.UNION_CONVERT, "union_convert"),
    (rows.TRANSFER_LIMIT, "transfer_limits"),
    (rows.TRIGGERED, "plan_sub_order"),
    (rows.TICKERS, "ticker"),
    (rows.SYMBOL_PRICE, "symbol_price"),
    (rows.FUNDING_HISTORY, "history_fund_rate"),
    (rows.FUNDING_TIME, "funding_time"),
    (rows.OPEN_INTEREST, "open_interest"),
    (rows.OPEN_INTEREST_LIMITS, "oi_limit"),
]


def same(documented: Any, decoded: Any, where: str) -> None:
    """Walk the document; every field must be there, with the same digits."""
    plainly: Any = documented
    if isinstance(documented, dict):
        by_wire = {field.encode_name: field.name for field in msgspec.structs.fields(decoded)}
        for name, value in plainly.items():
            assert name in by_wire, f"{where}.{name} is lost"
            same(value, getattr(decoded, by_wire[name]), f"{where}.{name}")
    elif isinstance(documented, list):
        for left, right in zip(plainly, decoded, strict=True):
            same(left, right, f"{where}[]")
    elif isinstance(decoded, Decimal):
        assert str(decoded) == str(Decimal(documented)), where
    elif documented is None or isinstance(decoded, bool):
        assert decoded is documented, where
    else:
        assert str(decoded) == str(documented), where


@pytest.mark.parametrize(("endpoint", "name"), ANSWERS, ids=[name for _, name in ANSWERS])
def test_every_field_of_a_documented_answer_is_reachable_digit_for_digit(endpoint: Endpoint[Any], name: str) -> None:
    same(plain(name)["data"], payload(endpoint, name), name)


def test_every_documented_answer_is_walked() -> None:
    walked = {name for _, name in ANSWERS}
    elsewhere = {"codes", "errors", "signing", "envelope", "detail_not_found"}
    # Their lists hold rows that nobody documents: see test_venue.py.
    elsewhere |= {"sub_account_assets", "interest_history"}
    # Order books and candles are no part of this library.
    unused = {"candles", "merge_depth"}
    streams = {file.stem for file in FOLDER.glob("ws_*.json")}  # see test_stream_examples.py
    stored = {file.stem for file in FOLDER.glob("*.json") if ".request" not in file.name}
    assert walked == stored - elsewhere - unused - streams


@pytest.mark.parametrize("endpoint", [rows.ALL_POSITIONS, rows.SINGLE_POSITION, rows.ADL_RANKS])
def test_a_list_may_come_as_null(endpoint: Endpoint[Any]) -> None:
    assert endpoint.decoder(Envelope).decode(b'{"code":"00000","data":null}').data is None


def test_an_id_beyond_2_to_the_53_survives_as_a_number_too() -> None:
    body = b'{"code":"00000","data":{"orderId":1491757336292159489,"clientOid":"a"}}'
    assert rows.PLACE.decoder(Envelope).decode(body).data.order_id == 1491757336292159489


def test_an_odd_row_is_decoded_as_it_came() -> None:
    body = b'{"code":"00000","data":[{"symbol":"X","total":{"a":1}},{"symbol":["Y"]},7]}'
    data = rows.ALL_POSITIONS.row_by_row(Envelope, body).data
    assert [(row.symbol, row.total) for row in data] == [("X", {"a": 1}), (["Y"], None)]
    assert [(row.raw, row.problem) for row in unread_of(data)] == [(7, "row 2 does not fit its documentation")]


def every_row() -> list[Endpoint[Any]]:
    return [row for row in vars(rows).values() if isinstance(row, Endpoint)]


def test_nothing_that_opens_or_changes_by_an_amount_may_be_repeated() -> None:
    once = {row.path for row in every_row() if not row.idempotent}
    assert once == {
        f"/api/v2/mix/{path}"
        for path in (
            "order/place-order",
            "order/batch-place-order",
            "order/modify-order",
            "order/batch-cancel-orders",
            "order/cancel-all-orders",
            "order/close-positions",
            "order/place-plan-order",
            "order/place-tpsl-order",
            "account/set-margin",
            "account/union-convert",
        )
    }


def test_every_post_is_a_write_and_every_get_a_read() -> None:
    assert all((row.method == "POST") is (row.kind is not Kind.READ) for row in every_row())


def test_every_row_has_its_documented_limit() -> None:
    assert all(row.limits for row in every_row())
    by_name = {name: row.limits[0] for name, row in vars(rows).items() if isinstance(row, Endpoint)}
    assert (by_name["SINGLE_POSITION"].count, by_name["SINGLE_POSITION"].scope) == (10, "uid")
    assert (by_name["ALL_POSITIONS"].count, by_name["SET_LEVERAGE"].count) == (5, 5)
    assert (by_name["CLOSE_POSITIONS"].count, by_name["POSITION_HISTORY"].count) == (1, 20)
    assert (by_name["CONTRACTS"].count, by_name["CONTRACTS"].scope) == (20, "ip")
    assert all((row.limits[0].scope == "ip") is not row.private for row in every_row())


@pytest.mark.parametrize(("endpoint", "name"), ANSWERS, ids=[name for _, name in ANSWERS])
def test_numbers_that_come_as_json_numbers_lose_no_digit(endpoint: Endpoint[Any], name: str) -> None:
    as_numbers = re.sub(rb'"(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)"', rb"\1", raw(name))
    envelope = endpoint.decoder(Envelope).decode(as_numbers)
    same(plain(name)["data"], envelope.data, name)


@pytest.mark.parametrize(("endpoint", "name"), ANSWERS, ids=[name for _, name in ANSWERS])
def test_fields_and_rows_that_are_new_do_not_break_an_answer(endpoint: Endpoint[Any], name: str) -> None:
    grown = raw(name).replace(b'"symbol":', b'"newField":{"a":[1,"x",null]},"symbol":')
    assert endpoint.decoder(Envelope).decode(grown).data is not None
