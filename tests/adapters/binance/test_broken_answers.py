"""Answers that nobody documents, and that say nothing of a refusal."""

from __future__ import annotations

import pytest

from futures_async.adapters.binance.dialect import BinanceDialect


@pytest.mark.parametrize("body", [b'{"msg":' * 3000, b"\xff\xfe", b"<html>", b"", b'{"msg":5}'])
def test_an_unreadable_answer_proves_nothing(body: bytes) -> None:
    dialect = object.__new__(BinanceDialect)
    assert dialect.bare_refusal(503, {}, body) is None
