"""How a venue signs, wraps and refuses: the seam between the transport and an adapter's `dialect.py`.

A dialect knows nothing of HTTP libraries, waiting, retrying or clocks. It is given bytes and a time, and
answers with headers; it is given a decoded envelope, and answers whether the venue refused.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar
from urllib.parse import quote

import msgspec

from futures_async.transport.endpoint import Endpoint, Kind, RateLimit
from futures_async.transport.endpoint import Params as Params
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import DuplicateOrder, ExchangeError, OrderRejected, RateLimited, VenueUnavailable


class VenueTraits(msgspec.Struct, frozen=True, kw_only=True):
    """What order safety may rely on at a venue; the defaults are the worst case (RELIABILITY §4)."""

    client_id: bool = False
    """Orders carry an id of ours."""
    client_id_pattern: str = r"[A-Za-z0-9]{1,32}"
    """What such an id may look like (full match)."""
    echoes_client_id: bool = False
    """The answer to a placement repeats it."""
    acks_in_book: bool = False
    """The answer to a placement comes from the engine that has taken the order, not from a gateway before it: what is
    set after that finds the order there."""
    lookup_by_client_id: bool = False
    """An order can be found by it, directly or in complete lists."""
    dedup: Literal["all", "open", "none", "unknown"] = "unknown"
    """Among which orders the venue refuses a repeated client id."""
    dedup_ttl_s: float | None = None
    """How long it remembers them."""
    window_s: float | None = None
    """A signed request is refused this long after its timestamp; None: never, so nothing can be proved absent."""
    recv_window_param: str | None = None
    """Request field that shortens the window."""
    visibility_lag_s: float = 5.0
    """How long a placed order may stay invisible to lookups."""
    rate_429_is_gateway: bool = False
    """A 429 is answered before the order is read, so it proves that nothing happened."""
    rate_code_is_gateway: bool | None = None
    """The same of the venue's own code for it, where that is another thing than a 429 without one; None: no other."""
    replay: bool = False
    """The same signed bytes take effect once at most: a write whose answer was lost is sent again as it was, while
    `window_s` lasts. The answer to the first copy that arrived is the write's own; others are refused as duplicates."""
    moves_prices: bool = False
    """A limit price too far from the market is moved in silence, so an order at another price may still be ours."""

    def limited_first(self, error: RateLimited) -> bool:
        """This rate limit was answered before the request was read."""
        own = self.rate_code_is_gateway if error.code and error.http_status != 429 else None
        return self.rate_429_is_gateway if own is None else own


class Code(NamedTuple):
    """What one of the venue's codes means."""

    error: type[ExchangeError]
    definitive: bool
    """On a first attempt at a write, this answer proves that nothing happened."""
    transient: bool = False
    """Reading again later may well succeed."""
    any_status: bool = False
    """`definitive` holds under a status of 500 and more too, where else an edge may have spoken."""


E = TypeVar("E", bound=ExchangeError)
ADVICE = {
    Kind.CANCEL: "nothing was cancelled by it: cancel again once the reason is gone",
    Kind.SETTING: "nothing was changed by it: ask again once the reason is gone",
    Kind.DELTA: "nothing was changed by it: ask again once the reason is gone",
}
"""What to do after a refusal that was of no order, where nothing else was done beside it."""


def advised(error: E, endpoint: Endpoint[Any]) -> E:
    """A refusal with what to do next, where its class speaks of placing and nothing was to be placed."""
    if type(error) is OrderRejected and endpoint.kind in ADVICE:
        error.advice = ADVICE[endpoint.kind]
    return error


def span(first: int, last: int) -> range:
    """Codes from one to another, both included, upwards or downwards."""
    step = 1 if last >= first else -1
    return range(first, last + step, step)


def refused(error: type[ExchangeError], *codes: str | int) -> dict[str, Code]:
    """Codes of plain refusals: the venue judged the request and did nothing."""
    if issubclass(error, (DuplicateOrder, VenueUnavailable)):
        return ambiguous(error, *codes)
    return {str(code): Code(error, definitive=True) for code in codes}


def ambiguous(error: type[ExchangeError], *codes: str | int, transient: bool = False) -> dict[str, Code]:
    """Codes after which a write may have been executed all the same."""
    return {str(code): Code(error, definitive=False, transient=transient) for code in codes}


