"""`BitMart` keeps the contract, over real HTTP on the simulated exchange."""

from __future__ import annotations

import pytest

from futures_async.adapters.bitmart import BitMart
from futures_async.testing.loopback import Loopback
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.suite import ContractSuite
from futures_async.unified import errors
from futures_async.unified.credentials import Credentials
from futures_async.unified.exchange import Capability


class TestBitMart(ContractSuite):
    """See the suite; what the venue has beside it is told here."""

    spec = VenueSpec(
        factory=BitMart,
        raw_call=RawCall("/contract/private/assets-detail", {}),
        unchecked=frozenset({"secret", "memo"}),
        switch_per_symbol=True,
        counts_contracts=True,
        # A hundred of a contract, and no more.
        incomplete=frozenset({Capability.FETCH_OPEN_ORDERS, Capability.FETCH_TRIGGER_ORDERS}),
        silent=frozenset(
            {
                *(
                    "Account.maintenance_margin",
                    "Account.margin_ratio",
                    "Account.position_mode",
                    "Account.transferable",
                ),
                *("Contract.min_notional", "Fill.client_order_id", "LedgerEntry.balance"),
                *("Order.fee", "Order.fee_coin", "Order.stop_loss", "Order.take_profit", "Order.time_in_force"),
                *("Position.auto_margin", "Position.available", "Position.break_even_price", "Position.funding"),
                *("Position.locked", "Position.maintenance_margin_rate", "Position.margin_ratio"),
                *("Position.position_id", "Position.stop_loss", "Position.take_profit", "Position.updated_ms"),
                *("Ticker.ask_price", "Ticker.bid_price", "Ticker.mark_price"),
            }
        ),
        own_way=frozenset({"Position.realized_pnl"}),  # with fees and funding
    )

    @pytest.mark.parametrize("part", ["secret", "memo"])
    async def test_a_wrong_secret_or_memo_is_first_noticed_by_a_write(self, server: Loopback, part: str) -> None:
        async with self.on(server) as on:
            good = on.credentials
            parts = {name: getattr(good, name).reveal() for name in ("key", "secret", "memo")}
            wrong = "wrong" + "0123456789abcdef" * 2
            async with on.connect(Credentials(**{**parts, part: wrong})) as stranger:
                assert await stranger.fetch_accounts()
                with pytest.raises(errors.AuthenticationError) as caught:
                    await stranger.create_order(on.request())
            shown = f"{caught.value!r} {caught.value}"
            # "demo" is a memo and a common word; the others must not show.
            assert not [text for text in (parts["key"], parts["secret"], wrong) if text in shown]

    async def test_the_countdown_of_another_contract_does_not_matter(self, server: Loopback) -> None:
        async with self.on(server) as on:
            await on.exchange.create_order(on.request())
            await on.exchange.arm_cancel_all(30, on.spec.other_symbol)
            on.advance(31_000)
            assert len(on.account.open_orders) == 1
