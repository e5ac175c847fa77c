"""How Hyperliquid signs, wraps and refuses.

Two paths serve everything: `/info` answers the bare payload to anybody, `/exchange` takes actions that are signed in
the body. Refusals have no codes, only texts, often in answers that say "ok": `PHRASES` says what they mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar, cast

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import ambiguous, passing, refused
from futures_async.adapters.hyperliquid import signing
from futures_async.adapters.hyperliquid.ids import PATTERN

T = TypeVar("T")

EXCHANGE = "/exchange"
EXPIRES_MS = 10_000
"""After its signature an action is refused; stale ones cost five times the usual."""
MARGIN_S = 2.4
SEEN_S = 2.6
"""Which clock the venue compares is not documented: until an absence counts, 5 seconds pass beyond the expiry."""

UNKNOWN_OID = "unknownOid"
UNMATCHED = "could not immediately match"
"""An order that fills at once or is gone, and found nothing to fill with."""
NOTHING_TO_REDUCE = "reduce only order would increase"
BUDGET_SPENT = "too many cumulative requests"
MALFORMED = "422"
EDIT = "batchModify"
_NOT_BEGUN = (
    fa.AuthenticationError, fa.PermissionDenied, fa.ClockSkew, fa.RateLimited, fa.OrderNotFound, fa.SymbolNotFound,
)  # fmt: skip
"""Refused so, an edit has not cancelled anything."""
ORDER_REFUSED = "order refused"
"""A text that no phrase fits, of one order in an answer that says "ok": it was judged, and nothing happened."""

# What texts say, in small letters. Of several that fit the first counts.
PHRASES: Mapping[str, fa.Code] = {
    **refused(fa.AuthenticationError, "user or api wallet", "must deposit before", "pending agent removal"),
    **refused(fa.PermissionDenied, "vault not registered", "until enough volume traded"),
    **ambiguous(fa.DuplicateOrder, "duplicate nonce"),
    **passing(fa.ClockSkew, "invalid nonce", "expire"),
    **passing(fa.RateLimited, BUDGET_SPENT),
    **refused(fa.MarginModeConflict, "cannot switch leverage type", "does not use isolated margin"),
    **refused(fa.MarginModeConflict, "cross margin is not allowed", "cannot remove isolated margin", "empty position"),
    **refused(
        fa.OrderNotFound, "was never placed, already canceled, or filled", "cannot modify canceled or filled order"
    ),
    **refused(fa.OrderRejected, UNMATCHED, "post only order would have immediately matched", "no liquidity available"),
    **refused(fa.OrderRejected, "must have minimum value", NOTHING_TO_REDUCE, "invalid tp/sl price"),
    **refused(fa.OrderRejected, "too far from oracle", "away from the reference price"),
    **refused(fa.RiskLimitExceeded, "would increase open interest", "open interest is at cap", "margin tier limit"),
    **refused(fa.RiskLimitExceeded, "max position", "open interest cap", "new margin tiers"),
    **refused(fa.InsufficientMargin, "insufficient", "not have sufficient margin", "cannot decrease leverage"),
    **refused(fa.SymbolNotFound, "asset not found", "unknown asset", "asset out of range"),
    **refused(fa.ParameterRejected, "zero size", "invalid size", "invalid price", "divisible by tick size"),
    **refused(fa.ParameterRejected, "invalid leverage", "unexpected number of trigger orders", "over weight limit"),
    **refused(fa.ParameterRejected, "builder fee has not been approved"),
    **passing(fa.VenueUnavailable, "post-only orders allowed"),
    **ambiguous(fa.VenueUnavailable, "halted", transient=True),
}
HINTS = {
    "user or api wallet": "an address that is not your API wallet's own means that other bytes were signed than sent",
    "must deposit before": "the account has no money, or an API wallet signed what only the account's key may",
}


def refusal_of(text: str, *, of_order: bool = False) -> fa.Refusal:
    """A text of the venue as one of its phrases."""
    small = text.lower()
    code = next((phrase for phrase in PHRASES if phrase in small), None)
    if code is None:
        return fa.Refusal(ORDER_REFUSED if of_order else text[:60], text)
    return fa.Refusal(code, f"{text} ({HINTS[code]})" if code in HINTS else text)


class Said(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """What an answer's own fields say, beside the payload."""

    status: Any = None
    response: Any = None
    time: Any = None
    special: Any = msgspec.field(name="specialStatuses", default=msgspec.UNSET)
    data: T = cast("T", None)


