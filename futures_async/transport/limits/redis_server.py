"""A Redis or Valkey server that processes share: one server, the master that sentinels name, or a cluster.

The URL's password is in its `Secret` and in redis-py's objects. What redis-py raises goes no further than `run`: its
frames hold the password, so what is raised instead is raised outside of them, with the server's own words.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from futures_async.unified.errors import InvalidRequest, NotSupported, Portable, printable
from futures_async.unified.secret_url import SecretUrl

SCHEMES = ("redis", "rediss", "unix", "redis+cluster", "rediss+cluster", "redis+sentinel", "rediss+sentinel")
TIMEOUT_S = 2.0
PATIENCE_S = 3 * TIMEOUT_S
"""For one command with all that redis-py tries for it: other nodes, other sentinels, the connection once more."""
AT_ONCE = 8
"""Commands to the server at a time, and so connections."""
AGAIN = 2
"""A command whose connection broke is sent so often again: all that is sent here may be."""

_HINTS = (
    ("MOVED", "it is a node of a cluster: name it as redis+cluster://host:port"),
    ("SELECT is not allowed in cluster mode", "it is a cluster: name it as redis+cluster://host:port"),
    ("ReadOnlyError", "it is a replica: name its master, or the sentinels as redis+sentinel://host:26379/NAME"),
    ("unknown command", "a sentinel is named as redis+sentinel://host:26379/NAME"),
)
"""What to do about some answers to a URL of a single server."""


def cancelled() -> bool:
    """Whether the current task was cancelled, also where what it awaited has swallowed that.

    `asyncio.wait_for` does so on Python 3.11 when the cancellation comes just as it ends; redis-py uses it.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


SERVER_ADVICE = "see that the server is up and reachable from here, then try again"


class ServerFailed(Portable):
    """The server could not be asked, or (`answered`) it refused. The text says where and why, without secrets."""

    def __init__(self, message: str, *, answered: bool) -> None:
        super().__init__(message)
        self.answered = answered


class _Problem(NamedTuple):
    text: str
    answered: bool


class _Client(NamedTuple):
    """The connections of one event loop."""

    commands: Any
    """redis-py's client: `Redis` or `RedisCluster`."""
    turns: asyncio.Semaphore
    sentinels: Sequence[Any]


