"""The questions that are asked of a venue, one function each. What may be concluded from an answer stands here."""

from __future__ import annotations

from futures_async.probe.bench import Bench, Sent
from futures_async.probe.findings import Verdict
from futures_async.unified.enums import OrderStatus
from futures_async.unified.errors import ClockSkew, FuturesAsyncError

LOOK_EVERY_S = 0.05
PATIENCE_S = 10.0
"""Beyond the declared lag; an order that is not seen by then is given up."""
MARGIN_S = 5.0
"""The window is looked for this close to both sides of what is declared."""
AGES_S = (5.0, 15.0, 30.0, 60.0, 120.0, 300.0)
"""Tried where no window is declared."""
STRENGTH = {"none": 0, "unknown": 0, "open": 1, "all": 2}


async def ask_for_ids(bench: Bench) -> None:
    """Does an order carry our id, does the answer repeat it, can the order be found by it?"""
    traits, way = bench.traits, bench.channel()
    sent = await bench.place(way=way)
    if sent.answer != "accepted":
        bench.note("client_id", traits.client_id, "–", Verdict.OPEN, f"no order was accepted: {sent}")
        return
    if sent.client_order_id is None:
        bench.note("client_id", traits.client_id, "not tried", Verdict.OPEN, "the adapter has no field for one")
    else:
        echoed, found = sent.echoed == sent.client_order_id, False
        for pause_s in (0.0, traits.visibility_lag_s):
            await bench.sleep(pause_s)
            order = await bench.find(sent.client_order_id)
            found = order is not None and order.order_id == sent.order_id
            if found:
                break
        bench.note("client_id", traits.client_id, True, Verdict.CONFIRMED)
        _compare(bench, "echoes_client_id", traits.echoes_client_id, echoed)
        _compare(bench, "lookup_by_client_id", traits.lookup_by_client_id, found)
    await bench.cancel(sent)


def _compare(bench: Bench, trait: str, declared: bool, found: bool) -> None:
    verdict = Verdict.CONFIRMED if declared == found else Verdict.UNSAFE if declared and not found else Verdict.CAUTIOUS
    bench.note(trait, declared, found, verdict)


async def ask_for_lag(bench: Bench) -> None:
    """How long after its acknowledgement is an order seen by a lookup under our id?"""
    declared_s = bench.traits.visibility_lag_s
    if not bench.traits.lookup_by_client_id or not bench.settings.orders:
        bench.note("visibility_lag_s", f"{declared_s:g}", "not tried", Verdict.OPEN, "no lookup by an id of ours")
        return
    way, lags, absent_s, blind = bench.channel(), list[float](), 0.0, 0
    for _ in range(bench.settings.orders):
        sent = await bench.place(way=way)
        if sent.answer != "accepted" or sent.client_order_id is None:
            continue
        started = bench.now()
        while (asked_s := bench.now() - started) < declared_s + PATIENCE_S:
            if await bench.find(sent.client_order_id) is not None:
                lags.append(bench.now() - started)
                break
            absent_s = max(absent_s, asked_s)
            await bench.sleep(LOOK_EVERY_S)
        else:
            blind += 1
        await bench.cancel(sent)
    if not lags and not blind:
        bench.note("visibility_lag_s", f"{declared_s:g}", "–", Verdict.OPEN, "no order was accepted")
        return
    lags.sort()
    bench.note(
        "visibility_lag_s",
        f"{declared_s:g}",
        f"≤ {lags[-1]:.2f}" if lags and not blind else f"over {declared_s + PATIENCE_S:g}",
        # Judged by what was asked for and not there: the time until it was seen holds waits in the limiter's queue.
        Verdict.UNSAFE if absent_s > declared_s else Verdict.CONFIRMED,
        (f"median {_part(lags, 0.5):.2f}, p99 {_part(lags, 0.99):.2f}, lookups' own time included; " if lags else "")
        + f"absent for {absent_s:.2f} at most; {len(lags)} orders seen, {blind} not",
    )


