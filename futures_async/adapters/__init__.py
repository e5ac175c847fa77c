"""The venues' adapters, imported when first used: `from futures_async.adapters import Bitget`."""
