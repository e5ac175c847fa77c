"""The account's half of `BitgetV1`: balances, positions, risk limits, modes, leverage."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import ClassVar, TypeVar, Unpack

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import chosen, chosen_or_none, known, to_decimal, to_text, unread_of
from futures_async.adapters._rows import same_name, some_of
from futures_async.adapters.bitget_v1 import endpoints as api
from futures_async.adapters.bitget_v1 import mapping
from futures_async.adapters.bitget_v1.dialect import BitgetV1Dialect
from futures_async.adapters.bitget_v1.options import BitgetV1Options
from futures_async.adapters.bitget_v1.wire import WireMarginSetting, WireModeSetting

R = TypeVar("R")


class BitgetV1Account(fa.Adapter):
    """Reads of the account and its settings; orders are in `client.py`."""

    pairs = fa.Names(mapping.to_venue_symbol, mapping.to_symbol)
    takes: ClassVar[type[fa.Options]] = BitgetV1Options

    def __init__(self, credentials: fa.Credentials | None = None, **options: Unpack[BitgetV1Options]) -> None:
        own, common = self._own_options(options)
        self._margin_coin: str = own["margin_coin"]
        super().__init__(credentials, dialect=BitgetV1Dialect(), **common)

    @property
    def _reads(self) -> Sequence[str]:
        return (self._margin_coin,)

    def _attach(self, credentials: fa.Credentials | None) -> None:
        self._terms: dict[str, fa.Leverage] = {}
        super()._attach(credentials)

    def _coin(self, venue_symbol: str | None) -> str:
        return (mapping.settle_coin(venue_symbol) if venue_symbol else None) or self._margin_coin

    # Account and risk

    async def fetch_account(self, margin_coin: str = "USDT") -> fa.Account:
        coin = margin_coin.upper()
        return mapping.accounts().one(
            await self._call(
                api.ACCOUNT, {"marginCoin": margin_coin}, about=lambda wire: same_name(wire.margin_coin, coin)
            )
        )

    async def fetch_positions(self, symbol: str | None = None) -> list[fa.Position]:
        """Read the open positions of one contract, or of all that have the client's margin coin."""
        venue_symbol = None if symbol is None else mapping.to_venue_symbol(symbol)
        coin = self._coin(venue_symbol)
        params = {"marginCoin": coin, "symbol": venue_symbol}
        rows = await self._call(api.POSITIONS, params, about=some_of(venue_symbol))
        mine = [row for row in rows or () if venue_symbol is None or same_name(row.symbol, venue_symbol)]
        return mapping.positions(coin).all(fa.Rows(mine).without(unread_of(rows)))

    async def fetch_risk_limits(self, symbol: str) -> list[fa.RiskLimit]:
        venue_symbol = mapping.to_venue_symbol(symbol)
        wires = await self._call(api.RISK_LIMITS, {"symbol": venue_symbol})
        return mapping.to_risk_limits(wires, venue_symbol)

    async def set_risk_limit(self, symbol: str, limit: fa.Number) -> fa.RiskLimit:
        """Set the risk limit value of a contract. The answer says what stands; no call reads it back.

        Raises:
            SettingOutcomeUnknown: The answer was lost.
        """
        venue_symbol, wanted = mapping.to_venue_symbol(symbol), _positive(limit, "limit")
        body = {"symbol": venue_symbol, "riskLimit": to_text(wanted)}

        def stands(row: fa.RiskLimit) -> bool:
            return (row.venue_symbol.upper(), row.risk_limit) == (venue_symbol, wanted)

        async def send() -> fa.RiskLimit:
            return mapping.to_risk_limit(
                await self._call(api.SET_RISK_LIMIT, body=body, about=lambda wire: stands(mapping.to_risk_limit(wire)))
            )

        return await self._answered(("set_risk_limit", venue_symbol), wanted, send, stands)

    async def fetch_leverage(self, symbol: str, margin_mode: fa.MarginModeLike | None = None) -> fa.Leverage:
        """Read the leverage that the contract's open positions show: all None while it is flat, as no call tells."""
        margin_mode = chosen_or_none(fa.MarginMode, margin_mode, "margin_mode")
        venue_symbol = mapping.to_venue_symbol(symbol)
        rows = [row for row in await self.fetch_positions(symbol) if margin_mode in (None, row.margin_mode)]
        return mapping.position_leverage(rows, venue_symbol)

    async def set_leverage(
        self,
        symbol: str,
        leverage: fa.Number,
        *,
        margin_mode: fa.MarginModeLike | None = None,
        side: fa.PositionSideLike | None = None,
    ) -> fa.Leverage:
        """Set leverage, for both sides; an open position is read back, else the answer says what stands.

        Args:
            symbol: Unified symbol or the venue's id.
            leverage: Times.
            margin_mode: The call states it; None is the position's, or else the account's.
            side: Not known to this dialect.
        """
        margin_mode = chosen_or_none(fa.MarginMode, margin_mode, "margin_mode")
        if chosen_or_none(fa.PositionSide, side, "side") is not None:
            raise fa.InvalidRequest("bitget-v1: leverage is set for both sides: leave side out")
        venue_symbol, wanted = mapping.to_venue_symbol(symbol), _positive(leverage, "leverage")
        mode = margin_mode or await self._margin_mode(venue_symbol)
        body = {"symbol": venue_symbol, "leverage": to_text(wanted), "marginMode": mode.value}

        async def send() -> fa.Leverage:
            return mapping.to_leverage(
                await self._call(api.SET_LEVERAGE, body=body, about=lambda wire: stands(mapping.to_leverage(wire)))
            )

        async def read() -> fa.Leverage | None:
            found = mapping.position_leverage(await self.fetch_positions(venue_symbol), venue_symbol)
            return None if found.leverage is None else found

        def stands(row: fa.Leverage) -> bool:
            same_contract = row.venue_symbol.upper() == venue_symbol
            return same_contract and row.leverage == wanted and row.margin_mode in (None, mode)

        def keep(row: fa.Leverage) -> None:
            self._terms[venue_symbol] = msgspec.structs.replace(row, margin_mode=mode)

        return await self._answered(("set_leverage", venue_symbol), (wanted, mode), send, stands, read, keep)

    async def _margin_mode(self, venue_symbol: str) -> fa.MarginMode:
        """The margin mode that an open position has, or else the account."""
        found = mapping.position_leverage(await self.fetch_positions(venue_symbol), venue_symbol)
        mode = found.margin_mode or (await self.fetch_account(self._coin(venue_symbol))).margin_mode
        if mode is None:
            raise fa.InvalidRequest(f"bitget-v1: the margin mode of {venue_symbol} is not told: give margin_mode")
        return mode

    async def set_margin_mode(
        self, mode: fa.MarginModeLike, *, symbol: str | None = None, margin_coin: str = "USDT"
    ) -> None:
        """Set cross or isolated margin for all contracts of a margin coin, and read the account back.

        Args:
            mode: What to set.
            symbol: This dialect cannot set one contract alone; one that is named must belong to the coin.
            margin_coin: Whose contracts are set.

        Raises:
            InvalidRequest: The contract settles in another coin.
        """
        mode = chosen(fa.MarginMode, mode, "mode")
        if symbol is not None and self._coin(mapping.to_venue_symbol(symbol)) != margin_coin:
            raise fa.InvalidRequest(
                f"bitget-v1: the margin mode is the margin coin's, and {symbol} is not of {margin_coin}"
            )
        body = {"marginCoin": margin_coin, "marginMode": mode.value}

        def about(wire: WireMarginSetting) -> bool:
            same_coin = wire.margin_coin.upper() == margin_coin.upper()
            return same_coin and known(mapping.MARGIN_MODE, wire.margin_mode, "marginMode") is mode

        async def send() -> fa.MarginMode:
            await self._call(api.SET_MARGIN_MODE, body=body, about=about)
            return mode

        async def read() -> fa.MarginMode | None:
            return (await self.fetch_account(margin_coin)).margin_mode

        def keep(_: fa.MarginMode) -> None:
            for venue_symbol in [name for name in self._terms if self._coin(name) == margin_coin]:
                del self._terms[venue_symbol]

        await self._answered(("set_margin_mode", margin_coin), mode, send, lambda found: found is mode, read, keep)

    async def set_position_mode(self, mode: fa.PositionModeLike, *, symbol: str | None = None) -> fa.PositionMode:
        """Set one-way or hedge mode of one contract. The answer says what stands; no call reads it back.

        Raises:
            SymbolNeeded: No symbol: here the mode is the contract's.
            SettingOutcomeUnknown: The answer was lost.
        """
        mode = chosen(fa.PositionMode, mode, "mode")
        if symbol is None:
            raise fa.SymbolNeeded("bitget-v1: the position mode is set for one contract: name the symbol")
        venue_symbol = mapping.to_venue_symbol(symbol)
        body = {"symbol": venue_symbol, "positionMode": mapping.WIRE_POSITION_MODE[mode]}

        def about(wire: WireModeSetting) -> bool:
            same_contract = wire.symbol.upper() == venue_symbol
            return same_contract and known(mapping.POSITION_MODE, wire.position_mode, "positionMode") is mode

        async def send() -> fa.PositionMode:
            await self._call(api.SET_POSITION_MODE, body=body, about=about)
            return mode

        return await self._answered(("set_position_mode", venue_symbol), mode, send, lambda found: found is mode)

    async def _answered(
        self,
        key: tuple[str, ...],
        value: object,
        send: Callable[[], Awaitable[R]],
        stands: Callable[[R], bool],
        read: Callable[[], Awaitable[R | None]] | None = None,
        keep: Callable[[R], None] = lambda _: None,
    ) -> R:
        """Apply a setting whose answer says what stands, where reading it back says nothing or nothing yet.

        `keep` is told what was seen to stand, before any order goes on that waits for the setting.
        """
        answer: R | None = None

        async def sent() -> None:
            nonlocal answer
            answer = await send()

        async def look() -> R:
            found = await read() if read is not None else None
            found = answer if found is None else found
            if found is None:  # a lost answer proves nothing
                raise fa.ResponseMismatch(f"bitget-v1: no call reads {key[0]} back")
            if stands(found):
                keep(found)
            return found

        return await self._apply(key, value, send=sent, read=look, stands=stands)


def _positive(value: fa.Number, name: str) -> Decimal:
    number = to_decimal(value, name)
    if number <= 0:
        raise fa.InvalidRequest(f"{name} must be above 0")
    return number