def _part(values: list[float], fraction: float) -> float:
    return values[min(len(values) - 1, int(len(values) * fraction))]


async def ask_for_window(bench: Bench) -> None:
    """Is a request refused when its signature is older than the declared window, and not before?"""
    declared = bench.window_s
    ages = AGES_S if declared is None else (max(declared - MARGIN_S, declared / 2), declared, declared + MARGIN_S)
    answers: list[tuple[float, Sent]] = []
    for age_s in ages:
        sent = await bench.place(way=bench.channel(age_s=age_s))
        answers.append((age_s, sent))
        if sent.answer == "accepted":
            await bench.cancel(sent)
        elif isinstance(sent.error, ClockSkew) and sent.client_order_id and bench.traits.lookup_by_client_id:
            await bench.sleep(LOOK_EVERY_S)
            if await bench.find(sent.client_order_id) is not None:
                answers[-1] = age_s, sent._replace(answer="accepted")  # refused, and there all the same
    taken = [age_s for age_s, sent in answers if sent.answer == "accepted"]
    refused = [age_s for age_s, sent in answers if isinstance(sent.error, ClockSkew) and sent.answer == "refused"]
    detail = "; ".join(f"{age_s:g} s old: {sent}" for age_s, sent in answers)
    if not refused:
        found = f"over {max(taken):g}" if taken else "–"
    else:
        found = f"{max(taken, default=0):g} to {min(refused):g}"
    if not taken or (refused and min(refused) < max(taken)):
        verdict = Verdict.OPEN if not refused or taken else Verdict.CAUTIOUS
    elif declared is None:
        verdict = Verdict.CAUTIOUS if refused else Verdict.CONFIRMED
    elif max(taken) > declared:
        verdict = Verdict.UNSAFE
    else:
        verdict = Verdict.CONFIRMED if refused and min(taken) == ages[0] else Verdict.OPEN
    bench.note("window_s", None if declared is None else f"{declared:g}", found, verdict, detail)


async def ask_for_dedup(bench: Bench) -> None:
    """Among which orders is a client order id refused that was used before?"""
    traits, way = bench.traits, bench.channel()
    if not traits.client_id:
        bench.note("dedup", traits.dedup, "not tried", Verdict.OPEN, "orders carry no id of ours")
        return
    seen: dict[str, Sent] = {}

    async def again(state: str, client_order_id: str, *, cheaper: bool = False) -> None:
        sent = seen[state] = await bench.place(client_order_id, cheaper=cheaper, way=way)
        if sent.answer == "accepted":
            await bench.cancel(sent)

    first = await bench.place(way=way)
    if first.answer != "accepted" or first.client_order_id is None:
        bench.note("dedup", traits.dedup, "–", Verdict.OPEN, f"no order was accepted: {first}")
        return
    await again("open", first.client_order_id)
    await again("open, another price", first.client_order_id, cheaper=True)
    if await bench.cancel(first):
        await again("cancelled", first.client_order_id)
        await again("cancelled, another price", first.client_order_id, cheaper=True)
    if bench.fills:
        bought = await bench.place(market=True, way=way)
        if bought.answer == "accepted" and bought.client_order_id is not None:
            await again("filled", bought.client_order_id)
            await again("filled, another price", bought.client_order_id, cheaper=True)
    found, detail = _scope(seen), "; ".join(f"{state}: {sent}" for state, sent in seen.items())
    if found is None:
        bench.note("dedup", traits.dedup, "–", Verdict.OPEN, detail)
    else:
        difference = STRENGTH[found] - STRENGTH[traits.dedup]
        verdict = Verdict.UNSAFE if difference < 0 else Verdict.CAUTIOUS if difference else Verdict.CONFIRMED
        if traits.dedup == "unknown" and not difference:
            verdict = Verdict.CAUTIOUS
        bench.note("dedup", traits.dedup, found, verdict, detail)
    await _ask_for_memory(bench, seen.get("cancelled"))


