"""The page in a real browser: live, sorted and filtered, dark and narrow, read aloud, and acting."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import futures_async as fa
from futures_async.simulator.server import RunningExchange, serve
from tests.web.browsing import served
from tests.web.conftest import TOKEN

selenium = pytest.importorskip("selenium")

from axe_core_python.selenium import Axe  # type: ignore[import-untyped] # noqa: E402
from selenium.webdriver import Chrome, ChromeOptions  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402

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


def test_a_fill_is_on_the_page_within_a_second(browser: Any, running: RunningExchange) -> None:
    with served(running, "bitget", "bitmart") as page:
        loaded(browser, page.url, 8)
        assert text(browser, "#line") == "live"
        before = quantity(browser, f"bitget {BTC} long")
        order = fa.OrderRequest(symbol=BTC, side="buy", type="market", quantity="0.01")
        page.do(lambda accounts: accounts["bitget"].create_order(order))
        until(lambda: quantity(browser, f"bitget {BTC} long") != before)
        until(lambda: "0.01" in text(browser, "#fills tbody"))
        assert "bitget" in text(browser, "#accounts")
        assert until(lambda: browser.find_elements(By.CSS_SELECTOR, "#totals svg path"))


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
            assert text(browser, state.format("bitget")) == "ok"
            assert len(rows(browser)) == 8


def test_it_comes_back_when_the_service_does(browser: Any, running: RunningExchange) -> None:
    with served(running, "bitget") as page:
        loaded(browser, page.url)
        port = page.port
    until(lambda: text(browser, "#line").startswith("no connection"))
    with served(running, "bitget", port=port):
        until(lambda: text(browser, "#line") == "live")
        until(lambda: len(rows(browser)) == 4)


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_it_is_readable_dark_and_narrow_and_aloud(
    browser: Any, running: RunningExchange, width: int, dark: bool, tmp_path: Path
) -> None:
    browser.set_window_size(width, 900)
    try:
        with served(running, "bitget", "bitmart", token=TOKEN, trading=True) as page:
            log_in(browser, page.url)
            until(lambda: len(rows(browser)) >= 8)
            if (text(browser, "html") and browser.execute_script("return document.documentElement.dataset.theme")) != (
                "dark" if dark else "light"
            ):
                browser.find_element(By.ID, "theme").click()
            assert browser.execute_script(WIDER) == []
            axe: Any = Axe()
            found: Any = axe.run(browser)
            serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
            assert serious == []
            if folder := os.environ.get("FUTURES_ASYNC_SCREENSHOTS"):
                browser.save_screenshot(f"{folder}/page-{width}-{'dark' if dark else 'light'}.png")
    finally:
        browser.set_window_size(1400, 1000)


def log_in(browser: Any, url: str, token: str = TOKEN) -> None:
    browser.get(url)
    browser.delete_all_cookies()
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
