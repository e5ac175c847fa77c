"""Starting: what the import costs beside its dependencies, and one more account on a shared transport."""

from __future__ import annotations

import gc
import os
import resource
import statistics
import subprocess
import sys
import tracemalloc

from benchmarks.measure import Cost, Rounds, Row, compare, ratio
from benchmarks.peers import ccxt_bitget
from benchmarks.whole_call import lift_limits
from futures_async import Credentials
from futures_async.adapters.bitget import Bitget

IMPORTS = {
    "dependencies": "import httpx, msgspec, anyio, tenacity",
    "ours": "import futures_async, httpx, msgspec, anyio, tenacity",
    "package": "import futures_async",
    "adapter": "from futures_async.adapters.bitget import Bitget",
    "aiohttp": "import aiohttp",
    "ccxt": "import ccxt.async_support",
}


async def run() -> list[Row]:
    """The rows of the goal table about starting."""
    return [_imports(), await _account()]


def _imports() -> Row:
    # What is installed has its bytecode beside it: the first round writes ours where this is run from its sources.
    around = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for statement in IMPORTS.values():
        subprocess.run([sys.executable, "-c", statement], check=True, env=around)
    found: Rounds = {name: [] for name in IMPORTS}
    for _ in range(9):
        for name, statement in IMPORTS.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-c", statement], check=True, env=around)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            found[name].append(Cost(spent, spent))
    against = ratio(found, "ours", "dependencies")
    others = ", ".join(f"{name} {ratio(found, name, 'dependencies').median:.2f}" for name in ("package", "adapter"))
    peers = ", ".join(f"{name} {ratio(found, name, 'dependencies').median:.2f}" for name in ("aiohttp", "ccxt"))
    return Row(
        "import futures_async and its four dependencies",
        "≤ 1.1 × importing the four alone",
        f"{against}. `import futures_async` alone {others}; beside it {peers}",
        against.median <= 1.1,
    )


async def _account() -> Row:
    lift_limits()
    first = Bitget(Credentials("k" * 32, "s" * 64, passphrase="p"), base_url="https://127.0.0.1:1", http="httpx")
    keys = [Credentials(f"{number:032}", "s" * 64, passphrase="p") for number in range(1000)]
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    accounts = [first.with_credentials(key) for key in keys]
    gc.collect()
    each = (tracemalloc.get_traced_memory()[0] - before) / len(accounts)
    tracemalloc.stop()
    key = keys[0]
    spare: list[object] = []

    def another() -> None:
        spare.append(first.with_credentials(key))

    found = compare({"ours": another, "ccxt": ccxt_bitget})
    spare.clear()
    slower = ratio(found, "ccxt", "ours").median
    micro = statistics.median(cost.cpu for cost in found["ours"]) * 1e6
    return Row(
        "one more account on a shared transport",
        "≤ 4 KB, ≤ 20 µs",
        f"{each / 1024:.1f} KB, {micro:.0f} µs here; a ccxt instance takes {slower:.0f} × as long",
        each <= 4096 and micro <= 20,
    )
