"""A venue's no, in its own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from futures_async.simulator.errors import EngineError

Table: TypeAlias = Mapping[type[EngineError], tuple[str, str | None]]
"""Code and message by the engine's error; None is the error's own text, which `{}` in a message stands for too."""


class VenueRefusal(Exception):
    """The venue says no.

    Args:
        code: The venue's code.
        message: Its message.
        status: HTTP status; None: what the venue uses for refusals.
        headers: Further response headers.
        page: What stands in the envelope's place: a region's or a gateway's own page, not the venue's.
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        status: int | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        page: bytes | None = None,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.headers = headers
        self.page = page


def refusal_of(error: EngineError, tables: Sequence[Table]) -> VenueRefusal:
    """What a venue calls an error: by its nearest class that a table knows, in the nearest such table.

    Raises:
        EngineError: `error` itself, which no table knows.
    """
    for cls in type(error).__mro__:
        for table in tables:
            if cls in table:
                code, message = table[cls]
                return VenueRefusal(code, str(error) if message is None else message.format(error))
    raise error
