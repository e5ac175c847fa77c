"""`Bitget` keeps the contract, over real HTTP on the simulated exchange, in each of its product types."""

from decimal import Decimal

from futures_async.adapters.bitget import Bitget
from futures_async.testing.matrix import Matrix
from futures_async.testing.reads import Reads
from futures_async.testing.settings import Settings
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.suite import ContractSuite


def spec(product: str, symbol: str, other: str, coin: str, spare: str) -> VenueSpec:
    return VenueSpec(
        factory=Bitget,
        closes_any_size=True,
        repeats=frozenset(
            f"POST /api/v2/mix/order/{call}" for call in ("place-pos-tpsl", "modify-plan-order", "modify-tpsl-order")
        ),
        raw_call=RawCall("/api/v2/mix/account/accounts", {"productType": product}),
        symbol=symbol,
        other_symbol=other,
        margin_coin=coin,
        spare=Decimal(spare),
        options={"product_type": product},
        silent=frozenset(
            {
                *("Account.initial_margin", "Account.maintenance_margin", "Account.position_mode"),
                *("Fill.client_order_id", "Position.position_id", "PositionHistory.leverage"),
            }
        ),
    )


class TestBitget(ContractSuite):
    """See the suite."""

    spec = spec("USDT-FUTURES", "BTC/USDT:USDT", "ETH/USDT:USDT", "USDT", "12.5")


class TestBitgetCoin(Reads, Settings, Matrix):
    """Contracts that are margined and settled in their base coin."""

    spec = spec("COIN-FUTURES", "BTC/USD:BTC", "ETH/USD:ETH", "BTC", "0.0125")


class TestBitgetUSDC(Reads, Settings):
    """Contracts that the venue names after their base alone."""

    spec = spec("USDC-FUTURES", "BTC/USDC:USDC", "ETH/USDC:USDC", "USDC", "12.5")
