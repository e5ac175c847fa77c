"""What an endpoint is: declarations, no behaviour. One row per documented call, in each adapter's `endpoints.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Generic, Literal, TypeAlias, TypedDict, TypeVar, Unpack, cast, get_args

import msgspec

from futures_async.transport.piecewise import fitted
from futures_async.unified.convert import check_number
from futures_async.unified.errors import InvalidRequest

T = TypeVar("T")
Params: TypeAlias = Mapping[str, str | int | None]
Weight: TypeAlias = int | Callable[[Params, Any], int]
"""What a call takes of a limit, or how to tell from its query and its body: one for each order of a batch."""


def _fraction(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond all bounds; `finite` refuses what is put in its place
        return Decimal("NaN")


class Kind(StrEnum):
    """What may be repeated after the first byte has left, and which error an ambiguous end becomes."""

    READ = "read"
    """No effect: repeated freely."""
    CANCEL = "cancel"
    """Cancel by id: the same cancel may be repeated, then the order is read."""
    SETTING = "setting"
    """Sets a value: the same value may be repeated, then it is read back."""
    ORDER = "order"
    """Places, edits or closes: never repeated after the first byte."""
    DELTA = "delta"
    """Changes something by an amount: never repeated after the first byte."""


class RateLimit(msgspec.Struct, frozen=True):
    """At most `count` calls in any `per_s` seconds, counted per account (`uid`) or per address (`ip`)."""

    count: int
    """Calls, or what they weigh."""
    per_s: float = 1.0
    """Seconds: any span of this length."""
    scope: Literal["uid", "ip"] = "uid"
    """Counted by account, or by address."""
    pool: str = ""
    """Endpoints that name the same pool share it; "": the endpoint's own."""
    weight: Weight = 1
    """What one call takes of `count`."""
    by: str = ""
    """Counted apart for each value of this field of the query, the body, or the items of a batch: per instrument."""
    budget: bool = False
    """No window: `count` calls in all until the venue grants more (`Pools.told`), and past them one in `per_s`."""

    def taking(self, weight: Weight) -> RateLimit:
        """The same limit, of which a call takes so much."""
        return msgspec.structs.replace(self, weight=weight)

    @property
    def plain(self) -> RateLimit:
        """The limit itself, whatever a call takes of it."""
        return self if self.weight == 1 else self.taking(1)

    def __post_init__(self) -> None:
        check_number("count", self.count, 1, whole=True)
        check_number("per_s", self.per_s, 0, above=True)
        if self.scope not in ("uid", "ip"):
            raise InvalidRequest("scope must be 'uid' or 'ip'")


def weight_of(weight: Weight, params: Params, body: Any) -> int:
    """What one call takes of a limit."""
    return max(1, weight if isinstance(weight, int) else weight(params, body))


def parts_by(name: str, params: Params, body: Any) -> dict[str, list[Any]]:
    """The parts of a call by the value of one field: of each item of a batch, or of the whole call."""
    items: list[Any] = body if isinstance(body, list) and body else [body]  # pyright: ignore[reportUnknownVariableType] - JSON
    found: dict[str, list[Any]] = {}
    for item in items:
        fields: dict[str, Any] = cast("dict[str, Any]", item) if isinstance(item, dict) else {}
        found.setdefault(str(fields.get(name, params.get(name, ""))), []).append(item)
    return found


