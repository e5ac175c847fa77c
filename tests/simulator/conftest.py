"""The fixtures of the shipped plugin, which is not loaded as one here: see `addopts` in pyproject.toml."""

from futures_async.simulator import pytest_plugin

simulated_exchange = pytest_plugin.simulated_exchange
simulated_exchange_options = pytest_plugin.simulated_exchange_options
