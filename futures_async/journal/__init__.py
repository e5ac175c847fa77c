"""A write-ahead journal of orders: the intent before the first byte leaves, the verdict after.

- `journal`: the interface `Journal`, and the journal in memory
- `opening`: which journal a path or a URL means
- `sqlite`: the journal in an SQLite file; `postgres`: in PostgreSQL, for several hosts; `stored`: what the two share
"""
