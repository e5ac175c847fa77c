"""The options that commands share, written once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from futures_async.cli.accounts import Source
from futures_async.cli.output import Format
from futures_async.unified.errors import InvalidRequest

Venues = Annotated[
    list[str] | None, typer.Option("--venue", "-v", metavar="<str>", help="Only this venue or account; repeatable.")
]
Simulated = Annotated[bool, typer.Option("--simulated", help="Use the built-in simulated exchange; no keys needed.")]
Keys = Annotated[Path | None, typer.Option("--keys", help="Keys file (TOML, mode 600).")]
Keyring = Annotated[bool, typer.Option("--keyring", help="Keys from the system's keyring, too.")]
BaseUrl = Annotated[str | None, typer.Option("--base-url", help="Another address of the venue, e.g. a simulator's.")]
Demo = Annotated[bool, typer.Option("--demo", help="Use the venue's demo trading.")]
Proxy = Annotated[
    str | None,
    typer.Option(
        "--proxy",
        help="Way out: http://…, https://…, socks5://…; a password in it "
        "shows in the list of processes, so give that in the keys file.",
    ),
]
CaFile = Annotated[str | None, typer.Option("--ca-file", help="Trusted roots (PEM), or `system`.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="CSV.")]
Seed = Annotated[int, typer.Option("--seed", help="Of the simulated exchange's prices.")]
Symbol = Annotated[str | None, typer.Option("--symbol", "-s", help="BASE/QUOTE:SETTLE or the venue's own id.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Limit = Annotated[int | None, typer.Option("--limit", "-n", min=1, help="So many rows, over several pages if need be.")]
Since = Annotated[int | None, typer.Option("--since-ms", help="Every row since then, Unix milliseconds.")]
Until = Annotated[int | None, typer.Option("--until-ms", help="Not newer than this, Unix milliseconds.")]


def form(as_json: bool, as_csv: bool) -> Format:
    """The chosen output."""
    if as_json and as_csv:
        raise typer.BadParameter("choose --json or --csv")
    return Format.JSON if as_json else Format.CSV if as_csv else Format.TABLE


def way_out(proxy: str | None, ca_file: str | None) -> dict[str, Any]:
    """The exchange objects' options that say how a venue is reached."""
    return {name: given for name, given in (("proxy", proxy), ("ca_file", ca_file)) if given is not None}


def _common(
    venue: Venues = None,
    simulated: Simulated = False,
    keys: Keys = None,
    keyring: Keyring = False,
    base_url: BaseUrl = None,
    demo: Demo = False,
    proxy: Proxy = None,
    ca_file: CaFile = None,
    seed: Seed = 1,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> tuple[Source, Format]:
    """The accounts and the output that the common options name."""
    source = Source(
        venues=tuple(venue or ()),
        simulated=simulated,
        keys=keys,
        keyring=keyring,
        base_url=base_url,
        demo=demo,
        seed=seed,
        options=way_out(proxy, ca_file),
    )
    return source, form(as_json, as_csv)


FIRST = ("venue", "simulated")
"""Common options that the help shows before a command's own; the others come after them."""


def with_accounts(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the common options; it gets `source` and `output` in their place."""
    hints = get_type_hints(command, include_extras=True)
    common = _parameters(_common, get_type_hints(_common, include_extras=True))
    own = _parameters(command, hints, but=("source", "output"))

    def run(**given: Any) -> None:
        source, output = _common(**{name: given.pop(name) for name in common})
        command(source=source, output=output, **given)

    shown = {name: common[name] for name in FIRST} | own | common
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__annotations__ = {name: parameter.annotation for name, parameter in shown.items()}
    run.__signature__ = inspect.Signature(list(shown.values()))  # type: ignore[attr-defined] # pyright: ignore[reportFunctionMemberAccess] - what typer reads
    return run


def _parameters(
    function: Callable[..., object], hints: dict[str, Any], but: tuple[str, ...] = ()
) -> dict[str, inspect.Parameter]:
    """Its parameters by name, with their annotations resolved."""
    return {
        name: parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in but
    }


def decimal_option(text: str | None, name: str) -> Decimal | None:
    """A number as it was typed.

    Raises:
        InvalidRequest: It is none, or not above 0.
    """
    if text is None:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal(0)
    if not number.is_finite() or number <= 0:
        raise InvalidRequest(f"{name} must be a number above 0, not {text[:40]!r}")
    return number
