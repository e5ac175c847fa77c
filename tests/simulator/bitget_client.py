"""A client of the simulated Bitget that signs by the reference, without any of the library's client code."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from typing import Any

from futures_async.adapters.bitget.simulated import DIALECT
from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.demo import Setup
from futures_async.simulator.dialect import Request, Response
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.unified.enums import PositionMode

# The credentials of the reference's signing vectors.
KEY = ApiKey(
    key="bg_test_key_0001",
    secret="0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    passphrase="testpassphrase",
)
NOW = 1_768_195_413_808
MIX = "/api/v2/mix"


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code
        self.message = message


class Bitget:
    def __init__(self, mode: PositionMode = PositionMode.ONE_WAY, *, empty: bool = True, **options: Any) -> None:
        self.now = NOW
        options = {"uid_limit": None, "endpoint_limits": False} | options
        self.exchange = SimulatedExchange(
            dialects=[DIALECT],
            setup=Setup(position_mode=mode, empty=empty, key=KEY),
            now_ms=lambda: self.now,
            **options,
        )
        self.exchange.engine.marks.pin("BTC/USDT:USDT", __import__("decimal").Decimal(90_000))

    @property
    def account(self) -> Account:
        return self.exchange.venues["bitget"].account

    def headers(self, method: str, path: str, query: str, body: bytes, key: ApiKey = KEY) -> dict[str, str]:
        stamp = str(self.now)
        text = stamp + method + path + (f"?{query}" if query else "")
        digest = hmac.new(key.secret.encode(), text.encode() + body, hashlib.sha256).digest()
        return {
            "access-key": key.key,
            "access-sign": b64encode(digest).decode(),
            "access-timestamp": stamp,
            "access-passphrase": key.passphrase or "",
            "content-type": "application/json",
        }

    def raw(
        self, method: str, path: str, query: str = "", body: bytes = b"", **changes: Any
    ) -> tuple[Response, dict[str, Any]]:
        headers = self.headers(method, path, query, body)
        for name, value in changes.items():
            header = name.replace("_", "-")
            if value is None:
                headers.pop(header, None)
            else:
                headers[header] = value
        response = self.exchange.handle(Request(method, path, query, body, headers, now_ms=self.now))
        return response, json.loads(response.body)

    def get(self, path: str, **params: object) -> Any:
        query = "&".join(f"{name}={value}" for name, value in sorted({"productType": "USDT-FUTURES", **params}.items()))
        return self._data(*self.raw("GET", path if path.startswith("/api") else MIX + path, query))

    def post(self, path: str, **fields: object) -> Any:
        body = json.dumps({"productType": "USDT-FUTURES", "marginCoin": "USDT", **fields}).encode()
        return self._data(*self.raw("POST", MIX + path, "", body))

    def _data(self, response: Response, answer: dict[str, Any]) -> Any:
        if answer["code"] != "00000":
            raise Refused(response.status, answer["code"], answer["msg"])
        return answer["data"]

    def order(self, side: str = "buy", size: str = "0.1", price: str | None = None, **more: object) -> Any:
        fields: dict[str, object] = {
            "symbol": "BTCUSDT",
            "marginMode": "crossed",
            "side": side,
            "size": size,
            "orderType": "market" if price is None else "limit",
        }
        if price is not None:
            fields["price"] = price
        return self.post("/order/place-order", **(fields | more))

    def move(self, price: int) -> None:
        from decimal import Decimal

        self.exchange.engine.marks.pin("BTC/USDT:USDT", Decimal(price))
        self.now += 500

    def positions(self) -> list[tuple[str, str]]:
        return [(row["holdSide"], row["total"]) for row in self.get("/position/all-position")]
