"""Adapters by id: which there are, what type checkers know of them, and which of a family an account belongs to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from typing import Any, assert_type, get_args, get_overloads, get_type_hints

import pytest

import futures_async as fa
from futures_async import registry
from futures_async.adapter import Adapter
from futures_async.adapters import (
    BUILT_IN,
    OKX,
    Binance,
    Bitget,
    BitgetUTA,
    BitgetV1,
    BitMart,
    BitTap,
    Bybit,
    Hyperliquid,
)
from futures_async.adapters.connecting import Connect
from futures_async.trading.options import Options
from futures_async.unified import installed

KEYS = fa.Credentials("k", "s")


class Mute:
    """An adapter that cannot tell."""


class Asked:
    """An adapter that answers, or fails, as it is told to."""

    answer: str | Exception | None = None

    def __init__(self, log: list[str], name: str, answer: str | Exception | None) -> None:
        self._log = log
        self._name = name
        self._answer = answer

    async def identify_account(self) -> str | None:
        self._log.append(self._name)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    async def aclose(self, grace_s: float = 10.0) -> None:
        self._log.append(f"{self._name} closed")


@pytest.fixture
def log() -> list[str]:
    return []


def install(monkeypatch: pytest.MonkeyPatch, log: list[str], **answers: Any) -> None:
    def adapter(name: str) -> Any:
        if answers[name] is Mute:
            return Mute

        class Adapter(Asked):
            def __init__(self, credentials: fa.Credentials, **options: Any) -> None:
                assert credentials is KEYS
                assert options == {"demo": True}
                super().__init__(log, name, answers[name])

        return Adapter

    names = {name.replace("_", "-"): name for name in answers}

    def adapter_class(venue: str) -> Any:
        return adapter(names[venue])

    monkeypatch.setattr(registry, "venue_ids", lambda: sorted(names))
    monkeypatch.setattr(registry, "adapter_class", adapter_class)


@pytest.mark.anyio
async def test_adapters_of_the_family_are_asked_until_one_knows(
    monkeypatch: pytest.MonkeyPatch, log: list[str]
) -> None:
    install(monkeypatch, log, other=AssertionError(), venue=Mute, venue_a=None, venue_b="venue", venue_c="venue-c")
    assert await fa.detect("venue", KEYS, demo=True) == "venue"
    assert log == ["venue_a", "venue_a closed", "venue_b", "venue_b closed"]


@pytest.mark.anyio
async def test_a_failure_is_raised_and_nothing_is_guessed_from_it(
    monkeypatch: pytest.MonkeyPatch, log: list[str]
) -> None:
    install(monkeypatch, log, venue=Mute, venue_a=fa.AuthenticationError("wrong key"), venue_b="venue-b")
    with pytest.raises(fa.AuthenticationError):
        await fa.detect("venue", KEYS, demo=True)
    assert log == ["venue_a", "venue_a closed"]


@pytest.mark.anyio
async def test_a_family_in_which_nobody_knows_is_not_supported(monkeypatch: pytest.MonkeyPatch, log: list[str]) -> None:
    install(monkeypatch, log, venue=Mute, venue_a=None)
    with pytest.raises(fa.NotSupported):
        await fa.detect("venue", KEYS, demo=True)


@pytest.mark.anyio
async def test_a_family_without_adapters_is_refused(monkeypatch: pytest.MonkeyPatch, log: list[str]) -> None:
    install(monkeypatch, log, venues="venues")
    with pytest.raises(fa.InvalidRequest, match=r"no adapter of the family .venue.: did you mean venues\?"):
        await fa.detect("venue", KEYS)


# Which there are


@pytest.fixture
def claimed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another distribution that names a new adapter, and one under a built-in id."""

    def entry_points(*, group: str) -> list[EntryPoint]:
        return [EntryPoint(name, "somewhere:Else", group) for name in ("acme", "bitget")]

    monkeypatch.setattr(installed, "entry_points", entry_points)
    installed.adapters.cache_clear()
    yield
    installed.adapters.cache_clear()


