"""What the venue's codes mean: one table for fapi; spot, wallet and Portfolio Margin reuse numbers otherwise."""

from __future__ import annotations

from collections.abc import Mapping

import futures_async.adapter as fa

TOO_MANY = "-1003"
OVERLOADED = "-1008"
NO_PERMISSION = "-2015"
INACTIVE = "-4109"
BANNED = fa.Code(fa.Banned, definitive=True, transient=True)
NOT_EXECUTED = fa.Code(fa.VenueUnavailable, definitive=True, transient=True, any_status=True)
"""By its text: "the request failed", nothing was executed, although the status is 503."""

MARGIN_MODE_STANDS = "-4046"
MARGIN_NOT_MOVED = "-4049"
POSITION_MODE_HELD = "-4067"
POSITION_MODE_STANDS = "-4059"
ORDER_STANDS = "-5027"
NOTHING_TO_CLOSE = "-2022"
HELD = "-4118"
"""Orders that wait to close a position hold a part of it."""


_ACCESS = (
    fa.refused(fa.AuthenticationError, -1002, -1022, -1099, -2014, NO_PERMISSION, -2017, -4056, -4057)
    | fa.refused(
        fa.PermissionDenied, -1004, -1005, -1011, -1109, -4087, -4088, INACTIVE, -4189, -4192, *fa.span(-4202, -4209)
    )
    # The last: contracts on shares and metals want an agreement to be signed.
    | fa.refused(fa.PermissionDenied, -4402, -4403, -4411)
    | fa.passing(fa.RateLimited, TOO_MANY, -1015)
    # The gateway's clock, and the matching engine's: neither has placed anything.
    | fa.passing(fa.ClockSkew, -1021, -5028, -4188)
)

_REQUEST = (
    fa.refused(
        fa.ParameterRejected, -1010, -1013, -1014, -1020, -1023, *fa.span(-1100, -1108), -1111, *fa.span(-1114, -1120)
    )
    | fa.refused(fa.ParameterRejected, -1127, -1128, -1130, -1131, -1136, -2007, -2026)
    | fa.refused(fa.ParameterRejected, *fa.span(-4001, -4004), -4006, -4007, *fa.span(-4013, -4015), -4023)
    | fa.refused(fa.ParameterRejected, -1110, -4019, -4020, *fa.span(-4028, -4032), -4044, -4139)
    | fa.refused(fa.ParameterRejected, -4055, -4060, *fa.span(-4082, -4084), -4120, *fa.span(-4135, -4138), -4165)
    | fa.refused(fa.ParameterRejected, *fa.span(-5037, -5040), -1125)
    | fa.refused(fa.SymbolNotFound, -1121, -1122, -1126, -4104, -4144)
)

_MODES = (
    fa.refused(fa.PositionModeConflict, POSITION_MODE_STANDS, -4061, -4062, POSITION_MODE_HELD, -4068, -4531)
    | fa.refused(fa.MarginModeConflict, MARGIN_MODE_STANDS, -4047, -4048, -4052, -4053, -4054)
    | fa.refused(fa.MarginModeConflict, *fa.span(-4167, -4172), -4175)
)

_ORDERS = (
    fa.refused(fa.OrderNotFound, -2011, -2013)
    # More than one order may hold: a position may be closed in parts.
    | fa.refused(fa.OrderRejected, -4005)
    | fa.refused(fa.DuplicateOrder, -4116)
    | fa.refused(
        fa.OrderRejected, -1112, -2010, -2016, -2020, -2021, NOTHING_TO_CLOSE, HELD, -2024, -4016, -4024, -4117
    )
    | fa.refused(fa.OrderRejected, -4130, -4131, -4142, -4164, -4183, -4184, -4210, -4211, -5021, -5022)
    | fa.refused(fa.OrderRejected, *fa.span(-5024, -5026), ORDER_STANDS, -5029, -5041, -5043, -5047)
)

_FUNDS = (
    fa.refused(fa.InsufficientMargin, -2018, -2019, -2028, MARGIN_NOT_MOVED, -4050, -4051)
    | fa.refused(fa.RiskLimitExceeded, -2025, -2027, -4045, *fa.span(-4105, -4107), -4161, -4400, -4401)
    | fa.refused(fa.AccountInLiquidation, -2023)
)

_VENUE: Mapping[str, fa.Code] = {
    OVERLOADED: NOT_EXECUTED,
    # "Documented as failed": a look costs one read.
    **fa.ambiguous(fa.VenueUnavailable, -1000, -1001, -1006, -1007, -2012, transient=True),
    **fa.refused(fa.VenueClosed, -1016, 239999, -4140, -4141),
}

CODES: Mapping[str, fa.Code] = {**_ACCESS, **_REQUEST, **_MODES, **_ORDERS, **_FUNDS, **_VENUE}
