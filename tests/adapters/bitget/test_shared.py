"""Signature, headers, envelope and codes that Bitget's three interfaces share."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from futures_async.adapters import _bitget
from futures_async.adapters._bitget import BitgetFamily, Envelope, prehash, sign, unified_symbol, venue_symbol
from futures_async.adapters._bitget_codes import CODES
from futures_async.transport.dialect import Refusal, Unsigned
from futures_async.transport.endpoint import Endpoint
from futures_async.unified import errors
from futures_async.unified.credentials import Credentials
from futures_async.unified.errors import InvalidRequest

DATA = Path(__file__).parents[2] / "data" / "bitget"
SECRET = "0123456789abcdef" * 4
KEYS = Credentials("bg_test_key_0001", SECRET, "testpassphrase")
READ: Endpoint[Any] = Endpoint("GET", "/api/v2/mix/account/accounts", result=msgspec.Raw)

VECTORS = json.loads((DATA / "signing.json").read_text())
CODE_ROWS = json.loads((DATA / "codes.json").read_text())


class Family(BitgetFamily):
    venue = "bitget"


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_documented_signature_vectors_agree(vector: dict[str, str]) -> None:
    request = Unsigned(vector["method"], vector["path"], vector["query"], vector["body"].encode())
    assert sign(prehash(vector["timestamp"], request), KEYS) == vector["sign"]


def test_all_eight_vectors_are_there() -> None:
    assert [vector["name"] for vector in VECTORS] == list("ABCDEFGH")


def test_an_unsorted_query_would_be_signed_otherwise() -> None:
    request = Unsigned(
        "GET",
        "/api/v2/mix/position/single-position",
        "symbol=BTCUSDT&productType=USDT-FUTURES&marginCoin=USDT",
        b"",
    )
    assert sign(prehash("1768195413808", request), KEYS) == "vzougC3Y4OeLqCNThSbfAh3hgsta7uazN7ihiyit6Zs="


def test_the_query_is_sorted_and_drops_none() -> None:
    params = {"symbol": "BTCUSDT", "productType": "USDT-FUTURES", "idLessThan": None, "marginCoin": "USDT"}
    assert Family().query(params) == "marginCoin=USDT&productType=USDT-FUTURES&symbol=BTCUSDT"


def test_the_body_that_is_signed_is_compact() -> None:
    vector = next(vector for vector in VECTORS if vector["name"] == "C")
    assert Family().body(json.loads(vector["body"])) == vector["body"].encode()


def test_a_private_call_carries_the_six_documented_headers() -> None:
    vector = VECTORS[0]
    request = Unsigned(vector["method"], vector["path"], vector["query"], b"")
    dialect = Family()
    headers = dialect.headers(request, READ, KEYS, int(vector["timestamp"]))
    sent = (*dialect.public_headers(), *dialect.standing_headers(KEYS), *headers.open())
    assert dict(sent) == {
        "ACCESS-KEY": "bg_test_key_0001",
        "ACCESS-SIGN": vector["sign"],
        "ACCESS-TIMESTAMP": "1768195413808",
        "ACCESS-PASSPHRASE": "testpassphrase",
        "Content-Type": "application/json",
        "locale": "en-US",
    }
    assert len(sent) == 6
    assert "bg_test" not in repr(headers)


def test_public_calls_carry_no_key() -> None:
    assert dict(Family().public_headers()) == {"locale": "en-US"}


def test_demo_trading_is_a_header_on_every_call() -> None:
    dialect = Family()
    dialect.in_demo = True
    assert dict(dialect.public_headers())["paptrading"] == "1"
    assert dict(Family(demo=True).public_headers()) == dict(dialect.public_headers())


def test_live_trading_never_sends_the_demo_header() -> None:
    dialect = Family()
    signed = dialect.headers(Unsigned("GET", "/x", "", b""), READ, KEYS, 1).open()
    assert "paptrading" not in dict((*dialect.public_headers(), *signed))


def test_an_rsa_key_signs_the_same_text() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    credentials = Credentials("key", b64encode(der).decode(), "testpassphrase")
    request = Unsigned("GET", "/api/v2/mix/account/accounts", "productType=USDT-FUTURES", b"")
    headers = dict(Family(rsa=True).headers(request, READ, credentials, 1768195413808).open())
    # verify() raises when the signature is of another text.
    key.public_key().verify(
        b64decode(headers["ACCESS-SIGN"]),
        b"1768195413808GET/api/v2/mix/account/accounts?productType=USDT-FUTURES",
        padding.PKCS1v15(),
        hashes.SHA256(),
    )


def test_a_secret_that_is_no_rsa_key_is_refused_without_showing_it() -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        Family(rsa=True).headers(Unsigned("GET", "/x", "", b""), READ, KEYS, 1)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_rsa_without_its_package_is_refused_at_construction(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(errors.NotSupported, match="cryptography"):
        Family(rsa=True)


def decoded(body: str) -> Envelope[Any]:
    return msgspec.json.decode(body, type=Envelope[msgspec.Raw], strict=False)


def test_success_is_no_refusal_and_tells_the_servers_time() -> None:
    envelope = decoded((DATA / "envelope.json").read_text())
    assert Family().refusal(envelope) is None
    assert Family().server_ms(envelope) == 1768195413808


@pytest.mark.parametrize("row", json.loads((DATA / "errors.json").read_text()), ids=lambda row: row["code"])
def test_every_canned_error_body_is_a_listed_refusal(row: dict[str, Any]) -> None:
    dialect = Family()
    refusal = dialect.refusal(decoded(json.dumps(row)))
    assert refusal is not None
    assert refusal.code == row["code"]
    assert refusal.message.startswith(row["msg"])
    assert dialect.rule(refusal, READ) is not None


def test_a_code_that_comes_as_a_number_is_read_as_text() -> None:
    refusal = Family().refusal(decoded('{"code":40010,"msg":null}'))
    assert refusal is not None
    assert refusal.code == "40010"
    assert refusal.message


@pytest.mark.parametrize(("code", "adapter"), [("40085", "bitget-uta"), ("40084", "Bitget"), ("25245", "Bitget")])
def test_an_account_of_the_other_family_is_told_which_adapter_to_use(code: str, adapter: str) -> None:
    refusal = Family().refusal(decoded(f'{{"code":"{code}","msg":"no"}}'))
    assert refusal is not None
    assert adapter in refusal.message
    assert CODES[code].error is errors.AccountModeMismatch


def test_an_envelope_without_time_tells_no_time() -> None:
    assert Family().server_ms(decoded('{"code":"30032","msg":"gone","data":null}')) is None


@pytest.mark.parametrize(
    ("text", "left"), [("19", 19), ("0", 0), ("", None), ("-1", None), ("x", None), ("9" * 20, None)]
)
def test_the_remaining_calls_are_read_from_the_header(text: str, left: int | None) -> None:
    assert Family().remaining({"x-mbx-used-remain-limit": text}) == left


def test_no_header_says_nothing_of_remaining_calls() -> None:
    assert Family().remaining({}) is None


# The reference's class words, as DESIGN.md translates them; where the reference names two, the one taken here.
CLASSES: dict[str, type[errors.ExchangeError]] = {
    "RateLimit": errors.RateLimited,
    "InvalidRequest": errors.ParameterRejected,
    "Permission/unsupported": errors.VenueClosed,
    "Auth": errors.AuthenticationError,
    "Auth (or Permission)": errors.PermissionDenied,
    "Auth (configuration)": errors.AuthenticationError,
    "ClockSkew": errors.ClockSkew,
    "Permission": errors.PermissionDenied,
    "Permission (account type)": errors.AccountModeMismatch,
    "BadSymbol": errors.SymbolNotFound,
    "BadSymbol / Maintenance": errors.SymbolNotFound,
    "InvalidRequest (retry once if inside window)": errors.ParameterRejected,
    "OrderNotFound": errors.OrderNotFound,
    "OrderNotFound (or NoChange for cancel-all)": errors.OrderNotFound,
    'OrderNotFound ("already closed")': errors.OrderNotFound,
    "DuplicateOrder": errors.DuplicateOrder,
    "InvalidOrder": errors.OrderRejected,
    "InvalidOrder / PositionLimit": errors.OrderRejected,
    "InvalidOrder (insufficient position)": errors.OrderRejected,
    "ServerError": errors.VenueUnavailable,
    "ServerError (ambiguous)": errors.VenueUnavailable,
    "ServerError, **ambiguous**": errors.VenueUnavailable,
    "Maintenance (retry)": errors.VenueUnavailable,
    "Maintenance (retry later)": errors.VenueUnavailable,
    "InsufficientMargin": errors.InsufficientMargin,
    "InsufficientMargin (check `max-open` to distinguish)": errors.InsufficientMargin,
    "PositionLimit": errors.RiskLimitExceeded,
    "NoPosition": errors.OrderRejected,
    "NoChange": errors.ParameterRejected,
    "Liquidation": errors.AccountInLiquidation,
    "Liquidation (retry later)": errors.AccountInLiquidation,
}
# Rows where one word stands for two of our classes, by code.
SPLIT: dict[str, type[errors.ExchangeError]] = {"40078": errors.ClockSkew, "40079": errors.ParameterRejected}
POSITION_MODE = {
    *("40774", "45021", "40773", "45020", "45109", "43075", "25236", "25237", "40920", "40775"),
    *("22026", "22057"),
}


def documented() -> list[tuple[str, str]]:
    rows = [row for row in CODE_ROWS if row["section"] != "5.8" and row["class"] != "-"]
    return [(code, row["class"]) for row in rows for code in row["codes"]]


@pytest.mark.parametrize(("code", "word"), documented(), ids=lambda value: str(value))
def test_every_documented_code_has_the_documented_class(code: str, word: str) -> None:
    if code in SPLIT:
        expected: type[errors.ExchangeError] = SPLIT[code]
    elif word == "ModeConflict":
        expected = errors.PositionModeConflict if code in POSITION_MODE else errors.MarginModeConflict
    else:
        expected = CLASSES[word]
    assert CODES[code].error is expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Parameter BTCUSDTX does not exist", errors.SymbolNotFound),
        ("Parameter 1000SHIBUSDT_SUMCBL does not exist", errors.SymbolNotFound),
        ("Parameter BTC-USDT does not exist", errors.SymbolNotFound),
        ("Parameter 币安人生USDT does not exist", errors.SymbolNotFound),
        ("Parameter productType does not exist", errors.ParameterRejected),
        ("Parameter null", errors.ParameterRejected),
    ],
)
def test_an_unknown_contract_is_told_from_an_unknown_parameter(
    message: str, expected: type[errors.ExchangeError]
) -> None:
    code = Family().rule(Refusal("40034", message), READ)
    assert code is not None
    assert code.error is expected
    assert code.definitive


@pytest.mark.parametrize(
    ("message", "definitive"),
    [
        ("Parameter verification exception size checkBDScale error value=2293.577 checkScale=2", True),
        ("Parameter verification exception margin mode == FIXED", True),
        ("Parameter verification exception: price 参数", True),
        ("Parameter verification exception", False),
        ("Parameter verification exception null", False),
        ("Parameter verification exception.", False),
        ("refused without a message", False),
    ],
)
def test_a_parameter_error_that_names_its_parameter_is_a_verdict(message: str, definitive: bool) -> None:
    code = Family().rule(Refusal("40808", message), READ)
    assert code is not None
    assert (code.error, code.definitive) == (errors.ParameterRejected, definitive)


def test_the_table_lists_no_code_that_is_not_documented() -> None:
    assert set(CODES) == {code for code, _ in documented()}


def test_no_code_stands_in_two_documented_rows() -> None:
    codes = [code for code, _ in documented()]
    assert len(codes) == len(set(codes)) > 400


@pytest.mark.parametrize(
    "code",
    ["40010", "40725", "45001", "40015", "40200", "40808", "40910", "40908", "43059", "40786", "45034", "25212"],
)
def test_codes_that_may_follow_an_executed_order_prove_nothing(code: str) -> None:
    assert not CODES[code].definitive


@pytest.mark.parametrize("code", ["429", "40009", "40762", "43011", "40774", "45110", "40008"])
def test_gateway_and_rule_refusals_are_definitive(code: str) -> None:
    assert CODES[code].definitive


def test_rate_limits_and_clock_errors_pass() -> None:
    assert all(
        code.transient for code in CODES.values() if issubclass(code.error, (errors.RateLimited, errors.ClockSkew))
    )


@pytest.mark.parametrize(
    ("venue_id", "product", "unified"),
    [
        ("BTCUSDT", "USDT-FUTURES", "BTC/USDT:USDT"),
        ("1000PEPEUSDT", "USDT-FUTURES", "1000PEPE/USDT:USDT"),
        ("BTCPERP", "USDC-FUTURES", "BTC/USDC:USDC"),
        ("ETHUSD", "COIN-FUTURES", "ETH/USD:ETH"),
    ],
)
def test_symbols_translate_both_ways_without_the_network(
    venue_id: str, product: _bitget.ProductType, unified: str
) -> None:
    assert _bitget.unified_symbol(venue_id.lower(), product) == unified
    assert _bitget.venue_symbol(unified, product) == venue_id
    assert _bitget.venue_symbol(venue_id, product) == venue_id


@pytest.mark.parametrize("venue_id", ["BTCUSDM24", "ETHUSD_231229"])
def test_an_id_that_cannot_be_parsed_passes_through(venue_id: str) -> None:
    assert all(_bitget.unified_symbol(venue_id, product) == venue_id for product in _bitget.PRODUCT_TYPES)


def test_a_coin_margined_contract_settles_in_the_coin_that_is_named() -> None:
    assert _bitget.unified_symbol("BTCUSD", "COIN-FUTURES", "ETH") == "BTC/USD:ETH"
    assert _bitget.venue_symbol("BTC/USD:ETH", "COIN-FUTURES") == "BTCUSD"


@pytest.mark.parametrize(
    ("symbol", "product"),
    [
        ("BTC/USDC:USDC", "USDT-FUTURES"),
        ("BTC/USDT:USDT", "COIN-FUTURES"),
        ("BTC/USD:USDT", "COIN-FUTURES"),
        ("BTC/USDT:USDT", "USDC-FUTURES"),
        ("BTC/USDT", "USDT-FUTURES"),
        ("", "USDT-FUTURES"),
    ],
)
def test_a_symbol_of_another_product_is_refused_here(symbol: str, product: _bitget.ProductType) -> None:
    with pytest.raises(errors.InvalidRequest):
        _bitget.venue_symbol(symbol, product)


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("BTC/USD:BTC-250328", "BTCUSDH25"),
        ("ETH/USD:ETH-250627", "ETHUSDM25"),
        ("ETH/USD:ETH-250926", "ETHUSDU25"),
        ("BTC/USD:BTC-251226", "BTCUSDZ25"),
        ("BTCUSDH25", "BTCUSDH25"),
    ],
)
def test_a_quarterly_contract_may_be_named_by_its_date(symbol: str, name: str) -> None:
    assert venue_symbol(symbol, "COIN-FUTURES") == name
    assert unified_symbol(name, "COIN-FUTURES") == name


@pytest.mark.parametrize("symbol", ["BTC/USD:BTC-250428", "BTC/USDT:USDT-250328", "BTC/USD:ETH-250328"])
def test_a_date_that_names_no_quarterly_contract_is_refused(symbol: str) -> None:
    with pytest.raises(InvalidRequest, match="quarterly"):
        venue_symbol(symbol, "COIN-FUTURES")
