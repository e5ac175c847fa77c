"""Documented rows of Binance's as unified models, field by field, and the traps among them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal as D
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from futures_async.adapter import Ack, Refusal
from futures_async.adapters.binance import endpoints, mapping, triggers, wire
from futures_async.adapters.binance.codes import NOTHING_TO_CLOSE
from futures_async.adapters.binance.dialect import BinanceDialect
from futures_async.adapters.binance.orders import algo_orders, fills, orders, read_ack, read_acks
from futures_async.risk import account_margin_ratio
from futures_async.unified import errors
from futures_async.unified.enums import (
    LedgerType,
    MarginMode,
    OrderKind,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    PriceSource,
    Role,
    Side,
    TimeInForce,
)
from tests.adapters.binance.samples import judged, plain, read


def typed(found: Any, kind: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(found), type=kind)


def row(name: str, kind: Any, **changes: Any) -> Any:
    """A documented row with some fields changed; None leaves a field out."""
    answer = plain(name)
    found: dict[str, Any] = dict(answer[0] if isinstance(answer, list) else answer)  # pyright: ignore[reportUnknownArgumentType]
    found.update(changes)
    return typed({key: value for key, value in found.items() if value is not None}, kind)


def shown(model: Any) -> dict[str, Any]:
    """What a model says, without what it does not say."""
    fields = {name: getattr(model, name) for name in model.__struct_fields__ if name not in ("raw", "_guard")}
    return {name: value for name, value in fields.items() if value is not None and value is not False and value != ()}


# Symbols


@pytest.mark.parametrize(
    ("venue_symbol", "symbol"),
    [
        ("BTCUSDT", "BTC/USDT:USDT"),
        ("BTCUSDC", "BTC/USDC:USDC"),
        ("1000SHIBUSDT", "1000SHIB/USDT:USDT"),
        ("测试USDT", "测试/USDT:USDT"),
        ("USDCUSDT", "USDC/USDT:USDT"),
        ("BTCDOMUSDT", "BTCDOM/USDT:USDT"),
    ],
)
def test_symbols_go_both_ways(venue_symbol: str, symbol: str) -> None:
    assert mapping.to_symbol(venue_symbol) == symbol
    assert mapping.to_venue_symbol(symbol) == mapping.to_venue_symbol(venue_symbol) == venue_symbol


def test_a_contract_with_a_date_keeps_its_id() -> None:
    assert mapping.to_symbol("BTCUSDT_260327") == mapping.to_venue_symbol("BTCUSDT_260327") == "BTCUSDT_260327"
    with pytest.raises(errors.InvalidRequest, match="quote coin"):
        mapping.to_venue_symbol("BTC/USD:BTC")


# Account


def test_coins_of_the_account() -> None:
    [coin] = read("account", endpoints.ACCOUNT).assets
    assert shown(mapping.accounts().one(msgspec.structs.replace(coin, pooled=False))) == {
        "venue": "binance",
        "margin_coin": "USDT",
        "equity": D("102.06130731"),
        "balance": D("103.12345678"),
        "available": D("97.83669721"),
        "locked": D(0),
        "transferable": D("97.83669721"),
        "unrealized_pnl": D("-1.06214947"),
        "initial_margin": D("4.2246101"),
        "maintenance_margin": D("0.0844922"),
    }


@pytest.mark.parametrize(
    ("balance", "equity", "held"),
    [("0.00000000", "0", False), ("-1", "-1", True), ("0", "0.1", True), ("?", "0", True), (None, "0", True)],
)
def test_empty_coins_are_told_from_debts(balance: str | None, equity: str, held: bool) -> None:
    assert mapping.holds_something(wire.WireAsset(asset="BTC", wallet_balance=balance, margin_balance=equity)) is held


@pytest.mark.parametrize(
    ("value", "maintenance", "ratio"),
    [
        ("1000.0", "250.0", D("0.25")),
        ("1000.0", "0.0", D(0)),
        ("0.0", "250.0", D(1)),
        ("-3.5", "250.0", D(1)),
        ("0.0", "0.0", None),
        (None, "250.0", None),
        ("", "250.0", None),
    ],
)
def test_a_coin_of_a_pool_is_in_no_danger_of_its_own(
    value: str | None, maintenance: str | None, ratio: D | None
) -> None:
    """A position in USDT that bitcoin backs: the coin itself has nothing, and all that its positions need."""
    asset = msgspec.convert({"asset": "USDT", "marginBalance": "-12.0", "maintMargin": "250.0"}, wire.WireAsset)
    pooled = msgspec.structs.replace(asset, pooled=True, pool_value=value, pool_maintenance=maintenance)
    account = mapping.accounts().one(pooled)
    assert (account.margin_ratio, account.equity) == (ratio, D("-12.0"))
    assert account.maintenance_margin is None
    assert account_margin_ratio(account) == ratio


@pytest.mark.parametrize(("pooled", "ratio"), [(False, D(1)), (None, None)])
def test_a_coin_alone_has_its_own_ratio_once_it_is_known_to_be_alone(pooled: bool | None, ratio: D | None) -> None:
    asset = msgspec.convert({"asset": "USDT", "marginBalance": "-12.0", "maintMargin": "250.0"}, wire.WireAsset)
    account = mapping.accounts().one(msgspec.structs.replace(asset, pooled=pooled))
    assert (account_margin_ratio(account), account.margin_ratio) == (ratio, None)


def test_changes_of_balance() -> None:
    moved, fee = mapping.ledger_entries().all(read("income", endpoints.INCOME))
    assert shown(moved) == {
        "venue": "binance",
        "entry_id": "TRANSFER:9689322392:USDT",
        "type": LedgerType.TRANSFER,
        "venue_type": "TRANSFER",
        "amount": D("-0.375"),
        "coin": "USDT",
        "created_ms": 1570608000000,
        "description": "TRANSFER",
    }
    assert (fee.type, fee.amount, fee.symbol) == (LedgerType.FEE, D("-0.01"), "BTC/USDT:USDT")
    other = mapping.ledger_entries().one(row("income", wire.WireIncome, incomeType="FUTURES_PRESENT"))
    assert (other.type, other.venue_type) == (LedgerType.OTHER, "FUTURES_PRESENT")
    settled = mapping.ledger_entries().one(row("income", wire.WireIncome, incomeType="DELIVERED_SETTELMENT"))
    assert settled.type is LedgerType.REALIZED_PNL


def test_two_changes_of_balance_without_a_number_are_two() -> None:
    """As demo accounts are given money; a row that says no number at all is none."""
    given = [row("income", wire.WireIncome, tranId=0, time=1570608000000 + after) for after in (0, 1)]
    first, second = mapping.ledger_entries().all(given)
    assert first.entry_id != second.entry_id
    assert [first.amount, second.amount] == [D("-0.375")] * 2
    assert mapping.ledger_entries().each([row("income", wire.WireIncome, tranId=None)]).unread


def test_a_short_position_as_it_is_set_up() -> None:
    [held] = read("position_risk", endpoints.POSITIONS)
    [setting] = read("symbol_config", endpoints.SYMBOL_CONFIG)
    whole = msgspec.structs.replace(held, leverage=setting.leverage, margin_type=setting.margin_type)
    assert shown(mapping.positions().one(whole)) == {
        "venue": "binance",
        "symbol": "BTC/USDT:USDT",
        "venue_symbol": "BTCUSDT",
        "side": PositionSide.SHORT,
        "quantity": D("0.010"),
        "entry_price": D("94500.0"),
        "mark_price": D("94400"),
        "break_even_price": D("94462.2"),
        "unrealized_pnl": D("1"),
        "leverage": D(21),
        "margin_mode": MarginMode.CROSS,
        "position_mode": PositionMode.ONE_WAY,
        "margin_coin": "USDT",
        "margin": D("47.2"),
        "initial_margin": D("47.2"),
        "maintenance_margin": D("3.776"),
        "notional": D("944"),
        "updated_ms": 1768195413808,
    }


@pytest.mark.parametrize(
    ("changes", "side", "mode"),
    [
        ({"positionAmt": "0.010"}, PositionSide.LONG, PositionMode.ONE_WAY),
        ({"positionSide": "SHORT"}, PositionSide.SHORT, PositionMode.HEDGE),
        ({"positionSide": "LONG", "positionAmt": "0.010"}, PositionSide.LONG, PositionMode.HEDGE),
    ],
)
def test_sides_of_positions(changes: dict[str, Any], side: PositionSide, mode: PositionMode) -> None:
    held = mapping.positions().one(row("position_risk", wire.WirePosition, **changes))
    assert (held.side, held.position_mode, held.quantity) == (side, mode, D("0.01"))


def test_an_isolated_position_has_collateral_of_its_own() -> None:
    held = mapping.positions().one(
        row("position_risk", wire.WirePosition, isolatedMargin="50", isolatedWallet="49", marginAsset=None)
    )
    assert (held.margin_mode, held.margin, held.margin_coin) == (MarginMode.ISOLATED, D(49), "USDT")


@pytest.mark.parametrize("changes", [{"positionSide": "SIDEWAYS"}, {"positionAmt": "?"}, {"symbol": ""}])
def test_a_position_that_cannot_be_read_is_none_held_back(changes: dict[str, Any]) -> None:
    with pytest.raises(errors.DecodeError):
        mapping.positions().one(row("position_risk", wire.WirePosition, **changes))


def test_a_row_without_amount_is_no_position() -> None:
    rows = [row("position_risk", wire.WirePosition, positionAmt="0.000")]
    assert mapping.positions().all(rows) == []


def test_leverage_is_one_for_both_sides() -> None:
    [setting] = read("symbol_config", endpoints.SYMBOL_CONFIG)
    assert shown(mapping.leverages().one(setting)) == {
        "venue": "binance",
        "symbol": "BTC/USDT:USDT",
        "venue_symbol": "BTCUSDT",
        "leverage": D(21),
        "long_leverage": D(21),
        "short_leverage": D(21),
        "margin_mode": MarginMode.CROSS,
    }


@pytest.mark.parametrize("said", ["no word", 3, None])
def test_a_position_mode_that_is_not_said_is_not_guessed(said: Any) -> None:
    with pytest.raises(errors.DecodeError):
        mapping.to_position_mode(wire.WireAccountConfig(dual_side_position=said))


# Orders and fills


def test_an_order() -> None:
    assert shown(orders().one(read("order", endpoints.ORDER))) == {
        "venue": "binance",
        "symbol": "BTC/USDT:USDT",
        "venue_symbol": "BTCUSDT",
        "order_id": "22542179",
        "client_order_id": "fx-20260112-000001",
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "kind": OrderKind.PLAIN,
        "time_in_force": TimeInForce.GTC,
        "price": D("60000"),
        "average_price": D("60000"),
        "quantity": D("0.001"),
        "filled_quantity": D("0.001"),
        "remaining_quantity": D(0),
        "status": OrderStatus.FILLED,
        "created_ms": 1768195413950,
        "updated_ms": 1768195414100,
    }


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"clientOrderId": "autoclose-1768195413808"}, OrderType.LIQUIDATION),
        # Of a contract that was delisted or delivered: as its row says.
        ({"clientOrderId": "settlement_autoclose-1"}, OrderType.LIMIT),
        ({"clientOrderId": "settlement_autoclose-1", "type": "LIQUIDATION", "origType": None}, OrderType.UNKNOWN),
        ({"clientOrderId": "adl_autoclose"}, OrderType.ADL),
        ({"type": "LIQUIDATION", "origType": None}, OrderType.LIQUIDATION),
        ({"type": "MARKET", "origType": "STOP_MARKET"}, OrderType.TRIGGER),
        ({"type": "MARKET", "origType": "MARKET"}, OrderType.MARKET),
        ({"type": "NEW_SORT", "origType": None}, OrderType.UNKNOWN),
    ],
)
def test_types_of_orders(changes: dict[str, Any], kind: OrderType) -> None:
    assert orders().one(row("order", wire.WireOrder, **changes)).type is kind


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("EXPIRED_IN_MATCH", OrderStatus.EXPIRED),
        ("NEW_ADL", OrderStatus.NEW),
        ("SOMETHING", OrderStatus.UNKNOWN),
    ],
)
def test_states_of_orders(word: str, status: OrderStatus) -> None:
    assert orders().one(row("order", wire.WireOrder, status=word)).status is status


@pytest.mark.parametrize(
    ("side", "held", "closes"),
    [("BUY", "LONG", False), ("SELL", "LONG", True), ("SELL", "SHORT", False), ("BUY", "SHORT", True)],
)
def test_what_closes_in_hedge_mode(side: str, held: str, closes: bool) -> None:
    order = orders().one(row("order", wire.WireOrder, side=side, positionSide=held))
    assert (order.reduce_only, order.position_side) == (closes, PositionSide(held.lower()))


def test_a_fill() -> None:
    [fill] = fills().all(read("user_trades", endpoints.FILLS))
    assert shown(fill) == {
        "venue": "binance",
        "fill_id": "82357629",
        "order_id": "831238690",
        "symbol": "ETH/USDT:USDT",
        "venue_symbol": "ETHUSDT",
        "side": Side.BUY,
        "price": D("2779"),
        "quantity": D("0.005"),
        "fee": D("0.005558"),
        "fee_coin": "USDT",
        "role": Role.TAKER,
        "realized_pnl": D("-0.00325"),
        "created_ms": 1645930333910,
    }
    # A rebate.
    assert fills().one(row("user_trades", wire.WireFill, commission="-0.1", maker=True)).fee == D("-0.1")


def test_a_conditional_order() -> None:
    assert shown(algo_orders().one(read("algo_order", endpoints.ALGO))) == {
        "venue": "binance",
        "symbol": "BTC/USDT:USDT",
        "venue_symbol": "BTCUSDT",
        "order_id": "algo:2146760",
        "client_order_id": "fx-20260112-000009",
        "side": Side.SELL,
        "type": OrderType.TRIGGER,
        "kind": OrderKind.STOP_LOSS,
        "quantity": D("0.010"),
        "status": OrderStatus.NEW,
        "reduce_only": True,
        "trigger_price": D("55000"),
        "trigger_by": PriceSource.MARK,
        "created_ms": 1768195413950,
        "updated_ms": 1768195413950,
    }


@pytest.mark.parametrize(
    ("changes", "status", "kind"),
    [
        ({"algoStatus": "FINISHED", "actualQty": "0.010"}, OrderStatus.FILLED, OrderKind.STOP_LOSS),
        ({"algoStatus": "FINISHED", "actualQty": "0.003"}, OrderStatus.CANCELED, OrderKind.STOP_LOSS),
        ({"algoStatus": "FINISHED", "actualQty": "0"}, OrderStatus.CANCELED, OrderKind.STOP_LOSS),
        ({"algoStatus": "FINISHED", "actualQty": "0.003", "quantity": ""}, OrderStatus.UNKNOWN, OrderKind.STOP_LOSS),
        ({"algoStatus": "TRIGGERED"}, OrderStatus.NEW, OrderKind.STOP_LOSS),
        ({"orderType": "TAKE_PROFIT"}, OrderStatus.NEW, OrderKind.TAKE_PROFIT),
        ({"orderType": "TRAILING_STOP_MARKET"}, OrderStatus.NEW, OrderKind.TRAILING),
        ({"reduceOnly": False, "closePosition": True, "quantity": ""}, OrderStatus.NEW, OrderKind.STOP_LOSS),
        ({"reduceOnly": False}, OrderStatus.NEW, OrderKind.TRIGGER),
    ],
)
def test_states_and_kinds_of_conditional_orders(changes: dict[str, Any], status: OrderStatus, kind: OrderKind) -> None:
    order = algo_orders().one(row("algo_order", wire.WireAlgoOrder, **changes))
    assert (order.status, order.kind) == (status, kind)


@pytest.mark.parametrize("said", ["", "0", 0, "null", None])
def test_a_conditional_order_that_became_nothing_is_followed_into_nothing(said: Any) -> None:
    assert triggers.became(row("algo_order", wire.WireAlgoOrder, actualOrderId=said)) is None
    assert triggers.became(row("algo_order", wire.WireAlgoOrder, actualOrderId="22542999")) == "22542999"


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({"actualQty": "0.003"}, D("0.007")),
        ({}, None),  # lists of what waits leave it out
        ({"actualQty": "0", "quantity": "0"}, None),  # for the whole position
    ],
)
def test_what_is_left_of_a_conditional_order(changes: dict[str, Any], left: D | None) -> None:
    assert algo_orders().one(row("algo_order", wire.WireAlgoOrder, **changes)).remaining_quantity == left


# Answers to orders


def test_an_answer_names_its_order() -> None:
    ack = read_ack(read("place_order", endpoints.PLACE))
    assert (ack.order_id, ack.client_order_id) == ("22542179", "fx-20260112-000001")


def _plans(*names: str) -> Any:
    return [SimpleNamespace(client_order_id=name) for name in names]


def _judged(answers: Sequence[Ack | Refusal]) -> list[Ack | errors.ExchangeError]:
    """As the core takes them."""
    judged = BinanceDialect().judged
    return [judged(one, endpoints.PLACE_BATCH) if isinstance(one, Refusal) else one for one in answers]


def test_a_batch_is_read_by_names_and_by_place() -> None:
    rows = read("place_batch", endpoints.PLACE_BATCH)
    taken, refused = _judged(read_acks(rows, _plans("fx-20260112-000002", "other")))
    assert getattr(taken, "order_id", None) == "22542180"
    assert isinstance(refused, errors.OrderRejected)
    assert (refused.code, refused.definitive) == (NOTHING_TO_CLOSE, True)


@pytest.mark.parametrize("names", [("other", "fx-20260112-000002"), ("fx-20260112-000002", "other", "third")])
def test_a_batch_out_of_place_proves_no_refusal(names: tuple[str, ...]) -> None:
    rows = read("place_batch", endpoints.PLACE_BATCH)
    answers = dict(zip(names, _judged(read_acks(rows, _plans(*names))), strict=True))
    assert getattr(answers.pop("fx-20260112-000002"), "order_id", None) == "22542180"
    for reason in answers.values():
        assert isinstance(reason, errors.ExchangeError)
        assert not reason.definitive


# Market


def test_a_contract() -> None:
    first = read("exchange_info", endpoints.EXCHANGE_INFO).symbols[0]
    assert shown(mapping.contracts().one(first)) == {
        "venue": "binance",
        "symbol": "BTC/USDT:USDT",
        "venue_symbol": "BTCUSDT",
        "base": "BTC",
        "quote": "USDT",
        "settle": "USDT",
        "contract_size": D(1),
        "price_tick": D("0.10"),
        "quantity_step": D("0.001"),
        "min_quantity": D("0.001"),
        "max_quantity": D(1000),
        "max_market_quantity": D(120),
        "min_notional": D(50),
        "status": "TRADING",
    }


def test_precision_is_no_step() -> None:
    found = plain("exchange_info")["symbols"][0] | {"pricePrecision": 5, "quantityPrecision": 5}
    found["filters"] = [rule for rule in found["filters"] if rule["filterType"] != "PRICE_FILTER"]
    with pytest.raises(errors.DecodeError):
        mapping.contracts().one(typed(found, wire.WireSymbol))


def test_a_contract_with_a_date_ends() -> None:
    found = plain("exchange_info")["symbols"][0] | {"symbol": "BTCUSDT_260327", "deliveryDate": 1774598400000}
    contract = mapping.contracts().one(typed(found, wire.WireSymbol))
    assert (contract.symbol, contract.base, contract.delisted_ms) == ("BTCUSDT_260327", "BTC", 1774598400000)


@pytest.mark.parametrize("bare", [False, True])
def test_tiers_are_said_in_a_list_or_alone(bare: bool) -> None:
    found = plain("leverage_bracket")
    answer: Any = judged(msgspec.json.encode(found[0] if bare else found), endpoints.BRACKETS)
    brackets: wire.WireBrackets = answer if bare else answer[0]
    rows = [msgspec.structs.replace(bracket, symbol=brackets.symbol) for bracket in brackets.brackets or ()]
    first, second = mapping.risk_limits().all(rows)
    assert shown(second) == {
        "venue": "binance",
        "symbol": "ETH/USDT:USDT",
        "venue_symbol": "ETHUSDT",
        "tier": 2,
        "min_notional": D(10000),
        "max_notional": D(100000),
        "max_leverage": D(50),
        "maintenance_margin_rate": D("0.01"),
        "initial_margin_rate": D("0.02"),
    }
    assert first.tier == 1


def test_funding_is_every_eight_hours_unless_it_is_listed() -> None:
    premium = read("premium_index", endpoints.PREMIUM)
    assert shown(mapping.funding_rates().one(premium)) == {
        "venue": "binance",
        "symbol": "BTC/USDT:USDT",
        "venue_symbol": "BTCUSDT",
        "funding_rate": D("0.0000422"),
        "interval_s": 28_800,
        "next_funding_ms": 1768204800000,
    }
    [special] = read("funding_info", endpoints.FUNDING_INFO)
    changed = msgspec.structs.replace(
        premium,
        funding_interval_hours=special.funding_interval_hours,
        adjusted_funding_rate_cap=special.adjusted_funding_rate_cap,
        adjusted_funding_rate_floor=special.adjusted_funding_rate_floor,
    )
    rate = mapping.funding_rates().one(changed)
    assert (rate.interval_s, rate.min_rate, rate.max_rate) == (14_400, D("-0.025"), D("0.025"))
