"""A write-ahead journal of orders: the intent before the first byte leaves, the verdict after.

- `journal`: the interface `Journal`, and the journal in memory
- `sqlite`: the journal in an SQLite file
"""