class Endpoint(Generic[T]):
    """One documented call.

    Args:
        method: HTTP method.
        path: Path under the base URL, from the slash; no query.
        result: Type of the payload inside the venue's envelope.
        limit: The endpoint's own limit or limits, beside those of the account.
        weight: What a call takes of the venue's wide limits.
        kind: See `Kind`.
        private: Needs credentials. False for market data.
        signed: False where a private call carries the key but no signature.
        nullable: The venue documents an empty payload (null): the call then returns None.
        window_s: How long after its timestamp a request is refused, where that is sooner than the venue's
            `VenueTraits.window_s`: it carries an expiry of its own.
        operation: What the body asks for, at venues where one path serves many calls; part of the name.
        cancels: It takes orders away, or has them taken away later, and does nothing else: it goes out after a halt
            too. Cancels by id do anyway.
        aside: It is asked beside other calls, to tell what they do not: what it is refused for says nothing of the
            key, which those are refused for too.
    """

    __slots__ = (
        "_decoders", "aside", "cancels", "idempotent", "kind", "limits", "method", "name", "nullable", "operation",
        "path", "private", "reads", "result", "signed", "weight", "window_s",
    )  # fmt: skip

    def __init__(
        self,
        method: str,
        path: str,
        *,
        result: type[T],
        limit: RateLimit | tuple[RateLimit, ...] = (),
        weight: Weight = 1,
        kind: Kind = Kind.READ,
        private: bool = True,
        signed: bool = True,
        nullable: bool = False,
        window_s: float | None = None,
        operation: str = "",
        cancels: bool = False,
        aside: bool = False,
    ) -> None:
        self.method = method
        self.path = path
        self.result = result
        self.limits = (limit,) if isinstance(limit, RateLimit) else limit
        self.weight = weight
        self.kind = kind
        # Said once: to name a member of an enum takes longer than any of these (on CPython 3.11, 0.3 µs).
        self.reads = kind is Kind.READ
        """It has no effect."""
        self.idempotent = kind in (Kind.READ, Kind.CANCEL, Kind.SETTING)
        """May be repeated although an earlier attempt may have arrived."""
        self.cancels = cancels or kind is Kind.CANCEL
        self.aside = aside
        self.private = private
        self.signed = private and signed
        self.operation = operation
        self.name = f"{method} {path} {operation}".rstrip()
        self.nullable = nullable or result in (None, type(None), Any, msgspec.Raw) or type(None) in get_args(result)
        self.window_s = window_s
        self._decoders: dict[Any, msgspec.json.Decoder[Any]] = {}

    def decoder(self, envelope: Any) -> msgspec.json.Decoder[Any]:
        """The decoder of this row inside `envelope` (a generic struct; None: of the payload alone), built once."""
        found = self._decoders.get(envelope)
        if found is None:
            whole: Any = self.result if envelope is None else envelope[cast("Any", self.result)]
            # float_hook: in fields of any type (`convert.Loose`) a JSON fraction keeps its digits.
            found = msgspec.json.Decoder(whole, strict=False, float_hook=_fraction)
            self._decoders[envelope] = found
        return found

    def row_by_row(self, envelope: Any, body: bytes) -> Any:
        """Decode a body whose rows do not all fit: see `piecewise`. `envelope` as in `decoder`.

        Raises:
            msgspec.MsgspecError: It does not fit, and not for its rows' sake.
        """
        whole = Any if envelope is None else envelope[Any]
        decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(whole, strict=False, float_hook=_fraction)
        found = decoder.decode(body)
        if envelope is None:
            return fitted(found, self.result, self.name)
        return msgspec.structs.replace(found, data=fitted(found.data, self.result, self.name))

    def __repr__(self) -> str:
        return f"Endpoint({self.name})"


Limit: TypeAlias = int | RateLimit | tuple[RateLimit, ...]
"""Of a row of a `Root`: a number alone is so many calls in its `per_s`, by the account, of market data by address."""


class Rest(TypedDict, total=False):
    """What few rows say: see `Endpoint`."""

    weight: Weight
    signed: bool
    nullable: bool
    window_s: float | None
    cancels: bool
    aside: bool


class Root:
    """Where a venue's calls begin. Its methods make their rows: one for market data, and one for each `Kind`.

    Args:
        path: What the paths of the rows begin with.
        per_s: Seconds in which a number of calls that stands alone is allowed.
        signs_reads: False where reads of an account carry the key but no signature.
    """

    def __init__(self, path: str, *, per_s: float = 1.0, signs_reads: bool = True) -> None:
        self.path = path
        self._per_s = per_s
        self._signs_reads = signs_reads

    def market(self, path: str, result: type[T], limit: Limit = (), **rest: Unpack[Rest]) -> Endpoint[T]:
        """What needs no credentials."""
        limits = RateLimit(limit, self._per_s, scope="ip") if isinstance(limit, int) else limit
        return Endpoint("GET", self.path + path, result=result, limit=limits, private=False, **rest)

    def read(
        self, path: str, result: type[T], limit: Limit = (), *, method: str = "GET", **rest: Unpack[Rest]
    ) -> Endpoint[T]:
        """What reads the account."""
        rest.setdefault("signed", self._signs_reads)
        return self._row(method, path, result, limit, Kind.READ, rest)

    def setting(
        self, path: str, result: type[T], limit: Limit = (), *, method: str = "POST", **rest: Unpack[Rest]
    ) -> Endpoint[T]:
        """What sets a value."""
        return self._row(method, path, result, limit, Kind.SETTING, rest)

    def order(
        self, path: str, result: type[T], limit: Limit = (), *, method: str = "POST", **rest: Unpack[Rest]
    ) -> Endpoint[T]:
        """What places, edits or closes."""
        return self._row(method, path, result, limit, Kind.ORDER, rest)

    def cancel(
        self, path: str, result: type[T], limit: Limit = (), *, method: str = "POST", **rest: Unpack[Rest]
    ) -> Endpoint[T]:
        """What cancels by ids."""
        return self._row(method, path, result, limit, Kind.CANCEL, rest)

    def delta(
        self, path: str, result: type[T], limit: Limit = (), *, method: str = "POST", **rest: Unpack[Rest]
    ) -> Endpoint[T]:
        """What changes something by an amount, or cancels without an id."""
        return self._row(method, path, result, limit, Kind.DELTA, rest)

    def _row(self, method: str, path: str, result: type[T], limit: Limit, kind: Kind, rest: Rest) -> Endpoint[T]:
        limits = RateLimit(limit, self._per_s) if isinstance(limit, int) else limit
        return Endpoint(method, self.path + path, result=result, limit=limits, kind=kind, **rest)


def or_null(result: type[T]) -> type[T | None]:
    """`result=or_null(list[WireRow])`: a payload that may be null. Type checkers take no plain union there."""
    return cast("type[T | None]", cast("Any", result) | None)
