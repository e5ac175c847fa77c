"""Every list call of every adapter, with a recorded answer to put odd values into: the cases of `test_odd_rows.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from futures_async.adapter import Adapter
from futures_async.adapters.binance import Binance
from futures_async.adapters.bitget import Bitget
from futures_async.adapters.bitget_uta import BitgetUTA
from futures_async.adapters.bitget_v1 import BitgetV1
from futures_async.adapters.bitmart import BitMart
from futures_async.adapters.bittap import BitTap
from futures_async.adapters.bybit import Bybit
from futures_async.adapters.hyperliquid import Hyperliquid
from futures_async.adapters.okx import OKX


class Lists(NamedTuple):
    """One call of an adapter that answers with several rows."""

    make: Callable[..., Adapter]
    call: str
    """The method's name."""
    path: str
    """What it asks."""
    file: str
    """A recorded answer, in the adapter's folder of `tests/data`."""
    rows: str = "data"
    """Where the answer holds its rows: the first of them is taken."""
    key: str = "symbol"
    """The venue's field that tells rows apart."""
    reference: bool = False
    """What cannot be read is left out with a warning."""
    rank: str = ""
    """Fields of the models that follow from the other rows, and so are others with one more: not compared."""
    arguments: dict[str, Any] = {}  # noqa: RUF012 - never changed
    files: dict[str, str] = {}  # noqa: RUF012 - never changed
    """Answers to what else it asks, by path."""
    inner: str = ""
    """Each element of these is an object around the row, which stands in this field."""
    sorts: str = ""
    """The field that says which of several lists a row is for."""
    counted: bool = False
    """Rows are known by their places: with one that is none, none is told."""

    @property
    def venue(self) -> str:
        """The adapter's id."""
        return str(getattr(self.make, "id", ""))

    def __str__(self) -> str:
        return f"{self.venue}-{self.call}"


_V2 = "/api/v2/mix"
BTC = {"symbol": "BTC/USDT:USDT"}

# fmt: off
BITGET = (
    Lists(Bitget, "fetch_positions", f"{_V2}/position/all-position", "all_position_hedge"),
    Lists(Bitget, "fetch_position_risk", f"{_V2}/position/all-position", "all_position_one_way"),
    Lists(Bitget, "fetch_position_history", f"{_V2}/position/history-position", "history_position", "data.list",
          "positionId"),
    Lists(Bitget, "fetch_accounts", f"{_V2}/account/accounts", "accounts", key="marginCoin"),
    Lists(Bitget, "fetch_ledger", f"{_V2}/account/bill", "bills", "data.bills", "billId"),
    Lists(Bitget, "iter_ledger", f"{_V2}/account/bill", "bills", "data.bills", "billId"),
    Lists(Bitget, "fetch_open_orders", f"{_V2}/order/orders-pending", "orders_pending", "data.entrustedList",
          "orderId"),
    Lists(Bitget, "fetch_order_history", f"{_V2}/order/orders-history", "orders_history", "data.entrustedList",
          "orderId"),
    Lists(Bitget, "iter_orders", f"{_V2}/order/orders-history", "orders_history", "data.entrustedList", "orderId"),
    Lists(Bitget, "fetch_fills", f"{_V2}/order/fills", "fills", "data.fillList", "tradeId"),
    Lists(Bitget, "iter_fills", f"{_V2}/order/fills", "fills", "data.fillList", "tradeId"),
    Lists(Bitget, "iter_fill_history", f"{_V2}/order/fill-history", "fills", "data.fillList", "tradeId"),
    Lists(Bitget, "fetch_trigger_orders", f"{_V2}/order/orders-plan-pending", "plan_pending", "data.entrustedList",
          "orderId"),
    Lists(Bitget, "fetch_trigger_history", f"{_V2}/order/orders-plan-history", "plan_pending", "data.entrustedList",
          "orderId"),
    Lists(Bitget, "fetch_triggered", f"{_V2}/order/plan-sub-order", "plan_sub_order", key="orderId",
          arguments={"order_id": "1"}),
    Lists(Bitget, "fetch_adl_ranks", f"{_V2}/position/adlRank", "adl_rank"),
    Lists(Bitget, "fetch_isolated_symbols", f"{_V2}/account/isolated-symbols", "isolated_symbols"),
    Lists(Bitget, "fetch_sub_accounts", f"{_V2}/account/sub-account-assets", "sub_account_assets", key="userId"),
    Lists(Bitget, "fetch_contracts", f"{_V2}/market/contracts", "contracts", reference=True),
    Lists(Bitget, "fetch_tickers", f"{_V2}/market/tickers", "ticker", reference=True),
    Lists(Bitget, "fetch_risk_limits", f"{_V2}/market/query-position-lever", "position_tiers", key="level",
          reference=True, arguments=BTC),
    Lists(Bitget, "fetch_funding_history", f"{_V2}/market/history-fund-rate", "history_fund_rate",
          key="fundingTime", arguments=BTC),
    Lists(Bitget, "fetch_open_interest_limits", f"{_V2}/market/oi-limit", "oi_limit"),
)

