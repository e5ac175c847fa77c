"""An adapter for NewVenue: account reads."""

from futures_async.testing.template.newvenue.client import NewVenue as NewVenue
