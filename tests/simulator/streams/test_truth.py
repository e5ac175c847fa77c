"""What is pushed adds up to what REST says: random deeds, each venue's own rule of merging, no frame lost."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from decimal import Decimal as D
from typing import Any

import pytest

from futures_async.adapters.bybit.simulated.base import shown_id
from futures_async.simulator.dialect import Request
from futures_async.simulator.errors import EngineError
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.records import Preset, TriggerKind
from futures_async.simulator.world import Options
from futures_async.unified.enums import PositionMode, PositionSide, Side
from tests.simulator.streams.rig import BTC, BUY, ETH, SELL, VENUES, Peer, StreamBench, channel_of

Key = tuple[str, ...]
Row = dict[str, Any]

# The stream's name of a field, and REST's. What moves with other positions (liquidation prices, ratios) is compared
# where each push is the whole list.
SAME: dict[str, dict[str, dict[str, Any]]] = {
    "bitget": {
        "orders": {
            "orderId": "orderId", "status": "status", "accBaseVolume": "baseVolume", "size": "size", "side": "side",
            "posSide": "posSide", "tradeSide": "tradeSide", "cTime": "cTime", "uTime": "uTime", "leverage": "leverage",
        },
        "positions": {
            "total": "total", "available": "available", "frozen": "locked", "openPriceAvg": "openPriceAvg",
            "marginSize": "marginSize", "achievedProfits": "achievedProfits", "deductedFee": "deductedFee",
            "totalFee": "totalFee", "unrealizedPL": "unrealizedPL", "liquidationPrice": "liquidationPrice",
            "marginRate": "marginRatio", "keepMarginRate": "keepMarginRate", "breakEvenPrice": "breakEvenPrice",
            "cTime": "cTime", "uTime": "uTime", "marginMode": "marginMode",
        },
        "account": {
            "available": "available", "frozen": "locked", "equity": "accountEquity", "unrealizedPL": "unrealizedPL",
        },
    },
    "bitget-uta": {
        "orders": {
            "orderId": "orderId", "orderStatus": "orderStatus", "cumExecQty": "cumExecQty", "qty": "qty",
            "side": "side", "cumExecValue": "cumExecValue", "createdTime": "createdTime", "updatedTime": "updatedTime",
        },
        "positions": {
            "size": "total", "available": "available", "frozen": "frozen", "avgPrice": "avgPrice",
            "leverage": "leverage", "curRealisedPnl": "curRealisedPnl", "unrealisedPnl": "unrealisedPnl",
            "openFeeTotal": "openFeeTotal", "closeFeeTotal": "closeFeeTotal",
            "totalFundingFee": "totalFunding", "createdTime": "createdTime", "updatedTime": "updatedTime",
        },
        "account": {"available": "available", "equity": "equity", "balance": "balance"},
    },
    "bybit": {
        "orders": {
            name: name
            for name in (
                "orderId", "orderStatus", "cumExecQty", "cumExecValue", "qty", "price", "side", "positionIdx",
                "reduceOnly", "avgPrice", "createdTime", "updatedTime",
            )
        },
        "positions": {
            "entryPrice": "avgPrice",
            **{
                name: name
                for name in (
                    "size", "side", "positionIdx", "leverage", "unrealisedPnl", "curRealisedPnl", "positionIM",
                    "positionMM", "stopLoss", "updatedTime", "markPrice",
                )
            },
        },
        "account": {
            name: name for name in ("equity", "walletBalance", "totalPositionIM", "totalOrderIM", "unrealisedPnl")
        },
    },
    "bitmart": {
        "orders": {
            "order_id": "order_id", "state": "state", "deal_size": "deal_size", "size": "size", "side": "side",
            "deal_avg_price": "deal_avg_price", "create_time": "create_time", "leverage": "leverage",
        },
        "positions": {
            "hold_volume": "current_amount", "hold_avg_price": "entry_price", "close_volume": "close_vol",
            "close_avg_price": "close_avg_price", "create_time": "open_timestamp",
        },
        "account": {
            "available_balance": "available_balance", "frozen_balance": "frozen_balance",
            "position_deposit": "position_deposit",
        },
    },
    "okx": {
        "orders": dict.fromkeys(("ordId", "clOrdId", "state", "accFillSz", "sz", "px", "side", "posSide", "fee",
            "pnl", "lever", "cTime", "uTime")),
        "positions": dict.fromkeys(("posId", "pos", "avgPx", "upl", "lever", "mgnMode", "fee", "fundingFee",
            "realizedPnl", "imr", "mmr", "markPx", "cTime", "uTime")),
        "account": dict.fromkeys(("eq", "cashBal", "availEq", "frozenBal", "upl")),
    },
}  # fmt: skip


OPEN_ORDERS = {
    "bitget": ("/api/v2/mix/order/orders-pending", "productType=USDT-FUTURES", "entrustedList"),
    "bitget-uta": ("/api/v3/trade/unfilled-orders", "category=USDT-FUTURES", "list"),
    "bybit": ("/v5/order/realtime", "category=linear&settleCoin=USDT&orderFilter=Order&limit=50", "list"),
    "bitmart": ("/contract/private/get-open-orders", ""),
    "okx": ("/api/v5/trade/orders-pending", "instType=SWAP"),
}
POSITIONS = {
    "bitget": ("/api/v2/mix/position/all-position", "productType=USDT-FUTURES"),
    "bitget-uta": ("/api/v3/position/current-position", "category=USDT-FUTURES", "list"),
    "bybit": ("/v5/position/list", "category=linear&settleCoin=USDT&limit=200", "list"),
    "bitmart": ("/contract/private/position-v2", ""),
    "okx": ("/api/v5/account/positions", ""),
}
ACCOUNTS = {
    "bitget": ("/api/v2/mix/account/accounts", "productType=USDT-FUTURES"),
    "bitget-uta": ("/api/v3/account/assets", "", "assets"),
    "bybit": ("/v5/account/wallet-balance", "accountType=UNIFIED", "list", "0", "coin"),
    "bitmart": ("/contract/private/assets-detail", ""),
    "okx": ("/api/v5/account/balance", "", "0", "details"),
}


class Picture:
    """What a client knows from pushes alone, by each venue's rule."""

    def __init__(self, venue: str) -> None:
        self.venue = venue
        self.orders: dict[str, Row] = {}
        self.positions: dict[Key, Row] = {}
        self.accounts: dict[str, Row] = {}
        self.fills: list[str] = []

    def take(self, frames: list[Any]) -> None:
        for frame in frames:
            channel = str(channel_of(frame)).removeprefix("futures/").partition(":")[0].rstrip("s")
            take = {
                "order": self._order,
                "fill": self._fill,
                "position": self._position,
                "account": self._account,
                "execution": self._fill,
                "wallet": self._account,
                "asset": self._asset,
            }.get(channel)
            if take is not None:
                take(frame["data"])

    def _order(self, data: Any) -> None:
        for item in data:
            row = item.get("order", item)
            if row.get("orderStatus") in ("Untriggered", "Deactivated"):
                continue  # it waits for a price
            if row.get("type") in (None, "limit", "market"):
                self.orders[order_id(row)] = row
                if self.venue == "okx" and row["tradeId"]:
                    self.fills.append(row["tradeId"])
                if row.get("last_trade") and item.get("action") in (1, 7):
                    self.fills.append(str(row["last_trade"]["lastTradeID"]))

    def _fill(self, data: Any) -> None:
        self.fills += [row.get("tradeId") or row["execId"] for row in data]

    def _position(self, data: Any) -> None:
        if self.venue == "bitget":
            self.positions.clear()
        for row in data:
            if self.venue == "bybit":
                index = row["positionIdx"]
                sides = (("Buy", "Sell"), ("Buy",), ("Sell",))[int(index)]
                for side in sides:
                    self.positions.pop((row["symbol"], side), None)
                if row["side"]:
                    self.positions[row["symbol"], row["side"]] = row
                continue
            side = row.get("holdSide") or row.get("posSide") or ("long" if row["position_type"] == 1 else "short")
            key = (row.get("instId") or row["symbol"], side)
            size = row.get("hold_volume") or row.get("pos")
            if self.venue != "bitget" and (row.get("positionStatus") == "ended" or size == "0"):
                self.positions.pop(key, None)
            else:
                self.positions[key] = row

    def _account(self, data: Any) -> None:
        for row in data:
            for coin in row.get("coin") or row.get("details") or [row]:
                self.accounts[coin.get("coin") or coin.get("ccy") or coin["marginCoin"]] = coin

    def _asset(self, data: Any) -> None:
        self.accounts[data["currency"]] = data


