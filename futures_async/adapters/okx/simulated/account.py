"""Balances, modes, leverage, positions and bills, as a futures-mode account has them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.okx.simulated import base
from futures_async.adapters.okx.simulated.base import in_contracts, inst_id
from futures_async.adapters.okx.simulated.orders import trade_type
from futures_async.simulator.venue import errors, get, listing, money, plain, post, rounded

TEN, FIVE = sim.RateLimit(10, 2.0), sim.RateLimit(5, 2.0)


def _of_coin(request: sim.Request, row: sim.LedgerRow) -> bool:
    return request.params.get("ccy") in (None, "", row.coin)


def _apart(wallet: sim.Wallet) -> Decimal:
    """What isolated positions are worth; cash is without it, and what is frozen has it."""
    return wallet.isolated_margin + wallet.isolated_unrealized


class AccountCalls(base.OKXSide):
    """What concerns the account."""

    # -- balances and modes

    @get(f"{base.API}/account/balance", TEN)
    def balance(self, request: sim.Request) -> dict[str, Any]:
        """Coins that are not zero. The account's own margins are empty in futures mode."""
        account, asked = request.account, [name for name in request.params.get("ccy", "").split(",") if name]
        wallets = [self.engine.margins.wallet(account, coin) for coin in account.balances]
        return self.balance_row([w for w in wallets if w.balance and (not asked or w.coin in asked)])

    def balance_row(self, wallets: list[sim.Wallet]) -> dict[str, Any]:
        """Totals, and the coins that are named."""
        now = str(self.engine.now_ms)
        total = sum((wallet.equity * self.dollars(wallet.coin) for wallet in wallets), sim.ZERO)
        empty = ("adjEq", "availEq", "imr", "mmr", "mgnRatio", "ordFroz", "notionalUsd", "upl", "borrowFroz")
        return {
            "uTime": now,
            "totalEq": plain(money(total)),
            "isoEq": plain(money(sum((_apart(w) * self.dollars(w.coin) for w in wallets), sim.ZERO))),
            **dict.fromkeys(empty, ""),
            "details": [self._coin(wallet, now) for wallet in wallets],
        }

    def _coin(self, wallet: sim.Wallet, now: str) -> dict[str, Any]:
        used = wallet.cross_margin + wallet.order_margin + _apart(wallet)
        ratio = wallet.margin_ratio
        return {
            "ccy": wallet.coin,
            "eq": plain(wallet.equity),
            "cashBal": plain(wallet.balance - wallet.isolated_margin),
            "availBal": plain(wallet.available),
            "availEq": plain(wallet.available),
            "frozenBal": plain(used),
            "ordFrozen": plain(wallet.order_margin),
            "upl": plain(wallet.unrealized),
            "isoEq": plain(_apart(wallet)),
            "isoUpl": plain(wallet.isolated_unrealized),
            "imr": plain(wallet.cross_margin),
            "mmr": plain(wallet.cross_maintenance),
            # Large is safe here: it is equity over maintenance margin.
            "mgnRatio": plain(rounded(1 / ratio)) if ratio else "",
            "eqUsd": plain(money(wallet.equity * self.dollars(wallet.coin))),
            "disEq": plain(money(wallet.equity * self.dollars(wallet.coin))),
            **dict.fromkeys(("uplLiab", "liab", "interest", "maxLoan", "rewardBal"), ""),
            "twap": "0",
            "stgyEq": "0",
            "notionalLever": "0",
            "collateralEnabled": False,
            "colRes": "0",
            "uTime": now,
        }

    @get(f"{base.API}/account/config", FIVE)
    def config(self, request: sim.Request) -> dict[str, Any]:
        account = request.account
        return {
            "uid": account.uid,
            "mainUid": account.uid,
            "acctLv": account.extra.get("acctLv", "2"),
            "posMode": base.MODE_WORDS[account.default_mode],
            "acctStpMode": "cancel_maker",
            "autoLoan": False,
            "ctIsoMode": "automatic",
            "greeksType": "PA",
            "level": "Lv1",
            "levelTmp": "",
            "ip": "",
            "perm": "read_only,trade",
            "label": "simulated",
            "mgnIsoMode": "automatic",
            "kycLv": "2",
            "roleType": "0",
            "settleCcy": "USDC",
            "settleCcyList": ["USD", "USDC"],
            "type": "0",
        }

    @post(f"{base.API}/account/set-position-mode", FIVE, sim.Kind.SETTING, needs="posMode")
    def set_position_mode(self, request: sim.Request) -> dict[str, str]:
        """Of the whole account; nothing may be open."""
        mode = base.READER.pick(request.fields(), "posMode", base.POSITION_MODES)
        if request.account.positions or request.account.open_orders:
            raise errors.PositionModeLocked("something is open")
        self.engine.settings.set_position_mode(request.account, None, mode)
        return {"posMode": base.MODE_WORDS[mode]}

    @get(f"{base.API}/account/leverage-info", base.PRIVATE_READ, needs="mgnMode")
    def leverage_info(self, request: sim.Request) -> list[dict[str, str]]:
        """In long/short mode a row for each side, in net mode one."""
        account, mode = request.account, base.READER.pick(request.params, "mgnMode", base.MARGIN_MODES)
        rows: list[dict[str, str]] = []
        for name in request.params.get("instId", "").split(","):
            contract = self.contract({"instId": name})
            settings = account.settings(contract.symbol)
            hedge = account.mode(contract.symbol) is sim.PositionMode.HEDGE
            for word, side in base.SIDES.items() if hedge else [("net", sim.PositionSide.LONG)]:
                lever = plain(settings.leverage(side, mode))
                rows.append({"instId": name, "mgnMode": mode.value, "posSide": word, "lever": lever, "ccy": ""})
        return rows

    @post(
        f"{base.API}/account/set-leverage",
        base.PRIVATE_READ,
        sim.Kind.SETTING,
        needs="lever mgnMode",
        codes={errors.InsufficientMargin: "59109"},
    )
    def set_leverage(self, request: sim.Request) -> dict[str, str]:
        """Isolated in long/short mode wants a side; everywhere else there is one leverage."""
        fields, account = request.fields(), request.account
        contract, mode = self.contract(fields), base.READER.pick(fields, "mgnMode", base.MARGIN_MODES)
        apart = mode is sim.MarginMode.ISOLATED and account.mode(contract.symbol) is sim.PositionMode.HEDGE
        side = base.READER.pick(fields, "posSide", base.SIDES) if apart else None
        lever = base.READER.needed_number(fields, "lever")
        if lever < 1:
            raise sim.VenueRefusal("59105", "Leverage can't be less than 1.")
        self.engine.settings.set_leverage(account, contract.symbol, lever, side=side, margin_mode=mode)
        word = "" if side is None else side.value
        return {"instId": inst_id(contract), "lever": plain(lever), "mgnMode": mode.value, "posSide": word}

    @post(
        f"{base.API}/account/position/margin-balance",
        base.PRIVATE_READ,
        sim.Kind.DELTA,
        needs="posSide type amt",
        codes={errors.InsufficientMargin: "59303", errors.NoPosition: "59300"},
    )
    def margin_balance(self, request: sim.Request) -> dict[str, str]:
        """Of isolated positions."""
        fields, account = request.fields(), request.account
        contract, amount = self.contract(fields), base.READER.needed_number(fields, "amt")
        if amount <= 0:
            raise sim.VenueRefusal("51000", "Parameter amt  error")
        adds = base.READER.word(fields, "type", ("add", "reduce")) == "add"
        side = self._side(account, contract.symbol, base.READER.word(fields, "posSide", (*base.SIDES, "net")))
        held = self.engine.settings.adjust_margin(account, contract.symbol, side, amount if adds else -amount)
        leverage = contract.value(held.quantity, held.entry_price) / held.margin
        row = {"instId": inst_id(contract), "posSide": fields["posSide"], "amt": plain(amount), "type": fields["type"]}
        return {**row, "leverage": plain(leverage.quantize(Decimal("0.01"))), "ccy": contract.settle}

    def _side(self, account: sim.Account, symbol: str, word: str) -> sim.PositionSide:
        if word != "net":
            return base.SIDES[word]
        held = account.net_position(symbol)
        if held is None:
            raise errors.NoPosition("no position")
        return held.side

    # -- positions

    @get(f"{base.API}/account/positions", TEN)
    def positions(self, request: sim.Request) -> list[dict[str, Any]]:
        """All open ones; of a contract that is named also the row of one that is gone, with size 0."""
        account, symbols = request.account, self.symbols(request.params)
        held = [position for position in account.positions_of() if position.symbol in symbols]
        rows = [self.position_row(account, self.engine.margins.view(account, position)) for position in held]
        if request.params.get("instId") and not held:
            past = [record for record in account.history if record.position.symbol in symbols]
            rows += [self.closed_row(record) for record in past[-1:]]
        return rows

    def position_row(self, account: sim.Account, view: sim.PositionView) -> dict[str, Any]:
        """Sized in contracts; with `net` the sign is the direction."""
        position, contract = view.position, self.contract_of(view.position.symbol)
        cross, net = position.margin_mode is sim.MarginMode.CROSS, position.mode is sim.PositionMode.ONE_WAY
        book = self.engine.world.book(position.symbol)
        sign = -1 if net and position.side is sim.PositionSide.SHORT else 1
        return self._life(position) | {
            "pos": in_contracts(sign * position.quantity, contract),
            "avgPx": plain(position.entry_price),
            "markPx": plain(view.mark_price),
            "last": plain(book.last),
            "idxPx": plain(book.index_price),
            "bePx": plain(view.break_even_price),
            "liqPx": plain(view.liquidation_price) if view.liquidation_price > 0 else "",
            "upl": plain(money(view.unrealized_pnl)),
            "margin": "" if cross else plain(view.margin),
            "imr": plain(view.margin) if cross else "",
            "mmr": plain(money(view.maintenance_margin)),
            "mgnRatio": plain(rounded(1 / view.margin_ratio)) if view.margin_ratio else "",
            "notionalUsd": plain(money(view.notional)),
            "closeOrderAlgo": [
                {
                    "algoId": str(trigger.id),
                    "tpTriggerPx": plain(trigger.trigger_price) if trigger.kind.is_profit else "",
                    "slTriggerPx": "" if trigger.kind.is_profit else plain(trigger.trigger_price),
                }
                for trigger in account.live_triggers.values()
                if trigger.kind.closes
                and (trigger.symbol, trigger.position_side) == (position.symbol, position.side)
                and trigger.margin_mode is position.margin_mode
            ],
        }

    def closed_row(self, record: sim.PositionRecord) -> dict[str, Any]:
        """As it is pushed once, and listed for a while."""
        empty = ("avgPx", "upl", "liqPx", "imr", "margin", "mmr", "mgnRatio", "bePx", "notionalUsd")
        mark = plain(self.engine.world.mark(record.position.symbol))
        row = self._life(record.position) | {"pos": "0", "markPx": mark, **dict.fromkeys(empty, "")}
        return row | {"uTime": str(record.closed_ms)}

    def _life(self, position: sim.Position) -> dict[str, Any]:
        net, fee = position.mode is sim.PositionMode.ONE_WAY, -position.fee
        return {
            "instType": "SWAP",
            "instId": inst_id(self.contract_of(position.symbol)),
            "posId": str(position.id),
            "tradeId": str(position.id),
            "posSide": "net" if net else position.side.value,
            "mgnMode": position.margin_mode.value,
            "lever": plain(position.leverage),
            "realizedPnl": plain(position.realized_pnl + fee + position.funding),
            "pnl": plain(position.realized_pnl),
            "fee": plain(fee),
            "fundingFee": plain(position.funding),
            "liqPenalty": "0",
            "adl": "1",
            "ccy": position.coin,
            "closeOrderAlgo": list[Any](),  # of a life that is over
            "cTime": str(position.created_ms),
            "uTime": str(position.updated_ms),
            **dict.fromkeys(("availPos", "settledPnl", "usdPx", "interest", "liab", "liabCcy", "posCcy"), ""),
        }

    @get(f"{base.API}/account/positions-history", TEN)
    def positions_history(self, request: sim.Request) -> list[dict[str, str]]:
        """Pages go by the time of the last change."""
        params, symbols = request.params, self.symbols(request.params)
        limit, after = base.READER.whole(params, "limit") or 100, base.READER.whole(params, "after")
        rows = [
            record
            for record in reversed(request.account.history)
            if record.position.symbol in symbols and (after is None or record.closed_ms < after)
        ]
        # All rows of one moment come together.
        last = rows[min(limit, len(rows)) - 1].closed_ms if rows else 0
        return [self._past(record) for index, record in enumerate(rows) if index < limit or record.closed_ms == last]

    def _past(self, record: sim.PositionRecord) -> dict[str, str]:
        position, contract = record.position, self.contract_of(record.position.symbol)
        return {
            "instType": "SWAP",
            "instId": inst_id(contract),
            "posId": str(position.id),
            "posSide": "net" if position.mode is sim.PositionMode.ONE_WAY else position.side.value,
            "direction": position.side.value,
            "mgnMode": position.margin_mode.value,
            "lever": plain(position.leverage),
            "openAvgPx": plain(position.entry_price),
            "closeAvgPx": plain(record.close_price),
            "openMaxPos": in_contracts(position.opened, contract),
            "closeTotalPos": in_contracts(position.closed, contract),
            "pnl": plain(position.realized_pnl),
            "pnlRatio": "0",
            "fee": plain(-position.fee),
            "fundingFee": plain(position.funding),
            "liqPenalty": "0",
            "settledPnl": "",
            "realizedPnl": plain(position.realized_pnl - position.fee + position.funding),
            "triggerPx": "",
            "type": "3" if record.liquidated else "2",
            "ccy": position.coin,
            "uly": inst_id(contract).removesuffix("-SWAP"),
            "cTime": str(position.created_ms),
            "uTime": str(record.closed_ms),
            "nonSettleAvgPx": "",
        }

    # -- bills

    @get(f"{base.API}/account/bills", sim.RateLimit(5, 1.0), of=listing(sim.Lists.ledger, _of_coin, days=7))
    @get(f"{base.API}/account/bills-archive", FIVE, of=listing(sim.Lists.ledger, _of_coin, days=90))
    def bill(self, row: sim.LedgerRow) -> dict[str, str]:
        """Of a week, of three months."""
        kind, sub = _bill_type(row)
        fill, moved = row.fill, row.kind is sim.LedgerKind.MARGIN
        contract = None if row.symbol is None else self.contract_of(row.symbol)
        return {
            "billId": str(row.id),
            "type": kind,
            "subType": sub,
            "ts": str(row.created_ms),
            "ccy": row.coin,
            "balChg": "0" if moved else plain(row.amount - row.fee),
            "posBalChg": plain(-row.amount) if moved else "0",
            "bal": plain(row.balance),
            "posBal": "0",
            "sz": in_contracts(fill.quantity, contract) if fill and contract else "0",
            "px": plain(fill.price) if fill else "",
            "pnl": plain(row.amount) if row.kind is not sim.LedgerKind.TRANSFER else "0",
            "fee": plain(-row.fee),
            "interest": "0",
            "instType": "SWAP" if contract else "",
            "instId": inst_id(contract) if contract else "",
            "mgnMode": fill.order.margin_mode.value if fill else "",
            "ordId": str(fill.order.id) if fill else "",
            "clOrdId": (fill.order.client_id or "") if fill else "",
            "tradeId": str(fill.id) if fill else "0",
            "execType": "" if fill is None else "M" if fill.role is sim.Role.MAKER else "T",
            **dict.fromkeys(("from", "to", "notes", "tag"), ""),
            "fillTime": str(fill.created_ms) if fill else "",
        }


def _bill_type(row: sim.LedgerRow) -> tuple[str, str]:
    """`type` and `subType`."""
    gains: Mapping[sim.LedgerKind, tuple[str, str, str]] = {
        sim.LedgerKind.TRANSFER: ("1", "11", "12"),
        sim.LedgerKind.FUNDING: ("8", "174", "173"),
        # Out of the balance is into the position.
        sim.LedgerKind.MARGIN: ("6", "161", "160"),
    }
    if row.kind in gains:
        kind, gain, loss = gains[row.kind]
        return kind, gain if row.amount >= sim.ZERO else loss
    if row.kind is sim.LedgerKind.LIQUIDATION:
        return "5", "104" if row.position_side is sim.PositionSide.LONG else "105"
    return "2", "" if row.fill is None else trade_type(row.fill)
