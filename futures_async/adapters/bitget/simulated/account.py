"""Account endpoints. Reference: venues/bitget.md section 3.2."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from futures_async.adapters.bitget.simulated.base import (
    DAY_MS,
    MARGIN_MODES,
    MARGIN_WORDS,
    MODE_WORDS,
    POSITION_MODES,
    SIDES,
    V2,
)
from futures_async.adapters.bitget.simulated.gate import needed_number, number, required, word
from futures_async.simulator import errors
from futures_async.simulator.accounts import Account
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import Handler, Request, Route, VenueRefusal, plain
from futures_async.simulator.margins import Wallet
from futures_async.simulator.records import ZERO, LedgerKind, LedgerRow, round16
from futures_async.transport.endpoint import Kind, RateLimit
from futures_async.unified.enums import MarginMode, PositionMode, PositionSide, Side

PATH = "/api/v2/mix/account"


class AccountCalls(V2):
    """Balances, settings, ledger."""

    def account_routes(self) -> list[Route]:
        """The rows of the table."""

        def setting(path: str, handler: Handler, limit: int) -> Route:
            return Route("POST", f"{PATH}/{path}", handler, RateLimit(limit), kind=Kind.SETTING)

        return [
            Route("GET", f"{PATH}/account", self.single_account, RateLimit(10)),
            Route("GET", f"{PATH}/accounts", self.account_list, RateLimit(10)),
            Route("GET", f"{PATH}/sub-account-assets", self.sub_accounts, RateLimit(1, 10.0)),
            Route("GET", f"{PATH}/bill", self.bill, RateLimit(10)),
            setting("set-leverage", self.set_leverage, 5),
            setting("set-all-leverage", self.set_all_leverage, 5),
            Route("POST", f"{PATH}/set-margin", self.set_margin, RateLimit(5), kind=Kind.DELTA),
            setting("set-margin-mode", self.set_margin_mode, 5),
            setting("set-position-mode", self.set_position_mode, 5),
            setting("set-asset-mode", self.set_asset_mode, 2),
            setting("set-auto-margin", self.set_auto_margin, 5),
            Route("GET", f"{PATH}/isolated-symbols", self.isolated_symbols, RateLimit(10)),
            Route("GET", f"{PATH}/interest-history", self.interest_history, RateLimit(5)),
            Route("GET", f"{PATH}/union-config", self.union_config, RateLimit(1)),
            Route("GET", f"{PATH}/switch-union-usdt", self.switch_union, RateLimit(1)),
            Route("GET", f"{PATH}/transfer-limits", self.transfer_limits, RateLimit(1)),
            Route("POST", f"{PATH}/union-convert", self.union_convert, RateLimit(1), kind=Kind.DELTA),
            Route("GET", "/api/v2/common/trade-rate", self.trade_rate, RateLimit(10)),
        ]

    def special(self, path: str) -> Mapping[type[Any], str]:
        """Where account endpoints say it with another code."""
        if path == f"{PATH}/set-leverage":
            return {errors.InsufficientMargin: "40893"}
        if path == f"{PATH}/set-margin":
            return {errors.InsufficientMargin: "40800", errors.NoPosition: "43043"}
        return super().special(path)

    # -- balances

    def single_account(self, request: Request) -> dict[str, Any]:
        """One margin coin, with the settings of one symbol."""
        required(request.params, "symbol", "productType", "marginCoin")
        contract = self.contract(request.params)
        account = request.account
        settings = account.settings(contract.symbol)
        row = self._balances(account, contract.settle)
        return row | {
            "crossedMarginLeverage": int(settings.cross_leverage),
            "isolatedLongLever": int(settings.long_leverage),
            "isolatedShortLever": int(settings.short_leverage),
            "marginMode": MARGIN_WORDS[settings.margin_mode],
            "posMode": MODE_WORDS[account.mode(contract.settle)],
            "isolatedMargin": None,
            "crossedMargin": None,
        }

    def account_list(self, request: Request) -> list[dict[str, Any]]:
        """One row per margin coin of the product type."""
        return [self._listed(request.account, coin) for coin in self.margin_coins(self.product(request.params))]

    def _listed(self, account: Account, coin: str) -> dict[str, Any]:
        wallet = self.engine.margins.wallet(account, coin)
        row = self._balances(account, coin)
        del row["grant"]
        return row | {
            "unionTotalMargin": "",
            "unionAvailable": "",
            "unionMm": "",
            "assetList": [],
            "isolatedMargin": plain(wallet.isolated_margin),
            "crossedMargin": plain(wallet.cross_margin),
        }

    def _balances(self, account: Account, coin: str) -> dict[str, Any]:
        wallet: Wallet = self.engine.margins.wallet(account, coin)
        available = plain(wallet.available)
        return {
            "marginCoin": coin,
            "locked": plain(wallet.order_margin),
            "available": available,
            "crossedMaxAvailable": available,
            "isolatedMaxAvailable": available,
            "maxTransferOut": plain(wallet.transferable),
            "accountEquity": plain(wallet.equity),
            "usdtEquity": plain(round16(wallet.equity * self.dollars(coin))),
            "btcEquity": plain(round16(wallet.equity * self.dollars(coin) / self.dollars("BTC"))),
            "crossedRiskRate": plain(wallet.margin_ratio),
            "unrealizedPL": plain(wallet.unrealized) if wallet.unrealized else "",
            "coupon": "0",
            "crossedUnrealizedPL": plain(wallet.cross_unrealized),
            "isolatedUnrealizedPL": plain(wallet.isolated_unrealized) if wallet.isolated_unrealized else "",
            "grant": "",
            "assetMode": "single",
        }

    def sub_accounts(self, request: Request) -> list[dict[str, Any]]:
        """This account has no sub-accounts."""
        self.product(request.params)
        return []

    # -- ledger

    def bill(self, request: Request) -> dict[str, Any]:
        """At most 30 days in one question."""
        product = self.product(request.params)
        coins, wanted = self.margin_coins(product), request.params.get("businessType") or None
        no_margin = request.params.get("onlyFunding", "no").lower() == "yes"

        def match(row: LedgerRow) -> bool:
            if row.coin not in coins or (no_margin and row.kind is LedgerKind.MARGIN):
                return False
            return wanted is None or business_type(row) == wanted

        rows, end = self.page(
            request,
            request.account.ledger,
            key=lambda row: row.id,
            match=match,
            time_of=lambda row: row.created_ms,
            default=20,
            longest_ms=30 * DAY_MS,
        )
        return {"bills": [self._bill(row) for row in rows], "endId": end}

    def _bill(self, row: LedgerRow) -> dict[str, Any]:
        return {
            "billId": str(row.id),
            "symbol": self.name(row.symbol) if row.symbol else "",
            "amount": plain(row.amount),
            "fee": plain(-row.fee),
            "feeByCoupon": "",
            "businessType": business_type(row),
            "coin": row.coin,
            "balance": plain(row.balance),
            "cTime": str(row.created_ms),
        }

    # -- settings

    def set_leverage(self, request: Request) -> dict[str, Any]:
        """Which fields count depends on margin mode and position mode."""
        fields = request.fields()
        required(fields, "symbol", "productType", "marginCoin")
        contract, account = self.contract(fields), request.account
        both, long, short = (number(fields, name) for name in ("leverage", "longLeverage", "shortLeverage"))
        if both is None and long is None and short is None:
            raise VenueRefusal("400172", "Parameter verification failed: leverage")
        settings = account.settings(contract.symbol)
        symbol = contract.symbol
        change = self.engine.settings.set_leverage
        if settings.margin_mode is MarginMode.CROSS:
            # longLeverage and shortLeverage are not rejected here, and win.
            change(account, symbol, long or short or both or Decimal(1))
        elif account.mode(contract.settle) is PositionMode.ONE_WAY:
            change(account, symbol, both or long or short or Decimal(1))
        else:
            self._set_hedged(account, contract, fields, both, long, short)
        crossed = settings.margin_mode is MarginMode.CROSS
        long_text = settings.cross_leverage if crossed else settings.long_leverage
        short_text = settings.cross_leverage if crossed else settings.short_leverage
        return {
            "symbol": self.venue_symbol(contract),
            "marginCoin": contract.settle,
            "longLeverage": plain(long_text),
            "shortLeverage": plain(short_text),
            "crossMarginLeverage": plain(settings.cross_leverage) if crossed else "",
            "marginMode": MARGIN_WORDS[settings.margin_mode],
        }

    def _set_hedged(
        self,
        account: Account,
        contract: ContractSpec,
        fields: Mapping[str, Any],
        both: Decimal | None,
        long: Decimal | None,
        short: Decimal | None,
    ) -> None:
        """Isolated margin in hedge mode: each side has its own."""
        change = self.engine.settings.set_leverage
        if both is not None and long is None and short is None:
            if not fields.get("holdSide"):
                raise VenueRefusal("40808", "Parameter verification exception double fixed, hold side is null")
            side = SIDES[word(fields, "holdSide", tuple(SIDES))]
            # Observed: on a flat symbol a change of one side comes back on both.
            flat = not self.position_sides(account, contract.symbol)
            change(account, contract.symbol, both, side=None if flat else side)
            return
        if long is not None:
            change(account, contract.symbol, long, side=PositionSide.LONG)
        if short is not None:
            change(account, contract.symbol, short, side=PositionSide.SHORT)

    def set_all_leverage(self, request: Request) -> str:
        """Only symbols with open positions."""
        fields = request.fields()
        product, leverage = self.product(fields), needed_number(fields, "leverage")
        symbols = {position.symbol for position in request.account.positions_of()}
        for symbol in sorted(symbol for symbol in symbols if self.product_of(symbol) == product):
            self.engine.settings.set_leverage(request.account, symbol, leverage)
        return "success"

    def set_margin(self, request: Request) -> str:
        """A signed amount; nothing of the result is echoed."""
        fields = request.fields()
        required(fields, "symbol", "productType", "marginCoin", "holdSide")
        contract, amount = self.contract(fields), needed_number(fields, "amount")
        side = SIDES[word(fields, "holdSide", tuple(SIDES))]
        self.engine.settings.adjust_margin(request.account, contract.symbol, side, amount)
        return ""

    def set_margin_mode(self, request: Request) -> dict[str, Any]:
        """Per symbol."""
        fields = request.fields()
        required(fields, "symbol", "productType", "marginCoin", "marginMode")
        contract = self.contract(fields)
        mode = MARGIN_MODES[word(fields, "marginMode", tuple(MARGIN_MODES))]
        self.engine.settings.set_margin_mode(request.account, contract.symbol, mode)
        settings = request.account.settings(contract.symbol)
        return {
            "symbol": self.venue_symbol(contract),
            "marginCoin": contract.settle,
            "longLeverage": plain(settings.leverage(PositionSide.LONG)),
            "shortLeverage": plain(settings.leverage(PositionSide.SHORT)),
            "marginMode": MARGIN_WORDS[mode],
        }

    def set_position_mode(self, request: Request) -> dict[str, Any]:
        """Per product type."""
        fields = request.fields()
        required(fields, "productType", "posMode")
        mode = POSITION_MODES[word(fields, "posMode", tuple(POSITION_MODES))]
        account, coins = request.account, self.margin_coins(self.product(fields))
        before = dict(account.modes)
        try:
            for coin in coins:
                self.engine.settings.set_position_mode(account, coin, mode)
        except errors.PositionModeLocked:
            account.modes = before  # of all coins of the product type, or of none
            raise
        return {"posMode": MODE_WORDS[mode]}

    def set_asset_mode(self, request: Request) -> str:
        """Accounts here are single-asset."""
        fields = request.fields()
        if self.product(fields) != "USDT-FUTURES" or word(fields, "assetMode", ("single", "union")) == "union":
            raise VenueRefusal("40812", "The condition assetMode is not met")
        return "success"

    def set_auto_margin(self, request: Request) -> str:
        """Kept and shown, without effect."""
        fields = request.fields()
        required(fields, "symbol", "autoMargin", "marginCoin", "holdSide")
        contract = self.contract(fields)
        side = SIDES[word(fields, "holdSide", tuple(SIDES))]
        position = request.account.positions.get((contract.symbol, side))
        if position is None:
            raise VenueRefusal("43043", "No position")
        position.auto_margin = word(fields, "autoMargin", ("on", "off")) == "on"
        return "success"

    # -- the rest

    def isolated_symbols(self, request: Request) -> list[dict[str, str]]:
        """Symbols set to isolated margin."""
        return [
            {"symbol": self.venue_symbol(contract), "marginMode": "isolated"}
            for contract in self.contracts(self.product(request.params))
            if request.account.settings(contract.symbol).margin_mode is MarginMode.ISOLATED
        ]

    def interest_history(self, request: Request) -> dict[str, Any]:
        """Single-asset accounts borrow nothing."""
        self.product(request.params)
        return {"nextSettleTime": "", "borrowAmount": "0", "borrowLimit": "0", "interestList": [], "endId": None}

    def union_config(self, request: Request) -> dict[str, str]:
        """Parameters of the multi-asset mode."""
        return {"imr": "0.1", "mmr": "0.05", "individualLimit": "0", "individualLimitRatio": "0"}

    def switch_union(self, request: Request) -> dict[str, str]:
        """What the multi-asset mode would start with."""
        return {"usdtAmount": plain(request.account.balance("USDT"))}

    def transfer_limits(self, request: Request) -> dict[str, str]:
        """No limit."""
        required(request.params, "coin")
        return {"coin": request.params["coin"], "maxTransferIn": "1000000"}

    def union_convert(self, request: Request) -> dict[str, str]:
        """Nothing to convert in single-asset mode."""
        raise VenueRefusal("40812", "The condition assetMode is not met")

    def trade_rate(self, request: Request) -> dict[str, str]:
        """The same for everybody."""
        required(request.params, "symbol", "businessType")
        contract = self.contract(request.params)
        return {"makerFeeRate": plain(contract.maker_rate), "takerFeeRate": plain(contract.taker_rate)}


def business_type(row: LedgerRow) -> str:
    """The venue's word for a ledger row."""
    hedge = row.position_mode is PositionMode.HEDGE
    side = "long" if row.position_side is PositionSide.LONG else "short"
    if row.kind is LedgerKind.TRANSFER:
        return "trans_from_exchange" if row.amount >= ZERO else "trans_to_exchange"
    if row.kind is LedgerKind.FUNDING:
        return "contract_settle_fee"
    if row.kind is LedgerKind.MARGIN:
        return "append_margin" if row.amount <= ZERO else "reduce_margin"
    if row.kind is LedgerKind.LIQUIDATION:
        return f"burst_{side}_loss_query" if hedge else f"burst_{row.side or Side.BUY}"
    if not hedge:
        return str(row.side or Side.BUY)
    return f"{'close' if row.closing else 'open'}_{side}"
