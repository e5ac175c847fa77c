"""Several steps at once: what one contract is waited for holds up no other, and each contract keeps its order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import anyio
import pytest

from futures_async.adapters import OKX
from futures_async.portfolio.acts import SIDE_BY_SIDE, Act, Done, carry_out, halts
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.transport.endpoint import Kind
from futures_async.unified import errors

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


class Log:
    """Steps that tell when they begin and end."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.most = self._now = 0

    def step(self, name: str, symbol: str = "", *, takes_s: float = 0.0, whole: bool = False) -> Act:
        async def do() -> Done:
            self._now += 1
            self.most = max(self.most, self._now)
            self.told.append(f"{name} begins")
            await anyio.sleep(takes_s)
            self.told.append(f"{name} ends")
            self._now -= 1
            return Done(action="cancel all", symbol=name, result="done")

        return Act("cancel all", symbol, name, do, whole=whole)


def names(ends: Sequence[tuple[str, Done]]) -> list[str]:
    return [done.symbol for _, done in ends]


def test_a_contract_waits_for_its_own_steps_only() -> None:
    async def main() -> None:
        log = Log()
        steps = [log.step("slow", BTC, takes_s=9), log.step("eth", ETH), log.step("after slow", BTC)]
        ends = await carry_out({"mine": steps})
        assert log.told == [
            "slow begins",
            "eth begins",
            "eth ends",
            "slow ends",
            "after slow begins",
            "after slow ends",
        ]
        assert names(ends) == ["slow", "eth", "after slow"]

    run(main())


def test_what_may_be_about_any_contract_is_after_all_before_it_and_before_all_after_it() -> None:
    async def main() -> None:
        log = Log()
        steps = [log.step("before", BTC, takes_s=1), log.step("whole", takes_s=1, whole=True), log.step("after", ETH)]
        await carry_out({"mine": steps})
        assert log.told == [f"{name} {what}" for name in ("before", "whole", "after") for what in ("begins", "ends")]

    run(main())


def test_what_is_in_vain_is_told_last() -> None:
    async def main() -> None:
        log, told = Log(), list[str]()
        steps = [log.step("vain"), log.step("done", BTC, takes_s=1)]
        ends = await carry_out({"mine": steps}, ended=lambda _, done: told.append(done.symbol))
        assert (told, names(ends)) == (["done", "vain"], ["vain", "done"])

    run(main())


def test_not_all_contracts_ask_at_once() -> None:
    async def main() -> None:
        log = Log()
        ends = await carry_out({"mine": [log.step(f"{n}", f"C{n}", takes_s=1) for n in range(50)]})
        assert (log.most, len(ends)) == (SIDE_BY_SIDE, 50)

    run(main())


def test_what_was_cancelled_is_told_with_what_is_not_known() -> None:
    async def do() -> Done:
        unknown = errors.OrderOutcomeUnknown("who knows")
        unknown.cancelled = ("1", "2")
        raise unknown

    async def main() -> None:
        [(_, done)] = await carry_out({"mine": [Act("cancel all", BTC, "", do)]})
        assert done.result == "unknown"
        assert done.detail.endswith("2 orders cancelled")

    run(main())


@pytest.mark.parametrize("lost", [ETH, BTC])
def test_a_halt_closes_what_no_lost_order_is_about_at_once(lost: str) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(VenueSpec(factory=OKX, raw_call=RawCall("/", {})), plan=plan)
        request = {BTC: on.request(), ETH: on.request(symbol=ETH, quantity="1", price="1000")}
        async with on.exchange as exchange:
            await exchange.fetch_contracts()
            for one in request.values():
                await exchange.create_order(one)
            plan.add("no-answer", kinds=[Kind.ORDER], applied=False, most=1)
            placing = asyncio.create_task(exchange.create_order(request[lost]))
            await anyio.sleep(0.05)
            began, ends = asyncio.get_running_loop().time(), dict[str, float]()

            def ended(_: str, done: Done) -> None:
                ends[done.symbol] = asyncio.get_running_loop().time() - began

            found = await carry_out({"mine": await halts(exchange, close=True)}, ended=ended)
            other = BTC if lost == ETH else ETH
            assert ends[other] < 1 < ends[lost] < 12
            assert {done.symbol: done.result for _, done in found} == {other: "done", lost: "unknown"}
            with pytest.raises(errors.OrderNotPlaced):
                await placing
            for question in exchange.unresolved():
                with pytest.raises(errors.OrderNotFound):
                    await question.resolve()

    run(main())
