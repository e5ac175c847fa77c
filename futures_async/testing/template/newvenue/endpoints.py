"""NewVenue's endpoint table: one row for each documented call, its page above it."""

from futures_async.adapter import Endpoint, RateLimit
from futures_async.testing.template.newvenue.wire import WireBalance

# https://newvenue.example/docs#balances
BALANCES = Endpoint("GET", "/balances", result=list[WireBalance], limit=RateLimit(10))
