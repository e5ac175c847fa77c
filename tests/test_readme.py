"""The README says what is true: its table is generated, its commands are the ones CI runs; programs with a name run.

Those without one are run by `test_docs.py`.
"""

from __future__ import annotations

import asyncio
import operator
import re
import subprocess
import sys
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import futures_async as fa
from futures_async.accounts.source import PARTS, plain_options
from futures_async.adapters import BUILT_IN
from futures_async.simulator.demo import Setup
from futures_async.simulator.server import RunningExchange, serve
from tests.pages import ROOT, example, examples, load, names_of

README = ROOT / "README.md"
TABLE = re.compile(r"(<!-- capabilities:.*?-->\n).*?(<!-- /capabilities -->)", re.DOTALL)


def test_the_table_of_venues_is_what_the_adapters_declare(request: pytest.FixtureRequest) -> None:
    page = README.read_text(encoding="utf-8")
    expected = TABLE.sub(lambda match: match[1] + "\n" + load("docs/tables.py").capability_table() + match[2], page)
    if request.config.getoption("--rewrite-readme"):
        README.write_text(expected, encoding="utf-8")
    assert README.read_text(encoding="utf-8") == expected, "run pytest tests/test_readme.py --rewrite-readme"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every Python example of the pages, in a folder that sees nothing of this repository but the package."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "futures_async").symlink_to(ROOT / "futures_async")
    for one in examples():
        (folder / f"{one.id}.py").write_text(one.code, encoding="utf-8")
    return folder


CHECKERS = {
    "mypy": ["mypy", "--strict", "--no-error-summary", "--follow-imports=silent", "--cache-dir=.mypy_cache"],
    "pyright": ["pyright", "--pythonpath", sys.executable],
}


@pytest.mark.parametrize("checker", CHECKERS)
def test_every_example_passes_the_type_checkers(folder: Path, checker: str) -> None:
    files = sorted(path.name for path in folder.glob("*.py"))
    assert len(files) >= 30
    if checker == "pyright":
        (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    command = [sys.executable, "-m", *CHECKERS[checker], *files]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.asyncio
async def test_the_bot_runs_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    names = names_of(example("bot"), "README.md")
    with serve(seed=3) as running:
        await names["main"](running.credentials("bitget"), base_url=running.base_url)
    printed = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\d+ new", printed[0])
    assert "Position(venue='bitget', symbol='BTC/USDT:USDT'" in printed[1]


@pytest.mark.asyncio
async def test_the_bot_on_streams_answers_each_fill_once() -> None:
    names = names_of(example("streams"), "streams.md")
    with serve(only=["bitget"], setup=Setup(empty=True), seed=3) as running:
        async with fa.connect("bitget", running.credentials("bitget"), base_url=running.base_url) as exchange:
            bot = asyncio.create_task(names["main"](running.credentials("bitget"), running.base_url))
            async with exchange.watch_orders("BTC/USDT:USDT") as orders:
                await orders.live()
                for _ in range(3):
                    request = fa.OrderRequest(symbol="BTC/USDT:USDT", side="buy", type="market", quantity="0.01")
                    await exchange.create_order(request)
                async with asyncio.timeout(120):
                    while len(orders.current) < 3:
                        await anext(orders)
            sells = await exchange.fetch_open_orders("BTC/USDT:USDT")
            assert [(one.side, one.quantity) for one in sells] == [(fa.Side.SELL, Decimal("0.01"))] * 3
            bot.cancel()
            await asyncio.gather(bot, return_exceptions=True)


@pytest.mark.asyncio
async def test_the_watching_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    with serve(only=["bitget"], setup=Setup(empty=True), seed=3) as running:
        async with fa.connect("bitget", running.credentials("bitget"), base_url=running.base_url) as exchange:
            watching = asyncio.create_task(run_example("watching", exchange))
            async with exchange.watch_orders() as orders:
                await orders.live()
                await exchange.create_order(
                    fa.OrderRequest(symbol="BTC/USDT:USDT", side="buy", type="market", quantity="0.01")
                )
                async with asyncio.timeout(120):
                    await watching
    assert re.search(r"^closed \d+ filled (push|read)$", capsys.readouterr().out, re.MULTILINE)


def accounts(running: RunningExchange) -> dict[str, fa.FuturesExchange]:
    return {
        name: fa.connect(name, running.credentials(name), base_url=running.base_url) for name in ("bitget", "bitmart")
    }


async def run_example(name: str, *arguments: Any) -> None:
    await names_of(example(name), name)["main"](*arguments)


@pytest.mark.asyncio
async def test_the_portfolio_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    with serve(seed=3) as running:
        async with AsyncExitStack() as stack:
            exchanges = {
                name: await stack.enter_async_context(exchange) for name, exchange in accounts(running).items()
            }
            await run_example("portfolio", exchanges)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["bitget", "ok"], ["bitmart", "ok"]]
    (usdt,) = [line.split() for line in lines if line.startswith("USDT ")]
    assert usdt[2:] == ["without", "()"]
    assert "BTC/USDT:USDT 0.280" in lines


