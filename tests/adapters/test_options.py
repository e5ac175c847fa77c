"""No option of any adapter is wrong in silence: each is judged when the object is made."""

from __future__ import annotations

import copy
import gc
import pickle
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import certifi
import httpx
import pytest

import futures_async as fa
from futures_async.adapter import Adapter, Options
from futures_async.adapters import BUILT_IN, BitgetV1
from futures_async.adapters.bittap import BitTapHmacSigner
from futures_async.registry import adapter_class
from futures_async.streams.backend import StreamBackend
from futures_async.streams.picows import PicowsBackend
from futures_async.trading.options import declared
from futures_async.transport.limits import claims

pytestmark = pytest.mark.filterwarnings("ignore::futures_async.LifecycleWarning")

KEYS = fa.Credentials("k", "s", passphrase="p", memo="m")
KEYS_OF = {"hyperliquid": fa.Credentials("0x" + "1" * 40, "2" * 64)}
"""Where the venue's have a form of their own."""


async def hook(event: object) -> None:
    """Nobody would await it."""


# For each option: what it may not be, and what it may.
COMMON: dict[str, tuple[list[Any], list[Any]]] = {
    "base_url": (
        [5, "", b"https://x", "api.bitget.com", "http://api.bitget.com", "https://u:p@host", "ftp://host", "https://h?q=1"],
        [None, "https://host", "https://host/path", "http://127.0.0.1:8900"],
    ),
    "http": (
        [5, True, "", "aiohttp", "HTTPX", httpx.Client, "https://user:password@proxy"],
        [None, "httpx", httpx.MockTransport(lambda request: httpx.Response(200))],
    ),
    "streams": ([5, True, "picows", StreamBackend], [None, PicowsBackend()]),
    "proxy": (
        [5, "", "proxy.example", "ftp://proxy.example", "http://me:password@", "http://h/path", b"http://proxy.example"],
        [None, "http://proxy.example:3128", "https://me:password@proxy.example", "socks5://127.0.0.1"],
    ),
    "ca_file": ([5, "", True, "/nowhere/ca.pem", Path("/"), b"ca.pem"], [None, "system", certifi.where()]),
    "local_address": ([5, "", True, "localhost", "300.0.0.1", b"127.0.0.1"], [None, "127.0.0.1", "::1"]),
    "trust_env": (["yes", 1, 0, None, "false"], [False, True]),
    "timeout": (
        ["3", 0, -1, True, float("nan"), float("inf"), Decimal(3), fa.Timeouts, 10_000],
        [None, 3, 0.5, 999, fa.Timeouts(deadline_s=2), fa.Timeouts(deadline_s=10_000)],
    ),
    "retry": ([3, True, "3", {}, fa.RetryPolicy], [None, fa.RetryPolicy(attempts=1)]),
    "limiter": ([5, "host", fa.NoLimiter, False], [None, fa.NoLimiter(), fa.LocalLimiter()]),
    "uid_limit": (
        [0, -3, True, 2.5, "10", float("nan"), (10, 1.0), fa.RateLimit],
        [None, 1, 10, fa.RateLimit(100, 60.0)],
    ),
    "reserve": ([-1, True, 2.5, "2", None], [0, 2, 50]),
    "journal": ([5, True, "", b"x.db", fa.MemoryJournal], [None, "x.db", Path("x.db"), fa.MemoryJournal()]),
    "bounds": ([5, {"max_notional": 5}, fa.OrderBounds], [None, fa.OrderBounds(max_notional=Decimal(5))]),
    "demo": (["yes", 1, 0, None, "false"], [False]),
    "on_event": ([5, "print", hook, fa.CallEvent], [None, print, list[Any]().append]),
    "on_late_order": ([5, "print", hook, fa.Order], [None, print]),
}  # fmt: skip

PRODUCT_TYPE: tuple[list[Any], list[Any]] = (
    [None, 5, "", "SPOT", "USDT", "SUSDT-FUTURES", ["USDT-FUTURES"]],
    ["USDT-FUTURES", "usdc-futures", "COIN-FUTURES"],
)
RSA: tuple[list[Any], list[Any]] = ([None, 1, "yes"], [False])