_V1 = "/api/mix/v1"
BITGET_V1 = (
    Lists(BitgetV1, "fetch_positions", f"{_V1}/position/allPosition", "position_all_position"),
    Lists(BitgetV1, "fetch_position_risk", f"{_V1}/position/allPosition", "position_all_position"),
    Lists(BitgetV1, "fetch_ledger", f"{_V1}/account/bills", "account_bills", key="id"),
    Lists(BitgetV1, "iter_ledger", f"{_V1}/account/bills", "account_bills", key="id"),
    Lists(BitgetV1, "fetch_risk_limits", f"{_V1}/account/riskLimit", "account_risk_limit", key="riskLimit",
          reference=True, rank="tier", arguments=BTC),
    Lists(BitgetV1, "fetch_open_orders", f"{_V1}/order/current", "order_current", key="orderId", arguments=BTC),
    Lists(BitgetV1, "fetch_order_history", f"{_V1}/order/history", "order_history", key="orderId", arguments=BTC),
    Lists(BitgetV1, "iter_orders", f"{_V1}/order/history", "order_history", key="orderId", arguments=BTC),
    Lists(BitgetV1, "fetch_fills", f"{_V1}/order/fills", "order_fills", key="tradeId", arguments=BTC),
    Lists(BitgetV1, "iter_fills", f"{_V1}/order/fills", "order_fills", key="tradeId", arguments=BTC),
)

_V3 = "/api/v3"
BITGET_UTA = (
    Lists(BitgetUTA, "fetch_accounts", f"{_V3}/account/assets", "assets", "data.assets", "coin",
          files={f"{_V3}/account/settings": "settings"}),
    Lists(BitgetUTA, "fetch_positions", f"{_V3}/position/current-position", "current_position", "data.list"),
    Lists(BitgetUTA, "fetch_position_risk", f"{_V3}/position/current-position", "current_position.hedge", "data.list"),
    Lists(BitgetUTA, "fetch_position_history", f"{_V3}/position/history-position", "history_position", "data.list",
          "positionId"),
    Lists(BitgetUTA, "fetch_open_orders", f"{_V3}/trade/unfilled-orders", "unfilled_orders", "data.list", "orderId"),
    Lists(BitgetUTA, "fetch_order_history", f"{_V3}/trade/history-orders", "history_orders", "data.list", "orderId"),
    Lists(BitgetUTA, "iter_orders", f"{_V3}/trade/history-orders", "history_orders", "data.list", "orderId"),
    Lists(BitgetUTA, "fetch_fills", f"{_V3}/trade/fills", "fills", "data.list", "execId"),
    Lists(BitgetUTA, "iter_fills", f"{_V3}/trade/fills", "fills", "data.list", "execId"),
    Lists(BitgetUTA, "fetch_ledger", f"{_V3}/account/financial-records", "financial_records", "data.list", "id",
          arguments=BTC),
    Lists(BitgetUTA, "iter_ledger", f"{_V3}/account/financial-records", "financial_records", "data.list", "id"),
    Lists(BitgetUTA, "fetch_trigger_orders", f"{_V3}/trade/unfilled-strategy-orders", "unfilled_strategies",
          key="orderId"),
    Lists(BitgetUTA, "fetch_trigger_history", f"{_V3}/trade/history-strategy-orders", "history_strategies",
          "data.list", "orderId"),
    Lists(BitgetUTA, "fetch_triggered", f"{_V3}/trade/strategy-sub-orders", "sub_orders", "data.list", "subOrderId",
          arguments={"order_id": "1"}),
    Lists(BitgetUTA, "fetch_adl_ranks", f"{_V3}/position/adlRank", "adl_rank"),
    Lists(BitgetUTA, "fetch_contracts", f"{_V3}/market/instruments", "instruments", reference=True),
    Lists(BitgetUTA, "fetch_risk_limits", f"{_V3}/market/position-tier", "position_tier", key="tier", reference=True,
          arguments=BTC),
    Lists(BitgetUTA, "fetch_funding_history", f"{_V3}/market/history-fund-rate", "history_fund_rate",
          "data.resultList", "fundingRateTimestamp", arguments=BTC),
)

