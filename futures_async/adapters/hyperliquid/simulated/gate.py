"""Who asks, and in what words the venue answers: paths, signatures, nonces, refusals. Reference: sections 1 and 7."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, ClassVar, cast

import msgspec

import futures_async.simulator.venue as sim
from futures_async.adapters.hyperliquid import signing
from futures_async.simulator.venue import errors, open_demo_account, plain

COIN = "USDC"
DAY_MS = 86_400_000
NONCES_KEPT = 100
VOLUME = "cumVlm"
"""In an account's settings: what it has traded before it came here."""
MALFORMED = sim.VenueRefusal("422", "Failed to deserialize the JSON body into the target type", status=422)
GONE = "Order was never placed, already canceled, or filled."
# Of a public test key: see the vectors of the reference.
KEY = sim.ApiKey(
    key="0x00000000000000000000000000000000000000a1",
    secret="0x0123456789012345678901234567890123456789012345678901234567890123",  # noqa: S106 - no secret
)

CODES: sim.Table = {
    errors.UnknownSymbol: ("asset", "Asset not found"),
    errors.SymbolClosed: ("halted", "Trading is halted."),
    errors.InvalidQuantity: ("size", "Order has invalid size."),
    errors.AboveMaximum: ("max", "Order size exceeds max position."),
    errors.BelowMinimum: ("minimum", "Order must have minimum value of $10."),
    errors.InvalidPrice: ("tick", "Price must be divisible by tick size."),
    errors.PriceOutOfBand: ("oracle", "Order price too far from oracle"),
    errors.InvalidTrigger: ("tpsl", "Invalid TP/SL price."),
    errors.InsufficientMargin: ("margin", "Insufficient margin to place order."),
    errors.RiskLimitExceeded: ("tier", "Order would exceed margin tier limit"),
    errors.UnknownOrder: ("gone", GONE),
    errors.OrderFinished: ("gone", GONE),
    errors.NothingToCancel: ("gone", GONE),
    errors.DuplicateClientId: ("nonce", "Invalid nonce: duplicate nonce 1"),
    errors.NotAmendable: ("modify", "Cannot modify canceled or filled order"),
    errors.NoPosition: ("reduce", "Reduce only order would increase position."),
    errors.InsufficientPosition: ("reduce", "Reduce only order would increase position."),
    errors.MarginModeLocked: ("mode", "Cannot switch leverage type with open position."),
    errors.LeverageOutOfRange: ("leverage", "Invalid leverage value"),
    errors.LeverageLocked: ("leverage", "Cannot decrease leverage with open position."),
    errors.NotIsolated: ("isolated", "Position does not use isolated margin."),
    errors.MarginNotRemovable: ("margin", "Insufficient margin to remove."),
    errors.AccountInLiquidation: ("margin", "Insufficient margin: the account is being liquidated."),
    errors.RateLimited: ("429", "rate limited"),
    errors.BadBody: ("422", MALFORMED.message),
    errors.EngineError: ("other", None),
}


def dec(value: Decimal | None) -> str:
    """As the venue writes numbers: at least one decimal."""
    text = plain(value, "0")
    return text if "." in text else f"{text}.0"


@lru_cache(maxsize=256)
def signer_of(secret: str) -> str:
    """The address of a simulated private key; "" of what is none."""
    try:
        return signing.signer_of(sim.Credentials("simulated", secret))
    except Exception:
        return ""


def _count(params: sim.Params, body: Any) -> int:
    action: Any = part(body, "action")
    return max(1, *(len(part(action, name) or ()) for name in ("orders", "modifies", "cancels")))


def _weight(params: sim.Params, body: Any) -> int:
    return 1 + _count(params, body) // 40


def part(value: Any, name: str) -> Any:
    """A field of an object; None of anything else."""
    return cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None


ACTIONS = sim.RateLimit(10_000, 10.0, pool="actions", budget=True, weight=_count)
CANCELS = sim.RateLimit(20_000, 10.0, pool="cancels", budget=True, weight=_count)
WEIGHT: Any = _weight


