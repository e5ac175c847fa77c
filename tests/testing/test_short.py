"""What shortens an adapter: names of contracts, leverage, pages of open orders, sizes in contracts, nets by a sign."""

from __future__ import annotations

import ast
import hashlib
import hmac
from decimal import Decimal
from typing import Any

import pytest

import futures_async.adapter as fa
import futures_async.simulator.venue as sim
from futures_async.simulator import InProcessBackend, Setup, SimulatedExchange
from futures_async.testing.mutants import changes
from futures_async.testing.virtual_time import run
from tests.newcomer.acme import Acme
from tests.newcomer.acme.simulated import DIALECT

PAIRS = fa.Pairs(".", before="P:")


@pytest.mark.parametrize("base", ["BTC", "A.B", "1000CAT", "龙虾"])
def test_a_pair_is_written_and_read_back(base: str) -> None:
    assert PAIRS.name(f"{base}/USDT:USDT") == f"P:{base}.USDT"
    assert PAIRS.symbol(f"P:{base}.USDT") == f"{base}/USDT:USDT"
    assert PAIRS.name(f"P:{base}.USDT") == f"P:{base}.USDT"


def test_an_id_of_another_form_stays_and_what_is_no_symbol_is_refused() -> None:
    assert PAIRS.symbol("BTCUSDT") == "BTCUSDT"
    assert PAIRS.symbol("P:.USDT") == "P:.USDT"
    with pytest.raises(fa.InvalidRequest):
        PAIRS.name("../x")


class WireNet(fa.Row, frozen=True):
    market: fa.Text = None
    lots: fa.Loose = None


@fa.table_of_held_with
def nets(row: WireNet, contract: fa.Contract) -> fa.Position:
    lots = fa.absolute(fa.number(row.lots))
    return fa.Position(
        **fa.named("some", row.market, PAIRS.symbol),
        side=fa.needed(fa.by_sign(fa.number(row.lots))),
        quantity=fa.needed(fa.times(lots, contract.contract_size)),
        contracts=lots,
        contract_size=contract.contract_size,
        margin_coin=contract.settle,
    )


CONTRACT = fa.Contract(
    venue="some",
    symbol="BTC/USDT:USDT",
    venue_symbol="P:BTC.USDT",
    base="BTC",
    quote="USDT",
    settle="USDT",
    contract_size=Decimal("0.01"),
    price_tick=Decimal("0.1"),
    quantity_step=Decimal("0.01"),
)


def test_a_net_is_read_by_its_sign_and_with_its_contract() -> None:
    rows = [WireNet("P:BTC.USDT", "-1234567890123456789012345678901"), WireNet("P:BTC.USDT", "5"), WireNet("P:X.Y", 0)]
    short, long = nets().all(rows, lambda row: CONTRACT)
    assert (short.side, long.side) == (fa.PositionSide.SHORT, fa.PositionSide.LONG)
    # Exact, whatever the context of the caller rounds to.
    assert short.contracts == Decimal("1234567890123456789012345678901")
    assert (long.quantity, long.margin_coin, long.contract_size) == (Decimal("0.05"), "USDT", Decimal("0.01"))
    assert (long.venue, long.symbol, long.venue_symbol) == ("some", "BTC/USDT:USDT", "P:BTC.USDT")
    assert long.unread == ()


def test_a_field_that_nobody_reads_is_named_with_the_way_to_read_it() -> None:
    @fa.table
    def tickers(row: WireNet) -> fa.Ticker:
        return fa.Ticker(**fa.named("some", row.market, str), last_price=fa.times(row.lots, Decimal(2)))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]

    with pytest.raises(TypeError, match=r"row\.lots is no column: .* number\(row\.lots\)"):
        tickers()


def plan(quantity: str, contract: fa.Contract | None) -> fa.PlannedOrder:
    request = fa.OrderRequest(symbol="BTC/USDT:USDT", side="buy", type="market", quantity=quantity)
    return fa.PlannedOrder(
        request=request, venue_symbol="P:BTC.USDT", client_order_id="a", local_id="a", contract=contract
    )


def test_an_order_is_a_whole_number_of_contracts() -> None:
    assert plan("0.05", CONTRACT).lots == 5
    with pytest.raises(fa.InvalidRequest):
        _ = plan("0.055", CONTRACT).lots
    with pytest.raises(fa.InvalidOrder, match="needs_contract"):
        _ = plan("0.05", None).lots


def test_a_page_has_the_cursor_of_the_venue_and_an_empty_one_is_none() -> None:
    lost = fa.UnreadRow("side", "side is missing", None, {}, "some")
    page = fa.Page.of(fa.Read[int]([1], (lost,)), "next")
    assert (page.rows, page.cursor, page.unread) == ([1], "next", (lost,))
    assert fa.Page.of(fa.Read[int]([1]), "").cursor is None


def test_signatures_by_sha_512() -> None:
    wanted = hmac.new(b"secret", b"one two", hashlib.sha512).hexdigest()
    assert fa.Credentials("key", "secret").hmac_sha512(b"one ", b"two").hexdigest() == wanted
    key = sim.ApiKey(key="key", secret="secret")
    assert key.has_signed(b"one two", wanted, digest="sha512")
    assert not key.has_signed(b"one two", wanted)


