"""`NewVenue`: hooks and plain reads."""

from typing import Unpack

import futures_async.adapter as fa
from futures_async.testing.template.newvenue import endpoints, mapping
from futures_async.testing.template.newvenue.dialect import NewVenueDialect


class NewVenue(fa.Adapter):
    """A NewVenue account: to read."""

    id = "newvenue"
    name = "NewVenue"
    pairs = mapping.PAIRS

    def __init__(self, credentials: fa.Credentials | None = None, **options: Unpack[fa.Options]) -> None:
        super().__init__(credentials, dialect=NewVenueDialect(), **options)

    async def fetch_accounts(self) -> list[fa.Account]:
        rows = await self._call(endpoints.BALANCES)
        return mapping.accounts().all(rows)
