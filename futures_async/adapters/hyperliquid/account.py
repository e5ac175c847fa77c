"""The account half of the client: who is asked about, balances, positions, leverage, margin."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeVar

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import decimal_or_none, unread_of
from futures_async.adapters._rows import nameless
from futures_async.adapters.hyperliquid import endpoints as api
from futures_async.adapters.hyperliquid import mapping, signing, wire
from futures_async.adapters.hyperliquid.dialect import HyperliquidDialect
from futures_async.adapters.hyperliquid.market import MarketCalls
from futures_async.adapters.hyperliquid.streams import HyperliquidStreams, Known

T = TypeVar("T")

MARGIN_UNIT = Decimal("0.000001")
"""Of USDC, in which moves of margin are counted."""
SPOT_LEDGER = frozenset({"unifiedAccount", "portfolioMargin"})
"""Accounts of these kinds keep their collateral in the spot ledger."""
ABSTRACTION_MS = 600_000
"""How the collateral is kept can be changed elsewhere: looked at again after so long."""
LOW_BUDGET = 500
ASK_BUDGET_MS = 60_000


class AccountCalls(MarketCalls):
    """What concerns the account, and not single orders."""

    only_position_mode = fa.PositionMode.ONE_WAY

    margin_step = MARGIN_UNIT
    _hyper: HyperliquidDialect
    _vault: str | None

    def _attach(self, credentials: fa.Credentials | None) -> None:
        self._owner = "" if credentials is None else signing.owner_of(credentials)
        self._role: wire.WireRole | None = None
        self._signs = False
        self._budget_at_ms = 0
        self._abstraction: str | None = None
        """How the account keeps its collateral, once it was read."""
        self._abstraction_at_ms = 0
        known = Known(lambda: self._user, self._pushed, self._tells_collateral)
        self._stream = HyperliquidStreams(self._names, known)
        super()._attach(credentials)

    @property
    def _in_dex(self) -> bool:
        """The collateral is the dex's own, as far as it was read.

        That of a unified account lies in the spot ledger, for all dexs together: a dex's state may show none at all, by
        which each of its cross positions would be about to be liquidated.
        """
        return self._abstraction is not None and self._abstraction not in SPOT_LEDGER

    def _stream_dialect(self) -> fa.StreamDialect:
        return self._stream

    async def _before_reading(self) -> None:
        """Maintenance margins are told nowhere: they are reckoned from the tiers of contracts."""
        await self._know_contracts()

    # Who is who

    @property
    def _user(self) -> str:
        """Whose account is read: an API wallet's own address would show an empty one."""
        return self._vault or self._owner

    async def _ask_mine(self, endpoint: fa.Endpoint[T], **fields: Any) -> T:
        """A read of the account, once it is seen to be one."""
        await self._check_account()
        return await self._ask(endpoint, user=self._user, **fields)

    async def _role_of(self, address: str) -> wire.WireRole:
        return await self._once(("role", address), lambda: self._ask(api.ROLE, user=address))

    async def _check_account(self) -> None:
        """An address that is an API wallet's has no account: without this look all its reads would be empty.

        Raises:
            AuthenticationError: It is one.
        """
        if self._role is None:
            try:
                role = await self._role_of(self._user)
            except fa.FuturesAsyncError:
                return  # what is asked for next says what is wrong, or it need not be known
            if role.role == "agent":
                raise self._wrong("the key is the address of an API wallet: give that of its account")
            self._role = role

    async def _check_signer(self) -> None:
        """Before the first write: that the private key signs for this account, and what the venue has counted.

        Raises:
            AuthenticationError: It signs for another one, or for none.
            InvalidRequest: What is signed would act on the master account.
        """
        await self._check_account()
        credentials = self._channel.credentials
        if not self._signs and credentials is not None:
            role = self._role.role if self._role is not None else ""
            if self._vault is None and role in ("subAccount", "vault"):
                raise fa.InvalidRequest(
                    f"{self.id}: this address is a {role}: name it as vault=, and its master as key"
                )
            signer = self._hyper.signer(credentials)
            if signer != self._owner:
                found = await self._role_of(signer)
                if found.role != "agent" or str(mapping.part(found.data, "user")).lower() != self._owner:
                    raise self._wrong("the secret is the key of no API wallet of this account: approve one")
            self._signs = True
        await self._count_budget()

    def _wrong(self, why: str) -> fa.AuthenticationError:
        return fa.AuthenticationError(why, venue=self.id, endpoint=api.ROLE.name)

    async def _count_budget(self) -> None:
        """Take over what the venue has counted, first and when it runs low: it grows with what is traded."""
        pools, now_ms = self._channel.pools, self._channel.now_ms()
        low = min(pools.left(api.ACTIONS), pools.left(api.CANCELS)) < LOW_BUDGET
        if self._budget_at_ms and not (low and now_ms - self._budget_at_ms > ASK_BUDGET_MS):
            return
        self._budget_at_ms = now_ms
        try:
            await self.fetch_budget()
        except fa.FuturesAsyncError:
            self._budget_at_ms = 0

    async def fetch_budget(self) -> wire.WireBudget:
        """Read how many actions the account has made and may make: more with each USDC that it trades."""
        found = await self._ask(api.BUDGET, user=self._user)
        cap, used = found.n_requests_cap, found.n_requests_used - found.n_requests_surplus
        self._channel.pools.told(api.ACTIONS, cap - used)
        self._channel.pools.told(api.CANCELS, min(cap + 100_000, 2 * cap) - used)
        return found

    # Balances and positions

    async def _state(self) -> wire.WireState:
        return await self._ask_mine(api.STATE, dex=self._names.dex)

    async def fetch_account(self, margin_coin: str = "USDC") -> fa.Account:
        """Read the account's state in its collateral."""
        return await super().fetch_account(margin_coin)

    async def fetch_accounts(self) -> list[fa.Account]:
        """Read the collateral of this dex; of unified accounts, what the spot ledger has of each coin.

        `available` of a dex's own collateral does not know what resting orders hold: the venue shows it nowhere.
        Under portfolio margin the collateral's `margin_ratio` is that of the whole account.
        """
        if await self._read_abstraction() in SPOT_LEDGER:
            state = await self._ask_mine(api.SPOT_STATE)
            rows, ratio = state.balances, state.portfolio_margin_ratio
            coins = fa.Rows(
                msgspec.structs.replace(row, portfolio_ratio=ratio if row.coin == self._names.settle else None)
                for row in rows
                if mapping.is_coin(row)
            )
            return mapping.spot_accounts().all(coins.without(unread_of(rows)))
        await self._check_coin()
        return [mapping.accounts(self._names.settle).one(await self._state())]

    async def _check_coin(self) -> None:
        """Before money is told.

        Raises:
            InvalidRequest: It is not of the coin that `margin_coin` says.
        """
        if self._names.dex and not self._contracts.known:
            await self._know_contracts()
        self._check_collateral()

    @property
    def _abstraction_is_old(self) -> bool:
        return self._channel.now_ms() - self._abstraction_at_ms >= ABSTRACTION_MS

    async def _keeps_in_spot(self) -> bool:
        """Whether the collateral lies in the spot ledger, as it was last read."""
        if self._abstraction_is_old:
            try:
                await self._seldom("abstraction", self._read_abstraction)
            except fa.FuturesAsyncError:
                if self._abstraction is None:
                    raise
        return self._abstraction in SPOT_LEDGER

    async def _read_abstraction(self) -> str:
        self._abstraction = kind = await self._ask_mine(api.ABSTRACTION)
        self._abstraction_at_ms = self._channel.now_ms()
        return kind

    async def fetch_positions(self, symbol: str | None = None) -> list[fa.Position]:
        """Read the open positions of this dex: net, one for each coin.

        `margin_ratio` of cross positions is that of the dex's whole cross book; None in unified accounts, whose
        positions of all dexs stand on one collateral, and where the account may be one.

        Raises:
            SymbolNotFound: The dex lists no such contract, and none is held. The venue tells all positions in one
                answer, in which a misspelt one looks like one that is flat.
        """
        name = None if symbol is None else self.venue_symbol(symbol)
        state = await self._state()
        if self._abstraction_is_old or (self._in_dex and is_hollow(state)):
            await self._learn("abstraction", self._read_abstraction)
        if self.supports(fa.Capability.FETCH_CONTRACTS):
            await self._renew_contracts()  # positions are worth reading without their maintenance margin
        self._check_collateral()
        held = self._held(state, name).whole()
        known = self._contracts.known
        if symbol is not None and not held and known and self.venue_symbol(symbol) not in known:
            raise fa.SymbolNotFound(f"no contract {symbol}", venue=self.id, endpoint=api.STATE.name)
        return held

    def _pushed(self, state: wire.WireState) -> fa.Read[fa.Position] | None:
        return self._held(state) if self._tiers and not self._is_miscalled() else None

    def _tells_collateral(self, state: wire.WireState) -> bool:
        """Whether it can be seen from a dex's state, as far as it is known."""
        return self._in_dex and not is_hollow(state) and not self._is_miscalled()

    def _held(self, state: wire.WireState, name: str | None = None) -> fa.Read[fa.Position]:
        """The positions of a state, or that in one contract."""
        held = positions_of(state, cross=self._in_dex and not is_hollow(state))
        mine = fa.Rows(row for row in held if name in (None, row.coin) or nameless(row.coin))
        table = mapping.positions(self._names)
        return table.each(mine.without(unread_of(held)), lambda row: mapping.Beside(self._tiers.get(str(row.coin))))

    # Leverage and margin

    async def _read_leverage(self, venue_symbol: str, margin_mode: fa.MarginMode | None) -> fa.Leverage:
        """Leverage and margin mode of a contract: one setting for both sides.

        Asked for the margin mode that is not set, it is None: the venue remembers no other.
        """
        contract = await self.fetch_contract(venue_symbol)

        def mine(row: wire.WireAsset) -> wire.WireAsset | None:
            return row if row.coin == venue_symbol and str(row.user).lower() == self._user else None

        await self._check_account()
        body = {"type": api.ASSET.operation, "user": self._user, "coin": venue_symbol}
        row = await self._pick(api.ASSET, None, mine, body=body)
        found = mapping.to_leverage(row, self._names, contract.max_leverage)
        if margin_mode in (None, found.margin_mode):
            return found
        other = wire.WireAsset(coin=venue_symbol, leverage=wire.WireLeverage(type=margin_mode))
        return mapping.to_leverage(other, self._names, contract.max_leverage)

    async def _leverage_change(
        self, venue_symbol: str, leverage: Decimal, margin_mode: fa.MarginMode | None, side: fa.PositionSide | None
    ) -> fa.LeverageChange:
        """One call sets leverage and margin mode, which stays where none is named."""

        async def in_turn() -> fa.LeverageChange:
            mode = margin_mode or (await self.fetch_leverage(venue_symbol)).margin_mode or fa.MarginMode.CROSS
            asset = await self._asset(venue_symbol)
            await self._check_signer()
            body = {
                "type": api.SET_LEVERAGE.operation,
                "asset": asset,
                "isCross": mode is fa.MarginMode.CROSS,
                "leverage": int(leverage),
            }
            return fa.LeverageChange([fa.Call(api.SET_LEVERAGE, body)], mode)

        return await in_turn() if margin_mode is not None else fa.LeverageChange((), in_turn=in_turn)

    async def _put_margin_mode(self, venue_symbol: str, mode: fa.MarginMode) -> fa.Leverage:
        """By the call that sets leverage, which stays."""
        return await self._put_mode_of_leverage(venue_symbol, mode)

    async def _margin_move(self, position: fa.Position, amount: Decimal) -> fa.Call:
        asset, units = await self._asset(position.venue_symbol), fa.EXACT.divide(amount, MARGIN_UNIT)
        await self._check_signer()
        body = {"type": api.MOVE_MARGIN.operation, "asset": asset, "isBuy": True, "ntli": int(units)}
        return fa.Call(api.MOVE_MARGIN, body)

    async def _own_margin(self, position: fa.Position) -> Decimal | None:
        """What was put in: unlike the margin, it does not move with the mark price."""
        for row in positions_of(await self._state()):
            if row.coin == position.venue_symbol:
                return decimal_or_none(getattr(row.leverage, "raw_usd", None), "leverage.rawUsd")
        return None