_MART = "/contract/private"
_SIZES = {"/contract/public/details": "details"}
BITMART = (
    Lists(BitMart, "fetch_accounts", f"{_MART}/assets-detail", "assets-detail", key="currency"),
    Lists(BitMart, "fetch_positions", f"{_MART}/position-v2", "position-v2-hedge", key="open_timestamp", files=_SIZES),
    Lists(BitMart, "fetch_position_risk", f"{_MART}/position-v2", "position-v2-one-way", key="unrealized_pnl",
          files={**_SIZES, f"{_MART}/position-risk": "no-rows", f"{_MART}/position": "no-rows"}),
    Lists(BitMart, "fetch_positions_v1", f"{_MART}/position", "position-v1", key="open_timestamp"),
    Lists(BitMart, "fetch_open_orders", f"{_MART}/get-open-orders", "order-history", key="order_id", files=_SIZES),
    Lists(BitMart, "fetch_trailing_orders", f"{_MART}/get-open-orders", "open-orders-trailing", key="order_id",
          files=_SIZES),
    Lists(BitMart, "fetch_trigger_orders", f"{_MART}/current-plan-order", "current-plan-order", key="order_id",
          files=_SIZES),
    Lists(BitMart, "fetch_order_history", f"{_MART}/order-history", "order-history", key="order_id", arguments=BTC,
          files=_SIZES),
    Lists(BitMart, "iter_orders", f"{_MART}/order-history", "order-history", key="order_id", arguments=BTC,
          files=_SIZES),
    Lists(BitMart, "fetch_fills", f"{_MART}/trades", "trades", key="trade_id", files=_SIZES),
    Lists(BitMart, "iter_fills", f"{_MART}/trades", "trades", key="trade_id", files=_SIZES),
    Lists(BitMart, "fetch_ledger", f"{_MART}/transaction-history", "transaction-history", key="tran_id"),
    Lists(BitMart, "iter_ledger", f"{_MART}/transaction-history", "transaction-history", key="tran_id"),
    Lists(BitMart, "fetch_contracts", "/contract/public/details", "details", "data.symbols", reference=True),
    Lists(BitMart, "fetch_risk_limits", "/contract/public/leverage-bracket", "leverage-bracket",
          "data.rules.0.brackets", "bracket", reference=True, arguments=BTC),
    Lists(BitMart, "fetch_funding_history", "/contract/public/funding-rate-history", "funding-rate-history",
          "data.list", "funding_time", arguments=BTC),
    Lists(BitMart, "fetch_service_status", "/system/service", "service", "data.service", "start_time"),
)

_TAP = "/ftapi/v1"
BITTAP = (
    Lists(BitTap, "fetch_accounts", f"{_TAP}/account/info", "account_info", "data.assets", "coin"),
    Lists(BitTap, "fetch_positions", f"{_TAP}/openPosition", "open_position", key="symbolId"),
    Lists(BitTap, "fetch_position_risk", f"{_TAP}/openPosition", "open_position", key="symbolId"),
    Lists(BitTap, "fetch_open_orders", f"{_TAP}/openOrder", "open_order", key="orderId"),
    Lists(BitTap, "fetch_order_history", f"{_TAP}/orderHis", "order_his", key="id"),
    Lists(BitTap, "iter_orders", f"{_TAP}/orderHis", "order_his", key="id"),
    Lists(BitTap, "fetch_fills", f"{_TAP}/tradeHis", "trade_his", key="tradeId"),
    Lists(BitTap, "iter_fills", f"{_TAP}/tradeHis", "trade_his", key="tradeId"),
)

