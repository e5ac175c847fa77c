"""Bitget v3, unified trading account: the adapter `bitget-uta`."""
