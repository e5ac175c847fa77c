"""The guide for authors of adapters says what is so: hooks with their signatures, facts of rows, capabilities."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path

from futures_async import adapter
from futures_async.adapter import Adapter, BatchCancels, Capability, PartStops, PositionStops, Trailing, TriggerEdits
from futures_async.testing.spec import VenueSpec
from futures_async.trading.capabilities import FOLLOWS
from futures_async.unified import models
from futures_async.unified.exchange import WATCHES

GUIDE = (Path(__file__).parents[2] / "futures_async" / "adapters" / "README.md").read_text(encoding="utf-8")
OTHERS = {"Decimal", "RawCall", "micros"}
"""Names that do not come from `futures_async.adapter`."""
PAGE = GUIDE[GUIDE.index("## The page to keep open") :]


class Whole(Adapter, BatchCancels, PartStops, PositionStops[None], Trailing, TriggerEdits):
    """With all that an adapter may take beside its base."""


def test_every_hook_is_there_as_it_is_told() -> None:
    told = re.findall(r"^\| `(_\w+)\(([^)]*)\) -> ([^`]+)` \|", PAGE, re.MULTILINE)
    assert len(told) >= 8
    for name, parameters, result in told:
        signature = inspect.signature(getattr(Whole, name))
        assert [*signature.parameters][1:] == parameters.replace("*", "").split(", "), name
        assert str(signature.return_annotation) == result.replace("\\|", "|"), name


def test_every_hook_and_capability_that_is_named_exists() -> None:
    names = set(re.findall(r"`(_[a-z_]+)`", PAGE))
    assert not [name for name in names if not hasattr(Whole, name)]
    table = PAGE[PAGE.index("| you define |") : PAGE.index("Every other capability")]
    told = set(re.findall(r"`([A-Z_]+)`", table))
    assert {capability.name for capability in FOLLOWS.keys() - WATCHES} <= told <= set(Capability.__members__)
    assert {name for needed in FOLLOWS.values() for name in needed} <= set(re.findall(r"`([a-z_]+)`", table))


def test_the_facts_of_rows_are_the_models_own() -> None:
    table = PAGE[PAGE.index("| fact |") :].split("\n\n")[0]
    told = re.findall(r"^\| `(\w+)` \| ([^|]+) \|$", table, re.MULTILINE)
    assert len(told) == 8
    for name, facts in told:
        model: type[models.Model] = getattr(models, name)
        said = ", ".join(model.facts)
        if model.one_of:
            said += f", and one of {', '.join(model.one_of)}"
        assert facts == said, name


def test_what_the_bullets_call_exists() -> None:
    bullets = PAGE[PAGE.index("- **Envelope**") : PAGE.index("`tests/newcomer/`")]
    code = " ".join(re.findall(r"`([^`]+)`", bullets))
    called = set(re.findall(r"(?<![.\w])([a-zA-Z_]+)\(", code)) - OTHERS
    assert len(called) >= 7
    assert not [name for name in called if not hasattr(adapter, name)]
    ours = set(re.findall(r"self\.(_\w+)\(", code))
    assert ours >= {"_call", "_pick", "_sizes_of", "_known_contract"}
    assert not [name for name in ours if not hasattr(Adapter, name)]
    assert {"modes", "counts_contracts", "silent"} <= {field.name for field in dataclasses.fields(VenueSpec)}
