"""Changes of balance: deposits, transfers and the like, funding, and what executions bring and cost.

Amounts of the first kind have no sign: the type, or who is named as destination, says whether they were received. An
account has several purses, the first dex's, one at each builder's and the spot ledger, and one list tells of all of
them: what moves nothing of the collateral that this object reads is shown with 0. Of a unified account all purses are
one: what moves between them is 0, and only who sends and who receives counts.

https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/exchange-endpoint#send-asset
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import decimal_or_none, made, moment, needed, number, otherwise, table, table_with, text
from futures_async.adapters.hyperliquid import wire
from futures_async.adapters.hyperliquid.mapping import VENUE, ZERO, part
from futures_async.adapters.hyperliquid.symbols import Names

TYPES = {
    "funding": fa.LedgerType.FUNDING,
    "deposit": fa.LedgerType.DEPOSIT,
    "withdraw": fa.LedgerType.WITHDRAWAL,
    "liquidation": fa.LedgerType.LIQUIDATION,
    **dict.fromkeys(
        (
            "accountClassTransfer",
            "perpDexClassTransfer",
            "internalTransfer",
            "subAccountTransfer",
            "send",
            "vaultCreate",
            "vaultDeposit",
            "vaultDistribution",
            "vaultWithdraw",
        ),
        fa.LedgerType.TRANSFER,
    ),
}
OUTSIDE = frozenset({"liquidation", "cStakingTransfer", "borrowLend", "deployGasAuction", "accountActivationGas"})
"""Types that move no collateral of perpetuals by themselves."""
FIRST, SPOT = "", "spot"
"""Purses: the first dex's and the spot ledger; others are called as their dex."""


class Whose(msgspec.Struct, frozen=True):
    """Whose account a change is of, and which of its purses count: the row alone does not say which way it went."""

    user: str
    purses: frozenset[str] | None = frozenset({FIRST})
    """None: all, as if they were one."""

    def moved(self, amount: Decimal, purse: Any, *, received: bool) -> Decimal:
        """What a purse gained; nothing, where it is none of these. A row that does not name it is of one of these."""
        if purse is not None and self.purses is not None and purse not in self.purses:
            return ZERO
        return amount if received else fa.EXACT.minus(amount)


def _type(delta: Any) -> str | None:
    found = part(delta, "type")
    return found if isinstance(found, str) else None


def _unified(delta: Any) -> fa.LedgerType:
    return TYPES.get(_type(delta) or "", fa.LedgerType.OTHER)


def _number(delta: Any, name: str) -> Decimal:
    found = decimal_or_none(part(delta, name), f"delta.{name}")
    if found is None:
        raise fa.DecodeError(f"delta.{name} is missing", path=f"delta.{name}")
    return found


def _to_perp(delta: Any) -> bool:
    return part(delta, "toPerp") is True


def _is(delta: Any, field: str, user: str) -> bool:
    return str(part(delta, field)).lower() == user


def _classes(delta: Any, whose: Whose, field: str, purse: Any) -> Decimal:
    """Between a dex and the spot ledger."""
    amount, received = _number(delta, field), _to_perp(delta)
    return fa.EXACT.add(whose.moved(amount, purse, received=received), whose.moved(amount, SPOT, received=not received))


def _sent(delta: Any, whose: Whose, field: str, source: Any, target: Any) -> Decimal:
    """Between accounts, or between purses of one: who is not named as destination has sent it."""
    amount, total, received = _number(delta, field), ZERO, _is(delta, "destination", whose.user)
    if received:
        total = whose.moved(amount, target, received=True)
    if not received or _is(delta, "user", whose.user):
        total = fa.EXACT.add(total, whose.moved(amount, source, received=False))
    return total


def _first(delta: Any, whose: Whose, field: str = "usdc", *, received: bool) -> Decimal:
    return whose.moved(_number(delta, field), FIRST, received=received)


