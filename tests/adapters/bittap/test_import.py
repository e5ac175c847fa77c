"""What importing the package costs and gives."""

import pytest

from futures_async.adapters import bittap


def test_the_public_names_are_there_and_no_others() -> None:
    assert bittap.BitTap.id == "bittap"
    assert callable(bittap.BitTapHmacSigner)
    assert bittap.BitTapSigner.__name__ == "BitTapSigner"
    with pytest.raises(AttributeError, match="Nothing"):
        bittap.Nothing  # noqa: B018 # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnusedExpression] - meant
