"""The half of `Bitget` that is not orders: market, positions, account, settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, ClassVar, TypeVar, Unpack

from futures_async.adapter import (
    Account,
    Adapter,
    Contract,
    Credentials,
    Endpoint,
    FundingRate,
    InvalidRequest,
    LedgerEntry,
    Leverage,
    MarginMode,
    MarginModeLike,
    Model,
    Number,
    Options,
    Page,
    PageQuery,
    Params,
    Position,
    PositionHistory,
    PositionMode,
    PositionModeLike,
    PositionSide,
    PositionSideLike,
    Reading,
    RiskLimit,
    Rows,
    StreamDialect,
    SymbolNotFound,
    Ticker,
    chosen,
    chosen_or_none,
    collect,
    finite,
    known,
    known_or_none,
    ms,
    to_decimal,
    to_text,
    unread_of,
    windows,
)
from futures_async.adapters._bitget import ProductType, unified_symbol, venue_symbol
from futures_async.adapters._bitget_codes import UNCHANGED
from futures_async.adapters._rows import Row, listed, readable, same_name
from futures_async.adapters.bitget import endpoints
from futures_async.adapters.bitget.dialect import BitgetDialect
from futures_async.adapters.bitget.mapping import (
    MARGIN_MODE,
    POSITION_MODE,
    WIRE_MARGIN_MODE,
    WIRE_POSITION_MODE,
    WIRE_POSITION_SIDE,
    accounts,
    closed_positions,
    contracts,
    funding_rates,
    ledger_entries,
    positions,
    risk_limits,
    tickers,
    to_leverage,
)
from futures_async.adapters.bitget.options import BitgetOptions
from futures_async.adapters.bitget.streams import BitgetStreamDialect
from futures_async.adapters.bitget.wire import WireAccount, WireAdlRank, WireFeeRate

M = TypeVar("M", bound=Model)
R = TypeVar("R")
W = TypeVar("W")

PAGE_ROWS = 100
DEPTH_MS = 90 * windows.DAY_MS
"""How far back the venue's lists reach."""
LEDGER_SPAN_MS = 30 * windows.DAY_MS
# A contract that every account of the product type can be asked about.
REFERENCE: dict[ProductType, str] = {
    "USDT-FUTURES": "BTCUSDT",
    "USDC-FUTURES": "BTCPERP",
    "COIN-FUTURES": "BTCUSD",
}


