"""Accounts: what they hold, what they have set, what has changed their balance. Reference: sections 2 and 3."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import futures_async.simulator.venue as sim
from futures_async.adapters.hyperliquid.simulated.gate import ACTIONS, COIN, MALFORMED, Gate, dec, part
from futures_async.adapters.hyperliquid.simulated.market import asked
from futures_async.simulator.venue import always, errors, post

NO_HASH = "0x" + "0" * 64
DEFAULT = {"status": "ok", "response": {"type": "default"}}
PORTFOLIO = "portfolioMargin"
POOLED = frozenset({"unifiedAccount", PORTFOLIO})
"""How accounts are called that keep their collateral in the spot ledger."""
LIQUIDATED_ABOVE = Decimal("0.95")


class AccountCalls(Gate):
    """Reads that name an account by its address, and settings."""

    constants: ClassVar[Sequence[sim.Route]] = (
        sim.Route("POST", "/info subAccounts", always(None), weight=20),
        sim.Route("POST", "/info extraAgents", always([]), weight=20),
        sim.Route("POST", "/info maxBuilderFee", always(0), weight=20),
        # Signed by the account's owner, and of no consequence here.
        sim.Route("POST", "/exchange approveBuilderFee", always(DEFAULT), private=False, kind=sim.Kind.SETTING),
    )

    @post("/info userRole", weight=60)
    def role(self, request: sim.Request) -> dict[str, Any]:
        user = str(request.fields()["user"]).lower()
        account = self.account_of(user)
        if account is not None:
            master = account.extra.get("master")
            return {"role": "subAccount", "data": {"master": master}} if master else {"role": "user"}
        owner = self.signed_by(user)
        return {"role": "missing"} if owner is None else {"role": "agent", "data": {"user": owner.keys[0].key}}

    @post("/info userAbstraction", weight=20)
    def abstraction(self, request: sim.Request) -> str:
        return request.account.extra.get("abstraction", "disabled")

    @post("/info spotClearinghouseState", weight=2)
    def spot_state(self, request: sim.Request) -> dict[str, Any]:
        """The collateral of accounts that keep it here: what it is worth at the mark."""
        kind = self.abstraction(request)
        if kind not in POOLED:
            return {"balances": []}
        wallet = self.engine.margins.wallet(request.account, COIN)
        hold = dec(wallet.cross_margin + wallet.order_margin + wallet.isolated_margin + wallet.isolated_unrealized)
        row = {"coin": COIN, "token": 0, "total": dec(wallet.equity), "hold": hold, "entryNtl": "0.0"}
        if kind != PORTFOLIO:
            return {"balances": [row]}
        ratio = dec(wallet.margin_ratio * LIQUIDATED_ABOVE)
        return {"balances": [row | {"spotHold": hold}], "portfolioMarginEnabled": True, "portfolioMarginRatio": ratio}

    @post("/info userRateLimit", weight=20)
    def budget(self, request: sim.Request) -> dict[str, Any]:
        volume = self.volume(request.account)
        used = len(request.account.orders)
        return {
            "cumVlm": dec(volume),
            "nRequestsUsed": used,
            "nRequestsCap": 10_000 + int(volume),
            "nRequestsSurplus": 0,
        }

    @post("/info userFees", weight=20)
    def fees(self, request: sim.Request) -> dict[str, Any]:
        return {"userCrossRate": "0.0006", "userAddRate": "0.0002", "activeReferralDiscount": "0.0", "dailyUserVlm": []}

    # Positions

    @post("/info clearinghouseState", weight=2)
    def state(self, request: sim.Request) -> dict[str, Any]:
        return self.state_row(request.account, request.now_ms)

    def state_row(self, account: sim.Account, now_ms: int) -> dict[str, Any]:
        """Balances and positions in one answer; the cash leg is negative for a leveraged long."""
        wallet = self.engine.margins.wallet(account, COIN)
        held = list(account.positions_of(coin=COIN))
        cross = [position for position in held if position.margin_mode is sim.MarginMode.CROSS]
        isolated = wallet.isolated_margin + wallet.isolated_unrealized
        used = wallet.cross_margin + isolated
        value, cross_value, free = wallet.equity, wallet.cross_equity, wallet.available
        if account.extra.get("abstraction") in POOLED:  # what positions hold of the spot ledger, and no more
            value, cross_value, free = used, wallet.cross_margin, sim.ZERO
        return {
            "marginSummary": self._summary(held, value, used),
            "crossMarginSummary": self._summary(cross, cross_value, wallet.cross_margin),
            "crossMaintenanceMarginUsed": dec(self._maintenance(cross)),
            "withdrawable": dec(free),
            "assetPositions": [{"type": "oneWay", "position": self.position_row(account, one)} for one in held],
            "time": now_ms,
        }

    def _summary(self, held: Iterable[sim.Position], value: Decimal, used: Decimal) -> dict[str, str]:
        notionals = [position.sign * self._notional(position) for position in held]
        return {
            "accountValue": dec(value),
            "totalNtlPos": dec(sum((abs(one) for one in notionals), sim.ZERO)),
            "totalRawUsd": dec(value - sum(notionals, sim.ZERO)),
            "totalMarginUsed": dec(used),
        }

    def _notional(self, position: sim.Position) -> Decimal:
        return position.quantity * self.engine.world.mark(position.symbol)

    def _maintenance(self, held: Iterable[sim.Position]) -> Decimal:
        total = sim.ZERO
        for position in held:
            notional = self._notional(position)
            total += notional * self.engine.world.contract(position.symbol).tier(notional).maintenance_rate
        return total

    def position_row(self, account: sim.Account, position: sim.Position) -> dict[str, Any]:
        """One position: signed size, funding positive when paid."""
        view = self.engine.margins.view(account, position)
        isolated = position.margin_mode is sim.MarginMode.ISOLATED
        margin = position.margin + view.unrealized_pnl if isolated else view.margin
        leverage: dict[str, Any] = {"type": str(position.margin_mode), "value": int(position.leverage)}
        if isolated:
            leverage["rawUsd"] = dec(margin - position.sign * view.notional)
        liquidation, initial = view.liquidation_price, position.entry_price * position.quantity / position.leverage
        return {
            "coin": self.engine.world.contract(position.symbol).base,
            "szi": dec(position.sign * position.quantity),
            "leverage": leverage,
            "entryPx": dec(position.entry_price),
            "positionValue": dec(view.notional),
            "unrealizedPnl": dec(view.unrealized_pnl),
            "returnOnEquity": dec(view.unrealized_pnl / initial) if initial else "0.0",
            "liquidationPx": dec(liquidation) if 0 < liquidation < 1_000_000_000 else None,
            "marginUsed": dec(margin),
            "maxLeverage": self.engine.world.contract(position.symbol).max_leverage,
            "cumFunding": dict.fromkeys(("allTime", "sinceOpen", "sinceChange"), dec(-position.funding)),
        }

    @post("/info activeAssetData", weight=20)
    def active(self, request: sim.Request) -> dict[str, Any]:
        """The setting of a coin, with or without a position."""
        fields = request.fields()
        spec = self.named(asked(fields, "coin"))
        if spec is None:
            raise MALFORMED
        settings, mark = request.account.settings(spec.symbol), self.engine.world.mark(spec.symbol)
        isolated = settings.margin_mode is sim.MarginMode.ISOLATED
        leverage = settings.long_leverage if isolated else settings.cross_leverage
        free = self.engine.margins.wallet(request.account, COIN).available
        return {
            "user": str(fields["user"]).lower(),
            "coin": spec.base,
            "leverage": {"type": str(settings.margin_mode), "value": int(leverage)},
            "maxTradeSzs": [dec((free * leverage / mark) // spec.step * spec.step)] * 2,
            "availableToTrade": [dec(free)] * 2,
            "markPx": dec(mark),
        }

    # Settings

    @post("/exchange updateLeverage", ACTIONS, sim.Kind.SETTING)
    def update_leverage(self, request: sim.Request) -> dict[str, Any]:
        """Margin mode and leverage in one."""
        action, account = request.fields()["action"], request.account
        spec = self.asset(action.get("asset"))
        leverage, crosses = action.get("leverage"), action.get("isCross")
        if not isinstance(leverage, int) or not isinstance(crosses, bool):
            raise MALFORMED
        mode = sim.MarginMode.CROSS if crosses else sim.MarginMode.ISOLATED
        changes = account.settings(spec.symbol).margin_mode is not mode
        if changes and not any(True for _ in account.positions_of(symbol=spec.symbol)):
            for order in account.open_orders.values():
                if order.symbol == spec.symbol:
                    order.margin_mode = mode  # only a position is in the way here
            account.settings(spec.symbol).margin_mode = mode
        elif changes:
            self.engine.settings.set_margin_mode(account, spec.symbol, mode)
        self.engine.settings.set_leverage(account, spec.symbol, Decimal(leverage), every_mode=True)
        return DEFAULT

    @post("/exchange updateIsolatedMargin", ACTIONS, sim.Kind.DELTA)
    def update_margin(self, request: sim.Request) -> dict[str, Any]:
        """Millionths of a USDC."""
        action, account = request.fields()["action"], request.account
        spec, units = self.asset(action.get("asset")), action.get("ntli")
        if not isinstance(units, int):
            raise MALFORMED
        position = account.net_position(spec.symbol)
        if position is None:
            raise errors.NoPosition("there is none")
        self.engine.settings.adjust_margin(account, spec.symbol, position.side, Decimal(units) / 1_000_000)
        return DEFAULT

    @post("/exchange noop", ACTIONS, sim.Kind.SETTING)
    def noop(self, request: sim.Request) -> dict[str, Any]:
        """Uses its nonce up."""
        return DEFAULT

    @post("/exchange setReferrer", ACTIONS, sim.Kind.SETTING)
    def set_referrer(self, request: sim.Request) -> dict[str, Any]:
        return DEFAULT

    # Changes of balance

    @post("/info userFunding", weight=21)
    def funding(self, request: sim.Request) -> list[dict[str, Any]]:
        """What was paid is below zero."""
        return self._between(request, sim.LedgerKind.FUNDING, self._funding_row)

    def _funding_row(self, row: sim.LedgerRow) -> dict[str, Any]:
        spec: sim.ContractSpec = self.engine.world.contract(row.symbol or "")
        rate = self.engine.world.marks.funding_rate(spec, row.created_ms - 1)
        delta = {"type": "funding", "coin": spec.base, "usdc": dec(row.amount), "szi": "1.0", "fundingRate": dec(rate)}
        return {"time": row.created_ms, "hash": NO_HASH, "delta": delta | {"nSamples": None}}

    @post("/info userNonFundingLedgerUpdates", weight=21)
    def updates(self, request: sim.Request) -> list[dict[str, Any]]:
        """Without trades and their fees, which are in the fills."""
        return self._between(request, sim.LedgerKind.TRANSFER, _transfer_row)

    def _between(self, request: sim.Request, kind: sim.LedgerKind, to_row: Any) -> list[dict[str, Any]]:
        start, end = span(request)
        rows = [
            to_row(row)
            for row in request.account.ledger
            if row.kind is kind and row.coin == COIN and start <= row.created_ms <= end
        ]
        return rows[:500]


def _transfer_row(row: sim.LedgerRow) -> dict[str, Any]:
    delta: dict[str, Any] = {"type": "deposit", "usdc": dec(row.amount)}
    if row.amount < 0:
        delta = {"type": "withdraw", "usdc": dec(-row.amount), "fee": "0.0", "nonce": row.created_ms}
    return {"time": row.created_ms, "hash": f"0x{row.id:064x}", "delta": delta}


def span(request: sim.Request) -> tuple[int, int]:
    """Both ends count; the first must be named."""
    fields = request.fields()
    start, end = asked(fields, "startTime"), part(fields, "endTime")
    if not isinstance(start, int) or not (end is None or isinstance(end, int)):
        raise MALFORMED
    return start, 1 << 62 if end is None else end
