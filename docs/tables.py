"""Tables of the pages that are made from the code when the site is built, so that they say what it does.

A page asks for one with the directive `from-code`: its name, then its arguments.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable
from decimal import Decimal
from importlib import import_module
from typing import Any, cast

import typer.main

import futures_async as fa
from futures_async.adapter import Adapter, Callback, Countdown, Trailing
from futures_async.adapters import BUILT_IN
from futures_async.cli.app import app
from futures_async.cli.venues import capability_rows
from futures_async.registry import adapter_class
from futures_async.streams.dialect import StreamDialect, What
from futures_async.trading.options import Options, declared
from futures_async.trading.search import BETWEEN_ABSENCES_S
from futures_async.transport.dialect import Dialect
from futures_async.transport.endpoint import Endpoint, RateLimit


def rows(head: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    names = list(head)
    lines = ["|" + "".join(f" {name} |" if name else " |" for name in names), "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(cells) + " |" for cells in body]
    return "\n".join(lines) + "\n"


def cell(text: str) -> str:
    """Prose that fits into a cell."""
    return " ".join(text.split()).replace("|", "\\|")


# Capabilities


def capability_table() -> str:
    """What each of the built-in adapters can do."""
    found, able = capability_rows()
    own = [index for index, venue in enumerate(found) if venue in BUILT_IN]  # other distributions have their own pages
    classes = [adapter_class(found[index]) for index in own]
    body = [
        ["venue", *(adapter.name for adapter in classes)],
        ["life cycle", *(adapter.lifecycle for adapter in classes)],
        *([f"`{name}`", *("yes" if cells[index] else "" for index in own)] for name, cells in able),
    ]
    return rows(["", *(f"`{found[index]}`" for index in own)], body)


# Options


def attributes(of: type[Any]) -> dict[str, tuple[str, str]]:
    """Type and docstring of each annotated attribute that a class itself declares."""
    tree = cast("ast.ClassDef", ast.parse(textwrap.dedent(inspect.getsource(of))).body[0])
    found: dict[str, tuple[str, str]] = {}
    for line, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        if not isinstance(line, ast.AnnAssign) or not isinstance(line.target, ast.Name):
            continue
        told = line.annotation
        if isinstance(told, ast.Subscript) and ast.unparse(told.value) == "Annotated":
            told = cast("ast.Tuple", told.slice).elts[0]
        said = after.value if isinstance(after, ast.Expr) else None
        text = said.value if isinstance(said, ast.Constant) and isinstance(said.value, str) else ""
        found[line.target.id] = ast.unparse(told).replace("'", '"'), text
    return found


def option_rows(of: Any) -> list[list[str]]:
    """One row for each option that a class of options itself declares."""
    known = declared(of)
    found: list[list[str]] = []
    for name, (kind, text) in attributes(of).items():
        default = known[name].default
        quoted = f'"{default}"' if isinstance(default, (str, Decimal)) else repr(default).replace("'", '"')
        shown = "" if default is None else f"`{quoted}`"
        found.append([f"`{name}`", f"`{cell(kind)}`", shown, "yes" if known[name].plain else "", cell(text)])
    return found


OPTION_HEAD = ("option", "takes", "default", "in keys files", "")


def options() -> str:
    """What every adapter takes."""
    return rows(OPTION_HEAD, option_rows(Options))


# Errors


def error_tree() -> str:
    """The tree of errors, as it is."""
    lines: list[str] = []

    def add(kind: type[BaseException], depth: int) -> None:
        exported = hasattr(fa, kind.__name__)
        if exported:
            others = [base.__name__ for base in kind.__bases__[1:] if issubclass(base, Exception)]
            beside = f"  (also {', '.join(others)})" if others else ""
            lines.append("  " * depth + kind.__name__ + beside)
        for below in kind.__subclasses__():
            if below.__bases__[0] is kind and below.__module__.startswith("futures_async"):
                add(below, depth + exported)

    for name in fa.__all__:
        getattr(fa, name)  # so that errors which are imported late are there
    add(fa.FuturesAsyncError, 0)
    return "```text\n" + "\n".join(lines) + "\n```\n"


# The command line


def commands() -> str:
    """Every command with its arguments and options."""
    parts: list[str] = []

    def add(command: Any, names: tuple[str, ...]) -> None:
        inner = getattr(command, "commands", {})
        if names and not inner:
            parts.append(f"## {' '.join(names)}\n\n{_plain(command.help or '')}\n")
            takes = [_parameter(one) for one in command.params if not getattr(one, "hidden", False)]
            parts.append(rows(("", "default", ""), takes))
        for name, one in inner.items():
            if not one.hidden:
                add(one, (*names, name))

    add(typer.main.get_command(app), ())
    return "\n".join(parts)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.split("\f")[0]).strip()


def _parameter(one: Any) -> list[str]:
    names = ", ".join(f"`{name}`" for name in (*one.opts, *one.secondary_opts))
    if one.param_type_name == "argument":
        names = f"`{one.metavar or one.name.upper()}`"
    default = one.default
    shown = "" if default in (None, False, (), []) or callable(default) else f"`{default}`"
    return [names, shown, cell(getattr(one, "help", None) or "")]


# Venues


def dialect_of(venue: str) -> Dialect:
    """The dialect of a built-in adapter, as its client makes it."""
    found: Dialect = made(venue)._dialect
    return found


def made(venue: str) -> Any:
    """A client that reaches nothing; it needs no closing as it has opened nothing."""
    factory: Any = adapter_class(venue)
    return factory(base_url="http://127.0.0.1:1")


def streams_of(venue: str) -> StreamDialect | None:
    """How the venue streams, where it does."""
    found: StreamDialect | None = made(venue)._stream_dialect()
    return found


def endpoints_of(venue: str) -> list[Endpoint[Any]]:
    """The rows of its table of endpoints."""
    package = BUILT_IN[venue].partition(":")[0]
    module = import_module(f"futures_async.adapters.{package}.endpoints")
    found: list[Endpoint[Any]] = [value for value in vars(module).values() if isinstance(value, Endpoint)]
    return sorted(found, key=lambda one: (one.path, one.name))


def limit_text(limit: RateLimit) -> str:
    """A limit in words."""
    per = "account" if limit.scope == "uid" else "address"
    if limit.budget:
        return f"{limit.count}, then one in {limit.per_s:g} s, by {per}"
    unit = "weight " if callable(limit.weight) else ""
    apart = f" and `{limit.by}`" if limit.by else ""
    shared = f" (pool `{limit.pool}`)" if limit.pool else ""
    return f"{unit}{limit.count} in {limit.per_s:g} s, by {per}{apart}{shared}"


def certain_after_s(venue: str) -> float | None:
    """Seconds after which an order that cannot be found is proved absent; None: never."""
    traits = dialect_of(venue).traits
    if traits.window_s is None or not traits.lookup_by_client_id:
        return None
    own = [one.window_s for one in endpoints_of(venue) if one.window_s is not None]
    return min([traits.window_s, *own]) + traits.visibility_lag_s + BETWEEN_ABSENCES_S


def own_methods(venue: str) -> list[str]:
    """Public methods of the adapter that the common interface has not."""
    kind = adapter_class(venue)
    known = set(dir(fa.FuturesExchange)) | {"takes", "max_cancels"}
    found = [name for name in dir(kind) if not name.startswith("_") and name not in known]
    return [name for name in found if inspect.isfunction(getattr(kind, name)) and name != "identify_account"]


def order_words() -> str:
    """What the orders of each adapter that trades carry, beside side, quantity and price."""
    trading = [name for name in BUILT_IN if "create_order" in adapter_class(name).capabilities]
    carried: dict[str, Any] = {name: adapter_class(name).order_fields for name in trading}  # type: ignore[attr-defined]

    def words(found: Iterable[str], prefix: str) -> str:
        return ", ".join(sorted(f"`{one.removeprefix(prefix)}`" for one in found if one.startswith(prefix)))

    def mode(name: str) -> str:
        if "margin_mode" in carried[name].standing:
            return "must be what is set"
        return "yes" if "margin_mode" in carried[name].limit else ""

    def attached(name: str) -> str:
        found = carried[name].limit
        if "stop_loss.price" not in found:
            return ""
        parts = ["`limit_price`"] if "stop_loss.limit_price" in found else []
        by = words(found, "stop_loss.trigger_by=")
        return "; ".join(["yes", *parts, *([f"by {by}"] if by else [])])

    def has(method: str) -> list[str]:
        return ["yes" if hasattr(adapter_class(name), method) else "" for name in trading]

    body = [
        ["`time_in_force`, limit", *(words(carried[name].limit, "time_in_force=") for name in trading)],
        ["`time_in_force`, market, beside `ioc`", *(words(carried[name].market, "time_in_force=") for name in trading)],
        ["`margin_mode`", *(mode(name) for name in trading)],
        ["`leverage` with the order", *("yes" if "leverage" in carried[name].limit else "" for name in trading)],
        ["`take_profit`, `stop_loss`", *(attached(name) for name in trading)],
        ["`trigger_by` of triggers", *(words(carried[name].trigger, "trigger_by=") for name in trading)],
    ]
    methods = ("create_stop_order", "set_position_stops", "create_trailing_order", "edit_trigger_order")
    body += [[f"`{method}`", *has(method)] for method in methods]
    return rows(["", *(f"`{name}`" for name in trading)], body)


def switch(kind: type[fa.FuturesExchange]) -> str:
    """How many seconds a venue's dead man's switch takes, and whose orders it is for."""
    least, most, by_contract = kind.countdown if issubclass(kind, Adapter) else Countdown()
    span = f"{least} s or more" if most is None else f"{least} to {most} s"
    return f"{span}, for {'one contract' if by_contract else 'the whole account'}"


def callback(bounds: Callback) -> str:
    """By how much the price may have to come back."""
    return f"{bounds.least or 'above 0'} to {bounds.most}"


def venue(name: str) -> str:
    """What the code declares of a venue. Without headings: what stands before one would come after its section."""
    kind, dialect = adapter_class(name), dialect_of(name)
    takes: Any = kind.takes  # type: ignore[attr-defined]
    traits, streams = dialect.traits, streams_of(name)
    demo = {"none": "none", "host": "at a host of its own", "header": "by a header, at the venue's host"}
    dedup = {
        "all": "all orders", "open": "open orders", "none": "none that is documented", "unknown": "not documented",
    }  # fmt: skip
    seconds = certain_after_s(name)
    missing = [capability.value for capability in fa.Capability if capability not in kind.capabilities]
    facts = [
        ["adapter", f"{{py:class}}`~futures_async.adapters.{kind.__name__}`, id `{name}`, {kind.name}"],
        ["life cycle", kind.lifecycle],
        ["credentials", ", ".join(("key", "secret", *dialect.credentials_needed))],
        ["demo trading", demo[dialect.demo_support]],
        ["hosts", ", ".join(f"`{url}`" for url in (dialect.base_url, dialect.demo_url) if url)],
        ["calls of an account", limit_text(dialect.account_limit) if dialect.account_limit else "each endpoint alone"],
        ["over all endpoints", "; ".join(map(limit_text, dialect.wide_limits)) or "no limit beside that"],
        ["client order ids", f"`{cell(traits.client_id_pattern)}`" if traits.client_id else "the venue has none"],
        ["a repeated id is refused among", dedup[traits.dedup] if traits.client_id else ""],
        ["an order is proved absent after", "never" if seconds is None else f"{seconds:g} s"],
        ["`arm_cancel_all` takes", switch(kind) if fa.Capability.ARM_CANCEL_ALL in kind.capabilities else ""],
        ["`callback_rate` is", callback(kind.callback) if issubclass(kind, Trailing) else ""],
        ["missing calls", ", ".join(f"`{one}`" for one in missing)],
    ]
    if streams is not None:
        told = [what.value for what in What if what is not What.TRIGGERS and streams.topics(what, ["BTCUSDT"])]
        facts.append(["streams", ", ".join(told)])
        beat = streams.heartbeat
        facts.append(["silence is noticed within", f"{beat.every_s + beat.patience_s:g} s"])
        facts.append(["connection attempts", limit_text(streams.limits.connects)])
    parts = [rows(("what", "declared"), (fact for fact in facts if fact[1]))]
    if takes is not Options:
        parts.append("**Options** beside [those of every adapter](../configuration.md#options):\n")
        parts.append(rows(OPTION_HEAD, option_rows(takes)))
    methods = own_methods(name)
    if methods:
        parts.append("**Methods of its own:**\n")
        listed: list[list[str]] = []
        for method in methods:
            said = inspect.getdoc(getattr(kind, method)) or ""
            listed.append(
                [f"{{py:meth}}`~futures_async.adapters.{kind.__name__}.{method}`", cell(said.split("\n\n")[0])]
            )
        parts.append(rows(("method", ""), listed))
    parts.append("**Limits of its endpoints:**\n")
    limited = [[f"`{one.name}`", "; ".join(map(limit_text, one.limits))] for one in endpoints_of(name) if one.limits]
    parts.append(rows(("endpoint", "at most"), limited) if limited else "None that is documented.\n")
    return "\n".join(parts)


TABLES: dict[str, Callable[..., str]] = {
    made_of.__name__: made_of for made_of in (capability_table, options, order_words, error_tree, commands, venue)
}
"""By the name that a page says."""
