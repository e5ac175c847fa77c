"""The guide names what is there."""

import re
from pathlib import Path

import pytest

import futures_async
from futures_async.simulator.engine import Engine
from futures_async.simulator.reading import Reader

GUIDE = (Path(futures_async.__file__).parent / "simulator" / "README.md").read_text(encoding="utf-8")
ROWS = [
    line
    for line in GUIDE.splitlines()
    if re.match(r"\| `(orders|triggers|settings|margins|lists|figures|world)\.", line)
]


def named(row: str) -> list[str]:
    """`orders.place`, and what stands beside it without its part: `amend`."""
    part, _ = re.findall(r"`(\w+)\.(\w+)", row)[0]
    return [f"{part}.{name}" for name in re.findall(r"`(?:" + part + r"\.)?([a-z]\w+)", row)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[:24])
def test_every_part_of_the_engine_has_what_the_guide_says(row: str) -> None:
    engine = Engine(now_ms=lambda: 0)
    for name in named(row):
        part, attribute = name.split(".")
        known = hasattr(getattr(engine, part), attribute) or attribute in GENERAL
        assert known, name


GENERAL = {"account", "of", "page", "self", "also"}
"""Words in code that name no attribute of that part."""


def test_the_guide_knows_every_reader() -> None:
    readers = [name for name in vars(Reader) if not name.startswith("_")]
    assert [name for name in readers if f"`{name}`" not in GUIDE] == []
