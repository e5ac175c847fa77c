"""Signatures and codes of the v1 dialect."""

import pytest

from futures_async.adapters._bitget import Envelope
from futures_async.adapters.bitget_v1.dialect import OWN_CODES, BitgetV1Dialect
from futures_async.adapters.bitget_v1.endpoints import ACCOUNT, ENDPOINTS, PLACE_ORDER
from futures_async.transport.dialect import Unsigned
from futures_async.transport.endpoint import Kind
from futures_async.unified.credentials import Credentials
from futures_async.unified.errors import (
    AccountInLiquidation,
    AuthenticationError,
    ClockSkew,
    ExchangeError,
    InsufficientMargin,
    MarginModeConflict,
    OrderNotFound,
    OrderRejected,
    PositionModeConflict,
    RateLimited,
    RiskLimitExceeded,
    VenueClosed,
    VenueUnavailable,
)
from tests.adapters.bitget_v1.data import KEY, PASSPHRASE, SECRET, load, name_of, raw

CREDENTIALS = Credentials(KEY, SECRET, PASSPHRASE)


@pytest.mark.parametrize("vector", load("signing"), ids=lambda vector: vector["name"])
def test_the_worked_vectors_are_reproduced(vector: dict[str, str]) -> None:
    request = Unsigned(vector["method"], vector["path"], vector["query"], vector["body"].encode())
    dialect = BitgetV1Dialect()
    signed = dialect.headers(request, PLACE_ORDER, CREDENTIALS, int(vector["timestamp"]))
    headers = dict((*dialect.standing_headers(CREDENTIALS), *signed.open()))
    assert headers["ACCESS-SIGN"] == vector["sign"]
    assert headers["ACCESS-TIMESTAMP"] == vector["timestamp"]
    assert (headers["ACCESS-KEY"], headers["ACCESS-PASSPHRASE"]) == (KEY, PASSPHRASE)


def test_the_documented_calls_are_all_there_and_no_other() -> None:
    documented = load("requests")
    assert {(row["method"], row["path"]) for row in documented.values()} == {(e.method, e.path) for e in ENDPOINTS}
    assert {name_of(endpoint) for endpoint in ENDPOINTS} == documented.keys()
    assert len(ENDPOINTS) == 17


def test_only_calls_that_change_something_are_writes() -> None:
    for endpoint in ENDPOINTS:
        assert (endpoint.kind is Kind.READ) == (endpoint.method == "GET")
        assert endpoint.private
        assert endpoint.limits


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("60001", OrderRejected),
        ("60002", OrderRejected),
        ("60003", OrderRejected),
        ("60004", InsufficientMargin),
        ("60005", RiskLimitExceeded),
        ("60006", OrderNotFound),
        ("70001", MarginModeConflict),
        ("70002", PositionModeConflict),
        ("70003", RiskLimitExceeded),
        ("70004", InsufficientMargin),
        ("70005", AccountInLiquidation),
    ],
)
def test_every_documented_code_has_its_error(code: str, error: type[ExchangeError]) -> None:
    assert load("codes").keys() == OWN_CODES.keys()
    assert BitgetV1Dialect.codes[code].error is error
    assert BitgetV1Dialect.codes[code].definitive


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("429", RateLimited),
        ("40008", ClockSkew),
        ("40009", AuthenticationError),
        ("40725", VenueUnavailable),
        ("30032", VenueClosed),
    ],
)
def test_transport_codes_mean_what_they_mean_in_the_family(code: str, error: type[ExchangeError]) -> None:
    assert BitgetV1Dialect.codes[code].error is error


def test_the_live_host_says_that_the_interface_is_closed() -> None:
    dialect = BitgetV1Dialect()
    refusal = dialect.refusal(
        ACCOUNT.decoder(Envelope).decode(raw("decommissioned").replace(b"null", b'{"marginCoin":"","available":0}'))
    )
    assert refusal is not None
    rule = dialect.rule(refusal, ACCOUNT)
    assert rule is not None
    assert rule.error is VenueClosed


def test_nothing_is_promised_that_the_documents_do_not_promise() -> None:
    traits = BitgetV1Dialect.traits
    assert not traits.client_id
    assert not traits.lookup_by_client_id
    assert traits.window_s is None
    assert BitgetV1Dialect.demo_support == "none"
