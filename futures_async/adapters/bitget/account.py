"""The half of `Bitget` that is not orders: market, positions, account."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import ClassVar, TypeVar, Unpack

import futures_async.adapter as fa
from futures_async.adapter import chosen, finite, ms, to_decimal, to_text, unread_of, walks, windows
from futures_async.adapters._bitget import ProductType, unified_symbol, venue_symbol
from futures_async.adapters._rows import Row, all_of, by_tier, listed, readable, row_of, same_name, some_of
from futures_async.adapters.bitget import endpoints, mapping
from futures_async.adapters.bitget.dialect import BitgetDialect
from futures_async.adapters.bitget.options import BitgetOptions
from futures_async.adapters.bitget.streams import BitgetStreamDialect
from futures_async.adapters.bitget.wire import WireAccount, WireAdlRank, WireFeeRate

M = TypeVar("M", bound=fa.Model)
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


class BitgetAccount(fa.Adapter):
    """Market, positions, account and settings; `client.py` adds orders."""

    takes: ClassVar[type[fa.Options]] = BitgetOptions

    def __init__(self, credentials: fa.Credentials | None = None, **options: Unpack[BitgetOptions]) -> None:
        own, common = self._own_options(options)
        self.product_type: ProductType = own["product_type"]
        self.margin_coin: str | None = own["margin_coin"]
        self._family = BitgetDialect(rsa=own["rsa"])
        super().__init__(credentials, dialect=self._family, **common)

    @property
    def _reads(self) -> Sequence[str]:
        return (self.product_type, self.margin_coin or "")

    def _attach(self, credentials: fa.Credentials | None) -> None:
        # What was learned of one account's symbols is nothing that another account's may rely on.
        self._margin_modes = fa.Learned[object](self._settings_made)
        """The venue's word for each symbol's, read when an order needs it: a poller of positions needs none of them."""
        super()._attach(credentials)

    def _stream_dialect(self) -> fa.StreamDialect:
        return BitgetStreamDialect(self._family, self.product_type, self.margin_coin)

    # Symbols

    def venue_symbol(self, symbol: str) -> str:
        return venue_symbol(symbol, self.product_type)

    def unified_symbol(self, venue_symbol: str) -> str:
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

    async def fetch_contracts(self) -> list[fa.Contract]:
        rows = await self._call(endpoints.CONTRACTS, {"productType": self.product_type})
        return mapping.contracts(self.product_type, self.margin_coin).known(rows)

    async def fetch_ticker(self, symbol: str) -> fa.Ticker:
        return mapping.tickers(self.product_type, self.margin_coin).one(await self._row(endpoints.TICKER, symbol))

    async def fetch_funding_rate(self, symbol: str) -> fa.FundingRate:
        return mapping.funding_rates(self.product_type, self.margin_coin).one(
            await self._row(endpoints.FUNDING_RATE, symbol)
        )

    async def fetch_risk_limits(self, symbol: str) -> list[fa.RiskLimit]:
        wanted = self.venue_symbol(symbol)
        rows = await self._call(endpoints.TIERS, self._contract_params(symbol), about=some_of(wanted))
        own = fa.Rows(row for row in rows if same_name(row.symbol, wanted)).without(unread_of(rows))
        return by_tier(mapping.risk_limits(self.product_type).known(own))

    async def _row(self, endpoint: fa.Endpoint[list[Row]], symbol: str) -> Row:
        """Read the row of one contract."""
        params = self._contract_params(symbol)
        return await self._pick(endpoint, params, row_of(params["symbol"], endpoint, self.id))

    # Positions

    async def fetch_positions(self, symbol: str | None = None) -> list[fa.Position]:
        asked = self._margin_modes.asked()
        if symbol is None:
            # One margin coin where one was chosen, else all of the product type.
            params: fa.Params = {"productType": self.product_type, "marginCoin": self.margin_coin}
            rows = await self._call(endpoints.ALL_POSITIONS, params)
        else:
            params = self._settled_params(symbol)
            rows = await self._call(endpoints.SINGLE_POSITION, params, about=all_of(params["symbol"]))
        found = mapping.positions(self.product_type).all(rows)
        for position in found:
            if position.raw.margin_mode:  # one that does not say takes nothing away of what is known
                self._margin_modes.put(position.venue_symbol, position.raw.margin_mode, asked)
        return found

    async def _closed_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.PositionHistory]:
        return await self._page(
            endpoints.POSITION_HISTORY,
            {"productType": self.product_type, "symbol": query.symbol},
            query,
            cursor,
            DEPTH_MS,
            lambda answer: (answer.rows, answer.end_id),
            mapping.closed_positions(self.product_type),
        )

    async def _page(
        self,
        endpoint: fa.Endpoint[W],
        params: fa.Params,
        query: fa.PageQuery,
        cursor: str | None,
        span_ms: int,
        rows_of: Callable[[W], tuple[list[R] | None, str | int | None]],
        reading: fa.Reading[R, M],
    ) -> fa.Page[M]:
        """One page of any of the venue's lists."""
        page = await self._raw_page(endpoint, params, query, cursor, span_ms, rows_of)
        rows, unread = reading.each(page.rows)
        return fa.Page(rows, page.cursor, (*page.unread, *unread))

    async def _raw_page(
        self,
        endpoint: fa.Endpoint[W],
        params: fa.Params,
        query: fa.PageQuery,
        cursor: str | None,
        span_ms: int,
        rows_of: Callable[[W], tuple[list[R] | None, str | int | None]],
    ) -> fa.Page[R]:
        """One page, its rows as the venue sent them."""
        now_ms = self._channel.now_ms()
        reach = windows.Reach(PAGE_ROWS, span_ms, DEPTH_MS)
        at = windows.window_at(query, cursor, now_ms, reach)
        size = walks.page_size(query, cursor, PAGE_ROWS)
        bounds = at.named("startTime", "endTime", "idLessThan")
        name = params.get("symbol")
        about = some_of(None if name is None else str(name), lambda answer: rows_of(answer)[0])
        answer = await self._call(endpoint, {**params, **bounds, "limit": str(size)}, about=about)
        rows, end_id = rows_of(answer)
        rows, unread = list(rows or ()), unread_of(rows)
        return fa.Page(rows, windows.window_after(at, query, now_ms, reach, len(rows) + len(unread), end_id), unread)

    # Account

    async def fetch_account(self, margin_coin: str | None = None) -> fa.Account:
        """Read the account's state in one margin coin; None is the one of this object's product type."""
        coin = (margin_coin or self._coin(REFERENCE[self.product_type])).upper()
        symbol = f"{coin}USD" if self.product_type == "COIN-FUTURES" else REFERENCE[self.product_type]
        params = {"symbol": symbol, "productType": self.product_type, "marginCoin": coin}

        def of_coin(wire: WireAccount) -> fa.Account | None:
            account = mapping.accounts().one(wire)
            return account if account.margin_coin == coin else None

        return await self._pick(endpoints.ACCOUNT, params, of_coin)

    async def fetch_accounts(self) -> list[fa.Account]:
        rows = await self._call(endpoints.ACCOUNTS, {"productType": self.product_type})
        return mapping.accounts().all(rows)

    async def fetch_symbol_account(self, symbol: str) -> WireAccount:
        """Read leverage, margin mode and position mode of one contract: the only place that tells them when flat."""
        return readable(await self._symbol_account(symbol))

    async def _symbol_account(self, symbol: str) -> WireAccount:
        params, asked = self._settled_params(symbol), self._margin_modes.asked()
        account = await self._call(endpoints.ACCOUNT, params)
        self._margin_modes.put(params["symbol"], account.margin_mode, asked)
        return account

    async def fetch_fee_rate(self, symbol: str) -> WireFeeRate:
        """Read the account's own maker and taker fee rates, as fractions."""
        params = {"symbol": self.venue_symbol(symbol), "businessType": "mix"}
        return readable(await self._call(endpoints.FEE_RATE, params))

    async def fetch_max_open(self, symbol: str, side: fa.PositionSide, price: fa.Number | None = None) -> Decimal:
        """Read how much base coin can be opened beside what is held and ordered, at `price` or at market."""
        side = chosen(fa.PositionSide, side, "side")
        limit = None if price is None else to_text(to_decimal(price, "price"))
        params = {
            **self._settled_params(symbol),
            "posSide": mapping.WIRE_POSITION_SIDE[side],
            "orderType": "market" if limit is None else "limit",
            "openPrice": limit,
        }
        return finite((await self._call(endpoints.MAX_OPEN, params)).max_open, "maxOpen")

    async def fetch_adl_ranks(self) -> list[WireAdlRank]:
        """Read how early each position would be deleveraged: `rank` 0 to 1, 1 first."""
        rows = await self._call(endpoints.ADL_RANKS, {"productType": self.product_type})
        return readable(listed(rows))

    async def _ledger_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.LedgerEntry]:
        # `coin` is honoured for transfers only, and there is no symbol filter: both are filtered here.
        return await self._page(
            endpoints.BILLS,
            {"productType": self.product_type},
            query,
            cursor,
            LEDGER_SPAN_MS,
            lambda answer: (answer.bills, answer.end_id),
            mapping.ledger_entries(self.product_type),
        )