@pytest.mark.usefixtures("claimed")
def test_entry_points_add_to_the_built_in_adapters_and_take_none_of_their_ids() -> None:
    assert fa.venue_ids() == ["acme", *BUILT_IN]
    assert registry.adapter_class("bitget") is Bitget


def test_the_built_in_adapters_need_no_metadata_of_an_installed_distribution() -> None:
    code = (
        "import importlib.metadata, futures_async as fa\n"
        "importlib.metadata.entry_points = lambda **which: []\n"
        "print(*fa.venue_ids(), type(fa.connect('bitget')).__name__)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.split() == [*BUILT_IN, "Bitget"]


def test_an_unknown_id_is_told_what_was_meant() -> None:
    with pytest.raises(fa.InvalidRequest, match="no adapter 'Bitgt': did you mean bitget"):
        fa.connect("Bitgt")
    with pytest.raises(fa.InvalidRequest, match="no adapter '5'"):
        fa.connect(5)  # type: ignore[call-overload] # pyright: ignore[reportCallIssue, reportArgumentType] - that is the point


# What type checkers know


@pytest.mark.filterwarnings("ignore::futures_async.LifecycleWarning")
def test_the_result_of_connect_is_the_adapters_own_class() -> None:
    assert_type(fa.connect("binance", private_key=False), Binance)
    assert_type(fa.connect("bitget", product_type="COIN-FUTURES", margin_coin="BTC"), Bitget)
    assert_type(fa.connect("bitget-uta", margin_mode="isolated", coin_unit="base"), BitgetUTA)
    assert_type(fa.connect("bitget-v1", base_url="https://host"), BitgetV1)
    assert_type(fa.connect("bitmart", account="copy_trading", timeout=3), BitMart)
    assert_type(fa.connect("bittap", signer=None), BitTap)
    assert_type(fa.connect("bybit", site="nl", markets=["USDT"]), Bybit)
    assert_type(fa.connect("hyperliquid", vault=None, slippage="0.02"), Hyperliquid)
    assert_type(fa.connect("okx", region="eea", margin_mode="isolated"), OKX)
    some = str(next(name for name in BUILT_IN if name == "bitget"))
    assert_type(fa.connect(some, uid_limit=5), fa.FuturesExchange)
    from_a_file: dict[str, Any] = {"product_type": "USDC-FUTURES"}
    assert_type(fa.connect(some, **from_a_file), fa.FuturesExchange)


def test_an_option_of_another_venue_is_an_error_to_type_checkers_too() -> None:
    with pytest.raises(fa.InvalidRequest):
        fa.connect("bitmart", product_type="USDT-FUTURES")  # type: ignore[call-overload] # pyright: ignore[reportCallIssue] - that is the point


def test_type_checkers_are_told_of_every_built_in_adapter() -> None:
    def method() -> None: ...

    # A protocol's method has no body of its own to ask by.
    method.__module__, method.__qualname__ = Connect.__module__, "Connect.__call__"
    told: dict[str, tuple[Any, Any]] = {}
    for overload in get_overloads(method):
        hints = get_type_hints(overload)
        (options,) = get_args(hints["options"])
        for venue in get_args(hints["venue"]) or [""]:
            told[venue] = (hints["return"], options)
    adapters = {venue: registry.adapter_class(venue) for venue in BUILT_IN}
    own = {venue: (found, found.takes) for venue, found in adapters.items() if issubclass(found, Adapter)}
    assert told == {**own, "": (fa.FuturesExchange, Options)}


@pytest.mark.anyio
async def test_what_an_open_question_comes_to_has_a_type() -> None:
    async def nothing(deadline_s: float | None) -> None: ...

    order, cancel = fa.OrderOutcomeUnknown("?", resolver=nothing), fa.CancelOutcomeUnknown("?", resolver=nothing)
    setting = fa.SettingOutcomeUnknown("?", resolver=nothing)
    assert_type(await order.resolve(), fa.Order | None)
    assert_type(await cancel.resolve(), fa.Order | list[str] | None)
    assert_type(await setting.resolve(), object)
    assert order.settled
    assert cancel.settled
