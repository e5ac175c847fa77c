"""One account's streams: what they need of its adapter, and who hears what they tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from futures_async.streams.account import AccountStreams, Means
from futures_async.streams.backend import StreamBackend
from futures_async.streams.dialect import StreamDialect, What
from futures_async.streams.events import Reporter
from futures_async.trading.watching import OrdersSeen, Watching
from futures_async.transport.attempt import USER_AGENT
from futures_async.transport.events import Observer
from futures_async.transport.http.gate import demo_hosts
from futures_async.transport.http.route import Route
from futures_async.transport.shared import Transport
from futures_async.unified.errors import NotSupported


class Streaming(Watching):
    """Makes them when the first is watched."""

    _transport: Transport
    _observer: Observer
    _chosen_url: str | None
    """Given by the user."""
    _demo: bool
    _given_streams: StreamBackend | None
    _way_to: Callable[[str], Route]

    @cached_property
    def _streams(self) -> AccountStreams:
        streams = AccountStreams(self._means())
        streams.observe(What.ORDERS, OrdersSeen(self._orders.seen))
        for what, beside, told in self._overheard():
            streams.overhear(what, beside, told)
        return streams

    def _overheard(self) -> Sequence[tuple[What, What, Callable[[Any], None]]]:
        """What this object is told each row of that is pushed, while the second is watched, and by what."""
        return ()

    def _means(self) -> Means:
        """What the account's streams need of it."""
        transport = self._transport
        return Means(
            venue=self.id,
            dialect=self._stream_dialect(),
            backend=self._stream_backend,
            runtime=transport.runtime,
            now_ms=transport.clock.now_ms,
            error_ms=lambda: transport.clock.error_ms,
            know_time=self._know_time,
            set_clock=self._set_clock,
            credentials=self._channel.credentials,
            base_url=self._chosen_url,
            demo=self._demo,
            headers=(("User-Agent", USER_AGENT),),
            limiter=transport.limiter,
            draw=lambda: transport.draw(),
            # Who listens to calls is told of streams too.
            report=Reporter(self.id, self._observer.tell),
            ticket=self._stream_ticket,
        )

    async def _stream_ticket(self) -> str:
        """Ask for what private streams are opened with, at venues that have tickets in the place of a login."""
        self._unsupported("stream tickets")

    def _stream_backend(self, url: str) -> StreamBackend:
        if self._given_streams is not None:
            return self._given_streams
        if find_spec("picows") is None:
            raise NotSupported(f"{self.id}: streams need an extra: pip install 'futures-async[streams]'")
        from futures_async.streams.picows import PicowsBackend

        dialect = self._stream_dialect()
        if self._demo and dialect is not None and not url.startswith(_live_urls(dialect, self._chosen_url)):
            demo_hosts.add(urlsplit(url).hostname or "")
        return PicowsBackend(self._way_to(url))

    async def _know_time(self) -> None:
        if self._transport.clock.wants_sample and self._channel.sync is not None:
            await self._channel.sync()

    async def _set_clock(self) -> None:
        """A login was refused for its time."""
        self._transport.clock.resync()
        if self._channel.sync is not None:
            await self._channel.sync()


def _live_urls(dialect: StreamDialect, base_url: str | None) -> tuple[str, ...]:
    """Where the venue streams of real money: what such URLs begin with."""
    return tuple(dialect.url(base_url, private=private, demo=False) for private in (True, False))
