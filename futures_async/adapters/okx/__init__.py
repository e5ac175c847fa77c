"""OKX v5, swaps: linear and coin-margined. The client is imported when first used: its simulated side needs no HTTP."""

from typing import TYPE_CHECKING

from futures_async.unified.lazy import lazily

if TYPE_CHECKING:
    from futures_async.adapters.okx.client import OKX

__all__ = ["OKX"]

__getattr__ = lazily(__name__, OKX="client")
