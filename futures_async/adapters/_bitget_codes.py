"""What the codes of the Bitget family mean: v2, v3 and v1 answer from one code space.

Bitget renumbered many codes on 2025-10-14; live servers still send the old ones, so both generations are here.
"Ambiguous" codes leave it open whether a write was executed: Bitget's page on placing orders says of 40010, 40725
and 45001 "use clientOid to query … the final result".

https://www.bitget.com/api-doc/contract/error-code/restapi
https://www.bitget.com/api-doc/uta/error-code/websocket: some codes of the classic rows are in this table alone
"""

from __future__ import annotations

from collections.abc import Mapping

import futures_async.adapter as fa

SUCCESS = "00000"

UNCHANGED = frozenset({"40814", "45054"})
"""A setting already has this value."""
NOTHING_TO_CANCEL = frozenset({"22001", "43004", "31054"})
"""A cancel of everything found nothing."""
NO_POSITION = frozenset(
    "22002 43043 40837 40802 40838 40709 40767 45014 45068 31008 25227 25601".split()  # noqa: SIM905 - one row of the table
)
"""There is no position to close or to change."""


_TRANSPORT = (
    fa.passing(fa.RateLimited, 429, 45129, 40047, 40918, 70228, 22035, 59044)
    | fa.refused(fa.ParameterRejected, 40404)
    | fa.refused(fa.VenueClosed, 30032)
)

_ACCESS = (
    fa.refused(fa.AuthenticationError, 40001, 40002, 40003, 40011, 40006, 40037, 40041, 40009, 40012, 40036, 40099)
    # The address is not on the key's list.
    | fa.refused(fa.PermissionDenied, 40018, 40038, 22010, 49003)
    | fa.passing(fa.ClockSkew, 40005, 40008, 40004, 40911, 40078)
    | fa.refused(fa.ParameterRejected, 40079, 40007)
    | fa.refused(
        fa.PermissionDenied, 40014, 40013, 40024, 40026, 40031, 40710, 40760, 40022, 40023, 40025, 40040, 40061
    )
    | fa.refused(fa.PermissionDenied, 40068, 40301, 40016, 40035, 40101, 40111, 40000, 40103, 40104)
    | fa.refused(fa.PermissionDenied, 40752, 40753, 40916, 45107, 45108, 40199, 22004, 40029, 40086, 25620)
    | fa.refused(fa.PermissionDenied, 22030, 40110, 40081, 40105)
    # Opening or closing by interface is barred; identity under review; business of the account restricted.
    | fa.refused(fa.PermissionDenied, 22036, 22037, 40027, 40042, 40100, 40926, 50012, 50013, 50064, 70227)
    | fa.refused(fa.AccountModeMismatch, 40084, 25245, 40085)
)

_REQUEST = (
    fa.refused(fa.ParameterRejected, 40017, 400172, "00172", "00171", 40064, 41002, 41101, 48001, 48002, 40020, 40034)
    | fa.refused(
        fa.ParameterRejected, 40054, 40057, 40102, 40019, 40811, 40813, 40724, 40053, 40058, 40059, 40408, 40409
    )
    | fa.refused(fa.ParameterRejected, 40402, 40913, 40924, 20002)
    | fa.refused(fa.ParameterRejected, "00001", 20001, 40303, 40704, 40705, 40707, 40902, 42072, 43130)
    | fa.refused(fa.ParameterRejected, 40306, 40912, 40304, 40305, 40805, 40812, 40847)
    # Numbers of the v1 days that still come: order number, parameter, direction, client id, margin, page.
    | fa.refused(fa.ParameterRejected, 40201, *fa.span(40203, 40209), 40302, 40403, 40405, 40406, 40500, 40700, 40703)
    | fa.refused(fa.ParameterRejected, 40128, 40919, 43058, 43123, 43125, 400171)
    # A plain parameter error too, but it also comes spuriously while Bitget releases (Tue-Thu, UTC+8 afternoons).
    | fa.ambiguous(fa.ParameterRejected, 40808, transient=True)
    | fa.refused(fa.SymbolNotFound, 40072, 40778, 45025, 40806, 22012, 25100, 40309, 40845, 41113, 25104)
    | fa.refused(fa.SymbolNotFound, 43115, 43119, 43120, 25101, 25103, 22056, 40822, 41104, 43048, 43049, 50024, 500024)
)

