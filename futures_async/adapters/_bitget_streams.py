"""What Bitget's v2 and v3 WebSockets share: hosts, login, heartbeat, limits, the frames around the data, codes.

https://www.bitget.com/api-doc/common/websocket-intro
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import decoded, stream_url
from futures_async.adapters._bitget import BitgetFamily

A = TypeVar("A")
W = TypeVar("W")

LIVE, DEMO = "wss://ws.bitget.com", "wss://wspap.bitget.com"
HOSTS = tuple(f"https://{name}.bitget.com" for name in ("api", "vip-api", "capi"))
"""Where calls go, of real money and of demo trading alike."""
PONG = b"pong"
RETIRING = "30033"
SUCCESSES = ("0", "00000")

# https://www.bitget.com/api-doc/common/websocket-intro#error-code
CODES: dict[str, type[fa.ExchangeError]] = {
    **dict.fromkeys(("30001", "30002", "30003", "30016"), fa.ParameterRejected),
    **dict.fromkeys(("30004", "30005", "30011", "30012", "30015"), fa.AuthenticationError),
    **dict.fromkeys(("30013", "30014"), fa.ClockSkew),
    **dict.fromkeys(("30006", "30007", "429"), fa.RateLimited),
    RETIRING: fa.VenueUnavailable,
}
NO_DATA = msgspec.Raw(b"")


class Frame(msgspec.Struct, Generic[A], frozen=True, gc=False):
    """What is around the data. Codes are numbers, and text in some samples."""

    arg: A | None = None
    data: msgspec.Raw = NO_DATA
    action: str = ""
    ts: int | None = None
    event: str = ""
    code: str | int = ""
    msg: str | None = None


class Pushed(msgspec.Struct, Generic[A, W], frozen=True, gc=False):
    """A push with its rows."""

    arg: A
    data: list[W]
    action: str = ""
    ts: int | None = None


def pushes_of(arg: type[Any], channels: Iterable[fa.Channel], name: Callable[[Any], str]) -> fa.FrameDecoder:
    """What decodes pushes whose channel is said by such an `arg`."""
    of_any: Any = Pushed
    return fa.FrameDecoder(channels, of_any[arg, W], name)


class BitgetStreams(fa.StreamDialect, Generic[A]):
    """Base of both generations.

    Args:
        dialect: Of REST: it signs.
    """

    venue: ClassVar[str]
    version: ClassVar[str]
    frames: ClassVar[msgspec.json.Decoder[Any]]
    pushes: ClassVar[fa.FrameDecoder]
    channels: ClassVar[fa.Channels]
    codes: ClassVar[Mapping[str, type[fa.ExchangeError]]] = CODES
    login_lost = "30004"
    # "The client sends the string ping every 30 seconds"; more often, so that silence is noticed sooner.
    heartbeat = fa.Heartbeat(text="ping", every_s=10.0, patience_s=10.0)
    # Allowed are 300 attempts in 5 minutes, and of one connection 10 messages a second, 240 subscriptions an hour,
    # 1,000 channels (fewer than 50 are advised) and 24 hours.
    limits = fa.StreamLimits(
        connects=fa.RateLimit(240, 300.0, scope="ip"),
        messages_per_s=8,
        per_frame=10,
        per_line=48,
        requests=fa.RateLimit(230, 3600.0),
        lifetime_s=24 * 3600.0,
    )

    def __init__(self, dialect: BitgetFamily) -> None:
        self._dialect = dialect

    def url(self, base_url: str | None, *, private: bool, demo: bool) -> str:
        """The host decides about demo trading; there is no header for it."""
        own = DEMO if demo else LIVE
        host = own if base_url is None else stream_url(base_url, dict.fromkeys(HOSTS, own))
        return f"{host}/{self.version}/ws/{'private' if private else 'public'}"

    def login(self, credentials: fa.Credentials, now_ms: int) -> str:
        """Seconds, although the page's prose says milliseconds: its samples and all clients send these."""
        timestamp = str(now_ms // 1000)
        passphrase = credentials.passphrase
        return self.operation(
            "login",
            [
                {
                    "apiKey": credentials.key.reveal(),
                    "passphrase": "" if passphrase is None else passphrase.reveal(),
                    "timestamp": timestamp,
                    "sign": self._dialect.signature(f"{timestamp}GET/user/verify".encode(), credentials),
                }
            ],
        )

    def read(self, data: bytes, *, binary: bool) -> fa.Message:
        if data == PONG:
            return fa.Pong()
        pushed = self.pushes.read(data)
        if pushed is not None:
            return self._push(pushed, pushed.data, True)
        frame = decoded(self.frames, data)
        if len(frame.data):
            rows = None if frame.arg is None else self.channels.rows(self._channel(frame.arg), frame.data)
            return fa.Nothing() if rows is None else self._push(frame, *rows)
        match frame.event:
            case "subscribe":
                return fa.Nothing() if frame.arg is None else fa.Acknowledged(self._key(frame.arg))
            case "login":
                return fa.LoggedIn() if str(frame.code) in SUCCESSES else self._refused(frame)
            case "error":
                return fa.Retiring() if str(frame.code) == RETIRING else self._refused(frame)
            case _:
                return fa.Nothing()

    def _refused(self, frame: Frame[A]) -> fa.Refused:
        return self.refused(str(frame.code), frame.msg, self._refused_key(frame))

    @abstractmethod
    def _push(self, frame: Any, rows: list[Any], whole: bool) -> fa.Message:
        """The rows of a channel; `whole`: all that came.

        Args:
            frame: A `Pushed`, or a `Frame` with an `arg`.
        """

    @abstractmethod
    def _channel(self, arg: A) -> str:
        """The name of a subscription's channel."""

    @abstractmethod
    def _key(self, arg: A) -> Hashable:
        """What a subscription is known by."""

    @abstractmethod
    def _refused_key(self, frame: Frame[A]) -> Hashable | None:
        """Of which subscription an error speaks; None where that cannot be told."""
