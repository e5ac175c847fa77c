"""What all v5 endpoints share on the server's side: signature, window, envelope, categories, cursors, codes.

Reference: venues/bybit.md sections 1, 6 and 7.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple
from urllib.parse import quote

import msgspec

from futures_async.simulator import errors
from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import Credit, Dialect, Request, Response, Route, Table, VenueRefusal
from futures_async.simulator.lists import R, Wanted, facts, page
from futures_async.simulator.marks import DAY_MS
from futures_async.simulator.reading import Reader
from futures_async.simulator.records import Order, Trigger
from futures_async.simulator.triggers import TRIGGERED_BY
from futures_async.transport.endpoint import RateLimit
from futures_async.unified.enums import OrderType, PositionSide, PriceSource, Side, TimeInForce

FAMILY = "bybit"
CATEGORIES = ("linear", "inverse", "spot", "option")
SIDE_WORDS = {Side.BUY: "Buy", Side.SELL: "Sell"}
SIDES = {word.lower(): side for side, word in SIDE_WORDS.items()}
HELD_WORDS = {PositionSide.LONG: "Buy", PositionSide.SHORT: "Sell"}
TYPES = {"limit": OrderType.LIMIT, "market": OrderType.MARKET}
FORCE_WORDS = {
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
    TimeInForce.POST_ONLY: "PostOnly",
}
FORCES = {word.lower(): force for force, word in FORCE_WORDS.items()}
SOURCES = {"lastprice": PriceSource.LAST, "markprice": PriceSource.MARK, "indexprice": PriceSource.INDEX}
WEEK_MS = 7 * DAY_MS
FIFTY, TEN, FIVE = RateLimit(50), RateLimit(10), RateLimit(5)

READER = Reader(
    missing=lambda name: VenueRefusal("10001", f"params error: {name} is required"),
    wrong=lambda name, value: VenueRefusal("10001", f"params error: {name} invalid {value}"),
)
required, number, needed_number = READER.required, READER.number, READER.needed_number
whole, word, pick, maybe, objects = READER.whole, READER.word, READER.pick, READER.maybe, READER.objects

CODES: Table = {
    errors.UnknownSymbol: ("10001", "params error: symbol invalid {}"),
    errors.SymbolClosed: ("110074", "This contract is not live"),
    errors.InvalidQuantity: ("10001", "Qty invalid"),
    errors.BelowMinimum: ("110094", "Order does not meet minimum order value"),
    errors.AboveMaximum: ("10001", "The number of contracts exceeds maximum limit allowed"),
    errors.PriceOutOfBand: ("110003", "Order price exceeds the allowable range."),
    errors.InvalidPrice: ("10001", "Price invalid"),
    errors.InvalidTrigger: ("110093", None),
    errors.LongProfitBelow: ("10001", "TakeProfit set for Buy position should be higher than base_price: {}"),
    errors.LongStopAbove: ("10001", "StopLoss set for Buy position should be lower than base_price: {}"),
    errors.ShortProfitAbove: ("10001", "TakeProfit set for Sell position should be lower than base_price: {}"),
    errors.ShortStopBelow: ("10001", "StopLoss set for Sell position should be higher than base_price: {}"),
    errors.InvalidClientId: ("10001", "OrderLinkID invalid"),
    errors.InsufficientMargin: ("110007", "ab not enough for new order"),
    errors.RiskLimitExceeded: ("110090", None),
    errors.UnknownOrder: ("110001", "order not exists or too late to cancel"),
    errors.OrderFinished: ("110001", "order not exists or too late to cancel"),
    errors.DuplicateClientId: ("110072", "OrderLinkedID is duplicate"),
    errors.NotAmendable: ("110032", None),
    errors.Unchanged: ("10001", "order not modified"),
    errors.NoPosition: ("110017", "current position is zero, cannot fix reduce-only order qty"),
    errors.InsufficientPosition: ("110017", "reduce-only rule not satisfied"),
    errors.ModeConflict: ("10001", "position idx not match position mode"),
    errors.PositionModeLocked: ("110024", "You have an existing position, so the position mode cannot be switched"),
    errors.MarginModeLocked: ("3400045", "Set margin mode failed"),
    errors.LeverageOutOfRange: ("10001", "leverage invalid"),
    errors.LeverageLocked: ("110013", "Cannot set leverage due to risk limit level"),
    errors.NotIsolated: ("110015", "Position is in cross margin mode"),
    errors.MarginNotRemovable: ("110078", "Reduce margin error"),
    errors.AccountInLiquidation: ("110005", "Position status is not normal"),
    errors.BadBody: ("10001", "Request parameter error."),
    errors.RateLimited: ("10006", "Too many visits. Exceeded the API Rate Limit."),
}


class Batch(NamedTuple):
    """A payload whose items' verdicts stand beside it."""

    rows: list[dict[str, Any]]
    verdicts: list[dict[str, Any]]


