"""Position endpoints of v5. Reference: venues/bybit.md sections 2.5 to 2.7 and 3."""

from __future__ import annotations

from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bybit.simulated import base
from futures_async.adapters.bybit.simulated.base import listed, needed_number, number, venue_symbol, whole, word
from futures_async.adapters.bybit.simulated.rows import held, position_row, row_of, sides_of
from futures_async.simulator.venue import errors, get, plain, post, rounded

PATH = "/v5/position"
BY_INDEX = {1: sim.PositionSide.LONG, 2: sim.PositionSide.SHORT}
POSITION_MODES = {"0": sim.PositionMode.ONE_WAY, "3": sim.PositionMode.HEDGE}
STOPS = (
    ("takeProfit", "tp", sim.TriggerKind.POSITION_TAKE_PROFIT, sim.TriggerKind.TAKE_PROFIT),
    ("stopLoss", "sl", sim.TriggerKind.POSITION_STOP_LOSS, sim.TriggerKind.STOP_LOSS),
)


class PositionCalls(base.V5):
    """Open positions, what they were set to, and what was closed."""

    @get(f"{PATH}/list", base.FIFTY, needs="category")
    def positions(self, request: sim.Request) -> dict[str, Any]:
        """Of a contract also when it is flat; of a coin the open ones. A cursor comes with every row there is."""
        account, params = request.account, request.params
        contracts = self.asked(self.narrow(params))
        if not 1 <= (whole(params, "limit") or 20) <= 200:
            raise sim.VenueRefusal("10001", "params error: limit invalid")
        rows = [
            row_of(self.engine, account, contract, side, request.now_ms)
            for contract in contracts
            for side in sides_of(account, contract.symbol)
            if params.get("symbol") or held(account, contract.symbol, side) is not None
        ]
        if params.get("cursor"):
            rows = []  # the first page had them all
        cursor = f"{rows[-1]['symbol']}%2C{request.now_ms}%2C0" if rows else ""
        return listed(rows, cursor, params["category"])

    @get(f"{PATH}/symbol-info", base.FIFTY, needs="category symbol")
    def symbol_info(self, request: sim.Request) -> dict[str, Any]:
        """Leverage, and by the indices the position mode."""
        contract, account = self.contract(request.params), request.account
        hedge = account.mode(contract.symbol) is sim.PositionMode.HEDGE
        return listed(
            [
                {
                    "symbol": venue_symbol(contract),
                    "leverage": plain(account.settings(contract.symbol).leverage(side)),
                    "side": "Sell",
                    "positionIdx": index if hedge else 0,
                }
                for index, side in ((2, sim.PositionSide.SHORT), (1, sim.PositionSide.LONG))
                if hedge or index == 1
            ]
        )

    # -- what was closed

    @get(f"{PATH}/closed-pnl", base.FIFTY, needs="category")
    def closed_pnl(self, request: sim.Request) -> dict[str, Any]:
        """One row for each closing order, while its position lives too."""
        symbols, orders = self.symbols(request.params), set[int]()

        def first(fill: sim.Fill) -> bool:
            if fill.reduced is None or fill.order.id in orders:
                return False
            orders.add(fill.order.id)
            return True

        rows, cursor = self.page(request, request.account.fills, symbols, first, most=100, default=50)
        return listed([self._closed(request.account, fill) for fill in rows], cursor, request.params["category"])

    def _closed(self, account: sim.Account, last: sim.Fill) -> dict[str, Any]:
        order, contract = last.order, self.contract_of(last.symbol)
        parts = [(fill, fill.reduced) for fill in account.fills if fill.order is order and fill.reduced is not None]
        size = sum((part.quantity for _, part in parts), sim.ZERO)
        entered = sum((contract.counter(part.quantity, part.entry_price) for _, part in parts), sim.ZERO)
        left = sum((contract.counter(part.quantity, fill.price) for fill, part in parts), sim.ZERO)
        open_fee = sum((part.open_fee for _, part in parts), sim.ZERO)
        close_fee = sum((part.close_fee for _, part in parts), sim.ZERO)
        pnl = sum((fill.realized_pnl for fill, _ in parts), sim.ZERO)
        return {
            "symbol": venue_symbol(contract),
            "orderId": base.shown_id(order),
            "side": base.SIDE_WORDS[order.side],
            "qty": plain(order.quantity),
            "orderPrice": plain(order.price or last.price),
            "orderType": "Market" if order.price is None else "Limit",
            "execType": "BustTrade" if order.source == "liquidation" else "Trade",
            "closedSize": plain(size),
            "cumEntryValue": plain(entered),
            "avgEntryPrice": plain(contract.mean_price(size, entered)),
            "cumExitValue": plain(left),
            "avgExitPrice": plain(contract.mean_price(size, left)),
            "closedPnl": plain(rounded(pnl - open_fee - close_fee)),
            "fillCount": str(len(parts)),
            "leverage": plain(order.leverage),
            "openFee": plain(open_fee),
            "closeFee": plain(close_fee),
            "createdTime": str(order.created_ms),
            "updatedTime": str(last.created_ms),
        }

    # -- settings

    @post(
        f"{PATH}/set-leverage", base.TEN, sim.Kind.SETTING, needs="category symbol buyLeverage sellLeverage",
        codes={errors.InsufficientMargin: "110013"},
    )  # fmt: skip
    def set_leverage(self, request: sim.Request) -> dict[str, Any]:
        """Both sides always, equal but in hedge mode and isolated margin."""
        fields, account = request.fields(), request.account
        contract = self.contract(fields)
        wanted = {
            sim.PositionSide.LONG: needed_number(fields, "buyLeverage"),
            sim.PositionSide.SHORT: needed_number(fields, "sellLeverage"),
        }
        settings = account.settings(contract.symbol)
        isolated, hedge = (
            settings.margin_mode is sim.MarginMode.ISOLATED,
            account.mode(contract.symbol) is sim.PositionMode.HEDGE,
        )
        if len(set(wanted.values())) > 1 and not (isolated and hedge):
            raise sim.VenueRefusal("10001", "buy leverage not equal sell leverage")
        changed = {side: value for side, value in wanted.items() if settings.leverage(side) != value}
        if not changed:
            raise sim.VenueRefusal("110043", "leverage not modified")
        change = self.engine.settings.set_leverage
        if len(set(wanted.values())) == 1:
            change(account, contract.symbol, wanted[sim.PositionSide.LONG], every_mode=True)
            return {}
        for side, value in changed.items():
            change(account, contract.symbol, value, side=side)
        return {}

    @post(
        f"{PATH}/switch-mode", base.TEN, sim.Kind.SETTING, needs="category",
        codes={errors.PositionModeLocked: "110024"},
    )  # fmt: skip
    def switch_mode(self, request: sim.Request) -> dict[str, Any]:
        """Of a contract, or of all of a coin: those with a position or an order stay as they are, without a word."""
        fields, account = request.fields(), request.account
        mode = POSITION_MODES.get(str(fields.get("mode")))
        if mode is None:
            raise sim.VenueRefusal("10001", "params error: mode invalid")
        if fields.get("symbol"):
            contract = self.contract(fields)
            if contract.settle != "USDT":
                raise sim.VenueRefusal("110029", "Hedge mode is not supported on this symbol")
            if account.mode(contract.symbol) is mode:
                raise sim.VenueRefusal("110025", "Position mode is not modified")
            self.engine.settings.set_position_mode(account, contract.symbol, mode)
            return {}
        if fields.get("coin") != "USDT":
            raise sim.VenueRefusal("110029", "Hedge mode is not supported on this symbol")
        busy = {*account.positions_held(), *account.orders_held()}
        for contract in self.contracts("linear"):
            if contract.settle == "USDT":
                keeps = account.mode(contract.symbol) if contract.symbol in busy else mode
                account.modes[contract.symbol] = keeps
        account.modes["USDT"] = mode
        return {}

    def _held(self, request: sim.Request) -> tuple[sim.ContractSpec, sim.Position]:
        fields, account = request.fields(), request.account
        contract, index = self.contract(fields), whole(fields, "positionIdx") or 0
        if (account.mode(contract.symbol) is sim.PositionMode.HEDGE) is not (index in BY_INDEX):
            raise errors.ModeConflict("positionIdx")
        found = held(account, contract.symbol, BY_INDEX.get(index))
        if found is None:
            raise errors.NoPosition("none")
        return contract, found

    @post(
        f"{PATH}/add-margin", base.TEN, sim.Kind.DELTA, needs="category symbol margin",
        codes={errors.NoPosition: ("110033", "can't set margin without position"), errors.InsufficientMargin: "110044"},
    )  # fmt: skip
    def add_margin(self, request: sim.Request) -> dict[str, Any]:
        """Signed; the answer is the position."""
        amount = needed_number(request.fields(), "margin")
        if amount.as_tuple().exponent < -4 or not amount:  # type: ignore[operator] # pyright: ignore[reportOperatorIssue] - finite
            raise sim.VenueRefusal("10001", "params error: margin invalid")
        contract, position = self._held(request)
        moved = self.engine.settings.adjust_margin(request.account, contract.symbol, position.side, amount)
        view = self.engine.margins.view(request.account, moved)
        return position_row(self.engine, request.account, view) | {"category": base.category_of(contract)}

    @post(f"{PATH}/set-auto-add-margin", base.TEN, sim.Kind.SETTING, needs="category symbol autoAddMargin")
    def set_auto_add_margin(self, request: sim.Request) -> dict[str, Any]:
        """In isolated margin."""
        _, position = self._held(request)
        if position.margin_mode is not sim.MarginMode.ISOLATED:
            raise sim.VenueRefusal("110076", "Only available in isolated margin mode")
        position.auto_margin = bool(whole(request.fields(), "autoAddMargin"))
        return {}

    @post(
        f"{PATH}/trading-stop", base.TEN, sim.Kind.SETTING, needs="category symbol tpslMode",
        codes={errors.NoPosition: ("10001", "can not set tp/sl/ts for zero position")},
    )  # fmt: skip
    def trading_stop(self, request: sim.Request) -> dict[str, Any]:
        """`Full` replaces the pair of a whole position, `Partial` adds another; "0" removes."""
        fields, account = request.fields(), request.account
        contract, position = self._held(request)
        full = word(fields, "tpslMode", ("full", "partial")) == "full"
        changed = False
        for name, short, whole_kind, part_kind in STOPS:
            price = number(fields, name)
            if price is None:
                continue
            kind = whole_kind if full else part_kind
            live = [t for t in account.live_triggers.values() if t.kind is kind and t.symbol == contract.symbol]
            if not price:
                changed = changed or bool(live)
                for trigger in live:
                    self.engine.triggers.cancel(account, trigger)
                continue
            on_mark = base.pick(fields, f"{short}TriggerBy", base.SOURCES, "lastprice") is sim.PriceSource.MARK
            if full and any(t.trigger_price == price and t.on_mark is on_mark for t in live):
                continue
            preset = sim.Preset(
                trigger_price=price, price=None if full else number(fields, f"{short}LimitPrice"), on_mark=on_mark
            )
            quantity = sim.ZERO if full else number(fields, f"{short}Size") or position.quantity
            self.engine.triggers.place_closing(account, contract.symbol, position.side, kind, preset, quantity=quantity)
            changed = True
        if not changed:
            raise sim.VenueRefusal("34040", "not modified")
        return {}
