"""NewVenue's rows as unified models: tables, one line a field."""

from __future__ import annotations

from futures_async.adapter import Account, check_symbol, join, needed, number, split, table, text
from futures_async.testing.template.newvenue.wire import WireBalance

VENUE = "newvenue"


def to_symbol(name: str) -> str:
    """`BTC-USDT` is BTC/USDT:USDT; what has another form is passed through."""
    base, _, quote = name.partition("-")
    return join(base, quote, quote) if base and quote else name


def to_name(symbol: str) -> str:
    """`BTC/USDT:USDT` is BTC-USDT; the venue's own id stays.

    Raises:
        InvalidRequest: No symbol.
    """
    parts = split(check_symbol(symbol))
    return symbol if parts is None else f"{parts.base}-{parts.quote}"


@table
def accounts(row: WireBalance) -> Account:
    """The account in one coin."""
    return Account(
        venue=VENUE,
        margin_coin=needed(text(row.coin)),
        equity=number(row.equity),
        available=number(row.available),
    )
