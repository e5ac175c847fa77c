"""Whose kind of account it is: one of Portfolio Margin is traded elsewhere, and looks empty here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any, TypeVar

import futures_async.adapter as fa
from futures_async.adapters._rows import listed
from futures_async.adapters.binance import endpoints, mapping, wire
from futures_async.adapters.binance.codes import INACTIVE, NO_PERMISSION

S = TypeVar("S")
T = TypeVar("T")


class BinanceKind(fa.Adapter):
    """Calls of a classic account, and none of another kind."""

    def _attach(self, credentials: fa.Credentials | None) -> None:
        self._is_own = False
        """The account is known to be none of Portfolio Margin."""
        self._pooled: bool | None = None
        """Whether all coins back all positions, as it was last read; None: not yet."""
        self._pooled_at_ms = 0
        super()._attach(credentials)

    async def _call(
        self,
        endpoint: fa.Endpoint[T],
        params: fa.Params | None = None,
        body: Any = None,
        *,
        priority: Any = None,
        about: Callable[[T], bool] | None = None,
    ) -> T:
        """One call. Here an account of Portfolio Margin holds nothing, or is refused: that is looked into until told.

        Raises:
            AccountModeMismatch: It is one.
        """
        try:
            result = await super()._call(endpoint, params, body, priority=priority, about=about)
        except fa.ExchangeError as error:
            if isinstance(error, fa.OrderNotFound) or (error.code == NO_PERMISSION and endpoint.private):
                try:
                    await self._check_account(endpoint)
                except fa.AccountModeMismatch as mismatch:
                    mismatch.outcome = error.outcome  # this call was sent
                    raise
            raise
        if not self._is_own and endpoint.private:
            if _tells_nothing(result):
                await self._check_account(endpoint)
            else:  # what a call of this adapter shows to be held is held here
                self._is_own = endpoint in (endpoints.ACCOUNT, endpoints.POSITIONS)
        return result

    async def _check_account(self, endpoint: fa.Endpoint[Any]) -> None:
        """Ask whether it is an account of this adapter's, unless that is known.

        Raises:
            AccountModeMismatch: It is none.
        """
        if self._is_own or endpoint is endpoints.PORTFOLIO_MARGIN:
            return
        try:
            await self._seldom("portfolio margin", self._refuse_portfolio_margin)
        except fa.AccountModeMismatch:
            raise
        except fa.FuturesAsyncError:
            return  # not to be told now: it is asked again when there is another reason, a while later

    async def _apply(
        self,
        key: tuple[str, ...],
        value: object,
        *,
        send: Callable[[], Awaitable[Any]],
        read: Callable[[], Awaitable[S]],
        stands: Callable[[S], bool],
        unchanged: Collection[str] = (),
    ) -> S:
        self._active(key[0])
        await self._check_account(endpoints.ACCOUNT_CONFIG)
        return await super()._apply(key, value, send=send, read=read, stands=stands, unchanged=unchanged)

    async def identify_account(self) -> str | None:
        """This adapter's id for an account of its own, by positive evidence only; see `fa.detect`.

        Raises:
            AccountModeMismatch: Portfolio Margin, whose orders and positions are elsewhere.
        """
        try:
            await self._refuse_portfolio_margin()
        except fa.AccountModeMismatch:
            raise
        except fa.ExchangeError as error:  # whatever it is refused for: the next call tells whether the key is good
            if not error.code or error.retryable:
                raise
        await self._call(endpoints.ACCOUNT_CONFIG)
        return self.id

    async def _refuse_portfolio_margin(self) -> None:
        """Such accounts have a row here; fapi would answer zeros for everything that they hold.

        Raises:
            AccountModeMismatch: It is one.
            FuturesAsyncError: It cannot be told: a key that may not ask says nothing of whose it is.
        """
        try:
            found = await self._call(endpoints.PORTFOLIO_MARGIN, {"asset": "USDT"})
        except fa.ExchangeError as error:
            if error.code != INACTIVE:
                raise
            self._is_own = True
            return
        if found.asset:
            raise fa.AccountModeMismatch(
                "a Portfolio Margin account: its positions and orders are behind papi.binance.com, which no adapter "
                "here speaks to; use a sub-account without it, or leave Portfolio Margin at the venue",
                venue=self.id,
                endpoint=endpoints.PORTFOLIO_MARGIN.name,
                outcome=fa.Outcome.NOT_SENT,
            )
        self._is_own = True


def _tells_nothing(result: object) -> bool:
    """An empty list, or an account that holds nothing."""
    if isinstance(result, wire.WireAccount):
        return not any(mapping.holds_something(row) for row in listed(result.assets))
    return result == []
