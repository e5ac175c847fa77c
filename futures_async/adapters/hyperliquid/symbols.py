"""Names of contracts: `BTC` is BTC/USDC:USDC, `xyz:TSLA` of a builder's dex is XYZ-TSLA/USDC:USDC.

Names are taken as they are, in any case: `k` before a name is a thousand units, and there are names with a K of their
own. Other markets' rows stand in the same lists: spot (`@107`, `PURR/USDC`) and outcomes (`#250`).
"""

from __future__ import annotations

from futures_async.adapter import InvalidRequest, check_symbol, join, split

FOREIGN = "@#/+"
"""In names of what is no perpetual."""


class Names:
    """The names of one dex.

    Args:
        dex: "" is the first one.
        settle: Its collateral.
    """

    def __init__(self, dex: str, settle: str) -> None:
        self.dex = dex
        self.settle = settle
        self._prefix = f"{dex}:" if dex else ""
        self._base = f"{dex.upper()}-" if dex else ""

    def __hash__(self) -> int:
        return hash((self.dex, self.settle))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Names) and (self.dex, self.settle) == (other.dex, other.settle)

    def own(self, name: object) -> bool:
        """Whether a row is of a contract of this dex; what names none cannot be told to be another's."""
        if not isinstance(name, str) or not name:
            return True
        dex, colon, _ = name.rpartition(":")
        return dex == self.dex and bool(colon) is bool(self.dex) and not any(char in FOREIGN for char in name)

    def base(self, name: str) -> str:
        """The base coin as unified symbols have it."""
        return self._base + name.removeprefix(self._prefix)

    def unified(self, name: str) -> str:
        """The unified symbol; a name that can stand in none is passed through."""
        if not self.own(name):
            return name
        symbol = join(self.base(name), self.settle, self.settle)
        return symbol if split(symbol) else name

    def venue(self, symbol: str) -> str:
        """The venue's name, from either form.

        Raises:
            InvalidRequest: No symbol, or one of another market.
        """
        parts = split(check_symbol(symbol))
        if parts is None:
            return symbol
        if (parts.quote, parts.settle) != (self.settle, self.settle) or not parts.base.startswith(self._base):
            wanted = self.unified(f"{self._prefix}BTC")
            raise InvalidRequest(f"hyperliquid: {symbol} is no contract of this dex, whose symbols look like {wanted}")
        return self._prefix + parts.base.removeprefix(self._base)
