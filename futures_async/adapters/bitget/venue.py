"""Documented calls of Bitget v2 mix that have no unified shape: they return the venue's own rows."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

import futures_async.adapter as fa
from futures_async.adapter import chosen, finite, to_decimal, to_text
from futures_async.adapters._rows import listed, readable, row_of, some_of
from futures_async.adapters.bitget import endpoints, wire_venue
from futures_async.adapters.bitget.mapping import WIRE_POSITION_SIDE, tickers
from futures_async.adapters.bitget.triggers import BitgetTriggers

FUNDING_ROWS = 100


class BitgetVenue(BitgetTriggers):
    """What only this venue has."""

    # Estimates

    async def fetch_open_count(
        self, symbol: str, margin: fa.Number, price: fa.Number, *, leverage: fa.Number | None = None
    ) -> Decimal:
        """Read how much base coin an amount of margin opens at `price`, whatever is held and ordered.

        Args:
            symbol: Unified symbol or the venue's id.
            margin: In margin coin.
            price: In quote coin.
            leverage: None: the venue counts with 20.
        """
        params = {
            **self._settled_params(symbol),
            "openAmount": to_text(to_decimal(margin, "margin")),
            "openPrice": to_text(to_decimal(price, "price")),
            "leverage": None if leverage is None else to_text(to_decimal(leverage, "leverage")),
        }
        return finite((await self._call(endpoints.OPEN_COUNT, params)).size, "size")

    async def fetch_liquidation_price(
        self, symbol: str, side: fa.PositionSideLike, quantity: fa.Number, price: fa.Number | None = None
    ) -> Decimal | None:
        """Read where a position would be liquidated that is opened at `price`, or at market; None: nowhere."""
        side = chosen(fa.PositionSide, side, "side")
        limit = None if price is None else to_text(to_decimal(price, "price"))
        params = {
            **self._settled_params(symbol),
            "posSide": WIRE_POSITION_SIDE[side],
            "orderType": "market" if limit is None else "limit",
            "openAmount": to_text(to_decimal(quantity, "quantity")),
            "openPrice": limit,
        }
        found = finite((await self._call(endpoints.LIQUIDATION_PRICE, params)).liq_price, "liqPrice")
        return found if found > 0 else None

    # Settings of the product type

    async def set_all_leverage(self, leverage: fa.Number) -> None:
        """Set the leverage of every contract of the product type that has an open position; nothing is read back."""
        number = to_decimal(leverage, "leverage")
        if number <= 0:
            raise fa.InvalidRequest(f"leverage must be above 0, not {to_text(number)}")
        self._active("set_all_leverage")
        body = {"productType": self.product_type, "leverage": to_text(number)}
        await self._call(endpoints.SET_ALL_LEVERAGE, body=body)

    async def set_asset_mode(self, mode: Literal["single", "union"]) -> str:
        """Have USDT alone as margin, or all coins (`union`); read back from the account.

        Since 2026-07-01 the venue lets nobody into `union` who was not in it then, and nobody back who leaves it.

        Raises:
            InvalidRequest: Another word, or another product type than USDT-FUTURES.
        """
        if mode not in ("single", "union") or self.product_type != "USDT-FUTURES":
            raise fa.InvalidRequest(f"{self.id}: set_asset_mode takes single or union, and is for USDT-FUTURES")

        async def read() -> str:
            rows = await self._call(endpoints.ACCOUNTS, {"productType": self.product_type})
            return next((row.asset_mode or "" for row in rows if row.margin_coin == "USDT"), "")

        body = {"productType": self.product_type, "assetMode": mode}
        return await self._apply(
            ("set_asset_mode",),
            mode,
            send=lambda: self._call(endpoints.SET_ASSET_MODE, body=body),
            read=read,
            stands=lambda found: found == mode,
        )

    async def fetch_isolated_symbols(self) -> list[wire_venue.WireIsolatedSymbol]:
        """Read which contracts are set to isolated margin."""
        rows = await self._call(endpoints.ISOLATED_SYMBOLS, {"productType": self.product_type})
        return readable(listed(rows))

    # Multi-asset mode and sub-accounts

    async def fetch_sub_accounts(self) -> list[wire_venue.WireSubAccount]:
        """Read the futures assets of all sub-accounts; once in ten seconds at most."""
        rows = await self._call(endpoints.SUB_ACCOUNTS, {"productType": self.product_type})
        return readable(listed(rows))

    async def fetch_interest_history(
        self, coin: str | None = None, *, since_ms: int | None = None, until_ms: int | None = None
    ) -> wire_venue.WireInterest:
        """Read what multi-asset mode has borrowed and paid for it: the newest page."""
        params = {
            "productType": self.product_type,
            "coin": coin,
            "startTime": None if since_ms is None else str(since_ms),
            "endTime": None if until_ms is None else str(until_ms),
        }
        return readable(await self._call(endpoints.INTEREST, params))

    async def fetch_union_config(self) -> wire_venue.WireUnionConfig:
        """Read margin rates and limits of multi-asset mode."""
        return readable(await self._call(endpoints.UNION_CONFIG))

    async def fetch_union_requirement(self) -> Decimal:
        """Read how much USDT it takes to switch to multi-asset mode."""
        return finite((await self._call(endpoints.UNION_USDT)).usdt_amount, "usdtAmount")

    async def fetch_transfer_limit(self, coin: str) -> Decimal:
        """Read how much of a coin may be moved into the futures account."""
        return finite((await self._call(endpoints.TRANSFER_LIMIT, {"coin": coin})).max_transfer_in, "maxTransferIn")

    async def convert_to_usdt(self, coin: str, amount: fa.Number) -> Decimal:
        """Turn collateral of multi-asset mode into USDT; sent once. The USDT that came of it.

        Raises:
            SettingOutcomeUnknown: It is not known whether it was converted: read the account.
        """
        number = to_decimal(amount, "amount")
        if number <= 0:
            raise fa.InvalidRequest("amount must be above 0")
        self._active("convert_to_usdt")
        body = {"coin": coin, "amount": to_text(number)}
        return finite((await self._call(endpoints.UNION_CONVERT, body=body)).usdt_amount, "usdtAmount")

    # Market

    async def fetch_tickers(self) -> list[fa.Ticker]:
        """Read the tickers of all contracts of the product type in one call."""
        rows = await self._call(endpoints.TICKERS, {"productType": self.product_type})
        return tickers(self.product_type, self.margin_coin).known(rows)

    async def _listed_tickers(self, names: Sequence[str]) -> Sequence[fa.Ticker]:
        rows = await self._call(endpoints.TICKERS, {"productType": self.product_type})
        return tickers(self.product_type, self.margin_coin).each(rows).rows

    async def fetch_symbol_price(self, symbol: str) -> wire_venue.WireSymbolPrice:
        """Read last, index and mark price."""
        return readable(await self._row(endpoints.SYMBOL_PRICE, symbol))

    async def fetch_funding_history(self, symbol: str, *, page: int = 1) -> list[wire_venue.WirePastFundingRate]:
        """Read settled funding rates, newest first, a hundred to a page."""
        if page < 1:
            raise fa.InvalidRequest(f"pages count from 1, not {page}")
        params = {**self._contract_params(symbol), "pageSize": str(FUNDING_ROWS), "pageNo": str(page)}
        rows = await self._call(endpoints.FUNDING_HISTORY, params, about=some_of(self.venue_symbol(symbol)))
        return readable(listed(rows))

    async def fetch_funding_time(self, symbol: str) -> wire_venue.WireFundingTime:
        """Read when funding is settled next."""
        return readable(await self._row(endpoints.FUNDING_TIME, symbol))

    async def fetch_open_interest(self, symbol: str) -> Decimal:
        """Read the open interest of a contract, base coin."""
        params, endpoint = self._contract_params(symbol), endpoints.OPEN_INTEREST
        find = row_of(params["symbol"], endpoint, self.id, lambda answer: listed(answer.rows))
        return finite((await self._pick(endpoint, params, find)).size, "size")

    async def fetch_open_interest_limits(self, symbol: str | None = None) -> list[wire_venue.WireOpenInterestLimit]:
        """Read how large positions may be altogether, of one contract or of all."""
        name = None if symbol is None else self.venue_symbol(symbol)
        params = {"productType": self.product_type, "symbol": name}
        rows = await self._call(endpoints.OPEN_INTEREST_LIMITS, params, about=some_of(name))
        return readable(listed(rows))
