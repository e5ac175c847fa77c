"""Account endpoints of v5. Reference: venues/bybit.md section 2."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bybit.simulated import base
from futures_async.adapters.bybit.simulated.base import category_of, listed, shown_id, venue_symbol, word
from futures_async.adapters.bybit.simulated.rows import of_other_products
from futures_async.simulator.venue import get, money, plain, post

PATH = "/v5/account"
MODES = {"isolated_margin": sim.MarginMode.ISOLATED, "regular_margin": sim.MarginMode.CROSS}
MODE_WORDS = {mode: name.upper() for name, mode in MODES.items()}
DAY_MS = 86_400_000
Dollars = Callable[[str], Decimal]
"""What a coin is worth."""
BAND, DISCONNECT = "price outside the band", "seconds without a connection"
BONUS = "bonus"
"""What was given as a present, of each coin."""


class AccountCalls(base.V5):
    """Balances, modes, ledger."""

    @get(f"{PATH}/wallet-balance", base.FIFTY, needs="accountType")
    def wallet_balance(self, request: sim.Request) -> dict[str, Any]:
        """The whole account, and its coins that are not zero, or those that are named."""
        account, named = request.account, request.params.get("coin")
        coins = named.split(",") if named else [coin for coin, amount in account.balances.items() if amount]
        wallets = [self.engine.margins.wallet(account, coin) for coin in coins]
        return {"list": [wallet_row(self.engine, account, wallets, self.dollars)]}

    @get(f"{PATH}/info", base.FIFTY)
    def info(self, request: sim.Request) -> dict[str, Any]:
        """Margin mode and generation."""
        return {
            "marginMode": MODE_WORDS[request.account.default_settings.margin_mode],
            "updatedTime": str(request.now_ms),
            "unifiedMarginStatus": 5,
            "dcpStatus": "OFF",
            "timeWindow": 0,
            "smpGroup": 0,
            "isMasterTrader": False,
            "spotHedgingStatus": "OFF",
        }

    @get("/v5/user/query-api", base.TEN)
    def query_api(self, request: sim.Request) -> dict[str, Any]:
        """Whose key this is."""
        return {
            "id": request.account.uid,
            "note": "simulated",
            "apiKey": request.header("x-bapi-api-key"),
            "readOnly": 0,
            "secret": "",
            "permissions": {"ContractTrade": ["Order", "Position"], "Derivatives": ["DerivativesTrade"], "Wallet": []},
            "ips": ["*"],
            "type": 1,
            "deadlineDay": 83,
            "expiredAt": "2027-01-01T00:00:00Z",
            "createdAt": "2026-01-01T00:00:00Z",
            "unified": 0,
            "uta": 1,
            "userID": int(request.account.uid),
            "inviterID": 0,
            "vipLevel": "No VIP",
            "mktMakerLevel": "0",
            "affiliateID": 0,
            "rsaPublicKey": "",
            "isMaster": True,
            "parentUid": "0",
        }

    @get("/v5/asset/coin/query-info", base.FIVE)
    def coins(self, request: sim.Request) -> dict[str, Any]:
        """Chains of coins: none."""
        return {"rows": []}

    @get(f"{PATH}/fee-rate", base.FIVE, needs="category")
    def fee_rate(self, request: sim.Request) -> dict[str, Any]:
        """The same for everybody."""
        return listed(
            [
                {
                    "symbol": venue_symbol(contract),
                    "makerFeeRate": plain(contract.maker_rate),
                    "takerFeeRate": plain(contract.taker_rate),
                }
                for contract in self.asked(request.params)
            ]
        )

    @get(f"{PATH}/withdrawal", base.FIFTY, needs="coinName")
    def withdrawal(self, request: sim.Request) -> dict[str, Any]:
        wallet = self.engine.margins.wallet(request.account, request.params["coinName"])
        return {"availableWithdrawal": plain(wallet.transferable)}

    @get(f"{PATH}/query-dcp-info", base.FIVE)
    def dcp_info(self, request: sim.Request) -> dict[str, Any]:
        """What is set; nothing where it never was."""
        seconds = request.account.extra.get(DISCONNECT)
        found = {"product": "DERIVATIVES", "dcpStatus": "ON", "timeWindow": seconds}
        return {"dcpInfos": [] if seconds is None else [found]}

    @get(f"{PATH}/user-setting-config", base.FIFTY)
    def user_settings(self, request: sim.Request) -> dict[str, Any]:
        """Of opposite polarity to what sets it."""
        return {"lpaSpot": True, "lpaPerp": request.account.extra.get(BAND) == "refuse"}

    @post(f"{PATH}/set-limit-px-action", base.TEN, sim.Kind.SETTING, needs="category")
    def set_limit_px_action(self, request: sim.Request) -> dict[str, Any]:
        """Whether prices outside the band are moved, which they are, or refused."""
        moved = request.fields().get("modifyEnable")
        if not isinstance(moved, bool):
            raise sim.VenueRefusal("10001", "params error: modifyEnable is required")
        request.account.extra[BAND] = "move" if moved else "refuse"
        return {}

    @post(f"{PATH}/set-margin-mode", base.FIVE, sim.Kind.SETTING, needs="setMarginMode")
    def set_margin_mode(self, request: sim.Request) -> dict[str, Any]:
        """Of the whole account."""
        account, mode = (
            request.account,
            MODES.get(word(request.fields(), "setMarginMode", (*MODES, "portfolio_margin"))),
        )
        if mode is None:
            raise sim.VenueRefusal("3400045", "Set margin mode failed")
        self.engine.settings.set_margin_mode(account, None, mode)
        return {"reasons": []}

    # -- ledger

    @get(f"{PATH}/transaction-log", sim.RateLimit(25))
    def transaction_log(self, request: sim.Request) -> dict[str, Any]:
        """Seven days at most; a day from one bound on, or up to it, and the last one without any."""
        params, account = request.params, request.account
        if params.get("category"):
            word(params, "category", base.CATEGORIES)
        coin, kind = params.get("currency") or None, params.get("type") or None

        def match(row: sim.LedgerRow) -> bool:
            return (
                row.kind is not sim.LedgerKind.MARGIN
                and coin in (None, row.coin)
                and kind in (None, record_type(row))
                and params.get("category") in (None, "", self._category_of(row))
            )

        rows, cursor = self.page(request, account.ledger, None, match, most=50, default=20, span_ms=DAY_MS)
        records = [self._record(row) for row in rows]
        if self.engine.world.options.other_products and params.get("category") in (None, "", "spot"):
            # What was bought of spot is paid at once.
            spot = [found for record in records if record["type"] == "TRADE" for found in of_other_products(record)]
            records += [{**record, "change": "-60000", "cashFlow": "-60000", "fee": "0"} for record in spot]
        return listed(records, cursor)

    def _category_of(self, row: sim.LedgerRow) -> str:
        return category_of(self.contract_of(row.symbol)) if row.symbol else ""

    def _record(self, row: sim.LedgerRow) -> dict[str, Any]:
        funding, fill = row.kind is sim.LedgerKind.FUNDING, row.fill
        contract = self.contract_of(row.symbol) if row.symbol else None
        return {
            "id": str(row.id),
            "symbol": venue_symbol(contract) if contract is not None else "",
            "category": category_of(contract) if contract is not None else "",
            "side": base.SIDE_WORDS[fill.side] if fill is not None else "Buy" if _is_long(row) else "None",
            "transactionTime": str(row.created_ms),
            "type": record_type(row),
            "transSubType": "",
            "qty": plain(fill.quantity) if fill is not None else "0",
            "size": "0",
            "currency": row.coin,
            "tradePrice": plain(fill.price) if fill is not None else "",
            "funding": plain(row.amount) if funding else "",
            "fee": plain(row.fee),
            "cashFlow": "0" if funding else plain(row.amount),
            "change": plain(row.amount - row.fee),
            "cashBalance": plain(row.balance),
            "feeRate": "0",
            "bonusChange": "",
            "tradeId": str(fill.id) if fill is not None else "",
            "orderId": shown_id(fill.order) if fill is not None else "",
            "orderLinkId": (fill.order.client_id or "") if fill is not None else "",
            "extraFees": "",
        }


def _is_long(row: sim.LedgerRow) -> bool:
    return row.position_side is sim.PositionSide.LONG or row.side is sim.Side.BUY


def record_type(row: sim.LedgerRow) -> str:
    """The venue's word for a ledger row."""
    match row.kind:
        case sim.LedgerKind.TRANSFER:
            return "TRANSFER_IN" if row.amount >= sim.ZERO else "TRANSFER_OUT"
        case sim.LedgerKind.FUNDING:
            return "SETTLEMENT"
        case sim.LedgerKind.LIQUIDATION:
            return "LIQUIDATION"
        case _:
            return "TRADE"


