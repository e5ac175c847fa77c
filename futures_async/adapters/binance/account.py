"""The account half of the client: balances, modes, leverage, positions, and lists of the past."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import decimal_or_none, side_by_side, to_text, unread_of, unread_rows, walks
from futures_async.adapters._rows import all_of, by_tier, listed, same_name
from futures_async.adapters.binance import endpoints, mapping, wire
from futures_async.adapters.binance.codes import MARGIN_MODE_STANDS, POSITION_MODE_HELD, POSITION_MODE_STANDS
from futures_async.adapters.binance.kind import BinanceKind
from futures_async.adapters.binance.orders import fills, orders

S = TypeVar("S")
T = TypeVar("T")
M = TypeVar("M", fa.Order, fa.Fill, fa.LedgerEntry)
W = TypeVar("W", wire.WireOrder, wire.WireAlgoOrder)
R = TypeVar("R", wire.WirePosition, wire.WireOrder, wire.WireAlgoOrder)
Ask = Callable[[fa.Params], Awaitable[fa.Read[M]]]

POOL_MS = 60_000
"""Multi-assets mode is set elsewhere: looked at again after so long."""
_MARGIN_TYPES = {fa.MarginMode.CROSS: "CROSSED", fa.MarginMode.ISOLATED: "ISOLATED"}


class BinanceAccount(BinanceKind):
    """What concerns the account, and not single orders."""

    pairs = fa.Names(mapping.to_venue_symbol, mapping.to_symbol)
    position_mode_stands = frozenset({POSITION_MODE_STANDS})
    margin_mode_stands = frozenset({MARGIN_MODE_STANDS})

    def _name(self, symbol: str | None) -> str | None:
        return None if symbol is None else self.venue_symbol(symbol)

    async def _list(self, endpoint: fa.Endpoint[list[R]], name: str | None) -> list[R]:
        """A list of one contract or of all; an answer about another contract is none."""
        return await self._call(endpoint, {"symbol": name}, about=all_of(name))

    def _of(self, name: str, row: W, order_id: str | None) -> W:
        """An order that was found by its id alone.

        Raises:
            ResponseMismatch: It is another contract's.
        """
        if not same_name(row.symbol, name):
            raise fa.ResponseMismatch(f"{self.id}: order {order_id} is of {row.symbol}, not of {name}")
        return row

    # Modes

    async def _position_mode_of(self, venue_symbol: str | None) -> fa.PositionMode:
        """Read the position mode: one for the whole account, COIN-M included."""
        return mapping.to_position_mode(await self._call(endpoints.ACCOUNT_CONFIG))

    async def _known_position_mode(self, venue_symbol: str) -> fa.PositionMode:
        """Read once, with the word that says whether the account may trade at all; and whether it is traded here."""
        if self._position_mode is None:

            async def read(whose: bool) -> list[wire.WireAccountConfig]:
                if not whose:
                    return [await self._once("config", lambda: self._call(endpoints.ACCOUNT_CONFIG))]
                await self._check_account(endpoints.ACCOUNT_CONFIG)
                return []

            [config] = await side_by_side(read, (True, False))
            if str(config.can_trade).lower() == "false":
                raise fa.PermissionDenied(
                    "canTrade is false: the account may not trade; nothing was sent",
                    venue=self.id,
                    endpoint=endpoints.ACCOUNT_CONFIG.name,
                )
            self._position_mode = mapping.to_position_mode(config)
        return self._position_mode

    def _position_mode_change(self, mode: fa.PositionMode) -> fa.Call:
        """Of the whole account, COIN-M included; no position and no order may be open there."""
        return fa.Call(endpoints.SET_POSITION_MODE, {"dualSidePosition": mode is fa.PositionMode.HEDGE})

    def _margin_mode_change(self, venue_symbol: str, mode: fa.MarginMode) -> fa.Call:
        """No position and no order may be open in it; in multi-assets mode there is cross margin only."""
        return fa.Call(endpoints.SET_MARGIN_TYPE, {"symbol": venue_symbol, "marginType": _MARGIN_TYPES[mode]})

    async def _put_margin_mode(self, venue_symbol: str, mode: fa.MarginMode) -> fa.Leverage | None:
        try:
            return await super()._put_margin_mode(venue_symbol, mode)
        except fa.PositionModeConflict as error:
            # Seen where the mode stood already: a word about orders that were not there.
            found = await self._leverage_seen(venue_symbol) if error.code == POSITION_MODE_HELD else None
            if found is None or found.margin_mode is not mode:
                raise
            return found

    async def _leverage_seen(self, venue_symbol: str) -> fa.Leverage | None:
        try:
            return await self.fetch_leverage(venue_symbol)
        except fa.FuturesAsyncError:
            return None

    # Leverage

    async def _read_leverage(self, venue_symbol: str, margin_mode: fa.MarginMode | None) -> fa.Leverage:
        """Leverage and margin mode of a contract: one leverage for both sides and both margin modes."""

        def find(rows: list[wire.WireSymbolConfig]) -> wire.WireSymbolConfig | None:
            return next((row for row in rows if row.symbol == venue_symbol), None)

        found = mapping.leverages().one(await self._pick(endpoints.SYMBOL_CONFIG, {"symbol": venue_symbol}, find))
        if margin_mode in (None, found.margin_mode):
            return found
        return msgspec.structs.replace(found, margin_mode=margin_mode)

    async def _leverage_change(
        self, venue_symbol: str, leverage: Decimal, margin_mode: fa.MarginMode | None, side: fa.PositionSide | None
    ) -> fa.LeverageChange:
        return fa.LeverageChange([fa.Call(endpoints.SET_LEVERAGE, {"symbol": venue_symbol, "leverage": int(leverage)})])

    def _margin_mode_of(self, plan: fa.PlannedOrder) -> fa.MarginMode | None:
        """None: whatever it is, the leverage is the same."""
        return None

    async def fetch_risk_limits(self, symbol: str) -> list[fa.RiskLimit]:
        """Read the risk tiers of a contract for this account, smallest first; the venue wants a key for it."""
        name = self.venue_symbol(symbol)

        def find(answer: list[wire.WireBrackets] | wire.WireBrackets) -> wire.WireBrackets | None:
            rows = answer if isinstance(answer, list) else [answer]
            return next((row for row in rows if same_name(row.symbol, name)), None)

        found = await self._pick(endpoints.BRACKETS, {"symbol": name}, find)
        rows = fa.Rows(msgspec.structs.replace(row, symbol=name) for row in found.brackets or ())
        return by_tier(mapping.risk_limits().known(rows.without(unread_of(found.brackets))))

    # Balances and positions

    async def _assets(self) -> list[wire.WireAsset]:
        """The coins, in multi-assets mode with the totals of the pool."""

        async def read(whose: bool) -> list[wire.WireAccount]:
            if whose:
                return [await self._call(endpoints.ACCOUNT)]
            await self._see_pool()
            return []

        [account] = await side_by_side(read, (True, False))
        rows = listed(account.assets)
        beside: dict[str, Any] = {"pooled": self._pooled}
        if self._pooled:
            beside |= {"pool_value": account.total_margin_balance, "pool_maintenance": account.total_maint_margin}
        return fa.Rows(msgspec.structs.replace(row, **beside) for row in rows).without(unread_of(rows))

    async def _see_pool(self) -> None:
        """Know whether the account is in multi-assets mode, as well as it can be told soon: what it was last, else."""
        if self._pooled is None or self._channel.now_ms() - self._pooled_at_ms >= POOL_MS:
            await self._learn("multi-assets mode", self._read_pool)

    async def _read_pool(self) -> None:
        self._pooled = mapping.to_pooled(await self._call(endpoints.ACCOUNT_CONFIG))
        self._pooled_at_ms = self._channel.now_ms()

    async def fetch_account(self, margin_coin: str = "USDT") -> fa.Account:
        """Read one coin of the account.

        In multi-assets mode `available` is the pool's, in this coin's terms, and `margin_ratio` that of the pool;
        `maintenance_margin` is None then. Until it could be read whether the account is in that mode, both are None.
        """
        rows = await self._assets()
        coin = margin_coin.upper()
        row = next((row for row in rows if row.asset == coin), None)
        if row is not None:
            return mapping.accounts().one(row)
        if lost := unread_of(rows):
            raise unread_rows(lost, mapping.accounts().known(rows))
        raise fa.InvalidRequest(f"{self.id}: the account has no margin coin {margin_coin!r}")

    async def fetch_accounts(self) -> list[fa.Account]:
        """Read every coin that is not empty; in multi-assets mode as `fetch_account` does."""
        rows = await self._assets()
        return mapping.accounts().all(
            fa.Rows(row for row in rows if mapping.holds_something(row)).without(unread_of(rows))
        )

    async def fetch_positions(self, symbol: str | None = None) -> list[fa.Position]:
        """Read the open positions, with leverage and margin mode as they are set for their contracts."""
        name = self._name(symbol)
        rows = await self._list(endpoints.POSITIONS, name)
        if not rows and not unread_of(rows):
            return []
        set_for = {str(row.symbol): row for row in await self._call(endpoints.SYMBOL_CONFIG, {"symbol": name})}
        return mapping.positions().all(fa.Rows(_with_setting(row, set_for) for row in rows).without(unread_of(rows)))

    async def _margin_move(self, position: fa.Position, amount: Decimal) -> fa.Call:
        body: dict[str, str | int] = {
            "symbol": position.venue_symbol,
            "amount": to_text(amount.copy_abs()),
            "type": 1 if amount > 0 else 2,
        }
        if position.position_mode is fa.PositionMode.HEDGE:
            body["positionSide"] = position.side.value.upper()
        return fa.Call(endpoints.ADJUST_MARGIN, body)

    async def _own_margin(self, position: fa.Position) -> Decimal | None:
        """Without profit and loss, which move by themselves."""
        for row in await self._list(endpoints.POSITIONS, position.venue_symbol):
            if row.position_side == position.raw.position_side:
                return decimal_or_none(row.isolated_wallet, "isolatedWallet")
        return None

    # The past

    async def _orders_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
        """Orders of the last 90 days; what was cancelled without a fill is there for three."""
        return await self._past(endpoints.ORDER_PAGE, query, cursor, self._asking(endpoints.ALL_ORDERS, orders()))

    async def _fills_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Fill]:
        """Without a symbol: of contracts in which money moved or an order filled at that time, or that are held now.

        What a contract's fills leave behind is one of these, also where they cost no fee.
        """
        if query.symbol is not None:
            return await self._past(endpoints.ORDER_PAGE, query, cursor, self._asking(endpoints.FILLS, fills()))
        return await self._past(endpoints.ORDER_PAGE, query, cursor, self._every_fill)

    async def _every_fill(self, params: fa.Params) -> fa.Read[Any]:
        """The venue lists executions per contract: as many rows as a page holds say that the time is to be cut."""
        bounds = {name: value for name, value in params.items() if name != "symbol"}
        moved = await self._call(endpoints.INCOME, bounds)
        if len(moved) >= endpoints.PAGE:
            return mapping.ledger_entries().each(moved)
        placed = await self._call(endpoints.ALL_ORDERS, bounds)
        if len(placed) >= endpoints.PAGE:
            return orders().each(placed)
        held = await self._call(endpoints.POSITIONS)
        names = {row.symbol for row in moved} | {row.symbol for row in held}
        names |= {row.symbol for row in placed if row.executed_qty != "0"}
        wanted = sorted(name for name in names if name)
        rows = await side_by_side(lambda name: self._call(endpoints.FILLS, {**bounds, "symbol": name}), wanted)
        return fills().each(rows)

    async def _ledger_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.LedgerEntry]:
        """Rows of the last three months."""
        ask = self._asking(endpoints.INCOME, mapping.ledger_entries())
        return await self._past(endpoints.LEDGER_PAGE, query, cursor, ask)

    def _asking(
        self, endpoint: fa.Endpoint[list[Any]], reading: fa.Reading[Any, M]
    ) -> Callable[[fa.Params], Awaitable[fa.Read[M]]]:
        """One of the venue's lists, asked with these bounds."""

        async def ask(params: fa.Params) -> fa.Read[M]:
            rows: list[Any] = await self._call(endpoint, params)
            return reading.each(rows)

        return ask

    async def _past(self, cap: walks.Cap, query: fa.PageQuery, cursor: str | None, ask: Ask[M]) -> fa.Page[M]:
        """Rows by windows of time, each cut until its answer is not full: nobody says which rows a full one drops.

        Raises:
            IncompletePage: What is older than the venue keeps was asked for.
        """
        now_ms = self._channel.now_ms()
        oldest = now_ms - endpoints.DEPTH_MS
        since = oldest if query.since_ms is None else max(query.since_ms, oldest)
        if cursor == _BEYOND or (query.until_ms is not None and query.until_ms < oldest):
            raise fa.IncompletePage(f"{self.id}: the venue keeps 90 days: what is older cannot be read")

        async def fetch(window: walks.Window) -> fa.Read[M]:
            bounds = {"startTime": window.start, "endTime": window.end, "limit": cap.rows}
            return await ask({"symbol": query.symbol, **bounds})

        wanted = cap.wanted(msgspec.structs.replace(query, since_ms=since), now_ms)
        page = await walks.split_rows(fetch, wanted, cursor, cap)
        if page.cursor is None and query.since_ms is not None and query.since_ms < oldest:
            return page._replace(cursor=_BEYOND)
        return page


_BEYOND = "beyond"
"""The cursor behind the oldest row that the venue keeps."""


def _with_setting(row: wire.WirePosition, set_for: Mapping[str, wire.WireSymbolConfig]) -> wire.WirePosition:
    setting = set_for.get(str(row.symbol))
    if setting is None:
        return row
    return msgspec.structs.replace(row, leverage=setting.leverage, margin_type=setting.margin_type)