def passing(error: type[ExchangeError], *codes: str | int) -> dict[str, Code]:
    """Refusals before execution that go away by themselves: rate limits, a wrong clock."""
    return {str(code): Code(error, definitive=True, transient=True) for code in codes}


class SealedHeaders:
    """Request headers whose repr shows nothing: they carry key, signature and passphrase.

    Args:
        items: Names and values.
        behind: Others that go before them; what never changes is kept there, and written once.
    """

    __slots__ = ("_behind", "_items", "_lines")

    def __init__(self, items: Iterable[tuple[str, str]], behind: SealedHeaders | None = None) -> None:
        self._items = tuple(items)
        self._behind = behind
        self._lines: str | None = None

    def open(self) -> tuple[tuple[str, str], ...]:
        """The headers themselves, to be handed to the HTTP library at once."""
        return self._items if self._behind is None else (*self._behind.open(), *self._items)

    def lines(self) -> str | None:
        """As they stand in a request's head, to be written at once; None if they cannot stand in one.

        A line break within a value would begin another header.
        """
        if self._lines is None:
            own = [f"{name}: {value}" for name, value in self._items]
            before = "" if self._behind is None else self._behind.lines()
            plain = "".join(own)
            if before is None or not plain.isascii() or not plain.isprintable():
                return None
            own.append("")
            self._lines = before + "\r\n".join(own)
        return self._lines

    def __repr__(self) -> str:
        return f"SealedHeaders({len(self.open())})"


class Unsigned(msgspec.Struct, frozen=True, gc=False):
    """The bytes that go on the wire, before their signature."""

    method: str
    path: str
    query: str
    """As sent, without the question mark; "" when there is none."""
    body: bytes
    """As sent; b"" when there is none."""
    serial: int = 0
    """Of `Dialect.series`; 0 where that names none."""

    def __repr__(self) -> str:
        # Once it is sealed, its query or its body holds a signature, and it stands in the frames of many an error.
        return f"Unsigned({self.method} {self.path})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("method", self.method), ("path", self.path)]


class Refusal(NamedTuple):
    """The venue said no: its code as text, and its message."""

    code: str
    message: str


