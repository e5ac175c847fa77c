"""Moved: import it from `futures_async.testing`."""

from futures_async.testing.spec import RawCall as RawCall
from futures_async.testing.spec import VenueSpec as VenueSpec
