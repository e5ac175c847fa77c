"""A16: that the fault matrix catches wrong clients, and that the document shows its table.

The matrix itself is run by each adapter's contract suite: `futures_async/testing/fault_matrix.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from futures_async.adapters.bitget import Bitget
from futures_async.simulator import fault_document, faults
from futures_async.testing.fault_matrix import play
from futures_async.testing.faulted import DEEDS
from futures_async.testing.virtual_time import run
from futures_async.transport import channel
from futures_async.transport.attempt import Attempts
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import FuturesAsyncError
from tests.contract.venues import specs

SPEC = specs()["bitget"]

WRONG_CLIENTS = [
    ("order", "answer-lost", "sent again"),
    ("order", "ambiguous-code", "sent again"),
    ("order", "unlisted-code", "sent again"),
    ("orders", "answer-lost", "sent again"),
    ("edit", "answer-lost", "sent again"),
    ("cancel-all", "answer-lost", "sent again"),
    ("read", "redirect", "tried again"),
]


@pytest.mark.parametrize(("name", "fault", "complaint"), WRONG_CLIENTS)
def test_a_client_that_repeats_everything_is_caught(
    name: str, fault: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def always(*args: Any, **more: Any) -> bool:
        return True

    monkeypatch.setattr(channel, "retryable", always)
    row = faults.fault(fault)
    with pytest.raises(AssertionError, match=complaint):
        run(play(SPEC, DEEDS[name], row, applied=row.applied[0], always=True))


TAKEN_FOR_REFUSALS = [
    ("order", "answer-lost", "lost: the order stands"),
    ("order", "late-landing", "lost: the order stands"),
    ("order", "html-502", "lost: the order stands"),
    ("orders", "answer-lost", "lost: the order stands"),
    ("edit", "answer-lost", "edited, and said not to be"),
    ("cancels", "answer-lost", "cancelled, and said not to be"),
    ("cancel-all", "answer-lost", "cancelled, and said not to be"),
]


@pytest.mark.parametrize(("name", "fault", "complaint"), TAKEN_FOR_REFUSALS)
def test_a_client_that_takes_any_failure_for_a_refusal_is_caught(
    name: str, fault: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(attempts: Any, job: Any, error: FuturesAsyncError, *rest: Any) -> FuturesAsyncError:
        error.outcome = Outcome.REJECTED
        return error

    monkeypatch.setattr(Attempts, "_weigh", refused)
    with pytest.raises(AssertionError, match=complaint):
        run(play(SPEC, DEEDS[name], faults.fault(fault), applied=fault != "late-landing", always=False, seed=3))


def test_a_client_without_echo_check_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Bitget._call  # pyright: ignore[reportPrivateUsage] - the check is taken out

    async def trusting(self: Bitget, *args: Any, about: Any = None, **more: Any) -> Any:
        return await plain(self, *args, **more)

    monkeypatch.setattr(Bitget, "_call", trusting)
    with pytest.raises(AssertionError, match="another order was returned"):
        run(play(SPEC, DEEDS["read"], faults.fault("crossed"), applied=True, always=False))


def test_the_document_is_what_the_table_prints() -> None:
    assert (Path(__file__).parents[2] / "FAULTS.md").read_text(encoding="utf-8") == fault_document.document()
