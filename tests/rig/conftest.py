"""Sizes of the rig's runs."""

import pytest


@pytest.fixture
def orders_per_run(request: pytest.FixtureRequest) -> int:
    """10,000 on CI and with --long; a tenth of that while developing."""
    import os

    long = bool(request.config.getoption("--long", default=False))
    return 10_000 if long or os.environ.get("CI") else 1_000
