"""What a script goes by when nobody sees what is printed: a disk is full, or who reads a pipe has gone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import IO, Any

import pytest

from futures_async.cli.output import Exit, worst

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")

PROGRAM = """
import os, signal, sys
from contextlib import asynccontextmanager
import anyio
from futures_async import cli
from futures_async.cli import acting, output
from tests.fakes import FakeTrading

plan, closing, *sys.argv[1:] = sys.argv[1:]

class Trading(FakeTrading):
    async def create_order(self, request, **rest):
        if plan == "interrupted":
            os.kill(os.getpid(), signal.SIGTERM)
            await anyio.sleep_forever()
        return await super().create_order(request, **rest)

@asynccontextmanager
async def accounts(source, **rest):
    yield {"mine": Trading(plan)}
    if closing == "wrong":
        raise ZeroDivisionError("a mistake while it is closed")

acting.open_accounts = accounts
sys.argv[1:1] = ["order", "place", "buy", "1", "BTC/USDT:USDT"]
cli.main()
"""
"""`order place` of the command line, at an account that answers as it is told."""


@contextmanager
def sink(kind: str) -> Generator[IO[Any] | int]:
    if kind == "closed":
        yield subprocess.DEVNULL  # closed by the program that is started, see `place`
    elif kind == "gone":
        reading, writing = os.pipe()
        os.close(reading)
        try:
            yield writing
        finally:
            os.close(writing)
    else:
        with open("/dev/full" if kind == "full" else os.devnull, "w") as file:
            yield file


def place(plan: str, out: str, err: str, *options: str, closing: str = "well") -> int:
    """The exit code of one that writes there."""
    with ExitStack() as stack:
        command = [sys.executable, "-c", PROGRAM, plan, closing, *options]
        stdout, stderr = (stack.enter_context(sink(kind)) for kind in (out, err))
        closed = "".join(f" {number}>&-" for number, kind in ((1, out), (2, err)) if kind == "closed")
        shell = ["sh", "-c", f'exec "$@"{closed}', "sh", *command]
        ended = subprocess.run(shell, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, check=False)
    return ended.returncode


@pytest.mark.parametrize(
    ("out", "err"),
    [
        *(("full", "seen"), ("gone", "seen"), ("seen", "full"), ("seen", "gone"), ("full", "full"), ("gone", "gone")),
        *(("closed", "seen"), ("seen", "closed"), ("closed", "closed")),
    ],
)
def test_an_order_whose_fate_nobody_knows_has_the_exit_code_of_that(out: str, err: str) -> None:
    assert place("lost", out, err, "--yes") == Exit.UNKNOWN


@pytest.mark.parametrize(("out", "form"), [("full", "--csv"), ("gone", "--json")])
def test_so_it_has_as_rows_for_a_program(out: str, form: str) -> None:
    assert place("lost", out, "full", "--yes", form) == Exit.UNKNOWN


@pytest.mark.parametrize("err", ["full", "seen"])
def test_a_mistake_on_the_way_out_does_not_hide_that_nobody_knows(err: str) -> None:
    assert place("lost", "seen", err, "--yes", closing="wrong") == Exit.UNKNOWN


@pytest.mark.parametrize(
    ("plan", "out", "err", "code"),
    [
        ("ok", "seen", "full", 0),
        ("ok", "gone", "gone", 0),
        ("ok", "full", "full", 1),
        ("refused", "gone", "seen", 1),
        ("interrupted", "gone", "gone", 143),
        ("interrupted", "full", "full", 143),
    ],
)
def test_what_is_known_has_its_own_exit_code(plan: str, out: str, err: str, code: int) -> None:
    assert place(plan, out, err, "--yes") == code


@pytest.mark.parametrize("err", ["full", "gone"])
def test_a_question_that_nobody_sees_is_not_answered(err: str) -> None:
    assert place("lost", "seen", err) == 1


def test_what_was_placed_is_told_on_stderr_where_it_cannot_be_printed() -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-c", PROGRAM, "ok", "well", "--yes"]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    said = ended.stderr.splitlines()
    assert said[0] == "mine: buy 1 BTC of BTC/USDT:USDT at market"
    assert said[1] == "mine: place BTC/USDT:USDT done new 1"
    assert said[2].startswith("Not all could be written: No space left on device")
    assert ended.returncode == 1


def test_a_call_that_cannot_be_right_is_no_success_where_nobody_is_told() -> None:
    assert place("ok", "seen", "full", "--no-such-option") == 1


@pytest.mark.parametrize(
    ("codes", "code"), [([], 0), ([0, 1], 1), ([1, 143], 143), ([4, 143], 4), ([130, 4], 4), ([3, 4], 4)]
)
def test_that_something_is_not_known_hides_behind_nothing(codes: list[int], code: int) -> None:
    assert worst(codes) == code
