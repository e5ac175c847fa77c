"""Account endpoints of v3. Reference: venues/bitget-uta.md section 2."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated.base import (
    MARGIN_MODES,
    MARGIN_WORDS,
    MODE_WORDS,
    POSITION_MODES,
    fee_rates,
)
from futures_async.adapters.bitget.simulated.gate import needed_number, number, pick, required, word
from futures_async.adapters.bitget_uta.simulated.base import OTHER_CATEGORIES, V3, listed, side_of
from futures_async.adapters.bitget_uta.simulated.rows import totals
from futures_async.simulator.venue import errors, get, money, one, plain, post

ACCOUNT = "/api/v3/account"
BOOKS = (*OTHER_CATEGORIES, "OTHER")
TEN, TWENTY = sim.RateLimit(10), sim.RateLimit(20)
LEVELS = ("basic", "advanced", "isolated", "delta")


class AccountCalls(V3):
    """Balances, settings, ledger."""

    # -- balances

    @get(f"{ACCOUNT}/assets", TWENTY)
    def assets(self, request: sim.Request) -> dict[str, Any]:
        """The whole account, and its coins that are not zero. A USDT and a USDC count as a dollar."""
        account = request.account
        wallets = [self.engine.margins.wallet(account, coin) for coin in account.balances]
        all_coins, btc = totals(wallets, self.dollars), self.dollars("BTC")
        equity, unrealized = all_coins.equity, all_coins.unrealized
        return {
            "accountEquity": plain(equity),
            "usdtEquity": plain(equity),
            "btcEquity": plain((equity / btc).quantize(Decimal("1e-8"))),
            "unrealisedPnl": plain(unrealized),
            "usdtUnrealisedPnl": plain(unrealized),
            "btcUnrealizedPnl": plain((unrealized / btc).quantize(Decimal("1e-8"))),
            "effEquity": plain(all_coins.backing),
            "mmr": plain(all_coins.maintenance),
            "imr": plain(all_coins.initial),
            "mgnRatio": all_coins.ratio,
            "positionMgnRatio": all_coins.ratio,
            "assets": [
                {
                    "coin": wallet.coin,
                    "equity": plain(wallet.equity),
                    "usdValue": plain(money(wallet.equity * self.dollars(wallet.coin))),
                    "balance": plain(wallet.balance),
                    "available": plain(wallet.available),
                    "debt": "0",
                    # Of spot orders only: futures orders do not show up here.
                    "locked": "0",
                }
                for wallet in wallets
                if wallet.balance
            ],
        }

    @get(f"{ACCOUNT}/settings", TWENTY)
    def account_settings(self, request: sim.Request) -> dict[str, Any]:
        """Modes and leverage; symbols appear once they were configured or traded."""
        account = request.account
        return {
            "uid": account.uid,
            "accountMode": account.extra.get("accountMode", "unified"),
            "assetMode": "multi_assets",
            "accountLevel": account.extra.get("accountLevel", "advanced"),
            "holdMode": MODE_WORDS[account.default_mode],
            "stpMode": "none",
            "symbolConfigList": [
                {
                    "category": self.product_of(symbol),
                    "symbol": self.name(symbol),
                    "marginMode": MARGIN_WORDS[settings.margin_mode],
                    "leverage": self._leverage(account, symbol),
                }
                for symbol, settings in account.symbols.items()
            ],
            "coinConfigList": [{"coin": "USDT", "leverage": "3"}],
        }

    def _leverage(self, account: sim.Account, symbol: str) -> str | list[str]:
        """As text; an array, as the table has it, only where the two sides differ."""
        settings = account.settings(symbol)
        both = [plain(settings.leverage(side)) for side in (sim.PositionSide.LONG, sim.PositionSide.SHORT)]
        return both[0] if both[0] == both[1] else both

    @get(f"{ACCOUNT}/info", sim.RateLimit(5))
    def info(self, request: sim.Request) -> dict[str, Any]:
        """Whose key this is."""
        return {
            "userId": request.account.uid,
            "inviterId": "",
            "parentId": "",
            "channelCode": "",
            "channel": "",
            "ips": "",
            "permType": "read-and-write",
            "permissions": ["uta_mgt", "uta_trade"],
            "regisTime": "1704067200000",
        }

    @get(f"{ACCOUNT}/fee-rate", sim.RateLimit(3), of=one)
    def fee_rate(self, contract: sim.ContractSpec) -> dict[str, str]:
        """The same for everybody."""
        return fee_rates(contract)

    @get(f"{ACCOUNT}/open-interest-limit", sim.RateLimit(5), of=one)
    def open_interest_limit(self, contract: sim.ContractSpec) -> dict[str, str]:
        largest = plain(contract.tiers[-1].max_notional)
        return {"singleUserLimit": largest, "masterSubLimit": largest, "marketMakerLimit": largest}

    @post(f"{ACCOUNT}/max-open-available", sim.RateLimit(5))
    def max_open(self, request: sim.Request) -> dict[str, str]:
        """What margin and tier allow now; a read, although it is a POST."""
        fields = request.fields()
        contract = self.contract(fields)
        required(fields, "orderType", "side")
        book = self.engine.world.book(contract.symbol)
        price = number(fields, "price")
        if word(fields, "orderType", ("limit", "market")) == "limit" and price is None:
            raise sim.VenueRefusal("400172", "Parameter verification failed: price")
        margins, account = self.engine.margins, request.account

        def most(side: sim.PositionSide, touch: Decimal) -> Decimal:
            return margins.largest_opening(account, contract.symbol, side, price or touch)

        size = number(fields, "size") or sim.ZERO
        leverage = account.settings(contract.symbol).leverage(sim.PositionSide.LONG)
        return {
            "available": plain(margins.wallet(account, contract.settle).available),
            "maxOpen": "",
            "buyOpenCost": plain(margins.opening_cost(contract.symbol, size, price or book.ask, leverage)),
            "sellOpenCost": plain(margins.opening_cost(contract.symbol, size, price or book.bid, leverage)),
            "maxBuyOpen": plain(most(sim.PositionSide.LONG, book.ask)),
            "maxSellOpen": plain(most(sim.PositionSide.SHORT, book.bid)),
        }

    # -- settings

    @post(f"{ACCOUNT}/set-leverage", TEN, sim.Kind.SETTING, codes={errors.InsufficientMargin: "25228"})
    def set_leverage(self, request: sim.Request) -> str:
        """For the margin mode that is named, cross by default. Isolated wants a side, or both figures."""
        fields = request.fields()
        contract, account = self.contract(fields), request.account
        leverage = needed_number(fields, "leverage")
        mode = pick(fields, "marginMode", MARGIN_MODES, "crossed")
        change = self.engine.settings.set_leverage
        if mode is sim.MarginMode.CROSS:
            change(account, contract.symbol, leverage, margin_mode=mode)
            return "success"
        long, short = number(fields, "longLeverage"), number(fields, "shortLeverage")
        if long is None and short is None:
            change(account, contract.symbol, leverage, side=side_of(fields, "posSide"), margin_mode=mode)
            return "success"
        for side, value in ((sim.PositionSide.LONG, long), (sim.PositionSide.SHORT, short)):
            if value is not None:
                change(account, contract.symbol, value, side=side, margin_mode=mode)
        return "success"

    @post(f"{ACCOUNT}/set-hold-mode", TEN, sim.Kind.SETTING, needs="holdMode")
    def set_hold_mode(self, request: sim.Request) -> str:
        """Of the whole account; nothing may be open anywhere."""
        fields, account = request.fields(), request.account
        mode = pick(fields, "holdMode", POSITION_MODES)
        if mode is not account.default_mode:
            if account.open_orders and not account.positions:
                raise sim.VenueRefusal("40920", "Position or order exists, the position mode cannot be switched")
            if account.positions:
                raise errors.PositionModeLocked("a position exists")
            self.engine.settings.set_position_mode(account, None, mode)
        return "success"

    @post(f"{ACCOUNT}/adjust-account-mode", sim.RateLimit(1), sim.Kind.SETTING, needs="mode")
    def adjust_account_mode(self, request: sim.Request) -> str:
        """The level of the account, shown in its settings and without further effect here."""
        if request.account.positions or request.account.open_orders:
            raise sim.VenueRefusal("25009", "The account mode cannot be switched")
        request.account.extra["accountLevel"] = word(request.fields(), "mode", LEVELS)
        return "success"

    @post(f"{ACCOUNT}/set-margin", TEN, sim.Kind.DELTA)
    def set_margin(self, request: sim.Request) -> str:
        """`operation` has the sign; nothing of the result is echoed."""
        fields = request.fields()
        contract = self.contract(fields)
        required(fields, "operation")
        side, amount = side_of(fields, "posSide"), needed_number(fields, "amount")
        if amount <= 0:
            raise sim.VenueRefusal("25200", "Parameter amount error")
        if word(fields, "operation", ("add", "remove")) == "remove":
            amount = -amount
        self.engine.settings.adjust_margin(request.account, contract.symbol, side, amount)
        return "success"

    # -- ledger

    @get(f"{ACCOUNT}/financial-records", TWENTY, needs="category")
    def financial_records(self, request: sim.Request) -> dict[str, Any]:
        """Transfers are booked under OTHER, the rest under the category of its contract."""
        params = request.params
        category = params["category"].upper()
        coin, wanted = params.get("coin") or None, params.get("type") or None

        def match(row: sim.LedgerRow) -> bool:
            home = "OTHER" if row.symbol is None else self.product_of(row.symbol)
            return home == category and coin in (None, row.coin) and wanted in (None, record_type(row))

        rows, cursor = self.page(request, request.account.ledger, None, match)
        return listed([self._record(row, category) for row in rows], cursor)

    def check(self, request: sim.Request, needs: Sequence[str]) -> None:
        """The ledger knows other categories too."""
        if request.path != f"{ACCOUNT}/financial-records" or request.values.get("category", "").upper() not in BOOKS:
            super().check(request, needs)

    def _record(self, row: sim.LedgerRow, category: str) -> dict[str, str]:
        isolated = row.fill is not None and row.fill.order.margin_mode is sim.MarginMode.ISOLATED
        return {
            "category": category,
            "id": str(row.id),
            "symbol": self.name(row.symbol) if row.symbol else "",
            "coin": row.coin,
            "type": record_type(row),
            "positionType": "isolated" if isolated else "crossed",
            "fee": plain(-row.fee),
            "positionAmount": plain(row.fill.quantity) if row.fill is not None else "0",
            "positionBalance": "0",
            "amount": plain(row.amount),
            "balance": plain(row.balance),
            "ts": str(row.created_ms),
        }


def record_type(row: sim.LedgerRow) -> str:
    """The venue's word for a ledger row."""
    isolated = row.fill is not None and row.fill.order.margin_mode is sim.MarginMode.ISOLATED
    prefix = "FIXED_" if isolated else ""
    side = "LONG" if row.position_side is sim.PositionSide.LONG else "SHORT"
    match row.kind:
        case sim.LedgerKind.TRANSFER:
            return "TRANSFER_IN" if row.amount >= sim.ZERO else "TRANSFER_OUT"
        case sim.LedgerKind.FUNDING:
            return f"CONTRACT_MAIN_SETTLE_FEE_USER_{'IN' if row.amount >= sim.ZERO else 'OUT'}"
        case sim.LedgerKind.MARGIN:
            return "FIXED_INCREASE_MARGIN" if row.amount <= sim.ZERO else "FIXED_REDUCE_MARGIN"
        case sim.LedgerKind.LIQUIDATION:
            return f"{prefix}BURST_CLOSE_{side}"
        case sim.LedgerKind.TRADE:
            if row.position_mode is not sim.PositionMode.HEDGE:
                return f"{prefix}{'SELL' if row.side is sim.Side.SELL else 'BUY'}_DEAL"
            return f"{prefix}{'CLOSE' if row.closing else 'OPEN'}_{side}"
