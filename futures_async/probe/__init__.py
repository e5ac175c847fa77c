"""Measure what order safety may rely on at a venue (its `VenueTraits`), on a demo account or a small real one.

    report = await probe(exchange, ProbeSettings(symbol="BTC/USDT:USDT"))
    for finding in report.findings:
        print(finding.trait, finding.declared, finding.found, finding.verdict)

It places orders of the smallest size, post-only and far from the market where the question allows it, and takes
everything back: what it could not take back stands in `report.left`. It refuses an account that has a position or
open orders in the contract, so that nothing of anybody else's is touched.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from futures_async.probe.bench import Bench, ProbeSettings, refuse_real_money
from futures_async.probe.findings import Finding, ProbeReport, Verdict
from futures_async.probe.limits import ask_for_limit
from futures_async.probe.questions import ask_about_cancels, ask_for_dedup, ask_for_ids, ask_for_lag, ask_for_window
from futures_async.trading.adapter import Adapter
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.exchange import FuturesExchange

__all__ = ["Finding", "ProbeReport", "ProbeSettings", "Verdict", "probe", "refuse_real_money"]

CALLS = 4
"""Of an order: placed, looked up, cancelled, read."""


def _by_the_limit(bench: Bench) -> str:
    pool = bench.exchange._channel.pools.account[0]  # pyright: ignore[reportPrivateUsage] - of this package
    takes_s = bench.settings.orders * CALLS / pool.limit * pool.per_s if bench.traits.lookup_by_client_id else 0.0
    return f"takes about {takes_s:.0f} s, as the rate limit lets {bench.settings.orders} orders through" * (takes_s > 1)


def _by_the_lag(bench: Bench) -> str:
    lag_s = bench.traits.visibility_lag_s
    return f"takes up to {lag_s:g} s, until an order that is not seen is taken for one that never was" * (lag_s > 1)


def _by_the_ages(bench: Bench) -> str:
    return f"takes {max(bench.settings.ages_s):g} s, as `ages_s` asks for" if bench.settings.ages_s else ""


def _at_once(bench: Bench) -> str:
    return ""


Question = tuple[str, Callable[[Bench], Awaitable[None]], Callable[[Bench], str]]
"""What is asked, how, and what takes long about it."""

QUESTIONS: tuple[Question, ...] = (
    ("client order ids", ask_for_ids, _at_once),
    ("how soon a placed order is seen", ask_for_lag, _by_the_limit),
    ("how old a signed request may be", ask_for_window, _at_once),
    ("repeated client order ids", ask_for_dedup, _by_the_ages),
    ("cancels of what is not open", ask_about_cancels, _by_the_lag),
)


async def probe(
    exchange: FuturesExchange,
    settings: ProbeSettings | None = None,
    *,
    say: Callable[[str], object] = lambda text: None,
) -> ProbeReport:
    """Ask the venue all questions, one after the other.

    Args:
        exchange: Open, with credentials; nobody else should use the account meanwhile.
        settings: What to trade, how often, and how far to go.
        say: Told what is being measured.

    Raises:
        InvalidRequest: The settings cannot be used, the account is a live one and `live` is not set, or it is not
            free of positions and orders in the contract.
        NotSupported: The adapter places no orders.
    """
    if not isinstance(exchange, Adapter):
        raise InvalidRequest("probe works on the adapters of this library only")
    bench = Bench(exchange, settings or ProbeSettings())
    await bench.open()
    try:
        for what, ask, takes in QUESTIONS:
            say(": ".join(filter(None, (what, takes(bench)))))
            await ask(bench)
        if bench.settings.burst:
            say("the rate limit")
            await ask_for_limit(bench)
    finally:
        say("taking everything back")
        await bench.close()
    return ProbeReport(
        venue=exchange.id,
        symbol=bench.symbol,
        findings=tuple(bench.findings),
        placed=bench.placed,
        left=tuple(bench.left),
    )
