"""What all of OKX's calls share on the server's side: keys, envelope, contracts, pages, codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, NamedTuple

import msgspec

import futures_async.simulator.venue as sim
from futures_async.simulator.venue import errors, page, plain

API = "/api/v5"
WINDOW_MS = 30_000
MARGIN_MODES = {mode.value: mode for mode in sim.MarginMode}
POSITION_MODES = {"net_mode": sim.PositionMode.ONE_WAY, "long_short_mode": sim.PositionMode.HEDGE}
MODE_WORDS = {mode: name for name, mode in POSITION_MODES.items()}
SIDES = {side.value: side for side in sim.PositionSide}

CODES: sim.Table = {
    errors.UnknownSymbol: ("51001", "Instrument ID does not exist"),
    errors.SymbolClosed: ("51022", "Contract suspended"),
    errors.InvalidQuantity: ("51121", "Order quantity must be a multiple of the lot size."),
    errors.BelowMinimum: ("51020", "Your order should meet or exceed the minimum order amount."),
    errors.AboveMaximum: ("51202", "Market order amount exceeds the maximum amount."),
    errors.InvalidPrice: ("51000", "Parameter px  error"),
    errors.PriceOutOfBand: ("51006", "Order price is not within the price limit."),
    errors.ShortProfitAbove: ("51277", "TP trigger price cannot be higher than the last price"),
    errors.ShortStopBelow: ("51278", "SL trigger price cannot be lower than the last price"),
    errors.LongProfitBelow: ("51279", "TP trigger price cannot be lower than the last price"),
    errors.LongStopAbove: ("51280", "SL trigger price cannot be higher than the last price"),
    errors.InvalidTrigger: ("51250", "Algo order price is out of the available range."),
    errors.InvalidClientId: ("51000", "Parameter {}  error"),
    errors.InsufficientMargin: ("51008", "Order failed. Insufficient margin in account."),
    errors.RiskLimitExceeded: ("51004", "Order amount exceeds current tier limit"),
    errors.UnknownOrder: ("51603", "Order does not exist"),
    errors.OrderFinished: (
        "51400",
        "Order cancellation failed as the order has been filled, canceled or does not exist.",
    ),
    errors.DuplicateClientId: ("51016", "Client order ID already exists."),
    errors.NotAmendable: ("51506", "Order modification unavailable for the order type"),
    errors.Unchanged: ("51500", "You must enter a price, quantity, or TP/SL"),
    errors.NoPosition: ("51169", "Order failed because you don't have any positions in this direction to reduce."),
    errors.InsufficientPosition: ("51112", "Close order size exceeds your available size."),
    errors.ModeConflict: ("51000", "Parameter posSide  error"),
    errors.PositionModeLocked: (
        "59000",
        "Setting failed. Cancel any open orders, close positions, and stop bots first.",
    ),
    # The engine holds one margin mode per instrument; the venue would open a second position.
    errors.MarginModeLocked: ("51039", "A position or orders exist in the other margin mode"),
    errors.LeverageOutOfRange: ("59102", "Leverage exceeds the maximum limit."),
    errors.LeverageLocked: ("59103", "Leverage is too low. Insufficient margin in your account"),
    errors.NotIsolated: ("59300", "Margin call failed. Position does not exist."),
    errors.MarginNotRemovable: ("59301", "Margin adjustment failed for exceeding the max limit."),
    errors.AccountInLiquidation: ("50017", "Position frozen due to liquidation."),
    errors.BadBody: ("50002", "JSON syntax error"),
    errors.RateLimited: ("50011", "Too Many Requests"),
    errors.EngineError: ("51000", None),
}
STATUSES = {
    **dict.fromkeys(("50000", "50002", "50004", "50014", "50100", "59105"), 400),
    **dict.fromkeys((str(code) for code in range(50101, 50115)), 401),
    "50119": 401, "50011": 429, "50013": 429, "51113": 429, "50026": 500, "50001": 503, "404": 404,
}  # fmt: skip
TRADE_PATHS = tuple(
    f"{API}/trade/{name}"
    for name in (
        "order", "batch-orders", "amend-order", "amend-batch-orders", "cancel-order", "cancel-batch-orders",
        "mass-cancel",
    )
)  # fmt: skip
"""Whose answers tell when they came and went."""


READER = sim.Reader(
    missing=lambda name: sim.VenueRefusal("50014", f"Parameter {name} cannot be empty."),
    wrong=lambda name, value: sim.VenueRefusal("51000", f"Parameter {name}  error"),
)


class Judged(NamedTuple):
    """Rows with a verdict each; the word around them says whether all, some or none succeeded."""

    rows: list[dict[str, Any]]
    failed: int

    @property
    def outer(self) -> tuple[str, str]:
        """`code` and `msg`."""
        if not self.failed:
            return "0", ""
        if self.failed == len(self.rows):
            return "1", "All operations failed"
        return "2", "Bulk operation partially succeeded."


class OKXSide(sim.Dialect):
    """Base of the groups of endpoints."""

    id = family = "okx"
    prefixes = (f"{API}/",)
    limited_by_account = False
    quote_sized = True
    symbol_field = "instId"
    tables: ClassVar[Sequence[sim.Table]] = (CODES,)
    statuses: ClassVar[Mapping[str, int]] = STATUSES
    refusal_status = 200
    not_found = sim.VenueRefusal("404", "Not Found", status=404)
    ambiguous = sim.VenueRefusal(
        "50004", "API endpoint request timeout (does not mean that the request was successful)"
    )
    maintenance = sim.VenueRefusal("50001", "Service temporarily unavailable. Try again later.", status=503)
    reader = READER

    # -- keys and envelope

    key_header = "ok-access-key"
    no_key = sim.VenueRefusal("50103", "Request header OK-ACCESS-KEY cannot be empty.")
    unknown_key = sim.VenueRefusal("50111", "Invalid OK-ACCESS-KEY")
    no_right = sim.VenueRefusal("50120", "This API key doesn't have permission to use this function")

    def check_signed(self, request: sim.Request, account: sim.Account, key: sim.ApiKey) -> None:
        """Environment, passphrase, time, signature: in this order, as far as that is known."""
        if key.demo != (request.header("x-simulated-trading") == "1"):
            raise sim.VenueRefusal("50101", "APIKey does not match current environment.")
        if request.header("ok-access-passphrase") != key.passphrase:
            raise sim.VenueRefusal("50105", "OK-ACCESS-PASSPHRASE incorrect")
        stamp = request.header("ok-access-timestamp")
        at = _moment(stamp)
        if at is None:
            raise sim.VenueRefusal("50112", "Invalid OK-ACCESS-TIMESTAMP")
        if abs(request.now_ms - at) > WINDOW_MS:
            raise sim.VenueRefusal("50102", "Timestamp request expired")
        target = f"{request.path}?{request.query}" if request.query else request.path
        message = f"{stamp}{request.method}{target}".encode() + request.body
        if not key.has_signed(message, request.header("ok-access-sign"), base64=True):
            raise sim.VenueRefusal("50113", "Invalid Sign")

    def authenticate(self, request: sim.Request) -> sim.Account:
        """What places or changes an order may carry a time after which it is discarded."""
        account, until = super().authenticate(request), request.header("exptime")
        if until and (not (until.isascii() and until.isdigit()) or int(until) < request.now_ms):
            raise sim.VenueRefusal("50036", "The expTime can't be earlier than the current system time.")
        return account

    def success(self, request: sim.Request, result: Any) -> sim.Response:
        """`data` is a list, whatever it holds."""
        if isinstance(result, Judged):
            code, message = result.outer
            return self._answer(request, 200, {"code": code, "msg": message, "data": result.rows})
        rows: list[Any] = result if isinstance(result, list) else [result]  # pyright: ignore[reportUnknownVariableType] - JSON
        return self._answer(request, 200, {"code": "0", "msg": "", "data": rows})

    def failure(self, request: sim.Request, refusal: sim.VenueRefusal) -> sim.Response:
        """The same, empty."""
        body = {"code": refusal.code, "msg": refusal.message, "data": list[Any]()}
        return self._answer(request, self.status(refusal), body)._replace(headers=refusal.headers)

    def _answer(self, request: sim.Request, status: int, body: dict[str, Any]) -> sim.Response:
        if request.method == "POST" and request.path in TRADE_PATHS:
            # Microseconds, unlike every other time.
            body |= {"inTime": str(request.now_ms * 1000), "outTime": str(self.engine.clock() * 1000 + 999)}
        return sim.Response(status, msgspec.json.encode(body))

    def verdicts(self, request: sim.Request, call: Callable[[Mapping[str, Any]], dict[str, Any]], most: int) -> Judged:
        """Each order of a request by itself, be it a single one: a refusal stands in its row."""
        found: Any = request.json()
        items: list[Any] = found if isinstance(found, list) else [found]  # pyright: ignore[reportUnknownVariableType] - JSON
        if not all(isinstance(item, dict) for item in items):
            raise errors.BadBody("no objects")
        if not 1 <= len(items) <= most:
            raise sim.VenueRefusal("51015" if items else "50014", "The number of orders is out of range")
        judged = [self._verdict(request, each) for each in self.judge(request, items, call)]
        return Judged(judged, sum(row["sCode"] != "0" for row in judged))

    def _verdict(self, request: sim.Request, verdict: sim.Verdict) -> dict[str, Any]:
        row = {"ordId": "", "clOrdId": verdict.item.get("clOrdId") or "", "tag": "", "ts": str(request.now_ms)}
        if verdict.refusal is None:
            return {**row, "sCode": "0", "sMsg": "", "subCode": "", **verdict.result}
        named = {name: str(verdict.item[name]) for name in ("ordId", "algoId") if verdict.item.get(name)}
        return {**row, **named, "sCode": verdict.refusal.code, "sMsg": verdict.refusal.message, "subCode": ""}

    # -- contracts

    def venue_symbol(self, contract: sim.ContractSpec) -> str:
        return inst_id(contract)

    def asked(self, values: Mapping[str, Any]) -> Sequence[sim.ContractSpec]:
        """Nothing of other types than swaps."""
        return super().asked(values) if str(values.get("instType") or "SWAP").upper() in ("SWAP", "ANY") else []

    # -- pages

    def page_of(
        self,
        request: sim.Request,
        rows: Sequence[sim.R],
        row: Callable[[sim.R], Any],
        also: Callable[[sim.R], bool] | None,
        days: int | None,
    ) -> list[Any]:
        return [row(one) for one in self.page(request, rows, days or 10_000, also)]

    def page(
        self, request: sim.Request, rows: Sequence[sim.R], days: int, also: Callable[[sim.R], bool] | None = None
    ) -> list[sim.R]:
        """One page, newest first: `after` an id is older than it, `before` one newer."""
        before, oldest_ms = READER.whole(request.params, "before"), request.now_ms - days * sim.DAY_MS
        wanted = READER.wanted(
            request.params,
            self.only(request.params),
            since="begin",
            until="end",
            before="after",
            order_id="ordId",
            oldest_ms=oldest_ms,
        )
        found = page(rows, wanted, also).rows
        return found if before is None else [row for row in found if getattr(row, "id", 0) > before]


def upto(most: int) -> sim.Of:
    """Makes a route of what serves one order: each of a request, be it a single one, by itself."""

    def payload(dialect: OKXSide, call: Callable[[sim.Request, Mapping[str, Any]], Any], request: sim.Request) -> Any:
        return dialect.verdicts(request, partial(call, request), most)

    return payload


ALONE, TOGETHER = upto(1), upto(20)


def _moment(text: str) -> int | None:
    """`2026-01-12T05:23:33.808Z` in Unix milliseconds."""
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1000) if text.endswith("Z") else None
    except ValueError:
        return None


def inst_id(contract: sim.ContractSpec) -> str:
    """`BTC-USDT-SWAP`."""
    return f"{contract.base}-{contract.quote}-SWAP"


def contract_worth(contract: sim.ContractSpec) -> Decimal:
    """Base coin in one contract; of coin-margined ones USD: 100 of bitcoin's, 10 of others."""
    if contract.quote_sized:
        return Decimal(100 if contract.base == "BTC" else 10)
    return contract.contract_size


def in_contracts(quantity: Decimal, contract: sim.ContractSpec) -> str:
    """What the engine counts, as a number of contracts."""
    return plain(quantity / contract_worth(contract))


PRIVATE_READ = sim.RateLimit(20, 2.0)