def test_which_rows_are_wanted_is_read_from_the_fields_that_say_so() -> None:
    reader = sim.Reader(missing=sim.VenueRefusal, wrong=lambda name, value: sim.VenueRefusal("wrong", name))
    asked = {"from": 1, "to": "2", "cursor": "3", "size": 400}
    found = reader.wanted(asked, {"X"}, 50, since="from", until="to", before="cursor", limit="size")
    assert found == sim.Wanted(symbols={"X"}, since_ms=1, until_ms=2, before_id=3, limit=50)
    assert reader.wanted({}, None) == sim.Wanted()
    both = reader.wanted({"id": 7, "tag": "t"}, None, 50, default=20, oldest_ms=9, order_id="id", client_id="tag")
    assert both == sim.Wanted(order_id=7, since_ms=9, limit=20)
    assert reader.wanted({"tag": "t", "startTime": 11}, None, oldest_ms=9, client_id="tag").client_id == "t"


def test_leverage_is_checked_before_it_is_sent_and_capabilities_follow() -> None:
    exchange = SimulatedExchange(only=[], setup=Setup(empty=True))
    assert {fa.Capability.FETCH_LEVERAGE, fa.Capability.SET_LEVERAGE} <= Acme.capabilities
    assert {fa.Capability.FETCH_OPEN_ORDERS, fa.Capability.CANCEL_ALL_ORDERS} <= Acme.capabilities
    assert DIALECT.id == Acme.id

    async def main() -> None:
        async with Acme(fa.Credentials("key", "secret"), http=InProcessBackend(exchange)) as acme:
            for leverage, more in ((0, {}), ("1.5", {}), (2, {"side": "long"}), (2, {"margin_mode": "isolated"})):
                with pytest.raises(fa.NotSupported if "side" in more else fa.InvalidRequest):
                    await acme.set_leverage("BTC/USDT:USDT", leverage, **more)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
            with pytest.raises(fa.InvalidRequest):
                await acme.fetch_leverage("BTC/USDT:USDT", "isolated")

    run(main())
    assert list(exchange.arrivals) == []


def leverage(value: str | None, long: str | None = None, short: str | None = None, mode: str = "cross") -> fa.Leverage:
    times = [None if one is None else Decimal(one) for one in (value, long, short)]
    return fa.Leverage(
        venue="some",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTC",
        leverage=times[0],
        long_leverage=times[1],
        short_leverage=times[2],
        margin_mode=fa.MarginMode(mode),
    )


LONG_ALONE = fa.LeverageChange([], sides={fa.PositionSide.LONG: Decimal(5)})


@pytest.mark.parametrize(
    ("change", "found", "stands"),
    [
        (fa.LeverageChange([]), leverage("5"), True),
        (fa.LeverageChange([]), leverage("4"), False),
        (fa.LeverageChange([]), leverage(None, "5", "4"), False),
        (fa.LeverageChange([], fa.MarginMode.CROSS), leverage("5"), True),
        (fa.LeverageChange([], fa.MarginMode.ISOLATED), leverage("5"), False),
        (LONG_ALONE, leverage(None, "5", "4"), True),
        (LONG_ALONE, leverage(None, "4", "5"), False),
        (LONG_ALONE, leverage("5"), True),
        (LONG_ALONE, leverage("4"), False),
        # One side alone is told: what is said of both is made of that one.
        (LONG_ALONE, leverage("5", None, "5"), False),
        (LONG_ALONE, leverage(None), False),
    ],
)
def test_leverage_stands_where_every_side_that_was_meant_has_it(
    change: fa.LeverageChange, found: fa.Leverage, stands: bool
) -> None:
    assert change.stands(Decimal(5), found) is stands


class Silent(fa.Adapter):
    """Says next to nothing."""

    id = "silent"
    name = "Silent"
    only_position_mode = fa.PositionMode.ONE_WAY


def test_one_position_mode_is_told_without_a_call_and_names_are_asked_for() -> None:
    assert Silent.capabilities == {fa.Capability.FETCH_POSITION_MODE}
    silent: Any = object.__new__(Silent)
    with pytest.raises(NotImplementedError, match="Silent: `pairs`"):
        silent.venue_symbol("BTC/USDT:USDT")


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("fa.passing(errors.RateLimited, 'x')", "fa.refused("),
        ("fa.times(row.a, row.b)", "fa.plus(row.a, row.b)"),
        ("passing(errors.RateLimited, 'x')", "refused("),
        ("fa.Order(fee=fa.number(row.a), price=fa.number(row.b))", "fa.number(row.b), price"),
    ],
)
def test_wrong_adapters_are_made_of_names_behind_a_module_too(line: str, wrong: str) -> None:
    tree = ast.parse(line)
    assert any(ast.unparse(tree).startswith(wrong) or wrong in ast.unparse(tree) for _ in changes(tree))


def test_what_must_be_there_is_left_out_by_no_wrong_adapter() -> None:
    tree = ast.parse("fa.Order(order_id=fa.needed(fa.text(row.id)), side=needed(word(row.side)))")
    assert [change.what for change in changes(tree) if change.kind == "no field"] == []
