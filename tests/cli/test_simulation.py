"""The keys file that `simulate` writes: programs and commands read it as any, and no other file is written over."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

import futures_async as fa
from futures_async.cli import simulation
from futures_async.cli.output import Format
from futures_async.simulator import server
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.unified.errors import InvalidRequest


def simulate(path: Path | None, monkeypatch: pytest.MonkeyPatch, output: Format = Format.JSON) -> None:
    nothing: Any = None  # its streams are not asked for

    def run(exchange: SimulatedExchange, **given: object) -> None:
        announce = given["announce"]
        assert callable(announce)
        announce(server.RunningExchange(exchange, "127.0.0.1", 8900, nothing))

    monkeypatch.setattr(server, "run", run)
    simulation.simulate(
        venues=["bitget", "bitmart"], port=8900, host="127.0.0.1", seed=1, hedge=False, empty=True, key=None,
        secret=None, passphrase=None, memo=None, faults=None, uid_limit=10, write_keys=path,
        output=output,
    )  # fmt: skip


def test_its_accounts_are_loaded_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sim.toml"
    for _ in range(2):  # its own is written over
        simulate(path, monkeypatch)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    accounts = fa.load_accounts(path)
    assert {name: exchange.id for name, exchange in accounts.items()} == {"bitget": "bitget", "bitmart": "bitmart"}
    assert 'base_url = "http://127.0.0.1:8900"' in path.read_text("utf-8")
    assert list(tmp_path.iterdir()) == [path]


def test_a_person_is_told_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sim.toml"
    simulate(path, monkeypatch, Format.TABLE)
    assert capsys.readouterr().out.splitlines()[-1] == f"They are in {path}, for --keys"
    simulate(None, monkeypatch, Format.TABLE)
    assert capsys.readouterr().out.splitlines()[-1].endswith("--write-keys sim.toml, and give them --keys sim.toml")


def test_keys_of_somebody_are_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "keys.toml"
    path.write_text('[bitget]\nkey = "mine"\n')
    for name in (path, tmp_path):
        with pytest.raises(InvalidRequest, match="simulate has not written it: name another file"):
            simulate(name, monkeypatch)
    assert path.read_text() == '[bitget]\nkey = "mine"\n'
    with pytest.raises(InvalidRequest, match=r"cannot write .*nowhere"):
        simulate(tmp_path / "nowhere" / "keys.toml", monkeypatch)
