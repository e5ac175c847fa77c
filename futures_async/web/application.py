"""`app`: the routes, put together."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from futures_async.portfolio.portfolio import Portfolio
from futures_async.portfolio.rules import Rule
from futures_async.portfolio.snapshot import Failed, Snapshot
from futures_async.unified.errors import ClientClosed, InvalidRequest
from futures_async.unified.exchange import Capability
from futures_async.unified.models import to_builtins
from futures_async.unified.words import near
from futures_async.web import description, reading
from futures_async.web.acting import UnderWay, act
from futures_async.web.events import events
from futures_async.web.guard import SESSION_S, Guard, Guarded, body_of, client_of
from futures_async.web.lists import Lists, open_orders
from futures_async.web.metrics import Tally, metrics
from futures_async.web.picture import Picture

KINDS = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


def app(
    portfolio: Portfolio,
    *,
    token: str | None = None,
    trading: bool = False,
    hosts: Sequence[str] = (),
    rules: Sequence[Rule] | None = None,
) -> Starlette:
    """An ASGI app that shows a portfolio: a live page, JSON, server-sent events, Prometheus metrics, OpenAPI.

    Mount it into any ASGI service; it needs no lifespan of its own, and reads only while somebody looks.

    Args:
        portfolio: What is shown; stays its owner's.
        token: What a program sends as `Authorization: Bearer`, and a person types into the login form; None lets
            everybody in who reaches this computer by a name of its own (`localhost`, 127.0.0.1, ::1).
        trading: Let the page cancel, close and halt; needs a token.
        hosts: Further host names to answer for, where there is no token.
        rules: What the page alerts of, as `RiskMonitor` takes them; None are the documented ones.

    Raises:
        InvalidRequest: `trading` without a token, or a token of fewer than 16 characters.
    """
    if trading and token is None:
        raise InvalidRequest("trading=True needs a token: whoever reaches the page could trade")
    guard = Guard(token, hosts)
    made = Starlette(
        routes=[
            Route("/", page),
            Route("/page/{name}", page),
            Route("/login", login, methods=["GET", "POST"]),
            Route("/logout", logout, methods=["POST"]),
            Route("/session", session),
            *(Route(f"/{one.__name__}", _whole(one)) for one in (positions, accounts, risk, orders, fills, venues)),
            Route("/health", health),
            Route("/ready", ready),
            Route("/events", _whole(events, "last_event_id")),
            Route("/metrics", metrics),
            Route("/openapi.json", openapi),
            Route("/act", act, methods=["POST"]),
        ],
        middleware=[Middleware(Guarded, guard=guard)],
        exception_handlers={ClientClosed: closed},
        lifespan=_lifespan,
    )
    made.state.portfolio = portfolio
    made.state.picture = Picture(portfolio, rules)
    made.state.orders = Lists(portfolio, Capability.FETCH_OPEN_ORDERS, open_orders)
    made.state.fills = Lists(portfolio, Capability.FETCH_FILLS, lambda exchange: exchange.fetch_fills())
    made.state.tally = Tally(portfolio)
    made.state.guard = guard
    made.state.trading = trading
    made.state.under_way = UnderWay()
    return made


@asynccontextmanager
async def _lifespan(made: Starlette) -> AsyncGenerator[None]:
    yield
    made.state.orders.stop()
    made.state.fills.stop()
    await made.state.picture.aclose()


async def closed(request: Request, error: Exception) -> Response:
    """Who has closed the portfolio ends the service: the next one will answer."""
    return JSONResponse({"error": error.text if isinstance(error, ClientClosed) else str(error)}, 503)


# The page


async def page(request: Request) -> Response:
    """The page's own files."""
    name = request.path_params.get("name", "index.html")
    # What is asked for is compared, never joined to a path: systems differ in what leads out of a folder.
    held = next((one for one in files("futures_async.web").joinpath("page").iterdir() if one.name == name), None)
    kind = KINDS.get(name.rpartition(".")[2])
    if held is None or kind is None:
        return JSONResponse({"error": "no such page"}, 404)
    return Response(held.read_bytes(), media_type=kind)


