"""`futures-async serve`: the page of these accounts, until Ctrl-C."""

from __future__ import annotations

import os
import secrets
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from futures_async.accounts.environment import WEB_TOKEN
from futures_async.cli.accounts import CLOSE_WITHIN_S, SETTLE_WITHIN_S, Source, open_accounts
from futures_async.cli.extras import needs
from futures_async.cli.output import Exit, complain, make_console
from futures_async.cli.running import INTERRUPTED
from futures_async.portfolio.portfolio import Portfolio
from futures_async.unified.errors import InvalidRequest, OutcomeUnknown
from futures_async.unified.exchange import FuturesExchange


class _Ending:
    """What is told at Ctrl-C, and what a second one leaves unknown.

    Args:
        under_way: The app's `UnderWay`.
        accounts: By name.
    """

    def __init__(self, under_way: Any, accounts: Mapping[str, FuturesExchange]) -> None:
        self._under_way = under_way
        self._accounts = accounts
        self._before = signal.getsignal(signal.SIGINT)
        self._speaking = self._again = False
        # Not where it is to be ignored, as a shell starts what it puts in the background; None is not Python's own.
        self._keeps = self._before not in (None, signal.SIG_IGN)

    def told(self, again: bool) -> None:
        """At a signal; from then on Ctrl-C ends the program."""
        if again:
            self.at_once()
            return
        steps = [*self._under_way.begun, *self._under_way.waiting]
        if steps:
            self._say(f"Waiting for {'; '.join(steps)}: another Ctrl-C ends it at once", style="yellow")
            if self._again:
                self.at_once()

    def keep(self) -> None:
        """While the accounts are closed, too."""
        if self._keeps:
            signal.signal(signal.SIGINT, lambda number, frame: self.at_once())

    def restore(self) -> None:
        """They are."""
        if self._keeps:
            signal.signal(signal.SIGINT, self._before)

    def at_once(self) -> None:
        """End the program, and name what nobody knows then; where it comes amid a line on stderr, after that line."""
        if self._speaking:
            self._again = True
            return
        open_questions = [f"{name}: {one.text}" for name, one in self._questions()]
        unknown = [*self._under_way.begun, *open_questions]
        if unknown:
            self._say(f"Ended at once. It is not known what became of {'; '.join(unknown)}: look at the venue")
        if self._under_way.waiting:
            self._say(f"Not begun: {'; '.join(self._under_way.waiting)}")
        sys.stdout.flush()
        os._exit(Exit.UNKNOWN if unknown else INTERRUPTED)

    def _say(self, line: str, style: str = "red") -> None:
        """A line on stderr, which takes no other before it is written."""
        self._speaking = True
        complain(line, style=style)
        self._speaking = False

    def _questions(self) -> list[tuple[str, OutcomeUnknown]]:
        return [(name, one) for name, exchange in self._accounts.items() for one in exchange.unresolved()]


async def serve_page(
    source: Source, *, host: str, port: int, token_file: Path | None, trading: bool, poll: bool, hosts: list[str]
) -> None:
    """Open the accounts and serve their page.

    Raises:
        InvalidRequest: No extra, no keys, an address that others reach without a token.
    """
    needs("serve", "web", "starlette", "uvicorn", "prometheus_client")
    from futures_async import web
    from futures_async.web.serving import refuse_open, serve

    token = read_token(token_file)
    if trading and token is None:
        token = secrets.token_urlsafe(24)
        complain(f"The token of this run: {token}", style="bold")
    refuse_open(host, token)
    close_within_s = SETTLE_WITHIN_S if trading else CLOSE_WITHIN_S
    async with AsyncExitStack() as outer, AsyncExitStack() as stack:
        accounts = await stack.enter_async_context(open_accounts(source, close_within_s=close_within_s))
        portfolio = await stack.enter_async_context(Portfolio(accounts, live=not poll))
        app = web.app(portfolio, token=token, trading=trading, hosts=hosts)
        ending = _Ending(app.state.under_way, accounts)
        outer.callback(ending.restore)
        shown = f"[{host}]" if ":" in host else host

        def ready(port: int) -> None:
            make_console().print(f"http://{shown}:{port}/ (Ctrl-C ends it)", highlight=False, markup=False)

        await serve(app, host, port, ready=ready, ending=ending.told)
        ending.keep()


def read_token(file: Path | None) -> str | None:
    """The token of the file, else of the environment; None where there is none.

    Raises:
        InvalidRequest: The file cannot be read.
    """
    if file is None:
        return os.environ.get(WEB_TOKEN) or None
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"cannot read {file}: {error}") from None
