"""The account half of the client: balances, modes, leverage, positions, ledger, history of positions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import chosen_or_none, to_decimal, to_text, unread_of, windows
from futures_async.adapters._bitget import ProductType
from futures_async.adapters._rows import account_in, listed, same_name
from futures_async.adapters.bitget_uta import endpoints, mapping, wire
from futures_async.adapters.bitget_uta.symbols import unified_symbol, venue_symbol

M = TypeVar("M", bound=fa.Model)
R = TypeVar("R")

_SIDES = {fa.PositionSide.LONG: "long", fa.PositionSide.SHORT: "short"}
_MODES = {fa.MarginMode.CROSS: "crossed", fa.MarginMode.ISOLATED: "isolated"}


class UnifiedAccount(fa.Adapter):
    """What concerns the account, and not single orders."""

    _category: ProductType
    _margin_mode: fa.MarginMode | None
    _isolated_level: bool

    def venue_symbol(self, symbol: str) -> str:
        return venue_symbol(symbol, self._category)

    def unified_symbol(self, venue_symbol: str) -> str:
        return unified_symbol(venue_symbol, self._category)

    # Modes

    async def _read_settings(self) -> wire.WireSettings:
        try:
            return await self._call(endpoints.SETTINGS)
        except fa.PermissionDenied as error:
            # A key with "UTA trade" alone may place orders and cannot learn how to write them.
            error.args = (f"{error.text}; the key needs the permission group UTA mgt. (read) too",)
            raise

    async def identify_account(self) -> str | None:
        """Which adapter of the family this account belongs to, by positive evidence only; see `fa.detect`.

        Settings that can be read are a unified account's; the refusal that names a classic account is the other
        proof. Anything else is raised: a wrong key or a time-out says nothing about the account.
        """
        try:
            await self._call(endpoints.SETTINGS)
        except fa.AccountModeMismatch as error:
            if error.code in ("40084", "25245"):
                return "bitget"
            raise
        return self.id

    async def _known_position_mode(self, venue_symbol: str) -> fa.PositionMode:
        """Read once, from the settings, which also say whether the account may be traded at all now."""
        if self._position_mode is None:
            settings = await self._once("settings", self._read_settings)
            state = str(settings.account_mode or "").lower()
            if state in mapping.SWITCHING:
                raise fa.VenueUnavailable(
                    f"the account is {state}: its modes are not settled, so nothing was sent",
                    venue=self.id,
                    endpoint=endpoints.SETTINGS.name,
                    retryable=True,
                    outcome=fa.Outcome.NOT_SENT,
                )
            self._isolated_level = mapping.account_margin_mode(settings.account_level) is fa.MarginMode.ISOLATED
            self._position_mode = mapping.position_mode(settings.hold_mode)
        return self._position_mode

    async def _position_mode_of(self, venue_symbol: str | None) -> fa.PositionMode:
        """Read the position mode: one for the whole account, whatever the symbol."""
        return mapping.position_mode((await self._read_settings()).hold_mode)

    def _position_mode_change(self, mode: fa.PositionMode) -> fa.Call:
        """Of the whole account, all categories; no position and no order may be open."""
        word = "hedge_mode" if mode is fa.PositionMode.HEDGE else "one_way_mode"
        return fa.Call(endpoints.SET_HOLD_MODE, {"holdMode": word})

    async def set_margin_mode(
        self, mode: fa.MarginModeLike, *, symbol: str | None = None, margin_coin: str = "USDT"
    ) -> None:
        """Not at this venue: the margin mode is said with each order."""
        raise fa.NotSupported(
            f"{self.id}: set_margin_mode is not supported: the margin mode is said with each order "
            "(OrderRequest.margin_mode, or the option margin_mode for all)"
        )

    # Leverage

    async def fetch_leverage(self, symbol: str, margin_mode: fa.MarginModeLike | None = None) -> fa.Leverage:
        """Read the leverage that is set. None where the venue does not say: it lists configured symbols only."""
        margin_mode = chosen_or_none(fa.MarginMode, margin_mode, "margin_mode")
        name = self.venue_symbol(symbol)
        contract = await self.fetch_contract(name)
        row = next(
            (
                row
                for row in (await self._read_settings()).symbol_config_list or ()
                if row.symbol == name and self._is_own(row)
            ),
            None,
        )
        found = mapping.to_leverage(row, name, self._category, contract.max_leverage)
        if margin_mode in (None, found.margin_mode):
            return found
        # The settings show one margin mode; a position of the other one carries its own leverage.
        bare = mapping.to_leverage(None, name, self._category, contract.max_leverage)
        sides = {p.side: p.leverage for p in await self.fetch_positions(name) if p.margin_mode is margin_mode}
        values = set(sides.values())
        return msgspec.structs.replace(
            bare,
            margin_mode=margin_mode,
            leverage=values.pop() if len(values) == 1 else None,
            long_leverage=sides.get(fa.PositionSide.LONG),
            short_leverage=sides.get(fa.PositionSide.SHORT),
        )

    async def set_leverage(
        self,
        symbol: str,
        leverage: fa.Number,
        *,
        margin_mode: fa.MarginModeLike | None = None,
        side: fa.PositionSideLike | None = None,
    ) -> fa.Leverage:
        """Set the leverage of a contract, in cross margin unless told otherwise; `side` is for isolated margin.

        The venue's answer carries no values. What is returned was read back; where the settings do not show the
        symbol in that margin mode, it is what the venue acknowledged.
        """
        margin_mode = chosen_or_none(fa.MarginMode, margin_mode, "margin_mode")
        side = chosen_or_none(fa.PositionSide, side, "side")
        name = self.venue_symbol(symbol)
        times = to_decimal(leverage, "leverage")
        if times < 1 or times != int(times):
            raise fa.InvalidRequest(f"leverage is a whole number from 1 here, not {to_text(times)}")
        mode = margin_mode or self._default_margin_mode()
        if mode is fa.MarginMode.CROSS and side is not None:
            raise fa.InvalidRequest("in cross margin both sides have one leverage: leave the side out")
        body = {"category": self._category, "symbol": name, "leverage": str(int(times)), "marginMode": _MODES[mode]}
        # "posSide: needed for isolated": without a side, one after the other.
        sides = [] if mode is fa.MarginMode.CROSS else [side] if side is not None else list(fa.PositionSide)
        bodies = [{**body, "posSide": _SIDES[each]} for each in sides] or [body]
        acknowledged = False

        async def send() -> None:
            nonlocal acknowledged
            for each in bodies:
                await self._call(endpoints.SET_LEVERAGE, body=each)
            acknowledged = True

        def values(found: fa.Leverage) -> list[Decimal | None]:
            by_side = {fa.PositionSide.LONG: found.long_leverage, fa.PositionSide.SHORT: found.short_leverage}
            return [by_side[each] or found.leverage for each in sides] or [found.leverage]

        def stands(found: fa.Leverage) -> bool:
            return all(value == times or (acknowledged and value is None) for value in values(found))

        found = await self._apply(
            ("set_leverage", self._category, name, mode.value),
            fa.Put(times, mode, tuple((each, times) for each in sides)),
            send=send,
            read=lambda: self.fetch_leverage(name, mode),
            stands=stands,
        )
        if None not in values(found):
            return found
        return msgspec.structs.replace(
            found,
            leverage=times if side is None else found.leverage,
            long_leverage=times if side is fa.PositionSide.LONG else found.long_leverage,
            short_leverage=times if side is fa.PositionSide.SHORT else found.short_leverage,
        )

    def _default_margin_mode(self) -> fa.MarginMode:
        """Of orders that do not say one: the option's, else isolated in accounts of that level, else cross."""
        return self._margin_mode or (fa.MarginMode.ISOLATED if self._isolated_level else fa.MarginMode.CROSS)

    # Balances

    async def fetch_account(self, margin_coin: str = "USDT") -> fa.Account:
        """Read one coin; `"USD"` is the whole account, with its margins, which the venue counts in USD."""
        assets, settings = await self._call(endpoints.ASSETS), await self._read_settings()
        coin = margin_coin.upper()
        if coin == mapping.USD:
            return mapping.totals().one(assets, settings)
        whole, reading = mapping.whole(assets, settings), mapping.accounts()
        nothing = wire.WireAsset(coin=coin, equity="0", balance="0", available="0", locked="0")
        return account_in(coin, reading.each(assets.assets, lambda _: whole), lambda: reading.one(nothing, whole))

    async def fetch_accounts(self) -> list[fa.Account]:
        """Read every coin that is not zero. The account's totals in USD are `fetch_account("USD")`."""
        assets, settings = await self._call(endpoints.ASSETS), await self._read_settings()
        whole = mapping.whole(assets, settings)
        return mapping.accounts().all(assets.assets, lambda _: whole)

    # Positions

    async def fetch_positions(self, symbol: str | None = None) -> list[fa.Position]:
        """Read the open positions of this category."""
        name = None if symbol is None else self.venue_symbol(symbol)

        def rows_of(
            answer: wire.WireRows[wire.WirePosition] | list[wire.WirePosition],
        ) -> list[wire.WirePosition] | None:
            rows = answer if isinstance(answer, list) else listed(answer.rows)
            return rows if name is None or all(same_name(row.symbol, name) for row in rows) else None

        rows = await self._pick(endpoints.POSITIONS, {"category": self._category, "symbol": name}, rows_of)
        return mapping.positions(self._category).all(self._own(rows))

    async def _margin_move(self, position: fa.Position, amount: Decimal) -> fa.Call:
        body = {
            "category": self._category,
            "symbol": position.venue_symbol,
            "posSide": _SIDES[position.side],
            "operation": "add" if amount > 0 else "remove",
            "amount": to_text(amount.copy_abs()),
        }
        return fa.Call(endpoints.SET_MARGIN, body)

    async def _closed_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.PositionHistory]:
        """Of the last 90 days."""
        params = {"category": self._category, "symbol": query.symbol}
        ask = self._asking(endpoints.PAST_POSITIONS, params, mapping.closed_positions(self._category))
        page = await self._merged([ask], query, cursor, endpoints.REACH)
        return page._replace(rows=[row for row in page.rows if self._is_own(row.raw)])

    # Ledger

    async def _ledger_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.LedgerEntry]:
        """This category's rows merged with those of `OTHER`, under which transfers may be booked."""

        def ask(category: str) -> windows.Ask[fa.LedgerEntry]:
            params = {"category": category, "coin": query.margin_coin}
            return self._asking(endpoints.RECORDS, params, mapping.ledger_entries(self._category))

        # What belongs to a contract is booked under its category.
        lists = [ask(self._category)] if query.symbol is not None else [ask(self._category), ask("OTHER")]
        return await self._merged(lists, query, cursor, endpoints.REACH)

    # Lists

    def _is_own(self, row: object) -> bool:
        """Whether a row is of this category; not all rows can say it."""
        return mapping.of_category(getattr(row, "category", None), self._category)

    def _own(self, rows: list[R] | None) -> fa.Rows[R]:
        """Those of this category, of an answer's rows."""
        return fa.Rows(row for row in rows or () if self._is_own(row)).without(unread_of(rows))

    def _asking(
        self,
        endpoint: fa.Endpoint[wire.WireRows[R]],
        params: fa.Params,
        reading: fa.Reading[R, M],
        given: Callable[[R], object] | None = None,
    ) -> windows.Ask[M]:
        """One of the venue's lists of the past, asked page by page."""

        async def ask(bounds: windows.Bounds) -> windows.Part[M]:
            answer = await self._call(endpoint, {**params, **bounds.named(*endpoints.BOUNDS)})
            rows, unread = reading.each(answer.rows, given)
            return windows.Part(rows, answer.following, unread)

        return ask
