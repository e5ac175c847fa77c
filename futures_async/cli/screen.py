"""What `watch` shows of a snapshot: positions, the most dangerous ones first, totals, and how fresh each account is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, TypeGuard

from rich.console import Console, Group
from rich.text import Text

from futures_async.cli.columns import POSITIONS, marked, roe
from futures_async.cli.output import Exit, exit_code, one_line
from futures_async.cli.symbols import able
from futures_async.cli.tables import Column, Layout, lay_out, wrapped
from futures_async.cli.totals import TOTALS, Marks, coins_of, rows_of, some, worth
from futures_async.portfolio.danger import AccountRatios, distance_of, nearness
from futures_async.portfolio.snapshot import Failed, Ok, Snapshot, VenueState
from futures_async.risk import position_notional, position_pnl
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.exchange import FuturesExchange
from futures_async.unified.models import Position, to_builtins
from futures_async.unified.watching import WatchState
from futures_async.unified.words import near


class Row(NamedTuple):
    """One position, whose it is, how old what is known of it, and the margin ratio of its account."""

    account: str
    position: Position
    age_s: float | None
    account_ratio: Decimal | None = None


def _position(row: Row) -> Position:
    return row.position


def _account(row: Row) -> str:
    return row.account


def _downwards(value: Decimal | float | None) -> Decimal | float | None:
    return None if value is None else -value


SORTS: dict[str, Callable[[Row], Any]] = {
    "danger": lambda row: nearness(row.position, row.account_ratio).order,
    "account": _account,
    "symbol": lambda row: row.position.symbol,
    "side": lambda row: row.position.side,
    "quantity": lambda row: -row.position.quantity,
    "notional": lambda row: _downwards(position_notional(row.position)),
    "entry": lambda row: _downwards(row.position.entry_price),
    "mark": lambda row: _downwards(row.position.mark_price),
    "liquidation": lambda row: _downwards(row.position.liquidation_price),
    "distance": lambda row: distance_of(row.position),
    "pnl": lambda row: position_pnl(row.position),
    "roe": lambda row: roe(row.position),
    "leverage": lambda row: _downwards(row.position.leverage),
    "margin": lambda row: row.position.margin_mode,
    "age": lambda row: _downwards(row.age_s),
}
"""What comes first: the most dangerous, the largest, the greatest loss, the oldest. What is not known comes last."""


class Sort(NamedTuple):
    """An order of rows."""

    name: str = "danger"
    backwards: bool = False

    def __str__(self) -> str:
        return f"{'-' if self.backwards else ''}{self.name}"

    def of(self, rows: Iterable[Row]) -> list[Row]:
        """The rows in this order."""
        key = SORTS[self.name]
        ordered = sorted(rows, key=lambda row: (row.account, row.position.symbol, row.position.side))
        known = [row for row in ordered if key(row) is not None]
        known.sort(key=key, reverse=self.backwards)
        return known + [row for row in ordered if key(row) is None]


def read_sort(text: str) -> Sort:
    """An order as it was typed.

    Raises:
        InvalidRequest: There is none of that name.
    """
    name = text.lower().removeprefix("-")
    if name not in SORTS:
        raise InvalidRequest(f"--sort {text[:40]!r}: {near(name, SORTS)}; with - before it the other way round")
    return Sort(name, text.startswith("-"))


class View:
    """What of a snapshot is shown, and how.

    Args:
        exchanges: The accounts.
        symbol: Only positions of this contract.
        sort: The order at first.
        marks: What coins cost in the money of the last total.
    """

    def __init__(self, exchanges: Mapping[str, FuturesExchange], symbol: str | None, sort: Sort, marks: Marks) -> None:
        self.sort = sort
        self.filter = ""
        """Rows that lack one of these words are not shown."""
        self._marks = marks
        self._symbols: set[str] | None = None
        if symbol is not None:
            whose = able(exchanges, symbol).values()
            self._symbols = {exchange.unified_symbol(exchange.venue_symbol(symbol)) for exchange in whose}

    def rows(self, snapshot: Snapshot) -> list[Row]:
        """The positions that are shown, sorted."""
        ratios = AccountRatios(snapshot.each_account())
        rows = [
            Row(name, position, _age_of_positions(snapshot.venues[name]), ratios.of(name, position))
            for name, position in snapshot.each_position()
        ]
        if self._symbols is not None:
            wanted = self._symbols
            rows = [row for row in rows if {row.position.symbol, row.position.venue_symbol} & wanted]
        return self.sort.of(row for row in rows if self._meets(row))

    def _meets(self, row: Row) -> bool:
        told = f"{row.account} {row.position.symbol} {row.position.side}".lower()
        return all(word in told for word in self.filter.lower().split())

    def table(self, snapshot: Snapshot, console: Console, height: int | None = None, keys: str = "") -> Group:
        """The positions, the totals, and the state of the accounts.

        Args:
            snapshot: What is shown.
            console: Where it is shown.
            height: Lines of the window: where not all has room, the positions that are least near liquidation give
                way, sums by coin, and accounts with which all is well. None: as long as it takes.
            keys: The last line.
        """
        rows, gone = self.rows(snapshot), 0
        if height is not None and len(rows) > height:  # no more could be shown: of many nothing needs to be laid out
            rows, gone = self.sort.of(Sort("danger").of(rows)[:height]), len(rows) - height
        layout = lay_out(COLUMNS, rows, console, brief=True)
        if not rows:
            layout = Layout(wrapped(Text(self._none(snapshot), style="dim"), console), [], [])
        coins = coins_of(snapshot)
        totals = rows_of(coins, worth(snapshot, self._marks.money, self._marks.of(snapshot)))
        sums = lay_out(TOTALS, totals, console, brief=True).lines() if totals else []
        last = wrapped(Text(keys, style="dim"), console) if keys else []
        lines = [*layout.lines(), Text(), *sums, *([Text()] if sums else [])]
        lines += [*wrapped(states(snapshot), console), *last]
        if height is None or (len(lines) <= height and not gone):
            return Group(*lines)
        whole = lay_out(TOTALS, totals[-1:], console, brief=True)
        rest = [whole.head + [line for row in whole.rows for line in row], *_brief(snapshot, console), last]
        lines = [*layout.lines(), *(line for part in rest for line in part)]
        fits = len(lines) <= height and not gone
        return Group(*(lines if fits else _most_dangerous(layout, rows, rest, height, gone)))

    def _none(self, snapshot: Snapshot) -> str:
        if self.filter and any(True for _ in snapshot.each_position()):
            return f"No position is of {self.filter!r}."
        return none(snapshot)

    def records(self, snapshot: Snapshot) -> Iterable[dict[str, Any]]:
        """For JSON: each position, then each account's state, then the totals by coin, and in one money."""
        for row in self.rows(snapshot):
            yield {"account": row.account, **to_builtins(row.position)}
        for name, state in snapshot.venues.items():
            yield {
                "account": name,
                "status": state.status,
                "age_s": state.age_s,
                "positions_age_s": _age_of_positions(state),
                "accounts_age_s": None if isinstance(state, Failed) else state.accounts_age_s,
                "latency_s": state.latency_s,
                "stream": state.stream,
                "stream_error": None if state.stream_error is None else one_line(state.stream_error),
                "error": None if state.error is None else one_line(state.error),
            }
        yield from map(to_builtins, snapshot.totals().values())
        yield to_builtins(worth(snapshot, self._marks.money, self._marks.of(snapshot)))


