"""A17 of the adapters: wrong ones, by one line each, and those that no test notices with the reason.

The contract suite comes first, then the adapter's own tests for what it did not notice.
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
    "acme": Adapter(("tests.newcomer.acme",), "tests/newcomer"),
}
"""The shipped ones, and the sample that outsiders copy from."""

SAME = {
    # Changes that change nothing that could be seen, and why.
    "dialect: left out: RateLimit(600, 60.0, scope='ip') wide_limits": "ten a second are six hundred a minute",
    "dialect: promise: rate_429_is_gateway=False": "a smaller promise: the order is looked up, and never doubled",
}


def main(venues: Sequence[str]) -> int:
    """How many of each adapter's mutants are noticed."""
    left: list[Mutant] = []
    for venue in venues or ADAPTERS:
        adapter = ADAPTERS[venue]
        suite = "tests/newcomer/test_new_venue.py" if venue == "acme" else f"{adapter.tests}/test_contract.py"
        print(f"{venue}:", flush=True)
        left += survivors(adapter.mutants(), [[suite], [adapter.tests, f"--ignore={suite}"]], frozenset(SAME))
    return int(bool(left))
