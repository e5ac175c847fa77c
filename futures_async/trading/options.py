"""What an adapter's constructor takes by name, each option with its type, its check and its default in one line.

An adapter with options of its own declares a `TypedDict` on top of `Options` in the same way and names it as `takes`;
`own_options` checks them. What is wrong is refused at construction: an option is never wrong in silence.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, TypedDict, cast, get_type_hints

from futures_async.journal.journal import Journal
from futures_async.journal.opening import Place
from futures_async.streams.backend import StreamBackend
from futures_async.streams.events import StreamEvent
from futures_async.trading.bounds import OrderBounds
from futures_async.transport.endpoint import RateLimit
from futures_async.transport.events import CallEvent
from futures_async.transport.http.backend import Timeouts
from futures_async.transport.http.choose import Http
from futures_async.transport.http.route import read_address, read_proxy, read_roots
from futures_async.transport.limits.limiter import Limiter
from futures_async.transport.retry import RetryPolicy
from futures_async.transport.urls import check_base_url
from futures_async.unified.convert import chosen
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.given import flag, wrong
from futures_async.unified.models import Order
from futures_async.unified.secret_url import SecretUrl
from futures_async.unified.words import elsewhere, near

MILLISECONDS = 1000
"""A time limit from here on is meant in other libraries' unit."""
PARTS = ("key", "secret", "passphrase", "memo", "uid")
"""Of credentials: no options."""
Take = Callable[[Any, str], Any]
"""From what was given and the option's name to the value that is used; raises `InvalidRequest`."""


class Option(NamedTuple):
    """How one option is read."""

    take: Take
    default: Any = None
    """Where nothing was given. None means that None may be given, too."""
    plain: bool = False
    """Text, a number, true or false, which a keys file can hold."""


def one_of(*words: str) -> Take:
    """One of the words, in capitals or not; read in the spelling given here."""
    spelled = {word.lower(): word for word in words}

    def take(value: Any, name: str) -> str:
        found = spelled.get(value.lower()) if isinstance(value, str) else None
        if found is None:
            shown = repr(value[:40]) if isinstance(value, str) else type(value).__name__
            raise InvalidRequest(f"{name} must be one of {', '.join(words)}, not {shown}")
        return found

    return take


def member(kind: type[StrEnum]) -> Take:
    """A member of an enum, or its word."""
    return lambda value, name: chosen(kind, value, name)


def coin(value: Any, name: str) -> str:
    """The name of a coin; read in capitals."""
    if not isinstance(value, str) or not (value.isascii() and value.isalnum() and len(value) <= 20):
        raise wrong(name, 'the name of a coin, such as "USDT"', value)
    return value.upper()


def instance(kind: type[Any], example: str) -> Take:
    """An object of a class; `example` shows how to make one."""

    def take(value: Any, name: str) -> Any:
        if not isinstance(value, kind):
            raise wrong(name, f"an object such as {example}", value)
        return value

    return take


def plain_function(value: Any, name: str) -> Callable[..., object]:
    """A plain function. What a coroutine function returns would never be awaited."""
    if not callable(value) or inspect.iscoroutinefunction(value) or inspect.isclass(value):
        raise wrong(name, "a plain function, which is called and not awaited", value)
    taken: Callable[..., object] = value
    return taken


