"""Which adapters there are: this distribution's own, and those that others name as entry points.

The own ones need no metadata of an installed distribution, which frozen programs do not have. They are asked for by
the name of their package, as all adapters are: this wing knows none.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

GROUP = "futures_async.adapters"
"""Of the entry points; also the package of the own ones, which names them in `BUILT_IN`."""


@lru_cache(maxsize=1)
def adapters() -> dict[str, EntryPoint]:
    """Where each adapter's class is, by id, sorted. A built-in id is the built-in adapter's, whoever else claims it."""
    own: dict[str, str] = import_module(GROUP).BUILT_IN
    found = {point.name: point for point in entry_points(group=GROUP)}
    found |= {name: EntryPoint(name, f"{GROUP}.{place}", GROUP) for name, place in own.items()}
    return dict(sorted(found.items()))
