"""Bitget mix v1 as this project's seed documents describe it. The venue closed it on 2025-11-28."""