def ask(bench: StreamBench, path: str, query: str, *inside: str) -> list[Row]:
    """The rows that REST has now; `inside`: where in the payload."""
    dialect = bench.exchange.venues[bench.venue].dialect
    (route,) = (one for one in dialect.routes() if one.path == path and one.method == "GET")
    request = Request("GET", path, query, now_ms=bench.now)
    request.belongs_to(bench.account)
    request.route = route
    with bench.exchange.engine.arithmetic():
        bench.exchange.engine.settle(bench.account, bench.now)
        body = json.loads(dialect.success(request, dialect.serve(request, route)).body)
    found: Any = body["result"] if "result" in body else body["data"]
    for name in inside:
        found = found[int(name) if name.isdigit() else name]
    return list(found or ())


def order_id(row: Row) -> str:
    return str(row.get("orderId") or row.get("ordId") or row["order_id"])


def compare(venue: str, kind: str, pushed: Row, said: Row) -> None:
    names = SAME[venue][kind]
    left = {name: pushed.get(name) for name in names}
    right = {name: said.get(theirs or name) for name, theirs in names.items()}
    if right.get("orderStatus") == "live":  # its word for `new` in the first second
        right["orderStatus"] = "new"
    assert left == right


class Deeds:
    """What people do, by lot."""

    def __init__(self, bench: StreamBench, seed: int) -> None:
        self.bench = bench
        self.lot = random.Random(seed)
        self.price = {BTC: 90_000, ETH: 3_000}

    def one(self) -> None:
        lot, bench = self.lot, self.bench
        engine, account = bench.exchange.engine, bench.account
        symbol = lot.choice((BTC, ETH))
        side = lot.choice((BUY, SELL))
        with suppress(EngineError), engine.arithmetic():
            match lot.randrange(12):
                case 0 | 1 | 2:
                    self._place(symbol, side, None)
                case 3 | 4 | 5:
                    away = lot.choice((-200, -20, -2, 2, 20)) * (1 if side is BUY else -1)
                    self._place(symbol, side, str(self.price[symbol] + away))
                case 6 if account.open_orders:
                    bench.cancel(lot.choice(list(account.open_orders.values())))
                case 7 if account.open_orders:
                    order = lot.choice(list(account.open_orders.values()))
                    price = (order.price or D(1)) + lot.choice((-1, 1))
                    engine.orders.amend(account, order, price=price, in_place=bench.venue != "bitget")
                case 8 if account.positions:
                    held_symbol, held_side = lot.choice(list(account.positions))
                    self._protect(held_symbol, held_side)
                case 9 if account.positions:
                    engine.orders.close_position(account, *lot.choice(list(account.positions)))
                case 10:
                    engine.deposit(account, "USDT", D(lot.randrange(1, 50)))
                case _:
                    self.price[symbol] += lot.randrange(-30, 31)
                    bench.move(self.price[symbol], symbol)

    def _place(self, symbol: str, side: Side, price: str | None) -> None:
        closes = self.lot.random() < 0.3
        quantity = str(self.lot.choice((D("0.1"), D("0.5"), D(3))))
        self.bench.trade(side, quantity, price, closes=closes, symbol=symbol)

    def _protect(self, symbol: str, side: PositionSide) -> None:
        away = -10 if side is PositionSide.LONG else 10
        preset = Preset(trigger_price=D(self.price[symbol] + away))
        kind = TriggerKind.POSITION_STOP_LOSS
        self.bench.exchange.engine.triggers.place_closing(self.bench.account, symbol, side, kind, preset)


