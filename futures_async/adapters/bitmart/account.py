"""BitMart's account, positions, settings and market data: everything but orders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, Protocol, TypeVar

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import chosen, chosen_or_none, ms, to_text, unread_of, unread_rows
from futures_async.adapters._rows import by_tier, readable, row_of, some_of, text_or_none
from futures_async.adapters.bitmart import endpoints, mapping, wire, words

M = TypeVar("M", bound=fa.Model)


class Sized(Protocol):
    """A row that counts contracts."""

    @property
    def symbol(self) -> str | None:
        """The venue's id of which ones."""
        ...


S = TypeVar("S", bound=Sized)

TERMS_FOR_MS = 60_000
"""How long leverage and margin mode count as read: an order would undo a change made elsewhere meanwhile."""


class BitMartAccount(fa.Adapter):
    """The reads and settings of `BitMart`."""

    pairs = fa.Names(words.venue_symbol, words.unified_symbol)
    leverage_step = None
    _account: str | None

    def _attach(self, credentials: fa.Credentials | None) -> None:
        super()._attach(credentials)
        # Leverage and margin mode per contract, which opening orders must repeat; never another account's.
        self._standing = fa.Learned[tuple[Decimal | None, fa.MarginMode | None, int]](self._settings_made)

    # Symbols and sizes

    async def _contracts_of(self, rows: Iterable[Sized]) -> Callable[[Sized], fa.Contract]:
        """What each row's contract is: without it a number of contracts says nothing.

        The function that comes of it raises `DecodeError` for rows of contracts that were never listed, or are none of
        the linear ones: never a guessed size.
        """
        found: dict[str, fa.Contract] = {}
        for name in sorted({str(row.symbol) for row in rows}):
            with suppress(fa.SymbolNotFound, fa.InvalidRequest, fa.DecodeError):
                found[name] = await self._contract_held(name)

        def contract_of(row: Sized) -> fa.Contract:
            contract = found.get(name := str(row.symbol))
            if contract is None:
                raise fa.DecodeError(f"the size of a contract of {name[:40]} is not known", path="symbol")
            return contract

        return contract_of

    async def _as(self, reading: fa.Reading[S, M], rows: list[S]) -> fa.Read[M]:
        """Rows that count contracts as models, and those that cannot be read."""
        return reading.each(rows, await self._contracts_of(rows))

    def _of(self, symbol: str | None) -> dict[str, str | int | None]:
        return {"symbol": None if symbol is None else self.venue_symbol(symbol), "account": self._account}

    # Account

    async def fetch_accounts(self) -> list[fa.Account]:
        rows = await self._call(endpoints.ASSETS)
        return mapping.accounts().all(rows)

    async def fetch_trade_fee_rate(self, symbol: str) -> wire.WireFeeRate:
        """Read the account's own taker and maker fee of a contract, fractions."""
        name = self.venue_symbol(symbol)
        return readable(await self._call(endpoints.FEE_RATE, {"symbol": name}, about=some_of(name)))

    # Positions

    async def fetch_positions(self, symbol: str | None = None) -> list[fa.Position]:
        return (await self._positions(symbol)).whole()

    async def _positions(self, symbol: str | None) -> fa.Read[fa.Position]:
        rows = await self._rows(symbol)
        held = [await self._sided(row) for row in rows if not mapping.is_flat(row)]
        return await self._as(mapping.positions(), fa.Rows(held).without(unread_of(rows)))

    async def _sided(self, row: wire.WirePosition) -> wire.WirePosition:
        """The row of a held position with its direction; where V2 does not say it, V1 may."""
        if not mapping.hides_side(row):
            return row
        for older in await self._call(endpoints.POSITIONS_V1, self._of(text_or_none(row.symbol))):
            if older.symbol == row.symbol and older.current_amount:
                return msgspec.structs.replace(row, position_type=older.position_type)
        return row

    async def fetch_positions_v1(self, symbol: str | None = None) -> list[wire.WirePositionV1]:
        """Read the positions by the venue's older endpoint: its own fields, sizes in contracts, flat rows included."""
        return readable(await self._call(endpoints.POSITIONS_V1, self._of(symbol)))

    async def fetch_position_risk(self, symbol: str | None = None) -> list[fa.PositionRisk]:
        """Read how far each position is from liquidation: sizes by position-v2, the rest by position-risk."""
        positions, unread = await self._positions(symbol)
        if not positions:
            return fa.Read[fa.PositionRisk]([], unread).whole()
        rows = await self._call(endpoints.POSITION_RISK, self._of(symbol))
        found = [mapping.to_position_risk(position, _risk_row(position, positions, rows)) for position in positions]
        return fa.Read(found, (*unread, *unread_of(rows))).whole()

    # Leverage, modes

    async def _rows(self, symbol: str | None) -> list[wire.WirePosition]:
        params = self._of(symbol)
        name = params["symbol"]
        return await self._call(
            endpoints.POSITIONS,
            params,
            about=lambda rows: all(name is None or words.names(row.symbol, str(name)) for row in rows),
        )

    async def _read_leverage(self, venue_symbol: str, margin_mode: fa.MarginMode | None) -> fa.Leverage:
        """Leverage and margin mode of a contract, with or without a position.

        Raises:
            InvalidRequest: Another margin mode is set than the one asked for: BitMart keeps one setting per contract.
        """
        asked = self._standing.asked()
        rows = await self._rows(venue_symbol)
        if unread := unread_of(rows):
            raise unread_rows(unread)
        if not rows:
            raise fa.DecodeError(f"{self.id}: no row for {venue_symbol}", path="$.data")
        found = mapping.to_leverage(venue_symbol, rows, (await self.fetch_contract(venue_symbol)).max_leverage)
        if margin_mode not in (None, found.margin_mode):
            raise fa.InvalidRequest(
                f"{self.id}: {venue_symbol} is set to {found.margin_mode}; there is no other leverage to read"
            )
        self._standing.put(venue_symbol, (found.leverage, found.margin_mode, self._channel.now_ms()), asked)
        return found

    async def query_leverage(self, symbol: str, margin_mode: fa.MarginMode | None = None) -> wire.WireLeverage:
        """Ask `submit-leverage` without a leverage, which the venue's SDK describes as a query that changes nothing.

        Args:
            symbol: Unified symbol or the venue's id.
            margin_mode: The call cannot do without one; None reads the one that is set and names that.
        """
        margin_mode = chosen_or_none(fa.MarginMode, margin_mode, "margin_mode")
        if margin_mode is None:
            margin_mode = (await self.fetch_leverage(symbol)).margin_mode or fa.MarginMode.CROSS
        body = {"symbol": self.venue_symbol(symbol), "open_type": words.MARGIN_MODE_WORD[margin_mode]}
        return readable(await self._call(endpoints.QUERY_LEVERAGE, body=body))

    async def _leverage_change(
        self, venue_symbol: str, leverage: Decimal, margin_mode: fa.MarginMode | None, side: fa.PositionSide | None
    ) -> fa.LeverageChange:
        """One call sets leverage and margin mode, which stays where none is named."""

        async def in_turn() -> fa.LeverageChange:
            mode = margin_mode or (await self.fetch_leverage(venue_symbol)).margin_mode or fa.MarginMode.CROSS
            body = {"symbol": venue_symbol, "leverage": to_text(leverage), "open_type": words.MARGIN_MODE_WORD[mode]}
            return fa.LeverageChange([fa.Call(endpoints.SUBMIT_LEVERAGE, body)], mode)

        return await in_turn() if margin_mode is not None else fa.LeverageChange((), in_turn=in_turn)

    async def _put_margin_mode(self, venue_symbol: str, mode: fa.MarginMode) -> fa.Leverage:
        """By the call that sets leverage, which stays."""
        return await self._put_mode_of_leverage(venue_symbol, mode)

    async def _opening_terms(self, name: str) -> tuple[Decimal | None, fa.MarginMode | None]:
        """Leverage and margin mode that an opening order must repeat; read anew each minute, and after a conflict."""
        standing = self._standing.get(name)
        if standing is None or self._channel.now_ms() - standing[2] > TERMS_FOR_MS:
            found = await self._standing.anew(
                lambda asked: self._once(("terms", name, asked), lambda: self.fetch_leverage(name))
            )
            return found.leverage, found.margin_mode
        return standing[:2]

    async def _position_mode_of(self, venue_symbol: str | None) -> fa.PositionMode:
        """Read the position mode; it is the account's, whatever the symbol."""
        return words.position_mode((await self._call(endpoints.POSITION_MODE)).position_mode)

    async def set_position_mode(self, mode: fa.PositionModeLike, *, symbol: str | None = None) -> fa.PositionMode:
        """Set the position mode of the account; refused while any position or order is open."""
        wanted = chosen(fa.PositionMode, mode, "mode")
        self._active("set_position_mode")
        self._named_or_none(symbol)
        # What happens when the mode is set already is not documented.
        return wanted if await self._position_mode_of(None) is wanted else await super().set_position_mode(wanted)

    def _position_mode_change(self, mode: fa.PositionMode) -> fa.Call:
        return fa.Call(endpoints.SET_POSITION_MODE, {"position_mode": words.POSITION_MODE_WORD[mode]})

    # Market

    async def fetch_contracts(self) -> list[fa.Contract]:
        """Read the linear perpetual contracts; delisted ones are in it, their `status` says so."""
        rows = (await self._call(endpoints.DETAILS)).symbols
        return mapping.contracts().known(fa.Rows(filter(mapping.is_offered, rows)).without(unread_of(rows)))

    async def fetch_ticker(self, symbol: str) -> fa.Ticker:
        """Read last and index price; BitMart tells no best prices and no mark price here."""
        name = self.venue_symbol(symbol)

        find = row_of(name, endpoints.DETAILS, self.id, lambda answer: answer.symbols)
        return mapping.tickers().one(await self._pick(endpoints.DETAILS, {"symbol": name}, find))

    async def _listed_tickers(self, names: Sequence[str]) -> Sequence[fa.Ticker]:
        return mapping.tickers().each((await self._call(endpoints.DETAILS)).symbols).rows

    async def fetch_funding_rate(self, symbol: str) -> fa.FundingRate:
        name = self.venue_symbol(symbol)
        row = await self._call(
            endpoints.FUNDING_RATE, {"symbol": name}, about=lambda row: words.names(row.symbol, name)
        )
        return mapping.funding_rates().one(row, (await self.fetch_contract(name)).raw)

    async def fetch_funding_history(self, symbol: str, *, limit: int = 100) -> list[wire.WirePastFunding]:
        """Read settled funding rates, newest first, at most 100."""
        if not 1 <= limit <= 100:
            raise fa.InvalidRequest(f"limit must be 1 to 100, not {limit}")
        name = self.venue_symbol(symbol)
        params: dict[str, str | int | None] = {"symbol": name, "limit": limit}
        about = some_of(name, lambda answer: answer.rows)
        return readable((await self._call(endpoints.FUNDING_HISTORY, params, about=about)).rows)

    async def fetch_open_interest(self, symbol: str) -> wire.WireOpenInterest:
        """Read the open interest of a contract: contracts, and quote coin."""
        name = self.venue_symbol(symbol)
        return readable(await self._call(endpoints.OPEN_INTEREST, {"symbol": name}, about=some_of(name)))

    async def fetch_service_status(self) -> list[wire.WireService]:
        """Read the windows of maintenance that the venue announces."""
        return readable((await self._call(endpoints.SERVICE)).service)

    async def claim_demo_funds(self) -> Any:
        """Have the demo account topped up; what the venue answers is not documented.

        Raises:
            NotSupported: Not on the demo host.
        """
        if not self._demo:
            self._unsupported("claim_demo_funds", "it is the demo host's: connect with demo=True")
        self._active("claim_demo_funds")
        return await self._call(endpoints.CLAIM, body={})

    async def fetch_risk_limits(self, symbol: str) -> list[fa.RiskLimit]:
        name = self.venue_symbol(symbol)
        rules = (await self._call(endpoints.LEVERAGE_BRACKET, {"symbol": name})).rules
        rule = next((rule for rule in rules if words.names(rule.symbol, name)), None)
        if rule is None:
            raise fa.DecodeError(f"{self.id}: no tiers of {name}", path="rules")
        named = msgspec.structs.replace(rule, symbol=name)
        return by_tier(mapping.risk_limits().known(rule.brackets, lambda _: named))

    async def fetch_time(self) -> int:
        return ms((await self._call(endpoints.TIME)).server_time, "server_time")


def _risk_row(
    position: fa.Position, positions: list[fa.Position], rows: list[wire.WirePositionRisk]
) -> wire.WirePositionRisk | None:
    """The risk row of a position; a row that names no side belongs to the only position of its contract."""
    rows = [row for row in rows if row.symbol == position.venue_symbol]
    for row in rows:
        if str(row.position_side).lower() == position.side.value:
            return row
    alone = sum(other.venue_symbol == position.venue_symbol for other in positions) == 1
    return rows[0] if alone and len(rows) == 1 and not _names_side(rows[0]) else None


def _names_side(row: wire.WirePositionRisk) -> bool:
    return str(row.position_side).lower() in ("long", "short")
