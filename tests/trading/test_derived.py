"""What follows from an adapter's other reads, and from what an order says."""

from decimal import Decimal as D
from typing import Any

import pytest

from futures_async import Account, Contract, Intent, Order, OrderRequest, OrderStatus, OrderType, PositionSide, Side
from futures_async.adapter import Adapter, Page, PageQuery, PlannedOrder
from futures_async.unified.errors import (
    DecodeError,
    InvalidRequest,
    NotSupported,
    OrderNotFound,
    ResponseMismatch,
    SymbolNotFound,
    UnreadRow,
    UnreadRows,
)
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


class Counting(Toy):
    """Its rows name contracts; the list of them grows."""

    capabilities = Toy.capabilities | {Capability.FETCH_CONTRACTS, Capability.FETCH_CONTRACT}
    listed: tuple[str, ...] = ("A", "B")
    asked = 0

    async def fetch_contracts(self) -> list[Contract]:
        self.asked += 1
        return [
            Contract(
                venue="toy", symbol=name, venue_symbol=name, base=name, quote="USDT", settle="USDT",
                contract_size=D(10), price_tick=D(1), quantity_step=D(10),
            )
            for name in self.listed
        ]  # fmt: skip


async def test_contracts_that_rows_name_are_read_once_and_stay_known_when_they_are_listed_no_more() -> None:
    async with Counting() as exchange:
        contract_of = await exchange._sizes_of(["A", None, 5], "symbol")  # pyright: ignore[reportPrivateUsage]
        assert contract_of("A").contract_size == 10
        exchange.listed = ("B",)
        exchange._forget_contracts()  # pyright: ignore[reportPrivateUsage]
        with pytest.raises(SymbolNotFound):
            await exchange.fetch_contract("A")
        contract_of = await exchange._sizes_of(["A", "B"], "symbol")  # pyright: ignore[reportPrivateUsage]
        assert contract_of("A").contract_size == 10
        assert exchange.asked == 2


async def test_a_contract_that_nobody_knows_is_no_guessed_size_and_not_asked_for_without_end() -> None:
    async with Counting() as exchange:
        for _ in range(3):
            contract_of = await exchange._sizes_of(["Z"], "instId")  # pyright: ignore[reportPrivateUsage]
            with pytest.raises(DecodeError, match="'Z' is not known") as caught:
                contract_of("Z")
            assert caught.value.path == "instId"
            with pytest.raises(DecodeError):
                contract_of(["Z"])
        assert exchange.asked == 1


class Witnesses(Toy):
    """`fetch_order` fails with `answer`; two lists, of which the second has two pages."""

    answer: Exception = OrderNotFound("not known")
    held: tuple[Order, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str | None, int | None, str | None]] = []

    async def fetch_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> Order:
        raise self.answer

    async def open_page(self, query: PageQuery, cursor: str | None) -> Page[Order]:
        self.asked.append((query.symbol, query.since_ms, cursor))
        return Page([])

    async def past_page(self, query: PageQuery, cursor: str | None) -> Page[Order]:
        self.asked.append((query.symbol, query.since_ms, cursor))
        return Page([], "2") if cursor is None else Page(self.held)

    async def find(self) -> Order | None:
        return await self._find_in("A", "ours", (self.open_page, None), (self.past_page, 7))


def order(name: str, client_id: str | None) -> Order:
    return Order(
        venue="toy", symbol=name, venue_symbol=name, order_id=f"{name}-{client_id}", client_order_id=client_id,
        side=Side.BUY, type=OrderType.LIMIT, quantity=D(1), status=OrderStatus.NEW,
    )  # fmt: skip


async def test_an_order_that_is_not_known_by_its_id_is_looked_for_on_every_page() -> None:
    async with Witnesses() as exchange:
        exchange.held = (order("B", "ours"), order("A", "another"), order("A", "ours"))
        assert await exchange.find() == exchange.held[2]
        assert exchange.asked == [("A", None, None), ("A", 7, None), ("A", 7, "2")]
        exchange.held = exchange.held[:2]
        assert await exchange.find() is None


async def test_another_order_under_the_id_proves_no_absence() -> None:
    async with Witnesses() as exchange:
        exchange.answer = ResponseMismatch("it is B's")
        exchange.held = (order("A", "ours"),)
        assert await exchange.find() == exchange.held[0]
        exchange.held = ()
        with pytest.raises(ResponseMismatch, match="it is B's"):
            await exchange.find()
