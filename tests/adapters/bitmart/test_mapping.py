"""BitMart's documents, field by field, as unified models."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from futures_async.adapters.bitmart import endpoints, mapping, orders, requests, words
from futures_async.adapters.bitmart.wire import WireContract, WireLedgerEntry, WireOrder, WirePlanOrder, WirePosition
from futures_async.unified.enums import (
    LedgerType,
    MarginMode,
    OrderKind,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    PriceSource,
    RiskLevel,
    Role,
    Side,
    TimeInForce,
)
from futures_async.unified.errors import DecodeError, InvalidOrder
from futures_async.unified.models import (
    Account,
    Contract,
    Fill,
    FundingRate,
    LedgerEntry,
    Order,
    Position,
    PositionRisk,
    RiskLimit,
    Ticker,
)
from tests.adapters.bitmart.documents import contract, decoded, document, payload, wrapped

D = Decimal
BTC: dict[str, Any] = {"venue": "bitmart", "symbol": "BTC/USDT:USDT", "venue_symbol": "BTCUSDT"}


def row(name: str, index: int = 0, **changes: Any) -> dict[str, Any]:
    data = document(name)["data"]
    plain: dict[str, Any] = data if "symbol" in data else data[index]
    return {key: value for key, value in {**plain, **changes}.items() if value is not ...}


def order_wire(**changes: Any) -> WireOrder:
    return decoded(endpoints.ORDER, wrapped(row("order", **changes)))


def position_wire(name: str = "position-v2-hedge", index: int = 0, **changes: Any) -> WirePosition:
    (found,) = decoded(endpoints.POSITIONS, wrapped([row(name, index, **changes)]))
    return found


def to_position(wire: WirePosition) -> Position:
    return mapping.positions().one(wire, contract())


def same(data: Any) -> Any:
    return data


def alone(data: Any) -> Any:
    return [data]


# Every field of every document is read


@pytest.mark.parametrize(
    ("name", "endpoint", "rows"),
    [
        ("position-v1", endpoints.POSITIONS_V1, same),
        ("position-v2-hedge", endpoints.POSITIONS, same),
        ("position-v2-one-way", endpoints.POSITIONS, same),
        ("position-risk", endpoints.POSITION_RISK, same),
        ("assets-detail", endpoints.ASSETS, same),
        ("trade-fee-rate", endpoints.FEE_RATE, alone),
        ("position-mode", endpoints.POSITION_MODE, alone),
        ("submit-leverage", endpoints.SUBMIT_LEVERAGE, alone),
        ("submit-order", endpoints.SUBMIT_ORDER, alone),
        ("modify-limit-order", endpoints.MODIFY_ORDER, alone),
        ("cancel-all-after", endpoints.CANCEL_ALL_AFTER, alone),
        ("order", endpoints.ORDER, alone),
        ("order-history", endpoints.ORDER_HISTORY, same),
        ("trades", endpoints.TRADES, same),
        ("transaction-history", endpoints.TRANSACTIONS, same),
        ("current-plan-order", endpoints.PLAN_ORDERS, same),
        ("submit-plan-order", endpoints.SUBMIT_PLAN_ORDER, alone),
        ("submit-tp-sl-order", endpoints.SUBMIT_TP_SL_ORDER, alone),
        ("submit-trail-order", endpoints.SUBMIT_TRAIL_ORDER, alone),
        ("modify-plan-order", endpoints.MODIFY_PLAN_ORDER, alone),
        ("modify-tp-sl-order", endpoints.MODIFY_TP_SL_ORDER, alone),
        ("modify-preset-plan-order", endpoints.MODIFY_PRESETS, alone),
        ("open-orders-trailing", endpoints.OPEN_ORDERS, same),
        ("open-interest", endpoints.OPEN_INTEREST, alone),
        ("funding-rate", endpoints.FUNDING_RATE, alone),
        ("time", endpoints.TIME, alone),
    ],
)
def test_every_documented_field_is_kept_in_the_wire_struct(name: str, endpoint: Any, rows: Any) -> None:
    documented = rows(document(name)["data"])
    wires = rows(payload(endpoint, name))
    assert len(documented) == len(wires) > 0
    for plain, wire in zip(documented, wires, strict=True):
        same_fields(plain, wire)


def same_fields(plain: dict[str, Any], wire: Any) -> None:
    for field, value in plain.items():
        held = getattr(wire, field)
        if isinstance(held, Decimal):
            assert held == Decimal(str(value)), field
        else:
            assert str(held) == str(value), field


def test_every_documented_field_of_a_contract_is_kept() -> None:
    same_fields(document("details")["data"]["symbols"][0], contract().raw)


def test_every_documented_field_of_the_brackets_is_kept() -> None:
    rules = payload(endpoints.LEVERAGE_BRACKET, "leverage-bracket").rules or []
    documented = document("leverage-bracket")["data"]["rules"]
    assert [rule.symbol for rule in rules] == [rule["symbol"] for rule in documented]
    for plain, wire in zip(documented[0]["brackets"], rules[0].brackets or [], strict=True):
        same_fields(plain, wire)


@pytest.mark.parametrize("name", ["cancel-order", "cancel-orders", "cancel-plan-order"])
def test_a_cancel_answers_nothing_of_use(name: str) -> None:
    assert payload(endpoints.CANCEL_ORDER, name) == {}


# Market


def test_a_contract_counts_base_coin() -> None:
    assert contract() == Contract(
        **BTC,
        base="BTC",
        quote="USDT",
        settle="USDT",
        contract_size=D("0.001"),
        price_tick=D("0.1"),
        quantity_step=D("0.001"),
        min_quantity=D("0.001"),
        max_quantity=D(1000),
        max_market_quantity=D(50),
        max_leverage=D(100),
        status="Trading",
    )


def contract_rows(*changes: dict[str, Any]) -> list[WireContract]:
    plain = document("details")["data"]["symbols"][0]
    return decoded(endpoints.DETAILS, wrapped({"symbols": [{**plain, **change} for change in changes]})).symbols


def test_inverse_and_dated_contracts_are_not_offered() -> None:
    rows = contract_rows(
        {"symbol": "BTCUSD", "quote_currency": "USD"},
        {"symbol": "BTCUSDT-241227", "product_type": 2},
        {"symbol": "BTCUSDC", "quote_currency": "USDC"},
    )
    assert [row.symbol for row in rows if mapping.is_offered(row)] == ["BTCUSDC"]
    assert mapping.contracts().one(rows[2]).symbol == "BTC/USDC:USDC"


@pytest.mark.parametrize(("seconds", "ends_ms"), [(0, None), (None, None), (1704067200, 1704067200000)])
def test_trading_ends_at_the_second_that_the_venue_names(seconds: int | None, ends_ms: int | None) -> None:
    [row] = contract_rows({"delist_time": seconds})
    assert mapping.contracts().one(row).delisted_ms == ends_ms


@pytest.mark.parametrize(
    "odd",
    [
        {"contract_size": ""},
        {"contract_size": "0"},
        {"contract_size": "NaN"},
        {"contract_size": []},
        {"price_precision": "-1"},
        {"vol_precision": None},
        {"symbol": None},
        {"product_type": 3},
        {"quote_currency": "DAI"},
    ],
)
def test_one_odd_contract_does_not_hide_the_others(odd: dict[str, Any]) -> None:
    rows = contract_rows(odd, {})
    assert all(map(mapping.is_offered, rows))
    found, unread = mapping.contracts().each(rows)
    assert ([one.symbol for one in found], [row.path for row in unread]) == (["BTC/USDT:USDT"], list(odd))


def test_the_ticker_shows_the_rate_of_the_running_interval() -> None:
    assert mapping.tickers().one(contract().raw) == Ticker(
        **BTC, last_price=D(93510), index_price=D("93498.7"), funding_rate=D("0.00012")
    )


def test_a_ticker_without_a_price_is_unreadable() -> None:
    wire = msgspec.structs.replace(contract().raw, last_price="")
    with pytest.raises(DecodeError, match="last_price"):
        mapping.tickers().one(wire)


def test_the_funding_rate_is_the_one_that_is_due() -> None:
    wire = payload(endpoints.FUNDING_RATE, "funding-rate")
    assert mapping.funding_rates().one(wire, contract().raw) == FundingRate(
        **BTC,
        funding_rate=D("0.00012"),
        interval_s=28800,
        next_funding_ms=1735718400000,
        min_rate=D("-0.0375"),
        max_rate=D("0.0375"),
        created_ms=1735689605531,
    )
    assert mapping.funding_rates().one(wire, WireContract()).interval_s is None


def test_risk_limits_are_the_brackets() -> None:
    (rule,) = payload(endpoints.LEVERAGE_BRACKET, "leverage-bracket").rules or []
    tiers = mapping.risk_limits().all(rule.brackets, lambda _: rule)
    assert tiers == [
        RiskLimit(
            **BTC,
            tier=1,
            min_notional=D(0),
            max_notional=D(500000),
            max_leverage=D(100),
            maintenance_margin_rate=D("0.004"),
        ),
        RiskLimit(
            **BTC,
            tier=2,
            min_notional=D(500000),
            max_notional=D(1000000),
            max_leverage=D(50),
            maintenance_margin_rate=D("0.01"),
        ),
    ]


# Account


def test_the_balance_is_the_equity_without_open_profit() -> None:
    first, *others = mapping.accounts().all(payload(endpoints.ASSETS, "assets-detail"))
    assert first == Account(
        venue="bitmart",
        margin_coin="USDT",
        equity=D("10044.42"),
        balance=D("9994.42"),
        available=D("8041.42"),
        locked=D(93),
        unrealized_pnl=D(50),
        initial_margin=D(1860),
    )
    assert [account.margin_coin for account in others] == ["BTC", "ETH"]


def test_ledger_rows_that_share_an_id_stay_apart() -> None:
    wires = payload(endpoints.TRANSACTIONS, "transaction-history")
    entries = mapping.ledger_entries().all(wires)
    assert wires[0].tran_id == wires[1].tran_id
    assert len({entry.entry_id for entry in entries}) == 3
    assert entries == [
        LedgerEntry(
            venue="bitmart",
            entry_id="9689322392:1::USDT:1570608000000:-0.37500000",
            type=LedgerType.TRANSFER,
            venue_type="Transfer",
            amount=D("-0.37500000"),
            coin="USDT",
            created_ms=1570608000000,
        ),
        LedgerEntry(
            **BTC,
            entry_id="9689322392:4:BTCUSDT:USDT:1570636800000:-0.01000000",
            type=LedgerType.FEE,
            venue_type="Commission Fee",
            amount=D("-0.01000000"),
            coin="USDT",
            created_ms=1570636800000,
        ),
        LedgerEntry(
            **BTC,
            entry_id="1735718400000:3:BTCUSDT:USDT:1735718400000:-0.465",
            type=LedgerType.FUNDING,
            venue_type="Funding Fee",
            amount=D("-0.465"),
            coin="USDT",
            created_ms=1735718400000,
        ),
    ]


@pytest.mark.parametrize(
    ("flow", "word", "kind"),
    [
        (1, "Transfer", LedgerType.TRANSFER),
        (2, "Realized PNL", LedgerType.REALIZED_PNL),
        (5, "Liquidation Clearance", LedgerType.LIQUIDATION),
        (None, "Commission", LedgerType.FEE),
        (None, "Liquidation", LedgerType.LIQUIDATION),
        (None, "Funding Fee", LedgerType.FUNDING),
        (None, "Rebate", LedgerType.OTHER),
        (77, None, LedgerType.OTHER),
        (None, None, LedgerType.OTHER),
    ],
)
def test_a_ledger_row_is_told_by_number_or_by_word(flow: int | None, word: str | None, kind: LedgerType) -> None:
    wire = WireLedgerEntry(amount=D(1), asset="USDT", time=1735718400000, tran_id=5, flow_type=flow, type=word)
    entry = mapping.ledger_entries().one(wire)
    assert entry.type is kind
    assert entry.venue_type == (word or (str(flow) if flow is not None else ""))


# Positions


def test_a_hedged_position_is_read_field_by_field() -> None:
    assert to_position(position_wire()) == Position(
        **BTC,
        side=PositionSide.LONG,
        quantity=D("0.1"),
        contracts=D(100),
        contract_size=D("0.001"),
        entry_price=D(93000),
        mark_price=D(93500),
        liquidation_price=D("74698.7"),
        unrealized_pnl=D(50),
        realized_pnl=D("-5.58"),
        fee=D("5.58"),
        leverage=D(5),
        margin_mode=MarginMode.ISOLATED,
        position_mode=PositionMode.HEDGE,
        margin_coin="USDT",
        margin=D(1860),
        initial_margin=D(1860),
        maintenance_margin=D("37.4"),
        notional=D(9350),
        created_ms=1735689600820,
    )


def test_a_one_way_position_takes_its_side_from_the_sign() -> None:
    assert to_position(position_wire("position-v2-one-way")) == Position(
        **BTC,
        side=PositionSide.SHORT,
        quantity=D("0.05"),
        contracts=D(50),
        contract_size=D("0.001"),
        entry_price=D(93000),
        mark_price=D(93500),
        liquidation_price=None,
        unrealized_pnl=D(-25),
        realized_pnl=D("-2.79"),
        fee=D("2.79"),
        leverage=D(10),
        margin_mode=MarginMode.CROSS,
        position_mode=PositionMode.ONE_WAY,
        margin_coin="USDT",
        margin=D(465),
        initial_margin=D(465),
        maintenance_margin=D("18.7"),
        notional=D(4675),
        created_ms=1735689600820,
    )


@pytest.mark.parametrize(
    ("side", "amount", "expected"),
    [
        ("Long", "5", PositionSide.LONG),
        ("SHORT", "5", PositionSide.SHORT),
        ("both", "5", PositionSide.LONG),
        ("Both", "-5", PositionSide.SHORT),
        ("both", "0", None),
        ("both", ..., None),
    ],
)
def test_the_side_is_read_as_documented_or_refused(side: str, amount: Any, expected: PositionSide | None) -> None:
    wire = position_wire(position_side=side, position_amount=amount)
    if expected is not None:
        assert to_position(wire).side is expected
        return
    assert mapping.hides_side(wire)
    with pytest.raises(DecodeError, match="position_side"):
        to_position(wire)


@pytest.mark.parametrize("side", ["net", "", "buy"])
def test_an_unknown_position_side_is_refused(side: str) -> None:
    with pytest.raises(DecodeError, match="position_side"):
        to_position(position_wire(position_side=side))


@pytest.mark.parametrize(("code", "side"), [(1, PositionSide.LONG), ("2", PositionSide.SHORT)])
def test_the_number_of_a_side_goes_before_its_word(code: Any, side: PositionSide) -> None:
    wire = position_wire("position-v2-one-way", position_amount="0")
    assert to_position(msgspec.structs.replace(wire, position_type=code)).side is side
    with pytest.raises(DecodeError, match="position_type"):
        to_position(msgspec.structs.replace(wire, position_type=3))


def test_older_v1_rows_lack_four_fields() -> None:
    plain = row("position-v1", mark_value=..., margin_type=..., position_mode=..., account=...)
    (wire,) = decoded(endpoints.POSITIONS_V1, wrapped([plain]))
    assert (wire.mark_value, wire.margin_type, wire.position_mode, wire.account) == (None, None, None, None)


def test_numbers_and_text_may_change_places() -> None:
    def swapped(value: Any) -> Any:
        if isinstance(value, int):
            return str(value)
        try:
            return float(value)
        except (TypeError, ValueError):
            return value

    plain = {key: swapped(value) for key, value in row("position-v2-hedge").items()}
    (wire,) = decoded(endpoints.POSITIONS, wrapped([plain]))
    assert to_position(wire) == to_position(position_wire())
    plain = {key: swapped(value) for key, value in row("order", client_order_id="").items()}
    plain["order_id"] = 220906179895578
    wire_order = decoded(endpoints.ORDER, wrapped(plain))
    assert orders.orders().one(wire_order, contract()) == orders.orders().one(
        order_wire(client_order_id=""), contract()
    )


@pytest.mark.parametrize("field", ["current_amount", "entry_price", "mark_value", "liquidation_price"])
@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e99"])
def test_a_number_that_is_none_is_refused_or_named(field: str, value: str) -> None:
    wire = position_wire("position-v2-hedge", 0, **{field: value})
    if field != "current_amount":
        assert to_position(wire).unread == (field,)
        return
    with pytest.raises(DecodeError, match=field):
        to_position(wire)


def test_new_fields_and_words_break_nothing() -> None:
    wire = position_wire(open_type="portfolio", brand_new={"a": [1]})
    assert to_position(wire).margin_mode is None


def test_risk_values_join_the_position_that_has_the_size() -> None:
    (wire,) = payload(endpoints.POSITION_RISK, "position-risk")
    risk = mapping.to_position_risk(to_position(position_wire()), wire)
    assert risk == PositionRisk(
        **BTC,
        side=PositionSide.LONG,
        quantity=D("0.1"),
        mark_price=D("67957.7"),
        liquidation_price=D(64245),
        distance_to_liquidation=risk.distance_to_liquidation,
        leverage=D(20),
        margin_mode=MarginMode.ISOLATED,
        margin=D("3078.51948691"),
        notional=D("6795.77"),
        unrealized_pnl=D("969.6"),
        margin_ratio=risk.margin_ratio,
        level=RiskLevel.SAFE,
        updated_ms=1712390438000,
    )
    assert risk.distance_to_liquidation is not None
    assert abs(risk.distance_to_liquidation - D("0.0546325")) < D("0.0000001")
    assert risk.margin_ratio is not None
    assert abs(risk.margin_ratio - D("0.0092388")) < D("0.0000001")
    assert risk.raw is wire


@pytest.mark.parametrize("empty", [None, ""])
def test_risk_rows_may_leave_fields_empty(empty: str | None) -> None:
    plain = row("position-risk", margin_type=empty, isolated_margin=empty, position_side=empty, update_time=empty)
    (wire,) = decoded(endpoints.POSITION_RISK, wrapped([plain]))
    risk = mapping.to_position_risk(to_position(position_wire()), wire)
    assert (risk.margin_mode, risk.margin, risk.updated_ms) == (MarginMode.ISOLATED, D(1860), 1735689605531)


def test_without_a_mark_the_value_is_the_one_that_the_position_has() -> None:
    (wire,) = decoded(endpoints.POSITION_RISK, wrapped([row("position-risk", mark_price=None)]))
    held = to_position(position_wire())
    assert mapping.to_position_risk(held, wire).notional == held.notional != held.margin


def test_without_a_risk_row_the_position_speaks_for_itself() -> None:
    risk = mapping.to_position_risk(to_position(position_wire("position-v2-one-way")), None)
    assert (risk.mark_price, risk.margin_ratio, risk.level) == (D(93500), None, None)


# Orders and fills


def test_an_order_is_read_field_by_field() -> None:
    assert orders.orders().one(order_wire(), contract()) == Order(
        **BTC,
        order_id="220906179895578",
        client_order_id="BM123",
        side=Side.BUY,
        type=OrderType.LIMIT,
        price=D("93000.1"),
        average_price=D("93000.1"),
        quantity=D("0.01"),
        filled_quantity=D("0.004"),
        remaining_quantity=D("0.006"),
        status=OrderStatus.PARTIALLY_FILLED,
        reduce_only=False,
        position_side=PositionSide.LONG,
        margin_mode=MarginMode.ISOLATED,
        leverage=D(5),
        created_ms=1735689600000,
        updated_ms=1735689601250,
    )


def test_a_row_of_the_history_is_read_field_by_field() -> None:
    (wire,) = payload(endpoints.ORDER_HISTORY, "order-history")
    assert orders.orders().one(wire, contract()) == Order(
        **BTC,
        order_id="3000101684062644",
        client_order_id="PLAN_3000097492004577",
        side=Side.BUY,
        type=OrderType.MARKET,
        price=None,
        average_price=D(84802),
        quantity=D("0.001"),
        filled_quantity=D("0.001"),
        remaining_quantity=D(0),
        status=OrderStatus.FILLED,
        reduce_only=True,
        position_side=PositionSide.SHORT,
        margin_mode=MarginMode.CROSS,
        leverage=D(20),
        created_ms=1743160485193,
        updated_ms=1743160485258,
    )


@pytest.mark.parametrize(
    ("state", "deal", "status"),
    [
        (1, "0", OrderStatus.NEW),
        (1, "4", OrderStatus.NEW),
        (2, "0", OrderStatus.NEW),
        (2, "4", OrderStatus.PARTIALLY_FILLED),
        (2, "10", OrderStatus.FILLED),
        (4, "10", OrderStatus.FILLED),
        (4, "4", OrderStatus.CANCELED),
        (4, "0", OrderStatus.CANCELED),
        (3, "0", OrderStatus.UNKNOWN),
        (9, "10", OrderStatus.UNKNOWN),
    ],
)
def test_the_status_needs_state_and_sizes(state: int, deal: str, status: OrderStatus) -> None:
    assert orders.orders().one(order_wire(state=state, deal_size=deal), contract()).status is status


@pytest.mark.parametrize(
    ("code", "side", "reduces", "position"),
    [
        (1, Side.BUY, False, PositionSide.LONG),
        (2, Side.BUY, True, PositionSide.SHORT),
        (3, Side.SELL, True, PositionSide.LONG),
        (4, Side.SELL, False, PositionSide.SHORT),
    ],
)
def test_the_four_side_codes_in_both_modes(code: int, side: Side, reduces: bool, position: PositionSide) -> None:
    hedge = orders.orders().one(order_wire(side=code), contract())
    assert (hedge.side, hedge.reduce_only, hedge.position_side) == (side, reduces, position)
    one_way = orders.orders().one(order_wire(side=code, position_mode="one_way_mode"), contract())
    assert (one_way.side, one_way.reduce_only, one_way.position_side) == (side, reduces, None)


@pytest.mark.parametrize("code", [0, 5, -1])
def test_an_unknown_side_is_never_guessed(code: int) -> None:
    with pytest.raises(DecodeError, match="side"):
        orders.orders().one(order_wire(side=code), contract())


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("limit", OrderType.LIMIT),
        ("market", OrderType.MARKET),
        ("liquidate", OrderType.LIQUIDATION),
        ("bankruptcy", OrderType.LIQUIDATION),
        ("adl", OrderType.ADL),
        ("trailing", OrderType.TRIGGER),
        ("planorder", OrderType.TRIGGER),
        ("iceberg", OrderType.UNKNOWN),
    ],
)
def test_order_types(word: str, kind: OrderType) -> None:
    assert orders.orders().one(order_wire(type=word), contract()).type is kind


def test_ids_beyond_what_a_double_holds_survive() -> None:
    big = 2**53 + 1
    assert orders.orders().one(order_wire(order_id=big), contract()).order_id == "9007199254740993"
    ack = decoded(endpoints.SUBMIT_ORDER, b'{"code":1000,"data":{"order_id":12345678901234567,"price":"market price"}}')
    assert str(ack.order_id) == "12345678901234567"
    assert str(payload(endpoints.SUBMIT_ORDER, "submit-order").order_id) == "220609666322019"


@pytest.mark.parametrize("order_id", ["", 0, "0", " 5"])
def test_an_order_without_an_id_is_unreadable(order_id: Any) -> None:
    with pytest.raises(DecodeError, match="order_id"):
        orders.orders().one(order_wire(order_id=order_id), contract())


@pytest.mark.parametrize("client_id", ["", None, ...])
def test_an_empty_client_id_is_none(client_id: Any) -> None:
    assert orders.orders().one(order_wire(client_order_id=client_id), contract()).client_order_id is None


def test_fields_that_only_some_orders_have_may_hold_words() -> None:
    wire = order_wire(
        execution_price="Market", trigger_price="-", leverage="0", preset_stop_loss_price="", update_time=0
    )
    order = orders.orders().one(wire, contract())
    assert (order.leverage, order.updated_ms) == (None, None)
    assert wire.execution_price == "Market"


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(DecodeError, match="size is negative"):
        orders.orders().one(order_wire(size="-1"), contract())


def test_a_fill_is_read_field_by_field() -> None:
    (wire,) = payload(endpoints.TRADES, "trades")
    assert orders.fills().one(wire, contract()) == Fill(
        **BTC,
        fill_id="1141853921",
        order_id="220921197409432",
        side=Side.SELL,
        price=D("93510.2"),
        quantity=D("0.108"),
        fee=D("6.05946096"),
        fee_coin="USDT",
        role=Role.TAKER,
        realized_pnl=D("55.1016"),
        created_ms=1735693218589,
    )


def test_a_maker_fill_may_earn_its_fee() -> None:
    (wire,) = decoded(endpoints.TRADES, wrapped([row("trades", exec_type="Maker", paid_fees="-0.5")]))
    fill = orders.fills().one(wire, contract())
    assert (fill.role, fill.fee) == (Role.MAKER, D("-0.5"))


def plan_wire(**changes: Any) -> WirePlanOrder:
    (found,) = decoded(endpoints.PLAN_ORDERS, wrapped([row("current-plan-order", **changes)]))
    return found


def test_a_conditional_order_is_read_field_by_field() -> None:
    assert orders.trigger_orders().one(plan_wire(), contract()) == Order(
        **BTC,
        order_id="220908185908509",
        client_order_id="BM123",
        side=Side.SELL,
        type=OrderType.TRIGGER,
        kind=OrderKind.STOP_LOSS,
        trigger_price=D(90100),
        trigger_by=PriceSource.LAST,
        time_in_force=TimeInForce.GTC,
        price=D(90000),
        quantity=D("0.1"),
        status=OrderStatus.NEW,
        reduce_only=True,
        position_side=PositionSide.LONG,
        margin_mode=MarginMode.ISOLATED,
        leverage=D(5),
        created_ms=1735689600000,
        updated_ms=1735689600000,
    )


@pytest.mark.parametrize("price", ["0", "", "Market", "market price", "-", None, ...])
def test_a_conditional_order_at_market_has_no_price(price: Any) -> None:
    order = orders.trigger_orders().one(plan_wire(executive_price=price), contract())
    assert (order.price, order.unread) == (None, ())


def test_a_conditional_order_with_another_word_for_its_price_is_not_written_anew() -> None:
    order = orders.trigger_orders().one(plan_wire(executive_price="soon"), contract())
    assert (order.price, order.unread) == (None, ("executive_price",))
    with pytest.raises(DecodeError, match="cannot be read"):
        requests.stop_of(order)


def test_the_other_example_of_a_conditional_order_is_read_too() -> None:
    order = orders.trigger_orders().one(plan_wire(state="active", type="market", mode=9), contract())
    assert (order.status, order.time_in_force) == (OrderStatus.NEW, None)


# Numbers, times, symbols, sizes


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1712390438, 1712390438000),
        (1735689600000, 1735689600000),
        ("1735689600000", 1735689600000),
        ("1712390438", 1712390438000),
        (99999999999, 99999999999000),
        (100000000000, 100000000000),
        (0, None),
        (-1, None),
        ("", None),
        (None, None),
    ],
)
def test_seconds_and_milliseconds_are_told_apart(value: Any, expected: int | None) -> None:
    assert words.any_ms(value, "time") == expected


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(DecodeError):
        words.any_ms("soon", "time")


@pytest.mark.parametrize(
    ("unified", "venue"),
    [
        ("BTC/USDT:USDT", "BTCUSDT"),
        ("1000SHIB/USDT:USDT", "1000SHIBUSDT"),
        ("BTC/USDC:USDC", "BTCUSDC"),
        ("BTC/USD:BTC", "BTCUSD"),
    ],
)
def test_symbols_go_both_ways(unified: str, venue: str) -> None:
    assert words.venue_symbol(unified) == venue
    assert words.venue_symbol(venue) == venue
    assert words.unified_symbol(venue) == unified


def test_an_id_that_cannot_be_parsed_passes_through() -> None:
    assert words.unified_symbol("XYZ") == words.venue_symbol("XYZ") == "XYZ"


@pytest.mark.parametrize(("quantity", "contracts"), [("0.001", 1), ("0.1", 100), ("1", 1000), ("0.1230", 123)])
def test_base_coin_becomes_whole_contracts(quantity: str, contracts: int) -> None:
    assert words.to_contracts(D(quantity), contract()) == contracts


@pytest.mark.parametrize("quantity", ["0.0015", "0.0009", "0.10000001", "0", "-0.001"])
def test_what_is_not_whole_contracts_is_refused_and_not_cut(quantity: str) -> None:
    with pytest.raises(InvalidOrder):
        words.to_contracts(D(quantity), contract())


def test_a_step_of_several_contracts_is_kept() -> None:
    wide = mapping.contracts().one(msgspec.structs.replace(contract().raw, vol_precision=D(10)))
    assert words.to_contracts(D("0.02"), wide) == 20
    with pytest.raises(InvalidOrder, match="multiple"):
        words.to_contracts(D("0.015"), wide)


def test_contracts_of_any_size_convert_exactly() -> None:
    raw: WireContract = contract().raw
    huge = mapping.contracts().one(msgspec.structs.replace(raw, contract_size=D("0.0000001")))
    wire = order_wire(size="12345678901234567890")
    assert orders.orders().one(wire, huge).quantity == D("1234567890123.4567890")
