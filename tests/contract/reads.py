"""Moved: import it from `futures_async.testing`."""

from futures_async.testing.reads import *  # noqa: F403
