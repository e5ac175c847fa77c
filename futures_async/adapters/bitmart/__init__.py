"""BitMart futures v2: USDT-margined perpetual contracts.

https://developer-pro.bitmart.com/en/futuresv2/
"""
