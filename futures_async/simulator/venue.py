"""The front door for those who write a venue's simulated side: all that `simulated.py` needs, and nothing else.

    import futures_async.simulator.venue as sim

The guide is `simulator/README.md`; the engine that a `Dialect` asks is its `self.engine`.
"""

from futures_async.simulator import errors
from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.demo import Setup, open_demo_account
from futures_async.simulator.dialect import (
    Dialect,
    Request,
    Response,
    Route,
    Table,
    VenueRefusal,
    Verdict,
    always,
    fixed,
    get,
    plain,
    post,
    public,
    refusing,
    route,
)
from futures_async.simulator.engine import Engine
from futures_async.simulator.lists import Lists, PageOf, Wanted, page
from futures_async.simulator.margins import Margins, PositionView, Wallet
from futures_async.simulator.marks import Book
from futures_async.simulator.orders import Orders
from futures_async.simulator.reading import Reader
from futures_async.simulator.records import Fill, LedgerKind, LedgerRow, Order, Position, Ticket, Trigger
from futures_async.simulator.settings import Settings
from futures_async.simulator.world import World
from futures_async.transport.endpoint import Kind, RateLimit
from futures_async.unified.enums import (
    Intent,
    MarginMode,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    Role,
    Side,
    TimeInForce,
)
from futures_async.unified.symbols import Pairs, join, split

__all__ = [
    "Account",
    "ApiKey",
    "Book",
    "ContractSpec",
    "Dialect",
    "Engine",
    "Fill",
    "Intent",
    "Kind",
    "LedgerKind",
    "LedgerRow",
    "Lists",
    "MarginMode",
    "Margins",
    "Order",
    "OrderStatus",
    "OrderType",
    "Orders",
    "PageOf",
    "Pairs",
    "Position",
    "PositionMode",
    "PositionSide",
    "PositionView",
    "RateLimit",
    "Reader",
    "Request",
    "Response",
    "Role",
    "Route",
    "Settings",
    "Setup",
    "Side",
    "Table",
    "Ticket",
    "TimeInForce",
    "Trigger",
    "VenueRefusal",
    "Verdict",
    "Wallet",
    "Wanted",
    "World",
    "always",
    "errors",
    "fixed",
    "get",
    "join",
    "open_demo_account",
    "page",
    "plain",
    "post",
    "public",
    "refusing",
    "route",
    "split",
]
