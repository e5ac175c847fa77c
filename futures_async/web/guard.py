"""Who may look, who may act, and what the headers of every answer say.

Without a token only this computer's names are answered: a page elsewhere that gives its own name our address would be
let in else (DNS rebinding). With one, a program sends it as `Authorization: Bearer …`; a browser gets a cookie for it,
which scripts cannot read and other sites cannot send. What changes something needs, beside the cookie, a word that
only our own page can read.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from futures_async.unified.errors import InvalidRequest

COOKIE: Final = "futures_async"
SESSION_S: Final = 12 * 3600
SHORTEST_TOKEN: Final = 16
MOST_BODY: Final = 16 * 1024
TRIES: Final = 5
TRIES_WITHIN_S: Final = 60.0
MOST_ADDRESSES: Final = 4096
"""Wrong tries are kept of so many addresses, the latest: who has more of them is not stopped by this."""
OWN_SITE: Final = ("same-origin", "none")
"""What a browser says in `Sec-Fetch-Site` of what our page, or a person, has sent."""
OPEN_PATHS: Final = ("/login", "/health", "/page/login.js", "/page/page.css")
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Checks tokens, sessions and host names.

    Args:
        token: None lets everybody in who reaches this computer by one of its own names.
        hosts: Names that requests may be for, beside those of this computer.

    Raises:
        InvalidRequest: A token that is too short to be one.
    """

    def __init__(self, token: str | None, hosts: Sequence[str] = ()) -> None:
        if token is not None and (len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable()):
            raise InvalidRequest(f"a token has at least {SHORTEST_TOKEN} printable ASCII characters")
        # What sessions are signed with: the same in every process that knows the token.
        self._key = secrets.token_bytes(32) if token is None else hashlib.sha256(b"session " + token.encode()).digest()
        self._token = None if token is None else self._digest("token", token)
        self._hosts = frozenset((*LOOPBACK, *(_name_of(host) or host.lower() for host in hosts)))
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    @property
    def locked(self) -> bool:
        """A token is needed."""
        return self._token is not None

    def knows_host(self, host: str) -> bool:
        """Whether a request may be for this name, port aside."""
        return self.locked or _name_of(host) in self._hosts

    def is_token(self, token: str) -> bool:
        """Compared in a time that tells nothing."""
        return self._token is not None and hmac.compare_digest(self._digest("token", token), self._token)

    def try_token(self, address: str, token: str) -> Response | None:
        """What is said to a token from this address; None to the right one.

        Only wrong ones are counted, and by address: nobody locks another out.
        """
        now, network = time.monotonic(), network_of(address)
        wrong = self._wrong.get(network, deque(maxlen=TRIES))
        if len(wrong) == TRIES and (wait_s := TRIES_WITHIN_S - (now - wrong[0])) > 0:
            return JSONResponse({"error": "too many wrong tokens"}, 429, {"Retry-After": str(int(wait_s) + 1)})
        if self.is_token(token):
            return None
        wrong.append(now)
        self._wrong[network] = wrong
        self._wrong.move_to_end(network)
        if len(self._wrong) > MOST_ADDRESSES:
            self._wrong.popitem(last=False)
        return JSONResponse({"error": "that is not the token"}, 401, {"WWW-Authenticate": "Bearer"})

    @property
    def cookie(self) -> str:
        """Name of the cookie. Browsers keep one jar for all ports of a computer: each token has a name of its own."""
        return f"{COOKIE}_{self._digest('cookie', '')[:8]}"

    def session(self) -> str:
        """A new one: when it ends, and our signature under that."""
        ends = f"{int(time.time()) + SESSION_S}-{secrets.token_hex(8)}"
        return f"{ends}.{self._digest('session', ends)}"

    def is_session(self, cookie: str) -> bool:
        """It is ours, and has not ended."""
        ends, _, signature = cookie.partition(".")
        if not hmac.compare_digest(self._digest("session", ends).encode(), signature.encode()):
            return False
        until = ends.partition("-")[0]
        return until.isdecimal() and int(until) > time.time()

    def session_of(self, headers: Headers) -> str:
        """The session of a browser; empty where it has none that holds.

        Cookies of others come along, in whatever form, and more than one of ours where two places overlap.
        """
        pairs = (one.strip().partition("=") for one in headers.get("cookie", "").split(";"))
        return next((value for name, _, value in pairs if name == self.cookie and self.is_session(value)), "")

    def word(self, session: str) -> str:
        """What our page sends beside the session's cookie when it changes something."""
        return self._digest("word", session)

    def _digest(self, what: str, text: str) -> str:
        return hmac.new(self._key, f"{what} {text}".encode(), "sha256").hexdigest()


