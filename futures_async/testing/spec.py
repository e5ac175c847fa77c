"""What the contract suite must know about a venue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from futures_async.adapter import Adapter
from futures_async.simulator.records import Fill
from futures_async.unified.enums import MarginMode, OrderType, PositionMode, TimeInForce
from futures_async.unified.exchange import Capability


class RawCall(NamedTuple):
    """A call for `exchange.request()`: any harmless private read."""

    path: str
    params: Mapping[str, str]
    body: Mapping[str, Any] | None = None
    """Of venues that read by POST."""
    operation: str = ""
    """What the body asks for, where one path serves many calls."""

    async def make(self, exchange: Adapter) -> Any:
        """Its payload."""
        if self.body is None:
            return await exchange.request("GET", self.path, params=dict(self.params))
        return await exchange.request("POST", self.path, params=dict(self.params), body=self.body, idempotent=True)

    @property
    def arrival(self) -> str:
        """As the exchange notes it."""
        return f"{'GET' if self.body is None else 'POST'} {self.path} {self.operation}".rstrip()


def _same(client_order_id: str) -> str:
    return client_order_id


def _whole(body: bytes) -> bytes | None:
    return body


def _own(fill: Fill) -> str:
    return str(fill.id)


@dataclass(frozen=True, kw_only=True)
class VenueSpec:
    """One venue. Everything else the suite learns from the adapter's `capabilities` and traits.

    Attributes:
        factory: The adapter's class.
        raw_call: A private read for the escape hatch.
        symbol: Traded in most tests.
        other_symbol: A second contract, which must stay untouched.
        second_symbol: A contract that settles in another coin and is traded by the same object; None: there is none.
        quantity: Of one test order, base coin: whole contracts, above the minimum, half of a position.
        margin_coin: Of the account.
        modes: Position modes that the venue has.
        margin_modes: Margin modes that it has.
        forces: Times in force that it has.
        order_fields: What every order request needs here (`leverage` and `margin_mode` on some venues).
        options: The adapter's own keyword options.
        incomplete: Lists that the venue makes impossible to walk without gaps: `IncompletePage` is then right.
        unchecked: Parts of the credentials that the venue does not look at when it is read from.
        switch_per_symbol: Whether `arm_cancel_all` is for one contract.
        spare: An amount of margin coin that the account has to spare.
        bases: Names of base coins that the venue could list: each is traded like any other.
        margin_mode_of_account: Whether `set_margin_mode` is for the whole account, and orders carry none.
        flat_mode: Whether `fetch_position_mode` can tell the mode of an account without positions.
        market_type: What market orders are at the venue: limit orders that fill or are gone, where it has no others.
        client_id: How the venue spells a client order id.
        fill_id: The unified id of an execution inside.
        said: What a body asks for, without what differs each time (a nonce, a signature); None of one that reads.
        tick: What test prices are multiples of, where that is more than the contract's tick.
        counts_contracts: Whether sizes are numbers of contracts on the wire.
        lists_all_open: Whether open orders are listed without naming a contract.
        silent: Fields that some list of this venue does not tell, as `Order.fee`: they may be None. Every other field
            must be told where there is something to tell; whatever is told is compared with what the exchange knows.
        lists_delisted: Whether contracts stay in the list when they are traded no more.
        repeats: Calls that the client may repeat although they are about orders, as `POST /order/amend`: the venue sets
            what they say, and to say it twice changes nothing.
        parts_may_stand: Whether a batch that is refused as a whole may have been placed in part all the same.
        cancels_all_by_ids: Whether the venue has no call that cancels all orders, so that those which are listed are
            cancelled by their ids, which may be said twice.
        closes_any_size: Whether the venue has a call that closes a position of a size that no order may have.
        own_way: Fields that the venue computes in a way of its own, so that only their presence is held against it.
    """

    factory: Callable[..., Adapter]
    raw_call: RawCall
    symbol: str = "BTC/USDT:USDT"
    other_symbol: str = "ETH/USDT:USDT"
    second_symbol: str | None = None
    quantity: Decimal = Decimal("0.01")
    margin_coin: str = "USDT"
    modes: tuple[PositionMode, ...] = (PositionMode.ONE_WAY, PositionMode.HEDGE)
    margin_modes: tuple[MarginMode, ...] = (MarginMode.CROSS, MarginMode.ISOLATED)
    forces: frozenset[TimeInForce] = frozenset(TimeInForce)
    order_fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    incomplete: frozenset[Capability] = frozenset()
    unchecked: frozenset[str] = frozenset()
    switch_per_symbol: bool = False
    spare: Decimal = Decimal("12.5")
    bases: tuple[str, ...] = ("龙虾", "MØTH", "1000CAT", "$MYRO", "A.B", "A_B", "A-B")
    margin_mode_of_account: bool = False
    flat_mode: bool = True
    market_type: OrderType = OrderType.MARKET
    client_id: Callable[[str], str] = _same
    fill_id: Callable[[Fill], str] = _own
    said: Callable[[bytes], bytes | None] = _whole
    tick: Decimal | None = None
    counts_contracts: bool = False
    lists_all_open: bool = True
    silent: frozenset[str] = frozenset()
    own_way: frozenset[str] = frozenset()
    lists_delisted: bool = False
    parts_may_stand: bool = False
    cancels_all_by_ids: bool = False
    closes_any_size: bool = False
    repeats: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """The adapter's id."""
        return str(self.factory.id)  # type: ignore[attr-defined] # pyright: ignore[reportFunctionMemberAccess] - it is a class

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the adapter claims."""
        found: frozenset[Capability] = self.factory.capabilities  # type: ignore[attr-defined] # pyright: ignore[reportFunctionMemberAccess] - it is a class
        return found