def _url(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise wrong(name, 'text such as "https://host"', value)
    return check_base_url(value)


def _timeouts(value: Any, name: str) -> Timeouts:
    if isinstance(value, Timeouts):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < MILLISECONDS:
        allowed = f"seconds, above 0 and below {MILLISECONDS} (no milliseconds), or an object such as"
        raise wrong(name, f"{allowed} Timeouts(deadline_s=10.0)", value)
    return Timeouts(deadline_s=float(value))


def _uid_limit(value: Any, name: str) -> RateLimit:
    if isinstance(value, bool) or not isinstance(value, (int, RateLimit)) or (isinstance(value, int) and value < 1):
        raise wrong(name, "calls per second, 1 or more, or an object such as RateLimit(10, 1.0)", value)
    return value if isinstance(value, RateLimit) else RateLimit(value)


def _reserve(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise wrong(name, "calls, 0 or more", value)
    return value


def _journal(value: Any, name: str) -> Journal | Place:
    if value == "" or not isinstance(value, (Journal, str, os.PathLike, SecretUrl)):
        raise wrong(name, "a journal, the path of an SQLite file or postgresql://…", value)
    return cast("Journal | Place", value)


def _read_by(read: Callable[[object], Any]) -> Take:
    """By a function that names the option itself."""
    return lambda value, name: read(value)


def _as_given(value: Any, name: str) -> Any:
    """Judged by who uses it, in the constructor too."""
    return value


class Options(TypedDict, total=False):
    """Keyword options that every adapter takes."""

    base_url: Annotated[str | None, Option(_url, plain=True)]
    """Trusted as given; https, or http to a loopback address."""
    http: Annotated[Http, Option(_as_given)]
    """None (fastest installed), "httpx", "httpx2", "fast", or a client, transport or backend object."""
    streams: Annotated[StreamBackend | None, Option(instance(StreamBackend, "PicowsBackend()"))]
    """What makes WebSocket connections; None: picows, of the extra [streams]."""
    proxy: Annotated[str | None, Option(_read_by(read_proxy), plain=True)]
    """`http://`, `https://` or `socks5://`, with user and password where it wants them. Needs the extra `[proxy]`."""
    ca_file: Annotated[str | os.PathLike[str] | None, Option(_read_by(read_roots), plain=True)]
    """PEM file with root certificates to trust beside certifi's; "system" for those of the system instead,
    which on macOS and Windows takes the extra `truststore`."""
    local_address: Annotated[str | None, Option(_read_by(read_address), plain=True)]
    """IP address of this computer to connect from."""
    trust_env: Annotated[bool, Option(flag, default=False, plain=True)]
    """Honour HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR."""
    timeout: Annotated[Timeouts | float | None, Option(_timeouts, plain=True)]
    """Seconds for a whole read, or `Timeouts`."""
    retry: Annotated[RetryPolicy | None, Option(instance(RetryPolicy, "RetryPolicy(attempts=3)"))]
    """How often and how long."""
    limiter: Annotated[Limiter | None, Option(instance(Limiter, "HostLimiter()"))]
    """None: shared in the process."""
    uid_limit: Annotated[int | RateLimit | None, Option(_uid_limit, plain=True)]
    """Calls per second over all endpoints of the account, 1 or more; None: what the venue documents, else 10. All
    objects of an account that are open in a process and share a limiter have the same."""
    reserve: Annotated[int, Option(_reserve, default=2, plain=True)]
    """So many of the account's slots are never given to plain reads within five minutes of an order, a cancel or a
    setting of this object, so that the next one need not wait; 0 gives them all."""
    journal: Annotated[Journal | Place | None, Option(_journal, plain=True)]
    """A journal, which stays its owner's. An SQLite file's path or `postgresql://…` is closed with the exchange."""
    bounds: Annotated[OrderBounds | None, Option(instance(OrderBounds, "OrderBounds(max_notional=5000)"))]
    """What no order may exceed, judged before anything is signed."""
    demo: Annotated[bool, Option(flag, default=False, plain=True)]
    """Use the venue's demo trading."""
    on_event: Annotated[
        Callable[[CallEvent], object] | Callable[[CallEvent | StreamEvent], object] | None, Option(plain_function)
    ]
    """Called after each attempt at a call; with open watches also with what happens to their streams."""
    on_late_order: Annotated[Callable[[Order], object] | None, Option(plain_function)]
    """Called with an order that turned up after its outcome had been reported as unknown."""


def declared(takes: Any) -> Mapping[str, Option]:
    """The options of a `TypedDict`, by name."""
    return _declared(takes)


@lru_cache(maxsize=64)
def _declared(takes: Any) -> Mapping[str, Option]:
    found: dict[str, Option] = {}
    for name, hint in get_type_hints(takes, include_extras=True).items():
        option = next((part for part in getattr(hint, "__metadata__", ()) if isinstance(part, Option)), None)
        # What is declared with a type alone cannot be checked, and is not silently let through.
        found[name] = option or Option(_unchecked)
    return found


def _unchecked(value: Any, name: str) -> Any:
    raise TypeError(f"the option {name} is declared without a check: Annotated[…, Option(…)]")


def common_options(venue: str, takes: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `Options` as they are used, defaults filled in.

    Raises:
        InvalidRequest: A value is not allowed, or `given` holds a word that is no option of this adapter.
    """
    return _read(venue, declared(takes), given, declared(Options))


def own_options(venue: str, takes: Any, given: Mapping[str, Any]) -> tuple[dict[str, Any], Options]:
    """An adapter's own options as they are used, and the rest as given, for the constructor of `Adapter`.

    Raises:
        InvalidRequest: As `common_options`.
    """
    known, common = declared(takes), declared(Options)
    own = _read(venue, known, given, [name for name in known if name not in common])
    return own, cast("Options", {name: value for name, value in given.items() if name in common})


def _read(venue: str, known: Mapping[str, Option], given: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    for name in given:
        if name not in known:
            part = name if name in PARTS else elsewhere(name)
            if part in PARTS:
                raise InvalidRequest(f"{venue} has no option {name[:40]!r}: give Credentials({part}=…)")
            raise InvalidRequest(f"{venue} has no option {name[:40]!r}: {near(name, sorted(known))}")
    read: dict[str, Any] = {}
    for name in names:
        option = known[name]
        value = given.get(name, option.default)
        if value is not None or option.default is not None:
            try:
                value = option.take(value, name)
            except InvalidRequest as error:
                raise InvalidRequest(f"{venue}: {error}") from None
        read[name] = value
    return read
