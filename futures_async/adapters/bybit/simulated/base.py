"""What all v5 endpoints share on the server's side: signature, window, envelope, categories, cursors, codes.

Reference: venues/bybit.md sections 1, 6 and 7.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple
from urllib.parse import quote

import msgspec

import futures_async.simulator.venue as sim
from futures_async.simulator.venue import errors, facts, page

FAMILY = "bybit"
CATEGORIES = ("linear", "inverse", "spot", "option")
SIDE_WORDS = {sim.Side.BUY: "Buy", sim.Side.SELL: "Sell"}
SIDES = {word.lower(): side for side, word in SIDE_WORDS.items()}
HELD_WORDS = {sim.PositionSide.LONG: "Buy", sim.PositionSide.SHORT: "Sell"}
TYPES = {"limit": sim.OrderType.LIMIT, "market": sim.OrderType.MARKET}
FORCE_WORDS = {
    sim.TimeInForce.GTC: "GTC",
    sim.TimeInForce.IOC: "IOC",
    sim.TimeInForce.FOK: "FOK",
    sim.TimeInForce.POST_ONLY: "PostOnly",
}
FORCES = {word.lower(): force for force, word in FORCE_WORDS.items()}
SOURCES = {"lastprice": sim.PriceSource.LAST, "markprice": sim.PriceSource.MARK, "indexprice": sim.PriceSource.INDEX}
WEEK_MS = 7 * sim.DAY_MS
FIFTY, TEN, FIVE = sim.RateLimit(50), sim.RateLimit(10), sim.RateLimit(5)

READER = sim.Reader(
    missing=lambda name: sim.VenueRefusal("10001", f"params error: {name} is required"),
    wrong=lambda name, value: sim.VenueRefusal("10001", f"params error: {name} invalid {value}"),
)
required, number, needed_number = READER.required, READER.number, READER.needed_number
whole, word, pick, maybe, objects = READER.whole, READER.word, READER.pick, READER.maybe, READER.objects

CODES: sim.Table = {
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


class V5(sim.Dialect):
    """Base of the groups of endpoints."""

    id = "bybit"
    family = FAMILY
    prefixes = ("/v5/",)
    reader = READER
    tables: ClassVar[Sequence[sim.Table]] = (CODES,)
    # "Every business refusal is HTTP 200."
    refusal_status = 200
    quote_sized = True
    limited_by_account = False
    ip_limits = (sim.RateLimit(600, 5.0, scope="ip"),)
    not_found = sim.VenueRefusal("404", "Not Found", status=404, page=b"<html><body>404 page not found</body></html>")
    ambiguous = sim.VenueRefusal("10016", "Internal System Error.")
    maintenance = sim.VenueRefusal("10016", "Service is restarting.")

    # -- the gate

    key_header = "x-bapi-api-key"
    no_key = unknown_key = sim.VenueRefusal("10003", "API key is invalid.")
    no_right = sim.VenueRefusal("10005", "Permission denied, please check your API key permissions.")

    def check_signed(self, request: sim.Request, account: sim.Account, key: sim.ApiKey) -> None:
        """Time, then signature: over what was sent, as it was sent."""
        self._check_time(request)
        payload = request.query.encode() if request.method == "GET" else request.body
        stamp, window = request.header("x-bapi-timestamp"), request.header("x-bapi-recv-window")
        text = f"{stamp}{key.key}{window}".encode() + payload
        if not key.has_signed(text, request.header("x-bapi-sign")):
            raise sim.VenueRefusal("10004", "error sign! please check your signature generation algorithm.")

    def _check_time(self, request: sim.Request) -> None:
        sent, window = request.header("x-bapi-timestamp"), request.header("x-bapi-recv-window") or "5000"
        if not (sent.isascii() and sent.isdigit() and window.isascii() and window.isdigit()):
            raise sim.VenueRefusal("10001", "empty or invalid timestamp")
        if not request.now_ms - int(window) <= int(sent) < request.now_ms + 1000:
            raise sim.VenueRefusal(
                "10002",
                "invalid request, please check your server timestamp or recv_window param. "
                f"req_timestamp[{sent}],server_timestamp[{request.now_ms}],recv_window[{window}]",
            )

    # -- the envelope

    def success(self, request: sim.Request, result: Any) -> sim.Response:
        """What it says of single items of a batch stands in `retExtInfo`."""
        aside: dict[str, Any] = {}
        if isinstance(result, Batch):
            result, aside = {"list": result.rows}, {"list": result.verdicts}
        return self._wrapped(0, "OK", result, aside)

    def translate(self, error: errors.EngineError, request: sim.Request) -> sim.VenueRefusal:
        """An address that asks too much is shut out by the gate, which speaks no JSON."""
        if isinstance(error, errors.RateLimited) and error.limit in self.ip_limits:
            return sim.VenueRefusal("403", "access too frequent")
        return super().translate(error, request)

    def failure(self, request: sim.Request, refusal: sim.VenueRefusal) -> sim.Response:
        """HTTP 200, unless a gate said it."""
        if refusal.code == "403":
            page = f"<html><body>403 Forbidden: {refusal.message}</body></html>"
            return sim.Response(403, page.encode(), content_type="text/html")
        response = self._wrapped(int(refusal.code), refusal.message, {}, {})
        return response._replace(status=self.status(refusal), headers=refusal.headers)

    def _wrapped(self, code: int, message: str, result: Any, aside: dict[str, Any]) -> sim.Response:
        body = {"retCode": code, "retMsg": message, "result": result, "retExtInfo": aside, "time": self.engine.clock()}
        return sim.Response(200, msgspec.json.encode(body), content_type="application/json; charset=utf-8")

    def headers(
        self, request: sim.Request, route: sim.Route, credits: Sequence[sim.Credit]
    ) -> tuple[tuple[str, str], ...]:
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

    def contracts(self, category: str) -> list[sim.ContractSpec]:
        return [contract for contract in self.contracts_listed() if category_of(contract) == category]

    def venue_symbol(self, contract: sim.ContractSpec) -> str:
        return venue_symbol(contract)

    def listed_for(self, values: Mapping[str, Any]) -> Sequence[sim.ContractSpec]:
        return self.contracts(self.category(values))

    def asked(self, values: Mapping[str, Any]) -> Sequence[sim.ContractSpec]:
        """The contract that is named, or those of the coin, or of the category."""
        found = super().asked(values)
        if values.get("symbol"):
            return found
        coin, base = values.get("settleCoin"), values.get("baseCoin")
        return [spec for spec in found if coin in (None, "", spec.settle) and base in (None, "", spec.base)]

    def narrow(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """The same fields, of reads of linear contracts that must be told which."""
        if self.category(values) == "linear" and not any(map(values.get, ("symbol", "settleCoin", "baseCoin"))):
            raise sim.VenueRefusal("10001", "params error: symbol, settleCoin or baseCoin is required")
        return values

    def band(self, contract: sim.ContractSpec) -> tuple[Decimal, Decimal]:
        """The lowest and the highest price that orders may have."""
        mark, tick = self.engine.world.mark(contract.symbol), contract.tick
        return (mark / 10 // tick + 1) * tick, mark * 10 // tick * tick

    # -- pages

    def page(
        self,
        request: sim.Request,
        rows: Sequence[sim.R],
        symbols: Container[str] | None = None,
        also: Callable[[sim.R], bool] | None = None,
        *,
        most: int,
        default: int,
        windowed: bool = True,
        span_ms: int = WEEK_MS,
    ) -> tuple[list[sim.R], str]:
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
                raise sim.VenueRefusal("10001", "The time range between startTime and endTime cannot exceed 7 days")
            if since is None:
                since = (request.now_ms if until is None else until) - span_ms
            if until is None:
                until = since + span_ms
        limit = whole(params, "limit") or default
        if limit > most:
            raise sim.VenueRefusal("10001", "params error: limit invalid")
        before = None
        if text := params.get("cursor"):
            number, _, again = text.partition(":")
            # What was encoded twice arrives encoded once.
            if not (number.isascii() and number.isdigit() and again):
                raise sim.VenueRefusal("10001", "params error: cursor invalid")
            before = int(number)
        wanted = sim.Wanted(symbols=symbols, since_ms=since, until_ms=until, before_id=before, limit=limit)
        found = page(rows, wanted, also)
        if not found.rows:
            return [], ""
        last = facts(found.rows[-1])
        return found.rows, quote(f"{last.id}:{last.at_ms},{last.id}:{last.at_ms}", safe="")

    # -- orders by their ids: a trigger order keeps its own when it is set off

    def one(self, request: sim.Request, values: Mapping[str, Any]) -> sim.Order | sim.Trigger | None:
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


def each(dialect: V5, row: Callable[[sim.ContractSpec], Any], request: sim.Request) -> dict[str, Any]:
    """A list of a row for each contract that is asked for."""
    return listed(sim.each(dialect, row, request), "", request.params["category"])


def listed(rows: list[dict[str, Any]], cursor: str = "", category: str = "") -> dict[str, Any]:
    """A list in its wrapping."""
    return {"list": rows, "nextPageCursor": cursor, "category": category}


def category_of(contract: sim.ContractSpec) -> str:
    """Where a contract is listed."""
    return "inverse" if contract.is_inverse else "linear"


def venue_symbol(contract: sim.ContractSpec) -> str:
    """`BTCUSDT`, `BTCPERP`, `BTCUSD`."""
    return contract.base + ("PERP" if contract.settle == "USDC" else contract.quote)


def shown_id(order: sim.Order | sim.Trigger) -> str:
    """What was a trigger order is the same order after it was set off."""
    return str(order.tag.get(sim.TRIGGERED_BY, order.id) if isinstance(order, sim.Order) else order.id)


def index_of(side: sim.PositionSide | None) -> int:
    """`positionIdx`."""
    return 0 if side is None else 1 if side is sim.PositionSide.LONG else 2
