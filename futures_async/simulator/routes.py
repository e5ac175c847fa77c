"""The marks of a simulated venue's handlers: which path each serves, and under which limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias, TypeVar

from futures_async.simulator.refusals import VenueRefusal
from futures_async.simulator.wire import Handler, Request, Route
from futures_async.transport.endpoint import Kind, RateLimit

H = TypeVar("H", bound=Callable[..., Any])


Of: TypeAlias = Callable[[Any, Callable[..., Any], Request], Any]
"""Makes a payload of rows: of the dialect, of the handler that writes one row, and of the request."""


class Row(NamedTuple):
    """What a handler is marked with: the route it will be, once its dialect is made."""

    method: str
    path: str
    limit: RateLimit | tuple[RateLimit, ...]
    of: Of | None
    more: Mapping[str, Any]


@cache
def declared(cls: type[Any]) -> Sequence[tuple[str, Row | Route]]:
    """What a dialect and its bases declare, by the names of their handlers: looked for once, for exchanges are many."""
    found: list[tuple[str, Row | Route]] = []
    for base in reversed(cls.__mro__):
        constants: Sequence[Route] = vars(base).get("constants", ())
        found += [("", route) for route in constants]
        for name, handler in vars(base).items():
            rows: Sequence[Row] = getattr(handler, "rows", ())
            found += [(name, row) for row in rows]
    return found


def route(
    method: str, path: str, limit: RateLimit | tuple[RateLimit, ...] = (), *, of: Of | None = None, **more: Any
) -> Callable[[H], H]:
    """Declare that a handler serves a path; `more` as `Route` takes it. One handler may serve several.

    With `of` the handler writes one row, and `of` the payload: `one`, `each`, or a function of the venue's own.
    """

    def mark(handler: H) -> H:
        rows: list[Row] = handler.__dict__.setdefault("rows", [])
        rows.append(Row(method, path, limit, of, more))
        return handler

    return mark


def get(path: str, limit: RateLimit | tuple[RateLimit, ...] = (), **more: Any) -> Callable[[H], H]:
    """A read."""
    return route("GET", path, limit, **more)


def public(path: str, limit: RateLimit | tuple[RateLimit, ...] = (), **more: Any) -> Callable[[H], H]:
    """A read for everybody."""
    return route("GET", path, limit, private=False, **more)


def post(
    path: str, limit: RateLimit | tuple[RateLimit, ...] = (), kind: Kind = Kind.READ, **more: Any
) -> Callable[[H], H]:
    """A write, unless it is a read all the same."""
    return route("POST", path, limit, kind=kind, **more)


def always(payload: Any) -> Handler:
    """A handler that gives the same to everybody: a product line that is not simulated, a list that stays empty."""
    return lambda request: payload


def refusing(refusal: VenueRefusal) -> Handler:
    """A handler that refuses everybody."""

    def refuse(request: Request) -> Any:
        raise refusal

    return refuse
