"""For all tests."""

import os

import pytest
from hypothesis import settings

# A busy machine is no failure: examples are judged by their result, not by how long they took.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Options of the environment are for this run, not for the pytest that some tests begin themselves."""
    os.environ.pop("PYTEST_ADDOPTS", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of this project's own test runs."""
    parser.addoption("--long", action="store_true", help="run the long variants of the acceptance tests")
    parser.addoption("--rewrite-readme", action="store_true", help="write the generated parts of README.md anew")
