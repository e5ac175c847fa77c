"""Signatures, envelopes and codes."""

import json
from typing import Any

import pytest

from futures_async.adapters.bittap.dialect import (
    CODES,
    BitTapDialect,
    BitTapHmacSigner,
    Envelope,
    flatten,
    new_nonce,
    string_to_sign,
)
from futures_async.adapters.bittap.endpoints import ACCOUNT_INFO, TRADE_HISTORY
from futures_async.transport.dialect import Unsigned
from futures_async.transport.endpoint import Endpoint
from futures_async.unified.credentials import Credentials
from futures_async.unified.errors import (
    AuthenticationError,
    ClockSkew,
    ExchangeError,
    ParameterRejected,
    PermissionDenied,
    VenueUnavailable,
)
from tests.adapters.bittap.data import KEY, NONCE, NOW_MS, SECRET, load, raw

VECTORS = load("signing")
CREDENTIALS = Credentials(KEY, SECRET)
ANY = Endpoint("POST", "/ftapi/v1/example", result=dict[str, Any])


def signer() -> BitTapHmacSigner:
    return BitTapHmacSigner(CREDENTIALS, nonce=lambda: NONCE)


@pytest.mark.parametrize("vector", VECTORS["requests"], ids=lambda vector: vector["name"])
def test_the_documented_scheme_gives_the_published_vectors(vector: dict[str, str]) -> None:
    pairs = [(key, value) for key, value in (pair.split("=") for pair in vector["query"].split("&") if pair)]
    body = json.loads(vector["body"]) if vector["body"] else None
    text = string_to_sign(vector["method"], pairs, body, VECTORS["timestamp"], VECTORS["nonce"])
    assert text == vector["string_to_sign"]

    request = Unsigned(vector["method"], vector["path"], vector["query"], vector["body"].encode())
    headers = dict(BitTapDialect(signer()).headers(request, ANY, CREDENTIALS, NOW_MS).open())
    assert headers["X-BT-SIGN"] == vector["sign"]
    assert headers["X-BT-APIKEY"] == KEY
    assert headers["X-BT-TS"] == VECTORS["timestamp"]
    assert headers["X-BT-NONCE"] == NONCE
    assert ("Content-Type" in headers) == bool(vector["body"])


def test_a_query_without_parameters_leaves_its_ampersand() -> None:
    assert string_to_sign("GET", [], None, "1", "n") == "&timestamp=1&nonce=n"
    assert string_to_sign("POST", [], {}, "1", "n") == "timestamp=1&nonce=n"


def test_the_stream_login_gives_the_published_vector() -> None:
    assert signer().login(NOW_MS) == [KEY, VECTORS["login"]["message"], VECTORS["login"]["sign"]]
    example = load("ws_login.request")
    assert example["method"] == "LOGIN"
    assert [len(part) for part in example["params"]][1:] == [13, 64]
    assert load("ws_subscribe.request") == {"id": "2", "method": "SUBSCRIBE", "params": ["f_private"]}


def test_empty_and_null_values_are_not_signed() -> None:
    assert string_to_sign("GET", [("b", "2"), ("a", ""), ("a", "1")], None, "1", "n") == "a=1&b=2&timestamp=1&nonce=n"
    assert dict(flatten({"a": None, "b": [], "c": " ", "d": {}})) == {}


def test_bodies_are_flattened_with_dots_and_indexes() -> None:
    body = {"list": ["x", {"deep": 1}], "on": True, "off": False, "n": {"m": "v"}}
    assert dict(flatten(body)) == {"list[0]": "x", "list[1].deep": "1", "on": "true", "off": "false", "n.m": "v"}


