"""The HTTP backends: one request out, one answer in, and how far a failed request got.

- `backend`: the seam `HttpBackend`, its requests, answers and failures
- `choose`: which backend serves an exchange, and who shares it; `extras` knows which libraries there are
- `fast`: the fast backend on asyncio: `dial` makes its connections, `llhttp` is one of them, `watch` ends what stalls
- `gate`: which hosts a run of tests may connect to
- `address`, `head`: where a request goes; its head as bytes, and an answer's
- `httpx`, `core`, `connections`: the portable backend
- `failures`, `connect_causes`: from a library's exceptions to `HttpFailure`, and why a connection could not be made
- `idle`: for how long a connection may lie idle
- `body`, `tls`: answers read up to the cap; one TLS context per process
"""
