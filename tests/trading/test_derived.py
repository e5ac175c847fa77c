"""What follows from an adapter's other reads, and from what an order says."""

from decimal import Decimal as D
from typing import Any

import pytest

from futures_async import Account, Intent, OrderRequest, OrderType, PositionSide, Side
from futures_async.adapter import Adapter, PlannedOrder
from futures_async.unified.errors import InvalidRequest, NotSupported, UnreadRow, UnreadRows
from futures_async.unified.exchange import Capability
from tests.rig.toy import Toy

pytestmark = pytest.mark.anyio


def account(coin: str) -> Account:
    return Account(venue="toy", margin_coin=coin, available=D(1))


class Coins(Toy):
    """Its accounts are a list; `fetch_account` is the core's."""

    fetch_account = Adapter.fetch_account
    odd: UnreadRows | None = None

    async def fetch_accounts(self) -> list[Account]:
        rows = [account("USDT"), account("BTC")]
        if self.odd is not None:
            self.odd.rows = rows
            raise self.odd
        return rows


async def test_one_coin_is_found_among_all() -> None:
    async with Coins() as exchange:
        assert (await exchange.fetch_account("BTC")).margin_coin == "BTC"
        assert (await exchange.fetch_account()).margin_coin == "USDT"
        with pytest.raises(InvalidRequest, match="no margin coin 'ETH'"):
            await exchange.fetch_account("ETH")


async def test_a_coin_that_could_be_read_is_found_beside_one_that_could_not() -> None:
    async with Coins() as exchange:
        exchange.odd = UnreadRows("odd", unread=(UnreadRow("$[2]", "no number", None),))
        assert (await exchange.fetch_account("BTC")).margin_coin == "BTC"
        with pytest.raises(UnreadRows):
            await exchange.fetch_account("ETH")  # it may be the odd one


async def test_who_cannot_read_an_account_says_so() -> None:
    class Without(Coins):
        capabilities = frozenset({Capability.FETCH_ACCOUNTS})

    async with Without() as exchange:
        with pytest.raises(NotSupported):
            await exchange.fetch_account()


@pytest.mark.parametrize(
    ("side", "intent", "expected"),
    [
        (Side.BUY, Intent.OPEN, PositionSide.LONG),
        (Side.SELL, Intent.OPEN, PositionSide.SHORT),
        (Side.BUY, Intent.CLOSE, PositionSide.SHORT),
        (Side.SELL, Intent.CLOSE, PositionSide.LONG),
    ],
)
def test_an_order_names_the_position_that_it_is_about(side: Side, intent: Intent, expected: PositionSide) -> None:
    request: Any = OrderRequest(symbol="BTC/USDT:USDT", side=side, type=OrderType.MARKET, quantity=D(1), intent=intent)
    plan = PlannedOrder(request=request, venue_symbol="BTCUSDT", client_order_id=None, local_id="x")
    assert plan.position_side is expected
