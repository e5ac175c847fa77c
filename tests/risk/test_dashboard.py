"""The position dashboard: three reads put together."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from futures_async import risk
from futures_async.unified.enums import MarginMode, PositionMode, PositionSide, RiskLevel
from futures_async.unified.errors import InvalidRequest, NotSupported, UnreadRow, VenueUnavailable, unread_rows
from futures_async.unified.models import Position, PositionRisk
from tests.fakes import Backend, FakeReads, both_backends, in_virtual_time, position

pytestmark = both_backends

D = Decimal


class FakeDashboard(FakeReads):
    risks: list[PositionRisk]
    risk_error: Exception | None = None
    mode_error: Exception | None = None

    async def fetch_position_risk(self, symbol: str | None = None) -> list[PositionRisk]:
        await self._answer("risk", None)
        if self.risk_error is not None:
            raise self.risk_error
        return self.risks

    async def fetch_position_mode(self, symbol: str | None = None) -> PositionMode:
        if self.mode_error is not None:
            raise self.mode_error
        return await super().fetch_position_mode(symbol)


def hedged() -> FakeDashboard:
    exchange = FakeDashboard(
        [position(quantity=D("0.1")), position(side=PositionSide.SHORT, quantity=D("0.2"), position_mode=None)]
    )
    # In another order, as the venue may send them: sides must not be mixed up.
    exchange.risks = [
        PositionRisk(
            venue="fake",
            symbol="BTC/USDT:USDT",
            venue_symbol="BTCUSDT",
            side=side,
            quantity=D(1),
            margin_ratio=ratio,
            level=RiskLevel.WARNING,
            notional=D(5),
        )
        for side, ratio in ((PositionSide.SHORT, D("0.5")), (PositionSide.LONG, D("0.4")))
    ]
    return exchange


def test_each_position_gets_the_risk_of_its_own_side(backend: Backend) -> None:
    seen = in_virtual_time(backend, lambda: risk.dashboard(hedged()))
    assert seen.mode is PositionMode.HEDGE
    assert [(row.position.side, row.risk.margin_ratio) for row in seen.rows] == [
        (PositionSide.LONG, D("0.4")),
        (PositionSide.SHORT, D("0.5")),
    ]


def test_a_cross_and_an_isolated_position_have_each_its_own_risk(backend: Backend) -> None:
    modes = (MarginMode.CROSS, MarginMode.ISOLATED)
    exchange = FakeDashboard([position(margin_mode=mode) for mode in modes])
    exchange.risks = [risk.position_risk(position(margin_mode=mode)) for mode in modes[::-1]]
    seen = in_virtual_time(backend, lambda: risk.dashboard(exchange))
    assert [(row.position.margin_mode, row.risk.margin_mode) for row in seen.rows] == [(mode, mode) for mode in modes]


@pytest.mark.parametrize(("modes", "taken"), [(["cross"], True), (["cross", "isolated"], False)])
def test_a_risk_without_a_margin_mode_is_that_of_the_only_position(
    backend: Backend, modes: list[str], taken: bool
) -> None:
    exchange = FakeDashboard([position(margin_mode=MarginMode(mode)) for mode in modes])
    exchange.risks = [msgspec.structs.replace(risk.position_risk(position()), margin_mode=None, quantity=D(9))]
    seen = in_virtual_time(backend, lambda: risk.dashboard(exchange))
    assert {row.risk.quantity == 9 for row in seen.rows} == {taken}


def test_a_risk_of_another_margin_mode_is_not_that_of_the_only_position(backend: Backend) -> None:
    exchange = FakeDashboard([position(margin_mode=MarginMode.CROSS)])
    exchange.risks = [msgspec.structs.replace(risk.position_risk(position()), quantity=D(9))]
    assert exchange.risks[0].margin_mode is MarginMode.ISOLATED
    (row,) = in_virtual_time(backend, lambda: risk.dashboard(exchange)).rows
    assert (row.risk.margin_mode, row.risk.quantity == 9) == (MarginMode.CROSS, False)


def test_a_venue_without_the_calls_is_shown_from_its_positions_largest_first(backend: Backend) -> None:
    exchange = hedged()
    exchange.risk_error, exchange.mode_error = NotSupported("no"), InvalidRequest("needs a symbol")
    seen = in_virtual_time(backend, lambda: risk.dashboard(exchange))
    assert seen.mode is PositionMode.HEDGE
    assert [(row.position.side, row.risk.notional) for row in seen.rows] == [
        (PositionSide.SHORT, D("6200.0")),
        (PositionSide.LONG, D("3100.0")),
    ]


def test_without_positions_and_mode_there_is_an_empty_dashboard(backend: Backend) -> None:
    exchange = FakeDashboard([])
    exchange.risks, exchange.mode_error = [], NotSupported("no")
    seen = in_virtual_time(backend, lambda: risk.dashboard(exchange))
    assert (seen.mode, seen.rows) == (None, ())


def test_a_read_that_fails_is_raised_bare(backend: Backend) -> None:
    exchange = hedged()
    exchange.risk_error = VenueUnavailable("down")
    with pytest.raises(VenueUnavailable):
        in_virtual_time(backend, lambda: risk.dashboard(exchange))
    exchange.error = NotSupported("no positions")
    with pytest.raises(NotSupported):
        in_virtual_time(backend, lambda: risk.dashboard(exchange))


def test_positions_that_cannot_be_read_take_no_other_away(backend: Backend) -> None:
    odd = UnreadRow("size", "size is no number", None, {"venue_symbol": "ETHUSDT"}, "fake")

    class Blurred(FakeReads):
        async def fetch_positions(self, symbol: str | None = None) -> list[Position]:
            raise unread_rows([odd], await super().fetch_positions(symbol))

        async def fetch_position_risk(self, symbol: str | None = None) -> list[PositionRisk]:
            raise unread_rows([odd], [risk.position_risk(one) for one in self.positions])

    seen = in_virtual_time(backend, lambda: risk.dashboard(Blurred()))
    assert [row.position.venue_symbol for row in seen.rows] == ["BTCUSDT"]
    assert (seen.mode, seen.unread) == (PositionMode.HEDGE, (odd,))
