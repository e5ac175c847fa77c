"""Bitget mix v1 as this project's seed documents describe it. The venue closed it on 2025-11-28."""

from futures_async.adapters.bitget_v1.client import BitgetV1

__all__ = ["BitgetV1"]