def wallet_row(engine: sim.Engine, account: sim.Account, wallets: list[sim.Wallet], dollars: Dollars) -> dict[str, Any]:
    """Totals in USD over all coins, which are void in isolated margin, and the coins that are given."""
    isolated = account.default_settings.margin_mode is sim.MarginMode.ISOLATED
    every = [engine.margins.wallet(account, coin) for coin in account.balances]

    def total(of: Callable[[sim.Wallet], Decimal]) -> Decimal:
        return money(sum((of(wallet) * dollars(wallet.coin) for wallet in every), sim.ZERO))

    backing, initial = total(lambda w: w.cross_equity), total(lambda w: w.cross_margin + w.order_margin)
    maintenance, equity = total(lambda w: w.cross_maintenance), total(lambda w: w.equity)
    rate = (maintenance / backing).quantize(Decimal("1e-8")) if backing > 0 else sim.ZERO
    initial_rate = (initial / backing).quantize(Decimal("1e-8")) if backing > 0 else sim.ZERO
    figures = {
        "accountIMRate": initial_rate,
        "accountMMRate": rate,
        "totalEquity": equity,
        "totalWalletBalance": total(lambda w: w.balance),
        "totalMarginBalance": backing,
        "totalAvailableBalance": max(sim.ZERO, backing - initial),
        "totalPerpUPL": total(lambda w: w.unrealized),
        "totalInitialMargin": initial,
        "totalMaintenanceMargin": maintenance,
        "accountIMRateByMp": initial_rate,
        "accountMMRateByMp": rate,
        "totalInitialMarginByMp": initial,
        "totalMaintenanceMarginByMp": maintenance,
    }
    return {
        "accountType": "UNIFIED",
        **{name: "" if isolated else plain(value) for name, value in figures.items()},
        "accountLTV": "",
        "coin": [_coin_row(engine, account, wallet, dollars) for wallet in wallets],
    }


