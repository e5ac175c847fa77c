"""Moved: import it from `futures_async.testing`."""

from futures_async.testing.matrix import *  # noqa: F403
