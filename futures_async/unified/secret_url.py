"""URLs that hold a password, of Redis, PostgreSQL or a proxy: they are shown as far as nothing of them is secret."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

from futures_async.unified.credentials import Secret, scrubbed
from futures_async.unified.errors import InvalidRequest


class SecretUrl(Secret):
    """The URL of a server or a proxy, with the password in it: shown as far as nothing of it is a secret.

    Args:
        text: `scheme://[user[:password]@][host[:port][,…]][/path][?name=value&…]`.
        schemes: What the scheme may be.

    Raises:
        InvalidRequest: It is none. Never shows any of it.
    """

    __slots__ = ("hosts", "path", "scheme")

    def __init__(self, text: str | SecretUrl, schemes: Sequence[str]) -> None:
        self.scheme = self.hosts = self.path = ""  # for the repr of one that was refused
        revealed = text.reveal() if isinstance(text, SecretUrl) else text
        problem = _url_fault(revealed, schemes)
        if problem is not None:
            del text, revealed  # A traceback that shows locals shows those of this frame.
            raise InvalidRequest(problem)
        super().__init__(revealed)
        parts = urlsplit(revealed)
        self.scheme = parts.scheme
        self.hosts = parts.netloc.rpartition("@")[2]
        """`host:port`, several of them with commas between, or ""."""
        self.path = parts.path
        """What follows the hosts, from its slash on, without the options."""

    @property
    def server(self) -> str:
        """Hosts and ports, or a path where there are none. To be shown."""
        return self.hosts or self.path

    def user(self) -> tuple[str | None, Secret | None]:
        """Name and password."""
        parts = urlsplit(self.reveal())
        name, password = parts.username, parts.password
        return (unquote(name) if name else None, None if password is None else Secret(unquote(password)))

    def options(self) -> dict[str, Secret]:
        """What stands behind the question mark; the last of equal names."""
        query = urlsplit(self.reveal()).query
        return {name: Secret(value) for name, value in parse_qsl(query, keep_blank_values=True)}

    def scrub(self, text: str) -> str:
        """`text`, which may be another library's, without anything secret of this URL."""
        options = (value for name, value in self.options().items() if _SECRET_OPTION.search(name))
        return scrubbed(text, self.user()[1], *options)

    def __repr__(self) -> str:
        return f"SecretUrl('{self.scheme}://{self.hosts}{self.path}')"


# Options whose value is a secret. Their spelling is that of libpq and of redis-py.
_SECRET_OPTION = re.compile(r"pass|secret|token", re.IGNORECASE)


def _url_fault(text: object, schemes: Sequence[str]) -> str | None:
    """What is wrong with a URL, in words that do not show it."""
    if not isinstance(text, str) or not any(text.startswith(f"{scheme}://") for scheme in schemes):
        return f"a URL here begins with {' or '.join(f'{scheme}://' for scheme in schemes)}"
    if not text.isascii() or not text.isprintable() or " " in text:
        return "a URL has no white space, line ends or non-ASCII characters: write them as %xx"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "a URL's host cannot be read: is there a bracket in the password? Write it as %5B or %5D"
    user, _, host = parts.netloc.rpartition("@")
    if "#" in text or "@" in parts.path + parts.query + user:
        return "a URL's user name and password have # / ? @ written as %23 %2F %3F %40"
    for name in host.split(","):
        port = re.fullmatch(r"(?:[^:\[\]]*|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?", name)
        if port is None or not 0 < int(port[1] or 1) < 65536:
            return "a URL's hosts are host:port, with commas between several, IPv6 addresses in brackets"
    return None
