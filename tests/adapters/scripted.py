"""A venue that answers from a script, behind an httpx transport: for requests, byte for byte."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx

Answer = bytes | Callable[["Seen"], bytes]


class Seen(NamedTuple):
    """One request as it arrived."""

    method: str
    path: str
    query: str
    body: bytes
    headers: dict[str, str]

    @property
    def params(self) -> dict[str, str]:
        """The query's parameters."""
        return dict(pair.split("=", 1) for pair in self.query.split("&") if pair)

    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


class Scripted(httpx.AsyncBaseTransport):
    """Answers each path by its script: the last answer again and again, or an exception to raise."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._script: dict[str, list[tuple[int, Answer | Exception]]] = {}

    def answer(self, path: str, *answers: Answer | Exception, status: int = 200) -> None:
        """What calls to `path` get, one after the other."""
        self._script[path] = [(status, answer) for answer in answers]

    def last(self, path: str | None = None) -> Seen:
        """The latest request (to a path)."""
        return next(request for request in reversed(self.seen) if path in (None, request.path))

    def count(self, path: str) -> int:
        """How many requests went to a path."""
        return sum(request.path == path for request in self.seen)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        seen = Seen(
            request.method,
            request.url.path,
            request.url.query.decode(),
            await request.aread(),
            {name.lower(): value for name, value in request.headers.items()},
        )
        self.seen.append(seen)
        script = self._script.get(seen.path)
        if not script:
            return httpx.Response(404, json={"code": "40404", "msg": f"{seen.path} is not in the script"})
        status, answer = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(status, content=answer if isinstance(answer, bytes) else answer(seen))


def current(body: bytes) -> bytes:
    """A documented answer, given now: its `requestTime` is not years before the request."""
    document = json.loads(body)
    if "requestTime" in document:
        document["requestTime"] = int(time.time() * 1000)
    return json.dumps(document).encode()
