"""Words and rows that clients of others have met: states, kinds of orders, what is no coin, other collateral."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import msgspec
import pytest

from futures_async.adapter import InvalidRequest, OrderStatus, OrderType
from futures_async.adapters.hyperliquid import Hyperliquid, mapping, orders, wire
from futures_async.adapters.hyperliquid.symbols import Names
from futures_async.simulator.dialect import Request, Response
from futures_async.testing.virtual_time import run
from tests.adapters.hyperliquid.test_client import Stage, played
from tests.adapters.hyperliquid.test_streams import document

FIRST = Names("", "USDC")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("internalCancel", OrderStatus.CANCELED),
        ("scheduledCancel", OrderStatus.CANCELED),
        ("outcomeSettledCanceled", OrderStatus.CANCELED),
        ("tooManyOpenOrdersRejected", OrderStatus.REJECTED),
        ("iocCancelRejected", OrderStatus.EXPIRED),
        ("cancelled by the moon", OrderStatus.UNKNOWN),
    ],
)
def test_every_word_for_an_end_is_one(word: str, status: OrderStatus) -> None:
    assert orders.status_of(word) is status


@pytest.mark.parametrize("kind", ["Twap Slice", "Vault Close"])
def test_orders_that_the_venue_makes_are_read_whole(kind: str) -> None:
    row = document("historical_orders")[0]
    row["order"] |= {"orderType": kind, "tif": "Ioc"}
    standing = msgspec.convert(row, wire.WireStanding, strict=False)
    order = orders.orders(FIRST).one(standing.order, standing)
    assert (order.type, order.unread) == (OrderType.UNKNOWN, ())
    assert order.price == D(row["order"]["limitPx"])


@pytest.mark.parametrize("kind", [*orders.KINDS, None, "New Market"])
def test_what_executes_at_market_has_no_price(kind: str | None) -> None:
    """The venue names the worst one that it would take; a list that names no kind is of limit orders."""
    row = document("historical_orders")[0]["order"] | {"orderType": kind}
    order = orders.orders(FIRST).one(msgspec.convert(row, wire.WireOrder, strict=False), orders.LISTED)
    assert (order.price is None) is (kind is not None and kind.endswith("Market"))
    assert order.unread == (("orderType",) if kind == "New Market" else ())


def test_shares_of_outcome_markets_are_no_coins() -> None:
    """Rows of an account that keeps its collateral in the spot ledger, with what portfolio margin adds."""
    coin = {
        "coin": "USDC", "token": 0, "total": "-12.5", "hold": "3.0", "entryNtl": "0.0", "spotHold": "1.0",
        "ltv": "0.9", "borrowed": "12.5", "supplied": "0.0",
    }  # fmt: skip
    shares = [{"coin": name, "total": "10.0", "hold": "0.0", "entryNtl": "4.0"} for name in ("+1230", "o17")]

    async def main() -> None:
        on = Stage()
        async with on.exchange:
            on.account.extra["abstraction"] = "portfolioMargin"
            handle = on.inside.handle

            def handled(request: Request) -> Response:
                if b"spotClearinghouseState" not in request.body:
                    return handle(request)
                balances: Any = {"portfolioMarginEnabled": True, "balances": [*shares, coin]}
                return Response(200, msgspec.json.encode(balances))

            on.inside.handle = handled  # type: ignore[method-assign]
            [account] = await on.exchange.fetch_accounts()
            assert (account.margin_coin, account.equity, account.available) == ("USDC", D("-12.5"), D("-15.5"))

    run(main())


def test_only_the_first_dexs_funding_has_known_bounds() -> None:
    context = wire.WireContext(coin="BTC", funding="0.0000125", time=1768195413808)
    rate = mapping.funding_rates(FIRST).one(context)
    assert (rate.min_rate, rate.max_rate) == (D("-0.04"), D("0.04"))
    built = mapping.funding_rates(Names("xyz", "USDC")).one(msgspec.structs.replace(context, coin="xyz:TSLA"))
    assert (built.min_rate, built.max_rate, built.interval_s) == (None, None, 3600)


def test_the_money_of_a_dex_with_another_collateral_is_not_called_usdc() -> None:
    async def play(on: Stage) -> None:
        handle, exchange = on.inside.handle, on.exchange
        assert isinstance(exchange, Hyperliquid)

        def handled(request: Request) -> Response:
            found = handle(request)
            return found._replace(body=found.body.replace(b'"collateralToken":0', b'"collateralToken":360'))

        on.inside.handle = handled  # type: ignore[method-assign]
        with pytest.raises(InvalidRequest, match="token 360, not USDC: give its coin as margin_coin"):
            await exchange.fetch_contracts()
        async with on.connect(on.credentials, margin_coin="USDH") as other:
            assert (await other.fetch_contracts())[0].settle == "USDH"
            on.inside.handle = handle  # type: ignore[method-assign]
            with pytest.raises(InvalidRequest, match="is USDC, not USDH"):
                await other.fetch_contracts()

    played(play)
