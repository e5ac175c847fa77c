"""The documentation says what is true and names all there is: its programs run, its figures are the code's.

That it builds without a warning is a step of its own in CI.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
import typer.main

import futures_async as fa
from futures_async import adapters
from futures_async.adapters import BUILT_IN
from futures_async.cli.app import app
from futures_async.registry import adapter_class
from futures_async.simulator.pytest_plugin import LIVE
from futures_async.simulator.server import RunningExchange, serve
from futures_async.unified import errors
from futures_async.unified.models.base import Model
from tests.pages import DOCS, PAGES, ROOT, Example, examples, load, names_of

TABLES = load("docs/tables.py")
REFERENCE = "\n".join(page.read_text(encoding="utf-8") for page in sorted((DOCS / "reference").glob("*.md")))
DOCUMENTED = set(re.findall(r"\.\. auto(?:class|function):: (?:futures_async\.)?(\w+)", REFERENCE))
WHOLE_MODULES = {"risk", "web", *(name for name in vars(errors) if isinstance(getattr(errors, name), type))}


# What the pages name


@pytest.mark.parametrize("name", fa.__all__)
def test_every_export_is_in_the_reference(name: str) -> None:
    assert name in DOCUMENTED | WHOLE_MODULES


@pytest.mark.parametrize("name", adapters.__all__)
def test_every_adapter_is_in_the_reference(name: str) -> None:
    assert name in DOCUMENTED


def test_every_page_is_in_the_index() -> None:
    listed = [*(DOCS / "index.md").read_text(encoding="utf-8").splitlines()]
    listed += [f"venues/{line}" for line in (DOCS / "venues" / "index.md").read_text(encoding="utf-8").splitlines()]
    pages = {str(page.relative_to(DOCS).with_suffix("")) for page in DOCS.glob("**/*.md")} - {"index"}
    assert pages <= set(listed)


def test_every_venue_has_a_page_that_tells_what_its_adapter_declares() -> None:
    for venue in BUILT_IN:
        page = (DOCS / "venues" / f"{venue}.md").read_text(encoding="utf-8")
        assert f"```{{from-code}} venue {venue}\n" in page


def test_every_command_is_on_the_page_of_the_command_line() -> None:
    page = (DOCS / "command-line.md").read_text(encoding="utf-8")
    tree: Any = typer.main.get_command(app)
    names = [f"{name} {inner}" for name, one in tree.commands.items() for inner in getattr(one, "commands", ())]
    names += [name for name, one in tree.commands.items() if not getattr(one, "commands", ())]
    assert len(names) > 12
    assert [name for name in names if not re.search(rf"[`$ ]{re.escape(name)}[` ]", page)] == []


def _commands_shown() -> list[str]:
    found: list[str] = []
    for page in PAGES:
        for block in re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            lines = block.replace("\\\n", " ").splitlines()
            found += [line.removeprefix("$ ") for line in lines if line.startswith("$ futures-async ")]
    return sorted(set(found))


@pytest.mark.parametrize("line", _commands_shown())
def test_every_command_that_is_shown_is_one_that_the_program_takes(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    command: Any = typer.main.get_command(app)
    while inner := getattr(command, "commands", None):
        command = inner[words.pop(0)]
    command.make_context("shown", words)  # which reads the words, and runs nothing


def test_every_extra_is_explained() -> None:
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    table = page[page.index("## Extras") :]
    named = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| ([^|]*) \|", table, re.MULTILINE))))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert named == set(project["optional-dependencies"])


# What is made from the code


@pytest.mark.parametrize("venue", BUILT_IN)
def test_the_facts_of_a_venue_are_those_that_its_adapter_declares(venue: str) -> None:
    page = TABLES.venue(venue)
    traits = TABLES.dialect_of(venue).traits
    if traits.window_s is not None:
        assert f"proved absent after | {TABLES.certain_after_s(venue):g} s |" in page
    for method in TABLES.own_methods(venue):
        assert f"{adapter_class(venue).__name__}.{method}`" in page
        assert re.search(rf"\.{method}` \| \S", page), "a method without a docstring"
    assert re.search(r"^\| `\w+ /", page, re.MULTILINE) or "None that is documented." in page


def test_every_option_is_explained() -> None:
    for row in [*TABLES.option_rows(adapter_class("bitget").takes), *TABLES.option_rows(TABLES.Options)]:  # type: ignore[attr-defined]
        assert row[-1], row
    assert "`trust_env`" in TABLES.options()


def test_the_tree_of_errors_has_every_error() -> None:
    tree = TABLES.error_tree()
    kinds = [name for name in fa.__all__ if inspect.isclass(kind := getattr(fa, name)) and issubclass(kind, Exception)]
    assert [kind for kind in kinds if kind != "LifecycleWarning" and not re.search(rf"\b{kind}\b", tree)] == []
    assert "  NotSupported\n" in tree
    assert "      NotCarried  (also NotSupported)\n" in tree


def test_every_command_is_in_the_reference_with_its_options() -> None:
    page = TABLES.commands()
    assert "## order place\n" in page
    assert "| `--venue`, `-v` |" in page


def test_what_orders_carry_is_told_for_each_adapter_that_places_any() -> None:
    lines = TABLES.order_words().splitlines()
    assert "`bittap`" not in lines[0]
    attached = dict(zip(lines[0].split("|"), next(x for x in lines if "`stop_loss`" in x).split("|"), strict=True))
    assert attached[" `bybit` "] == " yes; `limit_price`; by `index`, `last`, `mark` "
    assert attached[" `binance` "].strip() == ""


MODELS = [kind for name in fa.__all__ if inspect.isclass(kind := getattr(fa, name)) and issubclass(kind, Model)]


@pytest.mark.parametrize("model", [*MODELS, fa.OrderRequest, fa.Stop], ids=lambda model: model.__name__)
def test_every_field_says_what_it_is_and_in_which_unit(model: type[Any]) -> None:
    unit = re.compile(r"(?:\b|_)coin|[Tt]imes|fraction|seconds|Unix milliseconds|contracts|figures")
    for field, (kind, text) in TABLES.attributes(model).items():
        assert text, field
        # An account says once that everything is counted in its margin coin, a risk limit is the venue's own value.
        if ("Decimal" in kind and model is not fa.Account and field != "risk_limit") or field.endswith(("_ms", "_s")):
            assert unit.search(text.replace("Seconds", "seconds")), f"{field}: {text}"


STRUCTS = [
    kind for name in fa.__all__ if inspect.isclass(kind := getattr(fa, name)) and issubclass(kind, msgspec.Struct)
]


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.__name__)
def test_every_field_of_what_is_exported_says_what_it_is(struct: type[Any]) -> None:
    fields = TABLES.attributes(struct).items()
    assert [field for field, (_, text) in fields if not text and not field.startswith("_")] == []


HELD = [fa.FuturesExchange, fa.Watch, fa.Portfolio, fa.RiskMonitor, fa.OrderManager, fa.PositionBook, fa.Journal]


@pytest.mark.parametrize("kind", [*STRUCTS, *HELD], ids=lambda kind: kind.__name__)
def test_whatever_a_program_is_given_has_a_name_for_its_own_annotations(kind: type[Any]) -> None:
    given = [hint for name, hint in get_type_hints(kind).items() if not name.startswith("_")]
    for name, member in inspect.getmembers(kind):
        call = member.fget if isinstance(member, property) else member
        if inspect.isroutine(call) and not name.startswith("_"):
            given.append(get_type_hints(call).get("return"))
    while given:
        hint = given.pop()
        given += [*get_args(hint), *([origin] if (origin := get_origin(hint)) else [])]
        if isinstance(hint, type) and hint.__module__.partition(".")[0] == "futures_async":
            assert hint.__name__ in {*fa.__all__, *dir(fa.risk)}


# The programs


def own_examples() -> list[Example]:
    """Those without a name, which no other test runs."""
    return [one for one in examples() if not one.name]


@asynccontextmanager
async def _given(running: RunningExchange, example: Example) -> AsyncGenerator[dict[str, Any]]:
    """What a program of the pages may ask for, by the names of its arguments."""
    credentials = running.credentials("bitget")
    async with fa.connect("bitget", credentials, base_url=running.base_url) as exchange:
        yield {
            "credentials": credentials,
            "base_url": running.base_url,
            "exchange": exchange,
            "exchanges": {"main": exchange},
            "simulated_exchange": running,
            "request": fa.OrderRequest(
                symbol="BTC/USDT:USDT", side="buy", type="market", quantity="0.01", client_order_id=f"x{example.number}"
            ),
        }


def _keys_file(running: RunningExchange, folder: Path) -> Path:
    lines: list[str] = []
    for name, venue in (("mine", "bitget"), ("hedge", "bitmart")):
        one = running.credentials(venue)
        parts = {"key": one.key, "secret": one.secret, "passphrase": one.passphrase, "memo": one.memo}
        lines += [f"[{name}]", f'venue = "{venue}"', f'base_url = "{running.base_url}"']
        lines += [f'{word} = "{secret.reveal()}"' for word, secret in parts.items() if secret is not None]
    path = folder / "keys.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("one", own_examples(), ids=lambda one: one.id)
@pytest.mark.asyncio
async def test_every_program_of_the_pages_runs_and_prints_what_they_say(
    one: Example,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pytestconfig: pytest.Config,
) -> None:
    pytestconfig.addinivalue_line("markers", LIVE)  # as the plugin does, which is not loaded here
    names = names_of(one.code, one.page)
    called: list[Callable[..., Coroutine[Any, Any, Any]]] = [
        value for name, value in names.items() if name == "main" or name.startswith("test_")
    ]
    if called:
        with serve(seed=3) as running:
            monkeypatch.setenv("FUTURES_ASYNC_KEYS", str(_keys_file(running, tmp_path)))
            monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
            async with _given(running, one) as given:
                for function in called:
                    wanted = inspect.signature(function).parameters
                    async with asyncio.timeout(60):
                        await function(**{name: given[name] for name in wanted})
    printed = capsys.readouterr().out
    assert one.prints is None or re.fullmatch(re.escape(one.prints).replace("…", ".*"), printed), printed


def test_each_program_with_a_name_is_run_by_a_test_of_its_own() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py"))
    named = [one.name for one in examples() if one.name]
    assert len(named) == len(set(named))
    assert [name for name in named if f'"{name}"' not in tests] == []


def test_the_fixture_runs_as_the_page_on_testing_shows_it(tmp_path: Path) -> None:
    """In a pytest of its own, with the mode that the page names, and without."""
    page = (DOCS / "testing.md").read_text(encoding="utf-8")
    (settings,) = re.findall(r"```toml\n(\[tool\.pytest.*?)```", page, re.DOTALL)
    (code,) = [one.code for one in examples() if "def test_my_bot" in one.code]
    (own,) = [one.code for one in examples() if "def simulated_exchange_options" in one.code]
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(own.replace("bybit", "bitmart"), encoding="utf-8")
    (tmp_path / "test_bot.py").write_text(code.replace("fetch_positions()", "fetch_accounts()"), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    environ["PYTHONPATH"] = str(ROOT)

    def passes(*mode: str) -> bool:
        done = subprocess.run([*command, *mode], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
        return "1 passed" in done.stdout

    assert passes()
    assert not passes("-o", "asyncio_mode=strict")
