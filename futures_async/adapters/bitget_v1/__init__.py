"""Bitget mix v1 as this project's seed documents describe it. The venue closed it on 2025-11-28.

The client is imported when first used: its simulated side needs no HTTP.
"""

from typing import TYPE_CHECKING

from futures_async.unified.lazy import lazily

if TYPE_CHECKING:
    from futures_async.adapters.bitget_v1.client import BitgetV1

__all__ = ["BitgetV1"]

__getattr__ = lazily(__name__, BitgetV1="client")
