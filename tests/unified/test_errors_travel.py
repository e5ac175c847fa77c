"""Every error can be pickled, copied and deep-copied, with all that stands in it."""

from __future__ import annotations

import copy
import importlib
import inspect
import multiprocessing
import pickle
import pkgutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from typing import Any

import msgspec
import pytest

import futures_async
from futures_async.portfolio.told import error_of, failure_as_told
from futures_async.transport.http.backend import Phase
from futures_async.unified import errors
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import (
    Attempt,
    ConnectFailed,
    ExchangeError,
    FuturesAsyncError,
    OrderOutcomeUnknown,
    Portable,
    RequestTimeout,
    UnreadRow,
    UnresolvedOrders,
)


class Payload(msgspec.Struct, frozen=True):
    """As a venue's typed answer."""

    size: Decimal


def modules() -> Iterator[str]:
    for found in pkgutil.walk_packages(futures_async.__path__, "futures_async."):
        # Not those that are a program, or need what only pytest or PyInstaller brings about; and what is raised inside
        # the simulated exchange ends in one of its answers.
        alone = found.name.endswith(("__main__", "pytest_plugin", "hook-futures_async"))
        if not alone and "simulat" not in found.name:
            yield found.name


def errors_of_the_package() -> list[type[Exception]]:
    """All classes of exceptions that any module of the package defines."""
    found: dict[str, type[Exception]] = {}
    for name in modules():
        for kind in vars(importlib.import_module(name)).values():
            if isinstance(kind, type) and issubclass(kind, Exception) and kind.__module__ == name:
                found[f"{name}.{kind.__name__}"] = kind
    return [found[name] for name in sorted(found)]


async def resolver(_deadline_s: float | None) -> str:
    return "found"


EXAMPLES: dict[str, Any] = {
    "str": "text",
    "str | None": "text",
    "int | None": 7,
    "float": 0.5,
    "float | None": 1.5,
    "bool": True,
    "Any": {"raw": Payload(Decimal("1.10")), "rest": msgspec.Raw(b"{}")},
    "object": Payload(Decimal("1.10")),
    "Outcome | None": Outcome.UNKNOWN,
    "Sequence[str]": ("one", "two"),
    "Sequence[Any]": (Payload(Decimal(2)), {"id": "1"}),
    "Sequence[Attempt]": (Attempt(1, "sent", "timeout", 504, "40010"),),
    "Sequence[UnreadRow]": (UnreadRow("total", "total is missing", Payload(Decimal(3)), {"side": "long"}, "x"),),
    "Sequence[OutcomeUnknown]": (OrderOutcomeUnknown("inner", client_order_id="c2"),),
    "ExchangeError | None": ExchangeError("said no", venue="toy", code="12001", http_status=400),
    "FuturesAsyncError": RequestTimeout("no answer"),
    "Callable[[float | None], Awaitable[Any]] | None": resolver,
    "FailureKind": "refused",
    "Phase": Phase.BODY_STARTED,
}
"""A value for each kind of argument that a constructor takes, by its annotation."""


def example(kind: type[Exception]) -> Exception:
    """One with every argument given and every declared attribute set."""
    if not inspect.isfunction(kind.__init__):
        error = kind("what went wrong")
    else:
        given: list[Any] = []
        named: dict[str, Any] = {}
        for parameter in list(inspect.signature(kind).parameters.values()):
            value = EXAMPLES.get(str(parameter.annotation), "text")
            if parameter.kind is parameter.KEYWORD_ONLY:
                named[parameter.name] = value
            else:
                given.append(value)
        error = kind(*given, **named)
    for base in kind.__mro__:
        for name, annotation in vars(base).get("__annotations__", {}).items():
            if "ClassVar" not in annotation and not name.startswith("_"):
                setattr(error, name, EXAMPLES.get(annotation, "text"))
    error.add_note("seen by a test")
    error.__cause__ = ConnectFailed("the cause", kind="dns")
    return error


def shown(value: Any) -> Any:
    """What can be compared: errors are equal only to themselves."""
    if isinstance(value, BaseException):
        named = {name: shown(part) for name, part in vars(value).items() if name != "_resolver"}
        return (type(value), value.args, str(value), named, shown(value.__cause__), value.__suppress_context__)
    if isinstance(value, (list, tuple)):
        return [shown(part) for part in value]  # pyright: ignore[reportUnknownVariableType] - of anything
    if isinstance(value, msgspec.Raw):
        return bytes(value)
    if isinstance(value, dict):
        return {key: shown(part) for key, part in value.items()}  # pyright: ignore[reportUnknownVariableType] - as above
    return value


def pickled(protocol: int) -> Callable[[Any], Any]:
    def there_and_back(error: Any) -> Any:
        return pickle.loads(pickle.dumps(error, protocol))

    return there_and_back