class Gate(sim.Dialect):
    """Base of the dialect's parts; state are the nonces that were seen, for they are no account's."""

    family = "hyperliquid"
    prefixes = ("/info", "/exchange")
    limited_by_account = False
    ip_limits = (sim.RateLimit(1200, 60.0, scope="ip"),)
    tables: ClassVar[Sequence[sim.Table]] = (CODES,)
    statuses: ClassVar[Mapping[str, int]] = {"429": 429, "422": 422}
    refusal_status = 200
    not_found = MALFORMED
    ambiguous = sim.VenueRefusal("500", "internal error", status=500)
    maintenance = sim.VenueRefusal("503", "Service Unavailable", status=503)

    def __init__(self, engine: sim.Engine) -> None:
        super().__init__(engine)
        self._nonces: dict[str, list[int]] = {}

    # Who asks

    def operation(self, request: sim.Request) -> str:
        try:
            fields = request.fields()
        except errors.BadBody:
            return ""
        found = part(fields if request.path == "/info" else fields.get("action"), "type")
        return found if isinstance(found, str) else ""

    def account_of(self, address: str) -> sim.Account | None:
        """The account of an address, in any case, with or without `0x`."""
        found = self.engine.find_key(self.family, f"0x{address.lower().removeprefix('0x')}")
        return None if found is None else found[0]

    def signed_by(self, address: str) -> sim.Account | None:
        """The account that an address may sign for: its own, or its API wallet's."""
        for account in self.engine.accounts.values():
            if account.family == self.family and any(
                address in (key.key, signer_of(key.secret)) and key.can_trade for key in account.keys
            ):
                return account
        return None

    def authenticate(self, request: sim.Request) -> sim.Account:
        fields = request.fields()
        if request.path == "/info":
            user = fields.get("user")
            if not isinstance(user, str) or len(user.removeprefix("0x")) != 40:
                raise MALFORMED
            return self.account_of(user) or self._nobody()
        account, signer = self._signer(fields)
        vault = fields.get("vaultAddress")
        if vault:
            account = self._for_vault(account, str(vault))
        expires = fields.get("expiresAfter")
        if expires is not None and request.now_ms > int(expires):
            raise sim.VenueRefusal("expired", "Action already expired")
        if account is None:
            raise sim.VenueRefusal("signer", f"User or API Wallet {signer} does not exist.")
        return account

    def by_nobody(self, request: sim.Request) -> sim.Request:
        """Signed over something else: by an address that nobody knows."""
        fields = request.fields()
        body = msgspec.json.encode(fields | {"nonce": 1} if "nonce" in fields else fields)
        return sim.Request(request.method, request.path, request.query, body, now_ms=request.now_ms)

    def _for_vault(self, account: sim.Account | None, vault: str) -> sim.Account:
        found = self.account_of(vault)
        if account is None or found is None or found.extra.get("master") not in {key.key for key in account.keys}:
            raise sim.VenueRefusal("vault", f"Vault not registered: {vault}")
        return found

    def _nobody(self) -> sim.Account:
        """An account of which nobody has heard: empty."""
        return sim.Account(uid="nobody", family=self.family, kind="", keys=())

    def _signer(self, fields: Mapping[str, Any]) -> tuple[sim.Account | None, str]:
        """Whoever signed for mainnet or for testnet; clients that talk to a stub do not agree on which it is."""
        try:
            sent = fields["signature"]
            signature = signing.Signature(str(sent["r"]), str(sent["s"]), int(sent["v"]))
            action, nonce = settled(fields["action"]), int(fields["nonce"])
            vault, expires = fields.get("vaultAddress"), fields.get("expiresAfter")
            vault = None if not vault else f"0x{str(vault).lower().removeprefix('0x')}"
            connection = signing.connection_id(msgspec.msgpack.encode(action), nonce, vault, expires)
        except (KeyError, TypeError, ValueError, OverflowError, msgspec.MsgspecError):
            raise MALFORMED from None
        signer = ""
        for source in signing.SOURCES.values():
            try:
                signer = signing.recovered(signing.action_digest(connection, source), signature)
            except ValueError:
                continue
            if (account := self.signed_by(signer)) is not None:
                return account, signer
        return None, signer

    def serve(self, request: sim.Request, route: sim.Route) -> Any:
        """Each nonce counts once, whatever becomes of the action."""
        if request.path == "/exchange" and route.private:
            self._use_nonce(request)
        return super().serve(request, route)

    def _use_nonce(self, request: sim.Request) -> None:
        fields = request.fields()
        nonce, (_, signer) = int(fields["nonce"]), self._signer(fields)
        seen = self._nonces.setdefault(signer, [])
        if nonce in seen:
            raise sim.VenueRefusal("nonce", f"Invalid nonce: duplicate nonce {nonce}")
        if not request.now_ms - 2 * DAY_MS < nonce < request.now_ms + DAY_MS or (
            len(seen) >= NONCES_KEPT and nonce < min(seen)
        ):
            raise sim.VenueRefusal("nonce", f"Invalid nonce: {nonce} is not in the window")
        seen.append(nonce)
        if len(seen) > NONCES_KEPT:
            seen.remove(min(seen))

    def demo_account(self, setup: sim.Setup) -> sim.Account:
        """The announced account, with an API wallet's key, old enough for all that wants volume."""
        account = open_demo_account(
            self.engine, setup, "90001", key=KEY, family=self.family, margin_coin=COIN, short_ids=True
        )
        account.dedup = self.engine.dedup or "none"
        account.extra[VOLUME] = "2000000"
        return account

    # How it answers

    def success(self, request: sim.Request, result: Any) -> sim.Response:
        return sim.Response(200, msgspec.json.encode(result))

    def failure(self, request: sim.Request, refusal: sim.VenueRefusal) -> sim.Response:
        status = self.status(refusal)
        if status == 200:
            return sim.Response(200, msgspec.json.encode({"status": "err", "response": refusal.message}))
        body = b"null" if status == 429 else refusal.message.encode()
        return sim.Response(status, body, refusal.headers, "application/json" if status == 429 else "text/plain")

    # Contracts

    def contracts_listed(self) -> list[sim.ContractSpec]:
        return [spec for spec in self.engine.world.linear if spec.settle == COIN]

    def universe(self) -> list[sim.ContractSpec | None]:
        """Places are asset ids; None is one that is listed no more, and keeps its place."""
        first, *others = self.contracts_listed()
        return [first, None, *others]

    def asset(self, number: object) -> sim.ContractSpec:
        universe = self.universe()
        if not isinstance(number, int) or isinstance(number, bool):
            raise MALFORMED
        spec = universe[number] if 0 <= number < len(universe) else None
        if spec is None:
            raise errors.UnknownSymbol("no such asset")
        return spec

    def named(self, coin: object) -> sim.ContractSpec | None:
        return next((spec for spec in self.contracts_listed() if spec.base == coin), None)

    def volume(self, account: sim.Account) -> Decimal:
        traded = sum((fill.price * fill.quantity for fill in account.fills), Decimal(0))
        return Decimal(account.extra.get(VOLUME, "0")) + traded

    def granted(self, account: sim.Account, limit: sim.RateLimit) -> int:
        volume = int(self.volume(account))
        return volume if limit.plain == ACTIONS.plain else min(100_000 + volume, 2 * volume + 10_000)


def settled(value: Any) -> Any:
    """An action as the venue writes it down again before it is hashed: numbers without trailing zeros."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {
            name: plain(number(item)) if name in ("p", "s", "triggerPx") else settled(item)
            for name, item in fields.items()
        }
    if isinstance(value, list):
        return [settled(item) for item in value]  # pyright: ignore[reportUnknownVariableType] - JSON
    return value


def number(value: Any) -> Decimal:
    """A number that must be text."""
    if not isinstance(value, str):
        raise MALFORMED
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise MALFORMED from None
    if not found.is_finite():
        raise MALFORMED
    return found