_V5 = "/api/v5"
_OKX_SIZES = {f"{_V5}/public/instruments": "instruments"}
_OLD_ORDERS = {**_OKX_SIZES, f"{_V5}/trade/orders-history-archive": "empty"}
_OLD_FILLS = {**_OKX_SIZES, f"{_V5}/trade/fills-history": "empty"}
_OLD_BILLS = {f"{_V5}/account/bills-archive": "empty"}
OKX_LISTS = (
    Lists(OKX, "fetch_accounts", f"{_V5}/account/balance", "balance", "data.0.details", "ccy",
          files={f"{_V5}/account/config": "config"}),
    Lists(OKX, "fetch_positions", f"{_V5}/account/positions", "positions", key="posId", files=_OKX_SIZES),
    Lists(OKX, "fetch_position_risk", f"{_V5}/account/positions", "positions", key="posId", files=_OKX_SIZES),
    Lists(OKX, "fetch_position_history", f"{_V5}/account/positions-history", "positions_history", key="posId",
          files=_OKX_SIZES),
    Lists(OKX, "fetch_open_orders", f"{_V5}/trade/orders-pending", "order", key="ordId", files=_OKX_SIZES),
    Lists(OKX, "fetch_order_history", f"{_V5}/trade/orders-history", "orders_history", key="ordId", files=_OLD_ORDERS),
    Lists(OKX, "iter_orders", f"{_V5}/trade/orders-history", "orders_history", key="ordId", files=_OLD_ORDERS),
    Lists(OKX, "fetch_fills", f"{_V5}/trade/fills", "fills", key="tradeId", files=_OLD_FILLS),
    Lists(OKX, "iter_fills", f"{_V5}/trade/fills", "fills", key="tradeId", files=_OLD_FILLS),
    Lists(OKX, "fetch_ledger", f"{_V5}/account/bills", "bills", key="billId", files=_OLD_BILLS),
    Lists(OKX, "iter_ledger", f"{_V5}/account/bills", "bills", key="billId", files=_OLD_BILLS),
    Lists(OKX, "fetch_trigger_orders", f"{_V5}/trade/orders-algo-pending", "orders_algo_pending", key="algoId",
          files=_OKX_SIZES),
    Lists(OKX, "fetch_contracts", f"{_V5}/public/instruments", "instruments", key="instId", reference=True),
    Lists(OKX, "fetch_risk_limits", f"{_V5}/public/position-tiers", "position_tiers", key="tier", reference=True,
          arguments=BTC, files=_OKX_SIZES),
)

_BYBIT = "/v5"
_WHOLE = {f"{_BYBIT}/account/info": "account_info"}
# The recorded rows are from these two days.
_THEN = {"since_ms": 1768089600000, "until_ms": 1768262400000}
BYBIT = (
    Lists(Bybit, "fetch_accounts", f"{_BYBIT}/account/wallet-balance", "wallet_balance", "result.list.0.coin", "coin",
          files=_WHOLE),
    Lists(Bybit, "fetch_positions", f"{_BYBIT}/position/list", "position_list", "result.list", files=_WHOLE),
    Lists(Bybit, "fetch_position_risk", f"{_BYBIT}/position/list", "position_list", "result.list", files=_WHOLE),
    Lists(Bybit, "fetch_position_history", f"{_BYBIT}/position/closed-pnl", "closed_pnl", "result.list", "updatedTime",
          arguments=_THEN),
    Lists(Bybit, "fetch_open_orders", f"{_BYBIT}/order/realtime", "order_realtime", "result.list", "orderId"),
    Lists(Bybit, "fetch_trigger_orders", f"{_BYBIT}/order/realtime", "order_realtime.waiting", "result.list",
          "orderId"),
    Lists(Bybit, "fetch_order_history", f"{_BYBIT}/order/history", "order_history", "result.list", "orderId",
          arguments=_THEN),
    Lists(Bybit, "iter_orders", f"{_BYBIT}/order/history", "order_history", "result.list", "orderId",
          arguments=_THEN),
    Lists(Bybit, "fetch_fills", f"{_BYBIT}/execution/list", "execution_list", "result.list", "execId",
          arguments=_THEN),
    Lists(Bybit, "iter_fills", f"{_BYBIT}/execution/list", "execution_list", "result.list", "execId",
          arguments=_THEN),
    Lists(Bybit, "fetch_ledger", f"{_BYBIT}/account/transaction-log", "transaction_log", "result.list", "id",
          arguments=_THEN),
    Lists(Bybit, "iter_ledger", f"{_BYBIT}/account/transaction-log", "transaction_log", "result.list", "id",
          arguments=_THEN),
    Lists(Bybit, "fetch_contracts", f"{_BYBIT}/market/instruments-info", "instruments_info", "result.list",
          reference=True),
    Lists(Bybit, "fetch_risk_limits", f"{_BYBIT}/market/risk-limit", "risk_limit", "result.list", "riskLimitValue",
          reference=True, rank="tier min_notional", arguments=BTC),
)

