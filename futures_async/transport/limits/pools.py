"""From what dialect and endpoint declare to the pools that a call takes from; the venue's own counts taken over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from futures_async.transport.endpoint import Endpoint, Params, RateLimit, parts_by, weight_of
from futures_async.transport.limits.limiter import Limiter, Pool

ENDPOINTS_KEPT = 1000
UNCOUNTED = RateLimit(1_000_000)
"""Of calls that nobody counts: the pool is there to be closed."""


class Pools:
    """The pools of one account.

    Args:
        account: Names the account among all that use the limiter.
        host: Whose counts per address these are; two interfaces of one venue are counted together there.
        whole: Over all private endpoints; None: no such limit.
        wide: Over all endpoints, beside that.
        reserve: So many of the slots of `whole` are not for plain reads while the account trades, all but one at most;
            without it, so many a second of those of `wide`.
    """

    __slots__ = ("_fixed", "_host", "_kept", "_left", "_reads", "_same", "_wide", "account")

    def __init__(
        self, account: str, host: str, whole: RateLimit | None, wide: Sequence[RateLimit], *, reserve: int = 0
    ) -> None:
        self._host = host
        self._wide = wide
        self._fixed: dict[Endpoint[Any], tuple[Pool, ...]] = {}
        self._same: dict[Pool, Pool] = {}
        """Those that endpoints share: a limiter need not compare what is one object."""
        self._left: dict[RateLimit, int] = {}
        rule = UNCOUNTED if whole is None else whole
        self.account = (Pool(account, rule.count, rule.per_s, 1, rule),)
        """What every private call takes from, whatever the endpoint."""
        self._reads: tuple[Pool, ...] = ()
        self._kept = reserve if whole is None else min(reserve, whole.count - 1)

    def of_read(self, pools: tuple[Pool, ...]) -> tuple[Pool, ...]:
        """The pools of a private call, and the one that leaves slots to writes: for reads while the account trades."""
        if not self._kept:
            return pools
        whole = self.account[0]
        if whole.rule is UNCOUNTED:
            return (*pools, *(self._without_kept(pool) for pool in pools if pool.rule in self._wide))
        if not self._reads:
            self._reads = (Pool(f"{whole.key}:reads", whole.limit - self._kept, whole.per_s),)
        return (*pools, *self._reads)

    def _without_kept(self, pool: Pool) -> Pool:
        """What reads may take of a wide limit; of a narrow one, half."""
        kept = min(int(self._kept * pool.per_s), pool.limit // 2)
        return Pool(f"{pool.key}:reads", pool.limit - kept, pool.per_s, pool.weight)

    def of(self, endpoint: Endpoint[Any], params: Params | None, body: Any) -> tuple[Pool, ...]:
        """What this call takes from; made once where it is the same for every call."""
        found = self._fixed.get(endpoint)
        if found is not None:
            return found
        made: list[Pool] = [*self.account] if endpoint.private else []
        fixed = True
        for rule in endpoint.limits:
            made += self._own(rule, endpoint.name, params or {}, body)
            fixed = fixed and isinstance(rule.weight, int) and not rule.by and not rule.budget
        for rule in self._wide:
            key = f"{self._scope(rule)}:*{rule.pool}:{rule.count}/{rule.per_s}"
            made.append(Pool(key, rule.count, rule.per_s, weight_of(endpoint.weight, params or {}, body), rule))
        if not made:
            made.append(Pool(f"{self._host}:ip", UNCOUNTED.count, UNCOUNTED.per_s, 1, UNCOUNTED))
        if fixed and isinstance(endpoint.weight, int):
            if len(self._fixed) >= ENDPOINTS_KEPT:  # `request()` makes endpoints without end
                self._fixed.clear()
                self._same.clear()
            return self._fixed.setdefault(endpoint, tuple(self._same.setdefault(pool, pool) for pool in made))
        return tuple(made)

    def _scope(self, rule: RateLimit) -> str:
        """Whose calls are counted together."""
        return self.account[0].key if rule.scope == "uid" else f"{self._host}:ip"

    def _own(self, rule: RateLimit, name: str, params: Params, body: Any) -> Iterable[Pool]:
        key = f"{self._scope(rule)}:{rule.pool or name}:{rule.count}/{rule.per_s}"
        plain = rule.plain
        if rule.budget:
            weight = weight_of(rule.weight, params, body)
            left = self._left[plain] = self._left.get(plain, rule.count) - weight
            if left < 0:
                yield Pool(key, 1, rule.per_s, 1, plain)
        elif not rule.by:
            yield Pool(key, rule.count, rule.per_s, weight_of(rule.weight, params, body), plain)
        else:
            for value, items in parts_by(rule.by, params, body).items():
                weight = sum(weight_of(rule.weight, params, item) for item in items)
                yield Pool(f"{key}:{value}", rule.count, rule.per_s, weight, plain)

    def taken(self, limiter: Limiter) -> dict[str, tuple[int, int]]:
        """Of each limit that a call has met here: slots taken now, and how many there are; by scope, pool and rule."""
        met = {pool.key: pool for pools in self._fixed.values() for pool in pools if pool.rule is not UNCOUNTED}
        found: dict[str, tuple[int, int]] = {}
        for key, pool in met.items():
            used = limiter.taken(pool)
            if used is not None:
                found[self._without_names(key)] = used, pool.limit
        return found

    def _without_names(self, key: str) -> str:
        """A pool's key without whose it is: accounts are named by ids that are nobody's business."""
        for scope, name in (("uid", self.account[0].key), ("ip", f"{self._host}:ip")):
            if key == name:
                return scope
            if key.startswith(f"{name}:"):
                return f"{scope}:{key.removeprefix(f'{name}:')}"
        return key

    def left(self, rule: RateLimit) -> int:
        """Calls of a budget that are left, as far as is known here."""
        return self._left.get(rule.plain, rule.count)

    def told(self, rule: RateLimit, left: int) -> None:
        """The venue's own count of a budget: so many calls are left, or so many too many were made."""
        self._left[rule.plain] = left

    def correct(
        self, limiter: Limiter, pools: Sequence[Pool], endpoint: Endpoint[Any], own: int | None,
        counts: Iterable[tuple[RateLimit, int]],
    ) -> None:  # fmt: skip
        """Take over what an answer's headers say.

        Args:
            limiter: Where the pools are.
            pools: Of the call that was answered.
            endpoint: Likewise.
            own: What is left of each of the endpoint's own limits, if the venue says that.
            counts: What is left of limits by name.
        """
        if own is not None:
            rules = [rule.plain for rule in endpoint.limits]
            for pool in pools:
                if pool.rule in rules:
                    limiter.correct(pool, own)
        for rule, left in counts:
            if rule.budget:
                self.told(rule, left)
            for pool in pools:
                if pool.rule == rule.plain:
                    limiter.correct(pool, left)
