"""BitMart's signature, envelope, codes and limit headers."""

from typing import Any, cast

import msgspec
import pytest

from futures_async.adapters.bitmart import endpoints
from futures_async.adapters.bitmart.dialect import CODES, Envelope, sign
from futures_async.transport.dialect import Refusal, Unsigned
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.unified.credentials import Credentials
from futures_async.unified.errors import (
    AccountInLiquidation,
    AuthenticationError,
    Banned,
    ClockSkew,
    DuplicateOrder,
    ExchangeError,
    InsufficientMargin,
    InvalidRequest,
    MarginModeConflict,
    OrderNotFound,
    OrderRejected,
    ParameterRejected,
    PermissionDenied,
    PositionModeConflict,
    RateLimited,
    RiskLimitExceeded,
    SymbolNotFound,
    VenueUnavailable,
)
from tests.adapters.bitmart.documents import DIALECT, VECTORS, answer, credentials, document

CLASSES: dict[str, type[ExchangeError]] = {
    "InvalidRequest": ParameterRejected,
    "InvalidRequest (BadSymbol)": SymbolNotFound,
    "Authentication": AuthenticationError,
    "Permission": PermissionDenied,
    "ClockSkew": ClockSkew,
    "RateLimit": RateLimited,
    "RateLimit (ban)": Banned,
    "ServerError": VenueUnavailable,
    "Maintenance": VenueUnavailable,
    "InvalidOrder": OrderRejected,
    "InvalidOrder (no position)": OrderRejected,
    "InsufficientMargin": InsufficientMargin,
    "PositionLimit": RiskLimitExceeded,
    "PositionLimit (leverage)": RiskLimitExceeded,
    "Liquidation": AccountInLiquidation,
    "MarginMode conflict": MarginModeConflict,
    "PositionMode conflict": PositionModeConflict,
    "DuplicateOrder": DuplicateOrder,
    "OrderNotFound": OrderNotFound,
}
BY_MESSAGE_OR_CALL = {40012, 40013, 40036, 40039}
ROWS = [row for row in document("error-table") if row["code"] != 1000]
ALL_ENDPOINTS = cast("list[Endpoint[Any]]", [row for row in vars(endpoints).values() if isinstance(row, Endpoint)])


def error_of(code: int, message: str = "", endpoint: Endpoint[Any] = endpoints.ASSETS) -> type[ExchangeError]:
    rule = DIALECT.rule(Refusal(str(code), message), endpoint)
    assert rule is not None
    return rule.error


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: str(vector["number"]))
def test_every_published_vector_is_reproduced(vector: dict[str, Any]) -> None:
    made = sign(str(vector["timestamp"]), vector["body"].encode(), credentials(vector["memo"]))
    assert made == vector["sign"]


def test_without_a_memo_the_text_between_the_signs_is_empty() -> None:
    vector = VECTORS["vectors"][7]
    assert vector["memo"] == ""
    bare = Credentials(VECTORS["key"], VECTORS["secret"])
    assert sign(str(vector["timestamp"]), vector["body"].encode(), bare) == vector["sign"]


@pytest.mark.parametrize("row", [row for row in ALL_ENDPOINTS if row.method == "GET" and row.private], ids=repr)
def test_a_keyed_read_carries_the_key_and_nothing_else(row: Endpoint[Any]) -> None:
    request = Unsigned("GET", row.path, "symbol=BTCUSDT", b"")
    assert DIALECT.standing_headers(credentials()) == (("X-BM-KEY", VECTORS["key"]),)
    assert DIALECT.headers(request, row, credentials(), 1).open() == ()
    assert not row.signed


def test_a_post_is_signed_over_the_bytes_that_are_sent() -> None:
    vector = VECTORS["vectors"][3]
    body = DIALECT.body({"symbol": "BTCUSDT", "leverage": "5", "open_type": "isolated"})
    assert body.decode() == vector["body"]
    request = Unsigned("POST", endpoints.SUBMIT_LEVERAGE.path, "", body)
    headers = DIALECT.headers(request, endpoints.SUBMIT_LEVERAGE, credentials(), vector["timestamp"])
    assert dict(headers.open()) == {
        "X-BM-SIGN": vector["sign"],
        "X-BM-TIMESTAMP": "1735689600123",
        "Content-Type": "application/json",
    }
    assert VECTORS["key"] not in repr(headers)


