"""What dialect and endpoint declare becomes the pools that a call takes from."""

# pyright: reportPrivateUsage=false

from typing import Any

import pytest

from futures_async.testing import virtual_time
from futures_async.transport.endpoint import Endpoint, Params, RateLimit
from futures_async.transport.limits.limiter import Pool, Priority
from futures_async.transport.limits.local import LocalLimiter
from futures_async.transport.limits.pools import ENDPOINTS_KEPT, UNCOUNTED, Pools

WIDE = RateLimit(2400, 60.0, scope="ip")
ORDERS = RateLimit(300, 10.0, pool="orders")
ACTIONS = RateLimit(10_000, 10.0, pool="actions", budget=True)


def each(params: Params, body: Any) -> int:
    return len(body)


def by_symbol(params: Params, body: Any) -> int:
    return 1 if params.get("symbol") else 40


PLAIN = Endpoint("GET", "/plain", result=str, limit=RateLimit(20))
BATCH = Endpoint("POST", "/batch", result=str, limit=ORDERS.taking(each), weight=5)
PLACE = Endpoint("POST", "/place", result=str, limit=ORDERS)
OPEN = Endpoint("GET", "/open", result=str, weight=by_symbol)
PER_CONTRACT = Endpoint("POST", "/each", result=str, limit=RateLimit(60, 2.0, by="instId"))
ACT = Endpoint("POST", "/act", result=str, limit=ACTIONS.taking(each))
TICKER = Endpoint("GET", "/ticker", result=str, private=False)


def pools(whole: RateLimit | None = None) -> Pools:
    return Pools("toy@host:me", "host", whole, (WIDE,))


def weights(made: tuple[Pool, ...]) -> dict[str, int]:
    return {pool.key.split(":", 1)[1]: pool.weight for pool in made}


def test_the_account_the_endpoint_and_the_venue_each_have_a_pool() -> None:
    own = pools(RateLimit(10))
    found = own.of(PLAIN, None, None)
    assert [(pool.limit, pool.per_s) for pool in found] == [(10, 1.0), (20, 1.0), (2400, 60.0)]
    assert own.of(PLAIN, {"other": "query"}, None) is found


def test_a_pool_that_endpoints_share_is_one_object_for_as_long_as_they_are_remembered() -> None:
    own = pools(RateLimit(10))
    for number in range(2 * ENDPOINTS_KEPT):  # `request()` makes them without end
        own.of(Endpoint("GET", f"/raw/{number}", result=str, limit=RateLimit(20)), None, None)
    place = own.of(PLACE, None, None)
    replace = own.of(Endpoint("POST", "/replace", result=str, limit=ORDERS), None, None)
    assert len(place) == 3
    assert [pool is other for pool, other in zip(place, replace, strict=True)] == [True] * 3
    assert len(own._same) < 2 * ENDPOINTS_KEPT


def test_public_calls_take_nothing_of_the_account() -> None:
    assert [pool.limit for pool in pools().of(TICKER, None, None)] == [2400]


def test_a_call_that_nobody_counts_has_a_pool_that_can_be_closed() -> None:
    limiter, own = LocalLimiter(), Pools("toy@host:me", "host", None, ())

    async def main() -> None:
        limiter.close(own.of(TICKER, None, None), 5.0)
        assert limiter.try_acquire(own.of(TICKER, None, None), Priority.READ) is None
        assert own.taken(limiter) == {}

    virtual_time.run(main())


