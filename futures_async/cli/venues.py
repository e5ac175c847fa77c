"""`futures-async venues`: the installed adapters and what each can do."""

from __future__ import annotations

from futures_async.cli.output import Exit, Format, Writer
from futures_async.cli.tables import Column, make_table
from futures_async.registry import adapter_class, venue_ids
from futures_async.unified.exchange import Capability

TextRow = tuple[str, list[str]]


def _title_column() -> Column[TextRow]:
    return Column("", lambda row: row[0], number=False, names=True)


def _venue_column(venue: str, index: int) -> Column[TextRow]:
    return Column(venue, lambda row: row[1][index], number=False)


def capability_rows() -> tuple[list[str], list[tuple[str, list[bool]]]]:
    """Venue ids, and for each capability whether each venue has it."""
    ids = venue_ids()
    classes = [adapter_class(venue) for venue in ids]
    return ids, [
        (capability.value, [capability in adapter.capabilities for adapter in classes]) for capability in Capability
    ]


def show_venues(output: Format) -> Exit:
    """A row for each capability; for programs, one for each venue."""
    ids, rows = capability_rows()
    writer = Writer(output)
    if writer.form is not Format.TABLE:
        for index, venue in enumerate(ids):
            adapter = adapter_class(venue)
            names = [name for name, cells in rows if cells[index]]
            writer.record({"venue": venue, "name": adapter.name, "lifecycle": adapter.lifecycle, "capabilities": names})
        return Exit.OK
    table: list[TextRow] = [
        ("life cycle", [str(adapter_class(venue).lifecycle) for venue in ids]),
        *((name, ["yes" if cell else "" for cell in cells]) for name, cells in rows),
    ]
    head = [_title_column(), *map(_venue_column, ids, range(len(ids)))]
    writer.console.print(make_table(head, table, writer.console))
    return Exit.OK
