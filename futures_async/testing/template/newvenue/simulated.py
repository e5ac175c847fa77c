"""NewVenue from the server's side, written from its documents and not from the client."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec

import futures_async.simulator.venue as sim
from futures_async.simulator.venue import Request, Response, VenueRefusal, errors, plain

WINDOW_MS = 10_000


class Simulated(sim.Dialect):
    id = "newvenue"
    family = "newvenue"
    prefixes = ("/balances",)
    not_found = VenueRefusal("bad-request", "no such path", status=404)
    ambiguous = VenueRefusal("unavailable", status=500)
    maintenance = VenueRefusal("unavailable", status=503)
    tables: ClassVar[Sequence[sim.Table]] = (
        {errors.EngineError: ("bad-request", None), errors.RateLimited: ("too-many", None)},
    )
    statuses: ClassVar[Mapping[str, int]] = {"too-many": 429, "bad-key": 401, "bad-signature": 401}

    def demo_account(self, setup: sim.Setup) -> sim.Account:
        key = sim.ApiKey(key="newvenue-key", secret="newvenue-secret")  # noqa: S106 - simulated
        return sim.open_demo_account(self.engine, setup, "1001", key=key, family=self.family)

    key_header = "x-key"
    no_key = unknown_key = no_right = VenueRefusal("bad-key")

    def check_signed(self, request: Request, account: sim.Account, key: sim.ApiKey) -> None:
        stamp = request.header("x-time")
        text = f"{stamp}{request.method}{request.path}?{request.query}".encode() + request.body
        if not key.has_signed(text, request.header("x-signature")):
            raise VenueRefusal("bad-signature")
        if abs(request.now_ms - int(stamp)) > WINDOW_MS:
            raise VenueRefusal("too-late")

    def success(self, request: Request, result: Any) -> Response:
        return Response(200, msgspec.json.encode({"code": "ok", "time": self.engine.clock(), "data": result}))

    def failure(self, request: Request, refusal: VenueRefusal) -> Response:
        body = {"code": refusal.code, "message": refusal.message, "time": self.engine.clock()}
        return Response(self.status(refusal), msgspec.json.encode(body))

    @sim.get("/balances", sim.RateLimit(10))
    def balances(self, request: Request) -> Any:
        wallets = [self.engine.margins.wallet(request.account, coin) for coin in request.account.balances]
        return [
            {"coin": wallet.coin, "equity": plain(wallet.equity), "available": plain(wallet.available)}
            for wallet in wallets
        ]


DIALECT = Simulated
