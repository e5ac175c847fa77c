"""Every mapping table of the adapters, with recorded rows for it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from futures_async.adapters.binance import mapping as binance
from futures_async.adapters.binance import orders as binance_orders
from futures_async.adapters.bitget import mapping as bitget
from futures_async.adapters.bitget import orders as bitget_orders
from futures_async.adapters.bitget_uta import mapping as uta
from futures_async.adapters.bitget_uta import orders as uta_orders
from futures_async.adapters.bitget_uta import strategies as uta_strategies
from futures_async.adapters.bitget_uta import wire as uta_wire
from futures_async.adapters.bitget_v1 import mapping as bitget_v1
from futures_async.adapters.bitmart import mapping as bitmart
from futures_async.adapters.bitmart import orders as bitmart_orders
from futures_async.adapters.bitmart import wire as bitmart_wire
from futures_async.adapters.bittap import mapping as bittap
from futures_async.adapters.bybit import mapping as bybit
from futures_async.adapters.bybit import market as bybit_market
from futures_async.adapters.bybit import orders as bybit_orders
from futures_async.adapters.bybit import wire as bybit_wire
from futures_async.adapters.bybit import wire_market as bybit_market_wire
from futures_async.adapters.hyperliquid import ledger as hyper_ledger
from futures_async.adapters.hyperliquid import mapping as hyper
from futures_async.adapters.hyperliquid import orders as hyper_orders
from futures_async.adapters.hyperliquid.symbols import Names
from futures_async.adapters.okx import mapping as okx
from futures_async.adapters.okx import market as okx_market
from futures_async.adapters.okx import orders as okx_orders
from futures_async.adapters.okx import triggers as okx_triggers
from futures_async.adapters.okx import wire as okx_wire
from futures_async.unified.enums import MarginMode, PositionSide
from futures_async.unified.models import Contract, Position
from futures_async.unified.reading import Reading

DATA = Path(__file__).parents[1] / "data"


class Table(NamedTuple):
    """One table, and where rows of its kind are recorded: `file:path.to.rows`."""

    name: str
    reading: Reading[Any, Any]
    rows: tuple[str, ...]
    given: Any = None
    """What lies beside each row."""
    named: tuple[tuple[str, Any], ...] = ()
    """What the adapter writes into each row, from what the rows are held in."""

    def recorded(self) -> list[dict[str, Any]]:
        """The rows as plain JSON."""
        found: list[dict[str, Any]] = []
        for place in self.rows:
            file, _, path = place.partition(":")
            here = json.loads((DATA / f"{file}.json").read_bytes())
            for part in filter(None, path.split(".")):
                here = here[int(part) if part.isdigit() else part]
            found += here if isinstance(here, list) else [here]
        return [row | dict(self.named) for row in found]


_USDT: Final = "USDT-FUTURES"
_COIN: Final = "COIN-FUTURES"
_UTA_WHOLE = uta_wire.WireWhole(mgn_ratio="0.01", hold_mode="hedge_mode", account_level="isolated")
_BTC = Contract(
    venue="bitmart", symbol="BTC/USDT:USDT", venue_symbol="BTCUSDT", base="BTC", quote="USDT", settle="USDT",
    contract_size=Decimal("0.001"), price_tick=Decimal("0.1"), quantity_step=Decimal("0.001"),
)  # fmt: skip
_HELD = Position(
    venue="bitmart", symbol="BTC/USDT:USDT", venue_symbol="BTCUSDT", side=PositionSide.LONG, quantity=Decimal("0.1"),
    margin_coin="USDT",
)  # fmt: skip
_BYBIT_WHOLE = bybit_wire.WireWallet(mm_rate="0.01")
_BYBIT_STAMP = bybit_market_wire.WireStamp(time=1768195413861)
_BYBIT_COIN = (("symbol", "BTCUSD"),)
_DEX = Names("", "USDC")
_OKX_CONFIG = okx_wire.WireConfig(pos_mode="net_mode")
_OKX_LINEAR = Contract(
    venue="okx", symbol="BTC/USDT:USDT", venue_symbol="BTC-USDT-SWAP", base="BTC", quote="USDT", settle="USDT",
    contract_size=Decimal("0.01"), price_tick=Decimal("0.1"), quantity_step=Decimal("0.0001"),
)  # fmt: skip
_OKX_COIN = msgspec.structs.replace(
    _OKX_LINEAR, symbol="BTC/USD:BTC", contract_size=Decimal(1), contract_value=Decimal(100)
)
# fmt: off
TABLES = (
    Table("binance accounts", binance.accounts(), ("binance/account:assets",)),
    Table("binance ledger", binance.ledger_entries(), ("binance/income",)),
    Table("binance leverage", binance.leverages(), ("binance/symbol_config",)),
    Table(
        "binance tiers", binance.risk_limits(), ("binance/leverage_bracket:0.brackets",), named=(("symbol", "ETHUSDT"),)
    ),
    Table("binance positions", binance.positions(), ("binance/position_risk",)),
    Table("binance contracts", binance.contracts(), ("binance/exchange_info:symbols",)),
    Table("binance tickers", binance.tickers(), ("binance/ticker",)),
    Table("binance funding", binance.funding_rates(), ("binance/premium_index",)),
    Table("binance orders", binance_orders.orders(), ("binance/orders", "binance/place_order")),
    Table("binance conditional orders", binance_orders.algo_orders(), ("binance/algo_orders",)),
    Table("binance fills", binance_orders.fills(), ("binance/user_trades",)),
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
    Table("uta accounts", uta.accounts(), ("bitget_uta/assets:data.assets",), _UTA_WHOLE),
    Table("uta totals", uta.totals(), ("bitget_uta/assets:data",), uta_wire.WireSettings(hold_mode="one_way_mode")),
    Table("uta ledger", uta.ledger_entries(_USDT), ("bitget_uta/financial_records:data.list",)),
    Table("uta tiers", uta.risk_limits(_USDT), ("bitget_uta/position_tier:data",),
          uta_wire.WireNamed(symbol="BTCUSDT")),
    Table("uta positions", uta.positions(_USDT),
          ("bitget_uta/current_position:data.list", "bitget_uta/current_position.hedge:data.list")),
    Table("uta coin positions", uta.positions(_COIN), ("bitget_uta/current_position:data.list",)),
    Table("uta closed positions", uta.closed_positions(_USDT), ("bitget_uta/history_position:data.list",)),
    Table("uta contracts", uta.contracts(_USDT), ("bitget_uta/instruments:data",)),
    Table("uta coin contracts", uta.contracts(_COIN), ("bitget_uta/instruments:data",)),
    Table("uta tickers", uta.tickers(_USDT), ("bitget_uta/tickers:data",)),
    Table("uta funding", uta.funding_rates(_USDT), ("bitget_uta/current_fund_rate:data",)),
    Table("uta orders", uta_orders.orders(_USDT),
          ("bitget_uta/unfilled_orders:data.list", "bitget_uta/history_orders:data.list",
           "bitget_uta/order_info:data")),
    Table("uta waiting", uta_strategies.strategies(_USDT),
          ("bitget_uta/unfilled_strategies:data", "bitget_uta/unfilled_strategies.trigger:data",
           "bitget_uta/history_strategies:data.list"),
          uta_wire.WireBeside(type="tpsl", status="pending", side="sell", reduce_only="yes", hold_mode="hedge_mode")),
    Table("uta fills", uta_orders.fills(_USDT), ("bitget_uta/fills:data.list",)),
    Table("bitmart accounts", bitmart.accounts(), ("bitmart/assets-detail:data",)),
    Table("bitmart positions", bitmart.positions(),
          ("bitmart/position-v2-hedge:data", "bitmart/position-v2-one-way:data"), _BTC),
    Table("bitmart positions at risk", bitmart.positions_at_risk(), ("bitmart/position-risk:data",), _HELD),
    Table("bitmart ledger", bitmart.ledger_entries(), ("bitmart/transaction-history:data",)),
    Table("bitmart orders", bitmart_orders.orders(),
          ("bitmart/order:data", "bitmart/order-history:data", "bitmart/open-orders-trailing:data"), _BTC),
    Table("bitmart trigger orders", bitmart_orders.trigger_orders(), ("bitmart/current-plan-order:data",), _BTC),
    Table("bitmart fills", bitmart_orders.fills(), ("bitmart/trades:data",), _BTC),
    Table("bitmart contracts", bitmart.contracts(), ("bitmart/details:data.symbols",)),
    Table("bitmart tickers", bitmart.tickers(), ("bitmart/details:data.symbols",)),
    Table("bitmart funding", bitmart.funding_rates(), ("bitmart/funding-rate:data",),
          bitmart_wire.WireContract(funding_interval_hours=8)),
    Table("bitmart tiers", bitmart.risk_limits(), ("bitmart/leverage-bracket:data.rules.0.brackets",),
          bitmart_wire.WireRule(symbol="BTCUSDT", brackets=[])),
    Table("bittap accounts", bittap.accounts(), ("bittap/account_info:data.assets",)),
    Table("bittap positions", bittap.positions(), ("bittap/open_position:data", "bittap/account_info:data.positions")),
    Table("bittap open orders", bittap.open_orders(), ("bittap/open_order:data",)),
    Table("bittap past orders", bittap.past_orders(), ("bittap/order_his:data",)),
    Table("bittap fills", bittap.fills(), ("bittap/trade_his:data",)),
    Table("bittap tickers", bittap.tickers(), ("bittap/price_ticker:data",)),
    Table("bybit accounts", bybit.accounts(MarginMode.ISOLATED), ("bybit/wallet_balance:result.list.0.coin",),
          _BYBIT_WHOLE),
    Table("bybit ledger", bybit.ledger_entries(), ("bybit/transaction_log:result.list",)),
    Table("bybit tiers", bybit_market.risk_limits(), ("bybit/risk_limit:result.list",)),
    Table("bybit positions", bybit.positions(MarginMode.CROSS),
          ("bybit/position_list:result.list", "bybit/ws_position:data")),
    Table("bybit coin positions", bybit.positions(MarginMode.ISOLATED), ("bybit/position_list:result.list",),
          named=_BYBIT_COIN),
    Table("bybit closed positions", bybit.closed_positions(), ("bybit/closed_pnl:result.list",),
          named=_BYBIT_COIN),
    Table("bybit contracts", bybit_market.contracts(), ("bybit/instruments_info:result.list",)),
    Table("bybit tickers", bybit_market.tickers(), ("bybit/tickers:result.list", "bybit/ws_tickers:data"),
          _BYBIT_STAMP),
    Table("bybit funding", bybit_market.funding_rates(), ("bybit/tickers:result.list",), _BYBIT_STAMP),
    Table("bybit orders", bybit_orders.orders(),
          ("bybit/order_realtime:result.list", "bybit/order_realtime.waiting:result.list", "bybit/ws_order:data")),
    Table("bybit coin orders", bybit_orders.orders(), ("bybit/order_realtime:result.list",),
          named=_BYBIT_COIN),
    Table("bybit fills", bybit_orders.fills(),
          ("bybit/execution_list:result.list", "bybit/ws_execution:data")),
    Table("bybit coin fills", bybit_orders.fills(), ("bybit/execution_list:result.list",), named=_BYBIT_COIN),
    Table("okx accounts", okx.accounts(), ("okx/balance:data.0.details",), _OKX_CONFIG),
    Table("okx ledger", okx.ledger_entries(), ("okx/bills:data",)),
    Table("okx tiers", okx_market.risk_limits(), ("okx/position_tiers:data",), _OKX_LINEAR),
    Table("okx positions", okx.positions(), ("okx/positions:data",), _OKX_LINEAR),
    Table("okx coin positions", okx.positions(), ("okx/positions:data",), _OKX_COIN),
    Table("okx closed positions", okx.closed_positions(), ("okx/positions_history:data",), _OKX_COIN),
    Table("okx contracts", okx_market.contracts(), ("okx/instruments:data",)),
    Table("okx tickers", okx_market.tickers(), ("okx/market_ticker:data",), okx_wire.WirePrices(mark_px="60040.1")),
    Table("okx funding", okx_market.funding_rates(), ("okx/funding_rate:data",)),
    Table("okx orders", okx_orders.orders(), ("okx/order:data",), _OKX_LINEAR),
    Table("okx coin orders", okx_orders.orders(), ("okx/order:data",), _OKX_COIN),
    Table("okx waiting", okx_triggers.waiting(), ("okx/orders_algo_pending:data",), _OKX_LINEAR),
    Table("okx fills", okx_orders.fills(), ("okx/fills:data",), _OKX_COIN),
    Table("hyperliquid spot", hyper.spot_accounts(), ("hyperliquid/spot_state:balances",)),
    Table("hyperliquid positions", hyper.positions(_DEX),
          ("hyperliquid/clearinghouse_state:assetPositions.0.position",), hyper.Beside()),
    Table("hyperliquid contracts", hyper.contracts(_DEX), ("hyperliquid/meta_and_contexts:0.universe",)),
    Table("hyperliquid tickers", hyper.tickers(_DEX), ("hyperliquid/contexts.named:",)),
    Table("hyperliquid funding", hyper.funding_rates(_DEX), ("hyperliquid/contexts.named:",)),
    Table("hyperliquid orders", hyper_orders.orders(_DEX, live=True),
          ("hyperliquid/open_orders:", "hyperliquid/historical_orders:0.order"), hyper_orders.LISTED),
    Table("hyperliquid fills", hyper_orders.fills(_DEX), ("hyperliquid/user_fills:",)),
    Table("hyperliquid trades", hyper_ledger.trades(_DEX), ("hyperliquid/user_fills:",)),
    Table("hyperliquid ledger", hyper_ledger.updates(_DEX),
          ("hyperliquid/ledger_updates:", "hyperliquid/user_funding:"),
          hyper_ledger.Whose("0x00000000000000000000000000000000000000a1")),
)
# fmt: on
