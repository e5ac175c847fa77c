"""Every field of every documented answer reaches its struct, unchanged."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

import msgspec
import pytest

from futures_async.adapters._bitget import Envelope
from futures_async.adapters.bitget_uta import endpoints
from futures_async.transport.endpoint import Endpoint
from futures_async.unified.rows import unread_of
from tests.adapters.bitget_uta.samples import payload, plain

ANSWERS: dict[str, Endpoint[Any]] = {
    "assets": endpoints.ASSETS,
    "settings": endpoints.SETTINGS,
    "info": endpoints.INFO,
    "financial_records": endpoints.RECORDS,
    "fee_rate": endpoints.FEE_RATE,
    "current_position": endpoints.POSITIONS,
    "current_position.flat": endpoints.POSITIONS,
    "current_position.hedge": endpoints.POSITIONS,
    "history_position": endpoints.PAST_POSITIONS,
    "adl_rank": endpoints.ADL_RANKS,
    "position_tier": endpoints.TIERS,
    "place_order": endpoints.PLACE_ORDER,
    "place_batch": endpoints.PLACE_BATCH,
    "modify_order": endpoints.MODIFY_ORDER,
    "cancel_order": endpoints.CANCEL_ORDER,
    "cancel_batch": endpoints.CANCEL_BATCH,
    "cancel_symbol_order": endpoints.CANCEL_SYMBOL,
    "close_positions": endpoints.CLOSE_POSITIONS,
    "order_info": endpoints.ORDER,
    "unfilled_orders": endpoints.OPEN_ORDERS,
    "history_orders": endpoints.PAST_ORDERS,
    "fills": endpoints.FILLS,
    "place_strategy": endpoints.PLACE_STRATEGY,
    "unfilled_strategies": endpoints.OPEN_STRATEGIES,
    "unfilled_strategies.trigger": endpoints.OPEN_STRATEGIES,
    "history_strategies": endpoints.PAST_STRATEGIES,
    "sub_orders": endpoints.SUB_ORDERS,
    "instruments": endpoints.INSTRUMENTS,
    "tickers": endpoints.TICKERS,
    "current_fund_rate": endpoints.FUNDING_RATE,
    "history_fund_rate": endpoints.PAST_FUNDING_RATES,
    "time": endpoints.TIME,
}
# Spot margin leverage: nothing of it is for futures.
LEFT_OUT = {"coinConfigList"}


Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str | int | None"


def assert_same(sent: Plain, read: Any, path: str) -> None:
    if isinstance(sent, dict):
        for key, value in sent.items():
            if key not in LEFT_OUT:
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
    assert_same(plain(name)["data"], read, "data")


@pytest.mark.parametrize("name", ["set_leverage", "set_hold_mode", "set_margin"])
def test_settings_answer_with_a_word_that_carries_nothing(name: str) -> None:
    assert bytes(payload(endpoints.SET_LEVERAGE, name)) == b'"success"'


@pytest.mark.parametrize("name", ANSWERS)
def test_a_new_field_breaks_nothing(name: str) -> None:
    def add(value: Plain) -> Plain:
        if isinstance(value, dict):
            return {"brandNew": {"deep": ["1"]}, **{key: add(item) for key, item in value.items()}}
        return [add(item) for item in value] if isinstance(value, list) else value

    endpoint = ANSWERS[name]
    changed = endpoint.decoder(Envelope).decode(msgspec.json.encode(add(plain(name))))
    assert changed.data == payload(endpoint, name)


def test_a_list_that_was_promised_and_is_missing_is_not_taken_for_empty() -> None:
    with pytest.raises(msgspec.ValidationError, match="list"):
        endpoints.OPEN_ORDERS.decoder(Envelope).decode(b'{"code":"00000","data":{}}')


def test_a_row_that_is_none_leaves_its_page_whole() -> None:
    body = plain("unfilled_orders")
    body["data"]["list"].append("odd")
    page = endpoints.OPEN_ORDERS.row_by_row(Envelope, msgspec.json.encode(body)).data
    assert page.rows == payload(endpoints.OPEN_ORDERS, "unfilled_orders").rows
    assert page.cursor == body["data"]["cursor"]
    assert [row.raw for row in unread_of(page.rows)] == ["odd"]


@pytest.mark.parametrize("data", [b"{}", b'{"cursor":7}', b'{"list":7}', b'{"list":[],"cursor":{}}'])
def test_a_page_that_is_none_is_an_error_row_by_row_too(data: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        endpoints.OPEN_ORDERS.row_by_row(Envelope, b'{"code":"00000","data":' + data + b"}")


def test_positions_may_come_without_their_wrapping() -> None:
    row = msgspec.json.encode(plain("current_position")["data"]["list"])
    bare = endpoints.POSITIONS.decoder(Envelope).decode(b'{"code":"00000","data":' + row + b"}")
    assert [row.symbol for row in bare.data] == ["BTCUSDT"]


@pytest.mark.parametrize("value", ["20", 20, ["20"], ["20", "10"], None])
def test_leverage_may_be_text_a_number_or_an_array(value: Any) -> None:
    body = plain("settings")
    body["data"]["symbolConfigList"][0]["leverage"] = value
    settings = endpoints.SETTINGS.decoder(Envelope).decode(msgspec.json.encode(body)).data
    assert settings is not None
    assert settings.symbol_config_list is not None
    assert settings.symbol_config_list[0].leverage == value


def test_ids_beyond_two_to_the_53_survive_as_text_and_as_numbers() -> None:
    for order_id in (b'"1320244799629316097"', b"1320244799629316097"):
        ids = endpoints.PLACE_ORDER.decoder(Envelope).decode(b'{"code":"00000","data":{"orderId":' + order_id + b"}}")
        assert ids.data is not None
        assert str(ids.data.order_id) == "1320244799629316097"
