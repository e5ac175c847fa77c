"""BitMart futures v2: USDT-margined perpetual contracts.

https://developer-pro.bitmart.com/en/futuresv2/
"""

from futures_async.adapters.bitmart.client import BitMart

__all__ = ["BitMart"]
