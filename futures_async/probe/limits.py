"""What a 429 means. Asked only when told to: venues ban who sends too much."""

from __future__ import annotations

import anyio

from futures_async.probe.bench import Bench, Sent
from futures_async.probe.findings import Verdict
from futures_async.transport.limits.none import NoLimiter
from futures_async.transport.retry import RetryPolicy
from futures_async.transport.shared import Transport
from futures_async.unified.errors import RateLimited

WAIT_S = 5.0


async def ask_for_limit(bench: Bench) -> None:
    """Send a burst past the limiter, and see whether any order that was answered with 429 stands all the same."""
    declared = bench.traits.rate_429_is_gateway
    own = bench.exchange._transport  # pyright: ignore[reportPrivateUsage] - the connections, without the limiter
    hasty = Transport(
        base_url=own.base_url,
        backend=own.backend,
        owns_backend=False,
        limiter=NoLimiter(),
        clock=own.clock,
        timeouts=own.timeouts,
        policy=RetryPolicy(attempts=1),
    )
    way, sent = bench.channel(transport=hasty), list[Sent]()

    async def one() -> None:
        sent.append(await bench.place(way=way))

    async with anyio.create_task_group() as group:
        for _ in range(bench.settings.burst):
            group.start_soon(one)
    limited = [one for one in sent if isinstance(one.error, RateLimited)]
    detail = f"{sum(one.answer == 'accepted' for one in sent)} of {len(sent)} accepted"
    if not limited:
        bench.note("rate_429_is_gateway", declared, "–", Verdict.OPEN, f"{detail}, none refused: send more at once")
        return
    errors = [one.error for one in limited if isinstance(one.error, RateLimited)]
    wait_s = max(WAIT_S, bench.traits.visibility_lag_s, *(error.retry_after_s or 0.0 for error in errors))
    await bench.sleep(wait_s)
    landed = 0
    if bench.traits.lookup_by_client_id:
        for one_limited in limited:
            landed += await bench.find(one_limited.client_order_id or "") is not None
    word = f"{errors[0].code or 'a page'} [HTTP {errors[0].http_status}]"
    detail += f", {len(limited)} refused as {word}, {landed} landed"
    if not bench.traits.lookup_by_client_id:
        verdict = Verdict.OPEN
    elif landed:
        verdict = Verdict.UNSAFE if declared else Verdict.CONFIRMED
    else:
        verdict = Verdict.CONFIRMED if declared else Verdict.CAUTIOUS
    bench.note("rate_429_is_gateway", declared, not landed, verdict, detail)