def play(venue: str, mode: PositionMode, seed: int, plan: FaultPlan | None = None) -> tuple[StreamBench, Picture, Peer]:
    bench = StreamBench(venue, mode, plan, options=Options(partial_fills=True))
    bench.exchange.deposit(venue, D(500_000))
    peer, picture = bench.connect(), Picture(venue)
    bench.login(peer)
    picture.take(peer.ask(bench.speech.subscribe(*bench.speech.everything)))
    deeds = Deeds(bench, seed)
    for _ in range(150):
        deeds.one()
        bench.wait(deeds.lot.choice((0.0, 0.1, 0.7)))
        if deeds.lot.random() < 0.2:
            peer.say(bench.speech.ping)
        picture.take([frame for frame in peer.heard() if frame != "pong"])
    # The figures that depend on the market are as of the last event: one more of each symbol, with nothing after it.
    for symbol in (BTC, ETH):
        if not any(key[0] == symbol for key in bench.account.positions):
            bench.trade(BUY, "0.1", symbol=symbol)
        for key in [key for key in bench.account.positions if key[0] == symbol]:
            bench.trade(BUY if key[1] is PositionSide.LONG else SELL, "0.1", symbol=symbol)
    for order in list(bench.account.open_orders.values()):
        if order.closes:
            bench.cancel(order)
    bench.cancel(bench.trade(BUY, "0.1", "1000", symbol=ETH))
    picture.take([frame for frame in peer.heard() if frame != "pong"])
    return bench, picture, peer


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("mode", list(PositionMode))
@pytest.mark.parametrize("venue", VENUES)
def test_pushes_add_up_to_what_rest_says(venue: str, mode: PositionMode, seed: int) -> None:
    bench, picture, peer = play(venue, mode, seed)
    assert peer.end is None
    assert len(bench.account.fills) > 50
    judge(bench, picture)


