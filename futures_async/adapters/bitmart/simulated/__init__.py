"""BitMart futures v2 on the simulated exchange, written from the wire reference.

GETs carry the key only and are never refused for a signature; POSTs are signed over `timestamp#memo#body`. A
business error is HTTP 400, 403 or 200 as its code has it; the limit header called "Remaining" counts upwards; an
id-less cancel cancels everything; cut lists are cut without a word.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import msgspec

import futures_async.simulator.venue as sim
from futures_async.adapters.bitmart.simulated.account import AccountCalls
from futures_async.adapters.bitmart.simulated.market import MarketData
from futures_async.adapters.bitmart.simulated.orders import OrderCalls
from futures_async.adapters.bitmart.simulated.plans import PlanCalls
from futures_async.adapters.bitmart.simulated.streams import Streams
from futures_async.simulator.venue import errors, open_demo_account

STATUS = {
    "30000": 404, "30001": 401, "30002": 401, "30003": 401, "30004": 401, "30005": 401, "30006": 401, "30007": 401,
    "30008": 401, "30010": 403, "30011": 403, "30012": 403, "30013": 429, "30014": 503, "30016": 200, "30017": 418,
    "30018": 503, "30019": 200, "40046": 403, "40047": 403, "40048": 403, "40049": 403, "40050": 403, "42000": 200,
}  # fmt: skip
"""HTTP status by code, where it is not 400."""

REFUSALS: sim.Table = {
    errors.UnknownSymbol: ("40034", "The symbol is not exist"),
    errors.SymbolClosed: ("40014", "This contract is offline"),
    errors.InvalidQuantity: ("40043", "The precision is error"),
    errors.BelowMinimum: ("40044", "The range is error"),
    errors.AboveMaximum: ("40044", "The range is error"),
    errors.InvalidPrice: ("40044", "The range is error"),
    errors.InvalidTrigger: ("40031", "The difference between the trigger price and the current price is too large"),
    errors.InvalidClientId: ("40048", "The client_order_id is invalid"),
    errors.InsufficientMargin: ("40027", "The available balance is not enough"),
    errors.RiskLimitExceeded: ("40029", "The leverage is too large"),
    errors.UnknownOrder: ("40035", "The order is not exist"),
    errors.OrderFinished: ("40036", "The order status is invalid"),
    errors.NotAmendable: ("40036", "The order status is invalid"),
    errors.DuplicateClientId: ("40050", "client_order_id duplicated with existing orders"),
    errors.NoPosition: ("40021", "The position is not exist"),
    errors.InsufficientPosition: ("40020", "The position volume is not enough"),
    errors.ModeConflict: ("40041", "The order side is invalid"),
    errors.PositionModeLocked: ("40059", "The position mode cannot be switched while positions or orders exist"),
    errors.MarginModeLocked: ("40040", "The leverage is invalid"),
    errors.LeverageLocked: ("40040", "The leverage is invalid"),
    errors.LeverageOutOfRange: ("40029", "The leverage is too large"),
    errors.NotIsolated: ("40022", "The position is not isolated"),
    errors.MarginNotRemovable: ("40023", "The position would be liquidated"),
    errors.AccountInLiquidation: ("40019", "The position is in liquidation"),
    errors.BadBody: ("30018", "The request body must be JSON"),
    errors.RateLimited: ("30013", "Request too many requests"),
    errors.EngineError: ("40012", "System error"),
}

WINDOW_MS = 60_000
COUNTED_BY_UID = frozenset(
    f"/contract/private/{name}"
    for name in (
        "modify-limit-order", "cancel-all-after", "submit-plan-order", "modify-plan-order", "cancel-plan-order",
        "submit-tp-sl-order", "modify-tp-sl-order", "modify-preset-plan-order", "submit-trail-order",
        "cancel-trail-order",
    )
)  # fmt: skip
"""Endpoints whose limit the venue counts per UID; other private ones per key, public ones per address."""


class Simulated(MarketData, AccountCalls, OrderCalls, PlanCalls):
    """The endpoint table of the reference, but for transfers, sub-accounts and the demo host's own call."""

    id = "bitmart"
    family = "bitmart"
    tables = (REFUSALS,)
    statuses = STATUS
    prefixes = ("/contract/", "/system/", "/account/v1/", "/spot/v1/")
    not_found = sim.VenueRefusal("30000", "Not found")
    ambiguous = sim.VenueRefusal("40012", "System error")
    maintenance = sim.VenueRefusal("30016", "Service in maintenance")

    def __init__(self, engine: sim.Engine) -> None:
        super().__init__(engine)
        self._traces = itertools.count(1)

    def demo_account(self, setup: sim.Setup) -> sim.Account:
        """Key and memo that are announced."""
        key = sim.ApiKey(key="demo-bitmart-key", secret="demo-bitmart-secret", memo="demo")  # noqa: S106 - opens nothing but the simulated exchange
        # Ids are JSON numbers in some answers, and scripts in JavaScript read them: 15 or 16 digits at the venue.
        return open_demo_account(self.engine, setup, "3001", key=key, family=self.family, short_ids=True)

    def streams(self) -> Streams:
        return Streams(self)

    def authenticate(self, request: sim.Request) -> sim.Account:
        """KEYED for GET, SIGNED for POST."""
        name = request.header("x-bm-key")
        if not name:
            raise sim.VenueRefusal("30001", "Header X-BM-KEY is empty")
        found = self.engine.find_key(self.family, name)
        if found is None:
            raise sim.VenueRefusal("30002", "Header X-BM-KEY not found")
        account, key = found
        if request.method == "POST":
            self._check_signature(request, key)
            if not key.can_trade:
                raise sim.VenueRefusal("30012", "This key has no permission for this request")
        return account

    def _check_signature(self, request: sim.Request, key: sim.ApiKey) -> None:
        sign, timestamp = request.header("x-bm-sign"), request.header("x-bm-timestamp")
        if not sign:
            raise sim.VenueRefusal("30004", "Header X-BM-SIGN is empty")
        if not timestamp:
            raise sim.VenueRefusal("30006", "Header X-BM-TIMESTAMP is empty")
        if not (timestamp.isascii() and timestamp.isdigit()):
            raise sim.VenueRefusal("30008", "Header X-BM-TIMESTAMP invalid format")
        if abs(request.now_ms - int(timestamp)) > WINDOW_MS:
            raise sim.VenueRefusal("30007", "Header X-BM-TIMESTAMP range. Within a minute")
        prehash = f"{timestamp}#{key.memo or ''}#".encode() + request.body
        if not key.has_signed(prehash, sign):
            raise sim.VenueRefusal("30005", "Header X-BM-SIGN is wrong")

    def success(self, request: sim.Request, result: Any) -> sim.Response:
        """`{code, message, data, trace}`."""
        body = {"code": 1000, "message": "Ok", "data": result, "trace": self._trace(request)}
        return sim.Response(200, msgspec.json.encode(body))

    def failure(self, request: sim.Request, refusal: sim.VenueRefusal) -> sim.Response:
        """The same envelope; an unknown path says `msg` and nothing else."""
        status = self.status(refusal)
        if refusal.code == "30000":
            return sim.Response(status, msgspec.json.encode({"msg": refusal.message, "code": 30000}))
        body = {"code": int(refusal.code), "message": refusal.message, "trace": self._trace(request), "data": None}
        return sim.Response(status, msgspec.json.encode(body), refusal.headers)

    def _trace(self, request: sim.Request) -> str:
        return f"{next(self._traces):032x}.80.{request.now_ms}"

    def translate(self, error: errors.EngineError, request: sim.Request) -> sim.VenueRefusal:
        """The code of the tables in the reference; a full window says so in its headers, and not how long to wait."""
        refusal = super().translate(error, request)
        limits = request.route.limits if request.route is not None else ()
        if isinstance(error, errors.RateLimited) and limits:
            refusal.headers = limit_headers(request.path, limits[0], limits[0].count)
        return refusal

    def headers(
        self, request: sim.Request, route: sim.Route, credits: Sequence[sim.Credit]
    ) -> tuple[tuple[str, str], ...]:
        """Limit, length of the window, and, as "Remaining", how much of it is used."""
        own = [credit for credit in credits if credit.own]
        return limit_headers(request.path, own[0].limit, own[0].used) if own else ()


def limit_headers(path: str, limit: sim.RateLimit, used: int) -> tuple[tuple[str, str], ...]:
    """As the reference has them."""
    mode = "IP" if limit.scope == "ip" else "UID" if path in COUNTED_BY_UID else "KEY"
    return (
        ("X-BM-RateLimit-Limit", str(limit.count)),
        ("X-BM-RateLimit-Reset", f"{limit.per_s:g}"),
        ("X-BM-RateLimit-Remaining", str(used)),
        ("X-BM-RateLimit-Mode", mode),
    )


DIALECT = Simulated
