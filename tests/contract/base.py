"""Moved: import it from `futures_async.testing`."""

from futures_async.testing.base import *  # noqa: F403
