"""Every field of every documented answer reaches its struct, unchanged."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

import msgspec
import pytest

from futures_async.adapters.bybit import endpoints, wire
from futures_async.adapters.bybit.dialect import BybitDialect, Envelope
from futures_async.transport.endpoint import Endpoint
from futures_async.unified.rows import unread_of
from tests.adapters.bybit.samples import payload, plain

ANSWERS: dict[str, Endpoint[Any]] = {
    "wallet_balance": endpoints.WALLET,
    "account_info": endpoints.INFO,
    "query_api": endpoints.KEY,
    "transaction_log": endpoints.RECORDS,
    "dcp_info": endpoints.DISCONNECT,
    "position_list": endpoints.POSITIONS,
    "closed_pnl": endpoints.CLOSED,
    "risk_limit": endpoints.TIERS,
    "order_create": endpoints.CREATE,
    "order_create_batch": endpoints.CREATE_BATCH,
    "order_cancel_all": endpoints.CANCEL_ALL,
    "order_realtime": endpoints.OPEN,
    "execution_list": endpoints.FILLS,
    "instruments_info": endpoints.INSTRUMENTS,
    "tickers": endpoints.TICKERS,
    "funding_history": endpoints.FUNDING,
    "time": endpoints.TIME,
    "price_limit": endpoints.BAND,
}
PUSHES: dict[str, Any] = {
    "ws_order": wire.WireOrder,
    "ws_execution": wire.WireFill,
    "ws_position": wire.WirePosition,
    "ws_wallet": wire.WireWallet,
}
LEFT_OUT = {
    # Deprecated, or twins of their neighbours.
    *("accountIMRateByMp", "accountMMRateByMp", "totalInitialMarginByMp", "totalMaintenanceMarginByMp", "accountLTV"),
    *("free", "availableToWithdraw", "availableToBorrow"),
    # The key's own text.
    *("apiKey", "secret"),
    # Of options, dated futures and listings to come.
    *("tradeIv", "markIv", "indexPrice", "underlyingPrice", "preListingInfo", "riskParameters", "copyTrading"),
    *("predictedDeliveryPrice", "basisRate", "deliveryFeeRate", "deliveryTime", "basis", "basisRateYear"),
    *("preOpenPrice", "preQty", "curPreListingPhase", "isLeverage", "marketUnit"),
}

Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str | int | None"


def assert_same(sent: Plain, read: Any, path: str) -> None:
    if isinstance(sent, dict):
        for key, value in sent.items():
            if key not in LEFT_OUT or key in read:
                assert key in read, f"{path}.{key} is lost"
                assert_same(value, read[key], f"{path}.{key}")
    elif isinstance(sent, list):
        for index, (one, other) in enumerate(zip(sent, read, strict=True)):
            assert_same(one, other, f"{path}[{index}]")
    elif isinstance(read, Decimal):
        assert format(read, "f") == sent, path
    else:
        assert read == sent or str(read) == sent, path


@pytest.mark.parametrize("name", ANSWERS)
def test_no_field_of_a_documented_answer_is_lost_or_changed(name: str) -> None:
    read = msgspec.to_builtins(payload(ANSWERS[name], name), builtin_types=(Decimal,))
    assert_same(plain(name)["result"], read, "result")


@pytest.mark.parametrize("name", PUSHES)
def test_no_field_of_a_documented_push_is_lost_or_changed(name: str) -> None:
    for sent in plain(name)["data"]:
        read = msgspec.to_builtins(msgspec.convert(sent, PUSHES[name], strict=False), builtin_types=(Decimal,))
        assert_same(sent, read, name)


def test_the_answer_to_a_move_of_margin_is_a_position() -> None:
    sent = plain("add_margin")["result"]
    assert_same(sent, msgspec.to_builtins(msgspec.convert(sent, wire.WirePosition, strict=False)), "result")


@pytest.mark.parametrize("name", ANSWERS)
def test_a_new_field_breaks_nothing(name: str) -> None:
    def add(value: Plain) -> Plain:
        # What is a table of coins, or of permissions, has no fields.
        if isinstance(value, dict) and not {"USDT", "ContractTrade"} & value.keys():
            return {"brandNew": {"deep": ["1"]}, **{key: add(item) for key, item in value.items()}}
        return [add(item) for item in value] if isinstance(value, list) else value

    endpoint = ANSWERS[name]
    changed = endpoint.decoder(Envelope).decode(msgspec.json.encode(add(plain(name))))
    assert changed.data == payload(endpoint, name)


def test_a_list_that_was_promised_and_is_missing_is_not_taken_for_empty() -> None:
    with pytest.raises(msgspec.ValidationError, match="list"):
        endpoints.OPEN.decoder(Envelope).decode(b'{"retCode":0,"result":{}}')


def test_a_row_that_is_none_leaves_its_page_whole() -> None:
    body = plain("order_realtime")
    body["result"]["list"].append("odd")
    page = endpoints.OPEN.row_by_row(Envelope, msgspec.json.encode(body)).data
    assert page.rows == payload(endpoints.OPEN, "order_realtime").rows
    assert page.next_page_cursor == body["result"]["nextPageCursor"]
    assert [row.raw for row in unread_of(page.rows)] == ["odd"]


def test_verdicts_and_time_of_the_envelope_go_with_the_rows() -> None:
    body = plain("order_create_batch")
    handed = BybitDialect().payload(endpoints.CREATE_BATCH.decoder(Envelope).decode(msgspec.json.encode(body)))
    assert [(verdict.code, verdict.msg) for verdict in handed.verdicts] == [
        (0, "OK"),
        (110007, "ab not enough for new order"),
    ]
    assert handed.time == body["time"]
    assert len(handed.rows) == 2