class RedisServer:
    """The server, reached from any number of event loops, one after another or in threads of their own.

    Args:
        url: `redis://[user:password@]host:port/db`, `rediss://` for TLS, `unix://path`; `redis+cluster://host,host` and
            `redis+sentinel://host,host/name/db` name several to begin with. Options as redis-py reads them, and
            `sentinel_username`, `sentinel_password`.
        user: What needs it, for the message.

    Raises:
        InvalidRequest: The URL cannot be right. Never shows its password.
        NotSupported: The package redis is not installed.
    """

    def __init__(self, url: str | SecretUrl, *, user: str = "RedisLimiter") -> None:
        try:
            importlib.import_module("redis.asyncio")
        except ImportError:
            del url
            # Found missing here and not at the first order.
            raise NotSupported(f"{user} needs the package redis: pip install 'futures-async[redis]'") from None
        try:
            self._url = SecretUrl(url, SCHEMES)
            problem = self._problem()
        finally:
            del url  # A traceback that shows locals shows those of this frame.
        if problem is not None:
            raise InvalidRequest(problem)
        self._clients: dict[asyncio.AbstractEventLoop, _Client] = {}

    def __repr__(self) -> str:
        return f"RedisServer({self.name!r})"

    @property
    def clustered(self) -> bool:
        """Whether it is a cluster."""
        return self._url.scheme.endswith("+cluster")

    @property
    def name(self) -> str:
        """Where it is, to be shown; "" of one whose URL was refused."""
        url: SecretUrl | None = getattr(self, "_url", None)
        return "" if url is None else url.server

    async def run(self, script: str, keys: Sequence[str], arguments: Sequence[str | float]) -> Any:
        """Run a Lua script there. It is sent again when a connection broke, so it must do no harm twice.

        Raises:
            ServerFailed: It could not be asked, or the script failed.
        """
        answer, problem = await self._try(script, keys, arguments)
        if problem is not None:
            raise ServerFailed(f"{self.name}: {problem.text}", answered=problem.answered)
        return answer

    async def listen(self, channels: Sequence[str], heard: Callable[[str, bytes], None]) -> None:
        """Hand on what is published, for ever; what comes while there is no connection is lost.

        Raises:
            ServerFailed: The connection broke.
        """
        raise ServerFailed(f"{self.name}: {await self._hear(channels, heard)}", answered=False)

    async def _hear(self, channels: Sequence[str], heard: Callable[[str, bytes], None]) -> str:
        """What ended it. Raises nothing of redis-py's."""
        try:
            pubsub = self._client().commands.pubsub()
            try:
                await pubsub.subscribe(*channels)
                while True:
                    said = await pubsub.get_message(ignore_subscribe_messages=True, timeout=1.0)
                    if cancelled():
                        raise asyncio.CancelledError
                    if said is not None:
                        heard(_text(said["channel"]), said["data"])
            finally:
                await pubsub.aclose()
        except Exception as error:  # as in `_try`
            return f"{type(error).__name__}: {printable(self._url.scrub(str(error)))}"

    async def aclose(self) -> None:
        """Close the connections of this event loop."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            for one in (client.commands, *client.sentinels):
                await one.aclose()

    async def _try(
        self, script: str, keys: Sequence[str], arguments: Sequence[str | float]
    ) -> tuple[Any, _Problem | None]:
        """The answer, or what is wrong. Raises nothing of redis-py's."""
        import redis.exceptions

        try:
            client = self._client()
            async with client.turns, asyncio.timeout(PATIENCE_S):
                digest = hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
                try:
                    return await client.commands.evalsha(digest, len(keys), *keys, *arguments), None
                except redis.exceptions.NoScriptError:
                    return await client.commands.eval(script, len(keys), *keys, *arguments), None
        except Exception as error:  # not one family: redis-py's RedisClusterException is no RedisError
            text = f"{type(error).__name__}: {printable(self._url.scrub(str(error)))}"
            hints = (
                []
                if "+" in self._url.scheme
                else [f"; {hint}" for sign, hint in _HINTS if sign.upper() in text.upper()]
            )
            return None, _Problem("".join([text, *hints[:1]]), isinstance(error, redis.exceptions.ResponseError))

    def _client(self) -> _Client:
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            self._clients = {known: old for known, old in self._clients.items() if not known.is_closed()}
            client = self._clients[loop] = self._make()
        return client

    def _problem(self) -> str | None:
        """What of the URL's options redis-py cannot use, as far as it tells without connecting. Raises nothing."""
        path, scheme = self._url.path.strip("/"), self._url.scheme
        if scheme.endswith("+sentinel"):
            name, _, path = path.partition("/")
            if not name:
                return "a redis+sentinel URL names the master: redis+sentinel://host:26379/NAME"
        elif scheme == "unix":
            path = ""
        elif "," in self._url.hosts and not scheme.endswith("+cluster"):
            return "several servers are either a cluster, redis+cluster://, or sentinels, redis+sentinel://"
        if path and (not path.isdecimal() or scheme.endswith("+cluster")):
            return "what follows the hosts of a Redis URL is the number of a database; a cluster has none"
        import redis.exceptions

        try:
            pool = getattr(self._make().commands, "connection_pool", None)
            if pool is not None:
                pool.connection_class(**pool.connection_kwargs)
        except (TypeError, ValueError, AttributeError, redis.exceptions.RedisError) as error:
            return f"options of the Redis URL: {printable(self._url.scrub(str(error)))}"
        return None

    def _make(self) -> _Client:
        """A client of this event loop; connects to nothing yet."""
        from redis.asyncio import Redis
        from redis.asyncio.cluster import ClusterNode, RedisCluster
        from redis.asyncio.connection import ConnectionPool, SSLConnection, parse_url
        from redis.asyncio.retry import Retry
        from redis.asyncio.sentinel import Sentinel
        from redis.backoff import ExponentialBackoff
        from redis.exceptions import ConnectionError as Broken

        kind = self._url.scheme.partition("+")[2]
        default = 26379 if kind == "sentinel" else 6379
        hosts = [_host(one, default) for one in self._url.hosts.split(",")]
        plain = parse_url(_alone(self._url))
        options: dict[str, Any] = {"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S, **plain}
        sentinel = {name: options.pop(f"sentinel_{name}", None) for name in ("username", "password")}
        turns = asyncio.Semaphore(AT_ONCE)
        again = Retry(ExponentialBackoff(cap=0.5, base=0.02), AGAIN, supported_errors=(Broken,))
        if not kind:
            options |= {"retry": again, "retry_on_error": [Broken]}
            return _Client(Redis.from_pool(ConnectionPool(**options)), turns, ())
        if options.pop("connection_class", None) is SSLConnection:
            options["ssl"] = True
        for name in ("host", "port"):
            options.pop(name, None)
        if kind == "cluster":
            nodes = [ClusterNode(host, port) for host, port in hosts]
            return _Client(RedisCluster(startup_nodes=nodes, retry=again, **options), turns, ())
        asked = {name: value for name, value in sentinel.items() if value is not None}
        asked |= {name: value for name, value in options.items() if name.startswith(("socket_", "ssl"))}
        options |= {"retry": again, "retry_on_error": [Broken]}
        sentinel_class: Any = Sentinel  # not typed
        guards = sentinel_class(hosts, sentinel_kwargs={**asked, "retry": again})
        name = self._url.path.strip("/").partition("/")[0]
        return _Client(guards.master_for(name, **options), turns, guards.sentinels)


def _text(said: bytes | str) -> str:
    return said if isinstance(said, str) else said.decode()


def _host(text: str, port: int) -> tuple[str, int]:
    """Host and port of `host`, `host:port`, `[::1]` or `[::1]:port`; the URL's form was checked."""
    host, colon, number = text.rpartition(":")
    if not colon or text.endswith("]"):
        return text.strip("[]"), port
    return host.strip("[]"), int(number)


def _alone(url: SecretUrl) -> str:
    """The URL as one of a single server, which is all that redis-py's parser takes."""
    scheme, _, kind = url.scheme.partition("+")
    if not kind:
        return url.reveal()
    parts = urlsplit(url.reveal())
    user, at, _ = parts.netloc.rpartition("@")
    number = url.path.strip("/").partition("/")[2] if kind == "sentinel" else ""
    return urlunsplit((scheme, f"{user}{at}localhost", number, parts.query, ""))
