"""The venue's code table: what each number means, and which ones say that nothing has to be done.

https://bybit-exchange.github.io/docs/v5/error
"""

from __future__ import annotations

from collections.abc import Mapping

import futures_async.adapter as fa

UNCHANGED = frozenset({"110025", "110026", "110027", "110043", "34036", "34040"})
"""It is so already."""
MARGIN_MODE = "3400045"
LATE = frozenset({"110001", "110008", "110010", "170139", "170142", "170143", "170213"})
"""There is no such open order; the code does not tell whether there ever was one."""


_ACCESS = (
    fa.refused(fa.AuthenticationError, 10003, 10004, 10007, 33004, -2015)
    | fa.passing(fa.ClockSkew, 10002, -1)
    | fa.refused(fa.PermissionDenied, 10005, 10008, 10024, 10027, 110066, 110124, 10009, 110132, 10010)
    # Symbols that the key may not trade, terms that were not accepted; limits of institutional loans.
    | fa.refused(fa.PermissionDenied, 10029, 110123, 110125, 110136)
    | fa.refused(fa.PermissionDenied, 110080, 110087, *fa.span(110104, 110107), 110131, *fa.span(30133, 30136))
    # Who trades with borrowed money.
    | fa.refused(fa.PermissionDenied, 110069)
    | fa.refused(fa.AccountModeMismatch, 10020, 10028, 100028, 110067, 110068, 110071, 110088, 3100197)
    | fa.passing(fa.RateLimited, 10006, 10018)
    # An overload is said to take nothing, which nobody has proved.
    | fa.ambiguous(fa.RateLimited, 429, 10429, 10403, 20003, 170005, 170222, transient=True)
    | fa.passing(fa.Banned, "403")
    | fa.refused(fa.ParameterRejected, 10001, 10017, "404", 20006, 10404, 10032, *UNCHANGED)
)

_ORDERS = (
    fa.refused(fa.OrderNotFound, *LATE)
    | fa.refused(fa.DuplicateOrder, 110072, 110030, 12141, 170141)
    # Price outside the band; nothing to reduce; too small.
    | fa.refused(fa.OrderRejected, 110003, 110120, 110121, 30208, 30209, *fa.span(170192, 170194), 170132, 170133)
    | fa.refused(fa.OrderRejected, 110017, 110094)
    # No tier of that size; no contract of this account; leveraged tokens; TP/SL that are there stand in the way.
    | fa.refused(fa.OrderRejected, 110031, 110037, 110041, 110070, *fa.span(110054, 110056))
    # The contract: closing only, being delisted or delivered, settling, not open yet, in its call auction.
    | fa.refused(
        fa.OrderRejected, 110022, 110023, 110042, 30228, 110103, 110137, 110063, 110074, 110095, 110098, 110099
    )
    # Triggers and TP/SL; changes; ids, prices and kinds of orders.
    | fa.refused(fa.OrderRejected, 110092, 110093, *fa.span(110057, 110060), 110049, 110064, 170313)
    | fa.refused(fa.OrderRejected, 110032, 110018, 110019, 110118, 110119, 110033, 110034)
)

_FUNDS = (
    fa.refused(fa.InsufficientMargin, 110004, 110006, 110007, 110012, 110014, 110044, 110045, *fa.span(110051, 110053))
    | fa.refused(fa.InsufficientMargin, 170131, 170033, 110011, 110039, 110040, 110046, 110047)
    | fa.refused(fa.InsufficientMargin, 110101, 170346, 110078)
    | fa.refused(fa.RiskLimitExceeded, 110009, 110020, 170810, 110061)
    | fa.refused(fa.RiskLimitExceeded, 110013, 110016, 110086, 110090, 110089, 110048, 110085, 3400139, 110021)
    | fa.refused(fa.AccountInLiquidation, 110035, 110005)
)

_MODES = (
    fa.refused(fa.PositionModeConflict, 110024, 110028, 110029)
    | fa.refused(fa.MarginModeConflict, 110015, 110036, 110038, 110073, 110076, 110077, 3200403, MARGIN_MODE)
)  # fmt: skip

_VENUE = (
    fa.ambiguous(
        fa.VenueUnavailable, 10000, 10016, 170001, 170007, 170032, 170146, 170147, 170234, 3400214, transient=True
    )
    # The same request twice; the order is just being processed, or was changed meanwhile: only a reading tells.
    | fa.ambiguous(fa.VenueUnavailable, 10014, 110079, 40004, transient=True)
    | fa.passing(fa.VenueUnavailable, 10019)
)

CODES: Mapping[str, fa.Code] = {**_ACCESS, **_ORDERS, **_FUNDS, **_MODES, **_VENUE}
HINTS = {
    "10003": "a key works at the site that it was made at: see the options site and demo",
    "10028": "the account is no unified trading account, which is the only kind that this adapter knows",
    "110088": "the account is no unified trading account, which is the only kind that this adapter knows",
    "404": "no such path; the venue's demo trading lacks some",
}

# 10001 is said of every parameter: its text decides.
TEXTS: tuple[tuple[str, fa.Code], ...] = (
    ("position idx not match", fa.Code(fa.PositionModeConflict, definitive=True)),
    ("symbol params err", fa.Code(fa.SymbolNotFound, definitive=True)),
    ("symbol invalid", fa.Code(fa.SymbolNotFound, definitive=True)),
    ("not supported symbols", fa.Code(fa.SymbolNotFound, definitive=True)),
    ("zero position", fa.Code(fa.OrderRejected, definitive=True)),
    ("exceeds maximum limit", fa.Code(fa.OrderRejected, definitive=True)),
)
