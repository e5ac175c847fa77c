"""Who may look and who may act."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
import pytest_asyncio
from msgspec import structs
from starlette.datastructures import Headers

import futures_async as fa
from futures_async import web
from futures_async.simulator.server import RunningExchange
from futures_async.web import guard as guards
from futures_async.web.guard import Guard, placed
from futures_async.web.serving import refuse_open
from tests.web.conftest import TOKEN, Asked, opened, place_stop

FORM = {"X-Futures-Async": "login"}
"""What no form of another site can send."""
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8800", "[::1]:8800", "bots.example", "[2001:db8::1]:80"])
def test_this_computers_names_and_those_given_are_answered(host: str) -> None:
    assert Guard(None, ["Bots.example:8443", "[2001:db8::1]"]).knows_host(host)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "localhost.evil.example:80"])
def test_another_name_is_not_answered_without_a_token(host: str) -> None:
    assert not Guard(None).knows_host(host)


@pytest.mark.parametrize("token", ["short", "x" * 15, "with a line end\n.", "ümlaut-in-a-token-of-length"])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(fa.InvalidRequest, match="at least 16"):
        Guard(token)


@pytest.mark.parametrize(
    ("path", "root", "sent", "placed_at"),
    [
        ("/events", "", b"/events", ("/events", "")),
        ("/futures/events", "/futures", b"/futures/events", ("/futures/events", "/futures")),
        ("/events/", "", b"/futures/events", ("/futures/events", "/futures")),
        ("/", "", b"/futures/", ("/futures/", "/futures")),
        ("/", "", b"/futures", ("/futures", "/futures")),
        ("/", "", b"/", ("/", "")),
        ("/a b/", "", b"/futures/a%20b", ("/futures/a b", "/futures")),
        ("/events", "", None, ("/events", "")),
        ("/events", "", b"/elsewhere", ("/events", "")),
    ],
)
def test_where_the_app_is_mounted_is_known(
    path: str, root: str, sent: bytes | None, placed_at: tuple[str, str]
) -> None:
    scope = placed({"type": "http", "path": path, "root_path": root, "raw_path": sent})
    assert (scope["path"], scope["root_path"]) == placed_at


def test_sessions_are_ours_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    guard = Guard(TOKEN)
    session = guard.session()
    assert guard.is_session(session)
    assert Guard(TOKEN).is_session(session)  # of another worker
    for forged in ("", ".", session[:-1], f"9{session}", f"{session}x", "1.é"):
        assert not guard.is_session(forged)
    assert not Guard("another-token-of-the-tests").is_session(session)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + guards.SESSION_S + 1)
    assert not guard.is_session(session)


@pytest.mark.parametrize(
    "other", ['seen={"a": [1]}', "a[b]=1", 'said="half', "bare", "path=/", "OURS=ended", "OURS=1.x"]
)
def test_what_others_have_put_beside_a_session_does_not_hide_it(other: str) -> None:
    guard = Guard(TOKEN)
    session, other = guard.session(), other.replace("OURS", guard.cookie)
    for both in (f"{other}; {guard.cookie}={session}", f"{guard.cookie}={session}; {other}"):
        assert guard.session_of(Headers({"cookie": both})) == session
    assert guard.session_of(Headers({"cookie": other})) == ""


def test_services_of_one_computer_do_not_log_each_other_out() -> None:
    guards_of_two = Guard(TOKEN), Guard("another-token-of-the-tests")
    assert len({guard.cookie for guard in guards_of_two}) == 2
    assert Guard(TOKEN).cookie == guards_of_two[0].cookie  # of another worker


def tried(guard: Guard, address: str, token: str) -> int:
    answer = guard.try_token(address, token)
    return 200 if answer is None else answer.status_code


def test_wrong_tokens_are_few_and_right_ones_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    guard, now = Guard(TOKEN), 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert [tried(guard, "192.0.2.1", TOKEN) for _ in range(20)] == [200] * 20
    assert [tried(guard, "192.0.2.1", "wrong") for _ in range(6)] == [401] * 5 + [429]
    assert tried(guard, "192.0.2.1", TOKEN) == 429
    assert tried(guard, "192.0.2.2", TOKEN) == 200
    now += guards.TRIES_WITHIN_S
    assert tried(guard, "192.0.2.1", TOKEN) == 200
    assert tried(guard, "192.0.2.1", "wrong") == 401


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:0:0:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("", "", True),
        ("testclient", "other", False),
    ],
)
def test_what_one_line_has_of_addresses_is_counted_as_one(one: str, other: str, same: bool) -> None:
    guard = Guard(TOKEN)
    assert [tried(guard, one, "wrong") for _ in range(5)] == [401] * 5
    assert tried(guard, other, TOKEN) == (429 if same else 200)


def test_the_addresses_that_are_counted_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "MOST_ADDRESSES", 3)
    guard = Guard(TOKEN)
    for number in range(10):
        tried(guard, f"192.0.2.{number}", "wrong")
    assert list(guard._wrong) == ["192.0.2.7", "192.0.2.8", "192.0.2.9"]


def test_trading_needs_a_token() -> None:
    with pytest.raises(fa.InvalidRequest, match="needs a token"):
        web.app(None, trading=True)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - not looked at


def test_an_open_address_needs_a_token() -> None:
    refuse_open("127.0.0.1", None)
    refuse_open("0.0.0.0", TOKEN)
    with pytest.raises(fa.InvalidRequest, match="needs a token"):
        refuse_open("0.0.0.0", None)


@pytest_asyncio.fixture
async def locked(running: RunningExchange) -> Any:
    async with AsyncExitStack() as stack:
        yield await opened(stack, running, "bitget", token=TOKEN, trading=True)


@pytest.mark.asyncio
async def test_without_the_token_nothing_is_shown(locked: Asked) -> None:
    for path in ("/positions", "/accounts", "/events", "/metrics", "/session", "/", "/page/page.js", "/openapi.json"):
        answer = await locked.client.get(path)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert "BTC" not in answer.text
    for token in ("", "x" * 20, TOKEN[:-1], f"{TOKEN}x"):
        answer = await locked.client.get("/positions", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
    assert (await locked.client.get("/health")).status_code == 200
    assert (await locked.client.get("/positions", headers=BEARER)).status_code == 200
    page = await locked.client.get("/", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/login")


@pytest.mark.asyncio
async def test_a_browser_logs_in_and_out(locked: Asked) -> None:
    assert "<form" in (await locked.client.get("/login")).text
    assert (await locked.client.post("/login", data={"token": "x" * 20}, headers=FORM)).status_code == 401
    answer = await locked.client.post("/login", data={"token": TOKEN}, headers=FORM)
    cookie = answer.headers["set-cookie"]
    assert TOKEN not in cookie
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/"))
    assert (await locked.client.get("/positions")).status_code == 200
    await locked.client.post("/logout")
    assert (await locked.client.get("/positions")).status_code == 401


@pytest.mark.asyncio
async def test_tokens_cannot_be_guessed_quickly(locked: Asked) -> None:
    codes = [
        (await locked.client.post("/login", data={"token": f"{n:020}"}, headers=FORM)).status_code for n in range(6)
    ]
    assert codes == [401] * 5 + [429]
    last = await locked.client.post("/login", data={"token": TOKEN}, headers=FORM)
    assert last.status_code == 429
    assert 0 < int(last.headers["retry-after"]) <= 61


@pytest.mark.asyncio
async def test_a_program_cannot_guess_quickly_either_and_locks_out_no_other(locked: Asked) -> None:
    async def ask(token: str, address: str) -> int:
        transport = httpx.ASGITransport(locked.app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.get("/venues", headers={"Authorization": f"Bearer {token}"})
        return answer.status_code

    assert [await ask("x" * 20, "192.0.2.1") for _ in range(6)] == [401] * 5 + [429]
    assert await ask(TOKEN, "192.0.2.1") == 429
    assert await ask(TOKEN, "192.0.2.2") == 200
    for _ in range(20):
        assert (await locked.client.post("/login", data={"token": TOKEN}, headers=FORM)).status_code == 200


@pytest.mark.asyncio
async def test_another_sites_form_is_refused(locked: Asked) -> None:
    for site in ("cross-site", "same-site"):
        for path in ("/login", "/logout", "/act"):
            forged = await locked.client.post(path, data={"token": "x" * 20}, headers={"Sec-Fetch-Site": site})
            assert forged.status_code == 403
    own = {"Sec-Fetch-Site": "same-origin", **FORM}
    assert (await locked.client.post("/login", data={"token": TOKEN}, headers=own)).status_code == 200


@pytest.mark.asyncio
async def test_another_sites_form_locks_nobody_out_where_browsers_do_not_say_whose_it_is(locked: Asked) -> None:
    """Over plain HTTP, to another computer, they send no `Sec-Fetch-Site`."""
    for _ in range(6):
        assert (await locked.client.post("/login", data={"token": "x" * 20})).status_code == 403
    assert (await locked.client.post("/login", data={"token": TOKEN}, headers=FORM)).status_code == 200


@pytest.mark.asyncio
async def test_every_answer_has_the_headers(locked: Asked) -> None:
    for path in ("/", "/login", "/health", "/none"):
        headers = (await locked.client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers


CLOSE = {"action": "close", "account": "bitget", "symbol": "BTC/USDT:USDT", "dry_run": False}


@pytest.mark.asyncio
async def test_another_sites_page_cannot_act(locked: Asked) -> None:
    await locked.client.post("/login", data={"token": TOKEN}, headers=FORM)
    assert locked.app.state.guard.cookie in locked.client.cookies
    forged: list[dict[str, Any]] = [{}, {"X-Futures-Async": "guessed"}, {"X-Futures-Async": "é".encode()}]
    for headers in forged:
        assert (await locked.client.post("/act", json=CLOSE, headers=headers)).status_code == 403
    assert await locked.portfolio.exchanges["bitget"].fetch_positions("BTC/USDT:USDT")
    word = (await locked.json("/session"))["word"]
    done = await locked.client.post("/act", json=CLOSE, headers={"X-Futures-Async": word})
    assert done.json()["done"][0]["status"] == "filled"
    assert not await locked.portfolio.exchanges["bitget"].fetch_positions("BTC/USDT:USDT")


@pytest.mark.asyncio
async def test_a_program_acts_with_the_token(locked: Asked) -> None:
    async def act(**body: Any) -> Any:
        answer = await locked.client.post("/act", json=body, headers=BEARER)
        return answer.status_code, answer.json()

    code, told = await act(action="halt", close=True)
    assert code == 200
    assert "done" not in told  # it says first
    assert any("close BTC/USDT:USDT long" in step["says"] for step in told["steps"])
    assert await locked.portfolio.exchanges["bitget"].fetch_positions()
    (order, *_) = await locked.portfolio.exchanges["bitget"].fetch_open_orders()
    one = {"action": "cancel", "account": "bitget", "symbol": order.symbol, "order_id": order.order_id}
    code, told = await act(**one, dry_run=False)
    assert told["done"][0]["status"] == "canceled"
    code, told = await act(**one, dry_run=False)
    assert told["done"][0]["result"] in ("failed", "done", "refused")
    code, told = await act(action="cancel-all", dry_run=False)
    assert {one["result"] for one in told["done"]} == {"done"}
    code, told = await act(action="halt", close=True, dry_run=False)
    assert {one["status"] for one in told["done"]} == {"filled"}
    stop = await place_stop(locked.portfolio.exchanges["bitget"])
    assert stop.order_id in {row["order_id"] for row in (await locked.json("/orders", headers=BEARER))["orders"]}
    one = {"action": "cancel", "account": "bitget", "symbol": stop.symbol, "order_id": stop.order_id, "kind": stop.kind}
    code, told = await act(**one)
    assert told["steps"][0]["says"] == f"cancel trigger order {stop.order_id} of BTC/USDT:USDT"
    code, told = await act(**one, dry_run=False)
    assert (told["done"][0]["result"], told["done"][0]["order_id"]) == ("done", stop.order_id)
    assert await locked.portfolio.exchanges["bitget"].fetch_trigger_orders() == []
    assert (await act(action="sell"))[0] == 400
    assert (await act(action="cancel"))[0] == 400
    assert (await act(action="close", account="nobody"))[0] == 404
    assert (await act(action="close", wrong=1))[0] == 400
    large = await locked.client.post("/act", content=b" " * 2_000_000, headers=BEARER)
    assert large.status_code == 413


@pytest.mark.asyncio
async def test_only_what_was_confirmed_is_done(locked: Asked) -> None:
    async def act(**body: Any) -> Any:
        return (await locked.client.post("/act", json={"action": "close", **body}, headers=BEARER)).json()

    bitget = locked.portfolio.exchanges["bitget"]
    new, gone, *_ = [row.symbol for row in await bitget.fetch_positions() if row.side == "long"]
    (held,) = await bitget.fetch_positions(new)
    await bitget.close_position(new)
    steps = (await act())["steps"]
    assert [step["side"] for step in steps if step["symbol"] == gone] == ["long"]
    assert new not in {step["symbol"] for step in steps}
    order = fa.OrderRequest(symbol=new, side="buy", type="market", quantity=held.quantity)
    await bitget.create_order(order)
    await bitget.close_position(gone)
    told = await act(dry_run=False, steps=steps)
    assert {row.symbol for row in await bitget.fetch_positions()} == {new}
    assert [(step["account"], step["symbol"]) for step in told["left"]] == [("bitget", new)]
    results = {one["symbol"]: one["result"] for one in told["done"]}
    assert results == {step["symbol"]: "nothing to do" if step["symbol"] == gone else "done" for step in steps}
    assert (await act(dry_run=False, steps=[]))["done"] == []
    assert [one["symbol"] for one in (await act(dry_run=False))["done"]] == [new]


@pytest.mark.asyncio
async def test_what_has_opened_in_the_other_margin_mode_is_left(locked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    async def act(**body: Any) -> Any:
        return (await locked.client.post("/act", json={**CLOSE, "dry_run": True, **body}, headers=BEARER)).json()

    bitget = locked.portfolio.exchanges["bitget"]
    [held] = await bitget.fetch_positions("BTC/USDT:USDT")
    cross, isolated = (structs.replace(held, margin_mode=mode) for mode in fa.MarginMode)
    there = [cross]
    closed: list[Any] = []

    async def positions(symbol: str | None = None) -> list[fa.Position]:
        return there

    async def close(symbol: str, *, side: Any = None, margin_mode: Any = None) -> None:
        closed.append((symbol, side, margin_mode))

    monkeypatch.setattr(bitget, "fetch_positions", positions)
    monkeypatch.setattr(bitget, "close_position", close)
    [step] = (await act())["steps"]
    assert step["margin_mode"] == "cross"
    there = [cross, isolated]
    assert [one["margin_mode"] for one in (await act(dry_run=False, steps=[step]))["left"]] == ["isolated"]
    assert closed == [("BTC/USDT:USDT", "long", "cross")]
    assert [one["margin_mode"] for one in (await act(margin_mode="isolated"))["steps"]] == ["isolated"]
    there = [isolated]
    told = await act(dry_run=False, steps=[step])
    assert [one["result"] for one in told["done"]] == ["nothing to do"]
    assert len(closed) == 1


@pytest.mark.asyncio
async def test_a_page_that_only_shows_does_not_act(asked: Asked) -> None:
    answer = await asked.client.post("/act", json=CLOSE)
    assert answer.status_code == 403
    assert "trading=True" in answer.json()["error"]
