"""What all of Bitget's REST dialects share on the server's side: signature, time window, envelope, refusals.

Reference: venues/bitget.md sections 1, 2 and 5. v1, v2 and v3 derive from `BitgetGate`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import unquote_plus

import msgspec

import futures_async.simulator.venue as sim
from futures_async.simulator.venue import errors, open_demo_account

WINDOW_MS = 30_000
# Payloads hold text; the Decimals among them are what the venue sends as JSON numbers.
_JSON = msgspec.json.Encoder(decimal_format="number")
FAMILY = "bitget"
CLASSIC = "classic"
UNIFIED = "unified"
COINS = (("USDC", Decimal(2_000)), ("BTC", Decimal("0.5")), ("ETH", Decimal(5)))
"""What accounts are given beside USDT, for contracts that settle in it."""

# An account of the other kind is told so before its signature is looked at.
WRONG_KIND = {
    CLASSIC: sim.VenueRefusal(
        "40085", "You are in Unified Account mode, and the Classic Account API is not supported at this time"
    ),
    UNIFIED: sim.VenueRefusal(
        "40084", "You are in Classic Account mode, and the Unified Account API is not supported at this time"
    ),
}

READER = sim.Reader(
    missing=lambda name: sim.VenueRefusal("400172", f"Parameter verification failed: {name}"),
    wrong=lambda name, value: sim.VenueRefusal("41103", f"param {name}={value} error"),
    not_whole=lambda name: sim.VenueRefusal("40402" if "Id" in name else "40020", f"Parameter {name} error"),
)
required, number, needed_number = READER.required, READER.number, READER.needed_number
whole, word, pick, maybe, objects = READER.whole, READER.word, READER.pick, READER.maybe, READER.objects
either = READER.either

CODES: sim.Table = {
    errors.UnknownSymbol: ("40034", "Parameter {} does not exist"),
    errors.SymbolClosed: ("43115", "The symbol is not open for trading"),
    errors.InvalidQuantity: ("22038", None),
    errors.BelowMinimum: ("45110", None),
    errors.AboveMaximum: ("45112", None),
    errors.PriceOutOfBand: ("40815", None),
    errors.InvalidPrice: ("45115", None),
    errors.InvalidTrigger: ("43011", None),
    errors.LongStopAbove: ("40917", "Stop price for long positions please {}"),
    errors.ShortStopBelow: ("45122", "Short position stop loss price please {}"),
    errors.LongProfitBelow: ("40830", "The take profit price needs to be {}"),
    errors.ShortProfitAbove: ("40831", "The take profit price needs to be {}"),
    errors.InvalidClientId: ("40305", "client_oid length is not greater than 50, and cannot be Martian characters"),
    errors.InsufficientMargin: ("40762", "The order size is greater than the max open size"),
    errors.RiskLimitExceeded: ("40921", None),
    errors.UnknownOrder: ("40109", "The data of the order cannot be found, please confirm the order number"),
    errors.OrderFinished: ("45031", "The order is finished"),
    errors.NothingToCancel: ("22001", "No order to cancel"),
    errors.DuplicateClientId: ("40786", "Duplicate clientOid"),
    errors.NotAmendable: ("40922", "Only orders with live status and limit type can be modified"),
    errors.Unchanged: ("40923", "Order size and price have not changed"),
    errors.NoPosition: ("22002", "No position to close"),
    errors.InsufficientPosition: ("40757", "Not enough position is available"),
    errors.ModeConflict: (
        "40774",
        "The order type for unilateral position must also be the unilateral position type.",
    ),
    errors.PositionModeLocked: ("40920", "Position or order exists, the position mode cannot be switched"),
    errors.MarginModeLocked: (
        "45117",
        "Currently holding positions or orders, the margin mode cannot be adjusted",
    ),
    errors.LeverageOutOfRange: ("45045", None),
    errors.LeverageLocked: ("45097", None),
    errors.NotIsolated: ("40874", "The current position mode is cross margin"),
    errors.MarginNotRemovable: ("40801", "The margin to be removed exceeds what can be removed"),
    errors.AccountInLiquidation: ("45009", "The account is at risk and cannot perform trades temporarily"),
    errors.BadBody: ("40017", "Parameter verification failed"),
    errors.RateLimited: ("429", "Too Many Requests"),
}


class BitgetGate(sim.Dialect):
    """Base of the dialects; they add endpoints."""

    family = FAMILY
    kind: ClassVar[str] = CLASSIC
    """Which accounts this API serves."""
    tables: ClassVar[Sequence[sim.Table]] = (CODES,)
    # "Business errors come with HTTP 400."
    statuses: ClassVar[Mapping[str, int]] = {"429": 429}
    reader = READER
    ip_limits = (sim.RateLimit(6000, 60.0, scope="ip"),)
    not_found = sim.VenueRefusal("40404", "Request URL NOT FOUND", status=404)
    ambiguous = sim.VenueRefusal("40010", "Request timed out")
    maintenance = sim.VenueRefusal("40200", "Server upgrade, please try again later")

    def is_called(self, contract: sim.ContractSpec, name: object) -> bool:
        return self.venue_symbol(contract) == str(name).upper()

    key_header = "access-key"
    no_key = sim.VenueRefusal("40001", "The request header ACCESS_KEY cannot be empty")
    unknown_key = sim.VenueRefusal("40006", "Invalid ACCESS_KEY")
    no_right = sim.VenueRefusal("40014", "Incorrect permissions, need future order permissions")

    def check_signed(self, request: sim.Request, account: sim.Account, key: sim.ApiKey) -> None:
        """Judge the headers in the order in which the venue does, as far as that is known."""
        if account.kind != self.kind:
            raise WRONG_KIND[self.kind]
        self._check_time(request)
        if not request.header("access-sign"):
            raise sim.VenueRefusal("40002", "The request header ACCESS_SIGN cannot be empty")
        if not request.header("access-passphrase"):
            raise sim.VenueRefusal("40011", "The request header ACCESS_PASSPHRASE cannot be empty")
        if request.method == "POST" and "application/json" not in request.header("content-type").lower():
            raise sim.VenueRefusal("40007", "Invalid Content_Type")
        if key.demo != (request.header("paptrading") == "1"):
            raise sim.VenueRefusal("40099", "exchange environment is incorrect")
        if request.header("access-passphrase") != key.passphrase:
            raise sim.VenueRefusal("40012", "apikey/password is incorrect")
        if not self._is_signed(request, key):
            raise sim.VenueRefusal("40009", "sign signature error")

    def _check_time(self, request: sim.Request) -> None:
        text = request.header("access-timestamp")
        if not (text.isascii() and text.isdigit() and len(text) == 13):
            raise sim.VenueRefusal("40005", "Invalid ACCESS_TIMESTAMP")
        if abs(request.now_ms - int(text)) > WINDOW_MS:
            raise sim.VenueRefusal("40008", "Request timestamp expired")

    def _is_signed(self, request: sim.Request, key: sim.ApiKey) -> bool:
        """Over the query as sent; the decoded one is accepted too, since clients do either."""
        for query in dict.fromkeys((request.query, unquote_plus(request.query))):
            text = request.header("access-timestamp") + request.method + request.path
            text += f"?{query}" if query else ""
            if key.has_signed(text.encode() + request.body, request.header("access-sign"), base64=True):
                return True
        return False

    def success(self, request: sim.Request, result: Any) -> sim.Response:
        """The envelope; `requestTime` is the server's clock."""
        body = {"code": "00000", "msg": "success", "requestTime": self.engine.clock(), "data": result}
        return sim.Response(200, _JSON.encode(body))

    def failure(self, request: sim.Request, refusal: sim.VenueRefusal) -> sim.Response:
        """The same, without data."""
        body = {"code": refusal.code, "msg": refusal.message, "requestTime": self.engine.clock(), "data": None}
        return sim.Response(self.status(refusal), _JSON.encode(body), refusal.headers)

    def headers(
        self, request: sim.Request, route: sim.Route, credits: Sequence[sim.Credit]
    ) -> tuple[tuple[str, str], ...]:
        """What is left of the endpoint's limit in this second; the name says "used", the value is what remains."""
        own = [credit for credit in credits if credit.own]
        if not own:
            return ()
        credit = own[-1]
        return (("x-mbx-used-remain-limit", str(max(0, credit.limit.count - credit.used))),)


def demo_accounts(dialect: BitgetGate, setup: sim.Setup, keys: Mapping[str, sim.ApiKey]) -> sim.Account:
    """Accounts by UID, with money in every product type: the announced one, and those of the demo environment."""
    opened = [
        open_demo_account(
            dialect.engine,
            sim.Setup(empty=True) if key.demo else setup,
            uid,
            key=key,
            family=FAMILY,
            kind=dialect.kind,
            beside=COINS,
        )
        for uid, key in sorted(keys.items(), reverse=True)
        if not key.demo or dialect.engine.find_key(FAMILY, key.key) is None
    ]
    return opened[-1]
