"""A client of the simulated v3 that signs by the reference, without any of the library's client code."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from decimal import Decimal
from typing import Any

from futures_async.adapters.bitget.simulated import DIALECT as CLASSIC
from futures_async.adapters.bitget_uta.simulated import DIALECT, KEY
from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.demo import Setup
from futures_async.simulator.dialect import Request
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.unified.enums import PositionMode

NOW = 1_768_195_413_808
DAY_MS = 86_400_000
BTC = "BTC/USDT:USDT"


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code


class Venue:
    """Both Bitget dialects at one address; BTC stands at 90,000."""

    def __init__(
        self, mode: PositionMode = PositionMode.ONE_WAY, *, empty: bool = True, live: bool = False, **options: Any
    ) -> None:
        self.now = NOW
        options = {"uid_limit": None, "endpoint_limits": False} | options
        self.exchange = SimulatedExchange(
            dialects=[CLASSIC, DIALECT],
            setup=Setup(position_mode=mode, empty=empty),
            now_ms=None if live else lambda: self.now,
            **options,
        )
        self.exchange.engine.marks.pin(BTC, Decimal(90_000))

    @property
    def account(self) -> Account:
        return self.exchange.venues["bitget-uta"].account

    def send(
        self, method: str, path: str, query: str = "", body: bytes = b"", *, key: ApiKey = KEY, **changes: str
    ) -> tuple[int, dict[str, Any]]:
        stamp = str(self.now)
        text = stamp + method + path + (f"?{query}" if query else "")
        digest = hmac.new(key.secret.encode(), text.encode() + body, hashlib.sha256).digest()
        headers = {
            "access-key": key.key,
            "access-sign": b64encode(digest).decode(),
            "access-timestamp": stamp,
            "access-passphrase": key.passphrase or "",
            "content-type": "application/json",
            **{name.replace("_", "-"): value for name, value in changes.items()},
        }
        response = self.exchange.handle(Request(method, path, query, body, headers, now_ms=self.now))
        return response.status, json.loads(response.body)

    def get(self, path: str, **params: object) -> Any:
        query = "&".join(f"{name}={value}" for name, value in params.items())
        return _data(*self.send("GET", "/api/v3" + path, query))

    def post(self, path: str, body: object) -> Any:
        return _data(*self.send("POST", "/api/v3" + path, "", json.dumps(body).encode()))

    def order(self, side: str = "buy", qty: str = "0.1", price: str | None = None, **more: object) -> Any:
        return self.post("/trade/place-order", order(side, qty, price, **more))

    def info(self, answer: dict[str, Any]) -> Any:
        return self.get("/trade/order-info", orderId=answer["orderId"])

    def positions(self) -> list[tuple[str, str]]:
        rows: list[dict[str, str]] | None = self.get("/position/current-position", category="USDT-FUTURES")["list"]
        return [(row["posSide"], row["total"]) for row in rows or []]

    def move(self, price: int) -> None:
        self.exchange.engine.marks.pin(BTC, Decimal(price))
        self.now += 500


def order(side: str = "buy", qty: str = "0.1", price: str | None = None, **more: object) -> dict[str, object]:
    """A body of place-order."""
    body: dict[str, object] = {
        "category": "USDT-FUTURES",
        "symbol": "BTCUSDT",
        "qty": qty,
        "side": side,
        "orderType": "market" if price is None else "limit",
    }
    if price is not None:
        body["price"] = price
    return body | more


def _data(status: int, answer: dict[str, Any]) -> Any:
    if answer["code"] != "00000":
        raise Refused(status, answer["code"], answer["msg"])
    return answer["data"]
