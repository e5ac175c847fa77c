"""All objects of an account that share a limiter say the same limit: two numbers for one account are a mistake.

The limiter would hold to one of them, and to which depends on the kind of limiter and on who calls first.
"""

from __future__ import annotations

import gc
from typing import Protocol
from weakref import WeakKeyDictionary, ref

from futures_async.transport.forks import ModuleLock
from futures_async.transport.limits.limiter import Limiter, Pool
from futures_async.transport.limits.none import NoLimiter
from futures_async.transport.limits.pools import Pools
from futures_async.unified.errors import InvalidRequest


class Holder(Protocol):
    """One who calls for an account."""

    closed: bool
    pools: Pools


_lock = ModuleLock()
_holders: WeakKeyDictionary[Limiter, dict[str, list[ref[Holder]]]] = WeakKeyDictionary()


def claim(limiter: Limiter, holder: Holder) -> None:
    """Note that `holder` calls for its account, until it is closed or gone.

    Raises:
        InvalidRequest: An open object of the account has another limit.
    """
    if isinstance(limiter, NoLimiter):
        return
    for pool in holder.pools.account:
        other = _other(limiter, pool)
        if other is not None:
            gc.collect()  # one that was dropped without being closed, and hangs in a circle
            other = _other(limiter, pool)
        if other is not None:
            raise InvalidRequest(
                f"uid_limit is {pool.limit} calls in {pool.per_s:g} s, and an open object of the same account has "
                f"{other.limit} in {other.per_s:g} s: give all of them the same, or close the other first"
            )
        with _lock:
            held = _holders.setdefault(limiter, {}).setdefault(pool.key, [])
            alone = not any(_is_open(one()) for one in held)
            if len(held).bit_count() == 1:  # whenever there are twice as many
                held[:] = [one for one in held if _is_open(one())]
            held.append(ref(holder))
        if alone:
            limiter.restate(holder.pools.of_read(holder.pools.account))


def _is_open(holder: Holder | None) -> bool:
    return holder is not None and not holder.closed


def _other(limiter: Limiter, pool: Pool) -> Pool | None:
    """Another limit of this account that is in use: the first open object speaks for all. What is over is forgotten."""
    with _lock:
        accounts = _holders.get(limiter, {})
        holder = next((holder for one in accounts.get(pool.key, ()) if _is_open(holder := one())), None)
        if holder is None:
            accounts.pop(pool.key, None)
            return None
        said = next((other for other in holder.pools.account if other.key == pool.key), pool)
        return None if (said.limit, said.per_s) == (pool.limit, pool.per_s) else said
