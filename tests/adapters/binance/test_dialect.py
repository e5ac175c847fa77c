"""Signatures by the vectors of the reference, what is sealed, what refusals mean, and what headers tell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from futures_async.adapters.binance import endpoints
from futures_async.adapters.binance.codes import MARGIN_MODE_STANDS, ORDER_STANDS, POSITION_MODE_STANDS
from futures_async.adapters.binance.dialect import (
    ORDERS_1M,
    ORDERS_10S,
    WEIGHT,
    BinanceDemoDialect,
    BinanceDialect,
)
from futures_async.transport.dialect import Refusal, Unsigned
from futures_async.unified import errors
from futures_async.unified.credentials import Credentials
from tests.adapters.binance.samples import KEYS, NOW_MS, judged, plain, raw, read

ORDER_TEXT = (
    "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=60000"
    "&newClientOrderId=fx-20260112-000001&recvWindow=5000&timestamp=1768195413808"
)
PLACED = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001",
    "price": "60000", "newClientOrderId": "fx-20260112-000001",
}  # fmt: skip
SIGNED = {
    "A": "1243e05636b6e0ed912dbd68220b4eb6cf32817f803d1f6f3ba8d6ebb9fc24fc",
    "B": "a7eef79dd8193c50411a265b62cd8323952a5c5ef3357cd7bf478a750fe10fcc",
    "C": "NWc49RjKDK7vzB4GpBpyqZvGKCdIZ3LfHQc2tzzghRQU9h+GjTIIMl49ZEWQM09Me4NeV4JnMkI+ngmCkNtOfNOQsXcQoJ7GqjIwjA4fbiZ2"
    "HL2MO+V/EChE3EJQP+q6SEyUB7OO0koGIrteJyYYYIp5YJLS6XBElAjj9vzA3qCKYkQ0iib1+oc1xnTfoEiiktVbNOEEN4TMoVqcSXa9zwCbHAea"
    "0UtoRnjx+PyHmlosODto//6GyEwQ+hpRvvgZ+Tenp2dRsZ8bH+VMBfXpujB21zpsNMt4MXxo7R4tpUUjueFw4ibAytla8ze+siEdINNd2Qhm2bzu"
    "8aKq0LRudw==",
    "D": "HyvjL4pnTOGJ7SgHBD7P5D/AVgR5+5hMzJ9vVgs37ZwI5ckZnfg0Q96W1GkCX15KUmkLhAT1R0C4hYuGKfoMBg==",
    "E": "b8dbca29a837c938bc2ceb13f468f528adc0db704ba9eaac03193e74cf283131",
    "F": "IzT/nyip3Lrtv8kkaajKsSEIMZgaUP2O2TGRh+fuHFlU+zqFhBnQMQEJHa/A8GFuCzpMoJNQdDxs6BaL46vbCQ==",
}


def _rsa_key() -> rsa.RSAPrivateKey:
    p, q, e = 7 * 2**1021 + 309, 3 * 2**1022 + 1037, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(e, p * q))
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def keyed(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> Credentials:
    """The key as users give it: its PEM file without the first and the last line, joined."""
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Credentials("fx-test-key-0001", "".join(pem.decode().splitlines()[1:-1]))


RSA = keyed(_rsa_key())
ED25519 = keyed(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
PLACE = Unsigned("POST", "/fapi/v1/order", "", BinanceDialect().body(PLACED))


@pytest.mark.parametrize(
    ("vector", "dialect", "credentials"),
    [
        ("A", BinanceDialect(), KEYS),
        ("C", BinanceDialect(private_key=True), RSA),
        ("D", BinanceDialect(private_key=True), ED25519),
    ],
    ids=["hmac", "rsa", "ed25519"],
)
def test_an_order_is_signed_as_the_vectors_have_it(
    vector: str, dialect: BinanceDialect, credentials: Credentials
) -> None:
    sealed = dialect.seal(PLACE, endpoints.PLACE, credentials, NOW_MS)
    assert sealed.body.decode() == f"{ORDER_TEXT}&signature={quote(SIGNED[vector], safe='')}"
    assert sealed.query == ""
    assert dict(parse_qsl(sealed.body.decode()))["signature"] == SIGNED[vector]


def test_a_symbol_of_other_letters_is_signed_as_it_is_sent() -> None:
    dialect = BinanceDialect()
    query = dialect.query({"symbol": "测试USDT"})
    assert query == "symbol=%E6%B5%8B%E8%AF%95USDT"
    assert dialect.signature(f"{query}&timestamp={NOW_MS}", KEYS) == SIGNED["B"]
    sealed = dialect.seal(Unsigned("GET", "/fapi/v1/order", query, b""), endpoints.ORDER, KEYS, NOW_MS)
    text, _, signature = sealed.query.rpartition("&signature=")
    assert text == f"{query}&recvWindow=5000&timestamp={NOW_MS}"
    assert signature == KEYS.hmac_sha256(text.encode()).hexdigest()
    assert (sealed.body, dict(dialect.headers(sealed, endpoints.ORDER, KEYS, NOW_MS).open())) == (b"", {})


def test_the_websocket_interface_signs_names_in_their_order() -> None:
    fields = {**PLACED, "apiKey": "fx-test-key-0001", "recvWindow": "5000", "timestamp": str(NOW_MS)}
    text = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
    assert BinanceDialect().signature(text, KEYS) == SIGNED["E"]
    logon = f"apiKey=fx-test-key-0001&timestamp={NOW_MS}"
    assert BinanceDialect(private_key=True).signature(logon, ED25519) == quote(SIGNED["F"], safe="")


def test_query_and_form_are_joined_without_an_ampersand_and_a_bare_call_has_no_leading_one() -> None:
    dialect = BinanceDialect()
    both = dialect.seal(Unsigned("POST", "/x", "a=1", b"b=2"), endpoints.PLACE, KEYS, NOW_MS)
    form, _, signature = both.body.decode().rpartition("&signature=")
    assert signature == KEYS.hmac_sha256(f"a=1{form}".encode()).hexdigest()
    assert both.query == "a=1"
    nothing = dialect.seal(Unsigned("GET", "/x", "", b""), endpoints.ACCOUNT, KEYS, NOW_MS)
    assert nothing.query.startswith("recvWindow=5000&timestamp=")
    posted = dialect.seal(Unsigned("POST", "/x", "", b""), endpoints.PLACE, KEYS, NOW_MS)
    assert posted.body.startswith(b"recvWindow=5000&timestamp=")


def test_a_form_has_lists_as_json_flags_as_words_and_says_what_it_is() -> None:
    dialect = BinanceDialect()
    body = dialect.body({"batchOrders": [{"symbol": "BTCUSDT"}], "dual": True, "leverage": 5, "nothing": None})
    assert body == b"batchOrders=%5B%7B%22symbol%22%3A%22BTCUSDT%22%7D%5D&dual=true&leverage=5"
    sealed = dialect.seal(Unsigned("POST", "/x", "", body), endpoints.PLACE_BATCH, KEYS, NOW_MS)
    headers = dict(dialect.headers(sealed, endpoints.PLACE_BATCH, KEYS, NOW_MS).open())
    assert headers == {"Content-Type": "application/x-www-form-urlencoded"}
    assert dialect.standing_headers(KEYS) == (("X-MBX-APIKEY", "fx-test-key-0001"),)


def test_user_streams_are_asked_for_with_the_key_alone() -> None:
    bare = Unsigned("POST", "/fapi/v1/listenKey", "", b"")
    assert BinanceDialect().seal(bare, endpoints.START_STREAM, KEYS, NOW_MS) is bare
    assert endpoints.START_STREAM.private
    assert "pqia91ma19a5s61" not in repr(read("listen_key", endpoints.START_STREAM))


# Refusals

STANDS = {MARGIN_MODE_STANDS, POSITION_MODE_STANDS, ORDER_STANDS}
OTHERWISE = {
    # A position may be closed in parts: a size over the largest order is a refusal of that order.
    "-4005": "OrderRejected",
    # Settings without a row here; where one stands already, reading it back says so.
    "-4052": "MarginModeConflict",
}


@pytest.mark.parametrize(("code", "name"), [(code, name) for code, name in plain("codes").items()])
def test_every_documented_code_is_what_the_reference_says(code: str, name: str) -> None:
    rule = BinanceDialect.codes[code]
    if name == "success" and code not in OTHERWISE:
        assert code in STANDS
        assert rule.definitive
        return
    assert rule.error.__name__ == OTHERWISE.get(code, name)


def test_a_code_of_two_meanings_is_told_by_its_words() -> None:
    body = {"code": -4049, "msg": "Add margin only support for isolated position."}
    with pytest.raises(errors.MarginModeConflict):
        judged(json.dumps(body).encode(), endpoints.ADJUST_MARGIN, 400)
    with pytest.raises(errors.InsufficientMargin):
        judged(json.dumps(body | {"msg": "Too much."}).encode(), endpoints.ADJUST_MARGIN, 400)


@pytest.mark.parametrize("case", plain("refusals"), ids=lambda case: f"{case['status']}{case['body']['code']}")
@pytest.mark.parametrize("endpoint", [endpoints.ORDER, endpoints.PLACE], ids=["read", "order"])
def test_a_refusal_keeps_its_code_and_words(case: dict[str, Any], endpoint: Any) -> None:
    code = str(case["body"]["code"])
    with pytest.raises(errors.ExchangeError) as caught:
        judged(json.dumps(case["body"]).encode(), endpoint, case["status"])
    error = caught.value
    assert (error.code, error.http_status, error.venue) == (code, case["status"], "binance")
    wanted = {"-1003": errors.Banned if case["status"] == 418 else errors.RateLimited}.get(
        code, BinanceDialect.codes[code].error
    )
    if code == "-2015" and endpoint is endpoints.PLACE:
        wanted = errors.PermissionDenied
    assert type(error) is wanted


def test_a_contract_on_shares_or_metals_wants_an_agreement() -> None:
    with pytest.raises(errors.PermissionDenied, match="agreement") as caught:
        judged(b'{"code":-4411,"msg":"Please sign TradFi-Perps agreement contract fapi."}', endpoints.PLACE, 400)
    assert caught.value.definitive


@pytest.mark.parametrize(
    ("body", "executed"),
    [
        (b'{"code":-1000,"msg":"Unknown error, please check your request or try again later."}', None),
        (b'{"msg":"Unknown error, please check your request or try again later."}', None),
        (b'{"code":-1001,"msg":"Internal error; unable to process your request. Please try again."}', None),
        (b'{"code":-1008,"msg":"Request throttled by system-level protection."}', False),
        (b'{"code":-1000,"msg":"Service Unavailable."}', False),
        (b'{"msg":"Service Unavailable."}', False),
        (b"Service Unavailable.", False),
        (b"<html><h1>503 Service Unavailable</h1>", None),
        (b"", None),
        (b"{}", None),
        (b'{"code":-9999,"msg":"something new"}', None),
    ],
    ids=lambda value: value.decode()[:50] if isinstance(value, bytes) else str(value),
)
def test_what_503_means_is_told_by_its_text(body: bytes, executed: bool | None) -> None:
    with pytest.raises(errors.VenueUnavailable) as caught:
        judged(body, endpoints.PLACE, 503)
    assert caught.value.definitive is (executed is False)
    assert caught.value.retryable or executed is None


def test_a_backend_that_did_not_answer_in_time_proves_nothing() -> None:
    body = b'{"code":-1007,"msg":"Timeout waiting for response from backend server."}'
    for status in (408, 504):
        with pytest.raises(errors.VenueUnavailable) as caught:
            judged(body, endpoints.PLACE, status)
        assert not caught.value.definitive
    with pytest.raises(errors.RequestTimeout):  # no refusal: to a write that is a lost answer
        judged(b"", endpoints.PLACE, 408)


@pytest.mark.parametrize(
    ("name", "endpoint"),
    [
        ("done", endpoints.SET_POSITION_MODE),
        ("cancel_all", endpoints.CANCEL_ALL),
        ("cancel_algo", endpoints.CANCEL_ALGO),
        ("position_margin", endpoints.ADJUST_MARGIN),
    ],
)
def test_a_success_with_a_code_is_one(name: str, endpoint: Any) -> None:
    assert read(name, endpoint) is not None


def test_a_refusal_under_200_is_no_empty_order() -> None:
    with pytest.raises(errors.OrderNotFound):
        judged(b'{"code":-2013,"msg":"Order does not exist."}', endpoints.ORDER)
    with pytest.raises(errors.ParameterRejected):
        judged(b'{"code":-4082,"msg":"Invalid number of batch orders."}', endpoints.PLACE_BATCH, 400)


def test_orders_refused_by_either_clock_are_signed_anew() -> None:
    for code in (-1021, -5028):
        with pytest.raises(errors.ClockSkew):
            judged(json.dumps({"code": code, "msg": "recvWindow"}).encode(), endpoints.PLACE, 400)


# What headers and words tell

MINUTE = {"x-mbx-used-weight-1m": "2400"}


@pytest.mark.parametrize(
    ("headers", "after_s"),
    [
        (MINUTE, 26.192),
        ({"x-mbx-used-weight-1m": "12"}, None),
        ({}, None),
        ({"x-mbx-order-count-10s": "300", "x-mbx-order-count-1m": "400"}, 6.192),
        ({"x-mbx-order-count-10s": "300", "x-mbx-order-count-1m": "1200"}, 26.192),
        ({**MINUTE, "retry-after": "7"}, 7.0),
    ],
    ids=str,
)
def test_a_full_limit_opens_with_its_window(headers: dict[str, str], after_s: float | None) -> None:
    with pytest.raises(errors.RateLimited) as caught:
        judged(b'{"code":-1003,"msg":"Too many requests"}', endpoints.PLACE, 429, headers)
    assert caught.value.retry_after_s == (after_s if after_s is None else pytest.approx(after_s))


def test_a_ban_lasts_until_its_words_say() -> None:
    with pytest.raises(errors.Banned) as caught:
        judged(b'{"code":-1003,"msg":"Way too many requests; IP(192.0.2.1) banned until 1768195713808."}',
               endpoints.ORDER, 418)  # fmt: skip
    assert caught.value.retry_after_s == pytest.approx(300.0)
    assert BinanceDialect().ban_s(Refusal("-1003", "banned"), NOW_MS) is None


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ({"x-mbx-used-weight-1m": "400"}, {WEIGHT: 2000}),
        ({"x-mbx-used-weight-1m": "2500"}, {WEIGHT: 0}),
        ({"x-mbx-used-weight-1m": "", "x-mbx-order-count-10s": "1"}, {ORDERS_10S: 299}),
        ({"x-mbx-used-weight-1m": "1\u00b2", "x-mbx-order-count-10s": "9" * 5000}, {}),  # no numbers
        ({"x-mbx-order-count-10s": "5", "x-mbx-order-count-1m": "7"}, {ORDERS_10S: 295, ORDERS_1M: 1193}),
        ({}, {}),
    ],
    ids=str,
)
def test_the_venues_counts_are_what_is_left(headers: Mapping[str, str], left: Mapping[Any, int]) -> None:
    assert dict(BinanceDialect().counts(headers)) == left


def test_the_demo_venue_has_another_budget() -> None:
    [(limit, left)] = BinanceDemoDialect().counts({"x-mbx-used-weight-1m": "400"})
    assert (limit.count, left) == (6000, 5600)
    assert BinanceDemoDialect.demo_url == "https://demo-fapi.binance.com"


def test_the_clock_is_read_from_its_own_call_alone() -> None:
    dialect = BinanceDialect()
    time = read("time", endpoints.TIME)
    assert dialect.server_ms(dialect.envelope(data=time)) == NOW_MS
    assert dialect.server_ms(dialect.envelope(data=read("exchange_info", endpoints.EXCHANGE_INFO))) is None
    assert b"serverTime" in raw("exchange_info")
