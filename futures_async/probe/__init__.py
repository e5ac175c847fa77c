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

Question = tuple[str, Callable[[Bench], Awaitable[None]]]

QUESTIONS: tuple[Question, ...] = (
    ("client order ids", ask_for_ids),
    ("how soon a placed order is seen", ask_for_lag),
    ("how old a signed request may be", ask_for_window),
    ("repeated client order ids", ask_for_dedup),
    ("cancels of what is not open", ask_about_cancels),
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
        for what, ask in QUESTIONS:
            say(what)
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
