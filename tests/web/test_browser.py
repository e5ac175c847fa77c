"""The page in a real browser: live, sorted and filtered, dark and narrow, read aloud, and acting."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

import futures_async as fa
from futures_async.portfolio.snapshot import Snapshot
from futures_async.simulator.demo import Setup
from futures_async.simulator.server import RunningExchange, serve
from futures_async.web import events as streaming
from futures_async.web import reading
from futures_async.web.picture import Picture
from tests.web.browsing import served
from tests.web.conftest import TOKEN, place_stop

selenium = pytest.importorskip("selenium")

from axe_core_python.selenium import Axe  # type: ignore[import-untyped] # noqa: E402
from selenium.webdriver import Chrome, ChromeOptions  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
if not (BROWSER and DRIVER) and not os.environ.get("CI"):
    pytest.skip("no chromium with its chromedriver here", allow_module_level=True)

WITHIN_S = 20.0
WIDER = """
const page = document.documentElement;
if (page.scrollWidth <= page.clientWidth) return [];
const wide = (one) => one.getBoundingClientRect().right > page.clientWidth;
return [...document.querySelectorAll("body *")].filter(wide).map((one) => one.outerHTML.slice(0, 80));
"""
"""What makes the page wider than its window."""
CUT = """
const cells = [document.querySelector("#positions").parentElement, ...document.querySelectorAll("#positions td")];
return cells.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.outerHTML.slice(0, 80));
"""
"""Cells whose text does not fit into them, and the table where it does not fit into the page."""
ALOUD = """
window.aloud = [];
const heard = (found) => window.aloud.push(...found.map((one) => one.target.outerHTML));
const all = { childList: true, subtree: true, characterData: true };
const parts = document.querySelectorAll("[aria-live], [role=status]");
for (const one of parts) new MutationObserver(heard).observe(one, all);
"""
"""Keeps what changes in those parts that a screen reader reads aloud when they change."""
PICTURES = {(1400, False): "page.png", (390, True): "page-phone.png"}
BTC = "BTC/USDT:USDT"


@pytest.fixture(scope="module")
def browser() -> Generator[Any]:
    options = ChromeOptions()
    options.binary_location = BROWSER or ""
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--window-size=1400,1000",
        "--disable-dev-shm-usage",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def running() -> Generator[RunningExchange]:
    with serve(seed=2) as exchange:
        yield exchange


@pytest.fixture(autouse=True)
def nothing_wrong(browser: Any) -> Generator[None]:
    """No error on the console, and nothing that the page's own policy has blocked."""
    browser.get("about:blank")
    browser.get_log("browser")
    yield
    said = [row["message"] for row in browser.get_log("browser") if row["level"] == "SEVERE"]
    assert [line for line in said if "/events" not in line and "401" not in line and "ERR_CONNECTION" not in line] == []


def until(good: Callable[[], Any]) -> Any:
    """What `good` gives once it gives something."""
    ends = time.monotonic() + WITHIN_S
    while True:
        try:
            found = good()
        except Exception as error:
            found, last = None, error
        else:
            last = AssertionError(f"{found!r}")
        if found:
            return found
        if time.monotonic() > ends:
            raise last
        time.sleep(0.02)


def text(browser: Any, selector: str) -> str:
    return str(browser.execute_script("return document.querySelector(arguments[0])?.innerText ?? ''", selector))


def rows(browser: Any) -> list[str]:
    """Keys of the positions, from top to bottom."""
    script = "return [...document.querySelectorAll('#positions tbody tr[data-row]')].map(row => row.dataset.row)"
    return list(browser.execute_script(script))


def symbols(browser: Any) -> list[str]:
    return [key.split()[1] for key in rows(browser)]


def quantity(browser: Any, key: str) -> str:
    return text(browser, f"#positions tr[data-row='{key}'] td:nth-child(4)")


def loaded(browser: Any, url: str, count: int = 4) -> None:
    browser.get(url)
    until(lambda: len(rows(browser)) >= count)