def _coin_row(engine: sim.Engine, account: sim.Account, wallet: sim.Wallet, dollars: Dollars) -> dict[str, Any]:
    views = [engine.margins.view(account, position) for position in account.positions_of(coin=wallet.coin)]
    alone = (view for view in views if view.position.margin_mode is sim.MarginMode.ISOLATED)
    maintenance = wallet.cross_maintenance + sum((view.maintenance_margin for view in alone), sim.ZERO)
    held = wallet.cross_margin + wallet.isolated_margin
    realized = sum(
        (row.amount - row.fee for row in account.ledger if row.coin == wallet.coin and row.fill is not None), sim.ZERO
    )
    return {
        "coin": wallet.coin,
        "equity": plain(wallet.equity),
        "usdValue": plain(money(wallet.equity * dollars(wallet.coin))),
        "walletBalance": plain(wallet.balance),
        "free": "",
        "locked": "0",
        "spotHedgingQty": "0",
        "borrowAmount": "0",
        "accruedInterest": "0",
        "totalOrderIM": plain(money(wallet.order_margin)),
        "totalPositionIM": plain(money(held)),
        "totalPositionMM": plain(money(maintenance)),
        "unrealisedPnl": plain(wallet.unrealized),
        "cumRealisedPnl": plain(money(realized)),
        "bonus": account.extra.get(BONUS, "0"),
        "marginCollateral": True,
        "collateralSwitch": True,
        "spotBorrow": "0",
        "availableToWithdraw": "",
        "availableToBorrow": "",
    }
