"""Signature, envelope, codes and limits of v5."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

import futures_async as fa
from futures_async.adapters.bybit import Bybit, endpoints
from futures_async.adapters.bybit.dialect import GUARD_MS, SITES, BybitDialect, Envelope, Site
from futures_async.adapters.bybit.streams import BybitStreamDialect
from futures_async.transport.dialect import Params, Refusal, Unsigned
from futures_async.transport.endpoint import Endpoint, Kind, weight_of
from futures_async.unified import errors
from futures_async.unified.credentials import Credentials
from tests.adapters.bybit.samples import plain, sample

KEYS = Credentials("by_test_key_0001", "by_test_secret_0001_abcdefghijklmnop")
DIALECT = BybitDialect()
LINK = "fx-20260112-000001"

VECTORS: dict[str, tuple[Endpoint[Any], Params, bytes, int, str]] = {
    "A": (
        endpoints.POSITIONS,
        {"category": "linear", "settleCoin": "USDT", "limit": 200},
        b"",
        1768195413808,
        "213b1792a6ac05273816145a89b2926ca52ffa5a3a88dde542b09c5c3371e9e0",
    ),
    "B": (
        endpoints.CREATE,
        {},
        sample("order_create.vector_b.request"),
        1768195413808,
        "7233e6c6fffe80ef56e6c206e2de0cd6c02376d904e5aea1049427aa735f8cc7",
    ),
    "C": (
        endpoints.OPEN,
        {"category": "linear", "symbol": "BTCUSDT", "orderLinkId": LINK},
        b"",
        1768195414500,
        "1e849a66e3dfee9e3c0ef0f346b18cae25fce7ef3397f20a70a808b4a3a39b79",
    ),
    "D": (
        endpoints.CANCEL_BATCH,
        {},
        sample("order_cancel_batch.vector_d.request"),
        1768195413999,
        "33eac7030c51ba2cb30a9b696eb65352c429acccff49b9290d25692436c7016b",
    ),
}


@pytest.mark.parametrize("vector", VECTORS)
def test_signatures_agree_with_the_worked_vectors(vector: str) -> None:
    endpoint, params, body, stamp, signature = VECTORS[vector]
    request = Unsigned(endpoint.method, endpoint.path, DIALECT.query(params), body)
    # A timestamp a second ahead of the venue's clock is refused: it is set back a little.
    headers = dict(DIALECT.headers(request, endpoint, KEYS, stamp + GUARD_MS).open())
    assert headers == {"X-BAPI-TIMESTAMP": str(stamp), "X-BAPI-SIGN": signature}


def test_the_window_that_is_signed_is_the_window_that_is_sent() -> None:
    assert dict(DIALECT.standing_headers(KEYS)) == {
        "X-BAPI-API-KEY": "by_test_key_0001",
        "X-BAPI-RECV-WINDOW": "5000",
        "Content-Type": "application/json",
    }
    assert BybitDialect.traits.window_s == 5


def test_the_streams_login_agrees_with_the_worked_vector() -> None:
    said = plain("ws_auth")
    now_ms = said["args"][1] - 10_000
    frame = msgspec.json.decode(BybitStreamDialect(DIALECT).login(KEYS, now_ms))
    assert (frame["op"], frame["args"]) == ("auth", said["args"])


def test_an_rsa_key_signs_the_same_text() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    credentials = Credentials("by_test_key_0001", b64encode(der).decode())
    endpoint, params, body, stamp, _ = VECTORS["A"]
    request = Unsigned(endpoint.method, endpoint.path, DIALECT.query(params), body)
    signature = b64decode(BybitDialect(rsa=True).sign(request, credentials, str(stamp)))
    text = f"{stamp}by_test_key_00015000category=linear&settleCoin=USDT&limit=200".encode()
    key.public_key().verify(signature, text, padding.PKCS1v15(), hashes.SHA256())


def test_a_cursor_goes_back_as_it_came() -> None:
    # It came encoded and is kept decoded; encoded twice it would be the first page again.
    assert DIALECT.query({"cursor": "BTCUSDT,1768195410000,0"}) == "cursor=BTCUSDT%2C1768195410000%2C0"


# Codes


@pytest.mark.parametrize(("code", "meaning"), plain("codes").items())
def test_each_documented_code_has_its_documented_class(code: str, meaning: dict[str, Any]) -> None:
    rule = DIALECT.rule(Refusal(code, ""), endpoints.CREATE)
    assert rule is not None
    assert (rule.error, rule.definitive) == (getattr(errors, meaning["class"]), meaning["definitive"])


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("position idx not match position mode", errors.PositionModeConflict),
        ("params error: symbol invalid BTCUSDTX", errors.SymbolNotFound),
        ("Symbol params err.", errors.SymbolNotFound),
        ("Not supported symbols", errors.SymbolNotFound),
        ("can not set tp/sl/ts for zero position", errors.OrderRejected),
        ("The number of contracts exceeds maximum limit allowed", errors.OrderRejected),
        ("Qty invalid", errors.ParameterRejected),
    ],
)
def test_10001_means_what_its_text_says(text: str, error: type[errors.ExchangeError]) -> None:
    rule = DIALECT.rule(Refusal("10001", text), endpoints.CREATE)
    assert rule is not None
    assert (rule.error, rule.definitive) == (error, True)


def test_a_code_that_nobody_knows_has_no_rule() -> None:
    assert DIALECT.rule(Refusal("999999", ""), endpoints.CREATE) is None


def decoded(body: Any, endpoint: Endpoint[Any] = endpoints.CREATE) -> Envelope[Any]:
    found: Envelope[Any] = endpoint.decoder(Envelope).decode(msgspec.json.encode(body))
    return found


@pytest.mark.parametrize("body", [*plain("refusals"), plain("order_cancel.refused")], ids=lambda body: body["retMsg"])
def test_documented_refusals_are_read_from_their_code(body: dict[str, Any]) -> None:
    envelope = decoded(body)
    refusal = DIALECT.refusal(envelope)
    assert refusal is not None
    assert refusal.code == str(body["retCode"])
    assert refusal.message.startswith(body["retMsg"])
    assert DIALECT.rule(refusal, endpoints.CREATE) is not None
    assert DIALECT.server_ms(envelope) == body["time"]


@pytest.mark.parametrize("message", ["OK", "success", "SUCCESS", "", None, "anything"])
@pytest.mark.parametrize("code", [0, "0"])
def test_the_code_alone_is_success_whatever_the_message(code: int | str, message: str | None) -> None:
    assert DIALECT.refusal(decoded(plain("envelope") | {"retCode": code, "retMsg": message})) is None


@pytest.mark.parametrize("time", [1768195413861, "1768195413861"])
def test_the_time_may_be_text(time: int | str) -> None:
    assert DIALECT.server_ms(decoded(plain("envelope") | {"time": time})) == 1768195413861


@pytest.mark.parametrize("time", [None, "", "soon", 0, "9" * 30])
def test_a_time_that_is_none_is_none(time: Any) -> None:
    assert DIALECT.server_ms(decoded(plain("envelope") | {"time": time})) is None


def test_all_reasons_against_a_margin_mode_are_told_at_once() -> None:
    body = plain("set_margin_mode.refused")
    body["result"]["reasons"].append({"reasonCode": "3400001", "reasonMsg": "Hedge mode is on"})
    refusal = DIALECT.refusal(decoded(body, endpoints.SET_MARGIN_MODE))
    assert refusal is not None
    assert refusal.message == (
        "Set margin mode failed: Equity needs to be equal to or greater than 1000 USDC; Hedge mode is on"
    )


def test_a_setting_without_a_payload_is_a_success() -> None:
    envelope = endpoints.SET_DISCONNECT.decoder(Envelope).decode(sample("dcp_set"))
    assert DIALECT.refusal(envelope) is None


@pytest.mark.parametrize("shape", [{"result": {}}, {"result": None}, {}])
def test_an_empty_payload_of_a_setting_may_be_missing(shape: dict[str, Any]) -> None:
    body = {key: value for key, value in plain("envelope").items() if key != "result"} | shape
    assert DIALECT.refusal(decoded(body, endpoints.SET_LEVERAGE)) is None


# What a gate says


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (403, b"403, access too frequent", errors.Banned),
        (
            403,
            b"<html>The distribution is configured to block access from your country.</html>",
            errors.PermissionDenied,
        ),
        (404, b"404 page not found", errors.ParameterRejected),
    ],
)
def test_pages_of_a_gate_are_read_for_what_they_mean(
    status: int, body: bytes, error: type[errors.ExchangeError]
) -> None:
    refusal = DIALECT.bare_refusal(status, {}, body)
    assert refusal is not None
    rule = DIALECT.rule(refusal, endpoints.OPEN)
    assert rule is not None
    assert rule.error is error


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 502])
def test_other_pages_are_judged_by_their_status(status: int) -> None:
    assert DIALECT.bare_refusal(status, {}, b"<html>Forbidden</html>") is None


def test_a_ban_lasts_ten_minutes() -> None:
    assert DIALECT.ban_s(Refusal("403", ""), 0) == 600


# Limits


def test_the_headers_tell_what_is_left_and_until_when() -> None:
    headers = {"x-bapi-limit-status": "7", "x-bapi-limit-reset-timestamp": "1768195414361"}
    assert DIALECT.remaining(headers) == 7
    assert DIALECT.retry_after_s(headers, 1768195413861) == 0.5
    # "If not exhausted, about now": then nothing is said.
    assert DIALECT.retry_after_s(headers, 1768195414400) is None
    assert DIALECT.retry_after_s({"x-bapi-limit-reset-timestamp": "9" * 16}, 0) == 60
    assert DIALECT.remaining({}) is DIALECT.retry_after_s({}, 0) is None
    assert DIALECT.remaining({"x-bapi-limit-status": "-1"}) is None


def test_batches_count_their_orders_and_have_pools_of_their_own() -> None:
    [limit] = endpoints.CREATE_BATCH.limits
    assert weight_of(limit.weight, {}, {"category": "linear", "request": [{}] * 7}) == 7
    assert (limit.count, limit.pool) == (10, "")


def test_there_is_no_limit_over_all_endpoints() -> None:
    assert BybitDialect.account_limit is None
    assert [(limit.count, limit.per_s, limit.scope) for limit in BybitDialect.wide_limits] == [(600, 5.0, "ip")]


# method, path, calls per second (0: by address alone), what may be repeated: as the reference's table has them.
TABLE = {
    "WALLET": ("GET", "/account/wallet-balance", 50, Kind.READ),
    "INFO": ("GET", "/account/info", 50, Kind.READ),
    "KEY": ("GET", "/user/query-api", 10, Kind.READ),
    "RECORDS": ("GET", "/account/transaction-log", 25, Kind.READ),
    "FEE_RATE": ("GET", "/account/fee-rate", 5, Kind.READ),
    "SET_MARGIN_MODE": ("POST", "/account/set-margin-mode", 5, Kind.SETTING),
    "SET_BAND": ("POST", "/account/set-limit-px-action", 10, Kind.SETTING),
    "POSITIONS": ("GET", "/position/list", 50, Kind.READ),
    "CLOSED": ("GET", "/position/closed-pnl", 50, Kind.READ),
    "SET_LEVERAGE": ("POST", "/position/set-leverage", 10, Kind.SETTING),
    "SWITCH_MODE": ("POST", "/position/switch-mode", 10, Kind.SETTING),
    "ADD_MARGIN": ("POST", "/position/add-margin", 10, Kind.DELTA),
    "SET_AUTO_MARGIN": ("POST", "/position/set-auto-add-margin", 10, Kind.SETTING),
    "TRADING_STOP": ("POST", "/position/trading-stop", 10, Kind.SETTING),
    "CREATE": ("POST", "/order/create", 10, Kind.ORDER),
    "AMEND": ("POST", "/order/amend", 10, Kind.ORDER),
    "AMEND_WAITING": ("POST", "/order/amend", 10, Kind.SETTING),
    "CANCEL": ("POST", "/order/cancel", 10, Kind.CANCEL),
    "CANCEL_ALL": ("POST", "/order/cancel-all", 10, Kind.DELTA),
    "CREATE_BATCH": ("POST", "/order/create-batch", 10, Kind.ORDER),
    "CANCEL_BATCH": ("POST", "/order/cancel-batch", 10, Kind.CANCEL),
    "OPEN": ("GET", "/order/realtime", 50, Kind.READ),
    "PAST": ("GET", "/order/history", 50, Kind.READ),
    "FILLS": ("GET", "/execution/list", 50, Kind.READ),
    "SET_DISCONNECT": ("POST", "/order/disconnected-cancel-all", 5, Kind.SETTING),
    "DISCONNECT": ("GET", "/account/query-dcp-info", 5, Kind.READ),
    "TIME": ("GET", "/market/time", 0, Kind.READ),
    "INSTRUMENTS": ("GET", "/market/instruments-info", 0, Kind.READ),
    "TICKERS": ("GET", "/market/tickers", 0, Kind.READ),
    "FUNDING": ("GET", "/market/funding/history", 0, Kind.READ),
    "BAND": ("GET", "/market/price-limit", 0, Kind.READ),
    "TIERS": ("GET", "/market/risk-limit", 0, Kind.READ),
}


@pytest.mark.parametrize("name", TABLE)
def test_each_row_is_as_documented(name: str) -> None:
    endpoint: Endpoint[Any] = getattr(endpoints, name)
    method, path, count, kind = TABLE[name]
    assert (endpoint.method, endpoint.path, endpoint.kind) == (method, "/v5" + path, kind)
    assert [(limit.count, limit.per_s, limit.scope) for limit in endpoint.limits] == (
        [(count, 1.0, "uid")] if count else []
    )
    assert endpoint.private is bool(count)


def test_no_row_is_left_out_of_that_table() -> None:
    assert {name for name, value in vars(endpoints).items() if isinstance(value, Endpoint)} == set(TABLE)


# Hosts


@pytest.mark.parametrize("site", SITES)
def test_a_key_goes_to_its_own_site_and_nowhere_else(site: Site) -> None:
    exchange = fa.connect("bybit", site=site)
    assert exchange.base_url == SITES[site]
    stream = BybitStreamDialect(BybitDialect(site=site)).url(None, private=True, demo=False)
    named = "global" if site in ("nl", "ae") else site
    assert stream == SITES[named].replace("https://api", "wss://stream") + "/v5/private"


def test_demo_trading_has_a_host_of_its_own() -> None:
    assert fa.connect("bybit", demo=True).base_url == "https://api-demo.bybit.com"
    assert BybitStreamDialect(DIALECT).url(None, private=True, demo=True) == "wss://stream-demo.bybit.com/v5/private"
    # Its prices are the market's own.
    assert BybitStreamDialect(DIALECT).url(None, private=False, demo=True) == "wss://stream.bybit.com/v5/public/"
    with pytest.raises(errors.InvalidRequest, match="demo trading of another site"):
        Bybit(demo=True, site="nl")
    assert Bybit(demo=True, site="testnet", base_url="https://host").base_url == "https://host"


def test_a_chosen_host_serves_the_stream_too() -> None:
    assert (
        BybitStreamDialect(DIALECT).url("http://127.0.0.1:9", private=True, demo=False) == "ws://127.0.0.1:9/v5/private"
    )
