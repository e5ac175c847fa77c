"""`FuturesExchange`: what every venue's adapter offers. The interface only; its common logic is `adapter.py`.

One long page on purpose: it is signatures and docstrings, read from top to bottom or by the name of a call. Parts in
several files would have to be put together by who wants to know what an exchange can do.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from enum import StrEnum
from types import TracebackType
from typing import Any, ClassVar, Literal, NoReturn, Self

from futures_async.unified.convert import Number
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import (
    LedgerTypeLike,
    MarginModeLike,
    PositionMode,
    PositionModeLike,
    PositionSideLike,
)
from futures_async.unified.errors import FuturesAsyncError, NotSupported, OutcomeUnknown
from futures_async.unified.models import (
    Account,
    CancelResult,
    Contract,
    Fill,
    FundingRate,
    LedgerEntry,
    Leverage,
    Order,
    OrderRequest,
    OrderResult,
    Position,
    PositionHistory,
    PositionRisk,
    RiskLimit,
    Ticker,
)
from futures_async.unified.watching import Watch

Lifecycle = Literal["live", "winding down", "closed"]

SEND_WITHIN_S = 2.0
"""An order leaves so soon after it was asked for, or not at all, unless its caller says otherwise."""


class Capability(StrEnum):
    """One member per method that a venue may or may not offer; the value is the method's name."""

    FETCH_ACCOUNT = "fetch_account"
    FETCH_ACCOUNTS = "fetch_accounts"
    FETCH_POSITIONS = "fetch_positions"
    FETCH_POSITION = "fetch_position"
    FETCH_POSITION_RISK = "fetch_position_risk"
    FETCH_POSITION_HISTORY = "fetch_position_history"
    FETCH_LEDGER = "fetch_ledger"
    FETCH_RISK_LIMITS = "fetch_risk_limits"
    SET_RISK_LIMIT = "set_risk_limit"
    FETCH_LEVERAGE = "fetch_leverage"
    SET_LEVERAGE = "set_leverage"
    SET_MARGIN_MODE = "set_margin_mode"
    FETCH_POSITION_MODE = "fetch_position_mode"
    SET_POSITION_MODE = "set_position_mode"
    ADJUST_MARGIN = "adjust_margin"
    CREATE_ORDER = "create_order"
    CREATE_ORDERS = "create_orders"
    EDIT_ORDER = "edit_order"
    CANCEL_ORDER = "cancel_order"
    CANCEL_ORDERS = "cancel_orders"
    CANCEL_ALL_ORDERS = "cancel_all_orders"
    FETCH_ORDER = "fetch_order"
    FETCH_OPEN_ORDERS = "fetch_open_orders"
    FETCH_ORDER_HISTORY = "fetch_order_history"
    FETCH_FILLS = "fetch_fills"
    CLOSE_POSITION = "close_position"
    RESOLVE_ORDER = "resolve_order"
    CREATE_TRIGGER_ORDER = "create_trigger_order"
    CANCEL_TRIGGER_ORDER = "cancel_trigger_order"
    FETCH_TRIGGER_ORDERS = "fetch_trigger_orders"
    ARM_CANCEL_ALL = "arm_cancel_all"
    FETCH_TICKER = "fetch_ticker"
    FETCH_FUNDING_RATE = "fetch_funding_rate"
    FETCH_CONTRACTS = "fetch_contracts"
    FETCH_CONTRACT = "fetch_contract"
    FETCH_TIME = "fetch_time"
    ITER_ORDERS = "iter_orders"
    ITER_FILLS = "iter_fills"
    ITER_LEDGER = "iter_ledger"
    WATCH_ORDERS = "watch_orders"
    WATCH_FILLS = "watch_fills"
    WATCH_POSITIONS = "watch_positions"
    WATCH_ACCOUNTS = "watch_accounts"
    WATCH_TICKERS = "watch_tickers"


WATCHES = frozenset(capability for capability in Capability if capability.value.startswith("watch_"))
"""What venues stream. Without them `fallback_s` of a watch has the same read at an interval."""