@pytest.mark.parametrize("path", ["cancel-order", "cancel-plan-order", "cancel-trail-order"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"symbol":"BTCUSDT"}',
        b'{"symbol":"BTCUSDT","order_id":""}',
        b'{"symbol":"BTCUSDT","order_id":null,"client_order_id":null}',
        b'{"symbol":"BTCUSDT","order_id":" "}',
        b'{"symbol":"BTCUSDT","order_id":"0"}',
        b'{"symbol":"BTCUSDT","order_id":0}',
        b'{"symbol":"BTCUSDT","client_order_id":""}',
        b'{"symbol":"BTCUSDT","client_order_id":" "}',
        b'{"symbol":"BTCUSDT","client_order_id":5}',
        b'{"order_id":"None"}',
        b"not json",
        b"\xff",
    ],
)
def test_a_cancel_that_names_no_order_is_never_signed(path: str, body: bytes) -> None:
    request = Unsigned("POST", f"/contract/private/{path}", "", body)
    row: Endpoint[Any] = Endpoint("POST", request.path, result=dict)
    with pytest.raises(InvalidRequest, match="cancels every order"):
        DIALECT.headers(request, row, credentials(), 1)


@pytest.mark.parametrize(
    "body",
    [b'{"symbol":"B","order_id":"220609666322019"}', b'{"order_id":220609666322019}', b'{"client_order_id":"BM1"}'],
)
def test_a_cancel_that_names_one_order_is_signed(body: bytes) -> None:
    request = Unsigned("POST", endpoints.CANCEL_ORDER.path, "", body)
    names = [name for name, _ in DIALECT.headers(request, endpoints.CANCEL_ORDER, credentials(), 1).open()]
    assert "X-BM-SIGN" in names


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["code"]))
def test_every_documented_code_maps_to_its_class(row: dict[str, Any]) -> None:
    if row["code"] in BY_MESSAGE_OR_CALL:
        assert str(row["code"]) in CODES
        return
    assert error_of(row["code"], row["meaning"]) is CLASSES[row["class"]]


def test_no_code_is_mapped_that_is_not_documented() -> None:
    assert set(CODES) == {str(row["code"]) for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["code"]))
def test_codes_after_which_an_order_may_stand_are_not_called_definitive(row: dict[str, Any]) -> None:
    rule = DIALECT.rule(Refusal(str(row["code"]), "system error"), endpoints.SUBMIT_ORDER)
    assert rule is not None
    doubtful = issubclass(rule.error, (VenueUnavailable, DuplicateOrder))
    assert rule.definitive is not doubtful


@pytest.mark.parametrize(
    ("message", "kind", "definitive"),
    [
        ("SYMBOL_NOT_EXIST", SymbolNotFound, True),
        ("Symbol_not_exist", SymbolNotFound, True),
        ("Balance not enough", InsufficientMargin, True),
        ("your leverage is not the position's", MarginModeConflict, True),
        ("Open Type differs", MarginModeConflict, True),
        ("invalid open_type", MarginModeConflict, True),
        ("position exists", MarginModeConflict, True),
        ("System error", VenueUnavailable, False),
        ("", VenueUnavailable, False),
    ],
)
def test_the_catch_all_code_is_judged_by_its_message(message: str, kind: type[ExchangeError], definitive: bool) -> None:
    rule = DIALECT.rule(Refusal("40012", message), endpoints.SUBMIT_ORDER)
    assert rule is not None
    assert (rule.error, rule.definitive) == (kind, definitive)


@pytest.mark.parametrize(
    ("message", "kind"),
    [("too frequent", RateLimited), ("check your system time", ClockSkew), ("Client TIME is invalid", ClockSkew)],
)
def test_the_code_for_too_frequent_may_mean_the_clock(message: str, kind: type[ExchangeError]) -> None:
    assert error_of(40013, message) is kind