_FAPI = "/fapi/v1"
_CONFIG = {f"{_FAPI}/symbolConfig": "symbol_config"}
BINANCE = (
    Lists(Binance, "fetch_accounts", "/fapi/v3/account", "account", "assets", "asset"),
    Lists(Binance, "fetch_positions", "/fapi/v3/positionRisk", "position_risk", "", files=_CONFIG),
    Lists(Binance, "fetch_position_risk", "/fapi/v3/positionRisk", "position_risk", "", files=_CONFIG),
    Lists(Binance, "fetch_open_orders", f"{_FAPI}/openOrders", "orders", "", "orderId"),
    Lists(Binance, "fetch_trigger_orders", f"{_FAPI}/openAlgoOrders", "algo_orders", "", "algoId"),
    Lists(Binance, "fetch_order_history", f"{_FAPI}/allOrders", "orders", "", "orderId"),
    Lists(Binance, "iter_orders", f"{_FAPI}/allOrders", "orders", "", "orderId"),
    Lists(Binance, "fetch_fills", f"{_FAPI}/userTrades", "user_trades", "", "id",
          arguments={"symbol": "ETH/USDT:USDT"}),
    Lists(Binance, "iter_fills", f"{_FAPI}/userTrades", "user_trades", "", "id",
          arguments={"symbol": "ETH/USDT:USDT"}),
    Lists(Binance, "fetch_ledger", f"{_FAPI}/income", "income", "", "tranId"),
    Lists(Binance, "iter_ledger", f"{_FAPI}/income", "income", "", "tranId"),
    Lists(Binance, "fetch_contracts", f"{_FAPI}/exchangeInfo", "exchange_info", "symbols", reference=True),
    Lists(Binance, "fetch_risk_limits", f"{_FAPI}/leverageBracket", "leverage_bracket", "0.brackets", "bracket",
          reference=True, arguments={"symbol": "ETH/USDT:USDT"}),
    Lists(Binance, "fetch_margin_moves", f"{_FAPI}/positionMargin/history", "margin_history", "", "time",
          arguments=BTC),
    Lists(Binance, "fetch_funding_history", f"{_FAPI}/fundingRate", "funding_rate", "", "fundingTime",
          arguments=BTC),
    Lists(Binance, "fetch_forced_orders", f"{_FAPI}/forceOrders", "orders", "", "orderId"),
)

_INFO = "/info"
_ROLE = {f"{_INFO} userRole": "role"}
HYPERLIQUID = (
    Lists(Hyperliquid, "fetch_accounts", f"{_INFO} spotClearinghouseState", "spot_state", "balances", key="coin",
          files={**_ROLE, f"{_INFO} userAbstraction": "abstraction.unified"}),
    Lists(Hyperliquid, "fetch_positions", f"{_INFO} clearinghouseState", "clearinghouse_state", "assetPositions",
          "coin", inner="position", files={**_ROLE, f"{_INFO} meta": "meta"}),
    Lists(Hyperliquid, "fetch_open_orders", f"{_INFO} frontendOpenOrders", "open_orders_plain", "", key="oid",
          sorts="isTrigger", files=_ROLE),
    Lists(Hyperliquid, "fetch_trigger_orders", f"{_INFO} frontendOpenOrders", "open_orders", "", key="oid",
          sorts="isTrigger", files=_ROLE),
    Lists(Hyperliquid, "fetch_order_history", f"{_INFO} historicalOrders", "historical_orders", "", "oid",
          inner="order", files=_ROLE),
    Lists(Hyperliquid, "iter_orders", f"{_INFO} historicalOrders", "historical_orders", "", "oid",
          inner="order", files=_ROLE),
    Lists(Hyperliquid, "fetch_fills", f"{_INFO} userFills", "user_fills", "", key="tid", files=_ROLE),
    Lists(Hyperliquid, "iter_fills", f"{_INFO} userFills", "user_fills", "", key="tid", files=_ROLE),
    Lists(Hyperliquid, "fetch_ledger", f"{_INFO} userNonFundingLedgerUpdates", "ledger_updates", "", key="hash",
          files={**_ROLE, f"{_INFO} userFillsByTime": "nothing", f"{_INFO} userFunding": "nothing",
                 f"{_INFO} userAbstraction": "abstraction.unified"}),
    Lists(Hyperliquid, "fetch_contracts", f"{_INFO} meta", "meta", "universe", key="name", sorts="isDelisted",
          counted=True, reference=True, files=_ROLE),
)
# fmt: on

LISTS = (*BINANCE, *BITGET, *BITGET_UTA, *BITGET_V1, *BITMART, *BITTAP, *BYBIT, *HYPERLIQUID, *OKX_LISTS)
