"""What the v2 endpoints share, and v3's with them: symbols, product types, pages."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated.gate import READER, BitgetGate, required, whole
from futures_async.simulator.venue import errors, page, plain, public

PRODUCTS = ("USDT-FUTURES", "USDC-FUTURES", "COIN-FUTURES", "SUSDT-FUTURES", "SUSDC-FUTURES", "SCOIN-FUTURES")
"""Those with an S are the venue's old demo products: clients still ask for them, nothing is listed there."""
MARGIN_MODES = {"crossed": sim.MarginMode.CROSS, "isolated": sim.MarginMode.ISOLATED}
MARGIN_WORDS = {mode: name for name, mode in MARGIN_MODES.items()}
POSITION_MODES = {"one_way_mode": sim.PositionMode.ONE_WAY, "hedge_mode": sim.PositionMode.HEDGE}
MODE_WORDS = {mode: name for name, mode in POSITION_MODES.items()}
SIDES = {side.value: side for side in sim.PositionSide}
TRADES = {side.value: side for side in sim.Side}
TYPES = {"limit": sim.OrderType.LIMIT, "market": sim.OrderType.MARKET}
FORCES = {force.value: force for force in sim.TimeInForce}
IP20 = sim.RateLimit(20, scope="ip")
YES_NO = {"yes": True, "no": False}


class Products(BitgetGate):
    """Contracts by product type, which v3 calls a category."""

    product_field: ClassVar[str] = "productType"
    bad_product: ClassVar = sim.VenueRefusal("40020", "Parameter productType error")
    products: ClassVar[Sequence[str]] = PRODUCTS

    def check(self, request: sim.Request, needs: Sequence[str]) -> None:
        super().check(request, needs)
        if self.product_field in needs:
            self.product(request.values)

    def venue_symbol(self, contract: sim.ContractSpec) -> str:
        return venue_symbol(contract)

    def product(self, values: Mapping[str, Any]) -> str:
        required(values, self.product_field)
        found = str(values[self.product_field]).upper()
        if found not in self.products:
            raise self.bad_product
        return found

    def product_of(self, symbol: str) -> str:
        return product_type(self.contract_of(symbol))

    def contracts(self, product: str) -> list[sim.ContractSpec]:
        return [contract for contract in self.contracts_listed() if product_type(contract) == product]

    def listed_for(self, values: Mapping[str, Any]) -> Sequence[sim.ContractSpec]:
        """Of a product type, which some endpoints do not take beside a symbol."""
        anywhere = values.get("symbol") and self.product_field not in values
        return self.contracts_listed() if anywhere else self.contracts(self.product(values))

    def close_at_market(self, request: sim.Request, found: Sequence[tuple[str, sim.PositionSide]]) -> list[sim.Order]:
        """Close positions; the client ids are the venue's own."""
        if not found:
            raise errors.NoPosition("no position to close")
        close, fresh = self.engine.orders.close_position, self.engine.world.next_id
        return [close(request.account, symbol, side, client_id=str(fresh())) for symbol, side in found]

    def candle_rows(self, contract: sim.ContractSpec, length_ms: int, params: Mapping[str, str]) -> list[list[str]]:
        """Of the mark price."""
        since, until = whole(params, "startTime"), whole(params, "endTime")
        most = min(whole(params, "limit") or 100, 1000)
        return [
            [str(row.at_ms), *map(plain, (*row[1:], row.volume * row.close))]
            for row in self.engine.figures.candles(contract, length_ms, since, until, most)
        ]

    # -- what both interfaces serve to everybody; third-party clients load these before anything else
    @public("/api/v2/public/time", IP20)
    def server_time(self, request: sim.Request) -> dict[str, str]:
        return {"serverTime": str(self.engine.clock())}

    @public("/api/v2/spot/public/coins", IP20)
    def coins(self, request: sim.Request) -> list[dict[str, Any]]:
        """The coins of the contracts, without chains."""
        names = {name for spec in self.contracts_listed() for name in (spec.base, spec.settle)}
        return [
            {"coinId": str(number), "coin": coin, "transfer": "true", "areaCoin": "no", "chains": list[Any]()}
            for number, coin in enumerate(sorted(names), 1)
        ]

    def funding_row(self, contract: sim.ContractSpec) -> dict[str, str]:
        """What is due, and when."""
        return {
            "symbol": self.venue_symbol(contract),
            "fundingRate": plain(self.engine.figures.funding_rate(contract)),
            "fundingRateInterval": str(contract.funding_interval_h),
            "nextUpdate": str(self.engine.figures.next_funding_ms(contract)),
            "minFundingRate": "-0.003",
            "maxFundingRate": "0.003",
        }


