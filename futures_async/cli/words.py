"""Errors in the words of the command line: options for arguments, and what its user can do for what a program can."""

from __future__ import annotations

import re

from futures_async.unified import errors
from futures_async.unified.errors import FuturesAsyncError

LOOK = "before it is sent again, see in `orders`, `orders --history` and `positions` what became of it"
ADVICE: dict[type[FuturesAsyncError], str] = {
    errors.AccountModeMismatch: "use the adapter of the account's kind, `venue` in the keys file",
    errors.ClientClosed: "try again",
    errors.DeadlineExpired: "try again",
    errors.DuplicateOrder: "never place it again: `orders` and `orders --history` tell what became of the first one",
    errors.IncompletePage: "name one symbol, or a shorter time",
    errors.OrderNotFound: "`orders --history` tells whether it has ended; ids are of one account and one venue",
    errors.OutcomeUnknown: LOOK,
    errors.PositionModeConflict: "the mode is set at the venue, where nothing is held and no order is open",
    errors.QueueFull: "name fewer accounts at once, or try again",
    errors.StreamOverrun: "begin again; `fills` and `orders --history` tell what was missed",
    errors.SymbolNotFound: "symbols look like BASE/QUOTE:SETTLE",
    errors.UnreadRows: "a newer version of this program may read them",
    errors.UnresolvedOrders: LOOK,
}
"""By the class that says it to programs."""
PHRASES = {
    r"; contract\.(?:round_price|round_quantity|quantity_of)\(.*?\) helps": "",
    r", as close_position and OrderManager\.submit_sliced do": "",
    r"only intent=Intent\.CLOSE may be smaller": "only with --reduce may it be smaller",
    r"place a limit order with time_in_force=IOC": "place it with --price",
    r"set_margin_mode\([^)]*\) first, or ": "",
    r"call set_margin_mode first": "set it at the venue first",
    r"a market order cannot be post_only": "--post-only needs --price",
    r"neither set_leverage nor": "neither a setting nor",
    r"give OrderRequest\(leverage=…, margin_mode=…\)": "give --leverage and --margin-mode",
    r"\w+ needs a symbol: the venue lists one contract at a time": (
        "the venue lists one contract at a time: name it with --symbol"
    ),
    r"name the symbol$": "name it with --symbol",
    r"\bproxy must look like": "--proxy must look like",
}
"""In texts of what is refused here."""
OPTIONS = (
    "base_url", "ca_file", "client_order_id", "margin_mode", "order_id", "since_ms", "stop_loss", "take_profit",
    "until_ms",
)  # fmt: skip
_OPTION = re.compile(rf"(?<![-\w.'\"])(?:{'|'.join(OPTIONS)}|proxy(?==))(?:=(?![\w\"']))?(?![\w.])")
_ARGUMENT = re.compile(r"(?<![-\w.])(?:base_url|ca_file|proxy)=")
_FROM_ELSEWHERE = ("keys file ", "environment")


def told(error: FuturesAsyncError) -> tuple[str, str]:
    """What happened, and what to do next; the latter may be empty."""
    text = error.text
    # What a venue says is left as it says it, and the words of a keys file are its own.
    ours = isinstance(error, (errors.InvalidRequest, errors.NotSupported))
    if ours and not text.startswith(_FROM_ELSEWHERE):
        for phrase, words in PHRASES.items():
            text = re.sub(phrase, words, text)
        text = _OPTION.sub(_option, text)
    if "advice" in vars(error):
        advice = error.advice
    else:
        says = next(kind for kind in type(error).__mro__ if "advice" in vars(kind))
        advice = ADVICE.get(says, error.advice)
    return text, _ARGUMENT.sub(_option, advice)


def _option(found: re.Match[str]) -> str:
    return f"--{found[0].removesuffix('=').replace('_', '-')}"
