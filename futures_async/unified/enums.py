"""The closed vocabularies of the unified models. What a venue says beside these is UNKNOWN or None."""

from enum import StrEnum
from typing import Literal


class PositionSide(StrEnum):
    """Direction of a position."""

    LONG = "long"
    SHORT = "short"


class Side(StrEnum):
    """Direction of an order or fill as the market sees it: closing a long sells."""

    BUY = "buy"
    SELL = "sell"


class OrderType(StrEnum):
    """How an order is priced or why it exists."""

    LIMIT = "limit"
    MARKET = "market"
    TRIGGER = "trigger"
    LIQUIDATION = "liquidation"
    ADL = "adl"
    UNKNOWN = "unknown"


class OrderKind(StrEnum):
    """What sets an order off. PLAIN ones work at once; the others wait for a price, TRAILING ones for a turn of it."""

    PLAIN = "plain"
    TRIGGER = "trigger"
    TAKE_PROFIT = "take_profit"
    STOP_LOSS = "stop_loss"
    TRAILING = "trailing"


class PriceSource(StrEnum):
    """The price that a trigger is compared with."""

    LAST = "last"
    MARK = "mark"
    INDEX = "index"


class TimeInForce(StrEnum):
    """How long an order rests, and whether it may take."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    POST_ONLY = "post_only"


class OrderStatus(StrEnum):
    """Where an order stands. CANCELED and EXPIRED orders may be partly filled."""

    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    UNKNOWN = "unknown"

    @property
    def is_open(self) -> bool:
        """True while the order can still fill."""
        return self in (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)

    @property
    def is_final(self) -> bool:
        """True once the order can never fill again."""
        return not self.is_open and self is not OrderStatus.UNKNOWN


class MarginMode(StrEnum):
    """Whether a position shares the account's collateral."""

    CROSS = "cross"
    ISOLATED = "isolated"


class PositionMode(StrEnum):
    """One net position per symbol, or a long and a short side by side."""

    ONE_WAY = "one_way"
    HEDGE = "hedge"


class Intent(StrEnum):
    """Whether an order opens (or adds to) a position, or closes (reduces) one."""

    OPEN = "open"
    CLOSE = "close"


class Role(StrEnum):
    """Whether a fill gave or took liquidity."""

    MAKER = "maker"
    TAKER = "taker"


class RiskLevel(StrEnum):
    """Margin ratio < 0.3 is SAFE, ≤ 0.8 WARNING, above DANGER (liquidation at 1)."""

    SAFE = "safe"
    WARNING = "warning"
    DANGER = "danger"


class Outcome(StrEnum):
    """What is known of a write that did not return normally."""

    NOT_SENT = "not_sent"
    REJECTED = "rejected"
    NOT_PLACED = "not_placed"
    UNKNOWN = "unknown"


class LedgerType(StrEnum):
    """Why a balance changed."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"
    TRADE = "trade"
    FEE = "fee"
    REALIZED_PNL = "realized_pnl"
    FUNDING = "funding"
    LIQUIDATION = "liquidation"
    OTHER = "other"


# What callers may say: a member, or its word as plain text.
SideLike = Side | Literal["buy", "sell"]
OrderTypeLike = OrderType | Literal["limit", "market", "trigger"]
IntentLike = Intent | Literal["open", "close"]
TimeInForceLike = TimeInForce | Literal["gtc", "ioc", "fok", "post_only"]
PriceSourceLike = PriceSource | Literal["last", "mark", "index"]
PositionSideLike = PositionSide | Literal["long", "short"]
MarginModeLike = MarginMode | Literal["cross", "isolated"]
PositionModeLike = PositionMode | Literal["one_way", "hedge"]
LedgerTypeLike = (
    LedgerType
    | Literal["deposit", "withdrawal", "transfer", "trade", "fee", "realized_pnl", "funding", "liquidation", "other"]
)
