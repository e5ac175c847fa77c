"""The account half of the client: balances, modes, leverage, positions, and what has happened to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Protocol, TypeVar

import futures_async.adapter as fa
from futures_async.adapter import chosen, to_text, unread_of, windows
from futures_async.adapters._rows import account_in, all_of, listed, readable, row_of
from futures_async.adapters.okx import endpoints, mapping, wire

M = TypeVar("M", fa.Order, fa.Fill, fa.LedgerEntry)
T = TypeVar("T")


class Named(Protocol):
    """A row that names its contract."""

    @property
    def inst_id(self) -> str | None:
        """The venue's id."""
        ...


N = TypeVar("N", bound=Named)
Size = Callable[[N], fa.Contract]
"""The contract that a row is in; raises `DecodeError` where it is not known."""


class OKXAccount(fa.Adapter):
    """What concerns the account, and not single orders."""

    pairs = fa.Names(mapping.to_venue_symbol, mapping.unified_symbol)
    leverage_step = None
    leverage_by_mode = leverage_by_side = True
    _margin_mode: fa.MarginMode

    async def _first(self, endpoint: fa.Endpoint[list[T]], params: fa.Params | None = None) -> T:
        """The one row of an answer: here every answer is a list.

        Raises:
            DecodeError: There is none.
        """
        for row in await self._call(endpoint, params):
            return row
        raise fa.DecodeError(f"{self.id} {endpoint.name}: the answer holds no row", path="data")

    async def _sizes(self, rows: Iterable[N]) -> Size[N]:
        """The contracts of rows: without them a number of contracts says nothing."""
        contract_of = await self._sizes_of((row.inst_id for row in rows), "instId")
        return lambda row: contract_of(row.inst_id)

    async def _row(self, endpoint: fa.Endpoint[list[N]], params: fa.Params) -> N:
        """Read the row of what `instId` names; none at all means that there is no such thing."""
        find = row_of(str(params["instId"]), endpoint, self.id, named="inst_id")
        return await self._pick(endpoint, params, find)

    # Modes

    async def fetch_account_config(self) -> wire.WireConfig:
        """Whose key this is, what it may do, and the account's mode (`acctLv`: 1 has no swaps).

        https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-account-configuration
        """
        return readable(await self._first(endpoints.CONFIG))

    async def _position_mode_of(self, venue_symbol: str | None) -> fa.PositionMode:
        """Read the position mode: one for the whole account, whatever the symbol."""
        return mapping.position_mode(await self._first(endpoints.CONFIG))

    async def set_position_mode(self, mode: fa.PositionModeLike, *, symbol: str | None = None) -> fa.PositionMode:
        try:
            return await super().set_position_mode(mode, symbol=symbol)
        except fa.PositionModeConflict:
            # Refused while something is open, also where nothing would change.
            found = await self._position_mode_of(None)
            if found is not chosen(fa.PositionMode, mode, "mode"):
                raise
            return found

    def _position_mode_change(self, mode: fa.PositionMode) -> fa.Call:
        """Of the whole account; no position and no order may be open."""
        word = next(word for word, meant in mapping.POSITION_MODE.items() if meant is mode)
        return fa.Call(endpoints.SET_POSITION_MODE, {"posMode": word})

    # Leverage

    async def _read_leverage(self, venue_symbol: str, margin_mode: fa.MarginMode | None) -> fa.Leverage:
        """The leverage that is set for a margin mode: the one that orders have unless they say another."""
        mode = margin_mode or self._margin_mode
        contract = await self.fetch_contract(venue_symbol)

        def of_this(rows: list[wire.WireLeverage]) -> list[wire.WireLeverage] | None:
            own = [row for row in rows if row.inst_id == venue_symbol and row.mgn_mode == mode.value]
            return own or None

        rows = await self._pick(endpoints.LEVERAGE, {"instId": venue_symbol, "mgnMode": mode.value}, of_this)
        return mapping.to_leverage(rows, venue_symbol, contract.max_leverage)

    async def _leverage_change(
        self, venue_symbol: str, leverage: Decimal, margin_mode: fa.MarginMode | None, side: fa.PositionSide | None
    ) -> fa.LeverageChange:
        """A side has its own in isolated margin and hedge mode.

        Positions and pending orders of the contract are given new margins at once. Whether cross leverage is the
        contract's or its whole family's the venue's pages say differently.
        """
        mode = margin_mode or self._margin_mode
        apart = (
            mode is fa.MarginMode.ISOLATED and await self._known_position_mode(venue_symbol) is fa.PositionMode.HEDGE
        )
        if side is not None and not apart:
            raise fa.InvalidRequest(f"{self.id}: both sides have one leverage here: leave the side out")
        body = {"instId": venue_symbol, "lever": to_text(leverage), "mgnMode": mode.value}
        sides = {} if not apart else dict.fromkeys(fa.PositionSide if side is None else (side,), leverage)
        bodies = [{**body, "posSide": one.value} for one in sides] or [body]
        return fa.LeverageChange([fa.Call(endpoints.SET_LEVERAGE, each) for each in bodies], mode, sides)

    # Balances

    async def fetch_account(self, margin_coin: str = "USDT") -> fa.Account:
        """Read one coin; `"USD"` is the whole account, which has margins in multi-currency and portfolio mode."""
        balance, coins, config = await self._balances()
        coin = margin_coin.upper()
        if coin == mapping.USD:
            return mapping.totals().one(balance, config)
        reading = mapping.accounts()
        nothing = wire.WireCoin(ccy=coin, eq="0", cash_bal="0", avail_eq="0", frozen_bal="0", upl="0")
        return account_in(coin, reading.each(coins, lambda _: config), lambda: reading.one(nothing, config))

    async def fetch_accounts(self) -> list[fa.Account]:
        """Read every coin that is not zero. The account's totals in USD are `fetch_account("USD")`."""
        _, coins, config = await self._balances()
        return mapping.accounts().all(coins, lambda _: config)

    async def _balances(self) -> tuple[wire.WireBalance, list[wire.WireCoin], wire.WireConfig]:
        """The whole account, its coins, and its modes."""
        balance, config = await self._first(endpoints.BALANCE), await self._first(endpoints.CONFIG)
        return balance, listed(balance.details), config

    # Positions

    async def fetch_positions(self, symbol: str | None = None) -> list[fa.Position]:
        """Read the open positions in swaps, whatever they settle in."""
        name = None if symbol is None else self.venue_symbol(symbol)
        params = {**endpoints.SWAP, "instId": name}
        rows = await self._call(endpoints.POSITIONS, params, about=all_of(name, named="inst_id"))
        return mapping.positions().all(rows, await self._sizes(rows))

    async def _margin_move(self, position: fa.Position, amount: Decimal) -> fa.Call:
        body = {
            "instId": position.venue_symbol,
            "posSide": position.side.value if position.position_mode is fa.PositionMode.HEDGE else "net",
            "type": "add" if amount > 0 else "reduce",
            "amt": to_text(amount.copy_abs()),
        }
        return fa.Call(endpoints.MOVE_MARGIN, body)

    async def _closed_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.PositionHistory]:
        """Positions of the last three months that were closed, or of which a part was."""
        params: fa.Params = {**endpoints.SWAP, "instId": query.symbol, "after": cursor, "limit": endpoints.PAGE}
        rows = await self._call(endpoints.PAST_POSITIONS, params)
        found, unread = mapping.closed_positions().each(rows, await self._sizes(rows))
        # Rows of one moment come on one page, which may hold more than its limit for their sake.
        more = len(rows) + len(unread_of(rows)) >= endpoints.PAGE and rows[-1:]
        since_ms = query.since_ms
        ended = bool(found) and since_ms is not None and (found[-1].closed_ms or since_ms) < since_ms
        return fa.Page(found, str(rows[-1].u_time) if more and not ended else None, unread)

    # The past

    async def _ledger_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.LedgerEntry]:
        """Transfers name no contract."""
        params: fa.Params = {"instId": query.symbol, "ccy": query.margin_coin}
        lists = (endpoints.BILLS, endpoints.OLD_BILLS)
        return await self._past(lists, params, "bill_id", mapping.ledger_entries(), query, cursor, sized=False)

    async def _past(
        self,
        lists: Sequence[fa.Endpoint[list[N]]],
        params: fa.Params,
        key: str,
        reading: fa.Reading[N, M],
        query: fa.PageQuery,
        cursor: str | None,
        *,
        sized: bool = True,
    ) -> fa.Page[M]:
        """One page of a recent list merged with its archive, which lags behind it.

        Args:
            lists: The venue's.
            params: What they are asked.
            key: The field of a row that pages go by: `after` an id means older than it.
            reading: Of their rows.
            query: What is wanted.
            cursor: See `windows.history_page`.
            sized: Rows count contracts.
        """

        def asking(endpoint: fa.Endpoint[list[N]]) -> windows.Ask[M]:
            async def ask(bounds: windows.Bounds) -> windows.Part[M]:
                rows = await self._call(endpoint, {**params, **bounds.named("begin", "end", "limit", "after")})
                found, unread = reading.each(rows, await self._sizes(rows) if sized else None)
                full = rows and len(rows) + len(unread_of(rows)) >= bounds.limit
                return windows.Part(found, str(getattr(rows[-1], key)) if full else None, unread)

            return ask

        return await self._merged([asking(endpoint) for endpoint in lists], query, cursor, endpoints.REACH)
