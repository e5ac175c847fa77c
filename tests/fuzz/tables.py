"""Every mapping table of the adapters, with recorded rows for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

from futures_async.adapters.bitget import mapping as bitget
from futures_async.adapters.bitget import orders as bitget_orders
from futures_async.adapters.bitget_v1 import mapping as bitget_v1
from futures_async.adapters.bittap import mapping as bittap
from futures_async.unified.reading import Reading

DATA = Path(__file__).parents[1] / "data"


class Table(NamedTuple):
    """One table, and where rows of its kind are recorded: `file:path.to.rows`."""

    name: str
    reading: Reading[Any, Any]
    rows: tuple[str, ...]
    given: Any = None
    """What lies beside each row."""

    def recorded(self) -> list[dict[str, Any]]:
        """The rows as plain JSON."""
        found: list[dict[str, Any]] = []
        for place in self.rows:
            file, _, path = place.partition(":")
            here = json.loads((DATA / f"{file}.json").read_bytes())
            for part in path.split("."):
                here = here[part]
            found += here if isinstance(here, list) else [here]
        return found


_USDT: Final = "USDT-FUTURES"
_COIN: Final = "COIN-FUTURES"
# fmt: off
TABLES = (
    Table("bitget positions", bitget.positions(_USDT),
          ("bitget/all_position_hedge:data", "bitget/single_position:data")),
    Table("bitget coin positions", bitget.positions(_COIN), ("bitget/all_position_one_way:data",)),
    Table("bitget closed positions", bitget.closed_positions(_USDT), ("bitget/history_position:data.list",)),
    Table("bitget accounts", bitget.accounts(), ("bitget/accounts:data", "bitget/account:data")),
    Table("bitget ledger", bitget.ledger_entries(_USDT), ("bitget/bills:data.bills",)),
    Table("bitget tiers", bitget.risk_limits(_USDT), ("bitget/position_tiers:data",)),
    Table("bitget contracts", bitget.contracts(_USDT), ("bitget/contracts:data",)),
    Table("bitget coin contracts", bitget.contracts(_COIN, "ETH"), ("bitget/contracts:data",)),
    Table("bitget tickers", bitget.tickers(_USDT), ("bitget/ticker:data",)),
    Table("bitget funding", bitget.funding_rates(_USDT), ("bitget/current_fund_rate:data",)),
    Table("bitget orders", bitget_orders.orders(_USDT),
          ("bitget/orders_pending:data.entrustedList", "bitget/orders_history:data.entrustedList",
           "bitget/detail_hedge_close:data", "bitget/detail_one_way_reduce:data")),
    Table("bitget trigger orders", bitget_orders.trigger_orders(_USDT), ("bitget/plan_pending:data.entrustedList",)),
    Table("bitget fills", bitget_orders.fills(_USDT), ("bitget/fills:data.fillList",)),
    Table("bitget-v1 account", bitget_v1.accounts(), ("bitget_v1/account_info:data",)),
    Table("bitget-v1 positions", bitget_v1.positions("USDT"), ("bitget_v1/position_all_position:data",)),
    Table("bitget-v1 ledger", bitget_v1.ledger_entries("USDT"), ("bitget_v1/account_bills:data",)),
    Table("bitget-v1 orders", bitget_v1.orders(),
          ("bitget_v1/order_detail:data", "bitget_v1/order_history:data", "bitget_v1/order_current:data")),
    Table("bitget-v1 fills", bitget_v1.fills(), ("bitget_v1/order_fills:data",)),
    Table("bittap accounts", bittap.accounts(), ("bittap/account_info:data.assets",)),
    Table("bittap positions", bittap.positions(), ("bittap/open_position:data", "bittap/account_info:data.positions")),
    Table("bittap open orders", bittap.open_orders(), ("bittap/open_order:data",)),
    Table("bittap past orders", bittap.past_orders(), ("bittap/order_his:data",)),
    Table("bittap fills", bittap.fills(), ("bittap/trade_his:data",)),
    Table("bittap tickers", bittap.tickers(), ("bittap/price_ticker:data",)),
)
# fmt: on