class V5(Dialect):
    """Base of the groups of endpoints."""

    id = "bybit"
    family = FAMILY
    prefixes = ("/v5/",)
    reader = READER
    tables: ClassVar[Sequence[Table]] = (CODES,)
    # "Every business refusal is HTTP 200."
    refusal_status = 200
    quote_sized = True
    limited_by_account = False
    ip_limits = (RateLimit(600, 5.0, scope="ip"),)
    not_found = VenueRefusal("404", "Not Found", status=404, page=b"<html><body>404 page not found</body></html>")
    ambiguous = VenueRefusal("10016", "Internal System Error.")
    maintenance = VenueRefusal("10016", "Service is restarting.")

    # -- the gate

    def authenticate(self, request: Request) -> Account:
        """Key, then time, then signature."""
        key = request.header("x-bapi-api-key")
        found = self.engine.find_key(FAMILY, key) if key else None
        if found is None:
            raise VenueRefusal("10003", "API key is invalid.")
        account, api_key = found
        self._check_time(request)
        if not self.is_signed(request, api_key):
            raise VenueRefusal("10004", "error sign! please check your signature generation algorithm.")
        if not (api_key.can_trade if request.method == "POST" else api_key.can_read):
            raise VenueRefusal("10005", "Permission denied, please check your API key permissions.")
        return account

    def _check_time(self, request: Request) -> None:
        sent, window = request.header("x-bapi-timestamp"), request.header("x-bapi-recv-window") or "5000"
        if not (sent.isascii() and sent.isdigit() and window.isascii() and window.isdigit()):
            raise VenueRefusal("10001", "empty or invalid timestamp")
        if not request.now_ms - int(window) <= int(sent) < request.now_ms + 1000:
            raise VenueRefusal(
                "10002",
                "invalid request, please check your server timestamp or recv_window param. "
                f"req_timestamp[{sent}],server_timestamp[{request.now_ms}],recv_window[{window}]",
            )

    def is_signed(self, request: Request, key: ApiKey) -> bool:
        """Over what was sent, as it was sent."""
        payload = request.query.encode() if request.method == "GET" else request.body
        stamp, window = request.header("x-bapi-timestamp"), request.header("x-bapi-recv-window")
        text = f"{stamp}{key.key}{window}".encode() + payload
        return key.has_signed(text, request.header("x-bapi-sign"))

    # -- the envelope

    def success(self, request: Request, result: Any) -> Response:
        """What it says of single items of a batch stands in `retExtInfo`."""
        aside: dict[str, Any] = {}
        if isinstance(result, Batch):
            result, aside = {"list": result.rows}, {"list": result.verdicts}
        return self._wrapped(0, "OK", result, aside)

    def translate(self, error: errors.EngineError, request: Request) -> VenueRefusal:
        """An address that asks too much is shut out by the gate, which speaks no JSON."""
        if isinstance(error, errors.RateLimited) and error.limit in self.ip_limits:
            return VenueRefusal("403", "access too frequent")
        return super().translate(error, request)

    def failure(self, request: Request, refusal: VenueRefusal) -> Response:
        """HTTP 200, unless a gate said it."""
        if refusal.code == "403":
            page = f"<html><body>403 Forbidden: {refusal.message}</body></html>"
            return Response(403, page.encode(), content_type="text/html")
        response = self._wrapped(int(refusal.code), refusal.message, {}, {})
        return response._replace(status=self.status(refusal), headers=refusal.headers)

    def _wrapped(self, code: int, message: str, result: Any, aside: dict[str, Any]) -> Response:
        body = {"retCode": code, "retMsg": message, "result": result, "retExtInfo": aside, "time": self.engine.clock()}
        return Response(200, msgspec.json.encode(body), content_type="application/json; charset=utf-8")

    def headers(self, request: Request, route: Route, credits: Sequence[Credit]) -> tuple[tuple[str, str], ...]:
        """The endpoint's pool on each private answer; when it is exhausted, until when."""
        own = [credit for credit in credits if credit.own]
        if not own or not route.private:
            return ()
        limit, used = own[-1].limit, own[-1].used
        reset = request.now_ms + (int(limit.per_s * 1000) if used >= limit.count else 0)
        return (
            ("X-Bapi-Limit", str(limit.count)),
            ("X-Bapi-Limit-Status", str(max(0, limit.count - used))),
            ("X-Bapi-Limit-Reset-Timestamp", str(reset)),
        )

    # -- contracts

    def category(self, values: Mapping[str, Any]) -> str:
        """`linear` or `inverse`; others hold nothing here."""
        return word(values, "category", CATEGORIES)

    def contracts(self, category: str) -> list[ContractSpec]:
        """All contracts of a category."""
        return [contract for contract in self.contracts_listed() if category_of(contract) == category]

    def contract(self, values: Mapping[str, Any], category: str | None = None) -> ContractSpec:
        """The one that the request names, in its category."""
        required(values, "symbol")
        for contract in self.contracts(category or self.category(values)):
            if venue_symbol(contract) == values["symbol"]:
                return contract
        raise errors.UnknownSymbol(str(values["symbol"])[:40])

    def asked(self, values: Mapping[str, Any], *, narrow: bool = False) -> list[ContractSpec]:
        """The contract that is named, or those of the coin, or of the category; `narrow` linear reads must be told."""
        category = self.category(values)
        if values.get("symbol"):
            return [self.contract(values)]
        found = self.contracts(category)
        coin, base = values.get("settleCoin"), values.get("baseCoin")
        if narrow and category == "linear" and not coin and not base:
            raise VenueRefusal("10001", "params error: symbol, settleCoin or baseCoin is required")
        return [spec for spec in found if coin in (None, "", spec.settle) and base in (None, "", spec.base)]

    def symbols(self, values: Mapping[str, Any], *, narrow: bool = False) -> set[str]:
        """The same by the engine's names: what a list is filtered by."""
        return {contract.symbol for contract in self.asked(values, narrow=narrow)}

    def band(self, contract: ContractSpec) -> tuple[Decimal, Decimal]:
        """The lowest and the highest price that orders may have."""
        mark, tick = self.engine.world.mark(contract.symbol), contract.tick
        return (mark / 10 // tick + 1) * tick, mark * 10 // tick * tick

    # -- pages

    def page(
        self,
        request: Request,
        rows: Sequence[R],
        symbols: Container[str] | None = None,
        also: Callable[[R], bool] | None = None,
        *,
        most: int,
        default: int,
        windowed: bool = True,
        span_ms: int = WEEK_MS,
    ) -> tuple[list[R], str]:
        """One page, newest first, and the cursor, which is there on the last page too, percent-encoded.

        Args:
            request: With `startTime`, `endTime`, `limit`, `cursor`.
            rows: Ascending by id.
            symbols: Of which contracts; None: of all.
            also: Which rows count.
            most: Rows of a page at most.
            default: Rows of a page that asks for no number.
            windowed: At most seven days in one question; see `span_ms` for one without both bounds.
            span_ms: What is shown from one bound on, or up to it, and up to the present without any.
        """
        params = request.params
        since, until = whole(params, "startTime"), whole(params, "endTime")
        if windowed:
            if since is not None and until is not None and until - since > WEEK_MS:
                raise VenueRefusal("10001", "The time range between startTime and endTime cannot exceed 7 days")
            if since is None:
                since = (request.now_ms if until is None else until) - span_ms
            if until is None:
                until = since + span_ms
        limit = whole(params, "limit") or default
        if limit > most:
            raise VenueRefusal("10001", "params error: limit invalid")
        before = None
        if text := params.get("cursor"):
            number, _, again = text.partition(":")
            # What was encoded twice arrives encoded once.
            if not (number.isascii() and number.isdigit() and again):
                raise VenueRefusal("10001", "params error: cursor invalid")
            before = int(number)
        wanted = Wanted(symbols=symbols, since_ms=since, until_ms=until, before_id=before, limit=limit)
        found = page(rows, wanted, also)
        if not found.rows:
            return [], ""
        last = facts(found.rows[-1])
        return found.rows, quote(f"{last.id}:{last.at_ms},{last.id}:{last.at_ms}", safe="")

    # -- orders by their ids: a trigger order keeps its own when it is set off

    def one(self, request: Request, values: Mapping[str, Any]) -> Order | Trigger | None:
        """The order or the waiting one that `orderId`, which wins, or `orderLinkId` names; None: there is none."""
        account, text = request.account, str(values.get("orderId") or "")
        client_id = None if text else values.get("orderLinkId") or None
        if not text and client_id is None:
            return None
        order_id = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
        for trigger in account.trigger_log:
            if trigger.id == order_id or (client_id is not None and trigger.client_id == client_id):
                return account.orders[trigger.order_id] if trigger.order_id is not None else trigger
        return self.engine.orders.named(account, order_id if text else None, client_id)


def listed(rows: list[dict[str, Any]], cursor: str = "", category: str = "") -> dict[str, Any]:
    """A list in its wrapping."""
    return {"list": rows, "nextPageCursor": cursor, "category": category}


def category_of(contract: ContractSpec) -> str:
    """Where a contract is listed."""
    return "inverse" if contract.is_inverse else "linear"


def venue_symbol(contract: ContractSpec) -> str:
    """`BTCUSDT`, `BTCPERP`, `BTCUSD`."""
    return contract.base + ("PERP" if contract.settle == "USDC" else contract.quote)


def shown_id(order: Order | Trigger) -> str:
    """What was a trigger order is the same order after it was set off."""
    return str(order.tag.get(TRIGGERED_BY, order.id) if isinstance(order, Order) else order.id)


def index_of(side: PositionSide | None) -> int:
    """`positionIdx`."""
    return 0 if side is None else 1 if side is PositionSide.LONG else 2
