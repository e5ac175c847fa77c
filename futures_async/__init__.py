"""Futures accounts on several crypto venues, from async code: exact, fast, and safe with orders."""

__version__ = "0.1.0"
