"""A symbol that is named: accounts that cannot have such a contract are left out."""

from __future__ import annotations

from collections.abc import Generator
from typing import cast

import pytest

from futures_async.cli.symbols import able, tell_left_out
from futures_async.simulator.server import RunningExchange, serve
from futures_async.unified.errors import FuturesAsyncError, InvalidRequest, RequestTimeout, SymbolNotFound
from futures_async.unified.exchange import FuturesExchange
from futures_async.unified.models import Contract
from tests.cli.test_commands import keys_of
from tests.cli.test_every_command import BTC, run
from tests.fakes import FakeReads

NAMED: list[tuple[str, ...]] = [
    ("watch", "--once"),
    ("positions",),
    ("risk",),
    ("orders",),
    ("fills",),
    ("ledger",),
    ("close", "--dry-run"),
    ("cancel-all", "--dry-run"),
]


@pytest.fixture(scope="module")
def running() -> Generator[RunningExchange]:
    with serve(seed=2) as exchange:
        yield exchange


def on(running: RunningExchange, venues: tuple[str, ...], *words: str) -> tuple[int, str]:
    environ = {name: value for venue in venues for name, value in keys_of(running, venue).items()}
    shown = run(*words, "--base-url", running.base_url, environ=environ)
    return shown.exit_code, shown.output


@pytest.mark.parametrize("words", NAMED, ids=lambda words: words[0])
@pytest.mark.parametrize("symbol", [BTC, "BTC/USDC:USDC"])
def test_an_account_without_such_a_contract_hides_no_other(
    running: RunningExchange, words: tuple[str, ...], symbol: str
) -> None:
    code, said = on(running, ("bitmart", "hyperliquid", "bitget"), *words, "-s", symbol)
    assert code == 0, said
    left = "hyperliquid" if symbol == BTC else "bitget"
    assert "InvalidRequest" not in said
    if words[0] != "watch":  # there each account is shown
        assert f"left out, without a contract {symbol}: {left}\n" in said
    if symbol == BTC:
        assert any(line.startswith("bitmart") and BTC in line for line in said.splitlines())


@pytest.mark.parametrize("words", NAMED, ids=lambda words: words[0])
def test_where_no_account_can_have_it_the_call_cannot_be_right(
    running: RunningExchange, words: tuple[str, ...]
) -> None:
    code, said = on(running, ("hyperliquid",), *words, "-s", BTC)
    assert code == 2
    assert "did you mean BTC/USDC:USDC?" in said


@pytest.mark.parametrize("words", [*NAMED, ("listen", "orders"), ("orders", "--history")], ids=" ".join)
def test_an_account_that_lists_no_contracts_lets_no_coin_pass(running: RunningExchange, words: tuple[str, ...]) -> None:
    code, said = on(running, ("bitget", "bitget-v1", "bittap"), *words, "-s", "BTCC")
    assert code == 2, said
    assert said == "InvalidRequest: no venue of these accounts lists 'BTCC': did you mean BTC/USDT:USDT?\n"


@pytest.mark.parametrize("symbol", ["BTC/USD:BTC", "BTCUSD_DMCBL", "BTCUSD_DMCBL_221230", "ABCUSDT"])
def test_a_whole_name_may_be_of_an_account_that_lists_no_contracts(running: RunningExchange, symbol: str) -> None:
    code, said = on(running, ("bitget", "bitget-v1"), "watch", "--once", "-s", symbol)
    assert code == 0, said


def test_what_every_venue_says_not_to_have_is_unknown(running: RunningExchange) -> None:
    code, said = on(running, ("bitget", "bitget-v1"), "positions", "-s", "XPR/USDT:USDT")
    assert code == 2, said
    assert said.endswith("did you mean XRP/USDT:USDT?\n")


@pytest.mark.parametrize(
    "words", [words for words in NAMED if words[0] not in ("watch", "ledger")], ids=lambda words: words[0]
)
def test_where_nothing_is_found_those_decide_that_list_contracts_of_such_coins(
    running: RunningExchange, words: tuple[str, ...]
) -> None:
    code, said = on(running, ("bitget", "bittap"), *words, "-s", "BTX/USDT:USDT")
    assert code == 2, said
    assert "no venue of these accounts lists 'BTX/USDT:USDT': did you mean BTC/USDT:USDT" in said


@pytest.mark.parametrize("words", [("orders",), ("fills",), ("cancel-all", "--dry-run")], ids=lambda words: words[0])
def test_an_unknown_id_is_the_mistake_that_an_unknown_symbol_is(
    running: RunningExchange, words: tuple[str, ...]
) -> None:
    code, said = on(running, ("bitget", "bittap"), *words, "-s", "BTXUSDT")
    assert code == 2, said
    assert said == "InvalidRequest: no venue of these accounts lists 'BTXUSDT': did you mean BTC/USDT:USDT?\n"


def test_a_contract_of_coins_that_nobody_lists_may_be_of_an_account_that_lists_none(running: RunningExchange) -> None:
    code, said = on(running, ("bitget", "bittap"), "positions", "-s", "BTX/EUR:EUR")
    assert code == 0, said


def test_who_does_not_know_the_id_of_another_venue_is_not_left_out(running: RunningExchange) -> None:
    code, said = on(running, ("bitget", "okx"), "close", "--dry-run", "-s", "BTCUSDT")
    assert code == 1, said  # it may hold the same contract under its own
    assert "okx: SymbolNotFound" in said
    assert "left out" not in said


class Toy(FakeReads):
    """An account that takes some symbols, and whose list of contracts ends in an error."""

    def __init__(self, listing: FuturesAsyncError | None = None, *, takes: bool = True) -> None:
        super().__init__()
        self.listing = listing
        self.takes = takes

    def venue_symbol(self, symbol: str) -> str:
        if not self.takes:
            raise InvalidRequest("of another kind")
        return symbol

    async def fetch_contract(self, symbol: str) -> Contract:
        if self.listing is not None:
            raise self.listing
        return cast("Contract", None)  # nobody looks at it


@pytest.mark.asyncio
async def test_only_what_a_venue_lacks_by_its_own_list_is_left_out() -> None:
    lacks = SymbolNotFound("no such contract")
    accounts: dict[str, FuturesExchange] = {
        "has": Toy(),
        "lacks": Toy(lacks),
        "lists": Toy(),  # and yet says that there is none
        "unread": Toy(RequestTimeout("late")),
        "other": Toy(takes=False),
    }
    assert list(able(accounts, None)) == list(accounts)
    assert list(able(accounts, BTC)) == ["has", "lacks", "lists", "unread"]
    problems: dict[str, FuturesAsyncError] = {"lacks": lacks, "lists": lacks, "unread": lacks}
    assert await tell_left_out(accounts, BTC, problems) == {"lacks", "other"}
    assert await tell_left_out({"lacks": Toy(lacks)}, BTC, {"lacks": lacks}) == set()  # of all: then it is told
