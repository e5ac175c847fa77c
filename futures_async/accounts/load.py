"""`load_accounts`: from a keys file, the system's keyring and the environment to exchange objects."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack
from urllib.parse import urlsplit

from futures_async.accounts.environment import PREFIX, left_over, read_environment
from futures_async.accounts.keys_file import NAMED_BY, default_file, is_there, read_file
from futures_async.accounts.source import OPTIONAL, Source
from futures_async.accounts.system_keyring import read_keyring
from futures_async.registry import connect, venue_ids
from futures_async.trading.options import Options
from futures_async.transport.urls import is_loopback
from futures_async.unified.errors import InvalidRequest, LifecycleWarning, NotSupported
from futures_async.unified.exchange import FuturesExchange
from futures_async.unified.words import Named


class NoAccounts(InvalidRequest):
    """There are no keys anywhere."""


def load_accounts(
    path: str | os.PathLike[str] | None = None,
    *,
    keyring: bool = False,
    environ: bool = True,
    only: Sequence[str] = (),
    **options: Unpack[Options],
) -> dict[str, FuturesExchange]:
    """Make the exchange object of every account whose keys are on this computer, by the account's name.

    Looked for in the keys file, then in the keyring, then in the environment; an account that is in several is taken
    from the first. The command line finds its accounts by this function.

    Args:
        path: The keys file, and then nothing of the environment. None: the one that `FUTURES_ASYNC_KEYS` names, else
            `futures-async/keys.toml` in the user's folder for settings, where it is there.
        keyring: Look in the system's keyring too (extra `[keyring]`): for the accounts of `only`, else for accounts
            with the names of venues.
        environ: Look at the variables `FUTURES_ASYNC_<ACCOUNT>_…` too, where no `path` is given.
        only: Names of accounts or of venues: no others.
        options: For every account, before what its keys file says.

    Raises:
        InvalidRequest: No keys, a file that others may read, an account that lacks a part or has a word that is none.
            Never shows a key.
    """
    names = (tuple(only) or tuple(venue_ids())) if keyring else ()
    found = find_keys(None if path is None else Path(path), os.environ, keyring=names, variables=environ)
    if only:
        missing = set(only) - {source.name for source in found} - {source.venue for source in found}
        if missing:
            there = ", ".join(source.name for source in found)
            raise InvalidRequest(f"no keys for {', '.join(sorted(missing))}; there are some for {there}")
        found = [source for source in found if source.name in only or source.venue in only]
    _refuse_one_address(found, options.get("base_url"))
    accounts = Named[FuturesExchange]("no account")
    for source in found:
        accounts[source.name] = _connected(source, options)
    return accounts


def find_keys(
    file: Path | None, environ: Mapping[str, str], *, keyring: Sequence[str] = (), variables: bool = True
) -> list[Source]:
    """The accounts of the named file, else of the default file if there is one, of the keyring, of the environment.

    Args:
        file: The keys file, and then nothing of the environment.
        environ: The environment, which also says where the default file is.
        keyring: Accounts to look for in the system's keyring; it is not touched when there are none.
        variables: Look for accounts in the environment.

    Raises:
        InvalidRequest: As `load_accounts`.
    """
    variables = variables and file is None
    sources: list[Source] = []
    path = file or default_file(environ)
    # A file that somebody has named must be there: its accounts would be missing in silence.
    if path is not None and (file is not None or environ.get(NAMED_BY) or is_there(path)):
        sources += read_file(path)
    if keyring:
        names = {source.name for source in sources}
        sources += [source for source in read_keyring(keyring) if source.name not in names]
    if variables:
        sources += read_environment(environ, but={source.name for source in sources})
    if not sources:
        ignored = left_over(environ) if variables else []
        del environ  # a traceback that shows locals shows those of this frame
        raise NoAccounts(
            f"no keys: write them into {path or 'the file that FUTURES_ASYNC_KEYS names'} (mode 600), the system's "
            f"keyring or {PREFIX}<ACCOUNT>_KEY, …_SECRET, …"
            + (f"; not understood: {', '.join(ignored)}" if ignored else "")
        )
    return sources


def _refuse_one_address(sources: Sequence[Source], base_url: object) -> None:
    """Send no venue's key to another's address; a simulated exchange on this computer plays them all."""
    venues = sorted({source.venue for source in sources})
    if len(venues) > 1 and isinstance(base_url, str) and not is_loopback(urlsplit(base_url).hostname or ""):
        raise InvalidRequest(
            f"one base_url for accounts of {', '.join(venues)} would send the keys of all there: name one venue"
        )


def _refuse_unused(source: Source, exchange: FuturesExchange) -> None:
    """Take no part of the credentials that the venue does not have: it stands there for another one.

    An adapter of others that does not say which it has is given all.
    """
    needed: Sequence[str] = getattr(exchange, "credentials_needed", OPTIONAL)
    for part in OPTIONAL:
        given = getattr(source.credentials, part)
        if part not in needed and given is not None and given.reveal():
            has = f"it has {' and '.join(needed)}" if needed else "key and secret are all"
            raise InvalidRequest(f"{source.venue} has no {part}: {has}")


def _connected(source: Source, options: Mapping[str, Any]) -> FuturesExchange:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LifecycleWarning)
        try:
            exchange = connect(source.venue, source.credentials, **{**source.options, **options})
            _refuse_unused(source, exchange)
        except (InvalidRequest, NotSupported) as error:
            # What the caller has given, for every account, does not stand there.
            given = any(re.search(rf"\b{name}\b", error.text) for name in options)
            where = source.name if given else source.place
            said = error.text.removeprefix(f"{source.name}: ") if given else error.text
            raise type(error)(f"{where}: {said}") from None
    for warning in caught:  # told with the account's name, at the line that loads it
        warnings.warn(f"{source.name}: {warning.message}", warning.category, stacklevel=3)
    return exchange
