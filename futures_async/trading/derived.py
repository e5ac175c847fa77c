"""Reads that follow from others: one account, one position, the risk of positions."""

from __future__ import annotations

from futures_async import risk
from futures_async.trading.closing import is_named, may_be_position
from futures_async.trading.hooks import Hooks
from futures_async.unified.convert import chosen_or_none
from futures_async.unified.enums import MarginMode, MarginModeLike, PositionSide, PositionSideLike
from futures_async.unified.errors import InvalidRequest, UnreadRows, unread_rows
from futures_async.unified.exchange import Capability
from futures_async.unified.models import Account, Position, PositionRisk
from futures_async.unified.rows import readable


class Derived(Hooks):
    """Picks them out of what a venue lists."""

    async def fetch_account(self, margin_coin: str = "USDT") -> Account:
        self._require(Capability.FETCH_ACCOUNT)
        accounts, unread = await readable(self.fetch_accounts())
        found = next((account for account in accounts if account.margin_coin == margin_coin), None)
        if found is not None:
            return found
        if unread:
            raise unread_rows(unread, accounts)
        raise InvalidRequest(f"{self.id}: the account has no margin coin {margin_coin!r}")

    async def fetch_position(
        self, symbol: str, side: PositionSideLike | None = None, *, margin_mode: MarginModeLike | None = None
    ) -> Position | None:
        self._require(Capability.FETCH_POSITION)
        side = chosen_or_none(PositionSide, side, "side")
        mode = chosen_or_none(MarginMode, margin_mode, "margin_mode")
        venue_symbol = self.venue_symbol(symbol)
        found, unread = await readable(self.fetch_positions(symbol))
        positions = [one for one in found if one.venue_symbol == venue_symbol and is_named(one, side, mode)]
        if any(may_be_position(row, venue_symbol, side) for row in unread):
            raise unread_rows(unread, found)  # what cannot be read may be the one that was asked for
        if len(positions) > 1:
            both = "a long and a short position: name the side"
            if len({one.side for one in positions}) == 1:
                both = "a cross and an isolated position: name the margin mode"
            raise InvalidRequest(f"{self.id}: {symbol} has {both}")
        return positions[0] if positions else None

    async def fetch_position_risk(self, symbol: str | None = None) -> list[PositionRisk]:
        self._require(Capability.FETCH_POSITION_RISK)
        try:
            positions = await self.fetch_positions(symbol)
        except UnreadRows as error:
            error.rows = [risk.position_risk(position) for position in error.rows]
            raise
        return [risk.position_risk(position) for position in positions]
