"""What all endpoints share: signatures, envelopes, limits, codes, contracts. Reference: venues/binance.md 1, 7.2, 9."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qsl, unquote

import msgspec

import futures_async.simulator.venue as sim
from futures_async.simulator.venue import errors, facts

R = TypeVar("R", sim.Order, sim.Fill, sim.LedgerRow, sim.Trigger)

V1, V2, V3 = "/fapi/v1", "/fapi/v2", "/fapi/v3"
LISTEN_KEY = f"{V1}/listenKey"
DAY_MS = 86_400_000
AHEAD_MS = 1000
LONGEST_WINDOW_MS = 60_000
WEIGHT = sim.RateLimit(2400, 60.0, scope="ip")
ORDERS = (sim.RateLimit(300, 10.0, pool="orders"), sim.RateLimit(1200, 60.0, pool="orders"))
BATCH = (ORDERS[0].taking(5), ORDERS[1])
USED = "X-MBX-USED-WEIGHT-1M"
HEADERS = {10.0: "X-MBX-ORDER-COUNT-10S", 60.0: "X-MBX-ORDER-COUNT-1M"}
SIDES = {"long": sim.PositionSide.LONG, "short": sim.PositionSide.SHORT}
DONE = {"code": 200, "msg": "success"}
# Text is text; the Decimals among it are what the venue sends as JSON numbers.
_JSON = msgspec.json.Encoder(decimal_format="number")
_LIST: msgspec.json.Decoder[list[Any]] = msgspec.json.Decoder(list[Any])
_SIGNATURE = re.compile(r"(?:^|&)signature=([^&]*)$")

READER = sim.Reader(
    missing=lambda name: sim.VenueRefusal("-1102", f"Mandatory parameter '{name}' was not sent, was empty/null."),
    wrong=lambda name, value: sim.VenueRefusal("-1130", f"Data sent for parameter '{name}' is not valid."),
)
CODES: sim.Table = {
    errors.UnknownSymbol: ("-1121", "Invalid symbol."),
    errors.SymbolClosed: ("-4141", "Symbol is closed."),
    errors.InvalidQuantity: ("-1111", "Precision is over the maximum defined for this asset."),
    errors.BelowMinimum: ("-4164", "Order's notional must be no smaller than 5 (unless you choose reduce only)."),
    errors.AboveMaximum: ("-4005", "Quantity greater than max quantity."),
    errors.PriceOutOfBand: ("-4016", None),
    errors.InvalidPrice: ("-4014", "Price not increased by tick size."),
    errors.InvalidTrigger: ("-2021", "Order would immediately trigger."),
    errors.InvalidClientId: ("-4015", "Client order id is not valid."),
    errors.InsufficientMargin: ("-2019", "Margin is insufficient."),
    errors.RiskLimitExceeded: ("-2027", "Exceeded the maximum allowable position at current leverage."),
    errors.UnknownOrder: ("-2013", "Order does not exist."),
    errors.OrderFinished: ("-2013", "Order does not exist."),
    errors.DuplicateClientId: ("-4116", "ClientOrderId is duplicated."),
    errors.NotAmendable: ("-5025", "Only LIMIT order is supported."),
    errors.Unchanged: ("-5027", "No need to modify the order."),
    errors.NoPosition: ("-2022", "ReduceOnly Order is rejected."),
    errors.InsufficientPosition: ("-2022", "ReduceOnly Order is rejected."),
    errors.ModeConflict: ("-4061", "Order's position side does not match user's setting."),
    errors.PositionModeLocked: ("-4068", "Position side cannot be changed if there exists position."),
    errors.MarginModeLocked: ("-4048", "Margin type cannot be changed if there exists position."),
    errors.LeverageOutOfRange: ("-4028", None),
    errors.LeverageLocked: ("-2027", "Exceeded the maximum allowable position at current leverage."),
    errors.NotIsolated: ("-4049", "Add margin only support for isolated position."),
    errors.MarginNotRemovable: ("-4051", "Isolated balance insufficient."),
    errors.AccountInLiquidation: ("-2023", "User in liquidation mode now."),
    errors.BadBody: ("-1100", "Illegal characters found in a parameter."),
    errors.RateLimited: ("-1003", "Too many requests; current limit of IP is 2400 requests per minute."),
}
UNKNOWN_ORDER = ("-2011", "Unknown order sent.")
GONE = {errors.UnknownOrder: UNKNOWN_ORDER, errors.OrderFinished: UNKNOWN_ORDER}
"""What a cancel calls an order that is not open."""


def per_symbol(one: int, every: int) -> Callable[[sim.Params, Any], int]:
    """The weight of a read of one contract, and of all."""

    def weight(params: sim.Params, body: Any) -> int:
        return one if params.get("symbol") else every

    return weight


class Fapi(sim.Dialect):
    """Base of the groups of endpoints."""

    id = "binance"
    family = "binance"
    prefixes = ("/fapi/",)
    bare = True
    tables = (CODES,)
    statuses: ClassVar[Mapping[str, int]] = {"-1003": 429, "-1015": 429, "-2014": 401, "-2015": 401}
    limited_by_account = False
    linear_only = True
    ip_limits = (WEIGHT,)
    reader = READER
    not_found = sim.VenueRefusal("-5000", "Path is not valid.", status=404)
    ambiguous = sim.VenueRefusal(
        "-1007",
        "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
        status=408,
    )
    maintenance = sim.VenueRefusal("-1000", "Unknown error, please check your request or try again later.", status=503)

    # Who asks

    def authenticate(self, request: sim.Request) -> sim.Account:
        """The key in a header; time and signature in the query or the form, over both as they came."""
        key = request.header("x-mbx-apikey")
        if not key:
            raise sim.VenueRefusal("-2014", "API-key format invalid.")
        found = self.engine.find_key(self.family, key)
        denied = sim.VenueRefusal(
            "-2015", f"Invalid API-key, IP, or permissions for action, request ip: {request.client}"
        )
        if found is None:
            raise denied
        if request.path == LISTEN_KEY:
            return found[0]
        self._check_time(request)
        if not self._is_signed(request, found[1]):
            raise sim.VenueRefusal("-1022", "Signature for this request is not valid.")
        if not (found[1].can_read if request.method == "GET" else found[1].can_trade):
            raise denied
        return found[0]

    def _check_time(self, request: sim.Request) -> None:
        fields = fields_of(request)
        READER.required(fields, "timestamp")
        window, stamp = READER.whole(fields, "recvWindow") or 5000, READER.whole(fields, "timestamp") or 0
        if window > LONGEST_WINDOW_MS:
            raise sim.VenueRefusal("-1131", "recvWindow must be less than 60000")
        if stamp >= request.now_ms + AHEAD_MS:
            raise sim.VenueRefusal("-1021", "Timestamp for this request was 1000ms ahead of the server's time.")
        if request.now_ms - stamp > window:
            raise sim.VenueRefusal("-1021", "Timestamp for this request is outside of the recvWindow.")

    def _is_signed(self, request: sim.Request, key: sim.ApiKey) -> bool:
        query, form = request.query, request.body.decode(errors="replace")
        found = _SIGNATURE.search(form) or _SIGNATURE.search(query)
        if found is None:
            raise sim.VenueRefusal("-1102", "Mandatory parameter 'signature' was not sent, was empty/null.")
        text = (_SIGNATURE.sub("", query) + _SIGNATURE.sub("", form)).encode()
        if key.secret.startswith("M"):  # a private key, base64 of DER: what it signs can be made again
            return sim.KeySigner()(text, sim.Credentials(key.key, key.secret)) == unquote(found[1])
        return key.has_signed(text, unquote(found[1]))

    # Envelopes

    def success(self, request: sim.Request, result: Any) -> sim.Response:
        """Nothing around it."""
        return sim.Response(200, _JSON.encode(result))

    def failure(self, request: sim.Request, refusal: sim.VenueRefusal) -> sim.Response:
        return sim.Response(self.status(refusal), _JSON.encode(refused(refusal)), refusal.headers)

    def translate(self, error: errors.EngineError, request: sim.Request) -> sim.VenueRefusal:
        """Too many orders have another code than too much weight."""
        found = super().translate(error, request)
        if isinstance(error, errors.RateLimited) and error.limit is not None:
            # A limit that is full, and not one that is said to be so.
            name = HEADERS[error.limit.per_s] if error.limit.pool == "orders" else USED
            headers = ((name, str(error.limit.count)),)
            if error.limit.pool == "orders":
                return sim.VenueRefusal("-1015", "Too many new orders.", headers=headers)
            return sim.VenueRefusal(found.code, found.message, headers=headers)
        return found

    def headers(
        self, request: sim.Request, route: sim.Route, credits: Sequence[sim.Credit]
    ) -> tuple[tuple[str, str], ...]:
        """The weight used in this minute; of calls that count as orders, their counts."""
        found: list[tuple[str, str]] = []
        for credit in credits:
            name = HEADERS[credit.limit.per_s] if credit.limit.pool == "orders" else USED
            if credit.own == (credit.limit.pool == "orders"):
                found.append((name, str(credit.used)))
        return tuple(found)

    # What requests say

    def values(self, request: sim.Request) -> Mapping[str, Any]:
        return fields_of(request)

    def venue_symbol(self, contract: sim.ContractSpec) -> str:
        return venue_symbol(contract)

    def held_side(self, account: sim.Account, fields: Mapping[str, Any]) -> sim.PositionSide | None:
        """What `positionSide` names: needed in hedge mode, BOTH or nothing in one-way mode."""
        named = str(fields.get("positionSide") or "BOTH").lower()
        hedge = account.default_mode is sim.PositionMode.HEDGE
        if named not in ("both", *SIDES):
            raise sim.VenueRefusal("-4060", "Invalid position side.")
        if hedge is (named == "both"):
            raise errors.ModeConflict("positionSide")
        return SIDES.get(named)

    def window(
        self, rows: Iterable[R], fields: Mapping[str, Any], now_ms: int, *, most: int = 1000, longest: int | None = 7
    ) -> list[R]:
        """The rows between two times, ascending: from the start where that is named, else the latest."""
        since, until = READER.whole(fields, "startTime"), READER.whole(fields, "endTime")
        if longest is not None and since is not None and (until or now_ms) - since > longest * DAY_MS:
            raise sim.VenueRefusal("-4165", f"Invalid time interval: more than {longest} days.")
        limit = READER.whole(fields, "limit") or most // 2
        if limit > most:
            raise sim.VenueRefusal("-1130", "Data sent for parameter 'limit' is not valid.")
        first, last = since if since is not None else (until or now_ms) - 7 * DAY_MS, until or now_ms
        found = [
            row
            for row in sorted(rows, key=lambda row: (facts(row).at_ms, facts(row).id))
            if max(first, now_ms - 90 * DAY_MS) <= facts(row).at_ms <= last
        ]
        return found[:limit] if since is not None else found[-limit:]


def fields_of(request: sim.Request) -> dict[str, str]:
    """What a request says, in its query and in its form; the names of lists in any case."""
    found = dict(request.params)
    if request.body:
        found |= dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
    return found


def one_or_all(dialect: Fapi, row: Callable[[sim.ContractSpec], Any], request: sim.Request) -> Any:
    """An object for one contract, a list without."""
    return (sim.one if fields_of(request).get("symbol") else sim.each)(dialect, row, request)


def items_of(fields: Mapping[str, Any], name: str, most: int) -> list[Any]:
    """A list, which is the JSON text of one parameter."""
    found = next((value for key, value in fields.items() if key.lower() == name.lower()), "")
    try:
        items = _LIST.decode(found)
    except sim.UNREADABLE:
        raise sim.VenueRefusal("-1130", f"Data sent for parameter '{name}' is not valid.") from None
    if not 1 <= len(items) <= most:
        raise sim.VenueRefusal("-4082", "Invalid number of batch orders.")
    return items


def refused(refusal: sim.VenueRefusal) -> dict[str, Any]:
    """A refusal: alone, or in the place of an order."""
    return {"code": int(refusal.code), "msg": refusal.message}


def venue_symbol(contract: sim.ContractSpec) -> str:
    """Base and quote coin."""
    return f"{contract.base}{contract.quote}"
