"""`BitMart` keeps the contract, over real HTTP on the simulated exchange."""

from __future__ import annotations

import pytest

from futures_async import errors
from futures_async.adapters.bitmart import BitMart
from futures_async.credentials import Credentials
from futures_async.exchange import Capability as Can
from tests.contract.base import exercises
from tests.contract.loopback import Loopback
from tests.contract.spec import RawCall, VenueSpec
from tests.contract.suite import ContractSuite


class TestBitMart(ContractSuite):
    """See the suite; what the venue has otherwise is told here."""

    spec = VenueSpec(factory=BitMart, raw_call=RawCall("/contract/private/assets-detail", {}))

    @exercises(Can.ARM_CANCEL_ALL, Can.CREATE_ORDER)
    async def test_the_dead_mans_switch_cancels_unless_it_is_disarmed(self, server: Loopback) -> None:
        """The countdown is per contract."""
        async with self.on(server) as on:
            exchange, symbol = on.exchange, on.spec.symbol
            await exchange.create_order(on.request())
            await exchange.arm_cancel_all(30, symbol)
            await exchange.arm_cancel_all(0, symbol)
            on.advance(31_000)
            assert len(on.account.open_orders) == 1
            await exchange.arm_cancel_all(30, on.spec.other_symbol)
            on.advance(31_000)
            assert len(on.account.open_orders) == 1
            await exchange.arm_cancel_all(30, symbol)
            on.advance(31_000)
            assert on.account.open_orders == {}

    @pytest.mark.parametrize("part", ["key", "secret", "memo"])
    async def test_a_wrong_credential_is_an_authentication_error_that_shows_nothing(
        self, server: Loopback, part: str
    ) -> None:
        """Reads carry the key alone: a wrong secret or memo is first noticed by a write."""
        async with self.on(server) as on:
            good = on.credentials
            parts = {name: getattr(good, name).reveal() for name in ("key", "secret", "memo")}
            wrong = "wrong" + "0123456789abcdef" * 2
            async with on.connect(Credentials(**{**parts, part: wrong})) as stranger:
                if part == "key":
                    with pytest.raises(errors.AuthenticationError):
                        await stranger.fetch_accounts()
                else:
                    assert await stranger.fetch_accounts()
                with pytest.raises(errors.AuthenticationError) as caught:
                    await stranger.request("POST", "/contract/private/cancel-orders", body={"symbol": "BTCUSDT"})
            shown = f"{caught.value!r} {caught.value}"
            # "demo" is a memo and a common word; the others must not show.
            assert not [text for text in (parts["key"], parts["secret"], wrong) if text in shown]
