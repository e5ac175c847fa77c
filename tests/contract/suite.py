"""Moved: import it from `futures_async.testing`."""

from futures_async.testing.suite import ContractSuite as ContractSuite