def _age_of_positions(state: VenueState) -> float | None:
    return None if isinstance(state, Failed) else state.positions_age_s


def _distance(row: Row) -> Text:
    return marked(row.position, row.account_ratio)


COLUMNS: list[Column[Row]] = [
    Column("account", _account, number=False, names=True),
    *(Column("distance", _distance) if one.title == "distance" else one.of(_position) for one in POSITIONS),
    Column("age", lambda row: in_short(row.age_s), spare=6),
]


def in_short(seconds: float | None) -> str:
    """How old something is."""
    if seconds is None:
        return "–"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min" if seconds < 6000 else "> 100 min"


def none(snapshot: Snapshot) -> str:
    """What to say where no position is shown: there may be some at an account that could not be read."""
    blind = [
        name
        for name, state in snapshot.venues.items()
        if state.data is None or state.data.positions is None or state.data.positions_unread
    ]
    return f"No open positions known; nothing of {some(blind)}." if blind else "No open positions."


def age_of(state: VenueState) -> str:
    """How old the older part is; what was never read has no age, and is named."""
    if isinstance(state, Failed):
        return "never read"
    ages = {"positions": state.positions_age_s, "accounts": state.accounts_age_s}
    known = [age for age in ages.values() if age is not None]
    shown = f"{max([state.age_s, *known]):.1f} s old"
    never = [part for part, age in ages.items() if age is None]
    return shown if isinstance(state, Ok) or not never else f"{never[0]} never read, the rest {shown}"


