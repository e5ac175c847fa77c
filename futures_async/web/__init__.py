"""A portfolio in a browser and for programs over HTTP: an ASGI app (extra `[web]`), to mount or to serve alone.

- `application`: `app`, which puts the others together
- `guard`: who may look, who may act, and what every answer's headers say
- `reading`: a portfolio as JSON
- `lists`: open orders and fills, read for all who ask
- `acting`: cancel, close, halt
- `picture`: what is shown, kept by one poll for all readers, and its changes
- `events`: these changes as server-sent events
- `metrics`: Prometheus
- `description`: OpenAPI
- `serving`: the app alone, by uvicorn
- `page/`: what the browser gets
"""

from futures_async.web.application import app

__all__ = ["app"]
