"""The venue behind the rig: an order book of facts, a seeded plan of faults, and a clock of its own.

It counts orders by *intent* (the price is unique to each), independent of client ids, so that it cannot be fooled by
the id logic that it judges. What a request does is decided and done before it is decided how its answer fails.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import anyio
import msgspec

from futures_async.transport.clock import loop_time
from futures_async.transport.http.backend import HttpBackend, HttpFailure, HttpRequest, HttpResponse, Phase

EPOCH_MS = 1_770_000_000_000

# name -> does the venue get to act on the request?
Applied = Literal["no", "yes", "late"]
FAULTS: dict[str, Applied] = {
    "dns": "no",
    "refused": "no",
    "connect-timeout": "no",
    "tls-handshake": "no",
    "write-before-body": "no",
    "gateway-429": "no",
    "refusal": "no",
    "write-after-body-lost": "no",
    "write-after-body-applied": "yes",
    "read-timeout-lost": "no",
    "html-502-lost": "no",
    "ambiguous-code-lost": "no",
    "read-timeout-applied": "yes",
    "disconnected-applied": "yes",
    "truncated-applied": "yes",
    "bad-utf8-applied": "yes",
    "html-502-applied": "yes",
    "ambiguous-code-applied": "yes",
    "unlisted-code-applied": "yes",
    "no-data-applied": "yes",
    "no-id-applied": "yes",
    "crossed-answer-applied": "yes",
    "redirect-applied": "yes",
    "too-large-applied": "yes",
    "maintenance-applied": "yes",
    "read-timeout-late": "late",
    "html-504-late": "late",
}


class Placed:
    """One order as the venue holds it."""

    __slots__ = ("client_id", "order_id", "price", "side", "size", "status", "symbol", "type", "visible_at")

    def __init__(self, body: dict[str, Any], order_id: int, visible_at: float) -> None:
        self.order_id = order_id
        self.client_id: str | None = body.get("clientId")
        self.symbol: str = body["symbol"]
        self.side: str = body["side"]
        self.type: str = body["type"]
        self.size: str = body["size"]
        self.price: str = body.get("price", "")
        self.status = "open"
        self.visible_at = visible_at

    def wire(self) -> dict[str, Any]:
        return {
            "symbol": self.symbol,
            "orderId": self.order_id,
            "clientId": self.client_id,
            "side": self.side,
            "type": self.type,
            "size": self.size,
            "price": self.price,
            "filled": self.size if self.status == "filled" else "0",
            "status": self.status,
        }


class ToyVenue(HttpBackend):
    """The venue as an HTTP backend.

    Args:
        seed: Of everything random.
        fault_rate: Part of the placements that meet a fault.
        dedup: Among which orders a repeated client id is refused.
        lookup_fault_rate: Part of the reads that fail.
        lag_s: Longest time that a placed order stays invisible.
        late_s: Shortest and longest delay of a late landing.
        window_s: A request older than this is refused when it lands.
    """

    name = "toy"
    max_connections = 1000

    def __init__(
        self,
        seed: int = 0,
        *,
        fault_rate: float = 0.3,
        dedup: Literal["all", "open", "none"] = "open",
        lookup_fault_rate: float = 0.15,
        lag_s: float = 3.0,
        late_s: tuple[float, float] = (1.0, 45.0),
        window_s: float = 30.0,
        offset_ms: int = 0,
    ) -> None:
        super().__init__()
        self.random = random.Random(seed)
        self.fault_rate = fault_rate
        self.dedup = dedup
        self.lookup_fault_rate = lookup_fault_rate
        self.lag_s = lag_s
        self.late_s = late_s
        self.window_s = window_s
        self.offset_ms = offset_ms
        self.orders: list[Placed] = []
        self.by_id: dict[str, Placed] = {}
        self.by_client: dict[str, list[Placed]] = {}
        self.by_price: dict[str, int] = {}
        self.leverage = "5"
        self.fill_every = 3
        """Every third order fills at once; 0: none does."""
        self.trace: list[str] = []
        self.arrivals: list[float] = []
        self.requests: list[HttpRequest] = []
        self.faults_met: dict[str, int] = {}
        self.force: Callable[[HttpRequest], str | None] = lambda request: None
        """Names the fault of a request, before chance does."""
        self._late: set[asyncio.Task[None]] = set()
        self._last_ack: dict[str, Any] | None = None

    # Time

    def now(self) -> float:
        return loop_time()

    def now_ms(self) -> int:
        return EPOCH_MS + int(self.now() * 1000) + self.offset_ms

    # HTTP

    async def send(self, request: HttpRequest) -> HttpResponse:
        rng = self.random
        if request.abort.raised:
            raise HttpFailure("aborted", Phase.QUEUED, sent=False)
        forced = self.force(request)
        path = urlsplit(request.url).path
        placing = request.method == "POST"
        if forced is not None:
            fault = forced
        elif placing and rng.random() < self.fault_rate:
            fault = rng.choice(list(FAULTS))
        elif not placing and rng.random() < self.lookup_fault_rate:
            fault = rng.choice(("read-timeout-lost", "html-502-lost", "truncated-applied", "refused"))
        else:
            fault = ""
        self.faults_met[fault] = self.faults_met.get(fault, 0) + 1
        self.requests.append(request)
        self.trace.append(f"{self.now():.3f} {request.method} {path} {fault}")
        await anyio.sleep(rng.uniform(0.005, 0.04))
        if request.abort.raised:
            raise HttpFailure("aborted", Phase.CONNECTING, sent=False)
        request.abort.sending = True
        self._before_sending(fault)
        self.arrivals.append(self.now())
        applied = FAULTS.get(fault, "yes")
        answer: tuple[int, dict[str, Any]] | None = None
        if applied == "yes":
            answer = self.act(request, path)
        elif applied == "late":
            task = asyncio.get_running_loop().create_task(self._land_late(request, path))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
        await anyio.sleep(rng.uniform(0.005, 0.04))
        return await self._answer(fault, answer)

    def _before_sending(self, fault: str) -> None:
        if fault in ("dns", "refused", "connect-timeout", "tls-handshake"):
            raise HttpFailure(fault, Phase.CONNECTING, sent=False)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - one of the kinds
        if fault == "write-before-body":
            raise HttpFailure("write", Phase.HEADERS_STARTED, sent=False)

    async def _answer(self, fault: str, answer: tuple[int, dict[str, Any]] | None) -> HttpResponse:
        if fault.startswith("write-after-body"):
            raise HttpFailure("write", Phase.BODY_STARTED, sent=True)
        if fault.startswith("read-timeout"):
            await anyio.sleep(5.0)
            raise HttpFailure("read-timeout", Phase.ANSWERING, sent=True)
        if fault.startswith("disconnected"):
            raise HttpFailure("disconnected", Phase.BODY_STARTED, sent=True, reused=True)
        if fault.startswith("too-large"):
            raise HttpFailure("body-too-large", Phase.ANSWERING, sent=True)
        if fault.startswith("html-50"):
            return HttpResponse(status=int(fault[5:8]), headers={}, body=b"<html>Bad Gateway</html>")
        if fault.startswith("redirect"):
            return HttpResponse(status=307, headers={"location": "https://evil.example/x?key=1"}, body=b"")
        if fault == "gateway-429":
            return self.json(429, {"code": "429", "msg": "Too Many Requests"})
        if fault == "refusal":
            return self.json(400, {"code": "510", "msg": "insufficient margin"})
        if fault.startswith("ambiguous"):
            return self.json(400, {"code": "500", "msg": "unknown error"})
        if fault.startswith("unlisted"):
            return self.json(400, {"code": "777", "msg": "something new"})
        if fault.startswith("maintenance"):
            return self.json(503, {"code": "500", "msg": "maintenance"})
        if fault.startswith("no-data"):
            return self.json(200, {"code": "0", "data": None})
        if fault.startswith("no-id"):
            return self.json(200, {"code": "0", "data": {"orderId": None}})
        if fault.startswith("crossed") and self._last_ack is not None:
            return self.json(200, self._last_ack)
        status, document = answer or (500, {"code": "500"})
        if isinstance(document.get("data"), dict) and "orderId" in document["data"]:
            self._last_ack = document
        response = self.json(status, document)
        if fault.startswith("truncated"):
            return HttpResponse(status=status, headers={}, body=response.body[: len(response.body) // 2])
        if fault.startswith("bad-utf8"):
            return HttpResponse(status=status, headers={}, body=response.body[:-2] + b'"\xff"}')
        return response

    def json(self, status: int, document: dict[str, Any]) -> HttpResponse:
        return HttpResponse(
            status=status,
            headers={"content-type": "application/json"},
            body=msgspec.json.encode({"time": self.now_ms(), **document}),
        )

    async def _land_late(self, request: HttpRequest, path: str) -> None:
        await anyio.sleep(self.random.uniform(*self.late_s))
        self.act(request, path)

    async def settle(self) -> None:
        """Wait until nothing is under way any more."""
        await asyncio.gather(*self._late)

    async def aclose(self) -> None:
        for task in self._late:
            task.cancel()

    # The venue's own doing

    def act(self, request: HttpRequest, path: str) -> tuple[int, dict[str, Any]]:
        headers = dict(request.headers.open())
        stamp = headers.get("X-TIME")
        if stamp is not None and abs(self.now_ms() - int(stamp)) > self.window_s * 1000:
            return 400, {"code": "408", "msg": "timestamp"}
        query = dict(parse_qsl(urlsplit(request.url).query))
        body: Any = msgspec.json.decode(request.body) if request.body else {}
        handler = getattr(self, "on_" + path.strip("/").replace("/", "_").replace("-", "_"))
        result: tuple[int, dict[str, Any]] = handler(query, body)
        return result

    def on_order_place(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        client_id = body.get("clientId")
        earlier = self.by_client.get(client_id, []) if client_id else []
        if self.dedup != "none" and any(self.dedup == "all" or order.status == "open" for order in earlier):
            return 400, {"code": "409", "msg": "duplicate client id"}
        order = Placed(body, len(self.orders) + 2**53 + 1, self.now() + self.random.uniform(0, self.lag_s))
        if self.fill_every and order.order_id % self.fill_every == 0:
            order.status = "filled"
        self.orders.append(order)
        self.by_id[str(order.order_id)] = order
        self.by_price[order.price] = self.by_price.get(order.price, 0) + 1
        if client_id:
            self.by_client.setdefault(client_id, []).append(order)
        return 200, {"code": "0", "data": {"orderId": order.order_id, "clientId": client_id}}

    def on_order_batch(self, query: dict[str, str], body: list[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for entry in body:
            if entry["size"].startswith("9"):
                rows.append({"code": "510"})
                continue
            _, document = self.on_order_place(query, entry)
            rows.append(document.get("data") or {"code": document["code"]})
        return 200, {"code": "0", "data": rows}

    def _find(self, fields: dict[str, Any]) -> Placed | None:
        if fields.get("orderId"):
            found = [self.by_id[str(fields["orderId"])]] if str(fields["orderId"]) in self.by_id else []
        else:
            found = self.by_client.get(fields.get("clientId") or "", [])
        return next((order for order in reversed(found) if order.visible_at <= self.now()), None)

    def on_order_detail(self, query: dict[str, str], body: Any) -> tuple[int, dict[str, Any]]:
        client_id = query.get("clientId")
        if client_id is not None and client_id not in self.by_client:
            return 400, {"code": "404", "msg": "no such order"}
        order = self._find(query)
        if order is None:
            return 400, {"code": "404", "msg": "no such order"}
        return 200, {"code": "0", "data": order.wire()}

    def on_order_cancel(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        order = self._find(body)
        if order is None or order.status != "open":
            return 400, {"code": "404", "msg": "no such order"}
        order.status = "canceled"
        return 200, {"code": "0", "data": {"orderId": order.order_id, "clientId": order.client_id}}

    def on_order_cancel_all(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        ids = [str(order.order_id) for order in self.orders if order.status == "open"]
        for order in self.orders:
            if order.status == "open":
                order.status = "canceled"
        return 200, {"code": "0", "data": ids}

    def on_order_edit(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        order = self._find(body)
        if order is None:
            return 400, {"code": "404", "msg": "no such order"}
        order.price, order.size = body["price"], body["size"]
        return 200, {"code": "0", "data": {"orderId": order.order_id}}

    def on_order_open(self, query: dict[str, str], body: Any) -> tuple[int, dict[str, Any]]:
        rows = [order.wire() for order in self.orders if order.status == "open" and order.visible_at <= self.now()]
        return 200, {"code": "0", "data": {"rows": rows or None}}

    def on_order_history(self, query: dict[str, str], body: Any) -> tuple[int, dict[str, Any]]:
        before = int(query.get("after", 2**62))
        rows = [order for order in reversed(self.orders) if order.order_id < before][:10]
        end = str(rows[-1].order_id) if len(rows) == 10 else None
        return 200, {"code": "0", "data": {"rows": [order.wire() for order in rows], "end": end}}

    def on_leverage_set(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.leverage = body["leverage"]
        return 200, {"code": "0", "data": {"leverage": self.leverage}}

    def on_leverage(self, query: dict[str, str], body: Any) -> tuple[int, dict[str, Any]]:
        return 200, {"code": "0", "data": {"leverage": self.leverage}}

    margin = "100"

    def on_margin_move(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.margin = str(int(self.margin) + int(body["amount"]))
        return 200, {"code": "0", "data": None}

    def on_positions(self, query: dict[str, str], body: Any) -> tuple[int, dict[str, Any]]:
        row = {"symbol": "BTCUSDT", "side": "long", "size": "0.5", "margin": self.margin}
        return 200, {"code": "0", "data": [row]}

    def on_time(self, query: dict[str, str], body: Any) -> tuple[int, dict[str, Any]]:
        return 200, {"code": "0", "data": self.now_ms()}