OWN: dict[str, dict[str, tuple[list[Any], list[Any]]]] = {
    "binance": {"private_key": RSA},
    "bitget": {
        "product_type": PRODUCT_TYPE,
        "margin_coin": ([5, "", "US DT", "USDT/", "U" * 21, b"USDT"], [None, "USDT", "eth"]),
        "rsa": RSA,
    },
    "bitget-uta": {
        "product_type": PRODUCT_TYPE,
        "coin_unit": ([5, "", "contracts", True], [None, "base"]),
        "margin_mode": ([5, "", "crossed", True, fa.Side.BUY], [None, "cross", fa.MarginMode.ISOLATED]),
        "rsa": RSA,
    },
    "bitget-v1": {"margin_coin": ([None, 5, "", "US DT"], ["USDT", "btc"])},
    "bitmart": {"account": ([5, "", "spot", True], [None, "futures", "copy_trading"])},
    "okx": {
        "region": ([None, 5, "", "eu", "mars"], ["global", "eea", "US"]),
        "margin_mode": ([5, "", "crossed", True, fa.Side.BUY], [None, "cross", fa.MarginMode.ISOLATED]),
    },
    "hyperliquid": {
        "vault": ([5, "", "0x12", b"0x", "12" * 20], [None, "0x" + "aB" * 20]),
        "dex": ([None, 5, "XYZ", "a b", "x" * 11], ["", "xyz"]),
        "margin_coin": ([None, 5, "", "US DC"], ["USDC", "usdh"]),
        "slippage": ([None, 0, -1, "0.8", "x"], ["0.01", Decimal("0.1")]),
    },
    "bybit": {
        "site": ([None, 5, "", "de", True], ["global", "NL", "testnet"]),
        "markets": ([None, 5, "USDT", (), ["EUR"], [5]], [["USDT"], ("inverse", "usdc"), ["USDT", "USDC", "inverse"]]),
        "cancel_on_disconnect": ([None, 0, "yes"], [True, False]),
        "rsa": RSA,
    },
    "bittap": {"signer": ([5, "key", print, BitTapHmacSigner], [None, BitTapHmacSigner(KEYS)])},
}  # fmt: skip


def rows(side: int) -> Iterator[Any]:
    for venue in BUILT_IN:
        for name, values in {**COMMON, **OWN[venue]}.items():
            for index, value in enumerate(values[side]):
                yield pytest.param(venue, name, value, id=f"{venue}-{name}-{index}")


def test_the_table_names_every_option_of_every_adapter() -> None:
    for venue in BUILT_IN:
        adapter = adapter_class(venue)
        assert issubclass(adapter, Adapter)
        assert set(declared(adapter.takes)) == set(COMMON) | set(OWN[venue])


@pytest.mark.parametrize(("venue", "name", "value"), list(rows(0)))
def test_a_value_that_is_not_allowed_is_refused_at_construction(venue: str, name: str, value: Any) -> None:
    connect: Any = fa.connect
    with pytest.raises(fa.InvalidRequest, match=name) as caught:
        connect(venue, KEYS_OF.get(venue, KEYS), **{name: value})
    assert "password" not in str(caught.value)


@pytest.mark.parametrize(("venue", "name", "value"), list(rows(1)))
def test_a_value_that_is_allowed_is_taken(venue: str, name: str, value: Any) -> None:
    connect: Any = fa.connect
    connect(venue, KEYS_OF.get(venue, KEYS), **{"limiter": fa.NoLimiter(), name: value})


@pytest.mark.parametrize("venue", BUILT_IN)
def test_a_misspelt_option_is_told_what_was_meant(venue: str) -> None:
    connect: Any = fa.connect
    with pytest.raises(fa.InvalidRequest, match="did you mean uid_limit"):
        connect(venue, KEYS, uid_limt=5)
    with pytest.raises(fa.InvalidRequest, match=r"no option 'zzz': known are .*base_url, bounds, .*on_event"):
        connect(venue, KEYS, zzz=5)


