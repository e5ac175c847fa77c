"""Moved: import it from `futures_async.testing`."""

from futures_async.testing.virtual_time import VirtualTimeLoop as VirtualTimeLoop
from futures_async.testing.virtual_time import run as run
from futures_async.testing.virtual_time import run_trio as run_trio