class Guarded:
    """Middleware: refuses whom `Guard` does not let in, and puts the headers on every answer."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        scope = placed(scope)
        answer = self._refusal(scope) or self._app
        await answer(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        headers, guard = Headers(scope=scope), self._guard
        if not guard.knows_host(headers.get("host", "")):
            return JSONResponse({"error": "this name is not served here: name it in hosts=, or set a token"}, 421)
        root: str = scope.get("root_path", "")
        path: str = scope["path"].removeprefix(root)
        if not path:  # links of the page are relative to where it is
            return RedirectResponse(f"{root}/", 307)
        if scope["method"] == "POST" and headers.get("sec-fetch-site", "none") not in OWN_SITE:
            return JSONResponse({"error": "another site's page has sent this"}, 403)
        if not guard.locked or path in OPEN_PATHS or guard.session_of(headers):
            return None
        if token := bearer(headers):
            return guard.try_token(client_of(scope), token)
        if path == "/" and "text/html" in headers.get("accept", ""):
            return RedirectResponse(f"{scope.get('root_path', '')}/login", 303)
        return JSONResponse(
            {"error": "a token is needed: Authorization: Bearer …"}, 401, {"WWW-Authenticate": "Bearer"}
        )


def _name_of(host: str) -> str | None:
    """A host without its port."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def placed(scope: Scope) -> Scope:
    """The scope with the place that the app is mounted at.

    ASGI has `root_path` for it, and the whole path in `path`. Litestar 2.25 cuts the place off, puts a slash at the
    end, and leaves `root_path` empty: the path as it was sent tells.
    """
    sent, path = unquote((scope.get("raw_path") or b"").decode("latin-1")), scope["path"].rstrip("/")
    if scope.get("root_path") or not sent or sent.rstrip("/") == path or not sent.rstrip("/").endswith(path):
        return scope
    root = sent.rstrip("/").removesuffix(path)
    return {**scope, "root_path": root, "path": sent if sent == root else f"{root}{path or '/'}"}


def client_of(scope: Scope) -> str:
    """The address that a request has come from, as far as the server knows."""
    return str((scope.get("client") or ("",))[0])


def network_of(address: str) -> str:
    """What wrong tries are counted by: who has one IPv6 address has all of its /64."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return f"{int(found) >> 64:x}/64"
    return address


def bearer(headers: Headers) -> str:
    """The token of a program."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token if kind.lower() == "bearer" else ""


def refuse_forged(request: Request, guard: Guard) -> Response | None:
    """What is said to a request for a change that neither our own page nor a program with the token has sent."""
    if guard.is_token(bearer(request.headers)):
        return None
    word = request.headers.get("x-futures-async", "")
    if hmac.compare_digest(word.encode(), guard.word(guard.session_of(request.headers)).encode()):
        return None
    return JSONResponse({"error": "this did not come from the page: reload it"}, 403)


async def body_of(request: Request, most: int = MOST_BODY) -> bytes:
    """What was sent with a request.

    Args:
        request: The request.
        most: Bytes.

    Raises:
        HTTPException: It is larger than anything that is asked for here.
    """
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise HTTPException(413, "too large")
    return body