class FuturesExchange(ABC):
    """One futures account at one venue.

    Symbols are unified (`BTC/USDT:USDT`) or the venue's own id; quantities are base coin; numbers are Decimal,
    int or str (a float raises TypeError); times are Unix milliseconds UTC. Every call may raise `NotSupported`
    (before any I/O), `NotSent`, `ExchangeError`; reads also `RequestTimeout` and `BadResponse`; writes
    `OutcomeUnknown`; those whose symbol may be left out `SymbolNeeded`, where the venue answers for one contract at
    a time. Use it as `async with`, or call `aclose()`.
    """

    id: ClassVar[str]
    name: ClassVar[str]
    lifecycle: ClassVar[Lifecycle] = "live"
    capabilities: ClassVar[frozenset[Capability]] = frozenset()

    @property
    def audit_reads(self) -> tuple[int, int]:
        """Requests that an audit of all positions takes, and one of all balances, at most, where each market's
        positions fit on a page: who keeps many accounts goes by it in how often they are compared with reads."""
        return 1, 2

    def supports(self, capability: Capability | str) -> bool:
        """Whether the method of that name works at this venue."""
        return capability in self.capabilities

    @property
    def account_id(self) -> str:
        """What names the account in journals and locks: its uid or a digest of its key, with what sets it apart (a
        vault, the host of a demo or simulated venue); "" without credentials."""
        return ""

    @property
    def view_id(self) -> str:
        """What names that which reads without a symbol give: the account, and which of its markets options choose."""
        return self.account_id

    @property
    def takes_client_order_id(self) -> bool:
        """Whether the venue has a field for a client order id; without one a request that carries one is refused."""
        return True

    def venue_symbol(self, symbol: str) -> str:
        """Return the venue's id of a contract, from either form. No I/O."""
        return symbol

    def unified_symbol(self, venue_symbol: str) -> str:
        """Return the unified symbol of a venue's id; one that can't be parsed comes back as it is. No I/O."""
        return venue_symbol

    def closed_for_s(self) -> float:
        """Seconds for which the rate limiter lets nothing of this account through; 0 when it is open. No I/O."""
        return 0.0

    def slots_taken(self) -> Mapping[str, tuple[int, int]]:
        """Of each rate limit that this account has met: calls that count against it now, and how many may. No I/O.

        Named by scope (`uid` or `ip`), pool, count and seconds. Limits that are counted outside this process are
        left out.
        """
        return {}

    def observe(self, hook: Callable[[Any], object]) -> None:  # noqa: B027 - where there is nothing to tell
        """Call a function with every `CallEvent` and `StreamEvent` of this account from now on, beside `on_event`.

        What it raises is logged and goes no further. Other accounts on the same connections are not told of.
        """

    def _unsupported(self, method: str, why: str = "the venue documents no such call") -> NoReturn:
        raise NotSupported(f"{self.id}: {method} is not supported: {why}")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self, grace_s: float = 10.0) -> None:
        """Refuse new calls, cancel reads, let writes under way finish for `grace_s` seconds, close connections.

        Raises:
            UnresolvedOrders: Orders are still open questions.
        """
        raise NotImplementedError

    def with_credentials(self, credentials: Credentials) -> Self:
        """A further account on the same connections, clock and limiter.

        Raises:
            ClientClosed: This object is closed, or closing.
        """
        raise NotImplementedError

    # Account and risk

    async def fetch_account(self, margin_coin: str = "USDT") -> Account:
        """Read the account's state in one margin coin."""
        self._unsupported("fetch_account")

    async def fetch_accounts(self) -> list[Account]:
        """Read the account's state in every margin coin that it has."""
        self._unsupported("fetch_accounts")

    async def fetch_positions(self, symbol: str | None = None) -> list[Position]:
        """Read the open positions, of one contract or of all; flat ones are left out."""
        self._unsupported("fetch_positions")

    async def fetch_position(
        self, symbol: str, side: PositionSideLike | None = None, *, margin_mode: MarginModeLike | None = None
    ) -> Position | None:
        """Read one position; None when flat.

        Args:
            symbol: The contract.
            side: Needed where both are open.
            margin_mode: Needed where a cross and an isolated position of one side are open, as some venues allow.

        Raises:
            InvalidRequest: Both are open and none is named.
        """
        self._unsupported("fetch_position")

    async def fetch_position_risk(self, symbol: str | None = None) -> list[PositionRisk]:
        """Read how far each open position is from liquidation."""
        self._unsupported("fetch_position_risk")

    async def fetch_position_history(
        self,
        symbol: str | None = None,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> list[PositionHistory]:
        """Read closed positions, newest first."""
        self._unsupported("fetch_position_history")

    async def fetch_ledger(
        self,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        type: LedgerTypeLike | None = None,
        symbol: str | None = None,
        margin_coin: str | None = None,
        limit: int | None = None,
    ) -> list[LedgerEntry]:
        """Read changes of balance, newest first: one page of the venue's, or as many as `limit` asks for.

        With a symbol, rows that belong to no contract (deposits, transfers) are left out.
        """
        self._unsupported("fetch_ledger")

    async def fetch_risk_limits(self, symbol: str) -> list[RiskLimit]:
        """Read the risk tiers of a contract, smallest first."""
        self._unsupported("fetch_risk_limits")

    async def set_risk_limit(self, symbol: str, limit: Number) -> RiskLimit:
        """Set the risk limit value of a contract."""
        self._unsupported("set_risk_limit")

    async def fetch_leverage(self, symbol: str, margin_mode: MarginModeLike | None = None) -> Leverage:
        """Read the leverage that is set; `margin_mode` None means the mode that is set."""
        self._unsupported("fetch_leverage")

    async def set_leverage(
        self,
        symbol: str,
        leverage: Number,
        *,
        margin_mode: MarginModeLike | None = None,
        side: PositionSideLike | None = None,
    ) -> Leverage:
        """Set leverage and read it back. Moves the liquidation price of an open position.

        Orders of this object that are under way and name another leverage arrive before: it waits for them, up to 60 s,
        and those that come after it wait for it.

        Raises:
            DeadlineExpired: One had not arrived by then; nothing was sent.
            SettingNotApplied: Read back: the old value stands.
            SettingOutcomeUnknown: It is not known which value stands.
        """
        self._unsupported("set_leverage")

    async def set_margin_mode(
        self, mode: MarginModeLike, *, symbol: str | None = None, margin_coin: str = "USDT"
    ) -> None:
        """Set cross or isolated margin, for a contract or for a margin coin, as the venue has it.

        Where orders carry no margin mode, those of this object that are under way and name the other one arrive before:
        see `set_leverage`.

        Raises:
            DeadlineExpired: One had not arrived after 60 s; nothing was sent.
            SettingNotApplied: Read back: the old one stands.
            SettingOutcomeUnknown: It is not known which one stands.
        """
        self._unsupported("set_margin_mode")

    async def fetch_position_mode(self, symbol: str | None = None) -> PositionMode:
        """Read whether positions are one-way or hedged."""
        self._unsupported("fetch_position_mode")

    async def set_position_mode(self, mode: PositionModeLike, *, symbol: str | None = None) -> PositionMode:
        """Set one-way or hedge mode; venues refuse while positions or orders are open."""
        self._unsupported("set_position_mode")

    async def adjust_margin(self, symbol: str, amount: Number, *, side: PositionSideLike | None = None) -> None:
        """Add margin to an isolated position, or take it out; this moves its liquidation price.

        Args:
            symbol: Unified symbol or the venue's id.
            amount: In margin coin; positive adds, negative takes out.
            side: Which position, where both are open.

        Raises:
            InsufficientMargin: The account, or the position, has not that much to give.
            SettingOutcomeUnknown: It is not known whether the margin was moved.
        """
        self._unsupported("adjust_margin")

    # Orders

    async def create_order(
        self,
        request: OrderRequest,
        *,
        on_unknown: Literal["resolve", "raise"] = "resolve",
        send_within_s: float = SEND_WITHIN_S,
        resolve_within_s: float | None = None,
        confirm: bool = True,
    ) -> Order:
        """Place one order: exactly once, or not at all, or say that it is not known.

        It arrives at the leverage that it names: while another order of this object for that contract is under way, or
        its fate is open, and names another one, it waits for that; as it does for a setting that was asked for before.

        Args:
            request: What to place; a client order id is made when it has none.
            on_unknown: After an ambiguous end, look the order up until it is certain, or raise at once.
            send_within_s: Never send later than this after the call, retries of unsent attempts included.
            resolve_within_s: Bound on the looking up; None is the venue's fence and 10 s more.
            confirm: Where the venue acknowledges an order by its ids alone, read it back. Without that the
                acknowledgement comes back at once: status NEW, filled quantity None, the rest as it was sent.

        Raises:
            InvalidOrder: Refused here, nothing was sent.
            NotSent: Proved that nothing reached the venue; `DeadlineExpired` also says what it waited for in vain.
            ExchangeError: The venue refused it.
            OrderNotPlaced: Proved absent after an ambiguous end.
            OrderOutcomeUnknown: Not known; `await error.resolve()` asks again.
        """
        self._unsupported("create_order")

    async def create_orders(self, requests: Sequence[OrderRequest]) -> list[OrderResult]:
        """Place several orders; each result is judged alone, in the order of the requests.

        None is sent later than 2 s after the call. Those that must wait for the leverage that they name, as in
        `create_order`, keep no others back: these go before.
        """
        self._unsupported("create_orders")

    async def edit_order(
        self,
        symbol: str,
        *,
        order_id: str | None = None,
        client_order_id: str | None = None,
        price: Number | None = None,
        quantity: Number | None = None,
    ) -> Order:
        """Change price or quantity of an open order; never repeated once it may have arrived.

        Where the venue makes a new order of it the result has a new id and says which it `replaces`. This object
        follows the old ids: a cancel, an edit or a reading that names one is about the new order.

        It leaves within `SEND_WITHIN_S` (2 s) of the call, the reading of the order and earlier edits of it included,
        or not at all.

        Raises:
            DeadlineExpired: That time was over: nothing was sent.
            InvalidOrder: As much as the new total is filled already, or it is against the contract's rules: not sent.
            SettingNotApplied: Read back: it stands as before, or has ended. Some venues cancel an order over its edit.
            OrderOutcomeUnknown: The answer was lost, and reading did not settle what became of it.
        """
        self._unsupported("edit_order")

    async def cancel_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> Order:
        """Cancel one order and read it: its status says whether it was cancelled or had filled before.

        Raises:
            InvalidRequest: No id, or an empty one: never sent.
            OrderNotFound: The venue does not know the order.
            CancelOutcomeUnknown: The order could not be read, or is still open before the cancel's fence.
            Banned: Nothing can be cancelled for a while; its `outcome` says what is known of this one.
        """
        self._unsupported("cancel_order")

    async def cancel_orders(
        self, symbol: str, *, order_ids: Sequence[str] = (), client_order_ids: Sequence[str] = ()
    ) -> list[CancelResult]:
        """Cancel several orders; each result is judged alone."""
        self._unsupported("cancel_orders")

    async def cancel_all_orders(self, symbol: str, *, triggers: bool = True) -> list[str]:
        """Cancel all open orders of a contract, and what waits for a price; the ids that were cancelled.

        Orders of this object that are just being placed are waited for, once all others are cancelled, and go too; for
        some seconds, not until a lost answer is resolved. What fails for some keeps no others: the error names those
        that are gone in `cancelled`.

        Args:
            symbol: Unified symbol or the venue's id.
            triggers: Cancel waiting trigger, take-profit and stop-loss orders too, where `fetch_trigger_orders` lists
                them. What stays: orders of other contracts, and what an adapter lists by calls of its own.

        Raises:
            CancelOutcomeUnknown, SettingOutcomeUnknown: Some may stand. `resolve()` reads the open orders until the
                cancel cannot take effect any more, and returns the ids, of those that stood before, that are gone.
            OrderOutcomeUnknown: It is not known of one whether it was placed; all others were cancelled. One that would
                wait for a price, and is in no list past its fence, is not waited for: its question stays open.
        """
        self._unsupported("cancel_all_orders")

    async def fetch_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> Order:
        """Read one order.

        Raises:
            OrderNotFound: The venue does not know it (now).
        """
        self._unsupported("fetch_order")

    async def fetch_open_orders(self, symbol: str | None = None) -> list[Order]:
        """Read all open orders, of one contract or of all.

        Raises:
            SymbolNotFound: The venue lists no such contract, as far as it tells which it lists; so do the other lists.
        """
        self._unsupported("fetch_open_orders")

    async def fetch_order_history(
        self,
        symbol: str | None = None,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> list[Order]:
        """Read orders that have ended, newest first: one page of the venue's, or as many as `limit` asks for."""
        self._unsupported("fetch_order_history")

    async def fetch_fills(
        self,
        symbol: str | None = None,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> list[Fill]:
        """Read executions, newest first: one page of the venue's, or as many as `limit` asks for."""
        self._unsupported("fetch_fills")

    async def close_position(
        self, symbol: str, *, side: PositionSideLike | None = None, margin_mode: MarginModeLike | None = None
    ) -> Order | None:
        """Close a position at market: the quantity just read, reduce only. None when flat.

        One that is larger than the largest market order is closed in parts, one after the other; the last part's order
        is returned. A rest off the step is sent as the venue has reported it, else closed by a call of the venue's that
        needs no size; so is a position that cannot be read, where the venue has such a call. Where the venue closes
        only what other closing orders do not hold, or refuses a close beside them, those of this position are
        cancelled, and the rest is closed.

        Args:
            symbol: The contract.
            side: Needed where both are open.
            margin_mode: Needed where a cross and an isolated position of one side are open, as some venues allow.

        Raises:
            InvalidRequest: Both are open and none is named.
            UnreadRows: It cannot be read, and the venue has no call for that: the text says what to do.
            OrderOutcomeUnknown: It is not known whether all of it was closed: read the position.
            OrderRejected: The venue refused it, or something that is not among the open orders keeps the rest.
        """
        self._unsupported("close_position")

    async def resolve_order(
        self, symbol: str, client_order_id: str, *, fence_until_ms: int | None = None
    ) -> Order | None:
        """Find out what became of an order; None when it is proved absent.

        One that this object has placed is read anew, and comes as it was seen last where it cannot be read. Another
        process's that waits for a price is not looked for where those are known to calls of their own alone:
        `OrderManager.recover` does, by the journal.

        Args:
            symbol: The order's contract.
            client_order_id: The id that it was sent under.
            fence_until_ms: Venue time after which it can no longer land; None counts it as signed now.

        Raises:
            InvalidRequest: It is an order of this object, in another contract.
            SymbolNotFound: The venue lists no such contract, without which no row of its orders can be read.
            OrderOutcomeUnknown: It cannot be told.
        """
        self._unsupported("resolve_order")

    def unresolved(self) -> list[OutcomeUnknown]:
        """The writes of this object whose fate is not known, until it is, or `settled` is set on them."""
        return []

    def outcome(self, client_order_id: str) -> Order | FuturesAsyncError | None:
        """What is known of an order placed through this object; None while it is under way, or not ours."""
        return None

    def halt(self) -> None:
        """From now on only cancels and reads: everything that could open or change a position is refused.

        Also what has begun before: an order that waits for the rate limit, or for another try, ends as `ClientClosed`
        and is not sent. What may have left already goes on to its verdict. `arm_cancel_all` still works.
        """
        raise NotImplementedError

    async def create_trigger_order(self, request: OrderRequest) -> Order:
        """Place an order that waits for `request.trigger_price`; with `price` it becomes a limit order."""
        self._unsupported("create_trigger_order")

    async def cancel_trigger_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> None:
        """Cancel a waiting trigger order.

        Raises:
            OrderNotFound: It does not wait (any more): it may have been set off.
            CancelOutcomeUnknown: It still waits, or is not seen, and the cancel may be on its way.
        """
        self._unsupported("cancel_trigger_order")

    async def fetch_trigger_orders(self, symbol: str | None = None) -> list[Order]:
        """Read the waiting trigger orders."""
        self._unsupported("fetch_trigger_orders")

    async def arm_cancel_all(self, timeout_s: int, symbol: str | None = None) -> None:
        """Have the venue cancel all orders unless called again within `timeout_s` seconds; 0 disarms.

        Args:
            timeout_s: Whole seconds, as many as the venue takes; every call starts the countdown anew.
            symbol: Where the countdown is one contract's, that contract; else None: it is the whole account's.

        Raises:
            SettingNotApplied: The venue did not take it.
        """
        self._unsupported("arm_cancel_all")

    # Market

    async def fetch_ticker(self, symbol: str) -> Ticker:
        """Read last, best and mark prices."""
        self._unsupported("fetch_ticker")

    async def fetch_funding_rate(self, symbol: str) -> FundingRate:
        """Read the current funding rate."""
        self._unsupported("fetch_funding_rate")

    async def fetch_contracts(self) -> list[Contract]:
        """Read the trading rules of all contracts."""
        self._unsupported("fetch_contracts")

    async def fetch_contract(self, symbol: str) -> Contract:
        """Read the trading rules of one contract; cached for an hour.

        Raises:
            SymbolNotFound: The venue lists no such contract.
        """
        self._unsupported("fetch_contract")

    async def fetch_time(self) -> int:
        """Read the venue's clock, Unix milliseconds."""
        self._unsupported("fetch_time")

    # Paging

    def iter_orders(
        self,
        symbol: str | None = None,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Order]:
        """Iterate over orders that have ended by the venue's cursor: no row twice, none missed.

        Raises:
            IncompletePage: The venue makes that impossible for this range.
        """
        self._unsupported("iter_orders")

    def iter_fills(
        self,
        symbol: str | None = None,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Fill]:
        """Iterate over executions: see `iter_orders`."""
        self._unsupported("iter_fills")

    def iter_ledger(
        self,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        type: LedgerTypeLike | None = None,
        symbol: str | None = None,
        margin_coin: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[LedgerEntry]:
        """Iterate over changes of balance: see `iter_orders`."""
        self._unsupported("iter_ledger")

    # Streams

    def watch_orders(
        self,
        symbol: str | None = None,
        *,
        fallback_s: float | None = None,
        audit_s: float = 60.0,
        max_fills: int = 10_000,
    ) -> Watch[Order]:
        """Watch the open orders; one that ends is one `CLOSED` change with its final status.

        Args:
            symbol: One contract, or None for all.
            fallback_s: Where the venue does not stream this, read at this interval instead of refusing.
            audit_s: The picture is compared with a read so often.
            max_fills: So many changes may wait to be taken; then the watch ends with `StreamOverrun`.
        """
        self._unsupported("watch_orders")

    def watch_fills(
        self,
        symbol: str | None = None,
        *,
        fallback_s: float | None = None,
        audit_s: float = 60.0,
        max_fills: int = 10_000,
    ) -> Watch[Fill]:
        """Watch executions, each told once as `OPENED`: see `watch_orders`."""
        self._unsupported("watch_fills")

    def watch_positions(
        self, symbol: str | None = None, *, fallback_s: float | None = None, audit_s: float = 60.0
    ) -> Watch[Position]:
        """Watch positions; one that is closed is one `CLOSED` change with quantity 0: see `watch_orders`.

        What follows the market (mark, profit, liquidation price) is as of the venue's last push or the last read.
        """
        self._unsupported("watch_positions")

    def watch_accounts(self, *, fallback_s: float | None = None, audit_s: float = 60.0) -> Watch[Account]:
        """Watch the account in every margin coin: see `watch_orders`."""
        self._unsupported("watch_accounts")

    def watch_tickers(self, symbols: Sequence[str], *, fallback_s: float | None = None) -> Watch[Ticker]:
        """Watch last, best, mark and index prices of these contracts. Needs no credentials."""
        self._unsupported("watch_tickers")

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, Any] | None = None,
        body: Any = None,
        idempotent: bool | None = None,
    ) -> Any:
        """Call any endpoint of the venue: signed, limited, the envelope judged, its `data` returned decoded.

        Args:
            method: HTTP method.
            path: Path under the base URL, from the slash.
            params: Query parameters.
            body: JSON body.
            idempotent: May be repeated after an ambiguous end; None means GET only.

        Raises:
            OutcomeUnknown: An ambiguous end of a call that may not be repeated.
        """
        raise NotImplementedError
