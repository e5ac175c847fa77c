"""Signature, envelope and codes of v3."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from futures_async.adapters._bitget import Envelope
from futures_async.adapters.bitget_uta import endpoints
from futures_async.adapters.bitget_uta.dialect import BitgetUTADialect
from futures_async.transport.dialect import Params, Refusal, Unsigned
from futures_async.transport.endpoint import Endpoint, Kind, RateLimit
from futures_async.unified import errors
from futures_async.unified.credentials import Credentials
from tests.adapters.bitget_uta.samples import plain, sample

CREDENTIALS = Credentials(
    "bg_test_key_0001", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "testpassphrase"
)
DIALECT = BitgetUTADialect()
POSITION_QUERY = {"symbol": "BTCUSDT", "category": "USDT-FUTURES"}
CLIENT_ID = {"clientOid": "fx-20260112-000001"}

VECTORS: dict[str, tuple[Endpoint[Any], Params, bytes, int, str]] = {
    "A": (endpoints.POSITIONS, POSITION_QUERY, b"", 1768195413808, "C/FNPghhqnIs4FWxTklPIFrUCd5oYTbAOANjTPP+GHw="),
    "B": (
        endpoints.PLACE_ORDER,
        {},
        sample("place_order.vector_b.request"),
        1768195413808,
        "rOlv9PweGo/P0C6vxIhaOxZSHylkHwPBTdeIFCA8ApE=",
    ),
    "C": (endpoints.ORDER, CLIENT_ID, b"", 1768195414500, "b3zhK+SlFhXEOlif3G6T7xzFVRYkekPc1F0JX9UwnWo="),
    "D": (
        endpoints.CANCEL_BATCH,
        {},
        sample("cancel_batch.request"),
        1768195413999,
        "ekHFAV63EAneXrKHMIbsr3gt1qGEAX7j/rDrvTnE1o4=",
    ),
}


@pytest.mark.parametrize("vector", VECTORS)
def test_signatures_agree_with_the_worked_vectors(vector: str) -> None:
    endpoint, params, body, now_ms, signature = VECTORS[vector]
    request = Unsigned(endpoint.method, endpoint.path, DIALECT.query(params), body)
    headers = dict(DIALECT.headers(request, endpoint, CREDENTIALS, now_ms).open())
    assert headers["ACCESS-SIGN"] == signature
    assert headers["ACCESS-TIMESTAMP"] == str(now_ms)
    assert "paptrading" not in (*headers, *dict(DIALECT.public_headers()))


def test_demo_trading_sends_its_header_with_private_calls_only() -> None:
    demo = BitgetUTADialect(demo=True)
    assert ("paptrading", "1") in demo.standing_headers(CREDENTIALS)
    # It breaks some of the public calls.
    assert ("paptrading", "1") not in demo.public_headers()


@pytest.mark.parametrize(("code", "meaning"), plain("codes").items())
def test_each_documented_code_has_its_documented_class(code: str, meaning: dict[str, Any]) -> None:
    rule = DIALECT.rule(Refusal(code, ""), endpoints.PLACE_ORDER)
    assert rule is not None
    assert rule.error is getattr(errors, meaning["class"])
    assert rule.definitive is meaning["definitive"]


def test_a_position_in_the_way_is_named_by_what_was_to_be_set() -> None:
    refusal = Refusal("25107", "position exists")
    mode = DIALECT.rule(refusal, endpoints.SET_HOLD_MODE)
    margin = DIALECT.rule(refusal, endpoints.SET_LEVERAGE)
    assert mode is not None
    assert margin is not None
    assert mode.error is errors.PositionModeConflict
    assert margin.error is errors.MarginModeConflict


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("40009", errors.AuthenticationError),
        ("40008", errors.ClockSkew),
        ("40018", errors.PermissionDenied),
        ("00001", errors.ParameterRejected),
    ],
)
def test_codes_of_v2_that_v3_shares_keep_their_meaning(code: str, error: type[errors.ExchangeError]) -> None:
    rule = DIALECT.rule(Refusal(code, ""), endpoints.PLACE_ORDER)
    assert rule is not None
    assert rule.error is error


def test_a_code_that_nobody_knows_has_no_rule() -> None:
    assert DIALECT.rule(Refusal("99999", ""), endpoints.PLACE_ORDER) is None


@pytest.mark.parametrize("body", [*plain("refusals"), plain("place_order.refused"), plain("cancel_order.refused")])
def test_captured_refusals_are_read_from_their_code(body: dict[str, Any]) -> None:
    envelope = msgspec.json.decode(msgspec.json.encode(body), type=Envelope[Any])
    refusal = DIALECT.refusal(envelope)
    assert refusal is not None
    assert refusal.code == body["code"]
    assert refusal.message.startswith(body["msg"])
    assert DIALECT.server_ms(envelope) == body["requestTime"]


@pytest.mark.parametrize("code", ["40084", "25245"])
def test_a_classic_account_is_told_which_adapter_to_use(code: str) -> None:
    refusal = DIALECT.refusal(Envelope(code, "not supported at this time"))
    assert refusal is not None
    assert "use the adapter bitget (Bitget)" in refusal.message


# method, path, calls per second, counted by, what may be repeated: as the reference's table has them.
TABLE = {
    "ASSETS": ("GET", "/account/assets", 20, "uid", Kind.READ),
    "SETTINGS": ("GET", "/account/settings", 20, "uid", Kind.READ),
    "INFO": ("GET", "/account/info", 5, "uid", Kind.READ),
    "RECORDS": ("GET", "/account/financial-records", 20, "uid", Kind.READ),
    "FEE_RATE": ("GET", "/account/fee-rate", 3, "uid", Kind.READ),
    "OPEN_LIMIT": ("GET", "/account/open-interest-limit", 5, "uid", Kind.READ),
    "MAX_OPEN": ("POST", "/account/max-open-available", 5, "uid", Kind.READ),
    "SET_LEVERAGE": ("POST", "/account/set-leverage", 10, "uid", Kind.SETTING),
    "SET_HOLD_MODE": ("POST", "/account/set-hold-mode", 10, "uid", Kind.SETTING),
    "SET_MARGIN": ("POST", "/account/set-margin", 10, "uid", Kind.DELTA),
    "POSITIONS": ("GET", "/position/current-position", 20, "uid", Kind.READ),
    "PAST_POSITIONS": ("GET", "/position/history-position", 20, "uid", Kind.READ),
    "ADL_RANKS": ("GET", "/position/adlRank", 1, "uid", Kind.READ),
    "PLACE_ORDER": ("POST", "/trade/place-order", 10, "uid", Kind.ORDER),
    "PLACE_BATCH": ("POST", "/trade/place-batch", 5, "uid", Kind.ORDER),
    "MODIFY_ORDER": ("POST", "/trade/modify-order", 10, "uid", Kind.ORDER),
    "MODIFY_BATCH": ("POST", "/trade/batch-modify-order", 10, "uid", Kind.ORDER),
    "CANCEL_ORDER": ("POST", "/trade/cancel-order", 10, "uid", Kind.CANCEL),
    "CANCEL_BATCH": ("POST", "/trade/cancel-batch", 5, "uid", Kind.CANCEL),
    "CANCEL_SYMBOL": ("POST", "/trade/cancel-symbol-order", 5, "uid", Kind.DELTA),
    "CLOSE_POSITIONS": ("POST", "/trade/close-positions", 5, "uid", Kind.DELTA),
    "COUNTDOWN": ("POST", "/trade/countdown-cancel-all", 1, "uid", Kind.SETTING),
    "ORDER": ("GET", "/trade/order-info", 20, "uid", Kind.READ),
    "OPEN_ORDERS": ("GET", "/trade/unfilled-orders", 20, "uid", Kind.READ),
    "PAST_ORDERS": ("GET", "/trade/history-orders", 20, "uid", Kind.READ),
    "FILLS": ("GET", "/trade/fills", 20, "uid", Kind.READ),
    "PLACE_STRATEGY": ("POST", "/trade/place-strategy-order", 10, "uid", Kind.ORDER),
    "MODIFY_STRATEGY": ("POST", "/trade/modify-strategy-order", 10, "uid", Kind.SETTING),
    "CANCEL_STRATEGY": ("POST", "/trade/cancel-strategy-order", 10, "uid", Kind.CANCEL),
    "OPEN_STRATEGIES": ("GET", "/trade/unfilled-strategy-orders", 20, "uid", Kind.READ),
    "PAST_STRATEGIES": ("GET", "/trade/history-strategy-orders", 20, "uid", Kind.READ),
    "SUB_ORDERS": ("GET", "/trade/strategy-sub-orders", 10, "uid", Kind.READ),
    "INSTRUMENTS": ("GET", "/market/instruments", 20, "ip", Kind.READ),
    "TICKERS": ("GET", "/market/tickers", 20, "ip", Kind.READ),
    "FUNDING_RATE": ("GET", "/market/current-fund-rate", 20, "ip", Kind.READ),
    "PAST_FUNDING_RATES": ("GET", "/market/history-fund-rate", 20, "ip", Kind.READ),
    "TIERS": ("GET", "/market/position-tier", 20, "ip", Kind.READ),
}


@pytest.mark.parametrize("name", TABLE)
def test_each_row_is_as_documented(name: str) -> None:
    endpoint: Endpoint[Any] = getattr(endpoints, name)
    method, path, count, scope, kind = TABLE[name]
    assert (endpoint.method, endpoint.path, endpoint.kind) == (method, "/api/v3" + path, kind)
    assert [(limit.count, limit.per_s, limit.scope) for limit in endpoint.limits] == [(count, 1.0, scope)]
    assert endpoint.private is (scope == "uid")


def test_no_row_is_left_out_of_that_table() -> None:
    rows = {name for name, value in vars(endpoints).items() if isinstance(value, Endpoint)}
    assert rows - {"TIME"} == set(TABLE)


def test_the_clock_is_read_where_no_account_type_is_asked_for() -> None:
    assert endpoints.TIME.path == "/api/v2/public/time"
    assert endpoints.TIME.limits == (RateLimit(20, 1.0, scope="ip"),)
    assert not endpoints.TIME.private
