"""Sizes of the rig's runs."""

import pytest


@pytest.fixture
def orders_per_run() -> int:
    return 500
