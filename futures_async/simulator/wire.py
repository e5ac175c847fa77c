"""A request as it came to the simulated exchange, the endpoint that serves it, and the answer; no HTTP library's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec

from futures_async.simulator.accounts import Account
from futures_async.simulator.errors import BadBody, EngineError
from futures_async.simulator.refusals import Table
from futures_async.transport.endpoint import Kind, RateLimit, Weight
from futures_async.unified.convert import UNREADABLE


class Response(NamedTuple):
    """An answer."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json;charset=UTF-8"


class Request:
    """One request, as it came. Header names are lower case.

    Attributes:
        method: Upper case.
        path: Without the query.
        query: As sent, without the question mark.
        body: As sent.
        headers: By lower-case name.
        client: The address that it came from; limits per IP count by it.
        now_ms: The exchange's time of arrival.
        route: Who serves it; None before that is known.
    """

    __slots__ = (
        "_account", "_json", "_params", "body", "client", "headers", "method", "now_ms", "path", "query", "route",
    )  # fmt: skip

    def __init__(
        self,
        method: str,
        path: str,
        query: str = "",
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        client: str = "127.0.0.1",
        now_ms: int = 0,
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.headers = headers or {}
        self.client = client
        self.now_ms = now_ms
        self._params: dict[str, str] | None = None
        self._json: Any = None
        self._account: Account | None = None
        self.route: Route | None = None

    @property
    def account(self) -> Account:
        """Who asks; on private routes only."""
        if self._account is None:
            raise RuntimeError("a public route has no account")
        return self._account

    def belongs_to(self, account: Account) -> None:
        """Say who asks; done once, after `authenticate`."""
        self._account = account

    @property
    def uid(self) -> str | None:
        """The account's, on private routes."""
        return None if self._account is None else self._account.uid

    def header(self, name: str) -> str:
        """A header by its lower-case name; "" when it is missing."""
        return self.headers.get(name, "")

    @property
    def params(self) -> dict[str, str]:
        """The query, decoded; of repeated names the last counts."""
        if self._params is None:
            self._params = dict(parse_qsl(self.query, keep_blank_values=True))
        return self._params

    def json(self) -> Any:
        """The body, decoded; numbers that are not whole come as Decimal.

        Raises:
            BadBody: Not JSON.
        """
        if self._json is None:
            try:
                self._json = _JSON.decode(self.body or b"{}")
            except UNREADABLE:
                raise BadBody("the body is not JSON") from None
        return self._json

    def fields(self) -> dict[str, Any]:
        """The body, where it must be an object.

        Raises:
            BadBody: It is not.
        """
        found = self.json()
        if not isinstance(found, dict):
            raise BadBody("the body is not a JSON object")
        return found  # pyright: ignore[reportUnknownVariableType] - any object

    @property
    def values(self) -> Mapping[str, Any]:
        """What the request names: the query of a GET, else the fields of the body."""
        return self.params if self.method == "GET" else self.fields()


_JSON: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)

Handler = Callable[[Request], Any]


class Route:
    """One endpoint.

    Args:
        method: Upper case.
        path: Whole path; with what the body asks for behind it (`/info meta`) where `Dialect.operation` tells that.
        handler: Gives the payload.
        limit: The endpoint's own limit or limits; scope `uid` or `ip`.
        private: Needs authentication.
        kind: What it does; fault plans choose by it.
        fallback: Gives way to a proper route of another dialect.
        needs: Fields without which the request is refused.
        weight: What a call takes of the venue's wide limits.
        codes: Where this endpoint says an error of the engine otherwise than the venue's tables.
    """

    __slots__ = ("codes", "fallback", "handler", "kind", "limits", "method", "needs", "path", "private", "weight")

    def __init__(
        self,
        method: str,
        path: str,
        handler: Handler,
        limit: RateLimit | tuple[RateLimit, ...] = (),
        *,
        private: bool = True,
        kind: Kind = Kind.READ,
        fallback: bool = False,
        needs: str = "",
        weight: Weight = 1,
        codes: Mapping[type[EngineError], str | tuple[str, str]] | None = None,
    ) -> None:
        self.method = method
        self.path = path
        self.handler = handler
        self.limits = (limit,) if isinstance(limit, RateLimit) else limit
        self.private = private
        self.kind = kind
        self.fallback = fallback
        self.needs = needs.split()
        self.weight = weight
        self.codes: Table = {
            cls: (code, None) if isinstance(code, str) else code for cls, code in (codes or {}).items()
        }

    @property
    def name(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"
