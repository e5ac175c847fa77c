"""Changes of balance: deposits, transfers and the like, funding, and what executions bring and cost.

Amounts of the first kind have no sign: the type, or who is named as destination, says whether they were received.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from futures_async.adapter import (
    EXACT,
    DecodeError,
    LedgerEntry,
    LedgerType,
    decimal_or_none,
    made,
    moment,
    needed,
    number,
    otherwise,
    table,
    table_with,
    text,
)
from futures_async.adapters.hyperliquid import wire
from futures_async.adapters.hyperliquid.mapping import VENUE, ZERO, part
from futures_async.adapters.hyperliquid.symbols import Names

TYPES = {
    "funding": LedgerType.FUNDING,
    "deposit": LedgerType.DEPOSIT,
    "withdraw": LedgerType.WITHDRAWAL,
    "liquidation": LedgerType.LIQUIDATION,
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
        LedgerType.TRANSFER,
    ),
}
OUTSIDE = frozenset({"liquidation", "cStakingTransfer", "borrowLend", "deployGasAuction", "accountActivationGas"})
"""Types that move no collateral of perpetuals by themselves."""


def _type(delta: Any) -> str | None:
    found = part(delta, "type")
    return found if isinstance(found, str) else None


def _unified(delta: Any) -> LedgerType:
    return TYPES.get(_type(delta) or "", LedgerType.OTHER)


def _number(delta: Any, name: str) -> Decimal:
    found = decimal_or_none(part(delta, name), f"delta.{name}")
    if found is None:
        raise DecodeError(f"delta.{name} is missing", path=f"delta.{name}")
    return found


def _received(amount: Decimal, received: bool) -> Decimal:
    return amount if received else EXACT.minus(amount)


def _sent(delta: Any, user: str, names: Names, field: str) -> Decimal:
    """Between accounts, or between places of one account: the destination decides."""
    to = str(part(delta, "destination")).lower()
    here = to == user
    if here and str(part(delta, "user")).lower() == user:
        here = part(delta, "destinationDex") == names.dex
    return _received(_number(delta, field), here)


_AMOUNTS: dict[str, Callable[[Any, str, Names], Decimal]] = {
    # The only one with a sign: below zero is paid.
    "funding": lambda delta, user, names: _number(delta, "usdc"),
    "deposit": lambda delta, user, names: _number(delta, "usdc"),
    "withdraw": lambda delta, user, names: EXACT.minus(_number(delta, "usdc")),
    "accountClassTransfer": lambda delta, user, names: _received(_number(delta, "usdc"), part(delta, "toPerp") is True),
    "perpDexClassTransfer": lambda delta, user, names: _received(
        _number(delta, "amount"), part(delta, "toPerp") is True
    ),
    "internalTransfer": lambda delta, user, names: _sent(delta, user, names, "usdc"),
    "subAccountTransfer": lambda delta, user, names: _sent(delta, user, names, "usdc"),
    "send": lambda delta, user, names: _sent(delta, user, names, "amount"),
    "spotTransfer": lambda delta, user, names: _sent(delta, user, names, "amount"),
    "vaultCreate": lambda delta, user, names: EXACT.minus(_number(delta, "usdc")),
    "vaultDeposit": lambda delta, user, names: EXACT.minus(_number(delta, "usdc")),
    "vaultDistribution": lambda delta, user, names: _number(delta, "usdc"),
    "vaultWithdraw": lambda delta, user, names: _number(delta, "netWithdrawnUsd"),
    "rewardsClaim": lambda delta, user, names: _number(delta, "amount"),
}


def _amount(delta: Any, user: str, names: Names) -> Decimal | None:
    kind = _type(delta)
    if kind in OUTSIDE:
        return ZERO
    read = _AMOUNTS.get(kind or "")
    if read is None:
        raise DecodeError(f"delta.type has the unknown word {str(kind)[:40]!r}", path="delta.type")
    return read(delta, user, names)


def _fee(delta: Any) -> Decimal | None:
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


class Whose(msgspec.Struct, frozen=True):
    """Whose account a change is of: the row alone does not say which way it went."""

    user: str


@table_with
def updates(row: wire.WireUpdate, whose: Whose, names: Names) -> LedgerEntry:
    """Funding, and what is neither funding nor a trade."""
    at = needed(moment(row.time))
    return LedgerEntry(
        venue=VENUE,
        entry_id=needed(made(_entry_id, at, text(row.hash), row.delta)),
        type=otherwise(made(_unified, row.delta), LedgerType.OTHER),
        venue_type=otherwise(made(_type, row.delta), ""),
        amount=needed(made(_amount, row.delta, whose.user, names)),
        fee=made(_fee, row.delta),
        coin=made(_coin, row.delta, names.settle),
        symbol=made(_symbol, row.delta, names),
        venue_symbol=made(_name, row.delta),
        created_ms=at,
    )


def _trade_id(at: int | None, coin: str | None, tid: str | None) -> str | None:
    return None if None in (at, coin, tid) else f"{at}:{coin}:{tid}"


@table
def trades(row: wire.WireFill, names: Names) -> LedgerEntry:
    """What executions bring, without their fee, and what they cost."""
    name, at = needed(text(row.coin)), needed(moment(row.time))
    return LedgerEntry(
        venue=VENUE,
        entry_id=needed(made(_trade_id, at, name, text(row.tid))),
        type=LedgerType.TRADE,
        venue_type=otherwise(text(row.dir), ""),
        amount=needed(number(row.closed_pnl)),
        fee=number(row.fee),
        coin=names.settle,
        symbol=made(names.unified, name),
        venue_symbol=name,
        created_ms=at,
    )
