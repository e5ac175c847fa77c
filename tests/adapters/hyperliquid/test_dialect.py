"""What the venue's texts mean, and that every documented answer is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from futures_async.adapter import (
    AuthenticationError,
    ClockSkew,
    DuplicateOrder,
    Endpoint,
    ExchangeError,
    InsufficientMargin,
    MarginModeConflict,
    OrderNotFound,
    OrderRejected,
    ParameterRejected,
    PermissionDenied,
    RateLimited,
    RiskLimitExceeded,
    SymbolNotFound,
    VenueUnavailable,
)
from futures_async.adapters.hyperliquid import endpoints as api
from futures_async.adapters.hyperliquid import wire
from futures_async.adapters.hyperliquid.dialect import ORDER_REFUSED, HyperliquidDialect, Said, refusal_of

DATA = Path(__file__).parents[2] / "data" / "hyperliquid"
DIALECT = HyperliquidDialect()
TEXTS: list[tuple[str, type[ExchangeError], bool]] = [
    ("User or API Wallet 0x00000000000000000000000000000000000000c4 does not exist.", AuthenticationError, True),
    ("Must deposit before performing actions. User: 0x00", AuthenticationError, True),
    ("User has pending agent removal", AuthenticationError, True),
    ("Vault not registered: 0x00", PermissionDenied, True),
    ("Builder fee has not been approved.", ParameterRejected, True),
    ("Invalid nonce: duplicate nonce 1768195413808", DuplicateOrder, False),
    ("Invalid nonce: 1 is too low", ClockSkew, True),
    ("Action already expired", ClockSkew, True),
    ("Too many cumulative requests sent (10046 > 10045) for cumulative volume traded $45.10.", RateLimited, True),
    ("Signed action over weight limit of 200.", ParameterRejected, True),
    ("Cannot set scheduled cancel time until enough volume traded. Required: $1000000.", PermissionDenied, True),
    ("Cannot switch leverage type with open position.", MarginModeConflict, True),
    ("Position does not use isolated margin.", MarginModeConflict, True),
    ("Cross margin is not allowed for this asset.", MarginModeConflict, True),
    ("Insufficient margin to place order. asset=0", InsufficientMargin, True),
    ("Order must have minimum value of $10. asset=4", OrderRejected, True),
    ("Order has zero size.", ParameterRejected, True),
    ("Order has invalid size.", ParameterRejected, True),
    ("Order has invalid price.", ParameterRejected, True),
    ("Price must be divisible by tick size. asset=4", ParameterRejected, True),
    ("Post only order would have immediately matched, bbo was 1@2. asset=1", OrderRejected, True),
    ("Order could not immediately match against any resting orders. asset=1", OrderRejected, True),
    ("No liquidity available for market order", OrderRejected, True),
    ("Reduce only order would increase position. asset=4", OrderRejected, True),
    ("Invalid TP/SL price. asset=1", OrderRejected, True),
    ("Unexpected number of trigger orders", ParameterRejected, True),
    ("Order price too far from oracle", OrderRejected, True),
    ("Order price cannot be more than 80% away from the reference price", OrderRejected, True),
    ("Order would increase open interest while open interest is capped", RiskLimitExceeded, True),
    ("Order would exceed margin tier limit", RiskLimitExceeded, True),
    ("Order was never placed, already canceled, or filled. asset=0", OrderNotFound, True),
    ("Cannot modify canceled or filled order", OrderNotFound, True),
    ("Asset not found", SymbolNotFound, True),
    ("Trading is halted.", VenueUnavailable, False),
    ("Only post-only orders allowed immediately after a network upgrade", VenueUnavailable, True),
    ("Account does not have sufficient margin available for increase.", InsufficientMargin, True),
    ("Cross position does not have sufficient margin available to decrease leverage.", InsufficientMargin, True),
    ("Cannot remove isolated margin for this asset. To remove margin, reduce the position.", MarginModeConflict, True),
    ("Cannot update margin for empty position.", MarginModeConflict, True),
    ("Manually set leverage to acknowledge new margin tiers.", RiskLimitExceeded, True),
]


@pytest.mark.parametrize(
    ("text", "definitive"),
    [
        ("Error placing new order during modify: Insufficient margin to place order. asset=0", False),
        ("Something new", False),
        ("Cannot modify canceled or filled order", True),
    ],
)
def test_a_refusal_of_an_edit_proves_nothing_where_the_old_order_went_first(text: str, definitive: bool) -> None:
    rule = DIALECT.rule(refusal_of(text, of_order=True), api.MODIFY)
    assert rule is not None
    assert rule.definitive is definitive


@pytest.mark.parametrize(("text", "kind", "definitive"), TEXTS, ids=[text[:40] for text, _, _ in TEXTS])
def test_each_documented_text_has_its_class(text: str, kind: type[ExchangeError], definitive: bool) -> None:
    refusal = DIALECT.refusal(Said(status="err", response=text))
    assert refusal is not None
    rule = DIALECT.rule(refusal, api.PLACE)
    assert rule is not None
    assert (rule.error, rule.definitive) == (kind, definitive)
    assert refusal.message.startswith(text)


def test_an_unlisted_text_proves_nothing_unless_it_is_the_verdict_on_an_order() -> None:
    whole = DIALECT.refusal(Said(status="err", response="Something new"))
    assert whole is not None
    assert DIALECT.rule(whole, api.PLACE) is None
    of_order = refusal_of("Something new", of_order=True)
    rule = DIALECT.rule(of_order, api.PLACE)
    assert of_order.code == ORDER_REFUSED
    assert rule is not None
    assert (rule.error, rule.definitive) == (OrderRejected, True)


def test_success_in_the_envelope_may_be_a_refusal() -> None:
    def of(statuses: list[Any]) -> Any:
        return DIALECT.refusal(Said(status="ok", response={"type": "order", "data": {"statuses": statuses}}))

    assert of([{"error": "Insufficient margin to place order. asset=0"}]).code == "insufficient"
    assert of([{"resting": {"oid": 1}}, {"error": "no"}]) is None
    assert of(["success"]) is None
    assert DIALECT.refusal(Said(status="ok", response={"type": "default"})) is None
    assert DIALECT.refusal(Said(status="ok", response=None)) is None
    unknown = DIALECT.refusal(Said(status="unknownOid"))
    assert unknown is not None
    assert unknown.code == "unknownOid"


def test_what_does_not_deserialize_is_a_parameter_and_other_pages_are_none() -> None:
    refusal = DIALECT.bare_refusal(422, {}, b"Failed to deserialize the JSON body into the target type")
    assert refusal is not None
    for endpoint in (api.PLACE, api.MODIFY):  # nor has an edit begun then
        rule = DIALECT.rule(refusal, endpoint)
        assert rule is not None
        assert (rule.error, rule.definitive) == (ParameterRejected, True)
    assert DIALECT.bare_refusal(502, {}, b"<html>") is None


def test_a_used_up_budget_pauses_ten_seconds() -> None:
    assert DIALECT.ban_s(refusal_of("Too many cumulative requests sent"), 0) == 10
    assert DIALECT.ban_s(refusal_of("Insufficient margin"), 0) is None


def test_only_the_status_tells_the_clock() -> None:
    head: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Said[Any])
    assert DIALECT.server_ms(head.decode((DATA / "exchange_status.json").read_bytes())) == 1768195413808
    assert DIALECT.server_ms(head.decode((DATA / "clearinghouse_state.json").read_bytes())) is None


ANSWERS: list[tuple[str, Endpoint[Any]]] = [
    ("clearinghouse_state", api.STATE),
    ("ledger_updates", api.UPDATES),
    ("user_funding", api.FUNDINGS),
    ("order_answer", api.PLACE),
    ("cancel_answer", api.CANCEL),
    ("default_answer", api.SET_LEVERAGE),
    ("order_status", api.ORDER),
    ("open_orders", api.OPEN_ORDERS),
    ("historical_orders", api.PAST_ORDERS),
    ("user_fills", api.FILLS),
    ("meta_and_contexts", api.CONTEXTS),
    ("asset", api.ASSET),
    ("user_rate_limit", api.BUDGET),
    ("spot_state", api.SPOT_STATE),
    ("l2_book", api.BOOK),
    ("all_mids", api.MIDS),
    ("funding_history", api.FUNDING_RATES),
    ("exchange_status", api.STATUS),
    ("candles", api.CANDLES),
    ("perp_dexs", api.DEXS),
]


@pytest.mark.parametrize(("file", "endpoint"), ANSWERS, ids=[file for file, _ in ANSWERS])
def test_every_documented_answer_is_read_whole(file: str, endpoint: Endpoint[Any]) -> None:
    text = (DATA / f"{file}.json").read_bytes()
    found = endpoint.decoder(None).decode(text)
    kept(json.loads(text), found)


def kept(document: Any, found: Any) -> None:
    """Every value of the document stands in what was made of it."""
    if isinstance(found, msgspec.Struct):
        names = {field.encode_name: field.name for field in msgspec.structs.fields(found)}
        for name, value in cast("dict[str, Any]", document).items():
            if name in names:
                kept(value, getattr(found, names[name]))
            else:
                assert (type(found).__name__, name) in UNREAD, f"{type(found).__name__} has no {name}"
    elif isinstance(document, list):
        for one, other in zip(document, found, strict=True):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON
            kept(one, other)
    else:
        assert found == document


# Names of a candle that say nothing new.
UNREAD = {("WireCandle", name) for name in ("T", "s", "i", "v", "n")} | {("WireContract", "isDelisted")}


@pytest.mark.parametrize("row", json.loads((DATA / "roles.json").read_bytes()))
def test_roles_are_read(row: dict[str, Any]) -> None:
    found = msgspec.convert(row, wire.WireRole)
    assert (found.role, found.data) == (row["role"], row.get("data"))