def is_hollow(state: wire.WireState) -> bool:
    """Whether cross positions are held, and nothing at all seems to back them: that of an account that was unified
    since this was looked at, where the venue does not only liquidate it at this moment.
    """
    try:
        value = decimal_or_none(state.cross_margin_summary.account_value, "crossMarginSummary.accountValue")
    except fa.DecodeError:
        return False
    return value == 0 and any(
        getattr(getattr(held.position, "leverage", None), "type", None) == "cross" for held in state.asset_positions
    )


def positions_of(state: wire.WireState, *, cross: bool = True) -> fa.Rows[wire.WirePosition]:
    """The positions out of their wrappings, each with the figures of the cross book, where the state tells them."""
    whole, value = state.cross_maintenance_margin_used, state.cross_margin_summary.account_value if cross else None
    rows: fa.Rows[wire.WirePosition] = fa.Rows()
    unread = list(unread_of(state.asset_positions))
    for held in state.asset_positions:
        if isinstance(held.position, wire.WirePosition):  # pyright: ignore[reportUnnecessaryIsInstance] - whatever came
            rows.append(msgspec.structs.replace(held.position, cross_maintenance=whole, cross_value=value))
        else:
            unread.append(fa.UnreadRow("position", "position is none", held))
    return rows.without(tuple(unread))
