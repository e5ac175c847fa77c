"""Adapters by id: the built-in ones, and those of other distributions, which name theirs as entry points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Unpack, cast

from futures_async.unified.credentials import Credentials
from futures_async.unified.errors import InvalidRequest, NotSupported
from futures_async.unified.exchange import FuturesExchange
from futures_async.unified.installed import adapters
from futures_async.unified.words import near

if TYPE_CHECKING:
    from futures_async.adapters.connecting import Connect
    from futures_async.trading.options import Options


def venue_ids() -> list[str]:
    """Ids of the adapters that there are."""
    return list(adapters())


def adapter_class(venue: str) -> type[FuturesExchange]:
    """The adapter class of a venue id, imported now.

    Raises:
        InvalidRequest: No such adapter is installed.
    """
    found = adapters().get(venue) if isinstance(venue, str) else None  # pyright: ignore[reportUnnecessaryIsInstance] - callers without types
    if found is None:
        raise InvalidRequest(f"no adapter {str(venue)[:40]!r}: {near(str(venue), venue_ids())}")
    return cast("type[FuturesExchange]", found.load())


def _typed(function: Any) -> Connect:
    """The same function; type checkers see each built-in adapter's class and options."""
    typed: Connect = function
    return typed


@_typed
def connect(venue: str, credentials: Credentials | None = None, **options: Any) -> FuturesExchange:
    """Make the adapter of a venue by its id: the same as calling its class.

    Type checkers know each built-in id's class and options. To an id that they cannot see they let pass what every
    adapter takes, and what comes out of a `dict[str, Any]`.

    Args:
        venue: Adapter id, such as those of `venue_ids()`.
        credentials: None gives the public endpoints only.
        options: See `futures_async.adapter.Options` and the adapter's own.

    Raises:
        InvalidRequest: Unknown id, or options that cannot be right.
    """
    factory = cast("Any", adapter_class(venue))
    return cast("FuturesExchange", factory(credentials, **options))


class KnowsItsAccount(Protocol):
    """An adapter that can tell which adapter of its family an account belongs to: see `detect`."""

    async def identify_account(self) -> str | None:
        """The id, on positive evidence; None where the venue's answer does not tell. What it refuses is raised."""
        ...

    async def aclose(self, grace_s: float = 10.0) -> None:
        """As every exchange has it."""
        ...


async def detect(family: str, credentials: Credentials, **options: Unpack[Options]) -> str:
    """Find out which adapter of a family an account belongs to, on positive evidence only.

    A family is the adapters whose ids are `family`, or start with it and a hyphen. Those that have the method
    `identify_account` are asked, in the order of their ids, until one knows; nothing is guessed from a failure.

    Args:
        family: Such as the shortest of the adapters' ids.
        credentials: The account's.
        options: See `futures_async.adapter.Options`.

    Raises:
        InvalidRequest: No adapter of that family is installed.
        NotSupported: None of them can tell.
        FuturesAsyncError: Whatever the question ended with: it says nothing about the account.
    """
    ids = [name for name in venue_ids() if name == family or name.startswith(f"{family}-")]
    if not ids:
        raise InvalidRequest(f"no adapter of the family {str(family)[:40]!r}: {near(str(family), venue_ids())}")
    for name in ids:
        factory = cast("Any", adapter_class(name))
        if not hasattr(factory, "identify_account"):
            continue
        exchange: KnowsItsAccount = factory(credentials, **options)
        try:
            found = await exchange.identify_account()
        finally:
            await exchange.aclose(0)
        if found is not None:
            return found
    raise NotSupported(f"{family}: no adapter can tell which kind of account this is")
