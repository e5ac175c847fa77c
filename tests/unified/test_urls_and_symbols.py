"""Where requests may go, and what a symbol may look like."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from futures_async import InvalidRequest, connect
from futures_async.adapters import BUILT_IN
from futures_async.transport.urls import check_base_url, check_path
from futures_async.unified.symbols import check_symbol, guess_parts, join, split, split_dated

BAD_PATHS = ["", "api", "//evil", "/a/../b", "/a?b=1", "/a#b", "/a@b", "/a\\b", "/%2f", "/a b", "https://evil", "/a\n"]
BAD_SYMBOLS = [
    "",
    "BTC/USDT",
    "../x",
    "a?b",
    "a#b",
    "a\x00",
    "BTC USDT",
    "btc/usdt:usdt/",
    "x" * 41,
    "BTC&x=1",
    "ВТС",
    "ＢＴＣ",
    "..",
    ".",
    "BTC=x",
    "BTC%2f",
]


@pytest.mark.parametrize(
    "url",
    ["https://api.venue.example", "https://api.venue.example/", "http://127.0.0.1:8900", "http://localhost:1",
     "http://[::1]:8900", "https://h.example/prefix"],
)  # fmt: skip
def test_https_and_loopback_are_accepted(url: str) -> None:
    assert check_base_url(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    ["http://api.venue.example", "http://127.0.0.1.evil.example", "//host", "host", "", "ftp://host", "https://user@host",
     "https://user:pw@host", "https://host?x=1", "https://host#f", "https://host.", "https://ho st", "https://h\\evil",
     "http://0x7f.1", "https://host:0", "https://host:99999", "https://höst", "https://[::1", "http://127.0.0.1@evil.example"],
)  # fmt: skip
def test_other_places_are_refused(url: str) -> None:
    with pytest.raises(InvalidRequest):
        check_base_url(url)


@pytest.mark.parametrize("path", BAD_PATHS)
def test_paths_that_could_lead_elsewhere_are_refused(path: str) -> None:
    with pytest.raises(InvalidRequest):
        check_path(path)


@given(st.text(max_size=40))
def test_no_path_that_is_accepted_changes_the_host(path: str) -> None:
    try:
        checked = check_path(path)
    except InvalidRequest:
        return
    from urllib.parse import urlsplit

    assert urlsplit("https://host.example" + checked).netloc == "host.example"


@pytest.mark.parametrize("symbol", [
        "BTC/USDT:USDT", "BTCUSDT", "XRP-USDT-M", "ETHUSD_231229", "1000PEPE/USDT:USDT", "龙虾USDT", "龙虾/USDT:USDT",
        "MØTHUSDT", "kBONK/USDT:USDT", "币安人生-USDT-M", "$MYRO/USDT:USDT", "A.B_C-D/USDT:USDT",
        "xyz:TSLA", "PERP:btc_usdt",
    ],
)  # fmt: skip
def test_symbols_of_both_forms_pass(symbol: str) -> None:
    assert check_symbol(symbol) == symbol


@pytest.mark.parametrize("symbol", BAD_SYMBOLS)
def test_symbols_that_could_bend_a_request_are_refused(symbol: str) -> None:
    with pytest.raises(InvalidRequest):
        check_symbol(symbol)


def test_unified_symbols_come_apart_and_together() -> None:
    parts = split("BTC/USDT:USDT")
    assert parts == ("BTC", "USDT", "USDT")
    assert parts is not None
    assert join(*parts) == "BTC/USDT:USDT"
    assert split("BTCUSDT") is None


def test_joined_pairs_are_split_by_the_first_quote_that_fits() -> None:
    assert guess_parts("BTCUSDT", ("USDT", "USD")) == ("BTC", "USDT")
    assert guess_parts("USDT", ("USDT",)) is None
    assert guess_parts("BTCEUR", ("USDT",)) is None


def test_a_symbol_with_a_date_is_taken_apart_as_ccxt_writes_it() -> None:
    dated = split_dated("BTC/USD:BTC-250328")
    assert dated == (("BTC", "USD", "BTC"), 25, 3, 28)
    for other in ("BTC/USD:BTC", "BTCUSDH25", "BTC/USD:BTC-251328", "BTC/USD:BTC-250300", "BTC/USD:BTC-2503"):
        assert split_dated(other) is None
    with pytest.raises(InvalidRequest):
        split_dated("\u0430/USD:BTC-250328")  # a letter that only looks Latin


@pytest.mark.parametrize("given", [None, 3, b"BTCUSDT"])
def test_a_symbol_that_is_no_text_is_refused_in_words(given: object) -> None:
    with pytest.raises(InvalidRequest, match=f"symbol must be text such as .*, not {type(given).__name__}"):
        check_symbol(given)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("BTC/USDT", "write BASE/QUOTE:SETTLE, such as BTC/USDT:USDT, or the venue's own id"),
        ("btc/usdt:usdt", "such as BTC/USDT:USDT,"),
        ("btc/usd", "such as BTC/USD:BTC,"),
        ("BTC/", "write BASE/QUOTE:SETTLE or the venue's own id"),
    ],
)
def test_a_symbol_of_a_spot_market_or_in_small_letters_is_told_what_it_may_be(typed: str, said: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_symbol(typed)
    assert said in str(caught.value)


@pytest.mark.parametrize("venue", BUILT_IN)
@pytest.mark.parametrize("odd", [["BTC/USDT:USDT"], {"symbol": 1}, 5, b"BTCUSDT", None])
@pytest.mark.filterwarnings("ignore::futures_async.LifecycleWarning")
def test_what_is_no_text_is_no_symbol(venue: str, odd: Any) -> None:
    with pytest.raises(InvalidRequest, match="symbol must be text such as 'BTC/USDT:USDT', not "):
        connect(venue).venue_symbol(odd)
