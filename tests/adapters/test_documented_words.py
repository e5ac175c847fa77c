"""Words that venues document and no simulated exchange says: what each means, apart from the adapters' tables."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from futures_async.adapters.binance import endpoints
from futures_async.adapters.binance import mapping as binance_mapping
from futures_async.adapters.binance import orders as binance
from futures_async.adapters.bitget import orders as bitget
from futures_async.unified.enums import OrderStatus

# https://developers.binance.com/docs/derivatives/usds-margined-futures/common-definition
BINANCE = {
    "NEW": "new", "PARTIALLY_FILLED": "partially_filled", "FILLED": "filled", "CANCELED": "canceled",
    "EXPIRED": "expired", "EXPIRED_IN_MATCH": "expired", "REJECTED": "rejected", "NEW_INSURANCE": "new",
    "NEW_ADL": "new",
}  # fmt: skip
BINANCE_ALGO = {
    "NEW": "new", "TRIGGERING": "new", "TRIGGERED": "new", "CANCELED": "canceled", "FINISHED": "canceled",
    "REJECTED": "rejected", "EXPIRED": "expired",
}  # fmt: skip
# https://www.bitget.com/api-doc/contract/plan/get-history-tpsl-plan-order
BITGET_PLAN = {
    "live": "new", "not_trigger": "new", "executing": "new", "executed": "unknown", "fail_execute": "rejected",
    "fail_trigger": "rejected", "cancelled": "canceled", "canceled": "canceled",
}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "words"),
    [(binance.STATUS, BINANCE), (binance.ALGO_STATUS, BINANCE_ALGO), (bitget.PLAN_STATUS, BITGET_PLAN)],
    ids=["binance", "binance conditional", "bitget plan"],
)
def test_a_status_means_what_the_venues_page_says(table: Mapping[str, OrderStatus], words: Mapping[str, str]) -> None:
    assert {word: status.value for word, status in table.items()} == words


def test_binance_counts_orders_by_ten_seconds_and_by_the_minute() -> None:
    """An order is one of either, a batch five of the first: exchangeInfo's ORDERS, 300 and 1,200."""
    for endpoint, taken in ((endpoints.PLACE, 1), (endpoints.AMEND, 1), (endpoints.PLACE_BATCH, 5)):
        found = [(limit.count, limit.per_s, limit.weight) for limit in endpoint.limits]
        assert found == [(300, 10.0, taken), (1200, 60.0, 1)]


@pytest.mark.parametrize("quote", ["USDT", "USDC", "FDUSD", "USD1", "BUSD", "BNFCR", "BTC", "ETH", "BNB", "U"])
def test_binance_names_end_in_a_quote_coin_that_it_has_had(quote: str) -> None:
    assert binance_mapping.to_symbol(f"DOGE{quote}") == f"DOGE/{quote}:{quote}"