WAYS: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {n}": pickled(n) for n in range(2, pickle.HIGHEST_PROTOCOL + 1)},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", errors_of_the_package(), ids=lambda kind: kind.__name__)
def test_every_error_travels_with_all_its_attributes(kind: type[Exception], way: str) -> None:
    error = example(kind)
    if not isinstance(error, Portable):
        error.__cause__ = None  # none of the library's errors, and never a user's: its class and words are enough
        error.__suppress_context__ = False
    there = WAYS[way](error)
    assert there is not error
    assert shown(there) == shown(error)


def test_a_copy_in_this_process_can_still_be_resolved_and_one_elsewhere_says_that_it_is_unknown() -> None:
    error = OrderOutcomeUnknown("lost", resolver=resolver)
    for near in (copy.copy(error), copy.deepcopy(error)):
        assert near._resolver is resolver  # pyright: ignore[reportPrivateUsage] - shared, not copied
    away = pickle.loads(pickle.dumps(error))
    for _ in range(2):
        with pytest.raises(OrderOutcomeUnknown) as caught:
            away.resolve().send(None)
        assert str(caught.value) == (
            "lost (resolve() can ask nobody here: read it back, or look at the venue before it is sent again)"
        )
    away.symbol, away.client_order_id = "BTC/USDT:USDT", "c1"
    with pytest.raises(OrderOutcomeUnknown, match=r"ask resolve_order\('BTC/USDT:USDT', 'c1'\) of an exchange object"):
        away.resolve().send(None)


BEFORE = b"""\x80\x02cfutures_async.unified.errors
_remade
q\x00cfutures_async.unified.errors
OrderOutcomeUnknown
q\x01X\x04\x00\x00\x00lostq\x02\x85q\x03\x86q\x04Rq\x05}q\x06(X\x05\x00\x00\x00venueq\x07X\x03\x00\x00\x00toyq\x08X\x08\x00\x00\x00attemptsq\x0e]q\x0fcfutures_async.unified.errors
Attempt
q\x10(K\x01X\x04\x00\x00\x00sentq\x11X\x07\x00\x00\x00timeoutq\x12NX\x00\x00\x00\x00q\x13tq\x14\x81q\x15auh\x00cfutures_async.unified.errors
ConnectFailed
q\x16X\x02\x00\x00\x00noq\x17\x85q\x18\x86q\x19Rq\x1a}q\x1bX\x04\x00\x00\x00kindq\x1cX\x03\x00\x00\x00dnsq\x1dsN\x89\x87q\x1eb\x88\x87q\x1fb."""
"""An error with its cause, as it was written when all of them stood in one module."""


def test_an_error_that_was_kept_before_the_errors_were_moved_can_be_read() -> None:
    error = pickle.loads(BEFORE)
    assert isinstance(error, OrderOutcomeUnknown)
    assert (error.text, error.venue, error.attempts) == ("lost", "toy", [Attempt(1, "sent", "timeout")])
    assert isinstance(error.__cause__, ConnectFailed)
    assert error.__cause__.kind == "dns"


def test_errors_that_name_each_other_travel_too() -> None:
    inner = OrderOutcomeUnknown("inner")
    outer = UnresolvedOrders("outer", errors=[inner])
    inner.__cause__ = outer
    for way in ("pickle 2", "deepcopy"):
        there = WAYS[way](outer)
        assert there.errors[0].__cause__ is there


def test_a_cause_of_another_library_stays_behind() -> None:
    error = ConnectFailed("no", kind="refused")
    error.__cause__ = ValueError(lambda: None)
    assert pickle.loads(pickle.dumps(error)).__cause__ is None


def test_a_deep_copy_shares_nothing_that_can_change() -> None:
    error = UnresolvedOrders("outer", errors=[OrderOutcomeUnknown("inner")])
    assert copy.deepcopy(error).errors[0] is not error.errors[0]
    assert copy.copy(error).errors is error.errors


def fail(kind: str) -> None:
    raise ConnectFailed("no route", kind=kind)


def test_an_error_of_a_worker_process_reaches_its_parent() -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        with pytest.raises(FuturesAsyncError, match="no route") as caught:
            pool.submit(fail, "unreachable").result()
        assert isinstance(caught.value, ConnectFailed)
        assert caught.value.kind == "unreachable"
        assert pool.submit(abs, -1).result() == 1  # and the pool goes on


@pytest.mark.parametrize("name", [name for name in errors.__all__ if isinstance(getattr(errors, name), type)])
def test_what_another_process_tells_of_an_error_is_of_its_class(name: str) -> None:
    kind: Any = getattr(errors, name)
    if not issubclass(kind, FuturesAsyncError):
        pytest.skip("no error of a call")
    error = example(kind)
    again = error_of(failure_as_told(error))
    assert type(again) is kind
    assert str(again) == str(error)
