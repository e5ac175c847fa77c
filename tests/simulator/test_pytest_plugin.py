"""The shipped pytest plugin, and the mocks that people use beside it: what each of them answers for, and what not.

The inner tests run in a pytest of their own, as a user's would.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]

INNER = '''
import asyncio
import httpx, pytest, respx, vcr
import futures_async as fa
from futures_async.adapters import Bitget

URL = "https://api.bitget.com/api/v2/public/time"
ANSWER = {"code": "00000", "msg": "success", "requestTime": 1, "data": {"serverTime": "1700000000000"}}
CASSETTE = """
interactions:
- request: {body: '', headers: {}, method: GET, uri: https://api.bitget.com/api/v2/public/time}
  response:
    body: {string: '{"code":"00000","msg":"success","requestTime":1,"data":{"serverTime":"1700000000000"}}'}
    headers: {content-type: [application/json]}
    status: {code: 200, message: OK}
version: 1
"""

def asked(**options):
    async def main():
        async with Bitget(**options) as exchange:
            return await exchange.fetch_time()
    try:
        return asyncio.run(main()) == 1700000000000
    except fa.ConnectFailed as error:
        return f"{error.kind} {error}"

def options(http):
    return {"http": httpx.AsyncClient()} if http == "client" else {} if http == "default" else {"http": http}

over = pytest.mark.parametrize("http", ["default", "httpx", "client"])

@over
def test_nothing(http):
    assert asked(**options(http)) is True

@over
@pytest.mark.parametrize("using", ["httpcore", "httpx"])
def test_respx(http, using):
    with respx.mock(using=using, assert_all_called=False) as mock:
        mock.get(URL).respond(json=ANSWER)
        assert asked(**options(http)) is True

@over
def test_pytest_httpx(http, httpx_mock):
    httpx_mock.add_response(url=URL, json=ANSWER)
    assert asked(**options(http)) is True

@over
def test_vcrpy(http, tmp_path):
    (tmp_path / "cassette.yaml").write_text(CASSETTE)
    with vcr.use_cassette(str(tmp_path / "cassette.yaml"), record_mode="none"):
        assert asked(**options(http)) is True

@over
@pytest.mark.disable_socket
def test_pytest_socket(http):
    # An address, as pytest-socket 0.7 lets look-ups of names go out. Where nothing listens it would be "refused".
    assert asked(base_url="http://127.0.0.1:1", **options(http)).startswith("unreachable ")

def test_the_fixture(simulated_exchange):
    async def main():
        key = simulated_exchange.credentials("bitget")
        async with Bitget(key, base_url=simulated_exchange.base_url) as exchange:
            assert await exchange.fetch_positions()
    asyncio.run(main())
'''


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """How each of the inner tests ended: "" or what it failed with."""
    folder = tmp_path_factory.mktemp("inner")
    (folder / "test_inner.py").write_text(INNER)
    # Named, as a plugin that is installed would be found by its name; naming it twice does no harm.
    (folder / "conftest.py").write_text('pytest_plugins = ["futures_async.simulator.pytest_plugin"]\n')
    plugin = ["-p", "futures_async.simulator.pytest_plugin", "-p", "no:cacheprovider", "--strict-markers"]
    command = [sys.executable, "-m", "pytest", "-q", *plugin, "--allow-unix-socket", "--junit-xml=report.xml", "."]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}
    run = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    report = folder / "report.xml"
    assert report.exists(), run.stdout + run.stderr
    found: dict[str, str] = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        failed = "".join(part.attrib.get("message", "") for part in case)
        found[case.attrib["name"]] = found.get(case.attrib["name"], "") + failed
    return found


@pytest.mark.parametrize(
    ("tool", "answers_for"),
    [
        ("test_nothing[{}]", ()),
        ("test_respx[httpcore-{}]", ("httpx", "client")),
        ("test_respx[httpx-{}]", ("client",)),
        ("test_pytest_httpx[{}]", ("client",)),
        ("test_vcrpy[{}]", ("client",)),
        ("test_pytest_socket[{}]", ("default", "httpx", "client")),
    ],
)
def test_a_mock_answers_or_the_call_is_refused(ended: dict[str, str], tool: str, answers_for: tuple[str, ...]) -> None:
    for http in ("default", "httpx", "client"):
        failed = ended[tool.format(http)]
        assert (failed == "") == (http in answers_for), (http, failed)
        assert not failed or "forbidden" in failed


def test_the_fixture_serves_an_exchange_beside_the_gate(ended: dict[str, str]) -> None:
    assert ended["test_the_fixture"] == ""
