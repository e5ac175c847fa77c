"""Acme's endpoint table."""

from __future__ import annotations

from typing import Any

from futures_async.adapter import Endpoint, Kind, RateLimit
from tests.newcomer.acme import wire

IP, UID = RateLimit(20, scope="ip"), RateLimit(20)
ROOMS = ("USDT", "USDC")
"""The coins that contracts settle in; each has lists of its own."""

TIME = Endpoint("GET", "/acme/time", result=wire.WireNow, limit=IP, private=False)
CONTRACTS = Endpoint("GET", "/acme/contracts", result=list[wire.WireContract], limit=IP, private=False)
TICKER = Endpoint("GET", "/acme/ticker", result=wire.WireTicker, limit=IP, private=False)
BALANCES = Endpoint("GET", "/acme/balances", result=list[wire.WireBalance], limit=UID)
POSITIONS = Endpoint("GET", "/acme/positions", result=list[wire.WirePosition], limit=UID)
LEVERAGE = Endpoint("GET", "/acme/leverage", result=wire.WireLeverage, limit=UID)
SET_LEVERAGE: Endpoint[Any] = Endpoint("POST", "/acme/leverage", result=wire.WireLeverage, limit=UID, kind=Kind.SETTING)
BOOK = Endpoint("GET", "/acme/book", result=wire.WireMode, limit=UID)
SET_BOOK: Endpoint[Any] = Endpoint("POST", "/acme/book", result=wire.WireMode, limit=UID, kind=Kind.SETTING)
PLACE = Endpoint("POST", "/acme/orders", result=wire.WireAck, limit=UID, kind=Kind.ORDER)
EDIT = Endpoint("POST", "/acme/edit", result=wire.WireAck, limit=UID, kind=Kind.ORDER)
CANCEL: Endpoint[Any] = Endpoint("POST", "/acme/cancel", result=wire.WireAck, limit=UID, kind=Kind.CANCEL)
CANCEL_ALL: Endpoint[Any] = Endpoint("POST", "/acme/cancel-all", result=list[wire.WireAck], limit=UID, kind=Kind.DELTA)
ORDER = Endpoint("GET", "/acme/order", result=wire.WireOrder, limit=UID)
OPEN = Endpoint("GET", "/acme/open", result=wire.WireList[wire.WireOrder], limit=UID)
DONE = Endpoint("GET", "/acme/done", result=wire.WireList[wire.WireOrder], limit=UID)
FILLS = Endpoint("GET", "/acme/fills", result=wire.WireList[wire.WireFill], limit=UID)
LEDGER = Endpoint("GET", "/acme/ledger", result=wire.WireList[wire.WireEntry], limit=UID)