@pytest.mark.parametrize("venue", VENUES)
def test_a_lost_frame_is_noticed_here(venue: str) -> None:
    plan = FaultPlan(seed=1)
    plan.add("push-lost", probability=0.1)
    bench, picture, _ = play(venue, PositionMode.HEDGE, 0, plan)
    with pytest.raises(AssertionError):
        judge(bench, picture)


def judge(bench: StreamBench, picture: Picture) -> None:
    """Compare with REST, field by field."""
    account, venue = bench.account, bench.venue
    assert sorted(picture.fills) == sorted(str(fill.id) for fill in account.fills)
    names = {shown_id(order) if venue == "bybit" else str(order.id) for order in account.orders.values()}
    assert set(picture.orders) == names

    rows = ask(bench, *OPEN_ORDERS[venue])
    is_open = {"live", "new", "partially_filled", 2, "New", "PartiallyFilled"}
    open_ids = {
        key
        for key, row in picture.orders.items()
        if (row.get("status") or row.get("orderStatus") or row.get("state")) in is_open
    }
    assert {order_id(row) for row in rows} == open_ids
    for row in rows:
        compare(venue, "orders", picture.orders[order_id(row)], row)

    held: dict[Key, Row] = {}
    for row in ask(bench, *POSITIONS[venue]):
        side = row.get("holdSide") or row.get("posSide") or row.get("position_side") or row["side"]
        if side == "both":
            side = "long" if D(row["position_amount"]) > 0 else "short"
        held[row.get("symbol") or row["instId"], side] = row
    assert set(picture.positions) == set(held)
    assert held
    for key, row in held.items():
        compare(venue, "positions", picture.positions[key], row)

    wallets = ask(bench, *ACCOUNTS[venue])
    (said,) = (row for row in wallets if "USDT" in map(row.get, ("marginCoin", "coin", "currency", "ccy")))
    compare(venue, "account", picture.accounts["USDT"], said)
