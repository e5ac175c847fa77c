"""How Bitget v2 signs, wraps and refuses: as the whole family does."""

from futures_async.adapters._bitget import BitgetFamily


class BitgetDialect(BitgetFamily):
    """v2 mix, for classic accounts."""

    venue = "bitget"