def _scope(seen: dict[str, Sent]) -> str | None:
    """The scope that all answers agree with; None when they do not tell."""
    refused = {state: sent.answer == "duplicate" for state, sent in seen.items()}
    if any(sent.answer not in ("duplicate", "accepted") for sent in seen.values()):
        return None
    if not all(refused[state] for state in refused if state.startswith("open")):
        return "none"
    finished = [refused[state] for state in refused if not state.startswith("open")]
    if not finished:
        return None
    if all(finished):
        return "all" if any(state.startswith("filled") for state in refused) else None
    return "open"


async def _ask_for_memory(bench: Bench, just_cancelled: Sent | None) -> None:
    """How long is the id of a cancelled order remembered? Only where it is, and only when asked for."""
    ages, declared = sorted(bench.settings.ages_s), bench.traits.dedup_ttl_s
    if not ages or just_cancelled is None or just_cancelled.answer != "duplicate":
        return
    way = bench.channel()
    order = await bench.place(way=way)
    if order.answer != "accepted" or not await bench.cancel(order):
        return
    cancelled_at = bench.now()
    remembered, forgotten, detail = 0.0, None, list[str]()
    for age_s in ages:
        await bench.sleep(max(0.0, cancelled_at + age_s - bench.now()))
        sent = await bench.place(order.client_order_id, way=way)
        detail.append(f"after {age_s:g} s: {sent}")
        if sent.answer == "accepted":
            await bench.cancel(sent)
            forgotten = age_s
            break
        if sent.answer == "duplicate":
            remembered = age_s
    found = f"over {remembered:g}" if forgotten is None else f"{remembered:g} to {forgotten:g}"
    verdict = Verdict.CAUTIOUS
    if declared is not None:
        verdict = Verdict.UNSAFE if forgotten is not None and forgotten <= declared else Verdict.CONFIRMED
    bench.note("dedup_ttl_s", "–" if declared is None else f"{declared:g}", found, verdict, "; ".join(detail))


async def ask_about_cancels(bench: Bench) -> None:
    """What does a cancel of an unknown, a cancelled and a filled order end as, and what is the venue's word?"""
    way = bench.channel()
    order = await bench.place(way=way)
    if order.answer != "accepted" or order.order_id is None:
        bench.note("cancels", "–", "–", Verdict.OPEN, f"no order was accepted: {order}")
        return
    if await bench.cancel(order):
        await _ask_about_cancel(bench, "cancel of an order cancelled before", order.order_id, OrderStatus.CANCELED)
    unknown = _nobody(order.order_id)
    await _ask_about_cancel(bench, "cancel of an order that never was", unknown, None)
    if bench.fills:
        bought = await bench.place(market=True, way=way)
        if bought.answer == "accepted" and bought.order_id is not None:
            await _ask_about_cancel(bench, "cancel of a filled order", bought.order_id, OrderStatus.FILLED)


async def _ask_about_cancel(bench: Bench, what: str, order_id: str, expected: OrderStatus | None) -> None:
    word = await bench.cancel_raw(order_id)
    try:
        found = (await bench.exchange.cancel_order(bench.symbol, order_id=order_id)).status.value
    except FuturesAsyncError as error:
        found = type(error).__name__
    wanted = "OrderNotFound" if expected is None else expected.value
    # Another end is no danger by itself: no cancel is believed without a reading of its order.
    verdict = Verdict.CONFIRMED if found == wanted else Verdict.OPEN
    bench.note(what, wanted, found, verdict, f"the venue's word: {word}")


def _nobody(order_id: str) -> str:
    """An id of the same form that is not ours: far in the past, where ids count up."""
    return f"1{'0' * (len(order_id) - 2)}1" if order_id.isdigit() else "0" * (len(order_id) - 1) + "1"
