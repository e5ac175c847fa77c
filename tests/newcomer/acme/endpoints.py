"""Acme's endpoint table."""

from __future__ import annotations

from typing import Any

from futures_async.adapter import Endpoint, Kind, RateLimit
from tests.newcomer.acme.wire import WireAck, WireBalance, WireNow, WireOrder, WirePosition, WireTicker

TIME = Endpoint("GET", "/acme/time", result=WireNow, limit=RateLimit(20, scope="ip"), private=False)
TICKER = Endpoint("GET", "/acme/ticker", result=WireTicker, limit=RateLimit(20, scope="ip"), private=False)
BALANCES = Endpoint("GET", "/acme/balances", result=list[WireBalance], limit=RateLimit(10))
POSITIONS = Endpoint("GET", "/acme/positions", result=list[WirePosition], limit=RateLimit(10))
PLACE = Endpoint("POST", "/acme/orders", result=WireAck, limit=RateLimit(10), kind=Kind.ORDER)
CANCEL: Endpoint[Any] = Endpoint("POST", "/acme/cancel", result=WireAck, limit=RateLimit(10), kind=Kind.CANCEL)
ORDER = Endpoint("GET", "/acme/order", result=WireOrder, limit=RateLimit(20))
OPEN = Endpoint("GET", "/acme/open", result=list[WireOrder], limit=RateLimit(20))