def test_a_misspelt_option_of_the_venue_is_told_what_was_meant() -> None:
    connect: Any = fa.connect
    with pytest.raises(fa.InvalidRequest, match="did you mean product_type"):
        connect("bitget", KEYS, produkt_type="USDT-FUTURES")
    with pytest.raises(fa.InvalidRequest, match="bitmart has no option 'product_type'"):
        connect("bitmart", KEYS, product_type="USDT-FUTURES")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("testnet", "did you mean demo?"),
        ("sandbox", "did you mean demo?"),
        ("apiKey", "give Credentials(key=…)"),
        ("api_secret", "give Credentials(secret=…)"),
        ("password", "give Credentials(passphrase=…)"),
        ("passphrase", "give Credentials(passphrase=…)"),
    ],
)
def test_the_words_of_other_libraries_are_understood(word: str, said: str) -> None:
    connect: Any = fa.connect
    with pytest.raises(fa.InvalidRequest) as caught:
        connect("bitget", KEYS, **{word: "x"})
    assert f"bitget has no option {word!r}: {said}" in str(caught.value)


@pytest.mark.parametrize("venue", BUILT_IN)
@pytest.mark.parametrize("keys", ["key", ("key", "secret"), {"key": "k"}])
def test_keys_that_are_no_credentials_are_refused_unseen(venue: str, keys: Any) -> None:
    with pytest.raises(fa.InvalidRequest, match=r"must be Credentials\(key=…, secret=…\), not (str|tuple|dict)$"):
        fa.connect(venue, keys)


async def untold(event: object) -> None: ...


def test_a_further_account_and_a_further_observer_are_checked_alike() -> None:
    first: Any = fa.connect("bitget", KEYS)
    with pytest.raises(fa.InvalidRequest, match=r"must be Credentials\(key=…, secret=…\), not str$"):
        first.with_credentials("key")
    for hook in ("print", None, untold):
        with pytest.raises(fa.InvalidRequest, match="hook must be a plain function"):
            first.observe(hook)


@pytest.mark.parametrize("venue", BUILT_IN)
@pytest.mark.parametrize("refused", [{"zzz": 5}, {"uid_limit": 0}, {"credentials": "key"}])
def test_an_object_that_its_constructor_has_refused_can_be_shown(venue: str, refused: dict[str, Any]) -> None:
    kind: Any = adapter_class(venue)
    made = kind.__new__(kind)  # as a debugger, or a report of an error, sees it
    with pytest.raises(fa.InvalidRequest):
        made.__init__(**refused)
    assert repr(made) == f"{kind.__name__}(refused)"


@pytest.mark.parametrize(
    "make",
    [
        lambda: fa.Timeouts(read_s=0),
        lambda: fa.Timeouts(connect_s=-1),
        lambda: fa.Timeouts(deadline_s="3"),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - that is the point
        lambda: fa.RetryPolicy(attempts=0),
        lambda: fa.RetryPolicy(attempts=2.5),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - that is the point
        lambda: fa.RetryPolicy(base_s=-0.1),
        lambda: fa.RetryPolicy(max_wait_s=float("nan")),
        lambda: fa.RateLimit(0),
        lambda: fa.RateLimit(-3),
        lambda: fa.RateLimit(True),
        lambda: fa.RateLimit(10, 0.0),
        lambda: fa.RateLimit(10, float("inf")),
        lambda: fa.RateLimit(10, 1.0, "host"),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - that is the point
    ],
)
def test_the_objects_that_options_take_are_judged_as_well(make: Any) -> None:
    with pytest.raises(fa.InvalidRequest, match="must be"):
        make()


# One account, one limit


def test_a_second_object_of_an_account_with_another_limit_is_refused() -> None:
    limiter = fa.LocalLimiter()
    first = fa.connect("bitget", KEYS, limiter=limiter, uid_limit=5)
    with pytest.raises(fa.InvalidRequest, match=r"uid_limit is 10 calls in 1 s, and an open object .* has 5 in 1 s"):
        fa.connect("bitget", KEYS, limiter=limiter)
    same = fa.connect("bitget", KEYS, limiter=limiter, uid_limit=fa.RateLimit(5))
    others = [
        fa.connect("bitget", fa.Credentials("k2", "s", passphrase="p"), limiter=limiter),
        fa.connect("bitget", KEYS, limiter=fa.LocalLimiter()),
        fa.connect("bitmart", KEYS, limiter=limiter),
        fa.connect("bitget", limiter=limiter),
    ]
    assert first.account_id == same.account_id
    assert len(others) == 4


