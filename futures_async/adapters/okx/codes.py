"""What OKX's codes mean, whether they stand in `code` or in `sCode`.

https://www.okx.com/docs-v5/en/#error-code
"""

from __future__ import annotations

import futures_async.adapter as fa

SUCCESS = frozenset({"0", ""})
FAILED = frozenset({"1", "2"})
"""Outer words: all of the rows, or some, have failed."""
GONE = frozenset({"51023", "51043", "51169"})
"""There is no position to close."""
HELD = frozenset({"51112", "51148"})
"""Orders that wait to close a position hold a part of it."""
NOTHING_TO_CHANGE = "51500"
"""An edit has what the order has already."""
CANCELLING = "51410"
"""A cancel of this order is under way already."""

HINTS = {
    "50101": "live keys do not work in demo trading, nor demo keys outside it",
    "50119": "a key works at the hosts of its own region: see the option region",
    "51010": "the account is in spot mode, or another that has no such orders: change it on the venue's site",
    "50038": "this call does not exist in demo trading",
    "59112": "cancel the pending orders of this contract first",
}


class OrderExpired(fa.ClockSkew):
    """The order's own expiry had passed when it arrived: it was not placed, and may be placed anew."""

    advice = "place it anew; if it stays so, set this computer's clock"


_ACCESS = (
    fa.refused(fa.AuthenticationError, 50101, *fa.span(50103, 50106), 50108, 50111, 50113, 50114, 50119)
    | fa.passing(fa.ClockSkew, 50102, 50107, 50112)
    | fa.passing(OrderExpired, 50036, 50037)
    | fa.refused(fa.PermissionDenied, 50110, 50118, 50121, 50030, 50035, 50100, 50120, 54109)
    | fa.refused(fa.PermissionDenied, 50007, 50008, *fa.span(50027, 50029), 50032, 50033)
    | fa.refused(fa.PermissionDenied, 50031, 51155, *fa.span(54072, 54075), 54092, 54094, 4088, 51009, 59113, 59114)
    # "Trading account is blocked", for any of two dozen reasons; what local law or a sub-account's kind forbids.
    | fa.refused(fa.PermissionDenied, 51024, 50041, 50051, 50052, 50059, 50060, 50067, 50075)
    | fa.refused(fa.AccountModeMismatch, 50010, 50012, 51010, 50072)
    | fa.passing(fa.RateLimited, 50011, 50040, 50061, 51113)
)

_REQUEST = fa.refused(
    fa.ParameterRejected,
    *(50000, 50002, 50006, *fa.span(50014, 50016), 50024, 50038, 50115, 51000, 51002, 51015, 51026, 51501),
    *(*fa.span(51600, 51602), 59102, 59105, 50025, 51003, 51111, 51407, 54070),
) | fa.refused(fa.SymbolNotFound, 51001, 51014)

_SETTINGS = (
    # "Portfolio margin account only supports the Buy/Sell mode."
    fa.refused(fa.PositionModeConflict, 59000, 59001, 59002, 59004, 59005, 51041)
    | fa.refused(fa.MarginModeConflict, 51039, 59111)
    # Positions or pending orders are in the way; too low or too high for what is held.
    | fa.refused(fa.RiskLimitExceeded, 59100, 59101, 59106, 59107, 59112, 59103, 59104, *fa.span(59668, 59670))
    | fa.refused(fa.OrderRejected, *fa.span(59300, 59302))
)

_ORDERS = (
    # Finished, or never there: to be read.
    fa.refused(fa.OrderNotFound, 51063, 51603, *fa.span(51400, 51402), 51405, 51416, 51503, 51509, 51510)
    | fa.refused(fa.DuplicateOrder, 51016, 50071, 51065, 51068)
    # The state of the contract: not listed yet, suspended, expired, settling.
    | fa.refused(fa.OrderRejected, 51021, 51022, *fa.span(51027, 51030), 51087)
    # A cancel, or three amends, are under way.
    | fa.refused(fa.OrderRejected, CANCELLING, 51513)
    # Size, lot, tick and price band; of a call auction, of the first minutes of a listing, of a pre-market's end.
    | fa.refused(
        fa.OrderRejected,
        *(51005, 51006, 51007, 51020, 51031, 51100, 51116, 51118, *fa.span(51120, 51122), *fa.span(51135, 51138)),
        *(51150, *fa.span(51201, 51204), 51109, 51110, 51124, 51404, 51507, 54011),
        *(50122, 51140, 51196, 51197, 51207, 54007, 54036),
    )
    # Another order of the same batch failed; the account's or the contract's state lets few kinds of orders through.
    | fa.refused(fa.OrderRejected, 54004, 51032, 51037, 51038, 51056, *fa.span(51209, 51214), 51341, 51342)
    | fa.refused(fa.OrderRejected, *GONE, *HELD, 51170, 51171, 51132, 51134, 51205, 51206, 51521, 51522)
    # Closing orders block a close by the venue's own call; it comes as HTTP 429, and is no limit of rate.
    | fa.refused(fa.OrderRejected, 51115)
    # TP/SL on the wrong side of the order's price, of the book, or of the last price; trigger orders out of range.
    | fa.refused(fa.OrderRejected, *fa.span(51046, 51053), *fa.span(51327, 51333), 51511)
    | fa.refused(fa.OrderRejected, *fa.span(51277, 51295), *fa.span(51298, 51300), *fa.span(51302, 51308))
    | fa.refused(fa.OrderRejected, 51250, 51252, *fa.span(51257, 51259), 51275, 51276, 51311, 51312, 51317)
    # No stops with this kind of order, no position for one, or one of the whole position already.
    | fa.refused(fa.OrderRejected, 51044, 51058, 51088)
    # What a lead trader's orders must be; other orders that wait are in the way; of a kind that is not cancelled so.
    | fa.refused(fa.OrderRejected, 51156, 51159, *fa.span(51323, 51326), 51167, 51168, 51403, 51413)
    | fa.refused(fa.OrderRejected, NOTHING_TO_CHANGE, 51506, 51508, 51512, 51514, *fa.span(51523, 51532), 54071)
    | fa.refused(fa.OrderRejected, 54012, 54047, 54048)
)

_FUNDS = (
    fa.refused(fa.InsufficientMargin, 51008, 51119, 51127, 51131, 51502, 54024, 54025, 59108, 59109, 59200, 59303)
    | fa.refused(
        fa.RiskLimitExceeded,
        *(51004, 51025, 51033, *fa.span(51101, 51108), 51117, 51129, 51165, 51174, *fa.span(51185, 51187)),
        *(51260, 51261, 54018, 54019),
        *(54030, 54031, 54035, 51071),
    )
    | fa.refused(fa.AccountInLiquidation, 50009, *fa.span(50017, 50022))
)

CODES: dict[str, fa.Code] = {
    **_ACCESS,
    **_REQUEST,
    **_SETTINGS,
    **_ORDERS,
    **_FUNDS,
    # Funding is being settled: "refused, not executed".
    **fa.passing(fa.VenueUnavailable, 50023),
    # Maintenance, busy, time-outs: of 50004 the venue says itself that it proves nothing.
    **fa.ambiguous(fa.VenueUnavailable, 50001, 50005, 50013, 50004, 50026, 51054, 51149, transient=True),
    # The same request twice: the other one counts.
    **fa.ambiguous(fa.VenueUnavailable, 50042),
}
