"""What an adapter can, told by what it defines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from futures_async.unified.exchange import WATCHES, Capability
from futures_async.unified.exchange import Capability as Can

FOLLOWS: Mapping[Can, Sequence[str]] = {
    Can.FETCH_ACCOUNT: ("fetch_accounts",),
    Can.FETCH_POSITION: ("fetch_positions",),
    Can.FETCH_POSITION_RISK: ("fetch_positions",),
    Can.FETCH_CONTRACT: ("fetch_contracts",),
    Can.FETCH_ORDER_HISTORY: ("_orders_page",),
    Can.ITER_ORDERS: ("_orders_page",),
    Can.FETCH_FILLS: ("_fills_page",),
    Can.ITER_FILLS: ("_fills_page",),
    Can.FETCH_LEDGER: ("_ledger_page",),
    Can.ITER_LEDGER: ("_ledger_page",),
    Can.FETCH_POSITION_HISTORY: ("_closed_page",),
    Can.ADJUST_MARGIN: ("_margin_move",),
    Can.FETCH_ORDER: ("_fetch_order",),
    Can.FETCH_OPEN_ORDERS: ("_open_page",),
    Can.FETCH_POSITION_MODE: ("_position_mode_of",),
    Can.SET_POSITION_MODE: ("_position_mode_change", "_position_mode_of"),
    Can.SET_MARGIN_MODE: ("_put_margin_mode",),
    Can.FETCH_LEVERAGE: ("_read_leverage",),
    Can.SET_LEVERAGE: ("_leverage_change", "_read_leverage"),
    Can.CREATE_ORDER: ("_placement", "fetch_order"),
    Can.CREATE_ORDERS: ("_placement", "fetch_order"),
    Can.RESOLVE_ORDER: ("_placement", "fetch_order"),
    Can.CLOSE_POSITION: ("_placement", "fetch_order", "fetch_positions"),
    Can.EDIT_ORDER: ("_amendment", "fetch_order"),
    Can.CANCEL_ORDER: ("_cancellation", "fetch_order"),
    Can.CANCEL_ORDERS: ("_cancellation", "fetch_order"),
    Can.CANCEL_TRIGGER_ORDER: ("_waiting_cancel",),
    Can.ARM_CANCEL_ALL: ("_arm",),
    Can.CANCEL_ALL_ORDERS: ("_cancel_all", "fetch_open_orders"),
    **dict.fromkeys(WATCHES, ("_stream_dialect",)),
}
"""What the core makes of an adapter's hooks and reads; every other capability is the method of its name."""

MADE: Mapping[str, Sequence[str]] = {
    **{capability.value: hooks for capability, hooks in FOLLOWS.items()},
    "_position_mode_of": ("only_position_mode",),
    "_put_margin_mode": ("_margin_mode_change", "fetch_leverage"),
}
"""The same by the method's name: what is made of such a method, or hook, follows from its hooks too."""


def following(adapter: type, base: type) -> frozenset[Capability]:
    """What a class can by what it defines beyond `base`: the method itself, or all that the core makes it of."""

    def defines(name: str) -> bool:
        own = getattr(adapter, name) is not getattr(base, name)
        return own or (name in MADE and all(map(defines, MADE[name])))

    return frozenset(capability for capability in Capability if defines(capability.value))
