"""The simulated venues' WebSockets, written once for all of them: a venue only declares (`stream_dialect.py`).

- `hub`: all connections of one exchange: who is told what, and what time brings
- `session`: one connection: login, subscriptions, heartbeat, limits, how it ends; no socket and no clock
- `mishaps`: faults of streams, put into effect on one connection
- `clockwork`: lets time pass in a hub, on asyncio
- `serving`: a hub behind a WebSocket of the ASGI application
- `inprocess`: a hub behind the library's own seam, without a socket
"""