def states(snapshot: Snapshot) -> Text:
    """How fresh each account is, and what is wrong with it."""
    line = Text()
    for name, state in snapshot.venues.items():
        if not _well(state) and not line.plain.endswith("\n"):
            line.append("\n" if line else "")
        line.append_text(_state(name, state))
    line.rstrip()
    return line


def brief_states(snapshot: Snapshot) -> tuple[Text, Text]:
    """What is wrong with accounts; and of those with which all is well, the oldest."""
    problems, fine = Text(), Text()
    well = {name: state for name, state in snapshot.venues.items() if _well(state)}
    for name, state in snapshot.venues.items():
        if name not in well:
            problems.append_text(_state(name, state))
    problems.rstrip()
    if well:
        oldest = max(well, key=lambda name: well[name].age_s)
        others = f"{len(well)} accounts are well, the oldest: " if len(well) > 1 else ""
        fine = Text(others, style="dim").append_text(_state(oldest, well[oldest]))
        fine.rstrip()
    return problems, fine


def _well(state: VenueState) -> TypeGuard[Ok]:
    """Nothing is to be said of it but its age."""
    return isinstance(state, Ok) and state.stream_error is None


def _state(name: str, state: VenueState) -> Text:
    line = Text.assemble((f"{name} ", "bold"))
    if state.stream is not None:
        line.append(f"{state.stream} ", style="green" if state.stream is WatchState.LIVE else "yellow")
    if state.stream_error is not None:
        line.append(f"not streamed: {_told(state.stream_error)} ", style="yellow")
    if state.error is not None:
        return line.append(f"{_told(state.error)} ({age_of(state)})\n", style="red")
    return line.append(f"{age_of(state)}{'   ' if _well(state) else chr(10)}", style="dim")


def _told(error: Exception) -> str:
    # What passes by itself is asked again by itself: nobody needs an advice.
    return one_line(error, advised=exit_code(error) is Exit.REFUSED_KEYS)


def _brief(snapshot: Snapshot, console: Console) -> list[list[Text]]:
    return [wrapped(text, console) if text else [] for text in brief_states(snapshot)]


def _most_dangerous(
    layout: Layout, rows: Sequence[Row], rest: Sequence[list[Text]], height: int, gone: int
) -> list[Text]:
    """As many rows as fit, in the order that was asked for; half of the window at least is theirs.

    Of the rest what is wrong with accounts stays longest.
    """
    total, problems, fine, keys = rest
    left = height - height // 2 if rows else height - len(layout.head)
    while sum(map(len, (total, problems, fine, keys))) > left and (total or fine or keys):
        total, fine, keys = (total, fine, []) if keys else (total, [], []) if fine else ([], [], [])
    below = [*total, *problems, *fine, *keys]
    number = {id(row): at for at, row in enumerate(rows)}
    room = max(height - len(below), height // 2) - len(layout.head) - 1
    shown: list[int] = []
    for row in Sort("danger").of(rows):
        at = number[id(row)]
        room -= len(layout.rows[at])
        if room < 0 and shown:
            break
        shown.append(at)
    lines = [*layout.head, *(line for at in sorted(shown) for line in layout.rows[at])]
    gone += len(rows) - len(shown)
    if gone:
        lines.append(Text(f"and {gone} less near liquidation", style="dim"))
    return _cut([*lines, *below], height)


def _cut(lines: list[Text], height: int) -> list[Text]:
    """What a window has no room for at all is at least not hidden in silence."""
    return lines if len(lines) <= height else [*lines[: height - 1], Text("… in a taller window", style="dim")]
