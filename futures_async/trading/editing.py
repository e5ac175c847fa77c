"""Edits: what stands after one decides, under whichever id, and a lost answer is never taken for the old order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from copy import copy
from decimal import Decimal
from functools import cached_property, partial
from typing import Any, TypeVar

import msgspec

from futures_async.trading.acceptance import READ_BACK_PAUSES_S
from futures_async.trading.around_sending import before_sending
from futures_async.trading.books import QUEUE_S
from futures_async.trading.cancelling import ordered
from futures_async.trading.changes import EDIT_AGAIN, PLACE_ANEW, Change, Ends, check_left, names_of, says_why
from futures_async.trading.hooks import Replacing
from futures_async.trading.planning import check_request, one_id, positive_or_none
from futures_async.trading.search import BETWEEN_ABSENCES_S
from futures_async.trading.several import Several
from futures_async.trading.turns import sent_by
from futures_async.transport import asleep
from futures_async.transport.asking import Asking, asked_at
from futures_async.transport.channel import apart
from futures_async.transport.endpoint import Kind
from futures_async.transport.runtime import TooLate
from futures_async.unified.convert import Number, to_decimal
from futures_async.unified.enums import Intent, OrderStatus, OrderType, Outcome
from futures_async.unified.errors import (
    BadResponse,
    DeadlineExpired,
    ExchangeError,
    FuturesAsyncError,
    InvalidOrder,
    OrderNotFound,
    OrderOutcomeUnknown,
    OutcomeUnknown,
    ResponseMismatch,
    SettingNotApplied,
)
from futures_async.unified.exchange import SEND_WITHIN_S, Capability
from futures_async.unified.models import Order, OrderRequest

T = TypeVar("T")


class Editing(Several):
    """The edits of every adapter."""

    @cached_property
    def _ends(self) -> Ends:
        return Ends()

    async def edit_order(
        self,
        symbol: str,
        *,
        order_id: str | None = None,
        client_order_id: str | None = None,
        price: Number | None = None,
        quantity: Number | None = None,
    ) -> Order:
        self._require(Capability.EDIT_ORDER)
        self._active("edit_order")
        pair = one_id(order_id, client_order_id)
        if price is None and quantity is None:
            raise InvalidOrder("edit_order needs a price or a quantity")
        # What can be no number is refused before the order is read.
        new_price, new_quantity = positive_or_none(price, "price"), positive_or_none(quantity, "quantity")

        due = self._edit_due()

        async def planned() -> Change:
            ended = self._ends.count
            change = await self._planned_change(symbol, *self._current_ids(*pair), new_price, new_quantity)
            return msgspec.structs.replace(change, ended=ended)

        async def plan() -> Change:
            return await self._edit_ready(due, "edit_order", planned())

        async def deed() -> Order:
            change = await plan()
            question = self._settings.question(change.key)
            if question is not None:
                # An earlier edit may have put another order in its place: that one is meant.
                await self._edit_settled(question, due, "edit_order")
                change = await plan()
            while True:
                result = await self._settings.once(change.key, partial(self._edit_as_it_is, change, plan), due)
                if isinstance(result, Order):
                    return result
                change = result

        with asked_at(Asking(asleep.asleep_s())), sent_by(due):
            return await self._channel.deeds.see_through(deed, Kind.ORDER)

    def _edit_due(self) -> float:
        """When an edit that is asked for now is too late, by the loop's clock: its price was decided on now."""
        return self._channel.transport.runtime().now() + SEND_WITHIN_S

    async def _edit_ready(
        self, due: float, call: str, ready: Coroutine[Any, Any, T], question: OutcomeUnknown | None = None
    ) -> T:
        """What an edit needs first, in its time.

        Raises:
            DeadlineExpired: It was not there at `due`.
        """
        try:
            return await self._channel.transport.runtime().by(due, ready)
        except TooLate:
            why = "what it needs" if question is None else "what became of an earlier one of this order"
            raise DeadlineExpired(
                f"{self.id} {call}: {why} was not known within {SEND_WITHIN_S:g} s; nothing was sent"
            ) from question

    async def _edit_as_it_is(self, change: Change, plan: Callable[[], Awaitable[Change]]) -> Order | Change:
        """Edit an order, alone; planned anew where another edit of it has ended since it was read.

        Returns:
            Another plan, where another order is in its place by now: to be carried out when that one's turn has come.
        """
        if self._ends.last(change.current.order_id) > change.ended:
            key, change = change.key, await plan()
            if change.key != key:
                return change
        try:
            return await self._edit(change)
        finally:
            self._ends.note(change.current.order_id)

    async def _edit_settled(self, question: OutcomeUnknown, due: float, call: str) -> None:
        """Wait until an earlier edit is known to stand, or not to.

        Raises:
            DeadlineExpired: That takes longer than until `due`.
            OutcomeUnknown: It still cannot be told.
        """
        try:
            await self._edit_ready(due, call, question.resolve(), question)
        except SettingNotApplied:
            return

    async def _planned_change(
        self,
        symbol: str,
        order_id: str | None,
        client_order_id: str | None,
        price: Decimal | None,
        quantity: Decimal | None,
    ) -> Change:
        venue_symbol = self.venue_symbol(symbol)
        with before_sending(client_order_id), ordered():
            current = await self.fetch_order(symbol, order_id=order_id, client_order_id=client_order_id)
            contract = await self._rules_of(venue_symbol)
            current = await self._to_amend(current)
        kept = current.quantity
        if contract is not None and contract.contract_value is not None and price is not None and current.price:
            # As many contracts at another price are another size.
            contracts = contract.exact_contracts(kept, current.price)
            kept = contract.quantity_of(contracts, price)
        wanted = check_request(
            OrderRequest(
                symbol=symbol,
                side=current.side,
                type=OrderType.LIMIT,
                quantity=kept if quantity is None else quantity,
                price=current.price if price is None else price,
                intent=Intent.CLOSE if current.reduce_only else Intent.OPEN,
            )
        )
        check_left(current, wanted, contract)
        with before_sending(client_order_id), ordered():
            await self._check_bounds(wanted, venue_symbol)
            await self._check_rules(wanted, venue_symbol)
        new_price = None if price is None else to_decimal(wanted.price or 0, "price")
        new_quantity = None if quantity is None else to_decimal(wanted.quantity, "quantity")
        return Change(
            symbol=symbol,
            current=current,
            wanted=wanted,
            price=new_price,
            quantity=new_quantity,
            amendment=self._amendment(current, new_price, new_quantity),
            moves_prices=self._channel.dialect.traits.moves_prices,
        )

    async def _edit(self, change: Change) -> Order:
        """Send an edit, and read what stands by it."""
        amendment, current = change.amendment, change.current
        self._left_to_send(amendment.endpoint)
        # From here on another order may take its place: who cancels this one means that one too.
        self._may_replace(change, self._channel.fence(self._channel.now_ms() + int(QUEUE_S * 1000)))
        try:
            answer = await self._call(amendment.endpoint, body=amendment.body)
            try:
                edited = await self._read_edited(change, amendment.read_ids(answer))
            except BadResponse as problem:
                raise self._channel.unknown(amendment.endpoint, [], problem) from problem
        except OrderOutcomeUnknown as unknown:
            return await self._edit_judged(change, unknown)
        except FuturesAsyncError as error:
            self._not_replaced(change)
            if not isinstance(error, ExchangeError) or error.code not in amendment.unchanged:
                if error.advice.startswith(PLACE_ANEW):  # it stands: there would be two
                    own = copy(error)  # others may have been told the same one
                    own.advice = EDIT_AGAIN + error.advice.removeprefix(PLACE_ANEW)
                    raise own from error.__cause__
                raise
            order = await self._read_either(change, None, None)
            if not change.fits(order):
                raise
            return self._edited(change, order, error)
        if edited is not None:
            return self._edited(change, edited)
        lag_ms = int(self._channel.dialect.traits.visibility_lag_s * 1000)
        unseen = OrderOutcomeUnknown(
            f"{self.id}: the edit of order {current.order_id} to {change} was accepted, and is not seen yet",
            venue=self.id,
            fence_until_ms=self._channel.now_ms() + lag_ms,
        )
        return await self._edit_judged(change, unseen, accepted=True)

    async def _edit_judged(
        self,
        change: Change,
        unknown: OutcomeUnknown,
        within_s: float | None = None,
        *,
        accepted: bool = False,
        over_ms: int | None = None,
    ) -> Order:
        """What stands after an edit, once that is certain.

        Args:
            change: The edit.
            unknown: The question.
            within_s: Give up after so long; None is its fence.
            accepted: The venue has accepted it.
            over_ms: Venue time from which nothing takes the order's place any more that is not seen by then; None:
                that it has left its place speaks for the edit, and nothing against it is believed yet.

        Raises:
            SettingNotApplied: The order is what it was, or has ended, and nothing has taken its place.
            OrderOutcomeUnknown: It has left its place, and nothing is seen there yet; or nothing can be read.
        """
        name = change.amendment.lost_ids[1] or change.current.client_order_id
        unknown.symbol, unknown.client_order_id = change.current.symbol, name
        self._may_replace(change, unknown.fence_until_ms)
        seen: list[Order] = []

        async def read() -> Order:
            seen.append(await self._edit_stands(change, over_ms))
            return seen[-1]

        try:
            order = await self._settings.judge(
                change.key, str(change), read, stands=change.stands, unknown=unknown, within_s=within_s
            )
        except SettingNotApplied as error:
            self._not_replaced(change)
            order, ended = seen[-1], seen[-1].status.is_final
            # It was as wanted before; or it filled between the answer and the edit, which the order itself tells.
            if (change.fits(order) and not ended) or (accepted and order.status is OrderStatus.FILLED):
                return order
            if error.refusal is not None and not (ended or change.is_new(order)) and says_why(error.refusal):
                own = copy(error.refusal)  # others may have been told the same one
                own.definitive, own.outcome, own.advice = True, Outcome.REJECTED, EDIT_AGAIN
                raise own from error.refusal.__cause__
            change.tell(error, order)
            raise
        except OutcomeUnknown as error:
            if over_ms is None:
                over_ms = self._channel.fence(self._channel.now_ms()) if accepted else unknown.fence_until_ms
            error.bind(
                lambda within_s: self._edit_judged(change, unknown, within_s, accepted=accepted, over_ms=over_ms)
            )
            raise
        return self._edited(change, order)

    async def _edit_stands(self, change: Change, over_ms: int | None) -> Order:
        """What has taken the order's place, or the order as long as nothing can have, or where nothing has.

        Args:
            change: The edit.
            over_ms: See `_edit_judged`.

        Raises:
            OrderNotFound: The order has left its place, and nothing is seen there.
        """
        channel = self._channel
        for pause_s in (BETWEEN_ABSENCES_S, 0.0):
            is_over = channel.past(over_ms)
            with apart(is_over):
                found = await self._edit_seen(change)
            if not change.has_left(found):
                return found
            if not is_over or over_ms is None or channel.transport.clock.server_seen_ms < over_ms:
                break
            await channel.transport.runtime().sleep(pause_s)
        else:
            return found
        raise OrderNotFound(
            f"{self.id}: order {found.order_id} is {found.status.value}, and what takes its place is not seen"
        )

    async def _edit_seen(self, change: Change) -> Order:
        """What is seen in the order's place, or else the order.

        Raises:
            OrderNotFound: Neither.
        """
        try:
            return await self._read_either(change, *change.amendment.lost_ids)
        except OrderNotFound:
            if change.amendment.lost_ids == (None, None):
                raise
        return await self._read_either(change, None, None)

    async def _read_either(self, change: Change, order_id: str | None, client_order_id: str | None) -> Order:
        if order_id is None and client_order_id is None:
            order_id = change.current.order_id
        with ordered():
            return await self.fetch_order(
                change.symbol, order_id=order_id, client_order_id=None if order_id is not None else client_order_id
            )

    async def _read_edited(self, change: Change, ids: tuple[str | None, str | None]) -> Order | None:
        """An edited order, or what was sent where reading fails: an accepted edit never fails because a read did.

        None where what stands must be waited for: it has an id that nobody has told yet, or is shown as it was.

        Raises:
            BadResponse: The answer names another order.
        """
        current, wanted = change.current, change.wanted
        as_it_was = False
        for pause_s in READ_BACK_PAUSES_S:
            await self._channel.transport.runtime().sleep(pause_s)
            try:
                edited = await self._read_either(change, *ids)
            except OrderNotFound:
                continue  # an order that was replaced may not be visible yet
            except ResponseMismatch:
                raise
            except FuturesAsyncError:
                break
            if change.is_new(edited):
                if (edited.side, edited.price) != (wanted.side, wanted.price):
                    raise ResponseMismatch(
                        f"{self.id}: the edited order {current.order_id} is called {edited.order_id}"
                    )
                return edited
            as_before = (edited.price, edited.quantity) == (current.price, current.quantity)
            if not change.has_left(edited) and (change.stands(edited) or edited.status.is_final or not as_before):
                return edited
            as_it_was = True  # some venues answer before an edit takes effect, or is refused
        order_id, client_order_id = ids
        if as_it_was or (order_id is None and client_order_id is not None):
            return None
        return msgspec.structs.replace(
            current.read(),
            order_id=order_id or current.order_id,
            client_order_id=client_order_id or current.client_order_id,
            price=wanted.price,
            quantity=change.amendment.stands_as or to_decimal(wanted.quantity, "quantity"),
            remaining_quantity=None,
            raw=None,
        )

    # Who names the order that was

    def _may_replace(self, change: Change, fence_ms: int | None) -> None:
        """Until it is known what became of an edit, the order that it may have made goes with the one it was of."""
        name = change.amendment.lost_ids[1]
        if name is not None:
            for former in names_of(change.current):
                self._replacing[former] = Replacing(name, fence_ms, change.current)

    def _not_replaced(self, change: Change) -> None:
        """No other order takes its place."""
        for former in names_of(change.current):
            self._replacing.pop(former, None)

    def _edited(self, change: Change, edited: Order, refusal: ExchangeError | None = None) -> Order:
        """Note what is there after an edit.

        Raises:
            SettingNotApplied: It has ended otherwise than filled: some edits cancel the order.
        """
        if change.is_new(edited):
            self._succeeds(edited, change.current)
            edited = msgspec.structs.replace(edited, replaces=change.current.order_id)
        self._not_replaced(change)
        if edited.status.is_final and edited.status is not OrderStatus.FILLED:
            ended = SettingNotApplied("")
            ended.refusal = refusal
            raise change.tell(ended, edited) from refusal
        return edited
