"""`OKX`: swaps of an OKX account, over the v5 interface.

https://www.okx.com/docs-v5/en/
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Unpack

import futures_async.adapter as fa
from futures_async.adapter import side_by_side, unread_of, windows, worst_of
from futures_async.adapters._rows import by_tier, same_name, some_of
from futures_async.adapters.okx import endpoints, mapping, market, wire
from futures_async.adapters.okx.codes import CANCELLING, GONE, HELD, NOTHING_TO_CHANGE
from futures_async.adapters.okx.dialect import OKXDialect
from futures_async.adapters.okx.options import OKXOptions
from futures_async.adapters.okx.orders import (
    ORDER_FIELDS,
    change_body,
    fills,
    order_body,
    orders,
    read_ack,
    read_acks,
    refusal_of,
)
from futures_async.adapters.okx.streams import OKXStreamDialect
from futures_async.adapters.okx.triggers import OKXTriggers

WITNESS_MS = windows.DAY_MS
"""How far back the list of finished orders is searched for an order of ours, beside the look-up by its id."""


class OKX(fa.BatchCancels, OKXTriggers):
    """OKX v5: swaps that settle in USDT, USDC or their base coin.

    Args:
        credentials: Key, secret and passphrase; None gives market data only.
        options: See `OKXOptions`.

    Sizes are contracts at the venue; here they are base coin, converted exactly. The venue keeps no margin mode per
    symbol: an order that says none is cross, or what `margin_mode` says; a close must say its position's, as
    `close_position` does. An order that has not reached the venue five seconds after it was signed is discarded there.
    Coin-margined contracts are worth a fixed amount of USD each: an order's size in base coin counts at its own price,
    as `Contract.quantity_of` makes it of contracts, so there are no market orders but those of `close_position`.
    Fills are streamed with their orders; a streamed ticker's mark and index price and funding rate are those last read.
    """

    id = "okx"
    name = "OKX"
    lifecycle = "live"
    needs_contract = True
    needs_position_mode = True
    order_fields = ORDER_FIELDS
    countdown = fa.Countdown(least=10, most=120)
    both_margin_modes = True
    takes: ClassVar[type[fa.Options]] = OKXOptions
    max_batch = endpoints.BATCH
    max_cancels = endpoints.BATCH
    nothing_to_close = GONE | HELD

    def __init__(self, credentials: fa.Credentials | None = None, **options: Unpack[OKXOptions]) -> None:
        own, common = self._own_options(options)
        self._margin_mode: fa.MarginMode = own["margin_mode"] or fa.MarginMode.CROSS
        self._okx = OKXDialect(own["region"])
        super().__init__(credentials, dialect=self._okx, **common)

    def _stream_dialect(self) -> fa.StreamDialect:
        return OKXStreamDialect(self._okx, lambda name: self._contract_of(name, "instId"))

    async def _before_reading(self) -> None:
        """Pushes count contracts, whose sizes they do not tell."""
        await self._sizes_of([None], "instId")

    # Orders

    def _margin_mode_of(self, plan: fa.PlannedOrder) -> fa.MarginMode:
        return plan.request.margin_mode or self._margin_mode

    def _placement(self, order: fa.PlannedOrder) -> fa.Placement:
        return fa.Placement(endpoints.PLACE, order_body(order, self._margin_mode_of(order)), read_ack)

    def _batch_placement(self, orders: Sequence[fa.PlannedOrder]) -> fa.BatchPlacement:
        bodies = [order_body(order, self._margin_mode_of(order)) for order in orders]
        return fa.BatchPlacement(endpoints.PLACE_BATCH, bodies, partial(read_acks, orders=orders))

    def _cancellation(self, venue_symbol: str, order_id: str | None, client_order_id: str | None) -> fa.Call:
        return fa.Call(endpoints.CANCEL, _named(venue_symbol, order_id, client_order_id))

    async def _cancel_now(self, venue_symbol: str, order_id: str | None, client_order_id: str | None) -> fa.Order:
        """Where a cancel is under way already, the order tells what comes of it."""
        try:
            return await super()._cancel_now(venue_symbol, order_id, client_order_id)
        except fa.OrderRejected as error:
            if error.code != CANCELLING:
                raise
            return await self._after_cancel(venue_symbol, order_id, client_order_id, None, None)

    def _batch_cancellation(self, venue_symbol: str, ids: Sequence[tuple[str | None, str | None]]) -> fa.Call:
        return fa.Call(endpoints.CANCEL_BATCH, [_named(venue_symbol, *pair) for pair in ids])

    def _cancel_refusals(self, answer: Sequence[wire.WireVerdict]) -> dict[str, fa.Refusal]:
        refused = [(row, reason) for row in answer if (reason := refusal_of(row)) is not None]
        return {
            str(name): reason
            for row, reason in refused
            if row.code != CANCELLING  # of which the order is read
            for name in (row.ord_id, row.cl_ord_id)
            if name
        }

    def _amendment(self, order: fa.Order, price: Decimal | None, quantity: Decimal | None) -> fa.Amendment:
        """Ids stay; that the request was taken says nothing of its effect, which is read."""
        contract = self._known_contract(order.venue_symbol)
        body = change_body(order, contract, price, quantity)
        return fa.Amendment(endpoints.AMEND, body, unchanged=frozenset({NOTHING_TO_CHANGE}))

    async def _cancel_all(self, venue_symbol: str) -> list[str] | None:
        """The venue has no call for it: the pending orders are listed, page by page, and cancelled in batches.

        Ids are all that is read of them; what is left of them the core reads. Pages go by the ids of rows, so that it
        does not matter which of the cancels have taken effect by then. What is refused does not keep the others,
        which the error names.
        """
        gone, problems = list[str](), list[fa.FuturesAsyncError]()
        reasons: dict[bool, fa.ExchangeError] = {}
        try:
            await self._cancel_pages(venue_symbol, gone, reasons)
        except fa.FuturesAsyncError as error:
            problems.append(error)
        # What is no certain refusal leaves it open: what stands is read then.
        problems += [
            reason if definitive else self._channel.unknown(endpoints.CANCEL_BATCH, [], reason)
            for definitive, reason in reasons.items()
        ]
        if problems:
            raise worst_of(problems, gone)
        return None

    async def _cancel_pages(self, venue_symbol: str, gone: list[str], reasons: dict[bool, fa.ExchangeError]) -> None:
        """Cancel page after page; adds the ids of what is gone, and the first refusal that is certain, or is not."""
        params: fa.Params = {**endpoints.SWAP, "instId": venue_symbol, "limit": endpoints.PAGE}
        after: str | None = None
        while True:
            rows = await self._call(endpoints.OPEN_ORDERS, {**params, "after": after})
            ids = [str(row.ord_id) for row in rows if row.ord_id and same_name(row.inst_id, venue_symbol)]
            for start in range(0, len(ids), endpoints.BATCH):
                batch = ids[start : start + endpoints.BATCH]
                body = [_named(venue_symbol, order_id, None) for order_id in batch]
                answer = await self._call(endpoints.CANCEL_BATCH, body=body)
                gone += [str(row.ord_id) for row in answer if str(row.ord_id) in batch and refusal_of(row) is None]
                for refusal in self._cancel_refusals(answer).values():
                    reason = self._dialect.judged(refusal, endpoints.CANCEL_BATCH)
                    if not isinstance(reason, fa.OrderNotFound):
                        reasons.setdefault(reason.definitive, reason)
            last = next((str(row.ord_id) for row in reversed(rows) if row.ord_id), None)
            if len(rows) + len(unread_of(rows)) < endpoints.PAGE or last in (None, after):
                return
            after = last

    async def _fetch_order(self, name: str, order_id: str | None, client_order_id: str | None) -> fa.Order:
        """Open, or finished within three months; one cancelled without a fill is kept for two hours."""

        def about(rows: list[wire.WireOrder]) -> wire.WireOrder | None:
            for row in rows:
                if order_id in (None, str(row.ord_id)) and client_order_id in (None, row.cl_ord_id):
                    return row
            return None

        row = await self._pick(endpoints.ORDER, _named(name, order_id, client_order_id), about)
        if not same_name(row.inst_id, name):
            raise fa.ResponseMismatch(
                f"{self.id}: order {order_id or client_order_id} is of {row.inst_id}, not of {name}"
            )
        return orders().one(row, (await self._sizes([row]))(row))

    async def _find_order(self, venue_symbol: str, client_order_id: str) -> fa.Order | None:
        """By its id, which tells of the newest order that had it; among the open ones; among those of the last day."""
        last_day = (self._orders_page, self._channel.now_ms() - WITNESS_MS)
        return await self._find_in(venue_symbol, client_order_id, (self._open_page, None), last_day)

    async def _open_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
        params: fa.Params = {**endpoints.SWAP, "instId": query.symbol, "after": cursor, "limit": endpoints.PAGE}
        rows = await self._call(endpoints.OPEN_ORDERS, params, about=some_of(query.symbol, named="inst_id"))
        found, unread = orders().each(rows, await self._sizes(rows))
        full = rows and len(rows) + len(unread_of(rows)) >= endpoints.PAGE
        return fa.Page(found, str(rows[-1].ord_id) if full else None, unread)

    async def _orders_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
        params: fa.Params = {**endpoints.SWAP, "instId": query.symbol}
        lists = (endpoints.PAST_ORDERS, endpoints.OLD_ORDERS)
        return await self._past(lists, params, "ord_id", orders(), query, cursor)

    async def _fills_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Fill]:
        params: fa.Params = {**endpoints.SWAP, "instId": query.symbol}
        return await self._past((endpoints.FILLS, endpoints.OLD_FILLS), params, "bill_id", fills(), query, cursor)

    async def _close_unread(self, wanted: fa.ToClose) -> fa.Ack | None:
        """By the venue's own close. Closing orders that wait would block it, and are cancelled by it; the margin mode
        must be said, and is one of two."""
        venue_symbol, margin_mode = wanted.venue_symbol, wanted.margin_mode
        refusal: fa.OrderRejected | None = None
        body: dict[str, Any] = {"instId": venue_symbol, "autoCxl": True, "clOrdId": fa.make_client_order_id()}
        if wanted.side is not None and await self._known_position_mode(venue_symbol) is fa.PositionMode.HEDGE:
            body["posSide"] = wanted.side.value
        modes = sorted(fa.MarginMode, key=lambda mode: mode is not self._margin_mode)
        for mode in modes if margin_mode is None else [margin_mode]:
            try:
                rows = await self._call(endpoints.CLOSE_POSITION, body={**body, "mgnMode": mode.value})
                return read_ack(rows)
            except fa.OrderRejected as error:
                if error.code not in GONE:
                    raise
                refusal = error
        if refusal is not None:
            raise refusal
        return None

    async def _arm(self, seconds: int, venue_symbol: str) -> bool:
        """Of every product; one call a second is the most. Orders that wait for a price stay."""
        await self._call(endpoints.CANCEL_ALL_AFTER, body={"timeOut": str(seconds)})
        return True

    # Market

    async def fetch_contracts(self) -> list[fa.Contract]:
        rows = await self._call(endpoints.INSTRUMENTS, endpoints.SWAP)
        return market.contracts().known(rows)

    async def fetch_ticker(self, symbol: str) -> fa.Ticker:
        """Read last and best prices; mark and index price and the funding rate are three more calls beside it.

        What of those a contract has not got, as before its listing, is None.
        """
        name = self.venue_symbol(symbol)

        async def row(part: tuple[fa.Endpoint[list[Any]], fa.Params]) -> list[Any]:
            try:
                return [await self._row(*part)]
            except fa.SymbolNotFound:
                if part[0] is endpoints.TICKER:
                    raise
                return [None]

        parts: list[tuple[fa.Endpoint[Any], fa.Params]] = [
            (endpoints.TICKER, {"instId": name}),
            (endpoints.MARK_PRICE, {**endpoints.SWAP, "instId": name}),
            (endpoints.INDEX, {"instId": mapping.underlying(mapping.family(name))}),
            (endpoints.FUNDING_RATE, {"instId": name}),
        ]
        ticker, mark, index, funding = await side_by_side(row, parts)
        prices = wire.WirePrices(
            mark_px=None if mark is None else mark.mark_px,
            idx_px=None if index is None else index.idx_px,
            funding_rate=None if funding is None else funding.funding_rate,
        )
        return market.tickers().one(ticker, prices)

    async def _listed_tickers(self, names: Sequence[str]) -> Sequence[fa.Ticker]:
        """The same four of all swaps; index prices are listed by their quote coin, asked of swaps that there are."""

        async def rows(part: tuple[fa.Endpoint[list[Any]], fa.Params]) -> list[dict[str, Any]]:
            return [{str(row.inst_id): row for row in await self._call(*part)}]

        [listed] = await rows((endpoints.TICKERS, endpoints.SWAP))
        pairs = {name: mapping.underlying(mapping.family(name)) for name in names if name in listed}
        coins = sorted({pair.rpartition("-")[2] for pair in pairs.values()})
        parts: list[tuple[fa.Endpoint[Any], fa.Params]] = [
            (endpoints.MARK_PRICE, endpoints.SWAP),
            (endpoints.FUNDING_RATE, {"instId": "ANY"}),
            *((endpoints.INDEX, {"quoteCcy": coin}) for coin in coins),
        ]
        marks, rates, *of_coins = await side_by_side(rows, parts)
        indexes = {pair: row for rows in of_coins for pair, row in rows.items()}
        told = [name for name, pair in pairs.items() if name in marks and name in rates and pair in indexes]

        def beside(row: wire.WireTicker) -> wire.WirePrices:
            name = str(row.inst_id)
            mark, index, funding = marks[name], indexes[pairs[name]], rates[name]
            return wire.WirePrices(mark_px=mark.mark_px, idx_px=index.idx_px, funding_rate=funding.funding_rate)

        return market.tickers().each((listed[name] for name in told), beside).rows

    async def fetch_funding_rate(self, symbol: str) -> fa.FundingRate:
        """Read the rate of the running period, which is a forecast until it is paid."""
        row = await self._row(endpoints.FUNDING_RATE, {"instId": self.venue_symbol(symbol)})
        return market.funding_rates().one(row)

    async def fetch_risk_limits(
        self, symbol: str, *, margin_mode: fa.MarginModeLike | None = None
    ) -> list[fa.RiskLimit]:
        """Read the risk tiers of a contract's family, smallest first. Positions and open orders count together."""
        mode = fa.chosen_or_none(fa.MarginMode, margin_mode, "margin_mode") or self._margin_mode
        contract = await self.fetch_contract(symbol)
        pair = mapping.family(contract.venue_symbol)
        params: fa.Params = {**endpoints.SWAP, "tdMode": mode.value, "instFamily": pair}
        rows = await self._call(endpoints.TIERS, params, about=some_of(pair, named="inst_family"))
        return by_tier(market.risk_limits().known(rows, lambda _: contract))

    async def fetch_time(self) -> int:
        return (await self._first(endpoints.TIME)).ts


def _named(venue_symbol: str, order_id: str | None, client_order_id: str | None) -> dict[str, str | int | None]:
    """One order by either id."""
    ids = {"ordId": order_id} if order_id is not None else {"clOrdId": client_order_id}
    return {"instId": venue_symbol, **ids}
