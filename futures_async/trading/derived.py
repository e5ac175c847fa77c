"""Reads that follow from others: one account, one position, the risk of positions, an order of ours among many."""

from __future__ import annotations

from futures_async import risk
from futures_async.trading.closing import is_named, may_be_position
from futures_async.trading.hooks import Hooks
from futures_async.trading.paging import FetchPage, PageQuery, first
from futures_async.trading.planning import one_id
from futures_async.unified.convert import chosen_or_none
from futures_async.unified.enums import MarginMode, MarginModeLike, PositionSide, PositionSideLike
from futures_async.unified.errors import InvalidRequest, OrderNotFound, ResponseMismatch, UnreadRows, unread_rows
from futures_async.unified.exchange import Capability
from futures_async.unified.models import Account, Order, Position, PositionRisk
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

    async def _fetch_order(self, name: str, order_id: str | None, client_order_id: str | None) -> Order:
        """Read one order of the contract `name` by the venue's id or ours, one of which is given; both as they are now.

        Raises:
            OrderNotFound: The venue does not know it (now).
            ResponseMismatch: It is another contract's.
        """
        self._unsupported("fetch_order")

    async def fetch_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> Order:
        self._require(Capability.FETCH_ORDER)
        return await self._fetch_order(
            self.venue_symbol(symbol), *self._current_ids(*one_id(order_id, client_order_id))
        )

    async def fetch_position_risk(self, symbol: str | None = None) -> list[PositionRisk]:
        self._require(Capability.FETCH_POSITION_RISK)
        try:
            positions = await self.fetch_positions(symbol)
        except UnreadRows as error:
            error.rows = [risk.position_risk(position) for position in error.rows]
            raise
        return [risk.position_risk(position) for position in positions]

    async def _find_in(
        self, venue_symbol: str, client_order_id: str, *lists: tuple[FetchPage[Order], int | None]
    ) -> Order | None:
        """For `_find_order`: an order of ours by its id, and else in lists, which are walked to their end.

        Args:
            venue_symbol: Its contract.
            client_order_id: Our id.
            lists: Their pages, in the order in which they are asked, and from when on each is (Unix milliseconds;
                None: all that it has).

        Raises:
            ResponseMismatch: The id is answered with another order, which may hide ours, and no list has it.
        """
        elsewhere: ResponseMismatch | None = None
        try:
            return await self.fetch_order(venue_symbol, client_order_id=client_order_id)
        except OrderNotFound:
            pass
        except ResponseMismatch as error:
            elsewhere = error
        for page, since_ms in lists:
            order = await first(
                page,
                PageQuery(symbol=venue_symbol, since_ms=since_ms),
                key=lambda order: order.order_id,
                wanted=lambda order: (order.client_order_id, order.venue_symbol) == (client_order_id, venue_symbol),
            )
            if order is not None:
                return order
        if elsewhere is not None:
            raise elsewhere
        return None