async def login(request: Request) -> Response:
    """The form, and what it sends."""
    guard: Guard = request.app.state.guard
    held = files("futures_async.web").joinpath("page", "login.html")
    if request.method == "GET":
        return Response(held.read_bytes(), media_type="text/html")
    # No form of another site can send it: five wrong tokens of one would lock out whom it has post them.
    if "x-futures-async" not in request.headers:
        return JSONResponse({"error": "this did not come from the form: reload it"}, 403)
    tokens = parse_qs((await body_of(request)).decode("ascii", "replace")).get("token", [""])
    if (refused := guard.try_token(client_of(request.scope), tokens[0])) is not None:
        return refused
    answer = JSONResponse({"ok": True})
    answer.set_cookie(
        guard.cookie,
        guard.session(),
        max_age=SESSION_S,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path=request.scope.get("root_path", "") or "/",
    )
    return answer


async def logout(request: Request) -> Response:
    """Forget the session's cookie."""
    answer = RedirectResponse(f"{request.scope.get('root_path', '')}/login", 303)
    answer.delete_cookie(request.app.state.guard.cookie, path=request.scope.get("root_path", "") or "/")
    return answer


async def session(request: Request) -> Response:
    """What the page needs to act: whether it may, and the word that it sends with what changes something."""
    guard: Guard = request.app.state.guard
    return JSONResponse({"trading": request.app.state.trading, "word": guard.word(guard.session_of(request.headers))})


# JSON


def _whole(answer: Callable[[Request], Awaitable[Response]], *words: str) -> Callable[[Request], Awaitable[Response]]:
    """An answer that nothing narrows: who asks for less would take all of it for what was asked for."""

    async def checked(request: Request) -> Response:
        odd = next((word for word in request.query_params if word not in words), None)
        if odd is None:
            return await answer(request)
        return JSONResponse({"error": f"{request.url.path} has no filter {odd[:40]!r}: {near(odd, words)}"}, 400)

    return checked


async def _snapshot(request: Request) -> Snapshot:
    portfolio: Portfolio = request.app.state.portfolio
    return await portfolio.snapshot()


async def positions(request: Request) -> Response:
    """Positions with their risk, sums by coin, net sizes, and each account's state."""
    snapshot = await _snapshot(request)
    rows = [
        {name: value for name, value in row.items() if name != "key"} for row in reading.positions(snapshot).values()
    ]
    return JSONResponse(
        {
            "positions": rows,
            "totals": reading.totals(snapshot),
            "net": to_builtins(snapshot.net_positions()),
            "accounts": reading.states(snapshot),
        }
    )


async def accounts(request: Request) -> Response:
    """Balances by account, with each account's state."""
    snapshot = await _snapshot(request)
    states = reading.states(snapshot)
    rows = {name: {**row, **states[name]} for name, row in reading.accounts(snapshot).items()}
    return JSONResponse({"accounts": rows})


async def risk(request: Request) -> Response:
    """How far every position is from liquidation; 503 where nothing is known of an account."""
    snapshot = await _snapshot(request)
    blind = any(isinstance(state, Failed) for state in snapshot.venues.values())
    found = {"risks": to_builtins(snapshot.risks()), "accounts": reading.states(snapshot)}
    return JSONResponse(found, 503 if blind else 200)


async def orders(request: Request) -> Response:
    """Open orders and waiting stops of every account that lists them; errors by account."""
    return await _listed("orders", request.app.state.orders)


async def fills(request: Request) -> Response:
    """The latest executions of every account that lists them; errors by account."""
    return await _listed("fills", request.app.state.fills)


async def _listed(name: str, lists: Lists) -> Response:
    rows, states = await lists.ask()
    problems = {account: state["error"] for account, state in states.items() if state["error"] is not None}
    return JSONResponse({name: rows, "accounts": states, "problems": problems})


async def venues(request: Request) -> Response:
    """Each account's venue, and what its adapter can do."""
    portfolio: Portfolio = request.app.state.portfolio
    return JSONResponse(
        {
            name: {
                "venue": exchange.id,
                "name": exchange.name,
                "lifecycle": exchange.lifecycle,
                "capabilities": sorted(capability.value for capability in exchange.capabilities),
            }
            for name, exchange in portfolio.exchanges.items()
        }
    )


async def health(request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"ok": True})


async def ready(request: Request) -> Response:
    """503 until every account was read once, or is known not to be readable; each account's state."""
    snapshot = await _snapshot(request)
    blind = [name for name, state in snapshot.venues.items() if isinstance(state, Failed)]
    return JSONResponse({"ready": not blind, "accounts": reading.states(snapshot)}, 503 if blind else 200)


async def openapi(request: Request) -> Response:
    """This service's description."""
    return JSONResponse(description.openapi(request.scope.get("root_path", "")))
