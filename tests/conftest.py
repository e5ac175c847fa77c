"""For all tests."""

import gc
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager, nullcontext

import pytest
from hypothesis import settings

# A busy machine is no failure: examples are judged by their result, not by how long they took.
settings.register_profile("project", deadline=None)
settings.load_profile("project")

MEASURED = {
    "test_100_accounts_are_read_twice_a_minute_at_most_and_never_a_push_behind": 0,
    "test_100_accounts_on_5_venues_poll_once_a_second_without_drift_and_in_flat_memory": 0,
    "test_a_cancelled_caller_costs_nothing": 6,
    "test_a_hundred_accounts_poll_once_a_second_without_drift_or_429_and_trouble_stays_where_it_is": 0,
    "test_a_rule_left_out_is_noticed": 8,
    "test_after_faulted_trading_the_picture_is_what_rest_says": 0,
    "test_an_odd_value_in_any_field_takes_no_other_row_away": 20,
    "test_audits_make_two_requests_a_minute_at_most_at_every_venue": 7,
    "test_beside_forty_queued_reads_an_order_and_a_cancel_are_told_at_once": 3,
    "test_every_fault_ends_as_the_table_says_and_as_the_book_has_it": 20,
    "test_every_one_of_ten_thousand_callers_is_served_in_turn": 2,
    "test_fills_orders_and_ledger_are_walked_whole_while_rows_arrive": 2,
    "test_it_is_done_or_said_not_to_be": 8,
    "test_many_loops_leave_nothing_behind": 4,
    "test_mutated_rows_read_as_their_columns_do": 6,
    "test_no_answer_gets_past_the_errors_of_this_library": 8,
    "test_no_bad_answer_shows_a_secret": 6,
    "test_no_error_in_any_layer_shows_a_secret": 7,
    "test_no_order_is_doubled_lost_or_made_up_by_broken_connections": 0,
    "test_no_order_is_told_the_answer_to_another": 2,
    "test_on_trio_a_cancelled_caller_costs_nothing": 6,
    "test_pushes_add_up_to_what_rest_says": 8,
    "test_readers_all_day_long_make_at_most_ten_calls_a_second": 12,
    "test_the_picture_is_true_after_ten_thousand_faulted_deeds": 0,
    "test_the_picture_is_true_whatever_the_seed": 9,
    "test_the_position_is_what_was_meant": 7,
    "test_the_rig_catches": 8,
    "test_the_right_client_passes_where_mutants_fail": 0,
    "test_the_venue_never_counts_too_many_and_the_limit_is_used": 5,
    "test_what_an_order_asks_for_is_sent_or_refused": 7,
    "test_what_is_shown_as_live_is": 6,
}
"""Long tests whose rows walk the same code in ever other company. Every row is run and judged; each n-th, the first
among them, is measured by coverage too (0: none), under which a row takes three times as long."""
UNMEASURED = pytest.StashKey[bool]()
LONGEST = (
    "tests/rig/test_orders.py", "tests/streams/test_true_on_sockets.py", "tests/sockets/test_soak.py",
    "tests/sockets/test_orders.py", "tests/processes/test_workers.py", "tests/manager/test_crash.py",
    "tests/rig/test_stateful.py", "tests/simulator/test_many_accounts.py", "tests/portfolio/test_live.py",
    "tests/rig/test_mutants.py", "tests/streams/test_judge.py", "tests/contract/test_odd_emergencies.py",
    "tests/adapters/test_odd_rows.py", "tests/fuzz/test_wire.py", "tests/test_benchmarks.py",
)  # fmt: skip
"""Files whose few tests take longest: begun first, so that several workers end at about the same time."""


def pytest_configure() -> None:
    """Let programs that tests begin be interrupted: a shell has its background jobs ignore that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Options of the environment are for this run, not for the pytest that some tests begin themselves."""
    os.environ.pop("PYTEST_ADDOPTS", None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """For a worker among several: the longest files first, then those with most tests, each file in its own order."""
    if not hasattr(config, "workerinput"):
        return
    files = [item.nodeid.partition("::")[0] for item in items]
    counts, first = Counter(files), {file: place for place, file in enumerate(LONGEST)}
    order = {
        file: (first.get(file, len(first)), -counts[file], place) for place, file in enumerate(dict.fromkeys(files))
    }
    items.sort(key=lambda item: order[item.nodeid.partition("::")[0]])


def pytest_collection_finish(session: pytest.Session) -> None:
    """Mark what is not to be measured, and spare the garbage collector what was collected: it stays to the end."""
    rows = Counter[str]()
    for item in session.items:
        table = item.nodeid.partition("[")[0]
        every = MEASURED.get(table.rpartition("::")[2])
        if every is not None:
            item.stash[UNMEASURED] = every == 0 or rows[table] % every != 0
            rows[table] += 1
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem() -> Generator[None, object, object]:
    """Make the rows of a test out of coverage's sight: modules are imported before, and the rest is pytest's own."""
    with unmeasured():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Run what is not to be measured without coverage's tracer, in the threads that it starts too."""
    with unmeasured() if item.stash.get(UNMEASURED, False) else nullcontext():
        return (yield)


@contextmanager
def unmeasured() -> Generator[None]:
    """Without coverage's tracer, where there is one."""
    tracer, of_threads = sys.gettrace(), threading.gettrace()
    if not type(tracer).__module__.startswith("coverage"):
        yield
        return
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)
        threading.settrace(of_threads)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of this project's own test runs."""
    parser.addoption("--long", action="store_true", help="run the long variants of the acceptance tests")
    parser.addoption("--rewrite-readme", action="store_true", help="write the generated parts of README.md anew")
