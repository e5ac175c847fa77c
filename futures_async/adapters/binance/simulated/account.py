"""Balances, modes, leverage, positions and the ledger. Reference: venues/binance.md sections 2 and 3."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.binance.simulated.base import DAY_MS, DONE, LISTEN_KEY, READER, V1, V2, V3, Fapi, fields_of
from futures_async.adapters.binance.simulated.orders import FLAGS
from futures_async.simulator.venue import each, errors, get, money, one, plain, post, route

MARGIN_TYPES = {"crossed": sim.MarginMode.CROSS, "isolated": sim.MarginMode.ISOLATED}
MODES = {True: sim.PositionMode.HEDGE, False: sim.PositionMode.ONE_WAY}
COINS = ("USDT", "USDC", "BTC", "BNB")
KEY_LIFE_MS = 3_600_000
CROSS = ("crossWalletBalance", "crossUnPnl")
FREE = ("availableBalance", "maxWithdrawAmount")
SUMMED = (
    "initialMargin", "maintMargin", "walletBalance", "unrealizedProfit", "marginBalance", "positionInitialMargin",
    "openOrderInitialMargin", *CROSS,
)  # fmt: skip
"""What the account tells of each coin and, under longer names, of USDT."""


class AccountCalls(Fapi):
    """What concerns the account."""

    # -- balances

    @get(f"{V3}/account", weight=5)
    @get(f"{V2}/account", weight=5)
    def account(self, request: sim.Request) -> dict[str, Any]:
        """Totals of USDT, every coin that may be margin, and what is open."""
        account = request.account
        usdt = self._asset(account, "USDT")
        totals = {f"total{name[0].upper()}{name[1:]}": usdt[name] for name in SUMMED} | {
            name: usdt[name] for name in FREE
        }
        coins = dict.fromkeys((*COINS, *account.balances))
        rows = [
            {("unrealizedProfit" if name == "unRealizedProfit" else name): value for name, value in row.items()}
            for row in self._positions(account, self.contracts_listed())
        ]
        return totals | {"assets": [self._asset(account, coin) for coin in coins], "positions": rows}

    def _asset(self, account: sim.Account, coin: str) -> dict[str, Any]:
        wallet = self.engine.margins.wallet(account, coin)
        positions = [self.engine.margins.view(account, p, wallet) for p in account.positions_of(coin=coin)]
        held = wallet.cross_margin + wallet.isolated_margin
        return {
            "asset": coin,
            "walletBalance": plain(wallet.balance),
            "unrealizedProfit": plain(wallet.unrealized),
            "marginBalance": plain(wallet.equity),
            "maintMargin": plain(money(sum((view.maintenance_margin for view in positions), sim.ZERO))),
            "initialMargin": plain(held + wallet.order_margin),
            "positionInitialMargin": plain(held),
            "openOrderInitialMargin": plain(wallet.order_margin),
            "crossWalletBalance": plain(wallet.balance - wallet.isolated_margin),
            "crossUnPnl": plain(money(wallet.cross_unrealized)),
            "availableBalance": plain(wallet.available),
            "maxWithdrawAmount": plain(wallet.transferable),
            "updateTime": account.settled_ms,
        }

    @get(f"{V3}/balance", weight=5)
    @get(f"{V2}/balance", weight=5)
    def balance(self, request: sim.Request) -> list[dict[str, Any]]:
        """Coin by coin, without what positions take."""
        rows = [self._asset(request.account, coin) for coin in request.account.balances]
        beside = {"accountAlias": "SgsR", "marginAvailable": True, "updateTime": request.now_ms}
        return [
            {"balance": row["walletBalance"], **{name: row[name] for name in ("asset", *CROSS, *FREE)}, **beside}
            for row in rows
        ]

    @get(f"{V1}/pmAccountInfo", weight=5)
    def portfolio_margin(self, request: sim.Request) -> Any:
        """A row for Portfolio Margin accounts alone."""
        if request.account.kind != "portfolio-margin":
            raise sim.VenueRefusal("-4109", "This account is inactive.")
        return {"asset": "USDT", "maxWithdrawAmountUSD": "100", "maxWithdrawAmount": "100"}

    # -- modes

    @get(f"{V1}/accountConfig", weight=5)
    def config(self, request: sim.Request) -> dict[str, Any]:
        """Both modes in one answer."""
        return {
            "feeTier": 0,
            "canTrade": request.account.extra.get("canTrade") != "no",
            "canDeposit": True,
            "canWithdraw": True,
            "dualSidePosition": request.account.default_mode is sim.PositionMode.HEDGE,
            "updateTime": 0,
            "multiAssetsMargin": "multiAssets" in request.account.extra,
            "tradeGroupId": -1,
        }

    @get(f"{V1}/positionSide/dual", weight=30)
    def dual(self, request: sim.Request) -> dict[str, Any]:
        """The position mode alone."""
        return {"dualSidePosition": request.account.default_mode is sim.PositionMode.HEDGE}

    @post(f"{V1}/positionSide/dual", (), sim.Kind.SETTING, needs="dualSidePosition")
    def set_dual(self, request: sim.Request) -> dict[str, Any]:
        """Of all contracts; unchanged is a refusal that means success."""
        account, mode = request.account, MODES[READER.pick(fields_of(request), "dualSidePosition", FLAGS)]
        if mode is account.default_mode:
            raise sim.VenueRefusal("-4059", "No need to change position side.")
        if account.open_orders or account.live_triggers:
            raise sim.VenueRefusal("-4067", "Position side cannot be changed if there exists open orders.")
        self.engine.settings.set_position_mode(account, None, mode)
        return DONE

    @get(f"{V1}/symbolConfig", weight=5)
    def symbol_config(self, request: sim.Request) -> list[dict[str, Any]]:
        """Of one contract, or of all."""
        return [self._symbol_config(request.account, contract) for contract in self.asked(fields_of(request))]

    def _symbol_config(self, account: sim.Account, contract: sim.ContractSpec) -> dict[str, Any]:
        settings = account.settings(contract.symbol)
        leverage = settings.leverage(sim.PositionSide.LONG)
        return {
            "symbol": self.name(contract.symbol),
            "marginType": "ISOLATED" if settings.margin_mode is sim.MarginMode.ISOLATED else "CROSSED",
            "isAutoAddMargin": "false",
            "leverage": int(leverage),
            "maxNotionalValue": plain(contract.notional_limit(leverage)),
        }

    @post(f"{V1}/marginType", (), sim.Kind.SETTING, needs="symbol marginType")
    def set_margin_type(self, request: sim.Request) -> dict[str, Any]:
        """Of one contract; unchanged is a refusal that means success."""
        fields, account = fields_of(request), request.account
        symbol, mode = self.contract(fields).symbol, READER.pick(fields, "marginType", MARGIN_TYPES)
        if account.settings(symbol).margin_mode is mode:
            raise sim.VenueRefusal("-4046", "No need to change margin type.")
        if mode is sim.MarginMode.ISOLATED and "multiAssets" in account.extra:
            raise sim.VenueRefusal("-4168", "Unable to adjust to isolated-margin mode under the Multi-Assets mode.")
        if any(order.symbol == symbol for order in account.open_orders.values()):
            raise sim.VenueRefusal("-4047", "Margin type cannot be changed if there exists open orders.")
        self.engine.settings.set_margin_mode(account, symbol, mode)
        return DONE

    @post(f"{V1}/leverage", (), sim.Kind.SETTING, needs="symbol leverage")
    def set_leverage(self, request: sim.Request) -> dict[str, Any]:
        """One for both sides and both margin modes."""
        fields, account = fields_of(request), request.account
        contract, leverage = self.contract(fields), Decimal(READER.whole(fields, "leverage") or 0)
        for mode in (sim.MarginMode.ISOLATED, sim.MarginMode.CROSS):
            self.engine.settings.set_leverage(account, contract.symbol, leverage, margin_mode=mode, every_mode=True)
        limit = contract.notional_limit(leverage)
        return {"leverage": int(leverage), "maxNotionalValue": plain(limit), "symbol": self.name(contract.symbol)}

    @get(f"{V1}/leverageBracket", of=each)
    def brackets(self, contract: sim.ContractSpec) -> dict[str, Any]:
        """Tiers, JSON numbers throughout."""
        rows: list[dict[str, Any]] = []
        cum, before = sim.ZERO, sim.ZERO
        for tier in contract.tiers:
            cum += tier.min_notional * (tier.maintenance_rate - before)
            before = tier.maintenance_rate
            rows.append(
                {
                    "bracket": tier.number,
                    "initialLeverage": tier.max_leverage,
                    "notionalCap": tier.max_notional,
                    "notionalFloor": tier.min_notional,
                    "maintMarginRatio": tier.maintenance_rate,
                    "cum": cum,
                }
            )
        return {"symbol": self.name(contract.symbol), "brackets": rows}

    @get(f"{V1}/commissionRate", weight=20, needs="symbol", of=one)
    def commission(self, contract: sim.ContractSpec) -> dict[str, str]:
        """The same for everybody."""
        return {
            "symbol": self.name(contract.symbol),
            "makerCommissionRate": plain(contract.maker_rate),
            "takerCommissionRate": plain(contract.taker_rate),
        }

    # -- positions

    @get(f"{V3}/positionRisk", weight=5)
    @get(f"{V2}/positionRisk", weight=5)
    def position_risk(self, request: sim.Request) -> list[dict[str, Any]]:
        """Of contracts with a position or an open order: rows without an amount are among them."""
        return self._positions(request.account, self.asked(fields_of(request)))

    def _positions(self, account: sim.Account, contracts: Sequence[sim.ContractSpec]) -> list[dict[str, Any]]:
        busy = {*account.positions_held(), *account.orders_held()}
        hedge = account.default_mode is sim.PositionMode.HEDGE
        rows: list[dict[str, Any]] = []
        for contract in contracts:
            if contract.symbol not in busy:
                continue
            held = {position.side: position for position in account.positions_of(symbol=contract.symbol)}
            for side in sim.PositionSide if hedge else (next(iter(held), sim.PositionSide.LONG),):
                word = side.value.upper() if hedge else "BOTH"
                view = self.engine.margins.view(account, held[side]) if side in held else None
                rows.append(position_row(contract, self.name(contract.symbol), word, view))
        return rows

    @post(f"{V1}/positionMargin", (), sim.Kind.DELTA, needs="symbol amount type")
    def position_margin(self, request: sim.Request) -> dict[str, Any]:
        """Adds (1) or removes (2)."""
        fields, account = fields_of(request), request.account
        symbol, amount = self.contract(fields).symbol, READER.needed_number(fields, "amount")
        kind, side = READER.whole(fields, "type"), self.held_side(account, fields)
        if amount <= 0 or kind not in (1, 2):
            raise sim.VenueRefusal("-4055", "Amount must be positive.")
        found = account.net_position(symbol)
        moved = amount if kind == 1 else -amount
        held = side or (found.side if found is not None else sim.PositionSide.LONG)
        try:
            self.engine.settings.adjust_margin(account, symbol, held, moved)
        except errors.NoPosition:
            if kind == 1:
                raise sim.VenueRefusal("-4054", "Cannot add position margin: position is 0.") from None
            raise errors.MarginNotRemovable("no position") from None
        except errors.InsufficientMargin:
            raise sim.VenueRefusal("-4050", "Cross balance insufficient.") from None
        return {"amount": amount, "code": 200, "msg": "Successfully modify position margin.", "type": kind}

    @get(f"{V1}/positionMargin/history", needs="symbol")
    def margin_history(self, request: sim.Request) -> list[dict[str, Any]]:
        symbol = self.contract(fields_of(request)).symbol
        return [
            {
                "symbol": self.name(symbol),
                "type": 1 if row.amount < 0 else 2,
                "deltaType": "USER_ADJUST",
                "amount": plain(abs(row.amount)),
                "asset": row.coin,
                "time": row.created_ms,
                "positionSide": "BOTH",
            }
            for row in request.account.ledger
            if row.kind is sim.LedgerKind.MARGIN and row.symbol == symbol
        ]

    # -- ledger

    @get(f"{V1}/income", weight=30)
    def income(self, request: sim.Request) -> list[dict[str, Any]]:
        """Ascending; a fee is a row of its own, with the number of its profit."""
        fields = fields_of(request)
        wanted, kind = fields.get("symbol") or None, fields.get("incomeType") or None
        since = READER.whole(fields, "startTime")
        until = READER.whole(fields, "endTime") or request.now_ms
        first = until - 7 * DAY_MS if since is None else since
        limit = min(READER.whole(fields, "limit") or 100, 1000)
        rows = [
            row
            for entry in request.account.ledger
            if max(first, request.now_ms - 90 * DAY_MS) <= entry.created_ms <= until
            for row in self._income(entry)
            if wanted in (None, row["symbol"]) and kind in (None, row["incomeType"])
        ]
        return rows[:limit]

    def _income(self, entry: sim.LedgerRow) -> list[dict[str, Any]]:
        parts: list[tuple[str, Decimal]] = []
        match entry.kind:
            case sim.LedgerKind.TRADE:
                parts = [("COMMISSION", -entry.fee)] + ([("REALIZED_PNL", entry.amount)] if entry.amount else [])
            case sim.LedgerKind.FUNDING:
                parts = [("FUNDING_FEE", entry.amount)]
            case sim.LedgerKind.TRANSFER:
                parts = [("TRANSFER", entry.amount)]
            case sim.LedgerKind.LIQUIDATION:
                parts = [("INSURANCE_CLEAR", entry.amount - entry.fee)]
            case sim.LedgerKind.MARGIN:
                pass
        return [
            {
                "symbol": self.name(entry.symbol) if entry.symbol else "",
                "incomeType": kind,
                "income": plain(amount),
                "asset": entry.coin,
                "info": kind,
                "time": entry.created_ms,
                "tranId": entry.id,
                "tradeId": str(entry.fill.id) if entry.fill is not None else "",
            }
            for kind, amount in parts
        ]

    # -- user streams

    @post(LISTEN_KEY)
    @route("PUT", LISTEN_KEY)
    @route("DELETE", LISTEN_KEY)
    def listen_key(self, request: sim.Request) -> dict[str, str]:
        """One for the account, for an hour; asking again extends it."""
        extra = request.account.extra
        alive = int(extra.get("listenKeyUntil", "0")) > request.now_ms
        if request.method != "POST" and not alive:
            raise sim.VenueRefusal("-1125", "This listenKey does not exist.")
        if request.method == "DELETE":
            extra["listenKeyUntil"] = "0"
            return {}
        if not alive:
            extra["listenKey"] = f"{self.engine.world.next_id():064x}"
        extra["listenKeyUntil"] = str(request.now_ms + KEY_LIFE_MS)
        return {"listenKey": extra["listenKey"]}


def position_row(contract: sim.ContractSpec, name: str, word: str, view: sim.PositionView | None) -> dict[str, Any]:
    """A position, or the empty place of one."""
    held = None if view is None else view.position
    isolated = held is not None and held.margin_mode is sim.MarginMode.ISOLATED
    sign = 1 if held is None else held.sign
    unrealized = money(view.unrealized_pnl) if view is not None else sim.ZERO
    initial = sim.ZERO if view is None or held is None else money(view.value / held.leverage)
    return {
        "symbol": name,
        "positionSide": word,
        "positionAmt": plain(held.quantity * sign) if held is not None else "0",
        "entryPrice": plain(held.entry_price) if held is not None else "0.0",
        "breakEvenPrice": plain(view.break_even_price) if view is not None else "0.0",
        "markPrice": plain(view.mark_price) if view is not None else "0.0",
        "unRealizedProfit": plain(unrealized),
        "liquidationPrice": plain(max(sim.ZERO, view.liquidation_price)) if view is not None else "0",
        "isolatedMargin": plain(view.margin + unrealized) if view is not None and isolated else "0",
        "isolatedWallet": plain(view.margin) if view is not None and isolated else "0",
        "notional": plain(view.notional * sign) if view is not None else "0",
        "marginAsset": contract.settle,
        "initialMargin": plain(initial),
        "positionInitialMargin": plain(initial),
        "openOrderInitialMargin": "0",
        "maintMargin": plain(money(view.maintenance_margin)) if view is not None else "0",
        "adl": 1,
        "bidNotional": "0",
        "askNotional": "0",
        "updateTime": held.updated_ms if held is not None else 0,
    }
