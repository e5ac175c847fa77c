"""What importing the package gives."""

import pytest

from futures_async.adapters import bitget_v1


def test_the_public_name_is_there_and_no_other() -> None:
    assert bitget_v1.BitgetV1.id == "bitget-v1"
    with pytest.raises(AttributeError, match="Nothing"):
        bitget_v1.Nothing  # noqa: B018 # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnusedExpression] - meant