_AMOUNTS: dict[str, Callable[[Any, Whose], Decimal]] = {
    # The only one with a sign: below zero is paid. Other dexs' rows are left out by their contract.
    "funding": lambda delta, whose: _number(delta, "usdc"),
    "deposit": lambda delta, whose: _first(delta, whose, received=True),
    "withdraw": lambda delta, whose: _first(delta, whose, received=False),
    "accountClassTransfer": lambda delta, whose: _classes(delta, whose, "usdc", FIRST),
    "perpDexClassTransfer": lambda delta, whose: _classes(delta, whose, "amount", part(delta, "dex")),
    "internalTransfer": lambda delta, whose: _sent(delta, whose, "usdc", FIRST, FIRST),
    "subAccountTransfer": lambda delta, whose: _sent(delta, whose, "usdc", FIRST, FIRST),
    "send": lambda delta, whose: _sent(delta, whose, "amount", part(delta, "sourceDex"), part(delta, "destinationDex")),
    "spotTransfer": lambda delta, whose: _sent(delta, whose, "amount", SPOT, SPOT),
    "spotGenesis": lambda delta, whose: whose.moved(_number(delta, "amount"), SPOT, received=True),
    "vaultCreate": lambda delta, whose: _first(delta, whose, received=False),
    "vaultDeposit": lambda delta, whose: _first(delta, whose, received=False),
    "vaultDistribution": lambda delta, whose: _first(delta, whose, received=True),
    "vaultWithdraw": lambda delta, whose: _first(delta, whose, "netWithdrawnUsd", received=True),
    # What a vault pays to who leads it.
    "vaultLeaderCommission": lambda delta, whose: _first(delta, whose, received=not _is(delta, "vault", whose.user)),
    "rewardsClaim": lambda delta, whose: _number(delta, "amount"),
}


def _amount(delta: Any, whose: Whose) -> Decimal | None:
    kind = _type(delta)
    if kind in OUTSIDE:
        return ZERO
    read = _AMOUNTS.get(kind or "")
    if read is None:
        raise fa.DecodeError(f"delta.type has the unknown word {str(kind)[:40]!r}", path="delta.type")
    return read(delta, whose)


def _fee(delta: Any, whose: Whose, settle: str) -> Decimal | None:
    """None of what another account has sent, or where it is paid in another coin."""
    if (
        part(delta, "destination") is not None
        and part(delta, "user") is not None
        and not _is(delta, "user", whose.user)
    ):
        return None
    if part(delta, "feeToken") not in (None, "", _coin(delta, settle)):
        return None
    return decimal_or_none(part(delta, "fee"), "delta.fee")


def _coin(delta: Any, settle: str) -> str:
    token = part(delta, "token")
    return token if isinstance(token, str) and token else settle


def _entry_id(at: int | None, tx: str | None, delta: Any) -> str | None:
    """Funding has no hash of its own: time and coin tell it apart."""
    kind = _type(delta)
    if at is None or kind is None:
        return None
    return f"{at}:{part(delta, 'coin')}" if kind == "funding" else f"{at}:{kind}:{tx}"


def _symbol(delta: Any, names: Names) -> str | None:
    coin = part(delta, "coin")
    return names.unified(coin) if isinstance(coin, str) else None


def _name(delta: Any) -> str | None:
    coin = part(delta, "coin")
    return coin if isinstance(coin, str) else None


@table_with
def updates(row: wire.WireUpdate, whose: Whose, names: Names) -> fa.LedgerEntry:
    """Funding, and what is neither funding nor a trade."""
    at, mine = needed(moment(row.time)), made(Whose, whose.user, whose.purses)
    return fa.LedgerEntry(
        venue=VENUE,
        entry_id=needed(made(_entry_id, at, text(row.hash), row.delta)),
        type=otherwise(made(_unified, row.delta), fa.LedgerType.OTHER),
        venue_type=otherwise(made(_type, row.delta), ""),
        amount=needed(made(_amount, row.delta, mine)),
        fee=made(_fee, row.delta, mine, names.settle),
        coin=made(_coin, row.delta, names.settle),
        symbol=made(_symbol, row.delta, names),
        venue_symbol=made(_name, row.delta),
        created_ms=at,
    )


def _trade_id(at: int | None, coin: str | None, tid: str | None) -> str | None:
    return None if None in (at, coin, tid) else f"{at}:{coin}:{tid}"


@table
def trades(row: wire.WireFill, names: Names) -> fa.LedgerEntry:
    """What executions bring, without their fee, and what they cost."""
    name, at = needed(text(row.coin)), needed(moment(row.time))
    return fa.LedgerEntry(
        venue=VENUE,
        entry_id=needed(made(_trade_id, at, name, text(row.tid))),
        type=fa.LedgerType.TRADE,
        venue_type=otherwise(text(row.dir), ""),
        amount=needed(number(row.closed_pnl)),
        fee=number(row.fee),
        coin=names.settle,
        symbol=made(names.unified, name),
        venue_symbol=name,
        created_ms=at,
    )
