"""`Binance`: USD-M futures, fapi v1 to v3.

https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Unpack

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import side_by_side
from futures_async.adapters._rows import all_of
from futures_async.adapters.binance import endpoints, mapping, wire
from futures_async.adapters.binance.codes import HELD, NOTHING_TO_CLOSE, ORDER_STANDS
from futures_async.adapters.binance.dialect import BinanceDemoDialect, BinanceDialect
from futures_async.adapters.binance.options import BinanceOptions
from futures_async.adapters.binance.orders import (
    ALGO_ID,
    ORDER_FIELDS,
    change_body,
    order_body,
    orders,
    read_ack,
    read_acks,
    refusal_of,
)
from futures_async.adapters.binance.streams import BinanceStreams
from futures_async.adapters.binance.triggers import regular_ids
from futures_async.adapters.binance.venue import BinanceVenue


class Binance(fa.BatchCancels, BinanceVenue):
    """Binance USD-M futures of a classic account: perpetuals, and contracts with a delivery date under their own ids.

    Args:
        credentials: Key and secret, by HMAC; with `private_key=True` the secret is an RSA or Ed25519 key.
        options: See `BinanceOptions`.

    Limits are per address (weight) and per account (orders), and corrected by what the venue says that it has counted.
    Take-profits, stop-losses and trailing stops are conditional orders of a system of their own; none is attached to
    an order. The margin mode is the contract's: an order that names another one is refused before it is sent.
    The venue lists no closed positions: what they made is in `iter_fills` and `iter_ledger`, of the last 90 days.
    `watch_tickers` tells last, mark and index prices and funding; best prices are on addresses of their own, and None.
    """

    id = "binance"
    name = "Binance USD-M"
    lifecycle = "live"
    needs_position_mode = True
    order_fields = ORDER_FIELDS
    countdown = fa.Countdown(by_contract=True)
    takes: ClassVar[type[fa.Options]] = BinanceOptions
    max_batch = endpoints.BATCH
    max_cancels = endpoints.CANCELS
    cancels_by_one_id = True
    nothing_to_close = frozenset({NOTHING_TO_CLOSE, HELD})

    def __init__(self, credentials: fa.Credentials | None = None, **options: Unpack[BinanceOptions]) -> None:
        own, common = self._own_options(options)
        kind = BinanceDemoDialect if common.get("demo") else BinanceDialect
        super().__init__(credentials, dialect=kind(private_key=own["private_key"]), **common)

    # Streams

    @property
    def audit_reads(self) -> tuple[int, int]:
        """Of positions their list and that of the contracts' settings; of balances the account and its mode."""
        return 2, 2

    def _stream_dialect(self) -> fa.StreamDialect:
        return BinanceStreams()

    async def _stream_ticket(self) -> str:
        """The account's listen key: the one that is active, for another hour, or a new one."""
        key = (await self._call(endpoints.START_STREAM)).listen_key
        if not key:
            raise fa.DecodeError(f"{self.id}: no listen key came", path="listenKey")
        return key

    # Orders

    def _placement(self, order: fa.PlannedOrder) -> fa.Placement:
        return fa.Placement(endpoints.PLACE, order_body(order), read_ack)

    def _batch_placement(self, orders: Sequence[fa.PlannedOrder]) -> fa.BatchPlacement:
        body = {"batchOrders": [order_body(order) for order in orders]}
        return fa.BatchPlacement(endpoints.PLACE_BATCH, body, partial(read_acks, plans=orders))

    def _cancellation(self, venue_symbol: str, order_id: str | None, client_order_id: str | None) -> fa.Call:
        placed = self._orders.request(client_order_id or "")
        if placed is not None and placed.type is fa.OrderType.TRIGGER:
            return fa.Call(endpoints.CANCEL_ALGO, params=self._algo_ids(None, client_order_id))
        if order_id is not None and order_id.startswith(ALGO_ID):
            return fa.Call(endpoints.CANCEL_ALGO, params=self._algo_ids(order_id, None))
        return fa.Call(endpoints.CANCEL, params={"symbol": venue_symbol, **regular_ids(order_id, client_order_id)})

    def _batch_cancellation(self, venue_symbol: str, ids: Sequence[tuple[str | None, str | None]]) -> fa.Call:
        numbers = [int(order_id) for order_id, _ in ids if order_id is not None]
        names = [name for _, name in ids if name is not None]
        listed = {"orderIdList": _json(numbers)} if numbers else {"origClientOrderIdList": _json(names)}
        return fa.Call(endpoints.CANCEL_BATCH, params={"symbol": venue_symbol, **listed})

    def _cancel_refusals(self, answer: Sequence[wire.WireItem]) -> Sequence[fa.Refusal | None]:
        """By their place: a refusal does not say of which order it is."""
        return [refusal_of(row) for row in answer]

    async def cancel_orders(
        self, symbol: str, *, order_ids: Sequence[str] = (), client_order_ids: Sequence[str] = ()
    ) -> list[fa.CancelResult]:
        """Cancel several orders, ten in one call, each judged alone; with conditional ones among them one by one."""
        if not all(name.isdigit() for name in map(str, order_ids)):
            return await super(fa.BatchCancels, self).cancel_orders(
                symbol, order_ids=order_ids, client_order_ids=client_order_ids
            )
        return await super().cancel_orders(symbol, order_ids=order_ids, client_order_ids=client_order_ids)

    def _amendment(self, order: fa.Order, price: Decimal | None, quantity: Decimal | None) -> fa.Amendment:
        """In place. Where the new total is filled already, or a post-only order would take, the venue cancels it."""
        if order.order_id.startswith(ALGO_ID):
            raise fa.InvalidOrder(f"{self.id}: conditional orders cannot be changed: cancel it and place another")
        # Both ids stay.
        return fa.Amendment(endpoints.AMEND, change_body(order, price, quantity), unchanged=frozenset({ORDER_STANDS}))

    async def _cancel_all(self, venue_symbol: str) -> list[str] | None:
        """The answer is a word, also where there was nothing to cancel."""
        await self._call(endpoints.CANCEL_ALL, {"symbol": venue_symbol})
        return None

    async def _fetch_order(self, name: str, order_id: str | None, client_order_id: str | None) -> fa.Order:
        """In any state; by a client order id also a conditional one.

        Of a conditional order that has gone off it is the regular order that came of it, with an id of its own:
        `parent_order_id` is the former id, which stands for it in edits and cancels too.

        Raises:
            OrderNotFound: The venue does not know it: not yet, or not any more (three days after a cancel without a
                fill, else ninety).
        """
        if order_id is not None and order_id.startswith(ALGO_ID):
            return await self._fetch_waiting(name, order_id, None)

        try:
            return await self._regular(name, order_id, client_order_id)
        except fa.OrderNotFound as gone:
            if client_order_id is None:
                raise
            try:
                return await self._fetch_waiting(name, None, client_order_id)
            except fa.OrderNotFound:
                raise gone from None

    async def fetch_open_orders(self, symbol: str | None = None) -> list[fa.Order]:
        """Read all open orders, or those of one contract; conditional ones are `fetch_trigger_orders`'."""
        return orders().all(await self._list(endpoints.OPEN_ORDERS, self._name(symbol)))

    async def _arm(self, seconds: int, venue_symbol: str) -> bool:
        """Whether conditional orders go too is not documented: take it that they stay."""
        body = {"symbol": venue_symbol, "countdownTime": seconds * 1000}
        return str((await self._call(endpoints.COUNTDOWN, body=body)).countdown_time) == str(seconds * 1000)

    # Market

    async def fetch_contracts(self) -> list[fa.Contract]:
        """Read the trading rules of all contracts; the highest leverage is in `fetch_risk_limits`."""
        return mapping.contracts().known((await self._call(endpoints.EXCHANGE_INFO)).symbols)

    async def fetch_ticker(self, symbol: str) -> fa.Ticker:
        """Read last, best, mark and index prices, from three calls at once."""
        params = {"symbol": self.venue_symbol(symbol)}

        async def row(endpoint: fa.Endpoint[Any]) -> list[Any]:
            return [await self._call(endpoint, params, about=all_of(params["symbol"]))]

        parts: tuple[fa.Endpoint[Any], ...] = (endpoints.DAY_TICKER, endpoints.BOOK_TICKER, endpoints.PREMIUM)
        last, best, marked = await side_by_side(row, parts)
        return mapping.tickers().one(_priced(last, best, marked))

    async def _listed_tickers(self, names: Sequence[str]) -> Sequence[fa.Ticker]:
        async def rows(endpoint: fa.Endpoint[Any]) -> list[dict[str, Any]]:
            return [{str(row.symbol): row for row in await self._call(endpoint)}]

        parts: tuple[fa.Endpoint[Any], ...] = (endpoints.DAY_TICKERS, endpoints.BOOK_TICKERS, endpoints.PREMIUMS)
        days, bests, marks = await side_by_side(rows, parts)
        told = [name for name in names if name in days and name in bests and name in marks]
        return mapping.tickers().each(_priced(days[name], bests[name], marks[name]) for name in told).rows

    async def fetch_funding_rate(self, symbol: str) -> fa.FundingRate:
        """Read the running estimate of the next funding, its interval and bounds.

        Raises:
            InvalidRequest: The contract has a delivery date, and no funding.
        """
        name = self.venue_symbol(symbol)
        row = await self._call(endpoints.PREMIUM, {"symbol": name}, about=all_of(name))
        if row.last_funding_rate == "" and not row.next_funding_time:
            raise fa.InvalidRequest(f"{self.id}: {symbol} has a delivery date and no funding")
        # Only what is not the default is listed.
        special = next((info for info in await self._call(endpoints.FUNDING_INFO) if info.symbol == name), None)
        if special is not None:
            row = msgspec.structs.replace(
                row,
                funding_interval_hours=special.funding_interval_hours,
                adjusted_funding_rate_cap=special.adjusted_funding_rate_cap,
                adjusted_funding_rate_floor=special.adjusted_funding_rate_floor,
            )
        return mapping.funding_rates().one(row)

    async def fetch_time(self) -> int:
        return (await self._call(endpoints.TIME)).server_time


def _priced(day: wire.WireTicker, best: wire.WireBook, mark: wire.WirePremium) -> wire.WireTicker:
    priced = msgspec.structs.replace(day, bid_price=best.bid_price, ask_price=best.ask_price)
    return mapping.marked(priced, mark)


def _json(ids: Sequence[int | str]) -> str:
    return msgspec.json.encode(list(ids)).decode()
