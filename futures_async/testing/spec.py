"""What the contract suite must know about a venue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from futures_async.adapter import Adapter
from futures_async.unified.enums import PositionMode, TimeInForce
from futures_async.unified.exchange import Capability


class RawCall(NamedTuple):
    """A call for `exchange.request()`: any harmless private GET."""

    path: str
    params: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class VenueSpec:
    """One venue. Everything else the suite learns from the adapter's `capabilities` and traits.

    Attributes:
        factory: The adapter's class.
        raw_call: A private read for the escape hatch.
        symbol: Traded in most tests.
        other_symbol: A second contract, which must stay untouched.
        quantity: Of one test order, base coin: whole contracts, above the minimum, half of a position.
        margin_coin: Of the account.
        modes: Position modes that the venue has.
        forces: Times in force that it has.
        order_fields: What every order request needs here (`leverage` and `margin_mode` on some venues).
        options: The adapter's own keyword options.
        incomplete: Lists that the venue makes impossible to walk without gaps: `IncompletePage` is then right.
        unchecked: Parts of the credentials that the venue does not look at when it is read from.
        switch_per_symbol: Whether `arm_cancel_all` is for one contract.
        spare: An amount of margin coin that the account has to spare.
        flat_mode: Whether `fetch_position_mode` can tell the mode of an account without positions.
    """

    factory: Callable[..., Adapter]
    raw_call: RawCall
    symbol: str = "BTC/USDT:USDT"
    other_symbol: str = "ETH/USDT:USDT"
    quantity: Decimal = Decimal("0.01")
    margin_coin: str = "USDT"
    modes: tuple[PositionMode, ...] = (PositionMode.ONE_WAY, PositionMode.HEDGE)
    forces: frozenset[TimeInForce] = frozenset(TimeInForce)
    order_fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    incomplete: frozenset[Capability] = frozenset()
    unchecked: frozenset[str] = frozenset()
    switch_per_symbol: bool = False
    spare: Decimal = Decimal("12.5")
    flat_mode: bool = True

    @property
    def id(self) -> str:
        """The adapter's id."""
        return str(self.factory.id)  # type: ignore[attr-defined] # pyright: ignore[reportFunctionMemberAccess] - it is a class

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the adapter claims."""
        found: frozenset[Capability] = self.factory.capabilities  # type: ignore[attr-defined] # pyright: ignore[reportFunctionMemberAccess] - it is a class
        return found
