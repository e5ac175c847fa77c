"""What is not installed is told in one line, before anything of it is imported."""

from __future__ import annotations

from importlib.util import find_spec

from futures_async.unified.errors import InvalidRequest

SERVING = ("starlette", "uvicorn", "websockets")
"""Of the simulated exchange."""


def needs(what: str, extra: str, *modules: str) -> None:
    """Refuse what cannot run here.

    Args:
        what: The command or option.
        extra: That brings the modules.
        modules: Those that it imports.

    Raises:
        InvalidRequest: One of them is not installed.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise InvalidRequest(f"{what} needs {' and '.join(missing)}: pip install 'futures-async[{extra}]'")
