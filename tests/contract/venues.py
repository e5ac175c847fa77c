"""What the contract suite of each adapter of this distribution knows of its venue."""

from __future__ import annotations

import importlib

from futures_async.adapters import BUILT_IN
from futures_async.testing.spec import VenueSpec
from futures_async.testing.suite import ContractSuite


def specs() -> dict[str, VenueSpec]:
    """By id; an adapter without a suite is an error. Other distributions bring their own."""
    found: dict[str, VenueSpec] = {}
    for venue in BUILT_IN:
        module = importlib.import_module(f"tests.adapters.{venue.replace('-', '_')}.test_contract")
        [suite] = [
            value
            for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, ContractSuite) and value is not ContractSuite
        ]
        found[venue] = suite.spec
    return found
