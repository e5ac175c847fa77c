"""NewVenue owes what every adapter owes, on its simulated side."""

from futures_async.testing import ContractSuite, RawCall, VenueSpec
from futures_async.testing.template.newvenue import NewVenue


class TestNewVenue(ContractSuite):
    spec = VenueSpec(
        factory=NewVenue,
        raw_call=RawCall("/balances", {}),
        # What no list of the venue tells. Whatever is told is compared with what the exchange knows.
        silent=frozenset(
            {
                *("Account.balance", "Account.initial_margin", "Account.locked", "Account.maintenance_margin"),
                *("Account.margin_ratio", "Account.position_mode", "Account.transferable", "Account.unrealized_pnl"),
            }
        ),
    )
