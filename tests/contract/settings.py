"""Moved: import it from `futures_async.testing`."""

from futures_async.testing.settings import *  # noqa: F403
