"""Every field of every documented answer reaches its struct unchanged, or is named here as one that is left out."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from futures_async.adapters.okx import endpoints
from futures_async.adapters.okx.dialect import Envelope
from futures_async.transport.endpoint import Endpoint
from tests.adapters.okx.samples import plain, rows

ANSWERS: dict[str, Endpoint[Any]] = {
    "balance": endpoints.BALANCE,
    "config": endpoints.CONFIG,
    "leverage_info": endpoints.LEVERAGE,
    "leverage_info.hedge": endpoints.LEVERAGE,
    "index_tickers": endpoints.INDEX,
    "bills": endpoints.BILLS,
    "positions": endpoints.POSITIONS,
    "positions_history": endpoints.PAST_POSITIONS,
    "position_tiers": endpoints.TIERS,
    "order_placed": endpoints.PLACE,
    "batch_orders": endpoints.PLACE_BATCH,
    "amend_order": endpoints.AMEND,
    "order": endpoints.ORDER,
    "fills": endpoints.FILLS,
    "order_algo": endpoints.PLACE_ALGO,
    "orders_algo_pending": endpoints.OPEN_ALGOS,
    "instruments": endpoints.INSTRUMENTS,
    "market_ticker": endpoints.TICKER,
    "funding_rate": endpoints.FUNDING_RATE,
    "mark_price": endpoints.MARK_PRICE,
    "time": endpoints.TIME,
}
LEFT_OUT = {
    "balance": "isoEq ordFroz notionalUsd borrowFroz ordFrozen uplLiab disEq liab interest maxLoan twap "
    "notionalLever stgyEq collateralEnabled colRes",
    "config": "mainUid acctStpMode autoLoan ctIsoMode greeksType levelTmp ip mgnIsoMode kycLv roleType traderInsts "
    "spotRoleType spotTraderInsts type opAuth liquidationGear enableSpotBorrow spotBorrowAutoRepay settleCcy "
    "settleCcyList stgyType feeType",
    "bills": "posBal sz px interest instType mgnMode tradeId execType from to notes tag fillTime",
    "positions": "instType tradeId last idxPx usdPx uplRatio uplLastPx uplRatioLastPx settledPnl interest liab liabCcy "
    "posCcy optVal baseBal quoteBal bizRefId bizRefType",
    "positions_history": "instType pnlRatio settledPnl triggerPx uly nonSettleAvgPx",
    "position_tiers": "instType uly instId minSz optMgnFactor quoteMaxLoan baseMaxLoan",
    "order_placed": "tag ts subCode",
    "batch_orders": "tag ts",
    "amend_order": "ts reqId subCode",
    "order": "instType tag pnl source cancelSourceReason ccy tgtCcy stpMode stpId quickMgnType tpTriggerPxType tpOrdPx "
    "slTriggerPxType slOrdPx attachAlgoClOrdId linkedAlgoOrd algoClOrdId isTpLimit pxUsd pxVol pxType",
    "fills": "instType subType tag fillIdxPx fillPxVol fillPxUsd fillMarkVol fillFwdPx fillMarkPx feeRate",
    "order_algo": "tag clOrdId",
    "orders_algo_pending": "instType ordId ordIdList actualPx actualSz actualSide failCode last tag triggerTime",
    "instruments": "instType uly baseCcy quoteCcy ctValCcy maxLmtAmt maxMktAmt maxTwapSz maxIcebergSz maxTriggerSz "
    "maxStopSz listTime optType stk alias category ruleType openType auctionEndTime futureSettlement upcChg groupId",
    "market_ticker": "instType lastSz askSz bidSz open24h high24h low24h volCcy24h vol24h sodUtc0 sodUtc8",
    "index_tickers": "high24h low24h open24h sodUtc0 sodUtc8",
    "funding_rate": "instType nextFundingRate settFundingRate settState premium interestRate impactValue method "
    "formulaType",
    "mark_price": "instType",
}
"""Figures that no model has a field for, and what belongs to other products; `request()` has them."""


def assert_same(sent: Any, read: Any, path: str, left_out: set[str]) -> None:
    if isinstance(sent, dict):
        for key, value in sent.items():  # pyright: ignore[reportUnknownVariableType] - JSON
            if key in read:
                assert_same(value, read[key], f"{path}.{key}", left_out)
            else:
                assert key in left_out, f"{path}.{key} is lost"
    elif isinstance(sent, list):
        for index, (one, other) in enumerate(zip(sent, read, strict=True)):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON
            assert_same(one, other, f"{path}[{index}]", left_out)
    else:
        assert read == sent or str(read) == sent, path


@pytest.mark.parametrize("name", ANSWERS)
def test_no_field_of_a_documented_answer_is_lost_or_changed(name: str) -> None:
    read = msgspec.to_builtins(rows(ANSWERS[name], name))
    assert_same(plain(name)["data"], read, "data", set(LEFT_OUT.get(name, "").split()))


@pytest.mark.parametrize("name", ANSWERS)
def test_a_new_field_breaks_nothing(name: str) -> None:
    body = plain(name)
    for row in body["data"]:
        row["brandNew"] = {"deep": ["1"]}
    changed = ANSWERS[name].decoder(Envelope).decode(msgspec.json.encode(body))
    assert changed.data == rows(ANSWERS[name], name)


@pytest.mark.parametrize("name", ["set_position_mode", "margin_balance", "cancel_all_after", "close_position"])
def test_echoes_are_answers_that_nobody_relies_on(name: str) -> None:
    envelope = endpoints.SET_LEVERAGE.decoder(Envelope).decode(msgspec.json.encode(plain(name)))
    assert envelope.code == "0"
