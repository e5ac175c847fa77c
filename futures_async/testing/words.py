"""Arguments that take a word of an enum: taken as plain text too, and what is none of the words is refused unsent.

So is what is no symbol, wherever one is taken.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterator, Awaitable
from enum import StrEnum
from typing import Any, NamedTuple, get_args, get_type_hints

import pytest

from futures_async.adapter import Adapter
from futures_async.testing.base import Contract
from futures_async.testing.loopback import Loopback, Running
from futures_async.unified import errors
from futures_async.unified.exchange import Capability


class Choice(NamedTuple):
    """One argument of one public method."""

    method: str
    argument: str
    kind: type[StrEnum]
    required: dict[str, Any]
    """What else the method must be given, with words that it takes."""


def choices(adapter: type[Adapter]) -> list[Choice]:
    """All of an adapter's: those of its venue's own methods included."""
    found: list[Choice] = []
    for method, function in inspect.getmembers(adapter, inspect.isfunction):
        if method.startswith("_") or method == "supports":  # a question, and the answer is no
            continue
        hints = get_type_hints(function)
        parameters = list(inspect.signature(function).parameters.values())[1:]
        for parameter in parameters:
            for kind in _words(hints.get(parameter.name)):
                others = (one for one in parameters if one.default is one.empty and one is not parameter)
                required = {
                    other.name: next((next(iter(of)) for of in _words(hints.get(other.name))), 1) for other in others
                }
                found.append(Choice(method, parameter.name, kind, required))
    return found


LEFT_OUT = ("cancel_orders",)
"""Of the interface: judges each id alone, so that a list comes back."""


def takes_symbol(adapter: type[Adapter]) -> list[Choice]:
    """The calls of the interface that take one symbol, with what else they must be given."""
    found: list[Choice] = []
    for method, function in inspect.getmembers(adapter, inspect.isfunction):
        parameters = inspect.signature(function).parameters
        if method not in set(Capability) - {*LEFT_OUT} or "symbol" not in parameters:
            continue
        hints = get_type_hints(function)
        others = (one for one in list(parameters.values())[1:] if one.default is one.empty and one.name != "symbol")
        required = {other.name: next((next(iter(of)) for of in _words(hints.get(other.name))), "1") for other in others}
        found.append(Choice(method, "symbol", StrEnum, required))
    return found


def _words(hint: Any) -> list[type[StrEnum]]:
    """The enums that a hint names."""
    return [kind for kind in (hint, *get_args(hint)) if isinstance(kind, type) and issubclass(kind, StrEnum)]


class Recorded(NamedTuple):
    """What a call has sent and how it ended."""

    sent: list[str]
    error: errors.FuturesAsyncError | None


async def call(on: Running, choice: Choice, word: object) -> Recorded:
    """Call the method with this word, and whatever else it must have."""
    sent: list[str] = []
    channel = on.exchange._channel  # pyright: ignore[reportPrivateUsage] - to see the bodies
    send = channel.call

    async def record(endpoint: Any, params: Any = None, body: Any = None, **options: Any) -> Any:
        sent.append(re.sub(r"\d{13,}", "(a time or an id)", f"{endpoint.name} {params} {body}"))
        return await send(endpoint, params, body, **options)

    others = choice.required | ({"symbol": on.spec.symbol} if "symbol" in choice.required else {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(channel, "call", record)
        try:
            begun: Awaitable[Any] | AsyncIterator[Any] = getattr(on.exchange, choice.method)(
                **others, **{choice.argument: word}
            )
            if isinstance(begun, AsyncIterator):
                async for _ in begun:
                    pass
            else:
                await begun
        except errors.FuturesAsyncError as error:
            return Recorded(sent, error)
    return Recorded(sent, None)


class Words(Contract):
    """See the module."""

    async def test_a_word_that_is_none_is_refused_before_anything_is_sent(self, server: Loopback) -> None:
        async with self.on(server) as on:
            for choice in choices(type(on.exchange)):
                sent, error = await call(on, choice, "sideways")
                assert sent == [], choice
                if not isinstance(error, errors.NotSupported):
                    assert isinstance(error, errors.InvalidRequest), choice
                    assert str(error).startswith(f"{choice.argument} must be one of {', '.join(choice.kind)}, not 'si")

    async def test_every_call_refuses_what_is_no_symbol_before_anything_is_sent(self, server: Loopback) -> None:
        async with self.on(server) as on:
            for choice in takes_symbol(type(on.exchange)):
                for symbol in (5, "", "BTC/USDT:USDT\n"):
                    sent, error = await call(on, choice, symbol)
                    assert sent == [], choice
                    assert isinstance(error, (errors.InvalidRequest, errors.NotSupported)), choice

    async def test_a_word_may_be_plain_text(self, server: Loopback) -> None:
        async with self.on(server) as on:
            found = choices(type(on.exchange))
        for choice in found:
            for member in choice.kind:
                async with self.on(server) as on:
                    first = await call(on, choice, member)
                async with self.on(server) as on:
                    second = await call(on, choice, member.value)
                assert first.sent == second.sent, choice
                assert (type(first.error), str(first.error)) == (type(second.error), str(second.error)), choice
