"""A simulated exchange: one engine, the wire dialect of every venue, real HTTP, and faults on demand.

`SimulatedExchange` answers requests; `futures_async.simulator.app` puts it behind ASGI, and
`futures_async.simulator.server` on a socket (both need the extra `simulator`); `pytest_plugin` gives tests one.
Nothing here is imported before it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from futures_async.simulator.demo import Setup as Setup
    from futures_async.simulator.engine import Engine as Engine
    from futures_async.simulator.exchange import SimulatedExchange as SimulatedExchange
    from futures_async.simulator.inprocess import InProcessBackend as InProcessBackend
    from futures_async.simulator.plan import FaultPlan as FaultPlan
    from futures_async.simulator.server import RunningExchange as RunningExchange
    from futures_async.simulator.server import run as run
    from futures_async.simulator.server import serve as serve
    from futures_async.simulator.streams.inprocess import InProcessStreams as InProcessStreams
    from futures_async.simulator.world import Options as Options

_HOMES = {
    "Engine": "engine",
    "FaultPlan": "plan",
    "InProcessBackend": "inprocess",
    "InProcessStreams": "streams.inprocess",
    "Options": "world",
    "RunningExchange": "server",
    "Setup": "demo",
    "SimulatedExchange": "exchange",
    "run": "server",
    "serve": "server",
}

__all__ = [
    "Engine",
    "FaultPlan",
    "InProcessBackend",
    "InProcessStreams",
    "Options",
    "RunningExchange",
    "Setup",
    "SimulatedExchange",
    "run",
    "serve",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{home}"), name)
