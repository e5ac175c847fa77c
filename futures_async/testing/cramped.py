"""A caller whose `decimal` settings are of no use for money: what the library says must not depend on them."""

from __future__ import annotations

import decimal
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

from futures_async.adapter import Adapter
from futures_async.unified.models import Model, to_json

ONE_DIGIT = decimal.Context(prec=1, rounding=decimal.ROUND_UP)
"""Any sum, product, sign or absolute value that is made in it is wrong, unless it is of one digit."""


class Cramped:
    """An exchange as such a caller uses it, for reads: all that they do, and the first look at each field, is done so.

    Args:
        exchange: What is called.
    """

    def __init__(self, exchange: Adapter) -> None:
        self._exchange = exchange

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._exchange, name)
        if name.startswith("fetch_"):
            return _fetching(found)
        return _walking(found) if name.startswith("iter_") else found


def _fetching(fetch: Callable[..., Any]) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        with decimal.localcontext(ONE_DIGIT):
            return _looked_at(await fetch(*args, **kwargs))

    return call


def _walking(walk: Callable[..., AsyncIterator[Any]]) -> Callable[..., AsyncIterator[Any]]:
    async def call(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        rows = walk(*args, **kwargs)
        while True:
            try:
                with decimal.localcontext(ONE_DIGIT):
                    row = _looked_at(await anext(rows))
            except StopAsyncIteration:
                return
            yield row

    return call


def _looked_at(answer: Any) -> Any:
    """The answer, each of its fields read: some are at their first use."""
    if isinstance(answer, Model):
        to_json(answer)
    elif isinstance(answer, list):
        for row in cast("list[object]", answer):
            _looked_at(row)
    return answer  # pyright: ignore[reportUnknownVariableType] - whatever came
