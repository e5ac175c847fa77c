"""Moved: import it from `futures_async.testing`."""

from futures_async.testing.loopback import *  # noqa: F403
