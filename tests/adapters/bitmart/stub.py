"""An HTTP backend that answers from the venue's documents and keeps what it was sent."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from futures_async.adapters.bitmart.client import BitMart
from futures_async.transport.http.backend import HttpBackend, HttpRequest, HttpResponse
from futures_async.transport.limits.none import NoLimiter
from futures_async.transport.retry import RetryPolicy
from tests.adapters.bitmart.documents import VECTORS, answer, credentials, document, wrapped

AT_ONCE = RetryPolicy(base_s=0.0)


class Sent(NamedTuple):
    """One request as it went out."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    def is_signed(self) -> bool:
        """The signature fits the bytes of the body."""
        text = f"{self.headers['X-BM-TIMESTAMP']}#test001#".encode() + self.body
        made = hmac.new(VECTORS["secret"].encode(), text, hashlib.sha256).hexdigest()
        return made == self.headers["X-BM-SIGN"] and set(self.headers) - {"User-Agent", "Accept-Encoding"} == {
            "X-BM-KEY",
            "X-BM-SIGN",
            "X-BM-TIMESTAMP",
            "Content-Type",
        }


Answer = bytes | HttpResponse | Callable[[Sent], bytes]


class Stub(HttpBackend):
    """Answers by the last part of the path; a list is used up one by one, its last entry stays."""

    name = "stub"

    def __init__(self, **answers: Answer | list[Answer]) -> None:
        super().__init__()
        self.answers: dict[str, list[Answer]] = {"details": [details_answer()]}
        for name, found in answers.items():
            self.answers[name.replace("_", "-")] = found if isinstance(found, list) else [found]
        self.sent: list[Sent] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        parts = urlsplit(request.url)
        sent = Sent(
            request.method, parts.path, dict(parse_qsl(parts.query)), dict(request.headers.open()), request.body
        )
        if sent.name == "time" and "time" not in self.answers:
            # The clock is read before the first write; only tests about it care.
            return HttpResponse(status=200, headers={}, body=wrapped({"server_time": time.time_ns() // 1_000_000}))
        self.sent.append(sent)
        several = self.answers[sent.name]
        found = several.pop(0) if len(several) > 1 else several[0]
        if isinstance(found, HttpResponse):
            return found
        return HttpResponse(status=200, headers={}, body=found if isinstance(found, bytes) else found(sent))

    async def aclose(self) -> None:
        pass

    def named(self, *names: str) -> list[Sent]:
        return [sent for sent in self.sent if sent.name in names]


def details_answer() -> bytes:
    """BTCUSDT as documented, and ETHUSDT with 0.01 ETH a contract."""
    whole = document("details")
    eth = {
        **whole["data"]["symbols"][0],
        "symbol": "ETHUSDT",
        "base_currency": "ETH",
        "contract_size": "0.01",
        "price_precision": "0.01",
    }
    whole["data"]["symbols"].append(eth)
    return json.dumps(whole).encode()


def refusal(code: int, message: str = "no", status: int = 400) -> HttpResponse:
    """The venue says no."""
    body = json.dumps({"code": code, "message": message, "trace": "t", "data": None}).encode()
    return HttpResponse(status=status, headers={}, body=body)


def client(stub: Stub, **options: Any) -> BitMart:
    """The adapter on a stub."""
    return BitMart(
        credentials(), base_url="http://127.0.0.1:1", http=stub, limiter=NoLimiter(), retry=AT_ONCE, **options
    )


__all__ = ["Sent", "Stub", "answer", "client", "details_answer", "refusal"]