def test_the_trace_is_not_part_of_the_message_that_decides() -> None:
    refused = DIALECT.refusal(Envelope(code=40013, message="too frequent", trace="system time"))
    assert refused is not None
    assert DIALECT.rule(refused, endpoints.ASSETS) == CODES["40013"]
    refused = DIALECT.refusal(Envelope(code=40012, message="System error", trace="position"))
    assert refused is not None
    assert error_of(40012, refused.message) is VenueUnavailable


def test_a_finished_order_is_not_found_by_a_cancel_and_refused_to_an_edit() -> None:
    assert error_of(40036, endpoint=endpoints.CANCEL_ORDER) is OrderNotFound
    assert error_of(40036, endpoint=endpoints.ORDER) is OrderNotFound
    assert error_of(40036, endpoint=endpoints.MODIFY_ORDER) is OrderRejected


def test_an_invalid_timestamp_means_the_clock_only_where_a_call_is_signed() -> None:
    assert error_of(40039, endpoint=endpoints.SUBMIT_ORDER) is ClockSkew
    assert error_of(40039, endpoint=endpoints.TRADES) is ParameterRejected


def test_an_unlisted_code_has_no_rule() -> None:
    assert DIALECT.rule(Refusal("41234", "new"), endpoints.SUBMIT_ORDER) is None


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("error-40035", "40035", "The order is not exist (trace a1b2c3d4-e5f6-7890-abcd-ef1234567890)"),
        ("error-30000-msg", "30000", "Not found"),
        ("error-49998", "49998", "INVALID_PARAMETER"),
    ],
)
def test_failures_are_read_in_all_their_shapes(name: str, code: str, message: str) -> None:
    envelope = msgspec.json.decode(answer(name), type=Envelope[Any])
    assert DIALECT.refusal(envelope) == Refusal(code, message)


@pytest.mark.parametrize("code", [1000, "1000"])
def test_success_may_be_a_number_or_text(code: int | str) -> None:
    assert DIALECT.refusal(Envelope(code=code)) is None


@pytest.mark.parametrize("code", [0, "ok", "10000", 100, ""])
def test_nothing_else_is_success(code: int | str) -> None:
    refusal = DIALECT.refusal(Envelope(code=code))
    assert refusal is not None
    assert refusal.message == "refused without a message"


@pytest.mark.parametrize(
    ("used", "limit", "left"),
    [("1", "12", 11), ("12", "12", 0), ("13", "12", 0), ("", "12", None), ("x", "12", None), ("1", "", None)],
)
def test_the_header_that_is_called_remaining_counts_upwards(used: str, limit: str, left: int | None) -> None:
    headers = {"x-bm-ratelimit-remaining": used, "x-bm-ratelimit-limit": limit}
    assert DIALECT.remaining(headers) == left


def test_only_the_time_endpoint_tells_the_clock() -> None:
    decode = msgspec.json.decode
    assert DIALECT.server_ms(endpoints.TIME.decoder(Envelope).decode(answer("time"))) == 1735689600123
    assert DIALECT.server_ms(decode(answer("order"), type=Envelope[Any])) is None


def test_no_limit_headers_say_nothing() -> None:
    assert DIALECT.remaining({}) is None


@pytest.mark.parametrize(
    ("reset", "wait_s"), [("2", 2.0), ("60", 60.0), ("999", 60.0), ("", 2.0), ("0", 2.0), ("x", 2.0)]
)
def test_a_full_window_is_waited_out(reset: str, wait_s: float) -> None:
    assert DIALECT.retry_after_s({"x-bm-ratelimit-reset": reset}, 0) == wait_s
    assert DIALECT.retry_after_s({}, 0) == 2.0


@pytest.mark.parametrize(
    ("timestamp", "signature"),
    [
        ("1589267764859", "3ceeb7e1b8cb165a975e28a2e2dfaca4d30b358873c0351c1a071d8c83314556"),
        ("1735689600000", "5ef0885f7a9990c811ba395e34a1320f40f3a9880912b220bf8370ee2cae4f16"),
    ],
)
def test_the_vectors_of_the_stream_login_are_reproduced(timestamp: str, signature: str) -> None:
    assert sign(timestamp, b"bitmart.WebSocket", credentials()) == signature


