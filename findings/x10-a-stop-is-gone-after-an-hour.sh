#!/bin/sh
# x10-python-trading-starknet, Extended's own SDK: an order, and the stop of a position, ends an hour after it was placed.
#
# Orders at Extended carry the time at which they end. The SDK fills in an hour from now where none is named, for every kind:
# "good till time" limits, conditional orders, and the stop that is to close the whole position while its owner sleeps. The
# answer to the order does not say it, and after the hour the position has no stop. `BlockingTradingClient` has no argument for
# another time, so that whatever is placed by it ends. Binance, Bybit, OKX, Bitget and Hyperliquid keep such orders.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet x10-python-trading-starknet==2.6.0
cat >"$work/show.py" <<'PYTHON'
import importlib.metadata
import inspect
import sys
import time
from decimal import Decimal

from x10.clients.blocking.blocking_trading_client import BlockingTradingClient
from x10.config import MAINNET_CONFIG
from x10.core.stark_account import StarkPerpetualAccount
from x10.models.market import L2ConfigModel, MarketModel, TradingConfigModel
from x10.models.order import OrderPriceType, OrderSide, OrderTpslType, OrderTriggerDirection, OrderTriggerPriceType, OrderType
from x10.signing.order_object import OrderConditionalTriggerParam, OrderTpslTriggerParam, create_order_object

market = MarketModel.model_construct(
    name="BTC-USD", asset_name="BTC", asset_precision=5, collateral_asset_name="USD", collateral_asset_precision=6, is_rfq=False,
    trading_config=TradingConfigModel(
        min_order_size="0.0001", min_order_size_change="0.00001", min_price_change="1", max_market_order_value="1000000",
        max_limit_order_value="5000000", max_position_value="10000000", max_leverage="50", max_num_orders=200, limit_price_cap="0.05",
        limit_price_floor="0.05", risk_factor_config=[],
    ),
    l2_config=L2ConfigModel(
        type="STARKX", collateral_id="0x1", collateral_resolution=1000000, synthetic_id="0x4254432d3600000000000000000000",
        synthetic_resolution=1000000,
    ),
)
account = StarkPerpetualAccount(vault=10002, private_key="0x1", public_key="0x1", api_key="k")
domain = MAINNET_CONFIG.signing.starknet_domain
trigger = dict(trigger_price=Decimal(55000), trigger_price_type=OrderTriggerPriceType.MARK)
seen = []


def told(words, size, price, **order):
    new = create_order_object(
        account=account, market=market, amount_of_synthetic=Decimal(size), price=Decimal(price), side=OrderSide.SELL,
        starknet_domain=domain, **order,
    )
    hours = round((new.expiry_epoch_millis / 1000 - time.time()) / 3600, 2)
    print(f"{words}: {new.type}, {new.time_in_force}, ends in {hours} hours")
    seen.append(hours)


print("x10-python-trading-starknet", importlib.metadata.version("x10-python-trading-starknet"))
condition = OrderConditionalTriggerParam(direction=OrderTriggerDirection.DOWN, execution_price_type=OrderPriceType.MARKET, **trigger)
stop = OrderTpslTriggerParam(price=Decimal(54000), price_type=OrderPriceType.MARKET, **trigger)
told("a limit order", "0.1", 65000)
told("a conditional order", "0.1", 54900, order_type=OrderType.CONDITIONAL, reduce_only=True, trigger=condition)
told("the stop of a position", 0, 0, order_type=OrderType.TPSL, reduce_only=True, tp_sl_type=OrderTpslType.POSITION, stop_loss=stop)
arguments = inspect.signature(BlockingTradingClient.create_and_place_order).parameters
chosen = [name for name in arguments if "expir" in name]
print("arguments of BlockingTradingClient.create_and_place_order for another time:", chosen or "none")
sys.exit(0 if (seen, chosen) == ([1.0, 1.0, 1.0], []) else f"this has changed: {seen} {chosen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
