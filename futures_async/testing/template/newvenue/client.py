"""`NewVenue`: hooks and plain reads."""

from __future__ import annotations

from typing import Unpack

from futures_async.adapter import Account, Adapter, Credentials, Options
from futures_async.testing.template.newvenue import endpoints, mapping
from futures_async.testing.template.newvenue.dialect import NewVenueDialect


class NewVenue(Adapter):
    """A NewVenue account: to read."""

    id = "newvenue"
    name = "NewVenue"

    def __init__(self, credentials: Credentials | None = None, **options: Unpack[Options]) -> None:
        super().__init__(credentials, dialect=NewVenueDialect(), **options)

    def venue_symbol(self, symbol: str) -> str:
        return mapping.to_name(symbol)

    def unified_symbol(self, venue_symbol: str) -> str:
        return mapping.to_symbol(venue_symbol)

    async def fetch_accounts(self) -> list[Account]:
        rows = await self._call(endpoints.BALANCES)
        return mapping.accounts().all(rows)