class BitgetAccount(Adapter):
    """Market, positions, account and settings; `client.py` adds orders."""

    takes: ClassVar[type[Options]] = BitgetOptions

    def __init__(self, credentials: Credentials | None = None, **options: Unpack[BitgetOptions]) -> None:
        own, common = self._own_options(options)
        self.product_type: ProductType = own["product_type"]
        self.margin_coin: str | None = own["margin_coin"]
        self._family = BitgetDialect(rsa=own["rsa"])
        super().__init__(credentials, dialect=self._family, **common)

    def _attach(self, credentials: Credentials | None) -> None:
        # What was learned of one account's symbols is nothing that another account's may rely on.
        self._margin_modes: dict[str, MarginMode] = {}
        super()._attach(credentials)

    def _stream_dialect(self) -> StreamDialect:
        return BitgetStreamDialect(self._family, self.product_type, self.margin_coin)

    # Symbols

    def venue_symbol(self, symbol: str) -> str:
        """The venue's id of a contract, from either form."""
        return venue_symbol(symbol, self.product_type)

    def unified_symbol(self, venue_symbol: str) -> str:
        """The unified symbol of a venue's id."""
        return unified_symbol(venue_symbol, self.product_type, self.margin_coin)

    def _coin(self, venue_symbol: str) -> str:
        """The coin that a contract settles in: the option, else USDT, USDC or the base coin."""
        if self.margin_coin is not None:
            return self.margin_coin
        if self.product_type == "COIN-FUTURES":
            return venue_symbol.partition("USD")[0]
        return self.product_type.removesuffix("-FUTURES")

    def _contract_params(self, symbol: str) -> dict[str, str]:
        return {"symbol": self.venue_symbol(symbol), "productType": self.product_type}

    def _settled_params(self, symbol: str) -> dict[str, str]:
        params = self._contract_params(symbol)
        return {**params, "marginCoin": self._coin(params["symbol"])}

    # Market

    async def fetch_time(self) -> int:
        return ms((await self._call(endpoints.TIME)).server_time, "serverTime")

    async def fetch_contracts(self) -> list[Contract]:
        rows = await self._call(endpoints.CONTRACTS, {"productType": self.product_type})
        return contracts(self.product_type, self.margin_coin).known(rows)

    async def fetch_ticker(self, symbol: str) -> Ticker:
        return tickers(self.product_type, self.margin_coin).one(await self._row(endpoints.TICKER, symbol))

    async def fetch_funding_rate(self, symbol: str) -> FundingRate:
        return funding_rates(self.product_type, self.margin_coin).one(await self._row(endpoints.FUNDING_RATE, symbol))

    async def fetch_risk_limits(self, symbol: str) -> list[RiskLimit]:
        wanted = self.venue_symbol(symbol)
        rows = await self._call(
            endpoints.TIERS,
            self._contract_params(symbol),
            about=lambda rows: not rows or any(same_name(row.symbol, wanted) for row in rows),
        )
        own = Rows(row for row in rows if same_name(row.symbol, wanted)).without(unread_of(rows))
        tiers = risk_limits(self.product_type).known(own)
        tiers.sort(key=lambda tier: tier.tier or 0)
        return tiers

    async def _row(self, endpoint: Endpoint[list[Row]], symbol: str) -> Row:
        """Read the row of one contract."""
        return await self._pick(endpoint, self._contract_params(symbol), self._row_of(symbol, endpoint))

    def _row_of(self, symbol: str, endpoint: Endpoint[Any]) -> Callable[[Sequence[Row]], Row | None]:
        """Finds the row of one contract; none at all means that there is no such contract."""
        wanted = self.venue_symbol(symbol)

        def find(rows: Sequence[Row]) -> Row | None:
            if not rows and not unread_of(rows):
                raise SymbolNotFound(f"no contract {symbol}", venue=self.id, endpoint=endpoint.name)
            return next((row for row in rows if same_name(row.symbol, wanted)), None)

        return find

    # Positions

    async def fetch_positions(self, symbol: str | None = None) -> list[Position]:
        if symbol is None:
            # One margin coin where one was chosen, else all of the product type.
            params: Params = {"productType": self.product_type, "marginCoin": self.margin_coin}
            rows = await self._call(endpoints.ALL_POSITIONS, params)
        else:
            params = self._settled_params(symbol)
            wanted = params["symbol"]
            rows = await self._call(
                endpoints.SINGLE_POSITION,
                params,
                about=lambda rows: all(same_name(row.symbol, wanted) for row in rows or ()),
            )
        return positions(self.product_type).all(rows)

    async def fetch_position_history(
        self,
        symbol: str | None = None,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> list[PositionHistory]:
        query = self._query(symbol, since_ms, until_ms, limit)

        async def page(query: PageQuery, cursor: str | None) -> Page[PositionHistory]:
            params = {"productType": self.product_type, "symbol": query.symbol}
            return await self._page(
                endpoints.POSITION_HISTORY,
                params,
                query,
                cursor,
                DEPTH_MS,
                lambda answer: (answer.rows, answer.end_id),
                closed_positions(self.product_type),
            )

        return await collect(page, query, key=lambda row: row.position_id or row)

    async def _page(
        self,
        endpoint: Endpoint[W],
        params: Params,
        query: PageQuery,
        cursor: str | None,
        span_ms: int,
        rows_of: Callable[[W], tuple[list[R] | None, str | int | None]],
        reading: Reading[R, M],
    ) -> Page[M]:
        """One page of any of the venue's lists."""
        page = await self._raw_page(endpoint, params, query, cursor, span_ms, rows_of)
        rows, unread = reading.each(page.rows)
        return Page(rows, page.cursor, (*page.unread, *unread))

    async def _raw_page(
        self,
        endpoint: Endpoint[W],
        params: Params,
        query: PageQuery,
        cursor: str | None,
        span_ms: int,
        rows_of: Callable[[W], tuple[list[R] | None, str | int | None]],
    ) -> Page[R]:
        """One page, its rows as the venue sent them."""
        now_ms = self._channel.now_ms()
        reach = windows.Reach(PAGE_ROWS, span_ms, DEPTH_MS)
        at = windows.window_at(query, cursor, now_ms, reach)
        size = PAGE_ROWS if query.limit is None else min(PAGE_ROWS, query.limit)
        bounds = at.named("startTime", "endTime", "idLessThan")
        answer = await self._call(endpoint, {**params, **bounds, "limit": str(size)})
        rows, end_id = rows_of(answer)
        rows, unread = list(rows or ()), unread_of(rows)
        return Page(rows, windows.window_after(at, query, now_ms, reach, len(rows) + len(unread), end_id), unread)

    # Account

    async def fetch_account(self, margin_coin: str | None = None) -> Account:
        """Read the account's state in one margin coin; None is the one of this object's product type."""
        coin = (margin_coin or self._coin(REFERENCE[self.product_type])).upper()
        symbol = f"{coin}USD" if self.product_type == "COIN-FUTURES" else REFERENCE[self.product_type]
        params = {"symbol": symbol, "productType": self.product_type, "marginCoin": coin}

        def of_coin(wire: WireAccount) -> Account | None:
            account = accounts().one(wire)
            return account if account.margin_coin == coin else None

        return await self._pick(endpoints.ACCOUNT, params, of_coin)

    async def fetch_accounts(self) -> list[Account]:
        rows = await self._call(endpoints.ACCOUNTS, {"productType": self.product_type})
        return accounts().all(rows)

    async def fetch_symbol_account(self, symbol: str) -> WireAccount:
        """Read leverage, margin mode and position mode of one contract: the only place that tells them when flat."""
        return readable(await self._symbol_account(symbol))

    async def _symbol_account(self, symbol: str) -> WireAccount:
        params = self._settled_params(symbol)
        account = await self._call(endpoints.ACCOUNT, params)
        mode = known_or_none(MARGIN_MODE, account.margin_mode)
        if mode is not None:
            self._margin_modes[params["symbol"]] = mode
        return account

    async def fetch_fee_rate(self, symbol: str) -> WireFeeRate:
        """Read the account's own maker and taker fee rates, as fractions."""
        params = {"symbol": self.venue_symbol(symbol), "businessType": "mix"}
        return readable(await self._call(endpoints.FEE_RATE, params))

    async def fetch_max_open(self, symbol: str, side: PositionSide, price: Number | None = None) -> Decimal:
        """Read how much base coin can be opened beside what is held and ordered, at `price` or at market."""
        side = chosen(PositionSide, side, "side")
        limit = None if price is None else to_text(to_decimal(price, "price"))
        params = {
            **self._settled_params(symbol),
            "posSide": WIRE_POSITION_SIDE[side],
            "orderType": "market" if limit is None else "limit",
            "openPrice": limit,
        }
        return finite((await self._call(endpoints.MAX_OPEN, params)).max_open, "maxOpen")

    async def fetch_adl_ranks(self) -> list[WireAdlRank]:
        """Read how early each position would be deleveraged: `rank` 0 to 1, 1 first."""
        rows = await self._call(endpoints.ADL_RANKS, {"productType": self.product_type})
        return readable(listed(rows))

    async def _ledger_page(self, query: PageQuery, cursor: str | None) -> Page[LedgerEntry]:
        # `coin` is honoured for transfers only, and there is no symbol filter: both are filtered here.
        return await self._page(
            endpoints.BILLS,
            {"productType": self.product_type},
            query,
            cursor,
            LEDGER_SPAN_MS,
            lambda answer: (answer.bills, answer.end_id),
            ledger_entries(self.product_type),
        )

    # Settings

    async def fetch_leverage(self, symbol: str, margin_mode: MarginModeLike | None = None) -> Leverage:
        margin_mode = chosen_or_none(MarginMode, margin_mode, "margin_mode")
        return to_leverage(
            await self._symbol_account(symbol), self.venue_symbol(symbol), self.product_type, margin_mode
        )

    async def set_leverage(
        self,
        symbol: str,
        leverage: Number,
        *,
        margin_mode: MarginModeLike | None = None,
        side: PositionSideLike | None = None,
    ) -> Leverage:
        margin_mode = chosen_or_none(MarginMode, margin_mode, "margin_mode")
        side = chosen_or_none(PositionSide, side, "side")
        number = to_decimal(leverage, "leverage")
        if number <= 0:
            raise InvalidRequest(f"leverage must be above 0, not {to_text(number)}")
        params = self._settled_params(symbol)
        now = await self._symbol_account(symbol)
        mode = known(MARGIN_MODE, now.margin_mode or "", "marginMode")
        hedge = known(POSITION_MODE, now.pos_mode or "", "posMode") is PositionMode.HEDGE
        if margin_mode not in (None, mode):
            raise InvalidRequest(
                f"{self.id}: {symbol} is in {mode.value} margin, and leverage is set for the mode in force: "
                "call set_margin_mode first"
            )
        if side is not None and not (hedge and mode is MarginMode.ISOLATED):
            raise InvalidRequest(f"{self.id}: only isolated positions in hedge mode have a leverage of their own")
        text = to_text(number)
        if mode is MarginMode.CROSS or not hedge:
            body = {**params, "leverage": text}
        elif side is None:
            body = {**params, "longLeverage": text, "shortLeverage": text}
        else:
            body = {**params, "leverage": text, "holdSide": WIRE_POSITION_SIDE[side]}

        def stands(found: Leverage) -> bool:
            values = {PositionSide.LONG: found.long_leverage, PositionSide.SHORT: found.short_leverage}
            return all(values[one] == number for one in ((side,) if side else values))

        return await self._apply(
            ("set_leverage", params["symbol"]),
            (text, side),
            send=lambda: self._call(endpoints.SET_LEVERAGE, body=body),
            read=lambda: self.fetch_leverage(symbol, mode),
            stands=stands,
            # One client has seen "no position" (22002) for a leverage that was set already.
            unchanged=UNCHANGED | {"22002"},
        )

    async def set_margin_mode(
        self, mode: MarginModeLike, *, symbol: str | None = None, margin_coin: str = "USDT"
    ) -> None:
        mode = chosen(MarginMode, mode, "mode")
        if symbol is None:
            raise InvalidRequest(f"{self.id} sets the margin mode for each symbol: name it")
        params = self._settled_params(symbol)

        async def read() -> MarginMode:
            account = await self._symbol_account(symbol)
            return known(MARGIN_MODE, account.margin_mode or "", "marginMode")

        self._margin_modes.pop(params["symbol"], None)
        if await read() is mode:
            return  # the venue refuses even "no change" while positions or orders are open
        body = {**params, "marginMode": WIRE_MARGIN_MODE[mode]}
        try:
            await self._apply(
                ("set_margin_mode", params["symbol"]),
                mode,
                send=lambda: self._call(endpoints.SET_MARGIN_MODE, body=body),
                read=read,
                stands=lambda found: found is mode,
                unchanged=UNCHANGED,
            )
        finally:
            self._margin_modes.pop(params["symbol"], None)  # what was read on the way may be old

    async def fetch_position_mode(self, symbol: str | None = None) -> PositionMode:
        """Read whether positions are one-way or hedged; one mode holds for the whole product type."""
        account = await self._symbol_account(symbol or REFERENCE[self.product_type])
        return known(POSITION_MODE, account.pos_mode or "", "posMode")

    async def set_position_mode(self, mode: PositionModeLike, *, symbol: str | None = None) -> PositionMode:
        """Set one-way or hedge mode for the whole product type."""
        mode = chosen(PositionMode, mode, "mode")
        self._position_mode = None
        body = {"productType": self.product_type, "posMode": WIRE_POSITION_MODE[mode]}
        return await self._apply(
            ("set_position_mode",),
            mode,
            send=lambda: self._call(endpoints.SET_POSITION_MODE, body=body),
            read=lambda: self.fetch_position_mode(symbol),
            stands=lambda found: found is mode,
            unchanged=UNCHANGED,
        )

    async def adjust_margin(self, symbol: str, amount: Number, *, side: PositionSideLike | None = None) -> None:
        number = to_decimal(amount, "amount")
        if not number:
            raise InvalidRequest("amount must not be 0")
        position = await self.fetch_position(symbol, side)
        if position is None:
            raise InvalidRequest(f"{self.id}: {symbol} has no position to add margin to or to take it from")
        held = position.side

        async def margin() -> Decimal | None:
            found = await self.fetch_position(symbol, held)
            return None if found is None else found.margin

        params = self._settled_params(symbol)
        body = {**params, "amount": to_text(number), "holdSide": WIRE_POSITION_SIDE[held]}
        await self._shift(
            ("adjust_margin", params["symbol"], held.value),
            number,
            send=lambda: self._call(endpoints.SET_MARGIN, body=body),
            read=margin,
        )

    async def set_auto_margin(self, symbol: str, enabled: bool, side: PositionSide) -> None:
        """Have the venue top up the margin of an isolated position by itself, or not."""
        side = chosen(PositionSide, side, "side")
        params = self._settled_params(symbol)
        body = {
            "symbol": params["symbol"],
            "autoMargin": "on" if enabled else "off",
            "marginCoin": params["marginCoin"],
            "holdSide": WIRE_POSITION_SIDE[side],
        }
        self._active("set_auto_margin")
        await self._call(endpoints.SET_AUTO_MARGIN, body=body)