def test_an_account_may_get_another_limit_once_its_objects_are_gone() -> None:
    limiter = fa.LocalLimiter()
    fa.connect("bitget", KEYS, limiter=limiter, uid_limit=5)
    fa.connect("bitget", KEYS, limiter=limiter, uid_limit=7)


@pytest.mark.anyio
async def test_an_account_may_get_another_limit_once_its_objects_are_closed() -> None:
    limiter = fa.LocalLimiter()
    async with fa.connect("bitget", KEYS, limiter=limiter, uid_limit=5) as first:
        twin = first.with_credentials(fa.Credentials("k2", "s", passphrase="p"))
        with pytest.raises(fa.InvalidRequest, match="uid_limit"):
            fa.connect("bitget", KEYS, limiter=limiter, uid_limit=7)
    later = fa.connect("bitget", KEYS, limiter=limiter, uid_limit=7)
    with pytest.raises(fa.InvalidRequest, match="uid_limit"):
        twin.with_credentials(KEYS)
    await twin.aclose()
    await later.aclose()


def test_of_objects_that_come_and_go_only_those_that_are_left_are_remembered() -> None:
    limiter = fa.LocalLimiter()
    first = fa.connect("bitget", KEYS, limiter=limiter, uid_limit=5)
    for _ in range(100):
        fa.connect("bitget", KEYS, limiter=limiter, uid_limit=5)
    last = fa.connect("bitget", KEYS, limiter=limiter, uid_limit=5)
    gc.collect()
    fa.connect("bitget", KEYS, limiter=limiter, uid_limit=5)
    assert isinstance(first, Adapter)
    (held,) = claims._holders[limiter].values()  # pyright: ignore[reportPrivateUsage] - seen nowhere else
    assert len(held) < 100
    del first
    with pytest.raises(fa.InvalidRequest, match="uid_limit"):
        fa.connect("bitget", KEYS, limiter=limiter, uid_limit=7)
    assert last.account_id


# A journal by its path


@pytest.mark.anyio
async def test_a_journal_given_by_its_path_is_closed_with_the_last_account_that_uses_it(tmp_path: Path) -> None:
    first = fa.connect("bitget", KEYS, journal=tmp_path / "orders.db", limiter=fa.NoLimiter())
    assert isinstance(first, Adapter)
    second = first.with_credentials(fa.Credentials("k2", "s", passphrase="p"))
    journal = first._journal  # pyright: ignore[reportPrivateUsage] - whether it is closed is seen nowhere else
    assert isinstance(journal, fa.SqliteJournal)
    await first.aclose()
    assert await journal.open_intents("bitget", "x") == []
    await second.aclose()
    with pytest.raises(fa.JournalFailed):
        await journal.open_intents("bitget", "x")


@pytest.mark.anyio
async def test_a_journal_given_as_object_stays_open(tmp_path: Path) -> None:
    async with fa.SqliteJournal(tmp_path / "orders.db") as journal:
        async with fa.connect("bitget", KEYS, journal=journal, limiter=fa.NoLimiter()):
            pass
        assert await journal.open_intents("bitget", "x") == []


@pytest.mark.anyio
async def test_a_journal_that_cannot_be_opened_ends_the_exchange_before_its_first_order(tmp_path: Path) -> None:
    exchange = fa.connect("bitget", KEYS, journal=tmp_path / "nowhere" / "orders.db", limiter=fa.NoLimiter())
    with pytest.raises(fa.JournalFailed, match="nowhere"):
        async with exchange:
            pass
    with pytest.raises(fa.ClientClosed):
        await exchange.fetch_positions()


# Neither copied nor pickled


def test_an_exchange_is_not_copied() -> None:
    exchange = fa.connect("bitget", KEYS)
    for make in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="with_credentials"):
            make(exchange)


def test_pickling_an_exchange_says_why_not_and_what_to_do() -> None:
    with pytest.raises(TypeError, match=r"cannot be pickled, .* make one in the other process"):
        pickle.dumps(fa.connect("bitget", KEYS))


class Loose(Options, total=False):
    """An author forgot the check."""

    sign: str


def test_an_option_that_is_declared_without_a_check_cannot_be_used() -> None:
    class Careless(BitgetV1):
        takes = Loose

    with pytest.raises(TypeError, match="declared without a check"):
        Careless(KEYS, sign="x")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue] - that is the point
