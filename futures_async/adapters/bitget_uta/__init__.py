"""Bitget v3, unified trading account. The client is imported when first used: its simulated side needs no HTTP."""

from typing import TYPE_CHECKING

from futures_async.unified.lazy import lazily

if TYPE_CHECKING:
    from futures_async.adapters.bitget_uta.client import BitgetUTA

__all__ = ["BitgetUTA"]

__getattr__ = lazily(__name__, BitgetUTA="client")
