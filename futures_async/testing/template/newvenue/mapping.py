"""NewVenue's rows as unified models: tables, one line a field."""

import futures_async.adapter as fa
from futures_async.adapter import needed, number, text
from futures_async.testing.template.newvenue.wire import WireBalance

VENUE = "newvenue"
PAIRS = fa.Pairs("-")  # `BTC-USDT` is BTC/USDT:USDT


@fa.table
def accounts(row: WireBalance) -> fa.Account:
    """The account in one coin."""
    return fa.Account(
        venue=VENUE,
        margin_coin=needed(text(row.coin)),
        equity=number(row.equity),
        available=number(row.available),
    )
