"""What an error says at the command line, and where an option of its own is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from futures_async.cli.output import one_line
from futures_async.unified.errors import (
    ConnectFailed,
    FuturesAsyncError,
    InvalidOrder,
    InvalidRequest,
    NotCarried,
    ParameterRejected,
    UnreadRows,
)
from tests.cli.inside import cli


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (InvalidOrder("8 is off the step 1; contract.quantity_of(contracts, price) helps"), "8 is off the step 1"),
        (InvalidOrder("place a limit order with time_in_force=IOC"), "place it with --price"),
        (NotCarried("none here: set_margin_mode('cross') first, or leave margin_mode out"), "none here: leave "
         "--margin-mode out"),
        (InvalidOrder("give OrderRequest(leverage=…, margin_mode=…)"), "give --leverage and --margin-mode"),
        (InvalidRequest("give order_id or client_order_id"), "give --order-id or --client-order-id"),
        (InvalidRequest('ca_file="system": none'), '--ca-file="system": none'),
        (InvalidRequest("proxy= needs an extra"), "--proxy needs an extra"),
        (InvalidRequest("v1: fetch_open_orders needs a symbol: the venue lists one contract at a time"), "v1: the "
         "venue lists one contract at a time: name it with --symbol"),
        (InvalidRequest("since_ms is after until_ms"), "--since-ms is after --until-ms"),
        # The words of a keys file, and those of a venue, are their own.
        (InvalidRequest("keys file k, [a]: a: margin_mode must be cross"), "keys file k, [a]: a: margin_mode must be "
         "cross"),
        (ParameterRejected("order_id"), "order_id (change what the venue names)"),
        (UnreadRows("one row", unread=()), "one row (a newer version of this program may read them)"),
        (ConnectFailed("no", kind="tls", advice="its root goes into ca_file="), "no (its root goes into --ca-file)"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)  # fmt: skip
def test_an_error_says_what_the_user_of_the_command_line_can_do(error: FuturesAsyncError, says: str) -> None:
    assert one_line(error) == f"{type(error).__name__}: {says}"


@pytest.mark.parametrize(
    ("option", "says"),
    [
        (("--ca-file", "/nonexistent"), "main: bitget: --ca-file must be a PEM file"),
        (("--base-url", "foo"), "main: bitget: --base-url must look like https://host"),
        (("--proxy", "ftp://host"), "main: bitget: --proxy must look like"),
    ],
)
def test_an_option_that_is_wrong_is_not_looked_for_in_the_keys_file(
    option: tuple[str, str], says: str, tmp_path: Path
) -> None:
    file = tmp_path / "keys.toml"
    file.touch(0o600)
    file.write_text('[main]\nvenue = "bitget"\nkey = "k"\nsecret = "s"\npassphrase = "p"\n')
    refused = cli("positions", "--keys", str(file), *option)
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"InvalidRequest: {says}")
    file.write_text(file.read_text() + 'base_url = "foo"\n')
    refused = cli("positions", "--keys", str(file))
    assert refused.stderr.startswith(f"InvalidRequest: keys file {file}, [main]: bitget: base_url must look like")