@pytest.mark.parametrize(
    ("whole", "reserve", "left"),
    [
        (RateLimit(10), 2, [("uid:reads", 8, 1)]),
        (RateLimit(10), 10, [("uid:reads", 1, 1)]),  # a larger one is no reason to keep none
        (RateLimit(10), 50, [("uid:reads", 1, 1)]),
        (RateLimit(1), 2, []),
        # So many a second of the address's, and half of it at most.
        (None, 2, [("ip:*:2400/60.0:reads", 2280, 5)]),
        (None, 30, [("ip:*:2400/60.0:reads", 1200, 5)]),
        (None, 0, []),
    ],
)
def test_reads_leave_slots_to_writes(whole: RateLimit | None, reserve: int, left: list[tuple[str, int, int]]) -> None:
    own = Pools("toy@host:uid", "host", whole, (WIDE,), reserve=reserve)
    made = own.of(Endpoint("GET", "/weighty", result=str, weight=5), None, None)
    extra = own.of_read(made)[len(made) :]
    assert [(pool.key.split(":", 1)[1], pool.limit, pool.weight if whole is None else 1) for pool in extra] == left


def test_an_account_without_a_limit_has_a_pool_that_can_be_closed() -> None:
    own = pools()
    assert own.account == (Pool("toy@host:me", UNCOUNTED.count, 1.0, 1, UNCOUNTED),)

    async def main() -> None:
        limiter = LocalLimiter()
        limiter.close(own.account, 5.0)
        assert limiter.closed_for(own.of(PLAIN, None, None)) == pytest.approx(5.0)

    virtual_time.run(main())


def test_a_named_pool_is_shared_and_a_batch_takes_one_for_each_of_its_orders() -> None:
    own = pools()
    batch, single = own.of(BATCH, None, [{}, {}, {}]), own.of(PLACE, None, {})
    assert batch[1].key == single[1].key
    assert (batch[1].weight, single[1].weight) == (3, 1)
    assert batch[2].weight == 5
    assert own.of(BATCH, None, [{}])[1].weight == 1


def test_what_a_call_weighs_may_hang_on_its_query() -> None:
    own = pools()
    assert own.of(OPEN, {"symbol": "BTC"}, None)[-1].weight == 1
    assert own.of(OPEN, None, None)[-1].weight == 40


def test_a_limit_by_contract_counts_each_contract_of_a_batch_apart() -> None:
    own = pools()
    batch = own.of(PER_CONTRACT, None, [{"instId": "A"}, {"instId": "B"}, {"instId": "A"}])
    assert {pool.key[-1]: pool.weight for pool in batch if pool.limit == 60} == {"A": 2, "B": 1}
    single, query = own.of(PER_CONTRACT, None, {"instId": "A"}), own.of(PER_CONTRACT, {"instId": "A"}, None)
    assert single[1].key == query[1].key == batch[1].key


def test_a_budget_is_no_window_until_it_is_used_up_and_grows_with_what_the_venue_grants() -> None:
    own = pools()
    own.told(ACTIONS, 3)
    assert [pool.limit for pool in own.of(ACT, None, [1, 2])] == [UNCOUNTED.count, 2400]
    spent = own.of(ACT, None, [1, 2])
    assert [(pool.limit, pool.per_s) for pool in spent][1] == (1, 10.0)
    own.told(ACTIONS.taking(7), 500)  # the volume of trades has earned more
    assert len(own.of(ACT, None, [1])) == 2


def test_what_the_venue_says_of_named_and_wide_limits_is_taken_over() -> None:
    async def main() -> None:
        own, limiter = pools(), LocalLimiter()
        taken = own.of(BATCH, None, [{}, {}])
        counts = ((ORDERS, 299), (WIDE, 2000), (ACTIONS, 7), (RateLimit(1), 0))
        own.correct(limiter, taken, BATCH, None, counts)
        assert {key.rsplit(":", 2)[1]: window.used for key, window in limiter.pools().items()} == {
            "orders": 1,
            "*": 400,
        }
        assert len(own.of(ACT, None, [0] * 8)) == 3  # one more than the budget holds

    virtual_time.run(main())


def test_a_count_of_the_endpoints_own_window_touches_no_other() -> None:
    async def main() -> None:
        own, limiter = pools(RateLimit(10)), LocalLimiter()
        own.correct(limiter, own.of(PLAIN, None, None), PLAIN, 4, ())
        assert [window.used for window in limiter.pools().values()] == [16]

    virtual_time.run(main())
