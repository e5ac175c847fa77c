"""Signature, envelope and codes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from futures_async.adapters.okx import OKX, endpoints
from futures_async.adapters.okx.codes import CODES
from futures_async.adapters.okx.dialect import HOSTS, Envelope, OKXDialect, iso
from futures_async.transport.dialect import Code, Params, Refusal, Unsigned
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.unified import errors
from futures_async.unified.credentials import Credentials
from tests.adapters.okx.samples import plain, sample

CREDENTIALS = Credentials("ok_test_key_0001", "ok_test_secret_0001_abcdefghijklmnop", "testpassphrase")
DIALECT = OKXDialect()
BY_CLIENT = {"instId": "BTC-USDT-SWAP", "clOrdId": "fx20260112000001"}

VECTORS: dict[str, tuple[Endpoint[Any], Params, bytes, int, str]] = {
    "A": (endpoints.POSITIONS, endpoints.SWAP, b"", 1768195413808, "TT3+kdE26/BC/CrqMNd6Qy9TIE7wA7gJDtvf9uMybHA="),
    "B": (
        endpoints.PLACE,
        {},
        sample("order.vector_b.request"),
        1768195413808,
        "tD+ZUsMaiaP0CoihAnOnp1cQ9nT+9foqVQ5GFl0jrew=",
    ),
    "C": (endpoints.ORDER, BY_CLIENT, b"", 1768195414500, "ai87748NIAS+faOlpUO4WMSrF06GSew7RV8v+9Zptu0="),
    "D": (
        endpoints.CANCEL_BATCH,
        {},
        sample("cancel_batch_orders.request"),
        1768195413999,
        "Z33LC58/FAk2HsDkmW8tzAQAnejoGSbz1sDCJZ9RTew=",
    ),
}


def signed(endpoint: Endpoint[Any], params: Params, body: bytes, now_ms: int) -> dict[str, str]:
    request = Unsigned(endpoint.method, endpoint.path, DIALECT.query(params), body)
    return dict(DIALECT.headers(request, endpoint, CREDENTIALS, now_ms).open())


@pytest.mark.parametrize("vector", VECTORS)
def test_signatures_agree_with_the_worked_vectors(vector: str) -> None:
    endpoint, params, body, now_ms, signature = VECTORS[vector]
    headers = signed(endpoint, params, body, now_ms)
    assert headers["OK-ACCESS-SIGN"] == signature
    assert headers["OK-ACCESS-TIMESTAMP"] == iso(now_ms)


def test_the_timestamp_has_milliseconds_always() -> None:
    assert iso(1768195413808) == "2026-01-12T05:23:33.808Z"
    assert iso(1768195413000) == "2026-01-12T05:23:33.000Z"


def test_what_places_or_edits_an_order_says_until_when_and_nothing_else_does() -> None:
    expiring = {endpoints.PLACE, endpoints.PLACE_BATCH, endpoints.AMEND}
    rows: list[Endpoint[Any]] = [row for row in vars(endpoints).values() if isinstance(row, Endpoint)]
    for row in rows:
        headers = signed(row, {}, b"", 1768195413808)
        assert headers.get("expTime") == ("1768195418808" if row in expiring else None), row
        assert (row.window_s == 5.0) == (row in expiring), row
    lasting = {endpoints.PLACE_ALGO, endpoints.CLOSE_POSITION}
    assert {row for row in rows if row.kind is Kind.ORDER} == expiring | lasting


def test_the_headers_that_stay_are_key_and_passphrase_and_demo_trading_is_a_header() -> None:
    assert dict(DIALECT.standing_headers(CREDENTIALS)) == {
        "OK-ACCESS-KEY": "ok_test_key_0001",
        "OK-ACCESS-PASSPHRASE": "testpassphrase",
        "Content-Type": "application/json",
    }
    assert DIALECT.public_headers() == ()
    demo = OKXDialect()
    demo.in_demo = True
    assert demo.public_headers() == (("x-simulated-trading", "1"),)


@pytest.mark.parametrize("region", HOSTS)
def test_each_region_has_hosts_of_its_own(region: Any) -> None:
    assert OKX(region=region).base_url == HOSTS[region].rest
    assert OKX(region=region, demo=True).base_url == HOSTS[region].rest
    assert OKX().base_url == "https://openapi.okx.com"


# Verdicts


def refusal(endpoint: Endpoint[Any], body: Any) -> Refusal | None:
    return DIALECT.refusal(endpoint.decoder(Envelope).decode(msgspec.json.encode(body)))


@pytest.mark.parametrize(("code", "meaning"), plain("codes").items())
def test_each_documented_code_has_its_documented_class(code: str, meaning: dict[str, Any]) -> None:
    rule = DIALECT.rule(Refusal(code, ""), endpoints.PLACE)
    assert rule is not None
    assert issubclass(rule.error, getattr(errors, meaning["class"]))
    assert rule.error.__name__ in (meaning["class"], "OrderExpired")
    assert rule.definitive is meaning["definitive"]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        *((code, errors.OrderRejected) for code in ("51156", "51159", "51324", "51325", "51326", "51167", "51168")),
        *((code, errors.OrderRejected) for code in ("51403", "51413")),
        ("51416", errors.OrderNotFound),
        *((code, errors.PermissionDenied) for code in ("50118", "54109", "59114")),
    ],
)
def test_codes_that_only_the_newest_table_has_refuse_for_good(code: str, error: type[errors.ExchangeError]) -> None:
    assert DIALECT.rule(Refusal(code, ""), endpoints.CANCEL) == Code(error, definitive=True)


def test_a_code_that_nobody_knows_has_no_rule() -> None:
    assert DIALECT.rule(Refusal("99999", ""), endpoints.PLACE) is None


def test_a_parameter_error_that_names_the_position_side_is_about_the_position_mode() -> None:
    named = DIALECT.rule(Refusal("51000", "Parameter posSide  error"), endpoints.PLACE)
    other = DIALECT.rule(Refusal("51000", "Parameter px  error"), endpoints.PLACE)
    assert named is not None
    assert other is not None
    assert (named.error, other.error) == (errors.PositionModeConflict, errors.ParameterRejected)


@pytest.mark.parametrize("name", ["clOrdId", "algoClOrdId"])
def test_a_parameter_error_that_names_the_client_id_is_about_the_order_that_has_it(name: str) -> None:
    rule = DIALECT.rule(Refusal("51000", f"Parameter {name} error"), endpoints.PLACE)
    assert rule is not None
    assert (rule.error, rule.definitive) == (errors.DuplicateOrder, False)


@pytest.mark.parametrize("endpoint", [endpoints.ORDER, endpoints.CANCEL, endpoints.CANCEL_BATCH, endpoints.AMEND])
def test_elsewhere_an_id_that_the_venue_does_not_take_is_refused_for_good(endpoint: Endpoint[Any]) -> None:
    rule = DIALECT.rule(Refusal("51000", "Parameter clOrdId  error"), endpoint)
    assert rule is not None
    assert (rule.error, rule.definitive) == (errors.ParameterRejected, True)


@pytest.mark.parametrize("code", ["51296", "51297", "51301"])
def test_a_code_between_others_that_the_venue_has_no_words_for_proves_nothing(code: str) -> None:
    assert code not in CODES


@pytest.mark.parametrize("body", plain("refusals"), ids=lambda body: body["code"])
def test_the_reason_of_a_refusal_is_found_in_whichever_place_it_stands(body: dict[str, Any]) -> None:
    found = refusal(endpoints.PLACE, body)
    expected = body["data"][0]["sCode"] if body["data"] else body["code"]
    assert found is not None
    assert found.code == expected


def test_of_a_single_order_the_row_decides_although_the_words_around_it_are_good() -> None:
    """A refused algo order was seen with the outer code 0."""
    body = plain("order_algo")
    assert refusal(endpoints.PLACE_ALGO, body) is None
    body["data"][0] |= {"sCode": "51277", "sMsg": "TP trigger price"}
    found = refusal(endpoints.PLACE_ALGO, body)
    assert found == Refusal("51277", "TP trigger price")


def test_raw_rows_are_a_refusal_where_all_of_them_are() -> None:
    raw = Endpoint("POST", "/api/v5/trade/batch-orders", result=list[Any])
    bad, good = {"sCode": "51008", "sMsg": "no margin"}, {"sCode": "0", "sMsg": "", "ordId": "1"}
    for code in ("0", "1"):
        assert refusal(raw, {"code": code, "msg": "", "data": [bad, bad]}) == Refusal("51008", "no margin")
    assert refusal(raw, {"code": "2", "msg": "", "data": [bad, good]}) is None
    assert refusal(raw, {"code": "0", "msg": "", "data": [{"instId": "BTC-USDT-SWAP", "ordId": 7.5}]}) is None
    assert refusal(raw, {"code": "50011", "msg": "slow", "data": [good]}) == Refusal("50011", "slow")


def test_rows_of_a_batch_are_no_verdict_on_the_whole() -> None:
    assert refusal(endpoints.PLACE_BATCH, plain("batch_orders")) is None
    failed = plain("batch_orders") | {"code": "1"}
    assert refusal(endpoints.PLACE_BATCH, failed) is None
    # Without rows the whole request was refused, and the code is the reason.
    whole = refusal(endpoints.PLACE_BATCH, {"code": "50011", "msg": "Too Many Requests", "data": []})
    assert whole is not None
    assert whole.code == "50011"
    assert refusal(endpoints.PLACE_BATCH, {"code": "1", "msg": "All operations failed", "data": []}) is not None


@pytest.mark.parametrize(
    ("code", "word"),
    [("50101", "demo trading"), ("50119", "region"), ("51010", "spot mode"), ("50038", "demo trading")],
)
def test_a_refusal_says_what_to_do_where_that_is_known(code: str, word: str) -> None:
    found = refusal(endpoints.BALANCE, {"code": code, "msg": "no", "data": []})
    assert found is not None
    assert word in found.message


def test_an_answer_to_an_order_tells_the_time_in_microseconds() -> None:
    def told(**fields: Any) -> int | None:
        body = plain("order_placed")
        body |= fields
        return DIALECT.server_ms(endpoints.PLACE.decoder(Envelope).decode(msgspec.json.encode(body)))

    assert told() == 1768195413861
    assert told(outTime="") is None
    assert told(outTime="soon") is None
    assert told(outTime="1768195413861") is None, "these are milliseconds"


def test_a_key_needs_its_passphrase() -> None:
    with pytest.raises(errors.InvalidRequest, match="passphrase"):
        OKX(Credentials("key", "secret"))