def test_a_fill_is_on_the_page_as_it_is_pushed(
    browser: Any, running: RunningExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing is read again within the hour: what comes to the page was pushed, all the way.
    monkeypatch.setattr(Picture.__init__, "__kwdefaults__", {"interval_s": 3600.0})
    with served(running, "bitget", "bitmart", live=True) as page:
        loaded(browser, page.url, 8)
        until(lambda: text(browser, "#accounts .card[data-account=bitget] dd:nth-of-type(2)") == "live")
        assert text(browser, "#line") == "live"
        before = quantity(browser, f"bitget {BTC} long")
        order = fa.OrderRequest(symbol=BTC, side="buy", type="market", quantity="0.01")
        page.do(lambda accounts: accounts["bitget"].create_order(order))
        until(lambda: quantity(browser, f"bitget {BTC} long") != before)
        until(lambda: "0.01" in text(browser, "#fills tbody"))
        assert until(lambda: browser.find_elements(By.CSS_SELECTOR, "#totals svg path"))
        assert "NaN" not in text(browser, "body")


def test_alerts_of_the_rules_stand_on_the_page(browser: Any, running: RunningExchange) -> None:
    rule = fa.Rule(name="any loss or profit", metric=fa.Metric.PNL_OVER_MARGIN, above=Decimal("-10"))
    with served(running, "bitget", rules=[rule]) as page:
        loaded(browser, page.url)
        until(lambda: f"any loss or profit: bitget {BTC} long" in text(browser, "#alerts"))


def test_it_is_used_by_keyboard(browser: Any, running: RunningExchange) -> None:
    def press(*keys: str) -> None:
        ActionChains(browser).send_keys(*keys).perform()

    def focused(script: str) -> Any:
        return browser.execute_script(f"return document.activeElement.{script}")

    with served(running, "bitget", "bitmart", token=TOKEN, trading=True) as page:
        log_in(browser, page.url)
        until(lambda: len(rows(browser)) >= 8)
        browser.execute_script("window.stays = true")
        press(Keys.TAB)
        assert focused("textContent") == "Skip to the positions"
        press(Keys.ENTER)
        until(lambda: focused("id") == "positions")
        press(Keys.TAB)
        assert focused("textContent").startswith("account")
        press(Keys.ENTER)
        until(lambda: rows(browser) == sorted(rows(browser), key=lambda key: key.split()[0]))
        assert focused("textContent") == "account ▲"
        browser.find_element(By.CSS_SELECTOR, f"[data-act='close bitget {BTC} long']").send_keys(Keys.ENTER)
        until(lambda: "close BTC/USDT:USDT long" in text(browser, "#ask-steps"))
        press(Keys.ESCAPE)
        until(lambda: not browser.find_element(By.ID, "ask").is_displayed())
        assert focused("dataset.act") == f"close bitget {BTC} long"
        assert browser.execute_script("return window.stays")


def test_an_accounts_name_leads_to_its_positions(browser: Any, running: RunningExchange) -> None:
    with served(running, "bitget", "bitmart") as page:
        loaded(browser, f"{page.url}#sort=-quantity&filter=eth", 2)
        browser.find_element(By.CSS_SELECTOR, "#accounts .card[data-account=bitmart] a").click()
        until(lambda: {key.split()[0] for key in rows(browser)} == {"bitmart"})
        assert browser.find_element(By.ID, "filter").get_attribute("value") == "bitmart"
        browser.back()
        until(lambda: len(rows(browser)) == 2)
        assert browser.find_element(By.ID, "filter").get_attribute("value") == "eth"


def test_a_clock_that_is_wrong_makes_nothing_old(browser: Any, running: RunningExchange) -> None:
    hour = {"source": "const now = Date.now.bind(Date); Date.now = () => now() + 3600e3;"}
    script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", hour)
    try:
        with served(running, "bitget") as page:
            loaded(browser, page.url)
            until(lambda: text(browser, ".card[data-account=bitget] .state") == "ok")
            assert not browser.find_elements(By.CSS_SELECTOR, "tr.stale")
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def test_sorting_and_filtering_stand_in_the_address(browser: Any, running: RunningExchange) -> None:
    with served(running, "bitget", "bitmart") as page:
        loaded(browser, page.url, 8)
        browser.find_element(By.CSS_SELECTOR, "#positions th:nth-child(2) button").click()
        until(lambda: symbols(browser) == sorted(symbols(browser)))
        assert len(set(symbols(browser))) > 2
        browser.find_element(By.CSS_SELECTOR, "#positions th:nth-child(2) button").click()
        until(lambda: "sort=-symbol" in browser.current_url)
        browser.find_element(By.ID, "filter").send_keys("bitmart eth")
        until(lambda: [key.split()[0] for key in rows(browser)] == ["bitmart"])
        assert until(lambda: text(browser, "#count")) == "1 of 8 positions"
        kept = browser.current_url
        loaded(browser, kept, 1)
        assert [key.split()[0] for key in rows(browser)] == ["bitmart"]


def test_none_are_said_to_be_open_only_where_that_is_known(browser: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def asleep(picture: Picture) -> None:
        """Nothing is read."""

    first = Picture.look
    monkeypatch.setattr(Picture, "look", asleep)
    monkeypatch.setattr(streaming, "FIRST_S", 0.001)

    def said(table: str, words: str) -> None:
        until(lambda: words in text(browser, f"#{table} tbody"))

    with serve(seed=3) as dead:
        pass
    with serve(seed=2, setup=Setup(empty=True)) as flat, served(flat, "bitget") as page:
        browser.get(page.url)
        until(lambda: text(browser, "#line") == "live")
        said("positions", "Not read yet.")
        monkeypatch.setattr(Picture, "look", first)
        browser.get(page.url)
        said("positions", "No open positions.")
        said("orders", "No open orders.")
        with served(flat, "bitget", elsewhere={"bitmart": dead}) as other:
            browser.get(other.url)
            said("positions", "No open positions known; nothing is known of bitmart.")
            said("orders", "No open orders known; nothing is known of bitmart.")
            assert "0 positions; nothing is known of bitmart" in text(browser, "#count")
        said("orders", "No open orders when the connection was lost.")


def test_what_is_not_known_is_sorted_last_and_equal_ids_hide_nothing(
    browser: Any, running: RunningExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, filled, summed = reading.position_row, reading.fill_row, reading.totals
    odd: dict[str, dict[str, Any]] = {
        "ETH/USDT:USDT": {"unrealized_pnl": None, "danger": "far"},
        "XRP/USDT:USDT": {"danger": "near", "danger_left": "0.01", "danger_ratio": "0.96"},
    }

    def row(position: fa.Position, ratio: Decimal | None = None) -> dict[str, Any]:
        return {**made(position, ratio), **odd.get(position.symbol, {})}

    def numbered(name: str, fill: fa.Fill) -> dict[str, Any]:
        return {**filled(name, fill), "key": "1"}

    def totals(snapshot: Snapshot) -> dict[str, Any]:
        sums = summed(snapshot)
        sums["USDT"] |= {"missing": ["okx"], "missing_parts": {"okx": ["margin"]}}
        return sums

    monkeypatch.setattr(reading, "position_row", row)
    monkeypatch.setattr(reading, "totals", totals)
    monkeypatch.setattr(reading, "fill_row", numbered)
    with served(running, "bitget", live=True) as page:
        loaded(browser, page.url)
        assert symbols(browser)[0] == "XRP/USDT:USDT"
        assert "the greatest danger first" in text(browser, "#count")
        assert "ratio 96.0 %, " in text(browser, "#positions tr.near")
        assert "not in margin" in text(browser, ".card[data-account=USDT]")
        for _ in range(2):
            browser.find_element(By.CSS_SELECTOR, "#positions th:nth-child(9) button").click()
            until(lambda: symbols(browser)[-1] == "ETH/USDT:USDT")
        assert "sort=-pnl" in browser.current_url
        browser.find_element(By.CSS_SELECTOR, "#positions th:nth-child(9) button").click()
        until(lambda: "sort=" not in browser.current_url)
        browser.find_element(By.ID, "filter").send_keys("no-such")
        until(lambda: "None of the 4 positions is of this filter." in text(browser, "#positions tbody"))
        for side in fa.Side:
            page.do(partial(at_market, side))
        until(lambda: len(browser.find_elements(By.CSS_SELECTOR, "#fills tbody tr[data-key]")) == 2)


async def at_market(side: fa.Side, accounts: dict[str, fa.FuturesExchange]) -> None:
    await accounts["bitget"].create_order(fa.OrderRequest(symbol=BTC, side=side, type="market", quantity="0.01"))


def test_a_venue_that_dies_looks_stale_and_the_others_go_on(browser: Any, running: RunningExchange) -> None:
    with ExitStack() as other:
        elsewhere = {"bitmart": other.enter_context(serve(seed=3))}
        with served(running, "bitget", elsewhere=elsewhere) as page:
            loaded(browser, page.url, 8)
            state = ".card[data-account={}] .state"
            assert until(lambda: text(browser, state.format("bitmart"))) == "ok"
            other.close()
            until(lambda: text(browser, state.format("bitmart")) == "stale")
            until(lambda: browser.find_elements(By.CSS_SELECTOR, "#positions tr.stale[data-row^=bitmart]"))
            assert not browser.find_elements(By.CSS_SELECTOR, "#positions tr.stale[data-row^=bitget]")
            old = "return [...document.querySelectorAll('#orders tr.stale')].map(row => row.dataset.key.split(' ')[0])"
            assert set(browser.execute_script(old)) == {"bitmart"}
            assert text(browser, state.format("bitget")) == "ok"
            assert len(rows(browser)) == 8
            assert "old in it\nbitmart" in text(browser, "#totals .card[data-account=USDT]")


def test_it_comes_back_when_the_service_does(browser: Any, running: RunningExchange) -> None:
    with served(running, "bitget") as page:
        loaded(browser, page.url)
        port = page.port
    until(lambda: text(browser, "#line").startswith("no connection"))
    until(lambda: len(browser.find_elements(By.CSS_SELECTOR, "#positions tr.stale")) == 4)
    with served(running, "bitget", port=port):
        until(lambda: text(browser, "#line") == "live")
        until(lambda: len(rows(browser)) == 4)


def test_a_session_that_has_ended_leads_to_the_login(browser: Any, running: RunningExchange) -> None:
    with served(running, "bitget", token=TOKEN) as page:
        log_in(browser, f"{page.url}#filter=btc")
        until(lambda: len(rows(browser)) == 1)  # the address is kept on the way in
        port = page.port
        browser.delete_all_cookies()
    with served(running, "bitget", port=port, token=TOKEN):
        until(lambda: browser.current_url.endswith("/login#filter=btc"))


def test_a_tab_that_nobody_sees_holds_no_connection_and_goes_on(browser: Any, running: RunningExchange) -> None:
    with served(running, "bitget") as page:

        def readers() -> str:
            metrics = httpx.get(f"{page.url}metrics", trust_env=False).text
            return metrics.partition("\nfutures_async_readers ")[2].partition("\n")[0]

        loaded(browser, page.url)
        assert readers() == "1.0"
        browser.execute_script(ASKED)
        shown = browser.current_window_handle
        browser.switch_to.new_window("tab")
        try:
            until(lambda: readers() == "0.0")
        finally:
            browser.close()
            browser.switch_to.window(shown)
        until(lambda: readers() == "1.0")
        [address] = until(lambda: browser.execute_script("return window.asked"))
        assert address.startswith("events?last_event_id=")
        until(lambda: text(browser, "#line") == "live")


def test_a_clock_that_is_set_and_a_computer_that_slept_are_found_out(browser: Any, running: RunningExchange) -> None:
    with served(running, "bitget") as page:
        loaded(browser, page.url)
        browser.execute_script(f"{ASKED} const now = Date.now.bind(Date); Date.now = () => now() + 3600e3;")
        assert until(lambda: browser.execute_script("return window.asked")) == ["events"]
        until(lambda: text(browser, ".card[data-account=bitget] .state") == "ok")
        until(lambda: not browser.find_elements(By.CSS_SELECTOR, "tr.stale"))


def test_it_begins_where_nothing_may_be_kept_and_the_first_answers_are_cut(
    browser: Any, running: RunningExchange
) -> None:
    script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": HINDERED})
    try:
        with served(running, "bitget") as page:
            loaded(browser, page.url)
            browser.find_element(By.ID, "theme").click()
            assert browser.execute_script("return window.cut") == 0
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def test_what_has_not_changed_is_not_read_aloud_again(browser: Any, running: RunningExchange) -> None:
    rule = fa.Rule(name="any", metric=fa.Metric.ACCOUNT_COVERAGE, above=Decimal("-10"))
    with served(running, "bitget", rules=[rule]) as page:
        loaded(browser, page.url)
        until(lambda: "any: bitget" in text(browser, "#alerts"))
        browser.execute_script(ALOUD)
        before = text(browser, "#accounts dd")
        until(lambda: text(browser, "#accounts dd") != before)
        assert browser.execute_script("return window.aloud") == []


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_it_is_readable_dark_and_narrow_and_aloud(
    browser: Any, running: RunningExchange, width: int, dark: bool
) -> None:
    browser.set_window_size(width, 900)
    try:
        with served(running, "bitget", "bitmart", token=TOKEN, trading=True) as page:
            log_in(browser, page.url)
            until(lambda: len(rows(browser)) >= 8)
            theme = "return document.documentElement.dataset.theme"
            if browser.execute_script(theme) != ("dark" if dark else "light"):
                browser.find_element(By.ID, "theme").click()
            assert browser.execute_script(WIDER) == []
            assert browser.execute_script(CUT) == []
            axe: Any = Axe()
            found: Any = axe.run(browser)
            serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
            assert serious == []
            take_picture(browser, width, dark)
    finally:
        browser.set_window_size(1400, 1000)


def take_picture(browser: Any, width: int, dark: bool) -> None:
    """Where `FUTURES_ASYNC_PICTURES=docs/pictures` asks for it: those of the documentation, with some equity drawn."""
    folder, name = os.environ.get("FUTURES_ASYNC_PICTURES"), PICTURES.get((width, dark))
    if folder and name:
        points = "return document.querySelector('#totals svg path')?.getAttribute('d').split('L').length"
        until(lambda: (browser.execute_script(points) or 0) > 15)
        browser.save_screenshot(str(Path(folder) / name))


def log_in(browser: Any, url: str, token: str = TOKEN) -> None:
    browser.get(url)
    browser.delete_all_cookies()
    browser.get("about:blank")  # a mere change behind the # would load nothing
    browser.get(url)
    field = until(lambda: browser.find_element(By.NAME, "token"))
    field.send_keys(token)
    browser.find_element(By.CSS_SELECTOR, "button").click()


def test_a_wrong_token_is_told(browser: Any, running: RunningExchange) -> None:
    with served(running, "bitget", token=TOKEN) as page:
        log_in(browser, page.url, "not-the-token-at-all")
        until(lambda: text(browser, "#said") == "That is not the token.")
        assert browser.current_url.endswith("/login")


def test_a_position_is_closed_after_a_confirmation(browser: Any, running: RunningExchange) -> None:
    key = f"bitget {BTC} long"
    with served(running, "bitget", token=TOKEN, trading=True) as page:
        log_in(browser, page.url)
        until(lambda: key in rows(browser))
        until(lambda: browser.find_element(By.CSS_SELECTOR, f"[data-act='close {key}']")).click()
        until(lambda: "close BTC/USDT:USDT long" in text(browser, "#ask-steps"))
        assert page.do(lambda accounts: accounts["bitget"].fetch_positions(BTC))
        browser.find_element(By.ID, "ask-yes").click()
        until(lambda: text(browser, "#ask-title") == "This has happened")
        assert "done (filled)" in text(browser, "#ask-steps")
        browser.find_element(By.ID, "ask-no").click()
        until(lambda: key not in rows(browser))
        assert not page.do(lambda accounts: accounts["bitget"].fetch_positions(BTC))


def gone(browser: Any, selector: str) -> bool:
    return not browser.find_elements(By.CSS_SELECTOR, selector)


def act_on(browser: Any, button: str, says: str) -> None:
    """Press a button and confirm what it says."""
    until(lambda: browser.find_element(By.CSS_SELECTOR, button)).click()
    until(lambda: says in text(browser, "#ask-steps"))
    browser.find_element(By.ID, "ask-yes").click()


def test_an_order_and_a_stop_are_cancelled_after_a_confirmation(browser: Any, running: RunningExchange) -> None:
    with served(running, "bitget", token=TOKEN, trading=True) as page:
        stop = page.do(lambda accounts: place_stop(accounts["bitget"]))
        order, *_ = page.do(lambda accounts: accounts["bitget"].fetch_open_orders())
        log_in(browser, page.url)
        for one in (order, stop):
            button = f"[data-act='cancel bitget {one.order_id}']"
            act_on(browser, button, f"order {one.order_id} of {one.symbol}")
            until(lambda: text(browser, "#ask-title") == "This has happened")
            browser.find_element(By.ID, "ask-no").click()
            until(partial(gone, browser, button))
        assert page.do(lambda accounts: accounts["bitget"].fetch_trigger_orders()) == []


def test_a_halt_says_what_it_does_and_closes_where_that_is_wanted(browser: Any, running: RunningExchange) -> None:
    with served(running, "bitget", "bitmart", token=TOKEN, trading=True) as page:
        log_in(browser, page.url)
        until(lambda: len(rows(browser)) >= 8)
        until(lambda: browser.find_element(By.ID, "halt")).click()
        until(lambda: "cancel 1 order of BTC/USDT:USDT" in text(browser, "#ask-steps"))
        assert "close" not in text(browser, "#ask-steps")
        browser.find_element(By.CSS_SELECTOR, "#ask-close input").click()
        until(lambda: text(browser, "#ask-steps").count("close ") == 8)
        browser.find_element(By.ID, "ask-yes").click()
        until(lambda: text(browser, "#ask-title") == "This has happened")
        browser.find_element(By.ID, "ask-no").click()
        until(lambda: rows(browser) == [])
        until(lambda: text(browser, "#orders tbody") == "No open orders.")


def test_what_is_not_known_and_what_was_refused_are_told_apart(browser: Any, running: RunningExchange) -> None:
    async def lost(*_: Any, **__: Any) -> Any:
        raise fa.OutcomeUnknown("no answer", venue="bitget", symbol=BTC)

    async def lose(accounts: dict[str, fa.FuturesExchange]) -> None:
        accounts["bitget"].close_position = lost  # type: ignore[method-assign]

    with served(running, "bitget", token=TOKEN, trading=True) as page:
        log_in(browser, page.url)
        page.do(lose)
        button = f"[data-act='close bitget {BTC} long']"
        act_on(browser, button, "close BTC/USDT:USDT long")
        until(lambda: text(browser, "#ask-title") == "Not known: look at the venue")
        assert "unknown" in text(browser, "#ask-steps")
        browser.find_element(By.ID, "ask-no").click()
        browser.find_element(By.CSS_SELECTOR, button).click()
        until(lambda: "close BTC/USDT:USDT long" in text(browser, "#ask-steps"))
        browser.delete_all_cookies()
        browser.find_element(By.ID, "ask-yes").click()
        until(lambda: text(browser, "#ask-title") == "Refused: nothing was done")


HOLD = """
window.held = [];
window.answered = 0;
const real = window.fetch;
window.fetch = async (path, options) => {
  if (path !== "act") return real(path, options);
  await new Promise((free) => window.held.push(free));
  const answer = await real(path, options);
  const said = await answer.json();
  window.answered += 1;
  return { ok: answer.ok, status: answer.status, json: async () => said };
};
"""
"""What the page asks for waits until the test frees it."""


def hold(browser: Any) -> Callable[[int], None]:
    """Hold all that is sent from now on; the function lets one go, and waits until its answer has come."""
    browser.execute_script(HOLD)

    def free(index: int) -> None:
        answered = browser.execute_script("return window.answered")
        until(lambda: browser.execute_script(f"return window.held.length > {index}"))
        browser.execute_script(f"window.held[{index}]()")
        until(lambda: browser.execute_script("return window.answered") > answered)

    return free


def can_confirm(browser: Any) -> bool:
    return bool(browser.find_element(By.ID, "ask-yes").is_displayed())


def test_a_late_answer_to_another_question_is_not_shown(browser: Any, running: RunningExchange) -> None:
    with served(running, "bitget", token=TOKEN, trading=True) as page:
        log_in(browser, page.url)
        until(lambda: len(rows(browser)) >= 4)
        first, second = (f"[data-act='close {key}']" for key in rows(browser)[:2])
        says = [f"close {' '.join(key.split()[1:])}" for key in rows(browser)[:2]]
        free = hold(browser)
        browser.find_element(By.CSS_SELECTOR, first).click()
        browser.find_element(By.ID, "ask-no").click()
        browser.find_element(By.CSS_SELECTOR, second).click()
        free(0)
        assert (text(browser, "#ask-steps"), can_confirm(browser)) == ("", False)
        free(1)
        assert says[1] in text(browser, "#ask-steps")
        assert says[0] not in text(browser, "#ask-steps")
        assert can_confirm(browser)


def test_a_halt_that_closes_too_is_confirmed_as_that(browser: Any, running: RunningExchange) -> None:
    with served(running, "bitget", token=TOKEN, trading=True) as page:
        log_in(browser, page.url)
        until(lambda: len(rows(browser)) >= 4)
        free = hold(browser)
        browser.find_element(By.ID, "halt").click()
        browser.find_element(By.CSS_SELECTOR, "#ask-close input").click()
        free(0)
        assert (text(browser, "#ask-steps"), can_confirm(browser)) == ("", False)
        free(1)
        assert text(browser, "#ask-steps").count("close ") == 4
        assert can_confirm(browser)


def test_what_was_not_shown_is_not_done(browser: Any, running: RunningExchange) -> None:
    order = fa.OrderRequest(symbol=BTC, side="buy", type="market", quantity="0.01")
    with served(running, "bitget", token=TOKEN, trading=True) as page:
        page.do(lambda accounts: accounts["bitget"].close_position(BTC))
        log_in(browser, page.url)
        until(lambda: len(rows(browser)) >= 3)
        until(lambda: browser.find_element(By.ID, "halt")).click()
        browser.find_element(By.CSS_SELECTOR, "#ask-close input").click()
        until(lambda: text(browser, "#ask-steps").count("close ") == 3)
        page.do(lambda accounts: accounts["bitget"].create_order(order))
        browser.find_element(By.ID, "ask-yes").click()
        until(lambda: text(browser, "#ask-title") == "Not all was done")
        assert f"not done, for it was not shown: close {BTC} long 0.01" in text(browser, "#ask-steps")
        (left,) = page.do(lambda accounts: accounts["bitget"].fetch_positions())
        assert left.symbol == BTC


def test_what_is_under_way_is_not_left(browser: Any, running: RunningExchange) -> None:
    with served(running, "bitget", token=TOKEN, trading=True) as page:
        log_in(browser, page.url)
        until(lambda: len(rows(browser)) >= 4)
        free = hold(browser)
        browser.find_element(By.CSS_SELECTOR, f"[data-act='close bitget {BTC} long']").click()
        free(0)
        browser.find_element(By.ID, "ask-yes").click()
        for _ in range(3):
            ActionChains(browser).send_keys(Keys.ESCAPE).perform()
        until(lambda: browser.find_element(By.ID, "ask").is_displayed())
        assert text(browser, "#ask-title") == "Under way…"
        assert not browser.find_element(By.ID, "ask-no").is_enabled()
        free(1)
        until(lambda: text(browser, "#ask-title") == "This has happened")
        browser.find_element(By.ID, "ask-no").click()
        assert not browser.find_element(By.ID, "ask").is_displayed()


def test_what_was_refused_by_the_venue_has_not_happened(browser: Any, running: RunningExchange) -> None:
    async def refused(*_: Any, **__: Any) -> Any:
        raise fa.OrderRejected("reduce only", venue="bitget", code="22002", outcome=fa.Outcome.REJECTED)

    async def refuse(accounts: dict[str, fa.FuturesExchange]) -> None:
        accounts["bitget"].close_position = refused  # type: ignore[method-assign]

    with served(running, "bitget", token=TOKEN, trading=True) as page:
        log_in(browser, page.url)
        page.do(refuse)
        act_on(browser, f"[data-act='close bitget {BTC} long']", "close BTC/USDT:USDT long")
        until(lambda: text(browser, "#ask-title") == "Not all was done")
        assert "close BTC/USDT:USDT: refused" in text(browser, "#ask-steps")


SOURCE = """
window.heard = {};
window.EventSource = class {
  addEventListener(kind, act) { window.heard[kind] = act; }
  close() {}
};
"""
"""The page is told what the test says, and nothing else."""
ASKED = """
window.asked = [];
const Source = window.EventSource;
window.EventSource = class extends Source {
  constructor(address) { super(address); window.asked.push(address); }
};
"""
"""Keeps what is listened to from now on."""
HINDERED = """
Object.defineProperty(window, "localStorage", { get() { throw new DOMException("denied", "SecurityError"); } });
const reach = window.fetch;
window.cut = 2;
window.fetch = (...asked) => {
  if (!window.cut) return reach(...asked);
  window.cut -= 1;
  return window.cut ? Promise.reject(new TypeError("cut")) : Promise.resolve(new Response("<html>", { status: 502 }));
};
"""
"""Nothing may be kept, and the first two answers are a cut line and a proxy's page."""


def test_little_money_is_shown_to_six_decimals(browser: Any, running: RunningExchange) -> None:
    coin: dict[str, Any] = {"missing": [], "missing_parts": {}, "margin": "0.00012", "exposure_ratio": None}
    totals: dict[str, dict[str, Any]] = {
        "BTC": {"coin": "BTC", "equity": "0.03451234", "unrealized_pnl": "-0.000123", "exposure": "2", **coin},
        "USDT": {"coin": "USDT", "equity": "12345.678", "unrealized_pnl": "100.129", "exposure": "1", **coin},
    }
    script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SOURCE})
    try:
        with served(running, "bitget") as page:
            browser.get(page.url)
            until(lambda: browser.execute_script("return Boolean(window.heard.changes)"))
            browser.execute_script("window.heard.changes({ data: JSON.stringify({ totals: arguments[0] }) })", totals)
            until(lambda: "BTC" in text(browser, "#totals"))
            shown = "return [...document.querySelectorAll('#totals dd')].map(one => one.innerText)"
            cells = browser.execute_script(shown)
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
    assert cells[:4] == ["0.034512", "-0.000123", "0.00012", "2.00"]
    assert cells[5:8] == ["12,345.68", "+100.13", "0.00012"]


def test_no_name_and_no_time_of_a_venue_stops_the_page(browser: Any, running: RunningExchange) -> None:
    name = "constructor"  # JavaScript's objects have one of their own
    account: dict[str, Any] = {
        "account": name,
        "status": "ok",
        "stream": "live",
        "as_of_ms": 1,
        "not_known": [],
        "balances": [],
    }
    coin: dict[str, Any] = {"coin": name, "equity": "7", "exposure": "1", "missing": [], "missing_parts": {}}
    fills = [{"key": "1", "account": name, "symbol": "<b>X</b>", "price": "1", "quantity": "1", "created_ms": 2e18}]
    whole: dict[str, Any] = {"accounts": {name: account}, "totals": {name: coin}, "fills": fills}
    script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SOURCE})
    try:
        with served(running, "bitget") as page:
            browser.get(page.url)
            until(lambda: browser.execute_script("return Boolean(window.heard.snapshot)"))
            browser.execute_script("window.heard.snapshot({ data: JSON.stringify(arguments[0]) })", whole)
            until(lambda: "<b>X</b>" in text(browser, "#fills tbody"))
            assert text(browser, "#totals dd") == "7.00"
            assert text(browser, "#accounts h3 a") == name
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