class HyperliquidDialect(fa.Dialect):
    """Hyperliquid.

    Args:
        vault: The vault or sub-account that actions are for, if it is not the signer's own account.
    """

    venue = "hyperliquid"
    base_url = "https://api.hyperliquid.xyz"
    demo_support = "host"
    demo_url = "https://api.hyperliquid-testnet.xyz"
    traits: ClassVar[fa.VenueTraits] = fa.VenueTraits(
        client_id=True,
        client_id_pattern=PATTERN,
        lookup_by_client_id=True,
        echoes_client_id=True,
        # Of each order: resting, filled, or why it is neither.
        acks_in_book=True,
        window_s=EXPIRES_MS / 1000 + MARGIN_S,
        visibility_lag_s=SEEN_S,
        rate_code_is_gateway=True,
        replay=True,
    )
    bare = True
    envelope: ClassVar[Any] = Said
    codes: ClassVar[Mapping[str, fa.Code]] = {
        **PHRASES,
        **refused(fa.OrderNotFound, UNKNOWN_OID),
        **refused(fa.OrderRejected, ORDER_REFUSED),
        **refused(fa.ParameterRejected, MALFORMED),
    }
    account_limit = None
    wide_limits = (fa.RateLimit(1200, 60.0, scope="ip"),)

    def __init__(self, vault: str | None = None) -> None:
        self._vault = vault
        self._signers: dict[fa.Credentials, str] = {}

    def signer(self, credentials: fa.Credentials) -> str:
        """The address that signs; computed once."""
        found = self._signers.get(credentials)
        if found is None:
            found = self._signers[credentials] = signing.signer_of(credentials)
        return found

    def public_headers(self) -> Sequence[tuple[str, str]]:
        """Everything is posted as JSON."""
        return (("Content-Type", "application/json"),)

    def series(self, endpoint: fa.Endpoint[Any], credentials: fa.Credentials) -> str | None:
        """Nonces are unique for each signer of a network, whatever account it acts for."""
        source = signing.SOURCES[self.in_demo]
        return f"{self.venue}:{source}:{self.signer(credentials)}" if endpoint.path == EXCHANGE else None

    def seal(
        self, request: fa.Unsigned, endpoint: fa.Endpoint[Any], credentials: fa.Credentials, now_ms: int
    ) -> fa.Unsigned:
        """The action with nonce, expiry and signature around it."""
        if request.path != EXCHANGE:
            return request
        expires_ms = now_ms + EXPIRES_MS
        action = signing.packed(request.body)
        connection = signing.connection_id(action, request.serial, self._vault, expires_ms)
        signature = signing.sign(signing.action_digest(connection, signing.SOURCES[self.in_demo]), credentials)
        vault = "null" if self._vault is None else f'"{self._vault}"'
        rest = (
            f',"nonce":{request.serial},"signature":{signature.json()},"vaultAddress":{vault},'
            f'"expiresAfter":{expires_ms}}}'
        )
        return msgspec.structs.replace(request, body=b'{"action":' + request.body + rest.encode())

    def headers(
        self, request: fa.Unsigned, endpoint: fa.Endpoint[Any], credentials: fa.Credentials, now_ms: int
    ) -> fa.SealedHeaders:
        """None: the body says it all."""
        return fa.SealedHeaders(())

    def refusal(self, envelope: Said[Any]) -> fa.Refusal | None:
        """An error for the whole request, an unknown order, or the one verdict of an answer, when that is an error.

        A request of several that is refused before it is looked at closely may be answered with one error for all.
        """
        if envelope.status == "err":
            return refusal_of(str(envelope.response))
        if envelope.status == UNKNOWN_OID:
            return fa.Refusal(UNKNOWN_OID, "no such order, or none of the last 2000")
        if envelope.status != "ok":
            return None
        match envelope.response:
            case {"data": {"statuses": [{"error": str(text)}]}}:
                return refusal_of(text, of_order=True)
            case _:
                return None

    def rule(self, refusal: fa.Refusal, endpoint: fa.Endpoint[Any]) -> fa.Code | None:
        """An edit cancels first: where its new order is refused, the old one is gone, or stands where it was judged
        before. By the words of three clients; the venue's documents do not say it."""
        found = super().rule(refusal, endpoint)
        if endpoint.operation != EDIT or found is None or issubclass(found.error, _NOT_BEGUN):
            return found
        return found if refusal.code == MALFORMED else fa.Code(found.error, definitive=False)

    def bare_refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> fa.Refusal | None:
        """What does not deserialize is refused with plain text, before its signature is looked at."""
        if status != 422:
            return None
        return fa.Refusal(MALFORMED, body[:200].decode(errors="replace") or "the body does not fit")

    def server_ms(self, envelope: Said[Any]) -> int | None:
        """As `exchangeStatus` tells it; the times of other answers are of the state that they show."""
        is_status = envelope.special is not msgspec.UNSET and isinstance(envelope.time, int)
        return envelope.time if is_status else None

    def ban_s(self, refusal: fa.Refusal, now_ms: int) -> float | None:
        """A used-up budget gives one action in ten seconds."""
        return 10.0 if refusal.code == BUDGET_SPENT else None
