"""Planted credentials, every way in which an error can be shown, and a search for the one in the other."""

from __future__ import annotations

import logging
import traceback
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from rich.traceback import Traceback

from futures_async.unified.credentials import Credentials

# Characters that quoting changes, so that the spellings differ. Of modules, not of functions: no frame shows them.
PLANTED = {
    "key": "cnryKey+9f/41=b7",
    "secret": "cnrySecret/0c+5e=aa31",
    "passphrase": "cnryPhrase&77%d0+x",
    "memo": "cnryMemo/3b+19=z",
}
SIGNATURE_HEADERS = ("access-sign", "x-bm-sign", "x-bt-sign", "x-bapi-sign")


def planted(*parts: str) -> Credentials:
    """Credentials with these parts beside key and secret."""
    return Credentials(**{part: PLANTED[part] for part in ("key", "secret", *parts)})


def spellings(text: str) -> set[str]:
    """A secret as encoders write it."""
    raw = text.encode()
    return {
        text,
        quote(text),
        quote(text, safe=""),
        quote_plus(text),
        b64encode(raw).decode(),
        b64encode(raw).decode().rstrip("="),
        urlsafe_b64encode(raw).decode(),
        raw.hex(),
        raw.hex().upper(),
    }


def leaks(texts: Iterable[str], signatures: Iterable[str] = ()) -> list[str]:
    """What of the planted credentials, or of signatures that were seen on the wire, is in these texts."""
    forms = {form: name for name, text in PLANTED.items() for form in spellings(text)}
    forms |= {form: "signature" for text in signatures for form in spellings(text)}
    found: list[str] = []
    for shown in texts:
        for form, name in forms.items():
            at = shown.find(form)
            if at >= 0:
                found.append(f"{name} in …{shown[max(0, at - 160) : at]}<{name}>")
    return found


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error, its causes and contexts (those that `from None` hides too), and the members of groups."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            waiting += list(each.exceptions)  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType] - of any errors


def renderings(error: BaseException) -> Iterator[str]:
    """Everything that a program might print of an error: text, locals of all frames, attributes, a log record."""
    for each in chain(error):
        yield repr(each)
        yield str(each)
        yield repr(each.args)
        yield repr(vars(each))
        yield "".join(traceback.TracebackException.from_exception(each, capture_locals=True).format())
        # What rich would print; its highlighting of the code takes a second for each traceback.
        rich = Traceback.from_exception(
            type(each),
            each,
            each.__traceback__,
            show_locals=True,
            locals_max_length=10_000,
            locals_max_string=100_000,
            locals_hide_dunder=False,
            locals_hide_sunder=False,
        )
        for stack in rich.trace.stacks:
            yield stack.exc_value
            for frame in stack.frames:
                yield from map(str, (frame.locals or {}).values())
        record = logging.LogRecord(
            "x", logging.ERROR, __file__, 1, "failed", None, (type(each), each, each.__traceback__)
        )
        yield logging.Formatter("%(message)s").format(record)
