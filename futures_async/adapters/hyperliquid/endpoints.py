"""The documented calls of Hyperliquid, perpetuals part: one row each.

One path reads and one acts; the `type` in the body says what. Reads weigh on a budget of the address that they come
from (1,200 a minute); that of lists grows by one with each twenty rows that they return, of which one is counted here:
a walk through many full pages may meet the venue's own refusal. Actions weigh on a budget of the account besides, which
grows with what it trades; cancels have one of their own.

Without a row are spot, staking, vault administration, transfers and TWAP orders, which this library is not about, and
what only the account's own key may sign. `request()` reaches what an API wallet may.

https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/rate-limits-and-user-limits
"""

from __future__ import annotations

from typing import Any, TypeVar

from futures_async.adapter import Endpoint, Kind, Params, RateLimit, or_null
from futures_async.adapters.hyperliquid import wire
from futures_async.adapters.hyperliquid.dialect import EDIT

T = TypeVar("T")

BATCH = 40
"""Orders or cancels of one action: so many weigh as one; an action of more than 200 is refused."""
NEWEST = 2000
"""Rows of the lists of newest orders and fills, and of one answer of fills by time."""
FILLS_KEPT = 10_000
PAGE = 500
"""Rows of one answer of funding payments, changes of balance and funding rates."""

LIST = 21
"""Weight of a list."""

ACTIONS = RateLimit(10_000, 10.0, pool="actions", budget=True)
"""To begin with; more with each USDC traded, see `WireBudget`. Past it one in ten seconds."""
CANCELS = RateLimit(20_000, 10.0, pool="cancels", budget=True)


def _count(params: Params, body: Any) -> int:
    """Elements of an action: each counts."""
    action: dict[str, Any] = body or {}
    return max(1, *(len(action.get(name, ())) for name in ("orders", "modifies", "cancels")))


def _weight(params: Params, body: Any) -> int:
    return 1 + _count(params, body) // BATCH


def _info(
    operation: str, result: type[T], weight: int, *, private: bool = False, nullable: bool = False
) -> Endpoint[T]:
    """A read. Those of accounts name one by its address, and need no signature."""
    return Endpoint(
        "POST",
        "/info",
        operation=operation,
        result=result,
        weight=weight,
        private=private,
        signed=False,
        nullable=nullable,
    )


def _action(
    operation: str, kind: Kind, budget: RateLimit = ACTIONS, *, cancels: bool = False
) -> Endpoint[wire.WireAnswer]:
    return Endpoint(
        "POST",
        "/exchange",
        operation=operation,
        result=wire.WireAnswer,
        limit=budget.taking(_count),
        weight=_weight,
        kind=kind,
        cancels=cancels,
    )


# https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint/perpetuals
STATE = _info("clearinghouseState", wire.WireState, 2, private=True)
ASSET = _info("activeAssetData", wire.WireAsset, 20, private=True)
FUNDINGS = _info("userFunding", list[wire.WireUpdate], LIST, private=True)
UPDATES = _info("userNonFundingLedgerUpdates", list[wire.WireUpdate], LIST, private=True)
META = _info("meta", wire.WireMeta, 20)
CONTEXTS = _info("metaAndAssetCtxs", tuple[wire.WireMeta, list[wire.WireContext]], 20)
DEXS = _info("perpDexs", list[Any], 20)
FUNDING_RATES = _info("fundingHistory", list[wire.WirePastFunding], LIST)
SPOT_STATE = _info("spotClearinghouseState", wire.WireSpotState, 2, private=True)

# https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint
OPEN_ORDERS = _info("frontendOpenOrders", list[wire.WireOrder], 20, private=True)
ORDER = _info("orderStatus", wire.WireFound, 2, private=True)
PAST_ORDERS = _info("historicalOrders", list[wire.WireStanding], LIST, private=True)
NEWEST_FILLS = _info("userFills", list[wire.WireFill], LIST, private=True)
FILLS = _info("userFillsByTime", list[wire.WireFill], LIST, private=True)
ROLE = _info("userRole", wire.WireRole, 60, private=True)
ABSTRACTION = _info("userAbstraction", str, 20, private=True)
BUDGET = _info("userRateLimit", wire.WireBudget, 20, private=True)
MIDS = _info("allMids", dict[str, Any], 2)
# Null where there is no such contract.
BOOK = _info("l2Book", or_null(wire.WireBook), 2, nullable=True)
CANDLES = _info("candleSnapshot", list[wire.WireCandle], 21)
STATUS = _info("exchangeStatus", wire.WireStatus, 2)

# https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/exchange-endpoint
PLACE = _action("order", Kind.ORDER)
# One order too: `modify` answers without the id of the order that replaces it.
MODIFY = _action(EDIT, Kind.ORDER)
CANCEL = _action("cancel", Kind.CANCEL, CANCELS)
CANCEL_BY_CLOID = _action("cancelByCloid", Kind.CANCEL, CANCELS)
SET_LEVERAGE = _action("updateLeverage", Kind.SETTING)
# Moves an amount: sent again as the same bytes only.
MOVE_MARGIN = _action("updateIsolatedMargin", Kind.DELTA)
SCHEDULE_CANCEL = _action("scheduleCancel", Kind.SETTING, cancels=True)
