"""Every backend on every event loop that it runs on; `each` is one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import NamedTuple

import pytest

from futures_async.transport.dialect import SealedHeaders
from futures_async.transport.http.address import split
from futures_async.transport.http.backend import Abort, HttpBackend, HttpRequest, Timeouts
from futures_async.transport.http.fast import FastBackend
from futures_async.transport.http.httpx import HttpxBackend
from futures_async.transport.http.route import Route
from tests.loopback import Authority, Loopback


class Flavour(NamedTuple):
    """A backend and the loop that it is tested on."""

    name: str
    loop: str
    make: Callable[[bytes | None], HttpBackend]


def _httpx(pem: bytes | None) -> HttpBackend:
    return HttpxBackend(route=Route(ca_pem=pem))


def _httpx2(pem: bytes | None) -> HttpBackend:
    return HttpxBackend(route=Route(ca_pem=pem), library="httpx2")


def _fast(pem: bytes | None) -> HttpBackend:
    return FastBackend(Route(ca_pem=pem))


FLAVOURS = [
    Flavour("httpx", "asyncio", _httpx),
    Flavour("httpx", "trio", _httpx),
    Flavour("httpx2", "asyncio", _httpx2),
    Flavour("httpx2", "trio", _httpx2),
    Flavour("fast", "asyncio", _fast),
]


@pytest.fixture(params=FLAVOURS, ids=lambda each: f"{each.name}-{each.loop}")
def each(request: pytest.FixtureRequest) -> Flavour:
    flavour: Flavour = request.param
    return flavour


@pytest.fixture
def anyio_backend(each: Flavour) -> str:
    return each.loop


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture
async def backend(each: Flavour, authority: Authority) -> AsyncIterator[HttpBackend]:
    made = each.make(authority.pem)
    yield made
    await made.aclose()


@pytest.fixture
def venue() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


def a_request(
    url: str,
    *,
    method: str = "GET",
    body: bytes = b"",
    headers: tuple[tuple[str, str], ...] = (),
    timeouts: Timeouts | None = None,
    abort: Abort | None = None,
    apart: bool = False,
    **more: float,
) -> HttpRequest:
    origin, target = split(url)
    return HttpRequest(
        method=method,
        origin=origin,
        target=target,
        headers=SealedHeaders(headers),
        body=body,
        timeouts=timeouts or Timeouts(connect_s=2.0, write_s=2.0, read_s=2.0, deadline_s=5.0),
        abort=abort or Abort(),
        apart=apart,
        **more,
    )


def an_order(url: str, **options: object) -> HttpRequest:
    return a_request(url, method="POST", body=b'{"size":"0.01"}', **options)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - those of a_request
