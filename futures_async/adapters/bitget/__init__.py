"""Bitget v2 mix, for classic accounts."""

from futures_async.adapters.bitget.client import Bitget

__all__ = ["Bitget"]
