"""What a venue has said survives: code, words and status, whatever the call ends as; and few questions follow."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import pytest

from futures_async.adapter import Adapter
from futures_async.adapters import OKX, Binance, Bitget, BitgetUTA, Bybit
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.transport.limits.local import LocalLimiter
from futures_async.unified import errors
from futures_async.unified.enums import Outcome
from futures_async.unified.models import OrderResult
from tests.rig.support import BTC, Answer, Scripted, limit_order, page, toy, virtual

PLACE, CANCEL, SET = "/order/place", "/order/cancel", "/leverage/set"


@pytest.mark.parametrize(
    ("answer", "code", "status"),
    [("12001", "12001", 400), (page(451), "", 451), (page(404), "", 404)],
)
@virtual
async def test_an_order_refused_in_doubt_ends_with_what_the_venue_said(answer: Answer, code: str, status: int) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.always[PLACE] = venue.says(code) if code else answer
        with pytest.raises(errors.OrderNotPlaced) as caught:
            await exchange.create_order(limit_order(client_order_id="mine"))
        error = caught.value
        assert error.refusal is not None
        assert error.__cause__ is error.refusal
        assert (error.refusal.code, error.refusal.http_status) == (code, status)
        assert error.refusal.text in str(error)
        assert (error.client_order_id, error.symbol) == ("mine", BTC)
        assert f"order mine of {BTC}" in str(error)
        assert venue.sent(PLACE) == 1
        assert len(venue.requests) <= 6


@virtual
async def test_an_order_refused_in_doubt_that_stands_is_found() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[PLACE] = ["unlisted-code-applied"]
        assert (await exchange.create_order(limit_order())).recovered
        assert venue.sent(PLACE) == 1


@virtual
async def test_the_question_itself_names_order_code_and_words() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.always[PLACE] = venue.says("12001")
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await exchange.create_order(limit_order(client_order_id="mine"), on_unknown="raise")
        error = caught.value
        assert error.refusal is not None
        assert error.__cause__ is error.refusal
        assert (error.refusal.message, error.attempts[0].code) == ("because", "12001")
        for part in ("mine", BTC, "[12001]", "because"):
            assert part in str(error)


@virtual
async def test_a_page_that_shuts_out_leaves_the_question_open_without_asking_on() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.always[PLACE] = page(403)
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await exchange.create_order(limit_order())
        assert isinstance(caught.value.refusal, errors.Banned)
        assert caught.value.refusal.http_status == 403
        assert len(venue.requests) == 1


@virtual
async def test_a_batch_refused_in_doubt_asks_seldom_for_each() -> None:
    venue = Scripted()
    async with toy(venue, limiter=LocalLimiter()) as exchange:
        venue.always["/order/batch"] = venue.says("12001")
        results: list[OrderResult] = await exchange.create_orders([limit_order() for _ in range(20)])
        for result in results:
            assert isinstance(result.error, errors.OrderNotPlaced)
            assert result.error.refusal is not None
            assert result.error.refusal.code == "12001"
            assert f"order {result.error.client_order_id} of" in str(result.error)
        assert len(venue.requests) <= 4 + 20 * 4


@pytest.mark.parametrize("code", ["40731", "510"])
@virtual
async def test_a_setting_refused_with_a_code_is_sent_once_and_ends_with_it(code: str) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.always[SET] = venue.says(code)
        with pytest.raises(errors.FuturesAsyncError) as caught:
            await exchange.set_leverage(BTC, 8)
        error = caught.value
        refusal = error if isinstance(error, errors.ExchangeError) else error.refusal
        assert refusal is not None
        assert (refusal.code, refusal.message) == (code, "because")
        assert f"[{code}]: because" in str(error)
        assert venue.sent(SET) == 1
        assert venue.now() < 1010
        assert exchange.unresolved() == []


@virtual
async def test_trouble_at_the_venue_is_no_refusal_of_a_setting() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[SET] = [venue.says("500"), venue.says("500")]
        assert (await exchange.set_leverage(BTC, 8)).leverage == 8
        assert venue.sent(SET) == 3


@virtual
async def test_a_cancel_refused_in_doubt_names_order_code_and_words() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        order = await exchange.create_order(limit_order())
        venue.always[CANCEL] = venue.says("40731")
        with pytest.raises(errors.CancelOutcomeUnknown) as caught:
            await exchange.cancel_order(BTC, order_id=order.order_id)
        error = caught.value
        assert error.refusal is not None
        assert error.__cause__ is error.refusal
        for part in (order.order_id, BTC, "still new", "[40731]: because"):
            assert part in str(error)


@virtual
async def test_a_refusal_in_the_queue_is_proved_not_sent() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[PLACE] = [venue.says("429", 429, retry_after="20")]
        with pytest.raises(errors.RateLimited):
            await exchange.create_order(limit_order())
        with pytest.raises(errors.PoolClosed) as caught:
            await exchange.create_order(limit_order())
        assert isinstance(caught.value, errors.NotSent)
        assert caught.value.outcome is Outcome.NOT_SENT
        assert 0 < (caught.value.retry_after_s or 0) <= 20
        assert venue.sent(PLACE) == 1


@virtual
async def test_a_ban_is_refused_here_as_not_sent_too() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan["/positions"] = [page(418)]
        with pytest.raises(errors.Banned):
            await exchange.fetch_positions()
        with pytest.raises(errors.ShutOut) as shut:
            await exchange.create_order(limit_order())
        assert (isinstance(shut.value, errors.NotSent), shut.value.outcome) == (True, Outcome.NOT_SENT)
        assert shut.value.until_ms is not None


@pytest.mark.parametrize("kind", [Binance, Bitget, BitgetUTA, Bybit, OKX], ids=lambda kind: kind.id)
def test_a_contract_that_there_is_not_spoils_no_order_of_another_that_must_know_the_same(kind: type[Adapter]) -> None:
    """The first orders of an object share one reading of the position mode, by the contract of whoever comes first."""

    async def main() -> None:
        on = Inside(VenueSpec(factory=kind, raw_call=RawCall("/", {})))
        async with on.exchange as exchange:
            odd = on.request(symbol="NOPE/USDT:USDT")
            refused, *others = await exchange.create_orders([odd, on.request(), on.request()])
            assert isinstance(refused.error, errors.SymbolNotFound)
            assert [one.error for one in others] == [None, None]
            with pytest.raises(errors.SymbolNotFound):
                await exchange.create_order(odd)

    run(main())