class Dialect(ABC):
    """One per venue; stateless but for what the constructor fixes."""

    venue: ClassVar[str]
    base_url: str
    """Where requests go unless the caller says otherwise; set by the constructor where a venue has several hosts."""
    demo_support: ClassVar[Literal["none", "host", "header"]] = "none"
    """How the venue's demo trading is reached: not at all, at `demo_url`, or by a header that `headers` adds."""
    demo_url: ClassVar[str | None] = None
    """Base URL of the demo venue, where it has its own host."""
    in_demo: bool = False
    """Set by the adapter that was constructed with `demo=True`."""
    traits: ClassVar[VenueTraits]
    envelope: ClassVar[Any]
    """Generic msgspec struct around the payload, with a field `data`; frozen, lax about missing fields."""
    bare: ClassVar[bool] = False
    """Payloads come with nothing around them: `envelope` is what a refusal says in their place, and its `data` what
    came where it says none. Every field of it has a default."""
    codes: ClassVar[Mapping[str, Code]]
    hints: ClassVar[Mapping[str, str]] = {}
    """What to do about some of the codes: told behind the venue's message."""
    account_limit: ClassVar[RateLimit | None] = RateLimit(10)
    """Over all private endpoints of an account, unless its user gives `uid_limit`; None: the venue has none."""
    wide_limits: ClassVar[tuple[RateLimit, ...]] = ()
    """Limits over all endpoints beside the account's own, such as so many a minute per address; what a call takes of
    them is its endpoint's `weight`."""
    credentials_needed: ClassVar[tuple[str, ...]] = ()
    """Which of passphrase and memo a private call cannot do without."""

    def query(self, params: Params) -> str:
        """The query as sent: None dropped, order kept, values escaped where they must be."""
        return join_query(params.items())

    def body(self, body: Any) -> bytes:
        """The body as sent: compact JSON."""
        return msgspec.json.encode(body)

    def public_headers(self) -> Sequence[tuple[str, str]]:
        """Headers of every call, beside User-Agent."""
        return ()

    def standing_headers(self, credentials: Credentials) -> Sequence[tuple[str, str]]:
        """Headers of every private call that never change, such as the key's."""
        return ()

    def series(self, endpoint: Endpoint[Any], credentials: Credentials) -> str | None:
        """Whose calls are numbered, each attempt with a number of its own: a signer, at venues that want nonces to be
        unique for each. Numbers are Unix milliseconds or, where several fall into one, somewhat later."""
        return None

    def seal(self, request: Unsigned, endpoint: Endpoint[Any], credentials: Credentials, now_ms: int) -> Unsigned:
        """A private call with what goes into its query or body for each attempt, at venues that sign there."""
        return request

    @abstractmethod
    def headers(
        self, request: Unsigned, endpoint: Endpoint[Any], credentials: Credentials, now_ms: int
    ) -> SealedHeaders:
        """The other headers of a private call, signed over exactly the bytes of `request`, which is sealed."""

    @abstractmethod
    def refusal(self, envelope: Any) -> Refusal | None:
        """What a decoded envelope says: None for success."""

    def said(self, code: object, message: object) -> Refusal:
        """For `refusal`: the venue's code and message, with our hint behind it."""
        number, text = str(code), str(message or "refused without a message")
        hint = self.hints.get(number)
        return Refusal(number, f"{text} ({hint})" if hint else text)

    def bare_refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> Refusal | None:
        """What an answer without the venue's envelope says, as one of `codes`; None: what its HTTP status says.

        For a page that a region, a gateway or a path that is gone answers with (lower-case header names).
        """
        return None

    def payload(self, envelope: Any) -> Any:
        """The payload of a good envelope; override where verdicts on single items stand beside it."""
        return envelope.data

    def rule(self, refusal: Refusal, endpoint: Endpoint[Any]) -> Code | None:
        """What a code means here; override where a venue uses one code for several things."""
        return self.codes.get(refusal.code)

    def judged(self, refusal: Refusal, endpoint: Endpoint[Any], raw: Any = None) -> ExchangeError:
        """The error of one item of a list whose others may have succeeded, as `rule` has it; `raw` is the item."""
        rule = self.rule(refusal, endpoint)
        definitive = rule is not None and rule.definitive
        error = (ExchangeError if rule is None else rule.error)(
            refusal.message or "refused without a message",
            venue=self.venue,
            code=refusal.code,
            endpoint=endpoint.name,
            outcome=Outcome.REJECTED if definitive else None,
            definitive=definitive,
            raw=raw,
        )
        return advised(error, endpoint)

    def server_ms(self, envelope: Any) -> int | None:
        """The venue's clock as the envelope tells it, if it does."""
        return None

    def named(self, envelope: Any) -> Iterable[str]:
        """Ids, the venue's or ours, of the order that a refused write was about, where the refusal tells."""
        return ()

    def header_ms(self, headers: Mapping[str, str]) -> int | None:
        """The venue's clock as a header tells it exactly, if one does (lower-case header names)."""
        return None

    def remaining(self, headers: Mapping[str, str]) -> int | None:
        """Calls left in the endpoint's current window, where the answer says so (lower-case header names)."""
        return None

    def counts(self, headers: Mapping[str, str]) -> Iterable[tuple[RateLimit, int]]:
        """What is left of limits that have a name or are wide, where the answer says so (lower-case header names)."""
        return ()

    def retry_after_s(self, headers: Mapping[str, str], now_ms: int) -> float | None:
        """How long a rate limit lasts, at venues that say it elsewhere than in Retry-After.

        Args:
            headers: Lower-case names.
            now_ms: The venue's time, for those that name a moment.
        """
        return None

    def ban_s(self, refusal: Refusal, now_ms: int) -> float | None:
        """How long a ban or a rate limit lasts, where the refusal's code or words tell it; see `retry_after_s`."""
        return None


def number_in(headers: Mapping[str, str], name: str, digits: int = 9) -> int | None:
    """The whole number that a header has; None where it has none, or one of more digits."""
    text = headers.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


def join_query(items: Iterable[tuple[str, str | int | None]]) -> str:
    """`a=1&b=2`: percent-encodes only what needs it, so that the signed text is the sent text."""
    pairs = [f"{key}={value}" for key, value in items if value is not None]
    query = "&".join(pairs)
    # Nearly always nothing needs escaping, which one look at the whole tells: all that is left are our `=` and `&`.
    if query.encode().translate(None, _UNRESERVED) == (b"=&" * len(pairs))[:-1]:
        return query
    return "&".join(f"{key}={quote(text, safe='-._~')}" for key, _, text in (pair.partition("=") for pair in pairs))
