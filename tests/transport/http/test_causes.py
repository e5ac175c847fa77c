"""Why a connection could not be made, under all wrapping."""

from __future__ import annotations

import ssl

import pytest

from futures_async.transport.http.connect_causes import connect_kind


@pytest.mark.parametrize("said", [ssl.SSLWantReadError(2, "not complete"), ssl.SSLEOFError(8, "EOF")])
def test_a_handshake_that_was_cut_is_no_bad_certificate(said: ssl.SSLError) -> None:
    """A certificate that is not trusted is never tried again; a reset is."""
    error = ConnectionResetError(104, "Connection reset by peer")
    error.__context__ = said
    assert connect_kind(error, securing=True) == "tls-handshake"
    error.__context__ = ssl.SSLCertVerificationError(1, "self-signed certificate")
    assert connect_kind(error, securing=True) == "tls"
