"""Risk in pure functions: Decimal only, exact whatever the caller's context; no I/O (`dashboard` alone reads).

Each docstring states its formula and where it is from. Rates and ratios are fractions (0.1 = 10 %), prices quote
coin, quantities base coin. Contracts are linear: margin and profit are counted in the quote coin; of a
coin-margined position its venue's own figures are taken, and nothing is computed. Numbers may be Decimal, int or text;
a float is refused (`TypeError`): its digits are not what was typed.
"""

from futures_async.risk.dashboard import Dashboard, DashboardRow, dashboard
from futures_async.risk.liquidation import (
    break_even_price,
    cross_liquidation_price,
    distance_to_liquidation,
    hedged_liquidation_price,
    isolated_liquidation_price,
    liquidation_price_at_leverage,
    meaningful_price,
    unrealized_pnl,
)
from futures_async.risk.margin import (
    account_coverage,
    account_margin_ratio,
    counted_quantity,
    cross_margin_ratio,
    get_risk_level,
    maintenance_margin,
    margin_ratio,
    risk_level,
    seed_account_ratio,
    tier_for,
)
from futures_async.risk.position import (
    estimate_liquidation_price,
    may_share_liquidation,
    pnl_over_margin,
    position_distance,
    position_maintenance_margin,
    position_margin_ratio,
    position_notional,
    position_pnl,
    position_risk,
)
from futures_async.risk.sizing import margin_to_reach, propose_margin_adjustment, safe_position_size, safe_quantity

__all__ = [
    "Dashboard",
    "DashboardRow",
    "account_coverage",
    "account_margin_ratio",
    "break_even_price",
    "counted_quantity",
    "cross_liquidation_price",
    "cross_margin_ratio",
    "dashboard",
    "distance_to_liquidation",
    "estimate_liquidation_price",
    "get_risk_level",
    "hedged_liquidation_price",
    "isolated_liquidation_price",
    "liquidation_price_at_leverage",
    "maintenance_margin",
    "margin_ratio",
    "margin_to_reach",
    "may_share_liquidation",
    "meaningful_price",
    "pnl_over_margin",
    "position_distance",
    "position_maintenance_margin",
    "position_margin_ratio",
    "position_notional",
    "position_pnl",
    "position_risk",
    "propose_margin_adjustment",
    "risk_level",
    "safe_position_size",
    "safe_quantity",
    "seed_account_ratio",
    "tier_for",
    "unrealized_pnl",
]
