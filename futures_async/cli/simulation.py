"""`futures-async simulate`: serve the built-in exchange and print where it is and who may ask."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from futures_async.cli.extras import SERVING, needs
from futures_async.cli.output import Format, Writer
from futures_async.cli.tables import Column, make_table
from futures_async.registry import venue_ids
from futures_async.unified.enums import PositionMode
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.words import near

if TYPE_CHECKING:
    from futures_async.simulator.plan import FaultPlan

Keys = tuple[str, dict[str, str | None]]


def _key_column(name: str) -> Column[Keys]:
    return Column(name, lambda row: row[1].get(name), number=False)


KEY_COLUMNS: list[Column[Keys]] = [
    Column("venue", lambda row: row[0], number=False, names=True),
    *(_key_column(name) for name in ("key", "secret", "passphrase", "memo", "uid")),
]


def simulate(
    *,
    venues: list[str],
    port: int,
    host: str,
    seed: int,
    hedge: bool,
    empty: bool,
    key: str | None,
    secret: str | None,
    passphrase: str | None,
    memo: str | None,
    faults: Path | None,
    uid_limit: int | None,
    write_keys: Path | None,
    output: Format,
) -> None:
    """Serve until Ctrl-C.

    Raises:
        InvalidRequest: The extra is missing, the port is taken, the keys or the plan of faults cannot be used, or the
            keys file is one that somebody else has written.
    """
    needs("simulate", "simulator", *SERVING)
    from futures_async.simulator.accounts import ApiKey
    from futures_async.simulator.demo import Setup
    from futures_async.simulator.exchange import SimulatedExchange
    from futures_async.simulator.server import RunningExchange, run

    for venue in venues:
        if venue not in venue_ids():
            raise InvalidRequest(f"no adapter {venue[:40]!r}: {near(venue, venue_ids())}")
    if (key is None) != (secret is None):
        raise InvalidRequest("give --key and --secret together")
    mode = PositionMode.HEDGE if hedge else PositionMode.ONE_WAY
    ids = venues or venue_ids()
    setups = {venue: Setup(position_mode=mode, empty=empty) for venue in ids}
    if key is not None and secret is not None:
        for venue in ids:
            own = ApiKey(key=key + _suffix(venue, ids), secret=secret, passphrase=passphrase, memo=memo)
            setups[venue] = Setup(position_mode=mode, empty=empty, key=own)
    exchange = SimulatedExchange(seed=seed, setups=setups, only=venues or None, uid_limit=uid_limit)
    plan = _plan(faults, exchange.venues)
    if write_keys is not None:
        _refuse_others(write_keys)

    listens = False

    def announce(running: RunningExchange) -> None:
        nonlocal listens
        listens = True
        document = running.announcement()
        rows: list[Keys] = list(document["venues"].items())
        if write_keys is not None:
            _write_keys(write_keys, running.base_url, rows)
        writer = Writer(output)
        if output is Format.JSON:
            writer.record(document)
        elif output is Format.CSV:
            for venue, keys in rows:
                writer.record({"base_url": running.base_url, "venue": venue, **keys})
        else:
            writer.console.print(f"Simulated exchange at {running.base_url} (Ctrl-C ends it)\n", highlight=False)
            writer.console.print(make_table(KEY_COLUMNS, rows, writer.console))
            then = (
                "For other commands start it with --write-keys sim.toml, and give them --keys sim.toml"
                if write_keys is None
                else f"They are in {write_keys}, for --keys"
            )
            writer.console.print(f"\n{then}", markup=False, highlight=False)
            sys.stdout.flush()

    try:
        run(exchange, host=host, port=port, announce=announce, faults=plan)
    except OSError as error:
        if listens:
            raise
        raise InvalidRequest(
            f"cannot listen on {host}:{port}: {error.strerror}; try --port 0, or another --host"
        ) from None


WRITTEN = "# Written by futures-async simulate"
"""The first line of a keys file that may be written over."""


def _refuse_others(path: Path) -> None:
    try:
        with path.open(encoding="utf-8") as file:
            ours = file.readline().startswith(WRITTEN)
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError):
        ours = False
    if not ours:
        raise InvalidRequest(f"{path} is there, and simulate has not written it: name another file for --write-keys")


def _write_keys(path: Path, base_url: str, rows: list[Keys]) -> None:
    """A keys file of all accounts, which `--keys` and `load_accounts` read."""
    lines = [WRITTEN]
    for venue, keys in rows:
        words = {**keys, "base_url": base_url}
        lines += ["", f"[{venue}]", *(f"{name} = {json.dumps(word)}" for name, word in words.items() if word)]
    new = path.with_name(f"{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        new.replace(path)
    except OSError as error:
        raise InvalidRequest(f"cannot write {path}: {error.strerror}") from None


def _suffix(venue: str, ids: list[str]) -> str:
    """Two interfaces of one venue are two accounts there, and a key belongs to one of them."""
    stem = next((other for other in ids if venue.startswith(other + "-")), None)
    return "" if stem is None else venue.removeprefix(stem)


def _plan(path: Path | None, venues: Collection[str]) -> FaultPlan | None:
    if path is None:
        return None
    from futures_async.simulator.plan import FaultPlan

    try:
        plan = FaultPlan.load(path)
        plan.check_venues(venues)
    except OSError as error:
        raise InvalidRequest(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise InvalidRequest(f"{path}: {error}") from None
    return plan
