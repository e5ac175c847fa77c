"""Screens of `watch`, of figures that never change. `python -m tests.cli.screens` writes their captures anew."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from futures_async.cli.screen import Sort, View
from futures_async.cli.totals import Marks
from futures_async.portfolio.snapshot import Failed, Ok, Snapshot, Stale, VenueData
from futures_async.unified.enums import MarginMode, PositionSide
from futures_async.unified.errors import ConnectFailed, VenueUnavailable
from futures_async.unified.models import Position
from futures_async.unified.watching import WatchState
from tests.cli.terminal import Terminal, capture
from tests.fakes import account, position

D = Decimal
CAPTURES = Path(__file__).parent / "screens"
WINDOWS = [(40, 40), (60, 40), (80, 24), (120, 40), (200, 40), (40, 12), (80, 12)]
KEYS = "q quit  s by danger  r reverse  / filter"


def _held(symbol: str, side: PositionSide, quantity: str, entry: str, mark: str | None, **more: Any) -> Position:
    none: dict[str, Any] = {
        "liquidation_price": None,
        "unrealized_pnl": None,
        "margin": None,
        "maintenance_margin": None,
        "margin_ratio": None,
    }
    return position(
        symbol=symbol,
        venue_symbol=symbol.partition(":")[0].replace("/", ""),
        side=side,
        quantity=D(quantity),
        entry_price=D(entry),
        mark_price=None if mark is None else D(mark),
        **(none | more),
    )


REFUSED = ConnectFailed(
    "okx GET /api/v5/account/positions: cannot connect to www.okx.com:443: the connection was refused; "
    "nothing was sent",
    kind="refused",
)
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT

SNAPSHOT = Snapshot(
    venues={
        "bitget": Ok(
            venue="bitget",
            data=VenueData(
                positions=(
                    _held("BTC/USDT:USDT", LONG, "0.14", "92109.8", "92484.1", liquidation_price=D("58357.8"),
                          margin=D("647.39"), leverage=D(20), margin_mode=MarginMode.CROSS),
                    _held("1000PEPE/USDT:USDT", SHORT, "12345678.9", "0.0123456", "0.0124", margin=D("15000"),
                          liquidation_price=D("0.0129"), leverage=D(10), margin_ratio=D("0.41")),
                ),
                accounts=(account(equity=D("12013.6812345")), account(margin_coin="ETH", equity=D(0),
                                                                      unrealized_pnl=D(0))),
            ),
            age_s=0.24, latency_s=0.1, positions_age_s=0.24, accounts_age_s=0.2, stream=WatchState.LIVE,
        ),
        "bitget-uta": Ok(
            venue="bitget-uta",
            data=VenueData(
                positions=(
                    _held("BTC/USDT:USDT", SHORT, "0.5", "91000", "92484.1", liquidation_price=D("94100"),
                          margin=D("2400"), leverage=D(50)),
                    _held("BTC/USD:BTC", LONG, "0.25", "90000", "92484", margin_coin="BTC",
                          unrealized_pnl=D("0.00671"), margin=D("0.025"), liquidation_price=D("60000")),
                ),
                accounts=(account(equity=D("-150.5")), account(margin_coin="BTC", equity=D("0.75"),
                                                               unrealized_pnl=D("0.00671"))),
            ),
            age_s=1.4, latency_s=0.1, positions_age_s=1.4, accounts_age_s=0.2,
        ),
        "hyperliquid-main": Stale(
            venue="hyperliquid",
            data=VenueData(
                positions=(_held("ETH/USDC:USDC", LONG, "1.5", "3182.4", None, margin_coin="USDC",
                                 liquidation_price=D("2100.5")),),
                accounts=(account(margin_coin="USDC", equity=D("9872.91")),),
            ),
            age_s=754.0, latency_s=0.1, positions_age_s=754.0, accounts_age_s=12.0,
            error=VenueUnavailable("503: try later", venue="hyperliquid"),
        ),
        "okx": Failed(venue="okx", error=REFUSED),
    }
)  # fmt: skip


def view(sort: str = "danger") -> View:
    """Of all accounts."""
    return View({}, None, Sort(sort), Marks({}, "USDT", lambda: 0.0))


def drawn(columns: int, lines: int, keys: str = KEYS, sort: str = "danger") -> str:
    """What such a window shows."""
    console = Terminal(columns, lines).console()
    return capture(view(sort).table(SNAPSHOT, console, lines, keys), columns, lines)


def path_of(columns: int, lines: int) -> Path:
    """Of the capture."""
    return CAPTURES / f"watch-{columns}x{lines}.txt"


if __name__ == "__main__":
    CAPTURES.mkdir(exist_ok=True)
    for window in WINDOWS:
        path_of(*window).write_text(drawn(*window), encoding="utf-8")