@pytest.mark.asyncio
async def test_the_order_manager_example_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serve(seed=3) as running:
        async with accounts(running)["bitget"] as exchange:
            await run_example("manager", exchange, str(tmp_path / "journal.sqlite"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["0 0 0", "0.0300 3"]
    assert [line.split()[0] for line in lines[-3:]] == ["filled"] * 3
    assert lines[-1].split()[2] == "0.03"


def test_the_risk_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    names_of(example("risk"), "risk.md")
    price, distance, size, level = capsys.readouterr().out.split()
    # 369 is 3000 for each coin, so P = (30000.5 - 3000) / (1 - 0.004).
    assert abs(Decimal(price) - Decimal("27000.5") / Decimal("0.996")) < Decimal("1e-20")
    assert abs(Decimal(distance) - (31000 - Decimal(price)) / 31000) < Decimal("1e-20")
    assert (size, level) == ("0.064", "safe")


@pytest.mark.asyncio
async def test_the_risk_monitor_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    with serve(seed=3) as running:
        async with accounts(running)["bitget"] as exchange:
            await run_example("monitor", {"main": exchange})
    assert capsys.readouterr().out.splitlines()[0] == "near liquidation XRP/USDT:USDT short"


DOCUMENTED_HELPERS = {
    "calculate_position_risk", "get_risk_level", "monitor_account_risk", "monitor_position_risk", "reduce_positions",
    "reduce_position_size", "calculate_safe_position_size", "adjust_position_margin",
    "OrderManager.place_order_with_retry", "OrderTracker.update_order", "OrderTracker.process_filled_order",
    "place_large_order", "distanceToLiq", "positionDashboard",
}  # fmt: skip


def test_every_helper_of_the_documents_has_its_place_here() -> None:
    page = (ROOT / "docs" / "how-to" / "risk.md").read_text(encoding="utf-8")
    section = page[page.index("## The documents' helpers") :]
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if "`" in line]
    named = {name for row in table for name in re.findall(r"`([\w.]+)`", row[0])}
    assert named >= DOCUMENTED_HELPERS
    for row in table:
        places = re.findall(r"`fa\.([\w.]+)`", row[1])
        assert places, row
        for place in [*places, *re.findall(r"`fa\.([\w.]+)`", row[2])]:
            assert callable(operator.attrgetter(place)(fa)), place


@pytest.mark.parametrize("name", ["web_service", "tracing", "metrics"])
def test_the_programs_shown_are_the_ones_that_are_tested(name: str) -> None:
    assert example(name) == (ROOT / f"tests/examples/{name}.py").read_text(encoding="utf-8")


def test_ci_runs_exactly_the_two_commands_of_the_page() -> None:
    found = subprocess.run(
        [sys.executable, ".ci/readme_commands.py", "README.md"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert len(found) == 2
    assert found[0].endswith("futures-async watch --simulated")
    assert "-m pytest" in found[1]


def test_every_word_of_an_account_is_explained() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    table = page[page.index("<!-- words of an account -->") :].split("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    explained = {word for cell in cells for word in re.findall(r"`(\w+)`", cell)}
    words = {word for venue in BUILT_IN for word in plain_options(venue) or ()}
    assert explained == {"venue", *PARTS, *words}


@pytest.mark.parametrize("page", ["CHANGELOG.md", "SECURITY.md", "futures_async/adapters/README.md"])
def test_links_between_the_pages_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_the_changelog_is_read_by_subject() -> None:
    """A merge by union (`.gitattributes`) of an older branch brings back the list that it once was."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    stray = [line for line in re.split(r"^#### ", text, flags=re.M)[0].splitlines() if line.startswith("- ")]
    assert not stray, "take main's CHANGELOG.md (git checkout main -- CHANGELOG.md) and put your line under its subject"
    assert len(text.splitlines()) < 150, "join what belongs together, and leave out mends of what no release had wrong"


def test_the_readme_can_be_read_where_there_are_no_files_beside_it() -> None:
    """A package index shows it alone: it names pages instead of linking to them, and all that it names is there."""
    page = README.read_text(encoding="utf-8")
    assert [target for target in re.findall(r"\]\(([^)]+)\)", page) if not target.startswith("https://")] == []
    assert len(page.splitlines()) <= 200
    section = page[page.index("## Where to read on") : page.index("## Venues")]
    named = re.findall(r"`([\w./-]+(?:\.md|/))`", section)
    assert len(named) > 15
    assert [name for name in named if not any((folder / name).exists() for folder in (ROOT, ROOT / "docs"))] == []
