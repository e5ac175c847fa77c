#!/bin/sh
# nautilus_trader, Binance: an order that may have been executed is reported as rejected, or placed again, by one option.
#
# Binance answers 503 "Unknown error" and -1007 where it does not know itself whether an order was executed, and its page
# says so. The adapter makes `OrderRejected` of both, which is an end: the strategy goes on without the position. With
# `max_retries` set -1007 is among what is tried again: the order goes out a second time under the same client order id,
# which Binance refuses only while the first is open. A market order that was filled is filled again. 1.221.0 is the last
# version for Python 3.11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet nautilus-trader==1.221.0
cat >"$work/show.py" <<'PYTHON'
import asyncio
import http.server
import importlib.metadata
import json
import sys
import threading
import urllib.parse

from nautilus_trader.adapters.binance.common.enums import BinanceAccountType
from nautilus_trader.adapters.binance.config import BinanceExecClientConfig
from nautilus_trader.adapters.binance.futures.execution import BinanceFuturesExecutionClient
from nautilus_trader.adapters.binance.futures.providers import BinanceFuturesInstrumentProvider
from nautilus_trader.adapters.binance.http.client import BinanceHttpClient
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.common.factories import OrderFactory
from nautilus_trader.config import InstrumentProviderConfig
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.messages import SubmitOrder
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import StrategyId, TraderId
from nautilus_trader.model.objects import Quantity
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.test_kit.stubs.component import TestComponentStubs

# as Binance's page of the futures API tells them
words = "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
timeout = 408, {"code": -1007, "msg": words}
unknown = 503, {"msg": "Unknown error, please check your request or try again later."}
filled = 200, {"orderId": 283194213, "symbol": "BTCUSDT", "status": "FILLED"}
executed, answers = [], []


class Venue(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        # a market order is filled at once, and its client order id is free again
        executed.append(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query)))
        status, body = answers[len(executed) - 1]
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *words):
        pass


async def told(name, max_retries, *given):
    executed.clear()
    answers[:] = given
    clock, trader, strategy = LiveClock(), TraderId("TRADER-001"), StrategyId("S-001")
    bus, cache, events = MessageBus(trader_id=trader, clock=clock), TestComponentStubs.cache(), []
    bus.register("ExecEngine.process", events.append)
    account = BinanceAccountType.USDT_FUTURES
    http_client = BinanceHttpClient(clock, "k", "s", f"http://127.0.0.1:{server.server_port}")
    instruments = BinanceFuturesInstrumentProvider(
        client=http_client, clock=clock, account_type=account, config=InstrumentProviderConfig()
    )
    client = BinanceFuturesExecutionClient(
        loop=asyncio.get_running_loop(), client=http_client, msgbus=bus, cache=cache, clock=clock,
        instrument_provider=instruments, base_url_ws="", account_type=account,
        config=BinanceExecClientConfig(max_retries=max_retries, retry_delay_initial_ms=1, retry_delay_max_ms=2),
    )
    client._is_dual_side_position = False  # read from the venue on connection
    order = OrderFactory(trader_id=trader, strategy_id=strategy, clock=clock).market(
        TestInstrumentProvider.btcusdt_perp_binance().id, OrderSide.BUY, Quantity.from_str("1.000")
    )
    cache.add_order(order, None)
    client.submit_order(SubmitOrder(
        trader_id=trader, strategy_id=strategy, position_id=None, order=order, command_id=UUID4(), ts_init=0
    ))
    await asyncio.sleep(1)
    kinds, ids = [type(event).__name__ for event in events], {order["newClientOrderId"] for order in executed}
    print(f"{name}, max_retries {max_retries}: executed {len(executed)} times under {len(ids)} id; told: {', '.join(kinds)}")
    return len(executed), len(ids), kinds


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Venue)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("nautilus_trader", importlib.metadata.version("nautilus_trader"))
seen = [
    asyncio.run(told("503 Unknown error", None, unknown)),
    asyncio.run(told("-1007", None, timeout)),
    asyncio.run(told("-1007", 3, timeout, filled)),
]
rejected = ["OrderSubmitted", "OrderRejected"]
expected = [(1, 1, rejected), (1, 1, rejected), (2, 1, ["OrderSubmitted"])]
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
