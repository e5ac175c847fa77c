"""`futures-async serve`: the page of these accounts, until Ctrl-C."""

from __future__ import annotations

import os
import secrets
from contextlib import AsyncExitStack
from pathlib import Path

from futures_async.accounts.environment import WEB_TOKEN
from futures_async.cli.accounts import CLOSE_WITHIN_S, SETTLE_WITHIN_S, Source, open_accounts
from futures_async.cli.extras import needs
from futures_async.cli.output import complain, make_console
from futures_async.portfolio.portfolio import Portfolio
from futures_async.unified.errors import InvalidRequest


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
    async with AsyncExitStack() as stack:
        accounts = await stack.enter_async_context(open_accounts(source, close_within_s=close_within_s))
        portfolio = await stack.enter_async_context(Portfolio(accounts, live=not poll))
        app = web.app(portfolio, token=token, trading=trading, hosts=hosts)
        shown = f"[{host}]" if ":" in host else host

        def ready(port: int) -> None:
            make_console().print(f"http://{shown}:{port}/ (Ctrl-C ends it)", highlight=False, markup=False)

        await serve(app, host, port, ready=ready)


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