def test_numbers_in_a_body_are_signed_as_they_were_sent() -> None:
    request = Unsigned("POST", "/x", "", b'{"price":1.50,"size":10}')
    seen: dict[str, Any] = {}

    class Spy:
        def sign(self, method: str, path: str, query: Any, body: Any, now_ms: int) -> dict[str, str]:
            seen.update(body)
            return {}

    BitTapDialect(Spy()).headers(request, ANY, CREDENTIALS, NOW_MS)
    assert dict(flatten(seen)) == {"price": "1.50", "size": "10"}


def test_the_signer_can_be_replaced_without_touching_the_adapter() -> None:
    class Mine:
        def sign(self, method: str, path: str, query: Any, body: Any, now_ms: int) -> dict[str, str]:
            return {"X-Mine": f"{method} {path} {list(query)} {body} {now_ms}"}

    request = Unsigned("GET", TRADE_HISTORY.path, "symbolId=BTC-USDT-M&limit=5", b"")
    headers = dict(BitTapDialect(Mine()).headers(request, TRADE_HISTORY, CREDENTIALS, 7).open())
    assert headers == {
        "X-Mine": "GET /ftapi/v1/tradeHis [('symbolId', 'BTC-USDT-M'), ('limit', '5')] None 7",
    }


def test_every_request_gets_a_nonce_of_its_own() -> None:
    request = Unsigned("GET", ACCOUNT_INFO.path, "", b"")
    made = {dict(BitTapDialect().headers(request, ACCOUNT_INFO, CREDENTIALS, 1).open())["X-BT-NONCE"] for _ in "abc"}
    assert len(made) == 3
    assert all(nonce.isalnum() and len(nonce) == 32 for nonce in (*made, new_nonce()))


def test_the_clock_of_a_signer_can_be_injected() -> None:
    headers = BitTapHmacSigner(CREDENTIALS, nonce=lambda: NONCE, clock=lambda: NOW_MS).sign("GET", "/x", [], None, 1)
    assert headers["X-BT-TS"] == str(NOW_MS)
    assert headers["X-BT-SIGN"] == VECTORS["requests"][0]["sign"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (raw("envelope_success"), None),
        (raw("account_info"), None),
        (b'{"code":0,"data":{}}', None),
        (b'{"code":"0","msg":"ok","data":{}}', None),
        ('{"code":"0","msg":"请求成功","success":true}'.encode(), None),
        (b'{"code":"0","success":1}', None),
        (raw("envelope_failure"), "10001"),
        (b'{"code":"0","msg":"no","success":false}', "0"),
        (b'{"code":10001,"success":false}', "10001"),
        (b'{"code":"10001","success":true}', "10001"),
        (b"{}", ""),
    ],
)
def test_the_code_decides_unless_success_is_false(body: bytes, code: str | None) -> None:
    envelope = Endpoint("GET", "/", result=dict[str, Any]).decoder(Envelope).decode(body)
    refusal = BitTapDialect().refusal(envelope)
    assert (refusal.code if refusal else None) == code


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("500", VenueUnavailable),
        ("10001", ParameterRejected),
        ("100011", ParameterRejected),
        ("410001", AuthenticationError),
        ("410002", AuthenticationError),
        ("410006", PermissionDenied),
    ],
)
def test_every_documented_code_has_its_error(code: str, error: type[ExchangeError]) -> None:
    assert issubclass(CODES[code].error, error)
    assert CODES[code].transient == (code in ("500", "410002"))
    assert issubclass(CODES[code].error, ClockSkew) == (code == "410002")  # set anew and tried once more
    assert len(CODES) == 6


def test_an_envelope_may_tell_the_time() -> None:
    dialect = BitTapDialect()
    assert dialect.server_ms(Envelope(timestamp=NOW_MS, data=None)) == NOW_MS
    assert dialect.server_ms(Envelope(data=None)) is None


def test_nothing_shows_the_secret() -> None:
    headers = BitTapDialect().headers(Unsigned("GET", "/x", "", b""), ACCOUNT_INFO, CREDENTIALS, 1)
    assert SECRET not in repr(headers)
    assert SECRET not in str(headers.open())