class V2(Products):
    """Helpers for the groups of endpoints."""

    def margin_coins(self, product: str) -> list[str]:
        return list(dict.fromkeys(contract.settle for contract in self.contracts(product)))

    def contract(self, values: Mapping[str, Any]) -> sim.ContractSpec:
        contract = super().contract(values)
        if values.get("marginCoin") and str(values["marginCoin"]).upper() != contract.settle:
            raise sim.VenueRefusal("40072", "Symbol and marginCoin do not match")
        return contract

    def page(
        self,
        request: sim.Request,
        rows: Sequence[sim.R],
        symbols: Container[str] | None = None,
        also: Callable[[sim.R], bool] | None = None,
        *,
        order_id: str = "",
        client_id: str = "",
        default: int = 100,
        days: int = 90,
    ) -> tuple[list[sim.R], str | None]:
        """One page by the venue's `idLessThan` scheme: rows, newest first, and `endId`; ids filter where named."""
        span(request.params, days)
        wanted = READER.wanted(
            request.params,
            symbols,
            default=default,
            before="idLessThan",
            order_id=order_id,
            client_id=client_id,
        )
        found = page(rows, wanted, also)
        return found.rows, None if found.last_id is None else str(found.last_id)


def span(params: Mapping[str, str], days: int | None) -> tuple[int | None, int | None]:
    """`startTime` and `endTime`, not further apart than allowed."""
    since, until = whole(params, "startTime"), whole(params, "endTime")
    if since is not None and until is not None:
        if since > until:
            raise sim.VenueRefusal("00001", "startTime should be less than endTime")
        if days is not None and until - since > days * sim.DAY_MS:
            raise sim.VenueRefusal("00001", f"startTime and endTime interval cannot be greater than {days} days")
    return since, until


def ids(row: sim.Order | sim.Trigger) -> dict[str, Any]:
    """What answers to writes say of an order."""
    return {"orderId": str(row.id), "clientOid": row.client_id}


def placed_ids(placed: sim.Placed) -> dict[str, Any]:
    """A reduce-only order that displaces older ones is created later: its id is not known yet."""
    later = bool(placed.displaced) and placed.order.reduce_only
    return ids(placed.order) | ({"orderId": None} if later else {})


def product_type(contract: sim.ContractSpec) -> str:
    """Where a contract is listed."""
    return "COIN-FUTURES" if contract.is_inverse else f"{contract.settle}-FUTURES"


def venue_symbol(contract: sim.ContractSpec) -> str:
    """`BTCUSDT`; contracts settled in USDC are called `BTCPERP`."""
    return contract.base + ("PERP" if contract.settle == "USDC" else contract.quote)


def fee_rates(contract: sim.ContractSpec) -> dict[str, str]:
    """The same for everybody."""
    return {"makerFeeRate": plain(contract.maker_rate), "takerFeeRate": plain(contract.taker_rate)}


def limit_row(contract: sim.ContractSpec) -> dict[str, str]:
    """The largest position of the last tier."""
    largest = plain(contract.tiers[-1].max_notional)
    return {"symbol": venue_symbol(contract), "notionalValue": largest, "totalNotionalValue": largest}


def contract_terms(contract: sim.ContractSpec) -> dict[str, Any]:
    """What the trading rules of v2 and v3 call alike."""
    return fee_rates(contract) | {
        "symbol": venue_symbol(contract),
        "baseCoin": contract.base,
        "quoteCoin": contract.quote,
        "buyLimitPriceRatio": "0.9",
        "sellLimitPriceRatio": "0.9",
        "maxOrderQty": plain(contract.max_quantity),
        "maxMarketOrderQty": plain(contract.max_market_quantity),
        "maxPositionNum": "150",
        "fundInterval": str(contract.funding_interval_h),
        "isRwa": "NO",
        **dict.fromkeys(("offTime", "limitOpenTime"), "-1"),
        **dict.fromkeys(("deliveryTime", "deliveryStartTime", "launchTime", "maintainTime"), ""),
    }


def places(step: Decimal) -> int:
    """Decimals of a step."""
    return max(0, -int(step.as_tuple().exponent))


def times(created_ms: int, updated_ms: int) -> dict[str, str]:
    """`cTime` and `uTime`."""
    return {"cTime": str(created_ms), "uTime": str(updated_ms)}


def cut4(value: Decimal) -> str:
    """Quote volumes are truncated to four decimals."""
    return plain(value // Decimal("0.0001") * Decimal("0.0001"))
