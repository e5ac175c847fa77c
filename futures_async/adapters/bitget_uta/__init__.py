"""Bitget v3, unified trading account: the adapter `bitget-uta`."""

from futures_async.adapters.bitget_uta.client import BitgetUTA

__all__ = ["BitgetUTA"]
