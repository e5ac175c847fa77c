"""What every adapter owes, on the simulated exchange over HTTP."""

from __future__ import annotations

import re
from decimal import Decimal

from futures_async.adapters.hyperliquid import Hyperliquid
from futures_async.adapters.hyperliquid.ids import cloid_of
from futures_async.adapters.hyperliquid.simulated.gate import KEY
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.suite import ContractSuite
from futures_async.unified.enums import OrderType, PositionMode, TimeInForce

SILENT = frozenset(
    {
        *("Account.locked", "Contract.max_market_quantity", "Contract.max_quantity", "Contract.min_quantity"),
        *("Leverage.long_leverage", "Leverage.short_leverage"),
        # What an order was filled at, and for what fee, stands in the fills.
        *("Order.average_price", "Order.fee", "Order.fee_coin", "Order.filled_quantity", "Order.remaining_quantity"),
        *("Order.leverage", "Order.margin_mode", "Order.stop_loss", "Order.take_profit"),
        *("Position.auto_margin", "Position.available", "Position.break_even_price", "Position.created_ms"),
        *("Position.fee", "Position.initial_margin", "Position.locked", "Position.maintenance_margin_rate"),
        *("Position.position_id", "Position.realized_pnl", "Position.stop_loss", "Position.take_profit"),
        *("Order.updated_ms", "Position.updated_ms", "RiskLimit.max_notional"),
        "LedgerEntry.balance",
    }
)
OWN_WAY = frozenset(
    {
        # Margins of resting orders and fees of closing are not told; steps of prices are of five figures.
        *("Account.available", "Account.maintenance_margin", "Account.margin_ratio", "Account.transferable"),
        *("Contract.min_notional", "Contract.price_tick", "Position.margin", "Position.margin_ratio"),
        *("Account.initial_margin", "Position.maintenance_margin"),
    }
)
_SEAL = re.compile(rb',"nonce":.*$|,"c":"0xfa6c[0-9a-f]+"')


def said(body: bytes) -> bytes | None:
    """An action without its seal and without the id that is made for it."""
    return _SEAL.sub(b"", body) if body.startswith(b'{"action"') else None


SPEC = VenueSpec(
    cancels_all_by_ids=True,
    factory=Hyperliquid,
    lists_delisted=True,
    raw_call=RawCall("/info", {}, {"type": "clearinghouseState", "user": KEY.key}, "clearinghouseState"),
    symbol="BTC/USDC:USDC",
    other_symbol="ETH/USDC:USDC",
    margin_coin="USDC",
    modes=(PositionMode.ONE_WAY,),
    forces=frozenset(TimeInForce) - {TimeInForce.FOK},
    # Anybody may read any account.
    unchecked=frozenset({"key", "secret"}),
    market_type=OrderType.LIMIT,
    client_id=cloid_of,
    fill_id=lambda fill: f"{fill.created_ms}:{fill.id}",
    # Five figures of a price.
    tick=Decimal(1),
    silent=SILENT,
    own_way=OWN_WAY,
    said=said,
)


class TestHyperliquid(ContractSuite):
    """The first dex."""

    spec = SPEC
