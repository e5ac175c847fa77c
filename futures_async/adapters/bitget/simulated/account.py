"""Account endpoints. Reference: venues/bitget.md section 3.2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated import base
from futures_async.adapters.bitget.simulated.base import fee_rates
from futures_async.adapters.bitget.simulated.gate import needed_number, number, pick, word
from futures_async.simulator.venue import always, errors, get, money, one, plain, post, refusing

PATH = "/api/v2/mix/account"
TEN, FIVE = sim.RateLimit(10), sim.RateLimit(5)
ONE = "symbol productType marginCoin"
MARGIN_CODES = {errors.InsufficientMargin: "40800", errors.NoPosition: "43043"}
NO_INTEREST = {
    "nextSettleTime": "",
    "borrowAmount": "0",
    "borrowLimit": "0",
    "interestList": list[Any](),
    "endId": None,
}
UNION = {"imr": "0.1", "mmr": "0.05", "individualLimit": "0", "individualLimitRatio": "0"}
NOT_SINGLE = sim.VenueRefusal("40812", "The condition assetMode is not met")


class AccountCalls(base.V2):
    """Balances, settings, ledger."""

    constants: ClassVar[Sequence[sim.Route]] = (
        sim.Route("GET", f"{PATH}/sub-account-assets", always([]), sim.RateLimit(1, 10.0), needs="productType"),
        # Accounts here are single-asset: they borrow nothing, and have nothing to convert.
        sim.Route("GET", f"{PATH}/interest-history", always(NO_INTEREST), FIVE, needs="productType"),
        sim.Route("GET", f"{PATH}/union-config", always(UNION), sim.RateLimit(1)),
        sim.Route("POST", f"{PATH}/union-convert", refusing(NOT_SINGLE), sim.RateLimit(1), kind=sim.Kind.DELTA),
    )

    # -- balances

    @get(f"{PATH}/account", TEN, needs=ONE)
    def single_account(self, request: sim.Request) -> dict[str, Any]:
        """One margin coin, with the settings of one symbol."""
        contract = self.contract(request.params)
        account = request.account
        settings = account.settings(contract.symbol)
        row = self._balances(account, contract.settle)
        return row | {
            "crossedMarginLeverage": int(settings.cross_leverage),
            "isolatedLongLever": int(settings.long_leverage),
            "isolatedShortLever": int(settings.short_leverage),
            "marginMode": base.MARGIN_WORDS[settings.margin_mode],
            "posMode": base.MODE_WORDS[account.mode(contract.symbol)],
            "isolatedMargin": None,
            "crossedMargin": None,
        }

    @get(f"{PATH}/accounts", TEN)
    def account_list(self, request: sim.Request) -> list[dict[str, Any]]:
        """One row per margin coin of the product type."""
        return [self._listed(request.account, coin) for coin in self.margin_coins(self.product(request.params))]

    def _listed(self, account: sim.Account, coin: str) -> dict[str, Any]:
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

    def _balances(self, account: sim.Account, coin: str) -> dict[str, Any]:
        wallet: sim.Wallet = self.engine.margins.wallet(account, coin)
        available = plain(wallet.available)
        return {
            "marginCoin": coin,
            "locked": plain(wallet.order_margin),
            "available": available,
            "crossedMaxAvailable": available,
            "isolatedMaxAvailable": available,
            "maxTransferOut": plain(wallet.transferable),
            "accountEquity": plain(wallet.equity),
            "usdtEquity": plain(money(wallet.equity * self.dollars(coin))),
            "btcEquity": plain(money(wallet.equity * self.dollars(coin) / self.dollars("BTC"))),
            "crossedRiskRate": plain(wallet.margin_ratio),
            "unrealizedPL": plain(wallet.unrealized) if wallet.unrealized else "",
            "coupon": "0",
            "crossedUnrealizedPL": plain(money(wallet.cross_unrealized)),
            "isolatedUnrealizedPL": plain(money(wallet.isolated_unrealized)) if wallet.isolated_unrealized else "",
            "grant": "",
            "assetMode": "single",
        }

    # -- ledger

    @get(f"{PATH}/bill", TEN)
    def bill(self, request: sim.Request) -> dict[str, Any]:
        """At most 30 days in one question."""
        coins, wanted = self.margin_coins(self.product(request.params)), request.params.get("businessType") or None
        no_margin = request.params.get("onlyFunding", "no").lower() == "yes"

        def match(row: sim.LedgerRow) -> bool:
            if row.coin not in coins or (no_margin and row.kind is sim.LedgerKind.MARGIN):
                return False
            return wanted is None or business_type(row) == wanted

        rows, end = self.page(request, request.account.ledger, None, match, default=20, days=30)
        return {"bills": [self._bill(row) for row in rows], "endId": end}

    def _bill(self, row: sim.LedgerRow) -> dict[str, Any]:
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

    @post(f"{PATH}/set-leverage", FIVE, sim.Kind.SETTING, needs=ONE, codes={errors.InsufficientMargin: "40893"})
    def set_leverage(self, request: sim.Request) -> dict[str, Any]:
        """Which fields count depends on margin mode and position mode."""
        fields = request.fields()
        contract, account = self.contract(fields), request.account
        both, long, short = (number(fields, name) for name in ("leverage", "longLeverage", "shortLeverage"))
        if both is None and long is None and short is None:
            raise sim.VenueRefusal("400172", "Parameter verification failed: leverage")
        settings, symbol = account.settings(contract.symbol), contract.symbol
        crossed = settings.margin_mode is sim.MarginMode.CROSS
        change = self.engine.settings.set_leverage
        if crossed:
            # longLeverage and shortLeverage are not rejected here, and win.
            change(account, symbol, long or short or both or Decimal(1))
        elif account.mode(symbol) is sim.PositionMode.ONE_WAY:
            change(account, symbol, both or long or short or Decimal(1))
        else:
            self._set_hedged(account, symbol, fields)
        return self._leverages(account, contract) | {
            "crossMarginLeverage": plain(settings.cross_leverage) if crossed else ""
        }

    def _leverages(self, account: sim.Account, contract: sim.ContractSpec) -> dict[str, Any]:
        """What is set for a contract."""
        settings = account.settings(contract.symbol)
        return {
            "symbol": self.venue_symbol(contract),
            "marginCoin": contract.settle,
            "longLeverage": plain(settings.leverage(sim.PositionSide.LONG)),
            "shortLeverage": plain(settings.leverage(sim.PositionSide.SHORT)),
            "marginMode": base.MARGIN_WORDS[settings.margin_mode],
        }

    def _set_hedged(self, account: sim.Account, symbol: str, fields: Mapping[str, Any]) -> None:
        """Isolated margin in hedge mode: each side has its own."""
        change = self.engine.settings.set_leverage
        sides = {side: number(fields, f"{side}Leverage") for side in sim.PositionSide}
        if not any(sides.values()):
            if not fields.get("holdSide"):
                raise sim.VenueRefusal("40808", "Parameter verification exception double fixed, hold side is null")
            side = pick(fields, "holdSide", base.SIDES)
            # Observed: on a flat symbol a change of one side comes back on both.
            flat = not any(True for _ in account.positions_of(symbol=symbol))
            change(account, symbol, needed_number(fields, "leverage"), side=None if flat else side)
        for side, leverage in sides.items():
            if leverage is not None:
                change(account, symbol, leverage, side=side)

    @post(f"{PATH}/set-all-leverage", FIVE, sim.Kind.SETTING)
    def set_all_leverage(self, request: sim.Request) -> str:
        """Only symbols with open positions."""
        fields = request.fields()
        product, leverage = self.product(fields), needed_number(fields, "leverage")
        for symbol in sorted(set(request.account.positions_held()) & {row.symbol for row in self.contracts(product)}):
            self.engine.settings.set_leverage(request.account, symbol, leverage)
        return "success"

    @post(f"{PATH}/set-margin", FIVE, sim.Kind.DELTA, needs=f"{ONE} holdSide", codes=MARGIN_CODES)
    def set_margin(self, request: sim.Request) -> str:
        """A signed amount; nothing of the result is echoed."""
        fields = request.fields()
        contract, amount = self.contract(fields), needed_number(fields, "amount")
        side = pick(fields, "holdSide", base.SIDES)
        self.engine.settings.adjust_margin(request.account, contract.symbol, side, amount)
        return ""

    @post(f"{PATH}/set-margin-mode", FIVE, sim.Kind.SETTING, needs=f"{ONE} marginMode")
    def set_margin_mode(self, request: sim.Request) -> dict[str, Any]:
        """Per symbol."""
        fields = request.fields()
        contract = self.contract(fields)
        mode = pick(fields, "marginMode", base.MARGIN_MODES)
        self.engine.settings.set_margin_mode(request.account, contract.symbol, mode)
        return self._leverages(request.account, contract)

    @post(f"{PATH}/set-position-mode", FIVE, sim.Kind.SETTING, needs="productType posMode")
    def set_position_mode(self, request: sim.Request) -> dict[str, Any]:
        """Per product type."""
        fields = request.fields()
        mode, coins = pick(fields, "posMode", base.POSITION_MODES), self.margin_coins(self.product(fields))
        self.engine.settings.set_position_mode(request.account, coins, mode)
        return {"posMode": base.MODE_WORDS[mode]}

    @post(f"{PATH}/set-asset-mode", sim.RateLimit(2), sim.Kind.SETTING)
    def set_asset_mode(self, request: sim.Request) -> str:
        """Accounts here are single-asset."""
        fields = request.fields()
        if self.product(fields) != "USDT-FUTURES" or word(fields, "assetMode", ("single", "union")) == "union":
            raise NOT_SINGLE
        return "success"

    @post(f"{PATH}/set-auto-margin", FIVE, sim.Kind.SETTING, needs="symbol autoMargin marginCoin holdSide")
    def set_auto_margin(self, request: sim.Request) -> str:
        """Kept and shown, without effect."""
        fields = request.fields()
        contract = self.contract(fields)
        side = pick(fields, "holdSide", base.SIDES)
        position = request.account.positions.get((contract.symbol, side))
        if position is None:
            raise sim.VenueRefusal("43043", "No position")
        position.auto_margin = word(fields, "autoMargin", ("on", "off")) == "on"
        return "success"

    # -- the rest

    @get(f"{PATH}/isolated-symbols", TEN)
    def isolated_symbols(self, request: sim.Request) -> list[dict[str, str]]:
        return [
            {"symbol": self.venue_symbol(contract), "marginMode": "isolated"}
            for contract in self.contracts(self.product(request.params))
            if request.account.settings(contract.symbol).margin_mode is sim.MarginMode.ISOLATED
        ]

    @get(f"{PATH}/switch-union-usdt", sim.RateLimit(1))
    def switch_union(self, request: sim.Request) -> dict[str, str]:
        """What the multi-asset mode would start with."""
        return {"usdtAmount": plain(request.account.balance("USDT"))}

    @get(f"{PATH}/transfer-limits", sim.RateLimit(1), needs="coin")
    def transfer_limits(self, request: sim.Request) -> dict[str, str]:
        """No limit."""
        return {"coin": request.params["coin"], "maxTransferIn": "1000000"}

    @get("/api/v2/common/trade-rate", TEN, needs="symbol businessType", of=one)
    def trade_rate(self, contract: sim.ContractSpec) -> dict[str, str]:
        """The same for everybody."""
        return fee_rates(contract)


def business_type(row: sim.LedgerRow) -> str:
    """The venue's word for a ledger row."""
    hedge = row.position_mode is sim.PositionMode.HEDGE
    side = "long" if row.position_side is sim.PositionSide.LONG else "short"
    if row.kind is sim.LedgerKind.TRANSFER:
        return "trans_from_exchange" if row.amount >= sim.ZERO else "trans_to_exchange"
    if row.kind is sim.LedgerKind.FUNDING:
        return "contract_settle_fee"
    if row.kind is sim.LedgerKind.MARGIN:
        return "append_margin" if row.amount <= sim.ZERO else "reduce_margin"
    if row.kind is sim.LedgerKind.LIQUIDATION:
        return f"burst_{side}_loss_query" if hedge else f"burst_{row.side or sim.Side.BUY}"
    if not hedge:
        return str(row.side or sim.Side.BUY)
    return f"{'close' if row.closing else 'open'}_{side}"
