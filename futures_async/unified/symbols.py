"""`BASE/QUOTE:SETTLE` and back, without the network."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple

from futures_async.unified.errors import InvalidRequest

# Venues list bases in any script and case, with `$ . _ -`; a dot segment would mean something in a path.
_UNIFIED = re.compile(r"([\w$.\-]{1,40})/([A-Z0-9]{1,20}):([A-Z0-9]{1,20})")
# A prefix names the market of a venue that has several.
_DATED = re.compile(r"([\w$.\-]{1,40}/[A-Z0-9]{1,20}:[A-Z0-9]{1,20})-(\d{6})")
_VENUE_ID = re.compile(r"(?!\.+$)(?:[A-Za-z0-9]{1,10}:)?[\w$.\-]{1,40}")


_SCRIPTS = ("LATIN ", "CJK ", "HIRAGANA ", "KATAKANA ", "HANGUL ")


class Parts(NamedTuple):
    """The three coins of a unified symbol."""

    base: str
    quote: str
    settle: str


@lru_cache(maxsize=4096)
def split(symbol: str) -> Parts | None:
    """The coins of a unified symbol, or None when it is something else (a venue's own id)."""
    match = _UNIFIED.fullmatch(symbol)
    return Parts(*match.groups()) if match else None


class Dated(NamedTuple):
    """A contract with a delivery date."""

    parts: Parts
    year: int
    """Of the century."""
    month: int
    day: int


@lru_cache(maxsize=4096)
def split_dated(symbol: str) -> Dated | None:
    """The coins and the date of `BTC/USD:BTC-250328`, as ccxt writes contracts that are delivered; None else."""
    match = _DATED.fullmatch(symbol)
    parts = split(check_symbol(match[1])) if match else None
    if match is None or parts is None:
        return None
    year, month, day = (int(match[2][place : place + 2]) for place in (0, 2, 4))
    return Dated(parts, year, month, day) if 1 <= month <= 12 and 1 <= day <= 31 else None


Settlement = Literal["quote", "base"]
"""The coin of the pair that margin and profit are counted in."""


@lru_cache(maxsize=4096)
def settlement(symbol: str, venue_symbol: str = "", margin_coin: str = "") -> Settlement | None:
    """In which coin of its pair a contract's margin and profit are counted; None: in another one, or not known.

    Of the unified symbol, with a date or without. A venue's own id alone tells it by where it names the margin coin:
    `BTCUSDH27` with BTC is settled in its base coin, `BTC-USDT-260327` with USDT in its quote coin.

    Args:
        symbol: Unified, or the venue's id where that cannot be parsed.
        venue_symbol: The venue's id.
        margin_coin: What the venue says that margin is counted in; "" where that is not known.
    """
    dated = split_dated(symbol)
    parts = split(symbol) if dated is None else dated.parts
    if parts is not None:
        return "quote" if parts.settle == parts.quote else "base" if parts.settle == parts.base else None
    place = (venue_symbol or symbol).upper().find(margin_coin.upper()) if margin_coin else -1
    return None if place < 0 else "quote" if place else "base"


def join(base: str, quote: str, settle: str) -> str:
    """Make the unified symbol."""
    return f"{base}/{quote}:{settle}"


class Pairs:
    """Venue ids that are base and quote coin with something between, around or behind: `Pairs(".")` is BTC.USDT.

    Of contracts that settle in their quote coin.
    """

    def __init__(self, between: str, *, before: str = "", behind: str = "") -> None:
        self._form = f"{before}{{}}{between}{{}}{behind}"
        self._id = re.compile(f"{re.escape(before)}(.+){re.escape(between)}([A-Z0-9]{{1,20}}){re.escape(behind)}")

    def symbol(self, name: str) -> str:
        """The unified symbol; an id of another form comes back as it is."""
        match = self._id.fullmatch(name)
        return join(match[1], match[2], match[2]) if match else name

    def name(self, symbol: str) -> str:
        """The venue's id, from either form.

        Raises:
            InvalidRequest: No symbol.
        """
        parts = split(check_symbol(symbol))
        return symbol if parts is None else self._form.format(parts.base, parts.quote)


class Names(NamedTuple):
    """How a venue's ids are written, by two functions: for venues whose ids are more than two coins."""

    name: Callable[[str], str]
    """The venue's id, from either form; raises `InvalidRequest` where it is no symbol."""
    symbol: Callable[[str], str]
    """The unified symbol; an id of another form comes back as it is."""


def check_symbol(symbol: object) -> str:
    """Return `symbol` when it is a unified symbol or could be a venue's id.

    Raises:
        InvalidRequest: No text, empty, or with characters that belong into no symbol (path or header injection).
    """
    if not isinstance(symbol, str):
        raise InvalidRequest(f"symbol must be text such as 'BTC/USDT:USDT', not {type(symbol).__name__}")
    if (split(symbol) is None and not _VENUE_ID.fullmatch(symbol)) or not (
        symbol.isascii() or _in_known_scripts(symbol)
    ):
        meant = _meant(symbol.upper())
        such = f", such as {meant}," if meant else ""
        raise InvalidRequest(f"{symbol[:60]!r} is no symbol: write BASE/QUOTE:SETTLE{such} or the venue's own id")
    return symbol


def _meant(symbol: str) -> str | None:
    """What a symbol in small letters, or one of a spot market, is near to."""
    quote = symbol.rpartition("/")[2]
    settle = symbol.partition("/")[0] if quote == "USD" else quote
    return next((one for one in (symbol, f"{symbol}:{settle}") if split(one) is not None), None)


def _in_known_scripts(symbol: str) -> bool:
    """Letters beyond ASCII are those that venues list; of other scripts some look just like Latin ones."""
    return all(char.isascii() or unicodedata.name(char, "").startswith(_SCRIPTS) for char in symbol)


def guess_parts(pair: str, quotes: tuple[str, ...]) -> tuple[str, str] | None:
    """Split a joined pair such as BTCUSDT by the first quote coin that fits; None when none does."""
    for quote in quotes:
        if pair.endswith(quote) and len(pair) > len(quote):
            return pair[: -len(quote)], quote
    return None