_ORDERS = (
    fa.refused(fa.OrderNotFound, 40109, 40768, 40819, 43001, 45057, 31007, 25204, *NOTHING_TO_CANCEL)
    # Already finished, or past cancelling.
    | fa.refused(fa.OrderNotFound, 40769, 45031, 40817, 45055, 40818, 45056, 43026, 43021, 45134, 50062)
    | fa.refused(fa.OrderNotFound, 43025, 43020, 43033, 25597)
    | fa.refused(fa.DuplicateOrder, 40786, 45034, 40708, 43118, 50060, 25212)
    # Size and value, too small and too large, off the step.
    | fa.refused(fa.OrderRejected, 45110, 22034, 43006, 43010, 43027, 43037, 45111, 45114, 40734, 40892)
    | fa.refused(fa.OrderRejected, 43007, 43038, 45112, 45113, 40887, 40888, 45103, 45104, 22038)
    | fa.refused(fa.OrderRejected, 40108, 50014, 50015, 50019)
    | fa.refused(fa.OrderRejected, 13008, 43041, 43042, 43051)
    # Price off the tick or outside the band.
    | fa.refused(fa.OrderRejected, 41117, *fa.span(50016, 50018), 50021, 50026)
    | fa.refused(fa.OrderRejected, 22046, 22047, 25111, 41118, 43039, 43040, 50046, 50047)
    | fa.refused(fa.OrderRejected, 45035, 40787, 45115, 43028, 25244)
    | fa.refused(fa.OrderRejected, 40706, 40815, 40816, 40718, 40719, 40748, 40820, 40821, 43008, 43009)
    | fa.refused(fa.OrderRejected, 22006, 22007, 22008, 22009, 25205, 25206, 25654, 25655)
    | fa.refused(fa.OrderRejected, 41103, 43011)
    # "Creating the order failed", "cancelling failed", without a reason.
    | fa.ambiguous(fa.VenueUnavailable, 43002, 43003, 40776, 45023, 70229, 40777, 45024)
    | fa.refused(fa.OrderRejected, 40922, 40923, 40925, 22003, 25568, 25569, 25571, 25572)
    # Trigger prices.
    | fa.refused(
        fa.OrderRejected, *fa.span(40829, 40836), 40915, 40917, 45060, 45061, 45062, *fa.span(45064, 45067), 45122
    )
    | fa.refused(fa.OrderRejected, *fa.span(43013, 43016), 43034, 43035, 40895, 31004, 31005)
    | fa.refused(fa.OrderRejected, 40809, 45051, 40810, 45052, 31053, 45135, 40896)
    | fa.refused(fa.OrderRejected, 43024, 43030, 43031, 40889, 40890, 43071, 25599, 43032, 31012, 31013)
    | fa.refused(fa.OrderRejected, 22039, 22040, 22041, 22042, 45026, 40721, 40824, 45123, 40722, 40826, 25210)
    | fa.refused(fa.OrderRejected, 40927, 45127, 45128)
    # No depth and no mark price to go by; the kind of order is not for this account, or not beside its bonus.
    | fa.refused(fa.OrderRejected, 40720, 40823, 40825, 40779, 40827, 40828, 22021, 22027, 22028, 22052, 22053)
    # Copy traders: their positions are closed in another way.
    | fa.refused(fa.OrderRejected, 40859, 40865, 40866, 40868, 43017)
    # What is to be cancelled follows another order, or is under review: it stands.
    | fa.refused(fa.OrderRejected, 13010, 45125, 45126)
)

_FUNDS = (
    fa.refused(
        fa.InsufficientMargin, 50020, 40754, 43012, 45002, 45008, 40798, 40711, 40800, 40712, 40756, 45004, 43132, 49023
    )
    | fa.refused(fa.InsufficientMargin, 25202, 25203, 25219, 40893, 25228, 40762, 45120, 25230, 40713, 40801)
    | fa.refused(fa.RiskLimitExceeded, 45116, 25229, 40921, 40763, 45010, 25233, 22029, 40928, 25235, 25243, 25567)
    | fa.refused(
        fa.RiskLimitExceeded, 43005, 45118, 40723, 40761, 40930, 43128, 70223, 25211, 25234, 40715, 45119, 25105
    )
    | fa.refused(fa.RiskLimitExceeded, 22048, 22049, 45133, 45091, 50048)
    # So much of a coin may be bought or sold.
    | fa.refused(
        fa.RiskLimitExceeded, 12002, 12003, 13007, 13009, 43122, 46013, 50068, 50081, 70221, 70222, 70224, 70225
    )
    | fa.refused(fa.OrderRejected, *NO_POSITION)
    # Closing more than there is.
    | fa.refused(fa.OrderRejected, 40755, 40757, 40758, 45003, 45005, 45006, 45007, 40717, 40804, 40746, 40867, 43023)
    | fa.refused(fa.OrderRejected, 43029, 40891, 25225, 25226, 25231, 40939, 25232, 25574)
)

_MODES = (
    fa.refused(fa.PositionModeConflict, 40774, 45021, 40773, 45020, 45109, 43075, 25236, 25237, 40920, 40775)
    | fa.refused(fa.PositionModeConflict, 22026, 22057)
    | fa.refused(fa.MarginModeConflict, 45117, 40872, 40729, *fa.span(45099, 45102), *fa.span(40883, 40886))
    | fa.refused(fa.MarginModeConflict, 40716, 22005, *fa.span(50001, 50004), 40874, 40875, 22011, 40726, 40727)
    | fa.refused(fa.MarginModeConflict, 22051, 22054, 22055, *fa.span(22069, 22072), 40839, 45098)
    # Leverage is held fast by orders, by the position or by copy trading.
    | fa.refused(fa.MarginModeConflict, 40730, 45097, 40881, 22020, 40869, 45089)
    | fa.refused(fa.ParameterRejected, *UNCHANGED)
    | fa.refused(fa.ParameterRejected, 43050, 45044, 45045, 40796, 40797, 40914, 40929, 25223, 45047, 40803)
)

_VENUE = (
    fa.refused(fa.AccountInLiquidation, 45009, 25012, 25008, 25011, 95001, 40879, 40880, 40931, 45018, 22033)
    # Auto-deleveraging runs; it passes.
    | fa.passing(fa.AccountInLiquidation, 22043, 22044, 22067)
    | fa.ambiguous(
        fa.VenueUnavailable, 40844, 40308, 40795, 45043, 41114, 25102, 25106, 40200, 40878, 22045, 70220, 25209, 45121,
        40115, 50066,
        transient=True,
    )
    | fa.ambiguous(
        fa.VenueUnavailable, 40010, 40910, 25001, 40725, 45001, 25000, 40015, 80002, 40908, 25003, 43059, 31027, 25239,
        25653, 40842, 40846, 40604, 50008,
        transient=True,
    )
)  # fmt: skip

CODES: Mapping[str, fa.Code] = _TRANSPORT | _ACCESS | _REQUEST | _ORDERS | _FUNDS | _MODES | _VENUE
"""The whole table; v3 and v1 lay their own meanings over it."""
