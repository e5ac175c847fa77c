"""What the words of v3's ledger mean.

Cross words are documented; the isolated ones are `FIXED_…` in one list of the vendor's and `MARGIN_…` in clients'
tables, so both are read.

https://www.bitget.com/api-doc/uta/account/Get-Account-Financial-Records
https://www.bitget.com/api-doc/uta/enum
"""

from __future__ import annotations

from futures_async.adapter import LedgerType

_LIQUIDATION = ("BURST_", "FORCE_", "RISK_LIQ_", "RISK_TARGET_", "RISK_SOURCE_", "LIQ_", "OFFSET_REDUCE_", "ADL_")


def ledger_type(word: str) -> LedgerType:
    """Why the balance changed; a word that nobody knows is OTHER."""
    word = word.upper()
    # Before the general patterns: LIQ_TRANSFER_… is a transfer, FIXED_…_SETTLE_FEE_… is funding.
    if "_SETTLE_FEE_USER_" in word:
        return LedgerType.FUNDING
    if word.startswith("TRANSFER_") or "_TRANSFER_" in word:
        return LedgerType.TRANSFER
    if word == "ORDER_PLF_FEE_OUT":
        return LedgerType.FEE
    if "_OFFSET_IN_SSM_" in word:
        return LedgerType.REALIZED_PNL
    # MARIN: the venue's spelling.
    for prefix in ("FIXED_", "MARGIN_", "MARIN_"):
        word = word.removeprefix(prefix)
    if word.startswith(_LIQUIDATION):
        return LedgerType.LIQUIDATION
    if word in ("BUY_DEAL", "SELL_DEAL") or word.startswith("OPEN_"):
        return LedgerType.TRADE
    if word.startswith(("CLOSE_", "DELIVERY_")):
        return LedgerType.REALIZED_PNL
    return LedgerType.OTHER