def test_everything_that_may_not_be_repeated_is_marked() -> None:
    kinds = {row.path.rsplit("/", 1)[-1]: row.kind for row in ALL_ENDPOINTS if row.method == "POST"}
    kinds.pop("submit-leverage")
    assert kinds == {
        "set-position-mode": Kind.SETTING,
        "submit-order": Kind.ORDER,
        "modify-limit-order": Kind.ORDER,
        "cancel-order": Kind.CANCEL,
        "cancel-orders": Kind.DELTA,
        "cancel-all-after": Kind.SETTING,
        "submit-plan-order": Kind.ORDER,
        "submit-tp-sl-order": Kind.ORDER,
        "cancel-plan-order": Kind.CANCEL,
        "modify-plan-order": Kind.SETTING,
        "modify-tp-sl-order": Kind.SETTING,
        "modify-preset-plan-order": Kind.SETTING,
        "submit-trail-order": Kind.ORDER,
        "cancel-trail-order": Kind.CANCEL,
        "claim": Kind.DELTA,
    }


def test_limits_are_those_of_the_table() -> None:
    limits = {(row.method, row.path.rsplit("/", 1)[-1]): row.limits for row in ALL_ENDPOINTS}
    documented = {
        ("GET", "details"): (12, 2.0, "ip"),
        ("GET", "funding-rate"): (12, 2.0, "ip"),
        ("GET", "leverage-bracket"): (12, 2.0, "ip"),
        ("GET", "time"): (10, 1.0, "ip"),
        ("GET", "assets-detail"): (12, 2.0, "uid"),
        ("GET", "trade-fee-rate"): (2, 2.0, "uid"),
        ("GET", "position"): (6, 2.0, "uid"),
        ("GET", "position-v2"): (6, 2.0, "uid"),
        ("GET", "position-risk"): (24, 2.0, "uid"),
        ("GET", "get-position-mode"): (2, 2.0, "uid"),
        ("POST", "set-position-mode"): (2, 2.0, "uid"),
        ("POST", "submit-leverage"): (24, 2.0, "uid"),
        ("POST", "submit-order"): (24, 2.0, "uid"),
        ("POST", "modify-limit-order"): (24, 2.0, "uid"),
        ("POST", "cancel-order"): (40, 2.0, "uid"),
        ("POST", "cancel-orders"): (2, 2.0, "uid"),
        ("POST", "cancel-all-after"): (4, 2.0, "uid"),
        ("GET", "order"): (50, 2.0, "uid"),
        ("GET", "get-open-orders"): (50, 2.0, "uid"),
        ("GET", "order-history"): (6, 2.0, "uid"),
        ("GET", "trades"): (6, 2.0, "uid"),
        ("GET", "transaction-history"): (6, 2.0, "uid"),
        ("GET", "current-plan-order"): (50, 2.0, "uid"),
        ("POST", "submit-plan-order"): (24, 2.0, "uid"),
        ("POST", "submit-tp-sl-order"): (24, 2.0, "uid"),
        ("POST", "cancel-plan-order"): (40, 2.0, "uid"),
        ("POST", "modify-plan-order"): (24, 2.0, "uid"),
        ("POST", "modify-tp-sl-order"): (24, 2.0, "uid"),
        ("POST", "modify-preset-plan-order"): (24, 2.0, "uid"),
        ("POST", "submit-trail-order"): (24, 2.0, "uid"),
        ("POST", "cancel-trail-order"): (24, 2.0, "uid"),
        ("POST", "claim"): (600, 60.0, "uid"),
        ("GET", "funding-rate-history"): (12, 2.0, "ip"),
        ("GET", "open-interest"): (2, 2.0, "ip"),
        ("GET", "service"): (10, 1.0, "ip"),
    }
    assert {key: tuple((limit.count, limit.per_s, limit.scope) for limit in row) for key, row in limits.items()} == {
        key: (limit,) for key, limit in documented.items()
    }
