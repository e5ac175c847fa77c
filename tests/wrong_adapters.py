"""A17 of the adapters: wrong ones, by one line each, and those that no test notices with the reason.

The contract suite and the adapter's own tests, whichever is the quicker to notice that kind first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from futures_async.testing.mutants import EACH, Mutant, chosen, mutants_of, survivors

HOME = "futures_async.adapters"


class Adapter(NamedTuple):
    """What belongs to one: its packages, and where its tests are."""

    packages: tuple[str, ...]
    tests: str
    tried: int = EACH

    def mutants(self) -> list[Mutant]:
        """Those that are tried."""
        return chosen([mutant for package in self.packages for mutant in mutants_of(package)], self.tried)


ADAPTERS = {
    "bitget": Adapter((f"{HOME}.bitget", f"{HOME}._bitget", f"{HOME}._bitget_codes"), "tests/adapters/bitget"),
    "bitget-uta": Adapter((f"{HOME}.bitget_uta",), "tests/adapters/bitget_uta"),
    "bitget-v1": Adapter((f"{HOME}.bitget_v1",), "tests/adapters/bitget_v1"),
    "bitmart": Adapter((f"{HOME}.bitmart",), "tests/adapters/bitmart"),
    "bittap": Adapter((f"{HOME}.bittap",), "tests/adapters/bittap"),
    "bybit": Adapter((f"{HOME}.bybit",), "tests/adapters/bybit"),
    "okx": Adapter((f"{HOME}.okx",), "tests/adapters/okx"),
    "hyperliquid": Adapter((f"{HOME}.hyperliquid",), "tests/adapters/hyperliquid"),
    "binance": Adapter((f"{HOME}.binance",), "tests/adapters/binance"),
    "acme": Adapter(("tests.newcomer.acme",), "tests/newcomer"),
}
"""The shipped ones, and the sample that outsiders copy from."""

BY_THE_SUITE = frozenset(
    ("no field", "wrong column", "sign", "arithmetic", "words exchanged", "first page only", "left out", "promise",
     "any answer", "kept")
)  # fmt: skip
"""Kinds that it is quick to notice; of the others (single codes, single parameters) the adapter's own tests are."""

WORDS = "tests/adapters/test_documented_words.py"
FAULTS = "test_every_fault"
"""Half of the suite's time, and what the rest does not notice is rare."""

SAME = {
    # Changes that change nothing that could be seen, and why.
    "dialect: left out: fa.RateLimit(600, 60.0, scope='ip') wide_limits": "ten a second are six hundred a minute",
    "dialect: promise: rate_429_is_gateway=False": "a smaller promise: the order is looked up, and never doubled",
    "dialect: promise: echoes_client_id=False": "a smaller promise: the order is read back",
    "words: left out: '' _NO_NUMBER": "an empty text is no number anyway",
    "_bitget: promise: echoes_client_id=False": "a smaller promise: the order is read back",
    "dialect: promise: dedup=open": "its documents do not say, and what is simulated does refuse",
}


def main(venues: Sequence[str]) -> int:
    """How many of each adapter's mutants are noticed."""
    left: list[Mutant] = []
    for venue in venues or ADAPTERS:
        adapter = ADAPTERS[venue]
        suite = "tests/newcomer/test_new_venue.py" if venue == "acme" else f"{adapter.tests}/test_contract.py"
        own, faults = [adapter.tests, WORDS, f"--ignore={suite}"], [suite, "-k", FAULTS]
        suites = [suite, "-k", f"not {FAULTS}"]
        first = [suites] if venue == "acme" else [suites, own]  # the sample has the suite alone
        print(f"{venue}:", flush=True)
        for quick in (True, False):
            some = [mutant for mutant in adapter.mutants() if (mutant.change.kind in BY_THE_SUITE) is quick]
            left += survivors(some, [*(first if quick else first[::-1]), faults], frozenset(SAME))
    return int(bool(left))
