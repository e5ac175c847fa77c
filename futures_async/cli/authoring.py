"""`futures-async new-venue` and `check-venue`: for those who write an adapter."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from futures_async.cli.extras import SERVING, needs
from futures_async.cli.output import Exit, Format, Writer, complain
from futures_async.cli.tables import Column
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.installed import GROUP, adapters

if TYPE_CHECKING:
    from futures_async.testing.check import Part, Verdict

COLUMNS: list[Column[Part]] = [
    Column("part", lambda row: row.about, number=False, names=True),
    Column("passed", lambda row: str(row.passed)),
    Column("failed", lambda row: str(row.failed)),
    Column("not claimed", lambda row: str(row.skipped)),
]
SHOWN = 10
"""Failures that are told; the first ones tell most."""


def package_of(venue: str, folder: Path) -> str:
    """The package of an adapter that is installed, or that the project in this folder declares.

    Raises:
        InvalidRequest: Neither, or the project's file is no TOML.
    """
    point = adapters().get(venue)
    if point is not None:
        return point.module
    page = folder / "pyproject.toml"
    try:
        value: Any = tomllib.loads(page.read_text(encoding="utf-8")) if page.is_file() else {}
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"./pyproject.toml cannot be read: {error}") from None
    for key in ("project", "entry-points", GROUP, venue):
        value = value.get(key) if isinstance(value, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - any table
    if not isinstance(value, str):
        raise InvalidRequest(f"no adapter {venue[:40]!r} is installed, and ./pyproject.toml declares none of that id")
    return value.partition(":")[0]


def write_venue(name: str, into: Path) -> Exit:
    """Write the package of a new venue."""
    needs("new-venue", "testing", "pytest", *SERVING)
    from futures_async.testing.scaffold import new_venue

    written = new_venue(name, into)
    writer = Writer(Format.TABLE)
    for path in written:
        writer.console.print(str(path), highlight=False, markup=False)
    writer.console.print(f"\ncd {written[0].parent} && python -m pytest", highlight=False, markup=False)
    return Exit.OK


def check_venue(venue: str, tests: list[str], mutants: int, writer: Writer) -> Exit:
    """Run everything that judges an adapter, and say what came of it."""
    needs("check-venue", "testing", "pytest", *SERVING)
    from futures_async.testing.check import check

    sys.path.insert(0, os.getcwd())
    verdict = check(package_of(venue, Path()), tests, mutants, say=lambda text: complain(text, style="dim"))
    writer.at_least(Exit.OK if verdict.good else Exit.FAILED)
    writer.rows([(venue, part) for part in verdict.parts], COLUMNS, "There are no tests.")
    for failure in verdict.failures[:SHOWN]:
        complain(failure)
    if len(verdict.failures) > SHOWN:
        complain(f"… and {len(verdict.failures) - SHOWN} more: run the tests with pytest to see them all")
    for survivor in verdict.survivors:
        complain(f"no test notices {survivor}")
    complain(f"{venue}: {in_words(verdict)}", style="bold" if verdict.good else "red")
    return writer.code


def in_words(verdict: Verdict) -> str:
    """The verdict, in a line."""
    passed = sum(part.passed for part in verdict.parts)
    if verdict.failures:
        return f"not yet: {len(verdict.failures)} of {passed + len(verdict.failures)} tests fail"
    if not passed:
        return "not yet: no test ran"
    told = f"{passed} tests pass"
    if verdict.tried:
        told += f", and they notice {verdict.noticed} of {verdict.tried} wrong adapters"
    return f"good: {told}" if verdict.good else f"not yet: {told}"
