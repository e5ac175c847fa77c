"""The account half of the client: balances, modes, leverage, positions, ledger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable
from decimal import Decimal
from typing import Any, TypeVar, cast

import futures_async.adapter as fa
from futures_async.adapter import chosen, side_by_side, to_text, unread_of, windows
from futures_async.adapters._rows import account_in, listed
from futures_async.adapters.bybit import endpoints, mapping, wire
from futures_async.adapters.bybit.codes import UNCHANGED
from futures_async.adapters.bybit.lists import Scope, following, of_contract, of_market
from futures_async.adapters.bybit.market import MarketCalls
from futures_async.adapters.bybit.symbols import category_of, named

T = TypeVar("T")

_MODE_WORDS = {fa.MarginMode.ISOLATED: "ISOLATED_MARGIN", fa.MarginMode.CROSS: "REGULAR_MARGIN"}
SHOWN = "BTCUSDT"
MODE_GOOD_S = 360.0
"""So long the margin mode that was read is taken for that of pushes, and of balances in audits."""
_MODE_CODES = {fa.PositionMode.ONE_WAY: 0, fa.PositionMode.HEDGE: 3}


class AccountCalls(MarketCalls):
    """What concerns the account, and not single orders."""

    margin_step = Decimal("0.0001")
    leverage_step = None
    leverage_by_side = True
    _modes: dict[str, fa.PositionMode]
    """By contract, as far as they were seen: no call tells them of a whole account."""
    _mode_read: fa.MarginMode | None
    """The margin mode as it was read last."""
    _mode_reads: list[int]
    """How many readings of it were begun, which of them is told by `_mode_read`, and how many were when it was set."""
    _mode_good_until: float
    """How long that one is taken for the present one, on the event loop's clock."""

    # Modes

    async def _margin_mode(self) -> fa.MarginMode | None:
        self._mode_reads[0] += 1
        begun = self._mode_reads[0]
        mode = mapping.margin_mode(await self._call(endpoints.INFO))
        if begun > self._mode_reads[1]:  # one that was begun before another tells nothing newer, however late it comes
            changed = self._mode_reads[1] > 0 and mode is not self._mode_read
            self._mode_reads[1], self._mode_read = begun, mode
            self._mode_good_until = self._channel.transport.runtime().now() + MODE_GOOD_S
            if changed:
                self._streams.look_again()
        return mode

    async def _beside_mode(self, read: Callable[[], Awaitable[T]]) -> tuple[T, fa.MarginMode | None]:
        """A read whose rows do not say in which margin mode the account is, and that mode: both at the same time.

        Reads of positions and money that are begun together have one reading of it, unless the mode was set meanwhile.
        """

        async def part(rows: bool) -> list[Any]:
            return [await read() if rows else await self._once(("margin mode", self._mode_reads[2]), self._margin_mode)]

        found, mode = await side_by_side(part, (True, False))
        return found, mode

    async def set_margin_mode(
        self, mode: fa.MarginModeLike, *, symbol: str | None = None, margin_coin: str = "USDT"
    ) -> None:
        """Set the margin mode of the whole account: leave the symbol out.

        Raises:
            MarginModeConflict: Positions, orders, hedged contracts or collateral stand in the way; all reasons at once.
        """
        mode = chosen(fa.MarginMode, mode, "mode")
        if symbol is not None:
            raise fa.NotSupported(f"{self.id}: set_margin_mode is for the whole account here: leave the symbol out")
        try:
            await self._apply(
                ("set_margin_mode",),
                mode,
                send=lambda: self._call(endpoints.SET_MARGIN_MODE, body={"setMarginMode": _MODE_WORDS[mode]}),
                read=self._margin_mode,
                stands=lambda found: found is mode,
                unchanged=UNCHANGED,
            )
        finally:
            self._mode_reads[2] = self._mode_reads[0]

    async def _known_position_mode(self, venue_symbol: str) -> fa.PositionMode:
        """Of one contract, read once: only those that settle in USDT have a hedge mode."""
        if not named(venue_symbol).hedges:
            return fa.PositionMode.ONE_WAY
        found = self._modes.get(venue_symbol)
        if found is None:
            found = await self._once(("mode", venue_symbol), lambda: self._read_mode(venue_symbol))
        return found

    async def _read_mode(self, venue_symbol: str) -> fa.PositionMode:
        rows = await self._of_contract(venue_symbol)
        mode = mapping.mode_of(rows)
        if mode is None:
            raise fa.DecodeError(f"{self.id}: {venue_symbol} has no row that shows its position mode", path="$.list")
        self._modes[venue_symbol] = mode
        return mode

    def _heard(self, plan: fa.PlannedOrder, error: fa.FuturesAsyncError) -> None:
        if isinstance(error, fa.PositionModeConflict):
            self._modes.pop(plan.venue_symbol, None)
        super()._heard(plan, error)

    async def _position_mode_of(self, venue_symbol: str | None) -> fa.PositionMode:
        """Read a contract's position mode, which its positions show, also while it is flat.

        Raises:
            SymbolNeeded: Without a symbol: the mode is each contract's own.
        """
        if venue_symbol is None:
            raise fa.SymbolNeeded(f"{self.id}: each contract has a position mode of its own: name the symbol")
        return await self._read_mode(venue_symbol) if named(venue_symbol).hedges else fa.PositionMode.ONE_WAY

    async def set_position_mode(self, mode: fa.PositionModeLike, *, symbol: str | None = None) -> fa.PositionMode:
        """Set the position mode of a contract settled in USDT, or without a symbol of all of them.

        Of all, those with a position or an order are left as they are, without a word: what is open is read back, and
        one contract that is flat. USDC and inverse contracts are one-way for ever.

        Raises:
            PositionModeConflict: The contract has positions or orders.
            SettingNotApplied: Of all contracts, some kept their mode: they have positions or orders.
        """
        mode = chosen(fa.PositionMode, mode, "mode")
        name = None if symbol is None else self.venue_symbol(symbol)
        if name is not None and not named(name).hedges:
            if mode is fa.PositionMode.ONE_WAY:
                return mode
            raise fa.NotSupported(f"{self.id}: only contracts that settle in USDT have a hedge mode, not {symbol}")
        target = {"coin": "USDT"} if name is None else {"symbol": name}
        body = {"category": "linear", **target, "mode": _MODE_CODES[mode]}

        async def read() -> set[fa.PositionMode]:
            if name is not None:
                rows = list(await self._of_contract(name))
            else:
                rows = list(await self._all_rows(endpoints.POSITIONS, of_market("USDT"), endpoints.POSITIONS_PAGE))
                # What is held says nothing of the others, and may be nothing: one that is flat shows its mode too.
                rows += await self._of_contract(await self._flat_one(rows))
            return {found for row in rows if (found := mapping.mode_of([row])) is not None}

        try:
            await self._apply(
                ("set_position_mode", name or "USDT"),
                mode,
                send=lambda: self._call(endpoints.SWITCH_MODE, body=body),
                read=read,
                stands=lambda found: found == {mode},
                unchanged=UNCHANGED,
            )
        finally:
            self._modes.clear()
        return mode

    async def _flat_one(self, held: Iterable[wire.WirePosition]) -> str:
        """A contract that has both modes, and neither a position nor an order, which keep its mode: that of the largest
        market, or the first of the list."""
        await self._know_contracts()
        orders = await self._all_rows(endpoints.OPEN, of_market("USDT"), endpoints.OPEN_PAGE)
        busy = {str(row.symbol).upper() for row in held} | {str(row.symbol).upper() for row in orders}
        names = [name for name in self._contracts.rows if named(name).hedges and name not in busy]
        if not names:
            raise fa.SymbolNotFound(
                "no flat contract settles in USDT", venue=self.id, endpoint=endpoints.POSITIONS.name
            )
        return SHOWN if SHOWN in names else names[0]

    # Leverage

    async def _of_contract(self, name: str) -> fa.Rows[wire.WirePosition]:
        """A contract's rows: one, or in hedge mode two, also while it is flat."""
        answer = await self._rows(endpoints.POSITIONS, of_contract(name))
        return fa.Rows(listed(answer.rows)).without(unread_of(answer.rows))

    async def _read_leverage(self, venue_symbol: str, margin_mode: fa.MarginMode | None) -> fa.Leverage:
        """Of another margin mode than the account's nothing is known."""
        contract = await self.fetch_contract(venue_symbol)
        rows, mode = await self._beside_mode(lambda: self._of_contract(venue_symbol))
        if margin_mode not in (None, mode):
            return mapping.to_leverage([], venue_symbol, margin_mode, contract.max_leverage)
        return mapping.to_leverage(rows, venue_symbol, mode, contract.max_leverage)

    async def _leverage_change(
        self, venue_symbol: str, leverage: Decimal, margin_mode: fa.MarginMode | None, side: fa.PositionSide | None
    ) -> fa.LeverageChange:
        """A side has its own in isolated margin and hedge mode, where the two may differ.

        Raises:
            InvalidRequest: The account is in another margin mode than the one that is named.
        """
        if leverage < 1:
            raise fa.InvalidRequest(f"leverage is 1 or more, not {to_text(leverage)}")
        wanted = dict.fromkeys(fa.PositionSide if side is None else (side,), leverage)

        async def in_turn() -> fa.LeverageChange:
            found = await self.fetch_leverage(venue_symbol)
            if margin_mode not in (None, found.margin_mode):
                mode = "portfolio" if found.margin_mode is None else found.margin_mode.value
                raise fa.InvalidRequest(f"{self.id}: the account is in {mode} margin: set_margin_mode changes that")
            told = {fa.PositionSide.LONG: found.long_leverage, fa.PositionSide.SHORT: found.short_leverage}
            both = {one: value for one, value in told.items() if value is not None} | wanted
            if len(both) < len(told):
                raise fa.InvalidRequest(f"{self.id}: {venue_symbol} is not in hedge mode: both sides have one leverage")
            body = {
                "category": category_of(venue_symbol),
                "symbol": venue_symbol,
                "buyLeverage": to_text(both[fa.PositionSide.LONG]),
                "sellLeverage": to_text(both[fa.PositionSide.SHORT]),
            }
            return fa.LeverageChange([fa.Call(endpoints.SET_LEVERAGE, body)], sides=both)

        return fa.LeverageChange((), sides=wanted, unchanged=UNCHANGED, in_turn=in_turn)

    # Balances

    async def _wallet(self) -> wire.WireWallet:
        """The whole account; its list holds one."""

        def first(answer: wire.WireRows[wire.WireWallet]) -> wire.WireWallet | None:
            return next(iter(listed(answer.rows)), None)

        return await self._pick(endpoints.WALLET, {"accountType": "UNIFIED"}, first)

    async def fetch_account(self, margin_coin: str = "USDT") -> fa.Account:
        """Read one coin; `"USD"` is the whole account, which backs cross positions and is counted in USD.

        Raises:
            NotSupported: `"USD"` in isolated margin, where the venue's totals mean nothing.
        """
        coin = margin_coin.upper()
        wallet, mode = await self._beside_mode(self._wallet)
        if coin == mapping.USD:
            if mode is fa.MarginMode.ISOLATED:
                raise fa.NotSupported(f"{self.id}: an account in isolated margin has no totals: read its coins")
            return mapping.totals(mode).one(wallet)
        reading = mapping.accounts(mode)
        zeros = dict.fromkeys(("equity", "wallet_balance", "position_im", "order_im", "locked", "bonus"), "0")
        nothing = wire.WireCoin(coin=coin, **cast("dict[str, Any]", zeros))
        return account_in(coin, reading.each(wallet.coin, lambda _: wallet), lambda: reading.one(nothing, wallet))

    async def fetch_accounts(self) -> list[fa.Account]:
        """Read every coin that is not zero. The account's totals in USD are `fetch_account("USD")`."""
        wallet, mode = await self._beside_mode(self._wallet)
        return mapping.accounts(mode).all(wallet.coin, lambda _: wallet)

    async def _accounts_watched(self) -> list[fa.Account]:
        """The margin mode is read with the positions: one that has changed has this read again."""
        if self._channel.transport.runtime().now() >= self._mode_good_until:
            return await self.fetch_accounts()
        wallet = await self._wallet()
        return mapping.accounts(self._mode_read).all(wallet.coin, lambda _: wallet)

    # Positions

    async def fetch_positions(self, symbol: str | None = None) -> list[fa.Position]:
        """Read the open positions: of one contract, or of all kinds that the option `markets` names."""
        scopes = self._scopes(None if symbol is None else self.venue_symbol(symbol))

        async def held(scope: Scope) -> list[fa.Rows[wire.WirePosition]]:
            return [await self._all_rows(endpoints.POSITIONS, scope, endpoints.POSITIONS_PAGE)]

        parts, mode = await self._beside_mode(lambda: side_by_side(held, scopes))
        lost = tuple(row for part in parts for row in unread_of(part))
        return mapping.positions(mode).all(fa.Rows(row for part in parts for row in part).without(lost))

    async def _margin_move(self, position: fa.Position, amount: Decimal) -> fa.Call:
        hedged = position.position_mode is fa.PositionMode.HEDGE
        index = mapping.INDEX[position.side] if hedged else 0
        params = of_contract(position.venue_symbol).params
        return fa.Call(endpoints.ADD_MARGIN, {**params, "margin": to_text(amount), "positionIdx": index})

    async def _closed_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.PositionHistory]:
        """Of two years: one row for each order that has closed something."""
        scopes = self._categories(query.symbol)
        lists = [self._asking(endpoints.CLOSED, scope, mapping.closed_positions()) for scope in scopes]
        return await self._merged(lists, query, cursor, endpoints.REACH)

    @staticmethod
    def _closed_identity(row: fa.PositionHistory) -> Hashable:
        return str(row.raw.order_id), row

    # Ledger

    async def _ledger_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.LedgerEntry]:
        """The transaction log; the venue filters by coin, the core by the rest."""
        reading = mapping.ledger_entries()

        async def ask(bounds: windows.Bounds) -> windows.Part[fa.LedgerEntry]:
            asked: dict[str, str | int | None] = {"accountType": "UNIFIED", "currency": query.margin_coin}
            seen: set[str | None] = set()
            while True:
                seen.add(bounds.cursor)
                answer = await self._call(endpoints.RECORDS, {**asked, **bounds.named(*endpoints.BOUNDS)})
                rows, lost = listed(answer.rows), unread_of(answer.rows)
                cursor = following(answer, bounds.cursor, blank=True)
                if rows or lost or cursor in seen or cursor is None:
                    break
                # A page may be empty although others follow.
                bounds = bounds._replace(cursor=cursor)
            found, unread = reading.each(fa.Rows(mapping.records(rows)).without(lost))
            return windows.Part(found, cursor, unread)

        return await self._merged([ask], query, cursor, endpoints.RECORDS_REACH)
