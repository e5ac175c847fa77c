"""Which way money went, and in which of an account's purses: the rows' amounts have no sign."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import msgspec
import pytest

from futures_async.adapter import LedgerEntry, LedgerType
from futures_async.adapters.hyperliquid import ledger, wire
from futures_async.adapters.hyperliquid.ledger import FIRST, SPOT, Whose
from futures_async.adapters.hyperliquid.symbols import Names
from futures_async.simulator.dialect import Request, Response
from futures_async.testing.virtual_time import run
from tests.adapters.hyperliquid.test_client import Stage

ME, OTHER, VAULT = "0x" + "a1" * 20, "0x" + "b2" * 20, "0x" + "cc" * 20
OWN = Whose(ME)
BUILDER = Whose(ME, frozenset({"xyz"}))
UNIFIED = Whose(ME, None)


def entry(delta: dict[str, Any], whose: Whose = OWN) -> LedgerEntry:
    row = wire.WireUpdate(time=1768190000123, hash="0x1", delta=delta)
    return ledger.updates(Names("", "USDC")).one(row, whose)


def sent(source: str, target: str, *, user: str = ME, to: str = ME, **fields: str) -> dict[str, Any]:
    """As the venue writes what `sendAsset` moved."""
    return {
        "type": "send", "user": user, "destination": to, "sourceDex": source, "destinationDex": target,
        "token": "USDC", "amount": "5.0", "usdcValue": "5.0", "fee": "1.0", "nativeTokenFee": "0.0",
        "nonce": 1768190000123, "feeToken": "USDC",
    } | fields  # fmt: skip


@pytest.mark.parametrize(
    ("delta", "own", "builder", "unified"),
    [
        (sent(SPOT, FIRST), 5, 0, 0),
        (sent(FIRST, SPOT), -5, 0, 0),
        (sent(FIRST, "xyz"), -5, 5, 0),
        (sent("xyz", FIRST), 5, -5, 0),
        (sent(SPOT, "xyz"), 0, 5, 0),
        (sent(SPOT, "abc"), 0, 0, 0),
        (sent("abc", "def"), 0, 0, 0),
        (sent("abc", "def", to=OTHER), 0, 0, -5),
        (sent("abc", "def", user=OTHER), 0, 0, 5),
        (sent(SPOT, SPOT, to=OTHER), 0, 0, -5),
        (sent(FIRST, FIRST, to=OTHER), -5, 0, -5),
        (sent(SPOT, SPOT, user=OTHER), 0, 0, 5),
        (sent(FIRST, "xyz", user=OTHER), 0, 5, 5),
        ({"type": "perpDexClassTransfer", "amount": "5.0", "token": "USDC", "dex": "xyz", "toPerp": True}, 0, 5, 0),
        ({"type": "perpDexClassTransfer", "amount": "5.0", "token": "USDC", "dex": "abc", "toPerp": True}, 0, 0, 0),
        ({"type": "accountClassTransfer", "usdc": "5.0", "toPerp": True}, 5, 0, 0),
        ({"type": "accountClassTransfer", "usdc": "5.0", "toPerp": False}, -5, 0, 0),
        ({"type": "spotTransfer", "user": ME, "destination": OTHER, "token": "USDC", "amount": "5.0"}, 0, 0, -5),
        ({"type": "spotTransfer", "user": OTHER, "destination": ME, "token": "USDC", "amount": "5.0"}, 0, 0, 5),
        ({"type": "spotGenesis", "token": "HYPE", "amount": "5.0"}, 0, 0, 5),
        ({"type": "internalTransfer", "user": OTHER, "destination": ME, "usdc": "5.0", "fee": "1.0"}, 5, 0, 5),
        ({"type": "internalTransfer", "user": ME, "destination": OTHER, "usdc": "5.0", "fee": "1.0"}, -5, 0, -5),
        ({"type": "subAccountTransfer", "user": ME, "destination": OTHER, "usdc": "5.0"}, -5, 0, -5),
        ({"type": "deposit", "usdc": "5.0"}, 5, 0, 5),
        ({"type": "withdraw", "usdc": "5.0", "fee": "1.0", "nonce": 1}, -5, 0, -5),
        ({"type": "vaultDeposit", "vault": VAULT, "usdc": "5.0"}, -5, 0, -5),
        ({"type": "vaultLeaderCommission", "user": ME, "usdc": "5.0"}, 5, 0, 5),
        ({"type": "vaultLeaderCommission", "user": OTHER, "vault": ME, "usdc": "5.0"}, -5, 0, -5),
    ],
    ids=str,
)  # fmt: skip
def test_only_what_moves_in_a_purse_that_counts_is_an_amount(
    delta: dict[str, Any], own: int, builder: int, unified: int
) -> None:
    assert [entry(delta, whose).amount for whose in (OWN, BUILDER, UNIFIED)] == [own, builder, unified]


def test_a_fee_is_of_who_sends_and_in_the_coin_of_the_row() -> None:
    assert entry(sent(FIRST, FIRST, to=OTHER)).fee == 1
    assert entry(sent(FIRST, FIRST, user=OTHER)).fee is None
    assert entry(sent(FIRST, FIRST, to=OTHER, feeToken="HYPE")).fee is None
    assert entry({"type": "internalTransfer", "user": OTHER, "destination": ME, "usdc": "5", "fee": "1"}).fee is None
    assert entry({"type": "withdraw", "usdc": "5.0", "fee": "1.0", "nonce": 1}).fee == 1


def test_documented_types_are_read() -> None:
    commission = entry({"type": "vaultLeaderCommission", "user": ME, "usdc": "5.0"})
    assert (commission.type, commission.venue_type, commission.coin) == (
        LedgerType.OTHER, "vaultLeaderCommission", "USDC",
    )  # fmt: skip
    assert entry({"type": "spotGenesis", "token": "HYPE", "amount": "5.0"}, UNIFIED).coin == "HYPE"


@pytest.mark.parametrize(("kind", "amount"), [("disabled", D(0)), ("unifiedAccount", D(5))])
def test_where_the_collateral_lies_says_what_counts(kind: str, amount: D) -> None:
    async def main() -> None:
        on = Stage()
        async with on.exchange:
            on.account.extra["abstraction"] = kind
            handle = on.inside.handle
            delta = sent(SPOT, SPOT, user=OTHER, to=on.credentials.key.reveal().lower())

            def handled(request: Request) -> Response:
                if b"userNonFundingLedgerUpdates" not in request.body:
                    return handle(request)
                rows = [{"time": on.inside.now_ms(), "hash": "0x1", "delta": delta}]
                return Response(200, msgspec.json.encode(rows))

            on.inside.handle = handled  # type: ignore[method-assign]
            [found] = await on.exchange.fetch_ledger()
            assert (found.venue_type, found.amount) == ("send", amount)

    run(main())
