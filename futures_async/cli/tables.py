"""Tables for people: no number and no name is ever cut, however narrow the terminal is.

Where not all columns fit, those go that can be spared, and the table says which. Where not even the others fit, each
row takes several lines: what it is about first, and below that each figure with its title.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from rich.console import Console, Group
from rich.text import Text

R = TypeVar("R")
S = TypeVar("S")

GAP = "  "
"""Between columns: titles of several words stand apart."""
PROSE = 24
"""A column of prose is narrower than this only where its words are."""
INDENT = "  "


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column of a table."""

    title: str
    cell: Callable[[R], object]
    """How a row's cell is made."""
    number: bool = True
    spare: int = 0
    """Where a terminal is too narrow for all, the columns with the highest go first; those with 0 stay."""
    names: bool = False
    """It tells which row this is, and needs no title for that."""
    prose: bool = False
    """It may be broken into lines."""

    def of(self, pick: Callable[[S], R]) -> Column[S]:
        """The same column for rows that hold its own kind of row somewhere inside."""
        return Column(
            self.title, lambda row: self.cell(pick(row)), self.number, self.spare, names=self.names, prose=self.prose
        )


# Cells


def shown(value: object) -> str:
    """A cell's text: plain digits, nothing for what the venue did not say."""
    if value is None:
        return "–"
    if isinstance(value, Decimal):
        return grouped(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def grouped(value: Decimal, digits: int | None = 8) -> str:
    """A number for people: at most `digits` decimals (None: all), no trailing zeros, thousands apart."""
    rounded = value if digits is None else round(value, digits)
    text = f"{rounded:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def signed(value: Decimal | None, digits: int = 2, unit: str = "") -> Text:
    """A profit: green above zero, red below."""
    if value is None:
        return Text("–")
    text = f"{value:+,.{digits}f}"
    if abs(value) < 1 and not unit:  # a few coins may be much
        whole, _, part = f"{value:+.8f}".rstrip("0").partition(".")
        text = f"{whole}.{part.ljust(digits, '0')}"
    return Text(text + unit, style="green" if value > 0 else "red" if value < 0 else "")


def percent(value: Decimal | None, digits: int = 1) -> str:
    """A fraction in percent."""
    return "–" if value is None else f"{value * 100:,.{digits}f} %"


def cell_of(value: object) -> Text:
    """A cell as it is shown, on one line."""
    text = value.copy() if isinstance(value, Text) else Text(shown(value))
    return text if "\n" not in text.plain else Text(" ").join(text.split())


def aligned(column: Column[R], cell: Text, width: int) -> Text:
    """A cell as wide as its column."""
    (cell.pad_left if column.number else cell.pad_right)(width - cell.cell_len)
    return cell


# Tables


@dataclass(frozen=True, slots=True)
class Layout:
    """A table's lines, none wider than the terminal."""

    head: list[Text]
    """The titles; none where each figure stands with its own."""
    rows: list[list[Text]]
    """The lines of each row."""
    foot: list[Text]
    """What the terminal is too narrow for."""

    def lines(self) -> list[Text]:
        """All of it."""
        return [*self.head, *(line for row in self.rows for line in row), *self.foot]


def make_table(columns: Sequence[Column[R]], rows: Sequence[R], console: Console) -> Group:
    """A table of rows with all columns that fit."""
    return Group(*lay_out(columns, rows, console).lines())


def lay_out(columns: Sequence[Column[R]], rows: Sequence[R], console: Console, *, brief: bool = False) -> Layout:
    """Lay a table out.

    Args:
        columns: Of the table.
        rows: Of the table.
        console: Where it is shown.
        brief: Rows of several lines go without what can be spared, too, unless there is room in a line.
    """
    cells = [[cell_of(column.cell(row)) for column in columns] for row in rows]
    wide = [max(len(column.title), *(row[index].cell_len for row in cells), 0) for index, column in enumerate(columns)]
    kept = _kept(columns, wide, console.width)
    if kept is None:
        kept = _brief(columns, wide, console.width) if brief else list(range(len(columns)))
        blocks = [_block([columns[index] for index in kept], [row[index] for index in kept], console) for row in cells]
        return Layout([], blocks, _gone(columns, kept, console))
    prose = [index for index in kept if columns[index].prose]
    left = console.width - sum(wide[index] for index in kept if index not in prose) - len(GAP) * (len(kept) - 1)
    for number, index in enumerate(prose):
        wide[index] = min(wide[index], left // (len(prose) - number))
        left -= wide[index]
    widths = [wide[index] for index in kept]
    chosen = [columns[index] for index in kept]
    titles = [Text(column.title, style="bold") for column in chosen]
    lines = [_lines(chosen, [row[index] for index in kept], widths, console) for row in cells]
    return Layout(_lines(chosen, titles, widths, console), lines, _gone(columns, kept, console))


def _kept(columns: Sequence[Column[R]], wide: Sequence[int], width: int) -> list[int] | None:
    """The columns that fit, those that can be spared the least first; None where not even those do that stay."""
    least = [min(size, PROSE) if column.prose else size for column, size in zip(columns, wide, strict=True)]
    kept: set[int] = set()
    for spare in sorted({0} | {column.spare for column in columns}):
        more = kept | {index for index, column in enumerate(columns) if column.spare == spare}
        if _width([least[index] for index in more]) <= width:
            kept = more
        elif spare == 0:
            return None
    return sorted(kept)


def _brief(columns: Sequence[Column[R]], wide: Sequence[int], width: int) -> list[int]:
    """What a row of several lines shows where lines are few: more than what must be only beside that, on its line."""
    pairs = [
        0 if column.names else len(column.title) + 1 + size + len(GAP)
        for column, size in zip(columns, wide, strict=True)
    ]
    kept = {index for index, column in enumerate(columns) if column.spare == 0}
    for spare in sorted({column.spare for column in columns} - {0}):
        more = kept | {index for index, column in enumerate(columns) if column.spare == spare}
        if sum(pairs[index] for index in more) - len(GAP) <= width - len(INDENT):
            kept = more
    return sorted(kept)


def _width(widths: Iterable[int]) -> int:
    return sum(size + len(GAP) for size in widths) - len(GAP)


def _lines(columns: Sequence[Column[R]], cells: Sequence[Text], widths: Sequence[int], console: Console) -> list[Text]:
    """One row of the table: a line, or several where prose is broken."""
    broken = [
        wrapped(cell, console, width) if column.prose and cell.cell_len > width else [cell]
        for column, cell, width in zip(columns, cells, widths, strict=True)
    ]
    lines: list[Text] = []
    for number in range(max(map(len, broken), default=0)):
        parts = [
            aligned(column, cell[number] if number < len(cell) else Text(), width)
            for column, cell, width in zip(columns, broken, widths, strict=True)
        ]
        line = Text(GAP).join(parts)
        line.rstrip()
        lines.append(line)
    return lines


def _block(columns: Sequence[Column[R]], cells: Sequence[Text], console: Console) -> list[Text]:
    """One row on lines of its own."""
    named = [cell for column, cell in zip(columns, cells, strict=True) if column.names and cell]
    lines = wrapped(Text(" ").join(named), console) if named else []
    width = console.width - len(INDENT)
    line = Text()
    for column, cell in zip(columns, cells, strict=True):
        if column.names or not cell:
            continue
        pair = Text.assemble((f"{column.title} ", "dim"), cell)
        if pair.cell_len > width and not column.prose:
            lines += [*([line] if line else []), Text(column.title, style="dim"), *wrapped(cell, console, width)]
            line = Text()
            continue
        if line and line.cell_len + len(GAP) + pair.cell_len > width:
            lines.append(line)
            line = Text()
        line = Text(GAP).join([line, pair]) if line else pair
        if line.cell_len > width:
            *full, line = wrapped(line, console, width)
            lines += full
    if line:
        lines.append(line)
    first = 1 if named else 0
    return [*lines[:first], *(Text(INDENT).append_text(each) for each in lines[first:])]


def _gone(columns: Sequence[Column[R]], kept: Sequence[int], console: Console) -> list[Text]:
    gone = ", ".join(column.title for index, column in enumerate(columns) if index not in kept)
    if not gone:
        return []
    return wrapped(Text(f"too narrow for: {gone}", style="dim"), console)


def wrapped(text: Text, console: Console, width: int | None = None) -> list[Text]:
    """Its lines; a word that is too long for one is folded, nothing is cut."""
    lines = list(text.wrap(console, console.width if width is None else width, overflow="fold"))
    for line in lines:
        line.rstrip()
    return lines
